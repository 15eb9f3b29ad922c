/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Access to events through their table: values, JSON, copies. */
#include "app/event_data.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "wire/codec.h"
#include "wzp/stats.h"

#define LINE_MAX_BYTES (1024 * 1024)
#define WORD_MAX 128

static const char *const pin_words[] = {"new", "match", "updated", "mismatch"};

/* ---- values ---- */

static void set_text(struct wzp_value *out, const char *text)
{
    out->kind = WZP_VALUE_TEXT;
    out->text = text ? text : "";
}

static void set_integer(struct wzp_value *out, int64_t value)
{
    out->kind = WZP_VALUE_INTEGER;
    out->integer = value;
}

static void set_number(struct wzp_value *out, double value)
{
    out->kind = WZP_VALUE_NUMBER;
    out->number = value;
}

static void set_codec(struct wzp_value *out, unsigned codec)
{
    const struct wzp_codec_info *info = wzp_codec_info(codec);
    set_text(out, info ? info->name : "");
}

static void read_number(struct wzp_value *out, const void *at, enum wzp_field_form form)
{
    switch (form) {
    case WZP_FORM_REBUILT: set_integer(out, (int64_t)wzp_playout_rebuilt(at)); break;
    case WZP_FORM_INT: set_integer(out, *(const int *)at); break;
    case WZP_FORM_UNSIGNED: set_integer(out, *(const unsigned *)at); break;
    case WZP_FORM_U64: set_integer(out, (int64_t)(*(const uint64_t *)at)); break;
    case WZP_FORM_SIZE: set_integer(out, (int64_t)(*(const size_t *)at)); break;
    case WZP_FORM_DOUBLE: set_number(out, *(const double *)at); break;
    case WZP_FORM_NS_IN_MS: set_number(out, (double)*(const uint64_t *)at / 1e6); break;
    case WZP_FORM_MS_IN_S: set_number(out, (double)*(const uint64_t *)at / 1e3); break;
    default: break;
    }
}

/* True when the name is only a claim: a peer that we called is certain, a caller may pretend to be
 * anybody. */
static bool is_claim(const struct wzp_event *event)
{
    return event->session && !event->about.is_room && !event->about.outgoing &&
           !event->about.proven;
}

/* Reads any field, also an empty one. */
static void read_field(struct wzp_value *out, const struct wzp_event *event,
                       const struct wzp_event_field *field)
{
    const void *at = (const char *)event + field->offset;
    *out = (struct wzp_value){.kind = WZP_VALUE_NONE};
    switch ((enum wzp_field_form)field->form) {
    case WZP_FORM_TEXT:
    case WZP_FORM_WORDS: set_text(out, *(const char *const *)at); break;
    case WZP_FORM_NAME: set_text(out, is_claim(event) ? "" : *(const char *const *)at); break;
    case WZP_FORM_CLAIM: set_text(out, is_claim(event) ? *(const char *const *)at : ""); break;
    case WZP_FORM_CHARS: set_text(out, at); break;
    case WZP_FORM_DIRECT: set_text(out, *(const bool *)at ? "direct" : "relay"); break;
    case WZP_FORM_SIDE: set_text(out, *(const bool *)at ? "own" : "peer"); break;
    case WZP_FORM_CODEC: set_codec(out, *(const uint8_t *)at); break;
    case WZP_FORM_PIN: set_text(out, pin_words[*(const enum wzp_pin_verdict *)at & 3]); break;
    case WZP_FORM_REASON:
        set_text(out, wzp_end_reason_name(*(const enum wzp_end_reason *)at));
        break;
    case WZP_FORM_PRESENCE: set_text(out, wzp_presence_name(*(const enum wzp_presence *)at)); break;
    case WZP_FORM_BOOLEAN:
        out->kind = WZP_VALUE_BOOLEAN;
        out->boolean = *(const bool *)at;
        break;
    case WZP_FORM_MEMBERS:
        out->kind = WZP_VALUE_MEMBERS;
        out->members = event->u.members.items;
        out->count = event->u.members.count;
        break;
    default: read_number(out, at, (enum wzp_field_form)field->form); break;
    }
}

static bool is_empty(const struct wzp_value *value)
{
    switch (value->kind) {
    case WZP_VALUE_TEXT: return !value->text[0];
    case WZP_VALUE_BOOLEAN: return !value->boolean;
    case WZP_VALUE_INTEGER: return value->integer == 0;
    case WZP_VALUE_NUMBER: return fabs(value->number) < 1e-9;
    case WZP_VALUE_MEMBERS: return value->count == 0;
    case WZP_VALUE_NONE: break;
    }
    return true;
}

void wzp_event_value(struct wzp_value *out, const struct wzp_event *event,
                     const struct wzp_event_field *field)
{
    read_field(out, event, field);
    if (!field->always && is_empty(out))
        *out = (struct wzp_value){.kind = WZP_VALUE_NONE};
}

static bool is_named(const struct wzp_event_field *field, const char *name, size_t length)
{
    return strlen(field->name) == length && memcmp(field->name, name, length) == 0;
}

const struct wzp_event_field *wzp_event_field_find(enum wzp_event_type type, const char *name,
                                                   size_t length)
{
    const struct wzp_event_row *row = wzp_event_row(type);
    const struct wzp_event_field *field;
    for (size_t i = 0; i < row->count; i++)
        if (is_named(&row->fields[i], name, length))
            return &row->fields[i];
    for (size_t i = 0; (field = wzp_event_common_field(i)); i++)
        if (is_named(field, name, length))
            return field;
    return NULL;
}

/* ---- JSON ---- */

