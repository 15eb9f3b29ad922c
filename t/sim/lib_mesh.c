/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sim/lib_mesh.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/time.h"
#include "crypto/certificate.h"
#include "relay/state.h"
#include "sim/lib_voice.h"
#include "tap.h"
#include "wire/signal.h"

#define SEED(n) (100 + (n))

void mesh_fingerprint(size_t n, char *text)
{
    struct wzp_identity identity;
    struct wzp_certificate certificate;
    wzp_sim_identity(&identity, SEED(n));
    wzp_certificate_of_relay(&certificate, &identity);
    wzp_tls_fingerprint_format(text, certificate.sha256);
    wzp_certificate_wipe(&certificate);
    wzp_identity_wipe(&identity);
}

static void add_peer(struct wzp_relay_peer *peer, size_t n)
{
    snprintf(peer->url, sizeof peer->url, "10.0.%zu.1:4433", n);
    snprintf(peer->label, sizeof peer->label, "R%zu", n);
    mesh_fingerprint(n, peer->fingerprint);
}

void mesh_raise(struct mesh *m, uint64_t seed, size_t count, const char *dials)
{
    static const struct wzp_sim_link line = {.delay = 5 * WZP_MILLISECOND};
    memset(m, 0, sizeof *m);
    wzp_signal_use_allocator();
    m->count = count;
    if (wzp_sim_new(&m->sim, seed))
        bail("no network");
    for (size_t i = 0; i < count; i++) {
        struct wzp_relay_config *c = &m->configs[i];
        char address[32];
        wzp_relay_config_default(c);
        snprintf(c->global_rooms[0], sizeof c->global_rooms[0], "general");
        c->global_room_count = 1;
        for (const char *d = dials; *d; d++) {
            if (d[0] == ' ' || !d[1])
                continue;
            if ((size_t)(d[0] - '0') == i)
                add_peer(&c->peers[c->peer_count++], (size_t)(d[1] - '0'));
            else if ((size_t)(d[1] - '0') == i)
                add_peer(&c->trusted[c->trusted_count++], (size_t)(d[0] - '0'));
            d++;
        }
        snprintf(address, sizeof address, "10.0.%zu.1:4433", i);
        if (wzp_sim_relay_start(&m->relays[i], m->sim, address, SEED(i), c))
            bail("no relay");
        wzp_sim_set_links(m->relays[i].host, &line, &line);
    }
}

void mesh_raise_pool(struct mesh *m, uint64_t seed, size_t count)
{
    static const struct wzp_sim_link line = {.delay = 5 * WZP_MILLISECOND};
    memset(m, 0, sizeof *m);
    wzp_signal_use_allocator();
    m->count = count;
    m->is_pool = true;
    if (wzp_sim_new(&m->sim, seed) ||
        wzp_sim_directory_init(&m->directory, m->sim, WZP_MILLISECOND))
        bail("no network");
    for (size_t i = 0; i < count; i++) {
        struct wzp_relay_config *c = &m->configs[i];
        char address[32];
        wzp_relay_config_default(c);
        snprintf(c->directory, sizeof c->directory, "redis://directory");
        snprintf(address, sizeof address, "10.0.%zu.1:4433", i);
        if (wzp_sim_relay_start_in(&m->relays[i], &m->directory, m->sim, address, SEED(0), c))
            bail("no relay");
        wzp_sim_set_links(m->relays[i].host, &line, &line);
    }
    wzp_sim_run(m->sim, 100 * WZP_MILLISECOND);
}

void mesh_lower(struct mesh *m)
{
    for (size_t i = 0; i < m->people_count; i++) {
        wzp_sim_phone_stop(&m->people[i]);
        wzp_free(m->voices[i]);
    }
    for (size_t i = 0; i < m->count; i++)
        wzp_sim_relay_stop(&m->relays[i]);
    if (m->is_pool)
        wzp_sim_directory_fini(&m->directory);
    wzp_sim_free(m->sim);
}

struct wzp_sim_phone *mesh_person(struct mesh *m, size_t relay, double pitch, bool registered)
{
    return mesh_person_as(m, relay, pitch, registered, 1 + m->people_count);
}

struct wzp_sim_phone *mesh_person_as(struct mesh *m, size_t relay, double pitch, bool registered,
                                     uint64_t seed)
{
    static const struct wzp_sim_link line = {.delay = 10 * WZP_MILLISECOND};
    char address[32];
    struct wzp_sim_phone *phone = &m->people[m->people_count];
    snprintf(address, sizeof address, "10.0.%zu.%zu:5000", relay, 10 + m->people_count);
    struct wzp_sim_phone_options o = {.address = address,
                                      .seed = seed,
                                      .relay = &m->relays[relay],
                                      .e2e = m->e2e,
                                      .up = &line,
                                      .down = &line};
    if (wzp_sim_phone_start(phone, m->sim, &o, registered))
        bail("no phone");
    if (pitch > 0) {
        m->voices[m->people_count] = voice_tone(pitch, -20, 48000);
        phone->card.voice = m->voices[m->people_count];
        phone->card.voice_samples = 48000;
    }
    m->people_count++;
    if (registered)
        wzp_sim_phone_wait(phone, WZP_EVENT_REGISTERED, 1, 2 * WZP_SECOND);
    return phone;
}

unsigned mesh_links(struct mesh *m, size_t relay)
{
    unsigned count = 0;
    const struct wzp_relay *r = m->relays[relay].relay;
    for (size_t i = 0; r && i < r->neighbours.count; i++)
        count += r->neighbours.items[i].is_up;
    return count;
}

