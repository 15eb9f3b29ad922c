/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Real ALSA devices without a sound card: a PulseAudio server of the test's own with null sinks,
 * which keep real time. What is played into a sink is heard at its monitor. Then the trouble:
 * xruns, an unplugged device, a server that dies. */
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "audio/internal.h"
#include "base/alloc.h"
#include "base/time.h"
#include "app/audio_spec.h"
#include "media/echo.h"
#include "tap.h"

static pid_t server;

/* The library's functions, where a test asks for trouble: a card that another program has, one that
 * knows no other rate, or so many channels. Those of the program come before the library's. */
static atomic_bool is_busy;
static atomic_uint only_rate, only_channels;

int snd_pcm_open(snd_pcm_t **pcm, const char *name, snd_pcm_stream_t stream, int mode)
{
    int (*real)(snd_pcm_t **, const char *, snd_pcm_stream_t, int);
    *(void **)&real = dlsym(RTLD_NEXT, "snd_pcm_open");
    return is_busy ? -EBUSY : real(pcm, name, stream, mode);
}

int snd_pcm_hw_params_set_rate_near(snd_pcm_t *pcm, snd_pcm_hw_params_t *hw, unsigned *rate,
                                    int *direction)
{
    int (*real)(snd_pcm_t *, snd_pcm_hw_params_t *, unsigned *, int *);
    *(void **)&real = dlsym(RTLD_NEXT, "snd_pcm_hw_params_set_rate_near");
    if (only_rate)
        *rate = only_rate;
    return real(pcm, hw, rate, direction);
}

int snd_pcm_hw_params_set_channels_near(snd_pcm_t *pcm, snd_pcm_hw_params_t *hw, unsigned *channels)
{
    int (*real)(snd_pcm_t *, snd_pcm_hw_params_t *, unsigned *);
    *(void **)&real = dlsym(RTLD_NEXT, "snd_pcm_hw_params_set_channels_near");
    if (only_channels)
        *channels = only_channels;
    return real(pcm, hw, channels);
}

static bool shell(const char *command)
{
    return system(command) == 0;
}

static void kill_server(void)
{
    if (server > 0) {
        kill(server, SIGKILL);
        waitpid(server, NULL, 0);
    }
    server = 0;
}

/* The server ends with us, however we end. */
static bool run_server(void)
{
    char script[700];
    struct timespec little = {0, 20000000};
    snprintf(script, sizeof script, "%s/pulse.pa", tap_temporary_folder());
    server = fork();
    if (server == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)!freopen("/dev/null", "w", stdout);
        (void)!freopen("/dev/null", "w", stderr);
        execlp("pulseaudio", "pulseaudio", "-n", "-F", script, "--exit-idle-time=-1",
               "--daemonize=no", "--log-target=null", (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 250 && server > 0; i++) {
        if (waitpid(server, NULL, WNOHANG) != 0)
            server = 0;
        else if (shell("timeout 5 pactl list short sinks 2>/dev/null | grep -q 'b.*null'"))
            return true;
        nanosleep(&little, NULL);
    }
    kill_server();
    return false;
}

static void write_text(const char *name, const char *text)
{
    char path[700];
    snprintf(path, sizeof path, "%s/%s", tap_temporary_folder(), name);
    FILE *file = fopen(path, "w");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0)
        bail("cannot write %s", path);
}

