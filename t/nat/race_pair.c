/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Two sides of a race behind routers of every kind, in virtual time. Source: wzp-protocol(7), Race.
 */
#include <limits.h>
#include <string.h>

#include "lib_pair.h"
#include "nat/lib_networks.h"
#include "tap.h"

static struct pair pair;

static int ms(uint64_t t)
{
    return (int)(t / WZP_MILLISECOND);
}

static const char *why(const struct pair *p, int side)
{
    return wzp_race_reason_word(p->sides[side].reason);
}

static void check_plain(void)
{
    pair_init(&pair, 1);
    pair_prepare(&pair);
    pair_run(&pair, 10 * WZP_SECOND);
    ok(pair_direct(&pair), "D9: two behind port-restricted routers that keep ports are direct");
    is_str(why(&pair, 0), "punched", "and know why");
    is_str(why(&pair, 1), "punched", "on both sides");
    is_int(pair.sides[0].relay_at, 0, "the relay is dialled at once beside it");
    int slower = ms(pair.sides[0].decided_at > pair.sides[1].decided_at ? pair.sides[0].decided_at
                                                                        : pair.sides[1].decided_at);
    ok(slower <= 180, "within 2 round trips and 100 ms: %d ms", slower);
    uint64_t total = 0, longest = 0;
    unsigned direct = 0;
    for (unsigned seed = 0; seed < 100; seed++) {
        pair_init(&pair, seed);
        pair.sides[seed % 2].starts = (seed % 13) * 5 * WZP_MILLISECOND;
        pair_prepare(&pair);
        pair_run(&pair, 10 * WZP_SECOND);
        direct += pair_direct(&pair);
        uint64_t took = pair.sides[0].decided_at > pair.sides[1].decided_at
                            ? pair.sides[0].decided_at
                            : pair.sides[1].decided_at;
        total += took;
        longest = took > longest ? took : longest;
    }
    is_int(direct, 100, "also when one side begins up to 60 ms later");
    note("with skew: %d ms on average, %d ms at most", ms(total / 100), ms(longest));
    ok(ms(longest) <= 300, "within 300 ms");
}

static void check_loss(void)
{
    unsigned direct = 0, split = 0;
    for (unsigned seed = 0; seed < 200; seed++) {
        pair_init(&pair, seed);
        pair.loss = 0.2;
        pair_prepare(&pair);
        pair_run(&pair, 20 * WZP_SECOND);
        direct += pair_direct(&pair);
        split += (pair.sides[0].decided == PAIR_DIRECT) != (pair.sides[1].decided == PAIR_DIRECT);
        if (pair.sides[0].decided == PAIR_NOTHING || pair.sides[1].decided == PAIR_NOTHING)
            ok(false, "seed %u: a race without end", seed);
    }
    /* Flights after the first are not retransmitted here, as QUIC would do. */
    ok(direct >= 100, "with a fifth of all packets lost %u of 200 are direct", direct);
    is_int(split, 0, "and never one side alone");
}

static void check_lan(void)
{
    for (int hairpin = 0; hairpin < 2; hairpin++) {
        pair_init(&pair, 3);
        static struct wzp_networks lan;
        memset(&lan, 0, sizeof lan);
        struct wzp_interface *only =
            networks_add(&lan, "eth0", "192.168.1.10", 24, WZP_INTERFACE_UP);
        pair.sides[1].router = &pair.routers[0];
        pair.sides[1].inner = pair.sides[0].inner;
        wzp_addr_set_port(&pair.sides[1].inner, 40001);
        pair.sides[1].inner.u.in.sin_addr.s_addr ^= htonl(3);
        pair.routers[0].hairpin = hairpin;
        only->addresses[0] = pair.sides[0].inner;
        for (int i = 0; i < 2; i++) {
            pair.configs[i].networks = &lan;
        }
        pair.delay = WZP_MILLISECOND;
        pair_prepare(&pair);
        pair_run(&pair, 10 * WZP_SECOND);
        ok(pair_direct(&pair), "two on one LAN are direct %s",
           hairpin ? "with hairpin" : "without");
        is_str(why(&pair, 0), "lan", "over it");
        ok(ms(pair.sides[0].decided_at) <= 100, "within 100 ms: %d ms",
           ms(pair.sides[0].decided_at));
    }
}

