/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The relay tells each side of a call the address from which it sees the other; what a client
 * claims about its own address is not forwarded. Source: wzp-protocol(7), Addresses. */
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "lib_client.h"
#include "tap.h"

#define ID "18a5f3c2b1d0e000"
#define VICTIM "203.0.113.66:53"
#define ZEROS "[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]"

static struct net net;
static struct peer a, b;

/* That peer's address with another port, as its router may show it. */
static void outside(char out[WZP_ADDR_TEXT_MAX], const struct peer *peer)
{
    struct wzp_addr place = peer->address;
    wzp_addr_set_port(&place, 40001);
    wzp_addr_format(out, &place);
}

static void offer(const char *reflexive, const char *claim)
{
    char text[1024];
    snprintf(text, sizeof text,
             "{\"DirectCallOffer\":{\"caller_fingerprint\":\"%s\",\"caller_alias\":null,"
             "\"target_fingerprint\":\"%s\",\"call_id\":\"" ID "\",\"identity_pub\":" ZEROS
             ",\"ephemeral_pub\":" ZEROS ",\"signature\":[],\"supported_profiles\":[],"
             "\"caller_reflexive_addr\":\"%s\",\"x_new\":1.50%s%s%s}}",
             a.identity.fingerprint_text, b.identity.fingerprint_text, reflexive,
             claim ? ",\"caller_seen_addr\":\"" : "", claim ? claim : "", claim ? "\"" : "");
    peer_send(&a, text);
}

static void answer(const char *mode, const char *reflexive, const char *claim)
{
    char text[512];
    snprintf(text, sizeof text,
             "{\"DirectCallAnswer\":{\"call_id\":\"" ID "\",\"accept_mode\":\"%s\","
             "\"callee_reflexive_addr\":\"%s\",\"x_new\":1.50%s%s%s}}",
             mode, reflexive, claim ? ",\"callee_seen_addr\":\"" : "", claim ? claim : "",
             claim ? "\"" : "");
    peer_send(&b, text);
}

static void is_set_up(struct peer *peer, const char *direct, const char *seen, const char *what)
{
    struct wzp_signal setup = {0};
    if (!ok(peer_wait_signal(peer, WZP_SIGNAL_CALL_SETUP, &setup), "%s: a setup", what))
        return;
    is_str(setup.u.call_setup.peer_direct_addr, direct, "%s: with what the other said", what);
    is_str(setup.u.call_setup.peer_seen_addr, seen, "%s: and what is seen of it", what);
    wzp_signal_fini(&setup);
}

static void honest(void)
{
    char of_a[WZP_ADDR_TEXT_MAX], of_b[WZP_ADDR_TEXT_MAX], field[128];
    net_of_two(&net, &a, &b);
    outside(of_a, &a);
    outside(of_b, &b);
    offer(of_a, NULL);
    const char *text = peer_wait(&b, WZP_SIGNAL_DIRECT_CALL_OFFER);
    snprintf(field, sizeof field, "\"x_new\":1.50,\"caller_seen_addr\":\"%s\"", of_a);
    ok(text && strstr(text, field), "an offer says that the caller is seen where it says it is");
    answer("AcceptTrusted", of_b, NULL);
    text = peer_wait(&a, WZP_SIGNAL_DIRECT_CALL_ANSWER);
    snprintf(field, sizeof field, "\"x_new\":1.50,\"callee_seen_addr\":\"%s\"", of_b);
    ok(text && strstr(text, field), "so does an answer of the callee");
    is_set_up(&a, of_b, of_b, "the caller");
    is_set_up(&b, of_a, of_a, "the callee");
    char update[256];
    snprintf(update, sizeof update,
             "{\"CandidateUpdate\":{\"call_id\":\"" ID "\",\"reflexive_addr\":\"%s\","
             "\"generation\":1}}",
             of_b);
    peer_send(&b, update);
    text = peer_wait(&a, WZP_SIGNAL_CANDIDATE_UPDATE);
    snprintf(field, sizeof field, "\"seen_addr\":\"%s\"", of_b);
    ok(text && strstr(text, field), "and an update");
    net_fini(&net);
}