static void start_server(void)
{
    char path[700];
#if defined(__SANITIZE_THREAD__)
    skip_all("PulseAudio's library is not built for the thread sanitizer");
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
    skip_all("PulseAudio's library is not built for the thread sanitizer");
#endif
#endif
    if (tap_oom_mode())
        skip_all("the server is not started over and over");
    if (geteuid() != 0)
        skip_all("needs root to start a sound server of its own");
    tap_keep_others_out();
    if (!shell("PATH=$PATH:/usr/bin; command -v pulseaudio pactl >/dev/null 2>&1"))
        skip_all("pulseaudio and pactl are not installed");
    if (!shell("ls /usr/lib/*/alsa-lib/libasound_module_pcm_pulse.so >/dev/null 2>&1"))
        skip_all("the pulse plug-in of ALSA (libasound2-plugins) is not installed");
    snprintf(path, sizeof path, "%s/run", tap_temporary_folder());
    if (mkdir(path, 0700) < 0)
        bail("cannot make %s", path);
    setenv("HOME", tap_temporary_folder(), 1);
    setenv("XDG_RUNTIME_DIR", path, 1);
    setenv("XDG_CONFIG_HOME", tap_temporary_folder(), 1);
    unsetenv("PULSE_SERVER");
    write_text("pulse.pa", "load-module module-native-protocol-unix\n"
                           "load-module module-null-sink sink_name=a rate=48000 norewinds=1\n"
                           "load-module module-null-sink sink_name=b rate=48000 norewinds=1\n");
    write_text(".asoundrc", "pcm.spk_a { type pulse device a }\n"
                            "pcm.spk_x { type pulse device a handle_underrun 1 }\n"
                            "pcm.mic_a { type pulse device a.monitor }\n"
                            "pcm.spk_b { type pulse device b }\n"
                            "pcm.mic_b { type pulse device b.monitor }\n");

    if (!run_server())
        skip_all("pulseaudio does not start here");
}

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * WZP_SECOND + (uint64_t)t.tv_nsec;
}

/* Called on the audio thread: holds it up once when told to. */
static atomic_uint hold_ms;
static void wake(void *context)
{
    (void)context;
    unsigned ms = atomic_exchange(&hold_ms, 0);
    struct timespec t = {0, (long)ms * 1000000};
    if (ms > 0)
        nanosleep(&t, NULL);
}

static unsigned refusals;
static void refused(void *owner, bool is_source, const struct wzp_error *err)
{
    (void)owner;
    (void)is_source;
    (void)err;
    refusals++;
}

static int open_some(struct wzp_audio **out, const char *source, const char *sink, bool without,
                     struct wzp_error *err)
{
    struct wzp_audio_options o;
    memset(&o, 0, sizeof o);
    o.wake = wake;
    o.refused = without ? refused : NULL;
    if (wzp_audio_spec_parse(&o.source, source, true, err) < 0 ||
        wzp_audio_spec_parse(&o.sink, sink, false, err) < 0)
        bail("%s", err->text);
    return wzp_audio_open(out, &o, err);
}

static int open_pair(struct wzp_audio **out, const char *source, const char *sink,
                     struct wzp_error *err)
{
    return open_some(out, source, sink, false, err);
}

static struct wzp_audio *need_pair(const char *source, const char *sink)
{
    struct wzp_audio *a = NULL;
    struct wzp_error err = {0, ""};
    if (open_pair(&a, source, sink, &err) < 0)
        bail("%s %s: %s", source, sink, err.text);
    return a;
}

#define HEARD_MAX (6 * 48000)
static int16_t heard[HEARD_MAX];
static size_t heard_count;

/* The loop's part: a tone is played, what comes is kept. Returns early when *until turns true. */
static void serve(struct wzp_audio *a, struct wzp_tone *tone, uint64_t duration,
                  bool (*until)(const struct wzp_audio_stats *))
{
    struct timespec little = {0, 3000000};
    int16_t block[WZP_AUDIO_BLOCK];
    struct wzp_audio_stats stats;
    heard_count = 0;
    for (uint64_t end = now_ns() + duration; now_ns() < end;) {
        while (wzp_audio_read(a, block) == 0) {
            if (heard_count + WZP_AUDIO_BLOCK <= HEARD_MAX) {
                memcpy(heard + heard_count, block, sizeof block);
                heard_count += WZP_AUDIO_BLOCK;
            }
        }
        while (wzp_audio_playback_wanted(a) > 0) {
            wzp_tone_fill(tone, block, WZP_AUDIO_BLOCK);
            wzp_audio_write(a, block);
        }
        wzp_audio_stats(a, &stats);
        if (until != NULL && until(&stats))
            return;
        nanosleep(&little, NULL);
    }
}

