/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The network check from homes behind several kinds of routers: its results are true, it ends in
 * time, and it leaves no state behind. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/alloc.h"
#include "base/time.h"
#include "nat/netcheck_report.h"
#include "nat/stun.h"
#include "sim/actors.h"
#include "sim/machine.h"
#include "sim/nat.h"
#include "sim/stun.h"
#include "tap.h"
#include "wzp/netcheck.h"
#include "wzp/relay.h"

#define RELAY "192.0.2.100:4433"
#define NOBODY "192.0.2.101:4433"

static struct wzp_sim *sim;
static struct wzp_sim_nat *box; /* NULL: straight on the internet */
static struct wzp_sim_host *host, *servers[2];
static struct wzp_sim_stun stun[2];
static struct wzp_sim_relay relay;
static struct wzp_sim_machine machine;
static struct wzp_host world;
static struct wzp_app_netcheck *check;
static unsigned told, progress;
static size_t relay_count = 2, server_count = 2;
static double mapping_lifetime;
static bool two_addresses = true; /* the first STUN server has two */
static uint64_t began;

static void on_done(void *context)
{
    (void)context;
    told++;
}

static void on_progress(void *context, unsigned steps, unsigned expected)
{
    (void)context;
    progress = expected > 0 && steps <= expected ? progress + 1 : 0;
}

static bool is_over(void *context)
{
    (void)context;
    return told > 0;
}

static void move_in(const struct wzp_sim_nat_config *config)
{
    struct wzp_sim_network *net = wzp_sim_internet(sim), *lan;
    if (wzp_sim_host_add(sim, &host, "ann"))
        bail("no host");
    box = NULL;
    if (!config) {
        if (wzp_sim_host_address(host, net, "203.0.113.7"))
            bail("no address");
        return;
    }
    if (wzp_sim_network_new(sim, &lan, "lan") ||
        wzp_sim_nat_add(sim, &box, "box", lan, net, config) ||
        wzp_sim_host_address(wzp_sim_nat_host(box), lan, "192.168.1.1") ||
        wzp_sim_host_address(wzp_sim_nat_host(box), net, "203.0.113.7") ||
        wzp_sim_host_address(host, lan, "192.168.1.2"))
        bail("no home");
}

/* A home behind a box (NULL: none), 20 ms from two STUN servers and a relay. */
static void begin(const struct wzp_sim_nat_config *config)
{
    static const char *const places[] = {"192.0.2.1", "192.0.2.2"};
    const struct wzp_sim_link far = {.delay = 20 * WZP_MILLISECOND};
    if (wzp_sim_new(&sim, 3))
        bail("no world");
    for (size_t i = 0; i < 2; i++)
        if (wzp_sim_host_add(sim, &servers[i], "stun") ||
            wzp_sim_host_address(servers[i], wzp_sim_internet(sim), places[i]) ||
            wzp_sim_stun_start(&stun[i], servers[i], 3478, 3479))
            bail("no STUN server");
    if (two_addresses && wzp_sim_host_address(servers[0], wzp_sim_internet(sim), "192.0.2.3"))
        bail("no second address");
    if (wzp_sim_relay_start(&relay, sim, RELAY, 9, NULL))
        bail("no relay");
    move_in(config);
    wzp_sim_set_links(host, &far, &far);
    wzp_sim_machine_init(&machine, sim, host);
    wzp_sim_machine_host(&world, &machine, NULL);
}

static void start(double timeout)
{
    static const char *const servers_asked[] = {"192.0.2.1", "192.0.2.2:3478"};
    static const char *const relays[] = {RELAY, NOBODY};
    const struct wzp_app_netcheck_config config = {.relays = relays,
                                                   .relay_count = relay_count,
                                                   .stun = servers_asked,
                                                   .stun_count = server_count,
                                                   .timeout = timeout,
                                                   .mapping_lifetime = mapping_lifetime,
                                                   .progress = on_progress,
                                                   .done = on_done};
    struct wzp_error err = {0};
    told = progress = 0;
    began = wzp_sim_now(sim);
    if (wzp_app_netcheck_start(&check, &world, &config, &err))
        bail("no check: %s", err.text);
}

