/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/leg.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "phone/dial.h"
#include "phone/event.h"
#include "phone/gate.h"
#include "phone/leg_signal.h"
#include "phone/link.h"
#include "phone/stream.h"

#define WATCH_INTERVAL (250 * WZP_MILLISECOND)
#define WATCH_INTERVAL_HELD (500 * WZP_MILLISECOND)
#define DOUBT_TIME (200 * WZP_MILLISECOND)
#define BESIDE_TIME (600 * WZP_MILLISECOND)
#define REFUSAL_TIME (2 * WZP_SECOND) /* a relay that closes this soon did not want us */

static const struct wzp_link_calls link_calls;

void wzp_leg_init(struct wzp_leg *leg, struct wzp_session *session,
                  const struct wzp_leg_calls *calls)
{
    leg->phone = session->phone;
    leg->session = session;
    leg->calls = calls;
    leg->deadline = leg->give_up = WZP_NEVER;
    leg->stream.next_tick = leg->stream.next_own = leg->next_watch = WZP_NEVER;
    leg->doubt_until = WZP_NEVER;
}

static const char *state_name(enum wzp_leg_state state)
{
    static const char *const names[] = {"idle", "paused", "dialling", "offered", "up", "blocked"};
    return (unsigned)state < sizeof names / sizeof names[0] ? names[state] : "?";
}

static void enter(struct wzp_leg *leg, enum wzp_leg_state state, uint64_t deadline)
{
    wzp_log(&leg->phone->config.log, WZP_LOG_DEBUG, "phone: media of session %u: %s -> %s",
            (unsigned)leg->session->id, state_name(leg->state), state_name(state));
    leg->state = state;
    leg->deadline = deadline;
}

static void give_up(struct wzp_leg *leg, bool refused, uint64_t now)
{
    char text[192];

    snprintf(text, sizeof text, "%s%s%s",
             leg->sent_away     ? "the relay sent us away"
             : leg->joined_once ? "the media connection was lost"
             : refused          ? "the relay did not let us in"
                                : "the relay could not be reached",
             leg->trouble[0] != '\0' ? ": " : "", leg->trouble);
    leg->calls->failed(leg->session, refused, text, now);
}

/* Turns away from a connection. flush: what was sent on it leaves before. */
static void leave(struct wzp_leg *leg, struct wzp_link **link, const char *reason, bool flush,
                  uint64_t now)
{
    if (*link)
        wzp_path_remove(&leg->paths, (*link)->known_as);
    wzp_link_drop(link, reason, flush, now);
}

/* From the present one, whatever became of it so far. */
static void drop(struct wzp_leg *leg, const char *reason, uint64_t now)
{
    wzp_dial_stop(&leg->dial, now);
    wzp_handshake_wipe(&leg->handshake);
    leave(leg, &leg->link, reason, false, now);
}

static void drop_old(struct wzp_leg *leg, const char *reason, uint64_t now)
{
    leave(leg, &leg->old, reason, false, now);
}

/* The connection is gone or was given up: the next try, or the end. */
static void lose(struct wzp_leg *leg, uint64_t now)
{
    drop(leg, "", now);
    /* A room that stood once is dialled for as long as the user stays; a call for as long as the
     * silent connection may come back, and then some. */
    if (leg->give_up == WZP_NEVER && !leg->old && (!leg->session->is_room || !leg->joined_once))
        leg->give_up = wzp_time_add(now, WZP_PHONE_LOST_TIME);
    leg->turn = (leg->turn + 1) % leg->place_count;
    enter(leg, WZP_LEG_PAUSED,
          wzp_time_add(now, wzp_backoff_next(&leg->backoff, &leg->phone->config.random)));
}

static void dial_failed(void *owner, int code, const char *why, uint64_t now)
{
    struct wzp_leg *leg = owner;

    leg->nobody = code == WZP_E_REFUSED;
    wzp_text_copy(leg->trouble, sizeof leg->trouble, why);
    lose(leg, now);
}

/* How long to wait for the handshake. Beside a connection that fell silent not long: the network
 * may be back any moment, and a fresh packet finds that out sooner than those that QUIC repeats
 * ever more rarely. */
