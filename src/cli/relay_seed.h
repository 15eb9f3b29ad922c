/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The relay's identity file: a seed in hex, where the existing relay keeps it. */
#ifndef WZP_CLI_RELAY_SEED_H
#define WZP_CLI_RELAY_SEED_H

#include "crypto/identity.h"
#include "wzp/types.h"

/* named NULL: the usual place. Makes a new one when there is none; a file that is open to others is
 * taken, and closed to them; a damaged one is never replaced. Secret: wipe out. Errors of
 * wzp_file_read, wzp_file_create, wzp_identity_parse, with a sentence. */
int wzp_relay_seed_load(struct wzp_identity *out, const char *named, const struct wzp_log *log,
                        struct wzp_error *err);
/* Whether that would succeed; nothing is made or changed. */
int wzp_relay_seed_check(const char *named, struct wzp_error *err);

#endif
