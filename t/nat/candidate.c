/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Candidates of this machine and of a peer. Source: wzp-protocol(7), Addresses, Race, Moving. */
#include "nat/candidate.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "nat/gather.h"
#include "nat/lib_networks.h"
#include "nat/local.h"
#include "tap.h"

static struct wzp_addr parse(const char *text)
{
    struct wzp_addr addr;
    if (wzp_addr_parse(&addr, text, strlen(text)) < 0)
        bail("\"%s\" is no address", text);
    return addr;
}

/* The list as text: "kind address, kind address". */
static const char *words(const struct wzp_candidate_list *list)
{
    static const char *const kinds[WZP_CANDIDATE_KINDS] = {
        "host", "mapped", "reflexive", "peer-reflexive", "predicted", "found",
    };
    static char text[WZP_CANDIDATES_MAX * 100];
    char addr[WZP_ADDR_TEXT_MAX];
    size_t at = 0;
    text[0] = '\0';
    for (size_t i = 0; i < list->count; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%s %s", i ? ", " : "",
                               kinds[list->items[i].kind],
                               wzp_addr_format(addr, &list->items[i].addr));
    return text;
}

static void check_dial_order(void)
{
    static const char *const hosts[] = {"192.168.1.10:4433", "10.0.0.5:4433"};
    static const char *const with_mapped[] = {"192.168.1.10:4433", "198.51.100.7:5000"};
    struct wzp_candidate_list list;
    struct wzp_candidate_texts texts = {.hosts = hosts, .host_count = 2};
    texts.mapped = "198.51.100.7:5000";
    texts.reflexive = "203.0.113.9:6000";
    wzp_candidate_list_read(&list, &texts, NULL);
    is_str(words(&list),
           "host 192.168.1.10:4433, host 10.0.0.5:4433, mapped 198.51.100.7:5000, "
           "reflexive 203.0.113.9:6000",
           "D1: hosts in order, then mapped, then reflexive");
    texts.mapped = NULL;
    wzp_candidate_list_read(&list, &texts, NULL);
    is_str(words(&list), "host 192.168.1.10:4433, host 10.0.0.5:4433, reflexive 203.0.113.9:6000",
           "D2: without mapped, hosts and reflexive");
    texts = (struct wzp_candidate_texts){.mapped = "198.51.100.7:5000"};
    wzp_candidate_list_read(&list, &texts, NULL);
    is_str(words(&list), "mapped 198.51.100.7:5000", "D3: only mapped is one entry");
    texts.reflexive = texts.mapped;
    wzp_candidate_list_read(&list, &texts, NULL);
    is_str(words(&list), "mapped 198.51.100.7:5000", "D4: mapped equal to reflexive is one entry");
    texts = (struct wzp_candidate_texts){
        .mapped = "198.51.100.7:5000", .hosts = with_mapped, .host_count = 2};
    wzp_candidate_list_read(&list, &texts, NULL);
    is_int(list.count, 2, "D5: mapped that is among the hosts is not dialled twice");
    is_int(list.duplicate, 1, "and is counted");
    texts = (struct wzp_candidate_texts){.reflexive = "203.0.113.9:6000"};
    wzp_candidate_list_read(&list, &texts, NULL);
    is_int(list.count, 1, "D6: one kind alone is not empty");
    texts = (struct wzp_candidate_texts){0};
    wzp_candidate_list_read(&list, &texts, NULL);
    is_int(list.count, 0, "D7: nothing announced is an empty list");
}

