/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* usage: generate bash|zsh|fish wzp|wzp-relay|wzp-tui
 * Prints a shell's completion from the same tables that parse the command line and print the help,
 * so that none of them can forget an option. Used while building only. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/tui_command.h"

/* Texts are put in single quotes; brackets and colons are special to zsh. */
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

/* Options of a program that has no commands. */
static const struct wzp_option *options_of(const char *program)
{
    return strcmp(program, "wzp-tui") == 0 ? wzp_tui_options : wzp_relay_options;
}

static void bash_options(const struct wzp_option *option)
{
    for (; option && option->name; option++)
        printf("--%s ", option->name);
    printf("--help");
}

/* wzp itself prints what can follow: values, contacts, devices. Words are split at blanks only,
 * since bash would also split alsa:NAME. */
static const char wzp_bash[] =
    "_wzp()\n{\n"
    "    local typed=${COMP_LINE:0:COMP_POINT} current line candidate\n"
    "    local -a words\n"
    "    read -ra words <<<\"$typed\"\n"
    "    case $typed in *[[:blank:]]) words+=('') ;; esac\n"
    "    current=${words[${#words[@]} - 1]}\n"
    "    COMPREPLY=()\n"
    "    while IFS= read -r line; do\n"
    "        if [ \"$line\" = :files ]; then\n"
    "            compopt -o filenames 2>/dev/null\n"
    "            while IFS= read -r candidate; do COMPREPLY+=(\"$candidate\"); done < <(compgen -f "
    "-- \"$current\")\n"
    "            continue\n"
    "        fi\n"
    "        printf -v candidate %q \"${line%%$'\\t'*}\"\n"
    "        case $COMP_WORDBREAKS in *:*) case $current in *:*) "
    "candidate=${candidate#\"${current%\"${current##*:}\"}\"} ;; esac ;; esac\n"
    "        case $COMP_WORDBREAKS in *=*) case $current in *=*) "
    "candidate=${candidate#\"${current%%=*}=\"} ;; esac ;; esac\n"
    "        COMPREPLY+=(\"$candidate\")\n"
    "    done < <(\"${WZP:-wzp}\" complete \"${words[@]:1}\" 2>/dev/null)\n"
    "}\n"
    "complete -F _wzp wzp\n";

static void bash(const char *program)
{
    if (strcmp(program, "wzp") == 0) {
        fputs(wzp_bash, stdout);
        return;
    }
    const char *function = strcmp(program, "wzp-tui") == 0 ? "_wzp_tui" : "_wzp_relay";
    printf("%s()\n{\n    local options='", function);
    bash_options(options_of(program));
    printf("'\n    case $2 in\n    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$2\")) ;;\n"
           "    *) COMPREPLY=($(compgen -f -- \"$2\")) ;;\n    esac\n}\n"
           "complete -o filenames -F %s %s\n",
           function, program);
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

static const char wzp_zsh[] = "#compdef wzp\n"
                              "local line\n"
                              "local -a candidates\n"
                              "while IFS= read -r line; do\n"
                              "    if [[ $line = :files ]]; then _files; continue; fi\n"
                              "    candidates+=(\"${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}\")\n"
                              "done < <(wzp complete \"${(@)words[2,CURRENT]}\" 2>/dev/null)\n"
                              "_describe -V wzp candidates\n";

static void zsh(const char *program)
{
    if (strcmp(program, "wzp") == 0) {
        fputs(wzp_zsh, stdout);
        return;
    }
    printf("#compdef %s\n_arguments", program);
    zsh_options(options_of(program));
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

static const char wzp_fish[] = "function __wzp_complete\n"
                               "    set -l words (commandline -opc) (commandline -ct)\n"
                               "    for line in (wzp complete $words[2..-1] 2>/dev/null)\n"
                               "        if test \"$line\" = :files\n"
                               "            __fish_complete_path (commandline -ct)\n"
                               "        else\n"
                               "            echo $line\n"
                               "        end\n"
                               "    end\n"
                               "end\n"
                               "complete -c wzp -f -a '(__wzp_complete)'\n";

static void fish(const char *program)
{
    if (strcmp(program, "wzp") == 0)
        fputs(wzp_fish, stdout);
    else
        fish_options(program, "", options_of(program));
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
    fprintf(stderr, "usage: generate bash|zsh|fish wzp|wzp-relay|wzp-tui\n");
    return 1;
}
