/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Files as source and sink, tone and silence, the thread's clock and its end. Real time, because
 * the clock is what is tested; short. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "audio/internal.h"
#include "base/alloc.h"
#include "base/time.h"
#include "app/audio_spec.h"
#include "tap.h"

static char path_text[4][700];

static const char *in_folder(const char *name)
{
    static unsigned n;
    char *p = path_text[n++ % 4];
    snprintf(p, sizeof path_text[0], "%s/%s", tap_temporary_folder(), name);
    return p;
}

static void put32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (8 * i));
}

/* A WAV with a tone of 1 kHz, its samples in the upper bits of two or three bytes. */
static void write_wav(const char *path, unsigned rate, unsigned channels, unsigned bits,
                      double seconds)
{
    unsigned width = (bits + 7) / 8;
    size_t frames = (size_t)(rate * seconds), bytes = frames * channels * width;
    uint8_t *wav = malloc(44 + bytes);
    int16_t *mono = malloc(frames * 2 + 2);
    FILE *file = fopen(path, "wb");
    struct wzp_tone tone;
    if (!wav || !mono || !file)
        bail("cannot write %s", path);
    wzp_tone_init(&tone, 1000.0 * 48000 / rate, -12);
    wzp_tone_fill(&tone, mono, frames);
    wzp_wav_header(wav, (uint32_t)(bytes / 2));
    wav[22] = (uint8_t)channels;
    put32(wav + 24, rate);
    put32(wav + 28, rate * channels * width);
    wav[32] = (uint8_t)(channels * width);
    wav[34] = (uint8_t)bits;
    put32(wav + 4, (uint32_t)(36 + bytes));
    put32(wav + 40, (uint32_t)bytes);
    memset(wav + 44, 0, bytes);
    for (size_t i = 0; i < frames; i++)
        for (unsigned c = 0; c < channels; c++)
            memcpy(wav + 44 + (i * channels + c + 1) * width - 2, &mono[i], 2);
    ok(fwrite(wav, 1, 44 + bytes, file) == 44 + bytes && fclose(file) == 0,
       "%u Hz, %u channels, %u bits", rate, channels, bits);
    free(wav);
    free(mono);
}

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * WZP_SECOND + (uint64_t)t.tv_nsec;
}

/* ---- the source by itself ---- */

static void test_source(unsigned rate, unsigned channels, unsigned bits)
{
    struct wzp_file_source *f = NULL;
    struct wzp_error err = {0, ""};
    static int16_t all[48000];
    size_t blocks = 0;
    write_wav(in_folder("x.wav"), rate, channels, bits, 0.3);
    if (wzp_file_source_open(&f, in_folder("x.wav"), &err) < 0) {
        ok(tap_oom_mode(), "opened: %s", err.text);
        return;
    }
    while (blocks < 90 && wzp_file_source_read(f, all + blocks * WZP_AUDIO_BLOCK))
        blocks++;
    is_near(blocks, 30, 1, "%u Hz, %u channels, %u bits: 300 ms of blocks", rate, channels, bits);
    ok(wzp_level_tone_share(all + 4800, 4800, 1000) > 0.95, "the tone sounds right");
    is_near(wzp_level_rms_dbfs(all + 4800, 4800), -15, 1, "as loud as it was");
    ok(!wzp_file_source_read(f, all) && wzp_level_peak_dbfs(all, WZP_AUDIO_BLOCK) <= -100,
       "then silence");
    wzp_file_source_close(f);
}

