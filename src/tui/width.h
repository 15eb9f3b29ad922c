/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How many columns of a terminal a character takes: a table of our own, so that a screen looks the
 * same in every locale, and in a test. */
#ifndef WZP_TUI_WIDTH_H
#define WZP_TUI_WIDTH_H

#include <stddef.h>
#include <stdint.h>

/* 0 (combining, joins the character before), 1 or 2; -1: a control character, not to be drawn. */
int wzp_width_of(uint32_t code);
/* First character of a text that ends with 0: its code, and how many bytes it takes; what is no
 * UTF-8 is '?' of one byte. 0 at the end. */
size_t wzp_width_next(uint32_t *code, const char *text);
/* Writes a character as UTF-8, without a final 0; returns 1 to 4 bytes. */
size_t wzp_width_put(char out[4], uint32_t code);
/* Columns of a text. */
int wzp_width_text(const char *text);

#endif