static const struct wzp_netcheck_report *look(const char *where, uint64_t limit)
{
    start(0);
    ok(!wzp_app_netcheck_report(check) && wzp_app_netcheck_status(check) == -1,
       "%s: there is no report before the end", where);
    bool over = wzp_sim_run_for(sim, is_over, NULL, 6 * WZP_SECOND);
    uint64_t took = wzp_sim_now(sim) - began;
    ok(over && took <= limit, "%s: it took %llu ms, at most %llu", where,
       (unsigned long long)(took / WZP_MILLISECOND), (unsigned long long)(limit / WZP_MILLISECOND));
    const struct wzp_netcheck_report *report = wzp_app_netcheck_report(check);
    if (!report)
        bail("%s: no report", where);
    ok(progress > 2, "%s: progress was told", where);
    return report;
}

static void end(const char *where)
{
    struct wzp_sim_host_counters before, after;
    wzp_sim_host_counters(host, &before);
    wzp_sim_run(sim, 3 * WZP_SECOND);
    wzp_sim_host_counters(host, &after);
    is_int(after.packets_out, before.packets_out, "%s: afterwards it is silent", where);
    is_int(told, 1, "%s: the end was told once", where);
    if (box)
        is_int(wzp_sim_nat_open_ports(box, NULL, 0), 0, "%s: no port was opened", where);
    wzp_app_netcheck_free(check);
    check = NULL;
    wzp_sim_machine_fini(&machine);
    wzp_sim_relay_stop(&relay);
    wzp_sim_stun_stop(&stun[0]);
    wzp_sim_stun_stop(&stun[1]);
    wzp_sim_free(sim);
}

/* ---- kinds of networks ---- */

static void kinds(void)
{
    static const struct {
        const char *name;
        struct wzp_sim_nat_config config;
        const char *verdict, *type;
        enum wzp_tri varies, hairpin;
    } rows[] = {
        {"no router", {0}, "open", "Cone", WZP_TRI_NO, WZP_TRI_UNKNOWN},
        {"a cone with hairpin",
         {.mapping = WZP_SIM_ENDPOINT_INDEPENDENT,
          .filtering = WZP_SIM_ENDPOINT_INDEPENDENT,
          .hairpin = true},
         "full-cone",
         "Cone",
         WZP_TRI_NO,
         WZP_TRI_YES},
        {"a port-restricted cone",
         {.mapping = WZP_SIM_ENDPOINT_INDEPENDENT, .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT},
         "easy",
         "Cone",
         WZP_TRI_NO,
         WZP_TRI_NO},
        {"a symmetric router",
         {.mapping = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
          .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
          .ports = WZP_SIM_PORTS_RANDOM},
         "hard",
         "SymmetricPort",
         WZP_TRI_YES,
         WZP_TRI_NO},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *name = rows[i].name;
        begin(i > 0 ? &rows[i].config : NULL);
        const struct wzp_netcheck_report *r = look(name, 2 * WZP_SECOND);
        is_str(r->verdict_word, rows[i].verdict, "%s: the verdict", name);
        is_str(wzp_nat_type_name(r->nat_type), rows[i].type, "%s: its type", name);
        is_int(r->mapping_varies, rows[i].varies, "%s: do mappings vary", name);
        if (i > 0)
            is_int(r->hairpin_works, rows[i].hairpin, "%s: does a hairpin work", name);
        is_int(wzp_app_netcheck_status(check), 0, "%s: UDP works: status 0", name);
        is_str(r->preferred_relay, RELAY, "%s: the relay that answers is preferred", name);
        ok(r->relays[0].rtt_ms.known && r->relays[0].rtt_ms.value >= 40 &&
               r->relays[0].rtt_ms.value < 60,
           "%s: it is 40 ms away", name);
        ok(r->relays[0].answers == 10 && !r->relays[1].rtt_ms.known && r->relays[1].error[0],
           "%s: ten round trips of the one, a reason for the other", name);
        ok(r->tcp_443 == WZP_TRI_UNKNOWN && r->captive_portal == WZP_TRI_UNKNOWN && !r->mtu.known,
           "%s: what was not found out is not known", name);
        end(name);
    }
}

