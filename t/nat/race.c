/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The race alone: what it never does, how it behaves towards old peers, and every way it can end.
 * Source: wzp-protocol(7), Race, Roles. */
#include "nat/race.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "nat/retry.h"
#include "nat/lib_networks.h"
#include "tap.h"

static struct wzp_race race;
static struct wzp_race_config config;
static struct wzp_candidate_list peer;
static struct wzp_networks lan;

static struct wzp_addr parse(const char *text)
{
    struct wzp_addr addr;
    if (wzp_addr_parse(&addr, text, strlen(text)) < 0)
        bail("\"%s\" is no address", text);
    return addr;
}

static void offer(enum wzp_candidate_kind kind, const char *text)
{
    struct wzp_addr addr = parse(text);
    wzp_candidate_add(&peer, kind, &addr, NULL);
}

static void fresh(enum wzp_role role, bool ours)
{
    static const uint8_t secret[WZP_PUNCH_KEY_SIZE] = {7};
    memset(&config, 0, sizeof config);
    memset(&peer, 0, sizeof peer);
    config.role = role;
    config.ours = config.need_proof = ours;
    config.has_v4 = config.has_v6 = true;
    wzp_punch_key_init(&config.key, "call", secret);
    config.own_reflexive = parse("203.0.113.5:4000");
    config.peer_reflexive = config.peer_seen = parse("198.51.100.9:5000");
    memset(&lan, 0, sizeof lan);
    networks_add(&lan, "eth0", "192.168.1.10", 24, WZP_INTERFACE_UP);
    config.networks = &lan;
}

/* The first race of a call. */
static void begin(uint64_t now)
{
    memset(&race, 0, sizeof race);
    wzp_race_start(&race, &config, &peer, now);
}

/* Takes the actions that are due now: counts them by kind, and keeps the last one of each kind. */
static unsigned counts[5];
static struct wzp_race_action last[5];
static unsigned packets;
static void take(uint64_t now)
{
    struct wzp_race_action a;
    uint8_t data[WZP_PACKET_MAX];
    struct wzp_packet packet = {.data = data, .capacity = sizeof data};
    unsigned ttl;
    memset(counts, 0, sizeof counts);
    packets = 0;
    if (wzp_race_expiry(&race) <= now)
        wzp_race_handle_expiry(&race, now);
    while (wzp_race_next(&race, &a, now)) {
        counts[a.kind]++;
        last[a.kind] = a;
    }
    while (wzp_race_next_packet(&race, &packet, &ttl, now))
        packets++;
}

static void check_silence(void)
{
    static const struct {
        bool privacy, relay_only, v4, addressless;
        enum wzp_role role;
        enum wzp_race_reason reason;
    } rows[] = {
        {true, false, true, false, WZP_ROLE_DIALER, WZP_RACE_PRIVACY},
        {true, false, true, false, WZP_ROLE_ACCEPTOR, WZP_RACE_PRIVACY},
        {false, true, true, false, WZP_ROLE_DIALER, WZP_RACE_POLICY},
        {false, false, true, true, WZP_ROLE_DIALER, WZP_RACE_PEER_ADDRESSLESS},
        {false, false, true, false, WZP_ROLE_NONE, WZP_RACE_NO_ADDRESS},
        {false, false, false, false, WZP_ROLE_DIALER, WZP_RACE_NO_COMMON_FAMILY},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fresh(rows[i].role, true);
        if (!rows[i].addressless) {
            offer(WZP_CANDIDATE_HOST, "192.168.1.20:5000");
            offer(WZP_CANDIDATE_REFLEXIVE, "198.51.100.9:5000");
        }
        config.privacy = rows[i].privacy;
        config.relay_only = rows[i].relay_only;
        config.has_v4 = rows[i].v4;
        begin(0);
        unsigned dials = 0, sent = 0, reports = 0, relays = 0, decisions = 0;
        for (uint64_t now = 0; now < 10 * WZP_SECOND; now += 10 * WZP_MILLISECOND) {
            take(now);
            dials += counts[WZP_RACE_DO_DIAL];
            reports += counts[WZP_RACE_DO_REPORT];
            relays += counts[WZP_RACE_DO_DIAL_RELAY];
            decisions += counts[WZP_RACE_DO_DECIDE];
            sent += packets;
        }
        const char *word = wzp_race_reason_word(rows[i].reason);
        ok(dials == 0 && sent == 0, "%s: no packet to the peer, ever", word);
        is_int(reports, rows[i].privacy ? 0 : 1, "%s: and %s report", word,
               rows[i].privacy ? "no" : "one");
        ok(relays == 1 && decisions == 1 && last[WZP_RACE_DO_DECIDE].reason == rows[i].reason,
           "%s: the relay, with that reason", word);
        struct wzp_addr stranger = parse("198.51.100.9:5000");
        is_int(wzp_race_incoming(&race, &stranger, 0), WZP_E_REFUSED, "%s: nobody comes in", word);
        ok(wzp_race_expiry(&race) == WZP_NEVER, "%s: and nothing is due", word);
    }
}

