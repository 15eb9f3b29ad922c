/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What arrives on the registration's connection finds its call, or becomes one. Source:
 * wzp-protocol(7), Messages, A direct call, Agreement. */
#ifndef WZP_PHONE_CALL_INBOX_H
#define WZP_PHONE_CALL_INBOX_H

#include "phone/account.h"
#include "phone/internal.h"

/* What calls want to hear of the registration. */
extern const struct wzp_account_calls wzp_call_inbox;

#endif
