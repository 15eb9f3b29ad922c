/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Renderer: makes the bytes that turn a terminal's present contents into a new picture, for changed
 * cells only.
 *
 * It uses the terminfo half of ncurses, not its windows: those take the widths of characters from
 * the locale, take over signals, and cannot be left safely from a signal handler. Only one renderer
 * can exist at a time. */
#ifndef WZP_TUI_RENDER_H
#define WZP_TUI_RENDER_H

#include "base/buffer.h"
#include "base/error.h"
#include "tui/canvas.h"
#include "tui/tui.h"

struct wzp_render;
/* Makes a renderer for a type of terminal (the value of TERM) on a file descriptor. colours false:
 * no colours, whatever the terminal can do. WZP_E_UNSUPPORTED with a sentence (unknown, or it
 * cannot move its cursor), WZP_E_MEMORY. */
int wzp_render_new(struct wzp_render **out, const char *term, int fd, bool colours,
                   struct wzp_error *err);
void wzp_render_free(struct wzp_render *r);
/* The number of colours: 0, 8, or 16 and more. */
int wzp_render_colours(const struct wzp_render *r);
/* Asks for mouse buttons; takes effect when the terminal is entered next, if it supports them. */
void wzp_render_mouse(struct wzp_render *r);
/* The bytes that prepare the terminal for the first picture, and those that restore it. */
void wzp_render_enter(struct wzp_render *r, struct wzp_buffer *out);
void wzp_render_leave(const struct wzp_render *r, struct wzp_buffer *out);
/* To be called when the terminal has answered that it can report key releases: switches that on
 * (wzp_render_leave switches it off). */
void wzp_render_releases(struct wzp_render *r, struct wzp_buffer *out);
/* Forgets the terminal's contents: the next picture is drawn completely. */
void wzp_render_forget(struct wzp_render *r);
/* Makes the bytes from the present contents to the canvas; cursor_x < 0: hidden. Returns
 * WZP_E_MEMORY (then the contents count as unknown) or 0. */
int wzp_render_frame(struct wzp_render *r, struct wzp_buffer *out, const struct wzp_canvas *canvas,
                     const struct wzp_theme *theme, int cursor_x, int cursor_y);
/* Makes the bytes for bell, title and notification. */
void wzp_render_signal(const struct wzp_render *r, struct wzp_buffer *out,
                       const struct wzp_tui_signal *signal);

#endif
