/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Reads the relay's configuration file by the table of its keys. Source: wzp-protocol(7), Relay
 * rules. */
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/error.h"
#include "base/log.h"
#include "base/nearest.h"
#include "base/text.h"
#include "base/toml.h"
#include "crypto/certificate.h"
#include "crypto/identity.h"
#include "relay/config_table.h"
#include "relay/pool_url.h"
#include "wire/name.h"

struct reader {
    struct wzp_relay_config *config;
    size_t size; /* of that struct */
    void (*warn)(void *context, const char *sentence);
    void *context;
    unsigned char told[WZP_CONFIG_ROWS_MAX]; /* a key without effect is reported once */
};

static void warn(const struct reader *reader, const char *sentence)
{
    if (reader->warn)
        reader->warn(reader->context, sentence);
}

static const struct wzp_config_row *find(const char *table, const char *key)
{
    const struct wzp_config_row *row;
    for (size_t i = 0; (row = wzp_config_row(i)); i++)
        if (strcmp(row->table, table) == 0 && strcmp(row->key, key) == 0)
            return row;
    return NULL;
}

static void warn_unknown(const struct reader *reader, const struct wzp_toml_value *value)
{
    char name[64], sentence[256], question[WZP_NEAREST_QUESTION_MAX];
    const struct wzp_relay_config_key *known;
    struct wzp_nearest nearest;

    if (value->table[0])
        snprintf(sentence, sizeof sentence, "%s.%s", value->table, value->key);
    else
        snprintf(sentence, sizeof sentence, "%s", value->key);
    wzp_text_filter(name, sizeof name, sentence, strlen(sentence));
    wzp_nearest_begin(&nearest, name);
    for (size_t i = 0; (known = wzp_relay_config_key(i)); i++)
        wzp_nearest_try(&nearest, known->name);
    snprintf(sentence, sizeof sentence, "line %u: unknown key %s, ignored%s", value->line, name,
             wzp_nearest_question(question, &nearest, ""));
    warn(reader, sentence);
}

static int wrong(const struct wzp_toml_value *value, const struct wzp_config_row *row,
                 const char *what, struct wzp_error *err)
{
    return wzp_error_set(err, WZP_E_ARGUMENT, "line %u: %s: %s", value->line, row->shown.name,
                         what);
}

/* An empty text means not set. */
static bool is_ip(const char *text)
{
    struct wzp_addr address;
    return !text[0] || wzp_addr_parse_ip(&address, text, 1) == 0;
}

static bool is_url(const char *text)
{
    const char *host = strncmp(text, "http://", 7) == 0    ? text + 7
                       : strncmp(text, "https://", 8) == 0 ? text + 8
                                                           : NULL;
    return !text[0] || (host && host[0] && host[0] != '/' && !strpbrk(text, " \t\r\n"));
}

/* A host as browsers write it, without scheme, port or path: no other spelling would ever match. */
static bool is_site(const char *text)
{
    size_t length =
        strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_");
    if (text[0] == '[')
        length = 1 + strspn(text + 1, "ABCDEFabcdef0123456789.:") + 1;
    return strcmp(text, "*") == 0 ||
           (length > 0 && length == strlen(text) && (text[0] == '[') == (text[length - 1] == ']'));
}

static int set_text(void *field, const struct wzp_toml_value *value,
                    const struct wzp_config_row *row, struct wzp_error *err)
{
    struct wzp_addr address;
    enum wzp_log_level level;
    struct wzp_pool_url directory;
    struct wzp_error why = {0};

    if (value->type != WZP_TOML_STRING)
        return wrong(value, row, "a text in quotes is wanted", err);
    if (row->kind == WZP_CONFIG_ADDRESS &&
        wzp_addr_parse(&address, value->string, strlen(value->string)) < 0)
        return wrong(value, row,
                     "ip:port is wanted, for example \"[::]:4433\"; names are not resolved", err);
    if (row->kind == WZP_CONFIG_IP && !is_ip(value->string))
        return wrong(value, row, "an IP address is wanted, for example \"127.0.0.1\" or \"::1\"",
                     err);
    if (row->kind == WZP_CONFIG_URL && !is_url(value->string))
        return wrong(value, row, "a URL is wanted, for example \"https://auth.example/check\"",
                     err);
    if (row->kind == WZP_CONFIG_SITE && !is_site(value->string))
        return wrong(value, row, "the host of a page is wanted, for example \"phone.example\"",
                     err);
    if (row->kind == WZP_CONFIG_DIRECTORY &&
        wzp_pool_url_parse(&directory, value->string, strlen(value->string), &why) < 0)
        return wrong(value, row, why.text, err);
    if (row->kind == WZP_CONFIG_LEVEL && wzp_log_level_parse(&level, value->string) < 0)
        return wrong(value, row, "error, warn, info or debug is wanted", err);
    size_t size = row->kind == WZP_CONFIG_MEMBERS ? WZP_RELAY_MEMBER_TEXT_MAX : row->size;
    if (!wzp_text_copy(field, size, value->string))
        return wrong(value, row, "too long", err);
    return 0;
}

