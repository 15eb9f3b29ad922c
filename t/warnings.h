/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a reader of settings warned of, a line for each warning. */
#ifndef WZP_T_WARNINGS_H
#define WZP_T_WARNINGS_H

#include <string.h>

static char warnings[4096];

static inline void keep_warning(void *context, const char *sentence)
{
    (void)context;
    strncat(warnings, sentence, sizeof warnings - strlen(warnings) - 2);
    strcat(warnings, "\n");
}

#endif
