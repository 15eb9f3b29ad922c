/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The goodbye: a hangup sent on the media path of a sealed (end-to-end encrypted) call. It is a
 * repair packet of Opus64k that holds no sound and repairs nothing, so that programs that do not
 * know it ignore it. Source: wzp-protocol(7), Goodbye. */
#ifndef WZP_WIRE_GOODBYE_H
#define WZP_WIRE_GOODBYE_H

#include "wire/media.h"
#include "wire/signal.h"

/* The message, padded with zeros: two goodbyes do not fit into one QUIC packet, so that a single
 * loss does not take several. */
#define WZP_GOODBYE_WORDS 8
#define WZP_GOODBYE_SIZE 720

/* Writes the payload for this reason. */
void wzp_goodbye_write(uint8_t out[WZP_GOODBYE_SIZE], enum wzp_hangup_reason reason);
/* True when this packet, after decryption, is a goodbye. An unknown reason counts as Normal. */
bool wzp_goodbye_read(enum wzp_hangup_reason *reason, const struct wzp_media_packet *packet);

#endif
