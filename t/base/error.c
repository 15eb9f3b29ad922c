/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Codes and sentences. */
#include "base/error.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "tap.h"

/* Sentences name files and what others wrote, and end on a terminal. */
static void test_unsafe(void)
{
    struct wzp_error err = {0};
    wzp_error_set(&err, WZP_E_IO, "cannot open %s", "a\033[31mb\n\xc2\x9b\xff.wav");
    is_str(err.text, "cannot open a?[31mb???.wav", "a sentence commands no terminal");
    wzp_error_prefix(&err, "x\033]0;y\a");
    wzp_error_prefix(&err, "x\033]0;y\a");
    is_str(err.text, "x?]0;y?: cannot open a?[31mb???.wav", "nor does what is put before it, once");
}

TAP_MAIN
{
    test_unsafe();
    struct wzp_error err = {0};
    is_str(wzp_strerror(0), "ok", "0 is ok");
    is_str(wzp_strerror(7), "ok", "a count is ok");
    is_str(wzp_strerror(WZP_E_MEMORY), "out of memory", "words of a code");
    is_str(wzp_strerror(-9999), "unknown error", "words of no code");
#define DIFFERENT(name, number, words)                                                             \
    ok((name) == (number) && strcmp(wzp_strerror(name), words) == 0, #name " has its words");
    WZP_ERROR_TABLE(DIFFERENT)

    is_int(wzp_error_set(NULL, WZP_E_RANGE, "x"), WZP_E_RANGE, "without a place for the sentence");
    wzp_error_prefix(NULL, "x");
    is_int(wzp_error_set(&err, WZP_E_RANGE, "port %d is too big", 70000), WZP_E_RANGE, "returns");
    is_int(err.code, WZP_E_RANGE, "keeps the code");
    is_str(err.text, "port 70000 is too big", "keeps the sentence");
    wzp_error_prefix(&err, "relay.toml");
    is_str(err.text, "relay.toml: port 70000 is too big", "a prefix");
    wzp_error_prefix(&err, "relay.toml");
    is_str(err.text, "relay.toml: port 70000 is too big", "which is not said twice");
    wzp_error_prefix(&err, "relay");
    is_str(err.text, "relay: relay.toml: port 70000 is too big", "another that begins it is");
    wzp_error_set(&err, WZP_E_IO, "again: %s", err.text);
    is_str(err.text, "again: relay: relay.toml: port 70000 is too big", "its own text as argument");

    char text[400];
    memset(text, 'a', sizeof text);
    memcpy(text + WZP_ERROR_TEXT_MAX - 2, "\xc3\xa9", 2); /* the cut goes through this character */
    text[sizeof text - 1] = '\0';
    wzp_error_set(&err, WZP_E_IO, "%s", text);
    is_int(strlen(err.text), WZP_ERROR_TEXT_MAX - 2, "cut before a half character");
    ok(wzp_utf8_valid(err.text, strlen(err.text)), "what remains is UTF-8");
    memcpy(text + WZP_ERROR_TEXT_MAX - 3, "\xc3\xa9", 2);
    wzp_error_set(&err, WZP_E_IO, "%s", text);
    is_int(strlen(err.text), WZP_ERROR_TEXT_MAX - 1, "a whole character stays");
    wzp_error_prefix(&err, "p");
    is_int(strlen(err.text), WZP_ERROR_TEXT_MAX - 1, "a prefix is cut too");
    for (int lead = 0; lead < 4; lead++) {
        memset(text, 'a', sizeof text - 1);
        memcpy(text + WZP_ERROR_TEXT_MAX - 1 - lead, "\xf0\x9f\x98\x80", 4);
        wzp_error_set(&err, WZP_E_IO, "%s", text);
        is_int(strlen(err.text), WZP_ERROR_TEXT_MAX - 1 - lead, "%d bytes of four are cut", lead);
    }
}