static void check_hostile(void)
{
    static const char *const bad[] = {
        "0.0.0.0:5",
        "127.0.0.1:80",
        "224.0.0.1:5353",
        "255.255.255.255:9",
        "169.254.1.1:5",
        "203.0.113.1:53",
        "10.0.0.1:0",
        "[ff02::1]:5353",
        "[::1]:5",
        "[::]:5",
        "[fe80::1]:5",
        "240.1.1.1:5",
        "[::ffff:127.0.0.1]:5",
    };
    struct wzp_addr relay = parse("203.0.113.1:4433");
    struct wzp_candidate_filter filter = {.relays = &relay, .relay_count = 1};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct wzp_candidate_list list = {0};
        struct wzp_addr addr = parse(bad[i]);
        is_int(wzp_candidate_add(&list, WZP_CANDIDATE_HOST, &addr, &filter), WZP_E_REFUSED,
               "%s is refused", bad[i]);
        is_int(list.refused, 1, "and counted");
    }
    filter.allow_loopback = true;
    struct wzp_candidate_list list = {0};
    struct wzp_addr addr = parse("127.0.0.1:80");
    is_int(wzp_candidate_add(&list, WZP_CANDIDATE_HOST, &addr, &filter), 0,
           "a laboratory on one machine may use loopback");
    /* 200 candidates. */
    char texts[200][32];
    const char *hosts[200];
    for (int i = 0; i < 200; i++) {
        snprintf(texts[i], sizeof texts[i], "10.7.%d.%d:4433", i / 100, i % 100 + 1);
        hosts[i] = texts[i];
    }
    struct wzp_candidate_texts many = {
        .reflexive = "203.0.113.9:1", .mapped = "203.0.113.9:2", .hosts = hosts, .host_count = 200};
    wzp_candidate_list_read(&list, &many, &filter);
    is_int(list.count, WZP_CANDIDATES_MAX, "of 200 candidates 20 are kept");
    is_int(list.beyond_limit, 182, "the others are counted");
    is_int(list.items[19].kind, WZP_CANDIDATE_REFLEXIVE, "the reflexive one is among the 20");
    addr = parse("203.0.113.10:2");
    is_int(wzp_candidate_add(&list, WZP_CANDIDATE_PREDICTED, &addr, &filter), WZP_E_LIMIT,
           "no 21st");
    ok(wzp_candidate_knows_ip(&list, &list.items[3].addr), "an address is found without port");
    ok(!wzp_candidate_find(&list, &addr), "and what was not taken is not found");
}

static struct wzp_signal update(char *call, uint32_t generation, char *reflexive, char **hosts,
                                size_t host_count, char *mapped)
{
    struct wzp_signal s = {.type = WZP_SIGNAL_CANDIDATE_UPDATE};
    s.u.candidate_update.call_id = call;
    s.u.candidate_update.generation = generation;
    s.u.candidate_update.reflexive_addr = reflexive;
    s.u.candidate_update.local_addrs.items = hosts;
    s.u.candidate_update.local_addrs.count = host_count;
    s.u.candidate_update.mapped_addr = mapped;
    return s;
}

static void check_updates(void)
{
    char call[] = "call-1", other[] = "call-2";
    char reflexive[] = "203.0.113.5:4433", later[] = "203.0.113.6:4433";
    char host1[] = "192.168.1.10:4433", host2[] = "10.0.0.5:4433", broken[] = "not-an-address";
    char mapped[] = "198.51.100.42:12345";
    char extension[] = "x-nat=3";
    char *hosts[] = {host1, host2};
    char *mixed[] = {host1, broken, host2, extension};
    struct wzp_candidate_peer peer = {0};
    struct wzp_signal s = update(call, 1, reflexive, hosts, 2, mapped);
    is_int(wzp_candidate_peer_update(&peer, call, &s, NULL), 1, "I1: generation 1 is accepted");
    is_str(words(&peer.list),
           "host 192.168.1.10:4433, host 10.0.0.5:4433, mapped 198.51.100.42:12345, "
           "reflexive 203.0.113.5:4433",
           "I1, I4: and gives reflexive, both hosts in order and mapped");
    s = update(call, 1, later, NULL, 0, NULL);
    is_int(wzp_candidate_peer_update(&peer, call, &s, NULL), 0, "I1: 1 again is ignored");
    s.u.candidate_update.generation = 0;
    is_int(wzp_candidate_peer_update(&peer, call, &s, NULL), 0, "I1: 0 is ignored");
    is_int(peer.updates_old, 2, "and counted");
    is_int(peer.list.count, 4, "and nothing was changed");
    s.u.candidate_update.generation = 2;
    is_int(wzp_candidate_peer_update(&peer, call, &s, NULL), 1, "I1: 2 is accepted");
    is_str(words(&peer.list), "reflexive 203.0.113.6:4433", "I1: and replaces the list");
    struct wzp_signal ringing = {.type = WZP_SIGNAL_CALL_RINGING};
    is_int(wzp_candidate_peer_update(&peer, call, &ringing, NULL), 0,
           "I2: another signal gives nothing");
    s = update(call, 3, NULL, NULL, 0, NULL);
    is_int(wzp_candidate_peer_update(&peer, call, &s, NULL), 1, "I5: an empty update is accepted");
    is_int(peer.list.count, 0, "I5: and empties the list");
    s = update(call, 4, broken, mixed, 4, broken);
    is_int(wzp_candidate_peer_update(&peer, call, &s, NULL), 1, "I6: bad entries do not spoil it");
    is_int(peer.list.count, 2, "I6: the two good hosts remain");
    is_int(peer.list.malformed, 3, "I6: the bad ones are counted, the extension is not one");
    s = update(other, 9, reflexive, NULL, 0, NULL);
    is_int(wzp_candidate_peer_update(&peer, call, &s, NULL), 0, "another call's is ignored");
    s.u.candidate_update.call_id = NULL;
    is_int(wzp_candidate_peer_update(&peer, call, &s, NULL), 0, "so is one without a call");
    is_int(peer.updates_foreign, 2, "both counted");
    s = update(call, UINT32_MAX, reflexive, NULL, 0, NULL);
    is_int(wzp_candidate_peer_update(&peer, call, &s, NULL), 1, "the last number of all is taken");
}