static uint64_t patience(const struct wzp_leg *leg)
{
    struct wzp_quic_stats stats;

    if (!leg->old || !leg->old->conn)
        return leg->place_count > 1 ? WZP_PHONE_FALLBACK_TIME
                                    : WZP_QUIC_HANDSHAKE_TIME + WZP_SECOND;
    wzp_quic_conn_stats(leg->old->conn, &stats);
    uint64_t trips = 4 * stats.rtt_smoothed;
    return trips > BESIDE_TIME ? trips : BESIDE_TIME;
}

/* Of our own relay only: what others name they give with its address. */
static void ask_addresses(struct wzp_leg *leg)
{
    const struct wzp_relay_place *place = &leg->places[leg->turn];
    bool known = place->count > 0 && !leg->dialled;

    leg->dialled = true;
    leg->request = 0;
    if (leg->phone->config.resolve && place->ours && !known)
        leg->request = wzp_dial_ask(leg->phone, place->name);
}

void wzp_leg_resolved(struct wzp_leg *leg, uint32_t request, const struct wzp_addr *addresses,
                      size_t count, uint64_t now)
{
    struct wzp_relay_place *place = &leg->places[leg->turn];

    if (request == 0 || request != leg->request)
        return;
    leg->request = 0;
    if (count > 0) {
        wzp_dial_fill(place, addresses, count);
        wzp_dial_more(&leg->dial, now);
    } else if (leg->state == WZP_LEG_DIALLING && place->count == 0) {
        dial_failed(leg, WZP_E_NETWORK, "its name could not be resolved", now);
    }
}

static void dial(struct wzp_leg *leg, uint64_t now)
{
    leg->must_prove = leg->proved = leg->told = false;
    enter(leg, WZP_LEG_DIALLING, wzp_time_add(now, patience(leg)));
    ask_addresses(leg);
    int result = wzp_dial_start(&leg->dial, leg->phone, &leg->places[leg->turn], leg->sni,
                                &link_calls, dial_failed, leg, now);
    if (result < 0) {
        wzp_text_copy(leg->trouble, sizeof leg->trouble, wzp_strerror(result));
        lose(leg, now);
    }
}

void wzp_leg_start(struct wzp_leg *leg, uint64_t now)
{
    leg->give_up = wzp_time_add(now, WZP_PHONE_LOST_TIME);
    dial(leg, now);
}

void wzp_leg_stop(struct wzp_leg *leg, uint64_t now)
{
    leave(leg, &leg->link, "hangup", true, now); /* the last packets may be a goodbye */
    drop(leg, "hangup", now);
    drop_old(leg, "hangup", now);
    leg->next_watch = leg->doubt_until = WZP_NEVER;
    if (leg->state != WZP_LEG_IDLE)
        enter(leg, WZP_LEG_IDLE, WZP_NEVER);
}

void wzp_leg_unblock(struct wzp_leg *leg, uint64_t now)
{
    if (leg->state == WZP_LEG_BLOCKED)
        wzp_leg_start(leg, now);
}

static void block(struct wzp_leg *leg, uint64_t now)
{
    drop(leg, "not trusted", now);
    drop_old(leg, "not trusted", now);
    enter(leg, WZP_LEG_BLOCKED, WZP_NEVER);
    /* A call does not wait for the person for ever: the other side is waiting too. */
    leg->give_up = leg->session->is_room ? WZP_NEVER : wzp_time_add(now, WZP_PHONE_RING_TIME);
    wzp_text_copy(leg->trouble, sizeof leg->trouble, "its certificate is not accepted");
}

/* ---- being let in ---- */

static void be_refused(struct wzp_leg *leg, uint64_t now)
{
    drop(leg, "", now);
    enter(leg, WZP_LEG_IDLE, WZP_NEVER);
    give_up(leg, true, now);
}

static void tell_path(struct wzp_leg *leg, bool joined)
{
    struct wzp_path *path = wzp_path_active(&leg->paths);
    struct wzp_event event;
    struct wzp_addr local, remote;
    struct wzp_quic_stats stats;
    char text[WZP_ADDR_TEXT_MAX];

    if (!path)
        return;
    if (!joined && !wzp_path_news(&leg->paths))
        return;
    wzp_quic_conn_path(path->conn, &local, &remote);
    wzp_quic_conn_stats(path->conn, &stats);
    wzp_event_about(&event, leg->session, joined ? WZP_EVENT_JOINED : WZP_EVENT_PATH);
    event.u.path.remote = wzp_addr_format(text, &remote);
    event.u.path.relay = leg->places[leg->turn].name;
    event.u.path.direct = path->kind == WZP_PATH_DIRECT;
    event.u.path.rtt_ms = (uint32_t)(stats.rtt_smoothed / WZP_MILLISECOND);
    event.u.path.why = wzp_race_reason_text(leg->paths.why);
    event.u.path.reason = wzp_race_reason_word(leg->paths.why);
    wzp_event_emit(leg->phone, &event);
}