static void test_hostile(void)
{
    static const char *const names[] = {
        "empty", "short", "noise", "cut", "zero channels", "no channels to fit", "no rate"};
    uint8_t header[44 + 10];
    struct wzp_file_source *f = NULL;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct wzp_error err = {0, ""};
        size_t length = sizeof header;
        wzp_wav_header(header, 5);
        memset(header + 44, 1, 10);
        if (i == 0)
            length = 0;
        else if (i == 1)
            length = 20;
        else if (i == 2)
            memset(header, 0xa5, sizeof header);
        else if (i == 3)
            length = 36;
        else if (i == 4)
            header[22] = 0;
        else if (i == 5)
            header[22] = header[23] = 0xff;
        else
            put32(header + 24, 0);
        FILE *file = fopen(in_folder("bad.wav"), "wb");
        if (!file || fwrite(header, 1, length, file) != length || fclose(file) != 0)
            bail("cannot write");
        int result = wzp_file_source_open(&f, in_folder("bad.wav"), &err);
        ok(result < 0 && !f && strstr(err.text, tap_oom_mode() ? "" : "bad.wav") != NULL, "%s: %s",
           names[i], err.text);
    }
    struct wzp_error err = {0, ""};
    int result = wzp_file_source_open(&f, in_folder("absent.wav"), &err);
    ok(result == WZP_E_NOT_FOUND || tap_oom_mode(), "absent: %s", err.text);
    result = wzp_file_source_open(&f, tap_temporary_folder(), &err);
    ok(result == WZP_E_IO || tap_oom_mode(), "a folder: %s", err.text);
    struct wzp_file_sink *sink = NULL;
    result = wzp_file_sink_open(&sink, in_folder("no/where.wav"), &err);
    ok(result < 0 && strstr(err.text, tap_oom_mode() ? "" : "where.wav") != NULL, "sink: %s",
       err.text);
    result = wzp_file_sink_open(&sink, tap_temporary_folder(), &err);
    ok(result < 0, "sink: %s", err.text);
    result = wzp_file_sink_open(&sink, "/dev/null", &err);
    ok(result == 0 || tap_oom_mode(), "what swallows all is a fine sink");
    (void)wzp_file_sink_close(sink);

    /* A header that promises more than there is. */
    wzp_wav_header(header, 1000000);
    FILE *file = fopen(in_folder("liar.wav"), "wb");
    int16_t block[WZP_AUDIO_BLOCK];
    if (!file || fwrite(header, 1, sizeof header, file) != sizeof header || fclose(file) != 0)
        bail("cannot write");
    if (wzp_file_source_open(&f, in_folder("liar.wav"), &err) == 0) {
        ok(wzp_file_source_read(f, block) && block[0] != 0 && block[5] == 0,
           "what there is is read");
        ok(!wzp_file_source_read(f, block), "and no more");
        wzp_file_source_close(f);
    }
}

/* ---- the sink by itself ---- */

static uint32_t promised(const char *path, uint64_t *there)
{
    uint8_t header[44] = {0};
    struct stat facts = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, header, 44) != 44 || fstat(fd, &facts) < 0)
        bail("cannot read %s", path);
    close(fd);
    *there = (uint64_t)facts.st_size - 44;
    return (uint32_t)header[40] | (uint32_t)header[41] << 8 | (uint32_t)header[42] << 16 |
           (uint32_t)header[43] << 24;
}

static void test_sink(void)
{
    struct wzp_file_sink *f = NULL;
    struct wzp_error err = {0, ""};
    int16_t block[WZP_AUDIO_BLOCK] = {1, 2, 3};
    uint64_t there = 0;
    const char *path = in_folder("out.wav");
    if (wzp_file_sink_open(&f, path, &err) < 0) {
        ok(tap_oom_mode(), "sink: %s", err.text);
        return;
    }
    is_int(promised(path, &there), 0, "a fresh file is a WAV file");
    struct stat facts = {0};
    ok(stat(path, &facts) == 0 && (facts.st_mode & 0777) == 0600, "that nobody else can listen to");
    bool good = true;
    for (int i = 0; i < 150; i++)
        good = good && wzp_file_sink_write(f, block);
    ok(good, "1.5 s written");
    is_int(promised(path, &there), 96000, "killed now, one second would be there");
    ok(wzp_file_sink_close(f), "closed, it is whole");
    is_int(promised(path, &there), 144000, "closed, all is there");
    is_int(there, 144000, "in bytes, too");
}

/* ---- pairs ---- */

static atomic_uint woken;
static void wake(void *context)
{
    (void)context;
    atomic_fetch_add(&woken, 1);
}

static struct wzp_audio *open_pair(const char *source, const char *sink, void (*ring)(void *))
{
    struct wzp_audio_options o;
    struct wzp_audio *a = NULL;
    struct wzp_error err = {0, ""};
    memset(&o, 0, sizeof o);
    o.wake = ring;
    if (wzp_audio_spec_parse(&o.source, source, true, &err) < 0 ||
        wzp_audio_spec_parse(&o.sink, sink, false, &err) < 0)
        bail("%s", err.text);
    if (wzp_audio_open(&a, &o, &err) < 0) {
        ok(tap_oom_mode(), "open %s %s: %s", source, sink, err.text);
        return NULL;
    }
    return a;
}

/* The loop's part for a while: what is captured is played. Returns blocks moved. */
static unsigned serve(struct wzp_audio *a, uint64_t duration)
{
    struct timespec little = {0, 2000000};
    int16_t block[WZP_AUDIO_BLOCK];
    unsigned moved = 0;
    for (uint64_t end = now_ns() + duration; now_ns() < end;) {
        while (wzp_audio_playback_wanted(a) > 0 && wzp_audio_read(a, block) == 0) {
            wzp_audio_write(a, block);
            moved++;
        }
        nanosleep(&little, NULL);
    }
    return moved;
}

/* Figures of one third of a second from file to file. */
struct passage {
    struct wzp_audio_stats stats;
    uint64_t calls;
    unsigned moved, woken;
    double elapsed, share;
};

