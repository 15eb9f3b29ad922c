/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/account_dial.h"

#include <string.h>

#include "phone/dial.h"
#include "phone/event.h"
#include "phone/link.h"
#include "phone/seen.h"

/* How long to wait for the relay's answer while a call has no media without it. */
#define URGENT_TIME (400 * WZP_MILLISECOND)
#define URGENT_ROW 16 /* tries in a row at one relay; at most one is told */

void wzp_account_enter(struct wzp_phone *p, enum wzp_account_state state, uint64_t deadline)
{
    static const char *const names[] = {"idle",      "connecting", "proving", "registered",
                                        "displaced", "paused",     "blocked"};

    wzp_log(&p->config.log, WZP_LOG_DEBUG, "phone: registration: %s -> %s", names[p->account.state],
            names[state]);
    p->account.state = state;
    p->account.deadline = deadline;
}

/* True while a call has no media until we are registered again. Then tries are short, follow each
 * other at once, mostly without an event, and go to the same relay. */
static bool is_urgent(const struct wzp_phone *p)
{
    return p->account.calls->waits(p);
}

/* True between two rows of urgent tries, when another relay has its turn. A try that is not urgent
 * counts as a row of its own: `urgent` counts none of them. */
static bool is_between_rows(const struct wzp_phone *p)
{
    return p->account.urgent % URGENT_ROW == 0;
}

/* Whether the user is told of a try and of its end. They are told of each one that is not urgent;
 * of urgent ones before the first row, and then after 1, 2, 4, 8 ... more rows, because what lasts
 * is no news. */
static bool is_told(const struct wzp_phone *p)
{
    unsigned rows = p->account.urgent / URGENT_ROW;

    return is_between_rows(p) && (rows & (rows + 1)) == 0;
}

/* How long the handshake may take. */
static uint64_t patience(const struct wzp_phone *p)
{
    uint64_t trips = 3 * p->account.rtt;

    if (!is_urgent(p))
        return WZP_QUIC_HANDSHAKE_TIME + WZP_SECOND;
    return trips > URGENT_TIME ? trips : URGENT_TIME;
}

void wzp_account_pause_because(struct wzp_phone *p, int code, const char *text, uint64_t now)
{
    struct wzp_account *a = &p->account;
    bool was_registered = a->state == WZP_ACCOUNT_REGISTERED, urgent = is_urgent(p);
    struct wzp_event event;

    wzp_dial_stop(&a->dial, now);
    wzp_link_drop(&a->link, "", false, now);
    a->probe.at = WZP_NEVER;
    if (a->state == WZP_ACCOUNT_IDLE)
        return; /* stopped from inside an event */
    /* The relay that we were registered at is tried first. After any other relay follows the next
     * of the list. */
    a->urgent = urgent && !was_registered ? a->urgent + 1 : 0;
    if (!was_registered && a->relay_count > 0 && is_between_rows(p))
        a->turn = (a->turn + 1) % a->relay_count;
    if (was_registered && wzp_time_since(now, a->registered_at) >= WZP_BACKOFF_GOOD_TIME)
        wzp_backoff_reset(&a->backoff);
    uint64_t delay = urgent ? 0 : wzp_backoff_next(&a->backoff, &p->config.random);
    /* Without any network a try ends at once; do not repeat it in a busy loop. */
    if (urgent && a->state == WZP_ACCOUNT_CONNECTING && now < a->deadline)
        delay = URGENT_TIME;
    wzp_account_enter(p, WZP_ACCOUNT_PAUSED, wzp_time_add(now, delay));
    wzp_event_init(&event, WZP_EVENT_UNREGISTERED);
    event.u.unregistered.relay = a->connected.name;
    event.u.unregistered.text = text;
    event.u.unregistered.code = code;
    event.u.unregistered.retry_ms = (uint32_t)(delay / WZP_MILLISECOND);
    event.u.unregistered.token_wanted = a->token_wanted;
    a->refused = code == WZP_E_REFUSED || a->token_wanted;
    a->token_wanted = false;
    if (is_told(p))
        wzp_event_emit(p, &event);
    wzp_seen_lost(p);
    if (was_registered)
        a->calls->lost(p, now);
}

void wzp_account_pause(struct wzp_phone *p, const char *text, uint64_t now)
{
    wzp_account_pause_because(p, 0, text, now);
}

void wzp_account_block(struct wzp_phone *p, uint64_t now)
{
    wzp_account_enter(p, WZP_ACCOUNT_BLOCKED, WZP_NEVER);
    wzp_link_drop(&p->account.link, "not trusted", false, now);
}

static void dial_failed(void *owner, int code, const char *why, uint64_t now)
{
    (void)code;
    wzp_account_pause(owner, why, now);
}

static void tell_connecting(struct wzp_phone *p)
{
    const struct wzp_relay_place *place = &p->account.connected;
    struct wzp_event event;
    char remote[WZP_ADDR_TEXT_MAX] = "";

    wzp_event_init(&event, WZP_EVENT_CONNECTING);
    event.u.connecting.relay = place->name;
    if (place->count > 0)
        event.u.connecting.remote = wzp_addr_format(remote, &place->addresses[0]);
    wzp_event_emit(p, &event);
}

/* Resolves the name again at every connect, while the known addresses are already dialled. */
static void ask_addresses(struct wzp_phone *p)
{
    struct wzp_account *a = &p->account;
    bool fresh = a->fresh[a->turn] && a->connected.count > 0;

    a->fresh[a->turn] = false;
    a->request = 0;
    if (!p->config.resolve || fresh)
        return;
    a->request = wzp_dial_ask(p, a->connected.name);
}

void wzp_account_connect(struct wzp_phone *p, uint64_t now)
{
    struct wzp_account *a = &p->account;

    a->connected = a->relays[a->turn];
    a->must_prove = false;
    wzp_account_enter(p, WZP_ACCOUNT_CONNECTING, wzp_time_add(now, patience(p)));
    if (is_told(p))
        tell_connecting(p);
    if (a->state != WZP_ACCOUNT_CONNECTING)
        return; /* stopped from inside the event */
    ask_addresses(p);
    int result = wzp_dial_start(&a->dial, p, &a->connected, WZP_SNI_SIGNAL, p->account.link_calls,
                                dial_failed, p, now);
    if (result == WZP_E_NETWORK)
        wzp_account_pause(p, "no address of the relay can be reached from here", now);
    else if (result < 0)
        wzp_account_pause(p, wzp_strerror(result), now);
}

void wzp_account_resolved(struct wzp_phone *p, uint32_t request, const struct wzp_addr *addresses,
                          size_t count, uint64_t now)
{
    struct wzp_account *a = &p->account;

    if (request == 0 || request != a->request)
        return;
    a->request = 0;
    if (count > 0) {
        wzp_dial_fill(&a->connected, addresses, count);
        for (size_t i = 0; i < a->relay_count; i++)
            if (strcmp(a->relays[i].name, a->connected.name) == 0)
                a->relays[i] = a->connected;
        wzp_dial_more(&a->dial, now);
    } else if (a->state == WZP_ACCOUNT_CONNECTING && a->connected.count == 0) {
        wzp_account_pause(p, "the relay's name could not be resolved", now);
    }
}
