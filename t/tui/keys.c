/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Decoding bytes into keys, names of keys, the table of keys and keys.conf, and the input line. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "tap.h"
#include "tui/decoder.h"
#include "tui/keymap.h"
#include "tui/line.h"

/* ---- bytes ---- */

static char seen[512];
static void on_key(void *context, struct wzp_key key)
{
    static const char *const kinds[] = {"", "+", "-"};
    char name[WZP_KEY_NAME_MAX];
    size_t n = strlen(seen);
    (void)context;
    if (key.code == WZP_KEY_RELEASES)
        snprintf(name, sizeof name, "releases");
    else
        wzp_key_name(name, key);
    snprintf(seen + n, sizeof seen - n, "%s%s%s", n ? " " : "", name, kinds[key.kind]);
}

static void on_paste(void *context, const char *text, size_t length)
{
    size_t n = strlen(seen);
    (void)context;
    snprintf(seen + n, sizeof seen - n, "%s<%.*s>", n ? " " : "", (int)length, text);
}

static struct wzp_decoder decoder;

static void is_keys_at(const char *bytes, size_t length, const char *want, size_t piece)
{
    decoder = (struct wzp_decoder){.key = on_key, .paste = on_paste};
    seen[0] = '\0';
    uint64_t now = WZP_SECOND;
    for (size_t at = 0; at < length; at += piece) {
        size_t n = length - at < piece ? length - at : piece;
        wzp_decoder_receive(&decoder, (const uint8_t *)bytes + at, n, now);
        now += WZP_MILLISECOND;
    }
    wzp_decoder_handle_expiry(&decoder, wzp_decoder_expiry(&decoder));
    is_str(seen, want, "%s, %s", want, piece == 1 ? "byte by byte" : "at once");
}

#define is_keys(bytes, want)                                                                       \
    is_keys_at(bytes, sizeof bytes - 1, want, 1), is_keys_at(bytes, sizeof bytes - 1, want, 1000)

static void test_bytes(void)
{
    is_keys("aZ7 ", "a Z 7 Space");
    is_keys("\r\t\x7f\x08\x01\x1a", "Enter Tab Backspace Backspace C-a C-z");
    is_keys("\xc3\xa9渡", "é 渡");
    is_keys("\xc3z\xff\xfe"
            "a",
            "z a");
    is_keys("\x1b[A\x1bOB\x1b[1;5C\x1b[1;3D", "Up Down C-Right M-Left");
    is_keys("\x1b[H\x1b[4~\x1b[5~\x1b[6~\x1b[2~\x1b[3~", "Home End PageUp PageDown Insert Delete");
    is_keys("\x1bOP\x1b[[B\x1b[15~\x1b[24~\x1b[Z", "F1 F2 F5 F12 S-Tab");
    is_keys("\x1b[[@\x1b[[E\x1b[[F", "F5");
    is_keys("\x1bx\x1b\x7f\x1b\xc3\xa9", "M-x M-Backspace M-é");
    is_keys("\x1b", "Esc");
    is_keys("\x1b\x1b[A", "Esc Up");
    is_keys("\x1b[", "M-[");
    is_keys("\x1b[200~rm -rf\n\x1b[A\x1b[201~q", "<rm -rf\n\x1b[A> q");
    is_keys("\x1b[32u\x1b[32;1:2u\x1b[32;1:3u", "Space Space+ Space-");
    is_keys("\x1b[97;5u\x1b[49:33;2u\x1b[97;9u\x1b[57441;2u", "C-a !");
    is_keys("\x1b[97;65u", "A");
    is_keys("\x1b[1;1:3A\x1b[?11u", "Up- releases");
    is_keys("\x1b[<0;3;4M\x1b[M !!a\x1b[I", "a ?");
    is_keys("\x1b]11;rgb:0000/0000/0000\x1b\\x\x1bP>|term\x1b\\y\x1b]0;t\az", "x y z");
    is_keys(
        "\x1b[12345678901234567890123456789012345678901234567890123456789012345678901234567890~k",
        "k");
    is_keys("\x1b[\x01z", "z");
}

static void test_escape(void)
{
    decoder = (struct wzp_decoder){.key = on_key, .paste = on_paste};
    seen[0] = '\0';
    wzp_decoder_receive(&decoder, (const uint8_t *)"\x1b", 1, WZP_SECOND);
    is_int(wzp_decoder_expiry(&decoder), WZP_SECOND + 50 * WZP_MILLISECOND, "ESC waits 50 ms");
    wzp_decoder_handle_expiry(&decoder, WZP_SECOND + 49 * WZP_MILLISECOND);
    is_str(seen, "", "and not less");
    wzp_decoder_handle_expiry(&decoder, WZP_SECOND + 50 * WZP_MILLISECOND);
    is_str(seen, "Esc", "then it is the key");
    ok(wzp_decoder_expiry(&decoder) == WZP_NEVER, "and nothing waits any more");
    char big[WZP_DECODER_PASTE_MAX + 100];
    memset(big, 'x', sizeof big);
    wzp_decoder_receive(&decoder, (const uint8_t *)"\x1b[200~", 6, WZP_SECOND);
    wzp_decoder_receive(&decoder, (const uint8_t *)big, sizeof big, WZP_SECOND);
    wzp_decoder_receive(&decoder, (const uint8_t *)"\x1b[201~", 6, WZP_SECOND);
    is_int(decoder.pasted_length, WZP_DECODER_PASTE_MAX, "a paste without end is cut");
}

