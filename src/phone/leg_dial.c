/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/leg_dial.h"

#include <stdio.h>

#include "base/text.h"
#include "phone/dial.h"
#include "phone/link.h"

#define FALLBACK_TIME (3 * WZP_SECOND) /* for a relay, when there is a second one */
#define BESIDE_TIME (600 * WZP_MILLISECOND)

static const char *state_name(enum wzp_leg_state state)
{
    static const char *const names[] = {"idle", "paused", "dialling", "offered", "up", "blocked"};
    return (unsigned)state < sizeof names / sizeof names[0] ? names[state] : "?";
}

void wzp_leg_enter(struct wzp_leg *leg, enum wzp_leg_state state, uint64_t deadline)
{
    wzp_log(&leg->phone->config.log, WZP_LOG_DEBUG, "phone: media of session %u: %s -> %s",
            (unsigned)leg->session->id, state_name(leg->state), state_name(state));
    leg->state = state;
    leg->deadline = deadline;
}

void wzp_leg_give_up(struct wzp_leg *leg, bool refused, uint64_t now)
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

void wzp_leg_leave(struct wzp_leg *leg, struct wzp_link **link, const char *reason, bool flush,
                   uint64_t now)
{
    if (*link)
        wzp_path_remove(&leg->paths, (*link)->known_as);
    wzp_link_drop(link, reason, flush, now);
}

void wzp_leg_drop(struct wzp_leg *leg, const char *reason, uint64_t now)
{
    wzp_dial_stop(&leg->dial, now);
    wzp_handshake_wipe(&leg->handshake);
    wzp_leg_leave(leg, &leg->link, reason, false, now);
}

void wzp_leg_drop_old(struct wzp_leg *leg, const char *reason, uint64_t now)
{
    wzp_leg_leave(leg, &leg->old, reason, false, now);
}

void wzp_leg_lose(struct wzp_leg *leg, uint64_t now)
{
    wzp_leg_drop(leg, "", now);
    /* A room that was joined once is dialled for as long as the user stays in it. A call is dialled
     * for as long as the silent connection may come back, and WZP_PHONE_LOST_TIME more. */
    if (leg->give_up == WZP_NEVER && !leg->old && (!leg->session->is_room || !leg->joined_once))
        leg->give_up = wzp_time_add(now, WZP_PHONE_LOST_TIME);
    leg->turn = (leg->turn + 1) % leg->place_count;
    uint64_t pause = wzp_backoff_next(&leg->backoff, &leg->phone->config.random);
    wzp_leg_enter(leg, WZP_LEG_PAUSED, wzp_time_add(now, pause));
}

static void dial_failed(void *owner, int code, const char *why, uint64_t now)
{
    struct wzp_leg *leg = owner;

    leg->nobody = code == WZP_E_REFUSED;
    wzp_text_copy(leg->trouble, sizeof leg->trouble, why);
    /* A user who joins a room does not wait for somebody to start that relay: it fails at once. */
    if (leg->nobody && leg->session->is_room && !leg->joined_once) {
        wzp_leg_drop(leg, "", now);
        wzp_leg_enter(leg, WZP_LEG_IDLE, WZP_NEVER);
        wzp_leg_give_up(leg, false, now);
    } else {
        wzp_leg_lose(leg, now);
    }
}

/* How long to wait for the handshake. It is short beside a connection that fell silent: the network
 * may be back at any moment, and a fresh packet finds that out sooner than QUIC's retransmissions,
 * which become ever rarer. */
static uint64_t patience(const struct wzp_leg *leg)
{
    struct wzp_quic_stats stats;

    if (!leg->old || !leg->old->conn)
        return leg->place_count > 1 ? FALLBACK_TIME : WZP_QUIC_HANDSHAKE_TIME + WZP_SECOND;
    wzp_quic_conn_stats(leg->old->conn, &stats);
    uint64_t trips = 4 * stats.rtt_smoothed;
    return trips > BESIDE_TIME ? trips : BESIDE_TIME;
}

/* Resolves only the name of our own relay: other relays were named by address. */
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

void wzp_leg_dial(struct wzp_leg *leg, uint64_t now)
{
    leg->must_prove = leg->proved = leg->told = false;
    wzp_leg_enter(leg, WZP_LEG_DIALLING, wzp_time_add(now, patience(leg)));
    ask_addresses(leg);
    int result = wzp_dial_start(&leg->dial, leg->phone, &leg->places[leg->turn], leg->sni,
                                leg->link_calls, dial_failed, leg, now);
    if (result < 0) {
        wzp_text_copy(leg->trouble, sizeof leg->trouble, wzp_strerror(result));
        wzp_leg_lose(leg, now);
    }
}

void wzp_leg_block(struct wzp_leg *leg, uint64_t now)
{
    wzp_leg_drop(leg, "not trusted", now);
    wzp_leg_drop_old(leg, "not trusted", now);
    wzp_leg_enter(leg, WZP_LEG_BLOCKED, WZP_NEVER);
    /* A call does not wait for the user for ever: the peer is waiting, too. */
    leg->give_up = leg->session->is_room ? WZP_NEVER : wzp_time_add(now, WZP_PHONE_RING_TIME);
    wzp_text_copy(leg->trouble, sizeof leg->trouble, "its certificate is not accepted");
}

void wzp_leg_be_refused(struct wzp_leg *leg, uint64_t now)
{
    wzp_leg_drop(leg, "", now);
    wzp_leg_enter(leg, WZP_LEG_IDLE, WZP_NEVER);
    wzp_leg_give_up(leg, true, now);
}

void wzp_leg_dial_beside(struct wzp_leg *leg, uint64_t now)
{
    if (leg->state != WZP_LEG_UP || leg->old)
        return;
    leg->old = leg->link;
    leg->link = NULL;
    wzp_leg_dial(leg, now);
}
