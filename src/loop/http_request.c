/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Parser of request heads. Strict where leniency has been used to smuggle: no bare line ends
 * inside, no folded lines, no control characters. Source: RFC 9112 2.2, 3, 5. */
#include "loop/http_request.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"

static int refuse(int *status, int code)
{
    *status = code;
    return WZP_E_SYNTAX;
}

/* Of an absolute path; the query is cut off. False when it is not one. */
static bool decode_path(char *out, const char *text, size_t length)
{
    size_t n = 0;
    if (length == 0 || text[0] != '/')
        return false;
    for (size_t i = 0; i < length && text[i] != '?' && text[i] != '#'; i++) {
        int c = (unsigned char)text[i];
        if (c == '%') {
            if (length - i < 3 || wzp_hex_digit(text[i + 1]) < 0 || wzp_hex_digit(text[i + 2]) < 0)
                return false;
            c = wzp_hex_digit(text[i + 1]) * 16 + wzp_hex_digit(text[i + 2]);
            i += 2;
        }
        if (c <= ' ' || c >= 0x7f || n + 1 >= WZP_HTTP_PATH_MAX)
            return false;
        out[n++] = (char)c;
    }
    out[n] = '\0';
    return true;
}

/* METHOD SP target SP HTTP/1.x */
static int parse_request_line(struct wzp_http_request *out, int *status, const char *line,
                              size_t length)
{
    const char *first = memchr(line, ' ', length);
    if (!first)
        return refuse(status, 400);
    const char *target = first + 1;
    size_t rest = length - (size_t)(target - line);
    const char *second = memchr(target, ' ', rest);
    if (!second)
        return refuse(status, 400);
    const char *version = second + 1;
    size_t version_length = length - (size_t)(version - line);
    if (version_length != 8 || memcmp(version, "HTTP/", 5) != 0 || version[6] != '.')
        return refuse(status, 400);
    if (version[5] != '1')
        return refuse(status, 505);
    size_t method = (size_t)(first - line);
    out->is_head = method == 4 && memcmp(line, "HEAD", 4) == 0;
    if (!out->is_head && !(method == 3 && memcmp(line, "GET", 3) == 0))
        return refuse(status, 405);
    size_t target_length = (size_t)(second - target);
    if (target_length >= WZP_HTTP_PATH_MAX)
        return refuse(status, 414);
    if (!decode_path(out->path, target, target_length))
        return refuse(status, 400);
    return 0;
}

/* name ":" value; the form counts for all, the value for those in the table below. */
static bool is_field(const char *line, size_t length)
{
    static const char punctuation[] = "!#$%&'*+-.^_`|~";
    size_t i = 0;
    for (; i < length && line[i] != ':'; i++) {
        char c = line[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && (c == '\0' || !strchr(punctuation, c)))
            return false;
    }
    if (i == 0 || i == length)
        return false;
    for (; i < length; i++) {
        unsigned char c = (unsigned char)line[i];
        if ((c < ' ' && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

/* ---- what a browser's upgrade to WebSocket says ---- */

enum { SAYS_UPGRADE = 1, SAYS_WEBSOCKET = 2, SAYS_VERSION = 4, SAYS_KEY = 8 };

static bool is_name(const char *line, size_t name, const char *wanted)
{
    if (name != strlen(wanted))
        return false;
    for (size_t i = 0; i < name; i++) {
        char c = line[i] >= 'A' && line[i] <= 'Z' ? (char)(line[i] + 32) : line[i];
        if (c != wanted[i])
            return false;
    }
    return true;
}

/* One word of a list parted by commas. */
static bool has_word(const char *value, size_t length, const char *wanted)
{
    for (size_t at = 0; at < length;) {
        size_t from = at, end;
        while (at < length && value[at] != ',')
            at++;
        end = at++;
        while (from < end && (value[from] == ' ' || value[from] == '\t'))
            from++;
        while (end > from && (value[end - 1] == ' ' || value[end - 1] == '\t'))
            end--;
        if (is_name(value + from, end - from, wanted))
            return true;
    }
    return false;
}

/* 16 bytes in base64. */
static bool is_key(const char *value, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char c = value[i];
        bool digit = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '+' || c == '/';
        if (!(i < 22 ? digit : c == '='))
            return false;
    }
    return length == 24;
}

static void keep_last(char *out, size_t capacity, const char *value, size_t length)
{
    size_t from = length;
    while (from > 0 && value[from - 1] != ',' && value[from - 1] != ' ')
        from--;
    if (length - from >= capacity)
        return;
    memcpy(out, value + from, length - from);
    out[length - from] = '\0';
}

/* "name:port" or "[ip]:port", without the port. A second field of the name makes both unusable:
 * whoever is before us may have read the other one. */
static void keep_host(char *out, bool *is_there, const char *value, size_t length)
{
    bool is_second = *is_there;
    size_t n = 0, end = 0;
    *is_there = true;
    out[0] = '\0';
    if (is_second)
        return;
    while (end < length && value[end] != (value[0] == '[' ? ']' : ':'))
        end++;
    if (value[0] == '[' && end < length)
        end++;
    for (; n < end && n + 1 < WZP_HTTP_HOST_MAX; n++) {
        char c = value[n] >= 'A' && value[n] <= 'Z' ? (char)(value[n] + 32) : value[n];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= ':') || strchr("-._[]", c)) || !c)
            break;
        out[n] = c;
    }
    out[n == end ? n : 0] = '\0';
}

