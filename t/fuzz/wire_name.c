/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Names: a room that is accepted is a valid SNI in lower case, stays itself, and is no reserved
 * word. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "wire/codec.h"
#include "wire/name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char typed[512], room[WZP_SNI_MAX + 1], again[WZP_SNI_MAX + 1];
    struct wzp_error err;
    size_t n = size < sizeof typed ? size : sizeof typed - 1;
    memcpy(typed, data, n);
    typed[n] = '\0';
    wzp_sni_valid((const char *)data, size);
    if (wzp_room_name_normalize(room, typed, &err) == 0) {
        enum wzp_purpose purpose = wzp_sni_purpose(room);
        if (!wzp_sni_valid(room, strlen(room)) ||
            (purpose != WZP_PURPOSE_ROOM && purpose != WZP_PURPOSE_CALL_ROOM) ||
            wzp_room_name_normalize(again, room, NULL) != 0 || strcmp(room, again) != 0)
            abort();
    } else if (wzp_sni_valid(typed, strlen(typed)) != (err.code == WZP_E_REFUSED)) {
        abort();
    }
    enum wzp_codec codec;
    if (wzp_codec_parse(&codec, (const char *)data, size) == 0 &&
        strcmp(wzp_codec_info(codec)->name, typed) != 0)
        abort();
    if (wzp_call_id_valid((const char *)data, size)) {
        char sni[WZP_SNI_MAX + 1] = "call-call-";
        memcpy(sni + 10, data, size);
        sni[10 + size] = '\0';
        if (!wzp_sni_valid(sni, 10 + size))
            abort();
        memcpy(again, sni, sizeof again);
        wzp_sni_lower(again);
        if (strcmp(sni, again) != 0)
            abort();
    }
    return 0;
}
