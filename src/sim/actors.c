/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The phone of actors.h; its relay is in actors_relay.c. */
#include "sim/actors.h"

#include <string.h>

#include "base/addr.h"
#include "base/alloc.h"
#include "base/bytes.h"
#include "base/text.h"
#include "base/time.h"
#include "sim/internal.h"
#include "sim/networks.h"

#define BLOCK 480 /* the virtual sound card moves 10 ms at a time */

static void copy(char *out, size_t capacity, const char *text)
{
    wzp_text_copy(out, capacity, text ? text : "");
}

static void on_event(void *context, const struct wzp_event *event)
{
    struct wzp_sim_phone *p = context;
    if (event->type == WZP_EVENT_INCOMING) {
        p->last_incoming = event->session;
        p->answer_due = p->auto_answer;
        if (p->echoes) {
            struct wzp_session_audio audio = wzp_echo_audio(&p->echo);
            wzp_phone_set_audio(p->phone, event->session, &audio, wzp_sim_now(p->sim));
        }
    }
    if (p->diary_count < WZP_SIM_DIARY_MAX)
        p->diary[p->diary_count] = wzp_event_copy(event);
    if (p->diary_count < WZP_SIM_DIARY_MAX && p->diary[p->diary_count])
        p->diary_count++;
}

/* ---- the sound card ---- */

/* The next instant at which the card moves a block; the instants do not depend on when it was
 * needed. */
static uint64_t next_block(const struct wzp_sim_phone *p, uint64_t now)
{
    uint64_t period = wzp_sim_card_period(&p->card);
    return p->clock_from + (wzp_time_since(now, p->clock_from) / period + 1) * period;
}

static bool is_needed(const struct wzp_sim_phone *p)
{
    return p->answer_due || (!p->asleep && wzp_phone_wants_audio(p->phone));
}

/* One period of the virtual sound card: microphone in, loudspeaker out. */
static void sound_card(void *context, uint64_t now)
{
    struct wzp_sim_phone *p = context;
    int16_t pcm[BLOCK];
    if (p->sleeps || p->stalls)
        return;
    now -= p->lag;
    if (p->answer_due) {
        p->answer_due = false;
        wzp_phone_answer(p->phone, p->last_incoming, true, now, NULL);
        wzp_sim_kick(p->sim, p->host);
    }
    if (!p->asleep && wzp_phone_wants_audio(p->phone)) {
        wzp_sim_card_speak(&p->card, pcm, BLOCK);
        wzp_phone_capture(p->phone, pcm, BLOCK, now);
        wzp_phone_playback(p->phone, pcm, BLOCK, now);
        if (p->recording)
            wzp_sim_recording_add(&p->card.heard, pcm, BLOCK);
    }
    wzp_sim_kick(p->sim, p->host);
}

/* ---- the phone as the host drives it ---- */

/* A packet in the socket of a phone that stalls. */
struct wzp_sim_waiting {
    struct wzp_sim_waiting *next;
    struct wzp_addr local, remote;
    uint8_t ecn;
    size_t length;
    uint8_t data[];
};

static void wait_in_socket(struct wzp_sim_phone *p, const struct wzp_addr *local,
                           const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data,
                           size_t length)
{
    struct wzp_sim_waiting *w = wzp_alloc(sizeof *w + length);
    if (!w)
        return; /* lost, as when the socket is full */
    *w = (struct wzp_sim_waiting){.local = *local, .remote = *remote, .ecn = ecn, .length = length};
    memcpy(w->data, data, length);
    *p->waiting_end = w;
    p->waiting_end = &w->next;
}

static void receive(void *object, const struct wzp_addr *local, const struct wzp_addr *remote,
                    uint8_t ecn, const uint8_t *data, size_t length, uint64_t now)
{
    struct wzp_sim_phone *p = object;
    if (p->stalls)
        wait_in_socket(p, local, remote, ecn, data, length);
    else if (!p->sleeps)
        wzp_phone_receive(p->phone, local, remote, ecn, data, length, now - p->lag);
}

