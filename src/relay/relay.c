/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The relay's interface to its drivers: the four calls, the binding to QUIC, timers, draining.
 * Source: wzp-protocol(7), Names, Relay rules. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/text.h"
#include "nat/demux.h"
#include "nat/stun.h"
#include "relay/dispatch.h"
#include "relay/old_query.h"
#include "relay/state.h"

/* Connections for other purposes than rooms and signals: pings, probes, clients that have not
 * identified themselves. */
#define SPARE_CONNECTIONS 1024

/* ---- the link to a QUIC connection ---- */

static int link_send(void *at, const char *text, size_t length, uint64_t now)
{
    return wzp_quic_conn_send_signal(at, text, length, now);
}

static void link_close(void *at, uint64_t code, const char *reason, bool flush, uint64_t now)
{
    wzp_quic_conn_close(at, code, reason, flush, now);
}

static void link_path(const void *at, struct wzp_addr *local, struct wzp_addr *remote)
{
    wzp_quic_conn_path(at, local, remote);
}

static int link_export(const void *at, uint8_t out[32], const char *label)
{
    return wzp_quic_conn_export(at, out, label, NULL, 0);
}

static uint64_t link_heard(const void *at)
{
    struct wzp_quic_stats stats;
    wzp_quic_conn_stats(at, &stats);
    return stats.packets_received;
}

static uint64_t link_steady(const void *at)
{
    return wzp_quic_conn_steady(at);
}

const struct wzp_relay_link wzp_relay_quic_link = {.send = link_send,
                                                   .close = link_close,
                                                   .path = link_path,
                                                   .export_key = link_export,
                                                   .heard = link_heard,
                                                   .steady = link_steady};

static void on_accepted(void *owner, struct wzp_quic_conn *conn, uint64_t now)
{
    struct wzp_relay *r = owner;
    struct wzp_relay_client *client =
        wzp_relay_client_new(r, &wzp_relay_quic_link, conn, conn, wzp_quic_conn_sni(conn), now);

    wzp_quic_conn_set_user(conn, client);
    if (!client)
        wzp_quic_conn_close(conn, 0, wzp_strerror(WZP_E_MEMORY), false, now);
}

static int on_place(void *owner, const char *sni)
{
    return (int)wzp_relay_threads_place(owner, sni);
}

static void on_pass(void *owner, unsigned thread, const struct wzp_addr *local,
                    const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data, size_t length)
{
    const struct wzp_relay *r = owner;
    wzp_relay_threads_give(r, thread, local, remote, ecn, data, length);
}

static void on_connected(void *owner, struct wzp_quic_conn *conn, void *user, uint64_t now)
{
    (void)conn;
    if (user) {
        wzp_relay_link_connected(owner, user, now);
        wzp_relay_prober_connected(owner, user, now);
        wzp_relay_old_connected(owner, user, now);
        wzp_relay_upstream_connected(owner, user, now);
    }
}

static void on_signal(void *owner, struct wzp_quic_conn *conn, void *user, const char *text,
                      size_t length, uint64_t now)
{
    (void)conn;
    if (user)
        wzp_relay_dispatch(owner, user, text, length, now);
}

static void on_datagram(void *owner, struct wzp_quic_conn *conn, void *user, const uint8_t *data,
                        size_t length, uint64_t now)
{
    (void)conn;
    struct wzp_relay_client *client = user;
    if (client && client->purpose == WZP_PURPOSE_FEDERATION)
        wzp_relay_carry_in(owner, client, data, length, now);
    else if (client && client->downstream)
        wzp_relay_upstream_receive(owner, client, data, length, now);
    else if (client)
        wzp_relay_room_frame(owner, client, data, length, now);
}

static void on_closed(void *owner, struct wzp_quic_conn *conn, void *user,
                      const struct wzp_quic_close *why, uint64_t now)
{
    (void)conn;
    if (!user)
        return;
    wzp_relay_upstream_ended(owner, user, why, now);
    wzp_relay_client_gone(owner, user, now);
}

/* ---- making and freeing ---- */

