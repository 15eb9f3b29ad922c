/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What signals accept and refuse, field by field, and how numbers and texts are written. Source:
 * wzp-protocol(7), JSON, Structures, Race, Links, Registration, Media handshake. */
#include "wire/signal.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tap.h"
#include "wire/frame.h"

#define ZEROS_32 "[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]"
#define ZEROS_31 "[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]"
#define ZEROS_33 "[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]"
#define ONES_16 "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1"
#define ONES_64 "[" ONES_16 "," ONES_16 "," ONES_16 "," ONES_16 "]"
#define GOOD                                                                                       \
    "{\"codec\":\"Opus24k\",\"fec_ratio\":0.2,\"frame_duration_ms\":20,\"frames_per_block\":5}"
#define REGISTER(fields) "{\"RegisterPresence\":{" fields "}}"
#define PROFILE(fields) "{\"QualityDirective\":{\"recommended_profile\":{" fields "}}}"

static const struct {
    const char *in;
    int result;
} rules[] = {
    /* the frame: one name, in one of two forms */
    {"\"Hold\"", 0},
    {" \t\r\n\"Hold\" \n", 0},
    {"{\"Hold\":null}", 0},
    {"{\"Hold\":{}}", WZP_E_SYNTAX},
    {"{\"Hold\":[]}", WZP_E_SYNTAX},
    {"{\"Hold\":\"\"}", WZP_E_SYNTAX},
    {"\"Ping\"", WZP_E_SYNTAX},
    {"{\"Ping\":null}", WZP_E_SYNTAX},
    {"{\"Ping\":[1]}", WZP_E_SYNTAX},
    {"{\"Ping\":{\"timestamp_ms\":1},\"Pong\":{\"timestamp_ms\":1}}", WZP_E_SYNTAX},
    {"{\"Hold\":null,\"Mute\":null}", WZP_E_SYNTAX},
    {"{}", WZP_E_SYNTAX},
    {"[]", WZP_E_SYNTAX},
    {"null", WZP_E_SYNTAX},
    {"true", WZP_E_SYNTAX},
    {"1", WZP_E_SYNTAX},
    {"", WZP_E_SYNTAX},
    {" ", WZP_E_SYNTAX},
    {"Hold", WZP_E_SYNTAX},
    {"'Hold'", WZP_E_SYNTAX},
    {"\"Hold\"x", WZP_E_SYNTAX},
    {"\"Hold\" \"Hold\"", WZP_E_SYNTAX},
    {"\xef\xbb\xbf\"Hold\"", WZP_E_SYNTAX},
    {"\"hold\"", WZP_E_UNKNOWN},
    {"\"Nothing\"", WZP_E_UNKNOWN},
    {"\"\"", WZP_E_UNKNOWN},
    {"{\"Nothing\":{\"x\":[1]}}", WZP_E_UNKNOWN},
    {"{\"Nothing\":1e3}", WZP_E_UNKNOWN},
    {"{\"callRinging\":{\"call_id\":\"x\"}}", WZP_E_UNKNOWN},
    {"\"\\u0048old\"", 0},
    /* JSON itself */
    {"{\"Ping\":{\"timestamp_ms\":1}", WZP_E_SYNTAX},
    {"{\"Ping\":{\"timestamp_ms\":1,}}", WZP_E_SYNTAX},
    {"{\"Ping\":{timestamp_ms:1}}", WZP_E_SYNTAX},
    {"{\"Ping\":{\"timestamp_ms\":1}/**/}", WZP_E_SYNTAX},
    {" { \"Ping\" : { \"timestamp_ms\" : 1 } } ", 0},
    {"{\"Ping\":{\"timestamp_ms\":1,\"timestamp_ms\":1}}", WZP_E_SYNTAX},
    {"{\"Ping\":{\"timestamp_ms\":1,\"more\":[{\"a\":null}],\"x\":1.5}}", 0},
    {"{\"CallRinging\":{\"call_id\":\"\\ud83d\\ude00\"}}", 0},
    {"{\"CallRinging\":{\"call_id\":\"\\ud83d\"}}", WZP_E_SYNTAX},
    {"{\"CallRinging\":{\"call_id\":\"\\ude00\"}}", WZP_E_SYNTAX},
    {"{\"CallRinging\":{\"call_id\":\"\\ud83dx\"}}", WZP_E_SYNTAX},
    {"{\"CallRinging\":{\"call_id\":\"\\u0000\"}}", WZP_E_SYNTAX},
    {"{\"CallRinging\":{\"call_id\":\"\\x41\"}}", WZP_E_SYNTAX},
    {"{\"CallRinging\":{\"call_id\":\"a\nb\"}}", WZP_E_SYNTAX},
    {"{\"CallRinging\":{\"call_id\":\"\xff\"}}", WZP_E_SYNTAX},
    {"{\"CallRinging\":{\"call_id\":\"\xed\xa0\x80\"}}", WZP_E_SYNTAX},
    {"{\"CallRinging\":{\"call_id\":\"\xc0\xaf\"}}", WZP_E_SYNTAX},
    {"{\"CallRinging\":{\"call_id\":\"\xc3\xa9\"}}", 0},
    {"{\"CallRinging\":{\"call_id\":\"\"}}", 0},
    /* integers */
    {"{\"Ping\":{\"timestamp_ms\":0}}", 0},
    {"{\"Ping\":{\"timestamp_ms\":9223372036854775807}}", 0},
    {"{\"Ping\":{\"timestamp_ms\":18446744073709551615}}", 0},
    {"{\"Ping\":{\"timestamp_ms\":18446744073709551616}}", WZP_E_SYNTAX},
    {"{\"Ping\":{\"timestamp_ms\":-1}}", WZP_E_SYNTAX},
    {"{\"Ping\":{\"timestamp_ms\":1.0}}", WZP_E_SYNTAX},
    {"{\"Ping\":{\"timestamp_ms\":1e3}}", WZP_E_SYNTAX},
    {"{\"Ping\":{\"timestamp_ms\":\"1\"}}", WZP_E_SYNTAX},
    {"{\"Ping\":{\"timestamp_ms\":01}}", WZP_E_SYNTAX},
    {"{\"Ping\":{\"timestamp_ms\":+1}}", WZP_E_SYNTAX},
    {"{\"Ping\":{\"timestamp_ms\":0x1}}", WZP_E_SYNTAX},
    {"{\"Ping\":{\"timestamp_ms\":null}}", WZP_E_SYNTAX},
    {"{\"Ping\":{\"timestamp_ms\":true}}", WZP_E_SYNTAX},
    {"{\"Ping\":{}}", WZP_E_SYNTAX},
    {"{\"RouteQuery\":{\"fingerprint\":\"x\",\"ttl\":255}}", 0},
    {"{\"RouteQuery\":{\"fingerprint\":\"x\",\"ttl\":256}}", WZP_E_SYNTAX},
    {"{\"RouteQuery\":{\"fingerprint\":\"x\",\"ttl\":-1}}", WZP_E_SYNTAX},
    {"{\"CandidateUpdate\":{\"call_id\":\"x\",\"generation\":4294967295}}", 0},
    {"{\"CandidateUpdate\":{\"call_id\":\"x\",\"generation\":4294967296}}", WZP_E_SYNTAX},
    /* class R */
    {"{\"CallRinging\":{}}", WZP_E_SYNTAX},
    {"{\"CallRinging\":{\"call_id\":null}}", WZP_E_SYNTAX},
    {"{\"CallRinging\":{\"call_id\":1}}", WZP_E_SYNTAX},
    {"{\"CallRinging\":{\"Call_id\":\"x\"}}", WZP_E_SYNTAX},
    /* class N */
    {"{\"Transfer\":{\"target_fingerprint\":\"x\"}}", 0},
    {"{\"Transfer\":{\"target_fingerprint\":\"x\",\"relay_addr\":null}}", 0},
    {"{\"Transfer\":{\"target_fingerprint\":\"x\",\"relay_addr\":1}}", WZP_E_SYNTAX},
    /* class O */
    {"{\"Hangup\":{\"reason\":\"Busy\"}}", 0},
    {"{\"Hangup\":{\"reason\":\"Busy\",\"call_id\":null}}", 0},
    {"{\"Hangup\":{\"reason\":\"Busy\",\"call_id\":[]}}", WZP_E_SYNTAX},
    {"{\"Hangup\":{\"reason\":\"busy\"}}", WZP_E_SYNTAX},
    {"{\"Hangup\":{\"reason\":1}}", WZP_E_SYNTAX},
    {"{\"Hangup\":{\"reason\":null}}", WZP_E_SYNTAX},
    {"{\"DirectCallAnswer\":{\"call_id\":\"x\",\"accept_mode\":\"Reject\"}}", 0},
    {"{\"DirectCallAnswer\":{\"call_id\":\"x\",\"accept_mode\":\"Reject\",\"identity_pub\":null,"
     "\"signature\":null,\"chosen_profile\":null}}",
     0},
    {"{\"DirectCallAnswer\":{\"call_id\":\"x\",\"accept_mode\":\"Accept\"}}", WZP_E_SYNTAX},
    {"{\"DirectCallAnswer\":{\"call_id\":\"x\",\"accept_mode\":\"Reject\",\"identity_pub\":[]}}",
     WZP_E_SYNTAX},
    /* class L */
    {"{\"CandidateUpdate\":{\"call_id\":\"x\",\"generation\":1,\"local_addrs\":[]}}", 0},
    {"{\"CandidateUpdate\":{\"call_id\":\"x\",\"generation\":1,\"local_addrs\":null}}",
     WZP_E_SYNTAX},
    {"{\"CandidateUpdate\":{\"call_id\":\"x\",\"generation\":1,\"local_addrs\":\"y\"}}",
     WZP_E_SYNTAX},
    {"{\"CandidateUpdate\":{\"call_id\":\"x\",\"generation\":1,\"local_addrs\":[\"y\",1]}}",
     WZP_E_SYNTAX},
    {"{\"CandidateUpdate\":{\"call_id\":\"x\",\"generation\":1,\"local_addrs\":[null]}}",
     WZP_E_SYNTAX},
    /* class D */
    {"{\"MediaPathReport\":{\"call_id\":\"x\",\"direct_ok\":false}}", 0},
    {"{\"MediaPathReport\":{\"call_id\":\"x\",\"direct_ok\":false,\"race_winner\":null}}",
     WZP_E_SYNTAX},
    {"{\"MediaPathReport\":{\"call_id\":\"x\",\"direct_ok\":0}}", WZP_E_SYNTAX},
    {"{\"MediaPathReport\":{\"call_id\":\"x\",\"direct_ok\":\"true\"}}", WZP_E_SYNTAX},
    {"{\"GlobalRoomActive\":{\"room\":\"x\"}}", 0},
    {"{\"GlobalRoomActive\":{\"room\":\"x\",\"participants\":null}}", WZP_E_SYNTAX},
    {"{\"LossRecoveryUpdate\":{}}", 0},
    {"{\"LossRecoveryUpdate\":{\"frames_decoded\":null}}", WZP_E_SYNTAX},
    /* keys and byte strings */
    {REGISTER("\"identity_pub\":" ZEROS_32 ",\"signature\":[]"), 0},
    {REGISTER("\"identity_pub\":" ZEROS_32 ",\"signature\":[0,255]"), 0},
    {REGISTER("\"identity_pub\":" ZEROS_31 ",\"signature\":[]"), WZP_E_SYNTAX},
    {REGISTER("\"identity_pub\":" ZEROS_33 ",\"signature\":[]"), WZP_E_SYNTAX},
    {REGISTER("\"identity_pub\":\"00\",\"signature\":[]"), WZP_E_SYNTAX},
    {REGISTER("\"identity_pub\":" ZEROS_32), WZP_E_SYNTAX},
    {REGISTER("\"identity_pub\":" ZEROS_32 ",\"signature\":\"\""), WZP_E_SYNTAX},
    {REGISTER("\"identity_pub\":" ZEROS_32 ",\"signature\":null"), WZP_E_SYNTAX},
    {REGISTER("\"identity_pub\":" ZEROS_32 ",\"signature\":[256]"), WZP_E_SYNTAX},
    {REGISTER("\"identity_pub\":" ZEROS_32 ",\"signature\":[-1]"), WZP_E_SYNTAX},
    {REGISTER("\"identity_pub\":" ZEROS_32 ",\"signature\":[1.0]"), WZP_E_SYNTAX},
    {REGISTER("\"identity_pub\":" ZEROS_32 ",\"signature\":[\"1\"]"), WZP_E_SYNTAX},
    {REGISTER("\"identity_pub\":" ZEROS_32 ",\"signature\":[[1]]"), WZP_E_SYNTAX},
    /* profiles */
    {PROFILE("\"codec\":\"Opus24k\",\"fec_ratio\":0,\"frame_duration_ms\":20,"
             "\"frames_per_block\":5"),
     0},
    {PROFILE("\"codec\":\"Opus24k\",\"fec_ratio\":2e-1,\"frame_duration_ms\":20,"
             "\"frames_per_block\":5"),
     0},
    {PROFILE("\"codec\":\"Opus24k\",\"fec_ratio\":null,\"frame_duration_ms\":20,"
             "\"frames_per_block\":5"),
     WZP_E_SYNTAX},
    {PROFILE("\"codec\":\"Opus24k\",\"fec_ratio\":\"0.2\",\"frame_duration_ms\":20,"
             "\"frames_per_block\":5"),
     WZP_E_SYNTAX},
    {PROFILE("\"codec\":\"Opus24k\",\"fec_ratio\":1e39,\"frame_duration_ms\":20,"
             "\"frames_per_block\":5"),
     WZP_E_SYNTAX},
    {PROFILE("\"codec\":\"Opus24k\",\"fec_ratio\":1e999,\"frame_duration_ms\":20,"
             "\"frames_per_block\":5"),
     WZP_E_SYNTAX},
    {PROFILE("\"codec\":\"Opus24k\",\"fec_ratio\":0.2,\"frame_duration_ms\":20.0,"
             "\"frames_per_block\":5"),
     WZP_E_SYNTAX},
    {PROFILE("\"codec\":\"opus24k\",\"fec_ratio\":0.2,\"frame_duration_ms\":20,"
             "\"frames_per_block\":5"),
     WZP_E_SYNTAX},
    {PROFILE("\"codec\":0,\"fec_ratio\":0.2,\"frame_duration_ms\":20,\"frames_per_block\":5"),
     WZP_E_SYNTAX},
    {PROFILE("\"codec\":\"Opus24k\",\"frame_duration_ms\":20,\"frames_per_block\":5"),
     WZP_E_SYNTAX},
    {"{\"QualityDirective\":{\"recommended_profile\":[]}}", WZP_E_SYNTAX},
    {"{\"QualityDirective\":{\"recommended_profile\":null}}", WZP_E_SYNTAX},
    /* participants */
    {"{\"RoomUpdate\":{\"count\":0,\"participants\":[]}}", 0},
    {"{\"RoomUpdate\":{\"count\":0}}", WZP_E_SYNTAX},
    {"{\"RoomUpdate\":{\"count\":1,\"participants\":[{\"fingerprint\":\"\"}]}}", 0},
    {"{\"RoomUpdate\":{\"count\":1,\"participants\":[{\"fingerprint\":null}]}}", WZP_E_SYNTAX},
    {"{\"RoomUpdate\":{\"count\":2,\"participants\":[{\"fingerprint\":\"a\"},7]}}", WZP_E_SYNTAX},
    {"{\"RoomUpdate\":{\"count\":1,\"participants\":[{\"fingerprint\":\"a\",\"alias\":7}]}}",
     WZP_E_SYNTAX},
    /* a message in a message */
    {"{\"FederatedSignalForward\":{\"inner\":\"Hold\",\"origin_relay_fp\":\"x\"}}", 0},
    {"{\"FederatedSignalForward\":{\"inner\":{\"New\":{}},\"origin_relay_fp\":\"x\"}}", 0},
    {"{\"FederatedSignalForward\":{\"inner\":{},\"origin_relay_fp\":\"x\"}}", WZP_E_SYNTAX},
    {"{\"FederatedSignalForward\":{\"inner\":[1],\"origin_relay_fp\":\"x\"}}", WZP_E_SYNTAX},
    {"{\"FederatedSignalForward\":{\"inner\":null,\"origin_relay_fp\":\"x\"}}", WZP_E_SYNTAX},
    {"{\"FederatedSignalForward\":{\"inner\":\"Hold\"}}", WZP_E_SYNTAX},
    /* our fields */
    {REGISTER("\"identity_pub\":" ZEROS_32 ",\"signature\":[],\"binding\":null"), 0},
    {REGISTER("\"identity_pub\":" ZEROS_32 ",\"signature\":[],\"binding\":{\"v\":2,\"sig\":" ONES_64
              "}"),
     0},
    {REGISTER("\"identity_pub\":" ZEROS_32 ",\"signature\":[],\"binding\":{\"v\":2,\"sig\":[1]}"),
     WZP_E_SYNTAX},
    {REGISTER("\"identity_pub\":" ZEROS_32 ",\"signature\":[],\"binding\":{\"sig\":" ONES_64 "}"),
     WZP_E_SYNTAX},
    {"{\"WzpPeerAuth\":{\"call_id\":\"x\",\"mac\":" ZEROS_32 "}}", 0},
    {"{\"WzpPeerAuth\":{\"call_id\":\"x\",\"mac\":" ZEROS_31 "}}", WZP_E_SYNTAX},
    {"{\"WzpWatch\":{}}", 0},
    {"{\"WzpWatch\":{\"add\":[1]}}", WZP_E_SYNTAX},
    {"{\"WzpSeen\":{\"people\":[{\"fingerprint\":\"a\",\"state\":\"Offline\"}]}}", 0},
    {"{\"WzpSeen\":{\"people\":[{\"fingerprint\":\"a\",\"state\":\"Away\"}]}}", WZP_E_SYNTAX},
    {"{\"WzpSeen\":{\"people\":[{\"fingerprint\":\"a\"}]}}", WZP_E_SYNTAX},
    {"{\"WzpSeen\":{}}", WZP_E_SYNTAX},
};

