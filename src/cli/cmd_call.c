/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* wzp call PEER, answer, room NAME, echo: the commands that talk. */
#include <string.h>

#include "base/text.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/words.h"

struct values {
    struct wzp_client_options client;
    const char *mode;
    bool once;
};
const struct wzp_option wzp_call_options[] = {
    WZP_CLIENT_SOUND_ROWS(struct values), WZP_CLIENT_OPTION_ROWS(struct values), {0}};
const struct wzp_option wzp_room_options[] = {
    WZP_CLIENT_SOUND_ROWS(struct values), WZP_CLIENT_OPTION_ROWS(struct values), {0}};
const struct wzp_option wzp_echo_options[] = {WZP_CLIENT_OPTION_ROWS(struct values), {0}};
const struct wzp_option wzp_answer_options[] = {
    {"mode", 'm', WZP_OPTION_STRING, "M", offsetof(struct values, mode), 0, 0,
     "trusted (default), generic (never show addresses), reject", NULL},
    {"once", '1', WZP_OPTION_FLAG, NULL, offsetof(struct values, once), 0, 0,
     "end after the first call", NULL},
    WZP_CLIENT_SOUND_ROWS(struct values),
    WZP_CLIENT_OPTION_ROWS(struct values),
    {0}};

/* What one of these commands does, beside the client. */
struct talk {
    struct wzp_client client;
    const struct values *values;
    const char *target; /* PEER as typed, or room */
    char peer[WZP_FINGERPRINT_TEXT_MAX];
    wzp_session_id session;
    bool is_call, answers, reject, generic;
    bool ready;             /* the relay's address is known */
    bool was_up;            /* the session had media */
    struct wzp_client echo; /* the peer of `call echo` */
    bool has_echo;
};

static void fail(struct talk *t, const struct wzp_error *err, int status)
{
    wzp_client_tell(&t->client, err);
    wzp_client_stop(&t->client, status);
}

/* When it is known whom to call and how to reach the relay, whichever comes last. It waits for the
 * registration by itself. */
static void place_call(struct talk *t)
{
    struct wzp_error err = {0};
    if (!t->ready || !t->peer[0])
        return;
    if (!t->session &&
        wzp_phone_call(t->client.phone, &t->session, t->peer, wzp_loop_now(t->client.loop), &err))
        fail(t, &err, wzp_exit_of(err.code));
    wzp_client_kick(&t->client);
}

/* The relay's address is known. */
static void on_ready(struct wzp_client *c)
{
    struct talk *t = c->context;
    struct wzp_error err = {0};
    uint64_t now = wzp_loop_now(c->loop);
    int result;
    if (t->is_call || t->answers)
        result = wzp_phone_register_start(c->phone, now, &err);
    else
        result = wzp_phone_join(c->phone, &t->session, t->target, now, &err);
    t->ready = true;
    if (result)
        fail(t, &err, wzp_exit_of(err.code));
    else if (t->is_call)
        place_call(t);
}

static void answer(struct talk *t, const struct wzp_event *event)
{
    struct wzp_error err = {0};
    uint64_t now = wzp_loop_now(t->client.loop);
    int result = t->reject
                     ? wzp_phone_reject(t->client.phone, event->session, false, now, &err)
                     : wzp_phone_answer(t->client.phone, event->session, !t->generic, now, &err);
    /* A caller who gave up in this moment is no reason to stop waiting for others. */
    if (result)
        wzp_client_tell(&t->client, &err);
    wzp_client_kick(&t->client);
}

/* Refused by the relay before ever having been in: trying again would not help. */
static bool is_hopeless(const struct wzp_client *c, const struct wzp_event *event)
{
    return event->type == WZP_EVENT_ERROR && event->session == 0 && !c->was_registered &&
           (event->u.error.code == WZP_E_REFUSED || event->u.error.code == WZP_E_CRYPTO);
}

static void on_end(struct talk *t, const struct wzp_event *event)
{
    enum wzp_end_reason reason = event->u.ended.reason;
    int status = wzp_client_status_of_end(reason);
    if (reason == WZP_END_ERROR || reason == WZP_END_LOST)
        status = t->was_up ? WZP_EXIT_LOST : WZP_EXIT_NETWORK;
    if (t->answers && t->reject && reason == WZP_END_DECLINED)
        status = WZP_EXIT_DONE; /* as asked */
    if (event->session == t->session && (!t->answers || t->values->once))
        wzp_client_stop(&t->client, status);
}

static void on_event(struct wzp_client *c, const struct wzp_event *event)
{
    struct talk *t = c->context;
    switch (event->type) {
    case WZP_EVENT_INCOMING:
        if (t->answers) {
            t->session = event->session;
            t->was_up = false;
            answer(t, event);
        }
        break;
    case WZP_EVENT_JOINED: t->was_up = true; break;
    case WZP_EVENT_ENDED: on_end(t, event); break;
    case WZP_EVENT_UNREGISTERED:
        /* Who waits for calls waits for the relay too; who wants to talk now is told. */
        if (t->is_call && !c->was_registered)
            wzp_client_stop(c, WZP_EXIT_NETWORK);
        break;
    case WZP_EVENT_ERROR:
        if (is_hopeless(c, event))
            wzp_client_stop(c, WZP_EXIT_REFUSED);
        break;
    default: break;
    }
}

