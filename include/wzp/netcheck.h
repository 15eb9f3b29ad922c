/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A look at the network: which way calls will take from here, and why. It sends questions to STUN
 * servers, to relays and to the router, opens no port there, and ends by itself. */
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
    const char *const *stun; /* the same; relays are asked as servers, too, without being named */
    size_t stun_count;
    const char *stun_setting; /* without `stun`: HOST[:PORT] with blanks between; NULL: none */
    const char *bind;         /* ADDRESS[:PORT] to ask from; NULL: any */
    unsigned probes;          /* round trips to each relay, at most 10; 0: the usual */
    bool all;                 /* also what only matters where UDP does not work */
    double timeout;           /* s, 0: 5 */
    double mapping_lifetime;  /* s: after all else look for it, up to so long; 0: do not */
    void (*progress)(void *context, unsigned steps, unsigned expected); /* may be NULL */
    void (*done)(void *context); /* once, when there is a report; it may be freed inside */
    void *context;
};
struct wzp_app_netcheck;
struct wzp_netcheck_report; /* nat/netcheck_report.h; opaque outside */

/* Begins. WZP_E_LIMIT, WZP_E_SYNTAX, WZP_E_RANGE (a server), WZP_E_NETWORK, WZP_E_MEMORY, WZP_E_IO
 * with a sentence. */
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
/* Ends it now with what is known; done follows, unless it was told already. */
void wzp_app_netcheck_stop(struct wzp_app_netcheck *c);
/* NULL before the end; valid as long as c. */
const struct wzp_netcheck_report *wzp_app_netcheck_report(const struct wzp_app_netcheck *c);
/* True while the lifetime of a mapping is looked for: it lives longer than low s and no longer than
 * high s (0: not known yet), and wait s are tried. */
bool wzp_app_netcheck_lifetime(const struct wzp_app_netcheck *c, double *low, double *high,
                               double *wait);
/* 0 UDP works, 1 nobody was asked, 2 no UDP but TCP or a ping, 3 no network; -1 before the end. */
int wzp_app_netcheck_status(const struct wzp_app_netcheck *c);
/* The report as one JSON object without line end, in new memory of wzp_alloc; NULL before the end
 * and without memory. */
char *wzp_app_netcheck_json(const struct wzp_app_netcheck *c);
/* True while another thread still works for it (a name server or a router that keeps silent). */
bool wzp_app_netcheck_busy(const struct wzp_app_netcheck *c);
/* Forgets it, also under way. NULL is fine. */
void wzp_app_netcheck_free(struct wzp_app_netcheck *c);

#ifdef __cplusplus
}
#endif

#endif