static void check_rules(void)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        struct wzp_signal signal;
        struct wzp_error err = {0};
        size_t length = strlen(rules[i].in);
        int result = wzp_signal_parse(&signal, rules[i].in, length, &err);
        is_int(result, rules[i].result, "%.100s", rules[i].in);
        if (result == 0)
            wzp_signal_fini(&signal);
        else
            ok(err.code == result && strlen(err.text) > 5, "because: %s", err.text);
        if (wzp_signal_parse(&signal, rules[i].in, length, NULL) == 0)
            wzp_signal_fini(&signal);
        /* Cut anywhere, it is not a message. */
        for (size_t n = 0; n < length && rules[i].in[n] != '\0' && i < 40; n++)
            if (wzp_signal_parse(&signal, rules[i].in, n, NULL) == 0)
                wzp_signal_fini(&signal);
    }
    struct wzp_signal signal;
    is_int(wzp_signal_parse(&signal, "\"Hold\"\0", 7, NULL), WZP_E_SYNTAX, "a 0 behind");
    is_int(wzp_signal_parse(&signal, "\"Ho\0ld\"", 7, NULL), WZP_E_SYNTAX, "a 0 within");
    is_int(wzp_signal_parse(&signal, "\"Hold\"xxx", 6, NULL), 0, "the length counts");
    struct wzp_error err = {0};
    const char *bad = "{\"RoomUpdate\":{\"count\":1,\"participants\":[{\"fingerprint\":7}]}}";
    wzp_signal_parse(&signal, bad, strlen(bad), &err);
    if (!tap_oom_mode())
        is_str(err.text, "RoomUpdate: participants: [0]: fingerprint: must be a string",
               "the sentence leads to the place");
    wzp_signal_parse(&signal,
                     "\"\xc2\x9b"
                     "2J\\u001b[2J\"",
                     15, &err);
    ok(!strchr(err.text, '\x1b') && !strstr(err.text, "\xc2\x9b"),
       "names from outside are filtered: %s", err.text);
}

