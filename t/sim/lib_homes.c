/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sim/lib_homes.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/time.h"
#include "tap.h"
#include "wire/signal.h"

#define SERVER(i) ((i) ? "198.51.100.3" : "198.51.100.2")

static void must(int result, const char *what)
{
    if (result)
        bail("%s: %d", what, result);
}

static void add_servers(struct homes *h)
{
    for (int i = 0; i < 2; i++) {
        must(wzp_sim_host_add(h->sim, &h->servers[i], SERVER(i)), "a server");
        must(wzp_sim_host_address(h->servers[i], wzp_sim_internet(h->sim), SERVER(i)),
             "its address");
        must(wzp_sim_stun_start(&h->stun[i], h->servers[i], 3478, 3479), "STUN");
    }
}

/* Adds a network behind a NAT, and the NAT's addresses and line. */
static struct wzp_sim_nat *add_box(struct homes *h, struct wzp_sim_network **inner,
                                   struct wzp_sim_network *outer, const char *name,
                                   const struct wzp_sim_nat_config *config, const char *inside,
                                   const char *outside)
{
    struct wzp_sim_nat *box;
    must(wzp_sim_network_new(h->sim, inner, name), "a network");
    must(wzp_sim_nat_add(h->sim, &box, name, *inner, outer, config), "a box");
    must(wzp_sim_host_address(wzp_sim_nat_host(box), *inner, inside), "its inner address");
    must(wzp_sim_host_address(wzp_sim_nat_host(box), outer, outside), "its outer address");
    return box;
}

static void add_v6(struct homes *h, struct home_side *s, int number, bool boxed)
{
    char inside[64], router[64], prefix[64];
    snprintf(inside, sizeof inside, "2001:db8:%d::2", number);
    snprintf(router, sizeof router, "2001:db8:%d::1", number);
    snprintf(prefix, sizeof prefix, "2001:db8:%d::/48", number);
    if (!boxed) {
        must(wzp_sim_host_address(s->host, wzp_sim_internet(h->sim), inside), "an IPv6 address");
        return;
    }
    must(wzp_sim_host_address(wzp_sim_nat_host(s->box), s->lan, router), "an inner IPv6 address");
    snprintf(router, sizeof router, "2001:db8:ff::%d", number);
    must(wzp_sim_host_address(wzp_sim_nat_host(s->box), wzp_sim_internet(h->sim), router),
         "an outer IPv6 address");
    must(wzp_sim_network_route(wzp_sim_internet(h->sim), prefix, wzp_sim_nat_host(s->box)),
         "an IPv6 route");
    must(wzp_sim_host_address(s->host, s->lan, inside), "an IPv6 address");
}

static void furnish(struct homes *h, struct home_side *s, const struct home_plan *plan, int number)
{
    struct wzp_sim_network *outer = wzp_sim_internet(h->sim);
    const struct wzp_sim_link line = {.delay = plan->delay};
    char inside[32], outside[32], name[32];
    snprintf(outside, sizeof outside, "203.0.113.%d", 10 * number);
    if (plan->provider) {
        snprintf(name, sizeof name, "provider%d", number);
        snprintf(inside, sizeof inside, "100.64.%d.1", number);
        s->provider = add_box(h, &s->between, outer, name, plan->provider, inside, outside);
        wzp_sim_host_link(wzp_sim_nat_host(s->provider), outer, &line, &line);
        outer = s->between;
        snprintf(outside, sizeof outside, "100.64.%d.2", number);
    }
    snprintf(name, sizeof name, "home%d", number);
    must(wzp_sim_host_add(h->sim, &s->host, name), "a host");
    if (plan->nat) {
        snprintf(inside, sizeof inside, "192.168.%d.1", number);
        s->box = add_box(h, &s->lan, outer, name, plan->nat, inside, outside);
        if (!plan->provider)
            wzp_sim_host_link(wzp_sim_nat_host(s->box), outer, &line, &line);
        snprintf(inside, sizeof inside, "192.168.%d.2", number);
    } else {
        s->lan = outer;
        snprintf(inside, sizeof inside, "%s", outside);
    }
    if (!plan->no_v4)
        must(wzp_sim_host_address(s->host, s->lan, inside), "an address");
    if (plan->v6)
        add_v6(h, s, number, plan->nat != NULL);
    if (!plan->nat)
        wzp_sim_host_link(s->host, outer, &line, &line);
}

void homes_start(struct homes *h, struct home_side *s, const struct home_plan *plan)
{
    uint64_t seed = s == &h->a ? 1 : 2;
    struct wzp_sim_phone_options o = {.address = "0.0.0.0:" HOMES_PORT,
                                      .host = s->host,
                                      .seed = seed,
                                      .alias = seed == 1 ? "Ann" : "Bob",
                                      .relay = &h->relay,
                                      .direct = !plan->relay_only,
                                      .portmap = plan->portmap,
                                      .port_search = !plan->no_search,
                                      .stun = {"198.51.100.2:3478", "198.51.100.3:3478"}};
    must(wzp_sim_phone_start(&s->phone, h->sim, &o, true), "a phone");
    s->phone.recording = false;
    s->phone.card.voice = h->tone;
    s->phone.card.voice_samples = sizeof h->tone / sizeof h->tone[0];
}

