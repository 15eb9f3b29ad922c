/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Any bytes as a line of the history file: what is read is safe to show, and written as a line that
 * reads the same. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "app/history.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_line(const uint8_t *data, size_t size)
{
    struct wzp_history_entry e, again;
    char line[WZP_HISTORY_LINE_MAX], second[WZP_HISTORY_LINE_MAX];
    memset(&e, 0, sizeof e);
    if (wzp_history_parse(&e, (const char *)data, size))
        return;
    size_t length = wzp_history_format(line, &e);
    if (length >= sizeof line || line[length - 1] != '\n' || strcspn(line, "\n") != length - 1 ||
        wzp_history_parse(&again, line, length - 1))
        abort();
    if (wzp_history_format(second, &again) != length || strcmp(line, second) != 0)
        abort();
}

/* The tail is a piece of the text that begins at a line and has no more lines than asked for. */
static void check_tail(const uint8_t *data, size_t size)
{
    char *text = wzp_strndup((const char *)data, size);
    if (!text)
        return;
    for (size_t wanted = 0; wanted < 4; wanted++) {
        const char *tail = wzp_history_tail(text, wanted);
        size_t lines = 0;
        if (tail < text || tail > text + strlen(text) || (tail > text && *tail && tail[-1] != '\n'))
            abort();
        for (const char *at = tail; *at; lines++)
            at += strcspn(at, "\n") + (at[strcspn(at, "\n")] == '\n');
        if (lines > wanted)
            abort();
    }
    wzp_free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_line(data, size);
    check_tail(data, size);
    return 0;
}