static double heard_share(double frequency)
{
    size_t n = heard_count < 24000 ? heard_count : 24000;
    return n > 0 ? wzp_level_tone_share(heard + heard_count - n, n, frequency) : 0;
}

/* Waited for with serve: busy machines take longer, and are no reason to fail. */
static uint64_t wanted_in, wanted_out, wanted_xruns;
static bool has_moved(const struct wzp_audio_stats *s)
{
    return s->blocks_in >= wanted_in && s->blocks_out >= wanted_out;
}

static bool has_xrun(const struct wzp_audio_stats *s)
{
    return s->xruns >= wanted_xruns;
}

static void test_both(void)
{
    struct wzp_tone tone;
    struct wzp_audio_stats s0, s;
    wzp_tone_init(&tone, 700, -12);
    struct wzp_audio *a = need_pair("alsa:mic_a", "alsa:spk_a");
    serve(a, &tone, 300 * WZP_MILLISECOND, NULL);
    uint64_t calls = wzp_alloc_calls();
    double expected = 0, in = 0, out = 0;
    /* A busy machine may hold the sound server up: then another window is looked at. */
    for (int i = 0; i < 10; i++) {
        wzp_audio_stats(a, &s0);
        uint64_t start = now_ns();
        serve(a, &tone, 900 * WZP_MILLISECOND, NULL);
        expected = (double)(now_ns() - start) / (double)(10 * WZP_MILLISECOND);
        wzp_audio_stats(a, &s);
        in = (double)(s.blocks_in - s0.blocks_in);
        out = (double)(s.blocks_out - s0.blocks_out);
        if (in > expected - 12 && out > expected - 12 && heard_share(700) > 0.95)
            break;
    }
    is_int(wzp_alloc_calls() - calls, 0, "nothing is allocated while sound runs");
    is_near(in, expected, 12, "the microphone keeps time");
    is_near(out, expected, 12, "so does the loudspeaker");
    ok(heard_share(700) > 0.95, "what is played is heard: %.3f", heard_share(700));
    note("queue %u ms, xruns %u, underruns %u", s.playback_queue_ms, (unsigned)s.xruns,
         (unsigned)s.playback_underruns);
    ok(s.playback_queue_ms <= 80, "the queue is short: %u ms", s.playback_queue_ms);
    ok(!s.capture_lost && !s.playback_lost && s.reopens == 0, "no device was lost");

    wzp_audio_close(a);
}

static void test_xrun(void)
{
    struct wzp_tone tone;
    struct wzp_audio_stats s;
    wzp_tone_init(&tone, 700, -12);
    struct wzp_audio *a = need_pair("alsa:mic_a", "alsa:spk_x");
    serve(a, &tone, 200 * WZP_MILLISECOND, NULL);
    wzp_audio_stats(a, &s);
    wanted_xruns = s.xruns + 1;
    for (int i = 0; i < 5 && s.xruns < wanted_xruns; i++) {
        atomic_store(&hold_ms, 200);
        serve(a, &tone, 500 * WZP_MILLISECOND, has_xrun);
        wzp_audio_stats(a, &s);
    }
    ok(s.xruns >= wanted_xruns, "a thread held up for 200 ms: an xrun");
    wanted_in = s.blocks_in + 80;
    wanted_out = s.blocks_out + 80;
    serve(a, &tone, 3 * WZP_SECOND, has_moved);
    wzp_audio_stats(a, &s);
    ok(has_moved(&s), "sound goes on");
    /* A busy machine may hold the sound server up: then another window is looked at. */
    for (int i = 0; i < 10 && heard_share(700) <= 0.9; i++) {
        serve(a, &tone, 900 * WZP_MILLISECOND, NULL);
        wzp_audio_stats(a, &s);
    }
    ok(heard_share(700) > 0.9, "and is clean again: %.3f", heard_share(700));
    ok(s.playback_queue_ms <= 80, "with a short queue: %u ms", s.playback_queue_ms);
    wzp_audio_close(a);
}

