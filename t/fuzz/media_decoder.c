/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Packets for the decoder: a byte says codec and use, the next one the length, then the bytes. */
#include <stdlib.h>

#include "base/error.h"
#include "media/decoder.h"

#define PACKETS_MAX 12

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int samples)
{
    if (samples == 0 || samples > WZP_FRAME_SAMPLES_MAX)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wzp_decoder *d;
    int16_t pcm[WZP_FRAME_SAMPLES_MAX];

    if (wzp_decoder_new(&d) != 0)
        return 0;
    for (int i = 0; i < PACKETS_MAX && size >= 2; i++) {
        unsigned codec = data[0] & 15;
        unsigned use = data[0] >> 4;
        size_t length = data[1];

        data += 2;
        size -= 2;
        if (length > size)
            length = size;
        if (use & 1 && wzp_decoder_dred_reach(d, use >> 2, data, length) > 0)
            check(wzp_decoder_dred(d, pcm, 960, 960u * (1 + (use >> 1))));
        if (wzp_decoder_packet_ms(codec, data, length) > 120)
            abort();
        if (use & 2)
            (void)wzp_decoder_has_lbrr(codec, data, length);
        if (use & 2)
            check(wzp_decoder_lbrr(d, pcm, (enum wzp_codec)codec, data, length));
        if (use & 4)
            check(wzp_decoder_decode(d, pcm, (enum wzp_codec)codec, data, length));
        if (use == 0 && wzp_decoder_conceal(d, pcm, 480) < 0)
            abort();
        data += length;
        size -= length;
    }
    wzp_decoder_free(d);
    return 0;
}