/* ---- names and the table ---- */

static void test_names(void)
{
    static const char *const names[] = {"a",   "A",   "?",     "Space",  "Enter",
                                        "C-x", "M-m", "S-Tab", "C-M-Up", "F1",
                                        "F24", "é",   "-",     "C--",    "PageDown"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct wzp_key key;
        char name[WZP_KEY_NAME_MAX];
        ok(wzp_key_from_name(&key, names[i]), "%s is a key", names[i]);
        is_str(wzp_key_name(name, key), names[i], "with that name");
    }
    static const char *const wrong[] = {"", "C-", "F0", "F25", "ab", "Hyper-x", " ", "\x1b", "F1x"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct wzp_key key;
        ok(!wzp_key_from_name(&key, wrong[i]), "\"%s\" is none", wrong[i]);
    }
}

static char warnings[1024];
static void warn(void *context, const char *sentence)
{
    size_t n = strlen(warnings);
    (void)context;
    snprintf(warnings + n, sizeof warnings - n, "%s\n", sentence);
}

static void test_file(void)
{
    static const char text[] = "# mine\n"
                               "bind global Z quit\r\n"
                               "\tbind  call  F9   set codec Opus6k\n"
                               "unbind global q\n"
                               "bnid global y quit\n"
                               "bind gloabl y quit\n"
                               "bind global Foo quit\n"
                               "bind always y quit\n"
                               "unbind room F11\n"
                               "bind global y";
    struct wzp_keymap map;
    struct wzp_key key;
    if (wzp_keymap_init(&map))
        bail("no memory");
    size_t before = map.count;
    warnings[0] = '\0';
    size_t wrong = wzp_keymap_parse(&map, text, sizeof text - 1, warn, NULL);
    if (tap_oom_mode()) {
        wzp_keymap_fini(&map);
        return;
    }
    is_int(wrong, 6, "six lines are wrong");
    ok(strstr(warnings, "line 5: \"bnid\" is neither bind nor unbind"), "told with their number");
    ok(strstr(warnings, "did you mean global?"), "and what may have been meant");
    ok(strstr(warnings, "line 8: y could not be typed any more"), "letters stay typable");
    is_int(map.count, before + 1, "two more, one less");
    wzp_key_from_name(&key, "Z");
    const struct wzp_binding *b = wzp_keymap_find(&map, WZP_CONTEXT_GLOBAL, key);
    ok(b && strcmp(b->command, "quit") == 0 && b->origin == WZP_KEY_FROM_FILE, "Z quits");
    wzp_key_from_name(&key, "F9");
    b = wzp_keymap_find(&map, WZP_CONTEXT_CALL, key);
    ok(b && strcmp(b->command, "set codec Opus6k") == 0, "F9 runs a whole line");
    wzp_key_from_name(&key, "q");
    ok(!wzp_keymap_find(&map, WZP_CONTEXT_GLOBAL, key), "q means nothing any more");
    for (int i = 0; map.count < WZP_KEYMAP_LIMIT && i < 600; i++)
        wzp_keymap_bind(&map, WZP_CONTEXT_LOG, (struct wzp_key){.code = 0x4e00 + (uint32_t)i}, "x",
                        0, NULL);
    is_int(wzp_keymap_bind(&map, WZP_CONTEXT_LOG, (struct wzp_key){.code = 0x3042}, "x", 0, NULL),
           WZP_E_LIMIT, "there is an end to it");
    wzp_keymap_fini(&map);
}

