/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Socket addresses as values: parse, print, compare. No resolving, no sockets. IPv4-mapped IPv6
 * is turned into IPv4 on entry, so that one peer has one spelling. Source: wzp-protocol(7),
 * Structures, JSON. */
#ifndef WZP_BASE_ADDR_H
#define WZP_BASE_ADDR_H

#include "wzp/types.h"

/* From 4 or 16 network-order bytes and a host-order port. */
void wzp_addr_from_ip4(struct wzp_addr *out, const uint8_t ip[4], uint16_t port);
void wzp_addr_from_ip6(struct wzp_addr *out, const uint8_t ip[16], uint16_t port);
/* A bare literal, "1.2.3.4" or "::1", and a port. WZP_E_SYNTAX, WZP_E_RANGE. */
int wzp_addr_parse_ip(struct wzp_addr *out, const char *ip, uint16_t port);
/* Splits what people type: "host", "host:port", "1.2.3.4", "::1", "[::1]:4433". host gets the
 * bare name or literal. WZP_E_SYNTAX when it is none of these, WZP_E_RANGE for a port outside
 * 1..65535. */
int wzp_addr_split(char *host, size_t capacity, uint16_t *port, const char *text,
                   uint16_t default_port);
/* Questions; ports are host order, 0 for nothing. */
bool wzp_addr_is_none(const struct wzp_addr *addr);
bool wzp_addr_equal(const struct wzp_addr *a, const struct wzp_addr *b);    /* address and port */
bool wzp_addr_equal_ip(const struct wzp_addr *a, const struct wzp_addr *b); /* address only */
/* True for the same IPv4 address or the same IPv6 /64, which count as one user. */
bool wzp_addr_same_place(const struct wzp_addr *a, const struct wzp_addr *b);
bool wzp_addr_is_v6(const struct wzp_addr *addr);
bool wzp_addr_is_loopback(const struct wzp_addr *addr);
bool wzp_addr_is_unspecified(const struct wzp_addr *addr); /* 0.0.0.0 or :: */
uint16_t wzp_addr_port(const struct wzp_addr *addr);
void wzp_addr_set_port(struct wzp_addr *addr, uint16_t port);

#endif
