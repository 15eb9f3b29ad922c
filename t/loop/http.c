/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The little HTTP server against good and hostile clients, and the token check against a tiny
 * service. Everything runs in one thread: the clients are non-blocking sockets that a timer of the
 * loop looks after. */
#include "loop/http.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/time.h"
#include "loop/lib_service.h"
#include "tap.h"

static struct wzp_loop *loop;
static struct wzp_http_server *server;
static unsigned asked;
static char big_body[300000];

static unsigned begun, taken, dropped, steps;

static int begin_answer(void *context, void **job, const char *path)
{
    (void)context;
    asked++;
    if (strcmp(path, "/memory") == 0)
        return WZP_E_MEMORY;
    *job = wzp_strdup(path);
    begun += *job != NULL;
    return *job ? 0 : WZP_E_MEMORY;
}

/* Paths that begin with /long take 100 turns, /never is never ready. */
static bool step_answer(void *context, void *job)
{
    (void)context;
    steps++;
    return strcmp(job, "/never") == 0 || (strncmp(job, "/long", 5) == 0 && steps < 100);
}

static int take_answer(void *context, void *job, char **body, size_t *length, const char **type)
{
    (void)context;
    bool is_nothing = strcmp(job, "/nothing") == 0, is_big = strcmp(job, "/big") == 0;
    wzp_free(job);
    taken++;
    if (is_nothing)
        return 404;
    *type = "application/json";
    *body = is_big ? wzp_strdup(big_body) : wzp_strdup("{\"a\":1}");
    if (!*body)
        return WZP_E_MEMORY;
    *length = strlen(*body);
    return 200;
}

static void drop_answer(void *context, void *job)
{
    (void)context;
    wzp_free(job);
    dropped++;
}

static const struct wzp_http_maker maker = {
    .begin = begin_answer, .step = step_answer, .take = take_answer, .drop = drop_answer};

static uint8_t dial_from = 1; /* 127.0.0. */
static bool dial_narrow;      /* so that neither kernel takes much in */

static int dial(void)
{
    struct wzp_addr addr, from;
    wzp_addr_from_ip4(&addr, (const uint8_t[4]){127, 0, 0, 1}, wzp_http_server_port(server));
    wzp_addr_from_ip4(&from, (const uint8_t[4]){127, 0, 0, dial_from}, 0);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int room = 1024, segment = 536;
    if (dial_narrow) {
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
        setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment);
    }
    if (fd < 0 || bind(fd, &from.u.sa, from.length) < 0 || connect(fd, &addr.u.sa, addr.length) < 0)
        bail("cannot connect: %s", strerror(errno));
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

/* One exchange: sends, gives the loop time, collects until the server closes. */
struct exchange {
    int fd;
    size_t length;
    bool ended;
    unsigned rounds;
    struct wzp_timer *timer;
    char text[400000];
};
static struct exchange x;

static void look(void *context)
{
    (void)context;
    ssize_t n = read(x.fd, x.text + x.length, sizeof x.text - 1 - x.length);
    if (n > 0)
        x.length += (size_t)n;
    else if (n == 0 || errno != EAGAIN)
        x.ended = true;
    if (x.ended || ++x.rounds > (tap_oom_mode() ? 100 : 4000))
        wzp_loop_stop(loop);
}