static void check_dials(void)
{
    fresh(WZP_ROLE_DIALER, true);
    offer(WZP_CANDIDATE_HOST, "192.168.1.20:5000"); /* our subnet */
    offer(WZP_CANDIDATE_HOST, "10.7.7.7:5000");     /* some other one */
    offer(WZP_CANDIDATE_HOST, "[2001:db8::9]:5001");
    offer(WZP_CANDIDATE_MAPPED, "198.51.100.9:6000");
    offer(WZP_CANDIDATE_REFLEXIVE, "198.51.100.9:5000");
    begin(0);
    take(0);
    is_int(
        counts[WZP_RACE_DO_DIAL], 3,
        "own subnet, and where the relay sees the peer (mapped, reflexive), are dialled at once");
    is_int(counts[WZP_RACE_DO_DIAL_RELAY], 1, "beside the relay");
    is_int(packets, 4, "the IPv6 address, too, is punched at once");
    take(99 * WZP_MILLISECOND);
    is_int(packets, 4, "another subnet is not");
    take(100 * WZP_MILLISECOND);
    ok(counts[WZP_RACE_DO_DIAL] == 0 && packets == 1, "but after 100 ms");
    struct wzp_addr v6 = parse("[2001:db8::9]:5001");
    struct wzp_punch question = {.kind = WZP_PUNCH_QUESTION};
    uint8_t punch[WZP_PUNCH_SIZE];
    wzp_punch_write(punch, &config.key, &question, false);
    ok(wzp_race_punched(&race, &v6, punch, sizeof punch, 120 * WZP_MILLISECOND),
       "the peer's punch comes from the IPv6 address");
    take(120 * WZP_MILLISECOND);
    ok(counts[WZP_RACE_DO_DIAL] == 1 && wzp_addr_equal(&last[WZP_RACE_DO_DIAL].remote, &v6),
       "which is dialled then");
    config.peer_reflexive = parse("203.0.113.5:7777");
    begin(0);
    take(0);
    is_int(packets, 5, "behind one public address all are punched at once");
    config.has_v6 = false;
    begin(0);
    take(0);
    is_int(packets, 4, "without a v6 socket no v6 address is");
    config.role = WZP_ROLE_ACCEPTOR;
    begin(0);
    take(0);
    ok(counts[WZP_RACE_DO_DIAL] == 0 && packets == 4, "the acceptor punches and does not dial");
    config.role = WZP_ROLE_DIALER;
    config.has_v6 = true;
    memset(&config.peer_seen, 0, sizeof config.peer_seen);
    begin(0);
    take(0);
    ok(counts[WZP_RACE_DO_DIAL] == 1 && packets == 5,
       "where no relay sees the peer, only our subnet is dialled before a punch came");
    config.ours = config.need_proof = false;
    begin(0);
    take(100 * WZP_MILLISECOND);
    ok(counts[WZP_RACE_DO_DIAL] == 5 && packets == 0, "an old peer punches not: all are dialled");
}

