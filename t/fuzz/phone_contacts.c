/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Any bytes as contacts.toml: names are safe and unique, and what was read is written and read back
 * the same. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "phone/contacts.h"

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

static void write_and_read(const struct wzp_contacts *c)
{
    struct wzp_contacts again;
    char *text;
    size_t length;
    wzp_contacts_init(&again);
    if (wzp_contacts_format(&text, &length, c) || wzp_contacts_parse(&again, text, length, NULL) ||
        again.count != c->count ||
        (c->count && memcmp(again.items, c->items, c->count * sizeof c->items[0]) != 0))
        abort();
    wzp_free(text);
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
    write_and_read(&c);
    wzp_contacts_fini(&c);
    return 0;
}
