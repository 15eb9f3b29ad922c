/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Frames that a relay forwards per CPU-second, with QUIC and AEAD on both sides, compared with a
 * bare UDP forwarder under the same traffic. Both run in a child process of their own; only their
 * CPU time counts. Traffic: ten rooms of ten members, in rounds: every speaker of every room sends
 * one 100-byte frame, and the next round begins when all copies have arrived, so that frames come
 * together as under load. The two are measured in turns of a fraction of a second, so that other
 * work of the machine affects both; the ratio is the median of the turns' ratios. */
#include "bare.h"
#include "crowd.h"

#define ROOMS BARE_ROOMS
#define MEMBERS BARE_MEMBERS
#define FRAME 112 /* header and 100 bytes */
#define WARM_ROUNDS 1000
#define TURNS 27
#define TURN_FRAMES 20000
#define ROUND_LIMIT (100 * WZP_MILLISECOND)
#define PILE_ROOMS 100 /* some of them speak */
#define PILE_SPEAKING 60
#define PILE_FRAMES 50 /* of each that are waiting when the relay begins */
#define PILE_TIME (400 * WZP_MILLISECOND)
#define PILE_TURNS 15

/* ---- the bare forwarder's clients ---- */

static void plain_rounds(struct plain_crowd *c, unsigned speakers, unsigned rounds)
{
    for (unsigned round = 0; round < rounds; round++) {
        for (uint8_t r = 0; r < ROOMS; r++) {
            for (uint8_t s = 0; s < speakers; s++) {
                memset(c->outgoing.data[c->outgoing.count], 0x5a, FRAME);
                memcpy(c->outgoing.data[c->outgoing.count], (uint8_t[2]){r, s}, 2);
                packets_push(&c->outgoing, FRAME, c->fd);
            }
        }
        packets_send(&c->outgoing, c->fd);
        unsigned expected = ROOMS * speakers * (MEMBERS - 1), got = 0;
        uint64_t limit = now_ns() + ROUND_LIMIT;
        while (got < expected && now_ns() < limit) {
            packets_receive(&c->incoming, c->fd);
            got += c->incoming.count;
        }
    }
}

/* ---- the relay ---- */

/* Returns the frames that arrived. */
static uint64_t relay_rounds(struct crowd *c, unsigned speakers, unsigned rounds)
{
    uint64_t before = c->got;
    for (unsigned round = 0; round < rounds; round++) {
        uint64_t now = now_ns(), limit = now + ROUND_LIMIT;
        uint64_t target = c->got + ROOMS * speakers * (MEMBERS - 1);
        for (int result = 0; result < ROOMS; result++)
            for (unsigned s = 0; s < speakers; s++)
                crowd_speak(&c->members[result * MEMBERS + (int)s], FRAME, now);
        crowd_send(c, now);
        while (c->got < target && now_ns() < limit)
            crowd_turn(c);
    }
    return c->got - before;
}

/* ---- both ---- */

/* Frames per CPU-second between two questions. */
static double rate(struct figures a, struct figures b)
{
    return (double)(b.frames - a.frames) / (b.cpu - a.cpu);
}

