/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a relay costs beside forwarding: heap for each client, delay added to a frame at moderate
 * load, CPU time with a thousand registered clients that do nothing.
 *
 * Heap. The total per participant is the growth of a relay's heap in use. What of it is ours is
 * found against a child that holds the same connections with the QUIC room alone, without a relay:
 * ours is the difference, and all that the QUIC room itself keeps for a connection beside ngtcp2
 * and GnuTLS, taken at its most. */
#include "bare.h"
#include "crowd.h"
#include "quic/internal.h"

#define ROOM 10
#define PARTICIPANTS 300
#define REGISTERED 1000
#define IDLE_TIME (10 * WZP_SECOND)
#define FRAME 112
#define FRAME_TIME (20 * WZP_MILLISECOND)
#define LATENCY_FRAMES 200 /* of each speaker */
#define LATENCY_ROOMS 5
#define PACED_ROOMS 10
#define PACED_WARM 50 /* frames of each speaker */
#define PACED_FRAMES 200

/* ---- a child with the QUIC room alone ---- */

struct quic_child {
    struct wzp_quic_endpoint *endpoint;
    int control;
};

static void quic_receive(void *object, const struct wzp_addr *local, const struct wzp_addr *remote,
                         uint8_t ecn, const uint8_t *data, size_t length, uint64_t now)
{
    struct quic_child *c = object;
    wzp_quic_endpoint_receive(c->endpoint, local, remote, ecn, data, length, now);
}

static uint64_t quic_expiry(const void *object)
{
    return wzp_quic_endpoint_expiry(((const struct quic_child *)object)->endpoint);
}

static void quic_handle_expiry(void *object, uint64_t now)
{
    wzp_quic_endpoint_handle_expiry(((struct quic_child *)object)->endpoint, now);
}

static int quic_next_packet(void *object, struct wzp_packet *out, uint64_t now)
{
    return wzp_quic_endpoint_next_packet(((struct quic_child *)object)->endpoint, out, now);
}

static void quic_child_tell(void *context, int number)
{
    struct quic_child *c = context;
    (void)number;
    struct figures f = figures_of_self(0);
    f.library = library_of(c->endpoint);
    child_tell(c->control, &f, sizeof f);
}

static void quic_child(int control)
{
    static struct quic_child c;
    struct wzp_identity identity;
    struct wzp_certificate certificate;
    struct wzp_random random = wzp_system_random();
    struct wzp_loop *loop;
    struct wzp_udp *udp = NULL;
    struct wzp_signal_watch *watch;
    struct wzp_addr addr;
    struct wzp_error err = {0};
    c.control = control;
    wzp_identity_new(&identity, &random);
    wzp_certificate_of_relay(&certificate, &identity);
    const struct wzp_quic_config config = {
        .callbacks = {.signal = plain_answer}, .random = random, .certificate = &certificate};
    const struct wzp_driver driver = {.object = &c,
                                      .receive = quic_receive,
                                      .expiry = quic_expiry,
                                      .handle_expiry = quic_handle_expiry,
                                      .next_packet = quic_next_packet};
    wzp_addr_parse(&addr, "127.0.0.1:0", 11);
    if (wzp_loop_new(&loop, &err) || wzp_udp_open(&udp, loop, &addr, &err) ||
        wzp_quic_endpoint_new(&c.endpoint, &config, &err) ||
        wzp_signal_watch_start(&watch, loop, SIGUSR1, quic_child_tell, &c))
        die(err.text);
    wzp_loop_gather(loop);
    wzp_udp_attach(udp, &driver);
    addr = wzp_udp_local(udp, AF_INET);
    uint16_t port = wzp_addr_port(&addr);
    child_tell(control, &port, sizeof port);
    wzp_loop_run(loop);
}

/* ---- heap ---- */

/* Growth of a child's heap, in bytes for each client. The first clients join before the
 * measurement, so that what is allocated only once is not counted. room_size 0: they register. */
struct heap_of {
    double total, library, blocks;
};

