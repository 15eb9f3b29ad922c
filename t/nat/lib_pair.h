/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Two sides of a race (nat/race.h) behind two routers, in virtual time: their punches, their
 * handshakes (four flights, as QUIC and the proof of identity need them) and their reports through
 * a relay. */
#ifndef WZP_T_NAT_LIB_PAIR_H
#define WZP_T_NAT_LIB_PAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/random.h"
#include "nat/race.h"

#define PAIR_PACKETS 512
#define PAIR_MAPPINGS 256

enum pair_packet {
    PAIR_PUNCH,
    PAIR_INITIAL,
    PAIR_ANSWER,
    PAIR_PROOF,
    PAIR_PROVED,
    PAIR_CLOSE,
    PAIR_REPORT
};

/* What a router's mapping or filter depends on (RFC 4787): nothing (endpoint-independent), the
 * remote address, or address and port. */
enum pair_rule { PAIR_ENDPOINT, PAIR_ADDRESS, PAIR_PORT };

struct pair_router {
    bool open;    /* no router: the host has the public address */
    bool hairpin; /* hairpinning: lets inner hosts reach its outer address */
    enum pair_rule mapping, filtering;
    int step; /* 0 = keeps the port where it can, else the next one by a step, INT_MIN = random */
    struct wzp_addr outer; /* port unused */
    struct {
        struct wzp_addr inner, to; /* to: only the part that the mapping depends on */
        uint16_t port;
        struct wzp_addr allowed[24];
        size_t allowed_count;
    } mappings[PAIR_MAPPINGS];
    size_t count;
    uint16_t next_port;
};

struct pair_side {
    struct wzp_race race;
    struct pair_router *router;
    struct wzp_addr inner;
    uint64_t starts; /* when it receives CallSetup */
    bool started, deaf_direct;
    bool cannot_prove; /* somebody else is at that address, without the key */
    enum { PAIR_NOTHING, PAIR_RELAY, PAIR_DIRECT } decided;
    enum wzp_race_reason reason;
    uint64_t decided_at, relay_at, proved_at;
    int chosen;
    struct wzp_addr chosen_remote;
    unsigned punches, initials, strange; /* packets sent; packets to addresses where nobody is */
    struct {                             /* connections by attempt */
        struct wzp_addr remote;
        int peer; /* the other side's attempt, -1 = not known */
        unsigned flights;
        uint64_t sent_at, retry_at;
        bool dead, up;
    } connections[WZP_RACE_ATTEMPTS];
};

struct pair {
    struct pair_side sides[2];
    struct pair_router routers[2];
    struct wzp_race_config configs[2];
    struct wzp_candidate_list lists[2]; /* candidates of side i, as signalled to its peer */
    uint64_t delay, relay_delay; /* one-way delay, ns: direct; from one side through the relay */
    double loss;
    struct wzp_random_seeded seeded;
    struct {
        uint64_t at;
        int to; /* side */
        enum pair_packet kind;
        struct wzp_addr from;
        int attempt; /* the sender's attempt; the receiver's where it is known */
        int peer;
        bool value;
        uint8_t data[WZP_PUNCH_SIZE];
        size_t length;
    } queue[PAIR_PACKETS];
    size_t queued;
    uint64_t now;
};

/* Both sides are ours, each with a host candidate and a reflexive one, behind routers that preserve
 * ports and filter by address and port; 20 ms apart, 25 ms through the relay. */
void pair_init(struct pair *p, unsigned seed);
/* Called after the test has changed the pair: makes the candidates that each side signals from the
 * routers' state (a mapping to the relay exists). */
void pair_prepare(struct pair *p);
/* Runs both sides until that time. */
void pair_run(struct pair *p, uint64_t until);
/* True when both decided direct, on the two ends of one connection. */
bool pair_direct(const struct pair *p);

#endif
