/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The web server for browsers, over real sockets: who gets in, who is sent away, and what it gives
 * of a folder. Everything runs in one thread, the clients are non-blocking sockets. */
#include "loop/web.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/time.h"
#include "loop/pages.h"
#include "tap.h"

static struct wzp_loop *loop;
static struct wzp_web_server *server;
static unsigned opened, closed, texts, binaries, foreigners;
static struct wzp_web_visitor *latest;
static char name_seen[300], from_seen[WZP_ADDR_TEXT_MAX], text_seen[100];
static int one;

static const char *on_opened(void *context, struct wzp_web_visitor *visitor, void **data,
                             const char *name, const struct wzp_addr *from)
{
    (void)context;
    if (strcmp(name, "no") == 0)
        return "not here";
    opened++;
    latest = visitor;
    *data = &one;
    snprintf(name_seen, sizeof name_seen, "%s", name);
    wzp_addr_format(from_seen, from);
    return NULL;
}

static void on_text(void *context, void *data, const char *text, size_t length)
{
    (void)context;
    (void)data;
    texts++;
    snprintf(text_seen, sizeof text_seen, "%.*s", (int)length, text);
}

static void on_binary(void *context, void *data, const uint8_t *bytes, size_t length)
{
    (void)context;
    (void)data;
    (void)bytes;
    (void)length;
    binaries++;
}

static void on_closed(void *context, void *data)
{
    (void)context;
    closed += data == &one;
}

static char page_seen[300], host_seen[300];

static bool on_foreign(void *context, const char *page, const char *host,
                       const struct wzp_addr *from)
{
    (void)context;
    foreigners++;
    snprintf(page_seen, sizeof page_seen, "%s", page);
    snprintf(host_seen, sizeof host_seen, "%s", host);
    wzp_addr_format(from_seen, from);
    return strcmp(page, "friend.example") == 0;
}

/* ---- clients ---- */

static int dial(void)
{
    struct wzp_addr addr;
    wzp_addr_from_ip4(&addr, (const uint8_t[4]){127, 0, 0, 1}, wzp_web_port(server));
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, &addr.u.sa, addr.length) < 0)
        bail("cannot connect: %s", strerror(errno));
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

static void stop(void *context)
{
    (void)context;
    wzp_loop_stop(loop);
}

static void breathe(void)
{
    struct wzp_timer *timer = NULL;
    if (wzp_timer_start(&timer, loop, WZP_MILLISECOND, 0, stop, NULL) == 0)
        wzp_loop_run(loop);
    wzp_timer_close(timer);
}

static char got[70000];
static size_t got_length;

/* What comes until `wanted` is in it, or the other side closes (true), or nothing does for long. */
static bool receive(int fd, const char *wanted, size_t wanted_length)
{
    got_length = 0;
    for (int i = 0; i < (tap_oom_mode() ? 50 : 8000); i++) {
        breathe();
        ssize_t n = read(fd, got + got_length, sizeof got - 1 - got_length);
        got_length += n > 0 ? (size_t)n : 0;
        got[got_length] = '\0';
        if (wanted && got_length >= wanted_length && memmem(got, got_length, wanted, wanted_length))
            return true;
        if (n == 0 || (n < 0 && errno != EAGAIN) || got_length == sizeof got - 1)
            return !wanted;
    }
    return false;
}

static void say(int fd, const void *data, size_t length)
{
    if (write(fd, data, length) != (ssize_t)length)
        note("not all was taken");
}

static int enter(const char *path, const char *more)
{
    char request[512];
    int fd = dial();
    int n = snprintf(request, sizeof request,
                     "GET %s HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\n"
                     "Upgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\n"
                     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n",
                     path, more);
    say(fd, request, (size_t)n);
    return fd;
}

static bool is_welcome(int fd)
{
    return receive(fd, "\r\n\r\n", 4) && strncmp(got, "HTTP/1.1 101 ", 13) == 0;
}

