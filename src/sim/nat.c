/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sim/nat.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/time.h"
#include "sim/internal.h"
#include "sim/nat_table.h"

#define LIFETIME (120 * WZP_SECOND)
#define MAPPINGS_MAX 65536
#define RANDOM_TRIES 64

struct wzp_sim_nat {
    struct wzp_sim *sim;
    struct wzp_sim_host *host;
    struct wzp_sim_network *outer;
    struct wzp_sim_nat_config config;
    struct wzp_sim_nat_table table;
    struct wzp_sim_nat_counters counters;
    uint16_t next_port; /* sequential */
    uint64_t next_sweep;
};

/* ---- facts ---- */

static uint64_t lifetime(const struct wzp_sim_nat *nat)
{
    return nat->config.lifetime ? nat->config.lifetime : LIFETIME;
}

static uint16_t first_port(const struct wzp_sim_nat *nat)
{
    return nat->config.first_port ? nat->config.first_port : 1024;
}

static unsigned port_count(const struct wzp_sim_nat *nat)
{
    unsigned last = nat->config.last_port ? nat->config.last_port : 65535;
    return last >= first_port(nat) ? last - first_port(nat) + 1 : 1;
}

static enum wzp_sim_scope scope_of(enum wzp_sim_dependence dependence)
{
    if (dependence == WZP_SIM_ADDRESS_DEPENDENT)
        return WZP_SIM_SCOPE_IP;
    return dependence == WZP_SIM_ADDRESS_AND_PORT_DEPENDENT ? WZP_SIM_SCOPE_IP_AND_PORT
                                                            : WZP_SIM_SCOPE_ANY;
}

static struct wzp_addr outer_address(const struct wzp_sim_nat *nat, bool v6)
{
    const struct wzp_sim_interface *i = wzp_sim_interface_of(nat->host, nat->outer);
    struct wzp_addr none = {.length = 0};
    for (const struct wzp_sim_place *place = i ? i->places : NULL; place; place = place->next)
        if (wzp_addr_is_v6(&place->own) == v6)
            return place->own;
    return none;
}

struct wzp_addr wzp_sim_nat_external(const struct wzp_sim_nat *nat)
{
    return outer_address(nat, false);
}

/* ---- external ports ---- */

/* Whether a new mapping for that peer can use an external endpoint; removes expired mappings
 * there. */
static bool is_free(struct wzp_sim_nat *nat, const struct wzp_sim_mapping *wanted, uint64_t now)
{
    struct wzp_sim_mapping *next;
    bool shared = nat->config.overload && wanted->scope != WZP_SIM_SCOPE_ANY && !wanted->on_demand;
    for (struct wzp_sim_mapping *m = wzp_sim_nat_table_outer(&nat->table, &wanted->outer); m;
         m = next) {
        next = m->same_port;
        if (m->expires <= now) {
            wzp_sim_nat_table_remove(&nat->table, m);
            continue;
        }
        /* A mapping on demand may share the external endpoint with another mapping of the same
         * inner endpoint. */
        if (wanted->on_demand && wzp_addr_equal(&m->inner, &wanted->inner))
            continue;
        bool same_peer = wanted->scope == WZP_SIM_SCOPE_IP
                             ? wzp_addr_equal_ip(&m->peer, &wanted->peer)
                             : wzp_addr_equal(&m->peer, &wanted->peer);
        if (!shared || m->on_demand || m->scope == WZP_SIM_SCOPE_ANY || same_peer)
            return false;
    }
    return true;
}

static bool try_port(struct wzp_sim_nat *nat, struct wzp_sim_mapping *wanted, unsigned place,
                     uint64_t now)
{
    uint16_t port = (uint16_t)(first_port(nat) + place % port_count(nat));
    wzp_addr_set_port(&wanted->outer, port);
    return is_free(nat, wanted, now);
}

/* The first free one from there on. */
static bool next_free(struct wzp_sim_nat *nat, struct wzp_sim_mapping *wanted, unsigned place,
                      unsigned step, uint64_t now)
{
    for (unsigned i = 0; i < port_count(nat); i++)
        if (try_port(nat, wanted, place + i * step, now))
            return true;
    return false;
}

static bool random_port(struct wzp_sim_nat *nat, struct wzp_sim_mapping *wanted, uint64_t now)
{
    struct wzp_random random = wzp_sim_random(nat->sim);
    unsigned place = 0;
    for (unsigned i = 0; i < RANDOM_TRIES; i++) {
        place = (unsigned)wzp_random_below(&random, port_count(nat));
        if (try_port(nat, wanted, place, now))
            return true;
    }
    return next_free(nat, wanted, place, 1, now);
}

