/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Filters for text from outside. */
#include "base/text.h"

#include <string.h>

#include "base/error.h"
#include "tap.h"

static const struct {
    const char *what, *in, *out;
} filtered[] = {
    {"plain text", "Ann", "Ann"},
    {"accents, CJK, emoji stay", "\xc3\xa9 \xe6\xbc\xa2 \xf0\x9f\x98\x80",
     "\xc3\xa9 \xe6\xbc\xa2 \xf0\x9f\x98\x80"},
    {"line ends, tabs", "a\r\nb\tc", "a??b?c"},
    {"OSC 52, the clipboard", "\x1b]52;c;cm0gLXJm\x07", "?]52;c;cm0gLXJm?"},
    {"CSI", "\x1b[2J\x1b[31mred", "?[2J?[31mred"},
    {"C1 as UTF-8",
     "a\xc2\x9b"
     "2Jb\xc2\x9d"
     "0;c",
     "a?2Jb?0;c"},
    {"C1 as a bare byte",
     "a\x9b"
     "2J",
     "a?2J"},
    {"DEL",
     "a\x7f"
     "b",
     "a?b"},
    {"bidirectional override",
     "user\xe2\x80\xae"
     "gpj.exe",
     "user?gpj.exe"},
    {"bidirectional isolates", "\xe2\x81\xa6x\xe2\x81\xa9", "?x?"},
    {"marks", "\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c", "???"},
    {"line and paragraph separators",
     "a\xe2\x80\xa8"
     "b\xe2\x80\xa9",
     "a?b?"},
    {"zero width space, byte order mark, soft hyphen", "\xe2\x80\x8b\xef\xbb\xbf\xc2\xad", "???"},
    {"tags", "\xf3\xa0\x81\x81", "?"},
    {"joiners stay", "\xe2\x80\x8c\xe2\x80\x8d", "\xe2\x80\x8c\xe2\x80\x8d"},
    {"a cut sequence", "a\xc3", "a?"},
    {"a cut sequence before a letter", "\xe2\x82z", "??z"},
    {"stray continuation", "\x80\xbf", "??"},
    {"overlong slash", "\xc0\xaf", "??"},
    {"overlong in three", "\xe0\x80\xaf", "???"},
    {"overlong in four", "\xf0\x80\x80\xaf", "????"},
    {"surrogate", "\xed\xa0\x80", "???"},
    {"beyond the last character", "\xf4\x90\x80\x80", "????"},
    {"impossible bytes", "\xfe\xff\xf8", "???"},
};

static void check_filter(void)
{
    char out[64];
    for (size_t i = 0; i < sizeof filtered / sizeof filtered[0]; i++) {
        size_t n = wzp_text_filter(out, sizeof out, filtered[i].in, strlen(filtered[i].in));
        is_str(out, filtered[i].out, "%s", filtered[i].what);
        is_int(n, strlen(filtered[i].out), "%s: length", filtered[i].what);
        ok(wzp_utf8_valid(out, n), "%s: UTF-8", filtered[i].what);
    }
    is_int(wzp_text_filter(out, sizeof out, "a\0b", 3), 3, "an inner 0");
    is_str(out, "a?b", "becomes ?");
    for (size_t room = 1; room <= 8; room++) {
        size_t n = wzp_text_filter(out, room, "\xc3\xa9\xe6\xbc\xa2x", 6);
        ok(n < room && out[n] == '\0' && wzp_utf8_valid(out, n), "cut at a border, room %zu", room);
    }
    is_int(wzp_text_filter(out, 3, "\xc3\xa9\xe6\xbc\xa2x", 6), 2, "two bytes fit");
    out[0] = 'q';
    is_int(wzp_text_filter(out, 0, "x", 1), 0, "no room");
    is_int(out[0], 'q', "nothing written");
    for (unsigned c = 1; c < 256; c++) {
        char one = (char)c;
        wzp_text_filter(out, sizeof out, &one, 1);
        if ((unsigned char)out[0] < 0x20 || (unsigned char)out[0] >= 0x7f)
            ok(false, "byte %02x passed", c);
    }
}

