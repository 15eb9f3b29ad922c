/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Is the relay there? Asked only while a call waits for its words (it rings, here or there): then a
 * relay that died would let it ring into the void until QUIC gives up. Nothing is sent, and nobody
 * is woken, without such a call. */
#ifndef WZP_PHONE_ACCOUNT_WATCH_H
#define WZP_PHONE_ACCOUNT_WATCH_H

#include "phone/internal.h"

/* A signal came or went: a call may wait for the relay from now on. */
void wzp_account_watch_begin(struct wzp_phone *p, uint64_t now);
/* At watch.at: tells that the relay is silent, and leaves it in the end. True: it is to be asked
 * now. */
bool wzp_account_watch_expire(struct wzp_phone *p, uint64_t now);

#endif
