/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How the registration connects to its relay: dialling, and when to dial again. The messages on the
 * connection are in account_ack.h. */
#ifndef WZP_PHONE_ACCOUNT_DIAL_H
#define WZP_PHONE_ACCOUNT_DIAL_H

#include "phone/internal.h"

/* Changes the state; deadline is the new state's. */
void wzp_account_enter(struct wzp_phone *p, enum wzp_account_state state, uint64_t deadline);
/* Dials relays[turn]. */
void wzp_account_connect(struct wzp_phone *p, uint64_t now);
/* The connection is lost or was given up: schedules the next attempt and emits an event. code: 0,
 * or the reason why another attempt will hardly help (WZP_E_REFUSED, WZP_E_CRYPTO). */
void wzp_account_pause(struct wzp_phone *p, const char *text, uint64_t now);
void wzp_account_pause_because(struct wzp_phone *p, int code, const char *text, uint64_t now);
/* Drops the connection until the user accepts the relay's certificate. */
void wzp_account_block(struct wzp_phone *p, uint64_t now);
/* Takes the addresses of a name that the host has resolved; count 0: it has none. */
void wzp_account_resolved(struct wzp_phone *p, uint32_t request, const struct wzp_addr *addresses,
                          size_t count, uint64_t now);

#endif
