/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/options.h"

#include <string.h>

#include "cli/command_table.h"
#include "cli/relay_control.h"
#include "cli/tui_command.h"
#include "tap.h"

struct values {
    bool flag;
    const char *text;
    unsigned number;
    double seconds;
    struct wzp_option_list list;
};
static const struct wzp_option table[] = {
    {"flag", 'f', WZP_OPTION_FLAG, NULL, offsetof(struct values, flag), 0, 0, "a flag", NULL},
    {"text", 't', WZP_OPTION_STRING, "T", offsetof(struct values, text), 0, 0, "a text", NULL},
    {"number", 'n', WZP_OPTION_NUMBER, "N", offsetof(struct values, number), 1, 9, "a number",
     NULL},
    {"seconds", 's', WZP_OPTION_SECONDS, "S", offsetof(struct values, seconds), 0, 0, "a time",
     NULL},
    {"list", 'l', WZP_OPTION_REPEAT, "L", offsetof(struct values, list), 0, 0, "a list", NULL},
    {0}};

/* Parses a line of words at blanks. */
static int parse(struct values *v, struct wzp_operands *operands, struct wzp_error *err,
                 const char *line)
{
    static char copy[256];
    static char *argv[32];
    int argc = 0;
    snprintf(copy, sizeof copy, "%s", line);
    argv[argc++] = (char *)"command";
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    *v = (struct values){0};
    *err = (struct wzp_error){0};
    return wzp_options_parse(table, v, argc, argv, operands, err);
}

static void refused(const char *line, const char *words)
{
    struct values v;
    struct wzp_operands operands;
    struct wzp_error err;
    is_int(parse(&v, &operands, &err, line), WZP_E_ARGUMENT, "refused: %s", line);
    ok(strstr(err.text, words) != NULL, "and says why: %s", err.text);
}

/* A letter or name that occurs twice in one table would silently select the first row. */
static void test_table(const char *whose, const struct wzp_option *rows)
{
    for (const struct wzp_option *a = rows; a->name; a++)
        for (const struct wzp_option *b = a + 1; b->name; b++) {
            if (strcmp(a->name, b->name) == 0)
                ok(false, "%s has --%s once", whose, a->name);
            if (a->letter && a->letter == b->letter)
                ok(false, "%s: -%c is --%s or --%s", whose, a->letter, a->name, b->name);
        }
    ok(true, "%s: each option has a name and a letter of its own", whose);
}

static void test_tables(void)
{
    for (const struct wzp_command *c = wzp_commands; c->name; c++)
        if (c->options)
            test_table(c->name, c->options);
    test_table("relay ctl", wzp_relay_ctl_options);
    test_table("wzp-tui", wzp_tui_options);
}

TAP_MAIN
{
    struct values v;
    struct wzp_operands o;
    struct wzp_error err;
    is_int(parse(&v, &o, &err, "one -f --text=a two -n 7 --seconds 2.5 -lx --list y three"), 0,
           "all forms are read");
    ok(v.flag, "flag");
    is_str(v.text, "a", "--name=value");
    is_int(v.number, 7, "-n value");
    is_near(v.seconds, 2.5, 1e-9, "--name value");
    ok(v.list.count == 2 && strcmp(v.list.items[0], "x") == 0 && strcmp(v.list.items[1], "y") == 0,
       "a list collects, -lvalue too");
    ok(o.count == 3 && strcmp(o.items[0], "one") == 0 && strcmp(o.items[2], "three") == 0,
       "operands stay in order between options");
    is_int(parse(&v, &o, &err, "-- --flag"), 0, "-- ends options");
    ok(!v.flag && o.count == 1 && strcmp(o.items[0], "--flag") == 0, "what follows is an operand");
    is_int(parse(&v, &o, &err, "-"), 0, "a single - is an operand");
    is_int(o.count, 1, "and counts");
    refused("--flga", "did you mean --flag");
    refused("--zzzzzzzz", "unknown option --zzzzzzzz");
    refused("-x", "unknown option -x");
    parse(&v, &o, &err, "-x");
    is_str(err.text, "unknown option -x", "a letter is like no other");
    refused("--flag=1", "takes no value");
    refused("--text", "wants a value");
    refused("-n 0", "1 to 9");
    refused("-n 10", "1 to 9");
    refused("-n -3", "whole number");
    refused("-n 99999999999999999999", "whole number");
    refused("-s 0", "seconds");
    refused("-s nan", "seconds");
    refused("-s 1e99", "seconds");
    test_tables();
}
