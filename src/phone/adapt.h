/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A stream follows its line: the peer's reports and the path's round trips go to the controller,
 * its plan goes to the encoder, and our own report tells what we hear. The rules are in
 * media/control.h and media/feedback.h; here is who is told what. Source: wzp-protocol(7), Quality
 * report, Quality directive. */
#ifndef WZP_PHONE_ADAPT_H
#define WZP_PHONE_ADAPT_H

#include "phone/internal.h"

/* At the beginning of a stream. */
void wzp_adapt_begin(struct wzp_leg *leg, bool is_room, uint64_t now);
/* A packet came; its report, when it has one, counts. */
void wzp_adapt_receive(struct wzp_leg *leg, const struct wzp_media_packet *packet, uint64_t now);
/* Before something is sent: ten times a second a look at the path, and a decision. Does not
 * allocate. */
void wzp_adapt_look(struct wzp_leg *leg, uint64_t now);
/* Once a second: our report goes out with the next packet. path: the active one, or NULL. */
void wzp_adapt_tick(struct wzp_leg *leg, const struct wzp_path *path,
                    const struct wzp_playout_stats *heard, const struct wzp_quic_stats *stats,
                    uint64_t now);
/* The relay recommends this tier. */
void wzp_adapt_directive(struct wzp_leg *leg, enum wzp_codec codec, uint64_t now);
/* The user's choice for a good line. Errors of wzp_encoder_check_plan; nothing changes then. */
int wzp_adapt_set_codec(struct wzp_leg *leg, enum wzp_codec codec, uint64_t now);
/* How we code, and what is known of the other side. */
void wzp_adapt_stats(const struct wzp_stream *m, struct wzp_coding_stats *out);

#endif
