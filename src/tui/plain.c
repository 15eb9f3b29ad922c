/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tui/plain.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "tui/internal.h"
#include "tui/width.h"

/* Writes one filtered line. */
static void say(const struct wzp_plain *p, struct wzp_buffer *out, const char *text)
{
    char safe[1024];
    wzp_text_filter(safe, sizeof safe, text, strlen(text));
    uint32_t code;
    for (size_t n, at = 0; (n = wzp_width_next(&code, safe + at)); at += n) {
        if (p->ascii && code > 0x7e)
            wzp_buffer_char(out, '?');
        else
            wzp_buffer_add(out, safe + at, n);
    }
    wzp_buffer_char(out, '\n');
}

__attribute__((format(printf, 3, 4))) static void tell(const struct wzp_plain *p,
                                                       struct wzp_buffer *out, const char *format,
                                                       ...)
{
    va_list arguments;
    char text[1024];
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    say(p, out, text);
}

void wzp_plain_event(struct wzp_plain *p, struct wzp_buffer *out, const struct wzp_event *event)
{
    char text[1024] = "";
    if (event->type == WZP_EVENT_STATS)
        return;
    p->view->say(p->view->context, text, sizeof text, event);
    char *rest = text;
    for (char *row; text[0] && (row = strsep(&rest, "\n"));)
        say(p, out, row);
    if (event->type == WZP_EVENT_INCOMING)
        tell(p, out, "Say: answer, private (without your addresses), decline or ignore.");
}

/* ---- lists ---- */

static void calls(struct wzp_plain *p, struct wzp_buffer *out)
{
    struct wzp_view_session s;
    size_t i = 0;
    for (; p->view->session(p->view->context, i, &s); i++) {
        char who[128], state[32], duration[16];
        tell(p, out, "Call %u: %s, %s, %s%s%s%s", (unsigned)s.id, wzp_tui_who(who, sizeof who, &s),
             wzp_tui_state(state, sizeof state, &s),
             wzp_tui_duration(duration, s.stats.duration_ms), s.stats.muted ? ", muted" : "",
             !s.stats.up      ? ""
             : s.stats.direct ? ", direct"
                              : ", over the relay",
             !s.stats.up             ? ""
             : s.stats.e2e_confirmed ? ", encrypted end to end"
                                     : ", encrypted to the relay only");
        if (s.stats.up)
            tell(p, out, "  round trip %.0f ms, loss %.1f percent, quality %.1f of 5%s%s",
                 (double)s.stats.path.rtt_smoothed / 1e6, s.stats.heard.jitter.loss_percent_5s,
                 s.stats.mos, s.stats.sas[0] ? ", code " : "", s.stats.sas);
    }
    if (i == 0)
        tell(p, out, "No call.");
}

static void contacts(struct wzp_plain *p, struct wzp_buffer *out)
{
    static const char *const presence[] = {[WZP_VIEW_UNKNOWN] = "",
                                           [WZP_VIEW_OFFLINE] = ", offline",
                                           [WZP_VIEW_ONLINE] = ", online",
                                           [WZP_VIEW_UNPROVEN] = ", somebody without a proof"};
    struct wzp_view_contact c;
    size_t i = 0;
    for (; p->view->contact(p->view->context, i, &c); i++)
        tell(p, out, "%s%s%s, %s", c.name, presence[c.presence],
             c.verified ? ", code compared" : "", c.fingerprint);
    if (i == 0)
        tell(p, out, "No contacts.");
}

static void history(struct wzp_plain *p, struct wzp_buffer *out)
{
    static const char *const kinds[] = {
        [WZP_VIEW_OUT] = "to", [WZP_VIEW_IN] = "from", [WZP_VIEW_ROOM] = "room"};
    struct wzp_view_past past;
    size_t i = 0;
    for (; i < 20 && p->view->past(p->view->context, i, &past); i++) {
        char when[32], duration[16];
        tell(p, out, "%s: %s %s%s, %s, %s", wzp_tui_when(when, p->view, past.at_seconds),
             kinds[past.kind], past.name[0] ? past.name : past.peer,
             past.claimed ? " (not proven)" : "",
             wzp_tui_duration(duration, UINT64_C(1000) * past.duration_seconds),
             wzp_end_reason_name(past.reason));
    }
    if (i == 0)
        tell(p, out, "No calls yet.");
}

static void help(struct wzp_plain *p, struct wzp_buffer *out);

static void quit(struct wzp_plain *p, struct wzp_buffer *out)
{
    (void)out;
    p->quit = true;
}

static const struct {
    const char *name, *help;
    void (*run)(struct wzp_plain *p, struct wzp_buffer *out);
} words[] = {{"calls", "tells all calls and how good they are", calls},
             {"contacts", "tells all contacts", contacts},
             {"history", "tells the last 20 calls", history},
             {"help", "tells what can be said", help},
             {"quit", "hangs up and ends", quit}};
#define WORDS (sizeof words / sizeof words[0])

static void help(struct wzp_plain *p, struct wzp_buffer *out)
{
    struct wzp_view_command c;
    for (size_t i = 0; i < WORDS; i++)
        tell(p, out, "%s: %s", words[i].name, words[i].help);
    for (size_t i = 0; p->view->command && p->view->command(p->view->context, i, &c); i++)
        if (strcmp(c.name, "quit") != 0)
            tell(p, out, "%s%s%s: %s", c.name, c.arguments[0] ? " " : "", c.arguments, c.help);
}

void wzp_plain_hello(struct wzp_plain *p, struct wzp_buffer *out)
{
    struct wzp_view_facts facts;
    p->view->facts(p->view->context, &facts);
    tell(p, out, "wzp, line by line. You are %s, %s. Say help to hear what can be said.",
         facts.alias[0] ? facts.alias : "without a name", facts.fingerprint);
}

void wzp_plain_line(struct wzp_plain *p, struct wzp_buffer *out, const char *line)
{
    struct wzp_error err = {0};
    char told[512] = "";
    line += strspn(line, " \t:");
    if (!*line)
        return;
    for (size_t i = 0; i < WORDS; i++)
        if (strcmp(words[i].name, line) == 0) {
            words[i].run(p, out);
            return;
        }
    if (p->view->run(p->view->context, line, told, sizeof told, &err))
        tell(p, out, "Error: %s", err.text);
    else if (told[0])
        tell(p, out, "%s", told);
}
