/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* wzp demo: a relay, an echo peer and a caller on this machine, over real sockets and with real
 * speech; reports the path, the safety code and what was received. */
#include <signal.h>
#include <string.h>

#include "app/demo.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/json.h"
#include "cli/process.h"
#include "wzp_build.h"

#define RECOGNISED_AFTER 3 /* s: a shorter call gives too little to compare */

/* Recordings of a human voice; package alsa-utils. */
#define VOICES "/usr/share/sounds/alsa/"
static const char *const voices[] = {VOICES "Front_Center.wav", VOICES "Front_Left.wav",
                                     VOICES "Front_Right.wav",  VOICES "Rear_Center.wav",
                                     VOICES "Rear_Left.wav",    VOICES "Rear_Right.wav",
                                     VOICES "Side_Left.wav",    VOICES "Side_Right.wav"};

struct values {
    struct wzp_client_options client;
    bool keep;
};
const struct wzp_option wzp_demo_options[] = {
    {"in", 'i', WZP_OPTION_SETTING, "SRC", offsetof(struct values, client.settings), 0, 0,
     "what to say: file:x.wav (default: recorded speech)", "in"},
    WZP_CLIENT_ROW(struct values, "duration", 'd', SECONDS, "S", duration,
                   "length of the call, from 3 on (default 8)"),
    WZP_CLIENT_ROW(struct values, "stats", 's', SECONDS, "S", stats,
                   "print statistics every S seconds"),
    WZP_CLIENT_ROW(struct values, "json", 'j', FLAG, NULL, json,
                   "one JSON object per line on stdout"),
    {"keep", 'k', WZP_OPTION_FLAG, NULL, offsetof(struct values, keep), 0, 0,
     "keep the recordings and say where they are", NULL},
    WZP_CLIENT_ROW(struct values, "verbose", 'v', FLAG, NULL, verbose, "log to stderr"),
    {0}};

struct demo {
    const struct values *values;
    struct wzp_loop *loop;
    struct wzp_demo *demo;
    struct wzp_events events;
    struct wzp_listener listener;
    struct wzp_signal_watch *watches[2];
    struct wzp_demo_result result;
    char said[WZP_PROCESS_FOLDER_MAX + 16], heard[WZP_PROCESS_FOLDER_MAX + 16];
    bool interrupted;
};

static void log_line(void *context, enum wzp_log_level level, const char *line)
{
    (void)context;
    fprintf(stderr, "%s: %s\n", wzp_log_level_name(level), line);
}

static void on_event(void *context, const struct wzp_event *event)
{
    struct demo *d = context;
    if (event->type != WZP_EVENT_STOPPED)
        wzp_events_print(&d->events, event, event->at);
}

static void on_done(void *context, const struct wzp_demo_result *result)
{
    struct demo *d = context;
    d->result = *result;
    wzp_loop_stop(d->loop);
}

static void on_interrupt(void *context, int number)
{
    struct demo *d = context;
    (void)number;
    d->interrupted = true;
    wzp_demo_stop(d->demo);
}

/* ---- what came of it ---- */

static void report(const struct demo *d)
{
    const struct wzp_demo_result *r = &d->result;
    if (d->values->client.json) {
        struct wzp_json_line line;
        uint64_t now = wzp_loop_now(d->loop);
        wzp_json_line_begin(&line, (double)wzp_time_since(now, d->events.began) / 1e9, "demo");
        wzp_json_number(&line.json, "heard_s", r->heard_s);
        wzp_json_number(&line.json, "level_dbfs", r->level_dbfs);
        wzp_json_number(&line.json, "similarity", r->similarity);
        wzp_json_number(&line.json, "echo_ms", r->echo_ms);
        wzp_json_boolean(&line.json, "e2e", r->e2e);
        wzp_json_text_if(&line.json, "sas", r->sas);
        wzp_json_text_if(&line.json, "said", d->said);
        wzp_json_text_if(&line.json, "heard", d->heard);
        wzp_json_line_end(&line, stdout);
        return;
    }
    printf("heard: %.1f s of our own voice back from the echo peer, level %.0f dBFS,\n"
           "       similarity %.2f, %.0f ms after it was said (there and back)\n",
           r->heard_s, r->level_dbfs, r->similarity, r->echo_ms);
    if (r->e2e)
        printf("end-to-end encrypted, safety code %s\n", r->sas);
    if (d->heard[0])
        printf("recordings: %s %s\n", d->said, d->heard);
}

