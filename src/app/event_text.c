/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Sentences for people, from the templates of the event table. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/event_data.h"
#include "base/buffer.h"
#include "base/text.h"

#define DEPTH_MAX 4

/* A sentence being written. */
struct writing {
    const struct wzp_event *event;
    const char *at; /* position in the template */
    char *out;
    size_t size, length;
};

/* Appends text; cuts at a character boundary when there is no more space. */
static void put(struct writing *w, const char *text, size_t length)
{
    if (length > w->size - 1 - w->length) {
        length = w->size - 1 - w->length;
        while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
            length--;
    }
    memcpy(w->out + w->length, text, length);
    w->length += length;
    w->out[w->length] = 0;
}

static void put_text(struct writing *w, const char *text)
{
    put(w, text, strlen(text));
}

/* ---- values ---- */

static void put_quoted(struct writing *w, const char *text)
{
    char quoted[256]; /* larger than any name, fingerprint or label of a relay */
    wzp_text_quote(quoted, sizeof quoted, text);
    put_text(w, quoted);
}

/* Writes the peer, best name first; the fingerprint is always added. */
static void put_who(struct writing *w)
{
    const char *peer = w->event->about.peer ? w->event->about.peer : "";
    const char *name = w->event->about.name, *alias = w->event->about.alias;
    if (name && *name) {
        put_text(w, name);
        put_text(w, " (");
        put_text(w, peer);
        put_text(w, ")");
        return;
    }
    put_text(w, peer);
    if (alias && *alias) {
        put_text(w, ", who goes by ");
        put_quoted(w, alias);
    }
}

/* characters of a fingerprint that distinguish two members of the same name */
#define GROUPS_SHOWN 9

/* A peer text that is not a fingerprint can hold anything. */
static bool is_fingerprint(const char *text)
{
    return text[0] && !text[strspn(text, "0123456789abcdefABCDEF:")];
}

/* A member's contact name; else the alias in quotes, which cannot be mistaken for our own words,
 * with the beginning of the fingerprint. Returns the length. */
static size_t member_text(char *out, size_t size, const struct wzp_member *m)
{
    struct writing w = {.out = out, .size = size};
    out[0] = 0;
    if (m->name && m->name[0]) {
        put_text(&w, m->name);
    } else if (m->alias[0]) {
        put_quoted(&w, m->alias);
        if (!m->self && is_fingerprint(m->fingerprint)) {
            put_text(&w, " ");
            put(&w, m->fingerprint, strnlen(m->fingerprint, GROUPS_SHOWN));
        }
    } else if (is_fingerprint(m->fingerprint)) {
        put_text(&w, m->fingerprint);
    } else {
        put_quoted(&w, m->fingerprint);
    }
    put_text(&w, m->self ? " (you)" : m->unproven ? " (not proven)" : "");
    if (m->relay_label[0]) {
        put_text(&w, " (on ");
        put_quoted(&w, m->relay_label);
        put_text(&w, ")");
    }
    return w.length;
}

/* Writes as many members as fit, and the number of the others. */
static void put_members(struct writing *w, const struct wzp_value *value)
{
    char text[WZP_NAME_MAX + sizeof(struct wzp_member)], more[32];
    snprintf(text, sizeof text, "%zu", value->count);
    put_text(w, text);
    for (size_t i = 0; i < value->count; i++) {
        size_t length = member_text(text, sizeof text, &value->members[i]);
        const char *between = i > 0 ? ", " : " - ";
        snprintf(more, sizeof more, " and %zu more", value->count - i);
        /* Unless it is the last member, space must remain for the number of the others. */
        if (w->length + strlen(between) + length + (i + 1 < value->count ? strlen(more) : 0) >=
            w->size) {
            put_text(w, i > 0 ? more : "");
            return;
        }
        put_text(w, between);
        put_text(w, text);
    }
}

/* "0:07", "12:34", "1:02:03". */
static void put_duration(char *out, size_t size, double seconds)
{
    unsigned all = (unsigned)seconds;
    if (all >= 3600)
        snprintf(out, size, "%u:%02u:%02u", all / 3600, all / 60 % 60, all % 60);
    else
        snprintf(out, size, "%u:%02u", all / 60, all % 60);
}

