/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/json.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"

#define NUMBER_MAX 1e15 /* whole thousandths fit 63 bits, and a double still tells them apart */

void wzp_json_init(struct wzp_json *j, struct wzp_buffer *out)
{
    *j = (struct wzp_json){.out = out};
}

static bool in_array(const struct wzp_json *j)
{
    return j->depth > 0 && (j->arrays >> (j->depth - 1) & 1);
}

/* How many bytes of ASCII stand for themselves: they go in one go. */
static size_t plain(const char *text)
{
    size_t n = 0;
    while (text[n] >= ' ' && text[n] <= '~' && text[n] != '"' && text[n] != '\\')
        n++;
    return n;
}

static void write_special(struct wzp_buffer *out, unsigned char c)
{
    static const char letters[] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r', [0x1f] = 0};
    if (c == '"' || c == '\\')
        wzp_buffer_format(out, "\\%c", c);
    else if (c < 0x20 && letters[c])
        wzp_buffer_format(out, "\\%c", letters[c]);
    else if (c < 0x20 || c == 0x7f)
        wzp_buffer_format(out, "\\u%04x", c);
    else
        wzp_buffer_char(out, '?');
}

static void write_string(struct wzp_buffer *out, const char *text)
{
    wzp_buffer_char(out, '"');
    while (*text) {
        size_t n = plain(text);
        if (n == 0 && (unsigned char)*text >= 0x80)
            n = wzp_utf8_length(text, strlen(text));
        if (n > 0) {
            wzp_buffer_add(out, text, n);
            text += n;
        } else {
            write_special(out, (unsigned char)*text++);
        }
    }
    wzp_buffer_char(out, '"');
}

/* Comma and key before a value. False: no value may stand here. */
static bool begin_value(struct wzp_json *j, const char *key)
{
    bool wants_key = j->depth > 0 && !in_array(j);
    if (j->wrong || wants_key != (key != NULL) || (j->depth == 0 && j->begun)) {
        j->wrong = true;
        return false;
    }
    if (j->begun)
        wzp_buffer_char(j->out, ',');
    j->begun = true;
    if (key) {
        write_string(j->out, key);
        wzp_buffer_char(j->out, ':');
    }
    return true;
}

static void open_level(struct wzp_json *j, const char *key, bool array)
{
    if (j->depth == WZP_JSON_DEPTH_MAX)
        j->wrong = true;
    if (!begin_value(j, key))
        return;
    wzp_buffer_char(j->out, array ? '[' : '{');
    uint32_t bit = UINT32_C(1) << j->depth++;
    j->arrays = array ? j->arrays | bit : j->arrays & ~bit;
    j->begun = false;
}

static void close_level(struct wzp_json *j, bool array)
{
    if (j->wrong || j->depth == 0 || in_array(j) != array) {
        j->wrong = true;
        return;
    }
    wzp_buffer_char(j->out, array ? ']' : '}');
    j->depth--;
    j->begun = true;
}

void wzp_json_object_begin(struct wzp_json *j, const char *key)
{
    open_level(j, key, false);
}

void wzp_json_object_end(struct wzp_json *j)
{
    close_level(j, false);
}

void wzp_json_array_begin(struct wzp_json *j, const char *key)
{
    open_level(j, key, true);
}

void wzp_json_array_end(struct wzp_json *j)
{
    close_level(j, true);
}

void wzp_json_null(struct wzp_json *j, const char *key)
{
    if (begin_value(j, key))
        wzp_buffer_text(j->out, "null");
}

void wzp_json_text(struct wzp_json *j, const char *key, const char *text)
{
    if (!text)
        wzp_json_null(j, key);
    else if (begin_value(j, key))
        write_string(j->out, text);
}

void wzp_json_text_if(struct wzp_json *j, const char *key, const char *text)
{
    if (text && *text)
        wzp_json_text(j, key, text);
}

void wzp_json_integer(struct wzp_json *j, const char *key, int64_t value)
{
    if (begin_value(j, key))
        wzp_buffer_format(j->out, "%" PRId64, value);
}

void wzp_json_unsigned(struct wzp_json *j, const char *key, uint64_t value)
{
    if (begin_value(j, key))
        wzp_buffer_format(j->out, "%" PRIu64, value);
}

/* From whole numbers, so that no locale puts a comma in. */
void wzp_json_number(struct wzp_json *j, const char *key, double value)
{
    if (!isfinite(value) || fabs(value) > NUMBER_MAX) {
        wzp_json_null(j, key);
        return;
    }
    if (!begin_value(j, key))
        return;
    int64_t thousandths = (int64_t)llround(value * 1000);
    uint64_t size = thousandths < 0 ? 0 - (uint64_t)thousandths : (uint64_t)thousandths;
    unsigned rest = (unsigned)(size % 1000);
    wzp_buffer_format(j->out, "%s%" PRIu64 ".", thousandths < 0 ? "-" : "", size / 1000);
    if (rest % 100 == 0)
        wzp_buffer_format(j->out, "%u", rest / 100);
    else if (rest % 10 == 0)
        wzp_buffer_format(j->out, "%02u", rest / 10);
    else
        wzp_buffer_format(j->out, "%03u", rest);
}

void wzp_json_boolean(struct wzp_json *j, const char *key, bool value)
{
    if (begin_value(j, key))
        wzp_buffer_text(j->out, value ? "true" : "false");
}

int wzp_json_finish(const struct wzp_json *j)
{
    if (j->out->result)
        return j->out->result;
    return j->wrong || j->depth > 0 || !j->begun ? WZP_E_STATE : 0;
}
