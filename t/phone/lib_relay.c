/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/lib_relay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "tap.h"

#define RELAY_ADDRESS "10.0.0.1:4433"
#define PHONE_ADDRESS "10.0.0.2:5000"

/* ---- the phone's events ---- */

/* Copies the fields of an event that tests ask for into one flat entry. */
static void note_facts(struct entry *e, const struct wzp_event *v)
{
    const char *text = "", *why = "", *sas = "";
    const char *build = "", *region = "";

    switch (v->type) {
    case WZP_EVENT_REGISTERED:
        e->proven = v->u.registered.proven;
        e->pin = v->u.registered.pin;
        e->rtt_ms = v->u.registered.rtt_ms;
        build = v->u.registered.build;
        region = v->u.registered.region;
        break;
    case WZP_EVENT_UNREGISTERED:
        text = v->u.unregistered.text;
        e->retry_ms = v->u.unregistered.retry_ms;
        e->code = v->u.unregistered.code;
        break;
    case WZP_EVENT_CONNECTING:
        text = v->u.connecting.relay;
        why = v->u.connecting.remote;
        break;
    case WZP_EVENT_RELAY_PIN:
        e->pin = v->u.relay_pin.pin;
        wzp_text_copy(e->certificate, sizeof e->certificate, v->u.relay_pin.certificate);
        wzp_text_copy(e->known, sizeof e->known, v->u.relay_pin.known);
        text = v->u.relay_pin.text;
        break;
    case WZP_EVENT_INCOMING:
        e->proven = v->u.incoming.proven;
        e->e2e = v->u.incoming.e2e;
        why = v->u.incoming.why;
        break;
    case WZP_EVENT_JOINED:
    case WZP_EVENT_PATH:
        e->direct = v->u.path.direct;
        why = v->u.path.why;
        e->rtt_ms = v->u.path.rtt_ms;
        break;
    case WZP_EVENT_SECURITY:
        e->e2e = v->u.security.e2e;
        e->proven = v->u.security.e2e;
        e->e2e_confirmed = v->u.security.confirmed;
        sas = v->u.security.sas;
        e->verified = v->u.security.verified;
        text = v->u.security.verified_on;
        why = v->u.security.why;
        break;
    case WZP_EVENT_MEMBERS:
        e->member_count = v->u.members.count;
        for (size_t i = 0; i < v->u.members.count; i++)
            e->members_unproven += v->u.members.items[i].unproven;
        break;
    case WZP_EVENT_MEDIA: e->since_ms = v->u.media.since_ms; break;
    case WZP_EVENT_QUALITY: text = v->u.quality.text; break;
    case WZP_EVENT_NOTICE: text = v->u.notice.text; break;
    case WZP_EVENT_ENDED:
        e->reason = v->u.ended.reason;
        text = v->u.ended.text;
        break;
    case WZP_EVENT_PONG:
        e->pin = v->u.pong.pin;
        text = v->u.pong.build;
        e->rtt_ms = v->u.pong.rtt_ms;
        build = v->u.pong.build;
        break;
    case WZP_EVENT_ERROR:
        e->code = v->u.error.code;
        text = v->u.error.text;
        break;
    default: break;
    }
    wzp_text_copy(e->text, sizeof e->text, text);
    wzp_text_copy(e->why, sizeof e->why, why);
    wzp_text_copy(e->sas, sizeof e->sas, sas);
    wzp_text_copy(e->build, sizeof e->build, build);
    wzp_text_copy(e->region, sizeof e->region, region);
}

static void on_event(void *context, const struct wzp_event *event)
{
    struct stage *st = context;

    if (st->diary_count == DIARY_MAX)
        bail("the diary is full");
    struct entry *e = &st->diary[st->diary_count++];
    memset(e, 0, sizeof *e);
    e->type = event->type;
    e->at = wzp_sim_now(st->sim);
    e->session = event->session;
    note_facts(e, event);
    wzp_text_copy(e->peer, sizeof e->peer, event->about.peer);
    wzp_text_copy(e->alias, sizeof e->alias, event->about.alias);
    wzp_text_copy(e->room, sizeof e->room, event->about.room);
    wzp_text_copy(e->call_id, sizeof e->call_id, event->about.call_id);
    if (event->type == WZP_EVENT_INCOMING && st->answer_at_once)
        wzp_phone_answer(st->phone, event->session, false, wzp_sim_now(st->sim), NULL);
}

const struct entry *last_event(const struct stage *st, enum wzp_event_type type,
                               wzp_session_id session)
{
    for (size_t i = st->diary_count; i-- > 0;)
        if (st->diary[i].type == type && (session == 0 || st->diary[i].session == session))
            return &st->diary[i];
    return NULL;
}

