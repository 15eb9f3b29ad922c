/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The relay's file: one table of keys drives reading, help and the manual page. Source:
 * wzp-protocol(7), Relay rules. */
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/log.h"
#include "base/text.h"
#include "base/toml.h"
#include "crypto/certificate.h"
#include "crypto/identity.h"
#include "relay/pool_url.h"
#include "wire/name.h"
#include "wzp/relay.h"

/* MEMBERS: the list in [[rooms]]. */
enum kind { TEXT, ADDRESS, IP, URL, LEVEL, DIRECTORY, COUNT, PORT, FLAG, MEMBERS, IGNORED };

/* One key. Lists and tables of tables have a stride from one element to the next and a counter. */
struct row {
    struct wzp_relay_config_key shown;
    const char *table; /* "" or the name of [[table]] */
    const char *key;
    enum kind kind;
    size_t offset, size;           /* in wzp_relay_config, or of the first element */
    int64_t minimum, maximum;      /* COUNT */
    size_t stride, counter_offset; /* stride 0: a single value */
};

#define FIELD(member)                                                                              \
    offsetof(struct wzp_relay_config, member), sizeof(((struct wzp_relay_config *)0)->member)
#define COUNTER(member) offsetof(struct wzp_relay_config, member)
/* A key of its own; it is named as its field is. */
#define SINGLE(kind, key, type, standard, text, minimum, maximum, no_effect)                       \
    {                                                                                              \
        {#key, type, standard, text, no_effect}, "", #key, kind, FIELD(key), minimum, maximum, 0,  \
            0                                                                                      \
    }
#define STRING(key, standard, text) SINGLE(TEXT, key, "string", standard, text, 0, 0, NULL)
#define SOCKET(key, standard, text) SINGLE(ADDRESS, key, "\"ip:port\"", standard, text, 0, 0, NULL)
#define HOST(key, standard, text) SINGLE(IP, key, "\"ip\"", standard, text, 0, 0, NULL)
#define SERVICE(key, standard, text) SINGLE(URL, key, "\"url\"", standard, text, 0, 0, NULL)
#define NUMBER(key, minimum, maximum, standard, text)                                              \
    SINGLE(COUNT, key, "integer", standard, text, minimum, maximum, NULL)
/* Keys of the existing relay that do nothing here. */
#define OLD_TEXT "accepted from files of the existing relay"
#define OLD(kind, key, type, no_effect) SINGLE(kind, key, type, "", OLD_TEXT, 0, 0, no_effect)
#define OLD_UNUSED(key)                                                                            \
    {                                                                                              \
        {key, "integer", "", OLD_TEXT, "a relay has no jitter buffer; ignored"}, "", key, IGNORED, \
            0, 0, 0, 0, 0, 0                                                                       \
    }
/* A key in [[table]]. */
#define IN_PEERS(list, counter, key, text, no_effect)                                              \
    {                                                                                              \
        {#list "." #key, "string", "", text, no_effect}, #list, #key, TEXT,                        \
            offsetof(struct wzp_relay_config, list) + offsetof(struct wzp_relay_peer, key),        \
            sizeof(((struct wzp_relay_peer *)0)->key), 0, 0, sizeof(struct wzp_relay_peer),        \
            COUNTER(counter)                                                                       \
    }
/* A switch in [[table]]. */
#define FLAG_IN_PEERS(list, counter, key, text)                                                    \
    {                                                                                              \
        {#list "." #key, "boolean", "false", text, NULL}, #list, #key, FLAG,                       \
            offsetof(struct wzp_relay_config, list) + offsetof(struct wzp_relay_peer, key),        \
            sizeof(((struct wzp_relay_peer *)0)->key), 0, 0, sizeof(struct wzp_relay_peer),        \
            COUNTER(counter)                                                                       \
    }

#define IN_ROOMS(kind, key, type, standard, text)                                                  \
    {                                                                                              \
        {"rooms." #key, type, standard, text, NULL}, "rooms", #key, kind,                          \
            offsetof(struct wzp_relay_config, rooms) + offsetof(struct wzp_relay_room_rule, key),  \
            sizeof(((struct wzp_relay_room_rule *)0)->key), 0, 0,                                  \
            sizeof(struct wzp_relay_room_rule), COUNTER(room_count)                                \
    }

static const struct row rows[] = {
    SOCKET(listen_addr, "[::]:4433", "UDP address to listen on"),
    SOCKET(advertised_addr, "", "address told in CallSetup; behind NAT, the public one"),
    STRING(region, "", "region told to clients when they register"),
    NUMBER(max_sessions, 1, 1000000, "100", "most members of all rooms together"),
    NUMBER(max_signals, 1, 1000000, "10000", "most signal connections"),
    NUMBER(max_per_address, 0, 1000000, "256", "most connections from one address; 0 is no limit"),
    NUMBER(ring_seconds, 1, 3600, "60", "an unanswered call ends after this"),
    NUMBER(grace_seconds, 0, 3600, "15",
           "a running call waits this long for a lost signal connection to come back"),
    NUMBER(coalesce_us, 0, 20000, "1000",
           "longest wait, in microseconds, of a frame for others when several people speak"),
    NUMBER(threads, 1, WZP_RELAY_THREADS_MAX, "1",
           "threads that share the rooms; more than there are cores gain nothing"),
    NUMBER(sender_packets, 0, 1000000, "250",
           "frames per second one member may send; 0 is no limit"),
    NUMBER(sender_kbit, 0, 1000000, "512", "kbit/s one member may send; 0 is no limit"),
    SINGLE(FLAG, require_signed, "boolean", "false",
           "refuse registrations that prove nothing, as those of existing clients", 0, 0, NULL),
    SERVICE(auth_url, "", "token service; when set, clients must send a token first"),
    SINGLE(DIRECTORY, directory, "\"url\"", "memory",
           "where relays behind one name share who is registered: redis://... or unix:...", 0, 0,
           NULL),
    SINGLE(PORT, metrics_port, "integer", "off", "HTTP port of /metrics and its neighbours", 0, 0,
           NULL),
    HOST(metrics_host, "127.0.0.1", "address of that HTTP port"),
    SINGLE(FLAG, metrics_compat, "boolean", "false",
           "also the series per member that the existing relay has", 0, 0, NULL),
    SINGLE(LEVEL, log_level, "string", "info", "error, warn, info or debug", 0, 0, NULL),
    STRING(debug_tap, "off",
           "room whose comings and goings are logged with their counts; \"*\" for all"),
    {{"probe_targets", "array of \"ip:port\"", "",
      "relays whose health is measured, and that may ask who is here", NULL},
     "",
     "probe_targets",
     ADDRESS,
     FIELD(probe_targets[0]),
     0,
     0,
     WZP_RELAY_NAME_MAX,
     COUNTER(probe_target_count)},
    OLD(FLAG, probe_mesh, "boolean", "it has no effect in the existing relay either; ignored"),
    OLD(FLAG, trunking_enabled, "boolean", "no client can read trunk frames; ignored"),
    SOCKET(remote_relay, "", "another relay, whose rooms those of this one are"),
    SINGLE(PORT, ws_port, "integer", "off", "HTTP port for browsers, with WebSockets at /ws/ROOM",
           0, 0, NULL),
    HOST(ws_host, "0.0.0.0", "address of that port"),
    NUMBER(ws_visitors, 1, 10000, "64", "most browsers at a time"),
    NUMBER(ws_per_address, 1, 10000, "8", "and from one address"),
    STRING(static_dir, "", "folder whose files browsers are given"),
    OLD_UNUSED("jitter_target_depth"),
    OLD_UNUSED("jitter_max_depth"),
    IN_PEERS(peers, peer_count, url, "[[peers]]: address or name, with port, of a relay to link to",
             NULL),
    IN_PEERS(peers, peer_count, fingerprint, "[[peers]]: its TLS fingerprint", NULL),
    IN_PEERS(peers, peer_count, label, "[[peers]]: its name for people", NULL),
    FLAG_IN_PEERS(peers, peer_count, allow_unproven,
                  "[[peers]]: it may also connect from another address without proving its key"),
    FLAG_IN_PEERS(trusted, trusted_count, allow_unproven,
                  "[[trusted]]: it may connect without proving its key, as existing relays do"),
    IN_PEERS(trusted, trusted_count, fingerprint,
             "[[trusted]]: TLS fingerprint of a relay that may connect", NULL),
    IN_PEERS(trusted, trusted_count, label, "[[trusted]]: its name for people", NULL),
    {{"global_rooms.name", "string", "", "[[global_rooms]]: a room shared with federation peers",
      NULL},
     "global_rooms",
     "name",
     TEXT,
     FIELD(global_rooms[0]),
     0,
     0,
     WZP_RELAY_NAME_MAX,
     COUNTER(global_room_count)},
    IN_ROOMS(TEXT, name, "string", "", "[[rooms]]: a room that is not open to all"),
    IN_ROOMS(TEXT, password, "string", "",
             "[[rooms]]: whoever enters has to know it; clients of other makers cannot"),
    IN_ROOMS(MEMBERS, members, "array of fingerprints", "",
             "[[rooms]]: who may enter, without the password if there is one"),
    IN_ROOMS(FLAG, proven, "boolean", "false",
             "[[rooms]]: clients have to prove their key, which existing ones cannot"),
};
#define ROW_COUNT (sizeof rows / sizeof rows[0])

const struct wzp_relay_config_key *wzp_relay_config_key(size_t i)
{
    return i < ROW_COUNT ? &rows[i].shown : NULL;
}

void wzp_relay_config_default_sized(struct wzp_relay_config *c, size_t size)
{
    memset(c, 0, size); /* fields added later: not before size was asked */
    (void)wzp_text_copy(c->listen_addr, sizeof c->listen_addr, "[::]:4433");
    (void)wzp_text_copy(c->log_level, sizeof c->log_level, "info");
    (void)wzp_text_copy(c->metrics_host, sizeof c->metrics_host, "127.0.0.1");
    c->max_sessions = 100;
    c->max_signals = 10000;
    c->max_per_address = 256;
    c->ring_seconds = 60;
    c->grace_seconds = 15;
    c->coalesce_us = 1000;
    c->threads = 1;
    c->sender_packets = 250;
    c->sender_kbit = 512;
    c->metrics_port = -1;
    c->ws_port = -1;
    if (size < sizeof *c)
        return;
    (void)wzp_text_copy(c->ws_host, sizeof c->ws_host, "0.0.0.0");
    c->ws_visitors = 64;
    c->ws_per_address = 8;
}

const char *wzp_relay_config_example(void)
{
    return "# wzp-relay: every key with its standard value; see wzp-relay.conf(5).\n"
           "listen_addr = \"[::]:4433\"\n"
           "\n"
           "# Behind NAT: the address that clients reach.\n"
           "# advertised_addr = \"192.0.2.9:4433\"\n"
           "# region = \"eu-west\"\n"
           "\n"
           "# max_sessions = 100        # members of all rooms together\n"
           "# max_signals = 10000       # signal connections\n"
           "# max_per_address = 256     # connections from one address, 0 is no limit\n"
           "# sender_packets = 250      # frames per second one member may send\n"
           "# sender_kbit = 512\n"
           "# coalesce_us = 1000        # longest wait of a frame for company, in microseconds\n"
           "# threads = 1               # that share the rooms\n"
           "# ring_seconds = 60\n"
           "# grace_seconds = 15        # for a lost signal connection to come back\n"
           "# require_signed = false    # true keeps existing clients out\n"
           "\n"
           "# auth_url = \"https://chat.example.com/v1/auth/validate\"\n"
           "# directory = \"memory\"      # or \"redis://host:port/database\": one for all relays "
           "behind one name\n"
           "# metrics_port = 9090\n"
           "# metrics_host = \"127.0.0.1\"\n"
           "# ws_port = 8080            # for browsers\n"
           "# ws_host = \"0.0.0.0\"\n"
           "# static_dir = \"/srv/www\"\n"
           "# log_level = \"info\"\n"
           "# debug_tap = \"*\"\n"
           "# probe_targets = [\"192.0.2.10:4433\"]\n"
           "\n"
           "# Relays that share rooms with this one, each with the TLS fingerprint it prints at "
           "start:\n"
           "# [[peers]]\n"
           "# url = \"192.0.2.10:4433\"\n"
           "# fingerprint = \"aa:bb:...\"\n"
           "# label = \"Relay B\"\n"
           "#\n"
           "# [[trusted]]\n"
           "# fingerprint = \"cc:dd:...\"\n"
           "#\n"
           "# [[global_rooms]]\n"
           "# name = \"general\"\n"
           "\n"
           "# A room that is not open to all: a list, a password, or both.\n"
           "# [[rooms]]\n"
           "# name = \"board\"\n"
           "# password = \"correct horse\"\n"
           "# members = [\"630d:cd29:66c4:3366:9112:5448:bbb2:5b4f\"]\n";
}

/* ---- reading ---- */

struct reader {
    struct wzp_relay_config *config;
    size_t size; /* of it */
    void (*warn)(void *context, const char *sentence);
    void *context;
    unsigned char told[ROW_COUNT]; /* keys without effect are named once */
};

static void warn(const struct reader *reader, const char *sentence)
{
    if (reader->warn)
        reader->warn(reader->context, sentence);
}

static const struct row *find(const char *table, const char *key)
{
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (strcmp(rows[i].table, table) == 0 && strcmp(rows[i].key, key) == 0)
            return &rows[i];
    return NULL;
}

static void warn_unknown(const struct reader *reader, const struct wzp_toml_value *value)
{
    char name[64], sentence[256];
    const char *nearest = NULL;
    unsigned best = 4; /* further away is no misspelling */

    if (value->table[0])
        snprintf(sentence, sizeof sentence, "%s.%s", value->table, value->key);
    else
        snprintf(sentence, sizeof sentence, "%s", value->key);
    wzp_text_filter(name, sizeof name, sentence, strlen(sentence));
    for (size_t i = 0; i < ROW_COUNT; i++) {
        unsigned distance = wzp_text_distance(name, rows[i].shown.name);

        if (distance < best) {
            best = distance;
            nearest = rows[i].shown.name;
        }
    }
    snprintf(sentence, sizeof sentence, "line %u: unknown key %s, ignored%s%s%s", value->line, name,
             nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
    warn(reader, sentence);
}

static int wrong(const struct wzp_toml_value *value, const struct row *row, const char *what,
                 struct wzp_error *err)
{
    return wzp_error_set(err, WZP_E_ARGUMENT, "line %u: %s: %s", value->line, row->shown.name,
                         what);
}

/* Empty: as if it were not there. */
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

static int set_text(void *field, const struct wzp_toml_value *value, const struct row *row,
                    struct wzp_error *err)
{
    struct wzp_addr address;
    enum wzp_log_level level;
    struct wzp_pool_url directory;
    struct wzp_error why = {0};

    if (value->type != WZP_TOML_STRING)
        return wrong(value, row, "a text in quotes is wanted", err);
    if (row->kind == ADDRESS && wzp_addr_parse(&address, value->string, strlen(value->string)) < 0)
        return wrong(value, row,
                     "ip:port is wanted, for example \"[::]:4433\"; names are not resolved", err);
    if (row->kind == IP && !is_ip(value->string))
        return wrong(value, row, "an IP address is wanted, for example \"127.0.0.1\" or \"::1\"",
                     err);
    if (row->kind == URL && !is_url(value->string))
        return wrong(value, row, "a URL is wanted, for example \"https://auth.example/check\"",
                     err);
    if (row->kind == DIRECTORY &&
        wzp_pool_url_parse(&directory, value->string, strlen(value->string), &why) < 0)
        return wrong(value, row, why.text, err);
    if (row->kind == LEVEL && wzp_log_level_parse(&level, value->string) < 0)
        return wrong(value, row, "error, warn, info or debug is wanted", err);
    if (!wzp_text_copy(field, row->kind == MEMBERS ? WZP_RELAY_MEMBER_TEXT_MAX : row->size,
                       value->string))
        return wrong(value, row, "too long", err);
    return 0;
}

static int set_number(void *field, const struct wzp_toml_value *value, const struct row *row,
                      struct wzp_error *err)
{
    int64_t maximum = row->kind == PORT ? 65535 : row->maximum;
    char range[64];

    if (value->type != WZP_TOML_INTEGER)
        return wrong(value, row, "a whole number is wanted", err);
    if (value->integer < row->minimum || value->integer > maximum) {
        snprintf(range, sizeof range, "must be from %lld to %lld", (long long)row->minimum,
                 (long long)maximum);
        return wrong(value, row, range, err);
    }
    if (row->kind == PORT)
        *(int *)field = (int)value->integer;
    else
        *(unsigned *)field = (unsigned)value->integer;
    return 0;
}

static int set_value(void *field, const struct wzp_toml_value *value, const struct row *row,
                     struct wzp_error *err)
{
    switch (row->kind) {
    case TEXT:
    case ADDRESS:
    case IP:
    case URL:
    case MEMBERS:
    case LEVEL:
    case DIRECTORY: return set_text(field, value, row, err);
    case COUNT:
    case PORT: return set_number(field, value, row, err);
    case FLAG:
        if (value->type != WZP_TOML_BOOLEAN)
            return wrong(value, row, "true or false is wanted", err);
        *(bool *)field = value->boolean;
        return 0;
    case IGNORED: break;
    }
    return 0;
}

/* Whether the value stands where the row wants it: alone, in an array, or in its [[table]]; and
 * which element it is. */
static int element_of(size_t *index, const struct wzp_toml_value *value, const struct row *row,
                      struct wzp_error *err)
{
    *index = 0;
    if (row->table[0]) {
        if (!value->table_is_array)
            return wzp_error_set(err, WZP_E_ARGUMENT, "line %u: write [[%s]] with two brackets",
                                 value->line, row->table);
        if (value->array_index >= 0 && row->kind != MEMBERS)
            return wrong(value, row, "one value is wanted, not a list", err);
        if (value->array_index < 0 && row->kind == MEMBERS)
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
        (row->kind == MEMBERS && value->array_index >= WZP_RELAY_MEMBERS_MAX))
        return wrong(value, row, "too many entries", err);
    return 0;
}

/* Where the value belongs; a list in a table grows. */
static void *place_of(const struct reader *reader, const struct wzp_toml_value *value,
                      const struct row *row, size_t index)
{
    struct wzp_relay_room_rule *rule = &reader->config->rooms[index];
    if (row->kind != MEMBERS)
        return (char *)reader->config + row->offset + index * row->stride;
    if (rule->member_count <= (size_t)value->array_index)
        rule->member_count = (size_t)value->array_index + 1;
    return rule->members[value->array_index];
}

static int take(void *context, const struct wzp_toml_value *value, struct wzp_error *err)
{
    struct reader *reader = context;
    const struct row *row = find(value->table, value->key);
    char sentence[256];
    size_t index;
    int result;

    /* A key of a field added later is unknown to who has no room for it. */
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
    /* Switched off on purpose is no surprise. */
    if (row->shown.no_effect && !reader->told[row - rows] &&
        !(value->type == WZP_TOML_BOOLEAN && !value->boolean)) {
        reader->told[row - rows] = 1;
        snprintf(sentence, sizeof sentence, "line %u: %s: %s", value->line, row->shown.name,
                 row->shown.no_effect);
        warn(reader, sentence);
    }
    return 0;
}

/* A rule that does not do what it seems to do would leave a room open. */
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

/* What only the whole file can show. */
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
    }
    return reader->size >= sizeof *c ? check_rooms(c, err) : 0;
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
