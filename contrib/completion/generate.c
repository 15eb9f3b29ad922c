/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* usage: generate bash|zsh|fish wzp|wzp-relay
 * Prints a shell's completion from the same tables that parse the command line and print the help,
 * so that none of them can forget an option. Used while building only. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"

/* Texts stand in single quotes; brackets and colons would be zsh's own. */
static void print_text(const char *text)
{
    for (; *text; text++) {
        if (*text == '\'')
            fputs("’", stdout);
        else if (*text == '[')
            putchar('(');
        else if (*text == ']')
            putchar(')');
        else if (*text == ':')
            putchar(',');
        else
            putchar(*text);
    }
}

static void bash_options(const struct wzp_option *option)
{
    for (; option && option->name; option++)
        printf("--%s ", option->name);
    printf("--help");
}

static void bash(const char *program)
{
    if (strcmp(program, "wzp") != 0) {
        printf("_wzp_relay()\n{\n    local options='");
        bash_options(wzp_relay_options);
        printf("'\n");
    } else {
        printf("_wzp()\n{\n    local options= commands='");
        for (const struct wzp_command *command = wzp_commands; command->name; command++)
            printf("%s%s", command == wzp_commands ? "" : " ", command->name);
        printf("'\n    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
               "        COMPREPLY=($(compgen -W \"$commands --help --version\" -- \"$2\"))\n"
               "        return\n    fi\n    case ${COMP_WORDS[1]} in\n");
        for (const struct wzp_command *command = wzp_commands; command->name; command++) {
            printf("    %s) options='", command->name);
            bash_options(command->options);
            printf("' ;;\n");
        }
        printf("    esac\n");
    }
    printf("    case $2 in\n    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$2\")) ;;\n"
           "    *) COMPREPLY=($(compgen -f -- \"$2\")) ;;\n    esac\n}\n"
           "complete -o filenames -F %s %s\n",
           strcmp(program, "wzp") == 0 ? "_wzp" : "_wzp_relay", program);
}

static void zsh_options(const struct wzp_option *option)
{
    for (; option && option->name; option++) {
        printf(" \\\n        '%s--%s%s[", option->type == WZP_OPTION_REPEAT ? "*" : "",
               option->name, option->type == WZP_OPTION_FLAG ? "" : "=");
        print_text(wzp_option_help(option));
        printf("]");
        if (option->type != WZP_OPTION_FLAG) {
            putchar(':');
            print_text(option->argument ? option->argument : "value");
            printf(":_files");
        }
        putchar('\'');
    }
    printf(" \\\n        '--help[show help]' '*:operand:_files'\n");
}

static void zsh(const char *program)
{
    printf("#compdef %s\n", program);
    if (strcmp(program, "wzp") != 0) {
        printf("_arguments");
        zsh_options(wzp_relay_options);
        return;
    }
    printf("local -a commands\ncommands=(\n");
    for (const struct wzp_command *command = wzp_commands; command->name; command++) {
        printf("    '%s:", command->name);
        print_text(command->help);
        printf("'\n");
    }
    printf(")\nif (( CURRENT == 2 )); then\n    _describe command commands\n    return\nfi\n"
           "local command=$words[2]\nshift words\n(( CURRENT-- ))\ncase $command in\n");
    for (const struct wzp_command *command = wzp_commands; command->name; command++) {
        printf("%s)\n    _arguments", command->name);
        zsh_options(command->options);
        printf("    ;;\n");
    }
    printf("esac\n");
}

static void fish_options(const char *program, const char *condition,
                         const struct wzp_option *option)
{
    for (; option && option->name; option++) {
        printf("complete -c %s %s -l %s", program, condition, option->name);
        if (option->letter)
            printf(" -s %c", option->letter);
        if (option->type != WZP_OPTION_FLAG)
            printf(" -r");
        printf(" -d '");
        print_text(wzp_option_help(option));
        printf("'\n");
    }
}

static void fish(const char *program)
{
    if (strcmp(program, "wzp") != 0) {
        fish_options(program, "", wzp_relay_options);
        return;
    }
    for (const struct wzp_command *command = wzp_commands; command->name; command++) {
        char condition[128];

        printf("complete -c wzp -n __fish_use_subcommand -f -a %s -d '", command->name);
        print_text(command->help);
        printf("'\n");
        snprintf(condition, sizeof condition, "-n '__fish_seen_subcommand_from %s'", command->name);
        fish_options(program, condition, command->options);
    }
}

int main(int count, char **arguments)
{
    static const struct {
        const char *name;
        void (*print)(const char *program);
    } shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};

    for (size_t i = 0; count == 3 && i < sizeof shells / sizeof *shells; i++) {
        if (strcmp(arguments[1], shells[i].name) == 0) {
            shells[i].print(arguments[2]);
            return fflush(stdout) == 0 ? 0 : 1;
        }
    }
    fprintf(stderr, "usage: generate bash|zsh|fish wzp|wzp-relay\n");
    return 1;
}
