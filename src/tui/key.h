/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Keys of a keyboard and their names: "a", "A", "Space", "Enter", "F1", "C-x" (control), "M-x"
 * (alt), "S-Tab" (shift). */
#ifndef WZP_TUI_KEY_H
#define WZP_TUI_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A character key has its Unicode code; the codes of other keys begin after the last of those. */
enum {
    WZP_KEY_NONE = 0,
    WZP_KEY_TAB = 9,
    WZP_KEY_ENTER = 13,
    WZP_KEY_ESCAPE = 27,
    WZP_KEY_SPACE = 32,
    WZP_KEY_BACKSPACE = 127,
    WZP_KEY_UP = 0x110000,
    WZP_KEY_DOWN,
    WZP_KEY_LEFT,
    WZP_KEY_RIGHT,
    WZP_KEY_HOME,
    WZP_KEY_END,
    WZP_KEY_PAGE_UP,
    WZP_KEY_PAGE_DOWN,
    WZP_KEY_INSERT,
    WZP_KEY_DELETE,
    WZP_KEY_F1 = 0x110100, /* F2 to F24 follow */
    WZP_KEY_FOCUS_IN = 0x110200,
    WZP_KEY_FOCUS_OUT,
    WZP_KEY_RELEASES, /* not a key: the terminal reported that it can report releases */
};
enum { WZP_KEY_SHIFT = 1, WZP_KEY_ALT = 2, WZP_KEY_CONTROL = 4 };
enum wzp_key_kind { WZP_KEY_PRESS, WZP_KEY_REPEAT, WZP_KEY_RELEASE };

struct wzp_key {
    uint32_t code;
    uint8_t modifiers;
    uint8_t kind;
};
#define WZP_KEY_NAME_MAX 24
/* Finds a key by its name, as in keys.conf. False when there is no such key. */
bool wzp_key_from_name(struct wzp_key *out, const char *name);
/* Writes the canonical spelling of its name; out holds WZP_KEY_NAME_MAX. Returns out. */
const char *wzp_key_name(char *out, struct wzp_key key);
/* Are they the same key? Press, repeat and release are not distinguished. */
bool wzp_key_equal(struct wzp_key a, struct wzp_key b);

#endif
