/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* wzp call PEER, answer, room NAME, echo: the commands that make or answer calls. */
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/control.h"
#include "cli/password.h"
#include "crypto/room_key.h"
#include "loop/files.h"

struct values {
    struct wzp_client_options client;
    bool once, running, password;
    const char *password_file;
};
const struct wzp_option wzp_call_options[] = {
    {"running", 'R', WZP_OPTION_FLAG, NULL, offsetof(struct values, running), 0, 0,
     "call from the softphone that is already running", NULL},
    WZP_CLIENT_SOUND_ROWS(struct values),
    WZP_CLIENT_OPTION_ROWS(struct values),
    {0}};
const struct wzp_option wzp_room_options[] = {
    {"password", 0, WZP_OPTION_FLAG, NULL, offsetof(struct values, password), 0, 0,
     "ask for the room's password, or read it from standard input", NULL},
    {"password-file", 0, WZP_OPTION_STRING, "FILE", offsetof(struct values, password_file), 0, 0,
     "file with the room's password in its first line", NULL},
    WZP_CLIENT_SOUND_ROWS(struct values),
    WZP_CLIENT_OPTION_ROWS(struct values),
    {0}};
const struct wzp_option wzp_echo_options[] = {WZP_CLIENT_OPTION_ROWS(struct values), {0}};
const struct wzp_option wzp_answer_options[] = {
    WZP_CLIENT_SETTING(struct values, "auto", 'A', "WHOSE", "auto_answer"),
    WZP_CLIENT_SETTING(struct values, "mode", 'm', "M", "answer_mode"),
    {"once", '1', WZP_OPTION_FLAG, NULL, offsetof(struct values, once), 0, 0,
     "end after the first call", NULL},
    WZP_CLIENT_SOUND_ROWS(struct values),
    WZP_CLIENT_OPTION_ROWS(struct values),
    {0}};

/* The state of one of these commands, in addition to the client's. */
struct talk {
    struct wzp_client client;
    /* of `answer`: the socket through which other programs give commands */
    struct wzp_control control;
    const struct values *values;
    const char *target; /* PEER as typed, or room */
    bool is_call, is_room, answers;
    char password[WZP_ROOM_PASSWORD_MAX]; /* secret; "" = none */
    /* the command's session: the first one that we started, or the last incoming one */
    wzp_session_id session;
    wzp_session_id captured;
    unsigned captures; /* capture files so far */
    bool was_up, was_registered;
};

/* ---- events ---- */

/* Names the option that would help. The event has already told a person that we were refused, and
 * why. */
static void tell_cure(const struct talk *t, const char *refusal, const char *cure)
{
    wzp_client_say(&t->client, "%s%s%s", t->values->client.json ? refusal : "",
                   t->values->client.json ? ": " : "", cure);
}

static void tell_token(const struct talk *t)
{
    if (t->client.settings.token_file[0])
        tell_cure(t, "the relay does not take this token", "--token FILE names another token");
    else
        tell_cure(t, "the relay wants a token", "--token FILE names the file with the token");
}

static void tell_password(const struct talk *t)
{
    if (t->password[0])
        tell_cure(t, "the room has another password",
                  "try again with --password, which asks for it");
    else
        tell_cure(t, "the room wants a password", "try again with --password, which asks for it");
}

/* Returns the exit status when the first registration was refused or the relay cannot be reached:
 * trying again would not help, or is not what a person at a terminal waits for. */
