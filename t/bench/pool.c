/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The load of a pool of relays on its directory, for contrib/doc/scale.txt: four relays with
 * stand-ins for phones and the simulated directory, counted in virtual time; and, where a
 * redis-server is installed, how much of that load one redis-server handles. */
#include <inttypes.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../relay/lib_mute.c"
#include "base/alloc.h"
#include "base/time.h"
#include "loop/redis.h"
#include "relay/dispatch.h"
#include "sim/actors.h"

#define RELAYS 4
#define PEOPLE 5000 /* at each relay */
#define CALLS 1000
#define REDIS_KEYS 200000
#define REDIS_WINDOW 256 /* of pending requests */

static struct wzp_sim *sim;
static struct wzp_sim_directory directory;
static struct wzp_sim_relay relays[RELAYS];
static struct wzp_relay_client *clients[RELAYS][PEOPLE];

static double cpu_seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void say(const char *name, double value, const char *unit)
{
    printf("{\"name\":\"%s\",\"value\":%.3f,\"unit\":\"%s\"}\n", name, value, unit);
    fflush(stdout);
}

static void die(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(1);
}

/* ---- stand-ins ---- */

static void dispatch(size_t relay, struct wzp_relay_client *client, const struct wzp_signal *signal)
{
    char *text;
    size_t length;
    if (wzp_signal_write(&text, &length, signal) < 0)
        die("no memory");
    wzp_relay_dispatch(relays[relay].relay, client, text, length, wzp_sim_now(sim));
    wzp_free(text);
}

/* Person i, whose first relay is `home`, registers at that relay. */
static void come(size_t relay, size_t home, size_t i)
{
    struct wzp_signal signal = {.type = WZP_SIGNAL_REGISTER_PRESENCE};
    uint8_t seed[4] = {(uint8_t)home, (uint8_t)(i >> 8), (uint8_t)i, 1};
    for (size_t n = 0; n < sizeof signal.u.register_presence.identity_pub; n++)
        signal.u.register_presence.identity_pub[n] = (uint8_t)(seed[n % 4] * 37 + n * 11);
    struct wzp_relay_client **client = &clients[home][i];
    *client = wzp_relay_client_new(relays[relay].relay, &mute_link, client, NULL, "_signal",
                                   wzp_sim_now(sim));
    if (!*client)
        die("no client");
    dispatch(relay, *client, &signal);
}

static void start_relay(size_t i, bool shared)
{
    static struct wzp_relay_config config;
    char address[32];
    wzp_relay_config_default(&config);
    config.max_signals = RELAYS * PEOPLE;
    config.max_per_address = 0;
    if (shared)
        snprintf(config.directory, sizeof config.directory, "redis://directory");
    snprintf(address, sizeof address, "10.0.%zu.1:4433", i);
    if (wzp_sim_relay_start_in(&relays[i], shared ? &directory : NULL, sim, address, 100, &config))
        die("no relay");
}

static void world(bool shared, size_t count)
{
    memset(relays, 0, sizeof relays);
    memset(clients, 0, sizeof clients);
    if (wzp_sim_new(&sim, 1) || wzp_sim_directory_init(&directory, sim, WZP_MILLISECOND / 2))
        die("no world");
    for (size_t i = 0; i < count; i++)
        start_relay(i, shared);
    wzp_sim_run(sim, 3 * WZP_SECOND);
}

static void end_world(void)
{
    for (size_t i = 0; i < RELAYS; i++)
        if (relays[i].sim)
            wzp_sim_relay_stop(&relays[i]);
    wzp_sim_directory_fini(&directory);
    wzp_sim_free(sim);
}

static size_t heap(void)
{
    return mallinfo2().uordblks;
}

