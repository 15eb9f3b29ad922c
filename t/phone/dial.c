/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Connecting to relays: several addresses in parallel, addresses that the host reports as
 * unreachable, a list of relays, names that are resolved again, changing networks. */
#include <stdarg.h>
#include <string.h>

#include "base/addr.h"
#include "base/text.h"
#include "phone/dial.h"
#include "phone/lib_relay.h"
#include "tap.h"

static struct stage st;

static struct wzp_addr addr(const char *text)
{
    struct wzp_addr a;

    if (wzp_addr_parse(&a, text, strlen(text)) < 0)
        bail("no address: %s", text);
    return a;
}

static struct wzp_relay_entry entry(const char *name, size_t count, ...)
{
    struct wzp_relay_entry e = {.count = count};
    va_list args;

    wzp_text_copy(e.name, sizeof e.name, name);
    va_start(args, count);
    for (size_t i = 0; i < count; i++)
        e.addresses[i] = addr(va_arg(args, const char *));
    va_end(args);
    return e;
}

#define RELAY "10.0.0.1:4433" /* the stage's relay */

static void order(void)
{
    struct wzp_addr a[6];
    static const char *const given[] = {"[2001:db8::1]:1", "[2001:db8::2]:1", "[2001:db8::3]:1",
                                        "10.0.0.1:1",      "10.0.0.2:1",      "10.0.0.3:1"};
    static const int expected[] = {0, 3, 1, 4, 2, 5};

    for (size_t i = 0; i < 6; i++)
        a[i] = addr(given[i]);
    wzp_dial_order(a, 6);
    for (size_t i = 0; i < 6; i++) {
        struct wzp_addr want = addr(given[expected[i]]);
        ok(wzp_addr_equal(&a[i], &want), "families in turn, each in its order: place %zu", i);
    }
    wzp_dial_order(a, 0);
    for (size_t i = 0; i < 3; i++)
        a[i] = addr(given[3 + i]);
    wzp_dial_order(a, 3);
    struct wzp_addr last = addr(given[5]);
    ok(wzp_addr_equal(&a[2], &last), "one family stays as it is");
}

/* The relay ends the registration. */
static void cut(void)
{
    struct line *line = line_of(&st, "_signal");

    if (line)
        wzp_quic_conn_close(line->conn, 0, "", false, st.now);
}

static uint64_t registered_after(uint64_t since)
{
    const struct entry *e = last_event(&st, WZP_EVENT_REGISTERED, 0);

    return e != NULL ? (e->at - since) / WZP_MILLISECOND : 0;
}

static void side_by_side(void)
{
    stage_init(&st, NULL);
    struct wzp_relay_entry e =
        entry("Relay.example:4433", 3, "10.0.0.8:4433", RELAY, "10.0.0.9:4433");
    wzp_phone_set_relays(st.phone, &e, 1, NULL, NULL);
    uint64_t since = st.now;
    wzp_phone_register_start(st.phone, st.now, NULL);
    const struct entry *c = last_event(&st, WZP_EVENT_CONNECTING, 0);
    ok(c != NULL && c->at == st.now && strcmp(c->text, "Relay.example:4433") == 0,
       "that it connects is told at once");
    run(&st, 15 * WZP_SECOND);
    uint64_t took = registered_after(since);
    ok(took >= 250 && took <= 320, "a dead first address costs 250 ms, not 10 s (%u ms)",
       (unsigned)took);
    is_int(event_count(&st, WZP_EVENT_UNREGISTERED), 0, "and nothing is told of it");
    is_int(lines_of(&st, "_signal"), 1, "the relay saw one connection");
    stage_fini(&st);

    stage_init(&st, NULL);
    e = entry("Relay.example:4433", 2, RELAY, RELAY);
    wzp_phone_set_relays(st.phone, &e, 1, NULL, NULL);
    /* Both connections are being made when the first one succeeds. */
    struct wzp_sim_link slow = {.delay = 300 * WZP_MILLISECOND};
    wzp_sim_set_links(st.relay_host, &slow, &slow);
    wzp_phone_register_start(st.phone, st.now, NULL);
    run(&st, 5 * WZP_SECOND);
    size_t open = 0;
    for (size_t i = 0; i < st.line_count; i++)
        open += st.lines[i].conn != NULL;
    ok(wzp_phone_registered(st.phone) && open == 1, "of two that answer one stays");
    stage_fini(&st);
}

