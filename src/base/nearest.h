/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* "did you mean": of the words there are, the one that was meant by a word there is not. */
#ifndef WZP_BASE_NEAREST_H
#define WZP_BASE_NEAREST_H

#define WZP_NEAREST_WORD_MAX 64
#define WZP_NEAREST_QUESTION_MAX (WZP_NEAREST_WORD_MAX + 32)

/* typed: valid as long as this is used. word: "" while none is near. */
struct wzp_nearest {
    const char *typed;
    unsigned limit; /* what is as far away is no misspelling */
    char word[WZP_NEAREST_WORD_MAX];
};
void wzp_nearest_begin(struct wzp_nearest *n, const char *typed);
/* The word is kept when it is nearer than those before; one of which only the beginning was typed
 * is near, too. Longer words than fit are no candidates. */
void wzp_nearest_try(struct wzp_nearest *n, const char *word);
/* "; did you mean WORD?" to stand behind a sentence, "" where nothing is near. mark: put before the
 * word ("--" of an option). Returns out. */
const char *wzp_nearest_question(char out[WZP_NEAREST_QUESTION_MAX], const struct wzp_nearest *n,
                                 const char *mark);

#endif
