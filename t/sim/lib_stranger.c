/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sim/lib_stranger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/time.h"
#include "sim/actors.h"
#include "tap.h"
#include "wzp/relay.h"

static void on_connected(void *owner, struct wzp_quic_conn *conn, void *user, uint64_t now)
{
    (void)conn;
    (void)user;
    (void)now;
    ((struct stranger *)owner)->connected = true;
}

static void on_signal(void *owner, struct wzp_quic_conn *conn, void *user, const char *text,
                      size_t length, uint64_t now)
{
    struct stranger *s = owner;
    (void)conn;
    (void)user;
    (void)length;
    (void)now;
    if (s->inbox_count < STRANGER_INBOX_MAX)
        s->inbox[s->inbox_count++] = strdup(text);
}

static void on_datagram(void *owner, struct wzp_quic_conn *conn, void *user, const uint8_t *data,
                        size_t length, uint64_t now)
{
    (void)conn;
    (void)user;
    (void)data;
    (void)length;
    (void)now;
    ((struct stranger *)owner)->datagrams++;
}

static void on_closed(void *owner, struct wzp_quic_conn *conn, void *user,
                      const struct wzp_quic_close *why, uint64_t now)
{
    struct stranger *s = owner;
    (void)conn;
    (void)user;
    (void)now;
    s->closed = true;
    s->why = *why;
    s->conn = NULL;
}

static bool settled(void *context)
{
    const struct stranger *s = context;
    return s->connected || s->closed;
}

void stranger_dial(struct stranger *s, struct wzp_sim *sim, const char *address, const char *relay,
                   const char *sni, uint64_t seed)
{
    memset(s, 0, sizeof *s);
    s->sim = sim;
    s->random = wzp_sim_random(sim);
    snprintf(s->sni, sizeof s->sni, "%s", sni);
    wzp_sim_identity(&s->identity, seed);
    const struct wzp_quic_config config = {.callbacks = {.connected = on_connected,
                                                         .signal = on_signal,
                                                         .datagram = on_datagram,
                                                         .closed = on_closed},
                                           .owner = s,
                                           .random = s->random};
    if (wzp_addr_parse(&s->address, address, strlen(address)) ||
        wzp_addr_parse(&s->relay, relay, strlen(relay)) ||
        wzp_quic_endpoint_new(&s->endpoint, &config, NULL))
        bail("no stranger");
    struct wzp_driver driver;
    wzp_quic_endpoint_driver(&driver, s->endpoint);
    if (wzp_sim_attach(sim, &s->host, address, &driver, NULL, NULL) ||
        wzp_quic_connect(&s->conn, s->endpoint, &s->address, &s->relay, sni, NULL,
                         wzp_sim_now(sim)))
        bail("the stranger cannot dial");
    wzp_sim_run_for(sim, settled, s, 3 * WZP_SECOND);
}

void stranger_free(struct stranger *s)
{
    wzp_sim_detach(s->sim, s->host);
    wzp_quic_endpoint_free(s->endpoint);
    for (size_t i = 0; i < s->inbox_count; i++)
        free(s->inbox[i]);
    wzp_identity_wipe(&s->identity);
}

void stranger_say(struct stranger *s, const char *text)
{
    if (s->conn)
        (void)wzp_quic_conn_send_signal(s->conn, text, strlen(text), wzp_sim_now(s->sim));
    wzp_sim_kick(s->sim, s->host);
    wzp_sim_run(s->sim, 20 * WZP_MILLISECOND);
}

void stranger_send(struct stranger *s, const struct wzp_signal *signal)
{
    char *text;
    size_t length;
    if (wzp_signal_write(&text, &length, signal))
        bail("cannot write %s", wzp_signal_type_name(signal->type));
    stranger_say(s, text);
    wzp_free(text);
}

void stranger_datagram(struct stranger *s, const void *data, size_t length)
{
    if (s->conn)
        (void)wzp_quic_conn_send_datagram(s->conn, data, length, 0, wzp_sim_now(s->sim));
    wzp_sim_kick(s->sim, s->host);
}

struct word {
    const struct stranger *stranger;
    const char *text, *found;
};

static bool was_said(void *context)
{
    struct word *w = context;
    for (size_t i = w->stranger->inbox_count; i-- > 0;)
        if (strstr(w->stranger->inbox[i], w->text)) {
            w->found = w->stranger->inbox[i];
            return true;
        }
    return w->stranger->closed;
}

const char *stranger_hears(struct stranger *s, const char *word)
{
    struct word w = {s, word, NULL};
    wzp_sim_run_for(s->sim, was_said, &w, 2 * WZP_SECOND);
    return w.found;
}

bool stranger_register(struct stranger *s, bool proven)
{
    struct wzp_signal signal = {.type = WZP_SIGNAL_REGISTER_PRESENCE};
    uint8_t signature[WZP_SIGNATURE_SIZE], exporter[WZP_EXPORTER_SIZE];
    if (!s->conn || wzp_quic_conn_export(s->conn, exporter, WZP_EXPORTER_REGISTER, NULL, 0))
        return false;
    wzp_register_make(&signal, signature, &s->identity, exporter);
    if (!proven) {
        signal.u.register_presence.binding.present = false;
        signal.u.register_presence.signature.length = 0;
    }
    stranger_send(s, &signal);
    const char *ack = stranger_hears(s, "RegisterPresenceAck");
    return ack && strstr(ack, "\"success\":true");
}

bool stranger_join(struct stranger *s)
{
    struct wzp_signal offer = {0};
    struct wzp_handshake state;
    uint8_t signature[WZP_SIGNATURE_SIZE], exporter[WZP_EXPORTER_SIZE];
    if (!s->conn || wzp_quic_conn_export(s->conn, exporter, WZP_EXPORTER_HANDSHAKE, NULL, 0))
        return false;
    wzp_handshake_offer(&state, &offer, signature, &s->identity, exporter, s->sni, &s->random);
    wzp_handshake_wipe(&state);
    offer.u.call_offer.binding.present = !s->unproven;
    stranger_send(s, &offer);
    return stranger_hears(s, "RoomUpdate") != NULL;
}

double stage_metric(void *relay, const char *name, uint64_t now)
{
    char *body;
    size_t length;
    const char *type;
    double sum = 0;
    if (wzp_relay_http(relay, "/metrics", &body, &length, &type, now) != 200)
        return -1;
    for (const char *line = body; line && *line; line = strchr(line, '\n')) {
        line += *line == '\n';
        size_t n = strlen(name);
        if (strncmp(line, name, n) == 0 && (line[n] == ' ' || line[n] == '{')) {
            const char *value = line[n] == '{' ? strstr(line, "} ") : line + n;
            sum += value ? atof(value + (line[n] == '{' ? 2 : 1)) : 0;
        }
    }
    wzp_free(body);
    return sum;
}