static bool sequential_port(struct wzp_sim_nat *nat, struct wzp_sim_mapping *wanted, uint64_t now)
{
    unsigned step = nat->config.step ? nat->config.step : 1;
    unsigned place = (unsigned)nat->next_port - first_port(nat);
    bool found = next_free(nat, wanted, place, step, now) ||
                 (step > 1 && next_free(nat, wanted, place, 1, now));
    place = (unsigned)wzp_addr_port(&wanted->outer) - first_port(nat) + step;
    nat->next_port = (uint16_t)(first_port(nat) + place % port_count(nat));
    return found;
}

/* Gives the wanted mapping an external port; wish 0: none in particular. */
static bool choose_port(struct wzp_sim_nat *nat, struct wzp_sim_mapping *wanted, uint16_t wish,
                        uint64_t now)
{
    if (!nat->config.overload && nat->table.count >= port_count(nat))
        wzp_sim_nat_table_sweep(&nat->table, now);
    if (wish) {
        unsigned from = wish >= first_port(nat) ? (unsigned)wish - first_port(nat) : 0;
        return next_free(nat, wanted, from < port_count(nat) ? from : 0, 1, now);
    }
    if (nat->config.ports == WZP_SIM_PORTS_RANDOM)
        return random_port(nat, wanted, now);
    return sequential_port(nat, wanted, now);
}

/* ---- mappings ---- */

/* Makes the described mapping; NULL when no port, mapping or memory is left. */
static struct wzp_sim_mapping *make(struct wzp_sim_nat *nat, struct wzp_sim_mapping *wanted,
                                    uint16_t wish, bool translated, uint64_t now)
{
    size_t most = nat->config.max_mappings ? nat->config.max_mappings : MAPPINGS_MAX;
    struct wzp_sim_mapping *m;
    if (nat->table.count >= most || now >= nat->next_sweep) {
        wzp_sim_nat_table_sweep(&nat->table, now);
        nat->next_sweep = wzp_time_add(now, lifetime(nat));
    }
    if (nat->table.count >= most || (translated && !choose_port(nat, wanted, wish, now)) ||
        wzp_sim_nat_table_add(&nat->table, &m, wanted)) {
        nat->counters.exhausted++;
        return NULL;
    }
    nat->counters.mapped += !m->on_demand;
    return m;
}

/* The mapping that traffic from inside uses, whose lifetime this prolongs. external: the box's
 * address; empty when addresses are not translated. */
static struct wzp_sim_mapping *use(struct wzp_sim_nat *nat, const struct wzp_addr *inner,
                                   const struct wzp_addr *peer, const struct wzp_addr *external,
                                   uint64_t now)
{
    bool translated = !wzp_addr_is_none(external);
    enum wzp_sim_scope scope = translated ? scope_of(nat->config.mapping) : WZP_SIM_SCOPE_ANY;
    struct wzp_sim_mapping *m = wzp_sim_nat_table_inner(&nat->table, inner, peer, scope, now);
    if (m && translated && !wzp_addr_equal_ip(&m->outer, external)) {
        wzp_sim_nat_table_remove(&nat->table, m); /* of an address that the box no longer has */
        m = NULL;
    }
    if (!m) {
        struct wzp_sim_mapping wanted = {.inner = *inner,
                                         .outer = translated ? *external : *inner,
                                         .peer = *peer,
                                         .scope = scope,
                                         .expires = wzp_time_add(now, lifetime(nat))};
        bool preserve = nat->config.ports == WZP_SIM_PORTS_PRESERVING;
        m = make(nat, &wanted, preserve ? wzp_addr_port(inner) : 0, translated, now);
    }
    if (!m)
        return NULL;
    if (!m->on_demand)
        m->expires = wzp_time_add(now, lifetime(nat));
    wzp_sim_nat_table_note(&nat->table, m, peer, wzp_time_add(now, lifetime(nat)));
    return m;
}

/* The mapping that lets a packet from outside in, NULL. alive: whether there is one at all. */
static struct wzp_sim_mapping *admit(struct wzp_sim_nat *nat, const struct wzp_addr *from,
                                     const struct wzp_addr *to, enum wzp_sim_dependence filtering,
                                     bool *alive, uint64_t now)
{
    struct wzp_sim_mapping *best = NULL;
    *alive = false;
    for (struct wzp_sim_mapping *m = wzp_sim_nat_table_outer(&nat->table, to); m;
         m = m->same_port) {
        if (m->expires <= now)
            continue;
        *alive = true;
        /* Of several mappings at one port, the one that has sent to exactly this peer. */
        if (wzp_sim_nat_table_knows(&nat->table, m, from, WZP_SIM_SCOPE_IP_AND_PORT, now))
            return m;
        enum wzp_sim_scope scope = scope_of(filtering);
        if (m->on_demand || scope == WZP_SIM_SCOPE_ANY ||
            wzp_sim_nat_table_knows(&nat->table, m, from, scope, now))
            best = m;
    }
    return best;
}

