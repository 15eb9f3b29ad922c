/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "relay/listing.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "relay/state.h"

#define STEP_ENTRIES 48
#define STEP_CALLS 512 /* calls counted per step */

static const char *const standings[] = {[WZP_REGISTRATION_ANONYMOUS] = "anonymous",
                                        [WZP_REGISTRATION_PLAIN] = "plain",
                                        [WZP_REGISTRATION_SIGNED] = "signed",
                                        [WZP_REGISTRATION_PROVEN] = "proven"};

static void line_begin(struct wzp_json *j, struct wzp_buffer *out, const char *kind)
{
    wzp_json_init(j, out);
    wzp_json_object_begin(j, NULL);
    wzp_json_text(j, "kind", kind);
}

static void line_end(struct wzp_json *j)
{
    wzp_json_object_end(j);
    wzp_buffer_char(j->out, '\n');
}

/* Adds text from outside, made safe for terminals; nothing when it is empty. */
static void add_text(struct wzp_json *j, const char *key, const char *text)
{
    char safe[WZP_SNI_MAX + 1];
    wzp_text_filter(safe, sizeof safe, text, strlen(text));
    wzp_json_text_if(j, key, safe);
}

static void add_client(struct wzp_json *j, const struct wzp_relay_client *client, uint64_t now)
{
    char address[WZP_ADDR_TEXT_MAX];
    struct wzp_addr local, remote;
    memset(&remote, 0, sizeof remote);
    client->link->path(client->at, &local, &remote);
    add_text(j, "alias", client->alias);
    if (!wzp_addr_is_none(&remote))
        wzp_json_text(j, "address", wzp_addr_format(address, &remote));
    wzp_json_unsigned(j, "since_s", wzp_time_since(now, client->since) / WZP_SECOND);
}

static void write_person(struct wzp_buffer *out, const struct wzp_relay_presence_entry *entry,
                         uint64_t now)
{
    struct wzp_json j;
    line_begin(&j, out, "person");
    add_text(&j, "fingerprint", entry->name.text);
    wzp_json_boolean(&j, "registered", entry->owner);
    if (entry->owner) {
        wzp_json_text(&j, "standing", standings[entry->owner->standing]);
        add_client(&j, entry->owner, now);
    }
    wzp_json_unsigned(&j, "connections", entry->connections);
    wzp_json_unsigned(&j, "in_rooms", entry->members);
    line_end(&j);
}

/* Returns how many members were written. */
static size_t write_room(struct wzp_buffer *out, const struct wzp_relay_room *room, uint64_t now)
{
    struct wzp_json j;
    size_t most = room->count < WZP_RELAY_LISTING_MEMBERS ? room->count : WZP_RELAY_LISTING_MEMBERS;
    line_begin(&j, out, "room");
    add_text(&j, "room", room->name);
    wzp_json_boolean(&j, "shared", room->global);
    wzp_json_unsigned(&j, "count", room->count);
    wzp_json_array_begin(&j, "members");
    for (size_t i = 0; i < most; i++) {
        const struct wzp_relay_client *client = room->slots[i].client;
        wzp_json_object_begin(&j, NULL);
        add_text(&j, "fingerprint", client->name.text);
        add_client(&j, client, now);
        wzp_json_unsigned(&j, "frames_in", client->member.frames_in);
        wzp_json_unsigned(&j, "frames_out", client->member.frames_out);
        wzp_json_object_end(&j);
    }
    wzp_json_array_end(&j);
    line_end(&j);
    return most;
}

/* Writes how many there are beyond those that were listed. */
static void write_more(struct wzp_relay_listing *l, struct wzp_buffer *out, const char *kind,
                       size_t count)
{
    struct wzp_json j;
    if (count <= l->at)
        return;
    line_begin(&j, out, "more");
    wzp_json_text(&j, "of", kind);
    wzp_json_unsigned(&j, "count", count - l->at);
    line_end(&j);
}

/* Each step function returns false when its part is done. A walk pauses only at places where
 * changes in between do no harm. */
static bool step_people(struct wzp_relay_listing *l, struct wzp_buffer *out, uint64_t now)
{
    const struct wzp_map *people = &l->r->presence.entries;
    for (size_t n = 0; n < STEP_ENTRIES || l->cursor.next; n++) {
        if (l->at >= WZP_RELAY_LISTING_LINES || !wzp_map_next(people, &l->cursor)) {
            write_more(l, out, "person", people->count);
            return false;
        }
        write_person(out, l->cursor.value, now);
        l->at++;
    }
    return true;
}

static bool step_rooms(struct wzp_relay_listing *l, struct wzp_buffer *out, uint64_t now)
{
    for (size_t n = 0; !l->elsewhere && (n < STEP_ENTRIES || l->cursor.next); n++) {
        if (l->at >= WZP_RELAY_LISTING_LINES || !wzp_map_next(&l->r->rooms, &l->cursor)) {
            write_more(l, out, "room", l->r->rooms.count);
            l->elsewhere = true;
            break;
        }
        n += write_room(out, l->cursor.value, now);
        l->at++;
    }
    return !l->elsewhere || wzp_relay_threads_rooms(l->r, &l->walk, out, now);
}