static int hopeless(const struct talk *t, const struct wzp_event *event)
{
    if (event->type == WZP_EVENT_UNREGISTERED && !t->was_registered &&
        event->u.unregistered.token_wanted) {
        tell_token(t);
        return WZP_EXIT_REFUSED;
    }
    if (event->type == WZP_EVENT_UNREGISTERED && !t->was_registered && event->u.unregistered.code)
        return WZP_EXIT_REFUSED;
    if (event->type == WZP_EVENT_UNREGISTERED && t->is_call && !t->was_registered)
        return WZP_EXIT_NETWORK;
    if (event->type != WZP_EVENT_ERROR || event->session != 0 || t->was_registered || t->was_up)
        return -1;
    int code = event->u.error.code;
    /* Only errors of the registration count: one that answers a ping names the relay that was
     * measured. */
    if (code == WZP_E_REFUSED || code == WZP_E_CRYPTO)
        return event->u.error.relay[0] ? -1 : WZP_EXIT_REFUSED;
    /* A command that waits for calls also waits for the network and for name resolution. */
    bool is_network = code == WZP_E_NETWORK || code == WZP_E_NOT_FOUND;
    return is_network && !t->answers ? WZP_EXIT_NETWORK : -1;
}

static void on_end(struct talk *t, const struct wzp_event *event)
{
    enum wzp_end_reason reason = event->u.ended.reason;
    int status = wzp_client_status_of_end(reason);
    if (event->u.ended.token_wanted)
        tell_token(t);
    if (event->u.ended.password_wanted)
        tell_password(t);
    if (reason == WZP_END_ERROR || reason == WZP_END_LOST)
        status = t->was_up ? WZP_EXIT_LOST : WZP_EXIT_NETWORK;
    if (t->answers && reason == WZP_END_DECLINED &&
        t->client.settings.answer_mode == WZP_ANSWER_REJECT)
        status = WZP_EXIT_DONE; /* the requested duration is over */
    if (!t->answers || t->values->once)
        wzp_client_stop(&t->client, status);
}

/* Rings the terminal's bell, and tells the person how to answer. */
static void on_incoming(struct talk *t)
{
    if (!wzp_client_has_person(&t->client) || t->client.settings.auto_answer == WZP_AUTO_ALL)
        return;
    if (isatty(STDERR_FILENO))
        fputc('\a', wzp_own_stderr());
    wzp_client_say(&t->client, "say answer, private (without showing your addresses), decline or "
                               "ignore");
}

/* Starts a capture file for each call. When that fails, the call continues. */
static void capture(struct talk *t)
{
    char path[WZP_PATH_MAX], number[16];
    struct wzp_error err = {0};
    t->captured = t->session;
    t->captures++;
    snprintf(number, sizeof number, "%u", (unsigned)t->session);
    snprintf(path, sizeof path, t->captures > 1 ? "%s.%u" : "%s", t->values->client.capture,
             t->captures);
    const char *const arguments[] = {path, number};
    if (wzp_app_do(t->client.app, wzp_app_command_find("capture"), arguments, 2, &err)) {
        t->client.file_lost = true;
        wzp_client_tell(&t->client, &err);
    }
}

static void on_event(struct wzp_client *c, const struct wzp_event *event)
{
    struct talk *t = c->context;
    int status = hopeless(t, event);
    if (event->type == WZP_EVENT_REGISTERED)
        t->was_registered = true;
    if (event->type == WZP_EVENT_INCOMING && t->answers) {
        t->session = event->session;
        t->was_up = false;
        on_incoming(t);
    } else if (!t->session && event->session && !t->answers) {
        t->session = event->session;
    }
    if (event->session != 0 && event->session != t->session)
        return;
    if (t->values->client.capture && t->session && t->session != t->captured &&
        event->type != WZP_EVENT_INCOMING && event->type != WZP_EVENT_ENDED)
        capture(t);
    if (event->type == WZP_EVENT_JOINED)
        t->was_up = true;
    if (event->type == WZP_EVENT_ENDED)
        on_end(t, event);
    if (status >= 0)
        wzp_client_stop(c, status);
}

/* ---- */

/* No one is to be heard unknowingly: answering without asking must be chosen by an option or
 * setting, and is announced. */
