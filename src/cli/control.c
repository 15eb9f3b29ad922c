/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/control.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "base/time.h"

/* Large enough for the most contacts with the longest names. */
#define ANSWER_MAX (3 * 1024 * 1024)
_Static_assert(ANSWER_MAX < WZP_SOCKET_QUEUE_MAX, "an answer fits into the queue of a peer");
#define WHO "softphone"
#define ARGUMENTS 8
#define ANSWER_PATIENCE 2000 /* ms */

/* ---- answers ---- */

struct answer {
    struct wzp_buffer buffer;
    struct wzp_json json;
};

static void answer_begin(struct answer *a, const json_t *request, bool well)
{
    const json_t *id = json_object_get(request, "id");
    wzp_buffer_init(&a->buffer, ANSWER_MAX);
    wzp_json_init(&a->json, &a->buffer);
    wzp_json_object_begin(&a->json, NULL);
    if (json_is_integer(id))
        wzp_json_integer(&a->json, "id", json_integer_value(id));
    else if (json_is_string(id))
        wzp_json_text(&a->json, "id", json_string_value(id));
    wzp_json_boolean(&a->json, "ok", well);
}

static void answer_send(struct answer *a, struct wzp_socket_peer *peer)
{
    static const char failed[] = "{\"ok\":false,\"error\":\"no memory for the answer\"}\n";
    wzp_json_object_end(&a->json);
    wzp_buffer_char(&a->buffer, '\n');
    bool whole = wzp_json_finish(&a->json) == 0 && a->buffer.result == 0;
    wzp_socket_send(peer, whole ? a->buffer.text : failed,
                    whole ? a->buffer.length : sizeof failed - 1);
    wzp_buffer_fini(&a->buffer);
}

static void answer_error(struct wzp_socket_peer *peer, const json_t *request,
                         const struct wzp_error *err)
{
    struct answer a;
    answer_begin(&a, request, false);
    wzp_json_text(&a.json, "error", err->text);
    wzp_json_text(&a.json, "code", wzp_strerror(err->code));
    answer_send(&a, peer);
}

/* ---- what is asked of the socket itself ---- */

static void tell_status(struct wzp_control *c, struct wzp_socket_peer *peer, const json_t *request)
{
    struct answer a;
    struct wzp_app_facts facts;
    struct wzp_app_session s;
    wzp_app_facts(c->app, &facts);
    answer_begin(&a, request, true);
    wzp_json_text(&a.json, "fingerprint", facts.fingerprint);
    wzp_json_text(&a.json, "alias", facts.alias);
    wzp_json_text(&a.json, "relay", facts.relay);
    wzp_json_boolean(&a.json, "registered", facts.registered);
    wzp_json_array_begin(&a.json, "sessions");
    for (size_t i = 0; wzp_app_session(c->app, i, &s); i++) {
        wzp_json_object_begin(&a.json, NULL);
        wzp_json_unsigned(&a.json, "session", s.id);
        wzp_json_text(&a.json, "kind", s.stats.is_room ? "room" : "call");
        wzp_json_text(&a.json, "state", wzp_session_state_name(s.state));
        wzp_json_text_if(&a.json, "peer", s.stats.peer);
        wzp_json_text_if(&a.json, "name", s.name);
        wzp_json_text_if(&a.json, "alias", s.stats.alias);
        wzp_json_text_if(&a.json, "room", s.stats.is_room ? s.stats.room : "");
        wzp_json_boolean(&a.json, "muted", s.stats.muted);
        wzp_json_boolean(&a.json, "held", s.stats.held);
        wzp_json_boolean(&a.json, "direct", s.stats.direct);
        wzp_json_boolean(&a.json, "e2e", s.stats.e2e_confirmed);
        wzp_json_text_if(&a.json, "sas", s.stats.sas);
        wzp_json_unsigned(&a.json, "duration_ms", s.stats.duration_ms);
        wzp_json_object_end(&a.json);
    }
    wzp_json_array_end(&a.json);
    answer_send(&a, peer);
}

static void tell_contacts(struct wzp_control *c, struct wzp_socket_peer *peer,
                          const json_t *request)
{
    struct answer a;
    struct wzp_app_contact contact;
    answer_begin(&a, request, true);
    wzp_json_array_begin(&a.json, "contacts");
    for (size_t i = 0; wzp_app_contact(c->app, i, &contact); i++) {
        wzp_json_object_begin(&a.json, NULL);
        wzp_json_text(&a.json, "name", contact.name);
        wzp_json_text(&a.json, "fingerprint", contact.fingerprint);
        wzp_json_text(&a.json, "presence", wzp_presence_name(contact.presence));
        wzp_json_boolean(&a.json, "verified", contact.verified);
        wzp_json_object_end(&a.json);
    }
    wzp_json_array_end(&a.json);
    answer_send(&a, peer);
}