static void set_delays(struct wzp_relay *r)
{
    r->timers.delay[WZP_RELAY_TIMER_FIRST] = WZP_RELAY_FIRST_TIME;
    r->timers.delay[WZP_RELAY_TIMER_AUTH] = WZP_RELAY_AUTH_TIME;
    r->timers.delay[WZP_RELAY_TIMER_GUEST] = WZP_RELAY_GUEST_TIME;
    r->timers.delay[WZP_RELAY_TIMER_LINGER] = WZP_RELAY_LINGER_TIME;
    r->timers.delay[WZP_RELAY_TIMER_RING] = r->config.ring_seconds * WZP_SECOND;
    r->timers.delay[WZP_RELAY_TIMER_GRACE] = r->config.grace_seconds * WZP_SECOND;
    r->timers.delay[WZP_RELAY_TIMER_UPDATE] = WZP_SECOND / WZP_RELAY_UPDATE_RATE;
    r->timers.delay[WZP_RELAY_TIMER_QUESTION] = WZP_RELAY_QUESTION_TIME;
    r->timers.delay[WZP_RELAY_TIMER_DRAIN] = WZP_RELAY_DRAIN_TIME;
    r->timers.delay[WZP_RELAY_TIMER_ASK] = WZP_RELAY_ASK_STEP;
    r->timers.delay[WZP_RELAY_TIMER_HELLO] = WZP_RELAY_HELLO_TIME;
    r->timers.delay[WZP_RELAY_TIMER_DIAL] = WZP_RELAY_DIAL_TIME;
    r->timers.delay[WZP_RELAY_TIMER_TRY] = WZP_RELAY_TRIAL_WAIT;
    r->timers.delay[WZP_RELAY_TIMER_LINK] = WZP_RELAY_LINK_STEP;
    r->timers.delay[WZP_RELAY_TIMER_TELL] = WZP_RELAY_TELL_TIME;
    r->timers.delay[WZP_RELAY_TIMER_TICK] = WZP_RELAY_TICK;
    r->timers.delay[WZP_RELAY_TIMER_ASKED] = WZP_RELAY_ASKED_TIME;
    r->timers.delay[WZP_RELAY_TIMER_WATCH] = WZP_RELAY_WATCH_STEP;
    r->timers.delay[WZP_RELAY_TIMER_NEWS] = WZP_RELAY_NEWS_TIME;
    r->timers.delay[WZP_RELAY_TIMER_PLACE] = WZP_RELAY_PLACE_TIME;
    r->timers.delay[WZP_RELAY_TIMER_UPSTREAM] = WZP_RELAY_UPSTREAM_TIME;
    r->timers.delay[WZP_RELAY_TIMER_COUNTS] = WZP_RELAY_COUNTS_TIME;
    r->timers.delay[WZP_RELAY_TIMER_POOL_WAIT] = WZP_RELAY_POOL_ANSWER_TIME;
    r->timers.delay[WZP_RELAY_TIMER_POOL_BEAT] = WZP_RELAY_POOL_BEAT_TIME;
    r->timers.delay[WZP_RELAY_TIMER_POOL_TELL] = WZP_RELAY_POOL_TOLD_TIME;
    r->timers.delay[WZP_RELAY_TIMER_POOL_RECORD] = WZP_RELAY_POOL_REFRESH_TIME;
    r->timers.delay[WZP_RELAY_TIMER_POOL_ALIVE] = WZP_RELAY_ASK_STEP;
    if (r->config.sender_packets)
        r->limits.frame_ns = WZP_SECOND / r->config.sender_packets;
    if (r->config.sender_kbit)
        r->limits.byte_ns = WZP_SECOND / (r->config.sender_kbit * UINT64_C(125));
    r->limits.frame_burst = 2 * (uint64_t)r->config.sender_packets;
    r->limits.byte_burst = 2 * (uint64_t)r->config.sender_kbit * 125;
}

/* Answers STUN requests at the relay's own port, with answers no longer than the request, at a
 * limited rate. */
