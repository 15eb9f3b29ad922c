/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a call costs and how long it takes, with the real programs over loopback: time from the
 * start of the call command to the first decoded audio, CPU share and resident memory of one call
 * (what the codec alone takes at the same time and pace is its baseline); and, with two phones in
 * this process, the delay of the chain from samples in to samples out, without sound devices. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/time.h"
#include "loop/loop.h"
#include "media/decoder.h"
#include "media/dsp.h"
#include "media/level.h"
#include "media/wav.h"
#include "tap.h"
#include "wire/signal.h"
#include "wzp/phone.h"

#define CALLS 20
#define BLOCK 480
#define CLICKS 40
#define CLICK_EVERY 50 /* blocks: half a second */

static char folder[] = "/tmp/wzp-bench-XXXXXX";
static char relay_address[64];
static pid_t relay_pid, callee_pid;

/* ---- programs ---- */

/* Starts a program that ends with this one, with its output in a descriptor. */
static pid_t start(int output, char *const argv[])
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(output, 1);
    dup2(output, 2);
    execv(argv[0], argv);
    _exit(127);
}

static pid_t start_to_file(const char *path, char *const argv[])
{
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    pid_t pid = start(fd, argv);
    close(fd);
    return pid;
}

static void stop(pid_t *pid)
{
    if (*pid > 0) {
        kill(*pid, SIGTERM);
        waitpid(*pid, NULL, 0);
    }
    *pid = 0;
}

static char text[65536]; /* of the file that await read last */

/* Waits up to ten seconds until a file holds the words. */
static char *await(const char *path, const char *words)
{
    for (int i = 0; i < 1000; i++) {
        FILE *f = fopen(path, "r");
        size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
        if (f)
            fclose(f);
        text[n] = 0;
        char *at = strstr(text, words);
        if (at && strchr(at, '\n'))
            return at;
        usleep(10000);
    }
    fprintf(stderr, "no \"%s\" in %s\n", words, path);
    exit(1);
}