static void open_homes(struct homes *h, uint64_t seed, const struct home_plan *a,
                       const struct home_plan *b, bool same_lan, void (*furnished)(struct homes *h))
{
    wzp_signal_use_allocator();
    memset(h, 0, sizeof *h);
    must(wzp_sim_new(&h->sim, seed), "a world");
    for (size_t i = 0; i < 96; i++)
        h->tone[i] = (int16_t)(8000 * sin(2 * 3.14159265358979 * (double)i / 96));
    must(wzp_sim_relay_start(&h->relay, h->sim, HOMES_RELAY, 9, NULL), "a relay");
    add_servers(h);
    furnish(h, &h->a, a, 1);
    if (same_lan) {
        must(wzp_sim_host_add(h->sim, &h->b.host, "home2"), "a host");
        must(wzp_sim_host_address(h->b.host, h->a.lan, "192.168.1.3"), "an address");
    } else {
        furnish(h, &h->b, b, 2);
    }
    if (furnished)
        furnished(h);
    homes_start(h, &h->a, a);
    homes_start(h, &h->b, b);
    h->b.phone.auto_answer = true;
    if (!wzp_sim_phone_wait(&h->a.phone, WZP_EVENT_REGISTERED, 1, 10 * WZP_SECOND) ||
        !wzp_sim_phone_wait(&h->b.phone, WZP_EVENT_REGISTERED, 1, 10 * WZP_SECOND))
        bail("not registered");
    wzp_sim_run(h->sim, 2 * WZP_SECOND);
}

void homes_open(struct homes *h, uint64_t seed, const struct home_plan *a,
                const struct home_plan *b, bool same_lan)
{
    open_homes(h, seed, a, b, same_lan, NULL);
}

void homes_open_with(struct homes *h, uint64_t seed, const struct home_plan *a,
                     const struct home_plan *b, void (*furnished)(struct homes *h))
{
    open_homes(h, seed, a, b, false, furnished);
}

void homes_close(struct homes *h)
{
    wzp_sim_phone_stop(&h->a.phone);
    wzp_sim_phone_stop(&h->b.phone);
    for (int i = 0; i < 2; i++)
        wzp_sim_stun_stop(&h->stun[i]);
    wzp_sim_relay_stop(&h->relay);
    wzp_sim_free(h->sim);
    h->sim = NULL;
}

void homes_call(struct homes *h)
{
    must(wzp_sim_phone_call(&h->a.phone, &h->call, &h->b.phone), "a call");
    if (!wzp_sim_phone_wait(&h->b.phone, WZP_EVENT_ANSWERED, 1, 10 * WZP_SECOND))
        bail("not answered");
    h->answered_at = wzp_sim_now(h->sim);
}

bool homes_is_direct(const struct home_side *side, const char **why)
{
    const struct wzp_sim_phone *p = &side->phone;
    for (size_t i = p->diary_count; i-- > 0;)
        if (p->diary[i]->type == WZP_EVENT_PATH || p->diary[i]->type == WZP_EVENT_JOINED) {
            if (why)
                *why = p->diary[i]->u.path.why;
            return p->diary[i]->u.path.direct;
        }
    if (why)
        *why = "no path yet";
    return false;
}

static bool both_direct(void *context)
{
    const struct homes *h = context;
    return homes_is_direct(&h->a, NULL) && homes_is_direct(&h->b, NULL);
}

uint64_t homes_wait_direct(struct homes *h, uint64_t limit)
{
    bool found = wzp_sim_run_for(h->sim, both_direct, h, limit);
    return found ? wzp_time_since(wzp_sim_now(h->sim), h->answered_at) : 0;
}

struct wzp_session_stats homes_stats(const struct home_side *side)
{
    const struct wzp_sim_phone *p = &side->phone;
    struct wzp_session_stats stats;
    memset(&stats, 0, sizeof stats);
    wzp_phone_session_stats(p->phone, wzp_phone_session(p->phone, 0), &stats, wzp_sim_phone_now(p));
    return stats;
}

bool homes_both_heard(void *homes)
{
    const struct homes *h = homes;
    return wzp_sim_phone_count(&h->a.phone, WZP_EVENT_MEDIA) > 0 &&
           wzp_sim_phone_count(&h->b.phone, WZP_EVENT_MEDIA) > 0;
}

struct hearing {
    const struct home_side *sides[2];
    uint64_t before[2]; /* frames */
};

static bool both_hear(void *context)
{
    struct hearing *hearing = context;
    bool heard = true;
    for (int i = 0; i < 2; i++) {
        uint64_t now = homes_stats(hearing->sides[i]).heard.frames_decoded;
        /* When the call is made again its counters begin at 0. */
        if (now < hearing->before[i])
            hearing->before[i] = 0;
        heard = now >= hearing->before[i] + 5 && heard;
    }
    return heard;
}

bool homes_wait_heard_again(struct homes *h, uint64_t limit)
{
    struct hearing hearing = {.sides = {&h->a, &h->b}};
    for (int i = 0; i < 2; i++)
        hearing.before[i] = homes_stats(hearing.sides[i]).heard.frames_decoded;
    return wzp_sim_run_for(h->sim, both_hear, &hearing, limit);
}

bool homes_is_path(const struct wzp_addr *from, const struct wzp_addr *to)
{
    struct wzp_addr a, b;
    wzp_addr_parse(&a, "203.0.113.10:1", 14);
    wzp_addr_parse(&b, "203.0.113.20:1", 14);
    return wzp_addr_equal_ip(from, &a) && wzp_addr_equal_ip(to, &b);
}

static bool eat(void *context, struct wzp_addr *from, struct wzp_addr *to, uint8_t *data,
                size_t *length)
{
    const struct homes *h = context;
    (void)data;
    (void)length;
    return !(homes_is_path(from, to) || (homes_is_path(to, from) && h->eats_both_ways));
}

void homes_cut_path(struct homes *h, bool both_ways)
{
    h->eats_both_ways = both_ways;
    wzp_sim_network_set_filter(wzp_sim_internet(h->sim), eat, h);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double homes_part(double *values, size_t count, double share)
{
    qsort(values, count, sizeof *values, compare);
    return values[(size_t)(share * (double)(count - 1) + 0.5)];
}