static void measure(unsigned speakers, double goal)
{
    static struct crowd crowd;
    static struct plain_crowd plain;
    struct child bare_pid = child_start(bare_child), relay_pid = child_start(relay_child);
    double bare[TURNS], ours[TURNS], ratios[TURNS], allocations[TURNS], all = 0;
    unsigned rounds = TURN_FRAMES / (ROOMS * speakers * (MEMBERS - 1));
    uint64_t delivered = 0;
    plain_open(&plain, bare_pid.port);
    crowd_open(&crowd, relay_pid.port, ROOMS * MEMBERS, MEMBERS);
    plain_rounds(&plain, speakers, WARM_ROUNDS / 10);
    relay_rounds(&crowd, speakers, WARM_ROUNDS);
    for (int i = 0; i < TURNS; i++) {
        struct figures before = child_ask(&bare_pid);
        plain_rounds(&plain, speakers, rounds);
        bare[i] = rate(before, child_ask(&bare_pid));
        /* runs the timers that became due meanwhile: they are not measured */
        relay_rounds(&crowd, speakers, 20);
        before = child_ask(&relay_pid);
        delivered += relay_rounds(&crowd, speakers, rounds);
        struct figures after = child_ask(&relay_pid);
        ours[i] = rate(before, after);
        ratios[i] = ours[i] / bare[i];
        allocations[i] = (double)(after.allocations - before.allocations) /
                         (double)(after.frames - before.frames);
        all += (double)(after.allocations - before.allocations);
    }
    struct wzp_quic_counters packets;
    wzp_quic_endpoint_counters(crowd.endpoint, &packets);
    double expected = (double)TURNS * rounds * ROOMS * speakers * (MEMBERS - 1);
    printf("{\"name\":\"relay_bare_forwarder_%u_speakers\",\"value\":%.0f,"
           "\"unit\":\"frames per CPU-second\"}\n",
           speakers, quantile(bare, TURNS, 0.5));
    printf("{\"name\":\"relay_forwarding_%u_speakers\",\"value\":%.0f,"
           "\"unit\":\"frames per CPU-second\",\"ratio\":%.2f,\"goal\":%.1f,\"delivered\":%.4f,"
           "\"ns_a_bare_frame\":%.0f}\n",
           speakers, quantile(ours, TURNS, 0.5), quantile(ratios, TURNS, 0.5), goal,
           (double)delivered / expected, 1e9 / quantile(bare, TURNS, 0.5));
    printf("{\"name\":\"relay_packets_%u_speakers\",\"value\":%.3f,\"unit\":\"packets in and out "
           "per forwarded frame\",\"to_relay\":%.3f}\n",
           speakers, (double)(packets.packets_in + packets.packets_out) / (double)crowd.got,
           (double)packets.packets_out / (double)crowd.got);
    /* The median: when a peer is not scheduled for a while, more frames queue up than ever before,
     * and the pool of their buffers grows once. `total` counts such calls, too. */
    printf("{\"name\":\"relay_allocations_%u_speakers\",\"value\":%.6f,"
           "\"unit\":\"heap calls per forwarded frame\",\"goal\":0,\"total\":%.0f,"
           "\"frames\":%.0f}\n",
           speakers, quantile(allocations, TURNS, 0.5), all, expected);
    crowd_close(&crowd);
    close(plain.fd);
    child_stop(&bare_pid);
    child_stop(&relay_pid);
}

/* ---- two threads ---- */

static void relay_child_2(int control)
{
    relay_child_on(control, 2);
}

/* The clients need as many cores as the relay, and on a shared core they would disturb its cache.
 * So the relay is stopped while they send, and they sleep while it processes the queued packets;
 * the kernel's time stamp of the last frame says when it was done. Rooms are chosen so that each
 * thread has the same number. */

static uint64_t last_arrival;

static void on_arrival(struct crowd *c, const uint8_t *data, size_t length, uint64_t now)
{
    (void)data;
    (void)length;
    (void)now;
    if (c->arrived > last_arrival)
        last_arrival = c->arrived;
}

/* Result in `rooms`: PILE_SPEAKING of them. A server's connection IDs begin with its thread's
 * number. */
static void choose_rooms(const struct crowd *c, unsigned threads, size_t *rooms)
{
    unsigned taken[2] = {0}, count = 0;
    for (size_t i = 0; i < PILE_ROOMS && count < PILE_SPEAKING; i++) {
        unsigned thread = ngtcp2_conn_get_dcid(c->members[i * MEMBERS].conn->quic)->data[0];
        if (taken[thread % threads]++ < PILE_SPEAKING / threads)
            rooms[count++] = i;
    }
    if (count < PILE_SPEAKING)
        die("the rooms are not spread over the threads");
}

