/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How many columns of a terminal a character takes: a table of our own, so that a screen looks the
 * same in every locale, and in a test. */
#ifndef WZP_TUI_WIDTH_H
#define WZP_TUI_WIDTH_H

#include <stddef.h>
#include <stdint.h>

/* The columns of a character: 0 (combines with the one before), 1 or 2; -1: a control character,
 * which is not drawn. */
int wzp_width_of(uint32_t code);
/* Reads the first character of a 0-terminated text: its code, and the number of its bytes; invalid
 * UTF-8 is '?' of one byte. 0 at the end. */
size_t wzp_width_next(uint32_t *code, const char *text);
/* Writes a character as UTF-8, without a final 0; returns 1 to 4 bytes. */
size_t wzp_width_put(char out[4], uint32_t code);
/* The columns of a text. */
int wzp_width_text(const char *text);

#endif