/* Bytes of heap that one registered person costs a relay, without its connection. */
static double heap_of_person(bool shared)
{
    world(shared, 1);
    size_t before = heap();
    for (size_t i = 0; i < PEOPLE; i++) {
        come(0, 0, i);
        if (i % 100 == 99)
            wzp_sim_run(sim, 10 * WZP_MILLISECOND);
    }
    wzp_sim_run(sim, 5 * WZP_SECOND);
    size_t texts = 0;
    if (shared) /* what the simulated directory stores is not part of the relay */
        texts = directory.texts.count * 200;
    double each = ((double)(heap() - before) - (double)texts) / PEOPLE;
    end_world();
    return each;
}

/* ---- in the simulated world ---- */

struct counts {
    uint64_t operations, letters, deliveries;
};

static struct counts count(void)
{
    return (struct counts){directory.operations, directory.letters, directory.deliveries};
}

static void test_registrations(void)
{
    struct counts before = count();
    double cpu = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (size_t i = 0; i < PEOPLE; i++) {
        for (size_t relay = 0; relay < RELAYS; relay++)
            come(relay, relay, i);
        if (i % 50 == 49)
            wzp_sim_run(sim, 10 * WZP_MILLISECOND);
    }
    wzp_sim_run(sim, 2 * WZP_SECOND);
    struct counts after = count();
    const double people = (double)RELAYS * PEOPLE;
    cpu = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    if (directory.texts.count != RELAYS * PEOPLE)
        die("not everybody is in the directory");
    say("pool_registration_operations",
        (double)(after.operations - before.operations - (after.letters - before.letters)) / people,
        "operations");
    say("pool_registration_letters", (double)(after.letters - before.letters) / people, "letters");
    say("pool_registration_cpu", cpu / people * 1e6, "us");
}

static void test_idle(void)
{
    struct counts before = count();
    double cpu = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID);
    wzp_sim_run(sim, 120 * WZP_SECOND);
    struct counts after = count();
    cpu = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    uint64_t letters = after.letters - before.letters;
    say("pool_idle_operations_per_person",
        (double)(after.operations - before.operations - letters) / 120 / (RELAYS * PEOPLE),
        "operations/s");
    say("pool_idle_letters_per_relay", (double)letters / 120 / RELAYS, "letters/s");
    say("pool_idle_cpu_per_relay", cpu / 120 / RELAYS * 100, "%");
}

static void test_calls(void)
{
    struct counts before = count();
    for (size_t i = 0; i < CALLS; i++) {
        struct wzp_signal offer = {.type = WZP_SIGNAL_DIRECT_CALL_OFFER};
        struct wzp_signal answer = {.type = WZP_SIGNAL_DIRECT_CALL_ANSWER};
        struct wzp_signal hangup = {.type = WZP_SIGNAL_HANGUP};
        struct wzp_relay_client *caller = clients[0][i], *callee = clients[1][i];
        char id[32];
        snprintf(id, sizeof id, "call-%zu", i);
        offer.u.direct_call_offer.caller_fingerprint = caller->name.text;
        offer.u.direct_call_offer.target_fingerprint = callee->name.text;
        offer.u.direct_call_offer.call_id = id;
        dispatch(0, caller, &offer);
        wzp_sim_run(sim, 5 * WZP_MILLISECOND);
        answer.u.direct_call_answer.call_id = id;
        answer.u.direct_call_answer.accept_mode = WZP_ACCEPT_TRUSTED;
        dispatch(1, callee, &answer);
        wzp_sim_run(sim, 5 * WZP_MILLISECOND);
        if (i == 0 && relays[0].relay->calls.by_id.count != 1)
            die("no call");
        hangup.u.hangup.call_id = id;
        dispatch(0, caller, &hangup);
        wzp_sim_run(sim, 5 * WZP_MILLISECOND);
    }
    struct counts after = count();
    if (relays[1].relay->total.answers != CALLS)
        die("not every call was answered");
    uint64_t beats = (uint64_t)(RELAYS * (CALLS * 15 / 2000));
    say("pool_call_operations",
        ((double)(after.operations - before.operations) - (double)beats) / CALLS, "operations");
}

