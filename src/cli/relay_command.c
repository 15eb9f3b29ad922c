/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* wzp-relay and `wzp relay`: the flags of the existing relay and ours, configuration file, identity
 * file, life of the process. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/text.h"
#include "base/toml.h"
#include "cli/command.h"
#include "cli/relay_control.h"
#include "cli/relay_dump.h"
#include "cli/relay_events.h"
#include "cli/relay_tap.h"
#include "cli/relay_web.h"
#include "loop/files.h"
#include "loop/redis.h"
#include "wzp_build.h"

struct values {
    const char *config, *identity, *listen, *remote, *auth_url, *static_dir, *debug_tap, *event_log,
        *debug_tap_file, *log_level, *advertise, *region, *metrics_host, *control;
    unsigned metrics_port, ws_port; /* PORT_UNSET = not given */
    struct wzp_option_list probes, global_rooms;
    bool probe_mesh, trunking, mesh_status, metrics_compat, check, version, help;
    bool strict; /* a check that finds fault with warnings, too */
};
#define PORT_UNSET 70000u
#define ROW_STRING(name, letter, argument, field, text)                                            \
    {                                                                                              \
        name, letter, WZP_OPTION_STRING, argument, offsetof(struct values, field), 0, 0, text,     \
            NULL                                                                                   \
    }
#define ROW_FLAG(name, letter, field, text)                                                        \
    {                                                                                              \
        name, letter, WZP_OPTION_FLAG, NULL, offsetof(struct values, field), 0, 0, text, NULL      \
    }
#define ROW_PORT(name, field, text)                                                                \
    {                                                                                              \
        name, 0, WZP_OPTION_NUMBER, "PORT", offsetof(struct values, field), 0, 65535, text, NULL   \
    }
#define ROW_REPEAT(name, argument, field, text)                                                    \
    {                                                                                              \
        name, 0, WZP_OPTION_REPEAT, argument, offsetof(struct values, field), 0, 0, text, NULL     \
    }
const struct wzp_option wzp_relay_options[] = {
    ROW_STRING("config", 'c', "FILE", config, "TOML file; a missing one is made as an example"),
    ROW_STRING("identity", 'i', "FILE", identity, "seed file (default ~/.wzp/relay-identity)"),
    ROW_STRING("listen", 0, "IP:PORT", listen, "UDP address (default [::]:4433)"),
    ROW_STRING("advertise", 0, "IP:PORT", advertise, "address told to callers"),
    ROW_STRING("region", 0, "NAME", region, "region told to clients"),
    ROW_STRING("auth-url", 0, "URL", auth_url, "token service; makes tokens mandatory"),
    ROW_PORT("metrics-port", metrics_port, "HTTP port of /metrics and /healthz"),
    ROW_STRING("metrics-host", 0, "IP", metrics_host, "its address (default 127.0.0.1)"),
    ROW_FLAG("metrics-compat", 0, metrics_compat, "also the existing relay's series per member"),
    ROW_REPEAT("probe", "IP:PORT", probes, "relay to probe; may be repeated"),
    ROW_FLAG("probe-mesh", 0, probe_mesh, "accepted, without effect"),
    ROW_STRING("remote", 0, "IP:PORT", remote, "another relay, whose rooms those of this one are"),
    ROW_FLAG("trunking", 0, trunking, "accepted, never used: no client understands it"),
    ROW_PORT("ws-port", ws_port, "HTTP port for browsers, with WebSockets at /ws/ROOM"),
    ROW_STRING("static-dir", 0, "DIR", static_dir, "files of the browser bridge"),
    ROW_REPEAT("global-room", "NAME", global_rooms, "federated room; may be repeated"),
    ROW_STRING("debug-tap", 0, "ROOM", debug_tap, "log media headers of a room, or *"),
    ROW_STRING("debug-tap-file", 0, "FILE", debug_tap_file,
               "keep the packets of the tapped rooms for wzp analyze"),
    ROW_STRING("event-log", 0, "FILE", event_log, "frames of other relays, as JSON lines"),
    ROW_STRING("control", 0, "FILE", control, "socket for wzp-relay ctl"),
    ROW_FLAG("mesh-status", 0, mesh_status, "print the table of probed relays and exit"),
    ROW_STRING("log-level", 0, "LEVEL", log_level, "error, warn, info, debug"),
    ROW_FLAG("check-config", 0, check, "check the configuration, say what is wrong, and exit"),
    ROW_FLAG("version", 'V', version, "print the version and exit"),
    ROW_FLAG("help", 'h', help, "this text"),
    {0}};

