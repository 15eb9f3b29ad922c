/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The softphone behind the screen: made of the settings, or of what is left of them, and made anew
 * for another relay; the demonstration; the control socket, and who has it. */
#ifndef WZP_CLI_TUI_SOFTPHONE_H
#define WZP_CLI_TUI_SOFTPHONE_H

#include "cli/tui_program.h"

/* Settings, loop, host, softphone and view. WZP_E_* with a sentence; close it in any case. */
int wzp_tui_softphone_open(struct wzp_tui_program *p, struct wzp_error *err);
/* It registers and is there for others, which may take a moment: behind the first picture. context:
 * the program. What is missing is told, and the screen stays: no relay, no network. */
void wzp_tui_softphone_start(void *context);
/* Ends another softphone of the person and takes its place. context: the program. WZP_E_STATE,
 * errors of wzp_control_quit. */
int wzp_tui_take_over(void *context, struct wzp_error *err);
void wzp_tui_softphone_close(struct wzp_tui_program *p);

#endif
