/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/json.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "tap.h"

static struct wzp_buffer text;
static struct wzp_json json;

static void begin(void)
{
    wzp_buffer_clear(&text);
    wzp_json_init(&json, &text);
}

static void string_is(const char *in, const char *want, const char *what)
{
    begin();
    wzp_json_text(&json, NULL, in);
    is_int(wzp_json_finish(&json), 0, "%s: whole", what);
    is_str(text.text, want, "%s", what);
}

static void number_is(double in, const char *want)
{
    begin();
    wzp_json_number(&json, NULL, in);
    is_str(text.text, want, "the number %s", want);
}

static void test_nested(void)
{
    begin();
    wzp_json_object_begin(&json, NULL);
    wzp_json_integer(&json, "i", INT64_MIN);
    wzp_json_unsigned(&json, "u", UINT64_MAX);
    wzp_json_array_begin(&json, "list");
    wzp_json_array_end(&json);
    wzp_json_array_begin(&json, "two");
    wzp_json_object_begin(&json, NULL);
    wzp_json_boolean(&json, "yes", true);
    wzp_json_object_end(&json);
    wzp_json_boolean(&json, NULL, false);
    wzp_json_array_end(&json);
    wzp_json_text_if(&json, "none", NULL);
    wzp_json_text_if(&json, "none", "");
    wzp_json_text_if(&json, "some", "x");
    wzp_json_text(&json, "null", NULL);
    wzp_json_object_end(&json);
    is_int(wzp_json_finish(&json), 0, "a nested object is whole");
    is_str(text.text,
           "{\"i\":-9223372036854775808,\"u\":18446744073709551615,\"list\":[],"
           "\"two\":[{\"yes\":true},false],\"some\":\"x\",\"null\":null}",
           "commas, keys and brackets stand where they belong");
}

static void test_values(void)
{
    string_is("plain", "\"plain\"", "a plain text");
    string_is("", "\"\"", "an empty one");
    string_is("a\"b\\c/d", "\"a\\\"b\\\\c/d\"", "quotes and backslashes are escaped");
    string_is("\b\t\n\f\r\x01\x1f\x7f", "\"\\b\\t\\n\\f\\r\\u0001\\u001f\\u007f\"",
              "control characters are escaped, so that a line stays a line");
    string_is("\xc3\xa4\xf0\x9f\x98\x80", "\"\xc3\xa4\xf0\x9f\x98\x80\"", "UTF-8 stays");
    string_is("a\xff\xc3(\xed\xa0\x80", "\"a\?\?(\?\?\?\"",
              "what is no UTF-8 becomes question marks");
    number_is(0, "0.0");
    number_is(-0.0001, "0.0");
    number_is(1.5, "1.5");
    number_is(-2.25, "-2.25");
    number_is(0.125, "0.125");
    number_is(1.0005, "1.001");
    number_is(0.05, "0.05");
    number_is(123456789.9999, "123456790.0");
    number_is(NAN, "null");
    number_is(INFINITY, "null");
    number_is(-1e300, "null");
}

static void wrong(const char *what)
{
    is_int(wzp_json_finish(&json), WZP_E_STATE, "%s is noticed", what);
    begin();
}

static void test_nesting(void)
{
    begin();
    wrong("nothing at all");
    wzp_json_object_begin(&json, NULL);
    wrong("an open object");
    wzp_json_array_begin(&json, NULL);
    wzp_json_object_end(&json);
    wrong("an array closed as an object");
    wzp_json_object_end(&json);
    wrong("closing what is not open");
    wzp_json_boolean(&json, NULL, true);
    wzp_json_boolean(&json, NULL, true);
    wrong("a second value at the top");
    wzp_json_object_begin(&json, NULL);
    wzp_json_boolean(&json, NULL, true);
    wzp_json_object_end(&json);
    wrong("a value without key in an object");
    wzp_json_array_begin(&json, NULL);
    wzp_json_boolean(&json, "key", true);
    wzp_json_array_end(&json);
    wrong("a value with key in an array");
    for (int i = 0; i <= WZP_JSON_DEPTH_MAX; i++)
        wzp_json_array_begin(&json, NULL);
    for (int i = 0; i <= WZP_JSON_DEPTH_MAX; i++)
        wzp_json_array_end(&json);
    wrong("nesting that is too deep");
    for (int i = 0; i < WZP_JSON_DEPTH_MAX; i++)
        wzp_json_array_begin(&json, NULL);
    for (int i = 0; i < WZP_JSON_DEPTH_MAX; i++)
        wzp_json_array_end(&json);
    is_int(wzp_json_finish(&json), 0, "the deepest nesting allowed is whole");
    wzp_buffer_fini(&text);
    wzp_buffer_init(&text, 3);
    begin();
    wzp_json_text(&json, NULL, "abc");
    is_int(wzp_json_finish(&json), WZP_E_TOO_BIG, "a text that does not fit is noticed");
}

TAP_MAIN
{
    wzp_buffer_init(&text, 65536);
    test_nested();
    if (!tap_oom_mode()) {
        test_values();
        test_nesting();
    }
    wzp_buffer_fini(&text);
}