static int set_number(void *field, const struct wzp_toml_value *value,
                      const struct wzp_config_row *row, struct wzp_error *err)
{
    int64_t maximum = row->kind == WZP_CONFIG_PORT ? 65535 : row->maximum;
    char range[64];

    if (value->type != WZP_TOML_INTEGER)
        return wrong(value, row, "a whole number is wanted", err);
    if (value->integer < row->minimum || value->integer > maximum) {
        snprintf(range, sizeof range, "must be from %lld to %lld", (long long)row->minimum,
                 (long long)maximum);
        return wrong(value, row, range, err);
    }
    if (row->kind == WZP_CONFIG_PORT)
        *(int *)field = (int)value->integer;
    else
        *(unsigned *)field = (unsigned)value->integer;
    return 0;
}

static int set_value(void *field, const struct wzp_toml_value *value,
                     const struct wzp_config_row *row, struct wzp_error *err)
{
    switch (row->kind) {
    case WZP_CONFIG_TEXT:
    case WZP_CONFIG_ADDRESS:
    case WZP_CONFIG_IP:
    case WZP_CONFIG_URL:
    case WZP_CONFIG_SITE:
    case WZP_CONFIG_MEMBERS:
    case WZP_CONFIG_LEVEL:
    case WZP_CONFIG_DIRECTORY: return set_text(field, value, row, err);
    case WZP_CONFIG_COUNT:
    case WZP_CONFIG_PORT: return set_number(field, value, row, err);
    case WZP_CONFIG_FLAG:
        if (value->type != WZP_TOML_BOOLEAN)
            return wrong(value, row, "true or false is wanted", err);
        *(bool *)field = value->boolean;
        return 0;
    case WZP_CONFIG_IGNORED: break;
    }
    return 0;
}

/* Checks that the value is where the row expects it: alone, in an array, or in its [[table]]. Sets
 * the index of the element. */
static int element_of(size_t *index, const struct wzp_toml_value *value,
                      const struct wzp_config_row *row, struct wzp_error *err)
{
    *index = 0;
    if (row->table[0]) {
        if (!value->table_is_array)
            return wzp_error_set(err, WZP_E_ARGUMENT, "line %u: write [[%s]] with two brackets",
                                 value->line, row->table);
        if (value->array_index >= 0 && row->kind != WZP_CONFIG_MEMBERS)
            return wrong(value, row, "one value is wanted, not a list", err);
        if (value->array_index < 0 && row->kind == WZP_CONFIG_MEMBERS)
            return wrong(value, row, "a list in [ ] is wanted", err);
        *index = value->table_index;
    } else if (row->stride) {
        if (value->array_index < 0)
            return wrong(value, row, "a list in [ ] is wanted", err);
        *index = (size_t)value->array_index;
    } else if (value->array_index >= 0) {
        return wrong(value, row, "one value is wanted, not a list", err);
    }
    if ((row->stride && *index >= WZP_RELAY_LIST_MAX) ||
        (row->kind == WZP_CONFIG_MEMBERS && value->array_index >= WZP_RELAY_MEMBERS_MAX))
        return wrong(value, row, "too many entries", err);
    return 0;
}

/* The memory for the value; a list in a table grows. */
static void *place_of(const struct reader *reader, const struct wzp_toml_value *value,
                      const struct wzp_config_row *row, size_t index)
{
    struct wzp_relay_room_rule *rule = &reader->config->rooms[index];
    if (row->kind != WZP_CONFIG_MEMBERS)
        return (char *)reader->config + row->offset + index * row->stride;
    if (rule->member_count <= (size_t)value->array_index)
        rule->member_count = (size_t)value->array_index + 1;
    return rule->members[value->array_index];
}

static int take(void *context, const struct wzp_toml_value *value, struct wzp_error *err)
{
    struct reader *reader = context;
    const struct wzp_config_row *row = find(value->table, value->key);
    char sentence[256];
    size_t index;
    int result;

    /* A key whose field the caller's older, smaller struct lacks is unknown to it. */
    if (!row || row->offset >= reader->size) {
        warn_unknown(reader, value);
        return 0;
    }
    result = element_of(&index, value, row, err);
    if (result == 0)
        result = set_value(place_of(reader, value, row, index), value, row, err);
    if (result < 0)
        return result;
    if (row->stride) {
        size_t *count = (void *)((char *)reader->config + row->counter_offset);

        if (*count <= index)
            *count = index + 1;
    }
    /* A key without effect that is false needs no warning. */
    if (row->shown.no_effect && !reader->told[row - wzp_config_row(0)] &&
        !(value->type == WZP_TOML_BOOLEAN && !value->boolean)) {
        reader->told[row - wzp_config_row(0)] = 1;
        snprintf(sentence, sizeof sentence, "line %u: %s: %s", value->line, row->shown.name,
                 row->shown.no_effect);
        warn(reader, sentence);
    }
    return 0;
}

