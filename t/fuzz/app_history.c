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

static size_t lines_of(const char *text)
{
    size_t lines = 0;
    for (; *text; lines++)
        text += strcspn(text, "\n") + (text[strcspn(text, "\n")] == '\n');
    return lines;
}

/* What is kept has no more lines than asked for, and no fewer without need. */
static void check_thin(const uint8_t *data, size_t size)
{
    for (size_t wanted = 0; wanted < 4; wanted++) {
        char *text = wzp_strndup((const char *)data, size);
        if (!text)
            return;
        size_t before = lines_of(text);
        wzp_history_thin(text, wanted);
        if (lines_of(text) != (before < wanted ? before : wanted))
            abort();
        wzp_free(text);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_line(data, size);
    check_thin(data, size);
    return 0;
}
