/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Result codes in words, and sentences for people. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#ifdef __clang_analyzer__
#undef wzp_error_set
#endif

const char *wzp_strerror(int code)
{
    switch (code) {
#define WZP_ERROR_CASE(name, number, words)                                                        \
    case name: return words;
        WZP_ERROR_TABLE(WZP_ERROR_CASE)
#undef WZP_ERROR_CASE
    default: return code >= 0 ? "ok" : "unknown error";
    }
}

/* A cut must not leave half a character: drops a broken UTF-8 sequence at the end. */
static void drop_half_character(char *text)
{
    size_t length = strlen(text);
    size_t start = length;
    while (start > 0 && length - start < 4) {
        unsigned char c = (unsigned char)text[start - 1];
        start--;
        if (c < 0x80)
            return;
        if (c >= 0xc0) {
            size_t want = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
            if (length - start < want)
                text[start] = '\0';
            return;
        }
    }
}

int wzp_error_set(struct wzp_error *err, int code, const char *format, ...)
{
    if (!err)
        return code;
    va_list args;
    va_start(args, format);
    /* Through a second buffer: an argument may point into err->text itself. */
    char text[WZP_ERROR_TEXT_MAX];
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n < 0)
        text[0] = '\0';
    else if ((size_t)n >= sizeof text)
        drop_half_character(text);
    err->code = code;
    /* It may contain file names or text from others, and is shown on a terminal. */
    wzp_text_filter(err->text, sizeof err->text, text, strlen(text));
    return code;
}

void wzp_error_prefix(struct wzp_error *err, const char *prefix)
{
    char safe[WZP_ERROR_TEXT_MAX], text[WZP_ERROR_TEXT_MAX];
    size_t length = wzp_text_filter(safe, sizeof safe, prefix, strlen(prefix));
    if (!err || (strncmp(err->text, safe, length) == 0 && err->text[length] == ':'))
        return;
    int n = snprintf(text, sizeof text, "%s: %s", safe, err->text);
    if (n < 0)
        return;
    if ((size_t)n >= sizeof text)
        drop_half_character(text);
    memcpy(err->text, text, sizeof text);
}

#define TEXT_OF(number) #number
#define VERSION_TEXT(major, minor, patch) TEXT_OF(major) "." TEXT_OF(minor) "." TEXT_OF(patch)

const char *wzp_library_version(void)
{
    return VERSION_TEXT(WZP_VERSION_MAJOR, WZP_VERSION_MINOR, WZP_VERSION_PATCH);
}
