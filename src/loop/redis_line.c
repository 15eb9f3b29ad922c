/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "loop/redis_line.h"

#if WZP_WITH_HIREDIS
#include <errno.h>
#include <hiredis/hiredis.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/alloc.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"
#include "loop/redis_tls.h"
#include "loop/watch.h"

#define READ_SIZE (16 * 1024) /* one record of TLS */
#define READS_MAX 4           /* then other handles of the loop have their turn */
#define ELEMENTS_MAX 16       /* of an array: replies to our commands have three at most */

/* Who waits for a reply. */
struct waiting {
    struct waiting *next;
    wzp_redis_line_reply *reply;
    void *context;
    bool stays;
};

struct wzp_redis_line {
    const struct wzp_pool_url *url;
    wzp_redis_line_ended *ended;
    void *context;
    int fd;
    struct wzp_watch *watch;
    struct wzp_redis_tls *tls; /* NULL: in the clear */
    bool is_connected, is_through, has_ended;
    unsigned inside; /* of its own calls: it is freed when the outermost returns */
    bool closed;
    redisReader *reader;
    redisReplyObjectFunctions functions; /* of the reader, with bounds ... */
    const redisReplyObjectFunctions *unbounded;
    size_t reply_max, partial; /* bytes of a reply that is not whole */
    struct waiting *first, **last;
    uint8_t *unsent; /* owned */
    size_t unsent_at, unsent_length, unsent_capacity;
};

/* ---- the end ---- */

static void destroy(struct wzp_redis_line *line)
{
    wzp_watch_close(line->watch);
    wzp_redis_tls_free(line->tls);
    if (line->fd >= 0)
        close(line->fd);
    if (line->reader)
        redisReaderFree(line->reader);
    if (line->unsent)
        wzp_wipe(line->unsent, line->unsent_capacity); /* its first bytes were the password */
    wzp_free(line->unsent);
    wzp_free(line);
}

void wzp_redis_line_close(struct wzp_redis_line *line)
{
    if (!line || line->closed)
        return;
    line->closed = true;
    line->inside++;
    while (line->first) {
        struct waiting *w = line->first;
        line->first = w->next;
        if (!w->stays)
            w->reply(w->context, NULL);
        wzp_free(w);
    }
    if (--line->inside == 0)
        destroy(line);
}

static void end(struct wzp_redis_line *line, const char *why)
{
    char safe[160];
    if (line->closed || line->has_ended)
        return;
    line->has_ended = true;
    wzp_watch_set(line->watch, 0);
    wzp_text_filter(safe, sizeof safe, why, strlen(why));
    line->ended(line->context, safe);
}

/* ---- out ---- */

static void watch_again(struct wzp_redis_line *line)
{
    bool writes = !line->is_connected || line->unsent_at < line->unsent_length;
    if (!line->closed && !line->has_ended)
        wzp_watch_set(line->watch, WZP_WATCH_READ | (writes ? WZP_WATCH_WRITE : 0));
}

static long put(struct wzp_redis_line *line, const void *data, size_t length)
{
    if (line->tls)
        return wzp_redis_tls_write(line->tls, data, length);
    ssize_t n = send(line->fd, data, length, MSG_NOSIGNAL);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? WZP_E_AGAIN : WZP_E_IO;
    return (long)n;
}

static void write_some(struct wzp_redis_line *line)
{
    while (line->unsent_at < line->unsent_length) {
        long n = put(line, line->unsent + line->unsent_at, line->unsent_length - line->unsent_at);
        if (n == WZP_E_AGAIN)
            return;
        if (n < 0) {
            end(line, line->tls ? "TLS broke" : strerror(errno));
            return;
        }
        line->unsent_at += (size_t)n;
    }
    line->unsent_at = line->unsent_length = 0;
}

