/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/relay_control.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/relay_dump.h"
#include "loop/socket.h"
#include "relay/access.h"
#include "relay/order.h"

/* A list being sent to one peer. */
struct job {
    struct wzp_relay_control *control;
    struct wzp_socket_peer *peer; /* NULL: the peer has disconnected */
    struct wzp_relay_dump *dump;
    bool is_sending;
};

struct wzp_relay_control {
    struct wzp_loop *loop;
    struct wzp_relay_service *service;
    struct wzp_socket *socket;
    struct wzp_log log;
    void (*drain)(void *context);
    void *context;
    struct job jobs[WZP_SOCKET_PEERS_MAX];
};

/* ---- answers ---- */

static void answer(struct wzp_socket_peer *peer, int result, const char *sentence)
{
    char safe[512];
    struct wzp_buffer b;
    struct wzp_json j;
    wzp_text_filter(safe, sizeof safe, sentence, strlen(sentence));
    wzp_buffer_init(&b, 4096);
    wzp_json_init(&j, &b);
    wzp_json_object_begin(&j, NULL);
    wzp_json_boolean(&j, "ok", !result);
    wzp_json_text(&j, result ? "error" : "told", safe);
    wzp_json_object_end(&j);
    wzp_buffer_char(&b, '\n');
    if (!b.result)
        (void)wzp_socket_send(peer, b.text, b.length);
    wzp_buffer_fini(&b);
}

/* ---- lists ---- */

static bool on_lines(void *context, const char *text, size_t length)
{
    struct job *job = context;
    job->is_sending = true;
    bool well = wzp_socket_send(job->peer, text, length) == 0;
    job->is_sending = false;
    return well;
}

static void on_done(void *context, int result)
{
    struct job *job = context;
    struct wzp_socket_peer *peer = job->peer;
    *wzp_socket_peer_data(peer) = NULL;
    job->peer = NULL;
    answer(peer, result, result ? wzp_strerror(result) : "");
}

static void list(struct wzp_relay_control *c, struct wzp_socket_peer *peer, unsigned parts)
{
    static const struct wzp_relay_dump_handlers handlers = {on_lines, on_done};
    struct job *job = c->jobs;
    if (*wzp_socket_peer_data(peer)) {
        answer(peer, WZP_E_STATE, "one list at a time");
        return;
    }
    while (job < c->jobs + WZP_SOCKET_PEERS_MAX && (job->peer || job->dump))
        job++;
    int result =
        job == c->jobs + WZP_SOCKET_PEERS_MAX
            ? WZP_E_LIMIT
            : wzp_relay_dump_start(&job->dump, c->loop, c->service->relay, parts, &handlers, job);
    if (result) {
        answer(peer, result, wzp_strerror(result));
        return;
    }
    job->control = c;
    job->peer = peer;
    *wzp_socket_peer_data(peer) = job;
}

static void on_closed(void *context, struct wzp_socket_peer *peer)
{
    struct job *job = *wzp_socket_peer_data(peer);
    (void)context;
    if (!job)
        return;
    job->peer = NULL;
    if (!job->is_sending) /* else the job frees itself when it is sent */
        wzp_relay_dump_close(job->dump);
}

/* ---- words ---- */

static const struct word {
    struct wzp_relay_word shown;
    enum { LIST, ORDER, ACCESS, DRAIN } kind;
    int what; /* the parts of a list, or a command */
    size_t arguments;
} words[] = {
    {{"who", "", "everybody who is registered or in a room"}, LIST, WZP_RELAY_LISTING_PEOPLE, 0},
    {{"rooms", "", "rooms and their members"}, LIST, WZP_RELAY_LISTING_ROOMS, 0},
    {{"links", "", "other relays"}, LIST, WZP_RELAY_LISTING_LINKS | WZP_RELAY_LISTING_PROBES, 0},
    {{"pool", "", "the relays behind one name"}, LIST, WZP_RELAY_LISTING_POOL, 0},
    {{"counters", "", "what the relay counted"}, LIST, WZP_RELAY_LISTING_COUNTERS, 0},
    {{"bans", "", "who is banned"}, LIST, WZP_RELAY_LISTING_BANS, 0},
    {{"access", "", "rooms that are not open to all"}, LIST, WZP_RELAY_LISTING_ACCESS, 0},
    {{"kick", "FINGERPRINT|ADDRESS", "end the connections of a person or a network"},
     ORDER,
     WZP_RELAY_ORDER_KICK,
     1},
    {{"ban", "FINGERPRINT|ADDRESS", "the same, and refuse them from then on"},
     ORDER,
     WZP_RELAY_ORDER_BAN,
     1},
    {{"unban", "FINGERPRINT|ADDRESS", "take a ban back"}, ORDER, WZP_RELAY_ORDER_UNBAN, 1},
    /* On the socket it also takes the password's key, for which ctl asks the person. */
    {{"lock", "ROOM", "give a room a password, which is asked for"},
     ACCESS,
     WZP_RELAY_ACCESS_LOCK,
     2},
    {{"unlock", "ROOM", "open a room to all"}, ACCESS, WZP_RELAY_ACCESS_UNLOCK, 1},
    {{"allow", "ROOM FINGERPRINT", "put somebody on the list of a room"},
     ACCESS,
     WZP_RELAY_ACCESS_ALLOW,
     2},
    {{"disallow", "ROOM FINGERPRINT", "take somebody off it again, and out of the room"},
     ACCESS,
     WZP_RELAY_ACCESS_DISALLOW,
     2},
    {{"drain", "", "part with everybody and end"}, DRAIN, 0, 0}};