/* Reads and writes; what comes out. */
static void check_written(const char *in, const char *out, const char *what)
{
    struct wzp_signal signal;
    char *text = NULL;
    size_t length = 0;
    if (!is_int(wzp_signal_parse(&signal, in, strlen(in), NULL), 0, "%s: read", what))
        return;
    int result = wzp_signal_write(&text, &length, &signal);
    is_int(result, 0, "%s: written", what);
    if (result == 0) {
        is_str(text, out, "%s", what);
        is_int(length, strlen(out), "%s: length", what);
    }
    wzp_free(text);
    wzp_signal_fini(&signal);
}

static void check_forms(void)
{
    check_written("{\"Hold\":null}", "\"Hold\"", "the bare form");
    check_written(" { \"Hangup\" : { \"call_id\" : \"x\", \"new\":{\"a\":1},"
                  " \"reason\":\"Error\"}}",
                  "{\"Hangup\":{\"reason\":\"Error\","
                  "\"call_id\":\"x\"}}",
                  "order and unknown fields");
    check_written("{\"MediaPathReport\":{\"call_id\":\"x\",\"direct_ok\":false}}",
                  "{\"MediaPathReport\":{\"call_id\":\"x\",\"direct_ok\":false,"
                  "\"race_winner\":\"\"}}",
                  "class D is written");
    check_written("{\"LossRecoveryUpdate\":{}}",
                  "{\"LossRecoveryUpdate\":{\"dred_reconstructions\":0,"
                  "\"classical_plc_invocations\":0,\"frames_decoded\":0}}",
                  "counters too");
    check_written("{\"GlobalRoomActive\":{\"room\":\"x\"}}",
                  "{\"GlobalRoomActive\":{\"room\":\"x\",\"participants\":[]}}", "and lists");
    check_written("{\"Transfer\":{\"target_fingerprint\":\"x\"}}",
                  "{\"Transfer\":{\"target_fingerprint\":\"x\",\"relay_addr\":null}}",
                  "class N is null");
    check_written("{\"CandidateUpdate\":{\"call_id\":\"x\",\"local_addrs\":[],\"mapped_addr\":null,"
                  "\"generation\":1}}",
                  "{\"CandidateUpdate\":{\"call_id\":\"x\",\"generation\":1}}",
                  "classes O and L are left out");
    check_written("{\"CallRinging\":{\"call_id\":"
                  "\"\\u0001\\u001F\\u007f\\/\\\"\\\\\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00"
                  "\xc3\xa9\"}}",
                  "{\"CallRinging\":{\"call_id\":"
                  "\"\\u0001\\u001f\x7f/\\\"\\\\\\b\\f\\n\\r\\t\xc3\xa9\xf0\x9f\x98\x80"
                  "\xc3\xa9\"}}",
                  "escapes");
    check_written("{\"Ping\":{\"timestamp_ms\":9223372036854775807}}",
                  "{\"Ping\":{\"timestamp_ms\":9223372036854775807}}", "63 bits");
    check_written("{\"FederatedSignalForward\":{\"origin_relay_fp\":\"f\","
                  "\"inner\": { \"New\" : {\"z\": "
                  "[1, -2, 0.2, 1e300, true, false, null, 9007199254740993], \"a\":\"\\/\"} } }}",
                  "{\"FederatedSignalForward\":{\"inner\":{ \"New\" : {\"z\": "
                  "[1, -2, 0.2, 1e300, true, false, null, 9007199254740993], \"a\":\"\\/\"} },"
                  "\"origin_relay_fp\":\"f\"}}",
                  "a message inside keeps all it has, to the letter");
    check_written("{\"WzpPeerAuth\":{\"call_id\":\"x\",\"mac\":" ZEROS_32 "}}",
                  "{\"WzpPeerAuth\":{\"call_id\":\"x\","
                  "\"mac\":" ZEROS_32 "}}",
                  "peer authentication");
    check_written("{\"WzpWatch\":{\"drop\":[\"b\"],\"add\":[\"a\"]}}",
                  "{\"WzpWatch\":{\"add\":[\"a\"],\"drop\":[\"b\"]}}", "whom to watch");
    check_written("{\"WzpSeen\":{\"people\":[{\"state\":\"Online\",\"fingerprint\":\"a\"},"
                  "{\"fingerprint\":\"b\",\"state\":\"Unproven\"}]}}",
                  "{\"WzpSeen\":{\"people\":[{\"fingerprint\":\"a\",\"state\":\"Online\"},"
                  "{\"fingerprint\":\"b\",\"state\":\"Unproven\"}]}}",
                  "who was seen");
    check_written("{\"RegisterPresenceAck\":{\"success\":true,\"identity_pub\":" ZEROS_32
                  ",\"binding\":{\"v\":2,\"sig\":" ONES_64 "}}}",
                  "{\"RegisterPresenceAck\":{\"success\":true,\"identity_pub\":" ZEROS_32
                  ",\"binding\":{\"v\":2,\"sig\":" ONES_64 "}}}",
                  "our fields of the acknowledgement");
    check_written("{\"FederationHello\":{\"tls_fingerprint\":\"f\",\"proof\":{\"cert\":[48,130],"
                  "\"sig\":" ONES_64 "},\"build\":\"wzp 1\",\"capabilities\":[\"candidates\"]}}",
                  "{\"FederationHello\":{\"tls_fingerprint\":\"f\",\"proof\":{\"cert\":[48,130],"
                  "\"sig\":" ONES_64 "},\"build\":\"wzp 1\",\"capabilities\":[\"candidates\"]}}",
                  "our fields of the hello");
    check_written("{\"CallAnswer\":{\"identity_pub\":" ZEROS_32 ",\"ephemeral_pub\":" ZEROS_32
                  ",\"signature\":[],\"chosen_profile\":" GOOD ",\"binding\":{\"v\":2,"
                  "\"sig\":" ONES_64 "}}}",
                  "{\"CallAnswer\":{\"identity_pub\":" ZEROS_32 ",\"ephemeral_pub\":" ZEROS_32
                  ",\"signature\":[],\"chosen_profile\":" GOOD ",\"binding\":{\"v\":2,"
                  "\"sig\":" ONES_64 "}}}",
                  "our field of the answer");
    check_written("{\"DirectCallAnswer\":{\"call_id\":\"x\",\"accept_mode\":\"AcceptGeneric\","
                  "\"identity_pub\":" ZEROS_32 ",\"ephemeral_pub\":" ZEROS_32 ",\"signature\":[]}}",
                  "{\"DirectCallAnswer\":{\"call_id\":\"x\",\"accept_mode\":\"AcceptGeneric\","
                  "\"identity_pub\":" ZEROS_32 ",\"ephemeral_pub\":" ZEROS_32 ",\"signature\":[]}}",
                  "fields that are there although empty");
}

