/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "loop/redis.h"

#if WZP_WITH_HIREDIS
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "base/time.h"
#include "loop/host_internal.h"
#include "loop/internal.h"
#include "loop/redis_line.h"

#define TICK_MS 250
#define CONNECT_TIME (4 * WZP_SECOND) /* until both connections are ready */
#define SILENCE_TIME (5 * WZP_SECOND) /* requests wait, and nothing comes: it is dead */
#define DEAF_TIME (8 * WZP_SECOND)    /* not even our own heartbeats are received for so long */
#define RETRY_FIRST (500 * WZP_MILLISECOND)
#define RETRY_MAX (4 * WZP_SECOND)

/* Values are compared, and returned, up to this length; relays write no longer ones, nor other
 * characters. A key that is not a string is returned as "?". */
static const char script[] = "local v = ''\n"
                             "local t = redis.call('TYPE', KEYS[1]).ok\n"
                             "if t == 'string' then\n"
                             "  v = redis.call('GETRANGE', KEYS[1], 0, 382)\n"
                             "  if string.find(v, '[^ -~]') then v = '?' end\n"
                             "elseif t ~= 'none' then v = '?' end\n"
                             "if v ~= ARGV[1] then return {0, v} end\n"
                             "if ARGV[2] == '' then redis.call('DEL', KEYS[1])\n"
                             "else redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3]) end\n"
                             "return {1, ''}\n";

enum { ASKING, LISTENING, LINES };

struct line {
    struct wzp_redis *redis;
    struct wzp_redis_line *at; /* NULL: none */
    bool ready;
    uint64_t heard_at; /* or when the first request began to wait */
};

struct wzp_redis {
    struct wzp_loop_item item;
    struct wzp_loop *loop;
    uv_timer_t tick;
    bool closing, is_up;
    struct wzp_loop_place home; /* for the resolver */
    struct wzp_host_request *request;
    struct wzp_pool_url url;
    char channels[WZP_REDIS_CHANNELS][64];
    struct wzp_redis_calls calls;
    struct line lines[LINES];
    size_t pending;
    unsigned subscribed;
    char sha[41]; /* of the script, "" before it is loaded */
    uint64_t retry_at, deadline, retry;
    char place[sizeof((struct wzp_pool_url *)0)->host + 2]; /* to be resolved */
    size_t turn;                                            /* of its addresses */
    bool connecting;
    char why[160]; /* no connection could be begun */
};

/* A request that waits for its answer. */
struct pending {
    struct wzp_redis *redis;
    uint64_t number;
    enum wzp_pool_verb verb;
};

bool wzp_redis_available(void)
{
    return true;
}

/* ---- the end of both connections ---- */

static void drop_line(struct line *line)
{
    struct wzp_redis_line *at = line->at;
    line->at = NULL;
    line->ready = false;
    wzp_redis_line_close(at);
}

/* Closes both connections: one alone is of no use. */
static void fail(struct wzp_redis *redis, const char *why)
{
    bool told = !redis->is_up && !redis->connecting;
    if (redis->closing)
        return;
    redis->is_up = redis->connecting = false;
    redis->sha[0] = '\0';
    redis->subscribed = 0;
    for (size_t i = 0; i < LINES; i++)
        drop_line(&redis->lines[i]);
    redis->retry_at = wzp_time_add(wzp_loop_clock(), redis->retry);
    redis->retry = redis->retry * 2 < RETRY_MAX ? redis->retry * 2 : RETRY_MAX;
    if (!told)
        redis->calls.state(redis->calls.context, false, why);
}

static void on_ended(void *context, const char *why)
{
    const struct line *line = context;
    if (line->at)
        fail(line->redis, why);
}

static void fail_reply(struct wzp_redis *redis, const redisReply *reply)
{
    char why[160] = "it does not answer as Redis does";
    if (reply && reply->type == REDIS_REPLY_ERROR)
        wzp_text_filter(why, sizeof why, reply->str, reply->len);
    fail(redis, why);
}

/* ---- answers ---- */

