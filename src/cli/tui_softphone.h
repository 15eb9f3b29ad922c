/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The softphone behind the screen: made from the settings, or from the valid part of them, and made
 * again for another relay; the demonstration; the control socket, and which program holds it. */
#ifndef WZP_CLI_TUI_SOFTPHONE_H
#define WZP_CLI_TUI_SOFTPHONE_H

#include "cli/tui_program.h"

/* Makes settings, loop, host, softphone and view. WZP_E_* with a sentence; to be closed in any
 * case. */
int wzp_tui_softphone_open(struct wzp_tui_program *p, struct wzp_error *err);
/* Starts the softphone, registers it and opens the control socket; called after the first picture,
 * because it may take a moment. context: the program. Without a relay or a network this is
 * reported, and the screen stays. */
void wzp_tui_softphone_start(void *context);
/* Ends another softphone of the person and takes its place. context: the program. WZP_E_STATE,
 * errors of wzp_control_quit. */
int wzp_tui_take_over(void *context, struct wzp_error *err);
void wzp_tui_softphone_close(struct wzp_tui_program *p);

#endif