static void check_floats(void)
{
    static const struct {
        const char *in, *out;
    } floats[] = {
        {"0", "0.0"},
        {"-0.0", "-0.0"},
        {"1", "1.0"},
        {"2", "2.0"},
        {"0.20000000298023224", "0.2"},
        {"0.1", "0.1"},
        {"5e-1", "0.5"},
        {"0.3", "0.3"},
        {"0.333333333", "0.33333334"},
        {"100.25", "100.25"},
        {"16777216", "16777216.0"},
        {"1234567890123", "1234568000000.0"},
        {"12345678901234", "1.2345679e13"},
        {"1e12", "1000000000000.0"},
        {"1e13", "1e13"},
        {"1.5e20", "1.5e20"},
        {"3.4028235e38", "3.4028235e38"},
        {"0.001", "0.001"},
        {"0.00001", "0.00001"},
        {"0.000001", "0.000001"},
        {"0.0000015", "0.0000015"},
        {"0.0000001", "1e-7"},
        {"1.25e-9", "1.25e-9"},
        {"1e-45", "1e-45"},
        {"1e-60", "0.0"},
    };
    for (size_t i = 0; i < sizeof floats / sizeof floats[0]; i++) {
        char in[200], out[200];
        static const char form[] = "{\"QualityDirective\":{\"recommended_profile\":{\"codec\":"
                                   "\"Opus24k\",\"fec_ratio\":%s,\"frame_duration_ms\":20,"
                                   "\"frames_per_block\":5}}}";
        const char *gap = strstr(form, "%s");
        int before = (int)(gap - form);
        snprintf(in, sizeof in, "%.*s%s%s", before, form, floats[i].in, gap + 2);
        snprintf(out, sizeof out, "%.*s%s%s", before, form, floats[i].out, gap + 2);
        check_written(in, out, floats[i].in);
    }
}