static void dead_ends(void)
{
    stage_init(&st, NULL);
    struct wzp_relay_entry e = entry("Relay.example:4433", 2, "10.0.0.8:4433", RELAY);
    struct wzp_addr dead = addr("10.0.0.8:4433"), real = addr(RELAY);
    wzp_phone_set_relays(st.phone, &e, 1, NULL, NULL);
    uint64_t since = st.now;
    wzp_phone_register_start(st.phone, st.now, NULL);
    run(&st, 10 * WZP_MILLISECOND);
    wzp_phone_unreachable(st.phone, &dead, WZP_E_REFUSED, st.now);
    run(&st, WZP_SECOND);
    ok(registered_after(since) < 100, "a closed port is left at once (%u ms)",
       (unsigned)registered_after(since));
    wzp_phone_unreachable(st.phone, &real, WZP_E_REFUSED, st.now);
    run(&st, WZP_SECOND);
    ok(wzp_phone_registered(st.phone), "a connection that stands does not care for such words");
    stage_fini(&st);

    stage_init(&st, NULL);
    relay_crash(&st);
    wzp_phone_register_start(st.phone, st.now, NULL);
    run(&st, 10 * WZP_MILLISECOND);
    wzp_phone_unreachable(st.phone, &real, WZP_E_REFUSED, st.now);
    const struct entry *u = last_event(&st, WZP_EVENT_UNREGISTERED, 0);
    ok(u != NULL && u->at == st.now && strcmp(u->text, "no relay listens there") == 0,
       "when that was the last address it is told at once: %s", u != NULL ? u->text : "-");
    stage_fini(&st);

    stage_init(&st, NULL);
    wzp_session_id room;
    relay_crash(&st);
    wzp_phone_join(st.phone, &room, "tea", st.now, NULL);
    wzp_phone_unreachable(st.phone, &real, WZP_E_NETWORK, st.now);
    run(&st, 12 * WZP_SECOND);
    u = last_event(&st, WZP_EVENT_ENDED, room);
    ok(u != NULL && u->reason == WZP_END_LOST, "a room cannot be reached either: %s",
       u != NULL ? u->text : "-");
    stage_fini(&st);

    stage_init(&st, NULL);
    e = entry("Relay.example:4433", 1, "[2001:db8::1]:4433");
    wzp_phone_set_relays(st.phone, &e, 1, NULL, NULL);
    wzp_phone_register_start(st.phone, st.now, NULL);
    u = last_event(&st, WZP_EVENT_UNREGISTERED, 0);
    ok(u != NULL && u->at == st.now, "no socket of the address's family: %s",
       u != NULL ? u->text : "-");
    stage_fini(&st);
}

static void the_next_relay(void)
{
    stage_init(&st, NULL);
    struct wzp_relay_entry list[2] = {entry("home.example:1", 1, "10.0.0.8:4433"),
                                      entry("Relay.example:4433", 1, RELAY)};
    wzp_phone_set_relays(st.phone, list, 2, NULL, NULL);
    wzp_phone_register_start(st.phone, st.now, NULL);
    run(&st, 12 * WZP_SECOND);
    const struct entry *u = last_event(&st, WZP_EVENT_UNREGISTERED, 0);
    ok(u != NULL && event_count(&st, WZP_EVENT_UNREGISTERED) == 1, "home does not answer: told");
    ok(wzp_phone_registered(st.phone), "the next of the list takes its place");
    cut();
    run(&st, 2 * WZP_SECOND);
    ok(wzp_phone_registered(st.phone), "lost, the one that was there is tried first");

    static struct wzp_relay_entry many[WZP_PHONE_RELAYS_MAX + 1];
    is_int(wzp_phone_set_relays(st.phone, many, WZP_PHONE_RELAYS_MAX + 1, NULL, NULL), WZP_E_LIMIT,
           "a list has its limit");
    is_int(wzp_phone_set_relays(st.phone, many, 0, NULL, NULL), WZP_E_ARGUMENT, "and is not empty");
    is_int(wzp_phone_set_relays(st.phone, many, 1, NULL, NULL), WZP_E_ARGUMENT, "nor nameless");
    stage_fini(&st);
}

/* ---- names ---- */

static char asked[WZP_RELAY_TEXT_MAX];
static uint32_t request;
static unsigned questions;

