/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Why media goes directly or over the relay: a closed list, one row each, for events, JSON, history
 * and people. The last three are only about the relay's own connection. Source: wzp-protocol(7),
 * Race, Roles. */
#ifndef WZP_NAT_RACE_REASON_H
#define WZP_NAT_RACE_REASON_H

#include <stdbool.h>

/* X-macro: name, direct, word, sentence. */
#define WZP_RACE_REASON_TABLE(X)                                                                   \
    X(SEARCHING, false, "searching", "a direct path is still being looked for")                    \
    X(LAN, true, "lan", "direct over the local network")                                           \
    X(IPV6, true, "ipv6", "direct over IPv6")                                                      \
    X(MAPPED, true, "mapped", "direct through a port that the peer's router opened")               \
    X(PUNCHED, true, "punched", "direct: both sides opened their routers for each other")          \
    X(PEER_REFLEXIVE, true, "peer-reflexive",                                                      \
      "direct at an address that was first seen when the peer's packets came")                     \
    X(PREDICTED, true, "predicted", "direct at a port that the peer's router was expected to use") \
    X(BIRTHDAY, true, "birthday", "direct at a port that was found by a search")                   \
    X(PRIVACY, false, "privacy", "over the relay, so that the peer does not learn this address")   \
    X(POLICY, false, "policy", "over the relay, because the settings say so")                      \
    X(NO_ADDRESS, false, "no-address",                                                             \
      "over the relay: the public address of one side is not known")                               \
    X(PEER_ADDRESSLESS, false, "peer-addressless",                                                 \
      "over the relay: the peer announced no address that can be used")                            \
    X(PEER_PRIVACY, false, "peer-privacy",                                                         \
      "over the relay: the peer answered without showing its address")                             \
    X(NO_COMMON_FAMILY, false, "no-common-family",                                                 \
      "over the relay: one side has only IPv4 and the other only IPv6")                            \
    X(UNREACHABLE, false, "unreachable", "over the relay: none of the peer's addresses answered")  \
    X(HARD_NAT, false, "hard-nat",                                                                 \
      "over the relay: one router uses another port for every destination, and the other lets in " \
      "only what it asked for")                                                                    \
    X(BOTH_HARD, false, "both-hard",                                                               \
      "over the relay: both routers use another port for every destination")                       \
    X(IDENTITY, false, "identity",                                                                 \
      "over the relay: somebody answered who could not prove to be the peer")                      \
    X(PEER_FAILED, false, "peer-failed", "over the relay: the peer could not use the direct path") \
    X(PEER_SILENT, false, "peer-silent",                                                           \
      "over the relay: the peer did not confirm the direct path")                                  \
    X(PATH_DIED, false, "path-died", "over the relay: the direct path stopped working")            \
    X(RELAY_BACK, false, "relay-back", "the connection to the relay is back")                      \
    X(RELAY_HEARD, false, "relay-heard", "the connection to the relay is heard again")             \
    X(ROOM, false, "room", "rooms always go through the relay")

enum wzp_race_reason {
#define WZP_RACE_REASON_ENUM(name, direct, word, sentence) WZP_RACE_##name,
    WZP_RACE_REASON_TABLE(WZP_RACE_REASON_ENUM)
#undef WZP_RACE_REASON_ENUM
        WZP_RACE_REASONS
};

/* The word and the sentence; static. A number beyond the list gives NULL. */
const char *wzp_race_reason_word(enum wzp_race_reason reason);
const char *wzp_race_reason_text(enum wzp_race_reason reason);
bool wzp_race_reason_is_direct(enum wzp_race_reason reason);

#endif