static int check_answering(struct talk *t, struct wzp_error *err)
{
    struct wzp_settings *s = &t->client.settings;
    const struct wzp_client_options *o = &t->client.options;
    if (s->answer_mode == WZP_ANSWER_REJECT || !s->relay[0])
        return 0;
    /* A given answer mode implies that calls are to be answered. */
    if (s->auto_answer == WZP_AUTO_ASK && wzp_client_given(o, "answer_mode") &&
        !wzp_client_given(o, "auto_answer")) {
        s->auto_answer = WZP_AUTO_ALL;
        wzp_app_set(t->client.app, "auto_answer", "all", NULL, NULL);
    }
    /* In a login session a person may still answer with `wzp ctl answer`. */
    bool may_come = t->control.socket && wzp_path_in_session();
    if (s->auto_answer == WZP_AUTO_ASK && !wzp_client_has_person(&t->client) && !may_come)
        return wzp_error_set(err, WZP_E_ARGUMENT,
                             "nobody is here to be asked whether to answer: use --auto contacts or "
                             "--auto all, or start it in a terminal or in a login session (where "
                             "XDG_RUNTIME_DIR is set), for wzp ctl answer");
    if (!o->json && s->auto_answer != WZP_AUTO_ASK)
        fprintf(t->client.events.out, "answering %s without asking\n",
                s->auto_answer == WZP_AUTO_ALL ? "every call" : "calls of contacts");
    fflush(t->client.events.out);
    return 0;
}

/* Says what is being done before the first event comes, so that a person at a terminal sees that
 * something happens. */
static void say_what(const struct talk *t)
{
    struct wzp_app_facts facts;
    char safe[128];
    if (t->values->client.json)
        return;
    wzp_app_facts(t->client.app, &facts);
    if (t->target)
        wzp_text_filter(safe, sizeof safe, t->target, strlen(t->target));
    if (t->is_call)
        fprintf(t->client.events.out, "calling %s\n", safe);
    else if (t->is_room)
        fprintf(t->client.events.out, "joining the room %s\n", safe);
    else
        fprintf(t->client.events.out, "%s as %s\n",
                t->client.settings.answer_mode == WZP_ANSWER_REJECT && t->answers
                    ? "declining every call"
                    : "waiting for calls",
                facts.fingerprint);
    fflush(t->client.events.out);
}

static int begin(struct talk *t, struct wzp_error *err)
{
    struct wzp_client *c = &t->client;
    int result = wzp_app_start(c->app, err);
    if (!result && !t->is_room)
        result = wzp_app_register(c->app, err);
    if (!result && t->is_call)
        result = wzp_app_call(c->app, &t->session, t->target, err);
    else if (!result && t->is_room)
        result = wzp_app_join_locked(c->app, &t->session, t->target,
                                     t->password[0] ? t->password : NULL, err);
    if (!result) /* nothing is said when the command was refused */
        say_what(t);
    return result;
}

/* Opens the control socket. Calls are answered without it, too. Another running softphone is worth
 * a warning: two of one identity would displace each other at the relay. */
static int open_control(struct talk *t, struct wzp_error *err)
{
    struct wzp_error why = {0};
    struct wzp_app_facts facts;
    struct wzp_client *c = &t->client;
    int result = wzp_control_open(&t->control, c->loop, &c->host, c->app, &why);
    wzp_app_facts(c->app, &facts);
    if (result == WZP_E_DUPLICATE && wzp_control_has(&c->host, facts.fingerprint))
        return wzp_error_set(err, WZP_E_DUPLICATE,
                             "a softphone of yours is already running; 'wzp ctl quit' ends it");
    if (result && result != WZP_E_NOT_FOUND)
        wzp_client_say(c, "%s", why.text);
    return 0;
}

