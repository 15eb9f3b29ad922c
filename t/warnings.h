/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Collects the warnings of a reader of settings, one line for each. */
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
