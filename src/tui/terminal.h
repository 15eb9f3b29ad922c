/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The terminal of the process: sets its modes and always restores them; its size; output that never
 * waits for a slow line; and catching what libraries write to stderr. There is one terminal, so
 * this is the only global state of this folder. */
#ifndef WZP_TUI_TERMINAL_H
#define WZP_TUI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Takes over the terminal of in and out: no echo, no line editing, keys instead of signals. From
 * now on its modes are restored when the process ends by exit or by a signal that has no other
 * handler. WZP_E_UNSUPPORTED with a sentence when either is no terminal, WZP_E_IO. */
int wzp_terminal_open(int in, int out, struct wzp_error *err);
/* Sets the bytes that restore the terminal, for signal handlers too; copied, up to 256 bytes. */
void wzp_terminal_set_leave(const char *bytes, size_t length);
/* Restores the terminal: writes those bytes, sets the old modes. Nothing happens when it is not
 * open. */
void wzp_terminal_close(void);
/* For the shell's job control (ctrl-z): restores the terminal, stops the process, and takes the
 * terminal over again when it is continued. */
void wzp_terminal_suspend(void);
/* Sets our modes again, after another program used the terminal. */
void wzp_terminal_take(void);
/* Columns and rows; 80 and 24 when the terminal does not say. */
void wzp_terminal_size(int *width, int *height);
/* The speed of the terminal's line in bits a second, 0: unknown or fast. */
unsigned wzp_terminal_speed(void);
/* Writes as much as is possible without waiting; returns how much, WZP_E_AGAIN for nothing,
 * WZP_E_CLOSED when the terminal is gone. */
long wzp_terminal_write(const char *bytes, size_t length);

/* Redirects stderr to *fd (writers never wait: what is not read in time is lost). Undone by
 * wzp_terminal_close and in signal handlers. WZP_E_IO. */
int wzp_terminal_catch_stderr(int *fd, struct wzp_error *err);

#endif