/* What was there may be the password, which no block that is given back holds. */
static bool grow(struct wzp_redis_line *line, size_t length)
{
    size_t capacity = 2 * line->unsent_capacity + length;
    uint8_t *more = wzp_alloc(capacity);
    if (!more)
        return false;
    if (line->unsent) {
        memcpy(more, line->unsent, line->unsent_length);
        wzp_wipe(line->unsent, line->unsent_capacity);
    }
    wzp_free(line->unsent);
    line->unsent = more;
    line->unsent_capacity = capacity;
    return true;
}

static bool keep(struct wzp_redis_line *line, const char *data, size_t length)
{
    if (line->unsent_at > 0) {
        memmove(line->unsent, line->unsent + line->unsent_at,
                line->unsent_length - line->unsent_at);
        line->unsent_length -= line->unsent_at;
        line->unsent_at = 0;
    }
    if (line->unsent_length + length > line->unsent_capacity && !grow(line, length))
        return false;
    memcpy(line->unsent + line->unsent_length, data, length);
    line->unsent_length += length;
    return true;
}

bool wzp_redis_line_send(struct wzp_redis_line *line, int count, const char **words,
                         const size_t *lengths, bool stays, wzp_redis_line_reply *reply,
                         void *context)
{
    char *text;
    struct waiting *w = wzp_alloc(sizeof *w);
    int length = w ? redisFormatCommandArgv(&text, count, words, lengths) : -1;
    bool kept = length > 0 && keep(line, text, (size_t)length);
    if (length > 0) {
        wzp_wipe(text, (size_t)length);
        redisFreeCommand(text);
    }
    if (!kept) {
        wzp_free(w);
        return false;
    }
    *w = (struct waiting){.reply = reply, .context = context, .stays = stays};
    *line->last = w;
    line->last = &w->next;
    watch_again(line); /* sent in the loop's next turn, together with others */
    return true;
}

size_t wzp_redis_line_unsent(const struct wzp_redis_line *line)
{
    return line->unsent_length - line->unsent_at;
}

/* ---- in ---- */

static long get(struct wzp_redis_line *line, void *data, size_t length)
{
    if (line->tls)
        return wzp_redis_tls_read(line->tls, data, length);
    ssize_t n = recv(line->fd, data, length, 0);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? WZP_E_AGAIN : WZP_E_IO;
    return (long)n;
}

static void give(struct wzp_redis_line *line, const redisReply *reply)
{
    struct waiting *w = line->first;
    if (!w) {
        end(line, "it answers what nobody asked");
        return;
    }
    if (w->stays) {
        w->reply(w->context, reply);
        return;
    }
    line->first = w->next;
    if (!line->first)
        line->last = &line->first;
    w->reply(w->context, reply);
    wzp_free(w);
}

static void take(struct wzp_redis_line *line, const char *data, size_t length)
{
    void *reply = NULL;
    if (redisReaderFeed(line->reader, data, length) != REDIS_OK) {
        end(line, "out of memory");
        return;
    }
    line->partial += length;
    while (!line->closed && !line->has_ended) {
        if (redisReaderGetReply(line->reader, &reply) != REDIS_OK) {
            end(line, "it does not answer as Redis does");
            return;
        }
        if (!reply)
            break;
        line->partial = 0;
        give(line, reply);
        freeReplyObject(reply);
    }
    if (!line->closed && line->partial > line->reply_max)
        end(line, "it sends more than can be meant");
}

/* A server that sends without end must not starve the loop. TLS has read at most one record from
 * the socket, which is read whole. */
static void read_some(struct wzp_redis_line *line)
{
    char data[READ_SIZE];
    for (unsigned i = 0; i < READS_MAX && !line->closed && !line->has_ended; i++) {
        long n = get(line, data, sizeof data);
        if (n == WZP_E_AGAIN)
            return;
        if (n > 0)
            take(line, data, (size_t)n);
        else
            end(line, n == 0      ? "it closed the connection"
                      : line->tls ? "TLS broke"
                                  : strerror(errno));
    }
}

