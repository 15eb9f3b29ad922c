/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/nearest.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define BEGUN_LEAST 3 /* letters: a shorter beginning matches too many words */

void wzp_nearest_begin(struct wzp_nearest *n, const char *typed)
{
    *n = (struct wzp_nearest){.typed = typed, .limit = wzp_text_distance_most(typed) + 1};
}

void wzp_nearest_try(struct wzp_nearest *n, const char *word)
{
    size_t length = strlen(n->typed);
    if (strlen(word) >= sizeof n->word)
        return;
    unsigned distance = wzp_text_distance(n->typed, word);
    bool begun = length >= BEGUN_LEAST && strncmp(n->typed, word, length) == 0;
    if (distance >= n->limit && !(begun && !n->word[0]))
        return;
    if (distance < n->limit)
        n->limit = distance;
    wzp_text_copy(n->word, sizeof n->word, word);
}

const char *wzp_nearest_question(char out[WZP_NEAREST_QUESTION_MAX], const struct wzp_nearest *n,
                                 const char *mark)
{
    out[0] = '\0';
    if (n->word[0])
        snprintf(out, WZP_NEAREST_QUESTION_MAX, "; did you mean %s%s?", mark, n->word);
    return out;
}
