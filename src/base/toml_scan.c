/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Characters, words, strings and numbers of TOML. Source: TOML 1.0. */
#include "base/toml_scan.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#ifdef __clang_analyzer__
#undef wzp_toml_fail
#endif

#define NUMBER_MAX 64

int wzp_toml_fail(struct wzp_toml_scan *s, int code, const char *what)
{
    return wzp_error_set(s->error, code, "line %u: %s", s->line, what);
}

int wzp_toml_peek(const struct wzp_toml_scan *s)
{
    return s->at < s->end ? (unsigned char)*s->at : -1;
}

void wzp_toml_skip_blank(struct wzp_toml_scan *s)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\t'))
        s->at++;
}

int wzp_toml_skip_newline(struct wzp_toml_scan *s)
{
    size_t n = 0;
    if (s->at < s->end && *s->at == '\n')
        n = 1;
    else if (s->end - s->at >= 2 && s->at[0] == '\r' && s->at[1] == '\n')
        n = 2;
    if (n == 0)
        return 0;
    s->at += n;
    s->line++;
    return 1;
}

static int is_control(int c)
{
    return (c >= 0 && c < 0x20 && c != '\t') || c == 0x7f;
}

int wzp_toml_skip_comment(struct wzp_toml_scan *s)
{
    if (wzp_toml_peek(s) != '#')
        return 0;
    while (s->at < s->end && *s->at != '\n') {
        if (s->end - s->at >= 2 && s->at[0] == '\r' && s->at[1] == '\n')
            return 0;
        if (is_control(wzp_toml_peek(s)))
            return wzp_toml_fail(s, WZP_E_SYNTAX, "control character in a comment");
        s->at++;
    }
    return 0;
}

int wzp_toml_skip_space(struct wzp_toml_scan *s)
{
    do {
        wzp_toml_skip_blank(s);
        int result = wzp_toml_skip_comment(s);
        if (result < 0)
            return result;
    } while (wzp_toml_skip_newline(s));
    return 0;
}

/* Where a string being read goes. */
struct text {
    char *data;
    size_t capacity;
    size_t length;
};

static int put(struct wzp_toml_scan *s, struct text *t, const char *bytes, size_t n)
{
    if (n >= t->capacity - t->length)
        return wzp_toml_fail(s, WZP_E_TOO_BIG, "text is too long");
    memcpy(t->data + t->length, bytes, n);
    t->length += n;
    return 0;
}

/* \uXXXX or \UXXXXXXXX, the letter already passed. */
static int scan_unicode(struct wzp_toml_scan *s, struct text *t, int digits)
{
    uint32_t c = 0;
    for (int i = 0; i < digits; i++) {
        int v = wzp_hex_digit((char)wzp_toml_peek(s));
        if (v < 0)
            return wzp_toml_fail(s, WZP_E_SYNTAX, "\\u needs 4 and \\U needs 8 hexadecimal digits");
        c = c << 4 | (uint32_t)v;
        s->at++;
    }
    if (c == 0)
        return wzp_toml_fail(s, WZP_E_SYNTAX, "a text may not hold the character 0");
    if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return wzp_toml_fail(s, WZP_E_SYNTAX, "\\u does not name a character");
    char utf8[4];
    size_t n;
    if (c < 0x80) {
        utf8[0] = (char)c, n = 1;
    } else if (c < 0x800) {
        utf8[0] = (char)(0xc0 | c >> 6), n = 2;
    } else if (c < 0x10000) {
        utf8[0] = (char)(0xe0 | c >> 12), n = 3;
    } else {
        utf8[0] = (char)(0xf0 | c >> 18), n = 4;
    }
    for (size_t i = 1; i < n; i++)
        utf8[i] = (char)(0x80 | (c >> 6 * (n - 1 - i) & 0x3f));
    return put(s, t, utf8, n);
}

/* The backslash already passed. */
static int scan_escape(struct wzp_toml_scan *s, struct text *t, int multiline)
{
    static const char letters[] = "btnfr\"\\";
    static const char meanings[] = "\b\t\n\f\r\"\\";
    int c = wzp_toml_peek(s);
    const char *known = c > 0 ? strchr(letters, c) : NULL;
    if (known) {
        s->at++;
        return put(s, t, meanings + (known - letters), 1);
    }
    if (c == 'u' || c == 'U') {
        s->at++;
        return scan_unicode(s, t, c == 'u' ? 4 : 8);
    }
    if (multiline) { /* a backslash before the line end swallows all space that follows */
        wzp_toml_skip_blank(s);
        if (wzp_toml_skip_newline(s)) {
            do {
                wzp_toml_skip_blank(s);
            } while (wzp_toml_skip_newline(s));
            return 0;
        }
    }
    return wzp_toml_fail(s, WZP_E_SYNTAX, "unknown escape after \\");
}