/* The side that has a device gives the time to the side that has none. */
static void test_mixed(const char *sink)
{
    struct wzp_tone tone;
    struct wzp_audio_stats s;
    char name[100];
    snprintf(name, sizeof name, "alsa:%s", sink);
    wzp_tone_init(&tone, 900, -12);
    struct wzp_audio *a = need_pair("tone:500", name);
    wanted_in = wanted_out = 30;
    serve(a, &tone, 3 * WZP_SECOND, has_moved);
    wzp_audio_stats(a, &s);
    ok(has_moved(&s), "%s clocks a tone: %u blocks", sink, (unsigned)s.blocks_in);
    is_near((double)s.blocks_in, (double)s.blocks_out, 3, "block for block");
    ok(heard_share(500) > 0.95, "which is whole");
    wzp_audio_close(a);
}

static bool playback_is_lost(const struct wzp_audio_stats *s)
{
    return s->playback_lost;
}

static bool playback_is_back(const struct wzp_audio_stats *s)
{
    return !s->playback_lost && s->reopens > 0;
}

static bool load(const char *sink)
{
    char command[200];
    snprintf(command, sizeof command,
             "timeout 10 pactl load-module module-null-sink sink_name=%s rate=48000 norewinds=1 "
             ">/dev/null 2>&1",
             sink);
    return shell(command);
}

static bool unload(const char *sink)
{
    char command[200];
    snprintf(command, sizeof command,
             "timeout 10 pactl unload-module $(pactl list short modules | "
             "awk '/sink_name=%s/ {print $1}') >/dev/null 2>&1",
             sink);
    return shell(command);
}

static void test_unplug(void)
{
    struct wzp_tone tone;
    struct wzp_audio_stats s0, s;
    wzp_tone_init(&tone, 700, -12);
    /* With another sink about, the server would carry the stream over to it. */
    ok(unload("a"), "only one device is left");
    struct wzp_audio *a = need_pair("tone:500", "alsa:spk_b");
    serve(a, &tone, 200 * WZP_MILLISECOND, NULL);
    ok(unload("b"), "which is unplugged");
    serve(a, &tone, 4 * WZP_SECOND, playback_is_lost);
    wzp_audio_stats(a, &s0);
    ok(s0.playback_lost, "which is noticed");
    serve(a, &tone, 300 * WZP_MILLISECOND, NULL);
    wzp_audio_stats(a, &s);
    is_near((double)(s.blocks_in - s0.blocks_in), 30, 8, "the call's clock goes on without it");
    ok(load("b"), "plugged in again");
    serve(a, &tone, 3 * WZP_SECOND, playback_is_back);
    wzp_audio_stats(a, &s0);
    ok(!s0.playback_lost && s0.reopens == 1, "which is noticed, too");
    wanted_in = s0.blocks_in + 20;
    wanted_out = s0.blocks_out + 20;
    serve(a, &tone, 3 * WZP_SECOND, has_moved);
    wzp_audio_stats(a, &s);
    ok(has_moved(&s) && !s.playback_lost, "and it plays");
    wzp_audio_close(a);
    ok(load("a"), "the other device is back");
}

