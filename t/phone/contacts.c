/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/contacts.h"

#include <string.h>

#include "base/alloc.h"
#include "tap.h"

static const uint8_t ann[16] = {1, 2, 3}, bob[16] = {4, 5, 6};

static void refused(const char *text, const char *words)
{
    struct wzp_contacts c;
    struct wzp_error err = {0};
    wzp_contacts_init(&c);
    ok(wzp_contacts_parse(&c, text, strlen(text), &err) < 0, "refused: %s", text);
    ok(strstr(err.text, words) != NULL, "because %s", err.text);
    wzp_contacts_fini(&c);
}

static void adding(void)
{
    struct wzp_contacts c;
    struct wzp_error err = {0};
    wzp_contacts_init(&c);
    is_int(wzp_contacts_add(&c, "Ann", ann, &err), 0, "a contact is added");
    is_int(wzp_contacts_add(&c, "ann", bob, &err), WZP_E_DUPLICATE, "names differ beyond case");
    is_int(wzp_contacts_add(&c, "echo", bob, &err), WZP_E_SYNTAX, "echo is taken");
    is_int(wzp_contacts_add(&c, "", bob, &err), WZP_E_SYNTAX, "a name is not empty");
    is_int(wzp_contacts_add(&c, "a\x1b[31m", bob, &err), WZP_E_SYNTAX, "nor an escape");
    is_int(wzp_contacts_add(&c, "a\"b", bob, &err), WZP_E_SYNTAX, "nor a quote");
    is_int(wzp_contacts_add(&c, "6871:1211:0e91:ecb3:09f6:6f51:d257:ccaa", bob, &err), WZP_E_SYNTAX,
           "nor a fingerprint");
    is_int(wzp_contacts_add(&c, "Bob Müller", bob, &err), 0, "blanks and letters are fine");
    ok(wzp_contacts_by_name(&c, "ANN") == &c.items[0], "found by name, any case");
    ok(wzp_contacts_by_fingerprint(&c, bob) == &c.items[1], "found by fingerprint");
    char *text = NULL;
    size_t length = 0;
    struct wzp_contacts again;
    wzp_contacts_init(&again);
    is_int(wzp_contacts_format(&text, &length, &c), 0, "written");
    if (text) {
        is_int(wzp_contacts_parse(&again, text, length, &err), 0, "and read again %s", err.text);
        ok(again.count == 2 && strcmp(again.items[1].name, "Bob Müller") == 0 &&
               memcmp(again.items[1].fingerprint, bob, 16) == 0,
           "with the same contents");
    }
    is_int(wzp_contacts_remove(&c, "ann"), 0, "removed");
    is_int(wzp_contacts_remove(&c, "ann"), WZP_E_NOT_FOUND, "once");
    is_int(c.count, 1, "the other one stays");
    wzp_free(text);
    wzp_contacts_fini(&again);
    wzp_contacts_fini(&c);
}

TAP_MAIN
{
    adding();
    refused("[[contact]]\nname = \"x\"\n", "needs a name and a fingerprint");
    refused("[[contact]]\nname = \"x\"\nfingerprint = \"12\"\n", "not a fingerprint");
    refused("[[contact]]\nname = 5\n", "wants a short text");
    refused("[[contact]]\nname = [\"x\"]\n", "wants a short text");
    refused(
        "[[contact]]\nname = \"x\"\nfingerprint = \"6871:1211:0e91:ecb3:09f6:6f51:d257:ccaa\"\n"
        "[[contact]]\nname = \"X\"\nfingerprint = \"6871:1211:0e91:ecb3:09f6:6f51:d257:ccaa\"\n",
        "line 5");
    refused("[[contact]\n", "line 1");
}