/* Names that a script gives are only names, and cannot become part of a command line. */
static void test_names_of_others(void)
{
    static const char *const bad[] = {"x lua os.exit()--", "x\tquit", "F2 quit", " x", "x ", ""};
    struct wzp_keymap map;
    struct wzp_key key;
    if (wzp_keymap_init(&map))
        bail("no memory");
    size_t before = map.count;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        is_int(wzp_keymap_bind_name(&map, "global", bad[i], "script-key 0 1 help", 0, NULL),
               WZP_E_SYNTAX, "\"%s\" is no key", bad[i]);
        is_int(wzp_keymap_bind_name(&map, bad[i], "F2", "script-key 0 1 help", 0, NULL),
               WZP_E_UNKNOWN, "and no context");
    }
    is_int(wzp_keymap_bind_name(&map, "always", "x", "script-key 0 1 help", 0, NULL), WZP_E_REFUSED,
           "letters stay typable");
    is_int(map.count, before, "nothing is bound");
    int result =
        wzp_keymap_bind_name(&map, "global", "F12", "script-key 0 1 lua x", WZP_KEY_TYPED, NULL);
    wzp_key_from_name(&key, "F12");
    const struct wzp_binding *b = wzp_keymap_find(&map, WZP_CONTEXT_GLOBAL, key);
    ok(tap_oom_mode() || (!result && b && strcmp(b->command, "script-key 0 1 lua x") == 0),
       "a key stands for the line that was given");
    wzp_keymap_fini(&map);
}

static void test_builtin(void)
{
    struct wzp_keymap map;
    if (wzp_keymap_init(&map))
        bail("no memory");
    size_t rows = 0;
    for (const struct wzp_builtin_key *row = wzp_builtin_keys; row->keys; row++) {
        rows++;
        for (const char *p = row->keys; *p; p++)
            rows += *p == ' ';
    }
    is_int(map.count, rows, "no key is bound twice in one context");
    for (size_t i = 0; i < map.count; i++)
        if (map.items[i].context == WZP_CONTEXT_ALWAYS && map.items[i].key.code < WZP_KEY_UP &&
            !map.items[i].key.modifiers)
            ok(false, "a letter is taken always");
    wzp_keymap_fini(&map);
}

/* ---- the line ---- */

static void type(struct wzp_line *l, const char *text)
{
    wzp_line_insert(l, text, strlen(text));
}

static void test_line(void)
{
    static struct wzp_line l;
    type(&l, "call Ann Example");
    wzp_line_delete(&l, WZP_LINE_WORD_LEFT);
    is_str(l.text, "call Ann ", "a word is deleted");
    wzp_line_move(&l, WZP_LINE_HOME);
    wzp_line_yank(&l);
    is_str(l.text, "Examplecall Ann ", "and put back elsewhere");
    wzp_line_delete(&l, WZP_LINE_HOME);
    wzp_line_move(&l, WZP_LINE_WORD_RIGHT);
    is_int(l.cursor, 4, "over a word");
    wzp_line_set(&l, "e\xcc\x81x");
    wzp_line_move(&l, WZP_LINE_LEFT);
    wzp_line_delete(&l, WZP_LINE_LEFT);
    is_str(l.text, "x", "an accent goes with its letter");
    wzp_line_set(&l, "");
    type(&l, "a\nb\tc\x1b[31m\xe2\x80\xae\xff");
    is_str(l.text, "a b c?[31m??", "what is pasted is one safe line");
    wzp_line_set(&l, "");
    for (int i = 0; i < 400; i++)
        type(&l, "渡辺");
    ok(l.length < sizeof l.text && l.length > 1000 && strlen(l.text) == l.length,
       "a line has an end");
    wzp_line_set(&l, "");
    for (int i = 0; i < 150; i++) {
        char text[16];
        snprintf(text, sizeof text, "line %d", i);
        wzp_line_set(&l, text);
        wzp_line_remember(&l);
    }
    if (!tap_oom_mode()) {
        is_int(l.remembered, WZP_LINE_MEMORY, "a hundred lines are remembered");
        type(&l, "draft");
        wzp_line_recall(&l, -1);
        is_str(l.text, "line 149", "the newest first");
        wzp_line_recall(&l, 1);
        is_str(l.text, "draft", "and what was being typed comes back");
        for (int i = 0; i < 200; i++)
            wzp_line_recall(&l, -1);
        is_str(l.text, "line 50", "the oldest is the end");
    }
    wzp_line_set(&l, "call Bo");
    wzp_line_complete(&l, wzp_line_word(&l), "Bob from work", true);
    is_str(l.text, "call \"Bob from work\" ", "a name with blanks is completed in quotes");
    wzp_line_set(&l, "");
    wzp_line_secret(&l, true);
    type(&l, "open sesame");
    wzp_line_recall(&l, -1);
    is_str(l.text, "open sesame", "no earlier line takes the place of a secret");
    wzp_line_delete(&l, WZP_LINE_WORD_LEFT);
    wzp_line_yank(&l);
    ok(!strstr(l.text, "sesame"), "what is deleted of it is not kept");
    wzp_line_secret(&l, false);
    bool nothing = l.length == 0;
    for (size_t i = 0; i + 4 <= sizeof l; i++)
        nothing = nothing && memcmp((const char *)&l + i, "open", 4) != 0;
    ok(nothing, "and at its end nothing of it is there");
    wzp_line_fini(&l);
}

TAP_MAIN
{
    test_bytes();
    test_escape();
    test_names();
    test_file();
    test_names_of_others();
    test_builtin();
    test_line();
}