const struct entry *told(const struct stage *st, enum wzp_event_type type, wzp_session_id session)
{
    const struct entry *entry = last_event(st, type, session);
    if (!entry)
        bail("an event did not happen");
    return entry;
}

size_t event_count(const struct stage *st, enum wzp_event_type type)
{
    size_t count = 0;

    for (size_t i = 0; i < st->diary_count; i++)
        count += st->diary[i].type == type;
    return count;
}

/* ---- the relay ---- */

static void on_accepted(void *owner, struct wzp_quic_conn *conn, uint64_t now)
{
    struct stage *st = owner;

    if (st->line_count == LINES_MAX)
        bail("too many connections");
    struct line *line = &st->lines[st->line_count++];
    memset(line, 0, sizeof *line);
    line->conn = conn;
    line->since = now;
    wzp_text_copy(line->sni, sizeof line->sni, wzp_quic_conn_sni(conn));
    wzp_quic_conn_set_user(conn, line);
    if (strcmp(line->sni, "ping") == 0)
        wzp_quic_conn_close(conn, 0, "", false, now);
    if (strcmp(line->sni, "version") == 0 && st->build)
        wzp_quic_conn_send_uni(conn, st->build, strlen(st->build));
}

static void send_on(struct line *line, const struct wzp_signal *signal, uint64_t now)
{
    char *text;
    size_t length;

    if (wzp_signal_write(&text, &length, signal) < 0)
        bail("a signal could not be written");
    if (line->conn)
        wzp_quic_conn_send_signal(line->conn, text, length, now);
    wzp_free(text);
}

static void acknowledge(struct stage *st, struct line *line, uint64_t now)
{
    struct wzp_signal ack;
    uint8_t exporter[WZP_EXPORTER_SIZE];
    char build[512], error[] = "not \x1b[31mtoday";

    memset(&ack, 0, sizeof ack);
    if (wzp_quic_conn_export(line->conn, exporter, WZP_EXPORTER_REGISTER, NULL, 0) < 0)
        bail("no exporter");
    ack.type = WZP_SIGNAL_REGISTER_PRESENCE_ACK;
    if (st->proof != PROOF_NONE)
        wzp_register_ack_make(&ack, &st->relay_identity, exporter);
    if (st->proof == PROOF_WRONG)
        ack.u.register_presence_ack.binding.signature[5] ^= 1;
    ack.u.register_presence_ack.success = !st->refuse;
    ack.u.register_presence_ack.has_watch_limit = st->watch_limit > 0;
    ack.u.register_presence_ack.watch_limit = st->watch_limit;
    if (st->refuse)
        ack.u.register_presence_ack.error = error;
    if (st->build != NULL) {
        wzp_text_copy(build, sizeof build, st->build);
        ack.u.register_presence_ack.relay_build = build;
    }
    send_on(line, &ack, now);
}

static void admit(struct stage *st, struct line *line, const struct wzp_signal *offer, uint64_t now)
{
    struct wzp_signal answer;
    uint8_t exporter[WZP_EXPORTER_SIZE], hash[32], signature[64];
    int bound = 0;

    if (wzp_quic_conn_export(line->conn, exporter, WZP_EXPORTER_HANDSHAKE, NULL, 0) < 0)
        bail("no exporter");
    if (st->next_version) {
        static const char refusal[] =
            "{\"Hangup\":{\"reason\":{\"ProtocolVersionMismatch\":{\"server_supported\":[2]}}}}";
        wzp_quic_conn_send_signal(line->conn, refusal, sizeof refusal - 1, now);
        return;
    }
    int checked = wzp_handshake_check_offer(&bound, hash, offer, exporter, line->sni, NULL);
    ok(checked == 0 && bound, "the CallOffer is signed and bound to its connection");
    memset(&answer, 0, sizeof answer);
    wzp_handshake_answer(&answer, signature, &st->relay_identity, hash, exporter,
                         st->proof != PROOF_NONE, &st->random);
    if (st->proof == PROOF_WRONG)
        answer.u.call_answer.binding.signature[5] ^= 1;
    send_on(line, &answer, now);
    if (st->close_rooms)
        wzp_quic_conn_close(line->conn, 0, "normal close", true, now);
    else if (!st->no_room_update) {
        char text[512];
        int length = snprintf(text, sizeof text,
                              "{\"RoomUpdate\":{\"count\":2,\"participants\":["
                              "{\"fingerprint\":\"%s\",\"alias\":null,\"relay_label\":null},"
                              "{\"fingerprint\":\"%s\",\"alias\":\"Bob\",\"relay_label\":null}]}}",
                              st->identity.fingerprint_text, st->friend.fingerprint_text);
        wzp_quic_conn_send_signal(line->conn, text, (size_t)length, now);
    }
}