static void on_other(void *owner, const struct wzp_addr *local, const struct wzp_addr *remote,
                     const uint8_t *data, size_t length, uint64_t now)
{
    struct wzp_relay *r = owner;
    uint8_t answer[WZP_STUN_RESPONSE_MAX];
    struct wzp_addr to;

    if (wzp_demux(data, length) != WZP_DATAGRAM_STUN)
        return;
    size_t size =
        wzp_stun_server_answer(&r->stun, answer, sizeof answer, &to, remote, data, length, now);
    if (size > 0)
        (void)wzp_quic_endpoint_send_raw(r->endpoint, local, &to, answer, size);
}

static void on_stray(void *owner, const struct wzp_addr *remote, uint64_t now)
{
    wzp_relay_neighbour_stray(owner, remote, now);
}

static int make_endpoint(struct wzp_relay *r, struct wzp_error *err)
{
    struct wzp_quic_config quic = {
        .callbacks = {.accepted = on_accepted,
                      .connected = on_connected,
                      .signal = on_signal,
                      .datagram = on_datagram,
                      .closed = on_closed,
                      .other = on_other,
                      .stray = on_stray},
        .owner = r,
        .random = r->random,
        .log = r->log,
        .certificate = &r->certificate,
        .connection_limit =
            (size_t)r->config.max_sessions + r->config.max_signals + SPARE_CONNECTIONS,
        .per_address_limit = r->config.max_per_address,
        .thread = (uint8_t)r->threads.own,
    };
    if (r->threads.count > 1) {
        quic.callbacks.place = on_place;
        quic.callbacks.pass = on_pass;
    }

    return wzp_quic_endpoint_new(&r->endpoint, &quic, err);
}

int wzp_relay_new_sized(struct wzp_relay **out, const struct wzp_relay_config *config, size_t size,
                        const uint8_t seed[WZP_SEED_SIZE], const struct wzp_addr *local,
                        const char *build, const struct wzp_relay_host *host,
                        const struct wzp_random *random, const struct wzp_log *log, uint64_t now,
                        struct wzp_error *err)
{
    struct wzp_relay *r = wzp_calloc(1, sizeof *r);
    size_t people = (size_t)config->max_sessions + config->max_signals;
    int result;

    *out = NULL;
    if (!r)
        return wzp_error_set(err, WZP_E_MEMORY, "not enough memory for a relay");
    wzp_relay_config_default(&r->config);
    memcpy(&r->config, config, size < sizeof r->config ? size : sizeof r->config);
    wzp_identity_from_seed(&r->identity, seed);
    r->local = *local;
    r->random = *random;
    if (host)
        r->host = *host;
    if (log)
        r->log = *log;
    (void)wzp_text_copy(r->build, sizeof r->build, build);
    wzp_certificate_of_relay(&r->certificate, &r->identity);
    wzp_relay_presence_init(&r->presence, people + 1, random);
    wzp_relay_seats_init(&r->seats, (size_t)config->max_signals + 1, random);
    wzp_relay_watched_init(&r->watched, random);
    wzp_relay_calls_init(&r->calls, people + 1, &r->timers, random);
    wzp_relay_directory_init(&r->directory, random);
    wzp_relay_shares_init(&r->places, (size_t)config->max_sessions + 1, random);
    wzp_map_init(&r->rooms, (size_t)config->max_sessions + 1, random);
    wzp_stun_server_init(&r->stun, random);
    set_delays(r);
    (void)wzp_addr_parse(&r->remote, config->remote_relay, strlen(config->remote_relay));
    for (size_t i = 0; i < config->probe_target_count; i++)
        if (wzp_addr_parse(&r->probe_ip[i], config->probe_targets[i],
                           strlen(config->probe_targets[i])) < 0)
            memset(&r->probe_ip[i], 0, sizeof r->probe_ip[i]);
    result = wzp_relay_threads_init(r, host, seed, now);
    if (r->threads.count > 1)
        wzp_relay_visits_init(r, people + 1);
    if (result == 0)
        result = wzp_relay_neighbours_init(r, now);
    if (result == 0)
        result = wzp_relay_federation_init(r);
    if (result == 0)
        result = wzp_relay_probers_init(r, now);
    if (result == 0)
        result = wzp_relay_access_init(&r->access, &r->config);
    if (result == 0)
        result = wzp_relay_pool_init(r);
    if (result < 0)
        wzp_error_set(err, result, "cannot make a relay: %s", wzp_strerror(result));
    else
        result = make_endpoint(r, err);
    if (result < 0)
        wzp_relay_free(r);
    else
        *out = r;
    return result;
}