static void wait_for(const unsigned *count, unsigned wanted)
{
    for (int i = 0; i < (tap_oom_mode() ? 50 : 8000) && *count < wanted; i++)
        breathe();
}

static void begin(unsigned visitors, unsigned per_address, const char *folder)
{
    struct wzp_error err = {0};
    struct wzp_web_options options = {
        .visitors = visitors,
        .per_address = per_address,
        .slow_ms = 300,
        .folder = folder,
        .calls = {on_opened, on_text, on_binary, on_closed, on_foreign}};
    wzp_addr_from_ip4(&options.listen, (const uint8_t[4]){127, 0, 0, 1}, 0);
    opened = closed = texts = binaries = foreigners = 0;
    if (wzp_loop_new(&loop, &err) || wzp_web_start(&server, loop, &options, &err))
        bail("%s", err.text);
}

static void end(void)
{
    wzp_web_close(server);
    wzp_loop_free(loop);
}

/* ---- */

static void test_visit(void)
{
    static const uint8_t hello[] = {0x81, 0x85, 0, 0, 0, 0, 'h', 'e', 'l', 'l', 'o'};
    begin(4, 4, NULL);
    int fd = enter("/ws/caf%2Dteria?x=1", "");
    ok(is_welcome(fd) && strstr(got, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"),
       "a browser is let in");
    is_str(name_seen, "caf-teria", "by the name in the path");
    say(fd, hello, sizeof hello);
    wait_for(&texts, 1);
    is_str(text_seen, "hello", "what it says is heard");
    ok(latest && wzp_web_send(latest, true, "{\"a\":1}", 7) && receive(fd, "{\"a\":1}", 7),
       "and it hears");
    say(fd, "\x88\x80\0\0\0\0", 6);
    ok(receive(fd, NULL, 0) && got_length == 2 && (uint8_t)got[0] == 0x88,
       "its goodbye is answered");
    wait_for(&closed, 1);
    struct wzp_web_stats stats;
    wzp_web_stats(server, &stats);
    ok(closed == 1 && stats.opened == 1 && stats.now == 0 && stats.malformed == 0,
       "and it is gone, without a mistake");
    close(fd);
    end();
}

static void test_refused(void)
{
    begin(3, 2, NULL);
    int no = enter("/ws/no", "");
    ok(receive(no, "\x03\xf0not here", 10),
       "who is not wanted is told why, by a close that browsers show");
    close(no);
    int elsewhere = enter("/elsewhere", "");
    ok(receive(elsewhere, "nothing here", 12), "elsewhere is nothing");
    close(elsewhere);
    int a = enter("/ws/a", "X-Forwarded-For: 198.51.100.7, 203.0.113.5\r\n");
    ok(is_welcome(a), "a proxy on this machine brings somebody");
    is_str(from_seen, "203.0.113.5:1", "who counts as where it says");
    int b = enter("/ws/b", "X-Forwarded-For: 203.0.113.5\r\n");
    ok(is_welcome(b), "a second one from there");
    int c = enter("/ws/c", "X-Forwarded-For: 203.0.113.5\r\n");
    ok(receive(c, NULL, 0) && strstr(got, "101 ") && memmem(got, got_length, "at your address", 15),
       "and not a third");
    close(c);
    c = enter("/ws/c", "X-Forwarded-For: 2001:db8::7\r\n");
    ok(is_welcome(c), "others still are");
    is_str(from_seen, "[2001:db8::7]:1", "also by IPv6");
    int d = enter("/ws/d", "X-Forwarded-For: 192.0.2.9\r\n");
    ok(receive(d, "too many browsers here", 22), "up to the limit of all");
    close(d);
    close(a);
    wait_for(&closed, 1);
    d = enter("/ws/d", "X-Forwarded-For: 192.0.2.9\r\n");
    ok(is_welcome(d), "a place that is left is free again");
    close(b);
    close(c);
    close(d);
    int old = dial();
    static const char half[] = "GET /ws/x HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
                               "Sec-WebSocket-Version: 8\r\n\r\n";
    say(old, half, sizeof half - 1);
    ok(receive(old, NULL, 0) && strncmp(got, "HTTP/1.1 426 ", 13) == 0 &&
           strstr(got, "Sec-WebSocket-Version: 13\r\n"),
       "another version of the protocol is told which one is spoken");
    close(old);
    end();
}

static bool is_forbidden(int fd)
{
    bool forbidden = receive(fd, NULL, 0) && strncmp(got, "HTTP/1.1 403 Forbidden\r\n", 24) == 0;
    close(fd);
    return forbidden;
}

/* A browser in a network of ours asks for whatever page its user looks at. */
static void test_pages(void)
{
    static const char *const foreign[] = {
        "Origin: https://evil.example\r\n",
        "Origin: https://a.evil.example\r\n",
        "Origin: https://aa\r\n",
        "Origin: null\r\n",
        "Origin: a\r\n",
        "Origin:\r\n",
        "Origin: https://a, https://b\r\n",
        "Origin: https://a@b\r\n",
        "Origin: https://a\r\nOrigin: https://b\r\n",
        "Origin: https://a\r\nHost: a\r\n",
        "Origin: https://evil.example\r\nX-Forwarded-For: 203.0.113.5\r\n"};
    struct wzp_web_stats stats;
    begin(40, 40, NULL);
    for (unsigned i = 0; i < sizeof foreign / sizeof *foreign; i++)
        ok(is_forbidden(enter("/ws/a", foreign[i])) && foreigners == i + 1 && opened == 0,
           "a page of another host is forbidden the room: %.40s", foreign[i]);
    is_str(page_seen, "evil.example", "who decides hears the page's host");
    is_str(host_seen, "a", "the one that was asked for");
    is_str(from_seen, "203.0.113.5:1", "and from where");
    wzp_web_stats(server, &stats);
    ok(stats.foreign == foreigners && stats.refused == 0, "all are counted");
    static const char *const own[] = {"", "Origin: http://a\r\n", "origin: HTTPS://A:8443\r\n"};
    unsigned before = foreigners;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        int fd = enter("/ws/a", own[i]);
        ok(is_welcome(fd), "a program, or a page of this very host, is let in: %.40s", own[i]);
        close(fd);
    }
    is_int(foreigners, before, "without a question");
    int fd = enter("/ws/a", "Origin: https://Friend.example:444\r\n");
    ok(is_welcome(fd) && foreigners == before + 1, "and so is a page that may");
    close(fd);
    end();
}

