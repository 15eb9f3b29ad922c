/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Settings of wzp-tui, which starts even when its files are invalid. */
#ifndef WZP_CLI_TUI_SETTINGS_H
#define WZP_CLI_TUI_SETTINGS_H

#include "app/settings.h"
#include "cli/client_options.h"

/* Errors in the settings, which are shown once there is a screen. */
#define WZP_TUI_WRONG_MAX 8
struct wzp_tui_wrong {
    char sentences[WZP_TUI_WRONG_MAX][WZP_ERROR_TEXT_MAX];
    size_t count; /* those beyond the limit are not kept */
};
/* context: struct wzp_tui_wrong. */
void wzp_tui_wrong_add(void *context, const char *sentence);
/* Reads config.toml or the named file, then the options. Errors of the options, and of a named file
 * that cannot be read. */
int wzp_tui_settings(struct wzp_settings *s, const struct wzp_client_options *options,
                     struct wzp_tui_wrong *wrong, struct wzp_error *err);
/* The options alone, for the demonstration: no file of the person. */
int wzp_tui_settings_demo(struct wzp_settings *s, const struct wzp_client_options *options,
                          struct wzp_error *err);
/* Resets devices and relay to their defaults, with which a softphone can be made in any case. */
void wzp_tui_settings_safe(struct wzp_settings *s);

#endif
