/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A person's files: identity, pins, contacts, history; where they are and how they are made.
 * Source: design.md 5, crypto.md 1.2, 8.8. */
#ifndef WZP_CLI_STORE_H
#define WZP_CLI_STORE_H

#include <stdbool.h>

#include "base/error.h"
#include "crypto/identity.h"
#include "crypto/pins.h"
#include "phone/contacts.h"
#include "phone/history.h"

/* Reads the identity: ours, else ~/.wzp/identity, else (create) makes a new one and writes it.
 * *path (WZP_PATH_MAX) tells which file. */
int wzp_store_identity(struct wzp_identity *out, char *path, bool create, bool *created,
                       struct wzp_error *err);
/* Writes an identity to our place; replace = false refuses when there is one (WZP_E_DUPLICATE). */
int wzp_store_identity_write(const struct wzp_identity *identity, char *path, bool replace,
                             struct wzp_error *err);
/* known_relays; a missing file is empty. Write only when pins->changed. */
int wzp_store_pins_read(struct wzp_pins *pins, struct wzp_error *err);
int wzp_store_pins_write(struct wzp_pins *pins, struct wzp_error *err);
int wzp_store_contacts_read(struct wzp_contacts *contacts, struct wzp_error *err);
int wzp_store_contacts_write(const struct wzp_contacts *contacts, struct wzp_error *err);
/* Appends one entry, dropping the oldest past WZP_HISTORY_MAX. */
int wzp_store_history_add(const struct wzp_history_entry *entry, struct wzp_error *err);
/* Whole text (wzp_free it), "" when there is none. */
int wzp_store_history_read(char **text, struct wzp_error *err);
int wzp_store_history_clear(struct wzp_error *err);

#endif
