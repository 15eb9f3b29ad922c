/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Names that become an SNI. Source: wzp-protocol(7), Names. */
#include "wire/name.h"

#include <string.h>

#include "base/error.h"
#include "tap.h"

static void check_rules(void)
{
    static const char *const good[] = {
        "a",   "general", "Ops-Channel", "a_b",  "_signal",       "a.b", "1a",
        "1-2", "5.room",  "10.0.0.1x",   "a--b", "call-18a5f3c2", "_",
    };
    static const char *const bad[] = {
        "",     ".",      "a.",       ".a",  "a..b",        "-a",  "a-",  "a.-b", "a-.b",
        "1234", "room.5", "10.0.0.1", "a b", "caf\xc3\xa9", "a/b", "a:b", "a\nb", "a@b",
    };
    char typed[WZP_SNI_MAX + 3];
    char out[WZP_SNI_MAX + 1];
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        ok(wzp_sni_valid(good[i], strlen(good[i])), "\"%s\" is a name", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct wzp_error err = {0};
        ok(!wzp_sni_valid(bad[i], strlen(bad[i])), "\"%s\" is none", bad[i]);
        is_int(wzp_room_name_normalize(out, bad[i], &err), WZP_E_SYNTAX, "nor a room");
        ok(err.code == WZP_E_SYNTAX && strlen(err.text) > 20, "because: %s", err.text);
        is_int(wzp_room_name_normalize(out, bad[i], NULL), WZP_E_SYNTAX, "also without a sentence");
    }
    ok(!wzp_sni_valid("a\0b", 3), "no inner 0");
    memset(typed, 'a', sizeof typed);
    ok(wzp_sni_valid(typed, 63), "63 in a label");
    ok(!wzp_sni_valid(typed, 64), "not 64");
    for (size_t i = 63; i < sizeof typed; i += 64)
        typed[i] = '.';
    ok(wzp_sni_valid(typed, 253), "253 in all");
    ok(!wzp_sni_valid(typed, 254), "not 254");
    typed[253] = '\0';
    is_int(wzp_room_name_normalize(out, typed, NULL), 0, "the longest room");
    is_str(out, typed, "is kept");
    typed[253] = 'a';
    typed[254] = '\0';
    is_int(wzp_room_name_normalize(out, typed, NULL), WZP_E_SYNTAX, "a longer one is not");
}

TAP_MAIN
{
    char out[WZP_SNI_MAX + 1];
    struct wzp_error err;
    check_rules();

    is_int(wzp_room_name_normalize(out, "My-Room.X1", &err), 0, "a room");
    is_str(out, "my-room.x1", "in lower case");
    static const char *const reserved[] = {"ping",   "PING",        "version", "_signal",
                                           "_Probe", "_federation", "_relay",  "_"};
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++) {
        err = (struct wzp_error){0};
        is_int(wzp_room_name_normalize(out, reserved[i], &err), WZP_E_REFUSED, "%s is reserved",
               reserved[i]);
        ok(strstr(err.text, "reserved") != NULL, "and told so");
        is_str(out, "", "no name stays");
    }
    is_int(wzp_room_name_normalize(out, "pings", NULL), 0, "a longer word is not");
    is_int(wzp_room_name_normalize(out, "call-1", &err), 0, "a call's room is one");
    is_int(wzp_room_name_choose(out, "Call-1", &err), WZP_E_REFUSED, "that nobody may choose");
    is_int(wzp_room_name_choose(out, "Calls", &err), 0, "others one may");
    is_str(out, "calls", "in small letters, too");

    ok(wzp_call_id_valid("18a5f3c2b1d0e000", 16), "a call id");
    ok(wzp_call_id_valid("a_b-c", 5), "with signs");
    ok(!wzp_call_id_valid("18A5", 4), "not in upper case");
    ok(!wzp_call_id_valid("", 0), "not empty");
    ok(!wzp_call_id_valid("a-", 2) && !wzp_call_id_valid("-a", 2), "no - at the ends");
    ok(!wzp_call_id_valid("a.b", 3) && !wzp_call_id_valid("a/b", 3), "no other signs");
    static const char longest[] = "0123456789abcdef0123456789abcdef0123456789abcdef01234";
    ok(wzp_call_id_valid(longest, 53), "53 characters");
    ok(!wzp_call_id_valid("0123456789abcdef0123456789abcdef0123456789abcdef012345", 54), "not 54");
    char sni[80] = "call-call-";
    memcpy(sni + 10, longest, sizeof longest);
    ok(wzp_sni_valid(sni, strlen(sni)), "the longest id fits the doubled prefix");

    static const struct {
        const char *name;
        enum wzp_purpose purpose;
    } purposes[] = {
        {"ping", WZP_PURPOSE_PING},        {"version", WZP_PURPOSE_VERSION},
        {"_probe", WZP_PURPOSE_PROBE},     {"_federation", WZP_PURPOSE_FEDERATION},
        {"_signal", WZP_PURPOSE_SIGNAL},   {"_relay", WZP_PURPOSE_UNKNOWN},
        {"_", WZP_PURPOSE_UNKNOWN},        {"_signals", WZP_PURPOSE_UNKNOWN},
        {"call-1", WZP_PURPOSE_CALL_ROOM}, {"call-", WZP_PURPOSE_CALL_ROOM},
        {"call", WZP_PURPOSE_ROOM},        {"general", WZP_PURPOSE_ROOM},
        {"default", WZP_PURPOSE_ROOM},     {"pinger", WZP_PURPOSE_ROOM},
        {"signal", WZP_PURPOSE_ROOM},      {"localhost", WZP_PURPOSE_ROOM},
    };
    for (size_t i = 0; i < sizeof purposes / sizeof purposes[0]; i++)
        is_int(wzp_sni_purpose(purposes[i].name), purposes[i].purpose, "what %s is for",
               purposes[i].name);
    char mixed[] = "A-Z_\xc3\x89[@`{";
    wzp_sni_lower(mixed);
    is_str(mixed, "a-z_\xc3\x89[@`{", "only ASCII letters change");
}
