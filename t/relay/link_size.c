/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Links over QUIC between relays with thousands of people: their presence lists are the longest
 * messages there are, and are sent in both directions, also on probe connections. */
#include <stdio.h>
#include <string.h>

#include "lib_fake.h"
#include "relay/federation.h"
#include "sim/actors.h"
#include "tap.h"

#define PEOPLE 5000
#define MEMBERS 130 /* of a room: all member lists together are more than a queue holds */

static const struct wzp_sim_link line = {.delay = 20 * WZP_MILLISECOND};
static struct wzp_sim *sim;
static struct wzp_sim_relay relays[2];
static struct fake people[2][PEOPLE];

static void pair_up(struct wzp_relay_config *config, size_t other)
{
    struct wzp_identity identity;
    struct wzp_certificate certificate;
    struct wzp_relay_peer *peer = other ? &config->peers[0] : &config->trusted[0];
    *(other ? &config->peer_count : &config->trusted_count) = 1;
    wzp_sim_identity(&identity, 100 + other);
    wzp_certificate_of_relay(&certificate, &identity);
    wzp_tls_fingerprint_format(peer->fingerprint, certificate.sha256);
    snprintf(peer->url, sizeof peer->url, "10.0.%zu.1:4433", other);
    snprintf(config->probe_targets[0], sizeof config->probe_targets[0], "10.0.%zu.1:4433", other);
    config->probe_target_count = 1;
}

/* Two relays that are linked; `with` is the rest of the configuration of both. started may be NULL.
 */
static void open_pair(uint64_t seed, const struct wzp_relay_config *with,
                      void (*started)(struct wzp_relay *r, size_t i))
{
    wzp_signal_use_allocator();
    if (wzp_sim_new(&sim, seed))
        bail("no world");
    for (size_t i = 0; i < 2; i++) {
        static struct wzp_relay_config config;
        char address[32];
        config = *with;
        config.max_per_address = 0;
        pair_up(&config, 1 - i);
        snprintf(address, sizeof address, "10.0.%zu.1:4433", i);
        if (wzp_sim_relay_start(&relays[i], sim, address, 100 + i, &config))
            bail("no relay");
        wzp_sim_set_links(relays[i].host, &line, &line);
        if (started)
            started(relays[i].relay, i);
    }
}

static void fill_rooms(struct wzp_relay *r, size_t which)
{
    static struct fake members[WZP_RELAY_LIST_MAX][MEMBERS];
    char text[64];
    for (size_t i = 0; which == 0 && i < WZP_RELAY_LIST_MAX; i++)
        for (size_t n = 0; n < MEMBERS; n++) {
            struct fake *fake = &members[i][n];
            snprintf(text, sizeof text, "10.9.%zu.%zu:1", i + 1, n + 1);
            fake_open_from(r, fake, "_signal", text, wzp_sim_now(sim));
            snprintf(text, sizeof text, "aaaa:bbbb:cccc:dddd:eeee:ffff:%04zx:%04zx", i, n);
            wzp_relay_name_set(&fake->client->name, text);
            fake->client->stage = WZP_RELAY_STAGE_MEMBER;
            snprintf(text, sizeof text, "room-%zu", i);
            if (wzp_relay_room_join(r, fake->client, text, NULL, wzp_sim_now(sim)))
                bail("nobody enters");
        }
}

/* The largest number of rooms, each with one member, when a link comes up. */
static void test_rooms(void)
{
    static struct wzp_relay_config config;
    wzp_relay_config_default(&config);
    config.max_sessions = config.max_signals = 2 * WZP_RELAY_LIST_MAX * MEMBERS;
    config.global_room_count = WZP_RELAY_LIST_MAX;
    for (size_t n = 0; n < WZP_RELAY_LIST_MAX; n++)
        snprintf(config.global_rooms[n], sizeof config.global_rooms[n], "room-%zu", n);
    open_pair(2, &config, fill_rooms);
    wzp_sim_run(sim, 4 * WZP_SECOND);
    const struct wzp_relay_neighbour *n = relays[1].relay->neighbours.items;
    ok(n->is_up && n->up_since < 2 * WZP_SECOND, "a link with many rooms stays");
    is_int(wzp_relay_global_active(relays[1].relay), WZP_RELAY_LIST_MAX,
           "and the other relay knows of all of them");
    is_int(wzp_relay_global_find(relays[1].relay, "room-63")->best.count, MEMBERS,
           "and of everybody");
    for (size_t i = 0; i < 2; i++)
        wzp_sim_relay_stop(&relays[i]);
    wzp_sim_free(sim);
}

static void test_people(void)
{
    static struct wzp_relay_config config;
    wzp_relay_config_default(&config);
    config.max_signals = 2 * PEOPLE;
    open_pair(1, &config, NULL);
    wzp_sim_run(sim, 2 * WZP_SECOND);
    for (size_t i = 0; i < 2; i++)
        for (size_t n = 0; n < PEOPLE; n++) {
            struct fake *fake = &people[i][n];
            char name[64], text[256];
            uint64_t now = wzp_sim_now(sim);
            snprintf(name, sizeof name, "10.%zu.%zu.%zu:1", 1 + i, 1 + n / 200, 1 + n % 200);
            fake_open_from(relays[i].relay, fake, "_signal", name, now);
            int at = snprintf(text, sizeof text, "{\"RegisterPresence\":{\"identity_pub\":[");
            for (unsigned k = 0; k < 32; k++)
                at += snprintf(text + at, sizeof text - (size_t)at, "%s%u", k ? "," : "",
                               k == 0   ? 1 + (unsigned)i
                               : k == 1 ? (unsigned)(n % 256)
                               : k == 2 ? (unsigned)(n / 256)
                                        : 7);
            snprintf(text + at, sizeof text - (size_t)at, "],\"signature\":[],\"alias\":null}}");
            fake_send(relays[i].relay, fake, text, now);
        }
    is_int(relays[0].relay->presence.registered, PEOPLE, "people by the thousand at one relay");
    is_int(relays[1].relay->presence.registered, PEOPLE, "and at another");
    wzp_sim_kick(sim, relays[0].host);
    wzp_sim_kick(sim, relays[1].host);
    wzp_sim_run(sim, 5 * WZP_SECOND);
    for (size_t i = 0; i < 2; i++) {
        const struct wzp_relay_neighbour *n = relays[i].relay->neighbours.items;
        ok(n->is_up && n->up_since < 2 * WZP_SECOND, "relay %zu: the link stays", i);
        is_int(n->people_count, WZP_RELAY_GOSSIP_MAX, "and brings as many as are kept of them");
    }
    wzp_sim_run(sim, 15 * WZP_SECOND);
    for (size_t i = 0; i < 2; i++)
        is_int(relays[i].relay->presence.gossip[0].count, WZP_RELAY_GOSSIP_MAX,
               "relay %zu: so do probes of the other", i);
    for (size_t i = 0; i < 2; i++) {
        for (size_t n = 0; n < PEOPLE; n++)
            fake_gone(relays[i].relay, &people[i][n], wzp_sim_now(sim));
        wzp_sim_relay_stop(&relays[i]);
    }
    wzp_sim_free(sim);
}

TAP_MAIN
{
    test_people();
    test_rooms();
}
