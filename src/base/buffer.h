/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A text that grows up to a limit: what JSON, files and reports are written into. It remembers the
 * first thing that went wrong and writes nothing more, so that a writer asks once, at the end. */
#ifndef WZP_BASE_BUFFER_H
#define WZP_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

/* Caller owned; made with init, released with fini. `text` is never NULL and ends with a 0 behind
 * `length` bytes. */
struct wzp_buffer {
    char *text;
    size_t length, capacity; /* capacity: bytes allocated, 0 = none yet */
    size_t limit;            /* bytes of text at most */
    int result;              /* 0, WZP_E_MEMORY or WZP_E_TOO_BIG */
};
void wzp_buffer_init(struct wzp_buffer *b, size_t limit);
/* Leaves it empty and usable. */
void wzp_buffer_fini(struct wzp_buffer *b);
/* Empty again, the memory is kept, errors are forgotten. */
void wzp_buffer_clear(struct wzp_buffer *b);

/* Each adds all of it or (then b->result is set) nothing. */
void wzp_buffer_add(struct wzp_buffer *b, const void *bytes, size_t length);
void wzp_buffer_text(struct wzp_buffer *b, const char *text);
void wzp_buffer_char(struct wzp_buffer *b, char c);
void wzp_buffer_format(struct wzp_buffer *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Moves the text out to the caller, who releases it with wzp_free, and leaves b empty. b->result
 * when something went wrong, WZP_E_MEMORY when not even an empty text can be made; *out is then
 * NULL and b empty as well. length may be NULL. */
int wzp_buffer_take(struct wzp_buffer *b, char **out, size_t *length);

#endif
