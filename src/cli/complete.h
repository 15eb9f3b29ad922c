/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What could stand in place of the word being typed, for shells: `wzp complete WORD...` is called
 * by the completion scripts and prints candidates, so that every shell knows the same. */
#ifndef WZP_CLI_COMPLETE_H
#define WZP_CLI_COMPLETE_H

#include <stdio.h>

/* words: those behind "wzp" up to the one being typed, which may be "". Prints one candidate a line
 * with a tab and its help; the line ":files" means: names of files as well. */
void wzp_complete(FILE *out, const char *const *words, int count);

#endif