static void liars(void)
{
    net_of_two(&net, &a, &b);
    offer(VICTIM, VICTIM);
    const char *text = peer_wait(&b, WZP_SIGNAL_DIRECT_CALL_OFFER);
    ok(text && !strstr(text, "seen_addr") && strstr(text, VICTIM) && strstr(text, "\"x_new\":1.50"),
       "a caller that names somebody else is not seen there, whatever it says");
    answer("AcceptTrusted", VICTIM, VICTIM);
    text = peer_wait(&a, WZP_SIGNAL_DIRECT_CALL_ANSWER);
    ok(text && !strstr(text, "seen_addr") && strstr(text, "\"x_new\":1.50"), "nor is a callee");
    is_set_up(&a, VICTIM, NULL, "the caller of a liar");
    is_set_up(&b, VICTIM, NULL, "the callee of a liar");
    peer_send(&b, "{\"CandidateUpdate\":{\"call_id\":\"" ID "\",\"reflexive_addr\":\"" VICTIM
                  "\",\"generation\":1,\"seen_addr\":\"" VICTIM "\"}}");
    text = peer_wait(&a, WZP_SIGNAL_CANDIDATE_UPDATE);
    ok(text && !strstr(text, "seen_addr"), "nor in an update");
    char own[WZP_ADDR_TEXT_MAX], update[256];
    outside(own, &b);
    snprintf(update, sizeof update,
             "{\"CandidateUpdate\":{\"call_id\":\"" ID "\",\"generation\":2,"
             "\"reflexive_addr\":\"%s\",\"seen_addr\":\"" VICTIM "\"}}",
             own);
    peer_send(&b, update);
    text = peer_wait(&a, WZP_SIGNAL_CANDIDATE_UPDATE);
    ok(text && !strstr(text, VICTIM) && strstr(text, "\"seen_addr\":\""),
       "what is seen takes the place of what is said");
    net_fini(&net);
}

static void hidden(void)
{
    char of_a[WZP_ADDR_TEXT_MAX], of_b[WZP_ADDR_TEXT_MAX];
    net_of_two(&net, &a, &b);
    outside(of_a, &a);
    outside(of_b, &b);
    offer(of_a, NULL);
    if (!peer_wait(&b, WZP_SIGNAL_DIRECT_CALL_OFFER))
        bail("no offer came");
    answer("AcceptGeneric", of_b, of_b);
    const char *text = peer_wait(&a, WZP_SIGNAL_DIRECT_CALL_ANSWER);
    ok(text && !strstr(text, of_b), "where a callee who hides is seen is not told");
    is_set_up(&a, NULL, NULL, "the caller of who hides");
    net_fini(&net);
}

static void silent(void)
{
    char text[1024];
    net_of_two(&net, &a, &b);
    snprintf(text, sizeof text,
             "{\"DirectCallOffer\":{\"caller_fingerprint\":\"%s\",\"caller_alias\":null,"
             "\"target_fingerprint\":\"%s\",\"call_id\":\"" ID "\",\"identity_pub\":" ZEROS
             ",\"ephemeral_pub\":" ZEROS ",\"signature\":[],\"supported_profiles\":[]}}",
             a.identity.fingerprint_text, b.identity.fingerprint_text);
    peer_send(&a, text);
    const char *came = peer_wait(&b, WZP_SIGNAL_DIRECT_CALL_OFFER);
    is_str(came, text, "of who names no address nothing is told, and its offer stays as it is");
    peer_send(&a, "{\"CandidateUpdate\":{\"call_id\":\"" ID
                  "\",\"reflexive_addr\":\"rubbish\",\"generation\":1}}");
    came = peer_wait(&b, WZP_SIGNAL_CANDIDATE_UPDATE);
    ok(came && !strstr(came, "seen_addr"), "what is no address is seen nowhere");
    net_fini(&net);
}

TAP_MAIN
{
    honest();
    liars();
    hidden();
    silent();
}
