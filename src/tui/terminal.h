/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The terminal of the process: its modes, given back whatever happens; its size; bytes out without
 * ever waiting for a slow line; what libraries write to stderr, caught. There is one terminal, so
 * this is the one place of this room with global state. */
#ifndef WZP_TUI_TERMINAL_H
#define WZP_TUI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Takes the terminal of in and out: no echo, no line editing, keys instead of signals. From now on
 * its modes come back when the process ends by any signal that it does not handle otherwise, or by
 * exit. WZP_E_UNSUPPORTED with a sentence when either is no terminal, WZP_E_IO. */
int wzp_terminal_open(int in, int out, struct wzp_error *err);
/* What to write to be as before, for signal handlers too; copied, up to 256 bytes. */
void wzp_terminal_set_leave(const char *bytes, size_t length);
/* Gives it back: writes the bytes above, sets the old modes. Nothing when it is not open. */
void wzp_terminal_close(void);
/* For the shell's ctrl-z: gives it back, stops the process, takes it again when it goes on. */
void wzp_terminal_suspend(void);
/* Modes again, after somebody else had the terminal. */
void wzp_terminal_take(void);
/* Columns and rows; 80 and 24 when the terminal does not say. */
void wzp_terminal_size(int *width, int *height);
/* Bits a second of the line, 0: unknown or fast. */
unsigned wzp_terminal_speed(void);
/* Writes as much as goes without waiting; returns how much, WZP_E_AGAIN for nothing, WZP_E_CLOSED
 * when it is gone. */
long wzp_terminal_write(const char *bytes, size_t length);

/* From now on what is written to stderr comes out of *fd instead (it does not wait: what nobody
 * reads in time is lost). Given back by wzp_terminal_close and in signal handlers. WZP_E_IO. */
int wzp_terminal_catch_stderr(int *fd, struct wzp_error *err);

#endif
