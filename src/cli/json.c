/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/json.h"

#define LINE_MAX_BYTES (1024 * 1024)

void wzp_json_line_begin(struct wzp_json_line *line, double t, const char *event)
{
    wzp_buffer_init(&line->text, LINE_MAX_BYTES);
    wzp_json_init(&line->json, &line->text);
    wzp_json_object_begin(&line->json, NULL);
    wzp_json_number(&line->json, "t", t);
    wzp_json_text(&line->json, "event", event);
}

void wzp_json_line_end(struct wzp_json_line *line, FILE *out)
{
    wzp_json_object_end(&line->json);
    if (wzp_json_finish(&line->json) == 0) {
        wzp_buffer_char(&line->text, '\n');
        fwrite(line->text.text, 1, line->text.length, out);
        fflush(out);
    }
    wzp_buffer_fini(&line->text);
}