static void check_write_refused(void)
{
    struct wzp_signal s = {.type = WZP_SIGNAL_CALL_RINGING};
    char *text = (char *)1;
    size_t length = 1;
    is_int(wzp_signal_write(&text, &length, &s), WZP_E_ARGUMENT, "a missing string");
    ok(!text && length == 0, "gives nothing");
    s.u.call_ringing.call_id = (char[]){"\xff"};
    is_int(wzp_signal_write(&text, &length, &s), WZP_E_ARGUMENT, "not UTF-8");
    s = (struct wzp_signal){.type = WZP_SIGNAL_COUNT};
    is_int(wzp_signal_write(&text, &length, &s), WZP_E_ARGUMENT, "no type");
    s = (struct wzp_signal){.type = WZP_SIGNAL_HANGUP};
    s.u.hangup.reason = (enum wzp_hangup_reason)9;
    is_int(wzp_signal_write(&text, &length, &s), WZP_E_ARGUMENT, "no reason");
    s = (struct wzp_signal){.type = WZP_SIGNAL_QUALITY_DIRECTIVE};
    s.u.quality_directive.recommended_profile.fec_ratio = (float)NAN;
    is_int(wzp_signal_write(&text, &length, &s), WZP_E_ARGUMENT, "no number");
    s.u.quality_directive.recommended_profile.fec_ratio = INFINITY;
    is_int(wzp_signal_write(&text, &length, &s), WZP_E_ARGUMENT, "infinity neither");
    s = (struct wzp_signal){.type = WZP_SIGNAL_PRESENCE_UPDATE};
    char *items[2] = {(char[]){"a"}, NULL};
    s.u.presence_update.fingerprints.items = items;
    s.u.presence_update.fingerprints.count = 2;
    s.u.presence_update.relay_addr = items[0];
    is_int(wzp_signal_write(&text, &length, &s), WZP_E_ARGUMENT, "a gap in a list");
    s = (struct wzp_signal){.type = WZP_SIGNAL_FEDERATED_SIGNAL_FORWARD};
    s.u.federated_signal_forward.origin_relay_fp = items[0];
    is_int(wzp_signal_write(&text, &length, &s), WZP_E_ARGUMENT, "no inner message");
    char bad[][32] = {"", "x", "[]", "{}", "1", "\"Hold\",\"x\":1", "{\"a\":1,\"b\":2}"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        s.u.federated_signal_forward.inner = bad[i];
        is_int(wzp_signal_write(&text, &length, &s), WZP_E_ARGUMENT, "inner text %s", bad[i]);
    }
    s = (struct wzp_signal){.type = WZP_SIGNAL_MEDIA_PATH_REPORT};
    s.u.media_path_report.call_id = items[0];
    if (is_int(wzp_signal_write(&text, &length, &s), 0, "class D needs no string"))
        is_str(text,
               "{\"MediaPathReport\":{\"call_id\":\"a\",\"direct_ok\":false,\"race_winner\":\"\"}}",
               "it reads as \"\"");
    wzp_free(text);
    is_str(wzp_signal_type_name(WZP_SIGNAL_COUNT), "unknown", "no name");
}

