/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Command line options of wzp-relay beside a configuration file: what they set, and the warnings
 * about those without an effect. */
#include "cli/relay_options.h"

#include <string.h>

#include "tap.h"
#include "warnings.h"

static struct wzp_relay_config config;

TAP_MAIN
{
    struct wzp_error err = {0};
    struct wzp_relay_values v = {.metrics_port = WZP_RELAY_PORT_UNSET, .ws_port = 8080};
    wzp_relay_config_default(&config);
    strcpy(config.global_rooms[config.global_room_count++], "lounge");
    v.global_rooms.items[v.global_rooms.count++] = "General";
    v.global_rooms.items[v.global_rooms.count++] = "bad name";
    is_int(wzp_relay_options_apply(&config, &v, &err), 0, "flags are taken: %s", err.text);
    ok(config.ws_port == 8080 && config.metrics_port == -1, "what was not given stays");
    is_int(config.global_room_count, 3, "rooms come to those of the file");
    is_str(config.global_rooms[1], "general", "in lower case, as they travel");
    wzp_relay_options_warn(&v, keep_warning, NULL);
    ok(strncmp(warnings, "--global-room: ", 15) == 0 && !strchr(strchr(warnings, '\n') + 1, '\n'),
       "one that nobody can enter is told, alone: %s", warnings);
    warnings[0] = '\0';
    v = (struct wzp_relay_values){.trunking = true};
    wzp_relay_options_warn(&v, keep_warning, NULL);
    is_str(warnings, "--trunking: no client can read trunk frames; ignored\n",
           "a flag without effect is told in the words of the file's key");
    v.listen = "nowhere";
    ok(wzp_relay_options_apply(&config, &v, &err) == WZP_E_ARGUMENT && strstr(err.text, "--listen"),
       "a wrong value names its flag: %s", err.text);
}
