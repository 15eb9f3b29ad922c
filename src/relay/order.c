/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "relay/order.h"

#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/alloc.h"
#include "relay/dispatch.h"

static bool is_same(const struct wzp_relay_whom *a, const struct wzp_relay_whom *b)
{
    if (a->is_network != b->is_network)
        return false;
    return a->is_network ? memcmp(&a->origin, &b->origin, sizeof a->origin) == 0
                         : wzp_relay_name_equal(&a->name, &b->name);
}

static bool is_meant(const struct wzp_relay_whom *whom, const struct wzp_relay_client *client)
{
    struct wzp_relay_origin origin;
    if (!whom->is_network)
        return client->name.key_length > 0 && wzp_relay_name_equal(&whom->name, &client->name);
    wzp_relay_origin_of(&origin, client);
    return memcmp(&whom->origin, &origin, sizeof origin) == 0;
}

int wzp_relay_whom_parse(struct wzp_relay_whom *out, const char *text, bool by_token,
                         struct wzp_error *err)
{
    char with_port[WZP_RELAY_KEY_MAX + 8];
    struct wzp_addr addr;
    memset(out, 0, sizeof *out);
    bool is_name = wzp_relay_name_set(&out->name, text) == 0;
    snprintf(with_port, sizeof with_port, "%s:1", is_name ? text : "");
    out->is_network = wzp_addr_parse(&addr, with_port, strlen(with_port)) == 0;
    if (out->is_network) {
        wzp_relay_origin_of_address(&out->origin, &addr);
        return 0;
    }
    if (is_name && strpbrk(text, "[].")) /* no fingerprint has these */
        return wzp_error_set(err, WZP_E_SYNTAX, "%s is not an address", text);
    if (wzp_relay_name_typed(&out->name, text, by_token) < 0)
        return wzp_error_set(err, WZP_E_SYNTAX,
                             "give a fingerprint (32 hexadecimal digits), an address a.b.c.d, or "
                             "one in brackets: [v6]");
    return 0;
}

void wzp_relay_bans_fini(struct wzp_relay *r)
{
    wzp_free(r->bans.items);
    memset(&r->bans, 0, sizeof r->bans);
}

static bool find(const struct wzp_relay *r, const struct wzp_relay_whom *whom, size_t *at)
{
    for (*at = 0; *at < r->bans.count; ++*at)
        if (is_same(&r->bans.items[*at], whom))
            return true;
    return false;
}

static int add(struct wzp_relay *r, const struct wzp_relay_whom *whom, struct wzp_error *err)
{
    struct wzp_relay_bans *bans = &r->bans;
    size_t at;
    if (find(r, whom, &at))
        return 0;
    if (bans->count == WZP_RELAY_BANS_MAX)
        return wzp_error_set(err, WZP_E_LIMIT, "there are %d bans already", WZP_RELAY_BANS_MAX);
    if (!bans->items)
        bans->items = wzp_calloc(WZP_RELAY_BANS_MAX, sizeof *bans->items);
    if (!bans->items)
        return wzp_error_set(err, WZP_E_MEMORY, "not enough memory for a ban");
    bans->items[bans->count++] = *whom;
    return 0;
}

static int take_back(struct wzp_relay *r, const struct wzp_relay_whom *whom, struct wzp_error *err)
{
    size_t at;
    if (!find(r, whom, &at))
        return wzp_error_set(err, WZP_E_NOT_FOUND, "there is no such ban");
    r->bans.items[at] = r->bans.items[--r->bans.count];
    return 0;
}

static size_t end_connections(struct wzp_relay *r, const struct wzp_relay_whom *whom,
                              const char *reason, uint64_t now)
{
    size_t ended = 0;
    if (!whom->is_network)
        wzp_relay_calls_kick(r, &whom->name, now);
    for (struct wzp_relay_client *client = r->clients; client; client = client->next) {
        if (client->stage == WZP_RELAY_STAGE_CLOSING || !is_meant(whom, client))
            continue;
        /* First the calls, so that both parties hear the reason before the connection closes. */
        if (client->entry && client->purpose == WZP_PURPOSE_SIGNAL)
            wzp_relay_calls_kick(r, &client->name, now);
        wzp_relay_client_close_with(r, client, WZP_CLOSE_OPERATOR, reason, now);
        ended++;
    }
    return ended;
}

int wzp_relay_order_here(struct wzp_relay *r, enum wzp_relay_order order, const char *text,
                         size_t *ended, uint64_t now, struct wzp_error *err)
{
    struct wzp_relay_whom whom;
    *ended = 0;
    int result = wzp_relay_whom_parse(&whom, text, r->config.auth_url[0], err);
    if (!result && order == WZP_RELAY_ORDER_BAN)
        result = add(r, &whom, err);
    if (result)
        return result;
    switch (order) {
    case WZP_RELAY_ORDER_UNBAN: return take_back(r, &whom, err);
    case WZP_RELAY_ORDER_BAN: *ended = end_connections(r, &whom, WZP_RELAY_BANNED, now); break;
    case WZP_RELAY_ORDER_KICK: *ended = end_connections(r, &whom, WZP_RELAY_KICKED, now); break;
    }
    return 0;
}

int wzp_relay_order(struct wzp_relay *r, enum wzp_relay_order order, const char *text,
                    size_t *ended, uint64_t now, struct wzp_error *err)
{
    int result = wzp_relay_order_here(r, order, text, ended, now, err);
    /* An order that changes nothing here is still sent on: an earlier attempt may have missed a
     * thread. */
    if ((!result || result == WZP_E_NOT_FOUND) && !wzp_relay_threads_order(r, (int)order, text))
        result = wzp_error_set(err, WZP_E_LIMIT, "a thread takes no orders now: give it again");
    return result;
}

bool wzp_relay_is_banned_name(const struct wzp_relay *r, const struct wzp_relay_client *client)
{
    for (size_t i = 0; i < r->bans.count; i++)
        if (!r->bans.items[i].is_network && is_meant(&r->bans.items[i], client))
            return true;
    return false;
}

bool wzp_relay_is_banned_network(const struct wzp_relay *r, const struct wzp_relay_client *client)
{
    for (size_t i = 0; i < r->bans.count; i++)
        if (r->bans.items[i].is_network && is_meant(&r->bans.items[i], client))
            return true;
    return false;
}
