/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The manual explains every command that may be given to a running softphone, with the table's own
 * sentence, and rows are whole. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"
#include "wzp/app.h"

static void check_row(const char *manual, const struct wzp_app_command *row)
{
    char item[64], begin[64];
    size_t arguments = 0;
    bool optional = false, ordered = true;
    snprintf(item, sizeof item, "\n.It Ic %s", row->name);
    const char *at = strstr(manual, item);
    const char *text = at ? strchr(at + 1, '\n') : NULL;
    snprintf(begin, sizeof begin, "%.6s", row->help);
    begin[0] = (char)toupper(begin[0]);
    ok(text && strncmp(text + 1, begin, strcspn(begin, " ")) == 0,
       "wzp.1 explains the command %s as its help does", row->name);
    for (; arguments < WZP_ARGUMENTS_MAX && row->arguments[arguments].name; arguments++) {
        ordered = ordered && (!optional || row->arguments[arguments].optional);
        optional = row->arguments[arguments].optional;
    }
    ok(row->run && row->help[0] && ordered && !row->arguments[WZP_ARGUMENTS_MAX].name,
       "its row is whole, optional arguments come last");
    ok(wzp_app_command_find(row->name) == row, "and found by name");
}

/* The part of a line behind which nothing is shown or kept. */
static void check_secret(const char *line, const char *secret)
{
    is_str(line + wzp_app_command_secret(line), secret, "of '%s' the secret is '%s'", line, secret);
}

TAP_MAIN
{
    char *manual = tap_read_file(tap_source_path("man/wzp.1"), NULL);
    const struct wzp_app_command *row;
    size_t count = 0;
    for (; (row = wzp_app_command(count)); count++)
        check_row(manual, row);
    ok(count >= 15, "%zu commands", count);
    ok(!wzp_app_command_find("sing"), "and no other");
    check_secret("room tea xyzzy", "xyzzy");
    check_secret("room \"tea party\" \"open sesame\" now", "\"open sesame\" now");
    check_secret("  room\ttea\t'xyz", "'xyz");
    check_secret("room tea ", "");
    check_secret("call open sesame", "");
    check_secret("rooms tea xyzzy", "");
    check_secret("", "");
    free(manual);
}