/* The peer's candidates may be a victim's addresses: in all races of a call they get ten packets.
 */
static void check_probes(void)
{
    for (unsigned kind = 0; kind < 4; kind++) {
        bool ours = kind < 2;
        fresh(kind % 2 ? WZP_ROLE_DIALER : WZP_ROLE_ACCEPTOR, ours);
        memset(&config.peer_seen, 0, sizeof config.peer_seen);
        offer(WZP_CANDIDATE_REFLEXIVE, "198.51.100.9:5000");
        memset(&race, 0, sizeof race);
        unsigned cost = 0, sent = 0, before = 0;
        for (unsigned again = 0; again < 10; again++) {
            wzp_race_start(&race, &config, &peer, again * 10 * WZP_SECOND);
            for (uint64_t at = 0; at < 5 * WZP_SECOND; at += 50 * WZP_MILLISECOND) {
                take(again * 10 * WZP_SECOND + at);
                sent += packets;
                cost += counts[WZP_RACE_DO_DIAL] * WZP_RACE_DIAL_COST + packets;
            }
            before = again == 0 ? cost : before;
        }
        const char *who = ours ? "ours" : "an old peer";
        ok(before > 0 && cost <= WZP_RACE_PROBES && cost >= before,
           "%s, %s: ten races cost who was named and never answered %u packets", who,
           kind % 2 ? "dialled" : "punched", cost);
        if (ours)
            is_int(sent, cost, "all of them small");
        wzp_race_moved(&race);
        wzp_race_start(&race, &config, &peer, 200 * WZP_SECOND);
        take(200 * WZP_SECOND);
        ok(packets + counts[WZP_RACE_DO_DIAL] > 0, "somewhere else we may try again");
    }
    fresh(WZP_ROLE_ACCEPTOR, true);
    memset(&config.peer_seen, 0, sizeof config.peer_seen);
    offer(WZP_CANDIDATE_REFLEXIVE, "198.51.100.9:5000");
    begin(0);
    struct wzp_addr there = parse("198.51.100.9:5000");
    struct wzp_punch question = {.kind = WZP_PUNCH_QUESTION};
    uint8_t punch[WZP_PUNCH_SIZE];
    wzp_punch_write(punch, &config.key, &question, true);
    ok(wzp_race_punched(&race, &there, punch, sizeof punch, 1), "one that the peer proved to have");
    unsigned again_sent = 0;
    for (unsigned again = 1; again < 10; again++) {
        wzp_race_start(&race, &config, &peer, again * 60 * WZP_SECOND);
        take(again * 60 * WZP_SECOND);
        again_sent += packets;
    }
    is_int(again_sent, 9, "is tried in every race of the call");
    fresh(WZP_ROLE_ACCEPTOR, true);
    memset(&race, 0, sizeof race);
    unsigned named = 0, sent = 0;
    for (unsigned again = 0; again < 20; again++) {
        char text[48];
        memset(&peer, 0, sizeof peer);
        for (unsigned i = 0; i < WZP_CANDIDATES_MAX; i++, named++) {
            snprintf(text, sizeof text, "192.0.2.%u:%u", named % 250 + 1, 5000 + named / 250);
            offer(WZP_CANDIDATE_HOST, text);
        }
        wzp_race_start(&race, &config, &peer, again * 10 * WZP_SECOND);
        take(again * 10 * WZP_SECOND);
        sent += packets;
    }
    is_int(sent, WZP_RACE_PROBED, "of ever new addresses so many are tried, in all races");
    memset(&peer, 0, sizeof peer);
    offer(WZP_CANDIDATE_REFLEXIVE, "198.51.100.9:5000");
    wzp_race_start(&race, &config, &peer, 300 * WZP_SECOND);
    take(300 * WZP_SECOND);
    is_int(packets, 1, "but always where the relay sees the peer");
}

