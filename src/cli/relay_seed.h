/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The relay's identity file: a seed in hex, at the place where the existing relay keeps it. */
#ifndef WZP_CLI_RELAY_SEED_H
#define WZP_CLI_RELAY_SEED_H

#include "crypto/identity.h"
#include "wzp/types.h"

/* Reads the seed; named NULL: from the usual place. Creates the file when it does not exist. A file
 * that is accessible to others is used, and others' access is removed; a damaged one is never
 * replaced. Secret: wipe out. Errors of wzp_file_read, wzp_file_create, wzp_identity_parse, with a
 * sentence. */
int wzp_relay_seed_load(struct wzp_identity *out, const char *named, const struct wzp_log *log,
                        struct wzp_error *err);
/* Checks whether wzp_relay_seed_load would succeed; creates and changes nothing. */
int wzp_relay_seed_check(const char *named, struct wzp_error *err);

#endif