#define WORD_COUNT (sizeof words / sizeof words[0])

const struct wzp_relay_word *wzp_relay_word(size_t i)
{
    return i < WORD_COUNT ? &words[i].shown : NULL;
}

/* ---- orders ---- */

static void tell_ended(char *told, size_t size, size_t ended)
{
    snprintf(told, size, "%zu %s ended", ended, wzp_plural(ended, "connection", "connections"));
}

static void give(struct wzp_relay_control *c, struct wzp_socket_peer *peer, const struct word *w,
                 const char *whom)
{
    enum wzp_relay_order order = (enum wzp_relay_order)w->what;
    struct wzp_error err = {0};
    char told[64];
    size_t ended;
    int result =
        wzp_relay_order(c->service->relay, order, whom, &ended, wzp_loop_now(c->loop), &err);
    wzp_relay_service_kick(c->service);
    tell_ended(told, sizeof told, ended);
    if (!result)
        wzp_log(&c->log, WZP_LOG_INFO, "by order: %s %s (%s)", w->shown.name, whom, told);
    answer(peer, result, result ? err.text : order == WZP_RELAY_ORDER_UNBAN ? "" : told);
}

/* Changes the access rule of a room. */
static void give_access(struct wzp_relay_control *c, struct wzp_socket_peer *peer,
                        const struct word *w, const char *room, const char *argument)
{
    enum wzp_relay_access_order order = (enum wzp_relay_access_order)w->what;
    struct wzp_error err = {0};
    char told[64] = "", safe[WZP_RELAY_NAME_MAX];
    size_t ended;
    int result = wzp_relay_access_order(c->service->relay, order, room, argument, &ended,
                                        wzp_loop_now(c->loop), &err);
    wzp_relay_service_kick(c->service);
    wzp_text_filter(safe, sizeof safe, room, strlen(room));
    if (!result)
        wzp_log(&c->log, WZP_LOG_INFO, "by order: %s %s", w->shown.name, safe);
    if (order == WZP_RELAY_ACCESS_DISALLOW)
        tell_ended(told, sizeof told, ended);
    answer(peer, result, result ? err.text : told);
}

static void refuse_word(struct wzp_socket_peer *peer)
{
    char sentence[256] = "give";
    for (size_t i = 0; i < WORD_COUNT; i++) {
        size_t length = strlen(sentence);
        snprintf(sentence + length, sizeof sentence - length, "%s %s",
                 i == 0 ? "" : i + 1 < WORD_COUNT ? "," : " or", words[i].shown.name);
    }
    answer(peer, WZP_E_UNKNOWN, sentence);
}

static void refuse_arguments(struct wzp_socket_peer *peer, const struct word *w)
{
    char sentence[128];
    snprintf(sentence, sizeof sentence, "%s takes %s", w->shown.name,
             w->shown.arguments[0] ? w->shown.arguments : "no argument");
    answer(peer, WZP_E_ARGUMENT, sentence);
}

static void run(struct wzp_relay_control *c, struct wzp_socket_peer *peer, const json_t *request)
{
    const char *name = json_string_value(json_object_get(request, "command"));
    const json_t *arguments = json_object_get(request, "arguments");
    const char *a = json_string_value(json_array_get(arguments, 0));
    const char *b = json_string_value(json_array_get(arguments, 1));
    size_t count = json_array_size(arguments);
    const struct word *w = words;
    while (w < words + WORD_COUNT && (!name || strcmp(name, w->shown.name) != 0))
        w++;
    if (w == words + WORD_COUNT) {
        refuse_word(peer);
        return;
    }
    if (count != w->arguments || (count > 0 && !a) || (count > 1 && !b)) {
        refuse_arguments(peer, w);
        return;
    }
    switch (w->kind) {
    case LIST: list(c, peer, (unsigned)w->what); break;
    case ORDER: give(c, peer, w, a); break;
    case ACCESS: give_access(c, peer, w, a, b ? b : ""); break;
    case DRAIN:
        answer(peer, 0, "parting with everybody");
        c->drain(c->context);
        break;
    }
}

static void on_line(void *context, struct wzp_socket_peer *peer, const char *line)
{
    json_t *request = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(request))
        run(context, peer, request);
    else
        answer(peer, WZP_E_SYNTAX, "not a JSON object in one line");
    json_decref(request);
}

/* ---- life ---- */

int wzp_relay_control_open(struct wzp_relay_control **out, struct wzp_loop *l,
                           struct wzp_relay_service *service, const char *path,
                           void (*drain)(void *context), void *context, const struct wzp_log *log,
                           struct wzp_error *err)
{
    static const struct wzp_socket_handlers handlers = {on_line, on_closed};
    struct wzp_relay_control *c = wzp_calloc(1, sizeof *c);
    *out = NULL;
    if (!c)
        return wzp_error_set(err, WZP_E_MEMORY, "not enough memory for the control socket");
    c->loop = l;
    c->service = service;
    c->log = *log;
    c->drain = drain;
    c->context = context;
    int result = wzp_socket_listen(&c->socket, l, path, "relay", &handlers, c, err);
    if (result)
        wzp_free(c);
    else
        *out = c;
    return result;
}

void wzp_relay_control_close(struct wzp_relay_control *c)
{
    if (!c)
        return;
    wzp_socket_close(c->socket);
    for (size_t i = 0; i < WZP_SOCKET_PEERS_MAX; i++)
        wzp_relay_dump_close(c->jobs[i].dump);
    wzp_free(c);
}