/* Frames a second of the clock, and of the relay's CPU time. */
struct speed {
    double clock, cpu;
};

static struct speed work_off(struct crowd *c, const struct child *child, const size_t *rooms,
                             unsigned speakers)
{
    uint64_t got = c->got;
    double cpu = child_ask(child).cpu;
    kill(child->pid, SIGSTOP);
    waitpid(child->pid, NULL, WUNTRACED);
    for (unsigned k = 0; k < PILE_FRAMES / speakers; k++) {
        uint64_t now = now_ns();
        for (unsigned i = 0; i < PILE_SPEAKING; i++)
            for (unsigned s = 0; s < speakers; s++)
                crowd_speak(&c->members[rooms[i] * MEMBERS + s], FRAME, now);
        crowd_send(c, now);
    }
    const struct timespec rest = {0, PILE_TIME};
    uint64_t begin = now_ns();
    kill(child->pid, SIGCONT);
    nanosleep(&rest, NULL);
    last_arrival = begin + 1;
    crowd_run_until(c, now_ns() + PILE_TIME);
    double frames = (double)(c->got - got);
    return (struct speed){frames * 1e9 / (double)(last_arrival - begin),
                          frames / (child_ask(child).cpu - cpu)};
}

static void measure_threads(unsigned speakers)
{
    static struct crowd crowds[2];
    struct child children[2] = {child_start(relay_child), child_start(relay_child_2)};
    static size_t rooms[2][PILE_SPEAKING];
    double clock[PILE_TURNS], cpu[PILE_TURNS], one[PILE_TURNS], two[PILE_TURNS];
    const int size = 8 * CROWD_SOCKET_BUFFER;
    for (unsigned i = 0; i < 2; i++) {
        crowd_open(&crowds[i], children[i].port, PILE_ROOMS * MEMBERS, MEMBERS);
        setsockopt(crowds[i].fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
        choose_rooms(&crowds[i], i + 1, rooms[i]);
        crowds[i].frame = on_arrival;
        work_off(&crowds[i], &children[i], rooms[i], speakers);
    }
    uint64_t before = crowds[0].got + crowds[1].got;
    for (unsigned turn = 0; turn < PILE_TURNS; turn++) {
        struct speed a = work_off(&crowds[0], &children[0], rooms[0], speakers);
        struct speed b = work_off(&crowds[1], &children[1], rooms[1], speakers);
        one[turn] = a.clock;
        two[turn] = b.clock;
        clock[turn] = b.clock / a.clock;
        cpu[turn] = b.cpu / a.cpu;
    }
    unsigned each = PILE_FRAMES / speakers * speakers;
    double expected = 2.0 * PILE_TURNS * each * PILE_SPEAKING * (MEMBERS - 1);
    printf("{\"name\":\"relay_two_threads_clock_%u_speakers\",\"value\":%.2f,\"unit\":\"frames per "
           "second, of one thread's\",\"goal\":1.8,\"one\":%.0f,\"two\":%.0f,\"delivered\":%.4f}\n",
           speakers, quantile(clock, PILE_TURNS, 0.5), quantile(one, PILE_TURNS, 0.5),
           quantile(two, PILE_TURNS, 0.5),
           (double)(crowds[0].got + crowds[1].got - before) / expected);
    printf("{\"name\":\"relay_two_threads_%u_speakers\",\"value\":%.2f,\"unit\":\"frames per "
           "CPU-second, of one thread's\",\"goal\":0.9}\n",
           speakers, quantile(cpu, PILE_TURNS, 0.5));
    for (int i = 0; i < 2; i++) {
        crowd_close(&crowds[i]);
        child_stop(&children[i]);
    }
}

int main(int argc, char **argv)
{
    (void)argc;
    as_installed(argv);
    go_first();
    wzp_signal_use_allocator();
    measure(1, 0.7);
    measure(4, 1.8);
    measure_threads(1);
    measure_threads(4);
    return 0;
}