/* Which pairs can become direct without a search: all with endpoint-independent mappings; of a
 * destination-dependent mapping and an independent one, all unless the independent one filters by
 * address and port; and pairs where the dependent ones assign ports in steps. */
static bool theory(const struct pair_router *a, const struct pair_router *b)
{
    bool a_hard = a->mapping != PAIR_ENDPOINT, b_hard = b->mapping != PAIR_ENDPOINT;
    if (!a_hard && !b_hard)
        return true;
    if (a_hard && b_hard)
        return a->step != INT_MIN && a->step != 0; /* some others work, too, but not reliably */
    const struct pair_router *easy = a_hard ? b : a;
    const struct pair_router *hard = a_hard ? a : b;
    return easy->filtering != PAIR_PORT || (hard->step != INT_MIN && hard->step != 0);
}

static void check_grid(int step, const char *name)
{
    static const char *const rules[] = {"endpoint", "address", "port"};
    unsigned direct = 0, promised = 0, missed = 0, split = 0, unexplained = 0;
    for (unsigned i = 0; i < 81; i++) {
        unsigned a = i / 9, b = i % 9;
        pair_init(&pair, i);
        pair.routers[0].mapping = (enum pair_rule)(a / 3);
        pair.routers[0].filtering = (enum pair_rule)(a % 3);
        pair.routers[1].mapping = (enum pair_rule)(b / 3);
        pair.routers[1].filtering = (enum pair_rule)(b % 3);
        for (int k = 0; k < 2; k++)
            pair.routers[k].step = pair.routers[k].mapping == PAIR_ENDPOINT ? 0 : step;
        pair_prepare(&pair);
        pair_run(&pair, 10 * WZP_SECOND);
        bool both = pair_direct(&pair);
        bool want = theory(&pair.routers[0], &pair.routers[1]);
        direct += both;
        promised += want;
        if (want && !both) {
            missed++;
            note("missed: mapping %s filtering %s against mapping %s filtering %s (%s)",
                 rules[a / 3], rules[a % 3], rules[b / 3], rules[b % 3], why(&pair, 0));
        }
        split += (pair.sides[0].decided == PAIR_DIRECT) != (pair.sides[1].decided == PAIR_DIRECT) ||
                 (pair.sides[0].decided == PAIR_DIRECT && !both);
        unexplained += !both && (pair.sides[0].decided != PAIR_RELAY ||
                                 pair.sides[0].reason == WZP_RACE_SEARCHING);
    }
    note("%s: %u of 81 direct, %u promised", name, direct, promised);
    is_int(missed, 0, "%s: every pair that theory allows is direct", name);
    is_int(split, 0, "%s: no side believes in a direct path alone", name);
    is_int(unexplained, 0, "%s: every other one goes over the relay and says why", name);
}