/* ---- the beginning ---- */

/* The socket is connected, or is not: then TLS. */
static void connect_on(struct wzp_redis_line *line)
{
    int error = 0;
    socklen_t size = sizeof error;
    bool wants_write = false;
    struct wzp_error err = {0};
    if (!line->is_through) {
        (void)getsockopt(line->fd, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error) {
            end(line, strerror(error));
            return;
        }
        line->is_through = true;
    }
    int result = line->tls ? wzp_redis_tls_shake(line->tls, &wants_write, &err) : 1;
    line->is_connected = result == 1;
    if (result < 0)
        end(line, err.text);
    else if (result == 0)
        wzp_watch_set(line->watch, wants_write ? WZP_WATCH_WRITE : WZP_WATCH_READ);
}

static void on_ready(void *context, int events)
{
    struct wzp_redis_line *line = context;
    line->inside++;
    if (!line->is_connected)
        connect_on(line);
    if (line->is_connected && !line->has_ended && (events & WZP_WATCH_READ))
        read_some(line);
    if (line->is_connected && !line->has_ended && !line->closed)
        write_some(line);
    if (line->is_connected)
        watch_again(line);
    if (--line->inside == 0 && line->closed)
        destroy(line);
}

#if HIREDIS_MAJOR >= 1
typedef size_t element_count;
#else
typedef int element_count;
#endif

/* The library allocates as many elements as the server announces, and visits each when it frees the
 * array: without a bound thirteen bytes could cost gigabytes and many seconds. */
static void *make_array(const redisReadTask *task, element_count count)
{
    const struct wzp_redis_line *line = task->privdata;
    return count > ELEMENTS_MAX ? NULL : line->unbounded->createArray(task, count);
}

static redisReader *make_reader(struct wzp_redis_line *line)
{
    redisReader *reader = redisReaderCreate();
    if (!reader)
        return NULL;
    line->unbounded = reader->fn;
    line->functions = *reader->fn;
    line->functions.createArray = make_array;
    reader->fn = &line->functions;
    reader->privdata = line;
    return reader;
}

static int open_socket(struct wzp_redis_line *line, const struct wzp_addr *address)
{
    struct sockaddr_un path = {.sun_family = AF_UNIX};
    const struct sockaddr *to = address ? &address->u.sa : (const struct sockaddr *)&path;
    if (!address && !wzp_text_copy(path.sun_path, sizeof path.sun_path, line->url->host))
        return ENAMETOOLONG;
    line->fd = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (line->fd < 0)
        return errno;
    return connect(line->fd, to, address ? address->length : sizeof path) == 0 ||
                   errno == EINPROGRESS
               ? 0
               : errno;
}

int wzp_redis_line_open(struct wzp_redis_line **out, struct wzp_loop *l,
                        const struct wzp_pool_url *url, const struct wzp_addr *address,
                        size_t reply_max, wzp_redis_line_ended *ended, void *context,
                        struct wzp_error *err)
{
    struct wzp_redis_line *line = wzp_calloc(1, sizeof *line);
    *out = NULL;
    if (!line)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    line->url = url;
    line->ended = ended;
    line->context = context;
    line->reply_max = reply_max;
    line->last = &line->first;
    line->reader = make_reader(line);
    int result = line->reader ? 0 : wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    int error = result ? 0 : open_socket(line, address);
    if (error)
        result = wzp_error_set(err, WZP_E_IO, "%s", strerror(error));
    if (!result && url->is_tls)
        result = wzp_redis_tls_new(&line->tls, url, line->fd, err);
    if (!result && wzp_watch_start(&line->watch, l, line->fd, WZP_WATCH_WRITE, on_ready, line))
        result = wzp_error_set(err, WZP_E_IO, "its socket cannot be waited for");
    if (result)
        destroy(line);
    else
        *out = line;
    return result;
}

#endif