static int result_of(const redisReply *reply, enum wzp_pool_verb verb, const char **value,
                     size_t *length)
{
    if (reply->type == REDIS_REPLY_STRING && verb == WZP_POOL_GET) {
        *value = reply->len > 0 ? reply->str : NULL;
        *length = reply->len;
        return 0;
    }
    if (reply->type == REDIS_REPLY_ERROR && verb == WZP_POOL_GET &&
        strncmp(reply->str, "WRONGTYPE", strlen("WRONGTYPE")) == 0) {
        *value = "?"; /* something is there, and it is not ours */
        *length = 1;
        return 0;
    }
    if (reply->type == REDIS_REPLY_INTEGER && verb == WZP_POOL_PUBLISH)
        return reply->integer > 0 ? 0 : WZP_E_NOT_FOUND;
    if (reply->type == REDIS_REPLY_ARRAY && verb == WZP_POOL_PUT && reply->elements == 2 &&
        reply->element[0]->type == REDIS_REPLY_INTEGER &&
        reply->element[1]->type == REDIS_REPLY_STRING) {
        *value = reply->element[1]->len > 0 ? reply->element[1]->str : NULL;
        *length = reply->element[1]->len;
        return reply->element[0]->integer == 1 ? 0 : WZP_E_REFUSED;
    }
    return WZP_E_IO;
}

static void on_answer(void *context, const redisReply *reply)
{
    struct pending *pending = context;
    struct wzp_redis *redis = pending->redis;
    const char *value = NULL;
    size_t length = 0;
    int result = reply ? result_of(reply, pending->verb, &value, &length) : WZP_E_CLOSED;
    uint64_t number = pending->number;
    wzp_free(pending);
    redis->pending--;
    redis->lines[ASKING].heard_at = wzp_loop_clock();
    if (redis->closing)
        return;
    if (result == WZP_E_IO && reply->type == REDIS_REPLY_ERROR &&
        strncmp(reply->str, "NOSCRIPT", strlen("NOSCRIPT")) == 0)
        fail(redis, "it has forgotten the script"); /* it is loaded with the next connection */
    if (number)
        redis->calls.answer(redis->calls.context, number, result, value, length);
}

static bool command(struct wzp_redis *redis, const struct wzp_pool_request *request, int count,
                    const char **words, const size_t *lengths)
{
    struct pending *pending = wzp_alloc(sizeof *pending);
    if (!pending)
        return false;
    *pending = (struct pending){redis, request->number, request->verb};
    struct line *line = &redis->lines[ASKING];
    if (redis->pending == 0)
        line->heard_at = wzp_loop_clock();
    if (!wzp_redis_line_send(line->at, count, words, lengths, false, on_answer, pending)) {
        wzp_free(pending);
        return false;
    }
    redis->pending++;
    return true;
}

bool wzp_redis_ask(struct wzp_redis *redis, const struct wzp_pool_request *request)
{
    if (!redis->is_up || redis->pending >= WZP_REDIS_PENDING_MAX ||
        wzp_redis_line_unsent(redis->lines[ASKING].at) > WZP_REDIS_UNSENT_MAX)
        return false;
    const char *expected = request->expected ? request->expected : "";
    const char *value = request->value ? request->value : "";
    size_t key = strlen(request->key), length = request->value ? request->length : 0;
    char seconds[16];
    snprintf(seconds, sizeof seconds, "%u", request->seconds ? request->seconds : 1);
    switch (request->verb) {
    case WZP_POOL_GET:
        return command(redis, request, 4, (const char *[]){"GETRANGE", request->key, "0", "382"},
                       (const size_t[]){8, key, 1, 3});
    case WZP_POOL_PUT:
        return command(
            redis, request, 7,
            (const char *[]){"EVALSHA", redis->sha, "1", request->key, expected, value, seconds},
            (const size_t[]){7, 40, 1, key, strlen(expected), length, strlen(seconds)});
    case WZP_POOL_PUBLISH:
        return command(redis, request, 3, (const char *[]){"PUBLISH", request->key, value},
                       (const size_t[]){7, key, length});
    }
    return false;
}

/* ---- the beginning of a connection ---- */