/* One relay dies; its people reconnect to the others. */
static void test_death(void)
{
    wzp_sim_relay_crash(&relays[3]);
    struct counts before = count();
    uint64_t from = wzp_sim_now(sim);
    for (size_t i = 0; i < PEOPLE; i++) {
        come(i % 3, 3, i);
        if (i % 5 == 4)
            wzp_sim_run(sim, WZP_MILLISECOND); /* five thousand a second */
    }
    while (relays[0].relay->presence.registered + relays[1].relay->presence.registered +
               relays[2].relay->presence.registered <
           RELAYS * PEOPLE)
        wzp_sim_run(sim, 10 * WZP_MILLISECOND);
    struct counts after = count();
    say("pool_death_registered_again", (double)(wzp_sim_now(sim) - from) / 1e9, "s");
    say("pool_death_operations", (double)(after.operations - before.operations) / PEOPLE,
        "operations/person");
}

static void test_outage(void)
{
    wzp_sim_directory_set_away(&directory, true);
    wzp_sim_run(sim, 30 * WZP_SECOND);
    (void)wzp_sim_directory_put(&directory, NULL, NULL);
    struct counts before = count();
    uint64_t from = wzp_sim_now(sim);
    wzp_sim_directory_set_away(&directory, false);
    while (directory.texts.count < RELAYS * PEOPLE)
        wzp_sim_run(sim, WZP_MILLISECOND);
    struct counts after = count();
    say("pool_rebuilt", (double)(wzp_sim_now(sim) - from) / 1e9, "s");
    say("pool_rebuilt_operations",
        (double)(after.operations - before.operations) / (RELAYS * PEOPLE), "operations/person");
}

/* ---- with a real server ---- */

static struct wzp_loop *loop;
static struct wzp_redis *redis;
static size_t sent, answered, wrong, goal;
static int phase; /* 0 write, 1 write again, 2 read, 3 tell */
static bool is_up;

static void ask_one(size_t i)
{
    char key[64], value[64];
    snprintf(key, sizeof key, "wzp:p:%08zx%08zx%08zx%08zx", i * 2654435761U % 4294967296U, i, i, i);
    snprintf(value, sizeof value, "1 %016" PRIx64 " 3 0 %zx", UINT64_C(0x123456789abcdef0), i);
    struct wzp_pool_request request = {.number = i + 1, .key = key, .seconds = 180};
    request.verb = phase < 2 ? WZP_POOL_PUT : phase == 2 ? WZP_POOL_GET : WZP_POOL_PUBLISH;
    if (phase != 2) {
        request.value = value;
        request.length = strlen(value);
    }
    if (phase == 1)
        request.expected = value;
    if (phase == 3)
        request.key = "wzp:0:all";
    /* A relay that receives nothing on its channels, not even its own messages, takes them for
     * broken. */
    const struct wzp_pool_request beat = {
        .verb = WZP_POOL_PUBLISH, .key = "wzp:0:all", .value = "beat", .length = 4};
    if ((i % 1000 == 0 && !wzp_redis_ask(redis, &beat)) || !wzp_redis_ask(redis, &request))
        die("the server takes nothing");
}

static void more(void)
{
    while (sent < goal && sent - answered < REDIS_WINDOW)
        ask_one(sent++);
    if (answered == goal)
        wzp_loop_stop(loop);
}

static void on_answer(void *context, uint64_t number, int result, const char *value, size_t length)
{
    (void)context;
    (void)number;
    (void)value;
    (void)length;
    wrong += result != 0;
    answered++;
    more();
}

static void on_heard(void *context, const char *text, size_t length)
{
    (void)context;
    (void)text;
    (void)length;
}

static void on_state(void *context, bool up, const char *why)
{
    (void)context;
    (void)why;
    is_up = up;
    if (up)
        wzp_loop_stop(loop);
}

static double server_number(const char *socket_path, const char *section, const char *field)
{
    char command[300], line[200];
    double value = 0;
    snprintf(command, sizeof command, "redis-cli -s %s info %s 2>/dev/null", socket_path, section);
    FILE *pipe = popen(command, "r");
    while (pipe && fgets(line, sizeof line, pipe))
        if (strncmp(line, field, strlen(field)) == 0 && line[strlen(field)] == ':')
            value = strtod(line + strlen(field) + 1, NULL);
    if (pipe)
        pclose(pipe);
    return value;
}

