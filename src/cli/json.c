/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/json.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

#define TEXT_MAX 4096

json_t *wzp_json_begin(double t, const char *event)
{
    json_t *o = json_object();
    wzp_json_number(o, "t", t);
    wzp_json_text(o, "event", event);
    return o;
}

void wzp_json_text(json_t *o, const char *key, const char *text)
{
    char safe[TEXT_MAX];
    if (!text || !*text)
        return;
    if (!wzp_utf8_valid(text, strlen(text))) {
        wzp_text_filter(safe, sizeof safe, text, strlen(text));
        text = safe;
    }
    json_object_set_new(o, key, json_string(text));
}

void wzp_json_integer(json_t *o, const char *key, json_int_t value)
{
    json_object_set_new(o, key, json_integer(value));
}

void wzp_json_number(json_t *o, const char *key, double value)
{
    json_object_set_new(o, key,
                        isfinite(value) ? json_real(round(value * 1000) / 1000) : json_null());
}

void wzp_json_boolean(json_t *o, const char *key, int value)
{
    json_object_set_new(o, key, json_boolean(value));
}

void wzp_json_write(FILE *out, json_t *o)
{
    if (!o)
        return;
    json_dumpf(o, out, JSON_COMPACT | JSON_REAL_PRECISION(12));
    fputc('\n', out);
    fflush(out);
    json_decref(o);
}
