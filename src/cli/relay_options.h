/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The flags of wzp-relay, those of the existing relay and ours, and what they mean for its
 * configuration. The table itself is wzp_relay_options (command_table.h). */
#ifndef WZP_CLI_RELAY_OPTIONS_H
#define WZP_CLI_RELAY_OPTIONS_H

#include "cli/options.h"
#include "wzp/relay.h"

#define WZP_RELAY_PORT_UNSET 70000u

struct wzp_relay_values {
    const char *config, *identity, *listen, *remote, *auth_url, *static_dir, *debug_tap, *event_log,
        *debug_tap_file, *log_level, *advertise, *region, *metrics_host, *control;
    unsigned metrics_port, ws_port; /* WZP_RELAY_PORT_UNSET = not given */
    struct wzp_option_list probes, global_rooms;
    bool probe_mesh, trunking, mesh_status, metrics_compat, check, version, help;
};

/* Applies the flags over the file's values. WZP_E_ARGUMENT, WZP_E_LIMIT with a sentence that names
 * the flag. */
int wzp_relay_options_apply(struct wzp_relay_config *c, const struct wzp_relay_values *v,
                            struct wzp_error *err);
/* Warns of flags that do not do what they seem to: flags of the existing relay without effect, in
 * the words of the file's key, and rooms that nobody can enter. */
void wzp_relay_options_warn(const struct wzp_relay_values *v,
                            void (*warn)(void *context, const char *sentence), void *context);

#endif
