/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* WAV through pipes: never waited for, nothing taken by looking, lengths unknown, what is no WAV.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "audio/internal.h"
#include "tap.h"

static int ends[2];
static char name[64];

/* A pipe whose end can be opened by name. */
static void open_pipe(bool for_reading)
{
    if (pipe2(ends, O_CLOEXEC))
        bail("no pipe");
    snprintf(name, sizeof name, "/dev/fd/%d", ends[for_reading ? 0 : 1]);
}

static void put(const void *data, size_t length)
{
    if (write(ends[1], data, length) != (ssize_t)length)
        bail("the pipe takes nothing");
}

static struct wzp_file_source *open_source(void)
{
    struct wzp_file_source *f;
    struct wzp_error err = {0};
    if (wzp_file_source_open(&f, name, &err))
        bail("no source: %s", err.text);
    return f;
}

static void test_pieces(void)
{
    uint8_t header[WZP_WAV_HEADER_SIZE];
    int16_t said[WZP_AUDIO_BLOCK], block[WZP_AUDIO_BLOCK];
    static const int16_t silence[WZP_AUDIO_BLOCK];
    open_pipe(true);
    struct wzp_file_source *f = open_source();
    close(ends[0]);
    for (int i = 0; i < WZP_AUDIO_BLOCK; i++)
        said[i] = (int16_t)(i + 1);
    wzp_wav_header(header, UINT32_MAX);

    ok(wzp_file_source_read(f, block) && memcmp(block, silence, sizeof block) == 0,
       "nothing came yet: silence, and no end");
    put(header, 20);
    ok(wzp_file_source_read(f, block) && memcmp(block, silence, sizeof block) == 0,
       "half a header: the same");
    put(header + 20, sizeof header - 20);
    put(said, sizeof said);
    ok(wzp_file_source_read(f, block) && memcmp(block, said, sizeof block) == 0,
       "the first block as it was written");
    ok(wzp_file_source_read(f, block) && memcmp(block, silence, sizeof block) == 0,
       "a writer that pauses: silence, and no end");
    put(said, 501);
    ok(wzp_file_source_read(f, block) && memcmp(block, said, 500) == 0 && block[250] == 0,
       "half a block, and half a sample that waits");
    put((const char *)said + 501, 459);
    ok(wzp_file_source_read(f, block) && block[0] == said[250], "which is whole when it goes on");
    close(ends[1]);
    ok(!wzp_file_source_read(f, block) && !wzp_file_source_is_none(f),
       "a writer that closes is the end");
    wzp_file_source_close(f);
}

/* 8 kHz, and a length that is told: what follows it is no sound. */
static void test_rate(void)
{
    uint8_t header[WZP_WAV_HEADER_SIZE];
    static int16_t pcm[8000];
    int16_t block[WZP_AUDIO_BLOCK];
    struct wzp_tone tone;
    open_pipe(true);
    struct wzp_file_source *f = open_source();
    close(ends[0]);
    wzp_wav_header(header, 4000);
    header[24] = 0x40;
    header[25] = 0x1f;               /* 8000 */
    wzp_tone_init(&tone, 3000, -12); /* 500 Hz at that rate */
    wzp_tone_fill(&tone, pcm, 8000);
    put(header, sizeof header);
    put(pcm, sizeof pcm);
    size_t blocks = 0;
    static int16_t all[WZP_AUDIO_RATE];
    while (blocks < 99 && wzp_file_source_read(f, block))
        memcpy(all + WZP_AUDIO_BLOCK * blocks++, block, sizeof block);
    ok(blocks >= 49 && blocks <= 52, "half a second comes out, and no more: %zu blocks", blocks);
    ok(wzp_level_tone_share(all + 4800, 9600, 500) > 0.9, "at our rate");
    close(ends[1]);
    wzp_file_source_close(f);
}

static void test_refused(void)
{
    int16_t block[WZP_AUDIO_BLOCK];
    struct wzp_error err = {0};
    struct wzp_file_source *f;
    open_pipe(true);
    f = open_source();
    put("this is not sound at all, whatever somebody hoped", 49);
    ok(!wzp_file_source_read(f, block), "what is no WAV ends at once");
    ok(wzp_file_source_is_none(f), "and can be told from sound that is over");
    wzp_file_source_close(f);
    close(ends[0]);
    close(ends[1]);
    ok(wzp_file_source_open(&f, tap_temporary_folder(), &err) == WZP_E_IO || tap_oom_mode(),
       "a folder is no source: %s", err.text);
}

