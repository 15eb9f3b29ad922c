/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A network check: which path calls will take from this network (direct, or through a relay), and
 * why. It sends requests to STUN servers, to relays and to the router, opens no port mapping on the
 * router, and ends by itself. */
#ifndef WZP_NETCHECK_H
#define WZP_NETCHECK_H

#include "wzp/host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define WZP_APP_NETCHECK_RELAYS_MAX 16
#define WZP_APP_NETCHECK_STUN_MAX 16

struct wzp_app_netcheck_config {
    const char *const *relays; /* HOST[:PORT] each; copied */
    size_t relay_count;
    /* the same form; relays are also used as STUN servers, without being named here */
    const char *const *stun;
    size_t stun_count;
    /* used without `stun`: HOST[:PORT], separated by blanks; NULL: none */
    const char *stun_setting;
    const char *bind; /* local ADDRESS[:PORT] of the requests; NULL: any */
    unsigned probes;  /* round trips measured to each relay, at most 10; 0: the default */
    bool all;         /* also the checks that only matter where UDP does not work */
    double timeout;   /* s, 0: 5 */
    /* s: at the end measure how long a NAT mapping lives, up to this; 0: do not */
    double mapping_lifetime;
    void (*progress)(void *context, unsigned steps, unsigned expected); /* may be NULL */
    /* called once, when the report is ready; the check may be freed inside */
    void (*done)(void *context);
    void *context;
};
struct wzp_app_netcheck;
struct wzp_netcheck_report; /* nat/netcheck_report.h; opaque outside */

/* Starts a check. WZP_E_LIMIT, WZP_E_SYNTAX, WZP_E_RANGE (of a server's name), WZP_E_NETWORK,
 * WZP_E_MEMORY, WZP_E_IO with a sentence. */
int wzp_app_netcheck_start_sized(struct wzp_app_netcheck **out, const struct wzp_host *host,
                                 const struct wzp_app_netcheck_config *config, size_t size,
                                 struct wzp_error *err);
/* The same with the size of the struct that the caller was compiled with. */
static inline int wzp_app_netcheck_start(struct wzp_app_netcheck **out, const struct wzp_host *host,
                                         const struct wzp_app_netcheck_config *config,
                                         struct wzp_error *err)
{
    return wzp_app_netcheck_start_sized(out, host, config, sizeof *config, err);
}
/* Ends the check now with the results so far; done is called, unless it was called already. */
void wzp_app_netcheck_stop(struct wzp_app_netcheck *c);
/* The report; NULL before the end; valid as long as c. */
const struct wzp_netcheck_report *wzp_app_netcheck_report(const struct wzp_app_netcheck *c);
/* True while the lifetime of a NAT mapping is measured: it is longer than low s and not longer than
 * high s (0: not known yet), and a pause of wait s is being tried. */
bool wzp_app_netcheck_lifetime(const struct wzp_app_netcheck *c, double *low, double *high,
                               double *wait);
/* The result: 0 UDP works, 1 there was no server to ask, 2 no UDP but TCP or ICMP echo, 3 no
 * network; -1 before the end. */
int wzp_app_netcheck_status(const struct wzp_app_netcheck *c);
/* The report as one JSON object without line end, in new memory (wzp_free it); NULL before the end
 * or when out of memory. */
char *wzp_app_netcheck_json(const struct wzp_app_netcheck *c);
/* True while another thread still works for this check (waiting for a name server or a router that
 * does not answer). */
bool wzp_app_netcheck_busy(const struct wzp_app_netcheck *c);
/* Frees the check, also while it runs. NULL is fine. */
void wzp_app_netcheck_free(struct wzp_app_netcheck *c);

#ifdef __cplusplus
}
#endif

#endif
