/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/relay_options.h"

#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/command_table.h"
#include "wire/name.h"

#define PLACE(field) offsetof(struct wzp_relay_values, field)
#define ROW_STRING(name, letter, argument, field, text)                                            \
    {                                                                                              \
        name, letter, WZP_OPTION_STRING, argument, PLACE(field), 0, 0, text, NULL                  \
    }
#define ROW_FLAG(name, letter, field, text)                                                        \
    {                                                                                              \
        name, letter, WZP_OPTION_FLAG, NULL, PLACE(field), 0, 0, text, NULL                        \
    }
#define ROW_PORT(name, field, text)                                                                \
    {                                                                                              \
        name, 0, WZP_OPTION_NUMBER, "PORT", PLACE(field), 0, 65535, text, NULL                     \
    }
#define ROW_REPEAT(name, argument, field, text)                                                    \
    {                                                                                              \
        name, 0, WZP_OPTION_REPEAT, argument, PLACE(field), 0, 0, text, NULL                       \
    }
const struct wzp_option wzp_relay_options[] = {
    ROW_STRING("config", 'c', "FILE", config, "TOML file; a missing one is made as an example"),
    ROW_STRING("identity", 'i', "FILE", identity, "seed file (default ~/.wzp/relay-identity)"),
    ROW_STRING("listen", 0, "IP:PORT", listen, "UDP address (default [::]:4433)"),
    ROW_STRING("advertise", 0, "IP:PORT", advertise, "address told to callers"),
    ROW_STRING("region", 0, "NAME", region, "region told to clients"),
    ROW_STRING("auth-url", 0, "URL", auth_url, "token service; makes tokens mandatory"),
    ROW_PORT("metrics-port", metrics_port, "HTTP port of /metrics and /healthz"),
    ROW_STRING("metrics-host", 0, "IP", metrics_host,
               "IP address of that port (default 127.0.0.1)"),
    ROW_FLAG("metrics-compat", 0, metrics_compat,
             "also the per-member series of the existing relay"),
    ROW_REPEAT("probe", "IP:PORT", probes, "relay to probe; may be repeated"),
    ROW_FLAG("probe-mesh", 0, probe_mesh, "accepted, without effect"),
    ROW_STRING("remote", 0, "IP:PORT", remote, "another relay; the rooms here are its rooms"),
    ROW_FLAG("trunking", 0, trunking, "accepted, never used: no client understands it"),
    ROW_PORT("ws-port", ws_port, "HTTP port for browsers, with WebSockets at /ws/ROOM"),
    ROW_STRING("static-dir", 0, "DIR", static_dir, "files of the browser bridge"),
    ROW_REPEAT("global-room", "NAME", global_rooms, "federated room; may be repeated"),
    ROW_STRING("debug-tap", 0, "ROOM", debug_tap, "log media headers of a room, or *"),
    ROW_STRING("debug-tap-file", 0, "FILE", debug_tap_file,
               "keep the packets of the tapped rooms for wzp analyze"),
    ROW_STRING("event-log", 0, "FILE", event_log, "log frames of other relays, as JSON lines"),
    ROW_STRING("control", 0, "FILE", control, "socket for wzp-relay ctl"),
    ROW_FLAG("mesh-status", 0, mesh_status, "print the table of probed relays and exit"),
    ROW_STRING("log-level", 0, "LEVEL", log_level, "error, warn, info, debug"),
    ROW_FLAG("check-config", 0, check, "check the configuration, say what is wrong, and exit"),
    ROW_FLAG("version", 'V', version, "print the version and exit"),
    ROW_FLAG("help", 'h', help, "this text"),
    {0}};

static int set_text(char *field, size_t size, const char *value, const char *name,
                    struct wzp_error *err)
{
    if (value && !wzp_text_copy(field, size, value))
        return wzp_error_set(err, WZP_E_ARGUMENT, "--%s is too long", name);
    return 0;
}

static int set_address(char *field, size_t size, const char *value, const char *name,
                       struct wzp_error *err)
{
    struct wzp_addr addr;
    if (value && wzp_addr_parse(&addr, value, strlen(value)))
        return wzp_error_set(err, WZP_E_ARGUMENT, "--%s wants ip:port, for example [::]:4433",
                             name);
    return set_text(field, size, value, name, err);
}