static void check_dates(void)
{
    static const struct {
        uint64_t seconds;
        const char *date;
    } rows[] = {{0, "1970-01-01"},          {86399, "1970-01-01"},
                {86400, "1970-01-02"},      {951782400, "2000-02-29"},
                {951868800, "2000-03-01"},  {1764180000, "2025-11-26"},
                {4107542400, "2100-03-01"}, {253402300799, "9999-12-31"},
                {253402300800, ""},         {UINT64_MAX, ""}};
    char date[WZP_DATE_TEXT_MAX];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        is_str(wzp_date_format(date, rows[i].seconds), rows[i].date, "the date of case %zu", i);
}

static void check_numbers(void)
{
    static const struct {
        const char *text;
        uint64_t most, want;
        int result;
    } rows[] = {
        {"0", 0, 0, 0},
        {"007", 7, 7, 0},
        {"18446744073709551615", UINT64_MAX, UINT64_MAX, 0},
        {"18446744073709551616", UINT64_MAX, 9, WZP_E_RANGE},
        {"99999999999999999999999x", UINT64_MAX, 9, WZP_E_SYNTAX},
        {"8", 7, 9, WZP_E_RANGE},
        {"", 7, 9, WZP_E_SYNTAX},
        {"+1", 7, 9, WZP_E_SYNTAX},
        {"-1", 7, 9, WZP_E_SYNTAX},
        {" 1", 7, 9, WZP_E_SYNTAX},
        {"1 ", 7, 9, WZP_E_SYNTAX},
        {"0x1", 7, 9, WZP_E_SYNTAX},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t number = 9;
        is_int(wzp_text_number(&number, rows[i].text, rows[i].most), rows[i].result,
               "\"%s\" as a number", rows[i].text);
        ok(number == rows[i].want, "and what is kept of it");
    }
}

static void check_others(void)
{
    char out[8];
    ok(wzp_text_copy(out, sizeof out, "1234567") && strcmp(out, "1234567") == 0, "fits");
    ok(!wzp_text_copy(out, sizeof out, "12345678"), "does not fit");
    is_str(out, "1234567", "cut");
    ok(!wzp_text_copy(out, 0, ""), "no room at all");
    char name[16];
    wzp_text_quote(name, sizeof name, "Bob\", proven");
    is_str(name, "\"Bob', proven\"", "a chosen name cannot end its quotes");
    wzp_text_quote(name, 6, "Bobby");
    is_str(name, "\"Bobb", "one that is too long is cut");

    is_int(wzp_text_distance("", ""), 0, "distance of nothing");
    is_int(wzp_text_distance("kitten", "sitting"), 3, "kitten, sitting");
    is_int(wzp_text_distance("answer", "anwser"), 2, "swapped letters");
    is_int(wzp_text_distance("", "abc"), 3, "insert all");
    is_int(wzp_text_distance("call", "calls"), 1, "one more");
    char longer[100];
    memset(longer, 'a', sizeof longer - 1);
    longer[99] = '\0';
    is_int(wzp_text_distance(longer, ""), 32, "only so much is looked at");
    is_int(wzp_text_distance_most("foo"), 1, "a short word is like few others");
    is_int(wzp_text_distance_most("anwser"), 2, "a longer one may have two letters wrong");
    is_str(wzp_plural(1, "line", "lines"), "line", "one line");
    is_str(wzp_plural(0, "line", "lines"), "lines", "no lines");
    is_str(wzp_plural(UINT64_MAX, "line", "lines"), "lines", "many lines");
    check_dates();
    check_numbers();
    ok(wzp_utf8_valid("", 0), "nothing is UTF-8");
    ok(wzp_utf8_valid("\xf4\x8f\xbf\xbf", 4), "the last character");
    ok(!wzp_utf8_valid("\xc3\x28", 2), "a bad second byte");
}

TAP_MAIN
{
    check_filter();
    check_others();
}
