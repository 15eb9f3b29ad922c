/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Addresses in signals through a relay: the address from which the relay sees its clients, and
 * which addresses of an offer and an answer are forwarded to whom. Numbers (X1 and so on) are those
 * of the list of what the existing network's tests assert. Source: wzp-protocol(7), A direct call,
 * Addresses. */
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "lib_client.h"
#include "relay/calls.h"
#include "tap.h"

#define ID "18a5f3c2b1d0e000"
#define CALLER "192.0.2.17:40001"
#define CALLEE "198.51.100.9:40002"
#define RELAY "192.0.2.9:4433"

static struct net net;
static struct peer a, b;

static void seen(struct peer *peer, const char *item)
{
    struct wzp_signal answer = {0};
    char place[WZP_ADDR_TEXT_MAX];
    peer_send(peer, "\"Reflect\"");
    if (!ok(peer_wait_signal(peer, WZP_SIGNAL_REFLECT_RESPONSE, &answer), "%s: Reflect is answered",
            item))
        return;
    is_str(answer.u.reflect_response.observed_addr, wzp_addr_format(place, &peer->address),
           "%s: with exactly the client's address and port", item);
    wzp_signal_fini(&answer);
}

static void reflected(void)
{
    net_of_two(&net, &a, &b);
    seen(&a, "X1");
    seen(&b, "X2: another client at once");
    ok(!wzp_addr_equal(&a.address, &b.address), "X2: which is another one");
    net_fini(&net);
}

/* Which addresses the offer and the answer carry, and what each side is told about the other. */
static void wired(const char *item, bool offers, const char *mode, bool answers,
                  const char *for_caller, const char *for_callee)
{
    struct wzp_signal setup = {0};
    char text[1024], keys[160] = "[0";
    net_of_two(&net, &a, &b);
    for (unsigned i = 1; i < 32; i++)
        strcat(keys, ",0");
    strcat(keys, "]");
    snprintf(text, sizeof text,
             "{\"DirectCallOffer\":{\"caller_fingerprint\":\"%s\",\"caller_alias\":null,"
             "\"target_fingerprint\":\"%s\",\"call_id\":\"" ID "\",\"identity_pub\":%s,"
             "\"ephemeral_pub\":%s,\"signature\":[],\"supported_profiles\":[]%s}}",
             a.identity.fingerprint_text, b.identity.fingerprint_text, keys, keys,
             offers ? ",\"caller_reflexive_addr\":\"" CALLER "\"" : "");
    peer_send(&a, text);
    if (!peer_wait(&b, WZP_SIGNAL_DIRECT_CALL_OFFER))
        bail("no offer came");
    snprintf(text, sizeof text,
             "{\"DirectCallAnswer\":{\"call_id\":\"" ID "\",\"accept_mode\":\"%s\"%s}}", mode,
             answers ? ",\"callee_reflexive_addr\":\"" CALLEE "\"" : "");
    peer_send(&b, text);
    for (unsigned i = 0; i < 2; i++) {
        const char *want = i ? for_callee : for_caller;
        const char *who = i ? "the callee" : "the caller";
        if (!ok(peer_wait_signal(i ? &b : &a, WZP_SIGNAL_CALL_SETUP, &setup), "%s: a setup for %s",
                item, who))
            continue;
        is_str(setup.u.call_setup.peer_direct_addr, want, "%s: what %s is told", item, who);
        is_str(setup.u.call_setup.relay_addr, RELAY, "%s: and of the relay", item);
        wzp_signal_fini(&setup);
    }
    net_fini(&net);
}

/* ---- the registry ---- */

static void registered(void)
{
    static struct wzp_random_seeded seeded;
    struct wzp_relay_timers timers = {0};
    struct wzp_relay_calls calls;
    struct wzp_relay_call *call;
    struct wzp_relay_route from = {.standing = WZP_REGISTRATION_PLAIN}, to = from;
    wzp_random_seeded_init(&seeded, 3);
    struct wzp_random random = wzp_random_seeded_source(&seeded);
    timers.delay[WZP_RELAY_TIMER_RING] = 30 * WZP_SECOND;
    timers.delay[WZP_RELAY_TIMER_WATCH] = WZP_NEVER;
    wzp_relay_name_set(&from.name, "alice");
    wzp_relay_name_set(&to.name, "bob");
    wzp_relay_calls_init(&calls, 10, &timers, &random);
    int result = wzp_relay_calls_add(&call, &calls, "c1", &from, &to, 0);
    if (!is_int(result, 0, "X12: a call is filed"))
        return;
    is_int(call->state, WZP_RELAY_CALL_PENDING, "X12: pending");
    ok(!call->caller.reflexive && !call->caller.mapped, "X11: without addresses at first");
    const struct wzp_relay_addresses one = {.reflexive = CALLER}, other = {.mapped = CALLEE};
    result = wzp_relay_addresses_copy(&call->caller, &one);
    ok(result || (strcmp(call->caller.reflexive, CALLER) == 0 && !call->caller.mapped),
       "X11: each is kept by itself");
    wzp_relay_addresses_fini(&call->caller);
    result = wzp_relay_addresses_copy(&call->caller, &other);
    ok(result || (strcmp(call->caller.mapped, CALLEE) == 0 && !call->caller.reflexive),
       "X11: also the mapped one");
    ok(!wzp_relay_calls_get(&calls, "c2"), "X11: what is unknown is not there to be set");
    ok(wzp_relay_party_peer(&call->party[0]) == &call->party[1] &&
           wzp_relay_party_peer(&call->party[1]) == &call->party[0],
       "X12: each side finds the other");
    is_int(wzp_relay_timers_expiry(&timers), 30 * WZP_SECOND, "X12: it rings for 30 s, no less");
    wzp_relay_calls_activate(&calls, call, WZP_SECOND);
    is_int(call->state, WZP_RELAY_CALL_ACTIVE, "X12: active");
    wzp_relay_calls_remove(&calls, call);
    ok(!wzp_relay_calls_get(&calls, "c1") && !wzp_relay_calls_of(&calls, &from.name),
       "X12: ended, and none is left");
    wzp_relay_calls_fini(&calls);
}

TAP_MAIN
{
    wzp_signal_use_allocator();
    reflected();
    wired("X7: both, trusted", true, "AcceptTrusted", true, CALLEE, CALLER);
    wired("X8: a private answer", true, "AcceptGeneric", false, NULL, CALLER);
    wired("X9: only the answer", false, "AcceptTrusted", true, CALLEE, NULL);
    wired("X10: neither", false, "AcceptTrusted", false, NULL, NULL);
    registered();
}