/* depth times "[" between the two ends. */
static int parse_nested(char *room, int depth)
{
    struct wzp_signal signal;
    int n = snprintf(room, 64, "{\"Ping\":{\"timestamp_ms\":1,\"x\":");
    memset(room + n, '[', (size_t)depth);
    n += depth;
    memset(room + n, ']', (size_t)depth);
    n += depth;
    n += snprintf(room + n, 3, "}}");
    int result = wzp_signal_parse(&signal, room, (size_t)n, NULL);
    if (result == 0)
        wzp_signal_fini(&signal);
    return result;
}

/* count times "" in a list. */
static int parse_list(char *room, size_t count)
{
    struct wzp_signal signal;
    char *at = room + sprintf(room, "{\"PresenceUpdate\":{\"relay_addr\":\"\",\"fingerprints\":[");
    for (size_t i = 0; i < count; i++)
        at += sprintf(at, "%s\"\"", i ? "," : "");
    at += sprintf(at, "]}}");
    int result = wzp_signal_parse(&signal, room, (size_t)(at - room), NULL);
    if (result == 0)
        wzp_signal_fini(&signal);
    return result;
}

static void check_list_cap(char *room)
{
    is_int(parse_list(room, tap_oom_mode() ? 10 : 16384), 0, "as many items as may be");
    is_int(parse_list(room, 16385), tap_oom_mode() ? parse_list(room, 16385) : WZP_E_TOO_BIG,
           "one more is too many");
}

