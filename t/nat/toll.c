/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The toll (nat/toll.h): the limit of bytes that are sent to addresses that have not answered. */
#include "nat/toll.h"

#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "tap.h"

#define START (1000 * WZP_SECOND)

static struct wzp_toll toll;

static struct wzp_addr addr(const char *text)
{
    struct wzp_addr a;
    if (wzp_addr_parse(&a, text, strlen(text)))
        bail("%s", text);
    return a;
}

static bool take(const char *to, uint64_t bytes, uint64_t at)
{
    struct wzp_addr a = addr(to);
    return wzp_toll_take(&toll, &a, bytes, START + at);
}

static void test_network(void)
{
    memset(&toll, 0, sizeof toll);
    ok(take("93.184.7.1:1", WZP_TOLL_NETWORK_BURST, 0), "a network gets its burst");
    ok(!take("93.184.7.200:2", 1, 0), "once, whatever the address and port");
    ok(take("93.184.8.1:1", 1000, 0), "another network has its own");
    ok(take("[2001:db8:1:100::1]:1", 5000, 0) && take("[2001:db8:1:1ff::1]:1", 5000, 0) &&
           !take("[2001:db8:1:1aa::1]:1", 1, 0),
       "of IPv6 it is a /56");
    ok(take("93.184.7.1:1", 60, 1 * WZP_SECOND) && !take("93.184.7.1:1", 1, 1 * WZP_SECOND),
       "a second gives sixty bytes back");
}

static void test_all(void)
{
    char text[40];
    uint64_t taken = 0;
    memset(&toll, 0, sizeof toll);
    for (int i = 0; i < 200; i++) {
        snprintf(text, sizeof text, "93.184.%d.1:1", i);
        taken += take(text, 1000, 0) ? 1000 : 0;
    }
    is_int(taken, WZP_TOLL_BURST, "all networks together have a burst, too");
    taken = 0;
    for (unsigned second = 1; second <= 600; second++)
        for (int i = 0; i < 20; i++) {
            snprintf(text, sizeof text, "93.184.%d.1:1", ((int)second * 20 + i) % 250);
            taken += take(text, 100, second * WZP_SECOND) ? 100 : 0;
        }
    ok(taken <= 600 * WZP_TOLL_RATE, "and in ten minutes no more than their rate (%llu)",
       (unsigned long long)taken);
    memset(&toll, 0, sizeof toll);
    take("93.184.7.1:1", WZP_TOLL_NETWORK_BURST, 0);
    for (int i = 0; i < 200; i++) {
        snprintf(text, sizeof text, "93.185.%d.1:1", i);
        take(text, 10, 0);
    }
    ok(!take("93.184.7.1:1", 1, 0), "a network in debt is not forgotten for others");
}

static void test_answered(void)
{
    struct wzp_addr a = addr("93.184.7.1:1");
    memset(&toll, 0, sizeof toll);
    take("93.184.7.1:1", WZP_TOLL_NETWORK_BURST, 0);
    take("93.184.8.1:1", 9000, 0);
    wzp_toll_answered(&toll, &a);
    ok(take("93.184.7.1:1", WZP_TOLL_NETWORK_BURST, 0), "where somebody answers nothing was spent");
    ok(!take("93.184.8.1:1", 2000, 0), "but elsewhere");
    ok(!take("93.184.9.1:1", 6000, 0) && take("93.184.9.1:1", 5000, 0), "nor of all together");
}

TAP_MAIN
{
    test_network();
    test_all();
    test_answered();
}
