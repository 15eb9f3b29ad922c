/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the two source files of netcheck share. Others use wzp/netcheck.h. */
#ifndef WZP_APP_NETCHECK_H
#define WZP_APP_NETCHECK_H

#include "app/host_call.h"
#include "nat/netcheck.h"
#include "wzp/netcheck.h"
#include "wzp/phone.h"

#define WZP_NETCHECK_TEXT_MAX (64 * 1024)

/* One task under way; a host inquiry keeps its task alive beyond the check. */
struct wzp_netcheck_job {
    struct wzp_app_netcheck *owner; /* NULL: the check was freed */
    struct wzp_netcheck_job *next;
    struct wzp_host_request *request; /* the resolve request */
    uint64_t deadline;                /* time limit of a probe; WZP_NEVER: not begun, or none */
    /* waits because the phone already measures as many relays as it can */
    bool waiting;
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
    bool in_port; /* a driver function is running: packets are sent after it anyway */
};

/* Advances the check; to be called after everything that happens to it. */
void wzp_app_netcheck_step(struct wzp_app_netcheck *c);

/* ---- netcheck_work.c ---- */
/* Begins all tasks that are ready. */
void wzp_netcheck_work_begin(struct wzp_app_netcheck *c);
/* The next time limit of a probe; handling of probes that ran out of time. */
uint64_t wzp_netcheck_work_expiry(const struct wzp_app_netcheck *c);
void wzp_netcheck_work_expire(struct wzp_app_netcheck *c, uint64_t now);
/* Checks whether the relay has told our external address. */
void wzp_netcheck_work_look(struct wzp_app_netcheck *c);
/* Listener for the phone's events about probes. */
void wzp_netcheck_work_event(void *context, const struct wzp_event *event);
/* Detaches all tasks under way: their results are ignored. */
void wzp_netcheck_work_forget(struct wzp_app_netcheck *c);

#endif
