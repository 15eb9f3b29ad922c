/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Incremental search in a list: always from where the search began, and entries that begin with the
 * text come before those that contain it. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "tap.h"
#include "tui/lib_canned.h"

#define T (10 * WZP_SECOND)
#define ANN "call 1f3a:77c0:9e12:4b5d:aa01:73fe:0c2d:8845"
#define BOB "call 9c1e:0001:ffee:1234:5678:9abc:def0:4242"
#define RENE "call 0b0b:1111:2222:3333:4444:5555:6666:7777"
#define LONG "call a1a1:3333:4444:5555:6666:7777:8888:9999"
static struct canned canned;
static struct wzp_tui *tui;

static void begin(void)
{
    canned_init(&canned);
    struct wzp_tui_config config = {.view = &canned.view};
    if (wzp_tui_new(&tui, &config, WZP_SECOND) || wzp_tui_resize(tui, 80, 24)) {
        wzp_tui_free(tui);
        bail("no memory");
    }
    wzp_tui_draw(tui, WZP_SECOND);
}

static void end(void)
{
    wzp_tui_free(tui);
}

static void press(const char *name)
{
    canned_press(tui, name, T);
}

/* Whom Enter calls after a search from that row ("Home", "End") for the letters, followed by two
 * keys. */
static const char *found(const char *from, const char *letters, const char *key, const char *then)
{
    press("1");
    press(from);
    press("/");
    canned_type(tui, letters, T);
    press(key);
    if (then)
        press(then);
    press("Enter");
    return canned_last(&canned);
}

TAP_MAIN
{
    begin();
    is_str(found("End", "re", "Enter", NULL), RENE,
           "\"re\" finds Rene\xcc\x81, whose name begins so, from a row that holds it elsewhere");
    is_str(found("Home", "f", "Enter", NULL), BOB,
           "\"f\" finds Bob from work, where a word begins so");
    is_str(found("Home", "fu", "Enter", NULL), LONG, "\"fu\" somebody further down");
    is_str(found("Home", "fu", "Backspace", "Enter"), BOB,
           "and when the u is taken back it is Bob again");
    is_str(found("Home", "fu", "Esc", NULL), ANN, "who gives the search up is where it began");
    is_str(found("Home", "fux", "Enter", NULL), ANN, "likewise when nothing is found");
    is_str(found("Home", "o", "Enter", "n"), LONG, "n goes on to the next that holds the text");
    press("1");
    press("Home");
    press("/");
    wzp_tui_paste(tui, "fu", 2, T);
    press("Enter");
    press("Enter");
    is_str(canned_last(&canned), LONG, "what is pasted is found as well");
    end();
}
