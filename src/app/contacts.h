/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Contacts: names for fingerprints, kept as a small TOML text ([[contact]] name, fingerprint). Text
 * in, text out; app/store.h reads and writes the file. */
#ifndef WZP_APP_CONTACTS_H
#define WZP_APP_CONTACTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/toml.h"
#include "crypto/identity.h"

#define WZP_CONTACTS_MAX 16384
#define WZP_CONTACT_NAME_MAX 64
#define WZP_CONTACTS_FILE_MAX WZP_TOML_SIZE_MAX

struct wzp_contact {
    char name[WZP_CONTACT_NAME_MAX]; /* filtered, unique without regard to case */
    uint8_t fingerprint[WZP_FINGERPRINT_SIZE];
    unsigned place; /* index of its [[contact]] in the file */
};
struct wzp_contacts {
    struct wzp_contact *items;
    size_t count, capacity;
};
void wzp_contacts_init(struct wzp_contacts *c);
void wzp_contacts_fini(struct wzp_contacts *c);
/* Reads a file's text. WZP_E_SYNTAX, WZP_E_LIMIT, WZP_E_DUPLICATE, WZP_E_MEMORY with a sentence
 * that names the line. */
int wzp_contacts_parse(struct wzp_contacts *c, const char *text, size_t length,
                       struct wzp_error *err);
/* The file's text with one contact added or removed: everything else in it, comments and tables of
 * others, stays. New text (wzp_free it). Errors of wzp_contacts_parse and wzp_contacts_add;
 * WZP_E_NOT_FOUND; WZP_E_UNSUPPORTED when the file is written in a way that only a person can
 * edit. */
int wzp_contacts_text_add(char **out, size_t *length, const char *old, size_t old_length,
                          const char *name, const uint8_t fingerprint[16], struct wzp_error *err);
int wzp_contacts_text_remove(char **out, size_t *length, const char *old, size_t old_length,
                             const char *name, struct wzp_error *err);
/* NULL when absent. Pointers are valid until the next change. */
const struct wzp_contact *wzp_contacts_by_name(const struct wzp_contacts *c, const char *name);
const struct wzp_contact *wzp_contacts_by_fingerprint(const struct wzp_contacts *c,
                                                      const uint8_t fingerprint[16]);
/* Resolves what a person typed: a contact's name, else a fingerprint. WZP_E_NOT_FOUND with a
 * sentence that names the nearest contact. */
int wzp_contacts_resolve(uint8_t fingerprint[16], const struct wzp_contacts *c, const char *typed,
                         struct wzp_error *err);
/* WZP_E_DUPLICATE (name taken), WZP_E_SYNTAX (empty or unprintable name, or a name that reads as a
 * fingerprint or is "echo"), WZP_E_LIMIT, WZP_E_MEMORY. */
int wzp_contacts_add(struct wzp_contacts *c, const char *name, const uint8_t fingerprint[16],
                     struct wzp_error *err);

#endif
