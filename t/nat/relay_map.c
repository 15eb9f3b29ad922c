/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The known relays, and which of them is home (where the softphone registers). */
#include "nat/relay_map.h"

#include <string.h>

#include "base/error.h"
#include "tap.h"

#define NOW (1000 * WZP_SECOND)

static const struct wzp_addr nobody;

static struct wzp_addr relay(unsigned n)
{
    struct wzp_addr addr;
    uint8_t ip[4] = {203, 0, 113, (uint8_t)n};
    wzp_addr_from_ip4(&addr, ip, 4433);
    return addr;
}

static void measure(struct wzp_relay_map *m, unsigned n, uint32_t rtt, uint64_t now)
{
    struct wzp_addr addr = relay(n);
    is_int(wzp_relay_map_update_rtt(m, &addr, rtt, now), 0, "relay %u: %u ms", n, rtt);
}

static void lose(struct wzp_relay_map *m, unsigned n, uint64_t now)
{
    struct wzp_addr addr = relay(n);
    wzp_relay_map_mark_unreachable(m, &addr, now);
}

/* The last byte of the home relay's address; 0: there is none. */
static unsigned home_of(const struct wzp_relay_map *m, unsigned current, uint64_t heard_at,
                        uint64_t now)
{
    struct wzp_addr at = current ? relay(current) : nobody;
    const struct wzp_relay_map_entry *entry = wzp_relay_map_home(m, &at, heard_at, now);
    for (unsigned n = 1; entry && n < 10; n++) {
        at = relay(n);
        if (wzp_addr_equal(&entry->addr, &at))
            return n;
    }
    return 0;
}

static void check_answers(void)
{
    static struct wzp_relay_map m;
    struct wzp_addr near = relay(2), unknown = relay(9);
    is_int(home_of(&m, 0, 0, NOW), 0, "M6: an empty map prefers nothing");
    lose(&m, 9, NOW);
    ok(!wzp_relay_map_find(&m, &unknown), "M7: what never answered is not known");
    measure(&m, 1, 200, NOW);
    measure(&m, 2, 15, NOW);
    measure(&m, 3, 80, NOW);
    is_int(home_of(&m, 0, 0, NOW), 2, "M1: of 200, 15 and 80 the 15 one is preferred");
    is_int(wzp_relay_map_find(&m, &near)->rtt_ms, 15, "M1: with its round trip");
    lose(&m, 2, NOW);
    is_int(home_of(&m, 0, 0, NOW), 3, "M14: when the best is gone the next is preferred");
    is_int(wzp_relay_map_find(&m, &near)->rtt_ms, 15, "its round trip is kept");
    measure(&m, 2, 30, NOW);
    is_int(m.count, 3, "M4: an address again is no further entry");
    is_int(home_of(&m, 0, 0, NOW), 2, "and who answers again counts again");
    memset(&m, 0, sizeof m);
    measure(&m, 1, 200, NOW);
    measure(&m, 2, 5, NOW);
    lose(&m, 2, NOW);
    is_int(home_of(&m, 0, 0, NOW), 1, "M2: 5 but unreachable loses to 200");
    measure(&m, 3, 200, NOW);
    is_int(m.count, 3, "M12: equal round trips keep both");
    is_int(home_of(&m, 0, 0, NOW), 1, "M12: in a stable order");
}

static void check_limits(void)
{
    static struct wzp_relay_map m;
    struct wzp_addr addr = relay(200);
    is_int(wzp_relay_map_update_rtt(&m, &nobody, 1, NOW), WZP_E_ARGUMENT, "no address, no entry");
    for (unsigned i = 0; i < WZP_RELAY_MAP_MAX; i++)
        measure(&m, 10 + i, i, NOW);
    is_int(wzp_relay_map_update_rtt(&m, &addr, 1, NOW), WZP_E_LIMIT, "a long list is cut");
    addr = relay(10);
    is_int(wzp_relay_map_update_rtt(&m, &addr, 7, NOW), 0, "who is in it is measured on");
    is_int(wzp_relay_map_find(&m, &addr)->rtt_ms, 7, "and has its new round trip");
}

static void check_home(void)
{
    static const struct {
        uint32_t home, other;
        bool moves;
    } rows[] = {
        {100, 95, false}, {100, 70, false}, {100, 66, true},  {30, 21, false},   {30, 20, true},
        {12, 3, false},   {20, 10, true},   {500, 333, true}, {500, 334, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct wzp_relay_map m = {0};
        measure(&m, 1, rows[i].home, NOW);
        measure(&m, 2, rows[i].other, NOW);
        is_int(home_of(&m, 1, 0, NOW), rows[i].moves ? 2 : 1, "home at %u ms, another at %u",
               rows[i].home, rows[i].other);
    }
    struct wzp_relay_map m = {0};
    measure(&m, 1, 20, NOW);
    lose(&m, 1, NOW);
    is_int(home_of(&m, 0, 0, NOW), 0, "none answers, no home");
    is_int(home_of(&m, 1, 0, NOW), 1, "the one we have stays then");
    measure(&m, 2, 50, NOW);
    is_int(home_of(&m, 0, 0, NOW), 2, "without a home the nearest is it");
    is_int(home_of(&m, 1, NOW - 7 * WZP_SECOND, NOW), 1, "a home that was heard 7 s ago lives");
    is_int(home_of(&m, 1, NOW - 9 * WZP_SECOND, NOW), 2, "one that was heard 9 s ago is gone");
    measure(&m, 1, 20, NOW);
    measure(&m, 1, 400, NOW);
    is_int(home_of(&m, 1, 0, NOW), 1, "of three samples the least counts");
    is_int(home_of(&m, 0, 0, NOW + 601 * WZP_SECOND), 0,
           "what is older than ten minutes says nothing");
}

TAP_MAIN
{
    check_answers();
    check_limits();
    check_home();
}
