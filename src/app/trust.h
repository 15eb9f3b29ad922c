/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Certificates of relays that keep us out until somebody says yes: a person with `accept`, or
 * --accept-relay, which is one yes to each relay of the settings. Source: wzp-protocol(7),
 * Certificate. */
#ifndef WZP_APP_TRUST_H
#define WZP_APP_TRUST_H

#include "app/internal.h"

/* The relays of the settings are known: the yes of --accept-relay is for these. */
void wzp_trust_init(struct wzp_app *app);
/* What an event tells of a relay's certificate, before others hear of it. */
void wzp_trust_follow(struct wzp_app *app, const struct wzp_event *event);
/* Accepts what --accept-relay covers, outside the event that showed it. */
void wzp_trust_settle(struct wzp_app *app);
/* A person says yes to what was shown last. WZP_E_STATE: nothing was. */
int wzp_trust_accept(struct wzp_app *app, struct wzp_error *err);
/* The relay of ours that we are not at because of its certificate; NULL: none. */
const char *wzp_trust_barred_by(const struct wzp_app *app);

#endif
