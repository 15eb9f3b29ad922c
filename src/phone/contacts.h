/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Contacts: names for fingerprints, kept as a small TOML text ([[contact]] name, fingerprint). Text
 * in, text out; files are the caller's. Source: design.md 5. */
#ifndef WZP_PHONE_CONTACTS_H
#define WZP_PHONE_CONTACTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "crypto/identity.h"

#define WZP_CONTACTS_MAX 1024
#define WZP_CONTACT_NAME_MAX 64

struct wzp_contact {
    char name[WZP_CONTACT_NAME_MAX]; /* filtered, unique without regard to case */
    uint8_t fingerprint[WZP_FINGERPRINT_SIZE];
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
/* New 0-terminated text (wzp_free it). WZP_E_MEMORY. */
int wzp_contacts_format(char **out, size_t *length, const struct wzp_contacts *c);
/* NULL when absent. Pointers are valid until the next change. */
const struct wzp_contact *wzp_contacts_by_name(const struct wzp_contacts *c, const char *name);
const struct wzp_contact *wzp_contacts_by_fingerprint(const struct wzp_contacts *c,
                                                      const uint8_t fingerprint[16]);
/* What a person typed: a contact's name, else a fingerprint. WZP_E_NOT_FOUND with a sentence. */
int wzp_contacts_resolve(uint8_t fingerprint[16], const struct wzp_contacts *c, const char *typed,
                         struct wzp_error *err);
/* WZP_E_DUPLICATE (name taken), WZP_E_SYNTAX (empty or unprintable name, or a name that reads as a
 * fingerprint or is "echo"), WZP_E_LIMIT, WZP_E_MEMORY. */
int wzp_contacts_add(struct wzp_contacts *c, const char *name, const uint8_t fingerprint[16],
                     struct wzp_error *err);
/* WZP_E_NOT_FOUND. */
int wzp_contacts_remove(struct wzp_contacts *c, const char *name);

#endif
