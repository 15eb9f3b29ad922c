/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Adapts a stream to its network path: the peer's quality reports and the path's round-trip times
 * go to the controller, the controller's plan goes to the encoder, and our own report tells the
 * peer what we receive. The rules are in media/control.h and media/feedback.h; this file connects
 * them. Source: wzp-protocol(7), Quality report, Quality directive. */
#ifndef WZP_PHONE_ADAPT_H
#define WZP_PHONE_ADAPT_H

#include "phone/internal.h"

/* At the beginning of a stream. */
void wzp_adapt_begin(struct wzp_leg *leg, bool is_room, uint64_t now);
/* Takes a received packet and its quality report, if it has one. */
void wzp_adapt_receive(struct wzp_leg *leg, const struct wzp_media_packet *packet, uint64_t now);
/* Called before each packet is sent: ten times a second it reads the path's statistics and lets the
 * controller decide. Does not allocate. */
void wzp_adapt_look(struct wzp_leg *leg, uint64_t now);
/* Once a second: makes our report, which goes out with the next packet. path: the active one, or
 * NULL. */
void wzp_adapt_tick(struct wzp_leg *leg, const struct wzp_path *path,
                    const struct wzp_playout_stats *heard, const struct wzp_quic_stats *stats,
                    uint64_t now);
/* The relay recommends this tier. */
void wzp_adapt_directive(struct wzp_leg *leg, enum wzp_codec codec, uint64_t now);
/* Sets the codec that the user wants on a good path. Errors of wzp_encoder_check_plan; nothing
 * changes then. */
int wzp_adapt_set_codec(struct wzp_leg *leg, enum wzp_codec codec, uint64_t now);
/* Fills out with our coding parameters and what the peer reported. */
void wzp_adapt_stats(const struct wzp_stream *m, struct wzp_coding_stats *out);

#endif
