/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The messages that carry addresses, as in the existing network's tests: what is written can be
 * read, absent fields are absent and not null, and messages of old builds, which lack fields, can
 * be read, too. W1 to W14 are the numbers of that list. Source: wzp-protocol(7), Messages. */
#include <string.h>

#include "base/addr.h"
#include "base/alloc.h"
#include "tap.h"
#include "wire/signal.h"

#define ZEROS "[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]"
#define OFFER(more)                                                                                \
    "{\"DirectCallOffer\":{\"caller_fingerprint\":\"aa\",\"caller_alias\":null,"                   \
    "\"target_fingerprint\":\"bb\",\"call_id\":\"c1\",\"identity_pub\":" ZEROS                     \
    ",\"ephemeral_pub\":" ZEROS ",\"signature\":[],\"supported_profiles\":[]" more "}}"
#define ANSWER(more)                                                                               \
    "{\"DirectCallAnswer\":{\"call_id\":\"c1\",\"accept_mode\":\"AcceptTrusted\"" more "}}"
#define SETUP(more)                                                                                \
    "{\"CallSetup\":{\"call_id\":\"c1\",\"room\":\"call-c1\",\"relay_addr\":\"203.0.113.5:"        \
    "4433\"" more "}}"
#define FORWARD(inner)                                                                             \
    "{\"FederatedSignalForward\":{\"inner\":" inner ",\"origin_relay_fp\":\"aa:bb\"}}"

/* Each text is read and written again byte for byte; the message contains the key, or does not. */
static const struct {
    const char *what, *text, *key;
    bool present;
} forms[] = {
    {"W1: Reflect", "\"Reflect\"", "Reflect", true},
    {"W1: ReflectResponse, v4", "{\"ReflectResponse\":{\"observed_addr\":\"203.0.113.5:4433\"}}",
     "203.0.113.5:4433", true},
    {"W1: ReflectResponse, v6", "{\"ReflectResponse\":{\"observed_addr\":\"[2001:db8::1]:4433\"}}",
     "[2001:db8::1]:4433", true},
    {"W1: ReflectResponse, loopback", "{\"ReflectResponse\":{\"observed_addr\":\"127.0.0.1:9\"}}",
     "127.0.0.1:9", true},
    {"W2: Ping", "{\"Ping\":{\"timestamp_ms\":7}}", "timestamp_ms", true},
    {"W2: Hold", "\"Hold\"", "Hold", true},
    {"W2: Hangup without a call", "{\"Hangup\":{\"reason\":\"Normal\"}}", "call_id", false},
    {"W2: CallRinging", "{\"CallRinging\":{\"call_id\":\"c1\"}}", "call_id", true},
    {"W3: an offer with a reflexive address",
     OFFER(",\"caller_reflexive_addr\":\"192.0.2.1:4433\""), "caller_reflexive_addr", true},
    {"W3: an offer without one", OFFER(""), "caller_reflexive_addr", false},
    {"W3: an answer with one", ANSWER(",\"callee_reflexive_addr\":\"192.0.2.1:4433\""),
     "callee_reflexive_addr", true},
    {"W3: an answer without one", ANSWER(""), "callee_reflexive_addr", false},
    {"W3: a setup with one", SETUP(",\"peer_direct_addr\":\"192.0.2.1:4433\""), "peer_direct_addr",
     true},
    {"W3: a setup without one", SETUP(""), "peer_direct_addr", false},
    {"W5: an offer with its address, forwarded",
     FORWARD(OFFER(",\"caller_reflexive_addr\":\"192.0.2.1:4433\"")), "192.0.2.1:4433", true},
    {"W5: an answer, forwarded", FORWARD(ANSWER("")), "AcceptTrusted", true},
    {"W5: ringing, forwarded", FORWARD("{\"CallRinging\":{\"call_id\":\"c1\"}}"), "CallRinging",
     true},
    {"W5: a hangup, forwarded", FORWARD("{\"Hangup\":{\"reason\":\"Normal\"}}"), "Hangup", true},
    {"W6: a whole CandidateUpdate",
     "{\"CandidateUpdate\":{\"call_id\":\"c1\",\"reflexive_addr\":\"192.0.2.1:4433\","
     "\"local_addrs\":[\"192.168.1.2:4433\",\"10.0.0.2:4433\"],\"mapped_addr\":\"192.0.2.1:5000\","
     "\"generation\":7}}",
     "\"generation\":7", true},
    {"W7: the least CandidateUpdate", "{\"CandidateUpdate\":{\"call_id\":\"c1\",\"generation\":0}}",
     "addr", false},
    {"W7: its generation", "{\"CandidateUpdate\":{\"call_id\":\"c1\",\"generation\":0}}",
     "\"generation\":0", true},
    {"W8: an offer with a mapped address", OFFER(",\"caller_mapped_addr\":\"192.0.2.1:5000\""),
     "\"caller_mapped_addr\":\"192.0.2.1:5000\"", true},
    {"W8: an offer without one", OFFER(""), "caller_mapped_addr", false},
    {"W9: an answer with a mapped address", ANSWER(",\"callee_mapped_addr\":\"192.0.2.1:5000\""),
     "\"callee_mapped_addr\":\"192.0.2.1:5000\"", true},
    {"W10: a setup with a mapped address", SETUP(",\"peer_mapped_addr\":\"192.0.2.1:5000\""),
     "\"peer_mapped_addr\":\"192.0.2.1:5000\"", true},
    {"W13: an ack with region and relays",
     "{\"RegisterPresenceAck\":{\"success\":true,\"relay_build\":\"abc\",\"relay_region\":\"eu\","
     "\"available_relays\":[\"a|192.0.2.1:4433\",\"b|192.0.2.2:4433\"]}}",
     "available_relays", true},
    {"W14: an old ack", "{\"RegisterPresenceAck\":{\"success\":true,\"relay_build\":\"abc\"}}",
     "relay_region", false},
};

