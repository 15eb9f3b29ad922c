/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Sound sources and destinations, as scripts and configuration files may spell them. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "app/audio_spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char text[4096];
    if (size == 0 || size > sizeof text)
        return 0;
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    struct wzp_audio_spec s;
    struct wzp_error err = {0, ""};
    int result = wzp_audio_spec_parse(&s, text, (data[0] & 1) != 0, &err);
    if (result < 0 && (err.code != result || err.text[0] == '\0'))
        abort();
    if (result == 0 && !memchr(s.name, '\0', sizeof s.name))
        abort();
    if (result == 0 && s.kind == WZP_AUDIO_TONE && !(s.frequency >= 20 && s.frequency <= 20000))
        abort();
    for (const char *p = err.text; *p != '\0'; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            abort();
    return 0;
}