static void on_relay_signal(void *owner, struct wzp_quic_conn *conn, void *user, const char *text,
                            size_t length, uint64_t now)
{
    struct stage *st = owner;
    struct line *line = user;
    struct wzp_signal signal;

    (void)conn;
    if (st->inbox_count == INBOX_MAX)
        bail("the inbox is full");
    struct received *r = &st->inbox[st->inbox_count++];
    wzp_text_copy(r->sni, sizeof r->sni, line->sni);
    r->text = malloc(length + 1);
    if (!r->text)
        bail("no memory");
    memcpy(r->text, text, length);
    r->text[length] = '\0';
    if (wzp_signal_parse(&signal, text, length, NULL) < 0) {
        ok(tap_oom_mode(), "the phone says things that can be read");
        return;
    }
    if (signal.type == WZP_SIGNAL_REGISTER_PRESENCE && !st->mute_ack)
        acknowledge(st, line, now);
    if (signal.type == WZP_SIGNAL_CALL_OFFER)
        admit(st, line, &signal, now);
    wzp_signal_fini(&signal);
}

static void on_relay_datagram(void *owner, struct wzp_quic_conn *conn, void *user,
                              const uint8_t *data, size_t length, uint64_t now)
{
    struct stage *st = owner;

    (void)conn;
    (void)user;
    (void)now;
    if (length > sizeof st->datagram)
        return;
    memcpy(st->datagram, data, length);
    st->datagram_length = length;
    st->datagram_count++;
}

static void on_relay_closed(void *owner, struct wzp_quic_conn *conn, void *user,
                            const struct wzp_quic_close *why, uint64_t now)
{
    struct line *line = user;

    (void)owner;
    (void)conn;
    (void)now;
    if (line != NULL) {
        line->conn = NULL;
        line->why = *why;
    }
}

void relay_start(struct stage *st, uint8_t seed_byte)
{
    struct wzp_quic_config config;
    uint8_t seed[32];

    memset(seed, seed_byte, sizeof seed);
    wzp_identity_from_seed(&st->relay_identity, seed);
    wzp_certificate_of_relay(&st->certificate, &st->relay_identity);
    memset(&config, 0, sizeof config);
    config.callbacks.accepted = on_accepted;
    config.callbacks.signal = on_relay_signal;
    config.callbacks.datagram = on_relay_datagram;
    config.callbacks.closed = on_relay_closed;
    config.owner = st;
    config.random = st->random;
    config.certificate = &st->certificate;
    struct wzp_driver driver;
    if (wzp_quic_endpoint_new(&st->relay, &config, NULL) < 0)
        bail("no relay");
    wzp_quic_endpoint_driver(&driver, st->relay);
    if (wzp_sim_attach(st->sim, &st->relay_host, RELAY_ADDRESS, &driver, NULL, NULL))
        bail("no place for the relay");
}

void relay_crash(struct stage *st)
{
    wzp_sim_detach(st->sim, st->relay_host);
    st->relay_host = NULL;
    wzp_quic_endpoint_free(st->relay);
    st->relay = NULL;
    for (size_t i = 0; i < st->line_count; i++)
        st->lines[i].conn = NULL;
}

struct wzp_relay_entry relay_entry(const struct stage *st, const char *name)
{
    struct wzp_relay_entry relay = {.addresses = {st->relay_address}, .count = 1};

    wzp_text_copy(relay.name, sizeof relay.name, name);
    return relay;
}

/* ---- the stage ---- */

/* Network filter: drops packets to the relay while cut_handshakes is set. */
static bool cut(void *context, struct wzp_addr *from, struct wzp_addr *to, uint8_t *data,
                size_t *length)
{
    const struct stage *st = context;
    (void)from;
    (void)data;
    (void)length;
    return !st->cut_handshakes || !wzp_addr_equal(to, &st->relay_address);
}

