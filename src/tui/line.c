/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tui/line.h"

#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/text.h"
#include "tui/width.h"

void wzp_line_fini(struct wzp_line *l)
{
    for (size_t i = 0; i < l->remembered; i++)
        wzp_free(l->memory[i]);
    *l = (struct wzp_line){0};
}

void wzp_line_set(struct wzp_line *l, const char *text)
{
    l->length = wzp_text_filter(l->text, sizeof l->text, text, strlen(text));
    l->cursor = l->length;
    l->recalled = l->remembered;
}

void wzp_line_secret(struct wzp_line *l, bool on)
{
    if (l->is_secret && !on) {
        wzp_wipe(l->text, sizeof l->text);
        wzp_line_set(l, "");
    }
    l->is_secret = on;
}

void wzp_line_insert(struct wzp_line *l, const char *text, size_t length)
{
    char copy[WZP_LINE_MAX], safe[WZP_LINE_MAX];
    if (length >= sizeof copy)
        length = sizeof copy - 1;
    for (size_t i = 0; i < length; i++)
        copy[i] = text[i] == '\n' || text[i] == '\r' || text[i] == '\t' ? ' ' : text[i];
    size_t room = sizeof l->text - l->length;
    size_t n = wzp_text_filter(safe, room, copy, length);
    memmove(l->text + l->cursor + n, l->text + l->cursor, l->length - l->cursor + 1);
    memcpy(l->text + l->cursor, safe, n);
    l->length += n;
    l->cursor += n;
    if (l->is_secret) {
        wzp_wipe(copy, length);
        wzp_wipe(safe, n);
    }
}

/* The number of bytes of the character at a position, with the characters that combine with it. */
static size_t cluster(const char *text)
{
    uint32_t code;
    size_t n = wzp_width_next(&code, text);
    for (size_t more; n > 0 && (more = wzp_width_next(&code, text + n)); n += more)
        if (wzp_width_of(code) != 0)
            break;
    return n;
}

static size_t before(const struct wzp_line *l, size_t place)
{
    size_t last = 0;
    for (size_t at = 0; at < place; at += cluster(l->text + at))
        last = at;
    return last;
}

static bool is_blank(char c)
{
    return c == ' ';
}

static size_t target(const struct wzp_line *l, enum wzp_line_motion motion)
{
    size_t at = l->cursor;
    switch (motion) {
    case WZP_LINE_LEFT: return before(l, at);
    case WZP_LINE_RIGHT: return at + cluster(l->text + at);
    case WZP_LINE_HOME: return 0;
    case WZP_LINE_END: return l->length;
    case WZP_LINE_WORD_LEFT:
        while (at > 0 && is_blank(l->text[at - 1]))
            at--;
        while (at > 0 && !is_blank(l->text[at - 1]))
            at--;
        return at;
    case WZP_LINE_WORD_RIGHT:
        while (at < l->length && is_blank(l->text[at]))
            at++;
        while (at < l->length && !is_blank(l->text[at]))
            at++;
        return at;
    }
    return at;
}

void wzp_line_move(struct wzp_line *l, enum wzp_line_motion motion)
{
    l->cursor = target(l, motion);
}

void wzp_line_delete(struct wzp_line *l, enum wzp_line_motion motion)
{
    size_t to = target(l, motion);
    size_t from = to < l->cursor ? to : l->cursor;
    size_t end = to < l->cursor ? l->cursor : to;
    if (end == from)
        return;
    if (motion != WZP_LINE_LEFT && motion != WZP_LINE_RIGHT && !l->is_secret) {
        memcpy(l->cut, l->text + from, end - from);
        l->cut[end - from] = '\0';
    }
    memmove(l->text + from, l->text + end, l->length - end + 1);
    l->length -= end - from;
    l->cursor = from;
}

void wzp_line_yank(struct wzp_line *l)
{
    wzp_line_insert(l, l->cut, strlen(l->cut));
}

void wzp_line_recall(struct wzp_line *l, int step)
{
    if ((step < 0 && l->recalled == 0) || (step > 0 && l->recalled == l->remembered) ||
        l->is_secret)
        return;
    size_t place = step < 0 ? l->recalled - 1 : l->recalled + 1;
    if (l->recalled == l->remembered)
        wzp_text_copy(l->draft, sizeof l->draft, l->text);
    wzp_line_set(l, place < l->remembered ? l->memory[place] : l->draft);
    l->recalled = place;
}

void wzp_line_remember(struct wzp_line *l)
{
    bool same = l->remembered > 0 && strcmp(l->memory[l->remembered - 1], l->text) == 0;
    char *copy = l->length > 0 && !same && !l->is_secret ? wzp_strdup(l->text) : NULL;
    if (copy) {
        if (l->remembered == WZP_LINE_MEMORY) {
            wzp_free(l->memory[0]);
            memmove(l->memory, l->memory + 1, (WZP_LINE_MEMORY - 1) * sizeof l->memory[0]);
            l->remembered--;
        }
        l->memory[l->remembered++] = copy;
    }
    wzp_line_set(l, "");
}

size_t wzp_line_word(const struct wzp_line *l)
{
    size_t from = 0;
    bool quoted = false;
    for (size_t i = 0; i < l->cursor; i++) {
        if (l->text[i] == '"')
            quoted = !quoted;
        if (is_blank(l->text[i]) && !quoted)
            from = i + 1;
    }
    return from;
}

void wzp_line_complete(struct wzp_line *l, size_t from, const char *candidate, bool whole)
{
    size_t end = l->cursor;
    bool quotes = strchr(candidate, ' ') || l->text[from] == '"';
    if (from > end)
        return;
    l->cursor = from;
    memmove(l->text + from, l->text + end, l->length - end + 1);
    l->length -= end - from;
    if (quotes)
        wzp_line_insert(l, "\"", 1);
    wzp_line_insert(l, candidate, strlen(candidate));
    if (quotes && whole)
        wzp_line_insert(l, "\"", 1);
    if (whole && !is_blank(l->text[l->cursor]))
        wzp_line_insert(l, " ", 1);
}
