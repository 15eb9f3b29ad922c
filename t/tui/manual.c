/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Everything in the tables is in the manual. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"
#include "tui/keymap.h"
#include "tui/theme.h"
#include "tui/tui.h"

static char *keys_page, *tui_page;

/* "Up k" is ".It Ic \&Up , \&k Ta up" there. */
static void test_keys(void)
{
    size_t missing = 0, rows = 0;
    for (const struct wzp_builtin_key *row = wzp_builtin_keys; row->keys; row++, rows++) {
        char keys[128], line[256] = ".It Ic ", *rest = keys;
        snprintf(keys, sizeof keys, "%s", row->keys);
        for (char *name; (name = strsep(&rest, " "));) {
            size_t n = strlen(line);
            snprintf(line + n, sizeof line - n, "\\&%s%s", name, rest ? " , " : " Ta ");
        }
        size_t n = strlen(line), length = strlen(row->command);
        bool open = row->command[length - 1] == ' ';
        snprintf(line + n, sizeof line - n, "%.*s%s\n", (int)(length - open), row->command,
                 open ? " ..." : "");
        if (!strstr(keys_page, line)) {
            missing++;
            note("not in wzp-keys(5): %s", line);
        }
    }
    is_int(missing, 0, "all %zu rows of keys are in wzp-keys(5)", rows);
}

static void test_commands(void)
{
    const struct wzp_tui_command *c;
    size_t missing = 0, i = 0;
    for (; (c = wzp_tui_command(i)); i++) {
        char line[160];
        snprintf(line, sizeof line, c->arguments[0] ? ".It Ic %s Ar %s\n" : ".It Ic %s%s\n",
                 c->name, c->arguments);
        if (!strstr(keys_page, line)) {
            missing++;
            note("not in wzp-keys(5): %s", line);
        }
    }
    is_int(missing, 0, "so are all %zu commands", i);
    missing = 0;
    for (int context = 0; context < WZP_CONTEXT_COUNT; context++) {
        char line[160];
        snprintf(line, sizeof line, ".It Ic %s Ta %s\n",
                 wzp_key_context_name((enum wzp_key_context)context),
                 wzp_key_context_help((enum wzp_key_context)context));
        missing += !strstr(keys_page, line);
    }
    is_int(missing, 0, "and all contexts");
}

static void test_themes(void)
{
    const struct wzp_theme *theme;
    for (size_t i = 0; (theme = wzp_theme(i)); i++) {
        char line[64];
        snprintf(line, sizeof line, ".Cm %s", theme->name);
        ok(strstr(tui_page, line), "theme %s is in wzp-tui(1)", theme->name);
    }
}

TAP_MAIN
{
    size_t length;
    keys_page = tap_read_file(tap_source_path("man/wzp-keys.5"), &length);
    tui_page = tap_read_file(tap_source_path("man/wzp-tui.1"), &length);
    test_keys();
    test_commands();
    test_themes();
    free(keys_page);
    free(tui_page);
}
