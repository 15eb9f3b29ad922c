/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A script of what several clients without QUIC do to a relay. Each line: a client's digit, a verb,
 * an argument:
 *   0o_signal   opens a connection with that server name
 *   0c          it is gone
 *   0r2         registers as person 2, proven (R: plain)
 *   0j2         sends a valid CallOffer as person 2
 *   0s{...}     sends that text; $1 is person 1's fingerprint
 *   0d...       sends these bytes as a datagram
 *   0h2         says hello as the relay of person 2 or 3, with its proof (H: as an old one does)
 *   0l          its queue is full from now on
 *   0t?         time passes: 100 ms times the byte's value
 *   0aname      the token service answers (empty: it refuses)
 *   0z          the relay drains
 * Afterwards the books must balance. */
#include <stdlib.h>
#include <string.h>

#include "../relay/lib_mute.c"
#include "base/alloc.h"
#include "crypto/federation.h"
#include "relay/dispatch.h"
#include "relay/state.h"
#include "tap.h"

#define CLIENTS 6

struct fake {
    struct wzp_relay_client *client;
    int result;
    unsigned sent;
};

static struct fake fakes[CLIENTS];
static struct wzp_identity people[4];
static struct wzp_random_seeded seeded;
static struct wzp_random source;
static uint64_t request;

static int send_message(void *at, const char *text, size_t length, uint64_t now)
{
    struct fake *fake = at;

    fake->sent++;
    (void)mute_send(at, text, length, now);
    return fake->result;
}

static uint64_t heard(const void *at)
{
    return ((const struct fake *)at)->sent / 2;
}

static const struct wzp_relay_link fake_link = {.send = send_message,
                                                .close = mute_close,
                                                .path = mute_path,
                                                .export_key = mute_export_key,
                                                .heard = heard,
                                                .steady = heard};

static void authenticate(void *context, uint64_t number, const char *token)
{
    (void)context;
    (void)token;
    request = number;
}

static void dispatch_signal(struct wzp_relay *r, struct fake *fake, struct wzp_signal *signal,
                            uint64_t now)
{
    char *text;
    size_t length;

    if (wzp_signal_write(&text, &length, signal) < 0)
        return;
    wzp_relay_dispatch(r, fake->client, text, length, now);
    wzp_free(text);
}

/* Signing is slow and deterministic: the texts are made once. */
static char *registrations[4][2];
static char *hellos[4][2];

static void make_hello(size_t person, struct wzp_relay_peer *peer)
{
    struct wzp_signal hello = {0};
    struct wzp_certificate certificate;
    char *capability = (char *)(uintptr_t)WZP_RELAY_CAPABILITY;
    char fingerprint[WZP_TLS_FINGERPRINT_TEXT_MAX];
    uint8_t exporter[32];
    size_t length;
    memset(exporter, 1, sizeof exporter);
    wzp_certificate_of_relay(&certificate, &people[person]);
    wzp_federation_hello_make(&hello, fingerprint, &certificate, exporter);
    memcpy(peer->fingerprint, fingerprint, sizeof fingerprint);
    peer->allow_unproven = true;
    hello.u.federation_hello.capabilities.items = &capability;
    hello.u.federation_hello.capabilities.count = 1;
    for (size_t n = 2; n-- > 0;) {
        char *text;
        if (wzp_signal_write(&text, &length, &hello) < 0)
            abort();
        hellos[person][n] = strdup(text);
        wzp_free(text);
        hello.u.federation_hello.proof.present = false;
        hello.u.federation_hello.capabilities.count = 0;
    }
}

static void make_registrations(void)
{
    struct wzp_signal signal = {.type = WZP_SIGNAL_REGISTER_PRESENCE};
    uint8_t signature[64], exporter[32];
    size_t length;

    memset(exporter, 1, sizeof exporter);
    for (size_t i = 0; i < 4; i++) {
        char *text[2];

        wzp_register_make(&signal, signature, &people[i], exporter);
        if (wzp_signal_write(&text[1], &length, &signal) < 0)
            abort();
        signal.u.register_presence.signature.length = 0;
        signal.u.register_presence.binding.present = false;
        if (wzp_signal_write(&text[0], &length, &signal) < 0)
            abort();
        for (size_t n = 0; n < 2; n++) {
            registrations[i][n] = strdup(text[n]);
            wzp_free(text[n]);
        }
    }
}

static void do_register(struct wzp_relay *r, struct fake *fake, unsigned person, bool proven,
                        uint64_t now)
{
    const char *text = registrations[person][proven];

    wzp_relay_dispatch(r, fake->client, text, strlen(text), now);
}

static void do_join(struct wzp_relay *r, struct fake *fake, const struct wzp_identity *who,
                    uint64_t now)
{
    struct wzp_signal signal = {0};
    struct wzp_handshake state;
    uint8_t signature[64], exporter[32];

    memset(exporter, 1, sizeof exporter);
    wzp_handshake_offer(&state, &signal, signature, who, exporter, fake->client->sni, &source);
    wzp_handshake_wipe(&state);
    dispatch_signal(r, fake, &signal, now);
}