static const char *exchange(const char *request, size_t length)
{
    x.fd = dial();
    x.length = x.rounds = 0;
    x.ended = false;
    if (write(x.fd, request, length) != (ssize_t)length)
        bail("cannot write");
    if (wzp_timer_start(&x.timer, loop, 0, 500 * WZP_MICROSECOND, look, NULL) == 0) {
        wzp_loop_run(loop);
        wzp_timer_close(x.timer);
    }
    close(x.fd);
    x.text[x.length] = '\0';
    return x.text;
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static void test_good(void)
{
    const char *t = exchange("GET /x HTTP/1.1\r\nHost: a\r\n\r\n", 28);
    ok(begins(t, "HTTP/1.1 200 OK\r\n"), "a GET is answered");
    ok(strstr(t, "Content-Length: 7\r\n") != NULL && strstr(t, "application/json") != NULL &&
           strstr(t, "\r\n\r\n{\"a\":1}") != NULL && x.ended,
       "whole, and then closed");
    t = exchange("HEAD /x HTTP/1.1\r\n\r\n", 20);
    ok(strstr(t, "Content-Length: 7\r\n") != NULL && !strstr(t, "{"), "HEAD has no body");
    t = exchange("GET /nothing HTTP/1.1\r\n\r\n", 25);
    ok(begins(t, "HTTP/1.1 404 Not Found"), "no such page");
    t = exchange("GET /memory HTTP/1.1\r\n\r\n", 24);
    ok(begins(t, "HTTP/1.1 500 "), "an answer that fails");
    t = exchange("GET /big HTTP/1.1\r\n\r\n", 21);
    ok(x.length > sizeof big_body && x.ended, "a long answer arrives whole: %zu", x.length);
}

static void stop(void *context)
{
    (void)context;
    wzp_loop_stop(loop);
}

/* The server takes what waits in the kernel's queue, which is short. */
static void breathe(void)
{
    struct wzp_timer *timer = NULL;
    if (wzp_timer_start(&timer, loop, WZP_MILLISECOND, 0, stop, NULL) == 0)
        wzp_loop_run(loop);
    wzp_timer_close(timer);
}

static void rest_for(unsigned ms)
{
    struct wzp_timer *timer = NULL;
    if (wzp_timer_start(&timer, loop, ms * WZP_MILLISECOND, 0, stop, NULL) < 0)
        return;
    wzp_loop_run(loop);
    wzp_timer_close(timer);
}

/* 64 that ask and do not read the answer. */
static void ask_and_wait(int out[64], const char *request)
{
    for (int i = 0; i < 64; i++) {
        out[i] = dial();
        if (write(out[i], request, strlen(request)) != (ssize_t)strlen(request))
            bail("cannot write");
        if (i % 16 == 15)
            breathe();
    }
}

static void close_all(const int fds[64])
{
    for (int i = 0; i < 64; i++)
        close(fds[i]);
    exchange("GET / HTTP/1.1\r\n\r\n", 18); /* the loop sees the ends */
}

/* Who does not take an answer does not keep others of the same address out. */
static void test_slow(void)
{
    int slow[64];
    ask_and_wait(slow, "GET / HTTP/1.1\r\n\r\n");
    const char *t = exchange("GET / HTTP/1.1\r\n\r\n", 18);
    ok(begins(t, "HTTP/1.1 200 "),
       "with 64 that have their answers and do not close, another is answered");
    close_all(slow);
    dial_narrow = true;
    ask_and_wait(slow, "GET /big HTTP/1.1\r\n\r\n");
    dial_narrow = false;
    rest_for(1100);
    t = exchange("GET / HTTP/1.1\r\n\r\n", 18);
    ok(begins(t, "HTTP/1.1 200 "), "with 64 that do not read theirs for a second, as well");
    close_all(slow);
}

/* A program of 300 connections must not make a monitor's first packet be lost, which is sent again
 * a second later. */
static void test_queue(void)
{
    static int fds[300];
    struct wzp_addr addr;
    unsigned connected = 0;
    wzp_addr_from_ip4(&addr, (const uint8_t[4]){127, 0, 0, 1}, wzp_http_server_port(server));
    for (size_t i = 0; i < 300; i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fds[i] < 0)
            bail("no socket");
        (void)connect(fds[i], &addr.u.sa, addr.length);
    }
    for (size_t i = 0; i < 300; i++) {
        struct pollfd wait = {.fd = fds[i], .events = POLLOUT};
        connected += poll(&wait, 1, 0) == 1 && (wait.revents & (POLLERR | POLLHUP)) == 0;
    }
    is_int(connected, 300, "300 that come while the loop is elsewhere are all connected");
    for (size_t i = 0; i < 300; i++)
        close(fds[i]);
    rest_for(30);
}

