/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Routers that restart while they have a mapping for us: at once, and after a while. */
#include <string.h>

#include "lib_router.h"
#include "nat/portmap.h"
#include "tap.h"

static struct wzp_random_seeded seeded;
static struct wzp_random random_source;
static struct wzp_addr lan;
static struct router router;
static struct wzp_portmap map;

/* Sets up a router that offers only that protocol and started that long (ns) before it is asked.
 * Returns the time. */
static uint64_t start_young(unsigned kind, uint64_t age)
{
    router_init(&router, "203.0.113.5:0");
    router.natpmp = kind == WZP_PORTMAP_NATPMP;
    router.pcp = kind == WZP_PORTMAP_PCP;
    router.upnp = kind == WZP_PORTMAP_UPNP;
    wzp_portmap_init(&map, &random_source);
    wzp_portmap_start(&map, &router.address, &lan, 12345, age);
    return age;
}

static void check_young(void)
{
    for (unsigned kind = 0; kind < WZP_PORTMAP_PROTOCOLS; kind++) {
        const char *name = wzp_portmap_protocol_name((enum wzp_portmap_protocol)kind);
        unsigned failed = 0;
        for (unsigned age = 0; age < 40; age++) {
            uint64_t now = start_young(kind, age * WZP_SECOND);
            now = router_run(&router, &map, now, now + 2 * WZP_SECOND);
            router_reboot(&router, now);
            now = router_run(&router, &map, now, now + 60 * WZP_SECOND);
            failed += router.count != 1;
        }
        is_int(failed, 0, "%s: a router that began just before may forget at any age", name);
        uint64_t now = start_young(kind, WZP_SECOND);
        now = router_run(&router, &map, now, now + 2 * WZP_SECOND);
        router_reboot(&router, now);
        router.deaf_to_maps = true;
        now = router_run(&router, &map, now, 50 * WZP_SECOND);
        router.deaf_to_maps = false;
        now = router_run(&router, &map, now, 90 * WZP_SECOND);
        is_int(router.count, 1, "%s: also when it did not hear at once", name);
        now = start_young(kind, WZP_SECOND);
        now = router_run(&router, &map, now, 600 * WZP_SECOND);
        unsigned asked = router.asked;
        now = router_run(&router, &map, now, 1200 * WZP_SECOND);
        ok(router.asked - asked <= 24,
           "%s: one that did not forget is asked every 25 s (%u in 600)", name,
           router.asked - asked);
    }
}

/* The router's mappings are deleted, by a person or another program, while its service keeps
 * running: nothing in its answers shows that. */
static void check_silent(void)
{
    for (unsigned kind = 0; kind < WZP_PORTMAP_PROTOCOLS; kind++) {
        const char *name = wzp_portmap_protocol_name((enum wzp_portmap_protocol)kind);
        unsigned missing = 0, moved = 0;
        for (unsigned age = 0; age < 60; age++) {
            uint64_t now = start_young(kind, 5000 * WZP_SECOND);
            now = router_run(&router, &map, now, now + (100 + age) * WZP_SECOND);
            router.count = 0;
            now = router_run(&router, &map, now, now + 55 * WZP_SECOND);
            missing += router.count != 1;
            moved += router.count == 1 && router.mappings[0].external != 12345;
        }
        is_int(missing, 0, "%s: a mapping that vanished without a sign is back within 55 s", name);
        is_int(moved, 0, "%s: at the same port", name);
    }
}

/* The external address changes while the service keeps running. */
static void check_renumbered(void)
{
    for (unsigned kind = 0; kind < WZP_PORTMAP_PROTOCOLS; kind++) {
        const char *name = wzp_portmap_protocol_name((enum wzp_portmap_protocol)kind);
        struct wzp_addr after;
        uint64_t now = start_young(kind, 5000 * WZP_SECOND);
        now = router_run(&router, &map, now, now + 100 * WZP_SECOND);
        wzp_addr_from_ip4(&router.external, (const uint8_t *)"\xcb\x00\x71\x09", 0);
        router_run(&router, &map, now, now + 55 * WZP_SECOND);
        after = *wzp_portmap_external(&map);
        ok(wzp_addr_equal_ip(&after, &router.external),
           "%s: another address of the router is known within 55 s", name);
    }
}

/* A real router is unreachable for a while when it restarts, and may have no external address at
 * first. */
static void check_away(void)
{
    for (unsigned kind = 0; kind < WZP_PORTMAP_PROTOCOLS; kind++) {
        const char *name = wzp_portmap_protocol_name((enum wzp_portmap_protocol)kind);
        struct wzp_addr outside;
        uint64_t now = start_young(kind, 1000 * WZP_SECOND);
        now = router_run(&router, &map, now, now + 10 * WZP_SECOND);
        router.deaf = true;
        now = router_run(&router, &map, now, now + 120 * WZP_SECOND);
        router.deaf = false;
        router_reboot(&router, now);
        outside = router.external;
        wzp_addr_from_ip4(&router.external, (const uint8_t *)"\0\0\0\0", 0);
        now = router_run(&router, &map, now, now + 50 * WZP_SECOND);
        ok(wzp_addr_is_none(wzp_portmap_external(&map)), "%s: without a line it has no port", name);
        router.external = outside;
        now = router_run(&router, &map, now, now + 60 * WZP_SECOND);
        is_int(map.verdict, WZP_PORTMAP_MAPPED, "%s: a minute after it is back, so is the port",
               name);
        router.deaf = true;
        router_reboot(&router, now);
        now = router_run(&router, &map, now, now + 4 * 3600 * WZP_SECOND);
        unsigned asked = router.asked;
        now = router_run(&router, &map, now, now + 3600 * WZP_SECOND);
        ok(router.asked - asked <= 6 * 6, "%s: one that stays away is asked every ten minutes",
           name);
    }
}

TAP_MAIN
{
    wzp_random_seeded_init(&seeded, 5);
    random_source = wzp_random_seeded_source(&seeded);
    wzp_addr_from_ip4(&lan, (const uint8_t *)"\xc0\xa8\x01\x0a", 0);
    check_young();
    check_silent();
    check_renumbered();
    check_away();
}
