/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A line editor: editing by characters (with their combining ones) and by words, and a history of
 * earlier lines. Pasted text is turned into one safe line. */
#ifndef WZP_TUI_LINE_H
#define WZP_TUI_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WZP_LINE_MAX 1024
#define WZP_LINE_MEMORY 100

/* Owned by the caller; all zero is empty. */
struct wzp_line {
    char text[WZP_LINE_MAX];
    size_t length, cursor;         /* bytes */
    char *memory[WZP_LINE_MEMORY]; /* oldest first */
    /* recalled: index of the line shown; equal to remembered: the new line */
    size_t remembered, recalled;
    char draft[WZP_LINE_MAX]; /* the new line, while an old one is shown */
    char cut[WZP_LINE_MAX];   /* the text deleted last */
    bool is_secret;
};
void wzp_line_fini(struct wzp_line *l);
void wzp_line_set(struct wzp_line *l, const char *text);
/* on: a secret is typed from now on, which is not cut, remembered or put aside for an earlier line.
 * Off: ends that, and wipes the line. */
void wzp_line_secret(struct wzp_line *l, bool on);
/* Inserts text at the cursor; control characters and the like become '?', line ends blanks. What
 * does not fit is left out. */
void wzp_line_insert(struct wzp_line *l, const char *text, size_t length);
enum wzp_line_motion {
    WZP_LINE_LEFT,
    WZP_LINE_RIGHT,
    WZP_LINE_WORD_LEFT,
    WZP_LINE_WORD_RIGHT,
    WZP_LINE_HOME,
    WZP_LINE_END
};
void wzp_line_move(struct wzp_line *l, enum wzp_line_motion motion);
/* Deletes from the cursor to the target of the motion, and keeps the text for wzp_line_yank. */
void wzp_line_delete(struct wzp_line *l, enum wzp_line_motion motion);
void wzp_line_yank(struct wzp_line *l);
/* Shows an older (step -1) or newer (+1) line; after the newest comes the line being typed. */
void wzp_line_recall(struct wzp_line *l, int step);
/* Adds the line to the history (unless it is empty or the same as the last) and empties it. */
void wzp_line_remember(struct wzp_line *l);
/* The start of the word at the cursor: after the last blank that is not inside quotes. */
size_t wzp_line_word(const struct wzp_line *l);
/* Replaces the text between `from` and the cursor by a candidate, and adds a blank when `whole`. A
 * candidate with blanks is put in quotes. */
void wzp_line_complete(struct wzp_line *l, size_t from, const char *candidate, bool whole);

#endif