static void tell_commands(struct wzp_control *c, struct wzp_socket_peer *peer,
                          const json_t *request)
{
    struct answer a;
    const struct wzp_app_command *row;
    answer_begin(&a, request, true);
    wzp_json_array_begin(&a.json, "commands");
    for (size_t i = 0; (row = wzp_app_command(i)); i++) {
        wzp_json_object_begin(&a.json, NULL);
        wzp_json_text(&a.json, "command", row->name);
        wzp_json_text(&a.json, "help", row->help);
        wzp_json_boolean(&a.json, "applies", wzp_app_applies(c->app, row));
        wzp_json_array_begin(&a.json, "arguments");
        for (const struct wzp_argument_row *argument = row->arguments; argument->name; argument++) {
            wzp_json_object_begin(&a.json, NULL);
            wzp_json_text(&a.json, "name", argument->name);
            wzp_json_boolean(&a.json, "optional", argument->optional);
            wzp_json_object_end(&a.json);
        }
        wzp_json_array_end(&a.json);
        wzp_json_object_end(&a.json);
    }
    wzp_json_array_end(&a.json);
    answer_send(&a, peer);
}

static void begin_events(struct wzp_control *c, struct wzp_socket_peer *peer, const json_t *request)
{
    struct answer a;
    *wzp_socket_peer_data(peer) = c; /* any non-NULL value: this peer wants events */
    answer_begin(&a, request, true);
    answer_send(&a, peer);
}

static const struct {
    const char *name;
    void (*run)(struct wzp_control *c, struct wzp_socket_peer *peer, const json_t *request);
} own[] = {{"status", tell_status},
         {"contacts", tell_contacts},
         {"commands", tell_commands},
         {"events", begin_events}};

/* ---- commands of the softphone ---- */

/* Runs a request such as {"command":"call","arguments":["Ann"]}; arguments are passed unchanged. */
static int run_command(struct wzp_control *c, const char *name, const json_t *request,
                       const struct wzp_app_command **row, struct wzp_error *err)
{
    const char *arguments[ARGUMENTS];
    size_t count = 0, i;
    json_t *item;
    const json_t *list = json_object_get(request, "arguments");
    bool is_list = !list || json_is_array(list);
    *row = wzp_app_command_find(name);
    if (!*row)
        return wzp_error_set(err, WZP_E_UNKNOWN,
                             "there is no such command; \"commands\" lists them");
    if (!is_list)
        return wzp_error_set(err, WZP_E_ARGUMENT, "arguments are a list of texts");
    json_array_foreach(list, i, item)
    {
        if (!json_is_string(item) || count == ARGUMENTS)
            return wzp_error_set(err, WZP_E_ARGUMENT, "arguments are up to %d texts", ARGUMENTS);
        arguments[count++] = json_string_value(item);
    }
    return wzp_app_do(c->app, *row, arguments, count, err);
}

static void run_request(struct wzp_control *c, struct wzp_socket_peer *peer, const json_t *request)
{
    struct wzp_error err = {0};
    const struct wzp_app_command *row = NULL;
    const char *line = json_string_value(json_object_get(request, "line"));
    const char *name = json_string_value(json_object_get(request, "command"));
    const char *asked = name ? name : line;
    for (size_t i = 0; asked && i < sizeof own / sizeof own[0]; i++)
        if (strcmp(asked, own[i].name) == 0) {
            own[i].run(c, peer, request);
            return;
        }
    int result;
    if (line)
        result = wzp_app_run(c->app, line, &row, &err);
    else if (name)
        result = run_command(c, name, request, &row, &err);
    else
        result = wzp_error_set(&err, WZP_E_SYNTAX, "a request has a \"command\" or a \"line\"");
    if (result) {
        answer_error(peer, request, &err);
        return;
    }
    struct answer a;
    answer_begin(&a, request, true);
    wzp_json_text_if(&a.json, "told", row && row->done ? row->done : "");
    answer_send(&a, peer);
}

static void on_line(void *context, struct wzp_socket_peer *peer, const char *line)
{
    json_error_t wrong;
    json_t *request = json_loads(line, JSON_REJECT_DUPLICATES, &wrong);
    if (json_is_object(request)) {
        run_request(context, peer, request);
    } else {
        struct wzp_error err = {0};
        wzp_error_set(&err, WZP_E_SYNTAX, "not a JSON object in one line");
        answer_error(peer, NULL, &err);
    }
    json_decref(request);
}

