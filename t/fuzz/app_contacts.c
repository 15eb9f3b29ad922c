/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Any bytes as contacts.toml: names are safe and unique, and the text can be changed. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "app/contacts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct wzp_contacts *c)
{
    char safe[WZP_CONTACT_NAME_MAX];
    if (c->count > WZP_CONTACTS_MAX)
        abort();
    for (size_t i = 0; i < c->count; i++) {
        const char *name = c->items[i].name;
        wzp_text_filter(safe, sizeof safe, name, strlen(name));
        if (!name[0] || strcmp(safe, name) != 0 || wzp_contacts_by_name(c, name) != &c->items[i])
            abort();
    }
}

/* Adds a contact and removes it again; the others must stay. */
static void change(const char *old, size_t old_length, size_t count)
{
    static const uint8_t fingerprint[16] = {1};
    struct wzp_contacts again;
    char *more, *less;
    size_t length, back;
    int result =
        wzp_contacts_text_add(&more, &length, old, old_length, "a fuzzed name", fingerprint, NULL);
    if (result)
        return; /* the file can only be changed by hand, or it would be too long */
    wzp_contacts_init(&again);
    if (wzp_contacts_parse(&again, more, length, NULL) || again.count != count + 1)
        abort();
    wzp_contacts_fini(&again);
    if (wzp_contacts_text_remove(&less, &back, more, length, "a fuzzed name", NULL) ||
        wzp_contacts_parse(&again, less, back, NULL) || again.count != count)
        abort();
    wzp_free(more);
    wzp_free(less);
    wzp_contacts_fini(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wzp_contacts c;
    struct wzp_error err = {0};
    wzp_contacts_init(&c);
    int result = wzp_contacts_parse(&c, (const char *)data, size, &err);
    if (result > 0 || (result < 0 && !err.text[0]))
        abort();
    check(&c);
    if (result == 0)
        change((const char *)data, size, c.count);
    wzp_contacts_fini(&c);
    return 0;
}
