/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The operator ends connections and bans people and networks: those concerned are told why, and
 * nobody else is affected. */
#include <stdio.h>
#include <string.h>

#include "lib_join.h"
#include "tap.h"

static struct wzp_relay *r;
static struct wzp_error err;
static size_t ended;

static int order(enum wzp_relay_order what, const char *text)
{
    err = (struct wzp_error){0};
    return wzp_relay_order(r, what, text, &ended, 0, &err);
}

static void test_whom(void)
{
    static const struct {
        const char *text;
        int result;
        bool is_network;
    } rows[] = {{"192.0.2.7", 0, true},
                {"[2001:db8::7]", 0, true},
                {"1111:2222:3333:4444:5555:6666:7777:8888", 0, false},
                {"11112222333344445555666677778888", 0, false},
                {"[1111:2222:3333:4444:5555:6666:7777:8888]", 0, true},
                {"", WZP_E_SYNTAX, false},
                {"192.0.2.300", WZP_E_SYNTAX, false},
                {"[2001:db8::7", WZP_E_SYNTAX, false},
                {"zzz", WZP_E_SYNTAX, false},
                {"1111:2222:3333:4444", WZP_E_SYNTAX, false},
                {"1111-2222-3333-4444-5555-6666-7777-8888", 0, false},
                {"a b\x1b", WZP_E_SYNTAX, false}};
    struct wzp_relay_whom whom;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        ok(wzp_relay_whom_parse(&whom, rows[i].text, false, &err) == rows[i].result &&
               (rows[i].result || whom.is_network == rows[i].is_network),
           "whom is read: row %zu", i);
    ok(wzp_relay_whom_parse(&whom, "Ann", true, &err) == 0 && !whom.is_network,
       "where a token service names people, anything may be a name");
}

static void test_person(void)
{
    static struct fake ann, bob, room, again, back;
    const struct join_options options = {.seed = 1};
    char name[WZP_RELAY_KEY_MAX + 1];
    r = fake_relay(NULL);
    fake_come(r, &ann, 1, WZP_REGISTRATION_SIGNED, 0);
    fake_come(r, &bob, 2, WZP_REGISTRATION_SIGNED, 0);
    fake_open(r, &room, "lounge", 0);
    if (!fake_join(r, &room, &options, 0))
        bail("no stage");
    snprintf(name, sizeof name, "%s", ann.client->name.text);
    ok(order(WZP_RELAY_ORDER_KICK, name) == 0 && ended == 2, "all connections of a person end");
    ok(ann.closed && room.closed && !bob.closed, "and nobody else's");
    is_str(ann.reason, WZP_RELAY_KICKED, "with a reason");
    ok(ann.code == WZP_CLOSE_OPERATOR && room.code == WZP_CLOSE_OPERATOR, "and who it was");
    fake_gone(r, &ann, 0);
    fake_gone(r, &room, 0);
    fake_open(r, &back, "_signal", 0);
    ok(fake_register(r, &back, 1, WZP_REGISTRATION_SIGNED, 0), "who was kicked may come back");
    ok(order(WZP_RELAY_ORDER_BAN, name) == 0 && ended == 1 && back.closed,
       "a ban ends what is there");
    fake_gone(r, &back, 0);
    fake_open(r, &again, "_signal", 0);
    ok(!fake_register(r, &again, 1, WZP_REGISTRATION_SIGNED, 0) && again.closed &&
           strstr(again.last, WZP_RELAY_BANNED),
       "and who is banned does not register again, and is told why");
    fake_gone(r, &again, 0);
    fake_open(r, &again, "lounge", 0);
    ok(!fake_join(r, &again, &options, 0) && again.closed, "nor comes into a room");
    is_str(again.reason, WZP_RELAY_BANNED, "with a reason");
    fake_gone(r, &again, 0);
    ok(order(WZP_RELAY_ORDER_UNBAN, name) == 0, "a ban is taken back");
    is_int(order(WZP_RELAY_ORDER_UNBAN, name), WZP_E_NOT_FOUND, "once");
    fake_open(r, &again, "lounge", 0);
    ok(fake_join(r, &again, &options, 0), "and then the room is open again");
    wzp_relay_free(r);
}