/* Every kind of mapping with every kind of filter, from one server with two addresses. */
static void behaviours(void)
{
    static const enum wzp_sim_dependence kinds_of[] = {WZP_SIM_ENDPOINT_INDEPENDENT,
                                                       WZP_SIM_ADDRESS_DEPENDENT,
                                                       WZP_SIM_ADDRESS_AND_PORT_DEPENDENT};
    static const char *const names[] = {"endpoint-independent", "address-dependent",
                                        "port-dependent"};
    for (size_t i = 0; i < 9; i++) {
        struct wzp_sim_nat_config config = {.mapping = kinds_of[i / 3],
                                            .filtering = kinds_of[i % 3],
                                            .ports = i % 2 ? WZP_SIM_PORTS_RANDOM
                                                           : WZP_SIM_PORTS_SEQUENTIAL};
        char name[80];
        snprintf(name, sizeof name, "mapping %s, filtering %s", names[i / 3], names[i % 3]);
        begin(&config);
        const struct wzp_netcheck_report *r = look(name, 2 * WZP_SECOND);
        is_str(wzp_nat_mapping_name(r->nat4.mapping), names[i / 3], "%s: the mapping", name);
        ok(r->nat4.mapping_proved, "%s: it is proved", name);
        is_str(wzp_nat_filtering_name(r->filtering), names[i % 3], "%s: the filter", name);
        is_int(r->mapping_varies, i < 3 ? WZP_TRI_NO : WZP_TRI_YES, "%s: do mappings vary", name);
        end(name);
    }
    const struct wzp_sim_nat_config config = {.mapping = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
                                              .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT};
    two_addresses = false;
    begin(&config);
    const struct wzp_netcheck_report *r = look("servers of one address", 2 * WZP_SECOND);
    ok(r->filtering == WZP_NAT_FILTERING_UNKNOWN && !r->nat4.mapping_proved &&
           r->mapping_varies == WZP_TRI_YES,
       "servers of one address: that it varies is seen, by what and what is let in is not known");
    end("servers of one address");
    two_addresses = true;
}

/* The relay of the existing network speaks no STUN. */
static bool no_stun_to_relays(void *context, struct wzp_addr *from, struct wzp_addr *to,
                              uint8_t *data, size_t *length)
{
    (void)context, (void)from;
    return wzp_addr_port(to) != 4433 || !wzp_stun_is_message(data, *length);
}

/* One STUN server and one relay: the result derives from both of their observations. */
static void relays_and_servers(void)
{
    static const struct {
        const char *name;
        struct wzp_sim_nat_config config;
        bool filter;
        const char *type;
    } rows[] = {
        {"a relay that answers STUN, a cone",
         {.mapping = WZP_SIM_ENDPOINT_INDEPENDENT},
         false,
         "Cone"},
        {"a relay asked by Reflect, a cone",
         {.mapping = WZP_SIM_ENDPOINT_INDEPENDENT},
         true,
         "Cone"},
        {"a relay asked by Reflect, symmetric",
         {.mapping = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT, .ports = WZP_SIM_PORTS_RANDOM},
         true,
         "SymmetricPort"},
    };
    two_addresses = false;
    relay_count = server_count = 1;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin(&rows[i].config);
        if (rows[i].filter)
            wzp_sim_network_set_filter(wzp_sim_internet(sim), no_stun_to_relays, NULL);
        const struct wzp_netcheck_report *r = look(rows[i].name, 2 * WZP_SECOND);
        is_str(wzp_nat_type_name(r->nat_type), rows[i].type, "%s: the type", rows[i].name);
        is_int(r->nat4.destinations, 2, "%s: two destinations tell", rows[i].name);
        is_int(r->stun_count, rows[i].filter ? 1 : 2, "%s: who answered STUN", rows[i].name);
        struct wzp_relay_counters counters;
        wzp_sim_run(sim, 2 * WZP_SECOND);
        wzp_relay_counters(relay.relay, &counters);
        is_int(counters.registered, 0, "%s: nobody stays registered", rows[i].name);
        end(rows[i].name);
    }
    two_addresses = true;
    relay_count = server_count = 2;
}

