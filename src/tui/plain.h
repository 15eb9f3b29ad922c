/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Line mode, for screen readers, dumb terminals and pipes: events are printed as sentences,
 * commands are typed as lines. */
#ifndef WZP_TUI_PLAIN_H
#define WZP_TUI_PLAIN_H

#include "base/buffer.h"
#include "tui/view.h"

struct wzp_plain {
    const struct wzp_view *view;
    bool ascii; /* only ASCII may be written */
    bool quit;  /* the person asked to leave: the caller is to end */
};
/* Appends the output for an event or a typed line to out: whole lines. */
void wzp_plain_event(struct wzp_plain *p, struct wzp_buffer *out, const struct wzp_event *event);
void wzp_plain_line(struct wzp_plain *p, struct wzp_buffer *out, const char *line);
/* Writes the greeting. */
void wzp_plain_hello(struct wzp_plain *p, struct wzp_buffer *out);

#endif