static void look_whether_up(struct wzp_redis *redis)
{
    if (redis->is_up || !redis->lines[ASKING].ready || !redis->lines[LISTENING].ready)
        return;
    redis->is_up = true;
    redis->connecting = false;
    redis->retry = RETRY_FIRST;
    redis->calls.state(redis->calls.context, true, NULL);
}

static void on_ok(void *context, const redisReply *reply)
{
    const struct line *line = context;
    if (reply && reply->type != REDIS_REPLY_STATUS)
        fail_reply(line->redis, reply);
}

static void on_loaded(void *context, const redisReply *reply)
{
    struct line *line = context;
    if (!reply)
        return;
    if (reply->type != REDIS_REPLY_STRING || reply->len != sizeof line->redis->sha - 1) {
        fail_reply(line->redis, reply);
        return;
    }
    memcpy(line->redis->sha, reply->str, reply->len + 1);
    line->ready = true;
    look_whether_up(line->redis);
}

static void on_letter(void *context, const redisReply *reply)
{
    struct line *line = context;
    struct wzp_redis *redis = line->redis;
    if (!reply || redis->closing)
        return;
    line->heard_at = wzp_loop_clock();
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 3 ||
        reply->element[0]->type != REDIS_REPLY_STRING) {
        fail_reply(redis, reply);
    } else if (reply->element[2]->type == REDIS_REPLY_STRING) {
        if (redis->is_up)
            redis->calls.heard(redis->calls.context, reply->element[2]->str,
                               reply->element[2]->len);
    } else if (strcmp(reply->element[0]->str, "subscribe") == 0 &&
               ++redis->subscribed == WZP_REDIS_CHANNELS) {
        line->ready = true;
        look_whether_up(redis);
    }
}

/* Sends the first commands of a connection. False: out of memory. */
static bool introduce(struct line *line)
{
    struct wzp_redis *redis = line->redis;
    const struct wzp_pool_url *url = &redis->url;
    char database[16];
    bool well = true;
    snprintf(database, sizeof database, "%u", url->database);
    if (url->password[0] && url->user[0])
        well = wzp_redis_line_send(line->at, 3, (const char *[]){"AUTH", url->user, url->password},
                                   NULL, false, on_ok, line);
    else if (url->password[0])
        well = wzp_redis_line_send(line->at, 2, (const char *[]){"AUTH", url->password}, NULL,
                                   false, on_ok, line);
    if (well && url->database)
        well = wzp_redis_line_send(line->at, 2, (const char *[]){"SELECT", database}, NULL, false,
                                   on_ok, line);
    if (well && line == &redis->lines[ASKING])
        well = wzp_redis_line_send(line->at, 3, (const char *[]){"SCRIPT", "LOAD", script}, NULL,
                                   false, on_loaded, line);
    else if (well)
        well = wzp_redis_line_send(
            line->at, 3, (const char *[]){"SUBSCRIBE", redis->channels[0], redis->channels[1]},
            NULL, true, on_letter, line);
    return well;
}

/* address: of the host, NULL: its socket. */
static bool open_line(struct wzp_redis *redis, struct line *line, const struct wzp_addr *address)
{
    struct wzp_error err = {0};
    line->redis = redis;
    line->ready = false;
    line->heard_at = wzp_loop_clock();
    if (wzp_redis_line_open(&line->at, redis->loop, &redis->url, address, WZP_REDIS_REPLY_MAX,
                            on_ended, line, &err) < 0) {
        (void)wzp_text_copy(redis->why, sizeof redis->why, err.text);
        return false;
    }
    return introduce(line);
}

static void connect_to(struct wzp_redis *redis, const struct wzp_addr *address)
{
    redis->deadline = wzp_time_add(wzp_loop_clock(), CONNECT_TIME);
    (void)wzp_text_copy(redis->why, sizeof redis->why, "no connection could be made");
    for (size_t i = 0; i < LINES && redis->connecting; i++)
        if (!open_line(redis, &redis->lines[i], address))
            fail(redis, redis->why);
}

static void on_resolved(void *context, const struct wzp_addr *addrs, size_t count,
                        const struct wzp_error *err)
{
    struct wzp_redis *redis = context;
    redis->request = NULL;
    if (count == 0)
        fail(redis, err ? err->text : "its name is not known");
    else
        connect_to(redis, &addrs[redis->turn++ % count]);
}