static void write_members(struct wzp_json *json, const char *key, const struct wzp_value *value)
{
    wzp_json_array_begin(json, key);
    for (size_t i = 0; i < value->count; i++) {
        wzp_json_object_begin(json, NULL);
        wzp_json_text_if(json, "fingerprint", value->members[i].fingerprint);
        wzp_json_text_if(json, "alias", value->members[i].alias);
        if (value->members[i].name)
            wzp_json_text_if(json, "name", value->members[i].name);
        wzp_json_text_if(json, "relay_label", value->members[i].relay_label);
        if (value->members[i].self)
            wzp_json_boolean(json, "self", true);
        if (value->members[i].unproven)
            wzp_json_boolean(json, "unproven", true);
        wzp_json_object_end(json);
    }
    wzp_json_array_end(json);
}

static void write_words(struct wzp_json *json, const char *key, const char *at)
{
    wzp_json_array_begin(json, key);
    while (*at) {
        char word[WORD_MAX];
        size_t length = strcspn(at, " ");
        snprintf(word, sizeof word, "%.*s", (int)length, at);
        if (length > 0)
            wzp_json_text(json, NULL, word);
        at += length + (at[length] == ' ');
    }
    wzp_json_array_end(json);
}

static void write_field(struct wzp_json *json, const struct wzp_event *event,
                        const struct wzp_event_field *field)
{
    struct wzp_value value;
    wzp_event_value(&value, event, field);
    switch (value.kind) {
    case WZP_VALUE_TEXT:
        if (field->form == WZP_FORM_WORDS)
            write_words(json, field->name, value.text);
        else
            wzp_json_text(json, field->name, value.text);
        break;
    case WZP_VALUE_BOOLEAN: wzp_json_boolean(json, field->name, value.boolean); break;
    case WZP_VALUE_INTEGER: wzp_json_integer(json, field->name, value.integer); break;
    case WZP_VALUE_NUMBER: wzp_json_number(json, field->name, value.number); break;
    case WZP_VALUE_MEMBERS: write_members(json, field->name, &value); break;
    case WZP_VALUE_NONE: break;
    }
}

static void write_fields(struct wzp_json *json, const struct wzp_event *event)
{
    const struct wzp_event_row *row = wzp_event_row(event->type);
    const struct wzp_event_field *field;
    for (size_t i = 0; (field = wzp_event_common_field(i)); i++)
        write_field(json, event, field);
    for (size_t i = 0; i < row->count; i++)
        write_field(json, event, &row->fields[i]);
}

int wzp_event_json(char **out, size_t *length, const struct wzp_event *event, double t)
{
    struct wzp_buffer text;
    struct wzp_json json;
    wzp_buffer_init(&text, LINE_MAX_BYTES);
    wzp_json_init(&json, &text);
    wzp_json_object_begin(&json, NULL);
    wzp_json_number(&json, "t", t);
    wzp_json_text(&json, "event", wzp_event_row(event->type)->name);
    write_fields(&json, event);
    wzp_json_object_end(&json);
    return wzp_buffer_take(&text, out, length);
}

/* ---- copies ---- */

/* Copies an event's texts and members into one block behind it; NULL: only counts the bytes. */
struct copying {
    struct wzp_event *event;
    char *at;
    size_t size;
};

static void copy_text(struct copying *c, const struct wzp_event_field *field,
                      const struct wzp_event *from)
{
    if (field->form != WZP_FORM_TEXT && field->form != WZP_FORM_WORDS &&
        field->form != WZP_FORM_NAME)
        return;
    const char *text = *(const char *const *)((const char *)from + field->offset);
    size_t size = text ? strlen(text) + 1 : 1;
    if (c->event) {
        memcpy(c->at, text ? text : "", size);
        *(const char **)((char *)c->event + field->offset) = c->at;
        c->at += size;
    }
    c->size += size;
}

/* Copies the members' names; the members themselves are copied already. */
static void copy_names(struct copying *c, const struct wzp_event *from, struct wzp_member *members)
{
    size_t count = from->type == WZP_EVENT_MEMBERS ? from->u.members.count : 0;
    for (size_t i = 0; i < count; i++) {
        const char *name = from->u.members.items[i].name;
        size_t size = name ? strlen(name) + 1 : 0;
        if (name && members) {
            members[i].name = memcpy(c->at, name, size);
            c->at += size;
        }
        c->size += size;
    }
}

static void copy_texts(struct copying *c, const struct wzp_event *from)
{
    const struct wzp_event_row *row = wzp_event_row(from->type);
    const struct wzp_event_field *field;
    for (size_t i = 0; (field = wzp_event_common_field(i)); i++)
        copy_text(c, field, from);
    for (size_t i = 0; i < row->count; i++)
        copy_text(c, &row->fields[i], from);
}

struct wzp_event *wzp_event_copy(const struct wzp_event *event)
{
    struct copying c = {.size = 0};
    size_t members = event->type == WZP_EVENT_MEMBERS ? event->u.members.count : 0;
    size_t members_size = members * sizeof(struct wzp_member);
    copy_texts(&c, event);
    copy_names(&c, event, NULL);
    struct wzp_event *copy = wzp_alloc(sizeof *copy + members_size + c.size);
    if (!copy)
        return NULL;
    memcpy(copy, event, sizeof *copy);
    c.event = copy;
    c.at = (char *)(copy + 1) + members_size;
    copy_texts(&c, event);
    if (members > 0) {
        struct wzp_member *items = (struct wzp_member *)(void *)(copy + 1);
        memcpy(items, event->u.members.items, members_size);
        copy->u.members.items = items;
        copy_names(&c, event, items);
    }
    return copy;
}

void wzp_event_free(struct wzp_event *event)
{
    wzp_free(event);
}
