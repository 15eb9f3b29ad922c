/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "relay/pool_url.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "crypto/certificate.h"

#define REDIS "redis://"
#define REDISS "rediss://"
#define UNIX "unix:"
#define PIN "sha256="
#define PORT 6379
#define DATABASES_MAX 1000000

struct part {
    const char *at;
    size_t length;
};

static bool begins(const struct part *p, const char *with)
{
    size_t length = strlen(with);
    return p->length >= length && memcmp(p->at, with, length) == 0;
}

static struct part after(struct part p, size_t taken)
{
    return (struct part){p.at + taken, p.length - taken};
}

/* Copies with %XX decoded; false when it does not fit or contains a control character. */
static bool plain(char *out, size_t capacity, struct part p)
{
    size_t n = 0;
    for (size_t i = 0; i < p.length; i++, n++) {
        uint8_t byte = (uint8_t)p.at[i];
        if (byte == '%') {
            if (p.length - i < 3 || wzp_hex_decode(&byte, 1, p.at + i + 1, 2) < 0)
                return false;
            i += 2;
        }
        if (byte <= ' ' || byte == 0x7f || n + 1 >= capacity)
            return false;
        out[n] = (char)byte;
    }
    out[n] = '\0';
    return true;
}

static bool number(unsigned *out, struct part p, unsigned most)
{
    unsigned value = 0;
    if (p.length == 0 || p.length > 7)
        return false;
    for (size_t i = 0; i < p.length; i++) {
        if (p.at[i] < '0' || p.at[i] > '9')
            return false;
        value = value * 10 + (unsigned)(p.at[i] - '0');
    }
    *out = value;
    return value <= most;
}

static int wrong(struct wzp_error *err, const char *what)
{
    return wzp_error_set(err, WZP_E_SYNTAX, "%s", what);
}

/* Parses user:password@, either of which may be missing; *rest is then what follows. */
static int take_user(struct wzp_pool_url *out, struct part *rest, struct wzp_error *err)
{
    const char *at = memchr(rest->at, '@', rest->length);
    if (!at)
        return 0;
    struct part user = {rest->at, (size_t)(at - rest->at)};
    const char *colon = memchr(user.at, ':', user.length);
    struct part password = {at, 0};
    if (colon) {
        password = after(user, (size_t)(colon + 1 - user.at));
        user.length = (size_t)(colon - user.at);
    }
    *rest = after(*rest, (size_t)(at + 1 - rest->at));
    return plain(out->user, sizeof out->user, user) &&
                   plain(out->password, sizeof out->password, password)
               ? 0
               : wrong(err, "user or password is too long, or has characters that must be %XX");
}

/* Parses the pin of the certificate (?sha256=) at the end. */
static int take_pin(struct wzp_pool_url *out, struct part *rest, struct wzp_error *err)
{
    const char *question = memchr(rest->at, '?', rest->length);
    if (!question)
        return 0;
    struct part pin = after(*rest, (size_t)(question + 1 - rest->at));
    rest->length = (size_t)(question - rest->at);
    out->is_pinned = true;
    if (!begins(&pin, PIN) ||
        wzp_tls_fingerprint_parse(out->sha256, pin.at + strlen(PIN), pin.length - strlen(PIN)) < 0)
        return wrong(err, "?sha256= and the fingerprint of a certificate is all that may follow");
    return 0;
}

static int take_host(struct wzp_pool_url *out, struct part rest, struct wzp_error *err)
{
    const char *slash = memchr(rest.at, '/', rest.length);
    struct part host = {rest.at, slash ? (size_t)(slash - rest.at) : rest.length};
    struct part port = {NULL, 0};
    unsigned value = PORT;
    bool bracket = host.length > 0 && host.at[0] == '[';
    const char *host_end =
        bracket ? memchr(host.at, ']', host.length) : memchr(host.at, ':', host.length);
    if (bracket && !host_end)
        return wrong(err, "a ] is missing");
    if (host_end) {
        struct part behind = after(host, (size_t)(host_end - host.at) + (bracket ? 1 : 0));
        if (behind.length > 0 && behind.at[0] != ':')
            return wrong(err, "host:port is wanted");
        if (behind.length > 0)
            port = after(behind, 1);
        host.length = (size_t)(host_end - host.at);
        if (bracket)
            host = after(host, 1);
        if (behind.length > 0 && (!number(&value, port, 65535) || value == 0))
            return wrong(err, "the port is a number from 1 to 65535");
    }
    out->port = (uint16_t)value;
    if (host.length == 0 || !plain(out->host, sizeof out->host, host) || strchr(out->host, '?'))
        return wrong(err, "the host is missing or no name");
    if (slash && slash + 1 < rest.at + rest.length &&
        !number(&out->database, after(rest, (size_t)(slash + 1 - rest.at)), DATABASES_MAX))
        return wrong(err, "the database is a number");
    return 0;
}

static int take_socket(struct wzp_pool_url *out, struct part rest, struct wzp_error *err)
{
    const char *question = memchr(rest.at, '?', rest.length);
    struct part path = {rest.at, question ? (size_t)(question - rest.at) : rest.length};
    out->is_unix = true;
    if (path.length > 2 && memcmp(path.at, "//", 2) == 0)
        path = after(path, 2);
    if (path.length == 0 || path.at[0] != '/' || !plain(out->host, 108, path))
        return wrong(err, "unix:/path/of/the/socket is wanted");
    if (!question)
        return 0;
    rest = after(rest, (size_t)(question + 1 - rest.at));
    if (!begins(&rest, "db=") || !number(&out->database, after(rest, 3), DATABASES_MAX))
        return wrong(err, "?db= and a number is all that may follow the path");
    return 0;
}

int wzp_pool_url_parse(struct wzp_pool_url *out, const char *text, size_t length,
                       struct wzp_error *err)
{
    struct part rest = {text, length};
    memset(out, 0, sizeof *out);
    if (length == 0 || (length == 6 && memcmp(text, "memory", 6) == 0)) {
        out->is_memory = true;
        return 0;
    }
    if (begins(&rest, UNIX))
        return take_socket(out, after(rest, strlen(UNIX)), err);
    out->is_tls = begins(&rest, REDISS);
    if (!out->is_tls && !begins(&rest, REDIS))
        return wrong(err,
                     "\"memory\", \"redis://host:port/database\", \"rediss://host:port/database\" "
                     "or \"unix:/path\" is wanted");
    rest = after(rest, strlen(out->is_tls ? REDISS : REDIS));
    int result = take_user(out, &rest, err);
    if (result == 0 && out->is_tls)
        result = take_pin(out, &rest, err);
    return result ? result : take_host(out, rest, err);
}

const char *wzp_pool_url_show(char *out, const struct wzp_pool_url *url)
{
    bool v6 = strchr(url->host, ':') && !url->is_unix;
    if (url->is_memory)
        snprintf(out, WZP_POOL_URL_SHOWN_MAX, "memory");
    else if (url->is_unix)
        snprintf(out, WZP_POOL_URL_SHOWN_MAX, "unix:%s?db=%u", url->host, url->database);
    else
        snprintf(out, WZP_POOL_URL_SHOWN_MAX, "%s%s%s%s:%u/%u", url->is_tls ? REDISS : REDIS,
                 v6 ? "[" : "", url->host, v6 ? "]" : "", url->port, url->database);
    return out;
}
