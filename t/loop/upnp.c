/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Finding a router's UPnP service: what answers to a search are believed. */
#include "loop/upnp.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/error.h"
#include "base/time.h"
#include "loop/internal.h"
#include "tap.h"

static void url(const char *item, const char *text, int want, const char *place, const char *path)
{
    struct wzp_upnp_url out;
    char got[WZP_ADDR_TEXT_MAX];
    is_int(wzp_upnp_url_parse(&out, text, strlen(text)), want, "%s%s", item, text);
    if (want)
        return;
    is_str(wzp_addr_format(got, &out.addr), place, "its place");
    is_str(out.path, path, "its path");
}

static void answer(const char *text, int want)
{
    struct wzp_upnp_url out;
    struct wzp_addr from;
    wzp_addr_from_ip4(&from, (const uint8_t *)"\xc0\xa8\x01\x01", 1900);
    is_int(wzp_upnp_search_read(&out, &from, text, strlen(text)), want, "an answer: %.40s", text);
}

/* ---- descriptions ---- */

#define NESTED(middle)                                                                             \
    "<?xml version=\"1.0\"?><root xmlns=\"urn:schemas-upnp-org:device-1-0\"><device><deviceType>"  \
    "urn:schemas-upnp-org:device:InternetGatewayDevice:1</deviceType><friendlyName>Router"         \
    "</friendlyName><serviceList><service><serviceType>"                                           \
    "urn:schemas-upnp-org:service:Layer3Forwarding:1</serviceType><controlURL>/l3f</controlURL>"   \
    "</service></serviceList><deviceList><device><deviceType>"                                     \
    "urn:schemas-upnp-org:device:WANDevice:1</deviceType><serviceList><service><serviceType>"      \
    "urn:schemas-upnp-org:service:WANCommonInterfaceConfig:1</serviceType><controlURL>/cic"        \
    "</controlURL></service></serviceList><deviceList><device><deviceType>"                        \
    "urn:schemas-upnp-org:device:WANConnectionDevice:1</deviceType><serviceList>" middle           \
    "</serviceList></device></deviceList></device></deviceList></device></root>"
#define SERVICE(type, control)                                                                     \
    "<service><serviceType>urn:schemas-upnp-org:service:" type "</serviceType>"                    \
    "<serviceId>x</serviceId>" control "<eventSubURL>/evt</eventSubURL></service>"
#define AT(place) "<controlURL>" place "</controlURL>"

static void description(const char *what, const char *xml, int want, const char *place,
                        const char *path)
{
    struct wzp_upnp_url at = {.path = "/root.xml"};
    struct wzp_upnp_service out[2];
    char got[WZP_ADDR_TEXT_MAX];
    wzp_addr_from_ip4(&at.addr, (const uint8_t *)"\xc0\xa8\x01\x01", 5000);
    int count = wzp_upnp_describe(out, &at, xml, strlen(xml));
    if (count == WZP_E_UNSUPPORTED)
        return;
    is_int(count, want, "%s", what);
    if (count < 1)
        return;
    is_str(wzp_addr_format(got, &out[0].control.addr), place, "%s: its place", what);
    is_str(out[0].control.path, path, "%s: its path", what);
}

static void descriptions(void)
{
    description("P3: WANIPConnection:1 with a relative path",
                NESTED(SERVICE("WANIPConnection:1", AT("/ctl/IPConn"))), 1, "192.168.1.1:5000",
                "/ctl/IPConn");
    description("P4: an absolute URL at another port",
                NESTED(SERVICE("WANIPConnection:1", AT("http://192.168.1.1:49152/ctl"))), 1,
                "192.168.1.1:49152", "/ctl");
    description("P4: but not at another address",
                NESTED(SERVICE("WANIPConnection:1", AT("http://192.0.2.1:49152/ctl"))),
                WZP_E_REFUSED, NULL, NULL);
    description("P5: WANPPPConnection:1", NESTED(SERVICE("WANPPPConnection:1", AT("/ppp"))), 1,
                "192.168.1.1:5000", "/ppp");
    description("P7: WANIPConnection:2", NESTED(SERVICE("WANIPConnection:2", AT("/two"))), 1,
                "192.168.1.1:5000", "/two");
    description("P8: another service only", NESTED(SERVICE("Printing:1", AT("/print"))),
                WZP_E_NOT_FOUND, NULL, NULL);
    description("P9: without a control URL", NESTED(SERVICE("WANIPConnection:1", "")),
                WZP_E_NOT_FOUND, NULL, NULL);
    description(
        "P17: devices in devices, two services",
        NESTED(SERVICE("WANIPConnection:1", AT("/ip")) SERVICE("WANPPPConnection:1", AT("/ppp"))),
        2, "192.168.1.1:5000", "/ip");
    description("one that breaks off", "<?xml version=\"1.0\"?><root><device><serviceList><serv",
                WZP_E_NOT_FOUND, NULL, NULL);
    description("nothing", "", WZP_E_NOT_FOUND, NULL, NULL);
}

/* ---- what a router answers over HTTP, true or not ---- */

enum router_kind { HANGS, DRIPS, FLOODS, CLOSES, NO_HEAD, NO_HTTP, LATE, HONEST };

static void write_text(int fd, const char *text)
{
    if (write(fd, text, strlen(text)) < 0)
        _exit(1);
}