static int keep_recordings(struct demo *d, struct wzp_error *err)
{
    char folder[WZP_PROCESS_FOLDER_MAX];
    if (!d->values->keep)
        return 0;
    int result = wzp_process_demo_folder(folder, err);
    if (result)
        return result;
    snprintf(d->said, sizeof d->said, "%s/said.wav", folder);
    snprintf(d->heard, sizeof d->heard, "%s/heard.wav", folder);
    return wzp_demo_save(d->demo, d->said, d->heard, err);
}

static int judge(const struct demo *d)
{
    report(d);
    if (d->interrupted)
        return WZP_EXIT_DONE;
    if (d->result.timed_out) {
        fprintf(stderr, "wzp demo: the call did not end within its time\n");
        return WZP_EXIT_TIMEOUT;
    }
    if (!d->result.recognised) {
        fprintf(stderr, "wzp demo: the echo was not recognised\n");
        return WZP_EXIT_LOST;
    }
    if (!d->result.spoken)
        fprintf(stderr,
                "wzp demo: no recorded speech in " VOICES " (package alsa-utils): it was a tone\n");
    return WZP_EXIT_DONE;
}

/* ---- */

static int start(struct demo *d, const char *voice, struct wzp_error *err)
{
    static const int numbers[] = {SIGINT, SIGTERM};
    struct wzp_log log = {.write = log_line,
                          .level = d->values->client.verbose ? WZP_LOG_DEBUG : WZP_LOG_WARN};
    struct wzp_host host;
    wzp_loop_host(&host, d->loop, &log);
    d->listener = (struct wzp_listener){.event = on_event, .context = d};
    const struct wzp_demo_config config = {.build = WZP_VERSION,
                                           .listen = "127.0.0.1:0",
                                           .voices = voice ? &voice : voices,
                                           .voice_count =
                                               voice ? 1 : sizeof voices / sizeof voices[0],
                                           .required = voice,
                                           .duration = d->values->client.duration,
                                           .stats = d->values->client.stats,
                                           .listener = &d->listener};
    int result = wzp_demo_start(&d->demo, &host, &config, on_done, d, err);
    for (size_t i = 0; !result && i < 2; i++)
        if (wzp_signal_watch_start(&d->watches[i], d->loop, numbers[i], on_interrupt, d))
            result = wzp_error_set(err, WZP_E_IO, "cannot watch for signals");
    return result;
}

static int perform(struct demo *d, const char *voice)
{
    struct wzp_error err = {0};
    int result = wzp_loop_new(&d->loop, &err);
    if (!result) {
        d->events.began = wzp_loop_now(d->loop);
        result = start(d, voice, &err);
    }
    if (!result) {
        wzp_loop_run(d->loop);
        result = keep_recordings(d, &err);
    }
    int status = result == WZP_E_NETWORK ? wzp_command_fail("demo", WZP_EXIT_NETWORK, &err)
                 : result                ? wzp_command_fail("demo", WZP_EXIT_USAGE, &err)
                                         : judge(d);
    for (size_t i = 0; i < 2; i++)
        wzp_signal_watch_close(d->watches[i]);
    wzp_demo_free(d->demo);
    wzp_loop_free(d->loop);
    return status;
}

int wzp_cmd_demo(int argc, char **argv)
{
    struct values v = {.client = {.duration = 8}};
    struct wzp_operands operands;
    int status = wzp_command_parse("demo", wzp_demo_options, &v, argc, argv, &operands);
    if (status >= 0)
        return status;
    if (operands.count != 0)
        return wzp_command_usage("demo", "demo takes no arguments");
    const char *in = wzp_client_given(&v.client, "in");
    if (in && strncmp(in, "file:", 5) != 0)
        return wzp_command_usage("demo", "the demo's --in wants file:x.wav");
    if (v.client.duration < RECOGNISED_AFTER)
        return wzp_command_usage("demo", "an echo is recognised after 3 s at the soonest: "
                                         "--duration");
    struct demo d = {.values = &v,
                     .events = {.out = stdout, .command = "demo", .json = v.client.json}};
    return perform(&d, in ? in + 5 : NULL);
}
