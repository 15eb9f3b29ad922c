/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Pins: verdicts, there and back through text, hostile lines, caps. */
#include "crypto/pins.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "lib_crypto.h"
#include "tap.h"

static const uint8_t cert_a[32] = {0xa1}, cert_b[32] = {0xb2};
static const uint8_t id_a[16] = {0x1a}, id_b[16] = {0x1b}, zero[16];

/* In a run without memory every verdict may be "out of memory". */
static void is_verdict(int got, int want, const char *what)
{
    if (tap_oom_mode() && got == WZP_E_MEMORY)
        return;
    is_int(got, want, "%s", what);
}

static void relays(void)
{
    struct wzp_pins p;
    wzp_pins_init(&p);
    is_verdict(wzp_pins_check_relay(&p, "Relay.example:4433", cert_a, NULL, 100), WZP_PIN_NEW,
               "new");
    ok(p.changed, "worth writing");
    is_verdict(wzp_pins_check_relay(&p, "relay.example:4433", cert_a, NULL, 200), WZP_PIN_MATCH,
               "same certificate, name in another case");
    if (p.relay_count == 1) {
        is_int(p.relays[0].first_seen, 100, "first seen");
        is_int(p.relays[0].last_seen, 200, "last seen");
    }
    is_verdict(wzp_pins_check_relay(&p, "relay.example:4433", cert_b, NULL, 300), WZP_PIN_MISMATCH,
               "another certificate");
    is_verdict(wzp_pins_check_relay(&p, "relay.example:4433", cert_b, id_a, 300), WZP_PIN_MISMATCH,
               "another certificate, an identity nobody knew");
    is_verdict(wzp_pins_check_relay(&p, "relay.example:4433", cert_b, zero, 300), WZP_PIN_MISMATCH,
               "another certificate, an all-zero identity");
    is_verdict(wzp_pins_check_relay(&p, "relay.example:4433", cert_a, NULL, 150), WZP_PIN_MATCH,
               "the old certificate is still the known one");
    if (p.relay_count == 1)
        is_int(p.relays[0].last_seen, 200, "the clock went back, last seen did not");
    is_verdict(wzp_pins_check_relay(&p, "relay.example:4433", cert_a, id_a, 300), WZP_PIN_MATCH,
               "it proves its identity");
    is_verdict(wzp_pins_check_relay(&p, "relay.example:4433", cert_a, id_b, 300), WZP_PIN_MISMATCH,
               "another identity on the same certificate");
    is_verdict(wzp_pins_check_relay(&p, "relay.example:4433", cert_b, id_b, 300), WZP_PIN_MISMATCH,
               "another of both");
    is_verdict(wzp_pins_check_relay(&p, "relay.example:4433", cert_b, NULL, 300), WZP_PIN_MISMATCH,
               "another certificate without proof");
    is_verdict(wzp_pins_check_relay(&p, "relay.example:4433", cert_b, id_a, 400), WZP_PIN_UPDATED,
               "another certificate, the same proven identity");
    is_verdict(wzp_pins_check_relay(&p, "relay.example:4433", cert_b, NULL, 400), WZP_PIN_MATCH,
               "which is now the known one");
    p.changed = false;
    is_verdict(wzp_pins_check_relay(&p, "relay.example:4433", cert_a, NULL, 500), WZP_PIN_MISMATCH,
               "the old one no more");
    ok(!p.changed, "a mismatch stores nothing");
    ok(!wzp_pins_forget_relay(&p, "other:1"), "forgetting what is not there");
    if (p.relay_count == 1) {
        ok(wzp_pins_forget_relay(&p, "RELAY.example:4433"), "forgotten");
        is_verdict(wzp_pins_check_relay(&p, "relay.example:4433", cert_a, NULL, 500), WZP_PIN_NEW,
                   "new again");
    }
    char name[400];
    memset(name, 'x', sizeof name);
    name[WZP_PIN_NAME_MAX] = 0;
    is_int(wzp_pins_check_relay(&p, name, cert_a, NULL, 1), WZP_E_ARGUMENT, "name too long");
    name[WZP_PIN_NAME_MAX - 1] = 0;
    is_verdict(wzp_pins_check_relay(&p, name, cert_a, NULL, 1), WZP_PIN_NEW, "longest name");
    is_int(wzp_pins_check_relay(&p, "", cert_a, NULL, 1), WZP_E_ARGUMENT, "no name");
    is_int(wzp_pins_check_relay(&p, "a b", cert_a, NULL, 1), WZP_E_ARGUMENT, "name with a blank");
    is_int(wzp_pins_check_relay(&p, "a\nrelay", cert_a, NULL, 1), WZP_E_ARGUMENT,
           "with a line end");
    ok(!wzp_pins_forget_relay(&p, "a b"), "nor can it be forgotten");
    wzp_pins_fini(&p);
}