/* Counts up to `most` equal quotes at the place. */
static size_t count_quotes(const struct wzp_toml_scan *s, char quote, size_t most)
{
    size_t n = 0;
    while (n < most && s->at + n < s->end && s->at[n] == quote)
        n++;
    return n;
}

/* What follows the opening three quotes. */
static int scan_multiline(struct wzp_toml_scan *s, struct text *t, char quote)
{
    unsigned start = s->line;
    wzp_toml_skip_newline(s);
    for (;;) {
        int c = wzp_toml_peek(s);
        int result = 0;
        if (c < 0) {
            s->line = start;
            return wzp_toml_fail(s, WZP_E_SYNTAX, "the text that starts here has no end");
        }
        size_t quotes = count_quotes(s, quote, 5);
        if (quotes >= 3) { /* up to two quotes may stand directly before the closing three */
            result = put(s, t, s->at, quotes - 3);
            s->at += quotes;
            return result;
        }
        if (c == '\\' && quote == '"') {
            s->at++;
            result = scan_escape(s, t, 1);
        } else if (wzp_toml_skip_newline(s)) {
            result = put(s, t, "\n", 1);
        } else if (is_control(c)) {
            result =
                wzp_toml_fail(s, WZP_E_SYNTAX, "control character in a text: write it as \\u00XX");
        } else {
            result = put(s, t, s->at++, 1);
        }
        if (result < 0)
            return result;
    }
}

int wzp_toml_scan_string(struct wzp_toml_scan *s, char *out, size_t capacity, int multiline)
{
    struct text t = {out, capacity, 0};
    char quote = *s->at;
    int result = 0;
    if (count_quotes(s, quote, 3) == 3) {
        if (!multiline)
            return wzp_toml_fail(s, WZP_E_SYNTAX, "a key may not be a text over several lines");
        s->at += 3;
        result = scan_multiline(s, &t, quote);
        out[t.length] = '\0';
        return result;
    }
    s->at++;
    for (;;) {
        int c = wzp_toml_peek(s);
        if (c < 0 || c == '\n' || c == '\r')
            return wzp_toml_fail(s, WZP_E_SYNTAX, "the closing quote is missing");
        if (c == quote)
            break;
        if (is_control(c))
            return wzp_toml_fail(s, WZP_E_SYNTAX,
                                 "control character in a text: write it as \\u00XX");
        s->at++;
        result = c == '\\' && quote == '"' ? scan_escape(s, &t, 0) : put(s, &t, s->at - 1, 1);
        if (result < 0)
            return result;
    }
    s->at++;
    out[t.length] = '\0';
    return 0;
}

