/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A password from a person: asked for at the terminal without showing it, else the first line of
 * standard input, or of a file. */
#ifndef WZP_CLI_PASSWORD_H
#define WZP_CLI_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* True when standard input is a terminal, where somebody can be asked. */
bool wzp_password_asks(void);
/* Secret: out (capacity bytes, wipe it) gets one line. A signal that ends the program does so when
 * the terminal shows again what is typed. WZP_E_SYNTAX (empty), WZP_E_TOO_BIG, WZP_E_IO, with a
 * sentence. */
int wzp_password_read(char *out, size_t capacity, const char *prompt, struct wzp_error *err);
/* The same from a file. *mode: 0, or that of a file that not only its owner can read. */
int wzp_password_file(char *out, size_t capacity, unsigned *mode, const char *path,
                      struct wzp_error *err);

#endif
