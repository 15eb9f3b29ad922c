/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The manual explains every word that may be typed in a call, with the table's own sentence. */
#include "cli/words.h"

#include <ctype.h>
#include <string.h>

#include "base/alloc.h"
#include "loop/files.h"
#include "tap.h"

TAP_MAIN
{
    char *manual;
    size_t length;
    const struct wzp_word *w;
    if (wzp_file_read(&manual, &length, tap_source_path("man/wzp.1"), 1 << 20, false, NULL)) {
        if (tap_oom_mode())
            return;
        bail("no manual");
    }
    for (size_t i = 0; (w = wzp_word(i)) != NULL; i++) {
        char item[64];
        snprintf(item, sizeof item, "\n.It Ic %s\n", w->name);
        const char *at = strstr(manual, item);
        ok(at != NULL, "wzp.1 explains the word %s", w->name);
        ok(at && tolower(at[strlen(item)]) == w->help[0], "and begins as its help does");
    }
    wzp_free(manual);
}
