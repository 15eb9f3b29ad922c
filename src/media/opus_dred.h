/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Includes libopus. Where its headers are older than DRED (1.5), stand-ins make DRED look absent
 * from every packet; all else works. */
#ifndef WZP_MEDIA_OPUS_DRED_H
#define WZP_MEDIA_OPUS_DRED_H

#include <opus.h>

#ifdef OPUS_SET_DRED_DURATION
#define WZP_OPUS_SET_DRED(encoder, units) opus_encoder_ctl(encoder, OPUS_SET_DRED_DURATION(units))
#else
#define WZP_OPUS_SET_DRED(encoder, units) ((void)(encoder), (void)(units))
/* Does a mono packet repeat the frame before it? RFC 6716 4.2.3: in SILK, the LBRR flag follows the
 * VAD flags, one for each 20 ms. */
static inline int opus_packet_has_lbrr(const unsigned char *packet, opus_int32 length)
{
    const unsigned char *frames[48];
    opus_int16 sizes[48];
    if (length < 1 || packet[0] & 0x80 ||
        opus_packet_parse(packet, length, NULL, frames, sizes, NULL) < 1 || sizes[0] < 1)
        return 0;
    int parts = opus_packet_get_samples_per_frame(packet, 48000) / 960;
    return frames[0][0] >> (7 - (parts > 0 ? parts : 1)) & 1;
}
#define OpusDRED void
#define OpusDREDDecoder void
static inline int opus_dred_get_size(void)
{
    return 0;
}
static inline int opus_dred_decoder_get_size(void)
{
    return 0;
}
static inline int opus_dred_decoder_init(void *decoder)
{
    (void)decoder;
    return OPUS_UNIMPLEMENTED;
}
static inline int opus_dred_parse(void *decoder, void *dred, const unsigned char *data,
                                  opus_int32 length, opus_int32 samples, opus_int32 rate, int *end,
                                  int defer)
{
    (void)decoder, (void)dred, (void)data, (void)length, (void)samples, (void)rate, (void)defer;
    *end = 0;
    return OPUS_UNIMPLEMENTED;
}
static inline int opus_dred_process(void *decoder, const void *from, void *to)
{
    (void)decoder, (void)from, (void)to;
    return OPUS_UNIMPLEMENTED;
}
static inline int opus_decoder_dred_decode(OpusDecoder *decoder, const void *dred,
                                           opus_int32 offset, opus_int16 *pcm, opus_int32 samples)
{
    (void)decoder, (void)dred, (void)offset, (void)pcm, (void)samples;
    return OPUS_UNIMPLEMENTED;
}
#endif

#endif