static void check_caps(void)
{
    size_t size = 3 * WZP_FRAME_MAX;
    char *room = malloc(size);
    struct wzp_signal signal;
    char *text = NULL;
    size_t length = 0;
    if (!room)
        bail("no memory");
    is_int(parse_nested(room, WZP_SIGNAL_DEPTH_MAX - 2), 0, "as deep as may be");
    is_int(parse_nested(room, WZP_SIGNAL_DEPTH_MAX - 1), WZP_E_SYNTAX, "deeper");
    is_int(parse_nested(room, 400000), WZP_E_SYNTAX, "far deeper");
    memset(room, '[', 1000);
    is_int(wzp_signal_parse(&signal, room, 1000, NULL), WZP_E_SYNTAX, "open brackets only");
    memset(room, ' ', size);
    memcpy(room, "\"Hold\"", 6);
    is_int(wzp_signal_parse(&signal, room, WZP_FRAME_MAX, NULL), 0, "the largest message");
    is_int(wzp_signal_parse(&signal, room, WZP_FRAME_MAX + 1, NULL), WZP_E_TOO_BIG, "larger");
    for (size_t i = 0; i < WZP_FRAME_MAX; i++)
        room[i] = i % 2 == 0 ? '0' : ',';
    room[0] = '[';
    room[WZP_FRAME_MAX - 1] = ']';
    is_int(wzp_signal_parse(&signal, room, WZP_FRAME_MAX, NULL), WZP_E_SYNTAX, "a list is none");
    check_list_cap(room);

    memset(room, 'x', size);
    size_t fixed = strlen("{\"CallRinging\":{\"call_id\":\"\"}}");
    room[WZP_FRAME_MAX - fixed] = '\0';
    signal = (struct wzp_signal){.type = WZP_SIGNAL_CALL_RINGING, .u.call_ringing = {room}};
    is_int(wzp_signal_write(&text, &length, &signal), 0, "the longest text written");
    is_int(length, WZP_FRAME_MAX, "fills a message");
    if (text != NULL && wzp_signal_parse(&signal, text, length, NULL) == 0) {
        is_int(strlen(signal.u.call_ringing.call_id), WZP_FRAME_MAX - fixed, "and is read");
        wzp_signal_fini(&signal);
    }
    wzp_free(text);
    room[WZP_FRAME_MAX - fixed] = 'x';
    room[WZP_FRAME_MAX - fixed + 1] = '\0';
    signal = (struct wzp_signal){.type = WZP_SIGNAL_CALL_RINGING, .u.call_ringing = {room}};
    is_int(wzp_signal_write(&text, &length, &signal), WZP_E_TOO_BIG, "one byte more is too big");
    free(room);
}

static void check_replaced(const char *in, const char *field, const char *value, int result,
                           const char *out)
{
    char *text = NULL;
    size_t length = 0;
    is_int(wzp_signal_replace_field(&text, &length, in, strlen(in), field, value), result,
           "%s of %.60s", field, in);
    is_str(text, tap_oom_mode() ? text : out, "the new text");
    ok(length == (text != NULL ? strlen(text) : 0), "its length");
    wzp_free(text);
}