static void peers(void)
{
    struct wzp_pins p;
    struct wzp_identity peer, other;
    const uint8_t seed_a[32] = {1}, seed_b[32] = {2};
    wzp_identity_from_seed(&peer, seed_a);
    wzp_identity_from_seed(&other, seed_b);
    wzp_pins_init(&p);
    ok(!wzp_pins_peer(&p, peer.fingerprint), "unknown");
    is_int(wzp_pins_note_peer(&p, peer.fingerprint, other.public_key, true, false), WZP_E_CRYPTO,
           "another's key");
    is_verdict(wzp_pins_note_peer(&p, peer.fingerprint, NULL, false, false), 0, "without a key");
    const struct wzp_peer_pin *pin = wzp_pins_peer(&p, peer.fingerprint);
    if (pin != NULL) {
        ok(!pin->has_key && !pin->used_e2e && !pin->verified, "nothing known");
        is_int(wzp_pins_note_peer(&p, peer.fingerprint, peer.public_key, true, false), 0, "sealed");
        pin = wzp_pins_peer(&p, peer.fingerprint);
        ok(pin->has_key && pin->used_e2e && !pin->verified, "remembered");
        p.changed = false;
        wzp_pins_note_peer(&p, peer.fingerprint, NULL, false, false);
        ok(pin->used_e2e && !p.changed, "a plain call takes nothing away");
        wzp_pins_note_peer(&p, peer.fingerprint, peer.public_key, false, true);
        ok(pin->used_e2e && pin->verified && p.changed, "verified");
        is_int(pin->verified_at, 0, "at a time that nobody knows");
        is_int(wzp_pins_verify_peer(&p, peer.fingerprint, peer.public_key, 1764180000), 0,
               "verified now");
        is_int(wzp_pins_peer(&p, peer.fingerprint)->verified_at, 1764180000, "the time is kept");
        wzp_pins_verify_peer(&p, peer.fingerprint, peer.public_key, 1764179999);
        is_int(wzp_pins_peer(&p, peer.fingerprint)->verified_at, 1764180000,
               "an older one does not replace it");
        is_int(wzp_pins_verify_peer(&p, peer.fingerprint, other.public_key, 1764180001),
               WZP_E_CRYPTO, "another's key cannot be verified");
        is_verdict(wzp_pins_note_peer(&p, other.fingerprint, other.public_key, true, true), 0,
                   "two");
        ok(wzp_pins_forget_peer(&p, peer.fingerprint), "forgotten");
        ok(!wzp_pins_forget_peer(&p, peer.fingerprint), "once");
        ok(!wzp_pins_peer(&p, peer.fingerprint), "gone");
    }
    wzp_pins_fini(&p);
}

static void there_and_back(void)
{
    struct wzp_pins p, q;
    struct wzp_error err = {0};
    struct wzp_random random = test_random(9);
    char *text = NULL, *again = NULL, name[64];
    size_t length = 0, again_length = 0;
    wzp_pins_init(&p);
    wzp_pins_init(&q);
    for (int i = 0; i < 40; i++) {
        struct wzp_identity who;
        uint8_t certificate[32];
        wzp_random_bytes(&random, certificate, 32);
        wzp_identity_new(&who, &random);
        snprintf(name, sizeof name, "[2001:db8::%x]:4433", (unsigned)i);
        is_verdict(wzp_pins_check_relay(&p, name, certificate, i % 3 ? who.fingerprint : NULL,
                                        i == 5 ? UINT64_MAX : 1000u + (unsigned)i),
                   WZP_PIN_NEW, "a relay");
        is_verdict(wzp_pins_note_peer(&p, who.fingerprint, i % 4 ? who.public_key : NULL, i % 2,
                                      i % 5 == 0),
                   0, "a peer");
        if (i % 5 == 1)
            is_verdict(wzp_pins_verify_peer(&p, who.fingerprint, who.public_key, UINT64_MAX), 0,
                       "a peer that was compared");
    }
    if (wzp_pins_format(&text, &length, &p) == 0) {
        is_int(strlen(text), length, "length");
        int result = wzp_pins_parse(&q, text, length, &err);
        is_verdict(result, 0, "reads what it wrote");
        ok(!q.changed, "nothing to write back");
        if (result == 0 && wzp_pins_format(&again, &again_length, &q) == 0)
            is_str(again, text, "the same text again");
        wzp_free(again);
    } else {
        ok(tap_oom_mode(), "formatting failed for lack of memory only");
    }
    wzp_free(text);
    wzp_pins_fini(&p);
    wzp_pins_fini(&q);
}

#define HEX64 "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"
#define FP "6871:1211:0e91:ecb3:09f6:6f51:d257:ccaa"
#define KEY "46705b2fa5f2e0d9917cd934f76c4442f8d8908c2dae9259922c0c52c106183d"

