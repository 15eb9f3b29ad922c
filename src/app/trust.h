/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Certificates of relays that must be accepted before we use the relay: by a person with `accept`,
 * or by --accept-relay, which accepts one certificate for each relay of the settings. Source:
 * wzp-protocol(7), Certificate. */
#ifndef WZP_APP_TRUST_H
#define WZP_APP_TRUST_H

#include "app/internal.h"

/* Reads the relays of the settings, for each of which --accept-relay accepts one certificate. */
void wzp_trust_init(struct wzp_app *app);
/* Takes in what an event says about a relay's certificate, before the listeners get the event. */
void wzp_trust_follow(struct wzp_app *app, const struct wzp_event *event);
/* Accepts the certificates that --accept-relay covers; called outside the event that showed
 * them. */
void wzp_trust_settle(struct wzp_app *app);
/* A person accepts the certificate that was shown last. WZP_E_STATE: none was. */
int wzp_trust_accept(struct wzp_app *app, struct wzp_error *err);
/* The relay of the settings that we cannot use because its certificate waits for acceptance; NULL:
 * none. */
const char *wzp_trust_barred_by(const struct wzp_app *app);

#endif
