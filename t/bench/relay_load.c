/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A relay under a realistic load, with a thousand people in a hundred rooms: the delay of frames
 * when the core is at 70 %, also while /metrics is read continuously, and while calls are set up.
 */
#include "callers.h"
#include "crowd.h"

#define ROOM 10
#define ROOMS 100
#define FRAME 112
#define FRAME_TIME (20 * WZP_MILLISECOND)
#define FRAMES_A_SECOND 50
#define SECONDS 4
#define PAIRS 200
#define CALLS 5 /* of each pair, one after the other: the most that one person may begin at once */
#define CALLS_LIMIT (30 * WZP_SECOND)

/* ---- /metrics without end ---- */

static void read_metrics(void *context)
{
    struct relay_child *c = context;
    char *body;
    size_t length;
    const char *type;
    if (!c->report && wzp_relay_report_new(&c->report, c->service.relay, "/metrics"))
        die("no report");
    if (wzp_relay_report_step(c->report, wzp_loop_now(c->loop)))
        return;
    if (wzp_relay_report_take(c->report, &body, &length, &type) != 200)
        die("no metrics");
    wzp_free(body);
    c->report = NULL;
}

static void metrics_beside(struct relay_child *c)
{
    struct wzp_timer *timer;
    if (wzp_timer_start(&timer, c->loop, 0, 200 * WZP_MICROSECOND, read_metrics, c))
        die("no timer");
}

/* ---- rooms ---- */

#define DELAYS_MAX 2000000
static double *delays;
static size_t delay_count;

static void on_frame(struct crowd *c, const uint8_t *data, size_t length, uint64_t now)
{
    uint64_t sent;
    (void)now;
    if (!c->arrived || length != FRAME || delay_count == DELAYS_MAX)
        return;
    memcpy(&sent, data + WZP_MEDIA_HEADER_SIZE, sizeof sent);
    delays[delay_count++] = c->arrived > sent ? (double)(c->arrived - sent) / 1e3 : 0;
}

/* Lets so many speakers send, spread over rooms and frame time. Returns the relay's CPU seconds per
 * forwarded frame. */
static double talk(struct crowd *c, const struct child *child, unsigned talking)
{
    struct figures before = child_ask(child);
    uint64_t at = now_ns(), frames = c->got;
    for (unsigned i = 0; i < SECONDS * FRAMES_A_SECOND * talking; i++) {
        at += FRAME_TIME / talking;
        crowd_run_until(c, at);
        uint64_t now = now_ns();
        if (now > at + WZP_SECOND)
            at = now; /* the clients cannot keep up on this machine: they send fewer frames */
        unsigned k = i % talking;
        crowd_speak(&c->members[k % ROOMS * ROOM + k / ROOMS], FRAME, now);
        crowd_send(c, now);
    }
    crowd_run_until(c, now_ns() + 300 * WZP_MILLISECOND);
    return (child_ask(child).cpu - before.cpu) / (double)(c->got - frames);
}

static void print_delays(const char *name)
{
    printf("{\"name\":\"relay_load_%s_p50\",\"value\":%.0f,\"unit\":\"us\"}\n", name,
           quantile(delays, delay_count, 0.5));
    printf("{\"name\":\"relay_load_%s_p99\",\"value\":%.0f,\"unit\":\"us\",\"goal\":2000}\n", name,
           quantile(delays, delay_count, 0.99));
    fflush(stdout);
}

static void rooms(bool with_metrics)
{
    static struct crowd c;
    relay_beside = with_metrics ? metrics_beside : NULL;
    struct child child = child_start(relay_child);
    crowd_open(&c, child.port, (size_t)ROOMS * ROOM, ROOM);
    crowd_run_until(&c, now_ns() + WZP_SECOND);
    c.frame = on_frame;
    delay_count = 0;
    double each = talk(&c, &child, ROOMS);
    if (!with_metrics) {
        printf("{\"name\":\"relay_load_thousand\",\"value\":%.0f,\"unit\":\"percent of a core, %d "
               "people in %d rooms\",\"goal\":60}\n",
               each * FRAMES_A_SECOND * ROOMS * (ROOM - 1) * 100, ROOMS * ROOM, ROOMS);
        print_delays("thousand");
    }
    /* The cost of a frame falls as the load rises: the number of speakers is found in two steps. */
    unsigned talking = ROOMS;
    for (int i = 0; i < 2; i++) {
        double most = 0.7 / (each * FRAMES_A_SECOND * (ROOM - 1));
        talking = most < 10 ? 10 : most > ROOMS * ROOM / 2 ? ROOMS * ROOM / 2 : (unsigned)most;
        delay_count = 0;
        each = talk(&c, &child, talking);
    }
    printf("{\"name\":\"relay_load_busy%s\",\"value\":%.0f,\"unit\":\"percent of a core, %u "
           "speak\"}\n",
           with_metrics ? "_metrics" : "", each * FRAMES_A_SECOND * talking * (ROOM - 1) * 100,
           talking);
    print_delays(with_metrics ? "busy_metrics" : "busy");
    crowd_close(&c);
    child_stop(&child);
}

/* ---- calls ---- */

static void calls(void)
{
    static struct crowd c;
    relay_beside = NULL;
    struct child child = child_start(relay_child);
    crowd_open(&c, child.port, 2 * PAIRS, 0);
    crowd_run_until(&c, now_ns() + WZP_SECOND);
    c.signal = callers_signal;
    callers = (struct callers){.calls = CALLS};
    struct figures before = child_ask(&child);
    uint64_t begin = now_ns();
    for (size_t i = 0; i < PAIRS; i++)
        callers_offer(&c, i, begin);
    while (callers.ends < PAIRS * CALLS && now_ns() - begin < CALLS_LIMIT)
        crowd_turn(&c);
    double wall = (double)(now_ns() - begin) / 1e9;
    double cpu = child_ask(&child).cpu - before.cpu;
    printf("{\"name\":\"relay_load_calls\",\"value\":%.0f,\"unit\":\"call set-ups per "
           "CPU-second\",\"goal\":2000,\"wall\":%.0f,\"done\":%.3f}\n",
           callers.setups / cpu, callers.setups / wall, (double)callers.setups / (PAIRS * CALLS));
    crowd_close(&c);
    child_stop(&child);
}

int main(int argc, char **argv)
{
    (void)argc;
    as_installed(argv);
    go_first();
    wzp_signal_use_allocator();
    delays = malloc(DELAYS_MAX * sizeof *delays);
    if (!delays)
        die("no memory");
    calls();
    rooms(false);
    rooms(true);
    free(delays);
    return 0;
}