void stage_init(struct stage *st, void (*change)(struct wzp_phone_config *config))
{
    const struct wzp_sim_link line = {.delay = 5 * WZP_MILLISECOND};
    struct wzp_phone_config config;
    uint8_t seed[32];

    memset(st, 0, sizeof *st);
    st->proof = PROOF_VALID;
    st->build = "fake 1";
    if (wzp_sim_new(&st->sim, 77))
        bail("no network");
    st->now = wzp_sim_now(st->sim);
    st->random = wzp_sim_random(st->sim);
    wzp_sim_network_set_filter(wzp_sim_internet(st->sim), cut, st);
    wzp_addr_parse(&st->relay_address, RELAY_ADDRESS, strlen(RELAY_ADDRESS));
    wzp_addr_parse(&st->phone_address, PHONE_ADDRESS, strlen(PHONE_ADDRESS));
    memset(seed, 0xaa, sizeof seed);
    wzp_identity_from_seed(&st->identity, seed);
    memset(seed, 0xbb, sizeof seed);
    wzp_identity_from_seed(&st->friend, seed);
    wzp_pins_init(&st->pins);
    relay_start(st, 0xcc);
    memset(&config, 0, sizeof config);
    memcpy(config.seed, st->identity.seed, sizeof config.seed);
    wzp_text_copy(config.alias, sizeof config.alias, "Ann");
    wzp_text_copy(config.build, sizeof config.build, "test");
    config.codec = WZP_CODEC_OPUS_24K;
    config.accept_new_relays = true;
    config.relay_only = true; /* direct paths are tested */
    config.pins = &st->pins;
    config.random = st->random;
    config.wall_seconds = 1700000000;
    if (change)
        change(&config);
    if (wzp_phone_new(&st->phone, &config, st->now, NULL) < 0)
        bail("no phone");
    struct wzp_driver driver;
    wzp_phone_driver(&driver, st->phone);
    if (wzp_sim_attach(st->sim, &st->phone_host, PHONE_ADDRESS, &driver, &line, &line))
        bail("no place for the phone");
    st->listener = (struct wzp_listener){.event = on_event, .context = st};
    wzp_phone_listen(st->phone, &st->listener);
    struct wzp_addr none = {0};
    wzp_phone_set_networks(st->phone, NULL, &st->phone_address, &none, st->now);
    struct wzp_relay_entry relay = relay_entry(st, "Relay.example:4433");
    if (wzp_phone_set_relays(st->phone, &relay, 1, NULL, NULL) < 0)
        bail("no relay set");
}

void stage_fini(struct stage *st)
{
    wzp_phone_free(st->phone);
    wzp_quic_endpoint_free(st->relay);
    wzp_pins_fini(&st->pins);
    wzp_e2e_agreement_wipe(&st->agreement);
    wzp_e2e_session_wipe(&st->keys);
    for (size_t i = 0; i < st->inbox_count; i++)
        free(st->inbox[i].text);
    wzp_sim_free(st->sim);
}

void run(struct stage *st, uint64_t duration)
{
    wzp_sim_run(st->sim, duration);
    st->now = wzp_sim_now(st->sim);
}

void enroll(struct stage *st)
{
    if (wzp_phone_register_start(st->phone, st->now, NULL) < 0)
        bail("registration cannot start");
    for (int i = 0; i < 100 && !wzp_phone_registered(st->phone); i++)
        run(st, 10 * WZP_MILLISECOND);
    if (!wzp_phone_registered(st->phone))
        bail("no registration");
}

struct line *line_of(struct stage *st, const char *sni)
{
    for (size_t i = st->line_count; i-- > 0;) {
        struct line *line = &st->lines[i];
        bool fits = strcmp(sni, "*") == 0 ? line->sni[0] != '_' : strcmp(line->sni, sni) == 0;
        if (line->conn != NULL && fits)
            return line;
    }
    return NULL;
}

struct line *the_line(struct stage *st, const char *sni)
{
    struct line *line = line_of(st, sni);
    if (!line)
        bail("no connection %s is open", sni);
    return line;
}

size_t lines_of(const struct stage *st, const char *sni)
{
    size_t count = 0;

    for (size_t i = 0; i < st->line_count; i++)
        count += strcmp(st->lines[i].sni, sni) == 0;
    return count;
}

void say(struct stage *st, const char *sni, const char *json)
{
    struct line *line = line_of(st, sni);

    if (!line)
        bail("no connection %s to speak on", sni);
    wzp_quic_conn_send_signal(line->conn, json, strlen(json), st->now);
    run(st, 20 * WZP_MILLISECOND);
}

void say_signal(struct stage *st, const char *sni, const struct wzp_signal *signal)
{
    char *text;
    size_t length;

    if (wzp_signal_write(&text, &length, signal) < 0)
        bail("a signal could not be written");
    say(st, sni, text);
    wzp_free(text);
}

const char *heard(const struct stage *st, const char *name, size_t n)
{
    size_t length = strlen(name);

    for (size_t i = 0; i < st->inbox_count; i++) {
        const char *text = st->inbox[i].text;
        const char *at = text[0] == '{' ? text + 2 : text + 1;
        if (strncmp(at, name, length) == 0 && at[length] == '"' && n-- == 0)
            return text;
    }
    return NULL;
}

const char *said(const struct stage *st, const char *name, size_t n)
{
    const char *text = heard(st, name, n);
    if (!text)
        bail("no %s was heard", name);
    return text;
}

size_t place_of(const struct stage *st, const char *name)
{
    const char *text = said(st, name, 0);
    size_t i = 0;

    while (st->inbox[i].text != text)
        i++;
    return i;
}

wzp_session_id incoming_now(const struct stage *st)
{
    return told(st, WZP_EVENT_INCOMING, 0)->session;
}

size_t heard_count(const struct stage *st, const char *name)
{
    size_t count = 0;

    while (heard(st, name, count))
        count++;
    return count;
}
