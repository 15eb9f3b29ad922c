/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/tui_command.h"

#include <langinfo.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "cli/terminal.h"
#include "cli/tui_softphone.h"
#include "wzp_build.h"

#define PLACE(field) offsetof(struct wzp_tui_values, field)
#define ROW(name, letter, kind, argument, field, help)                                             \
    {                                                                                              \
        name, letter, WZP_OPTION_##kind, argument, PLACE(field), 0, 0, help, NULL                  \
    }
const struct wzp_option wzp_tui_options[] = {
    ROW("demo", 'D', FLAG, NULL, demo, "a relay and peers on this machine, nothing leaves it"),
    ROW("plain", 'p', FLAG, NULL, plain, "line by line, for screen readers and pipes"),
    ROW("theme", 'T', STRING, "NAME", theme, "dark, light, mono, contrast"),
    ROW("ascii", 'A', FLAG, NULL, ascii, "draw with ASCII only"),
    ROW("mouse", 'm', FLAG, NULL, mouse, "the mouse chooses screens and rows"),
    ROW("keys", 'k', STRING, "FILE", keys, "read FILE instead of keys.conf"),
    WZP_CLIENT_SETTING(struct wzp_tui_values, "relay", 'r', "HOST[:PORT]", "relay"),
    WZP_CLIENT_SETTING(struct wzp_tui_values, "in", 'i', "SRC", "in"),
    WZP_CLIENT_SETTING(struct wzp_tui_values, "out", 'o', "DST", "out"),
    WZP_CLIENT_SETTING(struct wzp_tui_values, "alias", 'a', "NAME", "alias"),
    WZP_CLIENT_SETTING(struct wzp_tui_values, "e2e", 'e', "P", "e2e"),
    WZP_CLIENT_SETTING(struct wzp_tui_values, "codec", 'c', "C", "codec"),
    WZP_CLIENT_SETTING(struct wzp_tui_values, "token", 't', "FILE", "token_file"),
    WZP_CLIENT_ROW(struct wzp_tui_values, "accept-relay", 0, FLAG, NULL, accept_relay,
                   "accept the relay's new or changed certificate"),
    WZP_CLIENT_ROW(struct wzp_tui_values, "config", 'C', STRING, "FILE", config,
                   "read FILE instead of config.toml"),
    WZP_CLIENT_ROW(struct wzp_tui_values, "verbose", 'v', FLAG, NULL, verbose,
                   "debug lines in the log"),
    {0}};

/* ---- line by line ---- */

static void on_line(void *context, const char *line)
{
    struct wzp_tui_program *p = context;
    struct wzp_buffer b;
    wzp_buffer_init(&b, 1 << 20);
    if (line)
        wzp_plain_line(&p->plain, &b, line);
    wzp_tui_write_out(&b);
    if (!line || p->plain.quit || ferror(stdout))
        wzp_tui_stop(p);
}

static void on_signal(void *context, int number)
{
    struct wzp_tui_program *p = context;
    (void)number;
    if (p->stopping)
        wzp_loop_stop(p->loop);
    wzp_tui_stop(p);
}

static int open_plain(struct wzp_tui_program *p, struct wzp_error *err)
{
    struct wzp_buffer b;
    p->plain.view = &p->view.view;
    p->plain.ascii = p->values.ascii || strcasecmp(nl_langinfo(CODESET), "UTF-8") != 0;
    wzp_buffer_init(&b, 1 << 16);
    wzp_plain_hello(&p->plain, &b);
    wzp_tui_write_out(&b);
    int result = wzp_interrupts_start(&p->interrupts, p->loop, on_signal, p, err);
    if (result)
        return result;
    if (wzp_lines_start(&p->lines, p->loop, STDIN_FILENO, on_line, p))
        return wzp_error_set(err, WZP_E_IO, "cannot read commands from standard input");
    return 0;
}

/* ---- the screen ---- */

static void read_keys(struct wzp_tui_program *p)
{
    struct wzp_host_file file = {.place = p->values.keys ? WZP_PLACE_PATH : WZP_PLACE_CONFIG,
                                 .name = p->values.keys ? p->values.keys : "keys.conf",
                                 .limit = 256 * 1024};
    struct wzp_error err = {0};
    char *text;
    size_t length;
    int result = p->host.calls->file_read(p->host.context, &text, &length, &file, &err);
    uint64_t now = wzp_loop_now(p->loop);
    if (result == 0) {
        wzp_tui_keys(p->face.tui, text, length, now);
        wzp_free(text);
    } else if (result != WZP_E_NOT_FOUND || p->values.keys) {
        wzp_tui_notice(p->face.tui, WZP_STYLE_WARN, err.text, now);
    }
}

