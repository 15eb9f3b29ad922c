/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* wzp-tui: the softphone with a screen, or in line mode. */
#ifndef WZP_CLI_TUI_COMMAND_H
#define WZP_CLI_TUI_COMMAND_H

#include "cli/options.h"

extern const struct wzp_option wzp_tui_options[];
/* Returns the exit status. Messages begin with name. */
int wzp_tui_command_main(const char *name, int argc, char **argv);

#endif
