/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Makes the bytes that turn what a terminal shows into a new picture: only cells that changed.
 *
 * It uses the terminfo half of ncurses, not its windows: those take the widths of characters from
 * the locale, own the signals, and cannot be left safely from a signal handler. One at a time. */
#ifndef WZP_TUI_RENDER_H
#define WZP_TUI_RENDER_H

#include "base/buffer.h"
#include "base/error.h"
#include "tui/canvas.h"
#include "tui/tui.h"

struct wzp_render;
/* For a kind of terminal (what TERM says), on a file of it. colours false: none, whatever it can.
 * WZP_E_UNSUPPORTED with a sentence (unknown, or it cannot move its cursor), WZP_E_MEMORY. */
int wzp_render_new(struct wzp_render **out, const char *term, int fd, bool colours,
                   struct wzp_error *err);
void wzp_render_free(struct wzp_render *r);
/* 0, 8, or 16 and more. */
int wzp_render_colours(const struct wzp_render *r);
/* The mouse's buttons are wanted: said when the terminal is entered next, where it knows how. */
void wzp_render_mouse(struct wzp_render *r);
/* What the terminal is asked for before the first picture, and to be as before. */
void wzp_render_enter(struct wzp_render *r, struct wzp_buffer *out);
void wzp_render_leave(const struct wzp_render *r, struct wzp_buffer *out);
/* It answered that it tells releases: asks for them (wzp_render_leave takes it back). */
void wzp_render_releases(struct wzp_render *r, struct wzp_buffer *out);
/* Nothing is known of what it shows. */
void wzp_render_forget(struct wzp_render *r);
/* Bytes from what is shown to the canvas; cursor_x < 0: hidden. Returns WZP_E_MEMORY (then it
 * forgets) or 0. */
int wzp_render_frame(struct wzp_render *r, struct wzp_buffer *out, const struct wzp_canvas *canvas,
                     const struct wzp_theme *theme, int cursor_x, int cursor_y);
/* Bell, title, notification. */
void wzp_render_signal(const struct wzp_render *r, struct wzp_buffer *out,
                       const struct wzp_tui_signal *signal);

#endif