static struct heap_of heap_of(void (*body)(int control), size_t count, size_t room_size)
{
    static struct crowd first, crowd;
    struct child child = child_start(body);
    crowd_open(&first, child.port, 2 * ROOM, room_size);
    crowd_run_until(&first, now_ns() + WZP_SECOND);
    struct figures before = child_ask(&child);
    crowd_open(&crowd, child.port, count, room_size);
    crowd_run_until(&crowd, now_ns() + WZP_SECOND); /* until the last handshakes are confirmed */
    struct figures after = child_ask(&child);
    crowd_close(&first);
    crowd_close(&crowd);
    child_stop(&child);
    double each = 1.0 / (double)count;
    return (struct heap_of){.total = (double)(after.heap - before.heap) * each,
                            .library = (double)(after.library - before.library) * each,
                            .blocks = (double)(after.blocks - before.blocks) * each};
}

static void heap(const char *what, size_t count, size_t room_size, int total_goal, int own_goal)
{
    struct heap_of relay = heap_of(relay_child, count, room_size);
    struct heap_of quic = heap_of(quic_child, count, room_size);
    double own = plain_own(quic.blocks) + relay.total - quic.total;
    printf("{\"name\":\"relay_heap_%s\",\"value\":%.1f,\"unit\":\"KB each\",\"goal\":%d,"
           "\"ngtcp2\":%.1f,\"gnutls\":%.1f}\n",
           what, relay.total / 1024, total_goal, relay.library / 1024,
           (relay.total - relay.library - own) / 1024);
    printf("{\"name\":\"relay_heap_%s_own\",\"value\":%.1f,\"unit\":\"KB each beyond ngtcp2 and "
           "GnuTLS\",\"goal\":%d}\n",
           what, own / 1024, own_goal);
    fflush(stdout);
}

/* ---- delay ---- */

static double delays[LATENCY_ROOMS * ROOM * ROOM * LATENCY_FRAMES];
static size_t delay_count;

static void on_frame(struct crowd *c, const uint8_t *data, size_t length, uint64_t now)
{
    uint64_t sent;
    (void)c;
    if (length != FRAME || delay_count == sizeof delays / sizeof delays[0])
        return;
    memcpy(&sent, data + WZP_MEDIA_HEADER_SIZE, sizeof sent);
    delays[delay_count++] = (double)(now - sent) / 1e3;
}

/* way becomes part of the name; bare: values of the bare forwarder to compare with, or NULL. out,
 * unless NULL, gets what was printed. */
static void print_delays(const char *way, unsigned speakers, const double *bare, double *out)
{
    static const double shares[] = {0.5, 0.99};
    for (int i = 0; i < 2; i++) {
        double value = quantile(delays, delay_count, shares[i]);
        printf("{\"name\":\"relay_latency_%s%u_speakers_p%.0f\",\"value\":%.0f,\"unit\":\"us\"",
               way, speakers, shares[i] * 100, value);
        if (bare)
            printf(",\"ratio\":%.2f", value / bare[i]);
        printf("}\n");
        if (out)
            out[i] = value;
    }
    fflush(stdout);
}

/* The same through the bare forwarder: what the kernel and waking up cost on this machine. */
static void bare_latency(unsigned speakers, double bare[2])
{
    static struct plain_crowd c;
    struct child child = child_start(bare_child);
    unsigned talking = speakers * LATENCY_ROOMS;
    plain_open(&c, child.port);
    delay_count = 0;
    uint64_t at = now_ns() + 100 * WZP_MILLISECOND, now;
    for (unsigned i = 0; i < LATENCY_FRAMES * talking; i++) {
        while ((now = now_ns()) < at) {
            struct timespec t = {0, (long)(at - now)};
            struct pollfd p = {c.fd, POLLIN, 0};
            ppoll(&p, 1, &t, NULL);
            packets_receive(&c.incoming, c.fd);
            now = now_ns();
            for (unsigned k = 0; k < c.incoming.count; k++)
                on_frame(NULL, c.incoming.data[k], c.incoming.headers[k].msg_len, now);
        }
        uint8_t *frame = c.outgoing.data[0];
        memset(frame, 0x5a, FRAME);
        frame[0] = (uint8_t)(i % talking / speakers);
        frame[1] = (uint8_t)(i % speakers);
        memcpy(frame + WZP_MEDIA_HEADER_SIZE, &now, sizeof now);
        packets_push(&c.outgoing, FRAME, c.fd);
        packets_send(&c.outgoing, c.fd);
        at += FRAME_TIME / talking;
    }
    print_delays("bare_", speakers, NULL, bare);
    close(c.fd);
    child_stop(&child);
}

