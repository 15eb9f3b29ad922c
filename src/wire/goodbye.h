/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The last word of a sealed call, on the media path itself: a repair packet of Opus64k,
 * which is no sound and repairs nothing, so that who does not know it passes over it. Source:
 * wzp-protocol(7), Goodbye. */
#ifndef WZP_WIRE_GOODBYE_H
#define WZP_WIRE_GOODBYE_H

#include "wire/media.h"
#include "wire/signal.h"

/* What says it, and zeros behind it: two of them do not go into one datagram's packet, so that a
 * single loss does not take all that are sent. */
#define WZP_GOODBYE_WORDS 8
#define WZP_GOODBYE_SIZE 720

/* The payload that says why. */
void wzp_goodbye_write(uint8_t out[WZP_GOODBYE_SIZE], enum wzp_hangup_reason reason);
/* True when this packet, opened, is one. A reason that is not known here counts as Normal. */
bool wzp_goodbye_read(enum wzp_hangup_reason *reason, const struct wzp_media_packet *packet);

#endif