/* Loss and jitter of the line are measured; a handshake would retransmit and hide them. */
static void rough(void)
{
    const struct wzp_sim_nat_config config = {.mapping = WZP_SIM_ENDPOINT_INDEPENDENT};
    unsigned lost = 0, answers = 0;
    double jitter = 0;
    relay_count = 1;
    for (unsigned seed = 0; seed < 5; seed++) {
        begin(&config);
        const struct wzp_sim_link line = {
            .delay = 20 * WZP_MILLISECOND, .jitter = 10 * WZP_MILLISECOND, .loss = 0.15};
        wzp_sim_set_links(host, &line, &line);
        wzp_sim_run(sim, (seed + 1) * WZP_MILLISECOND);
        const struct wzp_netcheck_report *r = look("a rough line", 5 * WZP_SECOND);
        lost += r->relays[0].probes - r->relays[0].answers;
        answers += r->relays[0].answers;
        jitter += r->relays[0].jitter_ms / 5;
        end("a rough line");
    }
    double percent = 100.0 * lost / (lost + answers);
    ok(percent > 10 && percent < 50, "of a line that loses 28 %% of round trips %.0f %% are seen",
       percent);
    ok(jitter > 2 && jitter < 20, "its jitter is seen: %.1f ms", jitter);
    relay_count = 2;
}

/* One relay that answers and one that does not, with a short time limit. */
static void probes(void)
{
    const struct wzp_sim_nat_config config = {.mapping = WZP_SIM_ENDPOINT_INDEPENDENT};
    server_count = 0;
    begin(&config);
    start(0.6);
    ok(wzp_sim_run_for(sim, is_over, NULL, 700 * WZP_MILLISECOND), "X6: 600 ms are the limit");
    const struct wzp_netcheck_report *r = wzp_app_netcheck_report(check);
    if (!r)
        bail("X6: no report");
    is_int(r->relay_count, 2, "X6: two relays, two results");
    ok(r->relays[0].rtt_ms.known && r->relays[0].rtt_ms.value < 2000,
       "X4: the one that lives is measured");
    ok(!wzp_addr_is_none(&r->global_v4) && wzp_addr_port(&r->global_v4) != 0,
       "X4: and tells an address and a port");
    ok(!r->relays[1].rtt_ms.known && r->relays[1].error[0], "X6: the dead one has an error: %s",
       r->relays[1].error);
    ok(r->nat_type == WZP_NAT_UNKNOWN && wzp_addr_is_none(&r->reflexive_addr),
       "X6: Unknown, no consensus");
    end("X6");
    server_count = 2;
}

/* When everything else answers, a router without services takes longest: it counts as silent after
 * 1.5 s. */
static void healthy(void)
{
    const struct wzp_sim_nat_config config = {.mapping = WZP_SIM_ENDPOINT_INDEPENDENT};
    relay_count = 1;
    begin(&config);
    look("a healthy network", 1600 * WZP_MILLISECOND);
    end("a healthy network");
    relay_count = 2;
}

/* ---- how long a mapping lives ---- */

