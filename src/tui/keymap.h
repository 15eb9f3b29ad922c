/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The key map: which key runs which command, in which context. It is a built-in table, changed by
 * the lines of a person's keys.conf ("bind CONTEXT KEY COMMAND", "unbind CONTEXT KEY";
 * wzp-keys(5)). Several keys may run one command. */
#ifndef WZP_TUI_KEYMAP_H
#define WZP_TUI_KEYMAP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "tui/key.h"

/* The context of a binding. They are searched in this order: always, what is on top (incoming,
 * overlay, typing), the screen, list, global. */
enum wzp_key_context {
    WZP_CONTEXT_ALWAYS,   /* also while typing, so letters must not be bound here */
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
/* The name of a context ("always", "incoming", ...); its description for the manual. */
const char *wzp_key_context_name(enum wzp_key_context context);
const char *wzp_key_context_help(enum wzp_key_context context);

#define WZP_KEYMAP_COMMAND_MAX 96
#define WZP_KEYMAP_LIMIT 512
enum wzp_key_origin { WZP_KEY_BUILT_IN, WZP_KEY_FROM_FILE, WZP_KEY_TYPED };
struct wzp_binding {
    enum wzp_key_context context;
    enum wzp_key_origin origin;
    struct wzp_key key;
    char command[WZP_KEYMAP_COMMAND_MAX]; /* a line, as typed after ':' */
};
/* The built-in bindings; wzp-keys(5) follows this table. Ends with a row whose keys are NULL. */
struct wzp_builtin_key {
    enum wzp_key_context context;
    const char *keys; /* separated by a blank; hints show the first one */
    const char *command;
};
extern const struct wzp_builtin_key wzp_builtin_keys[];

/* Owned by the caller. */
struct wzp_keymap {
    struct wzp_binding *items;
    size_t count, capacity;
};
/* Initialises it with the built-in bindings. WZP_E_MEMORY (empty then). */
int wzp_keymap_init(struct wzp_keymap *m);
void wzp_keymap_fini(struct wzp_keymap *m);
/* Adds or replaces a binding. WZP_E_MEMORY, WZP_E_LIMIT, WZP_E_TOO_BIG. */
int wzp_keymap_bind(struct wzp_keymap *m, enum wzp_key_context context, struct wzp_key key,
                    const char *command, enum wzp_key_origin origin, struct wzp_error *err);
/* The same by the names of context and key, one word each. Also WZP_E_UNKNOWN, WZP_E_SYNTAX,
 * WZP_E_REFUSED (the key could not be typed any more). */
int wzp_keymap_bind_name(struct wzp_keymap *m, const char *context, const char *key,
                         const char *command, enum wzp_key_origin origin, struct wzp_error *err);
/* The binding of a key in a context; NULL: none. */
const struct wzp_binding *wzp_keymap_find(const struct wzp_keymap *m, enum wzp_key_context context,
                                          struct wzp_key key);
/* The first key of a command in a context, for the hints; NULL when it has none. */
const struct wzp_binding *wzp_keymap_key_of(const struct wzp_keymap *m,
                                            enum wzp_key_context context, const char *command);
/* Applies one line, "bind ..." or "unbind ...", without surrounding blanks. WZP_E_SYNTAX, ... with
 * a sentence. */
int wzp_keymap_line(struct wzp_keymap *m, const char *line, enum wzp_key_origin origin,
                    struct wzp_error *err);
/* Applies a whole keys.conf; each faulty line is reported with its number, the others take effect.
 * Returns the number of faulty lines. */
size_t wzp_keymap_parse(struct wzp_keymap *m, const char *text, size_t length,
                        void (*warn)(void *context, const char *sentence), void *context);

#endif
