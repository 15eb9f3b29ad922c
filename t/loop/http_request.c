/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Request heads, good and hostile. */
#include "loop/http_request.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "tap.h"

static const struct {
    const char *text;
    int result, status;
    const char *path;
} rows[] = {
    {"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", 0, 0, "/metrics"},
    {"GET / HTTP/1.0\r\n\r\n", 0, 0, "/"},
    {"GET / HTTP/1.1\n\n", 0, 0, "/"},
    {"HEAD /a?b=c#d HTTP/1.1\r\nA:\r\nB: \t x\r\n\r\nbody", 0, 0, "/a"},
    {"GET /presence/6871%3a1211 HTTP/1.1\r\n\r\n", 0, 0, "/presence/6871:1211"},
    {"", WZP_E_SHORT, 0, ""},
    {"GET", WZP_E_SHORT, 0, ""},
    {"GET / HTTP/1.1\r\n", WZP_E_SHORT, 0, ""},
    {"GET / HTTP/1.1\r\nA: b\r\n\r", WZP_E_SHORT, 0, ""},
    {"\r\n\r\n", WZP_E_SYNTAX, 400, ""},
    {"GET\r\n", WZP_E_SYNTAX, 400, ""},
    {"GET /\r\n", WZP_E_SYNTAX, 400, ""},
    {"GET  / HTTP/1.1\r\n", WZP_E_SYNTAX, 400, ""},
    {"GET / / HTTP/1.1\r\n", WZP_E_SYNTAX, 400, ""},
    {"GET a HTTP/1.1\r\n", WZP_E_SYNTAX, 400, ""},
    {"GET http://x/ HTTP/1.1\r\n", WZP_E_SYNTAX, 400, ""},
    {"GET / HTTP/2.0\r\n", WZP_E_SYNTAX, 505, ""},
    {"GET / HTTP/1.10\r\n", WZP_E_SYNTAX, 400, ""},
    {"GET / FTP/1.1xx\r\n", WZP_E_SYNTAX, 400, ""},
    {"POST / HTTP/1.1\r\n", WZP_E_SYNTAX, 405, ""},
    {"get / HTTP/1.1\r\n", WZP_E_SYNTAX, 405, ""},
    {"GET /%0d%0aX HTTP/1.1\r\n", WZP_E_SYNTAX, 400, ""},
    {"GET /%00 HTTP/1.1\r\n", WZP_E_SYNTAX, 400, ""},
    {"GET /% HTTP/1.1\r\n", WZP_E_SYNTAX, 400, ""},
    {"GET /%4 HTTP/1.1\r\n", WZP_E_SYNTAX, 400, ""},
    {"GET /%zz HTTP/1.1\r\n", WZP_E_SYNTAX, 400, ""},
    {"GET /\x1b[2J HTTP/1.1\r\n", WZP_E_SYNTAX, 400, ""},
    {"GET /\xc3\xa4 HTTP/1.1\r\n", WZP_E_SYNTAX, 400, ""},
    {"GET / HTTP/1.1\r\n folded\r\n", WZP_E_SYNTAX, 400, ""},
    {"GET / HTTP/1.1\r\nNo colon\r\n", WZP_E_SYNTAX, 400, ""},
    {"GET / HTTP/1.1\r\n: x\r\n", WZP_E_SYNTAX, 400, ""},
    {"GET / HTTP/1.1\r\nA : x\r\n", WZP_E_SYNTAX, 400, ""},
    {"GET / HTTP/1.1\r\nA: x\ry\r\n", WZP_E_SYNTAX, 400, ""},
};

TAP_MAIN
{
    static char big[WZP_HTTP_REQUEST_MAX + 10];
    struct wzp_http_request r;
    int status = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int result = wzp_http_request_parse(&r, &status, rows[i].text, strlen(rows[i].text));
        ok(result == rows[i].result && status == rows[i].status, "row %zu: %d, status %d", i,
           result, status);
        if (result == 0)
            is_str(r.path, rows[i].path, "path %s", rows[i].path);
    }
    wzp_http_request_parse(&r, &status, rows[3].text, strlen(rows[3].text));
    ok(r.is_head, "HEAD is told from GET");
    /* Every shorter beginning of a good request asks for more. */
    bool good = true;
    for (size_t n = 0; n < strlen(rows[0].text); n++)
        good = good && wzp_http_request_parse(&r, &status, rows[0].text, n) == WZP_E_SHORT;
    ok(good, "a beginning is never refused");