void wzp_relay_free(struct wzp_relay *r)
{
    if (!r)
        return;
    /* All stages are set first, so that the end of one connection sends nothing to others. */
    for (struct wzp_relay_client *client = r->clients; client; client = client->next)
        client->stage = WZP_RELAY_STAGE_CLOSING;
    while (r->clients)
        wzp_relay_client_gone(r, r->clients, 0);
    wzp_relay_directory_fini(r);
    wzp_relay_pool_fini(r);
    wzp_relay_calls_fini(&r->calls);
    wzp_relay_presence_fini(&r->presence);
    wzp_relay_watched_fini(&r->watched);
    wzp_map_fini(&r->rooms);
    wzp_relay_shares_fini(&r->places);
    wzp_relay_seats_fini(&r->seats);
    if (r->endpoint)
        wzp_quic_endpoint_free(r->endpoint);
    wzp_relay_federation_fini(r);
    wzp_relay_neighbours_fini(r);
    wzp_relay_probers_fini(r);
    wzp_relay_threads_fini(r);
    wzp_relay_visits_fini(r);
    wzp_relay_events_fini(r);
    wzp_relay_tap_fini(r);
    wzp_relay_bans_fini(r);
    wzp_relay_access_fini(&r->access);
    wzp_wipe(r->config.rooms, sizeof r->config.rooms);
    wzp_identity_wipe(&r->identity);
    wzp_certificate_wipe(&r->certificate);
    wzp_free(r);
}

/* ---- timers ---- */

static void first_message_late(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now)
{
    r->total.first_late++;
    wzp_relay_client_close(r, client, "no first message in time", now);
}

static void party_did_not_return(struct wzp_relay *r, struct wzp_relay_party *party, uint64_t now)
{
    r->total.calls_lost++;
    wzp_relay_call_end(r, party->call, WZP_HANGUP_TIMEOUT, party, now);
}

static void nobody_said_it_rings(struct wzp_relay *r, struct wzp_relay_call *call, uint64_t now)
{
    if (call->party[WZP_RELAY_CALLEE].route.way == &wzp_relay_way_pool)
        wzp_relay_pool_asked(r, call, now);
    else
        wzp_relay_federation_asked(r, call, now);
}

