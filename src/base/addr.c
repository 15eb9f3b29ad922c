/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Socket addresses as values. Source: wzp-protocol(7), Structures, JSON. */
#include "base/addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

int wzp_addr_from_sockaddr(struct wzp_addr *out, const struct sockaddr *sa, socklen_t length)
{
    struct wzp_addr copy;
    memset(&copy, 0, sizeof copy);
    memset(out, 0, sizeof *out);
    if (!sa || length < (socklen_t)sizeof sa->sa_family)
        return WZP_E_UNSUPPORTED;
    if (sa->sa_family == AF_INET && length >= (socklen_t)sizeof(struct sockaddr_in)) {
        memcpy(&copy.u.in, sa, sizeof copy.u.in);
        wzp_addr_from_ip4(out, (const uint8_t *)&copy.u.in.sin_addr, ntohs(copy.u.in.sin_port));
        return 0;
    }
    if (sa->sa_family == AF_INET6 && length >= (socklen_t)sizeof(struct sockaddr_in6)) {
        memcpy(&copy.u.in6, sa, sizeof copy.u.in6);
        wzp_addr_from_ip6(out, copy.u.in6.sin6_addr.s6_addr, ntohs(copy.u.in6.sin6_port));
        if (wzp_addr_is_v6(out))
            out->u.in6.sin6_scope_id = copy.u.in6.sin6_scope_id;
        return 0;
    }
    return WZP_E_UNSUPPORTED;
}

void wzp_addr_from_ip4(struct wzp_addr *out, const uint8_t ip[4], uint16_t port)
{
    memset(out, 0, sizeof *out);
    out->u.in.sin_family = AF_INET;
    out->u.in.sin_port = htons(port);
    memcpy(&out->u.in.sin_addr, ip, 4);
    out->length = sizeof out->u.in;
}

void wzp_addr_from_ip6(struct wzp_addr *out, const uint8_t ip[16], uint16_t port)
{
    if (memcmp(ip, mapped_prefix, sizeof mapped_prefix) == 0) {
        wzp_addr_from_ip4(out, ip + 12, port);
        return;
    }
    memset(out, 0, sizeof *out);
    out->u.in6.sin6_family = AF_INET6;
    out->u.in6.sin6_port = htons(port);
    memcpy(&out->u.in6.sin6_addr, ip, 16);
    out->length = sizeof out->u.in6;
}

/* Decimal number without sign and leading zeros, the whole of text. */
static int parse_number(unsigned *out, const char *text, size_t length, unsigned most)
{
    if (length == 0 || (length > 1 && text[0] == '0'))
        return WZP_E_SYNTAX;
    unsigned v = 0;
    bool over = false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return WZP_E_SYNTAX;
        v = v * 10 + (unsigned)(text[i] - '0');
        if (v > most) {
            over = true;
            v = most; /* keep looking: letters further on are a syntax error */
        }
    }
    *out = v;
    return over ? WZP_E_RANGE : 0;
}

static int parse_ip4(uint8_t ip[4], const char *text, size_t length)
{
    size_t start = 0;
    int worst = 0;
    for (int part = 0; part < 4; part++) {
        size_t end = start;
        while (end < length && text[end] != '.')
            end++;
        if (part < 3 ? end == length : end < length)
            return WZP_E_SYNTAX;
        unsigned v = 0;
        int result = parse_number(&v, text + start, end - start, 255);
        if (result == WZP_E_SYNTAX)
            return result;
        if (result < 0)
            worst = result;
        ip[part] = (uint8_t)v;
        start = end + 1;
    }
    return worst;
}

static int parse_ip6(uint8_t ip[16], const char *text, size_t length)
{
    char literal[INET6_ADDRSTRLEN];
    if (length == 0 || length >= sizeof literal || memchr(text, '\0', length))
        return WZP_E_SYNTAX;
    memcpy(literal, text, length);
    literal[length] = '\0';
    return inet_pton(AF_INET6, literal, ip) == 1 ? 0 : WZP_E_SYNTAX;
}

