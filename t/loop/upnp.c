/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Finding a router's UPnP service: what answers to a search are believed. */
#include "loop/upnp.h"

#include <string.h>

#include "base/addr.h"
#include "base/error.h"
#include "tap.h"

static void url(const char *text, int want, const char *place, const char *path)
{
    struct wzp_upnp_url out;
    char got[WZP_ADDR_TEXT_MAX];
    is_int(wzp_upnp_url_parse(&out, text, strlen(text)), want, "%s", text);
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

TAP_MAIN
{
    char longer[400] = "http://192.168.1.1/";
    url("http://192.168.1.1:5000/root.xml", 0, "192.168.1.1:5000", "/root.xml");
    url("HTTP://192.168.1.1", 0, "192.168.1.1:80", "/");
    url("http://router.lan/root.xml", WZP_E_SYNTAX, NULL, NULL);
    url("https://192.168.1.1/", WZP_E_SYNTAX, NULL, NULL);
    url("http://192.168.1.1:99999/", WZP_E_SYNTAX, NULL, NULL);
    url("http://192.168.1.1/a b", WZP_E_SYNTAX, NULL, NULL);
    url("http://192.168.1.1/a\r\nX: y", WZP_E_SYNTAX, NULL, NULL);
    memset(longer + 19, 'x', sizeof longer - 20);
    url(longer, WZP_E_RANGE, NULL, NULL);
    answer("HTTP/1.1 200 OK\r\nST: x\r\nLoCaTiOn:  http://192.168.1.1:5000/r \r\n\r\n", 0);
    answer("HTTP/1.1 200 OK\r\nLOCATION: http://192.0.2.1/r\r\n\r\n", WZP_E_REFUSED);
    answer("HTTP/1.1 200 OK\r\nST: x\r\n\r\n", WZP_E_SYNTAX);
    answer("NOTIFY * HTTP/1.1\r\nLOCATION: http://192.168.1.1/r\r\n\r\n", WZP_E_SYNTAX);
    answer("HTTP/1.1 200 OK\r\nLOCATION:", WZP_E_SYNTAX);
    answer("", WZP_E_SYNTAX);
}
