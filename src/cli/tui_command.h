/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* wzp-tui: the softphone on a screen, or line by line. */
#ifndef WZP_CLI_TUI_COMMAND_H
#define WZP_CLI_TUI_COMMAND_H

#include "cli/options.h"

extern const struct wzp_option wzp_tui_options[];
/* Returns the exit status. name is what messages begin with. */
int wzp_tui_command_main(const char *name, int argc, char **argv);

#endif
