/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "app/contacts.h"

#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
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
    is_int(wzp_contacts_add(&c, " ", bob, &err), WZP_E_SYNTAX, "a name is not blank");
    is_int(wzp_contacts_add(&c, "Cat ", bob, &err), WZP_E_SYNTAX, "nor ends so");
    uint8_t found[16];
    is_int(wzp_contacts_resolve(found, &c, "Bob Muller", &err), WZP_E_NOT_FOUND, "nearly a name");
    ok(strstr(err.text, "did you mean Bob Müller?"), "is no name, but helped: %s", err.text);
    wzp_contacts_resolve(found, &c, "xyzzyxyzzy", &err);
    ok(!strstr(err.text, "did you mean"), "what is like nothing is not helped");
    wzp_contacts_fini(&c);
}

/* Applies one change to the file's text; frees the old one. */
static char *change(char *old, const char *add, const char *remove, int want)
{
    struct wzp_error err = {0};
    char *text = NULL;
    size_t length = 0;
    int result = add ? wzp_contacts_text_add(&text, &length, old, strlen(old), add, ann, &err)
                     : wzp_contacts_text_remove(&text, &length, old, strlen(old), remove, &err);
    if (result == WZP_E_MEMORY && tap_oom_mode())
        return old;
    is_int(result, want, "%s %s: %s", add ? "add" : "remove", add ? add : remove, err.text);
    if (!text)
        return old;
    ok(strlen(text) == length, "the new text is whole");
    wzp_free(old);
    return text;
}

static void changing(void)
{
    static const char before[] =
        "# mine\n[[contact]] # the first\nname = \"Bob\"\n# how to reach him\nphone = "
        "[\n\"1\",\n]\n"
        "fingerprint = \"0102:0400:0000:0000:0000:0000:0000:0000\"\n[contact.more]\nx = 1\n"
        "# about others\n[other]\ny = 2\n";
    char *text = wzp_strdup("");
    if (!text)
        return;
    text = change(text, "Ann", NULL, 0);
    ok(strstr(text, "[[contact]]\nname = \"Ann\"\nfingerprint = \"0102:0300"), "added to nothing");
    text = change(text, "ann", NULL, WZP_E_DUPLICATE);
    text = change(text, "Anna", NULL, WZP_E_DUPLICATE); /* one fingerprint, one name */
    text = change(text, "-x", NULL, WZP_E_SYNTAX);
    text = change(text, NULL, "Cat", WZP_E_NOT_FOUND);
    text = change(text, NULL, "ANN", 0);
    ok(!strstr(text, "contact]]"), "and taken away");
    wzp_free(text);
    text = wzp_strdup(before);
    if (!text)
        return;
    text = change(text, "Ann", NULL, 0);
    ok(strncmp(text, before, sizeof before - 1) == 0,
       "what stands in a file stays when one is added");
    text = change(text, NULL, "Ann", 0);
    is_str(text, before, "and taken away again");
    text = change(text, NULL, "Bob", 0);
    is_str(text, "# mine\n# about others\n[other]\ny = 2\n",
           "a contact goes with all that belongs to it, and nothing else");
    wzp_free(text);
    text = wzp_strdup("contact = [{name = \"Bob\", fingerprint = "
                      "\"0102:0400:0000:0000:0000:0000:0000:0000\"}]\n");
    if (!text)
        return;
    text = change(text, NULL, "Bob", WZP_E_UNSUPPORTED);
    text = change(text, "Ann", NULL, WZP_E_UNSUPPORTED);
    wzp_free(text);
    text = wzp_strdup("[[contact]]\n[[contact]]\nname = \"Bob\"\nfingerprint = "
                      "\"0102:0400:0000:0000:0000:0000:0000:0000\"");
    if (!text)
        return;
    text = change(text, NULL, "Bob", 0);
    is_str(text, "[[contact]]\n", "an empty one before it is not taken for it");
    wzp_free(text);
}

/* Ten thousand contacts are read at once, and a second one with the same name is found among them.
 */
static void ten_thousand(void)
{
    struct wzp_contacts c;
    struct wzp_error err = {0};
    struct wzp_buffer text;
    wzp_buffer_init(&text, WZP_CONTACTS_FILE_MAX);
    for (int i = 0; i < 10000; i++)
        wzp_buffer_format(&text,
                          "[[contact]]\nname = \"Contact %d\"\nfingerprint = "
                          "\"%04x:0001:0002:0003:0004:0005:0006:0007\"\n",
                          i, (unsigned)i);
    wzp_contacts_init(&c);
    int result = text.result ? text.result : wzp_contacts_parse(&c, text.text, text.length, &err);
    is_int(result, 0, "ten thousand contacts are read: %s", err.text);
    ok(c.count == 10000 && wzp_contacts_by_name(&c, "contact 9999"), "all of them");
    wzp_contacts_fini(&c);
    wzp_buffer_format(&text, "[[contact]]\nname = \"CONTACT 7\"\nfingerprint = "
                             "\"ffff:0001:0002:0003:0004:0005:0006:0007\"\n");
    wzp_contacts_init(&c);
    result = text.result ? text.result : wzp_contacts_parse(&c, text.text, text.length, &err);
    ok((result == WZP_E_DUPLICATE && strstr(err.text, "line 30002")) || tap_oom_mode(),
       "one name twice is told with its line: %s", err.text);
    wzp_contacts_fini(&c);
    wzp_buffer_fini(&text);
}

TAP_MAIN
{
    ten_thousand();
    adding();
    changing();
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