/* $0..$3 become fingerprints, so that a mutated script can still name people. */
static void do_text(struct wzp_relay *r, struct fake *fake, const char *text, size_t length,
                    uint64_t now)
{
    static char out[8192];
    size_t n = 0;

    for (size_t i = 0; i < length && n < sizeof out - 64; i++) {
        if (text[i] == '$' && i + 1 < length && text[i + 1] >= '0' && text[i + 1] <= '3') {
            const char *fingerprint = people[text[++i] - '0'].fingerprint_text;

            memcpy(out + n, fingerprint, strlen(fingerprint));
            n += strlen(fingerprint);
        } else {
            out[n++] = text[i];
        }
    }
    out[n] = '\0';
    wzp_relay_dispatch(r, fake->client, out, n, now);
}

static void do_open(struct wzp_relay *r, struct fake *fake, const char *name, size_t length,
                    uint64_t now)
{
    char sni[WZP_SNI_MAX + 1] = "";

    if (fake->client || length > WZP_SNI_MAX || memchr(name, 0, length))
        return;
    memcpy(sni, name, length);
    fake->result = 0;
    fake->client = wzp_relay_client_new(r, &fake_link, fake, NULL, sni, now);
}

static void do_datagram(struct wzp_relay *r, struct fake *fake, const uint8_t *data, size_t length,
                        uint64_t now)
{
    if (fake->client->purpose == WZP_PURPOSE_FEDERATION)
        wzp_relay_carry_in(r, fake->client, data, length, now);
    else
        wzp_relay_room_frame(r, fake->client, data, length, now);
}

static void do_line(struct wzp_relay *r, const char *line, size_t length, uint64_t *now)
{
    struct fake *fake;
    const char *argument = line + 2;
    size_t rest = length - 2;
    unsigned person;
    char name[64] = "";

    if (line[0] < '0' || line[0] >= '0' + CLIENTS)
        return;
    fake = &fakes[line[0] - '0'];
    person = rest ? (unsigned)argument[0] & 3 : 0;
    if (line[1] == 'o')
        do_open(r, fake, argument, rest, *now);
    if (line[1] == 't') {
        *now += (uint64_t)(rest ? (uint8_t)argument[0] : 0) * 100 * WZP_MILLISECOND;
        wzp_relay_handle_expiry(r, *now);
    }
    if (line[1] == 'a') {
        memcpy(name, argument, rest < sizeof name - 1 ? rest : sizeof name - 1);
        wzp_relay_auth_result(r, request, name[0] ? name : NULL, *now);
    }
    if (line[1] == 'z')
        wzp_relay_drain(r, *now);
    if (!fake->client)
        return;
    switch (line[1]) {
    case 'c':
        wzp_relay_client_gone(r, fake->client, *now);
        fake->client = NULL;
        break;
    case 'r':
    case 'R': do_register(r, fake, person, line[1] == 'r', *now); break;
    case 'j': do_join(r, fake, &people[person], *now); break;
    case 's': do_text(r, fake, argument, rest, *now); break;
    case 'h':
    case 'H':
        if (person >= 2)
            wzp_relay_dispatch(r, fake->client, hellos[person][line[1] == 'h'],
                               strlen(hellos[person][line[1] == 'h']), *now);
        break;
    case 'd': do_datagram(r, fake, (const uint8_t *)argument, rest, *now); break;
    case 'l': fake->result = WZP_E_LIMIT; break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct wzp_relay_config config;
    static struct wzp_relay_peer neighbours[2];
    const struct wzp_relay_host host = {.authenticate = authenticate};
    struct wzp_relay *r;
    struct wzp_addr local;
    uint64_t now = WZP_SECOND;
    const char *text = (const char *)data;
    unsigned lines = 0;

    if (!people[0].fingerprint_text[0]) {
        wzp_signal_use_allocator();
        wzp_random_seeded_init(&seeded, 1);
        source = wzp_random_seeded_source(&seeded);
        for (unsigned i = 0; i < 4; i++)
            wzp_identity_new(&people[i], &source);
        make_registrations();
        make_hello(2, &neighbours[0]);
        make_hello(3, &neighbours[1]);
    }
    wzp_relay_config_default(&config);
    memcpy(config.trusted, neighbours, sizeof neighbours);
    config.trusted_count = 2;
    memcpy(config.global_rooms[0], "general", 8);
    config.global_room_count = 1;
    /* The first byte enables tokens, so that both configurations are covered. */
    if (size && data[0] == 'T')
        memcpy(config.auth_url, "http://a", 9);
    wzp_addr_parse(&local, "192.0.2.9:4433", 14);
    if (wzp_relay_new(&r, &config, people[0].seed, &local, "fuzz", &host, &source, NULL, now,
                      NULL) < 0)
        return 0;
    while (size && lines++ < 64) {
        const char *end = memchr(text, '\n', size);
        size_t length = end ? (size_t)(end - text) : size;

        if (length >= 2)
            do_line(r, text, length, &now);
        text += length + (end != NULL);
        size -= length + (end != NULL);
    }
    for (size_t i = 0; i < CLIENTS; i++)
        if (fakes[i].client)
            wzp_relay_client_gone(r, fakes[i].client, now);
    memset(fakes, 0, sizeof fakes);
    /* Nobody is connected: nobody may be listed, no room may be open; calls end by their time-outs.
     */
    if (r->clients || r->members || r->rooms.count || r->presence.entries.count ||
        r->presence.registered)
        abort();
    wzp_relay_handle_expiry(r, now + 100 * WZP_SECOND);
    if (r->calls.by_id.count || r->calls.by_person.count)
        abort();
    wzp_relay_free(r);
    return 0;
}
