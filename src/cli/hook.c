/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/hook.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "app/settings.h"
#include "base/error.h"
#include "base/text.h"
#include "base/time.h"

#define TIME_MOST (30 * WZP_SECOND)

#define WORDS_MAX 16

/* Splits a command into words in place: blanks separate them, quotes keep several together. argv
 * ends with NULL. Returns how many, 0 when there are none or too many. */
static size_t split_words(char *text, const char *argv[WORDS_MAX + 1])
{
    size_t count = 0;
    for (;;) {
        text += strspn(text, " \t");
        if (!*text)
            break;
        if (count == WORDS_MAX)
            return 0;
        char quote = *text == '"' || *text == '\'' ? *text++ : '\0';
        argv[count++] = text;
        text += quote ? strcspn(text, (char[]){quote, '\0'}) : strcspn(text, " \t");
        if (*text)
            *text++ = '\0';
    }
    argv[count] = NULL;
    return count;
}

/* ---- what it is told ---- */

#define VARIABLES_MAX 9
struct variables {
    char texts[VARIABLES_MAX][128];
    const char *list[VARIABLES_MAX + 1];
    size_t count;
};

/* Adds a variable. Its text may come from others: control characters and line ends are removed. */
static void add(struct variables *v, const char *name, const char *value)
{
    char safe[96];
    wzp_text_filter(safe, sizeof safe, value ? value : "", value ? strlen(value) : 0);
    snprintf(v->texts[v->count], sizeof v->texts[0], "%s=%s", name, safe);
    v->list[v->count] = v->texts[v->count];
    v->list[++v->count] = NULL;
}

static bool is_known(const struct wzp_event *event)
{
    return event->about.name && event->about.name[0];
}

static void tell(struct variables *v, const struct wzp_event *event)
{
    char session[16];
    bool known = is_known(event);
    snprintf(session, sizeof session, "%u", (unsigned)event->session);
    add(v, "WZP_EVENT", wzp_event_name(event->type));
    add(v, "WZP_SESSION", session);
    add(v, "WZP_PEER", event->about.peer);
    add(v, "WZP_NAME", known ? event->about.name : event->about.alias);
    /* Has a value of its own for unproven callers, so that a script that tests for "yes" does not
     * take them for the contact. */
    add(v, "WZP_CONTACT", !known ? "no" : event->u.incoming.proven ? "yes" : "claimed");
    add(v, "WZP_PROVEN", event->u.incoming.proven ? "yes" : "no");
    add(v, "WZP_E2E", event->u.incoming.e2e ? "yes" : "no");
}

/* ---- running ---- */

__attribute__((format(printf, 2, 3))) static void complain(struct wzp_hook *h, const char *format,
                                                           ...)
{
    va_list arguments;
    char text[WZP_ERROR_TEXT_MAX + 16];
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    h->complain(h->context, text);
}

static void on_done(void *context, int status)
{
    struct wzp_hook_run *run = context;
    run->spawn = NULL;
    if (status < 0)
        complain(run->hook, "the hook did not end within 30 s, or was killed");
    else if (status > 0)
        complain(run->hook, "the hook ended with status %d", status);
}

/* A free place for somebody like that; NULL: they have as many as they may. */
static struct wzp_hook_run *find_place(struct wzp_hook *h, bool is_stranger)
{
    struct wzp_hook_run *place = NULL;
    size_t strangers = 0;
    for (size_t i = 0; i < WZP_HOOKS_MAX; i++) {
        strangers += h->runs[i].spawn && h->runs[i].is_stranger;
        if (!h->runs[i].spawn)
            place = &h->runs[i];
    }
    return is_stranger && strangers >= WZP_HOOKS_STRANGER ? NULL : place;
}

static void run_hook(struct wzp_hook *h, const struct wzp_event *event)
{
    char words[WZP_SETTING_TEXT_MAX];
    const char *argv[WORDS_MAX + 1];
    struct variables variables = {.count = 0};
    struct wzp_error err = {0};
    bool is_stranger = !is_known(event) || !event->u.incoming.proven;
    wzp_text_copy(words, sizeof words, wzp_app_settings(h->app)->hook);
    if (!words[0])
        return;
    struct wzp_hook_run *run = find_place(h, is_stranger);
    if (!run) {
        complain(h, "the hook is already running %d times%s and is not started again",
                 is_stranger ? WZP_HOOKS_STRANGER : WZP_HOOKS_MAX,
                 is_stranger ? " for strangers" : "");
        return;
    }
    if (split_words(words, argv) == 0) {
        complain(h, "the hook has more than %d words", WORDS_MAX);
        return;
    }
    tell(&variables, event);
    run->hook = h;
    run->is_stranger = is_stranger;
    if (wzp_spawn_start(&run->spawn, h->loop, argv, variables.list, TIME_MOST, on_done, run, &err))
        complain(h, "hook: %s", err.text);
}

static void on_event(void *context, const struct wzp_event *event)
{
    if (event->type == WZP_EVENT_INCOMING)
        run_hook(context, event);
}

void wzp_hook_open(struct wzp_hook *h, struct wzp_loop *l, struct wzp_app *app,
                   void (*complain_to)(void *context, const char *sentence), void *context)
{
    *h = (struct wzp_hook){.loop = l, .app = app, .complain = complain_to, .context = context};
    h->listener = (struct wzp_listener){.event = on_event, .context = h};
    wzp_app_listen(app, &h->listener);
}

void wzp_hook_close(struct wzp_hook *h)
{
    if (!h->app)
        return;
    wzp_app_unlisten(h->app, &h->listener);
    for (size_t i = 0; i < WZP_HOOKS_MAX; i++)
        wzp_spawn_close(h->runs[i].spawn);
    *h = (struct wzp_hook){0};
}
