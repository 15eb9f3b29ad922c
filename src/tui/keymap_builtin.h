/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The keys that hold when nobody says otherwise; wzp-keys(5) follows this table. */
#ifndef WZP_TUI_KEYMAP_BUILTIN_H
#define WZP_TUI_KEYMAP_BUILTIN_H

#include "tui/keymap.h"

struct wzp_builtin_key {
    enum wzp_key_context context;
    const char *keys; /* parted by a blank; the first is the one that hints show */
    const char *command;
};
/* Ends with a row whose keys are NULL. */
extern const struct wzp_builtin_key wzp_builtin_keys[];

#endif
