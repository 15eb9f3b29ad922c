/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* wzp-relay ctl --control FILE WORD [ARGUMENT]: the relay that runs already does it. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/json.h"
#include "cli/command.h"
#include "cli/relay_control.h"
#include "loop/socket.h"

#define PATIENCE 10 /* s of silence */

struct values {
    const char *control;
    bool help;
};
const struct wzp_option wzp_relay_ctl_options[] = {
    {"control", 0, WZP_OPTION_STRING, "FILE", offsetof(struct values, control), 0, 0,
     "the socket that the relay was started with", NULL},
    {"help", 'h', WZP_OPTION_FLAG, NULL, offsetof(struct values, help), 0, 0, "this text", NULL},
    {0}};

static int send_words(int fd, const struct wzp_operands *o)
{
    struct wzp_buffer b;
    struct wzp_json j;
    wzp_buffer_init(&b, 32 * 1024);
    wzp_json_init(&j, &b);
    wzp_json_object_begin(&j, NULL);
    wzp_json_text(&j, "command", o->items[0]);
    wzp_json_array_begin(&j, "arguments");
    for (size_t i = 1; i < o->count; i++)
        wzp_json_text(&j, NULL, o->items[i]);
    wzp_json_array_end(&j);
    wzp_json_object_end(&j);
    wzp_buffer_char(&b, '\n');
    bool sent = wzp_json_finish(&j) == 0 && b.result == 0 &&
                send(fd, b.text, b.length, MSG_NOSIGNAL) == (ssize_t)b.length;
    wzp_buffer_fini(&b);
    return sent ? 0 : WZP_E_IO;
}

/* Lines as they come, until the one that ends the answer. */
static int print_answer(const char *program, FILE *in)
{
    static char line[WZP_SOCKET_LINE_MAX];
    while (fgets(line, sizeof line, in)) {
        if (strncmp(line, "{\"ok\":", 6) != 0) {
            if (fputs(line, stdout) < 0)
                return WZP_EXIT_REFUSED;
            continue;
        }
        bool well = strncmp(line + 6, "true", 4) == 0;
        char *from = strchr(line + 6, ':'), *end = strrchr(line, '"');
        from = from ? strchr(from, '"') : NULL;
        if (from && end && end > from + 1) {
            *end = '\0';
            fprintf(well ? stdout : stderr, "%s%s%s\n", well ? "" : program,
                    well ? "" : " ctl: ", from + 1);
        }
        return well ? WZP_EXIT_DONE : WZP_EXIT_REFUSED;
    }
    fprintf(stderr, "%s ctl: the relay does not answer\n", program);
    return WZP_EXIT_TIMEOUT;
}

static int ask(const char *program, const char *path, const struct wzp_operands *o)
{
    struct wzp_error err = {0};
    const struct timeval patience = {.tv_sec = PATIENCE};
    int fd = wzp_socket_connect(path, &err);
    if (fd < 0) {
        fprintf(stderr, "%s ctl: %s\n", program, err.text);
        return WZP_EXIT_NETWORK;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    FILE *in = send_words(fd, o) ? NULL : fdopen(fd, "r");
    if (!in) {
        fprintf(stderr, "%s ctl: the relay does not listen\n", program);
        close(fd);
        return WZP_EXIT_NETWORK;
    }
    int status = print_answer(program, in);
    fclose(in);
    return status;
}

int wzp_relay_ctl_main(const char *program, int argc, char **argv)
{
    struct values v = {0};
    struct wzp_operands o;
    struct wzp_error err = {0};
    int result = wzp_options_parse(wzp_relay_ctl_options, &v, argc, argv, &o, &err);
    if (!result && !v.help && (!v.control || o.count == 0))
        result = wzp_error_set(&err, WZP_E_ARGUMENT, "give --control FILE and a word");
    if (result) {
        fprintf(stderr, "%s ctl: %s\nTry '%s ctl --help'.\n", program, err.text, program);
        return WZP_EXIT_USAGE;
    }
    if (v.help) {
        printf("usage: %s ctl --control FILE WORD [ARGUMENT]\n"
               "words: who, rooms, links, counters, bans, kick FINGERPRINT|ADDRESS,\n"
               "  ban FINGERPRINT|ADDRESS, unban FINGERPRINT|ADDRESS, drain\n\noptions:\n",
               program);
        wzp_options_print(stdout, wzp_relay_ctl_options);
        return WZP_EXIT_DONE;
    }
    return ask(program, v.control, &o);
}
