/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "app/history.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"

#define FIELDS 9
#define FIELDS_OLD 7 /* of older versions, without path and why */

static const char *const kinds[] = {"out", "in", "room"};

size_t wzp_history_format(char *out, const struct wzp_history_entry *entry)
{
    char peer[64], alias[64], why[sizeof entry->why];
    wzp_text_filter(peer, sizeof peer, entry->peer, strlen(entry->peer));
    wzp_text_filter(alias, sizeof alias, entry->alias, strlen(entry->alias));
    wzp_text_filter(why, sizeof why, entry->why, strlen(entry->why));
    int n =
        snprintf(out, WZP_HISTORY_LINE_MAX,
                 "%" PRIu64 "\t%" PRIu32 "\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", entry->at_seconds,
                 entry->duration_seconds, kinds[entry->kind], wzp_end_reason_name(entry->reason),
                 entry->e2e      ? "e2e"
                 : entry->proven ? "proven"
                                 : "-",
                 peer, alias,
                 !why[0]         ? "-"
                 : entry->direct ? "direct"
                                 : "relay",
                 why);
    return (size_t)n;
}

static int find_name(const char *text, const char *(*name)(int), int count)
{
    for (int i = 0; i < count; i++)
        if (strcmp(text, name(i)) == 0)
            return i;
    return -1;
}

static const char *kind_name(int i)
{
    return kinds[i];
}

static const char *reason_name(int i)
{
    return wzp_end_reason_name((enum wzp_end_reason)i);
}

/* Splits a line into fields; returns FIELDS + 1 when there are more. */
static int split(char *fields[FIELDS], char *line)
{
    int count = 0;
    for (char *at = line; at; count++) {
        if (count == FIELDS)
            return FIELDS + 1;
        fields[count] = at;
        at = strchr(at, '\t');
        if (at)
            *at++ = 0;
    }
    return count;
}

int wzp_history_parse(struct wzp_history_entry *out, const char *line, size_t length)
{
    char copy[WZP_HISTORY_LINE_MAX];
    char *fields[FIELDS];
    if (length >= sizeof copy || memchr(line, 0, length))
        return WZP_E_SYNTAX;
    memcpy(copy, line, length);
    copy[length] = 0;
    int count = split(fields, copy);
    if (count != FIELDS && count != FIELDS_OLD)
        return WZP_E_SYNTAX;
    uint64_t duration;
    int kind = find_name(fields[2], kind_name, 3);
    int reason = find_name(fields[3], reason_name, WZP_END_COUNT);
    if (wzp_text_number(&out->at_seconds, fields[0], UINT64_MAX / 2) ||
        wzp_text_number(&duration, fields[1], UINT32_MAX) || kind < 0 || reason < 0)
        return WZP_E_SYNTAX;
    out->duration_seconds = (uint32_t)duration;
    out->kind = kind == 0 ? WZP_HISTORY_OUT : kind == 1 ? WZP_HISTORY_IN : WZP_HISTORY_ROOM;
    out->reason = (enum wzp_end_reason)reason;
    out->e2e = strcmp(fields[4], "e2e") == 0;
    out->proven = out->e2e || strcmp(fields[4], "proven") == 0;
    wzp_text_filter(out->peer, sizeof out->peer, fields[5], strlen(fields[5]));
    wzp_text_filter(out->alias, sizeof out->alias, fields[6], strlen(fields[6]));
    bool has_path = count == FIELDS;
    out->direct = has_path && strcmp(fields[7], "direct") == 0;
    wzp_text_filter(out->why, sizeof out->why, has_path ? fields[8] : "",
                    has_path ? strlen(fields[8]) : 0);
    return 0;
}

/* A call that only rang. */
static bool only_rang(const char *line, size_t length)
{
    struct wzp_history_entry entry;
    return wzp_history_parse(&entry, line, length) == 0 && entry.kind == WZP_HISTORY_IN &&
           entry.duration_seconds == 0;
}

void wzp_history_thin(char *text, size_t most)
{
    size_t all = 0, rang = 0;
    for (const char *at = text; *at; all++) {
        size_t n = strcspn(at, "\n");
        rang += only_rang(at, n);
        at += n + (at[n] == '\n');
    }
    size_t over = all > most ? all - most : 0;
    size_t spare = rang > most / 2 ? rang - most / 2 : 0;
    if (spare > over)
        spare = over;
    over -= spare;
    char *to = text;
    for (const char *at = text; *at;) {
        size_t n = strcspn(at, "\n"), whole = n + (at[n] == '\n');
        if (spare > 0 && only_rang(at, n)) {
            spare--;
        } else if (over > 0) {
            over--;
        } else {
            memmove(to, at, whole);
            to += whole;
        }
        at += whole;
    }
    *to = '\0';
}

void wzp_history_mark(char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!text[i])
            text[i] = '?';
}

int wzp_history_append(char **out, size_t *out_length, const char *old, size_t old_length,
                       const struct wzp_history_entry *entries, size_t count, struct wzp_error *err)
{
    struct wzp_buffer text;
    char line[WZP_HISTORY_LINE_MAX];
    char *copy = wzp_alloc(old_length + 1);
    if (!copy)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    memcpy(copy, old, old_length);
    copy[old_length] = '\0';
    wzp_history_mark(copy, old_length);
    wzp_history_thin(copy, count < WZP_HISTORY_MAX ? WZP_HISTORY_MAX - count : 0);
    size_t length = strlen(copy);
    wzp_buffer_init(&text, WZP_HISTORY_FILE_MAX);
    wzp_buffer_add(&text, copy, length);
    if (length > 0 && copy[length - 1] != '\n') /* an incomplete last line */
        wzp_buffer_char(&text, '\n');
    wzp_free(copy);
    for (size_t i = 0; i < count; i++) {
        wzp_history_format(line, &entries[i]);
        wzp_buffer_text(&text, line);
    }
    int result = wzp_buffer_take(&text, out, out_length);
    return result ? wzp_error_set(err, result, "history: %s", wzp_strerror(result)) : 0;
}