static void lifetimes(void)
{
    static const struct {
        const char *name;
        unsigned life, limit; /* s; life 0: no router */
        enum wzp_sim_dependence mapping;
        bool inbound;         /* inbound packets renew it, too */
        unsigned least, most; /* limits of the measured result */
        enum wzp_tri longer;
        unsigned seconds; /* the longest time that the check may take */
    } rows[] = {
        {"30 s, a cone", 30, 120, WZP_SIM_ENDPOINT_INDEPENDENT, false, 26, 30, WZP_TRI_NO, 350},
        {"30 s, kept by what comes in", 30, 60, WZP_SIM_ENDPOINT_INDEPENDENT, true, 28, 30,
         WZP_TRI_NO, 250},
        {"60 s, symmetric", 60, 100, WZP_SIM_ADDRESS_AND_PORT_DEPENDENT, false, 56, 60, WZP_TRI_NO,
         500},
        {"300 s, up to 60", 300, 60, WZP_SIM_ENDPOINT_INDEPENDENT, false, 60, 60, WZP_TRI_YES, 70},
        {"no router", 0, 20, WZP_SIM_NONE, false, 20, 20, WZP_TRI_YES, 30},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *name = rows[i].name;
        const struct wzp_sim_nat_config config = {.mapping = rows[i].mapping,
                                                  .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
                                                  .ports = WZP_SIM_PORTS_RANDOM,
                                                  .lifetime = rows[i].life * WZP_SECOND,
                                                  .refresh_inbound = rows[i].inbound};
        double low, high, wait;
        begin(rows[i].life ? &config : NULL);
        mapping_lifetime = rows[i].limit;
        start(0);
        wzp_sim_run(sim, 8 * WZP_SECOND);
        ok(wzp_app_netcheck_lifetime(check, &low, &high, &wait) && wait == rows[i].limit &&
               low == 0 && high == 0,
           "%s: the longest wait comes first, and that is told", name);
        bool over = wzp_sim_run_for(sim, is_over, NULL, rows[i].seconds * WZP_SECOND);
        const struct wzp_netcheck_report *r = wzp_app_netcheck_report(check);
        ok(over, "%s: it ends within %u s: %u s", name, rows[i].seconds,
           (unsigned)((wzp_sim_now(sim) - began) / WZP_SECOND));
        int64_t found = r && r->mapping_lifetime_s.known ? r->mapping_lifetime_s.value : -1;
        ok(found >= rows[i].least && found <= rows[i].most, "%s: %d s, expected %u to %u", name,
           (int)found, rows[i].least, rows[i].most);
        if (r)
            is_int(r->mapping_lifetime_longer, rows[i].longer, "%s: may it be longer", name);
        ok(!wzp_app_netcheck_lifetime(check, &low, &high, &wait), "%s: nothing is waited for",
           name);
        end(name);
    }
    begin(NULL);
    mapping_lifetime = 0;
    const struct wzp_netcheck_report *r = look("not asked for", 2 * WZP_SECOND);
    ok(!r->mapping_lifetime_s.known && r->mapping_lifetime_longer == WZP_TRI_UNKNOWN,
       "not asked for: the lifetime is not known");
    end("not asked for");
}

/* ---- without UDP ---- */

static struct {
    int tcp, captive;
} outside;

static void inquired(void *context, const struct wzp_inquiry *inquiry, struct wzp_finding *out)
{
    (void)context;
    out->result = inquiry->kind == WZP_INQUIRE_TCP       ? outside.tcp
                  : inquiry->kind == WZP_INQUIRE_CAPTIVE ? outside.captive
                                                         : WZP_E_UNSUPPORTED;
}

static void blocked(const char *name, int tcp, int captive, const char *verdict, int status)
{
    const struct wzp_sim_nat_config config = {.mapping = WZP_SIM_ENDPOINT_INDEPENDENT,
                                              .udp_blocked = true};
    begin(&config);
    machine.inquired = inquired;
    outside.tcp = tcp;
    outside.captive = captive;
    const struct wzp_netcheck_report *r = look(name, 5 * WZP_SECOND);
    is_str(r->verdict_word, verdict, "%s: the verdict", name);
    is_int(wzp_app_netcheck_status(check), status, "%s: the status", name);
    is_int(r->icmpv4, WZP_TRI_UNKNOWN, "%s: what cannot be tried is not known", name);
    ok(!r->relays[0].rtt_ms.known && r->relays[0].error[0], "%s: why no relay answers is told",
       name);
    end(name);
}