static void test_hostile(void)
{
    static uint8_t flood[60000] = {0x82, 0xfe, 0x07, 0x80};
    struct wzp_web_stats stats;
    begin(8, 8, NULL);
    int fd = enter("/ws/a", "");
    ok(is_welcome(fd), "somebody is let in");
    for (size_t at = 0; at + 1928 <= sizeof flood; at += 1928)
        memcpy(flood + at, "\x82\xfe\x07\x80\0\0\0\0", 8);
    for (int i = 0; i < 40; i++) {
        ssize_t n = write(fd, flood, sizeof flood - sizeof flood % 1928);
        (void)n;
        breathe();
    }
    ok(receive(fd, "more than sound", 15), "who sends far more than sound is closed, and told why");
    wzp_web_stats(server, &stats);
    ok(stats.over_rate == 1 && binaries < 300, "after four seconds' worth (%u frames)", binaries);
    close(fd);
    fd = enter("/ws/a", "");
    is_welcome(fd);
    say(fd, "\x81\x05hello", 7);
    ok(receive(fd, NULL, 0) && (uint8_t)got[0] == 0x88 && memmem(got, got_length, "\x03\xea", 2),
       "a frame without a mask is a mistake");
    close(fd);
    wzp_web_stats(server, &stats);
    is_int((int)stats.malformed, 1, "which is counted");
    int silent = dial();
    say(silent, "GET /ws/a HTTP/1.1\r\nUpgrade: web", 32);
    fd = enter("/ws/a", "");
    ok(is_welcome(fd), "somebody who never finishes the handshake is in nobody's way");
    close(silent);
    unsigned before = closed;
    static char sound[1920];
    struct wzp_web_visitor *slow = latest;
    for (int i = 0; i < 8000 && closed == before; i++) {
        if (slow)
            (void)wzp_web_send(slow, false, sound, sizeof sound);
        breathe();
    }
    wzp_web_stats(server, &stats);
    ok(closed == before + 1 && stats.slow == 1, "who reads nothing is closed");
    close(fd);
    end();
}

