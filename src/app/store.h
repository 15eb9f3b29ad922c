/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A person's files (identity, contacts, history), through a host. Several programs may use them at
 * once without losing each other's changes. Source: wzp-protocol(7), Identity. */
#ifndef WZP_APP_STORE_H
#define WZP_APP_STORE_H

#include <stdbool.h>

#include "app/contacts.h"
#include "app/history.h"
#include "crypto/identity.h"
#include "wzp/host.h"

extern const struct wzp_host_file wzp_file_config, wzp_file_identity, wzp_file_contacts,
    wzp_file_known_relays, wzp_file_history;

/* ---- identity ---- */

/* Reads the identity: our file, else ~/.wzp/identity, else (create) makes a new one and writes it.
 * When several programs start at once, one of them makes it and the others read that one. path
 * tells which file was used. */
int wzp_store_identity(struct wzp_identity *out, char path[WZP_PATH_MAX],
                       const struct wzp_host *host, bool create, bool *created,
                       struct wzp_error *err);
/* Writes an identity to our file; replace false: WZP_E_DUPLICATE when the file exists. */
int wzp_store_identity_write(const struct wzp_identity *identity, char path[WZP_PATH_MAX],
                             const struct wzp_host *host, bool replace, struct wzp_error *err);

/* ---- contacts ---- */

/* Reads the contacts. A missing file is empty. A damaged one is set aside (renamed), and the list
 * is empty: then 0 with a sentence for the person in note (else note->text is ""). */
int wzp_store_contacts_read(struct wzp_contacts *contacts, const struct wzp_host *host,
                            struct wzp_error *note, struct wzp_error *err);
/* Changes the file and reads it into contacts, or leaves both as they are. Errors of
 * wzp_contacts_text_add and _remove, and of the host's file_update. */
int wzp_store_contacts_add(struct wzp_contacts *contacts, const struct wzp_host *host,
                           const char *name, const uint8_t fingerprint[16], struct wzp_error *err);
int wzp_store_contacts_remove(struct wzp_contacts *contacts, const struct wzp_host *host,
                              const char *name, struct wzp_error *err);

/* ---- history ---- */

/* Appends entries, dropping the oldest past WZP_HISTORY_MAX. */
int wzp_store_history_add(const struct wzp_history_entry *entries, size_t count,
                          const struct wzp_host *host, struct wzp_error *err);
/* Whole text (wzp_free it), "" when there is none. */
int wzp_store_history_read(char **text, const struct wzp_host *host, struct wzp_error *err);
int wzp_store_history_clear(const struct wzp_host *host, struct wzp_error *err);
/* Removes the calls with one peer (fingerprint) or in one room. WZP_E_NOT_FOUND: there are none. */
int wzp_store_history_forget(const char *peer, const struct wzp_host *host, struct wzp_error *err);

/* ---- for the other files of this room ---- */

/* Reads a file that may be missing: then *text is a new empty text. */
int wzp_store_read_optional(char **text, size_t *length, const struct wzp_host *host,
                            const struct wzp_host_file *file, struct wzp_error *err);
/* Sets a damaged file aside (renames it); note becomes the sentence: what is wrong (why), and where
 * the file is now. False: it could not be renamed. */
bool wzp_store_set_aside(struct wzp_error *note, const struct wzp_host *host,
                         const struct wzp_host_file *file, const struct wzp_error *why);

#endif