static void on_resolve(void *context, const char *name, uint32_t number)
{
    (void)context;
    wzp_text_copy(asked, sizeof asked, name);
    request = number;
    questions++;
}

static void resolving(struct wzp_phone_config *config)
{
    config->resolve = on_resolve;
}

static void names(void)
{
    struct wzp_addr there = addr(RELAY), elsewhere = addr("10.0.0.8:4433");

    questions = 0;
    stage_init(&st, resolving);
    struct wzp_relay_entry e = entry("Relay.example:4433", 0);
    is_int(wzp_phone_set_relays(st.phone, &e, 1, NULL, NULL), 0, "a name may come without address");
    wzp_phone_register_start(st.phone, st.now, NULL);
    is_int(questions, 1, "then it is asked for");
    is_str(asked, "Relay.example:4433", "by the name that was given");
    wzp_phone_resolved(st.phone, request, NULL, 0, st.now);
    const struct entry *u = last_event(&st, WZP_EVENT_UNREGISTERED, 0);
    ok(u != NULL && strstr(u->text, "resolved") != NULL, "no answer is told: %s",
       u != NULL ? u->text : "-");
    run(&st, WZP_SECOND);
    ok(questions >= 2, "and asked again at the next try");
    wzp_phone_resolved(st.phone, request - 1, &elsewhere, 1, st.now);
    wzp_phone_resolved(st.phone, request, &there, 1, st.now);
    wzp_phone_resolved(st.phone, request, &elsewhere, 1, st.now);
    run(&st, WZP_SECOND);
    ok(wzp_phone_registered(st.phone), "with an address it registers; old answers change nothing");

    /* The relay gets another address. */
    unsigned before = questions;
    st.relay_address = addr("10.0.0.7:4433");
    cut();
    run(&st, 100 * WZP_MILLISECOND);
    relay_crash(&st);
    relay_start(&st, 0xcc);
    run(&st, 40 * WZP_SECOND);
    ok(questions > before, "lost, the name is resolved again");
    wzp_phone_resolved(st.phone, request, &st.relay_address, 1, st.now);
    run(&st, 35 * WZP_SECOND);
    if (!wzp_phone_registered(st.phone)) {
        wzp_phone_resolved(st.phone, request, &st.relay_address, 1, st.now);
        run(&st, 35 * WZP_SECOND);
    }
    ok(wzp_phone_registered(st.phone), "and the relay is found where it is now");
    stage_fini(&st);

    questions = 0;
    stage_init(&st, resolving);
    wzp_phone_register_start(st.phone, st.now, NULL);
    run(&st, WZP_SECOND);
    is_int(questions, 0, "addresses that were given just now are not asked for");
    wzp_phone_resolved(st.phone, 77, &there, 1, st.now);
    stage_fini(&st);
}

static void networks(void)
{
    struct wzp_networks net = {.generation = 1};
    struct wzp_addr none = {0};

    stage_init(&st, NULL);
    wzp_phone_set_networks(st.phone, &net, &st.phone_address, &none, st.now);
    enroll(&st);
    run(&st, 3 * WZP_SECOND);
    size_t pings = heard_count(&st, "Ping");
    wzp_phone_set_networks(st.phone, &net, &st.phone_address, &none, st.now);
    run(&st, 100 * WZP_MILLISECOND);
    is_int(heard_count(&st, "Ping"), pings, "the same networks again are no change");
    net.generation = 2;
    wzp_phone_set_networks(st.phone, &net, &st.phone_address, &none, st.now);
    run(&st, 100 * WZP_MILLISECOND);
    is_int(heard_count(&st, "Ping"), pings + 1, "new ones: the relay hears from us at once");
    relay_crash(&st);
    run(&st, 120 * WZP_SECOND);
    ok(!wzp_phone_registered(st.phone), "the relay is away");
    relay_start(&st, 0xcc);
    net.generation = 3;
    size_t tries = event_count(&st, WZP_EVENT_CONNECTING);
    wzp_phone_set_networks(st.phone, &net, &st.phone_address, &none, st.now);
    run(&st, 11 * WZP_SECOND);
    ok(event_count(&st, WZP_EVENT_CONNECTING) > tries && wzp_phone_registered(st.phone),
       "new networks end a long pause between two tries");
    stage_fini(&st);
}

TAP_MAIN
{
    wzp_signal_use_allocator();
    order();
    side_by_side();
    dead_ends();
    the_next_relay();
    names();
    networks();
}
