/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "relay/access.h"

#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/text.h"
#include "relay/state.h"

/* ---- rules ---- */

static void rule_free(struct wzp_relay_rule *rule)
{
    if (!rule)
        return;
    wzp_free(rule->listed);
    wzp_wipe(rule, sizeof *rule);
    wzp_free(rule);
}

void wzp_relay_access_fini(struct wzp_relay_access *access)
{
    for (size_t i = 0; i < access->count; i++)
        rule_free(access->items[i]);
    wzp_free(access->items);
    memset(access, 0, sizeof *access);
}

static struct wzp_relay_rule *find(const struct wzp_relay_access *access, const char *room)
{
    for (size_t i = 0; i < access->count; i++)
        if (strcmp(access->items[i]->room, room) == 0 ||
            strcmp(access->items[i]->hashed, room) == 0)
            return access->items[i];
    return NULL;
}

const struct wzp_relay_rule *wzp_relay_access_find(const struct wzp_relay_access *access,
                                                   const char *room)
{
    return find(access, room);
}

/* Finds the room's rule, or makes it. */
static int rule_make(struct wzp_relay_rule **out, struct wzp_relay_access *access, const char *room)
{
    *out = find(access, room);
    if (*out)
        return 0;
    if (access->count == WZP_RELAY_RULES_MAX)
        return WZP_E_LIMIT;
    if (!access->items)
        access->items = wzp_calloc(WZP_RELAY_RULES_MAX, sizeof *access->items);
    struct wzp_relay_rule *rule = access->items ? wzp_calloc(1, sizeof *rule) : NULL;
    if (!rule)
        return WZP_E_MEMORY;
    (void)wzp_text_copy(rule->room, sizeof rule->room, room);
    wzp_room_hash(rule->hashed, room);
    access->items[access->count++] = rule;
    *out = rule;
    return 0;
}

static void rule_drop(struct wzp_relay_access *access, struct wzp_relay_rule *rule)
{
    size_t i = 0;
    while (access->items[i] != rule)
        i++;
    access->items[i] = access->items[--access->count];
    rule_free(rule);
}

static struct wzp_relay_listed *listed_find(const struct wzp_relay_rule *rule,
                                            const struct wzp_relay_name *name)
{
    for (size_t i = 0; i < rule->listed_count; i++)
        if (strcmp(rule->listed[i].key, name->key) == 0)
            return &rule->listed[i];
    return NULL;
}

static int listed_add(struct wzp_relay_rule *rule, const struct wzp_relay_name *name)
{
    rule->has_list = true;
    if (listed_find(rule, name))
        return 0;
    if (rule->listed_count == WZP_RELAY_LISTED_MAX)
        return WZP_E_LIMIT;
    struct wzp_relay_listed *more =
        wzp_realloc(rule->listed, (rule->listed_count + 1) * sizeof *more);
    if (!more)
        return WZP_E_MEMORY;
    rule->listed = more;
    memcpy(more[rule->listed_count].key, name->key, sizeof more->key);
    rule->listed_count++;
    return 0;
}

static int take_configured(struct wzp_relay_access *access,
                           const struct wzp_relay_room_rule *configured)
{
    struct wzp_relay_rule *rule;
    int result = rule_make(&rule, access, configured->name);
    if (result < 0)
        return result;
    rule->proven = configured->proven;
    rule->has_password = configured->password[0] != 0;
    if (rule->has_password)
        wzp_room_key(rule->key, configured->name, configured->password);
    for (size_t i = 0; i < configured->member_count; i++) {
        struct wzp_relay_name name;
        /* An entry that cannot be a client's name still makes the rule a list, and admits
         * nobody. */
        rule->has_list = true;
        if (wzp_relay_name_typed(&name, configured->members[i], true) == 0)
            result = listed_add(rule, &name);
        if (result < 0)
            return result;
    }
    return 0;
}

int wzp_relay_access_init(struct wzp_relay_access *access, const struct wzp_relay_config *config)
{
    for (size_t i = 0; i < config->room_count; i++) {
        int result = take_configured(access, &config->rooms[i]);
        if (result < 0)
            return result;
    }
    return 0;
}

/* ---- newcomers ---- */

const char *wzp_relay_access_refuses(const struct wzp_relay_rule *rule,
                                     const struct wzp_relay_name *name, bool bound,
                                     enum wzp_relay_shown shown, enum wzp_close_code *code)
{
    *code = WZP_CLOSE_PLAIN;
    if (rule->proven && !bound)
        return "this room wants a client that proves its key";
    if (rule->has_list && name->key_length > 0 && listed_find(rule, name))
        return NULL;
    if (rule->has_list && !rule->has_password)
        return "this room is for its members only";
    if (!rule->has_password || shown == WZP_RELAY_SHOWN_RIGHT)
        return NULL;
    *code = WZP_CLOSE_PASSWORD;
    return shown == WZP_RELAY_SHOWN_NOTHING ? "this room wants a password"
                                            : "the password of this room is another one";
}

static const struct wzp_relay_rule *rule_for(const struct wzp_relay *r,
                                             const struct wzp_relay_client *client)
{
    return wzp_relay_access_find(&r->access, client->sni[0] ? client->sni : WZP_ROOM_DEFAULT);
}

bool wzp_relay_access_is_open(const struct wzp_relay *r, const struct wzp_relay_client *client)
{
    const struct wzp_relay_rule *rule = rule_for(r, client);
    return !rule || (!rule->has_password && !rule->has_list);
}

