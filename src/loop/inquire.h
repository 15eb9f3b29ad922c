/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Network checks for a worker thread: blocking functions, each of which ends within two seconds
 * (CAPTIVE: plus the time to resolve its name). A result that cannot be found out stays
 * WZP_E_UNSUPPORTED. */
#ifndef WZP_LOOP_INQUIRE_H
#define WZP_LOOP_INQUIRE_H

#include "wzp/host.h"

/* Does any of several hosts accept a connection to port 443? */
void wzp_inquire_tcp(struct wzp_finding *out);
/* Does any of them answer an echo request? */
void wzp_inquire_icmp(struct wzp_finding *out);
/* Does a URL whose page must be empty give something else (a captive portal)? */
void wzp_inquire_captive(struct wzp_finding *out);
/* Finds the largest payload that a STUN server answers. */
void wzp_inquire_mtu(struct wzp_finding *out, const struct wzp_addr *server);

/* Is the network metered, according to NetworkManager? */
void wzp_inquire_metered(struct wzp_finding *out);
/* Reads the output of NetworkManager's command: 0 (metered), WZP_E_REFUSED (not), WZP_E_UNSUPPORTED
 * (it does not know). */
int wzp_metered_read(const char *text, size_t length);

/* Connects within that time. Returns a socket whose calls block no longer than that, or -1. upnp.c
 * uses it too. */
int wzp_inquire_connect(const struct wzp_addr *to, int milliseconds);
/* Reads until end of stream, capacity or timeout. Returns the number of bytes. */
size_t wzp_inquire_read(int fd, char *out, size_t capacity, int milliseconds);

#endif