static void begin(struct wzp_redis *redis)
{
    struct wzp_error err = {0};
    redis->connecting = true;
    if (redis->url.is_unix) {
        connect_to(redis, NULL);
        return;
    }
    redis->deadline = WZP_NEVER; /* the resolver has its own */
    if (wzp_loop_resolve(&redis->home, &redis->request, redis->place, redis->url.port, on_resolved,
                         redis, &err) < 0)
        fail(redis, err.text);
}

static void on_tick(uv_timer_t *tick)
{
    struct wzp_redis *redis = tick->data;
    uint64_t now = wzp_loop_clock();
    if (redis->is_up) {
        if (redis->pending > 0 &&
            wzp_time_since(now, redis->lines[ASKING].heard_at) >= SILENCE_TIME)
            fail(redis, "it does not answer");
        else if (wzp_time_since(now, redis->lines[LISTENING].heard_at) >= DEAF_TIME)
            fail(redis, "nothing is heard on its channels");
    } else if (redis->connecting) {
        if (now >= redis->deadline)
            fail(redis, "it does not answer");
    } else if (now >= redis->retry_at) {
        begin(redis);
    }
}

/* ---- life ---- */

static void item_close(struct wzp_loop_item *item)
{
    wzp_redis_close((struct wzp_redis *)item);
}

int wzp_redis_new(struct wzp_redis **out, struct wzp_loop *l, const struct wzp_pool_url *url,
                  const char channels[WZP_REDIS_CHANNELS][64], const struct wzp_redis_calls *calls,
                  struct wzp_error *err)
{
    struct wzp_redis *redis = wzp_calloc(1, sizeof *redis);
    *out = NULL;
    if (!redis)
        return wzp_error_set(err, WZP_E_MEMORY, "not enough memory for the directory");
    redis->item.close = item_close;
    redis->loop = l;
    redis->home.loop = l;
    redis->url = *url;
    redis->calls = *calls;
    redis->retry = RETRY_FIRST;
    memcpy(redis->channels, channels, sizeof redis->channels);
    bool v6 = strchr(url->host, ':') != NULL;
    snprintf(redis->place, sizeof redis->place, "%s%s%s", v6 ? "[" : "", url->host, v6 ? "]" : "");
    if (uv_timer_init(&l->uv, &redis->tick) < 0) {
        wzp_free(redis);
        return wzp_error_set(err, WZP_E_IO, "no timer for the directory");
    }
    redis->tick.data = redis;
    (void)uv_timer_start(&redis->tick, on_tick, 0, TICK_MS);
    *out = redis;
    return 0;
}

static void on_tick_closed(uv_handle_t *handle)
{
    wzp_free(handle->data);
}

void wzp_redis_close(struct wzp_redis *redis)
{
    if (!redis || redis->closing)
        return;
    redis->closing = true;
    redis->is_up = redis->connecting = false;
    wzp_loop_resolve_cancel(&redis->home, redis->request);
    redis->request = NULL;
    for (size_t i = 0; i < LINES; i++)
        drop_line(&redis->lines[i]);
    uv_close((uv_handle_t *)&redis->tick, on_tick_closed);
}

#else

bool wzp_redis_available(void)
{
    return false;
}

int wzp_redis_new(struct wzp_redis **out, struct wzp_loop *l, const struct wzp_pool_url *url,
                  const char channels[WZP_REDIS_CHANNELS][64], const struct wzp_redis_calls *calls,
                  struct wzp_error *err)
{
    (void)l;
    (void)url;
    (void)channels;
    (void)calls;
    *out = NULL;
    return wzp_error_set(err, WZP_E_UNSUPPORTED,
                         "this program was built without libhiredis: directory can only be "
                         "\"memory\"");
}

bool wzp_redis_ask(struct wzp_redis *redis, const struct wzp_pool_request *request)
{
    (void)redis;
    (void)request;
    return false;
}

void wzp_redis_close(struct wzp_redis *redis)
{
    (void)redis;
}

#endif