static void run_phases(const char *socket_path)
{
    static const char *const names[] = {"redis_write", "redis_write_again", "redis_read",
                                        "redis_tell"};
    double empty = server_number(socket_path, "memory", "used_memory");
    for (phase = 0; phase < 4; phase++) {
        char name[64];
        double wall = cpu_seconds(CLOCK_MONOTONIC), own = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID);
        double server = server_number(socket_path, "cpu", "used_cpu_user") +
                        server_number(socket_path, "cpu", "used_cpu_sys");
        sent = answered = wrong = 0;
        goal = REDIS_KEYS;
        more();
        wzp_loop_run(loop);
        wall = cpu_seconds(CLOCK_MONOTONIC) - wall;
        own = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) - own;
        server = server_number(socket_path, "cpu", "used_cpu_user") +
                 server_number(socket_path, "cpu", "used_cpu_sys") - server;
        if (wrong > 0)
            die("not every answer was good");
        snprintf(name, sizeof name, "%s_per_second", names[phase]);
        say(name, REDIS_KEYS / wall, "operations/s");
        snprintf(name, sizeof name, "%s_server_cpu", names[phase]);
        say(name, server / REDIS_KEYS * 1e6, "us");
        snprintf(name, sizeof name, "%s_relay_cpu", names[phase]);
        say(name, own / REDIS_KEYS * 1e6, "us");
        if (phase == 0)
            say("redis_memory_per_person",
                (server_number(socket_path, "memory", "used_memory") - empty) / REDIS_KEYS,
                "bytes");
    }
}

static void on_patience(void *context)
{
    (void)context;
    wzp_loop_stop(loop);
}

static void with_server(void)
{
    char folder[] = "/tmp/wzp-bench-XXXXXX", socket_path[64], text[96];
    const char channels[WZP_REDIS_CHANNELS][64] = {"wzp:0:all", "wzp:0:r:0"};
    const struct wzp_redis_calls calls = {
        .answer = on_answer, .heard = on_heard, .state = on_state};
    struct wzp_pool_url url;
    if (!wzp_redis_available() || !mkdtemp(folder))
        return;
    snprintf(socket_path, sizeof socket_path, "%s/socket", folder);
    snprintf(text, sizeof text, "unix:%s", socket_path);
    pid_t server = fork();
    if (server == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* it must not outlive a benchmark that fails */
        if (!freopen("/dev/null", "w", stdout))
            _exit(127);
        execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", socket_path, "--save",
               "", "--appendonly", "no", (char *)NULL);
        _exit(127);
    }
    if (wzp_loop_new(&loop, NULL) == 0 && wzp_pool_url_parse(&url, text, strlen(text), NULL) == 0 &&
        wzp_redis_new(&redis, loop, &url, channels, &calls, NULL) == 0) {
        struct wzp_timer *patience = NULL;
        (void)wzp_timer_start(&patience, loop, 10 * WZP_SECOND, 0, on_patience, NULL);
        wzp_loop_run(loop);
        wzp_timer_close(patience);
        if (is_up)
            run_phases(socket_path);
        else
            fprintf(stderr, "no redis-server here: its figures are left out\n");
        wzp_redis_close(redis);
    }
    wzp_loop_free(loop);
    kill(server, SIGTERM);
    waitpid(server, NULL, 0);
    unlink(socket_path);
    rmdir(folder);
}

int main(void)
{
    wzp_signal_use_allocator();
    double alone = heap_of_person(false), shared = heap_of_person(true);
    say("pool_heap_per_person", shared - alone, "bytes");
    world(true, RELAYS);
    test_registrations();
    test_idle();
    test_calls();
    test_death();
    test_outage();
    end_world();
    with_server();
    return 0;
}