/* The process. */
struct process {
    const char *program;
    struct wzp_relay_web web;
    struct wzp_loop *loop;
    struct wzp_signal_watch *watches[4];
    struct wzp_relay_dump *dump; /* under way */
    struct wzp_relay_events *events;
    struct wzp_relay_tap_file *tap;
    struct wzp_relay_control *control;
    const struct values *values;
    _Atomic(enum wzp_log_level) level; /* may change while it runs; all threads log */
    bool draining;
};

static void log_line(void *context, enum wzp_log_level level, const char *line)
{
    char when[32];
    struct timespec t;
    struct tm utc;
    if (level > ((const struct process *)context)->level)
        return;
    clock_gettime(CLOCK_REALTIME, &t);
    gmtime_r(&t.tv_sec, &utc);
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", &utc);
    fprintf(stderr, "%s.%03ldZ %-5s %s\n", when, t.tv_nsec / 1000000, wzp_log_level_name(level),
            line);
}

struct warner {
    const char *program;
    unsigned faults; /* warnings of what is surely not meant so */
};

/* That a key of the existing relay does nothing here is no fault of the file. */
static bool is_fault(const char *sentence)
{
    const struct wzp_relay_config_key *row;
    for (size_t i = 0; (row = wzp_relay_config_key(i)); i++)
        if (row->no_effect && strstr(sentence, row->no_effect))
            return false;
    return true;
}

static void warn(void *context, const char *sentence)
{
    struct warner *warner = context;
    warner->faults += is_fault(sentence);
    fprintf(stderr, "%s: warning: %s\n", warner->program, sentence);
}

/* systemd's readiness message: one datagram (sd_notify(3)). */
static void notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t length = path ? strlen(path) : 0;
    if (length == 0 || length >= sizeof to.sun_path || (path[0] != '/' && path[0] != '@'))
        return;
    memcpy(to.sun_path, path, length);
    if (path[0] == '@')
        to.sun_path[0] = 0; /* abstract name */
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    (void)!sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&to,
                  (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
    close(fd);
}

/* ---- configuration ---- */

static int load_file(struct wzp_relay_config *config, const struct values *v, const char *program,
                     struct wzp_error *err)
{
    char *text;
    size_t length;
    if (!v->config)
        return 0;
    int result = wzp_file_read(&text, &length, v->config, WZP_TOML_SIZE_MAX, false, err);
    if (result == WZP_E_NOT_FOUND && v->check)
        return result; /* a check writes nothing */
    if (result == WZP_E_NOT_FOUND) {
        const char *example = wzp_relay_config_example();
        result = wzp_file_make_folders(v->config, err);
        if (!result)
            result = wzp_file_write(v->config, example, strlen(example), false, err);
        if (!result)
            fprintf(stderr, "%s: %s did not exist: an example is there now, please edit it\n",
                    program, v->config);
        return result;
    }
    if (result)
        return result;
    struct warner warner = {.program = program};
    result = wzp_relay_config_parse(config, text, length, warn, &warner, err);
    wzp_free(text);
    if (!result && v->check && v->strict && warner.faults)
        result = wzp_error_set(err, WZP_E_ARGUMENT, "%u lines are not what they should be",
                               warner.faults);
    return result;
}

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

/* A flag that is a key of the file as well is judged as that. */
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
    const char *sentence = strstr(why.text, key); /* without "line 1: " */
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

static int apply_options(struct wzp_relay_config *c, const struct values *v, struct wzp_error *err)
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
    if (v->metrics_port != PORT_UNSET)
        c->metrics_port = (int)v->metrics_port;
    if (v->ws_port != PORT_UNSET)
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

/* Flags of the existing relay that this one does not act on are said once, in the words that the
 * table of keys has for them in a file. */
static void tell_unused(const struct values *v, const char *program)
{
    const struct {
        bool given;
        const char *flag, *key;
    } rows[] = {
        {v->trunking, "trunking", "trunking_enabled"},
        {v->probe_mesh, "probe-mesh", "probe_mesh"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].given && no_effect_of(rows[i].key))
            fprintf(stderr, "%s: warning: --%s: %s\n", program, rows[i].flag,
                    no_effect_of(rows[i].key));
}

/* What the file may say and this program cannot do. */
static int check_directory(const struct wzp_relay_config *config, struct wzp_error *err)
{
    bool is_shared = config->directory[0] && strcmp(config->directory, "memory") != 0;
    return is_shared && !wzp_redis_available()
               ? wzp_error_set(err, WZP_E_UNSUPPORTED,
                               "this program was built without libhiredis: directory can only be "
                               "\"memory\"")
               : 0;
}