static void check_limits(void)
{
    fresh(WZP_ROLE_ACCEPTOR, true);
    char text[48];
    for (unsigned i = 0; i < 30; i++) {
        snprintf(text, sizeof text, "198.51.100.%u:5000", i + 1);
        offer(WZP_CANDIDATE_HOST, text);
    }
    begin(0);
    unsigned sent = 0;
    struct wzp_addr victim = parse("198.51.100.7:5000");
    struct wzp_punch question = {.kind = WZP_PUNCH_QUESTION};
    uint8_t punch[WZP_PUNCH_SIZE];
    wzp_punch_write(punch, &config.key, &question, true);
    for (uint64_t now = 0; now < 10 * WZP_SECOND; now += 10 * WZP_MILLISECOND) {
        wzp_race_punched(&race, &victim, punch, sizeof punch, now);
        take(now);
        sent += packets;
    }
    is_int(race.targets[6].punches + race.targets[6].answers, 10,
           "ten small packets to one address");
    is_int(sent, 20 * 6 + 4, "to twenty addresses at most");
    begin(0);
    for (uint32_t generation = 1; generation <= 50; generation++) {
        memset(&peer, 0, sizeof peer);
        for (unsigned i = 0; i < 20; i++) {
            snprintf(text, sizeof text, "198.51.100.%u:%u", i + 1, 1000 + generation);
            offer(WZP_CANDIDATE_HOST, text);
        }
        wzp_race_update(&race, &peer, generation, NULL, generation * 10 * WZP_MILLISECOND);
    }
    sent = 0;
    for (uint64_t now = WZP_SECOND; now < 3 * WZP_SECOND; now += 10 * WZP_MILLISECOND) {
        take(now);
        sent += packets;
    }
    ok(race.targets_ever <= 40 && sent <= 240, "fifty updates do not make us knock everywhere: %u",
       sent);
    size_t count = race.target_count;
    wzp_race_update(&race, &peer, 50, NULL, WZP_SECOND);
    wzp_race_update(&race, &peer, 3, NULL, WZP_SECOND);
    ok(race.generation == 50 && race.target_count == count, "an older update changes nothing");
    for (unsigned i = 0; i < 20; i++)
        wzp_race_incoming(&race, &victim, WZP_SECOND);
    is_int(race.incoming_refused, 12, "only eight may come in");
}

static void check_forged(void)
{
    fresh(WZP_ROLE_DIALER, true);
    offer(WZP_CANDIDATE_REFLEXIVE, "198.51.100.9:5000");
    begin(0);
    take(0);
    uint8_t punch[WZP_PUNCH_SIZE] = {0, 'W', 'Z', 'P'};
    struct wzp_addr stranger = parse("192.0.2.66:1");
    struct wzp_punch answer = {.kind = WZP_PUNCH_ANSWER};
    ok(!wzp_race_punched(&race, &stranger, punch, sizeof punch, 1), "a forged punch is not heard");
    ok(!wzp_race_punched(&race, &stranger, punch, 1, 1), "nor is a bare one");
    wzp_punch_write(punch, &config.key, &answer, true);
    ok(!wzp_race_punched(&race, &stranger, punch, sizeof punch, 1), "nor one of our own");
    is_int(race.punches_ignored, 3, "they are counted");
    is_int(race.target_count, 1, "and add nothing");
    wzp_punch_write(punch, &config.key, &answer, false);
    ok(wzp_race_punched(&race, &stranger, punch, sizeof punch, 30 * WZP_MILLISECOND),
       "one of the peer's from a new address is");
    is_int(race.targets[1].candidate.kind, WZP_CANDIDATE_PEER_REFLEXIVE, "a peer-reflexive one");
    take(30 * WZP_MILLISECOND);
    is_int(counts[WZP_RACE_DO_DIAL], 1, "which is dialled at once");
    ok(wzp_addr_equal(&last[WZP_RACE_DO_DIAL].remote, &stranger), "there");
    is_int(race.targets[1].rtt, 30 * WZP_MILLISECOND, "its round trip is known");
}

