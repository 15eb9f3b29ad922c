/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "app/contacts.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/map.h"
#include "base/nearest.h"
#include "base/random.h"
#include "base/text.h"
#include "base/toml.h"

void wzp_contacts_init(struct wzp_contacts *c)
{
    *c = (struct wzp_contacts){0};
}

void wzp_contacts_fini(struct wzp_contacts *c)
{
    wzp_free(c->items);
    wzp_contacts_init(c);
}

const struct wzp_contact *wzp_contacts_by_name(const struct wzp_contacts *c, const char *name)
{
    for (size_t i = 0; i < c->count; i++)
        if (strcasecmp(c->items[i].name, name) == 0)
            return &c->items[i];
    return NULL;
}

const struct wzp_contact *wzp_contacts_by_fingerprint(const struct wzp_contacts *c,
                                                      const uint8_t fingerprint[16])
{
    for (size_t i = 0; i < c->count; i++)
        if (memcmp(c->items[i].fingerprint, fingerprint, WZP_FINGERPRINT_SIZE) == 0)
            return &c->items[i];
    return NULL;
}

/* A name must be shown as typed, must not look like a fingerprint or "echo", and must be valid in a
 * TOML string. */
static int check_name(const char *name, struct wzp_error *err)
{
    char safe[WZP_CONTACT_NAME_MAX];
    uint8_t fingerprint[WZP_FINGERPRINT_SIZE];
    size_t length = strlen(name);
    if (length == 0 || length >= WZP_CONTACT_NAME_MAX)
        return wzp_error_set(err, WZP_E_SYNTAX, "a contact's name has 1 to %d bytes",
                             WZP_CONTACT_NAME_MAX - 1);
    wzp_text_filter(safe, sizeof safe, name, length);
    if (name[0] == ' ' || name[length - 1] == ' ')
        return wzp_error_set(err, WZP_E_SYNTAX,
                             "a contact's name neither begins nor ends with a blank");
    if (strcmp(safe, name) != 0 || strpbrk(name, "\"\\"))
        return wzp_error_set(err, WZP_E_SYNTAX,
                             "a contact's name has no control characters, quotes or backslashes");
    if (strcasecmp(name, "echo") == 0)
        return wzp_error_set(err, WZP_E_SYNTAX, "the name echo is taken: it is the echo peer");
    if (wzp_fingerprint_parse(fingerprint, name, length) == 0)
        return wzp_error_set(err, WZP_E_SYNTAX, "a contact's name must not be a fingerprint");
    return 0;
}

/* Writes a question that suggests the nearest contact. */
static const char *ask_nearest(char out[WZP_NEAREST_QUESTION_MAX], const struct wzp_contacts *c,
                               const char *typed)
{
    struct wzp_nearest nearest;
    wzp_nearest_begin(&nearest, typed);
    for (size_t i = 0; i < c->count; i++)
        wzp_nearest_try(&nearest, c->items[i].name);
    return wzp_nearest_question(out, &nearest, "");
}

int wzp_contacts_resolve(uint8_t fingerprint[16], const struct wzp_contacts *c, const char *typed,
                         struct wzp_error *err)
{
    const struct wzp_contact *contact = wzp_contacts_by_name(c, typed);
    char safe[64], question[WZP_NEAREST_QUESTION_MAX];
    if (contact) {
        memcpy(fingerprint, contact->fingerprint, WZP_FINGERPRINT_SIZE);
        return 0;
    }
    if (wzp_fingerprint_parse(fingerprint, typed, strlen(typed)) == 0)
        return 0;
    wzp_text_filter(safe, sizeof safe, typed, strlen(typed));
    return wzp_error_set(err, WZP_E_NOT_FOUND,
                         "'%s' is neither a contact nor a fingerprint (32 hexadecimal digits)%s",
                         safe, ask_nearest(question, c, typed));
}

static int say_taken(const char *name, struct wzp_error *err)
{
    return wzp_error_set(err, WZP_E_DUPLICATE, "there is a contact named %s already", name);
}

/* Appends a contact whose name is valid and not taken. */
static int append(struct wzp_contacts *c, const char *name, const uint8_t fingerprint[16],
                  struct wzp_error *err)
{
    if (c->count == WZP_CONTACTS_MAX)
        return wzp_error_set(err, WZP_E_LIMIT, "there are %d contacts already", WZP_CONTACTS_MAX);
    if (c->count == c->capacity) {
        size_t capacity = c->capacity ? 2 * c->capacity : 16;
        struct wzp_contact *grown = wzp_realloc(c->items, capacity * sizeof *grown);
        if (!grown)
            return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
        c->items = grown;
        c->capacity = capacity;
    }
    struct wzp_contact *contact = &c->items[c->count++];
    *contact = (struct wzp_contact){0}; /* clears the bytes behind the name */
    wzp_text_copy(contact->name, sizeof contact->name, name);
    memcpy(contact->fingerprint, fingerprint, WZP_FINGERPRINT_SIZE);
    return 0;
}