static void check_replace(void)
{
    const char offer[] = "{\"DirectCallOffer\": {\"later\":{\"b\":1,\"a\":[1.5,-3,1.0,true]},"
                         "\"caller_fingerprint\":\"a\",\"call_id\":\"\xc3\xa9\","
                         "\"n\":12345678901234}}";
    check_replaced(offer, "caller_fingerprint", "b\"", 0,
                   "{\"DirectCallOffer\": {\"later\":{\"b\":1,\"a\":[1.5,-3,1.0,true]},"
                   "\"caller_fingerprint\":\"b\\\"\",\"call_id\":\"\xc3\xa9\","
                   "\"n\":12345678901234}}");
    check_replaced(offer, "later", NULL, 0,
                   "{\"DirectCallOffer\": {\"caller_fingerprint\":\"a\",\"call_id\":\"\xc3\xa9\","
                   "\"n\":12345678901234}}");
    check_replaced(offer, "new", "x", 0,
                   "{\"DirectCallOffer\": {\"later\":{\"b\":1,\"a\":[1.5,-3,1.0,true]},"
                   "\"caller_fingerprint\":\"a\",\"call_id\":\"\xc3\xa9\",\"n\":12345678901234,"
                   "\"new\":\"x\"}}");
    check_replaced("{\"X\":{}}", "absent", NULL, 0, "{\"X\":{}}");
    check_replaced("{\"X\":{ }}", "a", "b", 0, "{\"X\":{ \"a\":\"b\"}}");
    check_replaced("{\"X\":{ \"a\" : [1e400] , \"b\":0.10}}", "a", "z", 0,
                   "{\"X\":{ \"a\" : \"z\" , \"b\":0.10}}");
    check_replaced("{\"X\":{ \"a\" : [1e400] , \"b\":0.10}}", "a", NULL, 0,
                   "{\"X\":{ \"b\":0.10}}");
    check_replaced("{\"X\":{ \"a\" : [1e400] , \"b\":0.10 }}", "b", NULL, 0,
                   "{\"X\":{ \"a\" : [1e400]  }}");
    check_replaced("{\"X\":{\"a\" : 1 }}", "a", NULL, 0, "{\"X\":{}}");
    check_replaced("{\"X\":{\"a\":1,\"a\":2}}", "a", "b", WZP_E_SYNTAX, NULL);
    check_replaced("\"Hold\"", "a", "b", WZP_E_NOT_FOUND, NULL);
    check_replaced("{\"Hold\":null}", "a", "b", WZP_E_NOT_FOUND, NULL);
    check_replaced("{\"X\":{},\"Y\":{}}", "a", "b", WZP_E_SYNTAX, NULL);
    check_replaced("[]", "a", "b", WZP_E_SYNTAX, NULL);
    check_replaced("{", "a", "b", WZP_E_SYNTAX, NULL);
    check_replaced("{\"X\":{}}", "a", "\xff", WZP_E_ARGUMENT, NULL);
}

/* Every allocation of a read, a write and a replacement fails once, at every length a text may
 * have against the library's buffers. */
static void check_memory(void)
{
    char text[400];
    bool survived = true;
    if (tap_oom_mode())
        return;
    for (int pad = 0; pad < 70; pad++) {
        long live = wzp_alloc_live();
        int n = snprintf(text, sizeof text,
                         "{\"CandidateUpdate\":{\"call_id\":\"%0*d\\\"\\\\\","
                         "\"local_addrs\":[\"1.2.3.4:5\",\"\"],"
                         "\"mapped_addr\":\"z\",\"generation\":7,\"new\":{\"k%0*d\":[1.25,null]}}}",
                         pad, 1, pad, 2);
        for (int fail = 1; fail < 200; fail++) {
            struct wzp_signal signal;
            struct wzp_error err = {0};
            char *out = NULL;
            size_t length = 0;
            wzp_alloc_fail_after(fail);
            int result = wzp_signal_parse(&signal, text, (size_t)n, &err);
            if (result == 0) {
                result = wzp_signal_write(&out, &length, &signal);
                wzp_signal_fini(&signal);
                wzp_free(out);
            }
            if (result == 0) {
                result = wzp_signal_replace_field(&out, &length, text, (size_t)n, "other", "value");
                wzp_free(out);
            }
            survived =
                survived && (result == 0 || result == WZP_E_MEMORY) && wzp_alloc_live() == live;
            uint64_t before = wzp_alloc_calls();
            void *probe = wzp_alloc(1); /* fails: everything before went well */
            wzp_free(probe);
            wzp_alloc_fail_after(0);
            if (!probe && wzp_alloc_calls() == before + 1)
                break;
            survived = survived && fail < 199;
        }
    }
    ok(survived, "lack of memory at any place is WZP_E_MEMORY and leaves nothing");
}

TAP_MAIN
{
    setlocale(LC_ALL, ""); /* whatever the machine has: numbers must not follow it */
    wzp_signal_use_allocator();
    check_rules();
    check_forms();
    check_floats();
    if (setlocale(LC_NUMERIC, "de_DE.UTF-8") != NULL ||
        setlocale(LC_NUMERIC, "fr_FR.UTF-8") != NULL)
        check_floats();
    check_write_refused();
    check_caps();
    check_replace();
    check_memory();
}
