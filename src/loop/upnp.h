/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Port mapping by UPnP IGD. miniupnpc parses the XML; discovery and HTTP are done here, since the
 * library bounds neither how much it reads nor how long it waits. Blocking, for a worker thread.
 * Source: wzp-protocol(7), Addresses. */
#ifndef WZP_LOOP_UPNP_H
#define WZP_LOOP_UPNP_H

#include <stdbool.h>
#include <stddef.h>

#include "wzp/host.h"

#define WZP_UPNP_XML_MAX 65536
#define WZP_UPNP_PATH_MAX 256
#define WZP_UPNP_SERVICE_MAX 96

/* Executes a WZP_INQUIRE_UPNP_* inquiry; built without miniupnpc: WZP_E_UNSUPPORTED. Takes four
 * seconds at most. */
void wzp_upnp_ask(struct wzp_finding *out, const struct wzp_inquiry *question);

/* An HTTP URL of a router, at an IPv4 address. */
struct wzp_upnp_url {
    struct wzp_addr addr;
    char path[WZP_UPNP_PATH_MAX]; /* begins with '/' */
};
/* A router's port mapping service: its control URL and type. */
struct wzp_upnp_service {
    struct wzp_upnp_url control;
    char type[WZP_UPNP_SERVICE_MAX];
};
/* Parses the device description found at root (any bytes) for port mapping services, the preferred
 * one first; each must be at root's address. Returns how many were written to out, 1 or 2.
 * WZP_E_NOT_FOUND (none), WZP_E_REFUSED (at another address), WZP_E_SYNTAX and WZP_E_RANGE (bad
 * URLs), WZP_E_UNSUPPORTED. */
int wzp_upnp_describe(struct wzp_upnp_service out[2], const struct wzp_upnp_url *root,
                      const char *xml, size_t length);

/* ---- upnp_http.c: without the library ---- */

/* "http://192.168.1.1:5000/root.xml": IPv4 literals only. WZP_E_SYNTAX, WZP_E_RANGE. */
int wzp_upnp_url_parse(struct wzp_upnp_url *out, const char *text, size_t length);
/* Parses a response to a search (SSDP): the URL of the description. It must be on the device that
 * answers, else WZP_E_REFUSED; WZP_E_SYNTAX. */
int wzp_upnp_search_read(struct wzp_upnp_url *out, const struct wzp_addr *from, const char *text,
                         size_t length);
/* Searches for a router in the network of our address `local`. WZP_E_NOT_FOUND, WZP_E_IO. */
int wzp_upnp_search(struct wzp_upnp_url *out, const struct wzp_addr *local);
/* One HTTP request: GET, or with an action a POST of the SOAP body `soap`. The answer's body begins
 * at *body of out (capacity bytes, ended by a 0). Returns its length or WZP_E_NETWORK. */
int wzp_upnp_http(char *out, size_t capacity, const char **body, const struct wzp_upnp_url *url,
                  const char *service, const char *action, const char *soap);

#endif
