/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "app/history.h"

#include <string.h>

#include "tap.h"

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
    const char *text = "a\nb\nc\n";
    is_str(wzp_history_tail(text, 2), "b\nc\n", "the newest two lines");
    is_str(wzp_history_tail(text, 9), text, "all when there are fewer");
    is_str(wzp_history_tail(text, 0), "", "none when none are wanted");
    is_str(wzp_history_tail("a\nb", 1), "b", "a line without its end is one");
    is_str(wzp_history_tail("", 3), "", "nothing of nothing");
}
