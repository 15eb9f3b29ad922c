/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Port mapping on a real router by UPnP. Run by netcheck.t where there is one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/error.h"
#include "loop/upnp.h"
#include "tap.h"

static struct wzp_addr lan;

static struct wzp_finding ask(enum wzp_inquiry_kind kind, uint16_t internal, uint16_t external)
{
    const struct wzp_inquiry inquiry = {.kind = kind,
                                        .addr = lan,
                                        .internal_port = internal,
                                        .external_port = external,
                                        .lifetime = 600};
    struct wzp_finding finding = {.result = WZP_E_UNSUPPORTED};
    wzp_upnp_ask(&finding, &inquiry);
    return finding;
}

TAP_MAIN
{
    char text[WZP_ADDR_TEXT_MAX];
    const char *address = getenv("WZP_LAB_LAN");
    if (!address)
        skip_all("run by netcheck.t, where there is a router");
    snprintf(text, sizeof text, "%s:1", address);
    if (wzp_addr_parse(&lan, text, strlen(text)))
        bail("no address");
    struct wzp_finding f = ask(WZP_INQUIRE_UPNP_LOOK, 0, 0);
    is_int(f.result, 0, "there is a router");
    is_str(wzp_addr_format(text, &f.external), "45.33.1.10:0", "its address outside");
    f = ask(WZP_INQUIRE_UPNP_MAP, 40000, 40000);
    is_int(f.result, 0, "a port is opened");
    is_int(f.external_port, 40000, "the one that was asked for");
    is_int(f.lifetime, 600, "for as long as asked");
    is_int(ask(WZP_INQUIRE_UPNP_LOOK, 40000, 40000).result, 0, "it is there");
    is_int(ask(WZP_INQUIRE_UPNP_LOOK, 40001, 40000).result, WZP_E_NOT_FOUND, "it is ours only");
    is_int(ask(WZP_INQUIRE_UPNP_LOOK, 40000, 40002).result, WZP_E_NOT_FOUND, "another is not");
    is_int(ask(WZP_INQUIRE_UPNP_UNMAP, 40000, 40000).result, 0, "it is closed");
    is_int(ask(WZP_INQUIRE_UPNP_LOOK, 40000, 40000).result, WZP_E_NOT_FOUND, "and gone");
    is_int(ask(WZP_INQUIRE_UPNP_UNMAP, 40000, 40000).result, 0, "closing it again is fine");
    f = ask(WZP_INQUIRE_UPNP_MAP, 40000, 80);
    note("%d, UPnP error %u, port %u", f.result, f.upnp_error, f.external_port);
    ok(f.result == 0 ? f.external_port != 80 : f.result == WZP_E_REFUSED && f.upnp_error > 0,
       "a port that the router does not give is refused with its number, or it gives another");
    if (f.result == 0)
        ask(WZP_INQUIRE_UPNP_UNMAP, 40000, f.external_port);
}
