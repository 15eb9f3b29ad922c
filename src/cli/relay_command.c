/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* wzp-relay and `wzp relay`: the life of the process. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/relay_control.h"
#include "cli/relay_crew.h"
#include "cli/relay_dump.h"
#include "cli/relay_events.h"
#include "cli/relay_seed.h"
#include "cli/relay_settings.h"
#include "cli/relay_tap.h"
#include "cli/relay_web.h"
#include "cli/terminal.h"
#include "wzp_build.h"

/* The state of the process. */
struct process {
    const char *program;
    struct wzp_relay_web web;
    struct wzp_loop *loop;
    struct wzp_signal_watch *watches[4];
    struct wzp_relay_dump *dump; /* a listing under way */
    struct wzp_relay_events *events;
    struct wzp_relay_control *control;
    const struct wzp_relay_values *values;
    _Atomic(enum wzp_log_level) level; /* can change while the relay runs; all threads log */
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

/* ---- life ---- */

static void stop_loop(void *context)
{
    wzp_loop_stop(context);
}

static void part(struct process *p, const char *why)
{
    if (p->draining) {
        wzp_loop_stop(p->loop); /* second request: end at once */
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

/* SIGHUP: reads the configuration again and applies what can change while the relay runs; other
 * changes are reported. A file with errors changes nothing. */
static void on_hangup(void *context, int number)
{
    struct process *p = context;
    const struct wzp_log *log = &p->web.log;
    struct wzp_relay_config config;
    struct wzp_error err = {0};
    struct wzp_relay_values v = *p->values;
    struct wzp_relay_warner warner = {.program = p->program};
    (void)number;
    v.check = true; /* no file is created */
    wzp_relay_config_default(&config);
    int result = wzp_relay_settings_file(&config, &v, &warner, &err);
    if (!result)
        result = wzp_relay_options_apply(&config, &v, &err);
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

/* ---- SIGUSR1: a listing of the relay's state, to standard error ---- */

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
        return; /* only one listing at a time */
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
    if (!p->web.config.advertised_addr[0] && wzp_addr_is_unspecified(&p->web.service.listen))
        (void)wzp_text_copy(advertised, sizeof advertised, "the one at which each reached us");
    else
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

/* Opens the event log, the debug tap and the control socket; then starts all threads. */
static int open_files(struct process *p, const struct wzp_log *log, struct wzp_error *err)
{
    const struct wzp_relay_values *v = p->values;
    int result = 0;
    if (v->control)
        result = wzp_relay_control_open(&p->control, p->loop, &p->web.service, v->control, on_drain,
                                        p, log, err);
    if (!result && v->event_log)
        result = wzp_relay_events_open(&p->events, p->loop, p->web.service.relay, v->event_log,
                                       WZP_RELAY_EVENTS_FILE_MAX, log, err);
    if (!result && v->debug_tap_file)
        result = wzp_relay_crew_tap(p->web.crew, v->debug_tap_file, WZP_RELAY_TAP_FILE_MAX, err);
    if (!result)
        result = wzp_relay_crew_run(p->web.crew, err);
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
    wzp_relay_events_close(p->events);
    wzp_relay_control_close(p->control);
    wzp_relay_web_stop(&p->web);
    wzp_loop_free(p->loop);
    return WZP_EXIT_DONE;
}

/* The result of --check-config: a file that works only in part is a failure, too. */
static int check(const struct wzp_relay_values *v, const struct wzp_relay_warner *warner)
{
    struct wzp_error err = {0};
    if (wzp_relay_seed_check(v->identity, &err))
        return fail(warner->program, &err);
    if (warner->faults) {
        wzp_error_set(&err, WZP_E_ARGUMENT, "%u %s", warner->faults,
                      wzp_plural(warner->faults, "thing is not as it should be",
                                 "things are not as they should be"));
        return fail(warner->program, &err);
    }
    puts("configuration is good");
    return WZP_EXIT_DONE;
}

static int run(const char *program, const struct wzp_relay_values *v)
{
    struct process p = {.program = program, .values = v};
    struct wzp_relay_config *config = &p.web.config;
    struct wzp_identity identity;
    struct wzp_error err = {0};
    struct wzp_log log = {.write = log_line, .context = &p, .level = WZP_LOG_DEBUG};
    struct wzp_relay_warner warner = {.program = program};
    wzp_relay_config_default(config);
    if (wzp_relay_settings_file(config, v, &warner, &err)) {
        fprintf(stderr, "%s: cannot load the configuration %s: %s\n", program, v->config, err.text);
        return WZP_EXIT_USAGE;
    }
    if (wzp_relay_options_apply(config, v, &err) ||
        wzp_relay_settings_judge(config, v, &warner, &err))
        return fail(program, &err);
    enum wzp_log_level level = p.level;
    wzp_log_level_parse(&level, config->log_level);
    p.level = level;
    if (v->check)
        return check(v, &warner);
    if (wzp_relay_seed_load(&identity, v->identity, &log, &err))
        return fail(program, &err);
    int status = serve(&p, &identity, &log);
    wzp_identity_wipe(&identity);
    return status;
}

int wzp_relay_command_main(const char *program, int argc, char **argv)
{
    struct wzp_relay_values v = {.metrics_port = WZP_RELAY_PORT_UNSET,
                                 .ws_port = WZP_RELAY_PORT_UNSET};
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
        char usage[200];
        snprintf(usage, sizeof usage,
                 "usage: %s [OPTION...]\n       %s ctl --control FILE WORD [ARGUMENT...]\n"
                 "A relay for the WZP network.\n\noptions:",
                 program, program);
        wzp_terminal_print(stdout, usage, 11);
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
    return run(program, &v);
}

int wzp_cmd_relay(int argc, char **argv)
{
    return wzp_relay_command_main("wzp relay", argc, argv);
}
