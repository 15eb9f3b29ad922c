/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Which key means which command, and where: a table of ours, and the lines of a person's
 * keys.conf on top of it ("bind CONTEXT KEY COMMAND", "unbind CONTEXT KEY"; wzp-keys(5)). Several
 * keys may mean one command. */
#ifndef WZP_TUI_KEYMAP_H
#define WZP_TUI_KEYMAP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "tui/key.h"

/* Where a binding holds. Looked at in this order: always, what lies on top (incoming, overlay,
 * typing), the screen, list, global. */
enum wzp_key_context {
    WZP_CONTEXT_ALWAYS,   /* also while typing: no letters here */
    WZP_CONTEXT_INCOMING, /* somebody calls */
    WZP_CONTEXT_OVERLAY,  /* help, a question, the first run */
    WZP_CONTEXT_TYPING,   /* the line at the bottom */
    WZP_CONTEXT_CONTACTS,
    WZP_CONTEXT_CALL,
    WZP_CONTEXT_ROOM,
    WZP_CONTEXT_HISTORY,
    WZP_CONTEXT_NETCHECK,
    WZP_CONTEXT_DEVICES,
    WZP_CONTEXT_RELAYS,
    WZP_CONTEXT_SETTINGS,
    WZP_CONTEXT_SCRIPTS,
    WZP_CONTEXT_LOG,
    WZP_CONTEXT_LIST,  /* on every screen */
    WZP_CONTEXT_GLOBAL /* everywhere but while typing */
};
#define WZP_CONTEXT_COUNT (WZP_CONTEXT_GLOBAL + 1)
/* "always", "incoming", ...; what it is, for the manual. */
const char *wzp_key_context_name(enum wzp_key_context context);
const char *wzp_key_context_help(enum wzp_key_context context);

#define WZP_KEYMAP_COMMAND_MAX 96
#define WZP_KEYMAP_LIMIT 512
enum wzp_key_origin { WZP_KEY_BUILT_IN, WZP_KEY_FROM_FILE, WZP_KEY_TYPED };
struct wzp_binding {
    enum wzp_key_context context;
    enum wzp_key_origin origin;
    struct wzp_key key;
    char command[WZP_KEYMAP_COMMAND_MAX]; /* a line, as typed behind ':' */
};
/* The keys that hold when nobody says otherwise; wzp-keys(5) follows this table. Ends with a row
 * whose keys are NULL. */
struct wzp_builtin_key {
    enum wzp_key_context context;
    const char *keys; /* parted by a blank; the first is the one that hints show */
    const char *command;
};
extern const struct wzp_builtin_key wzp_builtin_keys[];

/* Caller owned. */
struct wzp_keymap {
    struct wzp_binding *items;
    size_t count, capacity;
};
/* With the built-in bindings. WZP_E_MEMORY (empty then). */
int wzp_keymap_init(struct wzp_keymap *m);
void wzp_keymap_fini(struct wzp_keymap *m);
/* Binds or replaces. WZP_E_MEMORY, WZP_E_LIMIT, WZP_E_TOO_BIG. */
int wzp_keymap_bind(struct wzp_keymap *m, enum wzp_key_context context, struct wzp_key key,
                    const char *command, enum wzp_key_origin origin, struct wzp_error *err);
/* The same by the names of context and key, one word each. Also WZP_E_UNKNOWN, WZP_E_SYNTAX,
 * WZP_E_REFUSED (the key could not be typed any more). */
int wzp_keymap_bind_name(struct wzp_keymap *m, const char *context, const char *key,
                         const char *command, enum wzp_key_origin origin, struct wzp_error *err);
/* NULL when the key means nothing there. */
const struct wzp_binding *wzp_keymap_find(const struct wzp_keymap *m, enum wzp_key_context context,
                                          struct wzp_key key);
/* The first key of a command in a context, for the hints; NULL when it has none. */
const struct wzp_binding *wzp_keymap_key_of(const struct wzp_keymap *m,
                                            enum wzp_key_context context, const char *command);
/* One line, "bind ..." or "unbind ...", already without blanks around it. WZP_E_SYNTAX, ... with a
 * sentence. */
int wzp_keymap_line(struct wzp_keymap *m, const char *line, enum wzp_key_origin origin,
                    struct wzp_error *err);
/* A whole keys.conf; every line that is wrong is told with its number, and the others hold. Returns
 * how many were wrong. */
size_t wzp_keymap_parse(struct wzp_keymap *m, const char *text, size_t length,
                        void (*warn)(void *context, const char *sentence), void *context);

#endif
