/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/call_return.h"

#include <string.h>

#include "base/text.h"
#include "phone/account.h"
#include "phone/call_end.h"
#include "phone/call_outbox.h"
#include "phone/call_setup.h"
#include "phone/call_tell.h"
#include "phone/direct.h"
#include "phone/direct_path.h"
#include "phone/direct_race.h"
#include "phone/event.h"
#include "phone/leg.h"

/* The caller may still believe in the call: another relay tells it after 22 s. */
#define REMAKE_TIME_CALLEE (30 * WZP_SECOND)
#define REMAKE_RETRY (300 * WZP_MILLISECOND)
#define ASK_TIME (3 * WZP_SECOND)
#define AWAY_TIME (300 * WZP_SECOND) /* for the side that lost the network */

/* Resets the call to its beginning, under another id. The old keys and state are gone. */
static void begin_anew(struct wzp_call *c)
{
    wzp_e2e_agreement_wipe(&c->agreement);
    wzp_e2e_session_wipe(&c->agreed);
    c->has_answer = c->has_setup = c->confirmed = false;
    memset(&c->announced, 0, sizeof c->announced);
    c->peer_seen = false;
    c->peer_gone_at = 0;
    if (c->session.outgoing)
        wzp_call_make_id(c);
}

/* The caller offers the call again as soon as it is registered, until the callee is, too. The
 * callee waits for that. */
static void remake(struct wzp_call *c, uint64_t time, const char *text, uint64_t now)
{
    wzp_direct_stop(c, now);
    wzp_leg_stop(&c->session.leg, now);
    begin_anew(c);
    c->remaking = true;
    c->remake_by = wzp_time_add(now, time);
    c->retry_at = WZP_NEVER;
    wzp_call_enter(c, WZP_CALL_WAITING, c->remake_by);
    wzp_event_notice(c->session.phone, &c->session, text);
    if (c->session.ended)
        return;
    if (c->session.phone->account.state == WZP_ACCOUNT_DISPLACED) {
        wzp_call_displaced(c, now);
        return;
    }
    /* A relay that forgot the call has also forgotten our registration, and we may not have
     * noticed. */
    wzp_account_check(c->session.phone, now);
    if (!c->session.ended && wzp_phone_registered(c->session.phone))
        wzp_call_offer(c, now);
}

void wzp_call_remake(struct wzp_call *c, uint64_t now)
{
    remake(c, c->session.outgoing ? WZP_CALL_REMAKE_TIME : REMAKE_TIME_CALLEE,
           "the relay lost the call: it is being placed again", now);
}

bool wzp_call_can_return(const struct wzp_call *c)
{
    return c->state == WZP_CALL_UP && c->outcome == WZP_POLICY_SEALED && c->proved;
}

static void wait_long(struct wzp_call *c, const char *text, uint64_t now)
{
    c->away = true;
    remake(c, AWAY_TIME, text, now);
}

void wzp_call_wait_for_return(struct wzp_call *c, uint64_t now)
{
    wait_long(c,
              "nothing is heard any more: the call is kept for five minutes, and goes on when the "
              "network is back",
              now);
}

/* ---- a program was started anew, or another one of the same person ---- */

void wzp_call_displaced(struct wzp_call *c, uint64_t now)
{
    if (c->remaking)
        wzp_call_hang_up(c, WZP_HANGUP_NORMAL, WZP_END_LOST,
                         "the relay has this call no more, and another program of ours is called "
                         "now",
                         now);
}

void wzp_call_peer_restarted(struct wzp_call *c, uint64_t now)
{
    if (!c->session.leg.watch.peer_gone)
        return;
    wait_long(c,
              c->session.outgoing
                  ? "the other side started its program anew, or another one: it is called again"
                  : "the other side started its program anew, or another one: the call is kept for "
                    "five minutes, and goes on when it calls",
              now);
}

uint64_t wzp_call_asks_at(const struct wzp_call *c)
{
    if (!c->session.leg.watch.peer_gone || !wzp_call_can_return(c))
        return WZP_NEVER;
    return c->asked_at ? wzp_time_add(c->asked_at, ASK_TIME) : 0;
}

void wzp_call_ask(struct wzp_call *c, uint64_t now)
{
    c->asked_at = now;
    /* If we are not registered, the next question is in time. */
    (void)wzp_call_send_question(c, wzp_direct_carries_proven(c), now);
}

void wzp_call_wait_again(struct wzp_call *c, uint64_t now)
{
    begin_anew(c);
    wzp_call_enter(c, WZP_CALL_WAITING, c->remake_by);
    c->retry_at = wzp_time_add(now, REMAKE_RETRY);
}

/* The call is being re-established: the user knows that already, and one time limit holds for all
 * of it. */
static bool goes_on_waiting(struct wzp_call *c, enum wzp_call_action action,
                            enum wzp_call_event event, uint64_t now)
{
    bool may_last = c->away && now < c->remake_by;

    if (action == WZP_DO_RING)
        return true;
    if (action == WZP_DO_LOSE_SIGNAL ||
        (may_last && (action == WZP_DO_LOSE_MEDIA || event == WZP_ON_DEADLINE))) {
        wzp_direct_stop(c, now);
        wzp_leg_stop(&c->session.leg, now);
        wzp_call_wait_again(c, now);
        return true;
    }
    if (event == WZP_ON_DEADLINE) {
        wzp_call_hang_up(c, WZP_HANGUP_ERROR, WZP_END_LOST,
                         c->away ? "the other side did not come back"
                                 : "the relay lost the call, and nobody took it anew",
                         now);
        return true;
    }
    return false;
}

bool wzp_call_outlives(struct wzp_call *c, enum wzp_call_action action, enum wzp_call_event event,
                       uint64_t now)
{
    if (c->remaking)
        return goes_on_waiting(c, action, event, now);
    if (!wzp_call_can_return(c))
        return false;
    if (action == WZP_DO_LOSE_PEER)
        wzp_call_send_hangup(c->session.phone, c->session.call_id, WZP_HANGUP_TIMEOUT, now);
    else if (action != WZP_DO_LOSE_MEDIA || c->turned_down || c->session.leg.nobody)
        return false;
    wzp_call_wait_for_return(c, now);
    return true;
}

bool wzp_call_continues(const struct wzp_call *c, const struct wzp_signal *offer,
                        enum wzp_e2e_verdict verdict)
{
    bool stands = c->state == WZP_CALL_UP || (c->remaking && c->state == WZP_CALL_WAITING);

    return stands && !c->session.outgoing && !wzp_direct_hung_up(c) && verdict == WZP_E2E_VALID &&
           c->outcome == WZP_POLICY_SEALED &&
           memcmp(c->peer_key, offer->u.direct_call_offer.identity_pub, sizeof c->peer_key) == 0;
}

void wzp_call_continue(struct wzp_call *c, const struct wzp_signal *offer,
                       const struct wzp_e2e_agreement *agreement, uint64_t now)
{
    if (!c->remaking)
        wzp_call_remake(c, now);
    if (c->session.ended)
        return;
    wzp_text_copy(c->session.call_id, sizeof c->session.call_id,
                  offer->u.direct_call_offer.call_id);
    c->agreement = *agreement;
    c->outcome = WZP_POLICY_SEALED;
    wzp_call_accept(c, now);
}
