/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Who may enter a room: rules by room name, from the configuration and from the operator. A rule
 * has a list of people, a password, or both. With both, people on the list need no password,
 * because existing clients cannot send one. A room without a rule is open to all. Each thread has
 * all rules; orders of the operator go to the first thread, which sends them to the others. Source:
 * wzp-protocol(7), Media handshake, Relay rules. */
#ifndef WZP_RELAY_ACCESS_H
#define WZP_RELAY_ACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "crypto/room_key.h"
#include "relay/presence.h"
#include "wire/close.h"
#include "wire/name.h"
#include "wzp/relay.h"

#define WZP_RELAY_RULES_MAX 256
#define WZP_RELAY_LISTED_MAX 1024 /* people on the list of one room */

struct wzp_relay;
struct wzp_relay_client;

/* A person on a list, by normalised fingerprint. */
struct wzp_relay_listed {
    char key[WZP_RELAY_KEY_MAX + 1];
};
struct wzp_relay_rule {
    char room[WZP_SNI_MAX + 1]; /* lower case */
    char hashed[33];            /* the name under which browsers enter */
    bool has_password, has_list;
    bool proven; /* the client has to prove possession of the key on this connection */
    uint8_t key[WZP_ROOM_KEY_SIZE];
    struct wzp_relay_listed *listed; /* owned */
    size_t listed_count;
};
struct wzp_relay_access {
    struct wzp_relay_rule **items; /* owned, each too */
    size_t count;
};

/* Makes the rules of the configuration. WZP_E_MEMORY. */
int wzp_relay_access_init(struct wzp_relay_access *access, const struct wzp_relay_config *config);
void wzp_relay_access_fini(struct wzp_relay_access *access);
/* The rule of a room by either of its names; NULL: it is open to all. */
const struct wzp_relay_rule *wzp_relay_access_find(const struct wzp_relay_access *access,
                                                   const char *room);
/* What a client that enters proved about the room's password. */
enum wzp_relay_shown { WZP_RELAY_SHOWN_NOTHING, WZP_RELAY_SHOWN_WRONG, WZP_RELAY_SHOWN_RIGHT };
/* Why this person may not enter under that rule (a sentence, and the close code), or NULL. bound:
 * possession of the fingerprint's key was proved on the connection. */
const char *wzp_relay_access_refuses(const struct wzp_relay_rule *rule,
                                     const struct wzp_relay_name *name, bool bound,
                                     enum wzp_relay_shown shown, enum wzp_close_code *code);
/* The same for a client that sent a CallOffer; a refusal is counted. For the room of a direct call
 * the call's own rules apply. */
const char *wzp_relay_access_check(struct wzp_relay *r, const struct wzp_relay_client *client,
                                   const struct wzp_signal *offer,
                                   const uint8_t exporter[WZP_EXPORTER_SIZE],
                                   enum wzp_close_code *code);
/* Whether whoever knows its name may enter the room that a client asks for. */
bool wzp_relay_access_is_open(const struct wzp_relay *r, const struct wzp_relay_client *client);

/* ---- orders of the operator ---- */

enum wzp_relay_access_order {
    WZP_RELAY_ACCESS_LOCK,     /* argument: wzp_room_key of the password in hex */
    WZP_RELAY_ACCESS_UNLOCK,   /* open to all again; no argument */
    WZP_RELAY_ACCESS_ALLOW,    /* argument: a fingerprint that may enter from now on */
    WZP_RELAY_ACCESS_DISALLOW, /* the opposite; who is in the room is removed */
};
/* Carries out an order, here and on the other threads. Members of the room stay, except under
 * DISALLOW; *ended: connections closed on this thread. WZP_E_SYNTAX, WZP_E_LIMIT (too many rules or
 * people, or a thread's message queue is full: the order may be repeated), WZP_E_NOT_FOUND (no such
 * rule or person), WZP_E_MEMORY, with a sentence. */
int wzp_relay_access_order(struct wzp_relay *r, enum wzp_relay_access_order order, const char *room,
                           const char *argument, size_t *ended, uint64_t now,
                           struct wzp_error *err);
/* The same on this thread only. */
int wzp_relay_access_order_here(struct wzp_relay *r, enum wzp_relay_access_order order,
                                const char *room, const char *argument, size_t *ended, uint64_t now,
                                struct wzp_error *err);

#endif
