/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Dispatches the signals of the registration's connection to their calls; an offer makes a new one.
 * Source: wzp-protocol(7), Messages, A direct call, Agreement. */
#ifndef WZP_PHONE_CALL_INBOX_H
#define WZP_PHONE_CALL_INBOX_H

#include "phone/account.h"
#include "phone/internal.h"

/* The callbacks that calls give to the account. */
extern const struct wzp_account_calls wzp_call_inbox;

#endif
