/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* wzp ctl COMMAND [ARGUMENT...], wzp ctl events: gives a command to the running softphone. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/control.h"
#include "cli/control_lines.h"
#include "loop/host.h"

struct values {
    bool json;
    double timeout;
};
const struct wzp_option wzp_ctl_options[] = {
    {"json", 'j', WZP_OPTION_FLAG, NULL, offsetof(struct values, json), 0, 0,
     "the answer as one JSON object", NULL},
    {"timeout", 't', WZP_OPTION_SECONDS, "S", offsetof(struct values, timeout), 0, 0,
     "wait S seconds for the answer (default 10)", NULL},
    {0}};

/* ---- answers ---- */

static int complain(const char *sentence)
{
    char safe[512];
    wzp_text_filter(safe, sizeof safe, sentence, strlen(sentence));
    fprintf(stderr, "wzp ctl: %s\n", safe);
    return WZP_EXIT_REFUSED;
}

/* True for an error of usage, not a refusal by the softphone. */
static bool is_misuse(const char *code)
{
    return strcmp(code, wzp_strerror(WZP_E_UNKNOWN)) == 0 ||
           strcmp(code, wzp_strerror(WZP_E_ARGUMENT)) == 0;
}

/* A text member, made safe for terminals, "" when there is none. Eight results may be in use at
 * once. */
static const char *text_of(const json_t *object, const char *key)
{
    static char safe[8][256];
    static unsigned turn;
    const char *text = json_string_value(json_object_get(object, key));
    char *out = safe[turn++ % 8];
    wzp_text_filter(out, sizeof safe[0], text ? text : "", text ? strlen(text) : 0);
    return out;
}

static const char *word_if(const json_t *object, const char *key, const char *word)
{
    return json_is_true(json_object_get(object, key)) ? word : "";
}

static void print_session(const json_t *s)
{
    const char *room = text_of(s, "room"), *name = text_of(s, "name"), *peer = text_of(s, "peer");
    printf("%-12s %lld %s %s%s%s%s%s", text_of(s, "kind"),
           (long long)json_integer_value(json_object_get(s, "session")), text_of(s, "state"),
           room[0]   ? room
           : name[0] ? name
                     : peer,
           word_if(s, "muted", ", muted"), word_if(s, "held", ", on hold"),
           word_if(s, "direct", ", direct"), word_if(s, "e2e", ", end to end"));
    const char *code = text_of(s, "sas");
    printf("%s%s\n", code[0] ? ", safety code " : "", code);
}

static void print_status(const json_t *answer)
{
    const json_t *sessions = json_object_get(answer, "sessions");
    const char *alias = text_of(answer, "alias");
    size_t i;
    json_t *s;
    printf("fingerprint  %s\n", text_of(answer, "fingerprint"));
    if (alias[0])
        printf("alias        %s\n", alias);
    printf("relay        %s, %s\n", text_of(answer, "relay"),
           json_is_true(json_object_get(answer, "registered")) ? "registered" : "not registered");
    if (json_array_size(sessions) == 0)
        puts("no calls");
    json_array_foreach(sessions, i, s)
    {
        print_session(s);
    }
}

static void print_commands(const json_t *commands)
{
    size_t i, j;
    json_t *command, *argument;
    json_array_foreach(commands, i, command)
    {
        char left[160];
        snprintf(left, sizeof left, "%s", text_of(command, "command"));
        json_array_foreach(json_object_get(command, "arguments"), j, argument)
        {
            bool optional = json_is_true(json_object_get(argument, "optional"));
            size_t used = strlen(left);
            snprintf(left + used, sizeof left - used, " %s%s%s", optional ? "[" : "",
                     text_of(argument, "name"), optional ? "]" : "");
            for (char *at = left + used; *at; at++)
                if (*at >= 'a' && *at <= 'z')
                    *at = (char)(*at - 'a' + 'A');
        }
        printf("%-31s %s\n", left, text_of(command, "help"));
    }
}

static void print_contacts(const json_t *contacts)
{
    size_t i;
    json_t *contact;
    if (json_array_size(contacts) == 0)
        puts("no contacts");
    json_array_foreach(contacts, i, contact)
    {
        printf("%s  %-8s  %s%s\n", text_of(contact, "fingerprint"), text_of(contact, "presence"),
               text_of(contact, "name"), word_if(contact, "verified", "  verified"));
    }
}

static int print_answer(const char *line, bool as_json)
{
    json_t *answer = json_loads(line, 0, NULL);
    bool well = json_is_true(json_object_get(answer, "ok"));
    const char *told = json_string_value(json_object_get(answer, "told"));
    const char *error = json_string_value(json_object_get(answer, "error"));
    int status = well                                 ? WZP_EXIT_DONE
                 : is_misuse(text_of(answer, "code")) ? WZP_EXIT_USAGE
                                                      : WZP_EXIT_REFUSED;
    if (as_json)
        puts(line);
    else if (well && json_object_get(answer, "commands"))
        print_commands(json_object_get(answer, "commands"));
    else if (well && json_object_get(answer, "contacts"))
        print_contacts(json_object_get(answer, "contacts"));
    else if (well && json_object_get(answer, "sessions"))
        print_status(answer);
    else if (well && told)
        puts(told);
    else if (!well)
        complain(error ? error : "an answer that cannot be read");
    json_decref(answer);
    return status;
}

/* Prints events until the softphone ends or our output is closed. */
static int print_events(struct wzp_control_lines *r)
{
    r->patience = -1;
    for (char *line; (line = wzp_control_line(r));) {
        if (puts(line) < 0 || fflush(stdout))
            break;
    }
    return WZP_EXIT_DONE;
}

int wzp_ctl_do(const char *name, const struct wzp_operands *o, bool as_json, double timeout)
{
    int status;
    struct wzp_host host;
    struct wzp_error err = {0};
    wzp_loop_host(&host, NULL, NULL);
    int fd = wzp_control_connect(&host, &err);
    if (fd < 0)
        return wzp_command_fail(name, WZP_EXIT_NETWORK, &err);
    struct wzp_control_lines r;
    int result = wzp_control_lines_open(&r, fd, o, (int)(timeout < 1e6 ? timeout * 1000 : 1e9));
    char *line = result ? NULL : wzp_control_line(&r);
    if (!line) {
        status = WZP_EXIT_TIMEOUT;
        complain("the softphone does not answer");
    } else if (strcmp(o->items[0], "events") == 0) {
        status = print_events(&r);
    } else {
        status = print_answer(line, as_json);
    }
    wzp_control_lines_close(&r);
    return status;
}

int wzp_cmd_ctl(int argc, char **argv)
{
    struct values v = {.timeout = 10};
    struct wzp_operands o;
    int status = wzp_command_parse("ctl", wzp_ctl_options, &v, argc, argv, &o);
    if (status >= 0)
        return status;
    if (o.count == 0)
        return wzp_command_usage("ctl", "give a command, status, contacts, commands, or events");
    return wzp_ctl_do("ctl", &o, v.json, v.timeout);
}
