/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Orders of the operator: a kick closes a person's connections, a ban also refuses new ones. A ban
 * names a fingerprint (registrations and rooms) or a network (every connection). The list is
 * bounded, and lost when the relay ends. Each thread has the list; orders go to the first thread,
 * which sends them to the others. */
#ifndef WZP_RELAY_ORDER_H
#define WZP_RELAY_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "relay/presence.h"
#include "relay/share.h"

#define WZP_RELAY_BANS_MAX 256
#define WZP_RELAY_KICKED "ended by the operator"
#define WZP_RELAY_BANNED "banned by the operator"

enum wzp_relay_order { WZP_RELAY_ORDER_KICK, WZP_RELAY_ORDER_BAN, WZP_RELAY_ORDER_UNBAN };

/* One person, or one network. */
struct wzp_relay_whom {
    bool is_network;
    struct wzp_relay_name name; /* as it was typed, for a network as well */
    struct wzp_relay_origin origin;
};
/* "a.b.c.d" is an IPv4 address, "[v6]" the /64 network of an IPv6 one (a fingerprint looks like an
 * IPv6 address, hence the brackets); else it is a name as in wzp_relay_name_typed. WZP_E_SYNTAX
 * with a sentence. */
int wzp_relay_whom_parse(struct wzp_relay_whom *out, const char *text, bool by_token,
                         struct wzp_error *err);

struct wzp_relay;
struct wzp_relay_client;
struct wzp_relay_bans {
    struct wzp_relay_whom *items; /* owned; NULL: none yet */
    size_t count;
};
void wzp_relay_bans_fini(struct wzp_relay *r);
/* Carries out an order, here and on the other threads. *ended: connections closed on this thread. A
 * ban includes a kick. WZP_E_SYNTAX, WZP_E_LIMIT (the list is full, or a thread's message queue is
 * full: the order may be repeated), WZP_E_NOT_FOUND (unban: no such ban), WZP_E_MEMORY, with a
 * sentence. */
int wzp_relay_order(struct wzp_relay *r, enum wzp_relay_order order, const char *text,
                    size_t *ended, uint64_t now, struct wzp_error *err);
/* The same on this thread only. */
int wzp_relay_order_here(struct wzp_relay *r, enum wzp_relay_order order, const char *text,
                         size_t *ended, uint64_t now, struct wzp_error *err);
/* True when the client's name, or the network it comes from, is banned. */
bool wzp_relay_is_banned_name(const struct wzp_relay *r, const struct wzp_relay_client *client);
bool wzp_relay_is_banned_network(const struct wzp_relay *r, const struct wzp_relay_client *client);

#endif
