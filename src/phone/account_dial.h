/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How the registration gets to its relay: dialling, and when to dial again. What is said on the
 * connection is in account_ack.h. */
#ifndef WZP_PHONE_ACCOUNT_DIAL_H
#define WZP_PHONE_ACCOUNT_DIAL_H

#include "phone/internal.h"

/* Another state, which has that deadline. */
void wzp_account_enter(struct wzp_phone *p, enum wzp_account_state state, uint64_t deadline);
/* Dials the relay in turn. */
void wzp_account_connect(struct wzp_phone *p, uint64_t now);
/* The connection is gone or was given up: when the next try is, and that is told. code: 0, or why
 * trying again hardly helps (WZP_E_REFUSED, WZP_E_CRYPTO). */
void wzp_account_pause(struct wzp_phone *p, const char *text, uint64_t now);
void wzp_account_pause_because(struct wzp_phone *p, int code, const char *text, uint64_t now);
/* A person must accept the certificate first. */
void wzp_account_block(struct wzp_phone *p, uint64_t now);
/* A name was resolved. */
void wzp_account_resolved(struct wzp_phone *p, uint32_t request, const struct wzp_addr *addresses,
                          size_t count, uint64_t now);

#endif
