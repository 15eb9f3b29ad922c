/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "app/relays.h"

#include <string.h>
#include <strings.h>

#include "base/addr.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"

void wzp_relays_fini(struct wzp_app_relays *r)
{
    wzp_free(r->items);
    wzp_free(r->map);
    *r = (struct wzp_app_relays){0};
}

static struct wzp_app_relay_state *find(const struct wzp_app_relays *r, const char *name)
{
    for (size_t i = 0; i < r->count; i++)
        if (strcasecmp(r->items[i].relay, name) == 0)
            return &r->items[i];
    return NULL;
}

struct wzp_app_relay_state *wzp_relays_know(struct wzp_app_relays *r, const char *name)
{
    if (!name || !name[0])
        return NULL;
    struct wzp_app_relay_state *state = find(r, name);
    if (state || r->count == WZP_APP_RELAYS_MAX)
        return state;
    if (!r->items)
        r->items = wzp_calloc(WZP_APP_RELAYS_MAX, sizeof *r->items);
    if (!r->items)
        return NULL;
    state = &r->items[r->count++];
    memset(state, 0, sizeof *state);
    wzp_text_copy(state->relay, sizeof state->relay, name);
    return state;
}

void wzp_relays_forget(struct wzp_app_relays *r, const char *name)
{
    struct wzp_app_relay_state *state = find(r, name);
    if (!state)
        return;
    size_t at = (size_t)(state - r->items);
    memmove(state, state + 1, (--r->count - at) * sizeof *state);
}

/* ---- what events tell ---- */

/* Records that a relay answered from that address. */
static struct wzp_app_relay_state *measure(struct wzp_app_relays *r, const char *name,
                                           const char *remote, uint32_t rtt_ms, uint64_t now)
{
    struct wzp_addr addr;
    struct wzp_app_relay_state *state = wzp_relays_know(r, name);
    if (!state)
        return NULL;
    state->measured = state->reachable = true;
    state->rtt_ms = rtt_ms;
    state->text[0] = '\0';
    wzp_text_copy(state->remote, sizeof state->remote, remote);
    if (!r->map)
        r->map = wzp_calloc(1, sizeof *r->map);
    if (r->map && wzp_addr_parse(&addr, remote, strlen(remote)) == 0)
        /* map full: the relay is shown, but not compared */
        (void)wzp_relay_map_update_rtt(r->map, &addr, rtt_ms, now);
    return state;
}

static void lose(struct wzp_app_relays *r, const char *name, const char *text, uint64_t now)
{
    struct wzp_addr addr;
    struct wzp_app_relay_state *state = wzp_relays_know(r, name);
    if (!state)
        return;
    state->measured = state->reachable = false;
    wzp_text_copy(state->text, sizeof state->text, text);
    if (r->map && wzp_addr_parse(&addr, state->remote, strlen(state->remote)) == 0)
        wzp_relay_map_mark_unreachable(r->map, &addr, now);
}

void wzp_relays_follow(struct wzp_app_relays *r, const struct wzp_event *event, uint64_t now)
{
    struct wzp_app_relay_state *state;
    switch (event->type) {
    case WZP_EVENT_REGISTERED:
        state = measure(r, event->u.registered.relay, event->u.registered.remote,
                        event->u.registered.rtt_ms, now);
        if (state) {
            state->proven = event->u.registered.proven;
            state->changed = false;
            wzp_text_copy(state->build, sizeof state->build, event->u.registered.build);
            wzp_text_copy(state->region, sizeof state->region, event->u.registered.region);
        }
        break;
    case WZP_EVENT_PONG:
        state = measure(r, event->u.pong.relay, event->u.pong.remote, event->u.pong.rtt_ms, now);
        if (state)
            wzp_text_copy(state->build, sizeof state->build, event->u.pong.build);
        break;
    case WZP_EVENT_UNREGISTERED:
        /* A relay that refuses us is reachable. */
        if (!event->u.unregistered.displaced && !event->u.unregistered.token_wanted)
            lose(r, event->u.unregistered.relay, event->u.unregistered.text, now);
        break;
    case WZP_EVENT_ERROR:
        if (!event->session)
            lose(r, event->u.error.relay, event->u.error.text, now);
        break;
    case WZP_EVENT_RELAY_PIN:
        if ((state = wzp_relays_know(r, event->u.relay_pin.relay)))
            state->changed = event->u.relay_pin.pin == WZP_PIN_MISMATCH;
        break;
    default: break;
    }
}

/* ---- which should be home ---- */

const struct wzp_app_relay_state *wzp_relays_preferred(const struct wzp_app_relays *r,
                                                       const char *home, bool registered,
                                                       uint64_t now)
{
    struct wzp_addr current = {.length = 0}, at;
    const struct wzp_app_relay_state *state = find(r, home);
    if (state)
        wzp_addr_parse(&current, state->remote, strlen(state->remote));
    const struct wzp_relay_map_entry *best =
        r->map ? wzp_relay_map_home(r->map, &current, registered ? now : 0, now) : NULL;
    if (!best || (state && wzp_addr_equal(&best->addr, &current)))
        return best ? state : NULL;
    for (size_t i = 0; i < r->count; i++)
        if (wzp_addr_parse(&at, r->items[i].remote, strlen(r->items[i].remote)) == 0 &&
            wzp_addr_equal(&at, &best->addr))
            return &r->items[i];
    return NULL;
}