static uint64_t expiry(const void *object)
{
    const struct wzp_sim_phone *p = object;
    if (p->sleeps || p->stalls)
        return WZP_NEVER;
    return wzp_time_add(wzp_phone_expiry(p->phone), p->lag);
}

static void handle_expiry(void *object, uint64_t now)
{
    struct wzp_sim_phone *p = object;
    if (!p->sleeps && !p->stalls)
        wzp_phone_handle_expiry(p->phone, now - p->lag);
}

/* Comes after all that may have changed what the phone wants: then the card is started too. */
static int next_packet(void *object, struct wzp_packet *out, uint64_t now)
{
    struct wzp_sim_phone *p = object;
    if (p->sleeps || p->stalls)
        return 0;
    int result = wzp_phone_next_packet(p->phone, out, now - p->lag);
    if (result <= 0 && wzp_sim_timer_at(&p->clock) == WZP_NEVER && is_needed(p))
        wzp_sim_timer_set(&p->clock, next_block(p, now));
    return result;
}

static void received(void *object)
{
    wzp_sim_host_kick(((struct wzp_sim_phone *)object)->host);
}

static int port_more(void *context, struct wzp_addr *out)
{
    struct wzp_sim_phone *p = context;
    int result = wzp_sim_more_open(&p->more, out);
    if (p->more.count > p->most_ports)
        p->most_ports = p->more.count;
    return result;
}

static void port_less(void *context, const struct wzp_addr *local)
{
    wzp_sim_more_close(&((struct wzp_sim_phone *)context)->more, local);
}

/* Bound to whatever the host has, of either family. */
static void on_networks(void *context, uint64_t now)
{
    struct wzp_sim_phone *p = context;
    static const uint8_t any[16];
    struct wzp_addr local[2] = {{.length = 0}, {.length = 0}};
    struct wzp_networks *networks = wzp_alloc(sizeof *networks); /* large for a stack */
    if (!networks)
        return;
    wzp_sim_host_networks(p->host, networks);
    for (size_t i = 0; i < networks->count; i++)
        for (size_t k = 0; k < networks->items[i].count; k++) {
            if (wzp_addr_is_v6(&networks->items[i].addresses[k]))
                wzp_addr_from_ip6(&local[1], any, p->port);
            else
                wzp_addr_from_ip4(&local[0], any, p->port);
        }
    wzp_phone_set_networks(p->phone, networks, &local[0], &local[1], now);
    wzp_free(networks);
}

static void tell_networks(void *context, uint64_t now)
{
    struct wzp_sim_phone *p = context;
    if (p->sleeps)
        return;
    on_networks(p, now - p->lag);
    wzp_sim_kick(p->sim, p->host);
}

static void set_stun(struct wzp_sim_phone *p, const struct wzp_sim_phone_options *options)
{
    struct wzp_addr servers[4];
    size_t count = 0;
    for (size_t i = 0; i < 4 && options->stun[i]; i++)
        if (wzp_addr_parse(&servers[count], options->stun[i], strlen(options->stun[i])) == 0)
            count++;
    wzp_phone_set_stun(p->phone, servers, count, wzp_sim_now(p->sim));
    wzp_sim_host_watch(p->host, tell_networks, p);
}

static int set_relay(struct wzp_sim_phone *p, const struct wzp_sim_relay *relay,
                     const char *address)
{
    struct wzp_relay_entry entry = {.count = 1};
    struct wzp_addr local, none = {0};
    int result = wzp_addr_parse(&local, address, strlen(address));
    copy(entry.name, sizeof entry.name, relay->address);
    if (!result)
        result = wzp_addr_parse(&entry.addresses[0], relay->address, strlen(relay->address));
    if (result)
        return result;
    bool v6 = wzp_addr_is_v6(&local);
    if (p->direct) {
        on_networks(p, wzp_sim_now(p->sim));
        return wzp_phone_set_relays(p->phone, &entry, 1, NULL, NULL);
    }
    wzp_phone_set_networks(p->phone, NULL, v6 ? &none : &local, v6 ? &local : &none,
                           wzp_sim_now(p->sim));
    return wzp_phone_set_relays(p->phone, &entry, 1, NULL, NULL);
}

