/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Completion for shells: the completion scripts call `wzp complete WORD...`, which prints
 * candidates for the word being typed, so that all shells offer the same. */
#ifndef WZP_CLI_COMPLETE_H
#define WZP_CLI_COMPLETE_H

#include <stdio.h>

/* words: those after "wzp" up to the one being typed, which may be "". Prints one candidate per
 * line, followed by a tab and its help; the line ":files" means that file names are candidates,
 * too. */
void wzp_complete(FILE *out, const char *const *words, int count);

#endif