static void watch_path(struct wzp_leg *leg, uint64_t now)
{
    const struct wzp_path *path = wzp_path_active(&leg->paths);
    struct wzp_quic_stats stats;

    if (path) {
        wzp_quic_conn_stats(path->conn, &stats);
        wzp_watch_path(&leg->watch, stats.packets_received, now);
    }
    leg->next_watch = wzp_time_add(now, WATCH_INTERVAL);
}

void wzp_leg_use(struct wzp_leg *leg, struct wzp_path *path, enum wzp_race_reason why, uint64_t now)
{
    if (wzp_path_activate(&leg->paths, path, why) < 0)
        return;
    watch_path(leg, now);
    tell_path(leg, false);
}

void wzp_leg_explain(struct wzp_leg *leg, enum wzp_race_reason why, uint64_t now)
{
    (void)now;
    leg->paths.why = why;
    tell_path(leg, false);
}

/* Over a relay there is nothing left to validate: who let us in is who forwards. */
static void use_relay_path(struct wzp_leg *leg, uint64_t now)
{
    enum wzp_race_reason why = leg->joined_once        ? WZP_RACE_RELAY_BACK
                               : leg->session->is_room ? WZP_RACE_ROOM
                                                       : leg->why_relay;

    if (wzp_path_find(&leg->paths, leg->link->conn))
        return; /* since before the relay's word */
    if (wzp_path_add(&leg->paths, WZP_PATH_RELAY, WZP_PATH_STANDBY, leg->link->conn, now) < 0)
        return; /* four others carry it already */
    /* The silent one does not carry anything: there is nothing to wait for. A direct one stays. */
    const struct wzp_path *active = wzp_path_active(&leg->paths);
    if (!active || (leg->old && active->kind == WZP_PATH_RELAY))
        wzp_path_activate(&leg->paths, wzp_path_find(&leg->paths, leg->link->conn), why);
    watch_path(leg, now);
}

static void on_connected(void *owner, struct wzp_link *link, uint64_t now)
{
    struct wzp_leg *leg = owner;
    struct wzp_relay_place *place = &leg->places[leg->turn];
    enum wzp_pin_verdict pin;
    int result = 0;

    leg->link = link;
    place->remote = link->remote;
    enum wzp_gate gate = wzp_gate_check(leg->phone, &pin, leg->certificate, place, link->conn, now);
    if (leg->session->ended || leg->state != WZP_LEG_DIALLING)
        return;
    if (place->kin && !wzp_equal_constant_time(leg->certificate, leg->phone->account.certificate,
                                               sizeof leg->certificate)) {
        wzp_text_copy(leg->trouble, sizeof leg->trouble,
                      "we are sent to a relay that is not the one we know");
        be_refused(leg, now);
        return;
    }
    if (gate == WZP_GATE_SHUT) {
        block(leg, now);
        return;
    }
    leg->must_prove = gate == WZP_GATE_PROVE;
    if (gate == WZP_GATE_OPEN && place->ours && leg->phone->account.token[0] != '\0')
        result = wzp_leg_send_token(leg, now);
    if (result == 0)
        result = wzp_leg_send_offer(leg, now);
    if (result < 0) {
        wzp_text_copy(leg->trouble, sizeof leg->trouble, wzp_strerror(result));
        lose(leg, now);
        return;
    }
    enter(leg, WZP_LEG_OFFERED, wzp_time_add(now, WZP_PHONE_ANSWER_TIME));
    if (gate == WZP_GATE_OPEN && !leg->joined_once && leg->calls->eager &&
        leg->calls->eager(leg->session)) {
        use_relay_path(leg, now);
        leg->calls->up(leg->session, now);
    }
}

