/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The laboratory in network namespaces. Each machine is a namespace with the real sockets of its
 * softphone; so is the router before it, which is the kernel's (nftables). A router's outer
 * interface is a tunnel that ends at a gate of the simulated internet, so that lines, losses and
 * STUN servers are those of the simulation, which runs with the clock here. (Kernels seldom have
 * netem; this needs nothing but namespaces, veth, TUN and nftables.) */
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "script/lab.h"
#include "script/tap.h"

#define INPUT_MAX 1024
#define RULES_MAX 16384
#define PORTS_IN_A_ROW 500
#define FIRST_PORT 20000

/* ---- the world's clock ---- */

static void run_world(struct wzp_lab *lab)
{
    const struct wzp_host *host = &lab->script->real;
    if (lab->pulsing) /* a packet came out of it and was answered at once */
        return;
    lab->pulsing = true;
    wzp_sim_run_until(lab->sim, host->calls->now(host->context) - lab->ahead);
    lab->pulsing = false;
    uint64_t next = wzp_sim_expiry(lab->sim);
    host->calls->timer_set(host->context, lab->pulse,
                           next == WZP_NEVER ? next : wzp_time_add(next, lab->ahead));
}

static void on_pulse(void *owner, uint64_t now)
{
    (void)now;
    run_world(owner);
}

/* The world runs with the host's clock from now on. */
static int begin(struct wzp_lab *lab, struct wzp_error *err)
{
    const struct wzp_host *host = &lab->script->real;
    int result = host->calls->timer_new(host->context, &lab->pulse, on_pulse, lab);
    if (result)
        return wzp_error_set(err, result, "a timer: %s", wzp_strerror(result));
    lab->in_spaces = true;
    lab->ahead = wzp_time_since(host->calls->now(host->context), wzp_sim_now(lab->sim));
    return 0;
}

void wzp_lab_spaces_end(struct wzp_lab *lab)
{
    const struct wzp_host *host = &lab->script->real;
    if (lab->pulse)
        host->calls->timer_free(host->context, lab->pulse);
    lab->pulse = NULL;
}

/* Tries what this machine must have; a test is skipped where it has not. */
static void try_one(lua_State *L)
{
    static const char *const argv[] = {"nft", "add table inet filter", NULL};
    struct wzp_script *s = wzp_script_of(L);
    struct wzp_error err = {0};
    struct wzp_space *space = NULL;
    int result = s->spaces.open ? s->spaces.open(&space, s->spaces.loop, &err)
                                : wzp_error_set(&err, WZP_E_UNSUPPORTED,
                                                "there are no network namespaces here");
    if (!result)
        result = s->spaces.tunnel(space, "wan", NULL, NULL, &err);
    if (!result)
        result = s->spaces.run(space, argv, "", &err);
    if (s->spaces.close)
        s->spaces.close(space);
    if (result && s->config.tap) {
        wzp_tap_skip(s, err.text);
        wzp_tap_abandon(L);
    }
    if (result)
        luaL_error(L, "%s", err.text);
}

struct wzp_lab *wzp_lab_spaces_world(lua_State *L)
{
    struct wzp_script *s = wzp_script_of(L);
    struct wzp_error err = {0};
    /* The laboratory may be what selects the program's clock. */
    if (!s->time_chosen && !s->clock_planned)
        s->in_virtual_time = false;
    wzp_script_settle(L);
    if (s->in_virtual_time)
        luaL_error(L, "a laboratory of namespaces lives in real time: clock = \"real\" in the "
                      "plan, or it comes before everything else");
    if (s->lab)
        return s->lab;
    try_one(L);
    if (wzp_lab_new(&s->lab, s, &err) || begin(s->lab, &err))
        luaL_error(L, "%s", err.text);
    return s->lab;
}

/* ---- between the kernel and the world ---- */

/* A packet from a router enters the simulation, which is first brought to the present time. */
static void on_packet(void *context, const uint8_t *packet, size_t length)
{
    struct wzp_lab_real *real = context;
    run_world(real->lab);
    wzp_sim_gate_receive(&real->gate, packet, length);
    run_world(real->lab);
}

static void deliver(void *context, const uint8_t *packet, size_t length)
{
    const struct wzp_lab_real *real = context;
    real->lab->script->spaces.send(real->edge, packet, length);
}

/* ---- setting up ---- */

static int run(struct wzp_lab *lab, struct wzp_space *space, const char *const *argv,
               const char *input, struct wzp_error *err)
{
    return lab->script->spaces.run(space, argv, input, err);
}

