/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A relay on three threads with real sockets: clients reach their room whichever thread their
 * packets arrive at, and hear all others in it once; the first thread knows all members, and nobody
 * can claim another's identity. The clients run in a thread of their own. With SAN=thread this test
 * shows that the threads share nothing else. */
#include "cli/relay_crew.h"

#include <pthread.h>
#include <stdatomic.h>

#include "bench/crowd.h"
#include "tap.h"

#define THREADS 3
#define ROOMS 12
#define MEMBERS 3
#define FRAMES 20
#define TIME_LIMIT (20 * WZP_SECOND)

static struct wzp_relay_service service;
static struct wzp_loop *loop;
static struct wzp_wake *wake;

/* What the clients saw. */
static struct crowd crowd;
static uint64_t heard;
static atomic_uint asked, answered; /* request for the main thread's counters, and its answer */
static struct wzp_relay_counters counters, after;
static struct crowd late;
static size_t parted; /* of those who were connected when the relay shut down */
static uint64_t parting_took;

static void on_parted(void *context)
{
    (void)context;
    parting_took = now_ns() - parting_took;
    wzp_loop_stop(loop);
}

static void on_wake(void *context)
{
    (void)context;
    unsigned question = atomic_load(&asked);
    if (question < 3)
        wzp_relay_counters(service.relay, question == 1 ? &counters : &after);
    parting_took = now_ns();
    if (question == 3 && wzp_relay_service_drain(&service, on_parted, NULL))
        wzp_loop_stop(loop);
    atomic_store(&answered, question);
}

static void ask_main(unsigned question)
{
    uint64_t limit = now_ns() + TIME_LIMIT;
    struct crowd *c = question < 3 ? &crowd : &late;
    atomic_store(&asked, question);
    wzp_wake_ring(wake);
    while (atomic_load(&answered) != question && now_ns() < limit)
        crowd_run_until(c, now_ns() + 5 * WZP_MILLISECOND);
}

static void speak(void)
{
    uint64_t wanted = (uint64_t)FRAMES * ROOMS * MEMBERS * (MEMBERS - 1);
    uint64_t limit = now_ns() + TIME_LIMIT, before = crowd.got;
    for (int i = 0; i < FRAMES; i++) {
        for (size_t m = 0; m < crowd.count; m++)
            crowd_speak(&crowd.members[m], 100, now_ns());
        crowd_run_until(&crowd, now_ns() + 4 * WZP_MILLISECOND);
    }
    while (crowd.got - before < wanted && now_ns() < limit)
        crowd_run_until(&crowd, now_ns() + 5 * WZP_MILLISECOND);
    crowd_run_until(&crowd, now_ns() + 20 * WZP_MILLISECOND);
    heard = crowd.got - before;
}

static void *clients(void *context)
{
    uint16_t port = *(const uint16_t *)context;
    crowd_open(&crowd, port, ROOMS * MEMBERS, MEMBERS);
    speak();
    crowd_run_until(&crowd, now_ns() + 2200 * WZP_MILLISECOND); /* counts are told each second */
    ask_main(1);
    for (size_t i = 0; i < crowd.count; i++) /* NULL: the relay had no memory for it */
        if (crowd.members[i].conn)
            wzp_quic_conn_close(crowd.members[i].conn, 0, "bye", true, now_ns());
    crowd_run_until(&crowd, now_ns() + 1500 * WZP_MILLISECOND);
    ask_main(2);
    crowd_close(&crowd);
    crowd_open(&late, port, ROOMS, 1); /* a room each */
    ask_main(3);
    uint64_t limit = now_ns() + 3 * WZP_SECOND;
    while (late.closed < ROOMS && now_ns() < limit)
        crowd_run_until(&late, now_ns() + 5 * WZP_MILLISECOND);
    parted = late.closed;
    crowd_close(&late);
    return NULL;
}

TAP_MAIN
{
    static struct wzp_relay_config config;
    struct wzp_relay_crew *crew;
    /* The key of this identity spreads the rooms below over all threads; with another one it might
     * not. */
    static const uint8_t seed[WZP_SEED_SIZE] = {7};
    struct wzp_error err = {0};
    const struct wzp_log log = {0};
    pthread_t thread;
    wzp_signal_use_allocator();
    wzp_relay_config_default(&config);
    config.threads = THREADS;
    config.sender_packets = config.sender_kbit = 0;
    snprintf(config.listen_addr, sizeof config.listen_addr, "127.0.0.1:0");
    if (wzp_loop_new(&loop, &err) ||
        wzp_relay_crew_start(&crew, &service, loop, &config, seed, "test", NULL, &log, &err) ||
        wzp_relay_crew_run(crew, &err) || wzp_wake_new(&wake, loop, on_wake, NULL))
        bail("%s", err.text);
    unsigned used[THREADS] = {0}, busy = 0;
    for (int i = 0; i < ROOMS; i++) {
        char name[32];
        snprintf(name, sizeof name, "room-%d", i);
        used[wzp_relay_threads_place(service.relay, name)]++;
    }
    for (int i = 0; i < THREADS; i++)
        busy += used[i] > 0;
    is_int(busy, THREADS, "%d rooms lie on all threads", ROOMS);
    is_int(wzp_relay_threads_place(service.relay, "_signal"), 0, "signals are the first's");
    is_int(wzp_relay_threads_place(service.relay, "_federation"), 0, "and links");
    uint16_t port = wzp_addr_port(&service.listen);
    if (pthread_create(&thread, NULL, clients, &port))
        bail("no thread");
    wzp_loop_run(loop);
    pthread_join(thread, NULL);
    /* On a busy machine a socket may drop some packets; nothing comes twice, or to another room. */
    uint64_t sent = (uint64_t)FRAMES * ROOMS * MEMBERS;
    ok(heard <= sent * (MEMBERS - 1) && heard * 10 >= sent * (MEMBERS - 1) * 9,
       "everybody hears everybody else in their room, once (%llu of %llu frames)",
       (unsigned long long)heard, (unsigned long long)(sent * (MEMBERS - 1)));
    is_int(counters.active_sessions, ROOMS * MEMBERS, "the first thread knows of all members");
    is_int(counters.active_rooms, ROOMS, "and of all rooms");
    ok(counters.frames_in <= sent && counters.frames_in * (MEMBERS - 1) >= heard,
       "and counts every frame that came (%llu)", (unsigned long long)counters.frames_in);
    is_int(after.active_sessions, 0, "who leaves is gone for it too");
    is_int(parted, ROOMS, "when the relay parts everybody is told, on all threads");
    ok(parting_took < 4000 * WZP_MILLISECOND, "and it waits for the other threads, not longer");
    wzp_wake_close(wake);
    wzp_relay_crew_stop(crew);
    wzp_loop_free(loop);
}
