/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "app/history.h"

#include <stdio.h>
#include <string.h>

#include "tap.h"

static const char *thinned(const char *before, size_t most)
{
    static char text[256];
    snprintf(text, sizeof text, "%s", before);
    wzp_history_thin(text, most);
    return text;
}

static void test_thin(void)
{
    static const char rang[] = "1\t0\tin\tnormal\t-\tp\ta\n";
    char mixed[256], want[256];
    is_str(thinned("a\nb\nc\n", 2), "b\nc\n", "the newest two lines");
    is_str(thinned("a\nb\nc\n", 9), "a\nb\nc\n", "all when there are fewer");
    is_str(thinned("a\nb\nc\n", 0), "", "none when none are wanted");
    is_str(thinned("a\nb", 1), "b", "a line without its end is one");
    is_str(thinned("", 3), "", "nothing of nothing");
    snprintf(mixed, sizeof mixed, "a\nb\n%s%s%s", rang, rang, rang);
    snprintf(want, sizeof want, "a\nb\n%s%s", rang, rang);
    is_str(thinned(mixed, 4), want, "calls that only rang go first");
    snprintf(want, sizeof want, "b\n%s", rang);
    is_str(thinned(mixed, 2), want, "until they are half of all");
}

TAP_MAIN
{
    struct wzp_history_entry e = {.at_seconds = 1800000000,
                                  .duration_seconds = 61,
                                  .kind = WZP_HISTORY_IN,
                                  .reason = WZP_END_LOST,
                                  .e2e = true,
                                  .direct = true,
                                  .why = "punched",
                                  .peer = "6871:1211:0e91:ecb3:09f6:6f51:d257:ccaa",
                                  .alias = "A\tnn\n"};
    struct wzp_history_entry back;
    char line[WZP_HISTORY_LINE_MAX];
    size_t n = wzp_history_format(line, &e);
    ok(n == strlen(line) && line[n - 1] == '\n', "one line");
    is_int(wzp_history_parse(&back, line, n - 1), 0, "reads back");
    ok(back.at_seconds == e.at_seconds && back.duration_seconds == 61 &&
           back.kind == WZP_HISTORY_IN && back.reason == WZP_END_LOST && back.e2e,
       "the same facts");
    is_str(back.peer, e.peer, "the same peer");
    ok(back.direct && strcmp(back.why, "punched") == 0, "and the same path, with its reason");
    is_str(back.alias, "A?nn?", "a hostile alias cannot break the line");
    ok(back.proven, "a call that was sealed was with whom it says");
    e.e2e = false;
    e.proven = true;
    n = wzp_history_format(line, &e);
    ok(wzp_history_parse(&back, line, n - 1) == 0 && back.proven && !back.e2e,
       "a missed one of somebody who proved it");
    e.proven = false;
    n = wzp_history_format(line, &e);
    ok(wzp_history_parse(&back, line, n - 1) == 0 && !back.proven,
       "who only claims it stays apart");
    static const char *const bad[] = {"",
                                      "1\t2\tout\tnormal\te2e\tp",
                                      "x\t2\tout\tnormal\t-\tp\ta",
                                      "1\t-2\tout\tnormal\t-\tp\ta",
                                      "1\t2\tup\tnormal\t-\tp\ta",
                                      "1\t2\tout\tfine\t-\tp\ta",
                                      "1\t2\tout\tnormal\t-\tp\ta\tb",
                                      "1\t2\tout\tnormal\t-\tp\ta\tdirect\tlan\tx"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        is_int(wzp_history_parse(&back, bad[i], strlen(bad[i])), WZP_E_SYNTAX, "refused: '%s'",
               bad[i]);
    const char *old = "1\t2\tout\tnormal\t-\tp\ta";
    is_int(wzp_history_parse(&back, old, strlen(old)), 0,
           "a line of the time before paths were kept is read");
    ok(!back.direct && !back.why[0], "and says nothing of a path");
    test_thin();
}
