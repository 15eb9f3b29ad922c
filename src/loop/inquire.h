/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Work for a worker thread: blocking functions, each of which ends within two seconds (CAPTIVE:
 * plus the time to resolve its name). What they cannot find out they leave at WZP_E_UNSUPPORTED. */
#ifndef WZP_LOOP_INQUIRE_H
#define WZP_LOOP_INQUIRE_H

#include "wzp/host.h"

/* Does any of several hosts take a connection to port 443? */
void wzp_inquire_tcp(struct wzp_finding *out);
/* Does any of them answer an echo request? */
void wzp_inquire_icmp(struct wzp_finding *out);
/* Is a page that must be empty something else? */
void wzp_inquire_captive(struct wzp_finding *out);
/* The largest payload that a STUN server answers. */
void wzp_inquire_mtu(struct wzp_finding *out, const struct wzp_addr *server);

/* Is the network metered, by NetworkManager? */
void wzp_inquire_metered(struct wzp_finding *out);
/* What its command says: 0 (metered), WZP_E_REFUSED (not), WZP_E_UNSUPPORTED (it does not know). */
int wzp_metered_read(const char *text, size_t length);

/* Connects within that time; a socket that blocks no longer than it in a call, -1. Also of
 * upnp.c. */
int wzp_inquire_connect(const struct wzp_addr *to, int milliseconds);
/* Reads until the end, the capacity or the time is over. Returns the bytes. */
size_t wzp_inquire_read(int fd, char *out, size_t capacity, int milliseconds);

#endif