/* A rule that has less effect than it seems to have would leave a room open: it is an error. */
static int check_rooms(struct wzp_relay_config *c, struct wzp_error *err)
{
    char name[WZP_SNI_MAX + 1];
    for (size_t i = 0; i < c->room_count; i++) {
        struct wzp_relay_room_rule *rule = &c->rooms[i];
        struct wzp_error why = {0};
        if (wzp_room_name_normalize(name, rule->name, &why) < 0)
            return wzp_error_set(err, WZP_E_ARGUMENT, "[[rooms]] number %zu: %s", i + 1,
                                 rule->name[0] ? why.text : "it has no name");
        (void)wzp_text_copy(rule->name, sizeof rule->name, name);
        if (!rule->password[0] && !rule->member_count && !rule->proven)
            return wzp_error_set(err, WZP_E_ARGUMENT,
                                 "[[rooms]] number %zu has neither password nor members nor proven",
                                 i + 1);
        for (size_t k = 0; k < i; k++)
            if (strcmp(c->rooms[k].name, name) == 0)
                return wzp_error_set(err, WZP_E_ARGUMENT, "[[rooms]] names %s twice", name);
        for (size_t k = 0; k < rule->member_count; k++)
            if (wzp_fingerprint_parse((uint8_t[WZP_FINGERPRINT_SIZE]){0}, rule->members[k],
                                      strlen(rule->members[k])) < 0 &&
                !c->auth_url[0])
                return wzp_error_set(err, WZP_E_ARGUMENT,
                                     "[[rooms]] number %zu: member %zu is no fingerprint", i + 1,
                                     k + 1);
    }
    return 0;
}

/* Warns of a name that no client can enter; the existing relay accepts any name. */
static void warn_room(const struct reader *reader, size_t i)
{
    char name[WZP_SNI_MAX + 1], sentence[WZP_ERROR_TEXT_MAX + 40];
    struct wzp_error why = {0};
    if (wzp_room_name_choose(name, reader->config->global_rooms[i], &why) == 0)
        return;
    snprintf(sentence, sizeof sentence, "[[global_rooms]] number %zu: %s", i + 1, why.text);
    warn(reader, sentence);
}

/* Checks that need the whole file. */
static int check(const struct reader *reader, struct wzp_error *err)
{
    struct wzp_relay_config *c = reader->config;
    char sentence[256];
    uint8_t sha256[32];

    for (size_t i = 0; i < c->peer_count + c->trusted_count; i++) {
        bool is_peer = i < c->peer_count;
        struct wzp_relay_peer *peer = is_peer ? &c->peers[i] : &c->trusted[i - c->peer_count];
        size_t number = is_peer ? i + 1 : i - c->peer_count + 1;
        const char *table = is_peer ? "peers" : "trusted";

        if ((is_peer && !peer->url[0]) || !peer->fingerprint[0])
            return wzp_error_set(err, WZP_E_ARGUMENT, "[[%s]] number %zu has no %s", table, number,
                                 is_peer && !peer->url[0] ? "url" : "fingerprint");
        if (wzp_tls_fingerprint_parse(sha256, peer->fingerprint, strlen(peer->fingerprint)) < 0) {
            snprintf(sentence, sizeof sentence,
                     "[[%s]] number %zu: the fingerprint is not a SHA-256 (32 bytes in hex)", table,
                     number);
            warn(reader, sentence);
        }
        if (strchr(peer->label, '|')) {
            snprintf(sentence, sizeof sentence,
                     "[[%s]] number %zu: '|' in the label confuses clients", table, number);
            warn(reader, sentence);
        }
    }
    for (size_t i = 0; i < c->global_room_count; i++) {
        if (!c->global_rooms[i][0])
            return wzp_error_set(err, WZP_E_ARGUMENT, "[[global_rooms]] number %zu has no name",
                                 i + 1);
        wzp_sni_lower(c->global_rooms[i]);
        warn_room(reader, i);
    }
    if (reader->size < sizeof *c)
        return 0;
    for (size_t i = 0; i < c->ws_origin_count; i++)
        wzp_sni_lower(c->ws_origins[i]);
    return check_rooms(c, err);
}

int wzp_relay_config_parse_sized(struct wzp_relay_config *c, size_t size, const char *text,
                                 size_t length,
                                 void (*warn_with)(void *context, const char *sentence),
                                 void *context, struct wzp_error *err)
{
    struct reader reader = {.config = c, .size = size, .warn = warn_with, .context = context};
    int result = wzp_toml_parse(text, length, take, &reader, err);

    return result < 0 ? result : check(&reader, err);
}