static void appointment(struct wzp_relay *r, struct wzp_relay_timer *timer, uint64_t now)
{
    switch (timer->kind) {
    case WZP_RELAY_TIMER_FIRST: first_message_late(r, timer->owner, now); break;
    case WZP_RELAY_TIMER_AUTH: wzp_relay_token_checked(r, timer->owner, NULL, now); break;
    case WZP_RELAY_TIMER_ASK: wzp_relay_register_ask(r, timer->owner, now); break;
    case WZP_RELAY_TIMER_WATCH: wzp_relay_call_watch(r, timer->owner, now); break;
    case WZP_RELAY_TIMER_EARLY: wzp_relay_call_known(r, timer->owner, now); break;
    case WZP_RELAY_TIMER_NEWS: wzp_relay_news_due(r, timer->owner, now); break;
    case WZP_RELAY_TIMER_HELLO:
        wzp_relay_link_refuse(r, timer->owner, "it did not say who it is", "", now);
        break;
    case WZP_RELAY_TIMER_RETRY: wzp_relay_neighbour_retry(r, timer->owner, now); break;
    case WZP_RELAY_TIMER_RENEW: wzp_relay_neighbour_renew(r, timer->owner, now); break;
    case WZP_RELAY_TIMER_TRY: wzp_relay_old_try(r, timer->owner, now); break;
    case WZP_RELAY_TIMER_LINK: wzp_relay_neighbour_watch(r, timer->owner, now); break;
    case WZP_RELAY_TIMER_DIAL: wzp_relay_client_cut(r, timer->owner, "no answer", now); break;
    case WZP_RELAY_TIMER_UPSTREAM:
        wzp_relay_client_close(r, timer->owner, "the remote relay does not answer", now);
        break;
    case WZP_RELAY_TIMER_PROBE: wzp_relay_prober_due(r, timer->owner, now); break;
    case WZP_RELAY_TIMER_TELL: wzp_relay_federation_tell(r, timer->owner, now); break;
    case WZP_RELAY_TIMER_TICK: wzp_relay_federation_tick(r, now); break;
    case WZP_RELAY_TIMER_ASKED: nobody_said_it_rings(r, timer->owner, now); break;
    case WZP_RELAY_TIMER_GUEST:
        wzp_relay_client_close(r, timer->owner, "a probe does not stay", now);
        break;
    case WZP_RELAY_TIMER_LINGER: wzp_relay_client_close(r, timer->owner, "", now); break;
    case WZP_RELAY_TIMER_RING:
        r->total.ring_timeouts++;
        wzp_relay_call_end(r, timer->owner, WZP_HANGUP_TIMEOUT, NULL, now);
        break;
    case WZP_RELAY_TIMER_GRACE: party_did_not_return(r, timer->owner, now); break;
    case WZP_RELAY_TIMER_UPDATE: wzp_relay_room_update_due(r, timer->owner, now); break;
    case WZP_RELAY_TIMER_QUESTION:
        wzp_relay_directory_unable(r, ((struct wzp_relay_question *)timer->owner)->handle, now);
        break;
    case WZP_RELAY_TIMER_POOL_WAIT:
    case WZP_RELAY_TIMER_POOL_INQUIRED: wzp_relay_pool_late(r, timer->owner, now); break;
    case WZP_RELAY_TIMER_POOL_BEAT: wzp_relay_pool_beat(r, now); break;
    case WZP_RELAY_TIMER_POOL_TELL: wzp_relay_pool_tell(r); break;
    case WZP_RELAY_TIMER_POOL_RECORD:
    case WZP_RELAY_TIMER_POOL_RETRY: wzp_relay_record_due(r, timer->owner, now); break;
    case WZP_RELAY_TIMER_POOL_ALIVE: wzp_relay_inquiry_due(r, timer->owner, now); break;
    case WZP_RELAY_TIMER_PLACE: wzp_relay_threads_late(r, timer->owner, now); break;
    case WZP_RELAY_TIMER_COUNTS: wzp_relay_threads_tell(r, now); break;
    case WZP_RELAY_TIMER_DRAIN: r->drained = true; break;
    case WZP_RELAY_TIMER_KINDS: break;
    }
}

/* ---- the four calls ---- */

void wzp_relay_receive(struct wzp_relay *r, const struct wzp_addr *local,
                       const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data,
                       size_t length, uint64_t now)
{
    if (!wzp_relay_threads_pass(r, local, remote, ecn, data, length))
        wzp_quic_endpoint_receive(r->endpoint, local, remote, ecn, data, length, now);
}

void wzp_relay_take_packet(struct wzp_relay *r, const struct wzp_addr *local,
                           const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data,
                           size_t length, uint64_t now)
{
    wzp_quic_endpoint_receive(r->endpoint, local, remote, ecn, data, length, now);
}

uint64_t wzp_relay_expiry(const struct wzp_relay *r)
{
    return wzp_time_min(wzp_quic_endpoint_expiry(r->endpoint), wzp_relay_timers_expiry(&r->timers));
}

void wzp_relay_handle_expiry(struct wzp_relay *r, uint64_t now)
{
    struct wzp_relay_timer *timer;

    while ((timer = wzp_relay_timers_due(&r->timers, now)))
        appointment(r, timer, now);
    wzp_quic_endpoint_handle_expiry(r->endpoint, now);
}

