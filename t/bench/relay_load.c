/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A relay as busy as in life: a thousand people in a hundred rooms, what a frame waits when the
 * core is at 70 %, also while /metrics is read without end, and calls that are set up. */
#include "crowd.h"

#define ROOM 10
#define ROOMS 100
#define FRAME 112
#define FRAME_TIME (20 * WZP_MILLISECOND)
#define FRAMES_A_SECOND 50
#define SECONDS 4
#define PAIRS 200
#define CALLS 5 /* of each pair, one after the other: no more than one person may begin at once */
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

/* So many speakers, spread over rooms and frame time. Returns CPU seconds of the relay per
 * frame that it forwarded. */
static double talk(struct crowd *c, const struct child *child, unsigned talking)
{
    struct figures before = child_ask(child);
    uint64_t at = now_ns(), frames = c->got;
    for (unsigned i = 0; i < SECONDS * FRAMES_A_SECOND * talking; i++) {
        at += FRAME_TIME / talking;
        crowd_run_until(c, at);
        uint64_t now = now_ns();
        if (now > at + WZP_SECOND)
            at = now; /* the clients cannot keep up on this machine: fewer frames then */
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
    /* What a frame costs falls with the load: found in two steps. */
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

static unsigned begun[PAIRS], setups, ends;

static void say(struct member *m, const struct wzp_signal *signal, uint64_t now)
{
    char *text;
    size_t length;
    if (wzp_signal_write(&text, &length, signal))
        die("no signal");
    wzp_quic_conn_send_signal(m->conn, text, length, now);
    wzp_free(text);
}

static void offer(struct crowd *c, size_t pair, uint64_t now)
{
    struct member *caller = &c->members[2 * pair], *callee = caller + 1;
    struct wzp_signal signal = {.type = WZP_SIGNAL_DIRECT_CALL_OFFER};
    struct wzp_profile profile = *wzp_tier_profile(WZP_TIER_GOOD);
    char id[32];
    snprintf(id, sizeof id, "%08zx%08x", pair, ++begun[pair]);
    signal.u.direct_call_offer.caller_fingerprint = caller->identity.fingerprint_text;
    signal.u.direct_call_offer.target_fingerprint = callee->identity.fingerprint_text;
    signal.u.direct_call_offer.call_id = id;
    signal.u.direct_call_offer.supported_profiles.items = &profile;
    signal.u.direct_call_offer.supported_profiles.count = 1;
    say(caller, &signal, now);
}

/* The callee answers, the caller hangs up when the call stands, and calls again. */
static void on_signal(struct crowd *c, struct member *m, const char *text, size_t length,
                      uint64_t now)
{
    size_t index = (size_t)(m - c->members);
    bool is_caller = index % 2 == 0;
    struct wzp_signal reply = {0}, signal;
    enum wzp_signal_type type = wzp_signal_peek(text, length);
    if (type != WZP_SIGNAL_DIRECT_CALL_OFFER && type != WZP_SIGNAL_CALL_SETUP &&
        type != WZP_SIGNAL_HANGUP)
        return;
    if (wzp_signal_parse(&signal, text, length, NULL))
        die("an odd signal");
    if (type == WZP_SIGNAL_DIRECT_CALL_OFFER) {
        reply.type = WZP_SIGNAL_DIRECT_CALL_ANSWER;
        reply.u.direct_call_answer.call_id = signal.u.direct_call_offer.call_id;
        reply.u.direct_call_answer.accept_mode = WZP_ACCEPT_GENERIC;
        say(m, &reply, now);
    } else if (type == WZP_SIGNAL_CALL_SETUP && is_caller) {
        setups++;
        reply.type = WZP_SIGNAL_HANGUP;
        reply.u.hangup.reason = WZP_HANGUP_NORMAL;
        reply.u.hangup.call_id = signal.u.call_setup.call_id;
        say(m, &reply, now);
    } else if (type == WZP_SIGNAL_HANGUP && !is_caller) {
        ends++;
        if (begun[index / 2] < CALLS)
            offer(c, index / 2, now);
    }
    wzp_signal_fini(&signal);
}

static void calls(void)
{
    static struct crowd c;
    relay_beside = NULL;
    struct child child = child_start(relay_child);
    crowd_open(&c, child.port, 2 * PAIRS, 0);
    crowd_run_until(&c, now_ns() + WZP_SECOND);
    c.signal = on_signal;
    struct figures before = child_ask(&child);
    uint64_t begin = now_ns();
    for (size_t i = 0; i < PAIRS; i++)
        offer(&c, i, begin);
    while (ends < PAIRS * CALLS && now_ns() - begin < CALLS_LIMIT)
        crowd_turn(&c);
    double wall = (double)(now_ns() - begin) / 1e9;
    double cpu = child_ask(&child).cpu - before.cpu;
    printf("{\"name\":\"relay_load_calls\",\"value\":%.0f,\"unit\":\"call set-ups per "
           "CPU-second\",\"goal\":2000,\"wall\":%.0f,\"done\":%.3f}\n",
           setups / cpu, setups / wall, (double)setups / (PAIRS * CALLS));
    crowd_close(&c);
    child_stop(&child);
}

int main(void)
{
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
