/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One line that is typed: editing by characters (with what combines with them), words, a memory of
 * earlier lines. Pasted text is made one safe line. */
#ifndef WZP_TUI_LINE_H
#define WZP_TUI_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WZP_LINE_MAX 1024
#define WZP_LINE_MEMORY 100

/* Caller owned; all zero is empty. */
struct wzp_line {
    char text[WZP_LINE_MAX];
    size_t length, cursor;         /* bytes */
    char *memory[WZP_LINE_MEMORY]; /* oldest first */
    size_t remembered, recalled;   /* recalled: place shown, remembered = the new line */
    char draft[WZP_LINE_MAX];      /* the new line, while an old one is shown */
    char cut[WZP_LINE_MAX];        /* what was cut last */
    bool is_secret;
};
void wzp_line_fini(struct wzp_line *l);
void wzp_line_set(struct wzp_line *l, const char *text);
/* From now on a secret is typed: nothing of it is cut, remembered or put aside for an earlier line.
 * false: that is over, and it is wiped. */
void wzp_line_secret(struct wzp_line *l, bool on);
/* At the cursor; control characters and the like become '?', line ends blanks. What does not fit is
 * left out. */
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
/* Deletes from the cursor to where the motion would go, and keeps it for wzp_line_yank. */
void wzp_line_delete(struct wzp_line *l, enum wzp_line_motion motion);
void wzp_line_yank(struct wzp_line *l);
/* An older (step -1) or newer (+1) line; the one being typed comes back at the end. */
void wzp_line_recall(struct wzp_line *l, int step);
/* Keeps the line in memory (unless it is empty or the same as the last) and empties it. */
void wzp_line_remember(struct wzp_line *l);
/* Where the word begins in which the cursor stands: behind the last blank that is not inside
 * quotes. */
size_t wzp_line_word(const struct wzp_line *l);
/* Puts a candidate in place of what stands from there to the cursor, with a blank behind it when
 * `whole`. What holds blanks gets quotes. */
void wzp_line_complete(struct wzp_line *l, size_t from, const char *candidate, bool whole);

#endif
