/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/contacts.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
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

/* A name must show as typed, must not read as something else, and must survive a TOML string. */
static int check_name(const char *name, struct wzp_error *err)
{
    char safe[WZP_CONTACT_NAME_MAX];
    uint8_t fingerprint[WZP_FINGERPRINT_SIZE];
    size_t length = strlen(name);
    if (length == 0 || length >= WZP_CONTACT_NAME_MAX)
        return wzp_error_set(err, WZP_E_SYNTAX, "a contact's name has 1 to %d bytes",
                             WZP_CONTACT_NAME_MAX - 1);
    wzp_text_filter(safe, sizeof safe, name, length);
    if (strcmp(safe, name) != 0 || strpbrk(name, "\"\\"))
        return wzp_error_set(err, WZP_E_SYNTAX,
                             "a contact's name has no control characters, quotes or backslashes");
    if (strcasecmp(name, "echo") == 0)
        return wzp_error_set(err, WZP_E_SYNTAX, "the name echo is taken: it is the echo peer");
    if (wzp_fingerprint_parse(fingerprint, name, length) == 0)
        return wzp_error_set(err, WZP_E_SYNTAX, "a contact's name must not be a fingerprint");
    return 0;
}

int wzp_contacts_resolve(uint8_t fingerprint[16], const struct wzp_contacts *c, const char *typed,
                         struct wzp_error *err)
{
    const struct wzp_contact *contact = wzp_contacts_by_name(c, typed);
    char safe[64];
    if (contact) {
        memcpy(fingerprint, contact->fingerprint, WZP_FINGERPRINT_SIZE);
        return 0;
    }
    if (wzp_fingerprint_parse(fingerprint, typed, strlen(typed)) == 0)
        return 0;
    wzp_text_filter(safe, sizeof safe, typed, strlen(typed));
    return wzp_error_set(err, WZP_E_NOT_FOUND,
                         "'%s' is neither a contact nor a fingerprint (32 hexadecimal digits)",
                         safe);
}

int wzp_contacts_add(struct wzp_contacts *c, const char *name, const uint8_t fingerprint[16],
                     struct wzp_error *err)
{
    int result = check_name(name, err);
    if (result)
        return result;
    if (wzp_contacts_by_name(c, name))
        return wzp_error_set(err, WZP_E_DUPLICATE, "there is a contact named %s already", name);
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
    *contact = (struct wzp_contact){0}; /* no bytes of somebody else behind the name */
    wzp_text_copy(contact->name, sizeof contact->name, name);
    memcpy(contact->fingerprint, fingerprint, WZP_FINGERPRINT_SIZE);
    return 0;
}

int wzp_contacts_remove(struct wzp_contacts *c, const char *name)
{
    for (size_t i = 0; i < c->count; i++) {
        if (strcasecmp(c->items[i].name, name) != 0)
            continue;
        memmove(&c->items[i], &c->items[i + 1], (c->count - i - 1) * sizeof c->items[0]);
        c->count--;
        return 0;
    }
    return WZP_E_NOT_FOUND;
}

/* One [[contact]] under way: its two keys may come in either order. */
struct reading {
    struct wzp_contacts *contacts;
    bool open;
    unsigned index, line;
    char name[WZP_CONTACT_NAME_MAX];
    char fingerprint[64];
};

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
        result = wzp_contacts_add(r->contacts, r->name, fingerprint, err);
    if (result)
        wzp_error_prefix(err, where);
    return result;
}

static int on_value(void *context, const struct wzp_toml_value *v, struct wzp_error *err)
{
    struct reading *r = context;
    if (strcmp(v->table, "contact") != 0 || !v->table_is_array)
        return 0; /* other programs may keep other things here */
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
    int result = wzp_toml_parse(text, length, on_value, &reading, err);
    return result ? result : finish(&reading, err);
}

int wzp_contacts_format(char **out, size_t *length, const struct wzp_contacts *c)
{
    static const char head[] = "# wzp contacts: wzp contacts add NAME FINGERPRINT\n";
    size_t capacity = sizeof head + c->count * (WZP_CONTACT_NAME_MAX + 128);
    char *text = wzp_alloc(capacity);
    if (!text)
        return WZP_E_MEMORY;
    size_t at = sizeof head - 1;
    memcpy(text, head, at);
    for (size_t i = 0; i < c->count; i++) {
        char fingerprint[WZP_FINGERPRINT_TEXT_MAX];
        wzp_fingerprint_format(fingerprint, c->items[i].fingerprint);
        at += (size_t)snprintf(text + at, capacity - at,
                               "\n[[contact]]\nname = \"%s\"\nfingerprint = \"%s\"\n",
                               c->items[i].name, fingerprint);
    }
    text[at] = 0;
    *out = text;
    *length = at;
    return 0;
}
