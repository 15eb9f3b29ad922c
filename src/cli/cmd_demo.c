/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* wzp demo: a relay, an echo peer and a caller on this machine, over real sockets and with real
 * speech; tells the path, the safety code and what was heard. */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/json.h"
#include "cli/relay_service.h"
#include "loop/files.h"
#include "media/level.h"
#include "media/wav.h"

#define VOICES "/usr/share/sounds/alsa" /* recorded by a person; package alsa-utils */
#define SPEECH_MAX (48000 * 20)
#define ECHO_DELAY_MAX 24000 /* half a second is looked through for each piece */
#define PIECE 48000          /* compared at once */
#define SIMILARITY_MIN 0.8   /* pieces that have nothing to do with each other reach 0.75 */
#define PATIENCE 10          /* seconds beside the call's own until the demo gives up */

struct values {
    struct wzp_client_options client;
    bool keep;
};
const struct wzp_option wzp_demo_options[] = {
    {"in", 'i', WZP_OPTION_SETTING, "SRC", offsetof(struct values, client.settings), 0, 0,
     "what to say: file:x.wav (default: recorded speech)", "in"},
    {"duration", 'd', WZP_OPTION_SECONDS, "S", offsetof(struct values, client.duration), 0, 0,
     "length of the call (default 8)", NULL},
    {"stats", 's', WZP_OPTION_SECONDS, "S", offsetof(struct values, client.stats), 0, 0,
     "report statistics every S seconds", NULL},
    {"json", 'j', WZP_OPTION_FLAG, NULL, offsetof(struct values, client.json), 0, 0,
     "one JSON object per line on stdout", NULL},
    {"keep", 'k', WZP_OPTION_FLAG, NULL, offsetof(struct values, keep), 0, 0,
     "keep the recordings and say where they are", NULL},
    {"verbose", 'v', WZP_OPTION_FLAG, NULL, offsetof(struct values, client.verbose), 0, 0,
     "log to stderr", NULL},
    {0}};

struct demo {
    const struct values *values;
    struct wzp_loop *loop;
    struct wzp_relay_service relay;
    struct wzp_client echo, caller;
    wzp_session_id session;
    struct wzp_signal_watch *watches[2];
    struct wzp_timer *watchdog;
    char folder[64];
    char said[WZP_SETTING_TEXT_MAX], heard[128]; /* file names */
    char in[WZP_SETTING_TEXT_MAX + 8], out[160]; /* the same as SRC and DST */
    char relay_text[WZP_ADDR_TEXT_MAX];
    uint64_t ended_at;
    bool heard_media, sealed, timed_out, interrupted;
    char sas[WZP_E2E_SAS_TEXT_MAX];
};

/* ---- speech ---- */