int wzp_relay_next_packet(struct wzp_relay *r, struct wzp_packet *out, uint64_t now)
{
    if (wzp_quic_endpoint_next_packet(r->endpoint, out, now) > 0)
        return 1;
    if (r->draining && wzp_relay_drained(r))
        wzp_relay_threads_parted(r);
    return 0;
}

static void drive_receive(void *object, const struct wzp_addr *local, const struct wzp_addr *remote,
                          uint8_t ecn, const uint8_t *data, size_t length, uint64_t now)
{
    wzp_relay_receive(object, local, remote, ecn, data, length, now);
}

static uint64_t drive_expiry(const void *object)
{
    return wzp_relay_expiry(object);
}

static void drive_handle_expiry(void *object, uint64_t now)
{
    wzp_relay_handle_expiry(object, now);
}

static int drive_next_packet(void *object, struct wzp_packet *out, uint64_t now)
{
    return wzp_relay_next_packet(object, out, now);
}

void wzp_relay_driver(struct wzp_driver *out, struct wzp_relay *r)
{
    *out = (struct wzp_driver){.object = r,
                               .receive = drive_receive,
                               .expiry = drive_expiry,
                               .handle_expiry = drive_handle_expiry,
                               .next_packet = drive_next_packet};
}

/* ---- the end ---- */

void wzp_relay_drain(struct wzp_relay *r, uint64_t now)
{
    struct wzp_map_cursor cursor = {0};

    if (r->draining)
        return;
    r->draining = true;
    wzp_relay_threads_drain(r);
    wzp_quic_endpoint_set_accepting(r->endpoint, false);
    while (wzp_map_next(&r->calls.by_id, &cursor))
        wzp_relay_call_end_because(r, cursor.value, WZP_HANGUP_ERROR, WZP_CAUSE_STOPPED, NULL, now);
    wzp_relay_pool_bye(r); /* last: siblings end calls with a relay that says bye */
    for (struct wzp_relay_client *client = r->clients; client; client = client->next)
        wzp_relay_client_close_with(r, client, WZP_CLOSE_SHUTDOWN, "shutdown", now);
    wzp_relay_timer_arm(&r->timers, &r->drain, WZP_RELAY_TIMER_DRAIN, r, now);
}

bool wzp_relay_drained(const struct wzp_relay *r)
{
    return r->draining && (r->drained || (!wzp_quic_endpoint_connections(r->endpoint) &&
                                          (r->threads.own > 0 ||
                                           r->threads.drained_count + 1 >= r->threads.count)));
}

/* ---- facts ---- */

void wzp_relay_tls_fingerprint(const struct wzp_relay *r, char *text)
{
    wzp_tls_fingerprint_format(text, r->certificate.sha256);
}

void wzp_relay_advertised(const struct wzp_relay *r, char *text)
{
    struct wzp_addr address = r->local;

    if (r->config.advertised_addr[0])
        (void)wzp_addr_parse(&address, r->config.advertised_addr,
                             strlen(r->config.advertised_addr));
    wzp_addr_format(text, &address);
}

void wzp_relay_counters_sized(const struct wzp_relay *r, struct wzp_relay_counters *out,
                              size_t size)
{
    memset(out, 0, size); /* fields added later: not before size was asked */
    out->frames_in = r->total.frames_in;
    out->frames_out = r->total.frames_out;
    out->bytes_out = r->total.bytes_out;
    out->frames_dropped = r->total.frames_over_rate + r->total.frames_too_big +
                          r->total.frames_refused + r->total.frames_early;
    out->frames_malformed = r->total.frames_malformed;
    out->active_sessions = r->members + r->threads.visitors;
    out->active_rooms = r->rooms.count;
    for (unsigned i = 1; i < r->threads.count; i++)
        out->active_rooms += r->threads.told_of[i].rooms;
    out->registered = r->presence.registered;
    out->calls = r->calls.by_id.count;
}