const char *wzp_relay_access_check(struct wzp_relay *r, const struct wzp_relay_client *client,
                                   const struct wzp_signal *offer,
                                   const uint8_t exporter[WZP_EXPORTER_SIZE],
                                   enum wzp_close_code *code)
{
    const struct wzp_relay_rule *rule = rule_for(r, client);
    const struct wzp_bytes *proof = &offer->u.call_offer.room_proof;
    enum wzp_relay_shown shown = WZP_RELAY_SHOWN_NOTHING;
    uint8_t wanted[WZP_ROOM_PROOF_SIZE];
    if (!rule || client->purpose == WZP_PURPOSE_CALL_ROOM)
        return NULL;
    if (rule->has_password && proof->length > 0) {
        wzp_room_proof(wanted, rule->key, exporter, offer->u.call_offer.identity_pub);
        bool is_right = proof->length == sizeof wanted &&
                        wzp_equal_constant_time(wanted, proof->data, sizeof wanted);
        shown = is_right ? WZP_RELAY_SHOWN_RIGHT : WZP_RELAY_SHOWN_WRONG;
    }
    const char *reason = wzp_relay_access_refuses(rule, &client->name, client->bound, shown, code);
    if (reason && shown == WZP_RELAY_SHOWN_WRONG)
        r->total.passwords_wrong++;
    return reason;
}

/* ---- orders ---- */

static int lock(struct wzp_relay *r, const char *room, const char *hex, struct wzp_error *err)
{
    struct wzp_relay_rule *rule;
    uint8_t key[WZP_ROOM_KEY_SIZE];
    if (wzp_hex_decode(key, sizeof key, hex, strlen(hex)) < 0)
        return wzp_error_set(err, WZP_E_SYNTAX,
                             "give the key of the room's password, 32 bytes in hex");
    int result = rule_make(&rule, &r->access, room);
    if (result == 0) {
        rule->has_password = true;
        memcpy(rule->key, key, sizeof key);
    }
    wzp_wipe(key, sizeof key);
    return result;
}

static int unlock(struct wzp_relay *r, const char *room, struct wzp_error *err)
{
    struct wzp_relay_rule *rule = find(&r->access, room);
    if (!rule)
        return wzp_error_set(err, WZP_E_NOT_FOUND, "this room is open to all");
    rule_drop(&r->access, rule);
    return 0;
}

static int allow(struct wzp_relay *r, const char *room, const struct wzp_relay_name *name)
{
    struct wzp_relay_rule *rule;
    int result = rule_make(&rule, &r->access, room);
    return result < 0 ? result : listed_add(rule, name);
}

static int disallow(struct wzp_relay *r, const char *room, const struct wzp_relay_name *name,
                    size_t *ended, uint64_t now, struct wzp_error *err)
{
    struct wzp_relay_rule *rule = find(&r->access, room);
    struct wzp_relay_listed *listed = rule ? listed_find(rule, name) : NULL;
    if (!listed)
        return wzp_error_set(err, WZP_E_NOT_FOUND,
                             "nobody of that name is on the list of the room");
    *listed = rule->listed[--rule->listed_count];
    for (struct wzp_relay_client *client = r->clients; client; client = client->next) {
        if (client->stage != WZP_RELAY_STAGE_MEMBER || !wzp_relay_name_equal(&client->name, name) ||
            find(&r->access, client->member.room->name) != rule)
            continue;
        wzp_relay_client_close_with(r, client, WZP_CLOSE_OPERATOR,
                                    "taken off the list of the room by the operator", now);
        ++*ended;
    }
    return 0;
}

int wzp_relay_access_order_here(struct wzp_relay *r, enum wzp_relay_access_order order,
                                const char *room, const char *argument, size_t *ended, uint64_t now,
                                struct wzp_error *err)
{
    char normal[WZP_SNI_MAX + 1];
    struct wzp_relay_name name;
    bool wants_name = order == WZP_RELAY_ACCESS_ALLOW || order == WZP_RELAY_ACCESS_DISALLOW;
    *ended = 0;
    int result = wzp_room_name_normalize(normal, room, err);
    if (result < 0)
        return result;
    if (wants_name && wzp_relay_name_typed(&name, argument, r->config.auth_url[0]) < 0)
        return wzp_error_set(err, WZP_E_SYNTAX, "give a fingerprint (32 hexadecimal digits)");
    switch (order) {
    case WZP_RELAY_ACCESS_LOCK: result = lock(r, normal, argument, err); break;
    case WZP_RELAY_ACCESS_UNLOCK: return unlock(r, normal, err);
    case WZP_RELAY_ACCESS_ALLOW: result = allow(r, normal, &name); break;
    case WZP_RELAY_ACCESS_DISALLOW: return disallow(r, normal, &name, ended, now, err);
    }
    if (result == WZP_E_LIMIT)
        return wzp_error_set(err, result, "there are %d rules, or %d people on this list, already",
                             WZP_RELAY_RULES_MAX, WZP_RELAY_LISTED_MAX);
    if (result == WZP_E_MEMORY)
        return wzp_error_set(err, result, "not enough memory for a rule");
    return result;
}

int wzp_relay_access_order(struct wzp_relay *r, enum wzp_relay_access_order order, const char *room,
                           const char *argument, size_t *ended, uint64_t now, struct wzp_error *err)
{
    int result = wzp_relay_access_order_here(r, order, room, argument, ended, now, err);
    /* An order that changes nothing here is still sent on: an earlier attempt may have missed a
     * thread. */
    if ((!result || result == WZP_E_NOT_FOUND) &&
        !wzp_relay_threads_access(r, (int)order, room, argument))
        result = wzp_error_set(err, WZP_E_LIMIT, "a thread takes no orders now: give it again");
    return result;
}