static int run(struct talk *t, const char *name, struct wzp_app_config *config)
{
    struct wzp_error err = {0};
    struct wzp_client *c = &t->client;
    c->event = on_event;
    c->context = t;
    int result = wzp_client_open(c, name, &t->values->client, config, &err);
    if (!result && config->answers) {
        result = open_control(t, &err);
        if (!result)
            result = check_answering(t, &err);
        if (!result)
            result = wzp_client_scripts(c, &err);
    }
    if (!result && !config->echo)
        result = wzp_client_words(c, &err);
    if (!result)
        result = begin(t, &err);
    int status;
    if (result) {
        status = result == WZP_E_NETWORK ? WZP_EXIT_NETWORK : WZP_EXIT_USAGE;
        wzp_client_tell(c, &err);
    } else {
        status = wzp_client_run(c);
    }
    wzp_control_close(&t->control);
    wzp_client_close(c);
    return status;
}

int wzp_cmd_call(int argc, char **argv)
{
    struct values v = {0};
    struct wzp_operands operands;
    int status = wzp_command_parse("call", wzp_call_options, &v, argc, argv, &operands);
    if (status >= 0)
        return status;
    if (operands.count != 1)
        return wzp_command_usage("call", "give one PEER: a fingerprint, a contact, or echo");
    if (v.running) {
        const char *items[] = {"call", operands.items[0]};
        struct wzp_operands request = {items, 2};
        return wzp_ctl_do("call", &request, v.client.json, 10);
    }
    struct talk t = {.values = &v, .target = operands.items[0], .is_call = true};
    struct wzp_app_config config = {.sound = WZP_SOUND_SOON, .peer = t.target};
    return run(&t, "call", &config);
}

int wzp_cmd_answer(int argc, char **argv)
{
    struct values v = {0};
    struct wzp_operands operands;
    int status = wzp_command_parse("answer", wzp_answer_options, &v, argc, argv, &operands);
    if (status >= 0)
        return status;
    if (operands.count != 0)
        return wzp_command_usage("answer", "answer takes no arguments");
    struct talk t = {.values = &v, .answers = true};
    const char *mode = wzp_client_given(&v.client, "answer_mode");
    bool rejects = mode && strcmp(mode, "reject") == 0;
    struct wzp_app_config config = {.sound = rejects ? WZP_SOUND_NONE : WZP_SOUND_LATER,
                                    .answers = true,
                                    .call_waiting = true,
                                    .watches = true};
    return run(&t, "answer", &config);
}

static int read_password_file(struct talk *t, const char *path, struct wzp_error *err)
{
    unsigned mode;
    int result = wzp_password_file(t->password, sizeof t->password, &mode, path, err);
    if (!result && mode)
        fprintf(stderr,
                "wzp room: warning: %s can be read by others (mode %04o); repair: chmod 600 %s\n",
                path, mode, path);
    return result;
}

int wzp_cmd_room(int argc, char **argv)
{
    struct values v = {0};
    struct wzp_operands operands;
    int status = wzp_command_parse("room", wzp_room_options, &v, argc, argv, &operands);
    if (status >= 0)
        return status;
    if (operands.count != 1)
        return wzp_command_usage("room", "give one room NAME");
    struct talk t = {.values = &v, .target = operands.items[0], .is_room = true};
    struct wzp_app_config config = {.sound = WZP_SOUND_SOON};
    struct wzp_error err = {0};
    int result = 0;
    if (v.password_file)
        result = read_password_file(&t, v.password_file, &err);
    else if (v.password)
        result = wzp_password_read(t.password, sizeof t.password, "password of the room: ", &err);
    if (result)
        return wzp_command_usage("room", err.text);
    status = run(&t, "room", &config);
    wzp_wipe(t.password, sizeof t.password);
    return status;
}

int wzp_cmd_echo(int argc, char **argv)
{
    struct values v = {0};
    struct wzp_operands operands;
    int status = wzp_command_parse("echo", wzp_echo_options, &v, argc, argv, &operands);
    if (status >= 0)
        return status;
    if (operands.count != 0)
        return wzp_command_usage("echo", "echo takes no arguments");
    struct talk t = {.values = &v, .answers = true};
    struct wzp_app_config config = {.echo = true};
    return run(&t, "echo", &config);
}
