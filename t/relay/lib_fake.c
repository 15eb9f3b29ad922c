/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "lib_fake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tap.h"

#define OWN_ADDRESS "192.0.2.1:1000"

static struct wzp_random_seeded seeded;

static int send_message(void *at, const char *text, size_t length, uint64_t now)
{
    struct fake *fake = at;

    (void)now;
    if (fake->result)
        return fake->result;
    fake->sent++;
    fake->bytes += length;
    fake->by_type[wzp_signal_peek(text, length)]++;
    memcpy(fake->earlier[1], fake->earlier[0], sizeof fake->earlier[1]);
    memcpy(fake->earlier[0], fake->last, sizeof fake->earlier[0]);
    snprintf(fake->last, sizeof fake->last, "%s", text);
    return 0;
}

static void close_link(void *at, uint64_t code, const char *reason, bool flush, uint64_t now)
{
    struct fake *fake = at;

    (void)flush;
    (void)now;
    fake->closed = true;
    fake->code = code;
    snprintf(fake->reason, sizeof fake->reason, "%s", reason);
}

static void path(const void *at, struct wzp_addr *local, struct wzp_addr *remote)
{
    memset(local, 0, sizeof *local);
    *remote = ((const struct fake *)at)->address;
}

static int export_key(const void *at, uint8_t out[32], const char *label)
{
    (void)at;
    memset(out, label[14], 32);
    return 0;
}

static uint64_t heard(const void *at)
{
    return ((const struct fake *)at)->heard;
}

static uint64_t steady(const void *at)
{
    return ((const struct fake *)at)->steady;
}

static const struct wzp_relay_link fake_link = {.send = send_message,
                                                .close = close_link,
                                                .path = path,
                                                .export_key = export_key,
                                                .heard = heard,
                                                .steady = steady};

struct wzp_relay *fake_relay(const struct wzp_relay_config *config)
{
    static struct wzp_relay_config own;
    struct wzp_relay *r;
    struct wzp_identity identity;
    struct wzp_random random;
    struct wzp_addr local;
    uint8_t seed[WZP_SEED_SIZE] = {5};
    struct wzp_error err = {0};

    wzp_signal_use_allocator();
    wzp_relay_config_default(&own);
    wzp_identity_from_seed(&identity, seed);
    wzp_random_seeded_init(&seeded, 1);
    random = wzp_random_seeded_source(&seeded);
    wzp_addr_parse(&local, "[2001:db8::1]:4433", 18);
    if (wzp_relay_new(&r, config ? config : &own, identity.seed, &local, "fake", NULL, &random,
                      NULL, 0, &err) < 0)
        bail("no relay: %s", err.text);
    return r;
}

void fake_open_from(struct wzp_relay *r, struct fake *fake, const char *sni, const char *address,
                    uint64_t now)
{
    memset(fake, 0, sizeof *fake);
    if (wzp_addr_parse(&fake->address, address, strlen(address)))
        bail("no address");
    fake->client = wzp_relay_client_new(r, &fake_link, fake, NULL, sni, now);
    if (!fake->client)
        bail("no client");
}

void fake_open(struct wzp_relay *r, struct fake *fake, const char *sni, uint64_t now)
{
    fake_open_from(r, fake, sni, OWN_ADDRESS, now);
}

void fake_gone(struct wzp_relay *r, struct fake *fake, uint64_t now)
{
    if (fake->client)
        wzp_relay_client_gone(r, fake->client, now);
    fake->client = NULL;
}

void fake_send(struct wzp_relay *r, struct fake *fake, const char *text, uint64_t now)
{
    if (fake->client)
        wzp_relay_dispatch(r, fake->client, text, strlen(text), now);
}

void fake_identity(struct wzp_identity *out, uint8_t seed)
{
    uint8_t bytes[WZP_SEED_SIZE];

    memset(bytes, seed, sizeof bytes);
    wzp_identity_from_seed(out, bytes);
}

const char *fake_name(uint8_t seed)
{
    static char text[2][WZP_FINGERPRINT_TEXT_MAX];
    static unsigned turn;
    struct wzp_identity identity;

    fake_identity(&identity, seed);
    return strcpy(text[turn++ % 2], identity.fingerprint_text);
}

bool fake_register(struct wzp_relay *r, struct fake *fake, uint8_t seed,
                   enum wzp_registration_class standing, uint64_t now)
{
    struct wzp_signal signal = {.type = WZP_SIGNAL_REGISTER_PRESENCE};
    struct wzp_identity identity;
    uint8_t signature[WZP_SIGNATURE_SIZE], exporter[WZP_EXPORTER_SIZE];
    char *text;
    size_t length;

    fake_identity(&identity, seed);
    (void)export_key(NULL, exporter, WZP_EXPORTER_REGISTER);
    if (standing != WZP_REGISTRATION_ANONYMOUS)
        wzp_register_make(&signal, signature, &identity, exporter);
    if (standing < WZP_REGISTRATION_PROVEN)
        signal.u.register_presence.binding.present = false;
    if (standing < WZP_REGISTRATION_SIGNED)
        signal.u.register_presence.signature.length = 0;
    if (wzp_signal_write(&text, &length, &signal) < 0)
        bail("cannot write");
    fake_send(r, fake, text, now);
    wzp_free(text);
    return strstr(fake->last, "\"success\":true") != NULL;
}

void fake_come_from(struct wzp_relay *r, struct fake *fake, const char *address, uint8_t seed,
                    enum wzp_registration_class standing, uint64_t now)
{
    fake_open_from(r, fake, "_signal", address, now);
    if (!fake_register(r, fake, seed, standing, now))
        bail("the person of seed %u does not register: %s", seed, fake->reason);
}

void fake_come(struct wzp_relay *r, struct fake *fake, uint8_t seed,
               enum wzp_registration_class standing, uint64_t now)
{
    fake_come_from(r, fake, OWN_ADDRESS, seed, standing, now);
}

void fake_watch(struct wzp_relay *r, struct fake *fake, uint8_t seed, uint64_t now)
{
    char text[200];
    snprintf(text, sizeof text, "{\"WzpWatch\":{\"add\":[\"%s\"]}}", fake_name(seed));
    fake_send(r, fake, text, now);
}

void fake_is_told(const struct fake *fake, uint8_t seed, const char *state, const char *what)
{
    char want[200];
    snprintf(want, sizeof want,
             "{\"WzpSeen\":{\"people\":[{\"fingerprint\":\"%s\",\"state\":\"%s\"}]}}",
             fake_name(seed), state);
    is_str(fake->last, want, "%s", what);
}
