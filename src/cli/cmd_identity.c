/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* wzp identity show|new|restore|export. */
#include <string.h>
#include <unistd.h>

#include "app/store.h"
#include "base/bytes.h"
#include "cli/command.h"
#include "cli/json.h"
#include "crypto/mnemonic.h"
#include "loop/host.h"

struct values {
    bool json, force;
};
const struct wzp_option wzp_identity_options[] = {
    {"json", 'j', WZP_OPTION_FLAG, NULL, offsetof(struct values, json), 0, 0,
     "show, new, restore: one JSON object", NULL},
    {"force", 'f', WZP_OPTION_FLAG, NULL, offsetof(struct values, force), 0, 0,
     "new, restore: replace the identity that is there", NULL},
    {0}};

static void print(const struct wzp_identity *identity, const char *path, bool created,
                  const struct values *v)
{
    char alias[WZP_ALIAS_MAX], key[65];
    wzp_identity_alias(alias, identity);
    if (!v->json) {
        printf("fingerprint  %s\nalias        %s\nfile         %s%s\n", identity->fingerprint_text,
               alias, path, created ? " (new)" : "");
        return;
    }
    wzp_hex_encode(key, identity->public_key, 32);
    struct wzp_json_line line;
    wzp_json_line_begin(&line, 0, "identity");
    wzp_json_text_if(&line.json, "fingerprint", identity->fingerprint_text);
    wzp_json_text_if(&line.json, "public_key", key);
    wzp_json_text_if(&line.json, "alias", alias);
    wzp_json_text_if(&line.json, "file", path);
    wzp_json_boolean(&line.json, "created", created);
    wzp_json_line_end(&line, stdout);
}

static int show(const struct values *v)
{
    struct wzp_host host;
    wzp_loop_host(&host, NULL, NULL);
    struct wzp_identity identity;
    struct wzp_error err = {0};
    char path[WZP_PATH_MAX];
    bool created;
    if (wzp_store_identity(&identity, path, &host, true, &created, &err))
        return wzp_command_fail("identity", WZP_EXIT_USAGE, &err);
    print(&identity, path, created, v);
    wzp_identity_wipe(&identity);
    return WZP_EXIT_DONE;
}

static int keep(struct wzp_identity *identity, const struct values *v)
{
    struct wzp_host host;
    wzp_loop_host(&host, NULL, NULL);
    struct wzp_error err = {0};
    char path[WZP_PATH_MAX];
    int result = wzp_store_identity_write(identity, path, &host, v->force, &err);
    if (!result)
        print(identity, path, true, v);
    wzp_identity_wipe(identity);
    return result ? wzp_command_fail("identity", WZP_EXIT_USAGE, &err) : WZP_EXIT_DONE;
}

static int make(const struct values *v)
{
    struct wzp_identity identity;
    struct wzp_random random = wzp_system_random();
    wzp_identity_new(&identity, &random);
    int status = keep(&identity, v);
    if (status == WZP_EXIT_DONE && !v->json)
        puts("Write down the 24 words of 'wzp identity export': they bring this identity back.");
    return status;
}

/* ---- restoring ---- */

#define TYPED_MAX 4096

/* The number of bytes of white space at text, of any kind that people paste; 0: none. */
static size_t blank_length(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    if (*p == ' ' || (*p >= '\t' && *p <= '\r'))
        return 1;
    if (p[0] == 0xc2 && p[1] == 0xa0) /* no-break space */
        return 2;
    bool wide = p[0] == 0xe2 && p[1] == 0x80 &&
                ((p[2] >= 0x80 && p[2] <= 0x8b) || p[2] == 0xaf || p[2] == 0xa8 || p[2] == 0xa9);
    return wide || (p[0] == 0xe3 && p[1] == 0x80 && p[2] == 0x80) ? 3 : 0;
}

/* Numbers of a written list: "7", "7." and "7)" before a word. */
static bool is_number(const char *word, size_t length)
{
    size_t digits = strspn(word, "0123456789");
    return digits > 0 && digits <= 2 &&
           (length == digits || (length == digits + 1 && strchr(".):", word[digits])));
}