static int append_voice(int16_t *speech, size_t *count, const char *path)
{
    char *data;
    size_t length;
    struct wzp_wav_format format;
    if (wzp_file_read(&data, &length, path, 4 * 1024 * 1024, false, NULL))
        return WZP_E_NOT_FOUND;
    int result = wzp_wav_parse(&format, (const uint8_t *)data, length, length, NULL);
    if (!result && format.rate != 48000)
        result = WZP_E_UNSUPPORTED;
    if (!result) {
        *count +=
            wzp_wav_to_mono(speech + *count, SPEECH_MAX - *count, &format,
                            (const uint8_t *)data + format.data_offset, (size_t)format.data_length);
    }
    wzp_free(data);
    return result;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* All recorded voices of the folder in a row. Returns samples, 0 when there are none. */
static size_t collect_voices(int16_t *speech)
{
    char names[32][64];
    size_t count = 0, samples = 0;
    DIR *dir = opendir(VOICES);
    if (!dir)
        return 0;
    for (struct dirent *d; count < 32 && (d = readdir(dir));) {
        size_t length = strlen(d->d_name);
        /* Noise.wav is no voice. */
        if (length > 4 && strcmp(d->d_name + length - 4, ".wav") == 0 &&
            strcmp(d->d_name, "Noise.wav") != 0 &&
            wzp_text_copy(names[count], sizeof names[0], d->d_name))
            count++;
    }
    closedir(dir);
    qsort(names, count, sizeof names[0], by_name);
    for (size_t i = 0; i < count; i++) {
        char path[sizeof VOICES + sizeof names[0]];
        snprintf(path, sizeof path, VOICES "/%.63s", names[i]);
        append_voice(speech, &samples, path);
    }
    return samples;
}

static int write_wav(const char *path, const int16_t *pcm, size_t samples, struct wzp_error *err)
{
    size_t size = WZP_WAV_HEADER_SIZE + samples * 2;
    uint8_t *file = wzp_alloc(size);
    if (!file)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    wzp_wav_header(file, (uint32_t)samples);
    for (size_t i = 0; i < samples; i++) {
        file[WZP_WAV_HEADER_SIZE + 2 * i] = (uint8_t)(uint16_t)pcm[i];
        file[WZP_WAV_HEADER_SIZE + 2 * i + 1] = (uint8_t)((uint16_t)pcm[i] >> 8);
    }
    int result = wzp_file_write(path, (const char *)file, size, false, err);
    wzp_free(file);
    return result;
}

/* What the caller will say, as d->said; the tone is the last resort and said so. */
static int prepare_speech(struct demo *d, struct wzp_error *err)
{
    snprintf(d->said, sizeof d->said, "%s/said.wav", d->folder);
    snprintf(d->heard, sizeof d->heard, "%s/heard.wav", d->folder);
    const char *in = wzp_client_given(&d->values->client, "in");
    if (in) {
        if (strncmp(in, "file:", 5) != 0 || !wzp_text_copy(d->said, sizeof d->said, in + 5))
            return wzp_error_set(err, WZP_E_ARGUMENT, "the demo's --in wants file:x.wav");
        return 0;
    }
    int16_t *speech = wzp_alloc(SPEECH_MAX * sizeof *speech);
    if (!speech)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    size_t samples = collect_voices(speech);
    if (samples < 48000) {
        struct wzp_tone tone;
        wzp_tone_init(&tone, 440, -20);
        samples = 48000 * 10;
        wzp_tone_fill(&tone, speech, samples);
        /* Half a second of tone, half a second of silence: something an echo can be recognised by.
         */
        for (size_t i = 0; i < samples; i++)
            if (i / 24000 % 2)
                speech[i] = 0;
        fprintf(stderr, "wzp demo: no recorded speech in %s (package alsa-utils): a tone instead\n",
                VOICES);
    }
    int result = write_wav(d->said, speech, samples, err);
    wzp_free(speech);
    return result;
}

/* ---- the call ---- */

static void finish(struct demo *d)
{
    wzp_loop_stop(d->loop);
}

static void fail(struct demo *d, const struct wzp_error *err)
{
    wzp_client_tell(&d->caller, err);
    finish(d);
}

static void on_echo_ready(struct wzp_client *c)
{
    struct wzp_error err = {0};
    if (wzp_phone_register_start(c->phone, wzp_loop_now(c->loop), &err))
        fail(c->context, &err);
}

/* The caller begins when somebody is there to be called. */
static void on_echo_event(struct wzp_client *c, const struct wzp_event *event)
{
    struct demo *d = c->context;
    struct wzp_error err = {0};
    if (event->type == WZP_EVENT_INCOMING)
        wzp_phone_answer(c->phone, event->session, true, wzp_loop_now(c->loop), NULL);
    else if (event->type == WZP_EVENT_REGISTERED && !d->caller.was_registered &&
             wzp_client_start(&d->caller, &err))
        fail(d, &err);
    wzp_client_kick(c);
}

static void on_caller_ready(struct wzp_client *c)
{
    struct demo *d = c->context;
    struct wzp_error err = {0};
    uint64_t now = wzp_loop_now(c->loop);
    const char *peer = wzp_phone_fingerprint(d->echo.phone);
    if (wzp_phone_register_start(c->phone, now, &err) ||
        wzp_phone_call(c->phone, &d->session, peer, now, &err))
        fail(d, &err);
}

static void on_caller_event(struct wzp_client *c, const struct wzp_event *event)
{
    struct demo *d = c->context;
    if (event->type == WZP_EVENT_MEDIA)
        d->heard_media = true;
    if (event->type == WZP_EVENT_SECURITY && event->u.security.confirmed) {
        d->sealed = true;
        wzp_text_copy(d->sas, sizeof d->sas, event->u.security.sas);
    }
    if (event->type == WZP_EVENT_ENDED)
        finish(d);
}

static int open_parties(struct demo *d, struct wzp_error *err)
{
    struct wzp_client_options quiet = {.verbose = d->values->client.verbose};
    struct wzp_client_options caller = d->values->client;
    snprintf(d->in, sizeof d->in, "file:%s", d->said);
    snprintf(d->out, sizeof d->out, "file:%s", d->heard);
    wzp_client_give(&quiet, "relay", d->relay_text);
    wzp_client_give(&caller, "relay", d->relay_text);
    wzp_client_give(&caller, "in", d->in);
    wzp_client_give(&caller, "out", d->out);
    /* Settings of the person at the keyboard are about other relays and devices. */
    caller.config = quiet.config = "/dev/null";
    d->echo = (struct wzp_client){.throw_away = true,
                                  .quiet = true,
                                  .ready = on_echo_ready,
                                  .event = on_echo_event,
                                  .context = d};
    d->caller = (struct wzp_client){
        .throw_away = true, .ready = on_caller_ready, .event = on_caller_event, .context = d};
    int result = wzp_client_open(&d->caller, "demo", &caller, d->loop, WZP_SOUND_SOON, false, err);
    if (!result)
        result = wzp_client_open(&d->echo, "demo", &quiet, d->loop, WZP_SOUND_NONE, true, err);
    if (!result)
        result = wzp_client_start(&d->echo, err);
    return result;
}

static void log_line(void *context, enum wzp_log_level level, const char *line)
{
    (void)context;
    fprintf(stderr, "relay: %s: %s\n", wzp_log_level_name(level), line);
}

static int start_relay(struct demo *d, struct wzp_error *err)
{
    struct wzp_identity identity;
    struct wzp_random random = wzp_system_random();
    struct wzp_log log = {.write = log_line,
                          .level = d->values->client.verbose ? WZP_LOG_DEBUG : WZP_LOG_WARN};
    wzp_relay_config_default(&d->relay.config);
    wzp_text_copy(d->relay.config.listen_addr, sizeof d->relay.config.listen_addr, "127.0.0.1:0");
    wzp_identity_new(&identity, &random);
    int result = wzp_relay_service_start(&d->relay, d->loop, &identity, &log, err);
    wzp_identity_wipe(&identity);
    if (!result)
        wzp_addr_format(d->relay_text, &d->relay.listen);
    return result;
}

/* ---- what was heard ---- */

static int16_t *load(const char *path, size_t *samples)
{
    char *data;
    size_t length;
    struct wzp_wav_format format;
    *samples = 0;
    if (wzp_file_read(&data, &length, path, 64 * 1024 * 1024, false, NULL))
        return NULL;
    int16_t *pcm = NULL;
    if (wzp_wav_parse(&format, (const uint8_t *)data, length, length, NULL) == 0) {
        size_t frames = (size_t)format.data_length / (format.channels * format.bits / 8u);
        pcm = wzp_alloc(frames * sizeof *pcm + 1);
        if (pcm)
            *samples =
                wzp_wav_to_mono(pcm, frames, &format, (const uint8_t *)data + format.data_offset,
                                (size_t)format.data_length);
    }
    wzp_free(data);
    return pcm;
}

static void report(const struct demo *d, double seconds, double level, double similarity,
                   double delay_ms)
{
    if (d->values->client.json) {
        const struct wzp_events *e = &d->caller.events;
        double t = (double)wzp_time_since(d->ended_at, e->began) / 1e9;
        struct wzp_json_line line;
        wzp_json_line_begin(&line, t, "demo");
        wzp_json_number(&line.json, "heard_s", seconds);
        wzp_json_number(&line.json, "level_dbfs", level);
        wzp_json_number(&line.json, "similarity", similarity);
        wzp_json_number(&line.json, "echo_ms", delay_ms);
        wzp_json_boolean(&line.json, "e2e", d->sealed);
        wzp_json_text_if(&line.json, "sas", d->sas);
        if (d->values->keep) {
            wzp_json_text_if(&line.json, "said", d->said);
            wzp_json_text_if(&line.json, "heard", d->heard);
        }
        wzp_json_line_end(&line, stdout);
        return;
    }
    printf("heard: %.1f s of our own voice back from the echo peer, level %.0f dBFS,\n"
           "       similarity %.2f, %.0f ms after it was said (there and back)\n",
           seconds, level, similarity, delay_ms);
    if (d->sealed)
        printf("sealed end to end; safety code %s\n", d->sas);
    if (d->values->keep)
        printf("recordings: %s %s\n", d->said, d->heard);
}

/* How alike what was said and what was heard are: the middle one of the values of all pieces. Each
 * piece is looked for behind its own place, since the jitter buffer may change the delay between
 * words. The delay is that of the piece found best. */
static double compare(double *delay_ms, const int16_t *said, size_t said_samples,
                      const int16_t *heard, size_t heard_samples)
{
    double values[SPEECH_MAX / PIECE];
    double best = -1;
    size_t count = 0;
    *delay_ms = 0;
    for (size_t at = 0; count < SPEECH_MAX / PIECE && at + PIECE <= said_samples; at += PIECE) {
        double value;
        if (at + PIECE > heard_samples)
            break;
        if (wzp_level_rms_dbfs(said + at, PIECE) < -50)
            continue; /* a pause is like any other */
        size_t lag = wzp_level_align(&value, said + at, PIECE, heard + at, heard_samples - at,
                                     ECHO_DELAY_MAX);
        if (value > best) {
            best = value;
            *delay_ms = (double)lag / 48;
        }
        size_t place = count++;
        for (; place > 0 && values[place - 1] > value; place--)
            values[place] = values[place - 1];
        values[place] = value;
    }
    return count > 0 ? values[count / 2] : 0;
}

static int judge(const struct demo *d)
{
    size_t said_samples, heard_samples;
    int16_t *said = load(d->said, &said_samples);
    int16_t *heard = load(d->heard, &heard_samples);
    double similarity = 0, delay_ms = 0;
    if (said && heard)
        similarity = compare(&delay_ms, said, said_samples, heard, heard_samples);
    double level = heard ? wzp_level_rms_dbfs(heard, heard_samples) : WZP_LEVEL_SILENCE;
    report(d, (double)heard_samples / 48000, level, similarity, delay_ms);
    wzp_free(said);
    wzp_free(heard);
    if (d->interrupted)
        return WZP_EXIT_DONE;
    if (d->timed_out) {
        fprintf(stderr, "wzp demo: the call did not end in time\n");
        return WZP_EXIT_TIMEOUT;
    }
    if (!d->heard_media || similarity < SIMILARITY_MIN) {
        fprintf(stderr, "wzp demo: the echo was not recognised\n");
        return WZP_EXIT_LOST;
    }
    return WZP_EXIT_DONE;
}

static void remove_recordings(const struct demo *d)
{
    if (d->values->keep)
        return;
    if (!wzp_client_given(&d->values->client, "in"))
        unlink(d->said);
    unlink(d->heard);
    rmdir(d->folder);
}

static void on_interrupt(void *context, int number)
{
    struct demo *d = context;
    (void)number;
    d->interrupted = true;
    finish(d);
}

static void on_watchdog(void *context)
{
    struct demo *d = context;
    d->timed_out = true;
    finish(d);
}

static int start_clocks(struct demo *d, struct wzp_error *err)
{
    static const int numbers[] = {SIGINT, SIGTERM};
    double patience = d->values->client.duration + PATIENCE;
    int result =
        wzp_timer_start(&d->watchdog, d->loop, (uint64_t)(patience * 1e9), 0, on_watchdog, d);
    for (size_t i = 0; !result && i < 2; i++)
        result = wzp_signal_watch_start(&d->watches[i], d->loop, numbers[i], on_interrupt, d);
    return result ? wzp_error_set(err, result, "%s", wzp_strerror(result)) : 0;
}

static int perform(struct demo *d, struct wzp_error *err)
{
    int result = prepare_speech(d, err);
    if (!result)
        result = wzp_loop_new(&d->loop, err);
    if (!result)
        result = start_relay(d, err);
    if (!result)
        result = open_parties(d, err);
    if (!result)
        result = start_clocks(d, err);
    if (!result)
        wzp_loop_run(d->loop);
    if (d->loop)
        d->ended_at = wzp_loop_now(d->loop);
    wzp_timer_close(d->watchdog);
    for (size_t i = 0; i < 2; i++)
        wzp_signal_watch_close(d->watches[i]);
    wzp_client_close(&d->caller);
    wzp_client_close(&d->echo);
    wzp_relay_service_stop(&d->relay);
    wzp_loop_free(d->loop);
    return result;
}

int wzp_cmd_demo(int argc, char **argv)
{
    struct values v = {.client = {.duration = 8}};
    struct wzp_operands operands;
    struct wzp_error err = {0};
    int status = wzp_command_parse("demo", wzp_demo_options, &v, argc, argv, &operands);
    if (status >= 0)
        return status;
    if (operands.count != 0)
        return wzp_command_usage("demo", "demo takes no operands");
    struct demo *d = wzp_calloc(1, sizeof *d);
    if (!d) {
        wzp_error_set(&err, WZP_E_MEMORY, "out of memory");
        return wzp_command_fail("demo", WZP_EXIT_USAGE, &err);
    }
    d->values = &v;
    wzp_text_copy(d->folder, sizeof d->folder, "/tmp/wzp-demo-XXXXXX");
    if (mkdtemp(d->folder)) {
        int result = perform(d, &err);
        bool network = result == WZP_E_NETWORK;
        status = result
                     ? wzp_command_fail("demo", network ? WZP_EXIT_NETWORK : WZP_EXIT_USAGE, &err)
                     : judge(d);
        remove_recordings(d);
    } else {
        wzp_error_set(&err, WZP_E_IO, "cannot make a folder in /tmp: %s", strerror(errno));
        status = wzp_command_fail("demo", WZP_EXIT_USAGE, &err);
    }
    wzp_free(d);
    return status;
}