static enum wzp_sim_verdict let_in(struct wzp_sim_nat *nat, struct wzp_addr *from,
                                   struct wzp_addr *to, enum wzp_sim_dependence filtering, bool own,
                                   uint64_t now)
{
    bool alive;
    struct wzp_sim_mapping *m = admit(nat, from, to, filtering, &alive, now);
    if (!m) {
        nat->counters.filtered++;
        return own && !alive ? WZP_SIM_LOCAL : WZP_SIM_DROP;
    }
    if (nat->config.refresh_inbound && !m->on_demand) {
        m->expires = wzp_time_add(now, lifetime(nat));
        wzp_sim_nat_table_note(&nat->table, m, from, m->expires);
    }
    *to = m->inner;
    return WZP_SIM_FORWARD;
}

/* ---- the ways through ---- */

/* Without translation: both versions; own addresses are the box's. */
static enum wzp_sim_verdict firewall(struct wzp_sim_nat *nat, bool inwards, bool own,
                                     struct wzp_addr *from, struct wzp_addr *to,
                                     enum wzp_sim_dependence filtering, uint64_t now)
{
    struct wzp_addr none = {.length = 0};
    if (own)
        return WZP_SIM_LOCAL;
    if (filtering == WZP_SIM_NONE)
        return WZP_SIM_FORWARD;
    if (inwards)
        return let_in(nat, from, to, filtering, false, now);
    return use(nat, from, to, &none, now) ? WZP_SIM_FORWARD : WZP_SIM_DROP;
}

/* Hairpin: from inside to the box's own external address, for another inner host or a service of
 * the box. */
static enum wzp_sim_verdict hairpin(struct wzp_sim_nat *nat, struct wzp_addr *from,
                                    struct wzp_addr *to, const struct wzp_addr *external,
                                    uint64_t now)
{
    if (!wzp_sim_nat_table_outer(&nat->table, to))
        return WZP_SIM_LOCAL;
    if (!nat->config.hairpin) {
        nat->counters.hairpin_refused++;
        return WZP_SIM_DROP;
    }
    struct wzp_sim_mapping *m = use(nat, from, to, external, now);
    if (!m)
        return WZP_SIM_DROP;
    *from = m->outer;
    nat->counters.hairpinned++;
    return let_in(nat, from, to, nat->config.filtering, false, now);
}

static enum wzp_sim_verdict go_out(struct wzp_sim_nat *nat, bool own, struct wzp_addr *from,
                                   struct wzp_addr *to, uint64_t now)
{
    struct wzp_addr external = wzp_sim_nat_external(nat);
    bool is_external = !wzp_addr_is_none(&external) && wzp_addr_equal_ip(to, &external);
    if (own && !is_external)
        return WZP_SIM_LOCAL;
    if (wzp_addr_is_none(&external))
        return WZP_SIM_DROP;
    if (is_external)
        return hairpin(nat, from, to, &external, now);
    struct wzp_sim_mapping *m = use(nat, from, to, &external, now);
    if (!m)
        return WZP_SIM_DROP;
    *from = m->outer;
    return WZP_SIM_FORWARD;
}

static enum wzp_sim_verdict judge(void *object, const struct wzp_sim_network *came_from, bool own,
                                  struct wzp_addr *from, struct wzp_addr *to, uint64_t now)
{
    struct wzp_sim_nat *nat = object;
    bool inwards = came_from == nat->outer, v6 = wzp_addr_is_v6(to);
    struct wzp_addr outer = outer_address(nat, v6);
    if ((nat->config.udp_blocked || (v6 && nat->config.blocked6)) && (inwards || !own)) {
        nat->counters.blocked++;
        return WZP_SIM_DROP;
    }
    if (v6 && wzp_addr_is_none(&outer) && !own) /* it has no IPv6 */
        return WZP_SIM_DROP;
    if (v6)
        return firewall(nat, inwards, own, from, to, nat->config.filtering6, now);
    if (nat->config.mapping == WZP_SIM_NONE)
        return firewall(nat, inwards, own, from, to, nat->config.filtering, now);
    if (!inwards)
        return go_out(nat, own, from, to, now);
    /* From outside only the external address can be reached. */
    if (!own || !wzp_addr_equal_ip(to, &outer)) {
        nat->counters.filtered++;
        return WZP_SIM_DROP;
    }
    return let_in(nat, from, to, nat->config.filtering, true, now);
}

/* ---- the box ---- */