static unsigned long system_queue(void)
{
    char text[32] = "";
    FILE *f = fopen("/proc/sys/net/core/somaxconn", "r");
    if (!f)
        return 0;
    bool is_read = fgets(text, sizeof text, f) != NULL;
    fclose(f);
    return is_read ? strtoul(text, NULL, 10) : 0;
}

static void test_hostile(void)
{
    static char flood[20000];
    unsigned before = asked;
    const char *t = exchange("POST / HTTP/1.1\r\n\r\n", 19);
    ok(begins(t, "HTTP/1.1 405 ") && strstr(t, "Allow: GET") != NULL, "POST is refused");
    t = exchange("\x16\x03\x01\x02\x00\x01\x00\n", 8);
    ok(begins(t, "HTTP/1.1 400 "), "so is TLS");
    memset(flood, 'A', sizeof flood);
    t = exchange(flood, sizeof flood);
    ok(begins(t, "HTTP/1.1 414 "), "and a flood");
    is_int(asked, before, "nobody was asked for these");

    int silent[80];
    for (int i = 0; i < 80; i++) {
        silent[i] = dial();
        if (i % 16 == 15)
            breathe();
    }
    t = exchange("GET / HTTP/1.1\r\n\r\n", 18);
    ok(begins(t, "HTTP/1.1 200 "), "with 64 silent connections of one address open, another of it "
                                   "is answered at once");
    dial_from = 2;
    t = exchange("GET / HTTP/1.1\r\n\r\n", 18);
    ok(begins(t, "HTTP/1.1 200 "), "and one of another address, too");
    dial_from = 1;
    for (int i = 0; i < 80; i++)
        close(silent[i]);
    exchange("GET / HTTP/1.1\r\n\r\n", 18); /* the loop sees the ends first */
    t = exchange("GET / HTTP/1.1\r\n\r\n", 18);
    ok(begins(t, "HTTP/1.1 200 "), "afterwards there is room again");

    ask_and_wait(silent, "GET /never HTTP/1.1\r\n\r\n");
    t = exchange("GET / HTTP/1.1\r\n\r\n", 18);
    ok(x.length == 0 && x.ended, "who has asked 64 times and waits is not cut for a 65th");
    dial_from = 2;
    t = exchange("GET / HTTP/1.1\r\n\r\n", 18);
    ok(begins(t, "HTTP/1.1 200 "), "unless it is somebody else's");
    dial_from = 1;
    close_all(silent);
    if (!tap_oom_mode()) /* it waits */
        test_slow();

    int gone = dial(); /* asks for much and leaves */
    ok(write(gone, "GET /big HTTP/1.1\r\n\r\n", 21) == 21, "asked");
    close(gone);
    t = exchange("GET / HTTP/1.1\r\n\r\n", 18);
    ok(begins(t, "HTTP/1.1 200 "), "a client that leaves harms nobody");
}

/* ---- the token check ---- */

#if WZP_WITH_CURL
/* A service in a child process: answers each connection with the next text, the last one for ever.
 */
static pid_t serve(uint16_t *port, const char *const *answers, size_t count)
{
    int listener;
    pid_t child = service_fork(port, &listener);
    if (child != 0)
        return child;
    for (size_t i = 0;; i++) {
        char request[4096];
        int fd = accept(listener, NULL, NULL);
        size_t have = 0;
        ssize_t n = 1;
        request[0] = '\0';
        while (n > 0 && have < sizeof request - 1 && !strchr(request, '}')) {
            n = read(fd, request + have, sizeof request - 1 - have);
            have += n > 0 ? (size_t)n : 0;
            request[have] = '\0';
        }
        const char *text = answers[i < count ? i : count - 1];
        bool good = begins(request, "POST /check HTTP/1.1\r\n") &&
                    strstr(request, "Content-Type: application/json\r\n") != NULL &&
                    strstr(request, "\r\n\r\n{\"token\":\"s3\\\"cret\"}") != NULL;
        if (!good)
            text = "HTTP/1.1 418 bad request\r\nContent-Length: 0\r\n\r\n";
        if (write(fd, text, strlen(text)) < 0)
            _exit(1);
        close(fd);
    }
}

