/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "relay/pool_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "relay/calls.h"

/* Each text begins with the version of its format. */
#define VERSION "1"

static const char *const words[WZP_RELAY_POOL_KINDS] = {
    [WZP_RELAY_POOL_BEAT] = "beat",     [WZP_RELAY_POOL_BYE] = "bye",
    [WZP_RELAY_POOL_SEEN] = "seen",     [WZP_RELAY_POOL_MOVED] = "moved",
    [WZP_RELAY_POOL_ALIVE] = "alive",   [WZP_RELAY_POOL_LIVES] = "lives",
    [WZP_RELAY_POOL_SILENT] = "silent", [WZP_RELAY_POOL_OFFER] = "offer",
    [WZP_RELAY_POOL_NONE] = "none",     [WZP_RELAY_POOL_SAY] = "say",
    [WZP_RELAY_POOL_STILL] = "still",   [WZP_RELAY_POOL_JOIN] = "join"};

/* ---- words of a line ---- */

struct line {
    const char *at;
    size_t left;
    bool failed;
};

/* The next word: printable ASCII, one space before the following one. */
static const char *word(struct line *line, size_t *length)
{
    const char *begin = line->at;
    size_t n = 0;
    while (n < line->left && begin[n] > ' ' && begin[n] < 0x7f)
        n++;
    *length = n;
    if (n == 0 || (n < line->left && begin[n] != ' ') || (n + 1 == line->left))
        line->failed = true;
    size_t taken = n < line->left ? n + 1 : n;
    line->at += taken;
    line->left -= taken;
    return line->failed ? NULL : begin;
}

static void literal(struct line *line, const char *text)
{
    size_t length;
    const char *w = word(line, &length);
    if (!w || length != strlen(text) || memcmp(w, text, length) != 0)
        line->failed = true;
}

/* A number of that base in lower-case digits, with no more digits than its width in bits needs. */
static uint64_t digits(struct line *line, unsigned base, size_t width)
{
    static const char all[] = "0123456789abcdef";
    uint64_t value = 0;
    size_t length;
    const char *w = word(line, &length);
    if (!w || length > width) {
        line->failed = true;
        return 0;
    }
    for (size_t i = 0; i < length; i++) {
        const char *digit = memchr(all, w[i], base);
        if (!digit) {
            line->failed = true;
            return 0;
        }
        value = value * base + (uint64_t)(digit - all);
    }
    return value;
}

static void text_of(struct line *line, char *out, size_t capacity)
{
    size_t length;
    const char *w = word(line, &length);
    if (!w || length >= capacity) {
        line->failed = true;
        return;
    }
    memcpy(out, w, length);
    out[length] = '\0';
}

static enum wzp_registration_class standing_of(struct line *line)
{
    uint64_t value = digits(line, 10, 1);
    if (value < WZP_REGISTRATION_PLAIN || value > WZP_REGISTRATION_PROVEN)
        line->failed = true;
    return (enum wzp_registration_class)value;
}

static int end(const struct line *line)
{
    return line->failed || line->left > 0 ? WZP_E_SYNTAX : 0;
}

/* ---- values ---- */

void wzp_relay_pool_value_keep(char out[WZP_RELAY_POOL_VALUE_MAX], const char *value, size_t length)
{
    size_t n = length < WZP_RELAY_POOL_VALUE_MAX ? length : WZP_RELAY_POOL_VALUE_MAX - 1;
    memcpy(out, value, n);
    out[n] = '\0';
}

int wzp_relay_pool_person_parse(struct wzp_relay_pool_person *out, const char *text, size_t length)
{
    struct line line = {.at = text, .left = length};
    literal(&line, VERSION);
    out->relay = digits(&line, 16, 16);
    out->standing = standing_of(&line);
    out->hidden = digits(&line, 10, 1) != 0;
    out->number = digits(&line, 16, 16);
    return end(&line);
}

void wzp_relay_pool_person_format(char out[WZP_RELAY_POOL_VALUE_MAX],
                                  const struct wzp_relay_pool_person *person)
{
    snprintf(out, WZP_RELAY_POOL_VALUE_MAX, VERSION " %016" PRIx64 " %u %u %" PRIx64, person->relay,
             (unsigned)person->standing, person->hidden ? 1U : 0U, person->number);
}

