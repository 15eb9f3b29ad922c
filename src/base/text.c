/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Filters that stand between the network and terminals, logs, file names. */
#include "base/text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

#define WORD_MAX 32

/* One character from text: its length in bytes and code point, or 0 when the bytes are not
 * well-formed UTF-8 (Unicode table 3-7). */
static size_t utf8_decode(uint32_t *out, const char *text, size_t length)
{
    const unsigned char *p = (const unsigned char *)text;
    if (length == 0)
        return 0;
    if (p[0] < 0x80) {
        *out = p[0];
        return 1;
    }
    size_t n;
    uint32_t c, least;
    if (p[0] >= 0xc2 && p[0] <= 0xdf) {
        n = 2, c = p[0] & 0x1fU, least = 0x80;
    } else if (p[0] >= 0xe0 && p[0] <= 0xef) {
        n = 3, c = p[0] & 0x0fU, least = 0x800;
    } else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
        n = 4, c = p[0] & 0x07U, least = 0x10000;
    } else {
        return 0;
    }
    if (length < n)
        return 0;
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (p[i] & 0x3fU);
    }
    if (c < least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    *out = c;
    return n;
}

bool wzp_utf8_valid(const char *text, size_t length)
{
    uint32_t c;
    while (length > 0) {
        size_t n = utf8_decode(&c, text, length);
        if (n == 0)
            return false;
        text += n;
        length -= n;
    }
    return true;
}

size_t wzp_utf8_length(const char *text, size_t length)
{
    uint32_t c;
    return utf8_decode(&c, text, length);
}

/* Characters that move the cursor, break the line, reorder or hide text, or tag it invisibly. */
static bool is_unsafe(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0x0000, 0x001f}, /* C0 */
        {0x007f, 0x009f}, /* DEL, C1 */
        {0x00ad, 0x00ad}, /* soft hyphen: invisible */
        {0x061c, 0x061c}, /* Arabic letter mark */
        {0x180e, 0x180e}, /* Mongolian vowel separator */
        {0x200b, 0x200b}, /* zero width space (the joiners that follow are real spelling) */
        {0x200e, 0x200f}, /* LRM, RLM */
        /* line and paragraph separator, bidirectional embeddings and overrides */
        {0x2028, 0x202e},
        /* word joiner, invisible operators, bidirectional isolates, deprecated format */
        {0x2060, 0x206f},
        {0xfeff, 0xfeff}, /* byte order mark */
        {0xfff9, 0xfffb}, /* interlinear annotation */
        {0xfdd0, 0xfdef}, /* noncharacters */
        {0xfffe, 0xffff},
        {0xe0000, 0xe0fff}, /* tags */
    };
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    return false;
}

size_t wzp_text_filter(char *out, size_t capacity, const char *text, size_t length)
{
    size_t written = 0;
    if (capacity == 0)
        return 0;
    while (length > 0) {
        uint32_t c = 0;
        size_t n = utf8_decode(&c, text, length);
        bool safe = n > 0 && !is_unsafe(c);
        /* a broken byte is one '?', the next may start a good character */
        size_t take = n > 0 ? n : 1;
        size_t need = safe ? n : 1;
        if (need > capacity - 1 - written)
            break;
        if (safe)
            memcpy(out + written, text, n);
        else
            out[written] = '?';
        written += need;
        text += take;
        length -= take;
    }
    out[written] = '\0';
    return written;
}

bool wzp_text_copy(char *out, size_t capacity, const char *text)
{
    if (capacity == 0)
        return false;
    size_t length = strlen(text);
    size_t n = length < capacity ? length : capacity - 1;
    memcpy(out, text, n);
    out[n] = '\0';
    return n == length;
}

void wzp_text_quote(char *out, size_t capacity, const char *text)
{
    snprintf(out, capacity, "\"%s\"", text);
    for (size_t i = 1; out[i] && out[i + 1]; i++)
        if (out[i] == '"')
            out[i] = '\'';
}

static unsigned days_of_year(unsigned year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 366 : 365;
}

int wzp_text_number(uint64_t *out, const char *text, uint64_t most)
{
    uint64_t number = 0;
    bool over = false;
    for (const char *at = text; *at; at++) {
        if (*at < '0' || *at > '9')
            return WZP_E_SYNTAX;
        unsigned digit = (unsigned)(*at - '0');
        over = over || number > (UINT64_MAX - digit) / 10;
        number = number * 10 + digit;
    }
    if (!*text)
        return WZP_E_SYNTAX;
    if (over || number > most)
        return WZP_E_RANGE;
    *out = number;
    return 0;
}

const char *wzp_plural(uint64_t count, const char *one, const char *several)
{
    return count == 1 ? one : several;
}

const char *wzp_date_format(char out[WZP_DATE_TEXT_MAX], uint64_t seconds)
{
    static const unsigned months[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    uint64_t days = seconds / 86400;
    unsigned year = 1970, month = 0;
    out[0] = 0;
    if (days / 365 > 9999)
        return out;
    for (; days >= days_of_year(year); year++)
        days -= days_of_year(year);
    if (year > 9999)
        return out;
    for (;; month++) {
        unsigned length = months[month] + (month == 1 && days_of_year(year) == 366);
        if (days < length)
            break;
        days -= length;
    }
    unsigned day = (unsigned)days + 1;
    snprintf(out, WZP_DATE_TEXT_MAX, "%04u-%02u-%02u", year % 10000, (month + 1) % 100, day % 100);
    return out;
}

unsigned wzp_text_distance(const char *a, const char *b)
{
    size_t a_length = strnlen(a, WORD_MAX);
    size_t b_length = strnlen(b, WORD_MAX);
    unsigned row[WORD_MAX + 1];
    for (size_t j = 0; j <= b_length; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; i <= a_length; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_length; j++) {
            unsigned best = diagonal + (a[i - 1] != b[j - 1]);
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[b_length];
}

unsigned wzp_text_distance_most(const char *typed)
{
    return strlen(typed) < 4 ? 1 : 2;
}
