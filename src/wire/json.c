/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Source: RFC 8259; RFC 3629 for UTF-8. */
#include "wire/json.h"

#include <string.h>

#include "wire/frame.h"

/* ---- pieces; each moves *at, or reports the error ---- */

static const uint8_t *skip_space(const uint8_t *at, const uint8_t *end)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
        at++;
    return at;
}

/* One character beyond ASCII. Length in bytes, 0 when it is not well-formed. */
static size_t utf8_length(const uint8_t *at, const uint8_t *end)
{
    uint8_t first = at[0];
    size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || (size_t)(end - at) < length)
        return 0;
    uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (at[1] < low || at[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    return length;
}

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Four digits at `at`; -1 when they are none. */
static int hex4(const uint8_t *at, const uint8_t *end)
{
    int value = 0;
    if (end - at < 4)
        return -1;
    for (size_t i = 0; i < 4; i++) {
        int digit = hex_value(at[i]);
        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

/* The escape whose backslash is at `at`: its length and character; 0 when it is none. */
static size_t escape(const uint8_t *at, const uint8_t *end, uint32_t *character)
{
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    if (end - at < 2)
        return 0;
    if (at[1] != 'u') {
        const char *letter = at[1] ? strchr(letters, at[1]) : NULL;
        *character = letter ? (uint8_t)meanings[letter - letters] : 0;
        return letter ? 2 : 0;
    }
    int high = hex4(at + 2, end);
    if (high <= 0 || (high >= 0xdc00 && high <= 0xdfff))
        return 0;
    *character = (uint32_t)high;
    if (high < 0xd800 || high > 0xdbff)
        return 6;
    int low = end - at >= 12 && at[6] == '\\' && at[7] == 'u' ? hex4(at + 8, end) : -1;
    if (low < 0xdc00 || low > 0xdfff)
        return 0;
    *character = 0x10000 + (((uint32_t)high - 0xd800) << 10 | ((uint32_t)low - 0xdc00));
    return 12;
}

/* Behind the closing quote of the string whose opening one is at `at`; NULL when it is none. */
static const uint8_t *skip_string(const uint8_t *at, const uint8_t *end)
{
    uint32_t character;
    at++;
    while (at < end) {
        uint8_t c = *at;
        if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\') {
            at++;
            continue;
        }
        if (c == '"')
            return at + 1;
        size_t length = 0;
        if (c == '\\')
            length = escape(at, end, &character);
        else if (c >= 0x80)
            length = utf8_length(at, end);
        if (!length)
            return NULL;
        at += length;
    }
    return NULL;
}

static const uint8_t *skip_digits(const uint8_t *at, const uint8_t *end)
{
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at;
}

static const uint8_t *skip_number(const uint8_t *at, const uint8_t *end)
{
    at += *at == '-';
    const uint8_t *digits = at;
    at = skip_digits(at, end);
    if (at == digits || (*digits == '0' && at - digits > 1))
        return NULL;
    if (at < end && *at == '.') {
        digits = ++at;
        at = skip_digits(at, end);
        if (at == digits)
            return NULL;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        if (at < end && (*at == '+' || *at == '-'))
            at++;
        digits = at;
        at = skip_digits(at, end);
        if (at == digits)
            return NULL;
    }
    return at;
}

/* A value that holds no others. */
static const uint8_t *skip_plain(const uint8_t *at, const uint8_t *end)
{
    static const char *const words[] = {"true", "false", "null"};
    if (*at == '"')
        return skip_string(at, end);
    if (*at == '-' || (*at >= '0' && *at <= '9'))
        return skip_number(at, end);
    for (size_t i = 0; i < 3; i++) {
        size_t length = strlen(words[i]);
        if ((size_t)(end - at) >= length && memcmp(at, words[i], length) == 0)
            return at + length;
    }
    return NULL;
}

/* ---- a whole value ---- */

/* Brackets that are open; one bit each says whether it is an object. */
struct nest {
    unsigned depth;
    uint8_t is_object[WZP_JSON_DEPTH_MAX];
};

static int fail(struct wzp_error *err, const char *what)
{
    return wzp_error_set(err, WZP_E_SYNTAX, "not JSON: %s", what);
}

/* A name and its ':'. */
static const uint8_t *skip_key(const uint8_t *at, const uint8_t *end)
{
    at = skip_space(at, end);
    if (at == end || *at != '"')
        return NULL;
    at = skip_string(at, end);
    if (!at)
        return NULL;
    at = skip_space(at, end);
    return at < end && *at == ':' ? at + 1 : NULL;
}

/* Opens a bracket. 1: a value follows; 0: it is closed again already. */
static int open_bracket(const uint8_t **at, const uint8_t *end, struct nest *nest,
                        struct wzp_error *err)
{
    bool is_object = **at == '{';
    if (nest->depth == WZP_JSON_DEPTH_MAX)
        return wzp_error_set(err, WZP_E_SYNTAX, "JSON is nested deeper than %d",
                             WZP_JSON_DEPTH_MAX);
    nest->is_object[nest->depth++] = is_object;
    *at = skip_space(*at + 1, end);
    if (*at < end && **at == (is_object ? '}' : ']')) {
        nest->depth--;
        ++*at;
        return 0;
    }
    if (is_object) {
        *at = skip_key(*at, end);
        if (!*at)
            return fail(err, "a name and ':' were expected");
    }
    return 1;
}

/* After a value: over what closes, and over the ',' to the next value. 1: a value follows; 0: all
 * is closed. */
static int after_value(const uint8_t **at, const uint8_t *end, struct nest *nest,
                       struct wzp_error *err)
{
    while (nest->depth > 0) {
        bool is_object = nest->is_object[nest->depth - 1];
        *at = skip_space(*at, end);
        if (*at == end)
            return fail(err, "it ends too soon");
        uint8_t c = *(*at)++;
        if (c == ',') {
            if (is_object && !(*at = skip_key(*at, end)))
                return fail(err, "a name and ':' were expected");
            return 1;
        }
        if (c != (is_object ? '}' : ']'))
            return fail(err, "',' or a closing bracket was expected");
        nest->depth--;
    }
    return 0;
}

/* Moves over one value of whatever size. */
static int skip_value(const uint8_t **place, const uint8_t *end, struct wzp_error *err)
{
    struct nest nest = {.depth = 0};
    const uint8_t *at = *place;
    int result = 1;
    while (result == 1) {
        at = skip_space(at, end);
        if (at == end)
            return fail(err, "it ends too soon");
        if (*at == '{' || *at == '[') {
            result = open_bracket(&at, end, &nest, err);
            if (result == 1)
                continue;
        } else {
            at = skip_plain(at, end);
            result = at ? 0 : fail(err, "no value");
        }
        if (result == 0)
            result = after_value(&at, end, &nest, err);
    }
    *place = at;
    return result;
}

int wzp_json_check(const char *text, size_t length, struct wzp_error *err)
{
    const uint8_t *at = (const uint8_t *)text;
    const uint8_t *end = at + length;
    int result = skip_value(&at, end, err);
    if (result)
        return result;
    return skip_space(at, end) == end ? 0 : fail(err, "something follows it");
}

/* ---- the cursor ---- */

char wzp_json_kind(struct wzp_json *j)
{
    j->at = (const char *)skip_space((const uint8_t *)j->at, (const uint8_t *)j->end);
    if (j->at == j->end)
        return 0;
    return *j->at == '-' || (*j->at >= '0' && *j->at <= '9') ? '0' : *j->at;
}

size_t wzp_json_skip(struct wzp_json *j, const char **start)
{
    (void)wzp_json_kind(j);
    const uint8_t *at = (const uint8_t *)j->at;
    *start = j->at;
    if (skip_value(&at, (const uint8_t *)j->end, NULL))
        at = (const uint8_t *)j->end;
    j->at = (const char *)at;
    return (size_t)(j->at - *start);
}

void wzp_json_enter(struct wzp_json *j)
{
    (void)wzp_json_kind(j);
    if (j->at < j->end)
        j->at++;
}

bool wzp_json_more(struct wzp_json *j)
{
    char kind = wzp_json_kind(j);
    if (kind == '}' || kind == ']' || kind == 0) {
        j->at += kind != 0;
        return false;
    }
    if (kind == ',') {
        j->at++;
        (void)wzp_json_kind(j);
    }
    return true;
}

static size_t put_utf8(char out[4], uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t length = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)((0xf00 >> length & 0xff) | c);
    return length;
}

/* Decodes the string that comes; more than capacity bytes are counted, not written. */
static size_t decode(struct wzp_json *j, char *out, size_t capacity)
{
    const uint8_t *end = (const uint8_t *)j->end;
    const uint8_t *at = (const uint8_t *)j->at + 1;
    size_t length = 0;
    while (at < end && *at != '"') {
        char room[4] = {(char)*at};
        size_t size = 1, step = 1;
        uint32_t character = 0;
        if (*at == '\\') {
            step = escape(at, end, &character);
            if (!step)
                break;
            size = put_utf8(room, character);
        }
        for (size_t i = 0; i < size; i++, length++)
            if (length < capacity)
                out[length] = room[i];
        at += step;
    }
    j->at = (const char *)(at < end ? at + 1 : at);
    return length;
}

void wzp_json_key(struct wzp_json *j, char *out, size_t capacity)
{
    (void)wzp_json_kind(j);
    size_t length = decode(j, out, capacity - 1);
    out[length < capacity ? length : capacity - 1] = '\0';
    if (wzp_json_kind(j) == ':')
        j->at++;
}

size_t wzp_json_string_length(struct wzp_json *j)
{
    (void)wzp_json_kind(j);
    struct wzp_json copy = *j;
    return decode(&copy, NULL, 0);
}

void wzp_json_string(struct wzp_json *j, char *out)
{
    (void)wzp_json_kind(j);
    size_t length = decode(j, out, SIZE_MAX);
    out[length] = '\0';
}

bool wzp_json_first_name(const char *text, size_t length, char *out, size_t capacity)
{
    const uint8_t *end = (const uint8_t *)text + length;
    const uint8_t *at = skip_space((const uint8_t *)text, end);
    if (at < end && *at == '{')
        at = skip_space(at + 1, end);
    if (at == end || *at != '"' || !skip_string(at, end))
        return false;
    struct wzp_json j = {(const char *)at, (const char *)end};
    size_t got = decode(&j, out, capacity - 1);
    out[got < capacity ? got : capacity - 1] = '\0';
    return true;
}