#define UPGRADE "GET /ws/a HTTP/1.1\r\nconnection: keep-alive ,\tUpgrade\r\nUPGRADE: websocket\r\n"
#define KEY "Sec-WebSocket-Key:dGhlIHNhbXBsZSBub25jZQ==\r\n"
    static const struct {
        const char *text;
        int result, status;
        bool upgrade;
    } upgrades[] = {
        {UPGRADE KEY "Sec-WebSocket-Version: 13\r\n\r\n", 0, 0, true},
        {UPGRADE "Sec-WebSocket-Version: 13\r\n\r\n", WZP_E_SYNTAX, 400, false},
        {UPGRADE KEY "Sec-WebSocket-Version: 7\r\n\r\n", WZP_E_SYNTAX, 426, false},
        {UPGRADE KEY "\r\n", WZP_E_SYNTAX, 426, false},
        {UPGRADE "Sec-WebSocket-Key: short\r\nSec-WebSocket-Version: 13\r\n\r\n", WZP_E_SYNTAX, 400,
         false},
        {"GET /ws/a HTTP/1.1\r\nUpgrade: websocket\r\n" KEY "Sec-WebSocket-Version: 13\r\n\r\n",
         WZP_E_SYNTAX, 400, false},
        {"GET /ws/a HTTP/1.1\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n", 0, 0, false},
    };
    for (size_t i = 0; i < sizeof upgrades / sizeof upgrades[0]; i++) {
        int result =
            wzp_http_request_parse(&r, &status, upgrades[i].text, strlen(upgrades[i].text));
        ok(result == upgrades[i].result && status == upgrades[i].status &&
               r.is_upgrade == upgrades[i].upgrade,
           "upgrade %zu: %d, status %d", i, result, status);
    }
    wzp_http_request_parse(&r, &status, upgrades[0].text, strlen(upgrades[0].text));
    is_str(r.key, "dGhlIHNhbXBsZSBub25jZQ==", "its key is kept");
    is_int(r.head_length, strlen(upgrades[0].text), "what follows the head is known");

    static const struct {
        const char *fields, *host, *origin;
        bool has_origin;
    } hosts[] = {
        {"Host: Phone.example:8443\r\n", "phone.example", "", false},
        {"Origin: https://Phone.example:8443\r\n", "", "phone.example", true},
        {"Host: [2001:DB8::1]:80\r\nOrigin: http://[2001:db8::1]\r\n", "[2001:db8::1]",
         "[2001:db8::1]", true},
        {"Host:\r\nOrigin: null\r\n", "", "", true},
        {"Host: a b\r\nOrigin: https:/a\r\n", "", "", true},
        {"Host: a\r\nHost: a\r\nHost: a\r\n", "", "", false},
        {"Origin: https://\r\n", "", "", true},
    };
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        int length = snprintf(big, sizeof big, "GET / HTTP/1.1\r\n%s\r\n", hosts[i].fields);
        is_int(wzp_http_request_parse(&r, &status, big, (size_t)length), 0, "hosts %zu", i);
        is_str(r.host, hosts[i].host, "whom it asks");
        is_str(r.origin, hosts[i].origin, "and for whose page");
        is_int(r.has_origin, hosts[i].has_origin, "if for a page");
    }
    int most = snprintf(big, sizeof big, "GET / HTTP/1.1\r\nHost: %0300d\r\n\r\n", 0);
    ok(wzp_http_request_parse(&r, &status, big, (size_t)most) == 0 && !r.host[0],
       "no host is so long");

    memset(big, 'a', sizeof big);
    is_int(wzp_http_request_parse(&r, &status, big, WZP_HTTP_REQUEST_MAX - 1), WZP_E_SHORT,
           "a long line may still end");
    is_int(wzp_http_request_parse(&r, &status, big, WZP_HTTP_REQUEST_MAX), WZP_E_SYNTAX,
           "a longer one may not");
    is_int(status, 414, "too long");
    memcpy(big, "GET / HTTP/1.1\r\n", 16);
    is_int(wzp_http_request_parse(&r, &status, big, sizeof big), WZP_E_SYNTAX, "nor a long field");
    is_int(status, 431, "fields too large");
    memcpy(big, "GET /", 5);
    memset(big + 5, 'b', 1100);
    memcpy(big + 1100, " HTTP/1.1\r\n\r\n", 13);
    is_int(wzp_http_request_parse(&r, &status, big, 1113), WZP_E_SYNTAX, "a path of 1 KiB");
    is_int(status, 414, "is too long");
}