int wzp_contacts_add(struct wzp_contacts *c, const char *name, const uint8_t fingerprint[16],
                     struct wzp_error *err)
{
    int result = check_name(name, err);
    const struct wzp_contact *same = result ? NULL : wzp_contacts_by_name(c, name);
    if (same)
        result = say_taken(same->name, err);
    return result ? result : append(c, name, fingerprint, err);
}

/* One [[contact]] being read: its two keys may come in either order. */
struct reading {
    struct wzp_contacts *contacts;
    /* in lower case; a map, so that thousands of names need not be compared with each other */
    struct wzp_map names;
    bool open;
    unsigned index, line;
    char name[WZP_CONTACT_NAME_MAX];
    char fingerprint[64];
};

static int add_read(struct reading *r, const uint8_t fingerprint[16], struct wzp_error *err)
{
    char low[WZP_CONTACT_NAME_MAX];
    size_t length = strlen(r->name);
    int result = check_name(r->name, err);
    if (result)
        return result;
    for (size_t i = 0; i <= length; i++)
        low[i] = r->name[i] >= 'A' && r->name[i] <= 'Z' ? (char)(r->name[i] + 32) : r->name[i];
    if (wzp_map_get(&r->names, low, length))
        return say_taken(r->name, err);
    result = append(r->contacts, r->name, fingerprint, err); /* fails when there are too many */
    if (!result && wzp_map_put(&r->names, low, length, r))
        result = wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    return result;
}

static int finish(struct reading *r, struct wzp_error *err)
{
    uint8_t fingerprint[WZP_FINGERPRINT_SIZE];
    if (!r->open)
        return 0;
    r->open = false;
    char where[32];
    snprintf(where, sizeof where, "line %u", r->line);
    int result;
    if (!r->name[0] || !r->fingerprint[0])
        result = wzp_error_set(err, WZP_E_SYNTAX, "a contact needs a name and a fingerprint");
    else if (wzp_fingerprint_parse(fingerprint, r->fingerprint, strlen(r->fingerprint)))
        result = wzp_error_set(err, WZP_E_SYNTAX, "not a fingerprint");
    else
        result = add_read(r, fingerprint, err);
    if (result)
        wzp_error_prefix(err, where);
    else
        r->contacts->items[r->contacts->count - 1].place = r->index;
    return result;
}

static int on_value(void *context, const struct wzp_toml_value *v, struct wzp_error *err)
{
    struct reading *r = context;
    if (strcmp(v->table, "contact") != 0 || !v->table_is_array)
        return 0; /* unknown keys are allowed: other programs may keep them here */
    if (!r->open || r->index != v->table_index) {
        int result = finish(r, err);
        if (result)
            return result;
        r->open = true;
        r->index = v->table_index;
        r->line = v->line;
        r->name[0] = r->fingerprint[0] = 0;
    }
    char *field = strcmp(v->key, "name") == 0          ? r->name
                  : strcmp(v->key, "fingerprint") == 0 ? r->fingerprint
                                                       : NULL;
    if (!field)
        return 0;
    if (v->type != WZP_TOML_STRING || v->array_index >= 0 ||
        !wzp_text_copy(field, field == r->name ? sizeof r->name : sizeof r->fingerprint, v->string))
        return wzp_error_set(err, WZP_E_SYNTAX, "line %u: %s wants a short text", v->line, v->key);
    return 0;
}

int wzp_contacts_parse(struct wzp_contacts *c, const char *text, size_t length,
                       struct wzp_error *err)
{
    struct reading reading = {.contacts = c};
    struct wzp_random_seeded seeded; /* a fixed seed is enough: the file is the person's own */
    wzp_random_seeded_init(&seeded, 1);
    const struct wzp_random random = wzp_random_seeded_source(&seeded);
    wzp_map_init(&reading.names, WZP_CONTACTS_MAX, &random);
    int result = wzp_toml_parse(text, length, on_value, &reading, err);
    if (!result)
        result = finish(&reading, err);
    wzp_map_fini(&reading.names);
    return result;
}

/* ---- changing a text ---- */

/* Checks for contacts that a person adds. Files may hold names that break these rules: earlier
 * versions accepted them. */
