/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Options of commands as tables: parsing, help text and the tests against the man pages all read
 * the same rows. */
#ifndef WZP_CLI_OPTIONS_H
#define WZP_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"

/* Exit status of every program. */
enum wzp_exit {
    WZP_EXIT_DONE = 0,
    WZP_EXIT_USAGE = 1,
    WZP_EXIT_NETWORK = 2, /* no network or relay */
    WZP_EXIT_REFUSED = 3, /* refused, busy, declined */
    WZP_EXIT_TIMEOUT = 4,
    WZP_EXIT_LOST = 5 /* lost mid-call */
};

enum wzp_option_type {
    WZP_OPTION_FLAG,    /* bool */
    WZP_OPTION_STRING,  /* const char *, points into argv */
    WZP_OPTION_NUMBER,  /* unsigned, minimum..maximum */
    WZP_OPTION_SECONDS, /* double, > 0 */
    WZP_OPTION_REPEAT,  /* struct wzp_option_list: may be given several times */
    WZP_OPTION_SETTING  /* struct wzp_option_settings: the value of a key of config.toml */
};
#define WZP_OPTION_REPEAT_MAX 32
struct wzp_option_list {
    const char *items[WZP_OPTION_REPEAT_MAX];
    size_t count;
};
/* The keys that were given as options, in order. */
struct wzp_option_settings {
    struct {
        const char *key, *text;
    } items[WZP_OPTION_REPEAT_MAX];
    size_t count;
};
/* One row. A table ends with a row whose name is NULL. */
struct wzp_option {
    const char *name; /* without "--" */
    char letter;      /* short form, 0 = none */
    enum wzp_option_type type;
    const char *argument;      /* what help shows for the value, NULL for flags */
    size_t offset;             /* into the command's own struct of values */
    unsigned minimum, maximum; /* numbers; 0, 0 = any */
    const char *help;          /* one line; NULL for a setting: the key's own help */
    const char *key;           /* key of config.toml, for WZP_OPTION_SETTING */
};

/* Parses argv[1..] by the table into values (which holds the defaults). Operands (not options) are
 * collected in order. "--" ends options. WZP_E_ARGUMENT with a sentence that names the option and,
 * for an unknown one, the nearest known. */
struct wzp_operands {
    const char *const *items; /* into argv */
    size_t count;
};
int wzp_options_parse(const struct wzp_option *table, void *values, int argc, char **argv,
                      struct wzp_operands *operands, struct wzp_error *err);
/* The help of a row, or of the setting behind it; "" where there is none. */
const char *wzp_option_help(const struct wzp_option *option);
/* Writes the rows as help lines. */
void wzp_options_print(FILE *out, const struct wzp_option *table);

#endif