static int plug_in(struct wzp_sim_phone *p, const struct wzp_sim_phone_options *options)
{
    const struct wzp_driver driver = {.object = p,
                                      .receive = receive,
                                      .expiry = expiry,
                                      .handle_expiry = handle_expiry,
                                      .next_packet = next_packet};
    struct wzp_addr local;
    int result = wzp_addr_parse(&local, options->address, strlen(options->address));
    if (result)
        return result;
    p->port = wzp_addr_port(&local);
    p->own_host = !options->host;
    if (p->own_host)
        return wzp_sim_attach(p->sim, &p->host, options->address, &driver, options->up,
                              options->down);
    result = wzp_sim_host_bind(options->host, p->port, &driver);
    if (!result)
        p->host = options->host;
    return result;
}

int wzp_sim_phone_start(struct wzp_sim_phone *p, struct wzp_sim *sim,
                        const struct wzp_sim_phone_options *options, bool registered)
{
    memset(p, 0, sizeof *p);
    p->sim = sim;
    p->recording = true;
    p->echoes = options->echo;
    p->direct = options->direct;
    p->waiting_end = &p->waiting;
    wzp_pins_init(&p->pins);
    wzp_sim_identity(&p->identity, options->seed);
    struct wzp_phone_config config = {.build = "sim",
                                      .e2e = options->e2e,
                                      .codec = options->codec,
                                      .accept_new_relays = true,
                                      .relay_only = !options->direct,
                                      .portmap = options->portmap,
                                      .port_search = options->port_search,
                                      .low_complexity = !options->fine,
                                      .port_more = port_more,
                                      .port_less = port_less,
                                      .context = p,
                                      .pins = &p->pins,
                                      .random = wzp_sim_random(sim),
                                      .wall_seconds = 1800000000};
    copy(config.alias, sizeof config.alias, options->alias);
    memcpy(config.seed, p->identity.seed, sizeof config.seed);
    int result = wzp_phone_new(&p->phone, &config, wzp_sim_now(sim), NULL);
    wzp_wipe(config.seed, sizeof config.seed);
    if (result)
        return result;
    p->listener = (struct wzp_listener){.event = on_event, .context = p};
    wzp_phone_listen(p->phone, &p->listener);
    p->card.drift_ppm = options->drift_ppm;
    /* Cards start at different moments: spread them by the seed, so that phases differ but repeat.
     */
    p->clock_from = wzp_sim_now(sim) + options->seed % 270 * 37 * WZP_MICROSECOND;
    result = wzp_sim_timer_init(&p->clock, sim, sound_card, p);
    if (!result)
        result = plug_in(p, options);
    p->more = (struct wzp_sim_more){
        .host = p->host, .receive = receive, .received = received, .object = p};
    if (!result && options->direct)
        set_stun(p, options);
    if (!result && options->relay)
        result = set_relay(p, options->relay, options->address);
    if (!result && registered)
        result = wzp_phone_register_start(p->phone, wzp_sim_now(sim), NULL);
    if (!result)
        wzp_sim_kick(sim, p->host);
    return result;
}

/* The oldest packet in the socket goes out of it. */
static void forget_first(struct wzp_sim_phone *p)
{
    struct wzp_sim_waiting *w = p->waiting;
    p->waiting = w->next;
    if (!p->waiting)
        p->waiting_end = &p->waiting;
    wzp_free(w);
}

