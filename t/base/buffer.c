/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/buffer.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "tap.h"

static void test_growing(void)
{
    struct wzp_buffer b;
    wzp_buffer_init(&b, 10000);
    is_str(b.text, "", "a new buffer holds an empty text");
    for (int i = 0; i < 1000; i++)
        wzp_buffer_format(&b, "%d,", i % 10);
    wzp_buffer_text(&b, "end");
    wzp_buffer_char(&b, '.');
    is_int(b.result, 0, "a thousand pieces fit");
    is_int(b.length, 2004, "and are counted");
    ok(strlen(b.text) == 2004 && strncmp(b.text, "0,1,2,", 6) == 0 &&
           strcmp(b.text + 2000, "end.") == 0,
       "they stand in order");
    wzp_buffer_add(&b, "a\0b", 3);
    ok(b.length == 2007 && memcmp(b.text + 2004, "a\0b", 4) == 0, "bytes may be zero");
    wzp_buffer_clear(&b);
    ok(b.length == 0 && b.text[0] == 0, "cleared, it is empty");
    wzp_buffer_text(&b, "x");
    is_str(b.text, "x", "and takes text again");
    wzp_buffer_fini(&b);
    is_str(b.text, "", "released, it is an empty text still");
}

static void test_limit(void)
{
    struct wzp_buffer b;
    wzp_buffer_init(&b, 4);
    wzp_buffer_text(&b, "abcd");
    is_int(b.result, 0, "a text as long as the limit fits");
    wzp_buffer_char(&b, 'e');
    is_int(b.result, WZP_E_TOO_BIG, "one byte more does not");
    is_str(b.text, "abcd", "what was there stays");
    wzp_buffer_text(&b, "");
    is_int(b.result, WZP_E_TOO_BIG, "and the error too");
    char *text;
    size_t length = 9;
    is_int(wzp_buffer_take(&b, &text, &length), WZP_E_TOO_BIG, "a text with an error is not taken");
    ok(!text && length == 0, "the caller has nothing to release");
    wzp_buffer_format(&b, "%s", "abcde");
    is_int(b.result, WZP_E_TOO_BIG, "formatted text has the same limit");
    wzp_buffer_fini(&b);
    wzp_buffer_init(&b, 0);
    wzp_buffer_text(&b, "a");
    is_int(b.result, WZP_E_TOO_BIG, "a limit of nothing takes nothing");
    wzp_buffer_fini(&b);
}

static void test_taking(void)
{
    struct wzp_buffer b;
    char *text;
    size_t length;
    wzp_buffer_init(&b, 4096);
    for (int i = 0; i < 600; i++)
        wzp_buffer_char(&b, 's');
    is_int(wzp_buffer_take(&b, &text, &length), 0, "a text is taken out");
    ok(text && strlen(text) == 600 && length == 600, "whole");
    wzp_free(text);
    is_int(b.length, 0, "and the buffer is empty");
    is_int(wzp_buffer_take(&b, &text, NULL), 0, "an empty text can be taken");
    is_str(text, "", "and is the caller's");
    wzp_free(text);
    wzp_buffer_fini(&b);
}

static void test_lack_of_memory(void)
{
    struct wzp_buffer b;
    char *text;
    wzp_buffer_init(&b, 4096);
    wzp_buffer_text(&b, "before");
    wzp_alloc_fail_after(1);
    for (int i = 0; i < 300; i++)
        wzp_buffer_char(&b, 'x');
    is_int(b.result, WZP_E_MEMORY, "lack of memory is remembered");
    ok(strncmp(b.text, "before", 6) == 0, "and what was there is readable");
    is_int(wzp_buffer_take(&b, &text, NULL), WZP_E_MEMORY, "but cannot be taken for whole");
    wzp_alloc_fail_after(1);
    is_int(wzp_buffer_take(&b, &text, NULL), WZP_E_MEMORY, "nor an empty one made without memory");
    wzp_buffer_fini(&b);
}

TAP_MAIN
{
    if (tap_oom_mode()) {
        test_growing();
        test_taking();
        return;
    }
    test_growing();
    test_limit();
    test_taking();
    test_lack_of_memory();
}
