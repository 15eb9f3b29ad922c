/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The relays that are known. */
#include "nat/relay_map.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "tap.h"

static struct wzp_addr relay(unsigned n)
{
    struct wzp_addr addr;
    uint8_t ip[4] = {203, 0, 113, (uint8_t)n};
    wzp_addr_from_ip4(&addr, ip, 4433);
    return addr;
}

static void add(struct wzp_relay_map *m, unsigned n, const char *name)
{
    struct wzp_addr addr = relay(n);
    wzp_relay_map_upsert(m, name, &addr, NULL);
}

static void measure(struct wzp_relay_map *m, unsigned n, uint32_t rtt, uint64_t now)
{
    struct wzp_addr addr = relay(n);
    wzp_relay_map_update_rtt(m, &addr, rtt, now);
}

static const char *preferred(const struct wzp_relay_map *m)
{
    const struct wzp_relay_map_entry *entry = wzp_relay_map_preferred(m);
    return entry ? entry->name : NULL;
}

static void check_items(void)
{
    static struct wzp_relay_map m;
    const struct wzp_relay_map_entry *stale[4];
    uint64_t now = 1000 * WZP_SECOND;
    is_str(preferred(&m), NULL, "M6: an empty map prefers nothing");
    ok(!wzp_relay_map_needs_reprobe(&m, 0, now), "M8: and needs no probe");
    add(&m, 1, "far");
    add(&m, 2, "near");
    add(&m, 3, "middle");
    is_str(preferred(&m), NULL, "M7: never measured, nothing is preferred");
    ok(wzp_relay_map_needs_reprobe(&m, 60 * WZP_SECOND, now), "M9: never probed needs a probe");
    measure(&m, 1, 200, now);
    is_int(wzp_relay_map_stale(&m, stale, 4, 60 * WZP_SECOND, now), 2,
           "M11: the unmeasured ones are stale");
    is_str(stale[0]->name, "near", "M11: by name");
    measure(&m, 2, 15, now);
    measure(&m, 3, 80, now);
    is_str(preferred(&m), "near", "M1: of 200, 15 and 80 the 15 one is preferred");
    is_int(wzp_relay_map_preferred(&m)->rtt_ms, 15, "M1: with its round trip");
    ok(!wzp_relay_map_needs_reprobe(&m, 60 * WZP_SECOND, now), "M10: just measured needs none");
    ok(!wzp_relay_map_needs_reprobe(&m, 60 * WZP_SECOND, now + 60 * WZP_SECOND), "nor at the age");
    ok(wzp_relay_map_needs_reprobe(&m, 60 * WZP_SECOND, now + 61 * WZP_SECOND), "but beyond it");
    struct wzp_addr addr = relay(2);
    wzp_relay_map_mark_unreachable(&m, &addr, now);
    is_str(preferred(&m), "middle", "M14: when the best is gone the next is preferred");
    is_int(wzp_relay_map_find(&m, &addr)->rtt_ms, 15, "its round trip is kept");
    is_str(m.entries[2].name, "near", "and it stands last");
    addr = relay(9);
    wzp_relay_map_update_rtt(&m, &addr, 1, now);
    wzp_relay_map_mark_unreachable(&m, &addr, now);
    is_int(m.count, 3, "what is unknown does nothing");
    memset(&m, 0, sizeof m);
    add(&m, 1, "a");
    add(&m, 2, "b");
    measure(&m, 1, 5, now);
    measure(&m, 2, 200, now);
    addr = relay(1);
    wzp_relay_map_mark_unreachable(&m, &addr, now);
    is_str(preferred(&m), "b", "M2: 5 but unreachable loses to 200");
    measure(&m, 1, 200, now);
    is_int(m.count, 2, "M12: equal round trips keep both");
    is_str(preferred(&m), "b", "M12: in a stable order");
}