static void put_value(struct writing *w, const struct wzp_value *value, char form)
{
    char text[64] = "";
    double number = value->kind == WZP_VALUE_NUMBER ? value->number : (double)value->integer;
    int decimals = form >= '0' && form <= '9' ? form - '0' : 0;
    switch (value->kind) {
    case WZP_VALUE_TEXT: put_text(w, value->text); return;
    case WZP_VALUE_MEMBERS: put_members(w, value); return;
    case WZP_VALUE_BOOLEAN: put_text(w, value->boolean ? "yes" : "no"); return;
    case WZP_VALUE_INTEGER:
        if (form == 's')
            snprintf(text, sizeof text, "%.0f", number / 1000);
        else
            snprintf(text, sizeof text, "%" PRId64, value->integer);
        break;
    case WZP_VALUE_NUMBER:
        if (form == 't')
            put_duration(text, sizeof text, number);
        else
            snprintf(text, sizeof text, "%.*f", decimals, number);
        break;
    case WZP_VALUE_NONE: return;
    }
    put_text(w, text);
}

static bool has_value(const struct wzp_value *value)
{
    switch (value->kind) {
    case WZP_VALUE_TEXT: return value->text[0];
    case WZP_VALUE_BOOLEAN: return value->boolean;
    case WZP_VALUE_INTEGER: return value->integer != 0;
    case WZP_VALUE_NUMBER: return fabs(value->number) > 1e-9;
    case WZP_VALUE_MEMBERS: return value->count > 0;
    case WZP_VALUE_NONE: break;
    }
    return false;
}

/* ---- templates ---- */

/* Handles one "{...}" at w->at. Returns whether the field has the value that is asked for; writes
 * it only when shown. */
static bool field(struct writing *w, bool shown)
{
    struct wzp_value value = {.kind = WZP_VALUE_NONE};
    char mark = w->at[1], form = 0;
    const char *name = w->at + 1 + (mark == '?' || mark == '!');
    size_t length = strcspn(name, "}:=");
    const char *rest = name + length;
    size_t rest_length = strcspn(rest, "}");
    w->at = rest + rest_length + (rest[rest_length] == '}');
    if (mark != '?' && mark != '!' && length == 3 && memcmp(name, "who", 3) == 0) {
        if (shown)
            put_who(w);
        return true;
    }
    const struct wzp_event_field *row = wzp_event_field_find(w->event->type, name, length);
    if (row)
        wzp_event_value(&value, w->event, row);
    if (*rest == '=')
        return value.kind == WZP_VALUE_TEXT && strlen(value.text) == rest_length - 1 &&
               memcmp(value.text, rest + 1, rest_length - 1) == 0;
    if (mark == '!')
        return !has_value(&value);
    if (*rest == ':')
        form = rest[1];
    if (mark != '?' && shown)
        put_value(w, &value, form);
    /* A duration below a second counts as no value. */
    if (form == 't' && value.kind == WZP_VALUE_NUMBER && value.number < 1)
        return false;
    return has_value(&value);
}

/* Handles text up to the closing bracket or the end. Returns whether all fields on this level have
 * values. */
static bool piece(struct writing *w, bool shown, unsigned depth)
{
    bool all = true;
    while (*w->at && *w->at != ']') {
        if (*w->at == '{') {
            all = field(w, shown) && all;
        } else if (*w->at == '[' && depth < DEPTH_MAX) {
            const char *start = ++w->at;
            bool inner = piece(w, false, depth + 1);
            if (inner && shown) {
                w->at = start;
                piece(w, true, depth + 1);
            }
            w->at += *w->at == ']';
        } else {
            if (shown)
                put(w, w->at, 1);
            w->at++;
        }
    }
    return all;
}

size_t wzp_event_sentence(char *out, size_t size, const struct wzp_event *event)
{
    const struct wzp_event_row *row = wzp_event_row(event->type);
    struct writing w = {.event = event, .at = row->text, .out = out, .size = size};
    if (size == 0)
        return 0;
    out[0] = 0;
    if (row->text)
        piece(&w, true, 0);
    return w.length;
}
