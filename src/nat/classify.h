/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What kind of router is in front of us, judged from what several servers saw of one socket. The
 * four types of the existing network are kept exactly; what they do not tell is recorded beside
 * them. Source: wzp-protocol(7), Addresses. */
#ifndef WZP_NAT_CLASSIFY_H
#define WZP_NAT_CLASSIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

/* Unknown is an answer of its own: never shown as "no". */
enum wzp_tri { WZP_TRI_UNKNOWN, WZP_TRI_NO, WZP_TRI_YES };

enum wzp_nat_type { WZP_NAT_UNKNOWN, WZP_NAT_CONE, WZP_NAT_SYMMETRIC_PORT, WZP_NAT_MULTIPLE };
/* "Unknown", "Cone", "SymmetricPort", "Multiple"; static. */
const char *wzp_nat_type_name(enum wzp_nat_type type);

/* The rule of the existing network, bit for bit: observed addresses, none for failed probes.
 * consensus (may be NULL) gets the one address when the type is Cone, none otherwise. */
enum wzp_nat_type wzp_nat_classify(const struct wzp_addr *observed, size_t count,
                                   struct wzp_addr *consensus);

enum wzp_nat_mapping {
    WZP_NAT_MAPPING_UNKNOWN,
    WZP_NAT_MAPPING_ENDPOINT_INDEPENDENT,
    WZP_NAT_MAPPING_ADDRESS_DEPENDENT, /* or finer, when no server showed two ports */
    WZP_NAT_MAPPING_PORT_DEPENDENT,
};
/* From where packets to a mapping are let in (RFC 4787 5). */
enum wzp_nat_filtering {
    WZP_NAT_FILTERING_UNKNOWN,
    WZP_NAT_FILTERING_ENDPOINT_INDEPENDENT, /* from anywhere */
    WZP_NAT_FILTERING_ADDRESS_DEPENDENT,    /* from addresses that we sent to */
    WZP_NAT_FILTERING_PORT_DEPENDENT,       /* from addresses with ports that we sent to */
};
enum wzp_nat_allocation {
    WZP_NAT_ALLOCATION_UNKNOWN,
    WZP_NAT_ALLOCATION_PRESERVING, /* one port for all destinations */
    WZP_NAT_ALLOCATION_SEQUENTIAL, /* by a step */
    WZP_NAT_ALLOCATION_RANDOM,
};
enum wzp_nat_confidence {
    WZP_NAT_CONFIDENCE_NONE,
    WZP_NAT_CONFIDENCE_LOW,
    WZP_NAT_CONFIDENCE_MEDIUM,
    WZP_NAT_CONFIDENCE_HIGH,
};
/* Words as JSON has them; static. */
const char *wzp_nat_mapping_name(enum wzp_nat_mapping mapping);
const char *wzp_nat_filtering_name(enum wzp_nat_filtering filtering);
const char *wzp_nat_allocation_name(enum wzp_nat_allocation allocation);
const char *wzp_nat_confidence_name(enum wzp_nat_confidence confidence);

/* One answer to a STUN request from the socket under test, in the order of the requests. */
struct wzp_nat_observation {
    struct wzp_addr destination, mapped;
    uint32_t operator_id; /* equal numbers = servers of one operator */
};
struct wzp_nat_behaviour {
    enum wzp_nat_mapping mapping;
    bool mapping_proved; /* a server with two ports showed that it is exactly that kind */
    enum wzp_tri varies; /* the mapping differs by destination */
    enum wzp_tri behind_nat;
    enum wzp_tri port_preserved; /* outside = inside */
    enum wzp_tri cgnat;          /* a second NAT beyond the router, the provider's or one's own */
    enum wzp_nat_allocation allocation;
    int delta;          /* of WZP_NAT_ALLOCATION_SEQUENTIAL, -32768..32767 */
    uint16_t last_port; /* the newest one seen outside, 0 = none */
    enum wzp_nat_confidence confidence;
    unsigned destinations; /* distinct addresses that answered */
};
struct wzp_nat_facts {
    const struct wzp_nat_observation *observations; /* of one address family */
    size_t count;
    struct wzp_addr local; /* the socket's address and port; none = not known */
    /* The router's external address, as it says; none = not known. */
    struct wzp_addr router_external;
};
/* Does not tell filtering: nat/discovery.h does. */
void wzp_nat_judge(struct wzp_nat_behaviour *out, const struct wzp_nat_facts *facts);

/* How the NAT allocates ports, from the ports seen one after the other on one socket (Appendix B).
 * delta gets the step of a sequential one, else 0. */
enum wzp_nat_allocation wzp_nat_allocation_judge(const uint16_t *ports, size_t count, int *delta);

/* True when the mapping differs by destination, so that a peer cannot reach us at the announced
 * address. */
bool wzp_nat_is_hard(const struct wzp_nat_behaviour *behaviour);

#endif
