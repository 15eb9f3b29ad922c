/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Pairs of clients (see crowd.h) whose calls are set up and hung up through a relay. */
#ifndef WZP_BENCH_CALLERS_H
#define WZP_BENCH_CALLERS_H

#include "crowd.h"

#define CALLERS_PAIRS 10000

/* Members 2 n and 2 n + 1 of a crowd call each other. */
static struct callers {
    unsigned calls;                /* of each pair, one after the other */
    unsigned setups, ends;         /* so far, of all pairs */
    unsigned begun[CALLERS_PAIRS]; /* calls that each pair has begun */
} callers;

static inline void callers_say(struct member *m, const struct wzp_signal *signal, uint64_t now)
{
    char *text;
    size_t length;
    if (wzp_signal_write(&text, &length, signal))
        die("no signal");
    wzp_quic_conn_send_signal(m->conn, text, length, now);
    wzp_free(text);
}

static inline void callers_offer(struct crowd *c, size_t pair, uint64_t now)
{
    struct member *caller = &c->members[2 * pair], *callee = caller + 1;
    struct wzp_signal signal = {.type = WZP_SIGNAL_DIRECT_CALL_OFFER};
    struct wzp_profile profile = *wzp_tier_profile(WZP_TIER_GOOD);
    char id[32];
    snprintf(id, sizeof id, "%08zx%08x", pair, ++callers.begun[pair]);
    signal.u.direct_call_offer.caller_fingerprint = caller->identity.fingerprint_text;
    signal.u.direct_call_offer.target_fingerprint = callee->identity.fingerprint_text;
    signal.u.direct_call_offer.call_id = id;
    signal.u.direct_call_offer.supported_profiles.items = &profile;
    signal.u.direct_call_offer.supported_profiles.count = 1;
    callers_say(caller, &signal, now);
}

/* The callee answers; the caller hangs up when CallSetup arrives; on the Hangup the callee's side
 * begins the pair's next call. */
static inline void callers_signal(struct crowd *c, struct member *m, const char *text,
                                  size_t length, uint64_t now)
{
    size_t index = (size_t)(m - c->members);
    bool is_caller = index % 2 == 0;
    struct wzp_signal reply = {0}, signal;
    enum wzp_signal_type type = wzp_signal_peek(text, length);
    if (type != WZP_SIGNAL_DIRECT_CALL_OFFER && type != WZP_SIGNAL_CALL_SETUP &&
        type != WZP_SIGNAL_HANGUP)
        return;
    if (wzp_signal_parse(&signal, text, length, NULL))
        die("an odd signal");
    if (type == WZP_SIGNAL_DIRECT_CALL_OFFER) {
        reply.type = WZP_SIGNAL_DIRECT_CALL_ANSWER;
        reply.u.direct_call_answer.call_id = signal.u.direct_call_offer.call_id;
        reply.u.direct_call_answer.accept_mode = WZP_ACCEPT_GENERIC;
        callers_say(m, &reply, now);
    } else if (type == WZP_SIGNAL_CALL_SETUP && is_caller) {
        callers.setups++;
        reply.type = WZP_SIGNAL_HANGUP;
        reply.u.hangup.reason = WZP_HANGUP_NORMAL;
        reply.u.hangup.call_id = signal.u.call_setup.call_id;
        callers_say(m, &reply, now);
    } else if (type == WZP_SIGNAL_HANGUP && !is_caller) {
        callers.ends++;
        if (callers.begun[index / 2] < callers.calls)
            callers_offer(c, index / 2, now);
    }
    wzp_signal_fini(&signal);
}

#endif