static void take_answer(struct wzp_leg *leg, const struct wzp_signal *answer, uint64_t now)
{
    uint8_t exporter[WZP_EXPORTER_SIZE];
    enum wzp_pin_verdict pin = WZP_PIN_MATCH;
    int proven = 0;

    int result = wzp_quic_conn_export(leg->link->conn, exporter, WZP_EXPORTER_HANDSHAKE, NULL, 0);
    if (result == 0)
        result = wzp_handshake_check_answer(&proven, &leg->handshake, answer, exporter, NULL);
    wzp_wipe(exporter, sizeof exporter);
    if (result < 0) {
        wzp_text_copy(leg->trouble, sizeof leg->trouble,
                      "the relay's proof of its identity is wrong");
        wzp_event_error(leg->phone, leg->session, result,
                        "the relay's proof of its identity is wrong");
        if (!leg->session->ended)
            lose(leg, now);
        return;
    }
    if (leg->must_prove && !proven) {
        wzp_gate_ask(leg->phone, WZP_PIN_MISMATCH, leg->certificate, &leg->places[leg->turn]);
        if (!leg->session->ended)
            block(leg, now);
        return;
    }
    if (proven && !wzp_gate_proven(leg->phone, &pin, leg->certificate, &leg->places[leg->turn],
                                   answer->u.call_answer.identity_pub, now)) {
        if (!leg->session->ended)
            block(leg, now);
        return;
    }
    if (leg->session->ended || leg->state != WZP_LEG_OFFERED)
        return;
    wzp_handshake_wipe(&leg->handshake);
    enter(leg, WZP_LEG_UP, WZP_NEVER);
    leg->up_at = now;
    use_relay_path(leg, now);
    leg->calls->up(leg->session, now);
}

/* Something arrived that only a member of the room gets: the connection is a good one. */
static void prove(struct wzp_leg *leg, uint64_t now)
{
    if (leg->proved)
        return;
    leg->proved = true;
    drop_old(leg, "replaced", now);
    leg->give_up = WZP_NEVER;
    leg->joined_once = true;
    wzp_backoff_reset(&leg->backoff);
    tell_path(leg, false);
}

static void take_members(struct wzp_leg *leg, const struct wzp_signal *signal, uint64_t now)
{
    prove(leg, now);
    if (!leg->told && !leg->session->ended) {
        leg->told = true;
        tell_path(leg, true);
    }
    if (!leg->session->ended)
        leg->calls->members(leg->session, &signal->u.room_update.participants, now);
}

/* In place of an answer. */
static void take_refusal(struct wzp_leg *leg, enum wzp_hangup_reason reason, uint64_t now)
{
    wzp_text_copy(leg->trouble, sizeof leg->trouble,
                  reason == WZP_HANGUP_VERSION
                      ? "it speaks a later version of the protocol than this program"
                      : "it hung up");
    be_refused(leg, now);
}

static void on_signal(void *owner, struct wzp_link *link, const struct wzp_signal *signal,
                      uint64_t now)
{
    struct wzp_leg *leg = owner;

    if (link == leg->old)
        return; /* what it says is about a connection that is given up */
    if (leg->state == WZP_LEG_OFFERED) {
        if (signal->type == WZP_SIGNAL_CALL_ANSWER)
            take_answer(leg, signal, now);
        else if (signal->type == WZP_SIGNAL_HANGUP)
            take_refusal(leg, signal->u.hangup.reason, now);
        return;
    }
    if (leg->state != WZP_LEG_UP)
        return;
    if (signal->type == WZP_SIGNAL_ROOM_UPDATE)
        take_members(leg, signal, now);
    else if (signal->type == WZP_SIGNAL_QUALITY_DIRECTIVE)
        wzp_leg_take_directive(leg, signal, now);
}

/* Media comes on the silent one again: it is as good as new. A mere acknowledgement is no reason,
 * the relay may still hold back what it has for us. */
static void return_to_old(struct wzp_leg *leg, uint64_t now)
{
    struct wzp_path *path = wzp_path_active(&leg->paths);

    if (!leg->old || !path || path->conn != leg->old->known_as)
        return; /* it is the new one that is heard */
    drop(leg, "", now);
    leg->link = leg->old;
    leg->old = NULL;
    leg->proved = leg->told = true;
    leg->give_up = WZP_NEVER;
    enter(leg, WZP_LEG_UP, WZP_NEVER);
    path = wzp_path_find(&leg->paths, leg->link->conn);
    if (path)
        wzp_path_activate(&leg->paths, path, WZP_RACE_RELAY_HEARD);
}