/* Normalises the text in place: single blanks between words, numbers of a list removed. Returns the
 * number of words. */
static size_t tidy(char *text)
{
    size_t count = 0;
    char *out = text;
    for (const char *at = text; *at;) {
        size_t length = 0, blank = blank_length(at);
        if (blank > 0) {
            at += blank;
            continue;
        }
        while (at[length] && blank_length(at + length) == 0)
            length++;
        /* "7.word" is a number and a word. */
        size_t digits = strspn(at, "0123456789");
        if (digits > 0 && digits <= 2 && at[digits] == '.' && length > digits + 1)
            length = digits + 1;
        if (!is_number(at, length)) {
            if (count++ > 0)
                *out++ = ' ';
            memmove(out, at, length);
            out += length;
        }
        at += length;
    }
    *out = 0;
    return count;
}

/* Reads lines until there are enough words, or the digits. */
static size_t read_typed(char text[TYPED_MAX])
{
    size_t length = 0, words = 0;
    text[0] = 0;
    while (words < WZP_MNEMONIC_WORDS && length + 2 < TYPED_MAX &&
           fgets(text + length, (int)(TYPED_MAX - length - 1), stdin)) {
        words = tidy(text);
        length = strlen(text);
        if (words == 1 && strspn(text, "0123456789abcdefABCDEF") >= WZP_SEED_TEXT_SIZE)
            break;
        text[length++] = ' ';
        text[length] = 0;
    }
    return tidy(text);
}

/* Words or 64 hex digits on standard input, never as arguments: those show in ps and shell history.
 */
static int restore(const struct values *v)
{
    char text[TYPED_MAX];
    struct wzp_identity identity;
    struct wzp_error err = {0};
    uint8_t entropy[32];
    setvbuf(stdin, NULL, _IONBF, 0); /* no copy of the secret in a buffer */
    if (isatty(STDIN_FILENO))
        fputs("24 words (or 64 hexadecimal digits), in one line or several, then Enter: ", stderr);
    if (read_typed(text) == 0)
        return wzp_command_usage("identity", "restore reads the 24 words from standard input");
    int result;
    if (strspn(text, "0123456789abcdefABCDEF") >= WZP_SEED_TEXT_SIZE) {
        result = wzp_identity_parse(&identity, text, strlen(text), &err);
    } else {
        result = wzp_mnemonic_decode(entropy, text, strlen(text), &err);
        if (!result)
            wzp_identity_from_seed(&identity, entropy);
    }
    wzp_wipe(text, sizeof text);
    wzp_wipe(entropy, sizeof entropy);
    return result ? wzp_command_fail("identity", WZP_EXIT_USAGE, &err) : keep(&identity, v);
}

static int export(void)
{
    struct wzp_host host;
    wzp_loop_host(&host, NULL, NULL);
    struct wzp_identity identity;
    struct wzp_error err = {0};
    char path[WZP_PATH_MAX], words[WZP_MNEMONIC_TEXT_MAX];
    bool created;
    if (wzp_store_identity(&identity, path, &host, false, &created, &err))
        return wzp_command_fail("identity", WZP_EXIT_USAGE, &err);
    wzp_mnemonic_encode(words, identity.seed);
    puts(words);
    wzp_wipe(words, sizeof words);
    wzp_identity_wipe(&identity);
    return WZP_EXIT_DONE;
}

int wzp_cmd_identity(int argc, char **argv)
{
    struct values v = {0};
    struct wzp_operands operands;
    int status = wzp_command_parse("identity", wzp_identity_options, &v, argc, argv, &operands);
    if (status >= 0)
        return status;
    if (operands.count > 1)
        return wzp_command_usage("identity", "expected show, new, restore or export");
    const char *what = operands.count ? operands.items[0] : "show";
    if (strcmp(what, "show") == 0)
        return show(&v);
    if (strcmp(what, "new") == 0)
        return make(&v);
    if (strcmp(what, "restore") == 0)
        return restore(&v);
    if (strcmp(what, "export") == 0)
        return export();
    return wzp_command_usage("identity", "expected show, new, restore or export");
}