static const char *in_folder(const char *name)
{
    static char paths[8][128];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static void start_relay(void)
{
    char seed[128];
    snprintf(seed, sizeof seed, "%s", in_folder("seed"));
    char program[4096];
    snprintf(program, sizeof program, "%s", tap_build_path("wzp-relay"));
    char *argv[] = {program, (char *)"--listen", (char *)"127.0.0.1:0", (char *)"-i", seed, NULL};
    relay_pid = start_to_file(in_folder("relay"), argv);
    const char *at = await(in_folder("relay"), "listening on ") + strlen("listening on ");
    snprintf(relay_address, sizeof relay_address, "%.*s", (int)strcspn(at, "\n"), at);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void print(const char *name, double value, const char *unit, double limit)
{
    printf("{\"name\":\"%s\",\"value\":%.2f,\"unit\":\"%s\",\"goal\":%.0f}\n", name, value, unit,
           limit);
    fflush(stdout);
}

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Reads a program's output until it ends; returns the time at which it first contained the words.
 */
static double time_of(int fd, const char *words)
{
    double at = -1;
    size_t length = 0;
    ssize_t n;
    while (length < sizeof text - 1 &&
           (n = read(fd, text + length, sizeof text - 1 - length)) > 0) {
        length += (size_t)n;
        text[length] = 0;
        if (at < 0 && strstr(text, words))
            at = seconds_now();
    }
    return at;
}

/* One call of `duration` seconds; returns the seconds from the start of the program until it
 * reports decoded audio. */
static double one_call(const char *peer, const char *duration, struct rusage *usage, double *wall)
{
    char program[4096], speech[4096], sink[160];
    int ends[2], status;
    snprintf(program, sizeof program, "%s", tap_build_path("wzp"));
    snprintf(speech, sizeof speech, "file:%s", tap_source_path("t/vectors/speech.wav"));
    snprintf(sink, sizeof sink, "file:%s", in_folder("heard.wav"));
    char *argv[] = {program,
                    (char *)"call",
                    (char *)(uintptr_t)peer,
                    (char *)"-r",
                    relay_address,
                    (char *)"-i",
                    speech,
                    (char *)"-o",
                    sink,
                    (char *)"-d",
                    (char *)(uintptr_t)duration,
                    (char *)"--json",
                    NULL};
    if (pipe2(ends, O_CLOEXEC))
        exit(1);
    double before = seconds_now();
    pid_t pid = start(ends[1], argv);
    close(ends[1]);
    double at = time_of(ends[0], "\"event\":\"media\"");
    close(ends[0]);
    wait4(pid, &status, 0, usage);
    *wall = seconds_now() - before;
    if (status != 0 || at < 0) {
        fprintf(stderr, "the call failed: %s\n", text);
        exit(1);
    }
    return at - before;
}

static double cpu_of(const struct rusage *usage)
{
    return (double)usage->ru_utime.tv_sec + (double)usage->ru_stime.tv_sec +
           (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e6;
}

/* ---- the codec alone ---- */

#define CODEC_SECONDS 20
#define FRAME 960

/* As much of the speech as fits; returns its samples. */
static size_t read_speech(int16_t *pcm, size_t room)
{
    struct wzp_wav_format format;
    struct wzp_resampler *resampler;
    static int16_t narrow[30 * 16000];
    size_t length, used;
    uint8_t *file = tap_read_file(tap_source_path("t/vectors/speech.wav"), &length);
    if (wzp_wav_parse(&format, file, length, length, NULL) || format.rate != 16000 ||
        format.data_length / 2 > sizeof narrow / sizeof *narrow ||
        wzp_resampler_new(&resampler, 16000, 48000))
        exit(1);
    size_t count = wzp_wav_to_mono(&(struct wzp_downmix){0}, narrow, sizeof narrow / sizeof *narrow,
                                   &format, file + format.data_offset, (size_t)format.data_length);
    count = wzp_resampler_process(resampler, pcm, room, narrow, count, &used);
    wzp_resampler_free(resampler);
    free(file);
    return count;
}

/* Encodes and decodes a frame every 20 ms: the part of a call's cost that cannot be saved. It is a
 * process of its own and runs beside the call, under the same conditions. */
static void code_alone(void)
{
    static int16_t speech[30 * 48000], heard[WZP_FRAME_SAMPLES_MAX];
    static uint8_t packet[WZP_FRAME_BYTES_MAX];
    struct wzp_encoder *encoder;
    struct wzp_decoder *decoder;
    struct rusage before, after;
    struct timespec next;
    size_t samples = read_speech(speech, sizeof speech / sizeof *speech), at = 0;
    if (samples < FRAME || wzp_encoder_new(&encoder, WZP_CODEC_OPUS_32K) ||
        wzp_decoder_new(&decoder))
        _exit(1);
    getrusage(RUSAGE_SELF, &before);
    clock_gettime(CLOCK_MONOTONIC, &next);
    for (int i = 0; i < CODEC_SECONDS * 50; i++) {
        int length = wzp_encoder_encode(encoder, packet, sizeof packet,
                                        speech + at % (samples - FRAME), FRAME);
        if (length > 0)
            wzp_decoder_decode(decoder, heard, WZP_CODEC_OPUS_32K, packet, (size_t)length);
        at += FRAME;
        next.tv_nsec += 20000000;
        next.tv_sec += next.tv_nsec / 1000000000;
        next.tv_nsec %= 1000000000;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
    }
    getrusage(RUSAGE_SELF, &after);
    printf("%.6f", (cpu_of(&after) - cpu_of(&before)) / CODEC_SECONDS);
    fflush(stdout);
    _exit(0);
}

static pid_t start_codec(const char *path)
{
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(fd, 1);
        code_alone();
    }
    close(fd);
    return pid;
}

/* CPU seconds per second. */
static double codec_cpu(pid_t pid, const char *path)
{
    double share = 0;
    int status;
    waitpid(pid, &status, 0);
    FILE *f = fopen(path, "r");
    if (!f || fscanf(f, "%lf", &share) != 1 || share <= 0)
        exit(1);
    fclose(f);
    return share;
}

/* The cost of a call as the difference of two calls whose lengths differ by twenty seconds, so that
 * starting and ending do not count. */
static void call_cost(const char *peer)
{
    struct rusage little, much;
    double wall_little, wall_much;
    one_call(peer, "0.3", &little, &wall_little);
    pid_t codec = start_codec(in_folder("codec"));
    one_call(peer, "20.3", &much, &wall_much);
    double alone = codec_cpu(codec, in_folder("codec"));
    double share = (cpu_of(&much) - cpu_of(&little)) / (wall_much - wall_little);
    printf("{\"name\":\"call_cpu\",\"value\":%.2f,\"unit\":\"percent of a core\",\"ratio\":%.2f,"
           "\"baseline\":\"the codec alone, %.2f\",\"goal\":4}\n",
           share * 100, share / alone, alone * 100);
    print("call_resident", (double)much.ru_maxrss / 1024, "MB", 25);
}

static void programs(void)
{
    char program[4096], home[160];
    struct rusage usage;
    double wall, seconds[CALLS];
    char peer[64];
    snprintf(program, sizeof program, "%s", tap_build_path("wzp"));
    /* The callee has a HOME of its own, and so another identity. */
    snprintf(home, sizeof home, "%s", in_folder("callee"));
    setenv("HOME", home, 1);
    char *echo[] = {program, (char *)"echo", (char *)"-r", relay_address, (char *)"--json", NULL};
    char *show[] = {program, (char *)"identity", (char *)"show", (char *)"--json", NULL};
    waitpid(start_to_file(in_folder("who"), show), NULL, 0);
    const char *at = await(in_folder("who"), "\"fingerprint\":\"") + strlen("\"fingerprint\":\"");
    snprintf(peer, sizeof peer, "%.39s", at);
    callee_pid = start_to_file(in_folder("echo"), echo);
    await(in_folder("echo"), "\"event\":\"registered\"");
    snprintf(home, sizeof home, "%s", in_folder("caller"));
    setenv("HOME", home, 1);
    one_call(peer, "0.3", &usage, &wall); /* makes the identity, warms the caches */
    for (int i = 0; i < CALLS; i++)
        seconds[i] = one_call(peer, "0.3", &usage, &wall) * 1000;
    qsort(seconds, CALLS, sizeof seconds[0], by_value);
    print("call_setup_p50", seconds[CALLS / 2], "ms", 150);
    print("call_setup_p95", seconds[CALLS * 95 / 100], "ms", 150);
    call_cost(peer);
    stop(&callee_pid);
}

/* ---- the chain, in this process ---- */

struct end {
    struct wzp_udp *udp;
    struct wzp_phone *phone;
    struct wzp_listener listener;
    wzp_session_id session;
    bool up;
};
static struct wzp_loop *loop;
static struct end talker, hearer;
static unsigned blocks;
static uint64_t clicked_at[CLICKS];
static double delays[CLICKS];
static unsigned clicks, heard;
static bool in_click;
static unsigned quiet_blocks;

static void end_event(void *context, const struct wzp_event *event)
{
    struct end *e = context;
    if (event->type == WZP_EVENT_INCOMING)
        wzp_phone_answer(e->phone, event->session, true, wzp_loop_now(loop), NULL);
    if (event->type == WZP_EVENT_MEDIA || event->type == WZP_EVENT_JOINED)
        e->up = true;
    if (event->type == WZP_EVENT_ENDED) {
        fprintf(stderr, "the call ended: %s\n", event->u.ended.text);
        exit(1);
    }
}

static void open_end(struct end *e)
{
    struct wzp_error err = {0};
    struct wzp_random random = wzp_system_random();
    struct wzp_phone_config config = {
        .build = "bench", .codec = WZP_CODEC_OPUS_24K, .accept_new_relays = true, .random = random};
    struct wzp_relay_entry relay = {.count = 1};
    wzp_random_bytes(&random, config.seed, sizeof config.seed);
    if (wzp_udp_open(&e->udp, loop, &(struct wzp_addr){0}, &err) ||
        wzp_phone_new(&e->phone, &config, wzp_loop_now(loop), &err) ||
        wzp_addr_parse(&relay.addresses[0], relay_address, strlen(relay_address))) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    e->listener = (struct wzp_listener){.event = end_event, .context = e};
    wzp_phone_listen(e->phone, &e->listener);
    struct wzp_addr local4 = wzp_udp_local(e->udp, AF_INET);
    struct wzp_addr local6 = wzp_udp_local(e->udp, AF_INET6);
    snprintf(relay.name, sizeof relay.name, "%s", relay_address);
    wzp_phone_set_networks(e->phone, NULL, &local4, &local6, wzp_loop_now(loop));
    struct wzp_driver driver;
    wzp_phone_driver(&driver, e->phone);
    wzp_udp_attach(e->udp, &driver);
    if (wzp_phone_set_relays(e->phone, &relay, 1, NULL, &err) ||
        wzp_phone_register_start(e->phone, wzp_loop_now(loop), &err))
        exit(1);
    wzp_udp_kick(e->udp);
}

/* Ten milliseconds of a sound card: the sender emits a click (a 1 kHz burst) every half second, the
 * receiver looks for clicks. A sample enters at the instant when its block is handed over; it
 * leaves at the instant when its block is requested. */
static void on_tick(void *context)
{
    static struct wzp_tone tone;
    int16_t pcm[BLOCK] = {0};
    uint64_t now = wzp_loop_now(loop);
    (void)context;
    if (talker.up && hearer.up && ++blocks % CLICK_EVERY == 0 && clicks < CLICKS && blocks > 200) {
        wzp_tone_init(&tone, 1000, -6);
        wzp_tone_fill(&tone, pcm, BLOCK);
        clicked_at[clicks++] = now;
    }
    wzp_phone_capture(talker.phone, pcm, BLOCK, now);
    wzp_udp_kick(talker.udp);
    wzp_phone_playback(talker.phone, pcm, BLOCK, now);
    wzp_phone_playback(hearer.phone, pcm, BLOCK, now);
    double level = wzp_level_rms_dbfs(pcm, BLOCK);
    quiet_blocks = level < -40 ? quiet_blocks + 1 : 0;
    if (level > -30 && !in_click && heard < clicks) {
        size_t at = 0;
        while (at < BLOCK && pcm[at] < 3000 && pcm[at] > -3000)
            at++;
        delays[heard] = (double)(now - clicked_at[heard]) / 1e6 + (double)at / 48;
        heard++;
        in_click = true;
    }
    if (quiet_blocks > 5)
        in_click = false;
    memset(pcm, 0, sizeof pcm);
    wzp_phone_capture(hearer.phone, pcm, BLOCK, now);
    wzp_udp_kick(hearer.udp);
    if (heard == CLICKS)
        wzp_loop_stop(loop);
}

static void give_up(void *context)
{
    (void)context;
    fprintf(stderr, "only %u of %u clicks were heard\n", heard, clicks);
    exit(1);
}

static void place_call(void *context)
{
    struct wzp_error err = {0};
    (void)context;
    if (wzp_phone_call(talker.phone, &talker.session, wzp_phone_fingerprint(hearer.phone),
                       wzp_loop_now(loop), &err))
        exit(1);
    wzp_udp_kick(talker.udp);
}

static void chain(void)
{
    struct wzp_error err = {0};
    struct wzp_timer *tick, *limit, *call;
    if (wzp_loop_new(&loop, &err))
        exit(1);
    open_end(&talker);
    open_end(&hearer);
    wzp_timer_start(&call, loop, 300 * WZP_MILLISECOND, 0, place_call, NULL);
    wzp_timer_start(&tick, loop, 10 * WZP_MILLISECOND, 10 * WZP_MILLISECOND, on_tick, NULL);
    wzp_timer_start(&limit, loop, 60 * WZP_SECOND, 0, give_up, NULL);
    wzp_loop_run(loop);
    qsort(delays, CLICKS, sizeof delays[0], by_value);
    print("chain_delay_p50", delays[CLICKS / 2], "ms", 50);
    print("chain_delay_p95", delays[CLICKS * 95 / 100], "ms", 60);
}

/* Called also after a failure: no files may be left behind. */
static void clean_up(void)
{
    char command[64];
    stop(&callee_pid);
    stop(&relay_pid);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (system(command) != 0)
        fprintf(stderr, "%s is left\n", folder);
}

int main(void)
{
    if (!mkdtemp(folder))
        return 1;
    atexit(clean_up);
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("XDG_DATA_HOME");
    unsetenv("XDG_STATE_HOME");
    wzp_signal_use_allocator();
    start_relay();
    programs();
    chain();
    return 0;
}
