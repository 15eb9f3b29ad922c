/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Text for people, wrapped to the width of their terminal. */
#ifndef WZP_CLI_TERMINAL_H
#define WZP_CLI_TERMINAL_H

#include <stddef.h>
#include <stdio.h>

/* Columns of the terminal behind a stream, 0 when it is none (a file, a pipe). */
unsigned wzp_terminal_width(FILE *stream);
/* Copies text to out (cut to size, with a final 0) with lines of at most `width` columns, broken at
 * blanks only, so that codes and fingerprints stay whole; lines after a break begin with `indent`
 * blanks. width 0: as it is. Returns the length. */
size_t wzp_terminal_wrap(char *out, size_t size, const char *text, unsigned width, unsigned indent);
/* Prints text and a line end, wrapped where stream is a terminal. */
void wzp_terminal_print(FILE *stream, const char *text, unsigned indent);

#endif