static void check_reasons(void)
{
    pair_init(&pair, 5);
    for (int i = 0; i < 2; i++) {
        pair.routers[i].mapping = PAIR_PORT;
        pair.routers[i].step = INT_MIN;
    }
    pair_prepare(&pair);
    pair_run(&pair, 10 * WZP_SECOND);
    is_str(why(&pair, 0), "both-hard", "two random routers: the relay, because both are hard");
    is_int(ms(pair.sides[0].decided_at), 4000, "known after four seconds");
    pair_init(&pair, 5);
    pair.routers[0].mapping = PAIR_PORT;
    pair.routers[0].step = INT_MIN;
    pair_prepare(&pair);
    pair_run(&pair, 10 * WZP_SECOND);
    is_str(why(&pair, 1), "hard-nat", "one random against one that filters by port");
    pair_init(&pair, 5);
    pair.sides[1].deaf_direct = true;
    pair_prepare(&pair);
    pair_run(&pair, 10 * WZP_SECOND);
    is_str(why(&pair, 0), "unreachable", "D10: a dead direct path leaves the relay");
    ok(pair.sides[0].decided_at < 10 * WZP_SECOND && pair.sides[1].decided_at < 10 * WZP_SECOND,
       "D11: and the race ends in under 10 s, whatever becomes of the relay: %d ms",
       ms(pair.sides[0].decided_at));
    pair_init(&pair, 5);
    pair.routers[0].filtering = pair.routers[1].filtering = PAIR_ENDPOINT;
    pair.sides[1].cannot_prove = true;
    pair_prepare(&pair);
    pair_run(&pair, 10 * WZP_SECOND);
    is_str(why(&pair, 0), "identity", "who cannot prove to be the peer gets nothing");
    is_int(pair.sides[0].decided, PAIR_RELAY, "but the relay");
    pair_init(&pair, 5);
    pair.routers[0].open = true;
    pair.sides[0].inner = pair.routers[0].outer;
    wzp_addr_set_port(&pair.sides[0].inner, 40000);
    pair.routers[1].mapping = PAIR_PORT;
    pair.routers[1].step = INT_MIN;
    pair_prepare(&pair);
    pair_run(&pair, 10 * WZP_SECOND);
    ok(pair_direct(&pair), "a public host and the hardest router are direct");
}

static void check_dead_candidates(void)
{
    pair_init(&pair, 6);
    pair_prepare(&pair);
    pair_run(&pair, 10 * WZP_SECOND);
    int alone = ms(pair.sides[0].decided_at);
    pair_init(&pair, 6);
    for (unsigned side = 0; side < 2; side++) {
        for (unsigned i = 0; i < 5; i++) {
            struct wzp_addr dead;
            uint8_t ip[4] = {198, 51, 100, (uint8_t)(side * 10 + i)};
            wzp_addr_from_ip4(&dead, ip, 7777);
            wzp_candidate_add(&pair.lists[side], WZP_CANDIDATE_HOST, &dead, NULL);
        }
        struct pair_side *s = &pair.sides[side];
        struct wzp_addr seen = s->router->outer;
        wzp_addr_set_port(&seen, wzp_addr_port(&s->inner));
        wzp_candidate_add(&pair.lists[side], WZP_CANDIDATE_REFLEXIVE, &seen, NULL);
    }
    pair_prepare(&pair);
    pair_run(&pair, 10 * WZP_SECOND);
    ok(pair_direct(&pair), "five dead candidates do not hinder");
    ok(ms(pair.sides[0].decided_at) - alone <= 100, "and cost at most 100 ms: %d ms",
       ms(pair.sides[0].decided_at) - alone);
}

static void check_old_peer(void)
{
    /* An existing program neither punches nor proves its identity; it dials or accepts. Our side
     * opens its own router. */
    pair_init(&pair, 7);
    for (int i = 0; i < 2; i++)
        pair.configs[i].ours = pair.configs[i].need_proof = false;
    pair_prepare(&pair);
    int acceptor = pair.configs[0].role == WZP_ROLE_ACCEPTOR ? 0 : 1;
    pair_run(&pair, 10 * WZP_SECOND);
    ok(pair_direct(&pair), "an acceptor of ours opens its router for an old dialer");
    ok(pair.sides[acceptor].punches > 0 && pair.sides[1 - acceptor].punches == 0,
       "only the acceptor punches");
    ok(ms(pair.sides[0].relay_at) > 0 && ms(pair.sides[0].relay_at) <= 100,
       "the relay is dialled after the decision or 100 ms: %d ms", ms(pair.sides[0].relay_at));
}

TAP_MAIN
{
    check_plain();
    check_loss();
    check_lan();
    check_grid(0, "hard ones keep ports where they can");
    check_grid(2, "hard ones step by two");
    check_grid(INT_MIN, "hard ones random");
    check_reasons();
    check_dead_candidates();
    check_old_peer();
}