/* How much of a tenth of a second of the copy is the tone. */
static double copied_share(void)
{
    static int16_t heard[48000];
    int fd = open(in_folder("copy.wav"), O_RDONLY | O_CLOEXEC);
    ssize_t n = pread(fd, heard, sizeof heard, 44);
    close(fd);
    return n >= 9600 * 2 ? wzp_level_tone_share(heard + 4800, 4800, 1000) : 0;
}

/* False when the pair could not be opened. */
static bool pass_file_to_file(struct passage *p)
{
    char source[800], sink[800];
    snprintf(source, sizeof source, "file:%s", in_folder("in.wav"));
    snprintf(sink, sizeof sink, "file:%s", in_folder("copy.wav"));
    atomic_store(&woken, 0);
    uint64_t start = now_ns();
    struct wzp_audio *a = open_pair(source, sink, wake);
    if (!a)
        return false;
    uint64_t calls = wzp_alloc_calls();
    p->moved = serve(a, 350 * WZP_MILLISECOND);
    p->calls = wzp_alloc_calls() - calls;
    wzp_audio_stats(a, &p->stats);
    p->elapsed = (double)(now_ns() - start) / (double)WZP_SECOND;
    p->woken = atomic_load(&woken);
    wzp_audio_close(a);
    p->share = copied_share();
    return true;
}

/* Another pair in the place of one: the file that both write goes on. */
static void test_replaced(void)
{
    char sink[800];
    struct wzp_audio_options o = {.wake = wake};
    struct wzp_audio *first, *second = NULL;
    struct wzp_error err = {0, ""};
    uint64_t before = 0, after = 0;
    snprintf(sink, sizeof sink, "file:%s", in_folder("long.wav"));
    first = open_pair("tone:440", sink, wake);
    if (!first)
        return;
    serve(first, 350 * WZP_MILLISECOND);
    if (wzp_audio_spec_parse(&o.source, "silence", true, &err) < 0 ||
        wzp_audio_spec_parse(&o.sink, sink, false, &err) < 0)
        bail("%s", err.text);
    o.replaces = first;
    int result = wzp_audio_open(&second, &o, &err);
    ok(result == 0 || tap_oom_mode(), "a pair takes the place of another: %s", err.text);
    if (result == 0)
        (void)promised(in_folder("long.wav"), &before);
    is_int(wzp_audio_close(first), 0, "which is closed then");
    if (result == 0) {
        serve(second, 350 * WZP_MILLISECOND);
        is_int(wzp_audio_close(second), 0, "and the file is whole");
        uint32_t said = promised(in_folder("long.wav"), &after);
        is_int(said, after, "as its header says");
        ok(before > 9600 && after > before + 9600, "it went on: %u and then %u bytes",
           (unsigned)before, (unsigned)after);
    }
}

/* A busy machine may stop us for longer than the rings hold: such a run tells nothing of time, and
 * has a hole in its sound. */
static bool undisturbed(const struct passage *p)
{
    double blocks = p->elapsed * 100;
    if (p->share <= 0.9 && p->stats.playback_underruns > 0)
        return false;
    return p->moved > 20 && p->stats.capture_overruns == 0 &&
           (double)p->stats.blocks_in > blocks - 10 && p->stats.playback_queue_ms <= 40;
}

static void test_file_to_file(void)
{
    struct passage p;
    write_wav(in_folder("in.wav"), 16000, 2, 16, 0.25);
    for (int i = 0; i < 8; i++) {
        if (!pass_file_to_file(&p))
            return;
        if (undisturbed(&p))
            break;
    }
    is_int(p.calls, 0, "nothing is allocated while sound runs");
    ok(p.moved > 20 && p.moved <= p.elapsed * 100 + 5, "in real time: %u blocks in %.3f s", p.moved,
       p.elapsed);
    is_near(p.stats.blocks_in, p.elapsed * 100, 10, "the source ran in real time");
    is_near(p.stats.blocks_out, p.stats.blocks_in, 10, "and so did the sink");
    ok(p.stats.source_ended, "the source's end was told");
    is_int(p.stats.capture_overruns, 0, "nothing was thrown away");
    ok(p.woken > 20, "the loop was woken: %u", p.woken);
    ok(p.stats.playback_queue_ms <= 40, "the queue is short: %u ms", p.stats.playback_queue_ms);
    uint64_t there = 0;
    uint32_t bytes = promised(in_folder("copy.wav"), &there);
    ok(bytes == there && bytes >= 30 * 960, "the copy is whole: %u bytes", (unsigned)bytes);
    ok(p.share > 0.9, "and sounds as it should");
}

/* ---- pairs that lack a side ---- */

