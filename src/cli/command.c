/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/command.h"

#include <string.h>

#include "base/error.h"
#include "base/nearest.h"
#include "base/text.h"
#include "cli/complete.h"
#include "cli/events.h"
#include "cli/json.h"
#include "cli/terminal.h"
#include "wzp_build.h"

static void say(const char *name, const char *sentence)
{
    char text[2 * WZP_ERROR_TEXT_MAX + 256];
    (void)snprintf(text, sizeof text, "wzp %s: %s", name, sentence);
    wzp_terminal_print(stderr, text, 6);
}

int wzp_command_fail(const char *name, int status, const struct wzp_error *err)
{
    say(name, err->text[0] ? err->text : wzp_strerror(err->code));
    return status;
}

int wzp_command_usage(const char *name, const char *sentence)
{
    say(name, sentence);
    fprintf(stderr, "Try 'wzp %s --help'.\n", name);
    return WZP_EXIT_USAGE;
}

static void print_command_help(FILE *out, const struct wzp_command *command)
{
    char line[256];
    bool own = strstr(command->synopsis, "[OPTION...]") != NULL;
    snprintf(line, sizeof line, "usage: wzp %s%s%s%s", command->name, own ? "" : " [OPTION...]",
             command->synopsis[0] ? " " : "", command->synopsis);
    wzp_terminal_print(out, line, 6);
    wzp_terminal_print(out, command->help, 0);
    if (command->options && command->options->name) {
        fputs("\noptions:\n", out);
        wzp_options_print(out, command->options);
    }
    if (command->run == wzp_cmd_relay)
        return; /* that command's own table has it */
    snprintf(line, sizeof line, "  -h, --help                 this text; the manual: man %s",
             command->manual);
    wzp_terminal_print(out, line, 6);
}

static const struct wzp_command *find(const char *name)
{
    for (const struct wzp_command *c = wzp_commands; c->name; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

/* True when "--help" or "-h" stands before "--"; values of options never look like that. */
static bool wants_help(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

int wzp_command_parse(const char *name, const struct wzp_option *table, void *values, int argc,
                      char **argv, struct wzp_operands *operands)
{
    struct wzp_error err = {0};
    if (wzp_options_parse(table, values, argc, argv, operands, &err))
        return wzp_command_usage(name, err.text);
    return -1;
}

static void print_help(FILE *out)
{
    fputs("usage: wzp COMMAND [OPTION...]\n\ncommands:\n", out);
    for (const struct wzp_command *c = wzp_commands; c->name; c++) {
        char line[160];
        snprintf(line, sizeof line, "  %-13s %s", c->name, c->help);
        wzp_terminal_print(out, line, 6);
    }
    fputc('\n', out);
    wzp_terminal_print(
        out, "wzp COMMAND --help shows a command's options; wzp --version the version.", 0);
    wzp_terminal_print(
        out,
        "A first call: 'wzp identity show' on both sides, then 'wzp answer' here and "
        "'wzp call FINGERPRINT' there. 'wzp demo' works alone.",
        0);
}

static int unknown_command(const char *name)
{
    char safe[64];
    wzp_text_filter(safe, sizeof safe, name, strlen(name));
    char question[WZP_NEAREST_QUESTION_MAX];
    struct wzp_nearest nearest;
    wzp_nearest_begin(&nearest, name);
    wzp_nearest_try(&nearest, "--version");
    for (const struct wzp_command *c = wzp_commands; c->name; c++)
        wzp_nearest_try(&nearest, c->name);
    wzp_nearest_question(question, &nearest, "");
    fprintf(stderr, "wzp: unknown command '%s'%s\n", safe,
            question[0] ? question : "; 'wzp --help' lists them");
    return WZP_EXIT_USAGE;
}

/* Reports a wrong option in front of the command, where only wzp's own are allowed. */
static int wrong_option(char **argv)
{
    static const struct wzp_option own[] = {
        {"version", 'V', WZP_OPTION_FLAG, NULL, 0, 0, 0, "the version", NULL},
        {"help", 'h', WZP_OPTION_FLAG, NULL, 0, 0, 0, "the commands", NULL},
        {0}};
    bool value;
    struct wzp_operands operands;
    struct wzp_error err = {0};
    if (wzp_options_parse(own, &value, 2, argv, &operands, &err) == 0)
        wzp_error_set(&err, WZP_E_ARGUMENT, "give a COMMAND");
    fprintf(stderr, "wzp: %s\nTry 'wzp --help'.\n", err.text);
    return WZP_EXIT_USAGE;
}

static void print_version(bool json)
{
    if (!json) {
        puts("wzp " WZP_VERSION);
        return;
    }
    struct wzp_json_line line;
    wzp_json_line_begin(&line, 0, "version");
    wzp_json_text_if(&line.json, "version", WZP_VERSION);
    wzp_json_integer(&line.json, "schema", WZP_EVENTS_SCHEMA);
    wzp_json_line_end(&line, stdout);
}

int wzp_command_main(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return WZP_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        const struct wzp_command *c = argc > 2 ? find(argv[2]) : NULL;
        if (c)
            print_command_help(stdout, c);
        else if (argc > 2 && argv[1][0] != '-')
            return unknown_command(argv[2]);
        else
            print_help(stdout);
        return WZP_EXIT_DONE;
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        print_version(argc > 2 && (strcmp(argv[2], "--json") == 0 || strcmp(argv[2], "-j") == 0));
        return WZP_EXIT_DONE;
    }
    if (strcmp(argv[1], "complete") == 0) { /* used by the completion scripts, not by people */
        wzp_complete(stdout, (const char *const *)argv + 2, argc - 2);
        return WZP_EXIT_DONE;
    }
    if (argv[1][0] == '-' && argv[1][1])
        return wrong_option(argv);
    const struct wzp_command *c = find(argv[1]);
    if (!c)
        return unknown_command(argv[1]);
    /* wzp relay prints its own help, like wzp-relay. */
    if (c->run != wzp_cmd_relay && wants_help(argc - 1, argv + 1)) {
        print_command_help(stdout, c);
        return WZP_EXIT_DONE;
    }
    return c->run(argc - 1, argv + 1);
}