uint64_t mesh_wait_links(struct mesh *m, unsigned links, uint64_t limit)
{
    uint64_t from = wzp_sim_now(m->sim);
    for (;;) {
        bool all = true;
        for (size_t i = 0; i < m->count; i++)
            all = all && mesh_links(m, i) >= links;
        if (all)
            return wzp_sim_now(m->sim) - from;
        if (wzp_sim_now(m->sim) - from >= limit)
            return WZP_NEVER;
        wzp_sim_run(m->sim, 10 * WZP_MILLISECOND);
    }
}

size_t mesh_members(const struct wzp_sim_phone *phone)
{
    const struct wzp_event *entry = wzp_sim_phone_find(phone, WZP_EVENT_MEMBERS, 0);
    return entry ? entry->u.members.count : 0;
}

uint64_t mesh_wait_members(struct mesh *m, const struct wzp_sim_phone *phone, size_t members,
                           uint64_t limit)
{
    uint64_t from = wzp_sim_now(m->sim);
    while (mesh_members(phone) != members) {
        if (wzp_sim_now(m->sim) - from >= limit)
            return WZP_NEVER;
        wzp_sim_run(m->sim, 10 * WZP_MILLISECOND);
    }
    return wzp_sim_now(m->sim) - from;
}

static bool swallow(void *context, struct wzp_addr *from, struct wzp_addr *to, uint8_t *data,
                    size_t *length)
{
    const struct mesh *m = context;
    const uint8_t *a = (const uint8_t *)&from->u.in.sin_addr,
                  *b = (const uint8_t *)&to->u.in.sin_addr;
    (void)data;
    (void)length;
    if (!m->is_cut || a[3] != 1 || b[3] != 1)
        return true;
    return (a[2] != m->cut[0] || b[2] != m->cut[1]) && (a[2] != m->cut[1] || b[2] != m->cut[0]);
}

void mesh_cut(struct mesh *m, size_t a, size_t b)
{
    m->cut[0] = a;
    m->cut[1] = b;
    m->is_cut = true;
    wzp_sim_network_set_filter(wzp_sim_internet(m->sim), swallow, m);
}

void mesh_mend(struct mesh *m)
{
    m->is_cut = false;
}

uint64_t mesh_wait(struct wzp_sim_phone *phone, enum wzp_event_type type, size_t count,
                   uint64_t limit)
{
    uint64_t from = wzp_sim_now(phone->sim);
    return wzp_sim_phone_wait(phone, type, count, limit) ? wzp_sim_now(phone->sim) - from
                                                         : WZP_NEVER;
}

double mesh_share(const struct wzp_sim_phone *phone, double pitch)
{
    return voice_share(&phone->card.heard, 48000, pitch);
}

void mesh_no_calls(const struct mesh *m, const char *when)
{
    for (size_t i = 0; i < m->count; i++)
        is_int(m->relays[i].relay->calls.by_id.count, 0, "%s relay %zu has no call", when, i);
}

void mesh_check_ends(struct mesh *m, struct wzp_sim_phone *caller, struct wzp_sim_phone *callee)
{
    const size_t calls = wzp_sim_phone_count(callee, WZP_EVENT_INCOMING);
    const size_t caller_ended = wzp_sim_phone_count(caller, WZP_EVENT_ENDED);
    const size_t callee_ended = wzp_sim_phone_count(callee, WZP_EVENT_ENDED);
    wzp_session_id call;

    callee->auto_answer = false;
    wzp_sim_phone_call(caller, &call, callee);
    mesh_wait(callee, WZP_EVENT_INCOMING, calls + 1, 3 * WZP_SECOND);
    wzp_sim_phone_hangup(callee, callee->last_incoming);
    uint64_t took = mesh_wait(caller, WZP_EVENT_ENDED, caller_ended + 1, 5 * WZP_SECOND);
    ok(took < WZP_SECOND, "a reject reaches the caller (%.1f ms)", (double)took / 1e6);
    const struct wzp_event *end = wzp_sim_phone_find(caller, WZP_EVENT_ENDED, 0);
    ok(end && end->u.ended.reason == WZP_END_DECLINED, "as one");
    mesh_no_calls(m, "after a reject");

    wzp_sim_phone_call(caller, &call, callee);
    mesh_wait(callee, WZP_EVENT_INCOMING, calls + 2, 3 * WZP_SECOND);
    wzp_sim_phone_hangup(caller, call);
    took = mesh_wait(callee, WZP_EVENT_ENDED, callee_ended + 2, 5 * WZP_SECOND);
    ok(took < WZP_SECOND, "a caller who gives up is no longer heard (%.1f ms)", (double)took / 1e6);
    mesh_no_calls(m, "after that");

    wzp_sim_phone_call(caller, &call, callee);
    mesh_wait(callee, WZP_EVENT_INCOMING, calls + 3, 3 * WZP_SECOND);
    took = mesh_wait(caller, WZP_EVENT_ENDED, caller_ended + 3, 70 * WZP_SECOND);
    ok(took < 62 * WZP_SECOND, "a call that nobody answers ends on both sides (%.0f s)",
       (double)took / 1e9);
    ok(mesh_wait(callee, WZP_EVENT_ENDED, callee_ended + 3, 2 * WZP_SECOND) != WZP_NEVER,
       "at the callee too");
    wzp_sim_run(m->sim, 2 * WZP_SECOND);
    mesh_no_calls(m, "after that");
}