/* ---- interrupted checks ---- */

static void interrupted(void)
{
    const struct wzp_sim_nat_config config = {.mapping = WZP_SIM_ENDPOINT_INDEPENDENT};
    begin(&config);
    machine.inquired = inquired;
    start(0);
    wzp_sim_run(sim, 30 * WZP_MILLISECOND);
    wzp_app_netcheck_stop(check);
    wzp_sim_run(sim, WZP_MILLISECOND);
    ok(told == 1 && wzp_app_netcheck_report(check), "stopped, there is what is known");
    wzp_app_netcheck_stop(check);
    char *json = wzp_app_netcheck_json(check);
    ok(json && strstr(json, "\"schema\":1") && !strchr(json, '\n'), "as one object of JSON, too");
    wzp_free(json);
    end("stopped");

    begin(&config);
    start(0.2);
    wzp_sim_run(sim, 210 * WZP_MILLISECOND);
    is_int(told, 1, "a time-out of one's own is kept");
    end("a short look");

    begin(&config);
    start(0);
    wzp_sim_run(sim, 30 * WZP_MILLISECOND);
    wzp_app_netcheck_free(check);
    start(0);
    ok(wzp_sim_run_for(sim, is_over, NULL, 5 * WZP_SECOND), "one that was forgotten is in no way");
    end("forgotten");
}

/* The check is repeated at once: when a relay refuses requests because they are too frequent that
 * would look like loss. */
static void again_and_again(void)
{
    const struct wzp_sim_nat_config usual = {.mapping = WZP_SIM_ENDPOINT_INDEPENDENT,
                                             .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT};
    unsigned whole = 0;
    relay_count = 1;
    begin(&usual);
    for (unsigned i = 0; i < 5; i++) {
        start(0);
        if (!wzp_sim_run_for(sim, is_over, NULL, 6 * WZP_SECOND))
            bail("no end");
        const struct wzp_netcheck_report *r = wzp_app_netcheck_report(check);
        whole += r && r->relays[0].answers == 10;
        if (i < 4)
            wzp_app_netcheck_free(check);
    }
    is_int(whole, 5, "of five looks in a row none finds loss where there is none");
    end("the fifth");
    relay_count = 2;
}

static void wrong_names(void)
{
    static const char *const bad[] = {"host:99999"};
    struct wzp_error err = {0};
    begin(NULL);
    is_int(wzp_app_netcheck_start(
               &check, &world,
               &(struct wzp_app_netcheck_config){.relays = bad, .relay_count = 1, .done = on_done},
               &err),
           WZP_E_RANGE, "a wrong relay is refused");
    ok(!check && strstr(err.text, "host:99999"), "by name");
    err = (struct wzp_error){0};
    is_int(wzp_app_netcheck_start(
               &check, &world,
               &(struct wzp_app_netcheck_config){.stun = bad, .stun_count = 17, .done = on_done},
               &err),
           WZP_E_LIMIT, "so are too many servers");
    err = (struct wzp_error){0};
    is_int(wzp_app_netcheck_start_sized(
               &check, &world, &(struct wzp_app_netcheck_config){.stun_setting = bad[0]},
               offsetof(struct wzp_app_netcheck_config, stun_setting), &err),
           0, "of a struct that the caller knows a part of, that part is read: %s", err.text);
    wzp_app_netcheck_free(check);
    check = NULL;
    told = 1;
    end("refused");
}

TAP_MAIN
{
    kinds();
    behaviours();
    relays_and_servers();
    probes();
    rough();
    healthy();
    again_and_again();
    lifetimes();
    blocked("no UDP", 0, WZP_E_REFUSED, "udp-blocked", 2);
    blocked("nothing", WZP_E_REFUSED, WZP_E_UNSUPPORTED, "no-network", 3);
    blocked("a sign-in page", WZP_E_REFUSED, 0, "captive-portal", 2);
    interrupted();
    wrong_names();
}
