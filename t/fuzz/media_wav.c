/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A WAV file, whole or as the beginning of a longer one. */
#include <stdlib.h>

#include "media/wav.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wzp_wav_format format;
    struct wzp_error err;
    int16_t pcm[256];

    wzp_wav_parse(&format, data, size, UINT64_MAX / 4, &err);
    if (wzp_wav_parse(&format, data, size, size, &err) != 0)
        return 0;
    if (format.data_offset > size || format.data_length > size - format.data_offset)
        abort();
    if (wzp_wav_to_mono(&(struct wzp_downmix){0}, pcm, 256, &format, data + format.data_offset,
                        (size_t)format.data_length) > 256)
        abort();
    return 0;
}
