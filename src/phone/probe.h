/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The probe tests whether we are still registered. Relays of the existing kind forget a
 * registration when an older connection of the same identity ends (wzp-protocol(7), Old peers), and
 * do not tell. So we call ourselves: a relay that knows us forwards an offer to our own fingerprint
 * back to us, and we hang it up before the user sees it. Only while there is no call: when such a
 * relay refuses an offer, it does not say which one. */
#ifndef WZP_PHONE_PROBE_H
#define WZP_PHONE_PROBE_H

#include "phone/internal.h"

#define WZP_PROBE_INTERVAL (20 * WZP_SECOND)
#define WZP_PROBE_ANSWER (3 * WZP_SECOND)

enum wzp_probe_answer {
    WZP_PROBE_NONE,  /* the signal is about something else */
    WZP_PROBE_TAKEN, /* it belongs to the probe, but decides nothing yet */
    WZP_PROBE_FOUND,
    WZP_PROBE_LOST /* the relay does not know us any more */
};

/* Sends one. As wzp_link_send. */
int wzp_probe_send(struct wzp_probe *probe, struct wzp_phone *p, struct wzp_link *link,
                   uint64_t now);
/* Judges a signal that arrives while a probe is under way; hangs the offer up when it comes
 * back. */
enum wzp_probe_answer wzp_probe_take(struct wzp_probe *probe, struct wzp_link *link,
                                     const struct wzp_signal *signal, uint64_t now);

#endif
