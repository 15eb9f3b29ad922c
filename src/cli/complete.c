/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/complete.h"

#include <string.h>

#include "app/store.h"
#include "cli/client_options.h"
#include "cli/command_table.h"
#include "loop/host.h"
#include "wire/codec.h"

/* State of a completion. */
struct completing {
    FILE *out;
    const char *typed, *prefix; /* prefix: "--name=" before the value */
};

static void offer(const struct completing *c, const char *candidate, const char *help)
{
    if (strncmp(candidate, c->typed, strlen(c->typed)) == 0)
        fprintf(c->out, "%s%s\t%s\n", c->prefix, candidate, help);
}

static void offer_list(const struct completing *c, const char *const *list)
{
    for (; *list; list++)
        offer(c, *list, "");
}

/* ---- values ---- */

static void offer_device(void *context, const char *name, const char *description, bool capture,
                         bool playback)
{
    char text[256];
    (void)capture;
    (void)playback;
    snprintf(text, sizeof text, "alsa:%s", name);
    offer(context, text, description);
}

static void offer_sound(struct completing *c, bool is_source)
{
    static const char *const sources[] = {"file:", "tone:440", "silence", NULL};
    static const char *const sinks[] = {"file:", "null", NULL};
    struct wzp_host host;
    wzp_loop_host(&host, NULL, NULL);
    host.calls->audio_list(host.context, offer_device, c, NULL);
    offer_list(c, is_source ? sources : sinks);
}

static void offer_codecs(const struct completing *c)
{
    for (unsigned i = 0; i < WZP_CODEC_COUNT; i++)
        if (i != WZP_CODEC_COMFORT_NOISE)
            offer(c, wzp_codec_info(i)->name, "");
}

static void offer_relay(const struct completing *c)
{
    struct wzp_settings settings;
    struct wzp_host host;
    wzp_loop_host(&host, NULL, NULL);
    if (wzp_settings_load(&settings, &host, NULL, NULL, NULL, NULL) == 0 && settings.relay[0])
        offer(c, settings.relay, "");
}

static void offer_value(struct completing *c, const struct wzp_option *option)
{
    static const char *const e2e[] = {"prefer", "require", "off", NULL};
    static const char *const whose[] = {"ask", "contacts", "all", NULL};
    static const char *const modes[] = {"trusted", "generic", "reject", NULL};
    const char *key = option->key ? option->key : option->name;
    if (strcmp(key, "e2e") == 0)
        offer_list(c, e2e);
    else if (strcmp(key, "auto_answer") == 0)
        offer_list(c, whose);
    else if (strcmp(key, "answer_mode") == 0)
        offer_list(c, modes);
    else if (strcmp(key, "codec") == 0)
        offer_codecs(c);
    else if (strcmp(key, "relay") == 0)
        offer_relay(c);
    else if (strcmp(key, "in") == 0 || strcmp(key, "out") == 0)
        offer_sound(c, key[0] == 'i');
    else if (option->argument && strcmp(option->argument, "FILE") == 0)
        fputs(":files\n", c->out);
}

/* ---- operands ---- */

static void offer_contacts(const struct completing *c)
{
    struct wzp_contacts contacts;
    struct wzp_host host;
    char *text;
    size_t length;
    wzp_loop_host(&host, NULL, NULL);
    wzp_contacts_init(&contacts);
    /* Reads the file directly: the store would set a damaged file aside, which a key press must not
     * do. */
    if (wzp_store_read_optional(&text, &length, &host, &wzp_file_contacts, NULL))
        return;
    if (wzp_contacts_parse(&contacts, text, length, NULL) == 0)
        for (size_t i = 0; i < contacts.count; i++)
            offer(c, contacts.items[i].name, "contact");
    wzp_contacts_fini(&contacts);
    wzp_free(text);
}

static void offer_operand(struct completing *c, const char *command, const char *const *before,
                          int count)
{
    static const char *const identity[] = {"show", "new", "restore", "export", NULL};
    static const char *const contacts[] = {"list", "add", "remove", "forget", NULL};
    static const char *const history[] = {"clear", NULL};
    if (strcmp(command, "call") == 0 && count == 0) {
        offer(c, "echo", "a peer that sends back what it hears");
        offer_contacts(c);
    } else if (strcmp(command, "identity") == 0 && count == 0) {
        offer_list(c, identity);
    } else if (strcmp(command, "contacts") == 0 && count == 0) {
        offer_list(c, contacts);
    } else if (strcmp(command, "contacts") == 0 && count == 1 &&
               (strcmp(before[0], "remove") == 0 || strcmp(before[0], "forget") == 0)) {
        offer_contacts(c);
    } else if (strcmp(command, "history") == 0 && count == 0) {
        offer_list(c, history);
    } else if (strcmp(command, "ping") == 0) {
        offer_relay(c);
    } else if (strcmp(command, "run") == 0 || strcmp(command, "analyze") == 0) {
        fputs(":files\n", c->out);
    }
}

/* ---- words ---- */

/* The option that a word names, when its value is still to come; NULL: none. */
static const struct wzp_option *option_of(const struct wzp_option *table, const char *word,
                                          size_t length)
{
    for (; table && table->name; table++) {
        bool is_long = length > 2 && strncmp(word, "--", 2) == 0 &&
                       strlen(table->name) == length - 2 &&
                       strncmp(table->name, word + 2, length - 2) == 0;
        bool is_short = length == 2 && word[0] == '-' && table->letter && word[1] == table->letter;
        if (is_long || is_short)
            return table->type == WZP_OPTION_FLAG ? NULL : table;
    }
    return NULL;
}

static void offer_options(const struct completing *c, const struct wzp_option *table)
{
    char text[64];
    for (; table && table->name; table++) {
        snprintf(text, sizeof text, "--%s", table->name);
        offer(c, text, wzp_option_help(table));
    }
    offer(c, "--help", "this command's options");
}

static void complete_command(struct completing *c, const struct wzp_command *command,
                             const char *const *words, int count)
{
    const char *operands[8];
    int operand_count = 0;
    const struct wzp_option *waiting = NULL; /* an option that waits for its value */
    for (int i = 0; i < count - 1; i++) {
        if (waiting) {
            waiting = NULL;
            continue;
        }
        waiting = option_of(command->options, words[i], strlen(words[i]));
        if (words[i][0] != '-' && operand_count < 8)
            operands[operand_count++] = words[i];
    }
    size_t name = strcspn(c->typed, "=");
    const struct wzp_option *given =
        c->typed[name] == '=' ? option_of(command->options, c->typed, name) : NULL;
    char prefix[64];
    if (waiting) {
        offer_value(c, waiting);
    } else if (given) {
        snprintf(prefix, sizeof prefix, "--%s=", given->name);
        c->prefix = prefix;
        c->typed += name + 1;
        offer_value(c, given);
        c->prefix = "";
    } else if (c->typed[0] == '-') {
        offer_options(c, command->options);
    } else {
        offer_operand(c, command->name, operands, operand_count);
    }
}

void wzp_complete(FILE *out, const char *const *words, int count)
{
    struct completing c = {.out = out, .typed = count > 0 ? words[count - 1] : "", .prefix = ""};
    if (count <= 1) {
        for (const struct wzp_command *row = wzp_commands; row->name; row++)
            offer(&c, row->name, row->help);
        if (c.typed[0] == '-') {
            offer(&c, "--help", "all commands");
            offer(&c, "--version", "the version");
        }
        return;
    }
    for (const struct wzp_command *row = wzp_commands; row->name; row++)
        if (strcmp(row->name, words[0]) == 0)
            complete_command(&c, row, words + 1, count - 1);
}