static void test_fifo(void)
{
    uint8_t header[WZP_WAV_HEADER_SIZE];
    int16_t block[WZP_AUDIO_BLOCK];
    char path[700];
    struct wzp_file_sink *sink;
    struct wzp_error err = {0};
    snprintf(path, sizeof path, "%s/fifo", tap_temporary_folder());
    snprintf(name, sizeof name, "%.60s", path);
    if (mkfifo(path, 0600) || strlen(path) >= sizeof name)
        bail("no FIFO");
    struct wzp_file_source *f = open_source();
    ok(wzp_file_source_read(f, block), "a FIFO that nobody writes to yet has not ended");
    ends[1] = open(path, O_WRONLY | O_CLOEXEC);
    wzp_wav_header(header, 480);
    put(header, sizeof header);
    memset(block, 7, sizeof block);
    put(block, sizeof block);
    ok(wzp_file_source_read(f, block) && block[479] == 0x707, "what is written comes");
    close(ends[1]);
    wzp_file_source_close(f);
    ok(wzp_file_sink_open(&sink, path, &err) < 0, "nobody is there to write for: %s", err.text);
}

static void test_sink(void)
{
    static uint8_t got[WZP_WAV_HEADER_SIZE + 2 * 960];
    int16_t block[WZP_AUDIO_BLOCK];
    struct wzp_wav_format format;
    struct wzp_file_sink *sink;
    struct wzp_error err = {0};
    signal(SIGPIPE, SIG_IGN);
    open_pipe(false);
    if (wzp_file_sink_open(&sink, name, &err))
        bail("no sink: %s", err.text);
    close(ends[1]);
    memset(block, 9, sizeof block);
    ok(wzp_file_sink_write(sink, block) && wzp_file_sink_write(sink, block), "blocks are written");
    ssize_t n = read(ends[0], got, sizeof got);
    ok(n == (ssize_t)sizeof got && wzp_wav_parse(&format, got, (size_t)n, UINT64_MAX, NULL) == 0 &&
           format.rate == 48000 && format.data_length > UINT32_MAX - 1024,
       "a header of unknown length goes before them");
    is_int(got[sizeof got - 1], 9, "and they are whole");
    bool all = true;
    for (int i = 0; i < 1000; i++)
        all = all && wzp_file_sink_write(sink, block);
    ok(all, "nobody reads: a thousand more are not waited for");
    close(ends[0]);
    ok(!wzp_file_sink_write(sink, block), "nobody ever will: that is told");
    (void)wzp_file_sink_close(sink);
}

/* Looking takes nothing, so that what is opened later begins at the beginning. */
static void test_look(void)
{
    struct wzp_audio_options options = {.source = {.kind = WZP_AUDIO_FILE},
                                        .sink = {.kind = WZP_AUDIO_NULL}};
    struct wzp_error err = {0};
    char byte;
    open_pipe(true);
    put("RIFF", 4);
    snprintf(options.source.name, sizeof options.source.name, "%s", name);
    if (!is_int(wzp_audio_check(&options, &err), 0, "a pipe may be looked at: %s", err.text))
        return;
    ok(read(ends[0], &byte, 1) == 1 && byte == 'R', "nothing of it is taken");
    close(ends[0]);
    close(ends[1]);
    snprintf(options.source.name, sizeof options.source.name, "/nowhere/x.wav");
    ok(wzp_audio_check(&options, &err) < 0, "a file that is not there is told: %s", err.text);
}

/* What holds no sound is refused by looking, before anybody is called. */
static void looks_refused(const char *path, bool is_source)
{
    struct wzp_audio_options options = {.source = {.kind = WZP_AUDIO_SILENCE},
                                        .sink = {.kind = WZP_AUDIO_NULL}};
    struct wzp_audio_spec *spec = is_source ? &options.source : &options.sink;
    struct wzp_error err = {0};
    spec->kind = WZP_AUDIO_FILE;
    snprintf(spec->name, sizeof spec->name, "%s", path);
    int result = wzp_audio_check(&options, &err);
    ok(result == WZP_E_IO || tap_oom_mode(), "%s %s: %s", is_source ? "from" : "to", path,
       err.text);
}

static void test_look_refuses(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%.80s/socket", tap_temporary_folder());
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address))
        bail("no socket");
    for (int i = 0; i < 2; i++) {
        looks_refused(tap_temporary_folder(), i == 0);
        looks_refused(".", i == 0);
        looks_refused(address.sun_path, i == 0);
    }
    close(fd);
}

TAP_MAIN
{
    test_pieces();
    test_rate();
    test_refused();
    test_fifo();
    test_sink();
    test_look();
    test_look_refuses();
}