/* Bob calls Ann, who answers, from an address of her own. */
static void open_call(struct fake *ann, struct fake *bob)
{
    r = fake_relay(NULL);
    fake_come_from(r, ann, "192.0.2.7:1000", 1, WZP_REGISTRATION_SIGNED, 0);
    fake_come(r, bob, 2, WZP_REGISTRATION_SIGNED, 0);
    fake_offer(r, bob, ann->client->name.text, "talk", 0);
    fake_send(r, ann,
              "{\"DirectCallAnswer\":{\"call_id\":\"talk\",\"accept_mode\":\"AcceptTrusted\"}}", 0);
}

static void test_call(void)
{
    static struct fake ann, bob;
    static const char told[] =
        "{\"Hangup\":{\"reason\":\"Normal\",\"call_id\":\"talk\",\"cause\":\"operator\"}}";
    for (int i = 0; i < 2; i++) {
        open_call(&ann, &bob);
        ok(order(WZP_RELAY_ORDER_KICK, i ? "192.0.2.7" : fake_name(1)) == 0 && ended == 1,
           "who is in a call is kicked, by %s", i ? "address" : "name");
        is_str(ann.last, told, "she is told who ended the call, before she is closed");
        is_str(bob.last, told, "and so is the other side");
        ok(!bob.closed && !wzp_relay_calls_get(&r->calls, "talk"), "for whom nothing else ends");
        wzp_relay_free(r);
    }
    open_call(&ann, &bob);
    fake_send(r, &ann, told, 0);
    is_str(bob.last, "{\"Hangup\":{\"reason\":\"Normal\",\"call_id\":\"talk\"}}",
           "no client hangs up as the operator");
    wzp_relay_free(r);
    open_call(&ann, &bob);
    fake_send(r, &ann,
              "{\"Hangup\":{\"reason\":\"Error\",\"call_id\":\"talk\",\"cause\":\"stopped\"}}", 0);
    is_str(bob.last, "{\"Hangup\":{\"reason\":\"Error\",\"call_id\":\"talk\"}}",
           "and none as a relay that stops");
    wzp_relay_free(r);
}

static void test_network(void)
{
    static struct fake near, same, other, late;
    r = fake_relay(NULL);
    fake_open_from(r, &near, "_signal", "[2001:db8:1:2::7]:1000", 0);
    fake_open_from(r, &other, "_signal", "[2001:db8:1:3::7]:1000", 0);
    ok(order(WZP_RELAY_ORDER_BAN, "[2001:db8:1:2::1]") == 0 && ended == 1 && near.closed &&
           !other.closed,
       "a network is banned");
    fake_open_from(r, &same, "lounge", "[2001:db8:1:2::99]:1", 0);
    ok(same.closed && strcmp(same.reason, WZP_RELAY_BANNED) == 0,
       "every connection from there is refused, whatever it is for");
    is_int(order(WZP_RELAY_ORDER_UNBAN, "[2001:db8:1:2::5]"), 0, "and let in again");
    fake_open_from(r, &late, "lounge", "[2001:db8:1:2::99]:2", 0);
    ok(!late.closed, "which holds at once");
    wzp_relay_free(r);
}

static void test_bounds(void)
{
    int result = 0;
    r = fake_relay(NULL);
    for (int i = 0; i < WZP_RELAY_BANS_MAX && !result; i++) {
        char text[32];
        snprintf(text, sizeof text, "10.0.%d.%d", i / 250, i % 250);
        result = order(WZP_RELAY_ORDER_BAN, text);
    }
    is_int(result, 0, "there is room for %d bans", WZP_RELAY_BANS_MAX);
    is_int(order(WZP_RELAY_ORDER_BAN, "10.0.0.0"), 0, "the same one is none more");
    is_int(order(WZP_RELAY_ORDER_BAN, "10.9.9.9"), WZP_E_LIMIT, "the list ends: %s", err.text);
    wzp_relay_free(r);
}

TAP_MAIN
{
    test_whom();
    test_person();
    test_call();
    test_network();
    test_bounds();
}
