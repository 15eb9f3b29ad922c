/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The first run in windows of any size: the keys to continue and to quit are shown, and all words
 * of the identity are shown, or a message that they are not. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "tap.h"
#include "tui/lib_canned.h"

#define T WZP_SECOND
static struct canned canned;

static void all_words(int width, int height, bool fits)
{
    static const char *const words[] = {
        "abandon",  "ability", "able",   "about",    "above",   "absent", "absorb",  "abstract",
        "absurd",   "abuse",   "access", "accident", "account", "accuse", "achieve", "acid",
        "acoustic", "acquire", "across", "act",      "action",  "actor",  "actress", "actual"};
    struct wzp_tui *tui;
    canned_init(&canned);
    struct wzp_tui_config config = {.view = &canned.view};
    if (wzp_tui_new(&tui, &config, T) || wzp_tui_resize(tui, width, height)) {
        wzp_tui_free(tui);
        bail("no memory");
    }
    wzp_tui_first_run(tui);
    ok(canned_shows(tui, "Enter", T) && canned_shows(tui, "Esc", T),
       "%dx%d: welcome, with the keys that lead on and out", width, height);
    canned_press(tui, "Enter", T);
    ok(canned_shows(tui, "Enter", T) && canned_shows(tui, "Esc", T), "%dx%d: the words likewise",
       width, height);
    unsigned seen = 0;
    for (size_t i = 0; fits && i < sizeof words / sizeof words[0]; i++) {
        char numbered[32];
        snprintf(numbered, sizeof numbered, "%2zu %s", i + 1, words[i]);
        seen += canned_shows(tui, numbered, T);
    }
    if (fits)
        is_int(seen, 24, "%dx%d: all of them are seen", width, height);
    else
        ok(canned_shows(tui, "too small", T) && canned_lacks(tui, "abandon", T),
           "%dx%d: the window is too small for them, which is said, and none is seen", width,
           height);
    wzp_tui_free(tui);
}

TAP_MAIN
{
    all_words(80, 24, true);
    all_words(40, 24, true);
    all_words(40, 12, true);
    all_words(80, 10, true);
    all_words(40, 10, false);
}
