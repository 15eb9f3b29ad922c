/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the two source files of netcheck share. Others use wzp/netcheck.h. */
#ifndef WZP_APP_NETCHECK_H
#define WZP_APP_NETCHECK_H

#include "app/host_call.h"
#include "nat/netcheck.h"
#include "wzp/netcheck.h"
#include "wzp/phone.h"

#define WZP_NETCHECK_TEXT_MAX (64 * 1024)

/* One piece of work under way; an inquiry's outlives the check. */
struct wzp_netcheck_job {
    struct wzp_app_netcheck *owner; /* NULL: forgotten */
    struct wzp_netcheck_job *next;
    struct wzp_host_request *request; /* of a name */
    uint64_t deadline;                /* of a probe; WZP_NEVER: not begun, or none */
    bool waiting;                     /* the phone measures as many relays as it can already */
    struct wzp_netcheck_work work;
};
struct wzp_app_netcheck {
    struct wzp_host host;
    struct wzp_app_netcheck_config config;
    struct wzp_netcheck check;
    struct wzp_phone *phone;
    struct wzp_listener phone_listener;
    struct wzp_host_port *port, *second; /* second: NULL without */
    struct wzp_host_timer *later;
    struct wzp_netcheck_job *jobs;
    unsigned steps, expected;
    bool over, told;
    bool in_port; /* it is being told something, and sends afterwards by itself */
};

/* After everything that happened. */
void wzp_app_netcheck_step(struct wzp_app_netcheck *c);

/* ---- netcheck_work.c ---- */
/* Begins all work that is ready. */
void wzp_netcheck_work_begin(struct wzp_app_netcheck *c);
/* Probes that have run out of time. */
uint64_t wzp_netcheck_work_expiry(const struct wzp_app_netcheck *c);
void wzp_netcheck_work_expire(struct wzp_app_netcheck *c, uint64_t now);
/* Has the relay told where it sees us? */
void wzp_netcheck_work_look(struct wzp_app_netcheck *c);
/* What the phone tells of its probes. */
void wzp_netcheck_work_event(void *context, const struct wzp_event *event);
/* Nothing that is under way is heard of any more. */
void wzp_netcheck_work_forget(struct wzp_app_netcheck *c);

#endif