static void check_hosts(void)
{
    enum {
        UP = WZP_INTERFACE_UP,
        DEFAULT = WZP_INTERFACE_UP | WZP_INTERFACE_DEFAULT_V4 | WZP_INTERFACE_DEFAULT_V6
    };
    static struct wzp_networks all, one;
    memset(&all, 0, sizeof all);
    networks_add(&all, "lo", "127.0.0.1", 8, UP | WZP_INTERFACE_LOOPBACK);
    networks_add(&all, "docker0", "172.17.0.1", 16, UP);
    one = all;
    networks_add(&all, "eth1", "10.9.9.9", 24, UP);
    networks_add(&all, "wlan0", "192.168.1.10", 24, DEFAULT);
    networks_add(&all, "wlan0", "2001:db8:1::10", 64, 0);
    struct wzp_interface *wlan = networks_add(&all, "wlan0", "2001:db8:1::7777", 64, 0);
    wlan->is_temporary[2] = 1;
    networks_add(&all, "wlan0", "fe80::10", 64, 0);
    networks_add(&all, "eth2", "169.254.3.3", 16, UP);
    networks_add(&all, "eth3", "203.0.113.20", 24, UP);
    networks_add(&all, "eth4", "10.8.8.8", 24, 0);
    networks_add(&all, "wg0", "10.99.0.2", 24, UP);
    networks_add(&all, "ppp0", "10.98.0.2", 24, UP | WZP_INTERFACE_POINT_TO_POINT);
    networks_add(&all, "cgn0", "100.64.1.2", 24, UP);
    struct wzp_addr out[WZP_HOST_CANDIDATES_MAX];
    char text[WZP_ADDR_TEXT_MAX];
    static const char *const want[] = {"192.168.1.10:4000", "[2001:db8:1::7777]:6000",
                                       "[2001:db8:1::10]:6000", "10.9.9.9:4000", "100.64.1.2:4000"};
    size_t found = wzp_local_candidates(out, &all, 4000, 6000);
    is_int(found, 5, "of thirteen addresses five are announced");
    for (size_t i = 0; i < found && i < 5; i++)
        is_str(wzp_addr_format(text, &out[i]), want[i], "number %zu", i + 1);
    is_int(wzp_local_candidates(out, &all, 4000, 0), 3,
           "without a v6 port no v6 address is announced");
    is_int(wzp_local_candidates(out, NULL, 4000, 6000), 0, "P15: no networks, no crash");
    struct wzp_addr lan;
    ok(wzp_local_lan_address(&lan, &all), "P15: the own address is found");
    is_str(wzp_addr_format(text, &lan), "192.168.1.10:0",
           "P15: it is private and of the default route, not a container's");
    ok(!wzp_local_lan_address(&lan, &one), "P15: a container bridge is none");
    ok(!wzp_local_lan_address(&lan, NULL), "P15: nor are no networks");
    struct wzp_addr peer = parse("192.168.1.77:5");
    ok(wzp_local_on_link(&all, &peer), "a neighbour is on the link");
    peer = parse("192.168.2.77:5");
    ok(!wzp_local_on_link(&all, &peer), "another subnet is not");
    peer = parse("127.0.0.9:5");
    ok(!wzp_local_on_link(&all, &peer), "nor is loopback");
    ok(!wzp_local_metered(&all), "not metered");
    wlan->flags |= WZP_INTERFACE_METERED;
    ok(wzp_local_metered(&all), "metered when the default route is");
    memset(&one, 0, sizeof one);
    networks_add(&one, "wg0", "10.99.0.2", 24, UP | WZP_INTERFACE_DEFAULT_V4);
    wzp_local_candidates(out, &one, 1, 1);
    is_str(wzp_addr_format(text, &out[0]), "10.99.0.2:1",
           "a tunnel that has the default route counts");
    memset(&one, 0, sizeof one);
    for (unsigned i = 0; i < 20; i++) {
        char name[16];
        snprintf(name, sizeof name, "eth%u", i);
        snprintf(text, sizeof text, "10.5.5.%u", i + 1);
        networks_add(&one, name, text, 24, UP);
    }
    is_int(wzp_local_candidates(out, &one, 4000, 6000), WZP_HOST_CANDIDATES_MAX,
           "never more than eight");
    memset(&one, 0, sizeof one);
    networks_add(&one, "eth0", "10.5.5.1", 24, UP);
    networks_add(&one, "eth0", "10.5.5.1", 24, UP);
    is_int(wzp_local_candidates(out, &one, 4000, 6000), 1, "an address counts once");
}

