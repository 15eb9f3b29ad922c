/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Runs a network check (nat/netcheck.h) over a host: two UDP ports, name resolution, inquiries, and
 * a phone with an identity of its own, which measures relays from the same port that is being
 * examined. netcheck_work.c carries out its tasks. */
#include "app/netcheck.h"

#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"
#include "base/time.h"

/* ---- the shared port ---- */

/* Advances the check after anything that happened: there may be new tasks, or it may be
 * complete. */
void wzp_app_netcheck_step(struct wzp_app_netcheck *c)
{
    unsigned steps, expected;
    wzp_netcheck_work_begin(c);
    wzp_netcheck_work_look(c);
    if (c->second && !c->over)
        WZP_HOST(c, port_kick, c->second);
    wzp_netcheck_progress(&c->check, &steps, &expected);
    if (c->config.progress && (steps != c->steps || expected != c->expected))
        c->config.progress(c->config.context, steps, expected);
    c->steps = steps;
    c->expected = expected;
    if (wzp_netcheck_result(&c->check) && !c->over) {
        c->over = true; /* the end is reported by a timer, not from inside the present callback */
        WZP_HOST(c, timer_set, c->later, WZP_HOST(c, now));
    }
}

static void receive(void *object, const struct wzp_addr *local, const struct wzp_addr *remote,
                    uint8_t ecn, const uint8_t *data, size_t length, uint64_t now)
{
    struct wzp_app_netcheck *c = object;
    if (!wzp_netcheck_receive(&c->check, 0, remote, data, length, now) && !c->over)
        wzp_phone_receive(c->phone, local, remote, ecn, data, length, now);
    wzp_app_netcheck_step(c);
}

static uint64_t expiry(const void *object)
{
    const struct wzp_app_netcheck *c = object;
    uint64_t soonest = wzp_time_min(wzp_netcheck_expiry(&c->check), wzp_phone_expiry(c->phone));
    return c->over ? WZP_NEVER : wzp_time_min(soonest, wzp_netcheck_work_expiry(c));
}

static void handle_expiry(void *object, uint64_t now)
{
    struct wzp_app_netcheck *c = object;
    if (c->over)
        return;
    wzp_netcheck_handle_expiry(&c->check, now);
    wzp_phone_handle_expiry(c->phone, now);
    wzp_netcheck_work_expire(c, now);
    wzp_app_netcheck_step(c);
}

static int next_packet(void *object, struct wzp_packet *out, uint64_t now)
{
    struct wzp_app_netcheck *c = object;
    if (c->over)
        return 0;
    return wzp_netcheck_next_packet(&c->check, out, 0, now) ||
           wzp_phone_next_packet(c->phone, out, now);
}

static void unreachable(void *owner, const struct wzp_addr *remote, int code, uint64_t now)
{
    struct wzp_app_netcheck *c = owner;
    if (c->over)
        return;
    c->in_port = true;
    wzp_phone_unreachable(c->phone, remote, code, now);
    wzp_app_netcheck_step(c);
    c->in_port = false;
}

/* ---- the second port: has sent to no server, so that it shows whose packets the NAT lets in
 * ---- */

static void second_receive(void *object, const struct wzp_addr *local,
                           const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data,
                           size_t length, uint64_t now)
{
    struct wzp_app_netcheck *c = object;
    (void)local, (void)ecn;
    if (c->over)
        return;
    wzp_netcheck_receive(&c->check, 1, remote, data, length, now);
    wzp_app_netcheck_step(c);
    WZP_HOST(c, port_kick, c->port);
}

/* The first port's timer serves both ports. */
static uint64_t second_expiry(const void *object)
{
    (void)object;
    return WZP_NEVER;
}

static void second_handle_expiry(void *object, uint64_t now)
{
    (void)object, (void)now;
}

static int second_next_packet(void *object, struct wzp_packet *out, uint64_t now)
{
    struct wzp_app_netcheck *c = object;
    return !c->over && wzp_netcheck_next_packet(&c->check, out, 1, now);
}

/* ---- the start ---- */

static void on_later(void *owner, uint64_t now)
{
    struct wzp_app_netcheck *c = owner;
    (void)now;
    if (!c->told) {
        c->told = true;
        c->config.done(c->config.context);
    }
}

/* The local address of the requests; nothing: any. */
static int read_bind(struct wzp_addr *out, const char *text, struct wzp_error *err)
{
    char host[256];
    uint16_t port = 0;
    *out = (struct wzp_addr){0};
    if (!text)
        return 0;
    int result = wzp_addr_split(host, sizeof host, &port, text, 1);
    if (!result)
        result = wzp_addr_parse_ip(out, host, port);
    if (result) {
        wzp_error_set(err, result,
                      "this is no address of this machine: expected IPV4, IPV4:PORT, "
                      "IPV6 or [IPV6]:PORT");
        wzp_error_prefix(err, text);
        return result;
    }
    if (port == 1)
        wzp_addr_set_port(out, 0); /* no port was given */
    return 0;
}

