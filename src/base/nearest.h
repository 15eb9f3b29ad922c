/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* "did you mean": finds, among known words, the one closest to a mistyped word. */
#ifndef WZP_BASE_NEAREST_H
#define WZP_BASE_NEAREST_H

#define WZP_NEAREST_WORD_MAX 64
#define WZP_NEAREST_QUESTION_MAX (WZP_NEAREST_WORD_MAX + 32)

/* typed: valid as long as this is used. word: "" while none is near. */
struct wzp_nearest {
    const char *typed;
    unsigned limit; /* words at this edit distance or more are not suggested */
    char word[WZP_NEAREST_WORD_MAX];
};
void wzp_nearest_begin(struct wzp_nearest *n, const char *typed);
/* Keeps the word if it is nearer than those before. A word whose beginning was typed counts as
 * near. Words that are too long are ignored. */
void wzp_nearest_try(struct wzp_nearest *n, const char *word);
/* Makes "; did you mean WORD?" to append to a sentence, or "" when no word is near. mark: put
 * before the word ("--" of an option). Returns out. */
const char *wzp_nearest_question(char out[WZP_NEAREST_QUESTION_MAX], const struct wzp_nearest *n,
                                 const char *mark);

#endif