/* ---- identity ---- */

static int identity_path(char *path, const struct values *v, struct wzp_error *err)
{
    if (v->identity)
        return wzp_text_copy(path, WZP_PATH_MAX, v->identity)
                   ? 0
                   : wzp_error_set(err, WZP_E_ARGUMENT, "--identity is too long");
    if (wzp_path(path, WZP_PLACE_LEGACY, "relay-identity", NULL) == 0)
        return 0;
    wzp_text_copy(path, WZP_PATH_MAX, "./.wzp/relay-identity");
    return 0;
}

/* Closes it to others, and tells what became of that: some file systems have no modes. */
static void close_to_others(const char *path, const struct wzp_log *log)
{
    struct stat info;
    if (stat(path, &info) || !wzp_file_is_open(path, info.st_mode))
        return;
    int error = chmod(path, 0600) == 0 ? 0 : errno;
    if (stat(path, &info) == 0 && !wzp_file_is_open(path, info.st_mode))
        wzp_log(log, WZP_LOG_WARN, "%s was open to other users; its mode is now %04o", path,
                (unsigned)info.st_mode & 07777);
    else
        wzp_log(log, WZP_LOG_WARN,
                "%s is open to other users (mode %04o), which cannot be changed: %s", path,
                (unsigned)info.st_mode & 07777, error ? strerror(error) : "chmod had no effect");
}

/* A file of the existing relay may be readable by all: it is taken, and closed to others. A corrupt
 * one is never replaced. */
static int load_identity(struct wzp_identity *out, const struct values *v,
                         const struct wzp_log *log, struct wzp_error *err)
{
    char path[WZP_PATH_MAX];
    char text[WZP_SEED_TEXT_SIZE + 1];
    char *old;
    size_t length;
    int result = identity_path(path, v, err);
    if (result)
        return result;
    result = wzp_file_read(&old, &length, path, 4096, false, err);
    if (result == WZP_E_NOT_FOUND) {
        struct wzp_random random = wzp_system_random();
        wzp_identity_new(out, &random);
        wzp_identity_format(text, out);
        result = wzp_file_make_folders(path, err);
        if (!result)
            result = wzp_file_create(path, text, WZP_SEED_TEXT_SIZE, true, err);
        wzp_wipe(text, sizeof text);
        if (!result)
            wzp_log(log, WZP_LOG_INFO, "generated a new relay identity in %s", path);
        return result;
    }
    if (result)
        return result;
    close_to_others(path, log);
    result = wzp_identity_parse(out, old, length, err);
    wzp_wipe(old, length);
    wzp_free(old);
    if (result)
        wzp_error_prefix(err, path);
    return result;
}

/* A check reads what there is, and makes nothing. */
static int check_identity(const struct values *v, struct wzp_error *err)
{
    char path[WZP_PATH_MAX];
    struct wzp_identity identity;
    char *text;
    size_t length;
    int result = identity_path(path, v, err);
    if (!result)
        result = wzp_file_read(&text, &length, path, 4096, false, err);
    if (result)
        return result == WZP_E_NOT_FOUND ? 0 : result;
    result = wzp_identity_parse(&identity, text, length, err);
    wzp_wipe(text, length);
    wzp_free(text);
    if (result)
        wzp_error_prefix(err, path);
    else
        wzp_identity_wipe(&identity);
    return result;
}

/* ---- life ---- */

static void stop_loop(void *context)
{
    wzp_loop_stop(context);
}

static void part(struct process *p, const char *why)
{
    if (p->draining) {
        wzp_loop_stop(p->loop); /* asked twice: go at once */
        return;
    }
    p->draining = true;
    notify("STOPPING=1");
    wzp_log(&p->web.log, WZP_LOG_INFO, "%s: closing all connections", why);
    if (wzp_relay_service_drain(&p->web.service, stop_loop, p->loop))
        wzp_loop_stop(p->loop);
}

static void on_signal(void *context, int number)
{
    part(context, number == SIGTERM ? "SIGTERM" : "SIGINT");
}

static void on_drain(void *context)
{
    part(context, "by order");
}

/* What can change while it runs is read again; the rest is told. A file that is wrong changes
 * nothing. */