static struct {
    unsigned sources, sinks;
    char text[WZP_ERROR_TEXT_MAX];
} lacks;

static void refused(void *owner, bool is_source, const struct wzp_error *err)
{
    (void)owner;
    lacks.sources += is_source;
    lacks.sinks += !is_source;
    snprintf(lacks.text, sizeof lacks.text, "%s", err->text);
}

/* Half a second of a pair of which something cannot be opened; false without memory. */
static bool pass_without(const char *source, const char *sink, struct wzp_audio_stats *stats)
{
    struct wzp_audio_options o;
    struct wzp_audio *a = NULL;
    struct wzp_error err = {0, ""};
    memset(&o, 0, sizeof o);
    memset(&lacks, 0, sizeof lacks);
    o.refused = refused;
    if (wzp_audio_spec_parse(&o.source, source, true, &err) < 0 ||
        wzp_audio_spec_parse(&o.sink, sink, false, &err) < 0)
        bail("%s", err.text);
    if (wzp_audio_open(&a, &o, &err) < 0) {
        ok(tap_oom_mode(), "%s to %s runs without what is not there: %s", source, sink, err.text);
        return false;
    }
    unsigned moved = serve(a, 500 * WZP_MILLISECOND);
    wzp_audio_stats(a, stats);
    wzp_audio_close(a);
    ok(moved > 10 && stats->blocks_in > 10 && stats->blocks_out > 10,
       "%s to %s has a clock: %u blocks", source, sink, moved);
    return true;
}

static void test_without(void)
{
    struct wzp_audio_stats s;
    char source[800], sink[800];
    uint64_t there = 0;
    if (pass_without("alsa:wzp_nobody_has", "alsa:wzp_nobody_has", &s))
        ok(lacks.sources == 1 && lacks.sinks == 1 && s.capture_lost && s.playback_lost,
           "each side is told, and lost");
    snprintf(sink, sizeof sink, "file:%s", in_folder("lone.wav"));
    if (pass_without("alsa:wzp_nobody_has", sink, &s)) {
        ok(lacks.sources == 1 && lacks.sinks == 0 && s.capture_lost && !s.playback_lost &&
               strstr(lacks.text, "microphone alsa:wzp_nobody_has"),
           "without microphone: %s", lacks.text);
        ok(promised(in_folder("lone.wav"), &there) >= 10 * 960, "what is heard is written");
    }
    snprintf(source, sizeof source, "file:%s", in_folder("missing.wav"));
    snprintf(sink, sizeof sink, "file:%s", in_folder("missing/x.wav"));
    if (pass_without(source, sink, &s))
        ok(lacks.sources == 1 && lacks.sinks == 1 && s.capture_lost && s.playback_lost,
           "files that are not there are done without as well: %s", lacks.text);
}

static void test_late_loop(void)
{
    struct wzp_audio *a = open_pair("tone:440", "null", NULL);
    struct wzp_audio_stats stats;
    int16_t block[WZP_AUDIO_BLOCK];
    struct timespec pause = {0, 250000000};
    if (!a)
        return;
    memset(block, 0, sizeof block);
    unsigned written = 0;
    while (wzp_audio_write(a, block) == 0)
        written++;
    ok(written >= 8 && written < 30, "the ring has an end: %u blocks", written);
    is_int(wzp_audio_playback_wanted(a), 0, "nothing more is wanted");
    nanosleep(&pause, NULL);
    wzp_audio_stats(a, &stats);
    ok(stats.capture_overruns > 0, "a loop that does not read loses blocks, counted: %u",
       (unsigned)stats.capture_overruns);
    ok(stats.playback_underruns > 0, "and plays silence, counted: %u",
       (unsigned)stats.playback_underruns);
    ok(wzp_audio_read(a, block) == 0 && wzp_level_tone_share(block, WZP_AUDIO_BLOCK, 440) > 0.5,
       "the tone is heard");
    wzp_audio_close(a);
}

static void test_short_lives(void)
{
    for (int i = 0; i < 20; i++) {
        struct wzp_audio *a = open_pair("silence", "null", i % 2 ? wake : NULL);
        if (!a)
            return;
        if (i % 3 == 0)
            serve(a, 3 * WZP_MILLISECOND);
        wzp_audio_close(a);
    }
    ok(true, "twenty short lives");
}

TAP_MAIN
{
    umask(022);
    tap_keep_others_out();
    test_source(48000, 1, 16);
    test_source(44100, 2, 16);
    test_source(8000, 1, 12);
    test_source(48000, 1, 20);
    test_source(96000, 8, 16);
    test_hostile();
    test_sink();
    test_replaced();
    test_file_to_file();
    test_without();
    test_late_loop();
    test_short_lives();
}
