/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "loop/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/text.h"
#include "loop/files.h"
#include "loop/watch.h"

#define PATIENCE_MS 2000 /* waits that long for a place in the listener's backlog */

struct wzp_socket_peer {
    struct wzp_socket *owner;
    int fd;
    struct wzp_watch *watch;
    struct wzp_buffer in, out;
    size_t out_done;
    bool gone;   /* freed when no function uses it any more */
    bool inside; /* on_peer is at work */
    void *data;
};
struct wzp_socket {
    struct wzp_loop *loop;
    const struct wzp_socket_handlers *handlers;
    void *context;
    int fd;
    struct wzp_watch *watch;
    struct wzp_socket_peer *peers[WZP_SOCKET_PEERS_MAX];
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
};

static int address_of(struct sockaddr_un *out, const char *path, struct wzp_error *err)
{
    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (!wzp_text_copy(out->sun_path, sizeof out->sun_path, path))
        return wzp_error_set(err, WZP_E_TOO_BIG, "the path of the socket is too long: %s", path);
    return 0;
}

/* A stopped process does not accept, and waiting for a place in its backlog could take for ever. 0
 * or errno; EAGAIN: no place in time. */
static int connect_in_time(int fd, const struct sockaddr_un *address)
{
    const struct timespec pause = {0, 20 * 1000 * 1000};
    int result = 0;
    for (int i = 0; i < PATIENCE_MS / 20; i++) {
        result = connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 ? 0 : errno;
        if (result != EAGAIN && result != EINTR)
            break;
        nanosleep(&pause, NULL);
    }
    return result;
}

int wzp_socket_connect(const char *path, const char *who, struct wzp_error *err)
{
    struct sockaddr_un address;
    int result = address_of(&address, path, err);
    if (result)
        return result;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return wzp_error_set(err, WZP_E_IO, "no socket: %s", strerror(errno));
    int why = connect_in_time(fd, &address);
    if (why == 0 && fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK) == 0)
        return fd;
    close(fd);
    if (why == EAGAIN)
        return wzp_error_set(err, WZP_E_TIMEOUT, "the %s at %s does not answer", who, path);
    if (why == ENOENT || why == ECONNREFUSED)
        return wzp_error_set(err, WZP_E_NOT_FOUND, "no %s listens at %s", who, path);
    return wzp_error_set(err, why == EACCES ? WZP_E_REFUSED : WZP_E_IO, "%s: %s", path,
                         strerror(why));
}

/* ---- peers ---- */

static void peer_free(struct wzp_socket_peer *p)
{
    wzp_buffer_fini(&p->in);
    wzp_buffer_fini(&p->out);
    wzp_free(p);
}

/* Removes the peer from the list, calls closed, and closes it; the memory is freed with the last
 * reference. */
static void send_away(struct wzp_socket_peer *p)
{
    struct wzp_socket *s = p->owner;
    if (p->gone)
        return;
    p->gone = true;
    for (size_t i = 0; i < WZP_SOCKET_PEERS_MAX; i++)
        if (s->peers[i] == p)
            s->peers[i] = NULL;
    wzp_watch_close(p->watch);
    close(p->fd);
    s->handlers->closed(s->context, p);
    if (!p->inside)
        peer_free(p);
}

/* False: the peer is gone and must not be used any more (unless on_peer is running). */
static bool flush(struct wzp_socket_peer *p)
{
    while (p->out_done < p->out.length) {
        ssize_t n = send(p->fd, p->out.text + p->out_done, p->out.length - p->out_done,
                         MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            break;
        if (n < 0) {
            send_away(p);
            return false;
        }
        p->out_done += (size_t)n;
    }
    if (p->out_done == p->out.length) {
        wzp_buffer_clear(&p->out);
        p->out_done = 0;
    }
    wzp_watch_set(p->watch, WZP_WATCH_READ | (p->out.length ? WZP_WATCH_WRITE : 0));
    return true;
}

int wzp_socket_send(struct wzp_socket_peer *p, const char *text, size_t length)
{
    if (p->gone)
        return WZP_E_CLOSED;
    wzp_buffer_add(&p->out, text, length);
    int result = p->out.result;
    if (result)
        send_away(p);
    else if (!flush(p))
        result = WZP_E_CLOSED;
    return result == WZP_E_TOO_BIG ? WZP_E_LIMIT : result;
}

/* Gives the whole lines that have come; the rest stays. */
static void give_lines(struct wzp_socket_peer *p)
{
    size_t from = 0;
    char *end;
    while (!p->gone && (end = memchr(p->in.text + from, '\n', p->in.length - from))) {
        char *line = p->in.text + from;
        *end = '\0';
        if (end > line && end[-1] == '\r')
            end[-1] = '\0';
        from = (size_t)(end - p->in.text) + 1;
        p->owner->handlers->line(p->owner->context, p, line);
    }
    if (p->gone)
        return;
    memmove(p->in.text, p->in.text + from, p->in.length - from);
    p->in.length -= from;
}

static void on_peer(void *context, int events)
{
    struct wzp_socket_peer *p = context;
    char bytes[4096];
    p->inside = true;
    if (events & WZP_WATCH_WRITE)
        (void)flush(p);
    if (!p->gone && (events & WZP_WATCH_READ)) {
        ssize_t n = recv(p->fd, bytes, sizeof bytes, MSG_DONTWAIT);
        if (n > 0) {
            wzp_buffer_add(&p->in, bytes, (size_t)n);
            give_lines(p);
            if (!p->gone && p->in.result)
                send_away(p);
        } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
            send_away(p);
        }
    }
    p->inside = false;
    if (p->gone)
        peer_free(p);
}