/* ---- call echo: a second phone in this process, registered at the same relay ---- */

static void on_echo_ready(struct wzp_client *c)
{
    struct wzp_error err = {0};
    if (wzp_phone_register_start(c->phone, wzp_loop_now(c->loop), &err))
        fail(c->context, &err, WZP_EXIT_NETWORK);
}

static void on_echo_event(struct wzp_client *c, const struct wzp_event *event)
{
    struct talk *t = c->context;
    uint64_t now = wzp_loop_now(c->loop);
    if (t->client.stopping)
        return;
    if (event->type == WZP_EVENT_REGISTERED) {
        memcpy(t->peer, wzp_phone_fingerprint(c->phone), sizeof t->peer);
        wzp_known_relays_pass(&t->client.known, c->identity.fingerprint);
        place_call(t);
    } else if (event->type == WZP_EVENT_INCOMING) {
        wzp_phone_answer(c->phone, event->session, true, now, NULL);
    }
    wzp_client_kick(c);
}

static int open_echo(struct talk *t, struct wzp_error *err)
{
    struct wzp_client_options options = t->values->client;
    wzp_client_give(&options, "relay", t->client.settings.relay);
    options.duration = options.stats = 0;
    t->echo = (struct wzp_client){.throw_away = true,
                                  .know_relays = true,
                                  .quiet = true,
                                  .ready = on_echo_ready,
                                  .event = on_echo_event,
                                  .context = t};
    int result =
        wzp_client_open(&t->echo, "echo", &options, t->client.loop, WZP_SOUND_NONE, true, err);
    if (result)
        return result;
    t->has_echo = true;
    t->client.companion = &t->echo;
    return wzp_client_start(&t->echo, err);
}

/* ---- */

static int prepare(struct talk *t, struct wzp_error *err)
{
    int result = 0;
    bool to_echo = t->is_call && strcmp(t->target, "echo") == 0;
    if (t->is_call && !to_echo)
        result = wzp_client_peer(&t->client, t->peer, t->target, err);
    if (!result)
        result = wzp_client_start(&t->client, err);
    if (!result && to_echo)
        result = open_echo(t, err);
    return result;
}

static int run(struct talk *t, const char *name, enum wzp_app_sound sound, bool echo)
{
    struct wzp_error err = {0};
    struct wzp_client *c = &t->client;
    c->ready = on_ready;
    c->event = on_event;
    c->context = t;
    int result = wzp_client_open(c, name, &t->values->client, NULL, sound, echo, &err);
    if (!result && !echo)
        result = wzp_client_words_start(c, &err);
    if (!result)
        result = prepare(t, &err);
    int status;
    if (result) {
        status = result == WZP_E_NETWORK ? WZP_EXIT_NETWORK : WZP_EXIT_USAGE;
        wzp_events_error(&c->events, &err, NULL, c->events.began);
    } else {
        wzp_loop_run(c->loop);
        status = c->status;
    }
    if (t->has_echo)
        wzp_client_close(&t->echo);
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
    struct talk t = {.values = &v, .target = operands.items[0], .is_call = true};
    return run(&t, "call", WZP_SOUND_SOON, false);
}

int wzp_cmd_answer(int argc, char **argv)
{
    struct values v = {.mode = "trusted"};
    struct wzp_operands operands;
    int status = wzp_command_parse("answer", wzp_answer_options, &v, argc, argv, &operands);
    if (status >= 0)
        return status;
    if (operands.count != 0)
        return wzp_command_usage("answer", "answer takes no operands");
    struct talk t = {.values = &v, .answers = true};
    t.reject = strcmp(v.mode, "reject") == 0;
    t.generic = strcmp(v.mode, "generic") == 0;
    if (!t.reject && !t.generic && strcmp(v.mode, "trusted") != 0)
        return wzp_command_usage("answer", "--mode is one of trusted, generic, reject");
    return run(&t, "answer", t.reject ? WZP_SOUND_NONE : WZP_SOUND_LATER, false);
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
    struct talk t = {.values = &v, .target = operands.items[0]};
    return run(&t, "room", WZP_SOUND_SOON, false);
}

int wzp_cmd_echo(int argc, char **argv)
{
    struct values v = {0};
    struct wzp_operands operands;
    int status = wzp_command_parse("echo", wzp_echo_options, &v, argc, argv, &operands);
    if (status >= 0)
        return status;
    if (operands.count != 0)
        return wzp_command_usage("echo", "echo takes no operands");
    struct talk t = {.values = &v, .answers = true};
    return run(&t, "echo", WZP_SOUND_NONE, true);
}
