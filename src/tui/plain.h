/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The softphone line by line, for screen readers, dumb terminals and pipes: events come as
 * sentences, commands are typed as lines. */
#ifndef WZP_TUI_PLAIN_H
#define WZP_TUI_PLAIN_H

#include "base/buffer.h"
#include "tui/view.h"

struct wzp_plain {
    const struct wzp_view *view;
    bool ascii; /* nothing else may be written */
    bool quit;  /* asked for: the caller ends */
};
/* Adds what an event or a line gives to out: whole lines. */
void wzp_plain_event(struct wzp_plain *p, struct wzp_buffer *out, const struct wzp_event *event);
void wzp_plain_line(struct wzp_plain *p, struct wzp_buffer *out, const char *line);
/* What to say first. */
void wzp_plain_hello(struct wzp_plain *p, struct wzp_buffer *out);

#endif