/* The call's clock goes on, and each second it is tried again. */
static void test_busy(void)
{
    struct wzp_tone tone;
    struct wzp_audio_stats s;
    struct wzp_error err = {0, ""};
    struct wzp_audio *a = NULL;
    wzp_tone_init(&tone, 700, -12);
    is_busy = true;
    is_int(open_pair(&a, "tone:500", "alsa:spk_b", &err), WZP_E_DEVICE, "another program has it");
    ok(strstr(err.text, "busy: another program uses it"), "in words: %s", err.text);
    is_busy = false;
    ok(unload("a"), "only one device is left");
    a = need_pair("tone:500", "alsa:spk_b");
    serve(a, &tone, 200 * WZP_MILLISECOND, NULL);
    ok(unload("b"), "which is unplugged");
    serve(a, &tone, 4 * WZP_SECOND, playback_is_lost);
    is_busy = true;
    ok(load("b"), "and plugged in again, for another program first");
    serve(a, &tone, 2500 * WZP_MILLISECOND, playback_is_back);
    wzp_audio_stats(a, &s);
    ok(s.playback_lost && s.reopens == 0, "which has it");
    is_busy = false;
    serve(a, &tone, 4 * WZP_SECOND, playback_is_back);
    wzp_audio_stats(a, &s);
    ok(playback_is_back(&s), "when it is free, it is ours");
    wzp_audio_close(a);
    ok(load("a"), "the other device is back");
}

static bool both_are_back(const struct wzp_audio_stats *s)
{
    return !s->capture_lost && !s->playback_lost && s->reopens == 2;
}

/* Devices that were never open become ours like those that were lost. */
static void test_late(void)
{
    struct wzp_tone tone;
    struct wzp_audio_stats s;
    struct wzp_error err = {0, ""};
    struct wzp_audio *a = NULL;
    wzp_tone_init(&tone, 700, -12);
    is_busy = true;
    if (!is_int(open_some(&a, "alsa:mic_a", "alsa:spk_a", true, &err), 0,
                "a call begins while another program has the devices: %s", err.text))
        return;
    is_int(refusals, 2, "each is told");
    serve(a, &tone, 300 * WZP_MILLISECOND, NULL);
    wzp_audio_stats(a, &s);
    ok(s.capture_lost && s.playback_lost && s.blocks_in > 10 && s.blocks_out > 10,
       "the call's clock runs");
    is_busy = false;
    serve(a, &tone, 4 * WZP_SECOND, both_are_back);
    serve(a, &tone, 900 * WZP_MILLISECOND, NULL);
    wzp_audio_stats(a, &s);
    ok(both_are_back(&s) && heard_share(700) > 0.9, "when they are free they are ours: %.3f",
       heard_share(700));
    wzp_audio_close(a);
}

static void test_form(unsigned rate, unsigned channels)
{
    struct wzp_tone tone;
    struct wzp_audio_stats s;
    wzp_tone_init(&tone, 700, -12);
    only_rate = rate;
    only_channels = channels;
    struct wzp_audio *a = need_pair("alsa:mic_a", "alsa:spk_a");
    is_int(a->capture_device.rate, rate, "a microphone of %u Hz", rate);
    is_int(a->playback_device.channels, channels, "a loudspeaker of %u channels", channels);
    for (int i = 0; i < 10; i++) {
        wzp_audio_stats(a, &s);
        wanted_in = s.blocks_in + 80;
        wanted_out = s.blocks_out + 80;
        serve(a, &tone, 5 * WZP_SECOND, has_moved);
        wzp_audio_stats(a, &s);
        if (has_moved(&s) && heard_share(700) > 0.95)
            break;
    }
    ok(has_moved(&s) && heard_share(700) > 0.95, "what is played is heard: %.3f", heard_share(700));
    only_rate = only_channels = 0;
    wzp_audio_close(a);
}

/* Noise that comes and goes as syllables do. */
static void murmur(int16_t *block, uint32_t *state, unsigned number)
{
    int loud = number % 30 < 20 ? 3000 : 100, low = 0;
    for (size_t i = 0; i < WZP_AUDIO_BLOCK; i++) {
        *state = *state * 1664525u + 1013904223u;
        low += ((int)(*state >> 16) - 32768 - low) / 3;
        block[i] = (int16_t)(low * loud / 32768);
    }
}