int wzp_addr_parse(struct wzp_addr *out, const char *text, size_t length)
{
    uint8_t ip[16];
    unsigned port = 0;
    memset(out, 0, sizeof *out);
    size_t colon = length;
    while (colon > 0 && text[colon - 1] != ':')
        colon--;
    if (colon < 2) /* no colon, or nothing before it */
        return WZP_E_SYNTAX;
    size_t host_length = colon - 1;
    int port_rc = parse_number(&port, text + colon, length - colon, 65535);
    if (port_rc == WZP_E_SYNTAX)
        return port_rc;
    if (text[0] == '[') {
        if (text[host_length - 1] != ']')
            return WZP_E_SYNTAX;
        int result = host_length < 3 ? WZP_E_SYNTAX : parse_ip6(ip, text + 1, host_length - 2);
        if (result < 0 || port_rc < 0)
            return result < 0 ? result : port_rc;
        wzp_addr_from_ip6(out, ip, (uint16_t)port);
        return 0;
    }
    int result = parse_ip4(ip, text, host_length);
    if (result < 0 || port_rc < 0)
        return result < 0 ? result : port_rc;
    wzp_addr_from_ip4(out, ip, (uint16_t)port);
    return 0;
}

int wzp_addr_parse_ip(struct wzp_addr *out, const char *ip, uint16_t port)
{
    uint8_t bytes[16];
    bool v6 = strchr(ip, ':');
    memset(out, 0, sizeof *out);
    int result = v6 ? parse_ip6(bytes, ip, strlen(ip)) : parse_ip4(bytes, ip, strlen(ip));
    if (result < 0)
        return result;
    if (v6)
        wzp_addr_from_ip6(out, bytes, port);
    else
        wzp_addr_from_ip4(out, bytes, port);
    return 0;
}

static int store_host(char *host, size_t capacity, const char *text, size_t length)
{
    if (length >= capacity)
        return WZP_E_TOO_BIG;
    memcpy(host, text, length);
    host[length] = '\0';
    return 0;
}

static bool is_name(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '.' || c == '-' || c == '_';
        if (!good)
            return false;
    }
    return length > 0;
}

/* An IPv6 literal, perhaps with "%zone". */
static bool is_ip6_literal(const char *text, size_t length)
{
    uint8_t ip[16];
    const char *zone = memchr(text, '%', length);
    size_t bare = zone ? (size_t)(zone - text) : length;
    if (zone && !is_name(zone + 1, length - bare - 1))
        return false;
    return parse_ip6(ip, text, bare) == 0;
}

int wzp_addr_split(char *host, size_t capacity, uint16_t *port, const char *text,
                   uint16_t default_port)
{
    size_t length = strlen(text);
    const char *name = text;
    size_t name_length;
    const char *port_text = NULL;
    if (text[0] == '[') {
        const char *end = strchr(text, ']');
        if (!end || (end[1] != '\0' && end[1] != ':'))
            return WZP_E_SYNTAX;
        name = text + 1;
        name_length = (size_t)(end - name);
        port_text = end[1] == ':' ? end + 2 : NULL;
        if (!is_ip6_literal(name, name_length))
            return WZP_E_SYNTAX;
    } else {
        const char *colon = strchr(text, ':');
        if (colon && strchr(colon + 1, ':')) { /* several: a bare IPv6 literal */
            name_length = length;
            if (!is_ip6_literal(name, name_length))
                return WZP_E_SYNTAX;
        } else {
            name_length = colon ? (size_t)(colon - text) : length;
            port_text = colon ? colon + 1 : NULL;
            if (!is_name(name, name_length))
                return WZP_E_SYNTAX;
        }
    }
    unsigned number = default_port;
    if (port_text) {
        int result = parse_number(&number, port_text, strlen(port_text), 65535);
        if (result < 0)
            return result;
        if (number == 0)
            return WZP_E_RANGE;
    }
    int result = store_host(host, capacity, name, name_length);
    if (result == 0)
        *port = (uint16_t)number;
    return result;
}