/* The table of wzp-protocol(7), Race: we have a direct path, the peer's report, the result. */
static void check_agreement(void)
{
    static const struct {
        bool mine;
        int theirs; /* 1 yes, 0 no, -1 silent */
        bool ours, direct;
        enum wzp_race_reason reason;
        int at; /* ms */
    } rows[] = {
        {true, 1, false, true, WZP_RACE_PUNCHED, 500},
        {true, 0, false, false, WZP_RACE_PEER_FAILED, 500},
        {true, -1, false, false, WZP_RACE_PEER_SILENT, 4000},
        {false, 1, false, false, WZP_RACE_UNREACHABLE, 2000},
        {false, 0, false, false, WZP_RACE_PEER_FAILED, 500},
        {false, -1, false, false, WZP_RACE_UNREACHABLE, 2000},
        /* For a peer of ours its proof counts as its report, until it says otherwise. */
        {true, 1, true, true, WZP_RACE_PUNCHED, 200},
        {false, 1, true, false, WZP_RACE_UNREACHABLE, 4000},
        {true, -1, true, true, WZP_RACE_PUNCHED, 200},
        {true, 0, true, false, WZP_RACE_PEER_FAILED, 1500},
        {false, 0, true, false, WZP_RACE_PEER_FAILED, 1500},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fresh(WZP_ROLE_DIALER, rows[i].ours);
        offer(WZP_CANDIDATE_REFLEXIVE, "198.51.100.9:5000");
        begin(0);
        int decided_at = -1, report_at = -1;
        bool report = false;
        struct wzp_race_action decision = {0};
        for (int ms = 0; ms <= 6000; ms += 10) {
            uint64_t now = (uint64_t)ms * WZP_MILLISECOND;
            if (rows[i].mine && ms == 200) {
                wzp_race_connected(&race, 0, 40 * WZP_MILLISECOND, now);
                wzp_race_proved(&race, 0, now);
            }
            if (rows[i].theirs >= 0 && (ms == 500 || ms == 1500))
                wzp_race_peer_report(&race, rows[i].theirs, now);
            take(now);
            if (counts[WZP_RACE_DO_REPORT]) {
                report_at = ms;
                report = last[WZP_RACE_DO_REPORT].direct_ok;
            }
            if (counts[WZP_RACE_DO_DECIDE]) {
                decided_at = ms;
                decision = last[WZP_RACE_DO_DECIDE];
            }
        }
        const char *who = rows[i].ours ? "ours" : "old peer";
        is_int(decided_at, rows[i].at, "%s, row %zu: decided in time", who, i + 1);
        ok(decision.direct_ok == rows[i].direct && decision.reason == rows[i].reason,
           "%s, row %zu: %s", who, i + 1, wzp_race_reason_text(decision.reason));
        is_int(report, rows[i].mine, "%s, row %zu: the report says what I hold", who, i + 1);
        ok(report_at >= 0 && report_at <= 3900 + (rows[i].ours ? 100 : 0),
           "%s, row %zu: and leaves in time: %d ms", who, i + 1, report_at);
    }
}