static void on_closed(void *context, struct wzp_socket_peer *peer)
{
    (void)context;
    (void)peer;
}

/* ---- events ---- */

static bool anybody_listens(struct wzp_control *c)
{
    struct wzp_socket_peer *peer;
    for (size_t i = 0; (peer = wzp_socket_peer(c->socket, i)); i++)
        if (*wzp_socket_peer_data(peer))
            return true;
    return false;
}

static void on_event(void *context, const struct wzp_event *event)
{
    struct wzp_control *c = context;
    struct wzp_socket_peer *peer;
    struct wzp_buffer line;
    char *text;
    size_t length;
    double t = (double)wzp_time_since(event->at, c->began) / 1e9;
    if (!anybody_listens(c) || wzp_event_json(&text, &length, event, t))
        return;
    wzp_buffer_init(&line, ANSWER_MAX);
    wzp_buffer_add(&line, text, length);
    wzp_buffer_char(&line, '\n');
    wzp_free(text);
    for (size_t i = 0; line.result == 0 && (peer = wzp_socket_peer(c->socket, i));)
        if (!*wzp_socket_peer_data(peer) || wzp_socket_send(peer, line.text, line.length) == 0)
            i++; /* a closed peer's place is taken by the next one */
    wzp_buffer_fini(&line);
}

/* ---- life ---- */

static int path_of(char out[WZP_PATH_MAX], const struct wzp_host *host, struct wzp_error *err)
{
    struct wzp_host_file file = {.place = WZP_PLACE_RUNTIME, .name = WZP_CONTROL_NAME};
    return host->calls->file_path(host->context, out, &file, err);
}

int wzp_control_open(struct wzp_control *c, struct wzp_loop *l, const struct wzp_host *host,
                     struct wzp_app *app, struct wzp_error *err)
{
    static const struct wzp_socket_handlers handlers = {on_line, on_closed};
    char path[WZP_PATH_MAX];
    *c = (struct wzp_control){0};
    int result = path_of(path, host, err);
    if (!result)
        result = wzp_socket_listen(&c->socket, l, path, WHO, &handlers, c, err);
    if (result)
        return result;
    c->app = app;
    c->host = *host;
    c->began = host->calls->now(host->context);
    c->listener = (struct wzp_listener){.event = on_event, .context = c};
    wzp_app_listen(app, &c->listener);
    return 0;
}

void wzp_control_close(struct wzp_control *c)
{
    if (c->socket) {
        wzp_app_unlisten(c->app, &c->listener);
        wzp_socket_close(c->socket);
    }
    *c = (struct wzp_control){0};
}

int wzp_control_connect(const struct wzp_host *host, struct wzp_error *err)
{
    char path[WZP_PATH_MAX];
    int result = path_of(path, host, err);
    return result ? result : wzp_socket_connect(path, WHO, err);
}

bool wzp_control_has(const struct wzp_host *host, const char *fingerprint)
{
    static const char request[] = "{\"command\":\"status\"}\n";
    char answer[4096], wanted[WZP_FINGERPRINT_TEXT_MAX + 24];
    size_t length = 0;
    int fd = wzp_control_connect(host, NULL);
    if (fd < 0)
        return false;
    bool told = send(fd, request, sizeof request - 1, MSG_NOSIGNAL) == (ssize_t)sizeof request - 1;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    /* The fingerprint stands at the beginning: longer answers need not be read to the end. */
    while (told && length < sizeof answer - 1 && !memchr(answer, '\n', length)) {
        ssize_t n = poll(&p, 1, ANSWER_PATIENCE) > 0
                        ? recv(fd, answer + length, sizeof answer - 1 - length, 0)
                        : 0;
        if (n <= 0)
            break;
        length += (size_t)n;
    }
    close(fd);
    answer[length] = '\0';
    snprintf(wanted, sizeof wanted, "\"fingerprint\":\"%s\"", fingerprint);
    return strstr(answer, wanted) != NULL;
}

int wzp_control_quit(const struct wzp_host *host, struct wzp_error *err)
{
    static const char request[] = "{\"command\":\"quit\"}\n";
    int fd = wzp_control_connect(host, err);
    if (fd < 0)
        return fd;
    bool sent = send(fd, request, sizeof request - 1, MSG_NOSIGNAL) == (ssize_t)sizeof request - 1;
    close(fd);
    return sent ? 0 : wzp_error_set(err, WZP_E_IO, "it does not listen: %s", strerror(errno));
}