static int open_screen(struct wzp_tui_program *p, struct wzp_error *err)
{
    struct wzp_face_config config = {.view = &p->view.view,
                                     .theme = p->values.theme,
                                     .ascii = p->values.ascii,
                                     .mouse = p->values.mouse,
                                     .stop = wzp_tui_stop,
                                     .take_over = wzp_tui_take_over,
                                     .context = p};
    int result = wzp_face_open(&p->face, p->loop, &p->host, &config, err);
    if (result)
        return result;
    p->on_screen = true;
    read_keys(p);
    if (p->view.first_run)
        wzp_tui_first_run(p->face.tui);
    wzp_face_kick(&p->face);
    return 0;
}

/* ---- life ---- */

static int run(struct wzp_tui_program *p, struct wzp_error *err)
{
    int result = wzp_tui_softphone_open(p, err);
    bool plain = p->values.plain || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO);
    if (!result && !plain) {
        result = open_screen(p, err);
        if (result == WZP_E_UNSUPPORTED) { /* a terminal that cannot place its cursor: line mode */
            fprintf(stderr, "%s: %s; line by line instead\n", p->name, err->text);
            plain = true;
            result = 0;
        }
    }
    if (!result && plain)
        result = open_plain(p, err);
    for (size_t i = 0; !result && i < p->wrong.count; i++)
        wzp_tui_tell(p, WZP_STYLE_WARN, p->wrong.sentences[i]);
    if (!result)
        result = wzp_timer_start(&p->start, p->loop, 0, 0, wzp_tui_softphone_start, p);
    if (!result)
        wzp_loop_run(p->loop);
    return result;
}

static void close_program(struct wzp_tui_program *p)
{
    wzp_scripts_close(&p->scripts); /* scripts use the screen, so they are closed first */
    if (p->on_screen)
        wzp_face_close(&p->face);
    p->on_screen = false;
    wzp_lines_close(p->lines);
    wzp_timer_close(p->start);
    wzp_timer_close(p->retry);
    wzp_interrupts_close(&p->interrupts);
    bool busy = wzp_tui_netcheck_close(&p->netcheck);
    wzp_tui_softphone_close(p);
    wzp_tui_demo_close(&p->demo);
    if (!busy) /* else a thread still waits: the end of the process ends it */
        wzp_loop_free(p->loop);
}

static int help(const char *name)
{
    printf("usage: %s [OPTION...]\n", name);
    wzp_terminal_print(stdout, "The softphone in a terminal; ? shows the keys.\n\noptions:", 0);
    wzp_options_print(stdout, wzp_tui_options);
    wzp_terminal_print(stdout, "  -h, --help                 this text; the manual: man wzp-tui",
                       6);
    wzp_terminal_print(stdout, "  -V, --version              the version", 6);
    return WZP_EXIT_DONE;
}

int wzp_tui_command_main(const char *name, int argc, char **argv)
{
    struct wzp_operands operands;
    struct wzp_error err = {0};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return help(name);
        if (strcmp(argv[i], "--version") == 0 || strcmp(argv[i], "-V") == 0)
            return printf("%s %s\n", name, WZP_VERSION) > 0 ? WZP_EXIT_DONE : WZP_EXIT_USAGE;
    }
    struct wzp_tui_program *p = wzp_calloc(1, sizeof *p);
    if (!p)
        return WZP_EXIT_USAGE;
    p->name = name;
    int result = wzp_options_parse(wzp_tui_options, &p->values, argc, argv, &operands, &err);
    if (!result && operands.count > 0)
        result = wzp_error_set(&err, WZP_E_ARGUMENT, "wzp-tui takes no arguments");
    if (!result && p->values.theme && !wzp_theme_find(p->values.theme))
        result =
            wzp_error_set(&err, WZP_E_ARGUMENT, "--theme is one of dark, light, mono, contrast");
    bool asked_wrongly = result != 0;
    if (!result)
        result = run(p, &err);
    close_program(p);
    wzp_free(p);
    if (result)
        fprintf(stderr, "%s: %s%s\n", name, err.text, asked_wrongly ? " (try --help)" : "");
    return result ? WZP_EXIT_USAGE : WZP_EXIT_DONE;
}