/* More than may be told why: the rest is closed at once, and does not wait in memory. */
static void test_crowd(void)
{
    int refused[160], closed_at_once = 0;
    char text[300];
    begin(8, 8, NULL);
    for (int i = 0; i < 160; i++) {
        refused[i] = enter("/ws/no", "");
        breathe();
    }
    for (int i = 0; i < 20; i++)
        breathe();
    for (int i = 0; i < 160; i++) {
        ssize_t n;
        while ((n = read(refused[i], text, sizeof text)) > 0)
            continue;
        closed_at_once += n == 0 || errno != EAGAIN;
    }
    ok(closed_at_once >= 160 - 64, "of 160 who are refused at once %d wait for nothing",
       closed_at_once);
    int fd = enter("/ws/a", "");
    ok(is_welcome(fd), "and who is wanted is let in meanwhile");
    close(fd);
    for (int i = 0; i < 160; i++)
        close(refused[i]);
    end();
}

static void put(const char *folder, const char *name, const char *text)
{
    char path[300];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    if (!f)
        bail("cannot write");
    fputs(text, f);
    fclose(f);
}

static int page(const char *folder, const char *path, const char **type)
{
    char *body = NULL;
    size_t length = 0;
    int status = wzp_page_read(&body, &length, type, folder, path);
    wzp_free(body);
    return status;
}

static void test_files(void)
{
    char folder[] = "/tmp/wzp-web-XXXXXX", inside[64], path[300];
    const char *type = "";
    if (!mkdtemp(folder))
        bail("no folder");
    snprintf(inside, sizeof inside, "%s/www", folder);
    snprintf(path, sizeof path, "%s/sub", inside);
    if (mkdir(inside, 0700) || mkdir(path, 0700))
        bail("no folder");
    put(folder, "secret", "outside");
    put(inside, "index.html", "<p>hello");
    put(inside, "sub/a.js", "1");
    put(inside, ".hidden", "x");
    snprintf(path, sizeof path, "%s/link", inside);
    if (symlink("../secret", path))
        bail("no link");
    begin(1, 1, inside);
    int fd = dial();
    say(fd, "GET / HTTP/1.1\r\n\r\n", 18);
    ok(receive(fd, NULL, 0) && strstr(got, "text/html; charset=utf-8") && strstr(got, "<p>hello"),
       "the folder's page is served");
    close(fd);
    ok(page(inside, "/sub/a.js", &type) == 200 &&
           strcmp(type, "text/javascript; charset=utf-8") == 0,
       "and what lies below, by its type");
    static const char *const none[] = {
        "/../secret", "/sub/../../secret", "/link",   "/.hidden", "/sub",
        "/sub/",      "//etc/passwd",      "/nothing"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        is_int(page(inside, none[i], &type), 404, "nothing at %s", none[i]);
    end();
    static const char *const all[] = {"www/sub/a.js", "www/sub", "www/index.html", "www/.hidden",
                                      "www/link",     "www",     "secret",         ""};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, all[i]);
        if (remove(path))
            note("%s stays", path);
    }
}

TAP_MAIN
{
    if (!wzp_websocket_is_there())
        skip_all("built without libwslay");
    test_visit();
    test_refused();
    test_pages();
    test_hostile();
    test_crowd();
    test_files();
}