static void on_datagram(void *owner, struct wzp_link *link, const uint8_t *data, size_t length,
                        uint64_t now)
{
    struct wzp_leg *leg = owner;

    if (leg->session->ended || !wzp_stream_receive(leg, link->conn, data, length, now))
        return;
    if (link == leg->link)
        prove(leg, now);
    else if (link == leg->old)
        return_to_old(leg, now);
    if (!leg->session->ended)
        leg->calls->heard(leg->session, now);
}

/* The relay said no: it closed before it let us in, or right after. Dialling again would only hear
 * the same. */
static bool is_refusal(const struct wzp_leg *leg, const struct wzp_quic_close *why, uint64_t now)
{
    if (why->kind != WZP_QUIC_CLOSE_PEER || leg->proved)
        return false;
    return leg->state != WZP_LEG_UP || wzp_time_since(now, leg->up_at) < REFUSAL_TIME;
}

static void tell(struct wzp_leg *leg, const char *before, const char *relay, const char *after)
{
    struct wzp_event event;
    char text[WZP_RELAY_TEXT_MAX + 96];

    snprintf(text, sizeof text, "%s%s%s", before, relay, after);
    wzp_event_about(&event, leg->session, WZP_EVENT_NOTICE);
    event.u.notice.text = text;
    wzp_event_emit(leg->phone, &event);
}

static void note_why(struct wzp_leg *leg, const struct wzp_quic_close *why)
{
    bool is_peer = why->kind == WZP_QUIC_CLOSE_PEER;

    leg->token_wanted = is_peer && why->code == WZP_CLOSE_TOKEN;
    leg->password_wanted = is_peer && why->code == WZP_CLOSE_PASSWORD;
    leg->sent_away = is_peer && why->code == WZP_CLOSE_OPERATOR;
    if (why->reason[0] != '\0')
        wzp_text_copy(leg->trouble, sizeof leg->trouble, why->reason);
}

static void on_closed(void *owner, struct wzp_link *link, const struct wzp_quic_close *why,
                      uint64_t now)
{
    struct wzp_leg *leg = owner;

    wzp_path_remove(&leg->paths, link->known_as);
    if (link == leg->old) {
        leg->old = NULL;
        if (leg->state != WZP_LEG_UP && leg->give_up == WZP_NEVER && !leg->session->is_room)
            leg->give_up = wzp_time_add(now, WZP_PHONE_LOST_TIME);
        return;
    }
    leg->link = NULL;
    note_why(leg, why);
    if (leg->state == WZP_LEG_BLOCKED || leg->state == WZP_LEG_IDLE)
        return;
    if (leg->sent_away && leg->session->is_room) {
        drop_old(leg, "", now);
        be_refused(leg, now); /* who comes back at once was not sent away */
    } else if (!is_refusal(leg, why, now)) {
        if (leg->sent_away)
            tell(leg, "the relay closed the media connection: ", leg->trouble, "");
        if (!leg->session->ended)
            lose(leg, now);
    } else if (leg->turn + 1 < leg->place_count && !leg->joined_once) {
        drop(leg, "", now);
        leg->turn++;
        dial(leg, now);
    } else {
        be_refused(leg, now);
    }
}

static const struct wzp_link_calls link_calls = {.name = "media",
                                                 .connected = on_connected,
                                                 .signal = on_signal,
                                                 .datagram = on_datagram,
                                                 .closed = on_closed};

/* ---- silence ---- */

/* A new connection beside the silent one, which stays: whichever is heard first is used. */
static void dial_beside(struct wzp_leg *leg, uint64_t now)
{
    if (leg->state != WZP_LEG_UP || leg->old)
        return;
    leg->old = leg->link;
    leg->link = NULL;
    dial(leg, now);
}

void wzp_leg_doubt(struct wzp_leg *leg, uint64_t now)
{
    struct wzp_quic_stats stats;

    if (leg->state != WZP_LEG_UP || leg->old || !leg->link || !leg->link->conn)
        return;
    wzp_quic_conn_stats(leg->link->conn, &stats);
    uint64_t trips = 3 * stats.rtt_smoothed;
    leg->doubted_at = now;
    leg->doubt_until = wzp_time_add(now, trips > DOUBT_TIME ? trips : DOUBT_TIME);
}

