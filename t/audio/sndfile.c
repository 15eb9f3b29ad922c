/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Sound files of others: compressed, 64 bit, long and empty WAV, surround, and what is written by
 * its suffix. */
#include <stdio.h>
#include <string.h>

#include "audio/internal.h"
#include "tap.h"

#if WZP_WITH_SNDFILE

#include <signal.h>
#include <sndfile.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define RATE 48000
#define SAMPLES 14400 /* 300 ms */

static const char *in_folder(const char *name)
{
    static char path[700];
    snprintf(path, sizeof path, "%s/%s", tap_temporary_folder(), name);
    return path;
}

/* Reads a file as a source does, at most a second. Blocks read. */
static size_t read_all(int16_t *all, const char *name)
{
    struct wzp_file_source *f;
    struct wzp_error err = {0};
    size_t blocks = 0;
    if (wzp_file_source_open(&f, in_folder(name), &err)) {
        ok(tap_oom_mode(), "%s is opened: %s", name, err.text);
        return 0;
    }
    while (blocks < 100 && wzp_file_source_read(f, all + blocks * WZP_AUDIO_BLOCK))
        blocks++;
    wzp_file_source_close(f);
    return blocks;
}

/* Writes a tone of 1 kHz, -12 dBFS, into one channel of several. */
static void write_tone(const char *name, int format, int rate, int channels, int channel,
                       const int *map)
{
    static int16_t mono[SAMPLES];
    static float frames[SAMPLES * 8];
    SF_INFO info = {.samplerate = rate, .channels = channels, .format = format};
    struct wzp_tone tone;
    size_t count = (size_t)rate * 3 / 10;
    SNDFILE *file = sf_open(in_folder(name), SFM_WRITE, &info);
    if (!file)
        bail("cannot write %s: %s", name, sf_strerror(NULL));
    wzp_tone_init(&tone, 1000.0 * RATE / rate, -12);
    wzp_tone_fill(&tone, mono, count);
    memset(frames, 0, sizeof frames);
    for (size_t i = 0; i < count; i++)
        frames[i * (size_t)channels + (size_t)channel] = (float)mono[i] / 32768;
    if (map)
        sf_command(file, SFC_SET_CHANNEL_MAP_INFO, (void *)map, channels * (int)sizeof *map);
    if (sf_writef_float(file, frames, (sf_count_t)count) != (sf_count_t)count || sf_close(file))
        bail("cannot write %s", name);
}