/* scheme "://" host; "null" for a page that is nobody's. */
static void keep_origin(struct wzp_http_request *out, const char *value, size_t length)
{
    const char *colon = memchr(value, ':', length);
    size_t scheme = colon ? (size_t)(colon - value) + 3 : length;
    bool is_whole = scheme < length && colon[1] == '/' && colon[2] == '/';
    keep_host(out->origin, &out->has_origin, is_whole ? value + scheme : "",
              is_whole ? length - scheme : 0);
}

/* Notes what one field says; returns what of an upgrade it is. */
static unsigned take_field(struct wzp_http_request *out, const char *line, size_t length)
{
    size_t name = (size_t)((const char *)memchr(line, ':', length) - line);
    const char *value = line + name + 1;
    length -= name + 1;
    while (length > 0 && (*value == ' ' || *value == '\t')) {
        value++;
        length--;
    }
    while (length > 0 && (value[length - 1] == ' ' || value[length - 1] == '\t'))
        length--;
    if (is_name(line, name, "connection"))
        return has_word(value, length, "upgrade") ? SAYS_UPGRADE : 0;
    if (is_name(line, name, "upgrade"))
        return has_word(value, length, "websocket") ? SAYS_WEBSOCKET : 0;
    if (is_name(line, name, "sec-websocket-version"))
        return has_word(value, length, "13") ? SAYS_VERSION : 0;
    if (is_name(line, name, "host"))
        keep_host(out->host, &out->has_host, value, length);
    if (is_name(line, name, "origin"))
        keep_origin(out, value, length);
    if (is_name(line, name, "x-forwarded-for"))
        keep_last(out->forwarded, sizeof out->forwarded, value, length);
    if (!is_name(line, name, "sec-websocket-key") || !is_key(value, length))
        return 0;
    memcpy(out->key, value, length);
    return SAYS_KEY;
}

/* All or nothing: half an upgrade is a mistake that the other side shall hear of. */
static int check_upgrade(struct wzp_http_request *out, int *status, unsigned says)
{
    if (!(says & SAYS_WEBSOCKET))
        return 0;
    if (!(says & SAYS_VERSION))
        return refuse(status, 426);
    if (says != (SAYS_UPGRADE | SAYS_WEBSOCKET | SAYS_VERSION | SAYS_KEY) || out->is_head)
        return refuse(status, 400);
    out->is_upgrade = true;
    return 0;
}

int wzp_http_request_parse(struct wzp_http_request *out, int *status, const char *data,
                           size_t length)
{
    memset(out, 0, sizeof *out);
    *status = 0;
    bool too_long = length > WZP_HTTP_REQUEST_MAX;
    if (too_long)
        length = WZP_HTTP_REQUEST_MAX;
    size_t at = 0;
    unsigned says = 0;
    for (bool is_first = true;; is_first = false) {
        const char *line = data + at;
        const char *end = length > at ? memchr(line, '\n', length - at) : NULL;
        if (!end) {
            if (too_long || length == WZP_HTTP_REQUEST_MAX)
                return refuse(status, is_first ? 414 : 431);
            return WZP_E_SHORT;
        }
        size_t line_length = (size_t)(end - line);
        at += line_length + 1;
        if (line_length > 0 && line[line_length - 1] == '\r')
            line_length--;
        if (is_first) {
            int result = parse_request_line(out, status, line, line_length);
            if (result < 0)
                return result;
        } else if (line_length == 0) {
            out->head_length = at;
            return check_upgrade(out, status, says);
        } else if (!is_field(line, line_length)) {
            return refuse(status, 400);
        } else {
            says |= take_field(out, line, line_length);
        }
    }
}
