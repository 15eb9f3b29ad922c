/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The configuration of a relay: the file, the flags over it, and checks that need both, or a look
 * at the disk. */
#ifndef WZP_CLI_RELAY_SETTINGS_H
#define WZP_CLI_RELAY_SETTINGS_H

#include "cli/relay_options.h"
#include "wzp/relay.h"

/* Warnings go to stderr. */
struct wzp_relay_warner {
    const char *program; /* the text that they begin with */
    unsigned faults;     /* number of warnings of what is certainly a mistake */
};

/* Reads the file of --config over what config holds. A missing one is created as an example, unless
 * this is a check (--check-config), which writes nothing. WZP_E_NOT_FOUND (in a check), errors of
 * wzp_file_read, wzp_file_write and wzp_relay_config_parse, with a sentence. */
int wzp_relay_settings_file(struct wzp_relay_config *config, const struct wzp_relay_values *v,
                            struct wzp_relay_warner *warner, struct wzp_error *err);
/* Checks file and flags together: what this program cannot do is an error (WZP_E_ARGUMENT,
 * WZP_E_UNSUPPORTED with a sentence), what will not work as it seems is a warning. */
int wzp_relay_settings_judge(const struct wzp_relay_config *config,
                             const struct wzp_relay_values *v, struct wzp_relay_warner *warner,
                             struct wzp_error *err);

#endif
