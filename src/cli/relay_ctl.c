/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* wzp-relay ctl --control FILE WORD [ARGUMENT]: gives a command to the running relay. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/nearest.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/control_lines.h"
#include "cli/password.h"
#include "cli/relay_control.h"
#include "cli/terminal.h"
#include "crypto/room_key.h"
#include "loop/socket.h"

#define PATIENCE_MS 10000

struct values {
    const char *control;
    bool help;
};
const struct wzp_option wzp_relay_ctl_options[] = {
    {"control", 0, WZP_OPTION_STRING, "FILE", offsetof(struct values, control), 0, 0,
     "the socket that the relay was started with", NULL},
    {"help", 'h', WZP_OPTION_FLAG, NULL, offsetof(struct values, help), 0, 0, "this text", NULL},
    {0}};

static int help(const char *program)
{
    const struct wzp_relay_word *word;
    char usage[128];
    snprintf(usage, sizeof usage,
             "usage: %s ctl --control FILE WORD [ARGUMENT...]\n\nwords:", program);
    wzp_terminal_print(stdout, usage, 6);
    for (size_t i = 0; (word = wzp_relay_word(i)); i++) {
        char left[64], line[160];
        snprintf(left, sizeof left, "%s %s", word->name, word->arguments);
        snprintf(line, sizeof line, "  %-26s %s", left, word->help);
        wzp_terminal_print(stdout, line, 6);
    }
    puts("\noptions:");
    wzp_options_print(stdout, wzp_relay_ctl_options);
    return WZP_EXIT_DONE;
}

/* Prints the last line of an answer: what was done, or why not. */
static int print_end(const char *program, const json_t *end)
{
    bool well = json_is_true(json_object_get(end, "ok"));
    const char *sentence = json_string_value(json_object_get(end, well ? "told" : "error"));
    char safe[512];
    wzp_text_filter(safe, sizeof safe, sentence ? sentence : "", sentence ? strlen(sentence) : 0);
    if (!well)
        fprintf(stderr, "%s ctl: %s\n", program, safe);
    else if (safe[0])
        puts(safe);
    return well ? WZP_EXIT_DONE : WZP_EXIT_REFUSED;
}

/* `lock ROOM`: reads the password without showing it; the relay gets only a key derived from it.
 * key holds 2 * WZP_ROOM_KEY_SIZE + 1. Returns an exit status. */
static int read_key(const char *program, char *key, const char *room)
{
    char password[WZP_ROOM_PASSWORD_MAX], again[WZP_ROOM_PASSWORD_MAX];
    uint8_t bytes[WZP_ROOM_KEY_SIZE];
    struct wzp_error err = {0};
    int result = wzp_password_read(password, sizeof password, "password of the room: ", &err);
    if (!result && wzp_password_asks()) {
        result = wzp_password_read(again, sizeof again, "once more: ", &err);
        if (!result && strcmp(password, again) != 0)
            result = wzp_error_set(&err, WZP_E_ARGUMENT, "these are two passwords");
        wzp_wipe(again, sizeof again);
    }
    if (!result) {
        wzp_room_key(bytes, room, password);
        wzp_hex_encode(key, bytes, sizeof bytes);
        wzp_wipe(bytes, sizeof bytes);
    } else {
        fprintf(stderr, "%s ctl: %s\n", program, err.text);
    }
    wzp_wipe(password, sizeof password);
    return result ? WZP_EXIT_USAGE : WZP_EXIT_DONE;
}

/* Prints lines as they come, up to the last one of the answer. */
static int print_answer(const char *program, struct wzp_control_lines *r)
{
    for (char *line; (line = wzp_control_line(r));) {
        json_t *object = json_loads(line, 0, NULL);
        int status = json_object_get(object, "ok") ? print_end(program, object) : -1;
        json_decref(object);
        if (status >= 0)
            return status;
        if (puts(line) < 0)
            return WZP_EXIT_REFUSED;
    }
    fprintf(stderr, "%s ctl: the relay does not answer\n", program);
    return WZP_EXIT_TIMEOUT;
}

static int ask(const char *program, const char *path, const struct wzp_operands *o)
{
    struct wzp_error err = {0};
    int fd = wzp_socket_connect(path, "relay", &err);
    if (fd < 0) {
        fprintf(stderr, "%s ctl: %s\n", program, err.text);
        return WZP_EXIT_NETWORK;
    }
    struct wzp_control_lines r;
    int status = WZP_EXIT_NETWORK;
    if (wzp_control_lines_open(&r, fd, o, PATIENCE_MS))
        fprintf(stderr, "%s ctl: the relay does not listen\n", program);
    else
        status = print_answer(program, &r);
    wzp_control_lines_close(&r);
    return status;
}

/* The number of arguments in the table. */
static size_t arguments_of(const struct wzp_relay_word *word)
{
    size_t count = 0;
    for (const char *at = word->arguments; *at; at += strspn(at, " ")) {
        at += strcspn(at, " ");
        count++;
    }
    return count;
}

/* Checks that this is a command of the table with the right arguments; else gives a sentence. */
static int check(const struct wzp_operands *o, struct wzp_error *err)
{
    const struct wzp_relay_word *word;
    struct wzp_nearest near;
    char question[WZP_NEAREST_QUESTION_MAX];
    if (o->count == 0)
        return wzp_error_set(err, WZP_E_ARGUMENT, "give --control FILE and a word");
    wzp_nearest_begin(&near, o->items[0]);
    for (size_t i = 0; (word = wzp_relay_word(i)); i++) {
        wzp_nearest_try(&near, word->name);
        if (strcmp(word->name, o->items[0]) == 0)
            break;
    }
    if (!word)
        return wzp_error_set(err, WZP_E_ARGUMENT, "there is no word '%s'%s", o->items[0],
                             wzp_nearest_question(question, &near, ""));
    size_t wanted = arguments_of(word);
    if (o->count - 1 == wanted)
        return 0;
    if (strcmp(word->name, "lock") == 0)
        return wzp_error_set(err, WZP_E_ARGUMENT,
                             "lock takes a room and nothing else: its password is asked for, or "
                             "read from standard input");
    return wzp_error_set(err, WZP_E_ARGUMENT, wanted ? "%s takes %s" : "%s takes nothing",
                         word->name, word->arguments);
}

int wzp_relay_ctl_main(const char *program, int argc, char **argv)
{
    struct values v = {0};
    struct wzp_operands o;
    struct wzp_error err = {0};
    int result = wzp_options_parse(wzp_relay_ctl_options, &v, argc, argv, &o, &err);
    if (!result && !v.help && !v.control)
        result = wzp_error_set(&err, WZP_E_ARGUMENT, "give --control FILE and a word");
    if (!result && !v.help)
        result = check(&o, &err);
    if (result) {
        fprintf(stderr, "%s ctl: %s\nTry '%s ctl --help'.\n", program, err.text, program);
        return WZP_EXIT_USAGE;
    }
    if (v.help)
        return help(program);
    char key[2 * WZP_ROOM_KEY_SIZE + 1];
    const char *lock[] = {"lock", o.items[1], key};
    if (strcmp(o.items[0], "lock") == 0) {
        int status = read_key(program, key, o.items[1]);
        if (status != WZP_EXIT_DONE)
            return status;
        o.items = lock;
        o.count = 3;
    }
    int status = ask(program, v.control, &o);
    wzp_wipe(key, sizeof key);
    return status;
}