static bool step_links(struct wzp_relay_listing *l, struct wzp_buffer *out, uint64_t now)
{
    for (; l->at < l->r->neighbours.count; l->at++) {
        const struct wzp_relay_neighbour *n = &l->r->neighbours.items[l->at];
        struct wzp_json j;
        line_begin(&j, out, "link");
        add_text(&j, "relay", n->label);
        add_text(&j, "url", n->url ? n->url : "");
        wzp_json_text(&j, "fingerprint", n->fingerprint);
        wzp_json_boolean(&j, "up", n->is_up);
        if (n->is_up) {
            wzp_json_unsigned(&j, "since_s", wzp_time_since(now, n->up_since) / WZP_SECOND);
            wzp_json_number(&j, "rtt_ms", (double)wzp_relay_neighbour_rtt(n) / WZP_MILLISECOND);
        }
        wzp_json_boolean(&j, "proven", n->is_ours);
        wzp_json_unsigned(&j, "failures", n->failures);
        wzp_json_unsigned(&j, "people", n->people_count);
        wzp_json_unsigned(&j, "frames_in", n->frames_in);
        wzp_json_unsigned(&j, "frames_out", n->frames_out);
        line_end(&j);
    }
    return false;
}

static bool step_probes(struct wzp_relay_listing *l, struct wzp_buffer *out, uint64_t now)
{
    for (; l->at < l->r->probers.count; l->at++) {
        const struct wzp_relay_prober *p = &l->r->probers.items[l->at];
        struct wzp_json j;
        line_begin(&j, out, "probe");
        wzp_json_text(&j, "target", wzp_relay_prober_name(l->r, p));
        wzp_json_boolean(&j, "up", p->is_up);
        if (p->is_up && p->window.has_rtt)
            wzp_json_number(&j, "rtt_ms", (double)p->window.rtt / WZP_MILLISECOND);
        wzp_json_number(&j, "loss_pct", wzp_relay_window_loss(&p->window, now));
        wzp_json_number(&j, "jitter_ms", wzp_relay_window_jitter(&p->window));
        line_end(&j);
    }
    return false;
}

/* Counts the calls per relay of the pool, in steps. False: all are counted. */
static bool count_calls(struct wzp_relay_listing *l)
{
    struct wzp_relay *r = l->r;
    if (!l->counting)
        r->pool.counting = l->counting = ++r->next_request;
    for (size_t n = 0; n < STEP_CALLS || l->cursor.next; n++) {
        if (!wzp_map_next(&r->calls.by_id, &l->cursor))
            return false;
        const struct wzp_relay_call *call = l->cursor.value;
        for (size_t i = 0; i < 2; i++) {
            const struct wzp_relay_route *route = &call->party[i].route;
            struct wzp_relay_sibling *sibling =
                route->way == &wzp_relay_way_pool ? wzp_relay_pool_sibling(r, route->relay) : NULL;
            if (!sibling || r->pool.counting != l->counting)
                continue;
            sibling->calls = sibling->counting == l->counting ? sibling->calls + 1 : 1;
            sibling->counting = l->counting;
        }
    }
    return true;
}

static void write_pool(struct wzp_buffer *out, const struct wzp_relay *r, uint64_t now)
{
    char number[17];
    struct wzp_json j;
    snprintf(number, sizeof number, "%016" PRIx64, r->pool.own);
    line_begin(&j, out, "pool");
    wzp_json_text(&j, "relay", number);
    wzp_json_boolean(&j, "directory_up", r->pool.up);
    if (r->pool.up)
        wzp_json_unsigned(&j, "since_s", wzp_time_since(now, r->pool.up_since) / WZP_SECOND);
    wzp_json_unsigned(&j, "outages", r->total.pool_outages);
    wzp_json_unsigned(&j, "relays", r->pool.siblings.count);
    line_end(&j);
}

static void write_sibling(struct wzp_relay_listing *l, struct wzp_buffer *out,
                          const struct wzp_relay_sibling *sibling, uint64_t now)
{
    char number[17];
    struct wzp_json j;
    snprintf(number, sizeof number, "%016" PRIx64, sibling->number);
    line_begin(&j, out, "pool_relay");
    wzp_json_text(&j, "relay", number);
    add_text(&j, "address", sibling->address);
    wzp_json_unsigned(&j, "heard_ms", wzp_time_since(now, sibling->heard_at) / WZP_MILLISECOND);
    wzp_json_unsigned(&j, "people", sibling->people);
    /* If another listing began to count meanwhile, this one omits the number. */
    if (l->r->pool.counting == l->counting)
        wzp_json_unsigned(&j, "calls", sibling->counting == l->counting ? sibling->calls : 0);
    line_end(&j);
}

