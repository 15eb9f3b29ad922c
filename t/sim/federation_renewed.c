/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Our relay restarts and dials an existing one. The existing relay sends on the newest connection
 * of a neighbour, and forgets it when any connection of that neighbour ends: so also when the one
 * ends that our relay had before its restart, some time after the new one began. Source:
 * wzp-protocol(7), Links. */
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "crypto/certificate.h"
#include "relay/state.h"
#include "sim/lib_mesh.h"
#include "tap.h"
#include "wire/media.h"

#define TICK (20 * WZP_MILLISECOND)

/* A model of an existing relay's links, with a speaker in its room. */
static struct {
    struct wzp_sim_host *host;
    struct wzp_quic_endpoint *endpoint;
    struct wzp_certificate certificate;
    struct wzp_quic_conn *first, *written_to; /* NULL: closed */
    uint16_t sequence;
    unsigned links;
} old;
static struct mesh m;

static void on_signal(void *owner, struct wzp_quic_conn *conn, void *user, const char *text,
                      size_t length, uint64_t now)
{
    static const char room[] =
        "{\"GlobalRoomActive\":{\"room\":\"general\",\"participants\":[{\"fingerprint\":"
        "\"aaaa:bbbb:cccc:dddd:eeee:ffff:0000:1111\",\"alias\":\"Al\",\"relay_label\":null}]}}";
    (void)owner;
    (void)user;
    (void)length;
    if (!strstr(text, "FederationHello") || wzp_quic_conn_user(conn))
        return; /* a second hello on one connection is ignored */
    wzp_quic_conn_set_user(conn, &old);
    if (!old.links++)
        old.first = conn;
    old.written_to = conn;
    (void)wzp_quic_conn_send_signal(conn, room, strlen(room), now);
}

static void on_closed(void *owner, struct wzp_quic_conn *conn, void *user,
                      const struct wzp_quic_close *why, uint64_t now)
{
    (void)owner;
    (void)why;
    (void)now;
    if (old.first == conn)
        old.first = NULL;
    if (user)
        old.written_to = NULL;
}

static void old_open(void)
{
    struct wzp_identity identity;
    struct wzp_driver driver;
    memset(&old, 0, sizeof old);
    wzp_sim_identity(&identity, 101); /* relay 1 of the mesh */
    wzp_certificate_of_relay(&old.certificate, &identity);
    wzp_identity_wipe(&identity);
    const struct wzp_quic_config config = {.callbacks = {.signal = on_signal, .closed = on_closed},
                                           .certificate = &old.certificate,
                                           .random = wzp_sim_random(m.sim)};
    if (wzp_quic_endpoint_new(&old.endpoint, &config, NULL))
        bail("no endpoint");
    wzp_quic_endpoint_driver(&driver, old.endpoint);
    if (wzp_sim_attach(m.sim, &old.host, "10.0.1.1:4433", &driver, NULL, NULL))
        bail("no host");
}

static void old_close(void)
{
    wzp_sim_detach(m.sim, old.host);
    wzp_quic_endpoint_free(old.endpoint);
    wzp_certificate_wipe(&old.certificate);
}

static void speak(uint64_t time)
{
    uint8_t voice[40] = {0}, frame[80], datagram[100], tag[8];
    struct wzp_media_packet packet = {.payload = voice, .payload_length = sizeof voice};
    wzp_room_tag(tag, "general");
    for (uint64_t passed = 0; passed < time; passed += TICK) {
        packet.header.sequence = old.sequence++;
        packet.header.timestamp = 20u * packet.header.sequence;
        int length = wzp_media_write(frame, sizeof frame, &packet);
        length = wzp_federation_write(datagram, sizeof datagram, tag, frame, (size_t)length);
        if (old.written_to)
            (void)wzp_quic_conn_send_datagram(old.written_to, datagram, (size_t)length, 0,
                                              wzp_sim_now(m.sim));
        wzp_sim_kick(m.sim, old.host);
        wzp_sim_run(m.sim, TICK);
    }
}

/* How many of a hundred frames arrive at our relay in two seconds. */
static uint64_t frames(void)
{
    const struct wzp_relay_neighbour *n = m.relays[0].relay->neighbours.items;
    uint64_t before = n->frames_in;
    speak(2 * WZP_SECOND);
    return n->frames_in - before;
}

/* Waits until our relay notices that there is an older connection; then ends that, as our stateless
 * reset does. */
static void reset(const char *what)
{
    const struct wzp_relay_neighbour *n = m.relays[0].relay->neighbours.items;
    for (int i = 0; i < 500 && !n->renew.armed && !n->renewals; i++)
        speak(TICK);
    is_int(n->renewals, 1, "%s: our relay notes that there is an older connection", what);
    if (old.first)
        wzp_quic_conn_close(old.first, 0, "", false, wzp_sim_now(m.sim));
    wzp_sim_kick(m.sim, old.host);
    speak(WZP_SECOND);
    ok(!old.first && frames() > 95, "%s: it is heard when that one has been reset", what);
}

/* resets: the existing relay obeys a stateless reset of its old connection, as a real one does. */
static void test(bool resets, uint64_t away, const char *what)
{
    mesh_raise(&m, 72, 2, "01");
    wzp_sim_relay_stop(&m.relays[1]);
    old_open();
    speak(3 * WZP_SECOND);
    ok(frames() > 95, "%s: an existing relay is heard", what);
    wzp_sim_relay_crash(&m.relays[0]);
    speak(away);
    if (wzp_sim_relay_restart(&m.relays[0]))
        bail("no restart");
    if (resets) {
        reset(what);
    } else {
        speak(WZP_SECOND);
        ok(frames() > 80, "%s: by our relay after its restart, too", what);
    }
    speak(40 * WZP_SECOND);
    ok(!old.first && frames() > 95, "%s: also when it has timed out", what);
    uint64_t members = m.relays[0].relay->federation.first->best.count;
    is_int(members, 1, "%s: and its people are there", what);
    uint64_t up = m.relays[0].relay->neighbours.items[0].up_since;
    struct wzp_quic_conn *last = old.written_to;
    speak(60 * WZP_SECOND);
    ok(m.relays[0].relay->neighbours.items[0].up_since == up && old.written_to == last,
       "%s: then the link stays", what);
    old_close();
    mesh_lower(&m);
}

TAP_MAIN
{
    test(true, 2 * WZP_SECOND, "reset");
    test(false, 2 * WZP_SECOND, "timed out");
    test(false, 200 * WZP_MILLISECOND, "timed out, back at once");
}