static void on_hangup(void *context, int number)
{
    struct process *p = context;
    const struct wzp_log *log = &p->web.log;
    struct wzp_relay_config config;
    struct wzp_error err = {0};
    struct values v = *p->values;
    (void)number;
    v.check = true; /* writes nothing */
    v.strict = false;
    wzp_relay_config_default(&config);
    int result = load_file(&config, &v, p->program, &err);
    if (!result)
        result = apply_options(&config, &v, &err);
    if (result) {
        wzp_log(log, WZP_LOG_ERROR, "SIGHUP: the configuration stays as it was: %s", err.text);
        return;
    }
    enum wzp_log_level level = p->level;
    wzp_log_level_parse(&level, config.log_level);
    p->level = level;
    wzp_log(log, WZP_LOG_INFO,
            "SIGHUP: the log level is %s; other changes to the configuration need a restart",
            config.log_level);
}

/* ---- SIGUSR1: how it stands, to standard error ---- */

static bool on_dump_lines(void *context, const char *text, size_t length)
{
    (void)context;
    return fwrite(text, 1, length, stderr) == length;
}

static void on_dump_done(void *context, int result)
{
    const struct process *p = context;
    if (result)
        wzp_log(&p->web.log, WZP_LOG_ERROR, "SIGUSR1: the list is cut: %s", wzp_strerror(result));
    else
        wzp_log(&p->web.log, WZP_LOG_INFO, "SIGUSR1: that is all");
}

static void on_user(void *context, int number)
{
    static const struct wzp_relay_dump_handlers handlers = {on_dump_lines, on_dump_done};
    struct process *p = context;
    (void)number;
    if (p->dump)
        return; /* one at a time */
    int result = wzp_relay_dump_start(&p->dump, p->loop, p->web.service.relay,
                                      WZP_RELAY_LISTING_ALL, &handlers, p);
    if (result)
        wzp_log(&p->web.log, WZP_LOG_ERROR, "SIGUSR1: no list: %s", wzp_strerror(result));
}

static void say_hello(const struct process *p, const struct wzp_identity *identity)
{
    char listen[WZP_ADDR_TEXT_MAX], advertised[WZP_ADDR_TEXT_MAX],
        tls[WZP_TLS_FINGERPRINT_TEXT_MAX];
    const struct wzp_log *log = &p->web.log;
    wzp_relay_tls_fingerprint(p->web.service.relay, tls);
    wzp_relay_advertised(p->web.service.relay, advertised);
    wzp_log(log, WZP_LOG_INFO, "wzp-relay " WZP_VERSION);
    wzp_log(log, WZP_LOG_INFO, "listening on %s", wzp_addr_format(listen, &p->web.service.listen));
    wzp_log(log, WZP_LOG_INFO, "fingerprint %s", identity->fingerprint_text);
    wzp_log(log, WZP_LOG_INFO, "TLS fingerprint %s", tls);
    wzp_log(log, WZP_LOG_INFO, "address told to callers: %s", advertised);
    wzp_log(log, WZP_LOG_INFO, "tokens are %s",
            p->web.config.auth_url[0] ? "mandatory" : "not asked for");
}

static int fail(const char *program, const struct wzp_error *err)
{
    fprintf(stderr, "%s: %s\n", program, err->text);
    return WZP_EXIT_USAGE;
}

/* Packets are kept of rooms that somebody named, and each thread has rooms of its own. */
static int check_tap(const struct wzp_relay_config *c, const struct values *v,
                     struct wzp_error *err)
{
    if (!v->debug_tap_file)
        return 0;
    if (!c->debug_tap[0])
        return wzp_error_set(err, WZP_E_ARGUMENT,
                             "--debug-tap-file keeps the packets of the room that --debug-tap or "
                             "debug_tap names");
    return c->threads > 1
               ? wzp_error_set(err, WZP_E_UNSUPPORTED, "--debug-tap-file goes with one thread only")
               : 0;
}

/* The event log, the debug tap and the control socket. */
static int open_files(struct process *p, const struct wzp_log *log, struct wzp_error *err)
{
    const struct values *v = p->values;
    int result = 0;
    if (v->control)
        result = wzp_relay_control_open(&p->control, p->loop, &p->web.service, v->control, on_drain,
                                        p, log, err);
    if (!result && v->event_log)
        result = wzp_relay_events_open(&p->events, p->loop, p->web.service.relay, v->event_log,
                                       WZP_RELAY_EVENTS_FILE_MAX, log, err);
    if (!result && v->debug_tap_file)
        result = wzp_relay_tap_open(&p->tap, p->loop, p->web.service.relay, v->debug_tap_file,
                                    WZP_RELAY_TAP_FILE_MAX, log, err);
    if (result) {
        wzp_relay_events_close(p->events);
        wzp_relay_control_close(p->control);
    }
    return result;
}