static void gone(void *object)
{
    struct wzp_sim_nat *nat = object;
    wzp_sim_nat_table_clear(&nat->table);
    wzp_free(nat);
}

int wzp_sim_nat_add(struct wzp_sim *s, struct wzp_sim_nat **out, const char *name,
                    struct wzp_sim_network *inner, struct wzp_sim_network *outer,
                    const struct wzp_sim_nat_config *config)
{
    struct wzp_sim_nat *nat = wzp_calloc(1, sizeof *nat);
    if (!nat)
        return WZP_E_MEMORY;
    struct wzp_random random = wzp_sim_random(s);
    struct wzp_sim_router router = {.judge = judge, .gone = gone, .object = nat};
    nat->sim = s;
    nat->outer = outer;
    wzp_sim_nat_table_init(&nat->table, &random);
    wzp_sim_nat_set(nat, config);
    int result = wzp_sim_router_add(s, &nat->host, name, &router);
    if (result) {
        gone(nat);
        return result;
    }
    result = wzp_sim_network_route(inner, "0.0.0.0/0", nat->host);
    if (!result)
        result = wzp_sim_network_route(inner, "::/0", nat->host);
    if (result) {
        wzp_sim_host_remove(nat->host);
        return result;
    }
    *out = nat;
    return 0;
}

struct wzp_sim_host *wzp_sim_nat_host(const struct wzp_sim_nat *nat)
{
    return nat->host;
}

void wzp_sim_nat_set(struct wzp_sim_nat *nat, const struct wzp_sim_nat_config *config)
{
    nat->config = *config;
    nat->next_port = first_port(nat);
}

const struct wzp_sim_nat_config *wzp_sim_nat_config(const struct wzp_sim_nat *nat)
{
    return &nat->config;
}

void wzp_sim_nat_forget(struct wzp_sim_nat *nat)
{
    wzp_sim_nat_table_clear(&nat->table);
    nat->next_port = first_port(nat);
}

void wzp_sim_nat_counters(const struct wzp_sim_nat *nat, struct wzp_sim_nat_counters *out)
{
    *out = nat->counters;
}

size_t wzp_sim_nat_mappings(struct wzp_sim_nat *nat)
{
    wzp_sim_nat_table_sweep(&nat->table, wzp_sim_now(nat->sim));
    return nat->table.count;
}

/* ---- on demand ---- */

int wzp_sim_nat_open_port(struct wzp_sim_nat *nat, struct wzp_addr *out,
                          const struct wzp_addr *inner, uint16_t port, uint64_t time)
{
    uint64_t now = wzp_sim_now(nat->sim);
    bool v6 = wzp_addr_is_v6(inner);
    struct wzp_addr external = outer_address(nat, v6), none = {.length = 0};
    if (wzp_addr_is_none(&external))
        return WZP_E_STATE;
    bool translated = !v6 && nat->config.mapping != WZP_SIM_NONE;
    struct wzp_sim_mapping *m =
        wzp_sim_nat_table_inner(&nat->table, inner, &none, WZP_SIM_SCOPE_ANY, now);
    struct wzp_sim_mapping wanted = {.inner = *inner,
                                     .outer = translated ? external : *inner,
                                     .scope = WZP_SIM_SCOPE_ANY,
                                     .expires = wzp_time_add(now, time),
                                     .on_demand = true};
    if (m && m->on_demand && wzp_addr_equal_ip(&m->outer, &wanted.outer)) {
        m->expires = wanted.expires;
        *out = m->outer;
        return 0;
    }
    m = make(nat, &wanted, port, translated, now);
    if (!m)
        return WZP_E_LIMIT;
    *out = m->outer;
    return 0;
}

int wzp_sim_nat_close_port(struct wzp_sim_nat *nat, const struct wzp_addr *inner)
{
    struct wzp_addr none = {.length = 0};
    struct wzp_sim_mapping *m = wzp_sim_nat_table_inner(&nat->table, inner, &none,
                                                        WZP_SIM_SCOPE_ANY, wzp_sim_now(nat->sim));
    if (!m || !m->on_demand)
        return WZP_E_NOT_FOUND;
    wzp_sim_nat_table_remove(&nat->table, m);
    return 0;
}

size_t wzp_sim_nat_open_ports(struct wzp_sim_nat *nat, struct wzp_sim_nat_port *out,
                              size_t capacity)
{
    size_t count = 0;
    for (const struct wzp_sim_mapping *m = nat->table.first; m; m = m->next) {
        if (!m->on_demand || m->expires <= wzp_sim_now(nat->sim))
            continue;
        if (count < capacity)
            out[count] = (struct wzp_sim_nat_port){m->inner, m->outer, m->expires};
        count++;
    }
    return count;
}
