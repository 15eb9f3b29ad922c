/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The state of the mapping service (nat/portmap.h). Source: wzp-protocol(7), Addresses. */
#ifndef WZP_NAT_PORTMAP_STATE_H
#define WZP_NAT_PORTMAP_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/packet.h"
#include "base/random.h"
#include "base/time.h"
#include "nat/pcp.h"

#define WZP_PORTMAP_LIFETIME 7200                  /* s, asked for */
#define WZP_PORTMAP_DECIDE (250 * WZP_MILLISECOND) /* to find out which services there are */
#define WZP_PORTMAP_STOP (1500 * WZP_MILLISECOND)  /* an exchange that took longer has failed */
/* Between two checks; every second one asks for the mapping. */
#define WZP_PORTMAP_CHECK (25 * WZP_SECOND)
/* Until a router without a service is asked again. */
#define WZP_PORTMAP_AGAIN (600 * WZP_SECOND)
#define WZP_PORTMAP_WORK_TIME (10 * WZP_SECOND) /* longest wait for the host's work */

enum wzp_portmap_protocol {
    WZP_PORTMAP_NATPMP,
    WZP_PORTMAP_PCP,
    WZP_PORTMAP_UPNP,
    WZP_PORTMAP_PROTOCOLS, /* their number, and "none" */
};

/* X-macro: name, word in JSON, sentence. */
#define WZP_PORTMAP_VERDICT_TABLE(X)                                                               \
    X(OFF, "off", "Port mapping is off.")                                                          \
    X(NO_GATEWAY, "no-gateway", "There is no IPv4 gateway to ask for a port.")                     \
    X(WORKING, "working", "The router is being asked for a port.")                                 \
    X(AVAILABLE, "available", "The router can open a port for this program.")                      \
    X(MAPPED, "mapped", "The router forwards a port to this program.")                             \
    X(ABSENT, "absent", "The router offers none of NAT-PMP, PCP and UPnP: no port can be opened.") \
    X(REFUSED, "refused", "The router refused to open a port.")                                    \
    X(DOUBLE_NAT, "double-nat",                                                                    \
      "The router itself is behind another router or the provider's NAT: its port is of no use.")  \
    X(OFFLINE, "offline", "The router has no address outside: it is not connected itself.")        \
    X(LYING, "lying", "The router answers, but with an address or port that cannot be.")           \
    X(RELEASED, "released", "The port was given back to the router.")

enum wzp_portmap_verdict {
#define WZP_PORTMAP_ENUM(name, word, sentence) WZP_PORTMAP_##name,
    WZP_PORTMAP_VERDICT_TABLE(WZP_PORTMAP_ENUM)
#undef WZP_PORTMAP_ENUM
};

/* What is known of one service. */
enum wzp_portmap_presence { WZP_PORTMAP_UNKNOWN, WZP_PORTMAP_PRESENT, WZP_PORTMAP_MISSING };

/* A question to one service that waits for its answer. */
enum wzp_portmap_ask {
    WZP_PORTMAP_ASK_NOTHING,
    /* Is the service there, and what is its external address; also the later check. */
    WZP_PORTMAP_ASK_PROBE,
    WZP_PORTMAP_ASK_MAP,    /* make or renew the mapping */
    WZP_PORTMAP_ASK_DELETE, /* remove it */
};
/* Work for the host's UPnP library, one at a time. */
struct wzp_portmap_work {
    uint32_t id;
    /* PROBE: discover and ask for the external address; with an external_port also look whether
     * that mapping is still there (WZP_E_NOT_FOUND when it is not). */
    enum wzp_portmap_ask ask;
    struct wzp_addr lan; /* this machine, as the router sees it */
    uint16_t internal_port, external_port;
    uint32_t lifetime; /* s; 0 = permanent lease */
};
struct wzp_portmap_work_result {
    uint32_t id;
    int result;               /* 0, WZP_E_NOT_FOUND (no such router), WZP_E_REFUSED, ... */
    unsigned upnp_error;      /* of a refusal: 718 conflict, 725 and 402 permanent leases only */
    struct wzp_addr external; /* the router's own; port unused */
    uint16_t external_port;   /* of MAP */
    uint32_t lifetime;        /* of MAP, s; 0 = permanent */
};

struct wzp_portmap_service {
    enum wzp_portmap_presence presence;
    enum wzp_portmap_ask ask;
    uint64_t asked_at;
    unsigned sends;
    bool touched;   /* the router may hold a mapping of ours */
    bool failed;    /* was tried in this round, without success */
    bool has_epoch; /* epoch was e at epoch_at */
    uint32_t epoch;
    uint64_t epoch_at;
    struct wzp_addr external; /* the router's external address, when it told */
};

enum wzp_portmap_state {
    WZP_PORTMAP_STATE_IDLE,
    WZP_PORTMAP_STATE_PROBING,
    WZP_PORTMAP_STATE_CREATING,
    WZP_PORTMAP_STATE_KEEPING,
    WZP_PORTMAP_STATE_WAITING,
    WZP_PORTMAP_STATE_RELEASING,
};

struct wzp_portmap {
    struct wzp_random random;
    struct wzp_addr gateway; /* with port 5351; none = no gateway */
    struct wzp_addr lan;
    uint16_t internal_port;
    bool probe_only; /* netcheck: makes no mapping */
    enum wzp_portmap_state state;
    uint64_t state_since;
    enum wzp_portmap_verdict verdict;
    struct wzp_portmap_service services[WZP_PORTMAP_PROTOCOLS];
    uint8_t nonce[WZP_PCP_NONCE_SIZE];
    /* The mapping. */
    enum wzp_portmap_protocol protocol; /* that is being tried, or holds the mapping */
    struct wzp_addr external;           /* none = no mapping */
    uint32_t granted;                   /* s; 0 = permanent */
    uint64_t granted_at, renew_at, check_at;
    unsigned renewals_failed;
    bool doubted;  /* the router may have lost it: it is asked for again */
    bool map_next; /* the next check asks for the mapping, not for the router's address */
    /* Until then a router that gave a mapping before is asked at every check. */
    uint64_t soon_until;
    uint16_t wanted_port; /* the one we had last, else the inner one */
    /* UPnP */
    uint32_t work_id;
    bool work_ready;     /* to be fetched by the host */
    bool work_permanent; /* this router knows permanent leases only */
    unsigned work_conflicts;
    uint16_t upnp_port; /* of the last mapping that UPnP made */
    bool restart;       /* after releasing: start anew with what follows */
    struct wzp_addr next_lan;
    uint16_t next_port;
    bool changed;
    uint32_t ignored; /* packets of other hosts, forged, late, malformed */
};

#endif