static int open_ports(struct wzp_app_netcheck *c, struct wzp_error *err)
{
    const struct wzp_driver driver = {c, receive, expiry, handle_expiry, next_packet};
    const struct wzp_driver second = {c, second_receive, second_expiry, second_handle_expiry,
                                      second_next_packet};
    struct wzp_addr bind, other = {
                              .u.in = {.sin_family = AF_INET, .sin_addr = {INADDR_ANY}},
                              .length = sizeof other.u.in,
                          };
    int result = read_bind(&bind, c->config.bind, err);
    if (!result)
        result =
            WZP_HOST(c, port_open, &c->port, wzp_addr_is_none(&bind) ? NULL : &bind, &driver, err);
    if (result)
        return result;
    if (!wzp_addr_is_none(&bind)) {
        other = bind;
        wzp_addr_set_port(&other, 0);
    }
    WZP_HOST(c, port_on_unreachable, c->port, unreachable, c);
    if (WZP_HOST(c, port_open, &c->second, &other, &second, NULL))
        c->second = NULL; /* without it hairpinning and filtering stay unknown */
    return 0;
}

static int make_phone(struct wzp_app_netcheck *c, struct wzp_error *err)
{
    struct wzp_phone_config config = {.codec = WZP_CODEC_OPUS_24K,
                                      .accept_new_relays = true,
                                      .random = c->host.random,
                                      .log = c->host.log,
                                      .wall_seconds = WZP_HOST(c, wall_ms) / 1000};
    c->host.random.fill(c->host.random.context, config.seed, sizeof config.seed);
    int result = wzp_phone_new(&c->phone, &config, WZP_HOST(c, now), err);
    if (!result) {
        c->phone_listener = (struct wzp_listener){.event = wzp_netcheck_work_event, .context = c};
        wzp_phone_listen(c->phone, &c->phone_listener);
    }
    return result;
}

static int check_names(const char *const *names, size_t count, size_t most, const char *what,
                       struct wzp_error *err)
{
    char host[256];
    uint16_t port;
    if (count > most)
        return wzp_error_set(err, WZP_E_LIMIT, "at most %zu %s can be asked", most, what);
    for (size_t i = 0; i < count; i++) {
        int result = wzp_addr_split(host, sizeof host, &port, names[i], 1);
        if (!result && strlen(names[i]) >= WZP_NETCHECK_NAME_MAX)
            result = WZP_E_RANGE;
        if (result) {
            wzp_error_set(err, result,
                          "this is no address: expected HOST, HOST:PORT or [IPV6]:PORT with a port "
                          "from 1 to 65535, up to %d characters",
                          WZP_NETCHECK_NAME_MAX - 1);
            wzp_error_prefix(err, names[i]);
            return result;
        }
    }
    return 0;
}

/* The STUN servers to use: those of the configuration, else those of the setting. */
struct servers {
    const char *items[WZP_APP_NETCHECK_STUN_MAX + 1];
    size_t count;
    char text[WZP_APP_NETCHECK_STUN_MAX * WZP_NETCHECK_NAME_MAX];
};

static int list_servers(struct servers *out, const struct wzp_app_netcheck_config *config,
                        struct wzp_error *err)
{
    char *rest = NULL;
    int result = check_names(config->stun, config->stun_count, WZP_APP_NETCHECK_STUN_MAX,
                             "STUN servers", err);
    out->count = 0;
    for (size_t i = 0; !result && i < config->stun_count; i++)
        out->items[out->count++] = config->stun[i];
    if (result || config->stun_count > 0 || !config->stun_setting)
        return result;
    if (!wzp_text_copy(out->text, sizeof out->text, config->stun_setting))
        return wzp_error_set(err, WZP_E_LIMIT, "the setting stun is too long");
    for (char *at = strtok_r(out->text, " \t,", &rest);
         at && out->count <= WZP_APP_NETCHECK_STUN_MAX; at = strtok_r(NULL, " \t,", &rest))
        out->items[out->count++] = at;
    return check_names(out->items, out->count, WZP_APP_NETCHECK_STUN_MAX, "STUN servers", err);
}