int wzp_relay_pool_call_parse(struct wzp_relay_pool_call *out, const char *text, size_t length)
{
    struct line line = {.at = text, .left = length};
    literal(&line, VERSION);
    out->relay = digits(&line, 16, 16);
    text_of(&line, out->id, sizeof out->id);
    out->side = (unsigned)digits(&line, 10, 1);
    out->standing[WZP_RELAY_CALLER] = standing_of(&line);
    out->standing[WZP_RELAY_CALLEE] = standing_of(&line);
    text_of(&line, out->peer, sizeof out->peer);
    if (line.failed || out->side > WZP_RELAY_CALLEE || !wzp_call_id_valid(out->id, strlen(out->id)))
        return WZP_E_SYNTAX;
    return end(&line);
}

void wzp_relay_pool_call_format(char out[WZP_RELAY_POOL_VALUE_MAX],
                                const struct wzp_relay_pool_call *call)
{
    snprintf(out, WZP_RELAY_POOL_VALUE_MAX, VERSION " %016" PRIx64 " %s %u %u %u %s", call->relay,
             call->id, call->side, (unsigned)call->standing[WZP_RELAY_CALLER],
             (unsigned)call->standing[WZP_RELAY_CALLEE], call->peer);
}

/* ---- letters ---- */

int wzp_relay_pool_letter_parse(struct wzp_relay_pool_letter *out, const char *text, size_t length)
{
    if (length > WZP_RELAY_POOL_LETTER_MAX)
        return WZP_E_SYNTAX;
    const char *head_end = memchr(text, '\n', length);
    struct line line = {.at = text, .left = head_end ? (size_t)(head_end - text) : length};
    literal(&line, VERSION);
    out->from = digits(&line, 16, 16);
    size_t kind_length;
    const char *kind = word(&line, &kind_length);
    out->kind = WZP_RELAY_POOL_KINDS;
    for (unsigned i = 0; kind && i < WZP_RELAY_POOL_KINDS; i++)
        if (strlen(words[i]) == kind_length && memcmp(words[i], kind, kind_length) == 0)
            out->kind = (enum wzp_relay_pool_kind)i;
    out->number = digits(&line, 16, 16);
    text_of(&line, out->word, sizeof out->word);
    if (end(&line) || out->kind == WZP_RELAY_POOL_KINDS)
        return WZP_E_SYNTAX;
    if (strcmp(out->word, "-") == 0)
        out->word[0] = '\0';
    out->body = head_end ? head_end + 1 : text + length;
    out->body_length = (size_t)(text + length - out->body);
    return memchr(out->body, '\0', out->body_length) ? WZP_E_SYNTAX : 0;
}

size_t wzp_relay_pool_head_format(char out[WZP_RELAY_POOL_HEAD_MAX],
                                  const struct wzp_relay_pool_letter *letter)
{
    int n = snprintf(out, WZP_RELAY_POOL_HEAD_MAX, VERSION " %016" PRIx64 " %s %" PRIx64 " %s\n",
                     letter->from, words[letter->kind], letter->number,
                     letter->word[0] ? letter->word : "-");
    return (size_t)n;
}

bool wzp_relay_pool_seen_next(struct wzp_relay_pool_seen *out, const char **body, size_t *length)
{
    char name[WZP_RELAY_KEY_MAX + 1], state[2];
    if (*length == 0)
        return false;
    const char *row_end = memchr(*body, '\n', *length);
    struct line line = {.at = *body, .left = row_end ? (size_t)(row_end - *body) : *length};
    text_of(&line, name, sizeof name);
    text_of(&line, state, sizeof state);
    if (end(&line) || !strchr("puo", state[0]) || wzp_relay_name_set(&out->name, name) < 0)
        return false;
    out->state = state[0];
    size_t taken = row_end ? (size_t)(row_end + 1 - *body) : *length;
    *body += taken;
    *length -= taken;
    return true;
}