static int serve(struct process *p, const struct wzp_identity *identity, const struct wzp_log *log)
{
    struct wzp_error err = {0};
    if (wzp_loop_new(&p->loop, &err) ||
        wzp_relay_web_start(&p->web, p->loop, identity, log, &err)) {
        fprintf(stderr, "%s: %s\n", p->program, err.text);
        wzp_loop_free(p->loop);
        return WZP_EXIT_NETWORK;
    }
    if (open_files(p, log, &err)) {
        wzp_relay_web_stop(&p->web);
        wzp_loop_free(p->loop);
        return fail(p->program, &err);
    }
    wzp_signal_watch_start(&p->watches[0], p->loop, SIGTERM, on_signal, p);
    wzp_signal_watch_start(&p->watches[1], p->loop, SIGINT, on_signal, p);
    wzp_signal_watch_start(&p->watches[2], p->loop, SIGHUP, on_hangup, p);
    wzp_signal_watch_start(&p->watches[3], p->loop, SIGUSR1, on_user, p);
    say_hello(p, identity);
    notify("READY=1");
    wzp_loop_run(p->loop);
    for (size_t i = 0; i < sizeof p->watches / sizeof p->watches[0]; i++)
        wzp_signal_watch_close(p->watches[i]);
    wzp_relay_dump_close(p->dump);
    wzp_relay_tap_close(p->tap);
    wzp_relay_events_close(p->events);
    wzp_relay_control_close(p->control);
    wzp_relay_web_stop(&p->web);
    wzp_loop_free(p->loop);
    return WZP_EXIT_DONE;
}

static int run(const char *program, const struct values *v)
{
    struct process p = {.program = program, .values = v};
    struct wzp_relay_config *config = &p.web.config;
    struct wzp_identity identity;
    struct wzp_error err = {0};
    struct wzp_log log = {.write = log_line, .context = &p, .level = WZP_LOG_DEBUG};
    wzp_relay_config_default(config);
    if (load_file(config, v, program, &err)) {
        fprintf(stderr, "failed to load config from %s: %s\n", v->config, err.text);
        return WZP_EXIT_USAGE;
    }
    if (apply_options(config, v, &err) || check_tap(config, v, &err))
        return fail(program, &err);
    enum wzp_log_level level = p.level;
    wzp_log_level_parse(&level, config->log_level);
    p.level = level;
    tell_unused(v, program);
    if (check_directory(config, &err) || (v->check && check_identity(v, &err)))
        return fail(program, &err);
    if (v->check) {
        puts("configuration is good");
        return WZP_EXIT_DONE;
    }
    if (load_identity(&identity, v, &log, &err))
        return fail(program, &err);
    int status = serve(&p, &identity, &log);
    wzp_identity_wipe(&identity);
    return status;
}

int wzp_relay_command_main(const char *program, int argc, char **argv)
{
    struct values v = {.metrics_port = PORT_UNSET, .ws_port = PORT_UNSET};
    struct wzp_operands operands;
    struct wzp_error err = {0};
    if (argc > 1 && strcmp(argv[1], "ctl") == 0)
        return wzp_relay_ctl_main(program, argc - 1, argv + 1);
    int result = wzp_options_parse(wzp_relay_options, &v, argc, argv, &operands, &err);
    if (!result && operands.count > 0)
        result = wzp_error_set(&err, WZP_E_ARGUMENT, "no operands, only options");
    if (result) {
        fprintf(stderr, "%s: %s\nTry '%s --help'.\n", program, err.text, program);
        return WZP_EXIT_USAGE;
    }
    if (v.help) {
        printf("usage: %s [OPTION...]\n       %s ctl --control FILE WORD [ARGUMENT]\nA relay for "
               "the WZP network.\n\noptions:\n",
               program, program);
        wzp_options_print(stdout, wzp_relay_options);
        return WZP_EXIT_DONE;
    }
    if (v.version) {
        printf("wzp-relay %s\n", WZP_VERSION);
        return WZP_EXIT_DONE;
    }
    if (v.mesh_status) {
        puts("  (no probe targets configured)");
        return WZP_EXIT_DONE;
    }
    v.strict = v.check;
    return run(program, &v);
}

int wzp_cmd_relay(int argc, char **argv)
{
    return wzp_relay_command_main("wzp relay", argc, argv);
}