static int run_ip(struct wzp_lab *lab, struct wzp_space *space, const char *lines,
                  struct wzp_error *err)
{
    static const char *const argv[] = {"ip", "-batch", "-", NULL};
    return run(lab, space, argv, lines, err);
}

static int open_edge(struct wzp_lab_real *real, struct wzp_lab *lab, struct wzp_sim_host *host,
                     struct wzp_error *err)
{
    const struct wzp_script_spaces *spaces = &lab->script->spaces;
    real->lab = lab;
    int result = spaces->open(&real->edge, spaces->loop, err);
    if (!result)
        result = spaces->tunnel(real->edge, "wan", on_packet, real, err);
    if (result)
        return result;
    result = wzp_sim_gate_open(&real->gate, host, deliver, real);
    return result ? wzp_error_set(err, result, "a gate: %s", wzp_strerror(result)) : 0;
}

void wzp_lab_spaces_close(struct wzp_lab_real *real)
{
    if (!real->lab)
        return;
    wzp_sim_gate_close(&real->gate);
    real->lab->script->spaces.close(real->edge);
    real->lab->script->spaces.close(real->home);
    *real = (struct wzp_lab_real){0};
}

void wzp_lab_spaces_host(struct wzp_host *out, struct wzp_lab_real *real,
                         struct wzp_sim_machine *machine)
{
    struct wzp_host files;
    const struct wzp_script *s = real->lab->script;
    wzp_sim_machine_host(&files, machine, &s->real.log);
    s->spaces.host(out, real->home ? real->home : real->edge, &files, &s->real.log);
}

int wzp_lab_spaces_relay(struct wzp_lab_relay *relay, struct wzp_error *err)
{
    char lines[INPUT_MAX];
    int result = open_edge(&relay->real, relay->lab, relay->host, err);
    snprintf(lines, sizeof lines,
             "addr add %s/32 dev wan\n"
             "link set wan up\n"
             "route add default dev wan\n",
             relay->address);
    return result ? result : run_ip(relay->lab, relay->real.edge, lines, err);
}

/* ---- routers ---- */

/* Ports in a row. The numbers that nftables makes are in the order of the machine's bytes, ports
 * are not: a table has them. */
static void add_ports(struct wzp_buffer *out)
{
    wzp_buffer_format(out, "numgen inc mod %d map { ", PORTS_IN_A_ROW);
    for (int i = 0; i < PORTS_IN_A_ROW; i++)
        wzp_buffer_format(out, "%s%d : %d", i ? ", " : "", i, FIRST_PORT + i);
    wzp_buffer_text(out, " }");
}

/* A router that forgot its mappings must make different ones: from then on it shifts the ports. */
static void add_shift(struct wzp_buffer *out, const char *port, const struct wzp_lab_place *place)
{
    if (place->rebinds > 0)
        wzp_buffer_format(out, ": udp %s ^ %u", port, 1 + (place->rebinds - 1) % 255);
}

