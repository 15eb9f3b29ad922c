/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the screen shows beside the softphone: devices, the recovery words of the identity, the
 * network check, scripts, and the commands and completions that go with them. */
#ifndef WZP_CLI_TUI_EXTRAS_H
#define WZP_CLI_TUI_EXTRAS_H

#include "cli/tui_program.h"

/* Sets these functions in p->view, which was made just before. */
void wzp_tui_extras(struct wzp_tui_program *p);

#endif