const char *wzp_addr_format(char *out, const struct wzp_addr *addr)
{
    char ip[INET6_ADDRSTRLEN];
    out[0] = '\0';
    if (addr->u.sa.sa_family == AF_INET && inet_ntop(AF_INET, &addr->u.in.sin_addr, ip, sizeof ip))
        snprintf(out, WZP_ADDR_TEXT_MAX, "%s:%u", ip, (unsigned)wzp_addr_port(addr));
    else if (addr->u.sa.sa_family == AF_INET6 &&
             inet_ntop(AF_INET6, &addr->u.in6.sin6_addr, ip, sizeof ip))
        snprintf(out, WZP_ADDR_TEXT_MAX, "[%s]:%u", ip, (unsigned)wzp_addr_port(addr));
    return out;
}

bool wzp_addr_is_none(const struct wzp_addr *addr)
{
    return addr->length == 0 || addr->u.sa.sa_family == AF_UNSPEC;
}

bool wzp_addr_equal_ip(const struct wzp_addr *a, const struct wzp_addr *b)
{
    if (wzp_addr_is_none(a) || wzp_addr_is_none(b))
        return wzp_addr_is_none(a) && wzp_addr_is_none(b);
    if (a->u.sa.sa_family != b->u.sa.sa_family)
        return false;
    if (a->u.sa.sa_family == AF_INET)
        return a->u.in.sin_addr.s_addr == b->u.in.sin_addr.s_addr;
    /* Addresses that came as text have no scope: only two known, different scopes make two
     * addresses. */
    uint32_t a_scope = a->u.in6.sin6_scope_id;
    uint32_t b_scope = b->u.in6.sin6_scope_id;
    return memcmp(&a->u.in6.sin6_addr, &b->u.in6.sin6_addr, 16) == 0 &&
           (a_scope == b_scope || a_scope == 0 || b_scope == 0);
}

bool wzp_addr_equal(const struct wzp_addr *a, const struct wzp_addr *b)
{
    return wzp_addr_equal_ip(a, b) && wzp_addr_port(a) == wzp_addr_port(b);
}

bool wzp_addr_is_v6(const struct wzp_addr *addr)
{
    return addr->u.sa.sa_family == AF_INET6;
}

bool wzp_addr_same_place(const struct wzp_addr *a, const struct wzp_addr *b)
{
    if (wzp_addr_is_v6(a) != wzp_addr_is_v6(b))
        return false;
    return wzp_addr_is_v6(a) ? memcmp(&a->u.in6.sin6_addr, &b->u.in6.sin6_addr, 8) == 0
                             : memcmp(&a->u.in.sin_addr, &b->u.in.sin_addr, 4) == 0;
}

bool wzp_addr_is_loopback(const struct wzp_addr *addr)
{
    if (addr->u.sa.sa_family == AF_INET)
        return ntohl(addr->u.in.sin_addr.s_addr) >> 24 == 127;
    return addr->u.sa.sa_family == AF_INET6 &&
           memcmp(&addr->u.in6.sin6_addr, &in6addr_loopback, 16) == 0;
}

bool wzp_addr_is_unspecified(const struct wzp_addr *addr)
{
    if (addr->u.sa.sa_family == AF_INET)
        return addr->u.in.sin_addr.s_addr == 0;
    return addr->u.sa.sa_family == AF_INET6 &&
           memcmp(&addr->u.in6.sin6_addr, &in6addr_any, 16) == 0;
}

uint16_t wzp_addr_port(const struct wzp_addr *addr)
{
    if (addr->u.sa.sa_family == AF_INET)
        return ntohs(addr->u.in.sin_port);
    return addr->u.sa.sa_family == AF_INET6 ? ntohs(addr->u.in6.sin6_port) : 0;
}

void wzp_addr_set_port(struct wzp_addr *addr, uint16_t port)
{
    if (addr->u.sa.sa_family == AF_INET)
        addr->u.in.sin_port = htons(port);
    else if (addr->u.sa.sa_family == AF_INET6)
        addr->u.in6.sin6_port = htons(port);
}