static void check_winner(void)
{
    fresh(WZP_ROLE_DIALER, true);
    offer(WZP_CANDIDATE_MAPPED, "198.51.100.9:6000");
    offer(WZP_CANDIDATE_REFLEXIVE, "198.51.100.9:5000");
    begin(0);
    take(0);
    uint64_t now = 50 * WZP_MILLISECOND;
    wzp_race_connected(&race, 0, 40 * WZP_MILLISECOND, now);
    wzp_race_connected(&race, 1, 10 * WZP_MILLISECOND, now);
    wzp_race_proved(&race, 0, now);
    take(now);
    is_int(counts[WZP_RACE_DO_REPORT], 0, "with another handshake under way the choice waits");
    wzp_race_proved(&race, 1, now + 20 * WZP_MILLISECOND);
    take(now + 20 * WZP_MILLISECOND);
    is_int(race.winner, 1, "for the shorter one");
    ok(counts[WZP_RACE_DO_CLOSE] == 1 && last[WZP_RACE_DO_CLOSE].attempt == 0,
       "the other is closed");
    is_int(counts[WZP_RACE_DO_REPORT], 1, "and the peer is told");
    begin(0);
    take(0);
    wzp_race_connected(&race, 0, 40 * WZP_MILLISECOND, now);
    wzp_race_connected(&race, 1, 10 * WZP_MILLISECOND, now);
    wzp_race_proved(&race, 0, now);
    is_int(wzp_race_expiry(&race) <= now + 100 * WZP_MILLISECOND, 1, "but not longer than 100 ms");
    take(now + 100 * WZP_MILLISECOND);
    is_int(race.winner, 0, "then the proved one is taken");
    wzp_race_failed(&race, 0, now + 110 * WZP_MILLISECOND);
    take(now + 110 * WZP_MILLISECOND);
    is_int(last[WZP_RACE_DO_DECIDE].reason, WZP_RACE_PATH_DIED,
           "when it dies before the peer agreed");
    /* The acceptor follows the dialer's choice. */
    fresh(WZP_ROLE_ACCEPTOR, true);
    offer(WZP_CANDIDATE_REFLEXIVE, "198.51.100.9:5000");
    begin(0);
    struct wzp_addr from = parse("198.51.100.9:5000"), other = parse("198.51.100.9:5001");
    int first = wzp_race_incoming(&race, &from, now);
    int second = wzp_race_incoming(&race, &other, now);
    wzp_race_connected(&race, first, 0, now);
    wzp_race_proved(&race, first, now);
    take(now);
    wzp_race_peer_report(&race, true, now);
    take(now);
    is_int(last[WZP_RACE_DO_DECIDE].attempt, first, "the acceptor takes the first that is proved");
    wzp_race_connected(&race, second, 0, now);
    wzp_race_proved(&race, second, now);
    wzp_race_failed(&race, first, now);
    take(now);
    ok(counts[WZP_RACE_DO_DECIDE] == 1 && last[WZP_RACE_DO_DECIDE].attempt == second,
       "and the one that the dialer kept, when that was another");
    ok(wzp_race_incoming(&race, &from, now) >= 0, "a dial of the dialer's may come in late");
    is_int(wzp_race_expiry(&race) <= now + WZP_RACE_LATE, 1, "but not for long");
    wzp_race_handle_expiry(&race, now + WZP_RACE_LATE);
    is_int(wzp_race_incoming(&race, &from, now), WZP_E_REFUSED, "then nobody comes in any more");
    begin(0);
    first = wzp_race_incoming(&race, &from, now);
    second = wzp_race_incoming(&race, &other, now);
    wzp_race_connected(&race, first, 0, now);
    wzp_race_proved(&race, first, now);
    wzp_race_connected(&race, second, 0, now);
    wzp_race_handle_expiry(&race, now + WZP_RACE_SETTLE);
    wzp_race_peer_report(&race, true, now);
    wzp_race_failed(&race, first, now);
    wzp_race_proved(&race, second, now);
    take(now);
    ok(last[WZP_RACE_DO_DECIDE].direct_ok && last[WZP_RACE_DO_DECIDE].attempt == second,
       "also when its proof comes after the other one died");
}