/* What goes to a device comes back from its monitor after the delays of two streams and a server. A
 * machine so busy that blocks are lost moves the echo: then it has to be found again. */
static void test_echo(void)
{
    struct timespec little = {0, 3000000};
    struct wzp_echo_state state = {0};
    struct wzp_echo *e;
    int16_t block[WZP_AUDIO_BLOCK];
    unsigned number = 0, good = 0;
    uint32_t seed = 7;
    if (wzp_echo_new(&e))
        bail("no memory");
    struct wzp_audio *a = need_pair("alsa:mic_a", "alsa:spk_a");
    for (uint64_t start = now_ns(); good < 50 && now_ns() - start < 30 * WZP_SECOND;) {
        while (wzp_audio_read(a, block) == 0) {
            double before = wzp_level_rms_dbfs(block, WZP_AUDIO_BLOCK);
            wzp_echo_capture(e, block);
            double after = wzp_level_rms_dbfs(block, WZP_AUDIO_BLOCK);
            if (before > -40)
                good = before - after > 25 ? good + 1 : 0;
        }
        for (; wzp_audio_playback_wanted(a) > 0; wzp_audio_write(a, block)) {
            murmur(block, &seed, number++);
            wzp_echo_playback(e, block);
        }
        nanosleep(&little, NULL);
    }
    wzp_echo_state(e, &state);
    ok(good >= 50 && state.delay_known,
       "echo of real devices, %u ms late, becomes 25 dB quieter; half a second of it after %.1f s",
       state.delay_ms, number / 100.0);
    wzp_audio_close(a);
    wzp_echo_free(e);
}

static bool both_are_lost(const struct wzp_audio_stats *s)
{
    return s->capture_lost && s->playback_lost;
}

static void test_refused(void)
{
    struct wzp_audio *a = NULL;
    struct wzp_error err = {0, ""};
    is_int(open_pair(&a, "alsa:no_such_thing", "null", &err), WZP_E_DEVICE, "no such device");
    ok(strstr(err.text, "no such device") != NULL && strstr(err.text, "no_such_thing") != NULL,
       "in words: %s", err.text);
    is_int(open_pair(&a, "silence", "alsa:hw:7,7", &err), WZP_E_DEVICE, "no such card");
    ok(strstr(err.text, "no such device") != NULL, "in words: %s", err.text);

    struct wzp_tone tone;
    wzp_tone_init(&tone, 700, -12);
    a = need_pair("alsa:mic_a", "alsa:spk_a");
    serve(a, &tone, 100 * WZP_MILLISECOND, NULL);
    kill_server();
    struct wzp_audio_stats s;
    serve(a, &tone, 4 * WZP_SECOND, both_are_lost);
    wzp_audio_stats(a, &s);
    ok(both_are_lost(&s), "a sound server that dies takes its devices along");
    uint64_t start = now_ns();
    wzp_audio_close(a);
    ok(now_ns() - start < WZP_SECOND, "closing does not hang on that");
    is_int(open_pair(&a, "alsa:mic_a", "null", &err), WZP_E_DEVICE, "nothing can be opened then");
    ok(strstr(err.text, "does not answer") != NULL, "in words: %s", err.text);
}

static void count_device(void *context, const char *name, const char *description, bool capture,
                         bool playback)
{
    unsigned *count = context;
    if (name[0] != '\0' && description != NULL && (capture || playback))
        ++*count;
}

TAP_MAIN
{
    start_server();
    unsigned count = 0;
    wzp_audio_list(count_device, &count, NULL);
    ok(count > 0, "%u devices are listed", count);
    test_both();
    test_xrun();
    test_mixed("spk_a");
    test_unplug();
    test_busy();
    test_late();
    test_form(44100, 2);
    test_form(16000, 6);
    test_form(96000, 1);
    test_echo();
    test_refused();
    kill_server();
}
