/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Text from outside is hostile: it may hold terminal escapes, line ends, bidirectional
 * overrides, broken UTF-8. These filters stand before every terminal, log, file name and script. */
#ifndef WZP_BASE_TEXT_H
#define WZP_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* True when the bytes are well-formed UTF-8 (no surrogates, no overlong forms). */
bool wzp_utf8_valid(const char *text, size_t length);
/* Bytes of the character that text begins with, 0 when it is not well-formed or length is 0. */
size_t wzp_utf8_length(const char *text, size_t length);

/* Copies text to out as one safe line: control characters (C0, DEL, C1), line and paragraph
 * separators, bidirectional controls, invalid bytes become '?'; cut at a character border so
 * that it fits capacity with the final 0. Returns out's length. */
size_t wzp_text_filter(char *out, size_t capacity, const char *text, size_t length);

/* Copies with final 0; false when it did not fit (out is then a cut copy). */
bool wzp_text_copy(char *out, size_t capacity, const char *text);
/* Puts a name that another person chose in quotes, so that nothing in it can end the quotation: a
 * quote inside becomes an apostrophe. Cut at capacity; strlen(text) + 3 is always enough. */
void wzp_text_quote(char *out, size_t capacity, const char *text);

/* Reads a whole number of digits only, 0 to most. WZP_E_SYNTAX (also "", a sign, blanks),
 * WZP_E_RANGE; *out is then unchanged. */
int wzp_text_number(uint64_t *out, const char *text, uint64_t most);

/* The word for that many: "1 line is", "0 lines are". */
const char *wzp_plural(uint64_t count, const char *one, const char *several);

/* The day of a time (seconds since 1970, UTC) as ISO 8601 has it: "2025-11-26"; "" from the year
 * 10000 on. Returns out. */
#define WZP_DATE_TEXT_MAX 11
const char *wzp_date_format(char out[WZP_DATE_TEXT_MAX], uint64_t seconds);

/* Edit distance of two short words, for "did you mean" (at most 32 characters each are looked
 * at). */
unsigned wzp_text_distance(const char *a, const char *b);
/* The greatest edit distance at which a word is suggested for a typed one. It is small for short
 * words: half of the dictionary is two changes away from any three letters. */
unsigned wzp_text_distance_most(const char *typed);

#endif