static int check_new(const struct wzp_contacts *c, const char *name, const uint8_t fingerprint[16],
                     struct wzp_error *err)
{
    const struct wzp_contact *same = wzp_contacts_by_fingerprint(c, fingerprint);
    if (name[0] == '-')
        return wzp_error_set(err, WZP_E_SYNTAX,
                             "a contact's name does not begin with -, as options do");
    if (same && strcasecmp(same->name, name) != 0)
        return wzp_error_set(err, WZP_E_DUPLICATE,
                             "this fingerprint has the name %s already; remove that first",
                             same->name);
    return 0;
}

int wzp_contacts_text_add(char **out, size_t *length, const char *old, size_t old_length,
                          const char *name, const uint8_t fingerprint[16], struct wzp_error *err)
{
    struct wzp_contacts c;
    struct wzp_buffer text;
    char shown[WZP_FINGERPRINT_TEXT_MAX];
    *out = NULL;
    wzp_contacts_init(&c);
    int result = wzp_contacts_parse(&c, old, old_length, err);
    if (!result)
        result = check_new(&c, name, fingerprint, err);
    if (!result)
        result = wzp_contacts_add(&c, name, fingerprint, err);
    wzp_contacts_fini(&c);
    if (result)
        return result;
    wzp_buffer_init(&text, WZP_CONTACTS_FILE_MAX);
    wzp_fingerprint_format(shown, fingerprint);
    if (old_length == 0)
        wzp_buffer_text(&text, "# wzp contacts: wzp contacts add NAME FINGERPRINT\n");
    wzp_buffer_add(&text, old, old_length);
    if (old_length > 0 && old[old_length - 1] != '\n')
        wzp_buffer_char(&text, '\n');
    wzp_buffer_format(&text, "\n[[contact]]\nname = \"%s\"\nfingerprint = \"%s\"\n", name, shown);
    result = wzp_buffer_take(&text, out, length);
    if (result)
        return wzp_error_set(err, result, "contacts: %s", wzp_strerror(result));
    wzp_contacts_init(&c);
    result = wzp_contacts_parse(&c, *out, *length, NULL);
    wzp_contacts_fini(&c);
    if (!result)
        return 0;
    wzp_free(*out);
    *out = NULL;
    return wzp_error_set(err, result == WZP_E_MEMORY ? result : WZP_E_UNSUPPORTED,
                         "the contacts stand in a form that only an editor can add to");
}

/* The range of lines of one [[contact]] and its sub-tables. */
struct removal {
    unsigned index;
    bool inside, found;
    size_t begin, end;
};

static void look_for(void *context, const struct wzp_toml_table *table)
{
    struct removal *r = context;
    bool is_contact = table->is_array && strcmp(table->name, "contact") == 0;
    if (is_contact)
        r->inside = table->index == r->index;
    else if (strncmp(table->name, "contact.", 8) != 0)
        r->inside = false;
    if (!r->inside)
        return;
    if (!r->found)
        r->begin = table->begin;
    r->found = true;
    r->end = table->end;
}

int wzp_contacts_text_remove(char **out, size_t *length, const char *old, size_t old_length,
                             const char *name, struct wzp_error *err)
{
    struct wzp_contacts c;
    struct wzp_buffer text;
    struct removal where = {0};
    char question[WZP_NEAREST_QUESTION_MAX];
    *out = NULL;
    wzp_contacts_init(&c);
    int result = wzp_contacts_parse(&c, old, old_length, err);
    const struct wzp_contact *contact = result ? NULL : wzp_contacts_by_name(&c, name);
    if (!result && !contact)
        result = wzp_error_set(err, WZP_E_NOT_FOUND, "there is no contact of that name%s",
                               ask_nearest(question, &c, name));
    if (contact)
        where.index = contact->place;
    wzp_contacts_fini(&c);
    if (!result)
        result = wzp_toml_tables(old, old_length, look_for, &where, err);
    if (result)
        return result;
    if (!where.found)
        return wzp_error_set(err, WZP_E_UNSUPPORTED,
                             "the contacts stand in a form that only an editor can remove from");
    wzp_buffer_init(&text, old_length);
    /* Removes also the empty line before it, which `add` wrote. */
    if (where.begin > 1 && old[where.begin - 1] == '\n' && old[where.begin - 2] == '\n')
        where.begin--;
    wzp_buffer_add(&text, old, where.begin);
    wzp_buffer_add(&text, old + where.end, old_length - where.end);
    result = wzp_buffer_take(&text, out, length);
    return result ? wzp_error_set(err, result, "contacts: %s", wzp_strerror(result)) : 0;
}