static void check_texts(void)
{
    static struct wzp_relay_map m;
    static const char *const two[] = {"eu-west|203.0.113.1:4433", "us-east|[2001:db8::7]:4433"};
    static const char *const mixed[] = {"good|203.0.113.3:4433",
                                        "no bar",
                                        "bad|not-an-address",
                                        "named|relay.example:4433",
                                        "second|203.0.113.4:4433|x",
                                        "third|203.0.113.5:4433",
                                        "|203.0.113.6:1",
                                        "x|"};
    is_int(wzp_relay_map_populate(&m, two, 2), 2, "M3: two items give two entries");
    ok(!strcmp(m.entries[0].name, "eu-west") && !strcmp(m.entries[1].name, "us-east"),
       "M3: in their order with their names");
    struct wzp_addr addr = relay(1);
    wzp_relay_map_upsert(&m, "renamed", &addr, "eu");
    is_int(m.count, 2, "M4: the same address again is one entry");
    ok(!strcmp(m.entries[0].name, "renamed") && !strcmp(m.entries[0].region, "eu"),
       "M4: with new name and region");
    wzp_relay_map_upsert(&m, "again", &addr, NULL);
    is_str(m.entries[0].region, "eu", "M5: without a region the old one is kept");
    memset(&m, 0, sizeof m);
    is_int(wzp_relay_map_populate(&m, mixed, 8), 3, "M13: bad items are skipped");
    is_str(m.entries[0].name, "good", "M13: the good ones are there");
    char name[8], host[WZP_ADDR_TEXT_MAX];
    is_int(wzp_relay_map_split(mixed[3], name, sizeof name, host, sizeof host), 0, "a host name");
    is_str(host, "relay.example:4433", "is for the caller to resolve");
    is_int(wzp_relay_map_split("a long name|x", name, sizeof name, host, sizeof host),
           WZP_E_TOO_BIG, "a name that does not fit is none");
    struct wzp_addr none = {0};
    is_int(wzp_relay_map_upsert(&m, "x", &none, NULL), WZP_E_ARGUMENT, "no address, no entry");
    for (unsigned i = 10; i < 200; i++)
        add(&m, i, "\x1b[31mred");
    is_int(m.count, WZP_RELAY_MAP_MAX, "a long list is cut");
    is_str(m.entries[5].name, "?[31mred", "hostile names are made harmless");
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
    struct wzp_addr home = relay(1), none = {0};
    uint64_t now = 1000 * WZP_SECOND;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct wzp_relay_map m = {0};
        add(&m, 1, "home");
        add(&m, 2, "other");
        measure(&m, 1, rows[i].home, now);
        measure(&m, 2, rows[i].other, now);
        is_str(wzp_relay_map_home(&m, &home, 0, now)->name, rows[i].moves ? "other" : "home",
               "home at %u ms, another at %u", rows[i].home, rows[i].other);
    }
    struct wzp_relay_map m = {0};
    ok(!wzp_relay_map_home(&m, &none, 0, now), "no relay, no home");
    add(&m, 1, "home");
    add(&m, 2, "other");
    ok(!wzp_relay_map_home(&m, &none, 0, now), "none answers, no home");
    is_str(wzp_relay_map_home(&m, &home, 0, now)->name, "home", "the one we have stays then");
    measure(&m, 2, 50, now);
    is_str(wzp_relay_map_home(&m, &none, 0, now)->name, "other",
           "without a home the nearest is it");
    is_str(wzp_relay_map_home(&m, &home, now - 7 * WZP_SECOND, now)->name, "home",
           "a home that was heard 7 s ago lives");
    is_str(wzp_relay_map_home(&m, &home, now - 9 * WZP_SECOND, now)->name, "other",
           "one that was heard 9 s ago is gone");
    measure(&m, 1, 20, now);
    measure(&m, 1, 400, now);
    is_str(wzp_relay_map_home(&m, &home, 0, now)->name, "home",
           "of three samples the least counts");
    is_str(wzp_relay_map_home(&m, &none, 0, now + 601 * WZP_SECOND) ? "some" : "none", "none",
           "what is older than ten minutes says nothing");
}

static void check_due(void)
{
    struct wzp_relay_map m = {0};
    struct wzp_addr home = relay(6);
    uint64_t now = 1000 * WZP_SECOND;
    for (unsigned i = 1; i <= 6; i++)
        add(&m, i, "x");
    ok(wzp_relay_map_due(&m, &home, now) == &m.entries[0], "never probed is due at once");
    for (unsigned i = 1; i <= 6; i++)
        measure(&m, i, i * 10, now);
    ok(!wzp_relay_map_due(&m, &home, now), "then none is");
    is_int(wzp_relay_map_expiry(&m, &home) - now, 60 * WZP_SECOND, "the near ones after a minute");
    uint64_t later = now + 61 * WZP_SECOND;
    unsigned probed = 0;
    const struct wzp_relay_map_entry *entry;
    while ((entry = wzp_relay_map_due(&m, &home, later)) && probed++ < 20) {
        struct wzp_addr addr = entry->addr;
        wzp_relay_map_update_rtt(&m, &addr, entry->rtt_ms, later);
    }
    is_int(probed, 4, "the best three and home");
    probed = 0;
    later = now + 301 * WZP_SECOND;
    while ((entry = wzp_relay_map_due(&m, &home, later)) && probed++ < 20) {
        struct wzp_addr addr = entry->addr;
        wzp_relay_map_update_rtt(&m, &addr, entry->rtt_ms, later);
    }
    is_int(probed, 6, "all after five minutes");
    struct wzp_relay_map empty = {0};
    ok(wzp_relay_map_expiry(&empty, &home) == WZP_NEVER, "an empty map has no appointment");
}

TAP_MAIN
{
    check_items();
    check_texts();
    check_home();
    check_due();
}