/* A flag that is also a key of the file is checked like that key. */
static int set_key(struct wzp_relay_config *c, const char *key, const char *value, const char *name,
                   struct wzp_error *err)
{
    char text[WZP_RELAY_NAME_MAX + 64];
    struct wzp_error why = {0};
    if (!value)
        return 0;
    int n = snprintf(text, sizeof text, "%s = '%s'", key, value);
    int result = n >= (int)sizeof text || strpbrk(value, "'\n")
                     ? WZP_E_ARGUMENT
                     : wzp_relay_config_parse(c, text, (size_t)n, NULL, NULL, &why);
    const char *sentence = strstr(why.text, key); /* leaves out "line 1: " */
    sentence = sentence ? sentence + strlen(key) : ": not possible";
    return result ? wzp_error_set(err, WZP_E_ARGUMENT, "--%s%s", name, sentence) : 0;
}

static int append(char (*list)[WZP_RELAY_NAME_MAX], size_t *count,
                  const struct wzp_option_list *more, const char *name, struct wzp_error *err)
{
    for (size_t i = 0; i < more->count; i++) {
        if (*count == WZP_RELAY_LIST_MAX)
            return wzp_error_set(err, WZP_E_LIMIT, "too many --%s", name);
        int result = set_text(list[*count], WZP_RELAY_NAME_MAX, more->items[i], name, err);
        if (result)
            return result;
        ++*count;
    }
    return 0;
}

int wzp_relay_options_apply(struct wzp_relay_config *c, const struct wzp_relay_values *v,
                            struct wzp_error *err)
{
    int result = set_address(c->listen_addr, sizeof c->listen_addr, v->listen, "listen", err);
    if (!result)
        result = set_address(c->advertised_addr, sizeof c->advertised_addr, v->advertise,
                             "advertise", err);
    if (!result)
        result = set_address(c->remote_relay, sizeof c->remote_relay, v->remote, "remote", err);
    if (!result)
        result = set_text(c->region, sizeof c->region, v->region, "region", err);
    if (!result)
        result = set_key(c, "auth_url", v->auth_url, "auth-url", err);
    if (!result)
        result = set_text(c->static_dir, sizeof c->static_dir, v->static_dir, "static-dir", err);
    if (!result)
        result = set_text(c->debug_tap, sizeof c->debug_tap, v->debug_tap, "debug-tap", err);
    if (!result)
        result = set_text(c->log_level, sizeof c->log_level, v->log_level, "log-level", err);
    if (!result)
        result = set_key(c, "metrics_host", v->metrics_host, "metrics-host", err);
    if (!result)
        result = append(c->probe_targets, &c->probe_target_count, &v->probes, "probe", err);
    if (!result)
        result =
            append(c->global_rooms, &c->global_room_count, &v->global_rooms, "global-room", err);
    for (size_t i = 0; i < c->global_room_count; i++)
        wzp_sni_lower(c->global_rooms[i]);
    if (v->metrics_port != WZP_RELAY_PORT_UNSET)
        c->metrics_port = (int)v->metrics_port;
    if (v->ws_port != WZP_RELAY_PORT_UNSET)
        c->ws_port = (int)v->ws_port;
    c->metrics_compat |= v->metrics_compat;
    c->probe_mesh |= v->probe_mesh;
    c->trunking_enabled |= v->trunking;
    enum wzp_log_level level;
    if (!result && wzp_log_level_parse(&level, c->log_level))
        result = wzp_error_set(err, WZP_E_ARGUMENT, "log level is one of error, warn, info, debug");
    return result;
}

static const char *no_effect_of(const char *key)
{
    const struct wzp_relay_config_key *row;
    for (size_t i = 0; (row = wzp_relay_config_key(i)); i++)
        if (strcmp(row->name, key) == 0)
            return row->no_effect;
    return NULL;
}

/* Warns of flags of the existing relay that have no effect here. */
static void warn_unused(const struct wzp_relay_values *v,
                        void (*warn)(void *context, const char *sentence), void *context)
{
    const struct {
        bool given;
        const char *flag, *key;
    } rows[] = {
        {v->trunking, "trunking", "trunking_enabled"},
        {v->probe_mesh, "probe-mesh", "probe_mesh"},
    };
    struct wzp_error sentence;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].given && no_effect_of(rows[i].key)) {
            wzp_error_set(&sentence, 0, "--%s: %s", rows[i].flag, no_effect_of(rows[i].key));
            warn(context, sentence.text);
        }
}

void wzp_relay_options_warn(const struct wzp_relay_values *v,
                            void (*warn)(void *context, const char *sentence), void *context)
{
    char name[WZP_SNI_MAX + 1];
    warn_unused(v, warn, context);
    for (size_t i = 0; i < v->global_rooms.count; i++) {
        struct wzp_error sentence = {0};
        if (wzp_room_name_choose(name, v->global_rooms.items[i], &sentence) == 0)
            continue;
        wzp_error_prefix(&sentence, "--global-room");
        warn(context, sentence.text);
    }
}
