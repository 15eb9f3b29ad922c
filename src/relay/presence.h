/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Who is here: registered signal connections by fingerprint, members of rooms, and the lists that
 * configured probe peers sent ("gossip"). One entry per person; connections of the same person form
 * a list whose head receives calls. Source: wzp-protocol(7), Registration, Relay rules. */
#ifndef WZP_RELAY_PRESENCE_H
#define WZP_RELAY_PRESENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "wire/signal.h"

#define WZP_RELAY_KEY_MAX 96 /* characters of a fingerprint as a token service may spell it */
#define WZP_RELAY_CONNECTIONS_MAX 4 /* live registrations kept per person */
#define WZP_RELAY_GOSSIP_MAX 4096   /* fingerprints kept per probe peer */
#define WZP_RELAY_PROBE_PEERS_MAX 64

/* The reason sent to any registration without a proof of its key that is refused or ended in favour
 * of another. Anybody who knows a public key may try to register under it, so the reason says
 * nothing about the other registration. The owner of the key, if using an older program, learns
 * what to do. */
#define WZP_RELAY_GIVES_WAY                                                                        \
    "this registration does not prove its key: use one program at a time, or one that proves it"

struct wzp_relay_client;

/* A person's fingerprint as received (text), and normalised for look-ups (key: no ':', lower case).
 * Source: wzp-protocol(7), Relay rules. */
struct wzp_relay_name {
    char text[WZP_RELAY_KEY_MAX + 1];
    char key[WZP_RELAY_KEY_MAX + 1];
    size_t key_length;
};
/* WZP_E_SYNTAX: empty, longer than WZP_RELAY_KEY_MAX, or with characters other than printable
 * ASCII. */
int wzp_relay_name_set(struct wzp_relay_name *name, const char *text);
/* The same for text that an operator typed. Without tokens (by_token false) names are keys, so that
 * anything but a fingerprint, in any grouping, is an error: WZP_E_SYNTAX. */
int wzp_relay_name_typed(struct wzp_relay_name *name, const char *text, bool by_token);
bool wzp_relay_name_equal(const struct wzp_relay_name *a, const struct wzp_relay_name *b);

struct wzp_relay_presence_entry {
    struct wzp_relay_name name;
    struct wzp_relay_client *owner; /* newest registration; the rest through client->older */
    unsigned connections;           /* registrations in that list */
    unsigned members;               /* room connections of the same person */
};

/* The list of one probe peer: who is there. */
struct wzp_relay_gossip {
    struct wzp_relay_name *names; /* owned */
    size_t count;
    uint64_t at;
};

struct wzp_relay_presence {
    struct wzp_map entries; /* key -> struct wzp_relay_presence_entry */
    size_t registered;      /* registrations that own their entry */
    struct wzp_relay_gossip gossip[WZP_RELAY_PROBE_PEERS_MAX]; /* by index of the probe target */
};

/* Initialises it, with nobody present and at most limit people. No allocation. */
void wzp_relay_presence_init(struct wzp_relay_presence *presence, size_t limit,
                             const struct wzp_random *random);
/* Frees entries and gossip; the clients are the relay's. */
void wzp_relay_presence_fini(struct wzp_relay_presence *presence);
/* Makes client (its name and class are set) the owner of its entry. The former owner is
 * client->older then, stays in the list and comes back when the newer one goes. *surplus is one
 * connection too many, to be closed, or NULL. WZP_E_REFUSED: a live registration of a higher
 * class exists. WZP_E_LIMIT, WZP_E_MEMORY. */
int wzp_relay_presence_register(struct wzp_relay_presence *presence,
                                struct wzp_relay_client *client, struct wzp_relay_client **surplus);
/* Removes exactly this registration; no effect when it has none. True when it was the owner;
 * *successor is then the new owner of the entry, or NULL. */
bool wzp_relay_presence_unregister(struct wzp_relay_presence *presence,
                                   struct wzp_relay_client *client,
                                   struct wzp_relay_client **successor);
/* Counts a room connection of client's person. WZP_E_LIMIT, WZP_E_MEMORY. */
int wzp_relay_presence_enter(struct wzp_relay_presence *presence, struct wzp_relay_client *client);
void wzp_relay_presence_leave(struct wzp_relay_presence *presence, struct wzp_relay_client *client);
/* The connection that receives calls for this person, or NULL. */
struct wzp_relay_client *wzp_relay_presence_find(const struct wzp_relay_presence *presence,
                                                 const struct wzp_relay_name *name);
bool wzp_relay_presence_is_local(const struct wzp_relay_presence *presence,
                                 const struct wzp_relay_name *name);
/* Replaces the list of probe peer `index`. Invalid names and those beyond the limit are skipped.
 * WZP_E_MEMORY (nothing changed). */
int wzp_relay_presence_gossip(struct wzp_relay_presence *presence, size_t index,
                              const struct wzp_string_list *fingerprints, uint64_t now);
/* Index of a probe peer that listed this person within the last 60 s, or -1. */
int wzp_relay_presence_remote(const struct wzp_relay_presence *presence,
                              const struct wzp_relay_name *name, uint64_t now);
/* True when that peer's list is not older than 60 s. */
bool wzp_relay_presence_fresh(const struct wzp_relay_gossip *gossip, uint64_t now);

#endif
