/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/dial.h"

#include <string.h>

#include "base/addr.h"
#include "base/text.h"

static const struct wzp_link_calls link_calls;

void wzp_dial_order(struct wzp_addr *addresses, size_t count)
{
    for (size_t at = 1; at < count; at++) {
        bool want_v6 = !wzp_addr_is_v6(&addresses[at - 1]);
        size_t from = at;
        while (from < count && wzp_addr_is_v6(&addresses[from]) != want_v6)
            from++;
        if (from == count)
            return; /* one family is left */
        struct wzp_addr taken = addresses[from];
        memmove(&addresses[at + 1], &addresses[at], (from - at) * sizeof *addresses);
        addresses[at] = taken;
    }
}

uint32_t wzp_dial_ask(struct wzp_phone *p, const char *name)
{
    if (++p->last_request == 0)
        ++p->last_request;
    uint32_t request = p->last_request;
    p->config.resolve(p->config.context, name, request);
    return request;
}

void wzp_dial_fill(struct wzp_relay_place *place, const struct wzp_addr *addresses, size_t count)
{
    place->count = count < WZP_RELAY_PLACES_MAX ? count : WZP_RELAY_PLACES_MAX;
    memcpy(place->addresses, addresses, place->count * sizeof *addresses);
    wzp_dial_order(place->addresses, place->count);
}

/* True between start and the winner, failure or stop. */
static bool is_busy(const struct wzp_dial *d)
{
    return d->calls;
}

static void settle(struct wzp_dial *d)
{
    d->calls = NULL;
    d->next_at = WZP_NEVER;
}

/* Drops all links but the winner. */
static void drop_links(struct wzp_dial *d, const struct wzp_link *but, uint64_t now)
{
    for (size_t i = 0; i < d->link_count; i++)
        if (d->links[i] != but)
            wzp_link_drop(&d->links[i], "", false, now);
    d->link_count = 0;
}

void wzp_dial_stop(struct wzp_dial *d, uint64_t now)
{
    drop_links(d, NULL, now);
    settle(d);
}

static void note(struct wzp_dial *d, int code, const char *why)
{
    d->code = code;
    wzp_text_copy(d->why, sizeof d->why, why);
}

/* Dials the next address; false when there is none left. */
static bool dial_next(struct wzp_dial *d, uint64_t now)
{
    while (d->next < d->place->count && d->link_count < WZP_RELAY_PLACES_MAX) {
        const struct wzp_addr *remote = &d->place->addresses[d->next++];
        const struct wzp_addr *local = &d->phone->locals[wzp_addr_is_v6(remote)];
        struct wzp_link *link;
        char text[WZP_ADDR_TEXT_MAX];
        if (wzp_addr_is_none(local))
            continue;
        int result = wzp_link_open(&link, d->phone, &link_calls, d, local, remote, d->sni, now);
        wzp_log(&d->phone->config.log, WZP_LOG_DEBUG, "phone: %s: dialling %s%s%s", d->calls->name,
                wzp_addr_format(text, remote), result < 0 ? ": " : "",
                result < 0 ? wzp_strerror(result) : "");
        if (result < 0) {
            note(d, result, wzp_strerror(result));
            continue;
        }
        d->links[d->link_count++] = link;
        d->next_at = d->next < d->place->count ? wzp_time_add(now, WZP_DIAL_STAGGER) : WZP_NEVER;
        return true;
    }
    d->next_at = WZP_NEVER;
    return false;
}

int wzp_dial_start(struct wzp_dial *d, struct wzp_phone *p, const struct wzp_relay_place *place,
                   const char *sni, const struct wzp_link_calls *calls,
                   void (*failed)(void *owner, int code, const char *why, uint64_t now),
                   void *owner, uint64_t now)
{
    wzp_dial_stop(d, now);
    *d = (struct wzp_dial){.phone = p,
                           .calls = calls,
                           .failed = failed,
                           .owner = owner,
                           .place = place,
                           .sni = sni,
                           .next_at = WZP_NEVER};
    note(d, WZP_E_NETWORK, "no address of the relay can be reached from here");
    if (dial_next(d, now) || place->count == 0)
        return 0; /* without addresses it waits for them */
    int code = d->code;
    settle(d);
    return code;
}

/* No attempt is under way any more: dials the next address, or fails. */
static void go_on(struct wzp_dial *d, uint64_t now)
{
    if (dial_next(d, now) || d->link_count > 0)
        return;
    /* The owner may dial again from inside. */
    struct wzp_dial last = *d;
    settle(d);
    last.failed(last.owner, last.code, last.why, now);
}

void wzp_dial_more(struct wzp_dial *d, uint64_t now)
{
    if (!is_busy(d))
        return;
    d->next = 0;
    while (d->next < d->place->count) {
        bool under_way = false;
        for (size_t i = 0; i < d->link_count; i++)
            under_way =
                under_way || wzp_addr_equal(&d->links[i]->remote, &d->place->addresses[d->next]);
        if (!under_way)
            break;
        d->next++;
    }
    if (d->link_count == 0)
        go_on(d, now);
    else if (d->next < d->place->count)
        d->next_at = wzp_time_min(d->next_at, wzp_time_add(now, WZP_DIAL_STAGGER));
}

static void forget(struct wzp_dial *d, const struct wzp_link *link)
{
    size_t kept = 0;

    for (size_t i = 0; i < d->link_count; i++)
        if (d->links[i] != link)
            d->links[kept++] = d->links[i];
    d->link_count = kept;
}

void wzp_dial_unreachable(struct wzp_dial *d, const struct wzp_addr *remote, int code, uint64_t now)
{
    bool any = false;

    for (size_t i = d->link_count; is_busy(d) && i-- > 0;) {
        struct wzp_link *link = d->links[i];
        if (!wzp_addr_equal(&link->remote, remote))
            continue;
        forget(d, link);
        wzp_link_drop(&link, "", false, now);
        any = true;
    }
    if (!any)
        return;
    note(d, code,
         code == WZP_E_REFUSED ? "no relay listens there" : "no network leads to the relay");
    go_on(d, now);
}

/* The first completed handshake wins. */
static void on_connected(void *owner, struct wzp_link *link, uint64_t now)
{
    struct wzp_dial *d = owner;
    const struct wzp_link_calls *calls = d->calls;

    drop_links(d, link, now);
    link->calls = calls;
    link->owner = d->owner;
    settle(d);
    calls->connected(link->owner, link, now);
}

static void on_closed(void *owner, struct wzp_link *link, const struct wzp_quic_close *why,
                      uint64_t now)
{
    struct wzp_dial *d = owner;

    forget(d, link);
    if (why->kind == WZP_QUIC_CLOSE_HANDSHAKE || why->kind == WZP_QUIC_CLOSE_IDLE)
        note(d, WZP_E_TIMEOUT, "no answer from the relay");
    else
        note(d, WZP_E_REFUSED, why->reason[0] ? why->reason : "the relay refused the connection");
    go_on(d, now);
}

static const struct wzp_link_calls link_calls = {
    .name = "dial", .connected = on_connected, .closed = on_closed};

uint64_t wzp_dial_expiry(const struct wzp_dial *d)
{
    return is_busy(d) ? d->next_at : WZP_NEVER;
}

void wzp_dial_expire(struct wzp_dial *d, uint64_t now)
{
    if (is_busy(d) && now >= d->next_at)
        dial_next(d, now);
}
