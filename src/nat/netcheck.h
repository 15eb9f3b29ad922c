/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Examines the network for at most five seconds, usually less than two: STUN in both families from
 * the socket that calls use, relays, the router's services (without opening a port), hairpin, and
 * when no UDP answer comes, what else works. It makes and reads packets itself; its host resolves
 * names, opens connections and speaks HTTP with the router, as "work" that next_work hands out. */
#ifndef WZP_NAT_NETCHECK_H
#define WZP_NAT_NETCHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/packet.h"
#include "base/random.h"
#include "base/time.h"
#include "nat/discovery.h"
#include "nat/lifetime.h"
#include "nat/netcheck_report.h"
#include "nat/portmap.h"
#include "nat/series.h"
#include "nat/stun_client.h"

#define WZP_NETCHECK_LIMIT (5 * WZP_SECOND)
#define WZP_NETCHECK_RELAY_PROBES 3
#define WZP_NETCHECK_RELAY_PROBES_MAX 10
#define WZP_NETCHECK_OTHERS_AFTER (400 * WZP_MILLISECOND) /* without any UDP answer */
#define WZP_NETCHECK_HAIRPIN_TIME (300 * WZP_MILLISECOND)
#define WZP_NETCHECK_TASKS_MAX 96
#define WZP_NETCHECK_ADDRS_MAX 8

struct wzp_netcheck_relay_config {
    const char *name, *addr; /* addr: host:port or literal */
};
struct wzp_netcheck_config {
    const char *const *stun; /* NULL = wzp_stun_servers */
    size_t stun_count;
    const struct wzp_netcheck_relay_config *relays;
    size_t relay_count;
    const struct wzp_networks *networks; /* used during start only; NULL: none are known */
    struct wzp_addr gateway;             /* IPv4, port unused; none = there is none */
    struct wzp_addr socket4,
        socket6;            /* what the shared sockets are bound to; none = there is none */
    bool has_second_socket; /* IPv4, for hairpin and filtering: number 1 below */
    enum wzp_tri os_has_ipv6;
    bool test_port_mapping, test_ipv4, test_ipv6;
    bool test_all; /* also what only matters when UDP does not work */
    /* Measure the mapping's lifetime up to this, ns, after all else; 0 = do not. */
    uint64_t mapping_lifetime;
    unsigned relay_probes; /* 0 = WZP_NETCHECK_RELAY_PROBES */
    uint64_t limit;        /* ns, 0 = WZP_NETCHECK_LIMIT */
    uint64_t wall_ms;      /* since 1970, 0 = not known */
};
/* Mapping on, both families, the usual servers, no relay. */
void wzp_netcheck_config_default(struct wzp_netcheck_config *config);

enum wzp_netcheck_work_kind {
    WZP_NETCHECK_RESOLVE_STUN,  /* text -> addrs */
    WZP_NETCHECK_RESOLVE_RELAY, /* text -> addrs */
    /* addr -> rtt: of a QUIC handshake or of a PING on an open connection. */
    WZP_NETCHECK_PROBE_RELAY,
    WZP_NETCHECK_REFLECT, /* addr, of a relay that answers no STUN -> observed */
    WZP_NETCHECK_UPNP,    /* portmap */
    WZP_NETCHECK_TCP,     /* TLS to port 443 of any well-known host */
    WZP_NETCHECK_ICMP,    /* one ping over IPv4, where the system allows it */
    WZP_NETCHECK_CAPTIVE, /* yes: the answer was not exactly "204 No Content" */
    WZP_NETCHECK_METERED, /* is the network of the default route paid for by traffic */
    WZP_NETCHECK_MTU,     /* addr, of the nearest relay -> value, bytes of UDP payload */
};
struct wzp_netcheck_work {
    unsigned id;
    enum wzp_netcheck_work_kind kind;
    const char *text; /* lives as long as the check */
    uint16_t default_port;
    struct wzp_addr addr;
    struct wzp_portmap_work portmap;
};
struct wzp_netcheck_done {
    unsigned id;
    int result;        /* 0 (yes), WZP_E_REFUSED (no), WZP_E_UNSUPPORTED (cannot be tried), ... */
    const char *error; /* a sentence, NULL = the code's words */
    struct wzp_addr addrs[WZP_NETCHECK_ADDRS_MAX];
    size_t addr_count;
    uint64_t rtt; /* ns */
    struct wzp_addr observed;
    int64_t value;
    struct wzp_portmap_work_result portmap;
};

