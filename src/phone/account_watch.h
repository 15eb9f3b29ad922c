/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Liveness of the relay that we are registered at. It is tested only while a call depends on the
 * relay's signals (it rings here or at the other side): without the test such a call would ring at
 * a dead relay until QUIC's idle timeout. Without such a call nothing is sent and no timer runs. */
#ifndef WZP_PHONE_ACCOUNT_WATCH_H
#define WZP_PHONE_ACCOUNT_WATCH_H

#include "phone/internal.h"

/* A signal was sent or received: starts the test if a call depends on the relay now. */
void wzp_account_watch_begin(struct wzp_phone *p, uint64_t now);
/* At watch.at: tells the user that the relay is silent, and leaves the relay when that lasts. True
 * when the caller should send the relay a packet now. */
bool wzp_account_watch_expire(struct wzp_phone *p, uint64_t now);

#endif