void wzp_sim_phone_stop(struct wzp_sim_phone *p)
{
    wzp_sim_timer_fini(&p->clock);
    while (p->waiting)
        forget_first(p);
    if (p->host)
        wzp_sim_more_close_all(&p->more);
    if (p->host && p->direct)
        wzp_sim_host_watch(p->host, NULL, NULL);
    if (p->host && p->own_host)
        wzp_sim_detach(p->sim, p->host);
    else if (p->host)
        wzp_sim_host_unbind(p->host, p->port);
    p->host = NULL;
    wzp_phone_free(p->phone);
    p->phone = NULL;
    wzp_pins_fini(&p->pins);
    wzp_sim_recording_fini(&p->card.heard);
    while (p->diary_count > 0)
        wzp_event_free(p->diary[--p->diary_count]);
    wzp_identity_wipe(&p->identity);
}

int wzp_sim_phone_call(struct wzp_sim_phone *p, wzp_session_id *session,
                       const struct wzp_sim_phone *peer)
{
    int result = wzp_phone_call(p->phone, session, peer->identity.fingerprint_text,
                                wzp_sim_phone_now(p), NULL);
    wzp_sim_kick(p->sim, p->host);
    return result;
}

int wzp_sim_phone_join(struct wzp_sim_phone *p, wzp_session_id *session, const char *room)
{
    int result = wzp_phone_join(p->phone, session, room, wzp_sim_phone_now(p), NULL);
    wzp_sim_kick(p->sim, p->host);
    return result;
}

int wzp_sim_phone_hangup(struct wzp_sim_phone *p, wzp_session_id session)
{
    int result = wzp_phone_hangup(p->phone, session, wzp_sim_phone_now(p), NULL);
    wzp_sim_kick(p->sim, p->host);
    return result;
}

uint64_t wzp_sim_phone_now(const struct wzp_sim_phone *p)
{
    return (p->sleeps ? p->slept_at : wzp_sim_now(p->sim)) - p->lag;
}

void wzp_sim_phone_sleep(struct wzp_sim_phone *p)
{
    p->sleeps = true;
    p->slept_at = wzp_sim_now(p->sim);
    wzp_sim_kick(p->sim, p->host);
}

void wzp_sim_phone_wake(struct wzp_sim_phone *p)
{
    p->sleeps = false;
    p->lag += wzp_sim_now(p->sim) - p->slept_at;
    wzp_sim_host_changed(p->host);
    wzp_sim_kick(p->sim, p->host);
}

void wzp_sim_phone_stall(struct wzp_sim_phone *p)
{
    p->stalls = true;
    wzp_sim_kick(p->sim, p->host);
}

void wzp_sim_phone_resume(struct wzp_sim_phone *p)
{
    uint64_t now = wzp_sim_now(p->sim) - p->lag;
    p->stalls = false;
    wzp_phone_handle_expiry(p->phone, now);
    while (p->waiting) {
        const struct wzp_sim_waiting *w = p->waiting;
        wzp_phone_receive(p->phone, &w->local, &w->remote, w->ecn, w->data, w->length, now);
        forget_first(p);
    }
    wzp_sim_kick(p->sim, p->host);
}

void wzp_sim_phone_kick(struct wzp_sim_phone *p)
{
    wzp_sim_kick(p->sim, p->host);
}

const struct wzp_event *wzp_sim_phone_find(const struct wzp_sim_phone *p, enum wzp_event_type type,
                                           wzp_session_id session)
{
    for (size_t i = p->diary_count; i-- > 0;)
        if (p->diary[i]->type == type && (!session || p->diary[i]->session == session))
            return p->diary[i];
    return NULL;
}

size_t wzp_sim_phone_count(const struct wzp_sim_phone *p, enum wzp_event_type type)
{
    size_t count = 0;
    for (size_t i = 0; i < p->diary_count; i++)
        count += p->diary[i]->type == type;
    return count;
}

struct wait {
    const struct wzp_sim_phone *phone;
    enum wzp_event_type type;
    size_t count;
};

static bool arrived(void *context)
{
    const struct wait *w = context;
    return wzp_sim_phone_count(w->phone, w->type) >= w->count;
}

bool wzp_sim_phone_wait(struct wzp_sim_phone *p, enum wzp_event_type type, size_t count,
                        uint64_t limit)
{
    struct wait w = {p, type, count};
    return wzp_sim_run_for(p->sim, arrived, &w, limit);
}
