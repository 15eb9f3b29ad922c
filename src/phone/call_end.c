/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/call_end.h"

#include "phone/call_outbox.h"
#include "phone/session.h"
#include "phone/stream.h"

#define UNHEARD_TIME (3 * WZP_SECOND)

/* True when the error is probably that we do not encrypt: a peer that demands encryption reports
 * that as an error, before it sent anything. */
static bool wants_encryption(const struct wzp_call *c)
{
    const struct wzp_stream *stream = &c->session.leg.stream;

    return !c->session.outgoing && c->session.phone->config.e2e == WZP_E2E_OFF &&
           stream->heard_at == 0;
}

/* True when the peer was heard but is no longer, or was not heard at all since the call is up. */
static bool is_unheard(const struct wzp_call *c, uint64_t now)
{
    uint64_t at = c->session.leg.stream.heard_at;

    if (at == 0)
        at = c->session.stands_since;
    return at != 0 && wzp_time_since(now, at) >= UNHEARD_TIME;
}

/* What a Hangup means depends on what came before. Some relays turn every refusal into "Normal";
 * where two reasons look alike on the wire, the text names both. */
void wzp_call_end_by_peer(struct wzp_call *c, enum wzp_hangup_reason reason, uint64_t now)
{
    bool answered = c->has_answer;
    enum wzp_end_reason end = WZP_END_NORMAL;
    const char *text = "the other side hung up";

    if (c->remaking && reason == WZP_HANGUP_DECLINED) {
        text = "the other side hung up while the relay was away";
    } else if (c->state == WZP_CALL_INCOMING) {
        end = reason == WZP_HANGUP_TIMEOUT ? WZP_END_TIMEOUT : WZP_END_CANCELLED;
        text = reason == WZP_HANGUP_TIMEOUT ? "it was not answered" : "the caller gave up";
    } else if (reason == WZP_HANGUP_BUSY) {
        end = WZP_END_BUSY;
        text = "the other side is in another call";
    } else if (reason == WZP_HANGUP_DECLINED) {
        end = WZP_END_DECLINED;
        text = "the other side did not want to talk";
    } else if (reason == WZP_HANGUP_TIMEOUT) {
        end = answered ? WZP_END_LOST : WZP_END_TIMEOUT;
        /* A relay sends this for a peer that died; a peer sends it about us. */
        text = !answered            ? "nobody answered"
               : is_unheard(c, now) ? "nothing was heard from the other side any more"
                                    : "the other side heard nothing from us any more";
    } else if (reason == WZP_HANGUP_ERROR && c->state == WZP_CALL_RINGING) {
        end = WZP_END_OFFLINE;
        text = "the other side went away while it rang";
    } else if (reason == WZP_HANGUP_ERROR && answered && wants_encryption(c)) {
        end = WZP_END_REFUSED;
        text = "the other side wants end-to-end encryption, which is off here";
    } else if (reason == WZP_HANGUP_ERROR) {
        end = WZP_END_ERROR;
        text = answered ? "the other side's program ended the call with an error"
                        : "the relay could not place the call";
    } else if (c->state == WZP_CALL_OFFERED) {
        end = WZP_END_OFFLINE;
        text = "not registered at this relay";
    } else if (c->state == WZP_CALL_RINGING || c->state == WZP_CALL_ORDER) {
        end = WZP_END_DECLINED;
        text = "not answered: declined, or the other side went away";
    }
    if (c->session.leg.watch.path_silent && end == WZP_END_NORMAL && !c->remaking) {
        end = WZP_END_LOST;
        text = "our connection was dead, and the other side hung up";
    }
    wzp_session_end(&c->session, end, text, now);
}

void wzp_call_end_by_relay(struct wzp_call *c, uint64_t now)
{
    wzp_session_end(&c->session, WZP_END_LOST, "a relay of this call was stopped", now);
}

void wzp_call_end_by_error(struct wzp_call *c, uint64_t now)
{
    uint64_t stopped = c->session.phone->account.relay_stopped;

    c->error_at = WZP_NEVER;
    if (stopped != 0 && wzp_time_since(now, stopped) <= 2 * WZP_PHONE_ERROR_TIME)
        wzp_session_end(&c->session, WZP_END_LOST, "the relay was stopped", now);
    else if (c->relay_stopped)
        wzp_call_end_by_relay(c, now);
    else
        wzp_call_end_by_peer(c, WZP_HANGUP_ERROR, now);
}

