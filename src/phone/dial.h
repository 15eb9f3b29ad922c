/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Reaching a relay that has several addresses: they are dialled side by side, the next one 250 ms
 * after the one before (at once when that failed), families in turn; the first handshake that is
 * completed wins and the others are closed. Source: RFC 8305. */
#ifndef WZP_PHONE_DIAL_H
#define WZP_PHONE_DIAL_H

#include "phone/internal.h"
#include "phone/link.h"

#define WZP_DIAL_STAGGER (250 * WZP_MILLISECOND)

/* Dials place under the name sni. The winning link gets calls and owner, and is handed to the owner
 * by calls->connected. When no address is left, failed is called with a sentence. Neither is called
 * from inside this function, which returns its own error: WZP_E_NETWORK when no address can be
 * reached from here, or as wzp_link_open. place and sni must stay valid while it dials; a dial
 * under way is stopped first. */
int wzp_dial_start(struct wzp_dial *d, struct wzp_phone *p, const struct wzp_relay_place *place,
                   const char *sni, const struct wzp_link_calls *calls,
                   void (*failed)(void *owner, int code, const char *why, uint64_t now),
                   void *owner, uint64_t now);
/* The place has more addresses now; those already dialled are not dialled again. */
void wzp_dial_more(struct wzp_dial *d, uint64_t now);
/* The host learnt that this address is unreachable: the attempts to it are given up. */
void wzp_dial_unreachable(struct wzp_dial *d, const struct wzp_addr *remote, int code,
                          uint64_t now);
/* Stops dialling without calling failed. Does nothing when it does not dial. */
void wzp_dial_stop(struct wzp_dial *d, uint64_t now);
/* When the next address is due. */
uint64_t wzp_dial_expiry(const struct wzp_dial *d);
void wzp_dial_expire(struct wzp_dial *d, uint64_t now);

/* Asks the host for the addresses of a name (config.resolve must be there); returns the number of
 * the question, never 0. The answer comes later, by wzp_phone_resolved. */
uint32_t wzp_dial_ask(struct wzp_phone *p, const char *name);
/* Stores the resolved addresses in a place, in the order of dialling; count > 0. */
void wzp_dial_fill(struct wzp_relay_place *place, const struct wzp_addr *addresses, size_t count);

/* The order of RFC 8305 4: families in turn, beginning with the first one's; within a family as
 * given. */
void wzp_dial_order(struct wzp_addr *addresses, size_t count);

#endif