static void lines(void)
{
    static const char good[] = "# comment\n\n   # another\r\n"
                               "relay A.Example:4433 " HEX64 " - 1 2\r\n"
                               "relay b " HEX64 " " FP " 0 18446744073709551615\n"
                               "\tpeer  " FP "  " KEY " e2e verified  \n"
                               "peer 66687aadf862bd776c8fc18b8e9f8e20 - - -\n"
                               "peer 01000000000000000000000000000000 - e2e 1764180000";
    static const struct {
        const char *text, *line;
    } bad[] = {{"relay a " HEX64 " - 1\n", "line 1"},
               {"relay a " HEX64 " - 1 2 3\n", "line 1"},
               {"\n#\nrelay a " HEX64 "0 - 1 2\n", "line 3"},
               {"relay a " HEX64 " -- 1 2\n", "line 1"},
               {"relay a " HEX64 " " FP " 1 -2\n", "line 1"},
               {"relay a " HEX64 " " FP " 1 18446744073709551616\n", "line 1"},
               {"relay a " HEX64 " " FP " 1 0x10\n", "line 1"},
               {"relay a " HEX64 " - 1 2\nrelay A " HEX64 " - 1 2\n", "line 2"},
               {"peer " FP " " KEY " e2e\n", "line 1"},
               {"peer " FP " " KEY " E2E verified\n", "line 1"},
               {"peer " FP " " KEY " e2e yes\n", "line 1"},
               {"peer " FP " " KEY " e2e -1764180000\n", "line 1"},
               {"peer " FP " " KEY " e2e 18446744073709551616\n", "line 1"},
               {"peer " FP " " HEX64 " e2e -\n", "line 1"},
               {"peer " FP " - e2e -\npeer " FP " - e2e -\n", "line 2"},
               {"peer " FP "0 - e2e -\n", "line 1"},
               {"friend " FP " - e2e -\n", "line 1"},
               {"relay\n", "line 1"},
               {"\x01\x02\n", "line 1"}};
    struct wzp_pins p;
    struct wzp_error err = {0};
    wzp_pins_init(&p);
    int result = wzp_pins_parse(&p, good, sizeof good - 1, &err);
    is_verdict(result, 0, "good lines");
    if (result == 0) {
        is_int(p.relay_count, 2, "two relays");
        is_str(p.relays[0].relay, "a.example:4433", "lower case");
        is_int(p.relays[0].certificate[31], 0xa1, "certificate");
        ok(!p.relays[0].has_identity && p.relays[1].has_identity, "identities");
        ok(p.relays[1].last_seen == UINT64_MAX, "largest time");
        is_int(p.peer_count, 3, "three peers");
        ok(p.peers[2].verified && p.peers[2].verified_at == 1764180000, "verified, and when");
        ok(p.peers[0].has_key && p.peers[0].used_e2e && p.peers[0].verified, "first peer");
        ok(!p.peers[1].has_key && !p.peers[1].used_e2e && !p.peers[1].verified, "second peer");
    }
    wzp_pins_fini(&p);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        wzp_pins_init(&p);
        is_verdict(wzp_pins_parse(&p, bad[i].text, strlen(bad[i].text), &err), WZP_E_SYNTAX,
                   bad[i].text);
        if (!tap_oom_mode())
            ok(strstr(err.text, bad[i].line) != NULL, "%s", err.text);
        ok(p.relay_count == 0 && p.peer_count == 0 && !p.relays, "nothing half read");
        wzp_pins_fini(&p);
    }
    wzp_pins_init(&p);
    is_int(wzp_pins_parse(&p, "relay a\0b " HEX64 " - 1 2", 9 + 64 + 8, &err), WZP_E_SYNTAX,
           "an inner 0");
    is_int(wzp_pins_parse(&p, "", 0, &err), 0, "an empty file");
    wzp_pins_fini(&p);
}

static void cap(void)
{
    struct wzp_pins p;
    char name[32];
    int result = WZP_PIN_NEW;
    wzp_pins_init(&p);
    for (unsigned i = 0; i < WZP_PINS_MAX && result == WZP_PIN_NEW; i++) {
        snprintf(name, sizeof name, "r%u", i);
        result = wzp_pins_check_relay(&p, name, cert_a, NULL, 1);
    }
    is_verdict(result, WZP_PIN_NEW, "4096 relays");
    if (result == WZP_PIN_NEW) {
        is_int(wzp_pins_check_relay(&p, "more", cert_a, NULL, 1), WZP_E_LIMIT, "and no more");
        is_int(wzp_pins_check_relay(&p, "r17", cert_a, NULL, 1), WZP_PIN_MATCH, "known ones go on");
        ok(wzp_pins_forget_relay(&p, "r4000"), "one forgotten");
        is_int(wzp_pins_check_relay(&p, "more", cert_a, NULL, 1), WZP_PIN_NEW, "makes room");
        is_int(wzp_pins_check_relay(&p, "r4095", cert_a, NULL, 1), WZP_PIN_MATCH, "the last stays");
    }
    wzp_pins_fini(&p);
}

TAP_MAIN
{
    relays();
    peers();
    there_and_back();
    lines();
    cap();
}
