/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "relay/presence.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/time.h"
#include "relay/state.h"

#define GOSSIP_TIME (60 * WZP_SECOND)

int wzp_relay_name_set(struct wzp_relay_name *name, const char *text)
{
    size_t length = strlen(text);
    size_t key_length = 0;

    if (length == 0 || length > WZP_RELAY_KEY_MAX)
        return WZP_E_SYNTAX;
    for (size_t i = 0; i < length; i++)
        if (text[i] <= ' ' || text[i] > '~')
            return WZP_E_SYNTAX;
    memset(name, 0, sizeof *name);
    memcpy(name->text, text, length);
    for (size_t i = 0; i < length; i++) {
        char c = text[i];

        if (c != ':')
            name->key[key_length++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    name->key_length = key_length;
    return key_length ? 0 : WZP_E_SYNTAX;
}

int wzp_relay_name_typed(struct wzp_relay_name *name, const char *text, bool by_token)
{
    uint8_t fingerprint[WZP_FINGERPRINT_SIZE];
    char usual[WZP_FINGERPRINT_TEXT_MAX];

    if (wzp_fingerprint_parse(fingerprint, text, strlen(text)) < 0)
        return by_token ? wzp_relay_name_set(name, text) : WZP_E_SYNTAX;
    wzp_fingerprint_format(usual, fingerprint);
    return wzp_relay_name_set(name, usual);
}

bool wzp_relay_name_equal(const struct wzp_relay_name *a, const struct wzp_relay_name *b)
{
    return a->key_length == b->key_length && memcmp(a->key, b->key, a->key_length) == 0;
}

void wzp_relay_presence_init(struct wzp_relay_presence *presence, size_t limit,
                             const struct wzp_random *random)
{
    memset(presence, 0, sizeof *presence);
    wzp_map_init(&presence->entries, limit, random);
}

void wzp_relay_presence_fini(struct wzp_relay_presence *presence)
{
    struct wzp_map_cursor cursor = {0};

    while (wzp_map_next(&presence->entries, &cursor))
        wzp_free(cursor.value);
    wzp_map_fini(&presence->entries);
    for (size_t i = 0; i < WZP_RELAY_PROBE_PEERS_MAX; i++)
        wzp_free(presence->gossip[i].names);
    memset(presence, 0, sizeof *presence);
}

static struct wzp_relay_presence_entry *entry_of(const struct wzp_relay_presence *presence,
                                                 const struct wzp_relay_name *name)
{
    return wzp_map_get(&presence->entries, name->key, name->key_length);
}

/* Finds the entry of that name, or makes it. */
static int entry_make(struct wzp_relay_presence_entry **out, struct wzp_relay_presence *presence,
                      const struct wzp_relay_name *name)
{
    int result;

    *out = entry_of(presence, name);
    if (*out)
        return 0;
    *out = wzp_calloc(1, sizeof **out);
    if (!*out)
        return WZP_E_MEMORY;
    (*out)->name = *name;
    result = wzp_map_put(&presence->entries, name->key, name->key_length, *out);
    if (result < 0)
        wzp_free(*out);
    return result;
}

static void entry_drop_if_empty(struct wzp_relay_presence *presence,
                                struct wzp_relay_presence_entry *entry)
{
    if (entry->owner || entry->members)
        return;
    wzp_map_remove(&presence->entries, entry->name.key, entry->name.key_length);
    wzp_free(entry);
}

int wzp_relay_presence_register(struct wzp_relay_presence *presence,
                                struct wzp_relay_client *client, struct wzp_relay_client **surplus)
{
    struct wzp_relay_presence_entry *entry;
    int result = entry_make(&entry, presence, &client->name);

    *surplus = NULL;
    if (result < 0)
        return result;
    if (entry->owner && entry->owner->standing > client->standing)
        return WZP_E_REFUSED;
    if (!entry->owner)
        presence->registered++;
    client->entry = entry;
    client->older = entry->owner;
    entry->owner = client;
    if (++entry->connections > WZP_RELAY_CONNECTIONS_MAX)
        for (*surplus = client; (*surplus)->older;)
            *surplus = (*surplus)->older;
    return 0;
}

bool wzp_relay_presence_unregister(struct wzp_relay_presence *presence,
                                   struct wzp_relay_client *client,
                                   struct wzp_relay_client **successor)
{
    struct wzp_relay_presence_entry *entry = client->entry;
    struct wzp_relay_client **link;
    bool owned;

    *successor = NULL;
    if (!entry || client->purpose != WZP_PURPOSE_SIGNAL)
        return false;
    owned = entry->owner == client;
    for (link = &entry->owner; *link && *link != client; link = &(*link)->older)
        continue;
    if (*link) {
        *link = client->older;
        entry->connections--;
    }
    client->entry = NULL;
    client->older = NULL;
    if (owned) {
        *successor = entry->owner;
        if (!entry->owner)
            presence->registered--;
    }
    entry_drop_if_empty(presence, entry);
    return owned;
}

int wzp_relay_presence_enter(struct wzp_relay_presence *presence, struct wzp_relay_client *client)
{
    struct wzp_relay_presence_entry *entry;
    int result = entry_make(&entry, presence, &client->name);

    if (result < 0)
        return result;
    entry->members++;
    client->entry = entry;
    return 0;
}

void wzp_relay_presence_leave(struct wzp_relay_presence *presence, struct wzp_relay_client *client)
{
    struct wzp_relay_presence_entry *entry = client->entry;

    if (!entry || client->purpose == WZP_PURPOSE_SIGNAL)
        return;
    client->entry = NULL;
    entry->members--;
    entry_drop_if_empty(presence, entry);
}

struct wzp_relay_client *wzp_relay_presence_find(const struct wzp_relay_presence *presence,
                                                 const struct wzp_relay_name *name)
{
    struct wzp_relay_presence_entry *entry = entry_of(presence, name);

    return entry ? entry->owner : NULL;
}

bool wzp_relay_presence_is_local(const struct wzp_relay_presence *presence,
                                 const struct wzp_relay_name *name)
{
    return entry_of(presence, name);
}

int wzp_relay_presence_gossip(struct wzp_relay_presence *presence, size_t index,
                              const struct wzp_string_list *fingerprints, uint64_t now)
{
    struct wzp_relay_gossip *gossip = &presence->gossip[index];
    size_t limit =
        fingerprints->count < WZP_RELAY_GOSSIP_MAX ? fingerprints->count : WZP_RELAY_GOSSIP_MAX;
    struct wzp_relay_name *names = wzp_calloc(limit ? limit : 1, sizeof *names);
    size_t count = 0;

    if (!names)
        return WZP_E_MEMORY;
    for (size_t i = 0; i < limit; i++)
        if (wzp_relay_name_set(&names[count], fingerprints->items[i]) == 0)
            count++;
    wzp_free(gossip->names);
    gossip->names = names;
    gossip->count = count;
    gossip->at = now;
    return 0;
}

bool wzp_relay_presence_fresh(const struct wzp_relay_gossip *gossip, uint64_t now)
{
    return gossip->names && wzp_time_since(now, gossip->at) <= GOSSIP_TIME;
}

int wzp_relay_presence_remote(const struct wzp_relay_presence *presence,
                              const struct wzp_relay_name *name, uint64_t now)
{
    for (size_t i = 0; i < WZP_RELAY_PROBE_PEERS_MAX; i++) {
        const struct wzp_relay_gossip *gossip = &presence->gossip[i];

        if (!wzp_relay_presence_fresh(gossip, now))
            continue;
        for (size_t n = 0; n < gossip->count; n++)
            if (wzp_relay_name_equal(&gossip->names[n], name))
                return (int)i;
    }
    return -1;
}