void wzp_call_end_rejected(struct wzp_call *c, bool busy, uint64_t now)
{
    wzp_call_send_reject(c->session.phone, c->session.call_id,
                         busy ? WZP_HANGUP_BUSY : WZP_HANGUP_DECLINED, now);
    wzp_session_end(&c->session, busy ? WZP_END_BUSY : WZP_END_DECLINED,
                    busy ? "in another call here" : "we did not take it", now);
}

void wzp_call_hang_up(struct wzp_call *c, enum wzp_hangup_reason reason, enum wzp_end_reason end,
                      const char *text, uint64_t now)
{
    if (c->session.outgoing && c->state != WZP_CALL_WAITING && !c->has_answer)
        wzp_call_send_cancel(c, now);
    if (c->state != WZP_CALL_WAITING)
        wzp_call_send_hangup(c->session.phone, c->session.call_id, reason, now);
    /* Not every relay passes the Hangup on. */
    if (c->state == WZP_CALL_UP)
        wzp_stream_say_goodbye(&c->session.leg, reason, now);
    wzp_session_end(&c->session, end, text, now);
}

#define BARRED "the relay's certificate is not accepted"

/* True when the call waits for the user to accept the relay's certificate. */
static bool is_barred(const struct wzp_call *c)
{
    return c->state == WZP_CALL_WAITING && !c->remaking &&
           c->session.phone->account.state == WZP_ACCOUNT_BLOCKED;
}

/* The user ends the call before it is up; the reason why it is not up yet may tell more. */
static void cancel(struct wzp_call *c, uint64_t now)
{
    const struct wzp_account *account = &c->session.phone->account;
    enum wzp_end_reason end = WZP_END_CANCELLED;
    const char *text = "we gave up before the answer";

    if (c->remaking) {
        end = WZP_END_NORMAL;
        text = "hung up";
    } else if (is_barred(c)) {
        end = WZP_END_REFUSED;
        text = BARRED;
    } else if (c->state == WZP_CALL_WAITING && account->refused) {
        end = WZP_END_REFUSED;
        text = "we were not registered";
    } else if (c->state == WZP_CALL_WAITING && account->state != WZP_ACCOUNT_REGISTERED) {
        text = "we were not registered yet";
    }
    wzp_call_hang_up(c, WZP_HANGUP_NORMAL, end, text, now);
}

/* The ends in the table that differ only in their text. */
void wzp_call_end_action(struct wzp_call *c, enum wzp_call_action action, uint64_t now)
{
    switch (action) {
    case WZP_DO_HANG_UP:
        wzp_call_hang_up(c, WZP_HANGUP_NORMAL, WZP_END_NORMAL, "hung up", now);
        break;
    case WZP_DO_CANCEL: cancel(c, now); break;
    case WZP_DO_TIME_OUT:
        wzp_call_hang_up(c, WZP_HANGUP_TIMEOUT, WZP_END_TIMEOUT, "nobody answered", now);
        break;
    case WZP_DO_LOSE_SIGNAL:
        wzp_session_end(&c->session, WZP_END_LOST, "the relay was lost before the call stood", now);
        break;
    case WZP_DO_YIELD:
        wzp_call_hang_up(c, c->session.outgoing ? WZP_HANGUP_NORMAL : WZP_HANGUP_ERROR,
                         WZP_END_LOST, "another program of ours is called now", now);
        break;
    case WZP_DO_LOSE_MEDIA:
        wzp_call_hang_up(c, WZP_HANGUP_ERROR, c->turned_down ? WZP_END_REFUSED : WZP_END_LOST,
                         c->trouble, now);
        break;
    case WZP_DO_LOSE_PEER:
        wzp_call_hang_up(c, WZP_HANGUP_TIMEOUT, WZP_END_LOST,
                         "the other side left and did not return", now);
        break;
    case WZP_DO_NO_RELAY:
        if (is_barred(c))
            wzp_session_end(&c->session, WZP_END_REFUSED, BARRED, now);
        else
            wzp_session_end(&c->session, WZP_END_LOST, "the relay could not be reached", now);
        break;
    case WZP_DO_NO_SETUP:
        wzp_call_hang_up(c, WZP_HANGUP_ERROR, WZP_END_ERROR, "the relay did not set up the call",
                         now);
        break;
    case WZP_DO_REFUSE:
        wzp_call_hang_up(c, WZP_HANGUP_ERROR, WZP_END_REFUSED, wzp_policy_why(c->outcome), now);
        break;
    case WZP_DO_UNSEALED:
        wzp_call_hang_up(c, WZP_HANGUP_ERROR, WZP_END_REFUSED,
                         "nothing that arrived was sealed with this call's keys: ended to be safe",
                         now);
        break;
    case WZP_DO_IGNORE:
    default: break;
    }
}