static void check_heard(void)
{
    fresh(WZP_ROLE_ACCEPTOR, true);
    offer(WZP_CANDIDATE_REFLEXIVE, "198.51.100.9:5000");
    begin(0);
    struct wzp_addr from = parse("198.51.100.9:5000"), other = parse("198.51.100.9:5001");
    int first = wzp_race_incoming(&race, &from, 1);
    int second = wzp_race_incoming(&race, &other, 1);
    wzp_race_connected(&race, first, 0, 1);
    wzp_race_connected(&race, second, 0, 1);
    wzp_race_heard(&race, second);
    is_int(race.state, WZP_RACE_RUNNING, "what is heard before the proof decides nothing");
    wzp_race_proved(&race, first, 3);
    wzp_race_proved(&race, second, 3);
    wzp_race_heard(&race, second);
    take(4);
    ok(last[WZP_RACE_DO_DECIDE].direct_ok && last[WZP_RACE_DO_DECIDE].attempt == second,
       "media of the peer is its choice and its agreement");
    is_int(counts[WZP_RACE_DO_CLOSE], 0, "the acceptor closes nothing that is proved");
    wzp_race_failed(&race, second, 5);
    take(5);
    ok(counts[WZP_RACE_DO_DECIDE] == 1 && last[WZP_RACE_DO_DECIDE].attempt == first,
       "when that dies the other one is told");
    wzp_race_failed(&race, first, 6);
    take(6);
    is_int(last[WZP_RACE_DO_DECIDE].reason, WZP_RACE_PATH_DIED, "and when all are dead, that");
    ok(!last[WZP_RACE_DO_DECIDE].direct_ok, "which is the relay");
}

static void check_strangers(void)
{
    struct wzp_addr stranger = parse("192.0.2.66:1"), known = parse("198.51.100.9:1234");
    fresh(WZP_ROLE_ACCEPTOR, true);
    offer(WZP_CANDIDATE_REFLEXIVE, "198.51.100.9:5000");
    begin(0);
    int s = wzp_race_incoming(&race, &stranger, 1);
    wzp_race_connected(&race, s, 0, 1);
    wzp_race_heard(&race, s);
    int p = wzp_race_incoming(&race, &known, 2);
    wzp_race_connected(&race, p, 0, 2);
    wzp_race_proved(&race, p, 3);
    wzp_race_identity_failed(&race, s, 4);
    take(4);
    ok(race.winner == p && counts[WZP_RACE_DO_CLOSE] == 1,
       "a stranger who connects first gets nothing");
    fresh(WZP_ROLE_ACCEPTOR, false);
    offer(WZP_CANDIDATE_REFLEXIVE, "198.51.100.9:5000");
    begin(0);
    s = wzp_race_incoming(&race, &stranger, 1);
    wzp_race_connected(&race, s, 0, 1);
    take(1);
    is_int(counts[WZP_RACE_DO_REPORT], 0,
           "of an old peer, one from an address that it did not name waits");
    p = wzp_race_incoming(&race, &known, 2);
    wzp_race_connected(&race, p, 0, 2);
    is_int(race.winner, p, "for one that it did");
    begin(0);
    s = wzp_race_incoming(&race, &stranger, 1);
    wzp_race_connected(&race, s, 0, 1);
    take(1);
    ok(wzp_race_expiry(&race) > 1, "without turning in circles");
    take(2 * WZP_SECOND);
    is_int(race.winner, s, "until the window ends");
    wzp_race_connected(&race, 99, 0, 1);
    wzp_race_proved(&race, -1, 1);
    wzp_race_failed(&race, 1000, 1);
    ok(true, "attempts that do not exist do no harm");
}

static void check_ttl(void)
{
    fresh(WZP_ROLE_ACCEPTOR, false);
    offer(WZP_CANDIDATE_HOST, "192.168.1.20:5000");
    offer(WZP_CANDIDATE_REFLEXIVE, "198.51.100.9:5000");
    begin(0);
    static const int schedule[] = {0, 50, 150, 350, 750, 1500};
    for (size_t i = 0; i < 6; i++) {
        uint8_t data[WZP_PACKET_MAX] = {9};
        struct wzp_packet packet = {.data = data, .capacity = sizeof data};
        unsigned ttl[2] = {99, 99};
        uint64_t now = (uint64_t)schedule[i] * WZP_MILLISECOND;
        if (i > 0)
            is_int(wzp_race_next_packet(&race, &packet, &ttl[0], now - 1), 0, "not before %d ms",
                   schedule[i]);
        is_int(wzp_race_next_packet(&race, &packet, &ttl[0], now), 1, "the LAN at %d", schedule[i]);
        is_int(wzp_race_next_packet(&race, &packet, &ttl[1], now), 1, "outside at %d", schedule[i]);
        ok(packet.length == 1 && data[0] == 0, "one zero byte");
        ok(ttl[0] == 0 && ttl[1] == (i < 2 ? 3 : 0),
           "the first two do not reach the peer's router");
    }
}