static void behave(int fd, enum router_kind kind)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n";
    char request[2048];
    if (read(fd, request, sizeof request) < 0 || kind == CLOSES)
        return;
    if (kind == HANGS)
        sleep(20);
    if (kind == LATE)
        usleep(1700000);
    if (kind == NO_HEAD)
        write_text(fd, "<root>no head</root>");
    if (kind == NO_HTTP)
        write_text(fd, "SSH-2.0-nothing\r\n\r\n<root/>");
    if (kind == LATE || kind == HONEST) {
        write_text(fd, head);
        write_text(fd, "<root>it is me</root>");
    }
    if (kind == FLOODS) {
        write_text(fd, head);
        for (unsigned i = 0; i < 1024 * 1024 / 16; i++)
            write_text(fd, "<device><device>");
    }
    for (unsigned i = 0; kind == DRIPS && i < 200; i++) {
        write_text(fd, i < sizeof head - 1 ? (char[]){head[i], 0} : "<");
        usleep(50000);
    }
}

static pid_t serve(struct wzp_addr *out, enum router_kind kind)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    *out = (struct wzp_addr){.length = sizeof out->u};
    wzp_addr_from_ip4(out, (const uint8_t *)"\x7f\x00\x00\x01", 0);
    if (fd < 0 || bind(fd, &out->u.sa, out->length) < 0 || listen(fd, 4) < 0 ||
        getsockname(fd, &out->u.sa, &out->length) < 0)
        bail("no router");
    pid_t child = fork();
    if (child == 0) {
        alarm(20);
        signal(SIGPIPE, SIG_IGN);
        int client = accept(fd, NULL, NULL);
        behave(client, kind);
        _exit(0);
    }
    close(fd);
    return child;
}

static void exchanges(void)
{
    static const struct {
        const char *what;
        enum router_kind kind;
        bool answers;
        unsigned most_ms;
    } rows[] = {
        {"one that hangs", HANGS, false, 1600},
        {"one that gives a byte now and then", DRIPS, false, 1600},
        {"a megabyte of XML", FLOODS, true, 1600},
        {"one that closes at once", CLOSES, false, 1600},
        {"no head", NO_HEAD, false, 1600},
        {"no HTTP", NO_HTTP, false, 1600},
        {"an answer after the deadline", LATE, false, 1600},
        {"an honest one", HONEST, true, 1600},
    };
    char *text = malloc(WZP_UPNP_XML_MAX);
    if (!text)
        bail("no memory");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct wzp_upnp_url place = {.path = "/root.xml"};
        const char *body = NULL;
        pid_t child = serve(&place.addr, rows[i].kind);
        uint64_t began = wzp_loop_clock();
        int length = wzp_upnp_http(text, WZP_UPNP_XML_MAX, &body, &place, NULL, NULL, NULL);
        uint64_t took = wzp_time_since(wzp_loop_clock(), began) / WZP_MILLISECOND;
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        ok(took <= rows[i].most_ms, "HTTP, %s: it ends after %u ms, at most %u", rows[i].what,
           (unsigned)took, rows[i].most_ms);
        ok(rows[i].answers ? length > 0 && length < WZP_UPNP_XML_MAX && body[length] == '\0'
                           : length < 0,
           "HTTP, %s: %s", rows[i].what,
           rows[i].answers ? "what fits is read" : "there is no answer");
    }
    free(text);
}

TAP_MAIN
{
    char longer[400] = "http://192.168.1.1/";
    url("P6: ", "http://192.168.1.1:5000/root.xml", 0, "192.168.1.1:5000", "/root.xml");
    url("P6: ", "HTTP://192.168.1.1", 0, "192.168.1.1:80", "/");
    url("P11: ", "http://router.lan/root.xml", WZP_E_SYNTAX, NULL, NULL);
    /* The existing library takes a place without its scheme; nobody answers a search with one. */
    url("P10: ", "192.168.1.1:5000/root.xml", WZP_E_SYNTAX, NULL, NULL);
    url("", "https://192.168.1.1/", WZP_E_SYNTAX, NULL, NULL);
    url("", "http://192.168.1.1:99999/", WZP_E_SYNTAX, NULL, NULL);
    url("", "http://192.168.1.1/a b", WZP_E_SYNTAX, NULL, NULL);
    url("", "http://192.168.1.1/a\r\nX: y", WZP_E_SYNTAX, NULL, NULL);
    memset(longer + 19, 'x', sizeof longer - 20);
    url("", longer, WZP_E_RANGE, NULL, NULL);
    answer("HTTP/1.1 200 OK\r\nST: x\r\nLoCaTiOn:  http://192.168.1.1:5000/r \r\n\r\n", 0);
    answer("HTTP/1.1 200 OK\r\nLOCATION: http://192.0.2.1/r\r\n\r\n", WZP_E_REFUSED);
    answer("HTTP/1.1 200 OK\r\nST: x\r\n\r\n", WZP_E_SYNTAX);
    answer("NOTIFY * HTTP/1.1\r\nLOCATION: http://192.168.1.1/r\r\n\r\n", WZP_E_SYNTAX);
    answer("HTTP/1.1 200 OK\r\nLOCATION:", WZP_E_SYNTAX);
    answer("", WZP_E_SYNTAX);
    descriptions();
    exchanges();
}