static bool is_ours(int fd)
{
    struct ucred who;
    socklen_t length = sizeof who;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &length) == 0 &&
           (who.uid == geteuid() || who.uid == 0);
}

static void on_listener(void *context, int events)
{
    struct wzp_socket *s = context;
    size_t place = 0;
    (void)events;
    int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return;
    while (place < WZP_SOCKET_PEERS_MAX && s->peers[place])
        place++;
    struct wzp_socket_peer *p =
        place < WZP_SOCKET_PEERS_MAX && is_ours(fd) ? wzp_calloc(1, sizeof *p) : NULL;
    if (!p) {
        close(fd);
        return;
    }
    p->owner = s;
    p->fd = fd;
    wzp_buffer_init(&p->in, WZP_SOCKET_LINE_MAX);
    wzp_buffer_init(&p->out, WZP_SOCKET_QUEUE_MAX);
    if (wzp_watch_start(&p->watch, s->loop, fd, WZP_WATCH_READ, on_peer, p)) {
        close(fd);
        peer_free(p);
        return;
    }
    s->peers[place] = p;
}

/* ---- the socket ---- */

static int make_folder(const char *path, struct wzp_error *err)
{
    char folder[sizeof(((struct sockaddr_un *)0)->sun_path)];
    struct stat info;
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return 0;
    memcpy(folder, path, (size_t)(slash - path));
    folder[slash - path] = '\0';
    int result = wzp_file_make_folders(path, err);
    if (result)
        return result;
    if (stat(folder, &info) || !S_ISDIR(info.st_mode) || info.st_uid != geteuid())
        return wzp_error_set(err, WZP_E_REFUSED, "%s is not a folder of yours", folder);
    /* Other users who can write to the folder could put their own socket in place of ours. */
    if ((info.st_mode & 022) && !(info.st_mode & S_ISVTX))
        return wzp_error_set(err, WZP_E_REFUSED,
                             "others can write to %s (mode %04o); repair: chmod 700 %s", folder,
                             (unsigned)info.st_mode & 07777, folder);
    return 0;
}

/* A socket of a program that died stays in the file system. */
static int make_room(const char *path, const char *who, struct wzp_error *err)
{
    struct stat info;
    struct wzp_error none;
    if (lstat(path, &info))
        return 0;
    if (!S_ISSOCK(info.st_mode))
        return wzp_error_set(err, WZP_E_REFUSED, "%s is there and is no socket", path);
    int fd = wzp_socket_connect(path, who, &none);
    if (fd >= 0) {
        close(fd);
        return wzp_error_set(err, WZP_E_DUPLICATE, "a %s listens at %s already", who, path);
    }
    if (fd != WZP_E_NOT_FOUND)
        return wzp_error_set(err, fd, "%s", none.text);
    (void)unlink(path);
    return 0;
}

static int bind_private(struct wzp_socket *s, struct wzp_error *err)
{
    struct sockaddr_un address;
    int result = address_of(&address, s->path, err);
    if (result)
        return result;
    s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* bind() makes the file with the mode of the socket: so it is never open to others, and the
     * umask, which all threads share, is left alone. */
    if (s->fd < 0 || fchmod(s->fd, 0600) ||
        bind(s->fd, (struct sockaddr *)&address, sizeof address) ||
        listen(s->fd, WZP_SOCKET_PEERS_MAX))
        return wzp_error_set(err, WZP_E_IO, "cannot listen at %s: %s", s->path, strerror(errno));
    return 0;
}

int wzp_socket_listen(struct wzp_socket **out, struct wzp_loop *l, const char *path,
                      const char *who, const struct wzp_socket_handlers *handlers, void *context,
                      struct wzp_error *err)
{
    *out = NULL;
    struct sockaddr_un address;
    int result = address_of(&address, path, err);
    if (!result)
        result = make_folder(path, err);
    if (!result)
        result = make_room(path, who, err);
    if (result)
        return result;
    struct wzp_socket *s = wzp_calloc(1, sizeof *s);
    if (!s)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    s->loop = l;
    s->handlers = handlers;
    s->context = context;
    s->fd = -1;
    wzp_text_copy(s->path, sizeof s->path, path);
    result = bind_private(s, err);
    if (!result && wzp_watch_start(&s->watch, l, s->fd, WZP_WATCH_READ, on_listener, s))
        result = wzp_error_set(err, WZP_E_IO, "cannot watch %s", path);
    if (result) {
        if (s->fd >= 0)
            close(s->fd);
        wzp_free(s);
        return result;
    }
    *out = s;
    return 0;
}

void wzp_socket_close(struct wzp_socket *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < WZP_SOCKET_PEERS_MAX; i++) {
        struct wzp_socket_peer *p = s->peers[i];
        if (p)
            send_away(p);
    }
    wzp_watch_close(s->watch);
    (void)unlink(s->path);
    close(s->fd);
    wzp_free(s);
}

void **wzp_socket_peer_data(struct wzp_socket_peer *peer)
{
    return &peer->data;
}

struct wzp_socket_peer *wzp_socket_peer(const struct wzp_socket *s, size_t i)
{
    for (size_t place = 0; place < WZP_SOCKET_PEERS_MAX; place++)
        if (s->peers[place] && i-- == 0)
            return s->peers[place];
    return NULL;
}
