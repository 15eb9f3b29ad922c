/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What netcheck found, as one struct and one table of its fields: JSON, the list of changes and the
 * manual are made from the table's rows. What is not known is null, never false. */
#ifndef WZP_NAT_NETCHECK_REPORT_H
#define WZP_NAT_NETCHECK_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/buffer.h"
#include "base/json.h"
#include "nat/classify.h"
#include "nat/local.h"
#include "nat/portmap.h"

#define WZP_NETCHECK_SCHEMA 1
#define WZP_NETCHECK_STUN_MAX 16
#define WZP_NETCHECK_PROBES_MAX 48 /* of STUN: servers and relays, in both families */
#define WZP_NETCHECK_RELAYS_MAX 16
#define WZP_NETCHECK_COUNTERS_MAX 16
#define WZP_NETCHECK_INTERFACES_MAX 16
#define WZP_NETCHECK_ADVICE_MAX 6
#define WZP_NETCHECK_NAME_MAX 80
#define WZP_NETCHECK_RELAY_NAME_MAX 64
#define WZP_NETCHECK_ERROR_MAX 120

/* A number that may be unknown. */
struct wzp_netcheck_number {
    bool known;
    int64_t value;
};
/* One STUN server's answer. */
struct wzp_netcheck_stun {
    char name[WZP_NETCHECK_NAME_MAX]; /* "stun:" and the server as configured */
    char addr[WZP_NETCHECK_NAME_MAX]; /* resolved, or as configured */
    struct wzp_addr observed;
    struct wzp_netcheck_number latency_ms;
    char error[WZP_NETCHECK_ERROR_MAX];
    char interface[WZP_INTERFACE_NAME_MAX]; /* by which the request left */
    struct wzp_addr source;                 /* the address from which it left */
};
/* One relay, over `probes` round trips. */
struct wzp_netcheck_relay {
    char name[WZP_NETCHECK_RELAY_NAME_MAX];
    char addr[WZP_NETCHECK_NAME_MAX];
    struct wzp_netcheck_number rtt_ms, rtt_v4_ms, rtt_v6_ms; /* the least */
    double jitter_ms, loss_percent;                          /* when probes > 0 */
    unsigned probes, answers;
    char error[WZP_NETCHECK_ERROR_MAX];
    char interface[WZP_INTERFACE_NAME_MAX];
    struct wzp_addr source;
};
/* An address that servers saw, and how many. */
struct wzp_netcheck_counter {
    struct wzp_addr addr;
    unsigned count;
};
struct wzp_netcheck_interface {
    char name[WZP_INTERFACE_NAME_MAX];
    struct wzp_addr addr;
    bool default_route;
    enum wzp_tri metered;
};

/* All zero is "nothing known", apart from nat_type, which is then "Unknown" already. */
struct wzp_netcheck_report {
    uint64_t now_ms; /* wall clock */
    enum wzp_nat_type nat_type;
    struct wzp_addr reflexive_addr;
    bool nobody_asked; /* neither relay nor STUN server was named */
    bool relay_absent; /* a machine that was asked said that no relay listens there */
    enum wzp_tri udp, ipv4_reachable, ipv6_reachable, ipv4_can_send, ipv6_can_send, os_has_ipv6;
    enum wzp_tri icmpv4, tcp_443, captive_portal, hairpin_works;
    enum wzp_tri mapping_varies, mapping_varies_v6;
    struct wzp_nat_behaviour nat4, nat6;
    enum wzp_nat_filtering filtering; /* of IPv4 */
    enum wzp_tri upnp_available, pcp_available, nat_pmp_available;
    enum wzp_portmap_verdict portmap_verdict;
    struct wzp_addr gateway, global_v4, global_v6;
    struct wzp_netcheck_number stun_latency_ms, duration_ms, mtu, mapping_lifetime_s;
    enum wzp_tri mapping_lifetime_longer; /* it lived through the longest wait */
    struct wzp_netcheck_stun stun[WZP_NETCHECK_PROBES_MAX];
    struct wzp_netcheck_relay relays[WZP_NETCHECK_RELAYS_MAX];
    struct wzp_netcheck_counter counters4[WZP_NETCHECK_COUNTERS_MAX];
    struct wzp_netcheck_counter counters6[WZP_NETCHECK_COUNTERS_MAX];
    struct wzp_netcheck_interface interfaces[WZP_NETCHECK_INTERFACES_MAX];
    size_t stun_count, relay_count, counter4_count, counter6_count, interface_count;
    char preferred_relay[WZP_NETCHECK_RELAY_NAME_MAX]; /* "" = none */
    const char *verdict_word, *verdict;                /* static; NULL before the end */
    const char *advice[WZP_NETCHECK_ADVICE_MAX];
    size_t advice_count;
    int exit_status;
};

/* The best protocol by which the router opens a port, WZP_PORTMAP_PROTOCOLS for none. */
enum wzp_portmap_protocol wzp_netcheck_port_mapping(const struct wzp_netcheck_report *report);
/* "sequential:N", "random", "preserving"; NULL when not known. text has room for 32 bytes. */
const char *wzp_netcheck_allocation_text(char *text, const struct wzp_nat_behaviour *behaviour);

/* All verdicts: their words and sentences. */
struct wzp_netcheck_verdict {
    const char *word, *sentence;
};
extern const struct wzp_netcheck_verdict wzp_netcheck_verdicts[];
extern const size_t wzp_netcheck_verdict_count;

/* Sorts relays (by round trip, failures last), names the preferred one, and draws the conclusions:
 * verdict, advice, exit status (0 UDP works, 1 nobody was asked, 2 no UDP but TCP or a ping, 3 no
 * network). Callable again. */
void wzp_netcheck_conclude(struct wzp_netcheck_report *report);

/* One field: its name in JSON, its type in words, what it says, when it is null. `write` adds it to
 * an object. */
struct wzp_netcheck_field {
    const char *name, *type, *meaning, *null_when;
    void (*write)(struct wzp_json *j, const char *key, const struct wzp_netcheck_report *report);
};
extern const struct wzp_netcheck_field wzp_netcheck_fields[];
extern const size_t wzp_netcheck_field_count;

/* The report as one JSON object (one line, no line end). What the buffer says, or WZP_E_STATE. */
int wzp_netcheck_write_json(struct wzp_buffer *out, const struct wzp_netcheck_report *report);
/* The same, with leading members written by `before` (may be NULL), for lines that begin with a
 * time. */
int wzp_netcheck_write_json_with(struct wzp_buffer *out, const struct wzp_netcheck_report *report,
                                 void (*before)(struct wzp_json *j, void *context), void *context);
/* For people: the verdict first and bars for round trips. ascii: no other characters. */
void wzp_netcheck_write_text(struct wzp_buffer *out, const struct wzp_netcheck_report *report,
                             bool ascii);
/* Calls `tell` for each field that differs between two reports, with both values as JSON. Addresses
 * are compared without their ports; times and lists of single measurements are left out. Returns
 * the number of differences. */
size_t wzp_netcheck_each_change(const struct wzp_netcheck_report *before,
                                const struct wzp_netcheck_report *after,
                                void (*tell)(void *context, const struct wzp_netcheck_field *field,
                                             const char *was, const char *is),
                                void *context);

#endif
