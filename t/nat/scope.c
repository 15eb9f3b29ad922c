/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Ranges of addresses, and who dials whom. Source: wzp-protocol(7), Addresses, Roles. */
#include "nat/scope.h"

#include <string.h>

#include "nat/role.h"
#include "tap.h"

static struct wzp_addr parse(const char *text)
{
    struct wzp_addr addr;
    if (wzp_addr_parse(&addr, text, strlen(text)) < 0)
        bail("\"%s\" is no address", text);
    return addr;
}

static void check_ranges(void)
{
    static const struct {
        const char *text;
        enum wzp_scope scope;
        bool public_for_classifier, refused_external;
    } rows[] = {
        {"0.0.0.0:1", WZP_SCOPE_UNSPECIFIED, true, true},
        {"0.1.2.3:1", WZP_SCOPE_RESERVED, true, true},
        {"127.0.0.1:1", WZP_SCOPE_LOOPBACK, false, true},
        {"9.255.255.255:1", WZP_SCOPE_PUBLIC, true, false},
        {"10.0.0.0:1", WZP_SCOPE_PRIVATE, false, true},
        {"10.255.255.255:1", WZP_SCOPE_PRIVATE, false, true},
        {"11.0.0.0:1", WZP_SCOPE_PUBLIC, true, false},
        {"100.63.255.255:1", WZP_SCOPE_PUBLIC, true, false},
        {"100.64.0.0:1", WZP_SCOPE_CGNAT, false, true},
        {"100.127.255.255:1", WZP_SCOPE_CGNAT, false, true},
        {"100.128.0.0:1", WZP_SCOPE_PUBLIC, true, false},
        {"169.254.0.1:1", WZP_SCOPE_LINK_LOCAL, false, true},
        {"172.15.255.255:1", WZP_SCOPE_PUBLIC, true, false},
        {"172.16.0.0:1", WZP_SCOPE_PRIVATE, false, true},
        {"172.31.255.255:1", WZP_SCOPE_PRIVATE, false, true},
        {"172.32.0.0:1", WZP_SCOPE_PUBLIC, true, false},
        {"192.168.0.1:1", WZP_SCOPE_PRIVATE, false, true},
        {"192.169.0.1:1", WZP_SCOPE_PUBLIC, true, false},
        {"203.0.113.5:1", WZP_SCOPE_DOCUMENTATION, true, false},
        {"224.0.0.251:1", WZP_SCOPE_MULTICAST, true, true},
        {"240.0.0.1:1", WZP_SCOPE_RESERVED, true, true},
        {"255.255.255.255:1", WZP_SCOPE_BROADCAST, true, true},
        {"[::]:1", WZP_SCOPE_UNSPECIFIED, false, true},
        {"[::1]:1", WZP_SCOPE_LOOPBACK, false, true},
        {"[fe80::1]:1", WZP_SCOPE_LINK_LOCAL, false, true},
        {"[febf::1]:1", WZP_SCOPE_LINK_LOCAL, false, true},
        {"[fec0::1]:1", WZP_SCOPE_RESERVED, true, true},
        {"[fd00::1]:1", WZP_SCOPE_UNIQUE, true, true},
        {"[ff02::1]:1", WZP_SCOPE_MULTICAST, true, true},
        {"[2001:db8::1]:1", WZP_SCOPE_DOCUMENTATION, true, false},
        {"[2a00::1]:1", WZP_SCOPE_PUBLIC, true, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct wzp_addr addr = parse(rows[i].text);
        is_int(wzp_scope_of(&addr), rows[i].scope, "%s", rows[i].text);
        ok(wzp_scope_counts_as_public(&addr) == rows[i].public_for_classifier,
           "%s %s for the classifier", rows[i].text,
           rows[i].public_for_classifier ? "counts" : "does not count");
        ok(wzp_scope_refused_external(&addr) == rows[i].refused_external,
           "%s is %s as a router's address outside", rows[i].text,
           rows[i].refused_external ? "refused" : "taken");
    }
    struct wzp_addr none = {0};
    is_int(wzp_scope_of(&none), WZP_SCOPE_NONE, "no address has no scope");
    ok(!wzp_scope_counts_as_public(&none) && !wzp_scope_is_inner(&none), "and is nothing");
}

static void check_subnets(void)
{
    static const struct {
        const char *a, *b;
        unsigned prefix;
        bool same;
    } rows[] = {
        {"192.168.1.10:1", "192.168.1.20:9", 24, true},
        {"192.168.1.10:1", "192.168.2.20:9", 24, false},
        {"10.1.129.1:1", "10.1.128.1:1", 17, true},
        {"10.1.129.1:1", "10.1.127.1:1", 17, false},
        {"10.1.1.1:1", "10.1.1.1:2", 32, true},
        {"10.1.1.1:1", "10.1.1.1:2", 33, false},
        {"10.1.1.1:1", "99.1.1.1:2", 0, true},
        {"[fd00:1::1]:1", "[fd00:1::2]:1", 64, true},
        {"[fd00:1::1]:1", "[fd00:2::2]:1", 64, false},
        {"[fd00:1::1]:1", "10.1.1.1:2", 0, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct wzp_addr a = parse(rows[i].a), b = parse(rows[i].b);
        ok(wzp_scope_same_subnet(&a, &b, rows[i].prefix) == rows[i].same, "%s and %s are %s in /%u",
           rows[i].a, rows[i].b, rows[i].same ? "together" : "apart", rows[i].prefix);
    }
}

static void check_roles(void)
{
    static const struct {
        const char *own, *peer;
        enum wzp_role role;
        const char *what;
    } rows[] = {
        {"192.0.2.1:4433", "198.51.100.9:4433", WZP_ROLE_ACCEPTOR, "R12: the smaller text accepts"},
        {"198.51.100.9:4433", "192.0.2.1:4433", WZP_ROLE_DIALER, "R13: the larger text dials"},
        {"127.0.0.1:4433", "127.0.0.1:54321", WZP_ROLE_ACCEPTOR, "R14: ports compare as text"},
        {"127.0.0.1:54321", "127.0.0.1:4433", WZP_ROLE_DIALER, "R14: and the other way"},
        {"192.0.2.1:4433", "192.0.2.1:4433", WZP_ROLE_NONE, "R15: equal texts give no role"},
        {NULL, "192.0.2.1:4433", WZP_ROLE_NONE, "R16: own missing, no role"},
        {"192.0.2.1:4433", NULL, WZP_ROLE_NONE, "R16: the peer's missing, no role"},
        {NULL, NULL, WZP_ROLE_NONE, "R16: both missing, no role"},
        {"1.2.3.4:49999", "1.2.3.4:5000", WZP_ROLE_ACCEPTOR, "49999 is less than 5000 as text"},
        {"10.0.0.1:1", "9.0.0.1:1", WZP_ROLE_ACCEPTOR, "10 is less than 9 as text"},
        {"[2001:db8::1]:1", "9.0.0.1:1", WZP_ROLE_DIALER, "IPv6 always dials IPv4"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        is_str(wzp_role_name(wzp_role_choose(rows[i].own, rows[i].peer)),
               wzp_role_name(rows[i].role), "%s", rows[i].what);
        enum wzp_role other = wzp_role_choose(rows[i].peer, rows[i].own);
        ok(rows[i].role == WZP_ROLE_NONE ? other == WZP_ROLE_NONE
                                         : other != WZP_ROLE_NONE && other != rows[i].role,
           "R17: both sides decide opposite: %s", rows[i].what);
    }
    is_int(wzp_role_choose_or_break_tie("", "1.2.3.4:5", "aaaa", "bbbb"), WZP_ROLE_ACCEPTOR,
           "between our programs a missing address leaves the fingerprints to decide");
    is_int(wzp_role_choose_or_break_tie("2.2.3.4:5", "1.2.3.4:5", "aaaa", "bbbb"), WZP_ROLE_DIALER,
           "addresses decide first");
}

TAP_MAIN
{
    check_ranges();
    check_subnets();
    check_roles();
}
