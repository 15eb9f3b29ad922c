/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "relay/prober.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "relay/dispatch.h"

static struct wzp_relay_prober *of_address(const struct wzp_relay *r, const struct wzp_addr *addr)
{
    for (size_t i = 0; i < r->probers.count; i++)
        if (wzp_addr_equal(&r->probers.items[i].address, addr))
            return &r->probers.items[i];
    return NULL;
}

int wzp_relay_probers_init(struct wzp_relay *r, uint64_t now)
{
    size_t count = r->threads.own == 0 ? r->config.probe_target_count : 0;
    if (!count)
        return 0;
    struct wzp_relay_prober *items = wzp_calloc(count, sizeof *items);
    if (!items)
        return WZP_E_MEMORY;
    r->probers.items = items;
    for (size_t i = 0; i < count; i++) {
        struct wzp_relay_prober *p = &items[r->probers.count];
        if (wzp_addr_is_none(&r->probe_ip[i]) || of_address(r, &r->probe_ip[i]))
            continue;
        p->target = i;
        p->address = r->probe_ip[i];
        r->probers.count++;
        wzp_relay_timer_arm_at(&r->timers, &p->timer, WZP_RELAY_TIMER_PROBE, p, now);
    }
    return 0;
}

void wzp_relay_probers_fini(struct wzp_relay *r)
{
    wzp_free(r->probers.items);
    memset(&r->probers, 0, sizeof r->probers);
}

const struct wzp_relay_prober *wzp_relay_prober_of(const struct wzp_relay *r, size_t target)
{
    for (size_t i = 0; i < r->probers.count; i++)
        if (r->probers.items[i].target == target)
            return &r->probers.items[i];
    return NULL;
}

const char *wzp_relay_prober_name(const struct wzp_relay *r, const struct wzp_relay_prober *p)
{
    return r->config.probe_targets[p->target];
}

/* The connection failed or ended: schedules the next attempt. Attempts never stop. */
static void lost(struct wzp_relay *r, struct wzp_relay_prober *p, const char *why, uint64_t now)
{
    if (!p->told_down && !r->draining)
        wzp_relay_log(r, now, WZP_LOG_WARN, "probe of %s: %s", wzp_relay_prober_name(r, p), why);
    p->told_down = true;
    p->is_up = false;
    if (!r->draining)
        wzp_relay_timer_arm_at(&r->timers, &p->timer, WZP_RELAY_TIMER_PROBE, p,
                               wzp_time_add(now, WZP_RELAY_PROBE_RETRY));
}

static void dial(struct wzp_relay *r, struct wzp_relay_prober *p, uint64_t now)
{
    memset(&p->window, 0, sizeof p->window);
    p->window.capacity = WZP_RELAY_WINDOW_MAX;
    p->pinged = 0;
    int result = wzp_relay_client_dial(&p->client, r, &p->address, WZP_SNI_PROBE, now);
    if (p->client)
        p->client->prober = p;
    else
        lost(r, p, wzp_strerror(result), now);
}

static void ping(struct wzp_relay *r, struct wzp_relay_prober *p, uint64_t now)
{
    struct wzp_signal message = {.type = WZP_SIGNAL_PING};
    message.u.ping.timestamp_ms = now / WZP_MILLISECOND;
    if (wzp_relay_client_send(r, p->client, &message, now) < 0)
        return;
    wzp_relay_window_ping(&p->window, message.u.ping.timestamp_ms, now);
    if (++p->pinged % WZP_RELAY_PROBE_GOSSIP == 0)
        wzp_relay_probe_tell(r, p->client, now);
}

void wzp_relay_prober_due(struct wzp_relay *r, struct wzp_relay_prober *p, uint64_t now)
{
    if (r->draining)
        return;
    if (!p->client) {
        dial(r, p, now);
        return;
    }
    if (p->client->stage != WZP_RELAY_STAGE_PROBING)
        return; /* the outcome is reported by an event */
    if (wzp_time_since(now, p->heard_at) >= WZP_RELAY_PROBE_DEAD) {
        wzp_relay_client_close(r, p->client, "no Pong came", now);
        return;
    }
    ping(r, p, now);
    wzp_relay_timer_arm_at(&r->timers, &p->timer, WZP_RELAY_TIMER_PROBE, p,
                           wzp_time_add(now, WZP_RELAY_PROBE_STEP));
}

void wzp_relay_prober_connected(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now)
{
    struct wzp_relay_prober *p = client->prober;
    if (!p || client->stage != WZP_RELAY_STAGE_DIALLING)
        return;
    client->stage = WZP_RELAY_STAGE_PROBING;
    if (p->told_down)
        wzp_relay_log(r, now, WZP_LOG_INFO, "probe of %s: it is there again",
                      wzp_relay_prober_name(r, p));
    p->is_up = true;
    p->told_down = false;
    p->heard_at = now;
    wzp_relay_prober_due(r, p, now);
}

void wzp_relay_prober_gone(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now)
{
    struct wzp_relay_prober *p = client->prober;
    if (!p)
        return;
    client->prober = NULL;
    p->client = NULL;
    lost(r, p, p->is_up ? "the connection is lost" : "it cannot be reached", now);
}

void wzp_relay_on_pong(struct wzp_relay *r, struct wzp_relay_client *client,
                       const struct wzp_relay_message *message, uint64_t now)
{
    struct wzp_relay_prober *p = client->prober;
    (void)r;
    if (p && wzp_relay_window_pong(&p->window, message->signal->u.pong.timestamp_ms, now))
        p->heard_at = now;
}

void wzp_relay_on_probe_answer(struct wzp_relay *r, struct wzp_relay_client *client,
                               const struct wzp_relay_message *message, uint64_t now)
{
    if (client->prober)
        (void)wzp_relay_presence_gossip(&r->presence, client->prober->target,
                                        &message->signal->u.presence_update.fingerprints, now);
}