/* Speakers are spread evenly over the frame time, as real ones are. With several of them frames
 * wait up to 1 ms for others (coalesce_us). */
static void latency(unsigned speakers, const double *bare)
{
    static struct crowd c;
    struct child child = child_start(relay_child);
    unsigned talking = speakers * LATENCY_ROOMS;
    crowd_open(&c, child.port, (size_t)LATENCY_ROOMS * ROOM, ROOM);
    crowd_run_until(&c, now_ns() + 500 * WZP_MILLISECOND);
    c.frame = on_frame;
    delay_count = 0;
    uint64_t at = now_ns();
    for (unsigned i = 0; i < LATENCY_FRAMES * talking; i++) {
        at += FRAME_TIME / talking;
        crowd_run_until(&c, at);
        uint64_t now = now_ns();
        crowd_speak(&c.members[i % talking / speakers * ROOM + i % speakers], FRAME, now);
        crowd_send(&c, now);
    }
    crowd_run_until(&c, at + 100 * WZP_MILLISECOND);
    print_delays("", speakers, bare, NULL);
    crowd_close(&c);
    child_stop(&child);
}

/* ---- a day's load ---- */

/* CPU time and packets per forwarded frame when the speakers send 50 frames a second, as real ones
 * do, and the others listen. At this load the listeners' acknowledgements cost as much as the
 * frames. */
static void paced(unsigned speakers)
{
    static struct crowd c;
    struct child child = child_start(relay_child);
    unsigned talking = speakers * PACED_ROOMS;
    crowd_open(&c, child.port, (size_t)PACED_ROOMS * ROOM, ROOM);
    crowd_run_until(&c, now_ns() + WZP_SECOND);
    struct wzp_quic_counters before, after;
    struct figures start = {0}, end;
    uint64_t at = now_ns();
    for (unsigned i = 0; i < (PACED_WARM + PACED_FRAMES) * talking; i++) {
        if (i == PACED_WARM * talking) {
            start = child_ask(&child);
            wzp_quic_endpoint_counters(c.endpoint, &before);
        }
        at += FRAME_TIME / talking;
        crowd_run_until(&c, at);
        uint64_t now = now_ns();
        crowd_speak(&c.members[i % talking / speakers * ROOM + i % speakers], FRAME, now);
        crowd_send(&c, now);
    }
    end = child_ask(&child);
    wzp_quic_endpoint_counters(c.endpoint, &after);
    double frames = (double)PACED_FRAMES * talking * (ROOM - 1);
    printf("{\"name\":\"relay_paced_cpu_%u_speakers\",\"value\":%.2f,\"unit\":\"us per forwarded "
           "frame\"}\n",
           speakers, (end.cpu - start.cpu) * 1e6 / frames);
    printf("{\"name\":\"relay_paced_packets_%u_speakers\",\"value\":%.2f,\"unit\":\"packets in and "
           "out per forwarded frame\"}\n",
           speakers,
           (double)(after.packets_in - before.packets_in + after.packets_out - before.packets_out) /
               frames);
    fflush(stdout);
    crowd_close(&c);
    child_stop(&child);
}

/* ---- idle ---- */

static void idle(void)
{
    static struct crowd c;
    struct child child = child_start(relay_child);
    crowd_open(&c, child.port, REGISTERED, 0);
    crowd_run_until(&c, now_ns() + 2 * WZP_SECOND);
    uint64_t begin = now_ns();
    struct figures before = child_ask(&child);
    crowd_run_until(&c, begin + IDLE_TIME);
    struct figures after = child_ask(&child);
    double wall = (double)(now_ns() - begin) / 1e9;
    printf("{\"name\":\"relay_idle_cpu\",\"value\":%.2f,\"unit\":\"percent of a core with %d "
           "registered clients\"}\n",
           (after.cpu - before.cpu) / wall * 100, REGISTERED);
    crowd_close(&c);
    child_stop(&child);
}

int main(void)
{
    double bare[2];
    go_first();
    wzp_signal_use_allocator();
    heap("member", PARTICIPANTS, ROOM, 40, 24);
    heap("registered", REGISTERED, 0, 40, 12);
    bare_latency(1, bare);
    latency(1, bare);
    latency(4, NULL);
    paced(1);
    paced(4);
    idle();
    return 0;
}