static bool step_pool(struct wzp_relay_listing *l, struct wzp_buffer *out, uint64_t now)
{
    if (!l->r->pool.on)
        return false;
    if (!l->counted) {
        l->counted = !count_calls(l);
        if (l->counted) {
            memset(&l->cursor, 0, sizeof l->cursor);
            write_pool(out, l->r, now);
        }
        return true;
    }
    for (size_t n = 0; n < STEP_ENTRIES || l->cursor.next; n++) {
        if (!wzp_map_next(&l->r->pool.siblings, &l->cursor))
            return false;
        write_sibling(l, out, l->cursor.value, now);
    }
    return true;
}

static bool step_bans(struct wzp_relay_listing *l, struct wzp_buffer *out, uint64_t now)
{
    (void)now;
    for (; l->at < l->r->bans.count; l->at++) {
        struct wzp_json j;
        line_begin(&j, out, "ban");
        add_text(&j, "whom", l->r->bans.items[l->at].name.text);
        line_end(&j);
    }
    return false;
}

static bool step_access(struct wzp_relay_listing *l, struct wzp_buffer *out, uint64_t now)
{
    (void)now;
    for (; l->at < l->r->access.count; l->at++) {
        const struct wzp_relay_rule *rule = l->r->access.items[l->at];
        struct wzp_json j;
        line_begin(&j, out, "rule");
        add_text(&j, "room", rule->room);
        wzp_json_boolean(&j, "password", rule->has_password);
        wzp_json_boolean(&j, "listed_only", rule->has_list && !rule->has_password);
        wzp_json_boolean(&j, "proven", rule->proven);
        wzp_json_unsigned(&j, "count", rule->listed_count);
        wzp_json_array_begin(&j, "listed");
        for (size_t i = 0; i < rule->listed_count && i < WZP_RELAY_LISTING_MEMBERS; i++)
            add_text(&j, NULL, rule->listed[i].key);
        wzp_json_array_end(&j);
        line_end(&j);
    }
    return false;
}

static bool step_counters(struct wzp_relay_listing *l, struct wzp_buffer *out, uint64_t now)
{
    const struct wzp_relay *r = l->r;
    const struct {
        const char *name;
        uint64_t value;
    } rows[] = {{"connections", wzp_relay_threads_connections(r)},
                {"registered", r->presence.registered},
                {"members", r->members + r->threads.visitors},
                {"calls", r->calls.by_id.count},
                {"frames_in", r->total.frames_in},
                {"frames_out", r->total.frames_out},
                {"bytes_out", r->total.bytes_out},
                {"frames_malformed", r->total.frames_malformed},
                {"frames_over_rate", r->total.frames_over_rate},
                {"signals_in", r->total.signals_in},
                {"signals_malformed", r->total.signals_malformed},
                {"signals_over_rate", r->total.signals_over_rate},
                {"registrations", r->total.registrations},
                {"registrations_refused", r->total.registrations_refused},
                {"joins", r->total.joins},
                {"joins_refused", r->total.joins_refused},
                {"offers", r->total.offers},
                {"answers", r->total.answers},
                {"slow_readers", r->total.slow_readers},
                {"floods", r->total.floods},
                {"connections_refused", r->total.connections_refused},
                {"links_refused", r->total.links_refused},
                {"log_suppressed", r->log_suppressed}};
    struct wzp_json j;
    (void)now;
    line_begin(&j, out, "counters");
    wzp_json_boolean(&j, "draining", r->draining);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        wzp_json_unsigned(&j, rows[i].name, rows[i].value);
    line_end(&j);
    return false;
}

static const struct {
    enum wzp_relay_listing_part part;
    bool (*step)(struct wzp_relay_listing *l, struct wzp_buffer *out, uint64_t now);
} parts[] = {{WZP_RELAY_LISTING_PEOPLE, step_people}, {WZP_RELAY_LISTING_ROOMS, step_rooms},
             {WZP_RELAY_LISTING_LINKS, step_links},   {WZP_RELAY_LISTING_POOL, step_pool},
             {WZP_RELAY_LISTING_PROBES, step_probes}, {WZP_RELAY_LISTING_BANS, step_bans},
             {WZP_RELAY_LISTING_ACCESS, step_access}, {WZP_RELAY_LISTING_COUNTERS, step_counters}};

void wzp_relay_listing_begin(struct wzp_relay_listing *l, struct wzp_relay *r, unsigned wanted)
{
    *l = (struct wzp_relay_listing){.r = r, .left = wanted};
}

bool wzp_relay_listing_step(struct wzp_relay_listing *l, struct wzp_buffer *out, uint64_t now)
{
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (!(l->left & parts[i].part))
            continue;
        if (!parts[i].step(l, out, now)) {
            l->left &= ~(unsigned)parts[i].part;
            memset(&l->cursor, 0, sizeof l->cursor);
            l->at = 0;
        }
        return l->left && !out->result;
    }
    return false;
}
