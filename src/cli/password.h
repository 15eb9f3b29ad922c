/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Reads a password: from a person at the terminal without showing it, else from the first line of
 * standard input, or of a file. */
#ifndef WZP_CLI_PASSWORD_H
#define WZP_CLI_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* True when standard input is a terminal, where somebody can be asked. */
bool wzp_password_asks(void);
/* Reads one line into out (capacity bytes; secret, the caller wipes it). A signal that ends the
 * program takes effect only after the terminal's echo is restored. WZP_E_SYNTAX (empty),
 * WZP_E_TOO_BIG, WZP_E_IO, with a sentence. */
int wzp_password_read(char *out, size_t capacity, const char *prompt, struct wzp_error *err);
/* The same from a file. *mode: the file's mode when others than its owner can read it, else 0. */
int wzp_password_file(char *out, size_t capacity, unsigned *mode, const char *path,
                      struct wzp_error *err);

#endif
