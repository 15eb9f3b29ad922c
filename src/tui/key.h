/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Keys of a keyboard and their names: "a", "A", "Space", "Enter", "F1", "C-x" (control), "M-x"
 * (alt), "S-Tab" (shift). */
#ifndef WZP_TUI_KEY_H
#define WZP_TUI_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A character is its Unicode code; the others begin behind the last of those. */
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
    WZP_KEY_F1 = 0x110100, /* F2 is the next, up to F24 */
    WZP_KEY_FOCUS_IN = 0x110200,
    WZP_KEY_FOCUS_OUT,
    WZP_KEY_RELEASES, /* the terminal said that it reports releases */
};
enum { WZP_KEY_SHIFT = 1, WZP_KEY_ALT = 2, WZP_KEY_CONTROL = 4 };
enum wzp_key_kind { WZP_KEY_PRESS, WZP_KEY_REPEAT, WZP_KEY_RELEASE };

struct wzp_key {
    uint32_t code;
    uint8_t modifiers;
    uint8_t kind;
};
#define WZP_KEY_NAME_MAX 24
/* By name, as a person writes it in a file. False when there is no such key. */
bool wzp_key_from_name(struct wzp_key *out, const char *name);
/* The one spelling of its name; out holds WZP_KEY_NAME_MAX. Returns out. */
const char *wzp_key_name(char *out, struct wzp_key key);
/* The same key, whatever its kind? */
bool wzp_key_equal(struct wzp_key a, struct wzp_key b);

#endif
