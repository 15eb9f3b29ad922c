/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Speech decoder of one stream: decode, conceal, rebuild lost frames from DRED (complexity >= 5,
 * parse deferred until a gap needs it), LBRR when the next packet carries it. Source:
 * wzp-protocol(7), Codecs. */
#ifndef WZP_MEDIA_DECODER_H
#define WZP_MEDIA_DECODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/encoder.h"

struct wzp_decoder;
/* WZP_E_MEMORY, WZP_E_INTERNAL. The caller frees; nothing but new allocates. */
int wzp_decoder_new(struct wzp_decoder **out);
void wzp_decoder_free(struct wzp_decoder *d);
/* Is there a libopus with DRED? Without it lost frames are concealed and never rebuilt. */
bool wzp_decoder_can_rebuild(void);
/* What libopus does beyond decoding: 7 and 6 enhance the voice (OSCE: NoLACE, LACE) where libopus
 * can, 5 conceals by a neural network and rebuilds from DRED, 0 does none of that. Initially 7.
 * effort.h chooses. */
enum { WZP_DECODER_LOW = 5, WZP_DECODER_FULL = 7 };
void wzp_decoder_set_complexity(struct wzp_decoder *d, unsigned complexity);
unsigned wzp_decoder_complexity(const struct wzp_decoder *d);
/* Forgets history (new talker, jump). */
void wzp_decoder_reset(struct wzp_decoder *d);
/* Decodes one packet; pcm holds WZP_FRAME_SAMPLES_MAX. Returns samples (frame length of the codec
 * id, or of the Opus packet), or WZP_E_SYNTAX (undecodable, also wrong length),
 * WZP_E_UNSUPPORTED. */
int wzp_decoder_decode(struct wzp_decoder *d, int16_t *pcm, enum wzp_codec codec,
                       const uint8_t *data, size_t length);
/* How much audio a packet holds, in ms: as the codec id says, or what an Opus packet itself says
 * (10 to 120; nobody sends other lengths). 0 when it is unknown. */
unsigned wzp_decoder_packet_ms(unsigned codec, const uint8_t *data, size_t length);
/* Does this packet repeat the frame before it? */
bool wzp_decoder_has_lbrr(unsigned codec, const uint8_t *data, size_t length);
/* After so long without a packet concealment is noise only: it fades to comfort noise from 120 ms
 * on. */
#define WZP_DECODER_FADED_MS 240
/* Conceals `samples` (a multiple of 480, at most WZP_FRAME_SAMPLES_MAX). Returns 1 while it still
 * sounds like the speaker, 0 once it is noise only, WZP_E_ARGUMENT. */
int wzp_decoder_conceal(struct wzp_decoder *d, int16_t *pcm, size_t samples);
/* Makes background noise, of the level in a comfort noise packet (0..255, uniform amplitude); level
 * < 0: as loud as the stream's own background so far. */
void wzp_decoder_noise(struct wzp_decoder *d, int16_t *pcm, size_t samples, int level);
/* How many samples before `data`'s own audio its DRED can rebuild (0 = none). Cheap: only the bit
 * stream is read, and only when packet_id is not among the last few parsed. */
int wzp_decoder_dred_reach(struct wzp_decoder *d, uint64_t packet_id, const uint8_t *data,
                           size_t length);
/* Rebuilds `samples` that begin `offset` samples before the audio of the packet that was last given
 * to dred_reach. The costly part of DRED decoding happens here, once per packet. WZP_E_STATE (no
 * reach), WZP_E_RANGE (farther back than it reaches, or in the silence it leaves out). Returns
 * samples. */
int wzp_decoder_dred(struct wzp_decoder *d, int16_t *pcm, size_t samples, size_t offset);
/* LBRR: decodes the previous frame out of the next packet. WZP_E_NOT_FOUND when there is none in
 * it. */
int wzp_decoder_lbrr(struct wzp_decoder *d, int16_t *pcm, enum wzp_codec codec, const uint8_t *data,
                     size_t length);

#endif