/* Acknowledgements are no proof: whoever was not heard for long may hold back what it has for us.
 */
static void settle_doubt(struct wzp_leg *leg, uint64_t now)
{
    leg->doubt_until = WZP_NEVER;
    if (leg->stream.heard_at <= leg->doubted_at)
        dial_beside(leg, now);
}

static void take_news(struct wzp_leg *leg, enum wzp_watch_news news, uint64_t now)
{
    const char *relay = leg->places[leg->turn].name;

    switch (news) {
    case WZP_WATCH_PATH_SILENT:
        tell(leg, "nothing has been heard from the relay ", relay, " for a second");
        break;
    case WZP_WATCH_PATH_DEAD:
        tell(leg, "still nothing: connecting to the relay ", relay, " anew");
        if (!leg->session->ended)
            dial_beside(leg, now);
        break;
    case WZP_WATCH_PATH_BACK: tell(leg, "the relay ", relay, " is heard again"); break;
    case WZP_WATCH_PEER_SILENT:
        tell(leg, "nothing has been heard from the other side for a second", "", "");
        break;
    case WZP_WATCH_PEER_GONE:
        tell(leg,
             "still nothing from the other side: our own connection stands, and the call waits "
             "for it",
             "", "");
        break;
    case WZP_WATCH_PEER_BACK: tell(leg, "the other side is heard again", "", ""); break;
    case WZP_WATCH_NOTHING: break;
    }
}

static void watch(struct wzp_leg *leg, uint64_t now)
{
    const struct wzp_path *path = wzp_path_active(&leg->paths);
    struct wzp_quic_stats stats;

    if (wzp_time_since(now, leg->next_watch) >= WATCH_INTERVAL)
        wzp_watch_absent(&leg->watch, now);
    leg->next_watch = wzp_time_add(now, leg->session->held ? WATCH_INTERVAL_HELD : WATCH_INTERVAL);
    /* Without one it is dialled, which is told elsewhere; a direct one is watched elsewhere. */
    if (path && path->kind == WZP_PATH_RELAY) {
        wzp_quic_conn_stats(path->conn, &stats);
        take_news(leg,
                  wzp_watch_look_at_path(&leg->watch, stats.packets_received,
                                         stats.bytes_in_flight > 0, now),
                  now);
    }
    if (!leg->session->ended && !leg->session->is_room)
        take_news(leg,
                  wzp_watch_look_at_peer(&leg->watch, leg->stream.heard_at, leg->peer_due, now),
                  now);
}

/* ---- time ---- */

static uint64_t own_expiry(const struct wzp_leg *leg)
{
    if (leg->state == WZP_LEG_IDLE)
        return WZP_NEVER;
    return wzp_time_min(leg->deadline, leg->give_up);
}

uint64_t wzp_leg_expiry(const struct wzp_leg *leg)
{
    uint64_t at = wzp_time_min(own_expiry(leg), wzp_dial_expiry(&leg->dial));
    at = wzp_time_min(at, leg->doubt_until);
    return wzp_time_min(wzp_time_min(at, leg->next_watch), wzp_stream_expiry(leg));
}

static void expire(struct wzp_leg *leg, uint64_t now)
{
    if (now >= leg->give_up) {
        leg->give_up = WZP_NEVER;
        give_up(leg, false, now);
    } else if (leg->state == WZP_LEG_PAUSED) {
        dial(leg, now);
    } else if (leg->state == WZP_LEG_DIALLING && leg->old) {
        drop(leg, "", now);
        dial(leg, now);
    } else {
        leg->nobody = false;
        wzp_text_copy(leg->trouble, sizeof leg->trouble, "no answer");
        lose(leg, now);
    }
}

void wzp_leg_expire(struct wzp_leg *leg, uint64_t now)
{
    wzp_dial_expire(&leg->dial, now);
    if (now >= own_expiry(leg))
        expire(leg, now);
    if (!leg->session->ended && now >= leg->doubt_until)
        settle_doubt(leg, now);
    if (!leg->session->ended && now >= leg->next_watch)
        watch(leg, now);
    if (!leg->session->ended && wzp_stream_expire(leg, now))
        leg->calls->quiet(leg->session, now);
}