/* Copies rules, replacing the words in capitals by their values. */
static void add_rules(struct wzp_buffer *out, const char *rules, const struct wzp_lab_place *place)
{
    while (*rules) {
        size_t length = strspn(rules, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
        if (length == 0)
            wzp_buffer_char(out, *rules++);
        else if (strncmp(rules, "OUT", length) == 0)
            wzp_buffer_text(out, place->outside);
        else if (strncmp(rules, "IN", length) == 0)
            wzp_buffer_text(out, place->address);
        else if (strncmp(rules, "NEXT", length) == 0)
            add_ports(out);
        else
            add_shift(out, *rules == 'F' ? "sport" : "dport", place);
        rules += length;
    }
}

/* What a router translates and lets in. IPv6 is not translated; a home lets in what was asked for.
 * An address that was spoken to is remembered for as long as a mapping. */
static int set_rules(struct wzp_lab_place *place, struct wzp_error *err)
{
    static const char *const argv[] = {"nft", "-f", "-", NULL};
    const struct wzp_lab_nat *nat = place->nat;
    struct wzp_buffer rules;
    wzp_buffer_init(&rules, RULES_MAX);
    wzp_buffer_text(
        &rules, "flush ruleset\n"
                "table inet filter {\n"
                "set spoken { type ipv4_addr; flags dynamic,timeout; timeout 120s; }\n"
                "chain input { type filter hook input priority 0; iifname wan ct state new drop; "
                "}\n"
                "chain forward { type filter hook forward priority 0; policy drop;\n");
    add_rules(&rules, nat->forward, place);
    wzp_buffer_text(&rules, "iifname lan meta nfproto ipv4 update @spoken { ip daddr }\n"
                            "iifname lan accept\n"
                            "ct state established,related accept\n"
                            "}\n"
                            "chain prerouting { type nat hook prerouting priority -100;\n");
    add_rules(&rules, nat->prerouting, place);
    wzp_buffer_text(&rules, "}\n"
                            "chain postrouting { type nat hook postrouting priority 100;\n");
    add_rules(&rules, nat->postrouting, place);
    wzp_buffer_text(&rules, "}\n}\n");
    int result = rules.result ? wzp_error_set(err, rules.result, "out of memory")
                              : run(place->lab, place->real.edge, argv, rules.text, err);
    wzp_buffer_fini(&rules);
    return result;
}

static int wire_router(struct wzp_lab_place *place, struct wzp_error *err)
{
    char lines[INPUT_MAX], v6[200] = "";
    unsigned n = place->number;
    struct wzp_lab_real *real = &place->real;
    if (place->v6)
        snprintf(v6, sizeof v6,
                 "addr add 2001:db8:%x::1/64 dev lan nodad\n"
                 "addr add 2001:db8:ffff::%x/128 dev wan nodad\n"
                 "route add ::/0 dev wan\n",
                 n, n);
    snprintf(lines, sizeof lines,
             "link add lan type veth peer name eth0 netns %s\n"
             "addr add %s/%d dev lan\n"
             "link set lan up\n"
             "link set wan up\n"
             "%s%s%s"
             "route add default dev wan\n"
             "%s",
             place->lab->script->spaces.path(real->home), place->gateway,
             place->nat->has_box ? 24 : 32, place->nat->has_box ? "addr add " : "route add ",
             place->outside, place->nat->has_box ? "/32 dev wan\n" : " dev lan\n", v6);
    return run_ip(place->lab, real->edge, lines, err);
}

/* Its address and the way out, in place of those that it has. */
static int wire_home(struct wzp_lab_place *place, bool first, struct wzp_error *err)
{
    char lines[INPUT_MAX], v6[160] = "";
    unsigned n = place->number;
    if (place->v6 && first)
        snprintf(v6, sizeof v6,
                 "addr add 2001:db8:%x::2/64 dev eth0 nodad\n"
                 "route add ::/0 via 2001:db8:%x::1\n",
                 n, n);
    snprintf(lines, sizeof lines,
             "addr flush dev eth0 to 0.0.0.0/0\n"
             "addr add %s/%d dev eth0\n"
             "link set eth0 up\n"
             "route replace default via %s dev eth0 onlink\n"
             "%s",
             place->address, place->nat->has_box ? 24 : 32, place->gateway, v6);
    return run_ip(place->lab, place->real.home, lines, err);
}

int wzp_lab_spaces_place(struct wzp_lab_place *place, struct wzp_error *err)
{
    struct wzp_lab *lab = place->lab;
    const struct wzp_script_spaces *spaces = &lab->script->spaces;
    struct wzp_lab_real *real = &place->real;
    int result = open_edge(real, lab, place->host, err);
    if (!result)
        result = spaces->open(&real->home, spaces->loop, err);
    if (!result)
        result = wire_router(place, err);
    if (!result)
        result = spaces->set(real->edge, "ipv4/ip_forward", "1", err);
    if (!result && place->v6)
        result = spaces->set(real->edge, "ipv6/conf/all/forwarding", "1", err);
    if (!result && place->nat->has_box)
        result = set_rules(place, err);
    return result ? result : wire_home(place, true, err);
}

/* ---- changes ---- */

int wzp_lab_spaces_move(struct wzp_lab_place *place, const char *old, struct wzp_error *err)
{
    char lines[INPUT_MAX];
    int result = 0;
    if (place->nat->has_box) {
        result = set_rules(place, err);
    } else {
        snprintf(lines, sizeof lines, "route del %s dev lan\nroute add %s dev lan\n", old,
                 place->outside);
        result = run_ip(place->lab, place->real.edge, lines, err);
    }
    return result ? result : wire_home(place, false, err);
}

int wzp_lab_spaces_rebind(struct wzp_lab_place *place, const char *old, struct wzp_error *err)
{
    char lines[INPUT_MAX];
    int result = 0;
    if (strcmp(old, place->outside) != 0) {
        snprintf(lines, sizeof lines, "addr add %s/32 dev wan\naddr del %s/32 dev wan\n",
                 place->outside, old);
        result = run_ip(place->lab, place->real.edge, lines, err);
    }
    if (!result)
        result = set_rules(place, err);
    if (result)
        return result;
    result = place->lab->script->spaces.forget_flows(place->real.edge);
    return result ? wzp_error_set(err, result, "this kernel cannot be told to forget mappings") : 0;
}