static void check_forms(void)
{
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct wzp_signal signal;
        struct wzp_error err = {0};
        char *text = NULL;
        size_t length = 0;
        int result = wzp_signal_parse(&signal, forms[i].text, strlen(forms[i].text), &err);
        is_int(result, 0, "%s: is read %s", forms[i].what, err.text);
        if (result)
            continue;
        result = wzp_signal_write(&text, &length, &signal);
        if (is_int(result, 0, "%s: is written", forms[i].what)) {
            is_str(text, forms[i].text, "%s: as it was", forms[i].what);
            is_int(strstr(text, forms[i].key) != NULL, forms[i].present, "%s: %s %s", forms[i].what,
                   forms[i].present ? "has" : "has not", forms[i].key);
        }
        wzp_free(text);
        wzp_signal_fini(&signal);
    }
}

/* Addresses as in answers to Reflect are valid. */
static void check_addresses(void)
{
    static const char *const texts[] = {"203.0.113.5:4433", "[2001:db8::1]:4433", "127.0.0.1:9"};
    for (size_t i = 0; i < 3; i++) {
        struct wzp_addr addr;
        is_int(wzp_addr_parse(&addr, texts[i], strlen(texts[i])), 0, "W1: %s is an address",
               texts[i]);
    }
}

/* Messages as written by old builds. */
static void check_old(void)
{
    static const char offer[] =
        "{\"DirectCallOffer\":{\"caller_fingerprint\":\"aa\",\"target_fingerprint\":\"bb\","
        "\"call_id\":\"c1\",\"identity_pub\":" ZEROS ",\"ephemeral_pub\":" ZEROS
        ",\"signature\":[],\"supported_profiles\":[]}}";
    struct wzp_signal s;
    if (is_int(wzp_signal_parse(&s, offer, sizeof offer - 1, NULL), 0,
               "W11: an offer without addresses and even without an alias is read")) {
        ok(!s.u.direct_call_offer.caller_mapped_addr && !s.u.direct_call_offer.caller_alias &&
               !s.u.direct_call_offer.caller_reflexive_addr &&
               s.u.direct_call_offer.caller_local_addrs.count == 0,
           "W4, W11: all of them absent");
        wzp_signal_fini(&s);
    }
    if (is_int(wzp_signal_parse(&s, SETUP(""), strlen(SETUP("")), NULL), 0,
               "W12: a setup without addresses is read")) {
        ok(!s.u.call_setup.peer_mapped_addr && !s.u.call_setup.peer_direct_addr &&
               s.u.call_setup.peer_local_addrs.count == 0,
           "W4, W12: all of them absent");
        wzp_signal_fini(&s);
    }
    static const char ack[] = "{\"RegisterPresenceAck\":{\"success\":true,\"relay_build\":\"x\"}}";
    if (is_int(wzp_signal_parse(&s, ack, sizeof ack - 1, NULL), 0, "W14: an old ack is read")) {
        ok(!s.u.register_presence_ack.relay_region &&
               s.u.register_presence_ack.available_relays.count == 0,
           "W14: no region, an empty list");
        wzp_signal_fini(&s);
    }
}

TAP_MAIN
{
    wzp_signal_use_allocator();
    check_forms();
    check_addresses();
    check_old();
}
