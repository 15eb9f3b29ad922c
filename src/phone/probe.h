/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Are we still registered? Relays of the existing kind forget a registration when an older
 * connection of the same identity ends (wzp-protocol(7), Old peers), and say nothing. So we ring
 * ourselves: an offer to our own fingerprint comes back from a relay that knows us, and is hung up
 * before anybody sees it. Only while there is no call: those relays refuse an offer without saying
 * which. */
#ifndef WZP_PHONE_PROBE_H
#define WZP_PHONE_PROBE_H

#include "phone/internal.h"

#define WZP_PROBE_INTERVAL (20 * WZP_SECOND)
#define WZP_PROBE_ANSWER (3 * WZP_SECOND)

enum wzp_probe_answer {
    WZP_PROBE_NONE,  /* the signal is about something else */
    WZP_PROBE_TAKEN, /* it was the probe's, and says nothing yet */
    WZP_PROBE_FOUND,
    WZP_PROBE_LOST /* the relay does not know us any more */
};

/* Sends one. As wzp_link_send. */
int wzp_probe_send(struct wzp_probe *probe, struct wzp_phone *p, struct wzp_link *link,
                   uint64_t now);
/* Judges a signal that came while one is out; hangs it up when it came back. */
enum wzp_probe_answer wzp_probe_take(struct wzp_probe *probe, struct wzp_link *link,
                                     const struct wzp_signal *signal, uint64_t now);

#endif