struct wzp_netcheck_task {
    enum wzp_netcheck_work_kind kind;
    enum { WZP_NETCHECK_TASK_READY, WZP_NETCHECK_TASK_OUT, WZP_NETCHECK_TASK_OVER } state;
    unsigned index; /* server or relay */
    struct wzp_addr addr;
    struct wzp_portmap_work portmap;
};
/* Round trips of one relay. */
struct wzp_netcheck_trips {
    struct wzp_addr addr4, addr6;
    bool v6_first; /* only IPv6 is known */
    unsigned asked, answered;
    uint64_t least4, least6, last; /* ns; 0 = none */
    double jitter;                 /* ns, mean of the differences of successive ones */
    struct wzp_addr observed;
    struct wzp_series series; /* of a relay that answers STUN: loss and jitter */
};
struct wzp_netcheck {
    struct wzp_random random;
    char stun_names[WZP_NETCHECK_STUN_MAX][WZP_NETCHECK_NAME_MAX];
    size_t stun_count;
    char relay_names[WZP_NETCHECK_RELAYS_MAX][WZP_NETCHECK_RELAY_NAME_MAX];
    char relay_addrs[WZP_NETCHECK_RELAYS_MAX][WZP_NETCHECK_NAME_MAX];
    char relay_errors[WZP_NETCHECK_RELAYS_MAX][WZP_NETCHECK_ERROR_MAX];
    struct wzp_netcheck_trips trips[WZP_NETCHECK_RELAYS_MAX];
    size_t relay_count;
    unsigned relay_probes, series_probes;
    struct wzp_addr socket4, socket6, local4, local6; /* local: with the socket's port */
    struct wzp_addr loop4, loop6;                     /* the same, for servers on this machine */
    char interface4[WZP_INTERFACE_NAME_MAX], interface6[WZP_INTERFACE_NAME_MAX],
        interface_loop[WZP_INTERFACE_NAME_MAX];
    bool use_v6, test_ipv4, test_ipv6, test_port_mapping, has_second_socket, others_asked,
        mtu_asked;
    bool reflect_asked;
    struct wzp_stun_client stun;
    /* The probe is of a relay's port, which need not speak STUN. */
    bool stun_of_relay[WZP_STUN_PROBES_MAX];
    struct wzp_discovery discovery;
    struct wzp_lifetime lifetime;
    uint64_t mapping_lifetime;
    struct wzp_portmap portmap;
    bool portmap_over;
    struct wzp_netcheck_task tasks[WZP_NETCHECK_TASKS_MAX];
    size_t task_count;
    enum { WZP_HAIRPIN_OFF, WZP_HAIRPIN_WAITING, WZP_HAIRPIN_SENT, WZP_HAIRPIN_OVER } hairpin;
    struct wzp_addr hairpin_target;
    uint8_t hairpin_id[WZP_STUN_ID_SIZE];
    uint64_t hairpin_at;
    unsigned hairpin_sends;
    uint64_t started, limit_at;
    bool running, stun_over, finished;
    uint32_t ignored;
    struct wzp_netcheck_report report; /* complete once finished */
};

/* Begins. Texts are copied. */
void wzp_netcheck_start(struct wzp_netcheck *n, const struct wzp_netcheck_config *config,
                        const struct wzp_random *random, uint64_t now);
/* 1 with work that the host should begin, 0 for none. */
int wzp_netcheck_next_work(struct wzp_netcheck *n, struct wzp_netcheck_work *out);
/* The outcome of work; unknown ids and second outcomes are ignored. */
void wzp_netcheck_work_done(struct wzp_netcheck *n, const struct wzp_netcheck_done *done,
                            uint64_t now);
/* As in base/packet.h, of a socket: 0 = the shared one of the address's family, 1 = the second. */
int wzp_netcheck_next_packet(struct wzp_netcheck *n, struct wzp_packet *out, unsigned socket,
                             uint64_t now);
/* A datagram of either socket that is no QUIC; true when it was for the check. */
bool wzp_netcheck_receive(struct wzp_netcheck *n, unsigned socket, const struct wzp_addr *remote,
                          const uint8_t *data, size_t length, uint64_t now);
uint64_t wzp_netcheck_expiry(const struct wzp_netcheck *n);
void wzp_netcheck_handle_expiry(struct wzp_netcheck *n, uint64_t now);
/* Steps that are over, and all steps so far, to show progress. */
void wzp_netcheck_progress(const struct wzp_netcheck *n, unsigned *done, unsigned *total);
/* Ends it now with what is known. It never opens a port, so nothing is left behind. */
void wzp_netcheck_stop(struct wzp_netcheck *n, uint64_t now);
/* NULL before the end. */
const struct wzp_netcheck_report *wzp_netcheck_result(const struct wzp_netcheck *n);

/* Of netcheck_setup.c: copies servers, sockets and interfaces. */
void wzp_netcheck_take_config(struct wzp_netcheck *n, const struct wzp_netcheck_config *config);
/* Of netcheck_work.c: one more thing to do, NULL when there is no room. */
struct wzp_netcheck_task *wzp_netcheck_add_task(struct wzp_netcheck *n,
                                                enum wzp_netcheck_work_kind kind, unsigned index);
/* Of netcheck_fill.c: what the measurements add up to. */
void wzp_netcheck_fill(struct wzp_netcheck *n, uint64_t now);

#endif