struct checked {
    unsigned answers;
    bool accepted;
    char fingerprint[100], alias[100];
    struct wzp_error err;
};

static void on_checked(void *context, const char *fingerprint, const char *alias,
                       const struct wzp_error *err)
{
    struct checked *c = context;
    c->answers++;
    c->accepted = fingerprint != NULL;
    snprintf(c->fingerprint, sizeof c->fingerprint, "%s", fingerprint != NULL ? fingerprint : "");
    snprintf(c->alias, sizeof c->alias, "%s", alias != NULL ? alias : "(none)");
    if (err != NULL)
        c->err = *err;
}

static struct checked check(const char *url)
{
    struct checked c = {0, false, "", "", {0, ""}};
    struct wzp_error err = {0, ""};
    if (wzp_loop_new(&loop, &err) < 0)
        bail("%s", err.text);
    int result = wzp_token_check(loop, url, "s3\"cret", on_checked, &c);
    if (result < 0)
        wzp_error_set(&c.err, result, "%s", wzp_strerror(result));
    wzp_loop_run(loop);
    wzp_loop_free(loop);
    return c;
}

/* In place of the system's: the name server of one name is silent until it is let go. */
static sem_t let_go;
static atomic_bool has_waited;
static int (*system_getaddrinfo)(const char *, const char *, const struct addrinfo *,
                                 struct addrinfo **);

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **out)
{
    if (!name || strcmp(name, "silent.example") != 0)
        return system_getaddrinfo(name, service, hints, out);
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 20;
    (void)sem_timedwait(&let_go, &until);
    has_waited = true;
    return EAI_AGAIN;
}

static void test_silent_names(void)
{
    void *at = dlsym(RTLD_NEXT, "getaddrinfo");
    memcpy(&system_getaddrinfo, &at, sizeof at);
    if (sem_init(&let_go, 0, 0))
        bail("no semaphore");
    struct checked c = check("http://silent.example/check");
    bool waited = has_waited;
    (void)sem_post(&let_go);
    if (tap_oom_mode())
        return;
    ok(c.answers == 1 && !c.accepted && c.err.code == WZP_E_TIMEOUT,
       "a service whose name server is silent is none: %s", c.err.text);
    ok(!waited, "and its time is not that of the name server");
}

