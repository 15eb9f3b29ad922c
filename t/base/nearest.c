/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What may have been meant by a word that is not there. */
#include "base/nearest.h"

#include <string.h>

#include "tap.h"

static const char *ask(const char *typed)
{
    static const char *const words[] = {"relay", "duration", "durability", "call", "call-waiting"};
    static char question[WZP_NEAREST_QUESTION_MAX];
    struct wzp_nearest n;
    wzp_nearest_begin(&n, typed);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        wzp_nearest_try(&n, words[i]);
    return wzp_nearest_question(question, &n, "--");
}

TAP_MAIN
{
    char longest[200], question[WZP_NEAREST_QUESTION_MAX];
    struct wzp_nearest n;
    is_str(ask("relai"), "; did you mean --relay?", "the word that is one letter away");
    is_str(ask("dur"), "; did you mean --duration?", "the first that begins so");
    is_str(ask("calll"), "; did you mean --call?", "a near one comes before one that begins so");
    is_str(ask("cal"), "; did you mean --call?", "and a beginning that is near is near");
    is_str(ask("du"), "", "two letters begin too many words");
    is_str(ask("elephant"), "", "what is like nothing is asked about nothing");
    is_str(ask(""), "", "nor is nothing");
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    wzp_nearest_begin(&n, "xxx");
    wzp_nearest_try(&n, longest);
    is_str(wzp_nearest_question(question, &n, ""), "", "a word too long to be shown is none");
}