static int is_bare(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

int wzp_toml_scan_word(struct wzp_toml_scan *s, char *out, size_t capacity)
{
    int c = wzp_toml_peek(s);
    if (c == '"' || c == '\'')
        return wzp_toml_scan_string(s, out, capacity, 0);
    size_t n = 0;
    for (; is_bare(wzp_toml_peek(s)); s->at++) {
        if (n + 1 >= capacity)
            return wzp_toml_fail(s, WZP_E_TOO_BIG, "key is too long");
        out[n++] = *s->at;
    }
    out[n] = '\0';
    if (n == 0)
        return wzp_toml_fail(s, WZP_E_SYNTAX, "a key was expected");
    return 0;
}

/* Copies digits of the base, drops single underscores between them. Returns how many digits, or
 * 0 for a wrong form. */
static size_t copy_digits(char *out, const char **at, const char *end, int base)
{
    size_t n = 0;
    const char *p = *at;
    while (p < end) {
        if (*p == '_') {
            int next = p + 1 < end ? wzp_hex_digit(p[1]) : -1;
            if (n == 0 || next < 0 || next >= base)
                return 0;
            p++;
            continue;
        }
        int v = wzp_hex_digit(*p);
        if (v < 0 || v >= base)
            break;
        out[n++] = *p++;
    }
    out[n] = '\0';
    *at = p;
    return n;
}

static int scan_integer(struct wzp_toml_scan *s, struct wzp_toml_value *value, const char *digits,
                        int base, int negative)
{
    uint64_t v = 0;
    uint64_t most = (uint64_t)INT64_MAX + (negative ? 1 : 0);
    for (; *digits != '\0'; digits++) {
        uint64_t d = (uint64_t)wzp_hex_digit(*digits);
        if (v > (most - d) / (uint64_t)base)
            return wzp_toml_fail(s, WZP_E_SYNTAX, "number is too big");
        v = v * (uint64_t)base + d;
    }
    value->type = WZP_TOML_INTEGER;
    value->integer = negative ? (int64_t)(0 - v) : (int64_t)v;
    value->number = (double)value->integer;
    return 0;
}

/* Fraction and exponent after the integer part in `digits`. The decimal point is moved into the
 * exponent, because strtod would look for the locale's point. */
static int scan_float(struct wzp_toml_scan *s, struct wzp_toml_value *value, char *digits,
                      const char *p, const char *end, int negative)
{
    char text[3 * NUMBER_MAX];
    char part[NUMBER_MAX + 1];
    size_t n = strlen(digits);
    memcpy(text, digits, n);
    int exponent = 0;
    if (p < end && *p == '.') {
        p++;
        size_t k = copy_digits(part, &p, end, 10);
        if (k == 0)
            return wzp_toml_fail(s, WZP_E_SYNTAX, "digits must follow the decimal point");
        memcpy(text + n, part, k);
        n += k;
        exponent -= (int)k;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        int minus = p < end && *p == '-';
        if (p < end && (*p == '-' || *p == '+'))
            p++;
        size_t k = copy_digits(part, &p, end, 10);
        if (k == 0)
            return wzp_toml_fail(s, WZP_E_SYNTAX, "digits must follow the exponent sign");
        long e = strtol(part, NULL, 10);
        e = e > 9999 ? 9999 : e;
        exponent += (int)(minus ? -e : e);
    }
    if (p != end)
        return wzp_toml_fail(s, WZP_E_SYNTAX, "this is not a value (dates are not supported)");
    text[n++] = 'e';
    if (exponent < 0)
        text[n++] = '-';
    unsigned magnitude = exponent < 0 ? (unsigned)-exponent : (unsigned)exponent;
    for (unsigned unit = 10000; unit > 0; unit /= 10)
        text[n++] = (char)('0' + magnitude / unit % 10);
    text[n] = '\0';
    value->type = WZP_TOML_FLOAT;
    value->number = strtod(text, NULL);
    if (!isfinite(value->number))
        return wzp_toml_fail(s, WZP_E_SYNTAX, "number is too big");
    if (negative)
        value->number = -value->number;
    return 0;
}

static int scan_number(struct wzp_toml_scan *s, struct wzp_toml_value *value, const char *p,
                       const char *end)
{
    char digits[NUMBER_MAX + 1];
    int negative = *p == '-';
    int sign = *p == '-' || *p == '+';
    p += sign;
    size_t left = (size_t)(end - p);
    if (left == 3 && (memcmp(p, "inf", 3) == 0 || memcmp(p, "nan", 3) == 0)) {
        value->type = WZP_TOML_FLOAT;
        value->number = *p == 'n' ? (double)NAN : negative ? -HUGE_VAL : HUGE_VAL;
        return 0;
    }
    if (left > 2 && p[0] == '0' && !sign && (p[1] == 'x' || p[1] == 'o' || p[1] == 'b')) {
        int base = p[1] == 'x' ? 16 : p[1] == 'o' ? 8 : 2;
        p += 2;
        if (copy_digits(digits, &p, end, base) == 0 || p != end)
            return wzp_toml_fail(s, WZP_E_SYNTAX, "this is not a number");
        return scan_integer(s, value, digits, base, 0);
    }
    size_t n = copy_digits(digits, &p, end, 10);
    if (n == 0)
        return wzp_toml_fail(s, WZP_E_SYNTAX, "this is not a value: texts need quotes");
    if (n > 1 && digits[0] == '0')
        return wzp_toml_fail(s, WZP_E_SYNTAX, "numbers have no leading zeros, dates are unknown");
    if (p == end)
        return scan_integer(s, value, digits, 10, negative);
    return scan_float(s, value, digits, p, end, negative);
}

int wzp_toml_scan_scalar(struct wzp_toml_scan *s, struct wzp_toml_value *value)
{
    const char *start = s->at;
    const char *end = start;
    while (end < s->end && (is_bare((unsigned char)*end) || *end == '+' || *end == '.'))
        end++;
    size_t n = (size_t)(end - start);
    if (n == 0)
        return wzp_toml_fail(s, WZP_E_SYNTAX, "a value is missing");
    if (n > NUMBER_MAX)
        return wzp_toml_fail(s, WZP_E_SYNTAX, "this is not a value: texts need quotes");
    int result = 0;
    if ((n == 4 && memcmp(start, "true", 4) == 0) || (n == 5 && memcmp(start, "false", 5) == 0)) {
        value->type = WZP_TOML_BOOLEAN;
        value->boolean = n == 4;
    } else {
        result = scan_number(s, value, start, end);
    }
    if (result == 0)
        s->at = end;
    return result;
}