static void test_token(void)
{
    static char long_answer[20000] = "HTTP/1.1 200 OK\r\nContent-Length: 18000\r\n\r\n";
    memset(long_answer + strlen(long_answer), ' ', 18000);
    const char *const answers[] = {
        "HTTP/1.1 200 OK\r\n\r\n"
        "{\"valid\":true,\"fingerprint\":\"a3f8:1b2c\",\"alias\":null,\"expires_at\":1}",
        "HTTP/1.1 200 "
        "OK\r\n\r\n{\"valid\":true,\"fingerprint\":\"fp\",\"alias\":\"man\\u001b[2Jwe\"}",
        "HTTP/1.1 200 OK\r\n\r\n{\"valid\":false}",
        "HTTP/1.1 200 OK\r\n\r\n{\"valid\":true}",
        "HTTP/1.1 200 OK\r\n\r\n{\"valid\":\"yes\",\"fingerprint\":\"x\"}",
        "HTTP/1.1 200 OK\r\n\r\n<html>",
        "HTTP/1.1 500 No\r\n\r\n{\"valid\":true,\"fingerprint\":\"x\"}",
        "HTTP/1.1 307 There\r\nLocation: file:///etc/hostname\r\nContent-Length: 0\r\n\r\n",
        long_answer,
        "HTTP/1.1 307 There\r\nLocation: /check\r\nContent-Length: 0\r\n\r\n",
    };
    static const struct {
        bool accepted;
        const char *fingerprint, *alias, *word;
    } want[] = {
        {true, "a3f8:1b2c", "(none)", ""},       {true, "fp", "man?[2Jwe", ""},
        {false, "", "(none)", "does not know"},  {false, "", "(none)", "no fingerprint"},
        {false, "", "(none)", "not understood"}, {false, "", "(none)", "not understood"},
        {false, "", "(none)", "status 500"},     {false, "", "(none)", "rotocol"},
        {false, "", "(none)", "too long"},       {false, "", "(none)", "redirects"},
    };
    char url[100];
    uint16_t port = 0;
    static const char *const proxies[] = {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"};
    for (size_t i = 0; i < 4; i++)
        unsetenv(proxies[i]);
    pid_t child = serve(&port, answers, sizeof answers / sizeof answers[0]);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/check", port);
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        struct checked c = check(url);
        if (tap_oom_mode())
            continue;
        ok(c.answers == 1 && c.accepted == want[i].accepted, "1, 2, 3: answer %zu: %s", i,
           c.err.text);
        is_str(c.fingerprint, want[i].fingerprint, "fingerprint");
        is_str(c.alias, want[i].alias, "alias");
        ok(strstr(c.err.text, want[i].word) != NULL, "the sentence has \"%s\"", want[i].word);
    }
    kill(child, SIGKILL);
    struct checked c = check("file:///etc/hostname");
    ok(!c.accepted && (c.answers == 1 || tap_oom_mode()), "other schemes are refused: %s",
       c.err.text);
    is_int(wzp_token_check(NULL, "http://x/", "\xff", on_checked, &c), WZP_E_SYNTAX,
           "a token that is no text");
}
#endif

/* Long answers leave turns to everybody else. */
static void test_steps(void)
{
    static const char request[] = "GET /long HTTP/1.1\r\nHost: a\r\n\r\n";
    steps = 0;
    const char *text = exchange(request, sizeof request - 1);
    ok(tap_oom_mode() || (strstr(text, "200 OK") && steps == 100),
       "an answer that takes 100 turns arrives (%u)", steps);
    static const char never[] = "GET /never HTTP/1.1\r\nHost: a\r\n\r\n";
    unsigned before = dropped, begun_before = begun;
    int fd = dial();
    if (write(fd, never, sizeof never - 1) != (ssize_t)sizeof never - 1)
        bail("cannot write");
    rest_for(30);
    close(fd);
    rest_for(30);
    ok(dropped - before == begun - begun_before, "and one that nobody waits for is dropped");
}

TAP_MAIN
{
    struct wzp_error err = {0, ""};
    struct wzp_addr addr;
    memset(big_body, 'b', sizeof big_body - 1);
    wzp_addr_from_ip4(&addr, (const uint8_t[4]){127, 0, 0, 1}, 0);
    if (wzp_loop_new(&loop, &err) < 0)
        bail("%s", err.text);
    if (wzp_http_server_start(&server, loop, &addr, &maker, NULL, &err) < 0) {
        wzp_loop_free(loop);
        bail("%s", err.text);
    }
    test_good();
    test_hostile();
    if (tap_oom_mode() || system_queue() < 300)
        skip(1, "this system queues fewer");
    else
        test_queue();
    struct wzp_http_server *second = NULL;
    wzp_addr_set_port(&addr, wzp_http_server_port(server));
    is_int(wzp_http_server_start(&second, loop, &addr, &maker, NULL, &err),
           tap_oom_mode() ? err.code : WZP_E_NETWORK, "a taken port: %s", err.text);
    test_steps();
    wzp_http_server_close(server);
    wzp_loop_free(loop);
    ok(begun == taken + dropped, "every answer that was begun is taken or dropped");
#if WZP_WITH_CURL
    test_silent_names();
    test_token();
#endif
}