static void check_gather(void)
{
    struct wzp_gather g;
    struct wzp_gather_counter counter = {0};
    struct wzp_gathered out;
    uint64_t now = 5 * WZP_SECOND;
    wzp_gather_init(&g, 12345);
    wzp_gather_take(&g, &counter, &out);
    is_int(out.generation, 0, "I3, I8: the first is generation 0");
    ok(wzp_addr_is_none(&out.reflexive) && wzp_addr_is_none(&out.mapped) && out.host_count == 0,
       "I8: nothing learnt, nothing announced, no crash");
    wzp_gather_take(&g, &counter, &out);
    is_int(out.generation, 1, "I3, I9: the next is 1");
    is_int(counter.next, 2, "I3: the counter is then 2");
    ok(wzp_gather_expiry(&g) == WZP_NEVER && !wzp_gather_due(&g, now),
       "nothing changed: no update");
    struct wzp_addr hosts[] = {parse("192.168.1.2:12345"), parse("[2001:db8::5]:12346")};
    wzp_gather_set_hosts(&g, hosts, 2, now);
    struct wzp_addr reflexive = parse("203.0.113.7:40000");
    wzp_gather_set_reflexive(&g, &reflexive, now + 100 * WZP_MILLISECOND);
    ok(!wzp_gather_due(&g, now + WZP_GATHER_SETTLE - 1), "changes settle first");
    is_int(wzp_gather_expiry(&g) - now, WZP_GATHER_SETTLE, "250 ms after the first");
    ok(wzp_gather_due(&g, now + WZP_GATHER_SETTLE), "then they are told");
    ok(!wzp_gather_due(&g, now + WZP_GATHER_SETTLE), "once");
    now += WZP_SECOND;
    wzp_gather_set_hosts(&g, hosts, 2, now);
    wzp_gather_set_reflexive(&g, &reflexive, now);
    ok(wzp_gather_expiry(&g) == WZP_NEVER, "the same again is no change");
    struct wzp_addr reflexive6 = parse("[2001:db8::5]:12346");
    wzp_gather_set_reflexive(&g, &reflexive6, now);
    wzp_gather_set_hard(&g, true, now);
    wzp_gather_take(&g, &counter, &out);
    char text[WZP_ADDR_TEXT_MAX];
    is_str(wzp_addr_format(text, &out.reflexive), "203.0.113.7:40000", "v4 is the reflexive one");
    is_int(out.host_count, 3, "v6 is among the hosts once, and the guess at the port is added");
    is_str(wzp_addr_format(text, &out.hosts[2]), "203.0.113.7:12345",
           "which is the reflexive address with the local port");
    struct wzp_addr none = {0};
    wzp_gather_set_reflexive(&g, &none, now);
    wzp_gather_set_mapped(&g, &reflexive, now);
    wzp_gather_take(&g, &counter, &out);
    ok(wzp_addr_is_none(&out.reflexive) && wzp_addr_equal(&out.mapped, &reflexive),
       "what is taken away is not announced");
}

TAP_MAIN
{
    check_dial_order();
    check_hostile();
    check_updates();
    check_hosts();
    check_gather();
}