static void check_retry(void)
{
    struct wzp_retry r;
    uint64_t now = 100 * WZP_SECOND;
    wzp_retry_init(&r);
    ok(wzp_retry_expiry(&r) == WZP_NEVER && !wzp_retry_due(&r, now), "no change, no try");
    wzp_retry_change(&r, now);
    ok(wzp_retry_due(&r, now) && !wzp_retry_due(&r, now), "a change is tried at once, once");
    is_int(wzp_retry_expiry(&r) - now, 10 * WZP_SECOND, "then after 10 s");
    ok(wzp_retry_due(&r, now + 10 * WZP_SECOND), "and");
    is_int(wzp_retry_expiry(&r) - now, 30 * WZP_SECOND, "after 30 s");
    ok(wzp_retry_due(&r, now + 30 * WZP_SECOND), "and");
    ok(wzp_retry_expiry(&r) == WZP_NEVER, "no more");
    unsigned tries = 0;
    for (now = 1000 * WZP_SECOND; now < 1600 * WZP_SECOND; now += WZP_SECOND) {
        if (wzp_retry_due(&r, now)) {
            tries++;
            wzp_retry_up(&r, now);
        } else if (r.up_since != WZP_NEVER && now - r.up_since >= 3 * WZP_SECOND) {
            wzp_retry_down(&r, now);
        } else if (now == 1000 * WZP_SECOND) {
            wzp_retry_change(&r, now);
        }
        if (now % (10 * WZP_SECOND) == 0)
            wzp_retry_change(&r, now);
    }
    ok(tries >= 9 && tries <= 11, "a path that dies every 3 s is tried once a minute: %u in ten",
       tries);
    wzp_retry_init(&r);
    wzp_retry_up(&r, now);
    wzp_retry_down(&r, now + 100 * WZP_SECOND);
    now += 100 * WZP_SECOND;
    ok(wzp_retry_due(&r, now), "one that lived long is tried again at once");
    static const unsigned later[] = {10, 30, 90, 210, 450, 750, 1050};
    for (size_t i = 0; i < sizeof later / sizeof later[0]; i++) {
        is_int(wzp_retry_expiry(&r) - now, later[i] * WZP_SECOND,
               "and on and on, ever more rarely, up to five minutes: after %u s", later[i]);
        wzp_retry_due(&r, now + later[i] * WZP_SECOND);
    }
}

static void check_table(void)
{
    for (int i = 0; i < WZP_RACE_REASONS; i++) {
        enum wzp_race_reason reason = (enum wzp_race_reason)i;
        ok(wzp_race_reason_word(reason)[0] && strlen(wzp_race_reason_text(reason)) > 15,
           "D8: \"%s\" has words", wzp_race_reason_word(reason));
    }
    ok(!wzp_race_reason_word(WZP_RACE_REASONS) && !wzp_race_reason_text(WZP_RACE_REASONS) &&
           !wzp_race_reason_is_direct(WZP_RACE_REASONS),
       "the list is closed");
    wzp_race_fini(&race);
    ok(wzp_race_expiry(&race) == WZP_NEVER && race.config.key.tag == 0, "the end wipes the key");
}

TAP_MAIN
{
    check_silence();
    check_dials();
    check_probes();
    check_limits();
    check_forged();
    check_agreement();
    check_winner();
    check_heard();
    check_strangers();
    check_ttl();
    check_retry();
    check_table();
}