static void test_encodings(void)
{
    static const struct {
        const char *name;
        int format, rate;
    } rows[] = {{"alaw.wav", SF_FORMAT_WAV | SF_FORMAT_ALAW, 8000},
                {"ulaw.wav", SF_FORMAT_WAV | SF_FORMAT_ULAW, 8000},
                {"double.wav", SF_FORMAT_WAV | SF_FORMAT_DOUBLE, 48000},
                {"float.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT, 44100},
                {"long.rf64", SF_FORMAT_RF64 | SF_FORMAT_PCM_24, 48000},
                {"au.au", SF_FORMAT_AU | SF_FORMAT_PCM_16, 16000},
                {"lossless.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_24, 48000}};
    static int16_t all[RATE];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        write_tone(rows[i].name, rows[i].format, rows[i].rate, 1, 0, NULL);
        size_t blocks = read_all(all, rows[i].name);
        if (blocks == 0)
            continue;
        is_near(blocks, 30, 1, "%s: 300 ms", rows[i].name);
        ok(wzp_level_tone_share(all + 4800, 4800, 1000) > 0.95, "it sounds right");
        is_near(wzp_level_rms_dbfs(all + 4800, 4800), -15, 1, "as loud as it was");
    }
}

static void test_surround(void)
{
    static const int map[6] = {SF_CHANNEL_MAP_LEFT,      SF_CHANNEL_MAP_RIGHT,
                               SF_CHANNEL_MAP_CENTER,    SF_CHANNEL_MAP_LFE,
                               SF_CHANNEL_MAP_REAR_LEFT, SF_CHANNEL_MAP_REAR_RIGHT};
    static const double level[6] = {-21, -21, -18, -100, -24, -24};
    static int16_t all[RATE];
    for (int channel = 0; channel < 6; channel++) {
        write_tone("surround.wav", SF_FORMAT_WAVEX | SF_FORMAT_PCM_16, RATE, 6, channel, map);
        if (read_all(all, "surround.wav") == 0)
            continue;
        double heard = wzp_level_rms_dbfs(all + 4800, 4800);
        if (level[channel] <= -100)
            ok(heard < -80, "low frequencies are left out");
        else
            is_near(heard, level[channel], 1, "channel %d of 5.1 is mixed in as it should",
                    channel);
    }
}

/* A chunk of words between fmt and data, and one behind empty data that must not be played. */
static void test_chunks(void)
{
    static uint8_t file[44 + 100000 + 8 + 960];
    static int16_t all[RATE];
    uint8_t header[WZP_WAV_HEADER_SIZE];
    size_t length = 0, words = 100000;
    wzp_wav_header(header, 480);
    memcpy(file, header, 36);
    memcpy(file + 36, "LIST", 4);
    for (int i = 0; i < 4; i++)
        file[40 + i] = (uint8_t)(words >> (8 * i));
    memcpy(file + 44, "INFO", 4);
    memcpy(file + 44 + words, header + 36, 8);
    memset(file + 52 + words, 1, 960);
    length = 52 + words + 960;
    for (int i = 0; i < 4; i++)
        file[4 + i] = (uint8_t)((length - 8) >> (8 * i));
    FILE *out = fopen(in_folder("words.wav"), "wb");
    if (!out || fwrite(file, 1, length, out) != length || fclose(out))
        bail("cannot write");
    size_t blocks = read_all(all, "words.wav");
    if (blocks > 0)
        ok(blocks == 1 && all[0] == 0x101 && all[479] == 0x101,
           "100 KB of words before the sound are skipped");

    memset(file, 'x', sizeof file);
    wzp_wav_header(file, 0);
    file[4] = 36 + 8 + 100;
    memcpy(file + 44, "LIST\x64\0\0\0INFO", 12);
    out = fopen(in_folder("nothing.wav"), "wb");
    if (!out || fwrite(file, 1, 152, out) != 152 || fclose(out))
        bail("cannot write");
    is_int((long)read_all(all, "nothing.wav"), 0, "of an empty data chunk nothing is played");
}

static void test_written(const char *name)
{
    static int16_t said[SAMPLES], all[RATE];
    struct wzp_file_sink *sink;
    struct wzp_error err = {0};
    struct wzp_tone tone;
    wzp_tone_init(&tone, 1000, -12);
    wzp_tone_fill(&tone, said, SAMPLES);
    if (wzp_file_sink_open(&sink, in_folder(name), &err)) {
        ok(tap_oom_mode(), "%s is made: %s", name, err.text);
        return;
    }
    bool good = true;
    for (size_t i = 0; i < SAMPLES; i += WZP_AUDIO_BLOCK)
        good = wzp_file_sink_write(sink, said + i) && good;
    good = wzp_file_sink_close(sink) && good;
    ok(good, "%s is written, and whole", name);
    SF_INFO info = {0};
    SNDFILE *file = sf_open(in_folder(name), SFM_READ, &info);
    ok(file && (info.format & SF_FORMAT_TYPEMASK) ==
                   (strstr(name, ".flac") ? SF_FORMAT_FLAC : SF_FORMAT_OGG),
       "and is what its suffix says");
    sf_close(file);
    size_t blocks = read_all(all, name);
    if (blocks > 0)
        ok(blocks >= 29 && wzp_level_tone_share(all + 4800, 4800, 1000) > 0.9,
           "and sounds as it should");
}

/* The disk is full when the coder writes what it still holds. The limit of a file's size stands in
 * for it. */
static void test_full_at_the_end(const char *name)
{
    static const int16_t silence[WZP_AUDIO_BLOCK];
    struct wzp_file_sink *sink;
    struct wzp_error err = {0};
    struct rlimit before, limit;
    struct stat facts;
    if (wzp_file_sink_open(&sink, in_folder(name), &err)) {
        ok(tap_oom_mode(), "%s is made: %s", name, err.text);
        return;
    }
    bool good = wzp_file_sink_write(sink, silence);
    if (stat(in_folder(name), &facts) || getrlimit(RLIMIT_FSIZE, &before))
        bail("cannot look at %s", name);
    limit = before;
    limit.rlim_cur = (rlim_t)facts.st_size;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit))
        bail("no limit");
    bool whole = wzp_file_sink_close(sink);
    if (setrlimit(RLIMIT_FSIZE, &before))
        bail("no end of the limit");
    signal(SIGXFSZ, handler);
    ok(good && !whole, "%s is known not to be whole when its end could not be written", name);
}

TAP_MAIN
{
    test_full_at_the_end("full.flac");
    test_full_at_the_end("full.opus");
    test_encodings();
    test_surround();
    test_chunks();
    test_written("out.flac");
    test_written("out.ogg");
    test_written("out.OPUS");
}

#else

TAP_MAIN
{
    struct wzp_file_sink *sink = NULL;
    struct wzp_error err = {0};
    char path[700];
    snprintf(path, sizeof path, "%s/out.flac", tap_temporary_folder());
    ok(wzp_file_sink_open(&sink, path, &err) < 0, "without libsndfile no FLAC is made: %s",
       err.text);
}

#endif
