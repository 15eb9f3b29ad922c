/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/events.h"

#include <time.h>

#include "base/time.h"
#include "cli/terminal.h"
#include "cli/foreign.h"
#include "phone/event_init.h"

#define SENTENCE_MAX 8192

static void print_json(const struct wzp_events *e, const struct wzp_event *event, uint64_t now)
{
    char *line;
    size_t length;
    if (wzp_event_json(&line, &length, event, (double)wzp_time_since(now, e->began) / 1e9))
        return; /* no memory for a line */
    fwrite(line, 1, length, e->out);
    fputc('\n', e->out);
    fflush(e->out);
    wzp_free(line);
}

/* Prints a sentence; at a terminal with the time of day in front. */
static void print_sentence(const struct wzp_events *e, bool is_error, const char *sentence)
{
    char line[SENTENCE_MAX + 64];
    char when[16] = "";
    time_t now = time(NULL);
    struct tm local;
    if (wzp_terminal_width(e->out) > 0 && localtime_r(&now, &local))
        strftime(when, sizeof when, "%H:%M:%S ", &local);
    if (is_error)
        snprintf(line, sizeof line, "wzp %s: %s", e->command, sentence);
    else
        snprintf(line, sizeof line, "%s%s", when, sentence);
    wzp_terminal_print(is_error ? wzp_own_stderr() : e->out, line, 6);
    fflush(e->out);
}

void wzp_events_print(const struct wzp_events *e, const struct wzp_event *event, uint64_t now)
{
    char sentence[SENTENCE_MAX];
    if (e->json) {
        print_json(e, event, now);
    } else if (wzp_event_sentence(sentence, sizeof sentence, event) > 0) {
        print_sentence(e, event->type == WZP_EVENT_ERROR, sentence);
    }
}

void wzp_events_error(const struct wzp_events *e, const struct wzp_error *err, const char *relay,
                      uint64_t now)
{
    struct wzp_event event;
    wzp_event_init(&event, WZP_EVENT_ERROR);
    event.at = now;
    event.u.error.code = err->code;
    event.u.error.text = err->text[0] ? err->text : wzp_strerror(err->code);
    event.u.error.relay = relay ? relay : "";
    wzp_events_print(e, &event, now);
}