static int start_check(struct wzp_app_netcheck *c, const struct servers *servers)
{
    const struct wzp_app_netcheck_config *config = &c->config;
    struct wzp_netcheck_relay_config relays[WZP_NETCHECK_RELAYS_MAX];
    struct wzp_networks *networks = wzp_calloc(1, sizeof *networks);
    if (networks) {
        struct wzp_netcheck_config check;
        WZP_HOST(c, networks, networks);
        wzp_netcheck_config_default(&check);
        check.stun = servers->items;
        check.stun_count = servers->count;
        check.test_all = config->all;
        check.relay_probes = config->probes;
        for (size_t i = 0; i < config->relay_count; i++)
            relays[i] = (struct wzp_netcheck_relay_config){config->relays[i], config->relays[i]};
        check.relays = relays;
        check.relay_count = config->relay_count;
        check.networks = networks;
        check.gateway = networks->gateway;
        check.socket4 = WZP_HOST(c, port_local, c->port, AF_INET);
        check.socket6 = WZP_HOST(c, port_local, c->port, AF_INET6);
        check.os_has_ipv6 = wzp_addr_is_none(&check.socket6) ? WZP_TRI_NO : WZP_TRI_YES;
        if (config->bind) { /* only the family of the bind address is checked */
            check.test_ipv4 = check.test_port_mapping = !wzp_addr_is_none(&check.socket4);
            check.test_ipv6 = !wzp_addr_is_none(&check.socket6);
            check.os_has_ipv6 = check.test_ipv6 ? WZP_TRI_YES : WZP_TRI_UNKNOWN;
        }
        check.has_second_socket = c->second && !wzp_addr_is_none(&check.socket4);
        check.limit = (uint64_t)(config->timeout * (double)WZP_SECOND);
        check.mapping_lifetime = (uint64_t)(config->mapping_lifetime * (double)WZP_SECOND);
        check.wall_ms = WZP_HOST(c, wall_ms);
        wzp_phone_set_networks(c->phone, networks, &check.socket4, &check.socket6,
                               WZP_HOST(c, now));
        wzp_netcheck_start(&c->check, &check, &c->host.random, WZP_HOST(c, now));
    }
    int result = networks ? 0 : WZP_E_MEMORY;
    wzp_free(networks);
    return result;
}

int wzp_app_netcheck_start_sized(struct wzp_app_netcheck **out, const struct wzp_host *host,
                                 const struct wzp_app_netcheck_config *config, size_t size,
                                 struct wzp_error *err)
{
    /* the part of the struct that the caller's version has */
    struct wzp_app_netcheck_config known = {0};
    struct servers servers;
    *out = NULL;
    memcpy(&known, config, size < sizeof known ? size : sizeof known);
    if (host->calls->size < sizeof *host->calls)
        return wzp_error_set(err, WZP_E_UNSUPPORTED, "the host was compiled for an older library");
    int result =
        check_names(known.relays, known.relay_count, WZP_APP_NETCHECK_RELAYS_MAX, "relays", err);
    if (!result)
        result = list_servers(&servers, &known, err);
    if (result)
        return result;
    struct wzp_app_netcheck *c = wzp_calloc(1, sizeof *c);
    if (!c)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    c->host = *host;
    c->config = known;
    result = WZP_HOST(c, timer_new, &c->later, on_later, c);
    if (!result)
        result = make_phone(c, err);
    if (!result)
        result = open_ports(c, err);
    if (!result)
        result = start_check(c, &servers);
    if (result) {
        wzp_app_netcheck_free(c);
        return err && err->code ? result : wzp_error_set(err, result, "cannot look at the network");
    }
    *out = c;
    wzp_app_netcheck_step(c);
    WZP_HOST(c, port_kick, c->port);
    return 0;
}

/* ---- the end ---- */

void wzp_app_netcheck_stop(struct wzp_app_netcheck *c)
{
    wzp_netcheck_stop(&c->check, WZP_HOST(c, now));
    wzp_app_netcheck_step(c);
}

const struct wzp_netcheck_report *wzp_app_netcheck_report(const struct wzp_app_netcheck *c)
{
    return wzp_netcheck_result(&c->check);
}

bool wzp_app_netcheck_lifetime(const struct wzp_app_netcheck *c, double *low, double *high,
                               double *wait)
{
    const struct wzp_lifetime *l = &c->check.lifetime;
    *low = (double)l->low / (double)WZP_SECOND;
    *high = l->high == WZP_NEVER ? 0 : (double)l->high / (double)WZP_SECOND;
    *wait = (double)l->wait / (double)WZP_SECOND;
    return wzp_lifetime_running(l);
}

int wzp_app_netcheck_status(const struct wzp_app_netcheck *c)
{
    const struct wzp_netcheck_report *report = wzp_netcheck_result(&c->check);
    return report ? report->exit_status : -1;
}

char *wzp_app_netcheck_json(const struct wzp_app_netcheck *c)
{
    const struct wzp_netcheck_report *report = wzp_netcheck_result(&c->check);
    struct wzp_buffer text;
    char *out = NULL;
    size_t length;
    if (!report)
        return NULL;
    wzp_buffer_init(&text, WZP_NETCHECK_TEXT_MAX);
    int result = wzp_netcheck_write_json(&text, report);
    if (!result)
        result = wzp_buffer_take(&text, &out, &length);
    wzp_buffer_fini(&text);
    return result ? NULL : out;
}

void wzp_app_netcheck_free(struct wzp_app_netcheck *c)
{
    if (!c)
        return;
    wzp_netcheck_work_forget(c);
    WZP_HOST(c, port_close, c->port);
    WZP_HOST(c, port_close, c->second);
    WZP_HOST(c, timer_free, c->later);
    wzp_phone_free(c->phone);
    wzp_free(c);
}
