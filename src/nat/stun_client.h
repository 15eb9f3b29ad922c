/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Asks several STUN servers at once, through the socket that media will use, so that the mapping
 * learnt is the one that media has. Each request is sent three times. An answer counts only from
 * the server's address and port and with the transaction id of a request; anything else is ignored.
 * Source: wzp-protocol(7), STUN. */
#ifndef WZP_NAT_STUN_CLIENT_H
#define WZP_NAT_STUN_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/packet.h"
#include "base/random.h"
#include "base/time.h"
#include "nat/stun.h"

#define WZP_STUN_PROBES_MAX 48
#define WZP_STUN_NAME_MAX 80
#define WZP_STUN_SENDS 3
#define WZP_STUN_DEADLINE (3 * WZP_SECOND)      /* wzp-protocol(7), STUN */
#define WZP_STUN_FAST_DEADLINE (2 * WZP_SECOND) /* in place of a failed Reflect */

enum wzp_stun_state { WZP_STUN_WAITING, WZP_STUN_ANSWERED, WZP_STUN_FAILED };

/* The requests to one server. */
struct wzp_stun_probe {
    char name[WZP_STUN_NAME_MAX]; /* as configured */
    struct wzp_addr server;
    bool padded; /* a relay of ours: the request must be as long as the answer */
    enum wzp_stun_state state;
    enum wzp_stun_error error; /* why it failed */
    char error_text[64];       /* of WZP_STUN_DNS and WZP_STUN_IO */
    unsigned error_code;
    struct wzp_addr mapped; /* what the server saw */
    struct wzp_addr other;  /* the server's other address and port, none = it told none */
    uint64_t rtt;           /* ns, of exactly the request that was answered */
    uint8_t id[WZP_STUN_ID_SIZE];
    uint64_t sent_at[WZP_STUN_SENDS];
    unsigned sends;
    uint64_t begun; /* WZP_NEVER = not yet */
};

struct wzp_stun_client {
    struct wzp_random random;
    struct wzp_stun_probe probes[WZP_STUN_PROBES_MAX];
    size_t count;
    uint64_t started, deadline; /* WZP_NEVER before the start */
    uint32_t ignored;           /* datagrams that were no answer to us */
};

/* duration: how long to wait, ns, from the start. */
void wzp_stun_client_init(struct wzp_stun_client *c, const struct wzp_random *random,
                          uint64_t duration);
/* Adds a server by its address. Without one (server none) its name did not resolve: it counts as a
 * failed probe with the text resolve_error. WZP_E_LIMIT. */
int wzp_stun_client_add(struct wzp_stun_client *c, const char *name, const struct wzp_addr *server,
                        bool padded, const char *resolve_error);
/* Starts all requests that were not started yet; the deadline counts from the first call. */
void wzp_stun_client_start(struct wzp_stun_client *c, uint64_t now);
/* 1 with a datagram for out->remote, 0 when nothing is due. */
int wzp_stun_client_next_packet(struct wzp_stun_client *c, struct wzp_packet *out, uint64_t now);
/* True when the datagram was for this client. */
bool wzp_stun_client_receive(struct wzp_stun_client *c, const struct wzp_addr *remote,
                             const uint8_t *data, size_t length, uint64_t now);
/* As in base/packet.h. */
uint64_t wzp_stun_client_expiry(const struct wzp_stun_client *c);
void wzp_stun_client_handle_expiry(struct wzp_stun_client *c, uint64_t now);
/* True when no probe waits any more. */
bool wzp_stun_client_done(const struct wzp_stun_client *c);
/* The answered probe with the shortest round trip, NULL for none. */
const struct wzp_stun_probe *wzp_stun_client_best(const struct wzp_stun_client *c);

#endif
