/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Addresses: strict parsing, printing, comparison. Source: wzp-protocol(7), Structures, JSON. */
#include "base/addr.h"

#include <string.h>

#include "base/error.h"
#include "tap.h"

static const struct {
    const char *in;
    int result;
    const char *out;
} parsed[] = {
    {"192.0.2.17:40001", 0, "192.0.2.17:40001"},
    {"0.0.0.0:0", 0, "0.0.0.0:0"},
    {"255.255.255.255:65535", 0, "255.255.255.255:65535"},
    {"[2001:db8::1]:4433", 0, "[2001:db8::1]:4433"},
    {"[2001:0DB8:0:0:0:0:0:1]:4433", 0, "[2001:db8::1]:4433"},
    {"[::]:1", 0, "[::]:1"},
    {"[::ffff:192.0.2.1]:5", 0, "192.0.2.1:5"},
    {"[::ffff:c000:201]:5", 0, "192.0.2.1:5"},
    {"", WZP_E_SYNTAX, ""},
    {":", WZP_E_SYNTAX, ""},
    {":80", WZP_E_SYNTAX, ""},
    {"1.2.3.4", WZP_E_SYNTAX, ""},
    {"1.2.3.4:", WZP_E_SYNTAX, ""},
    {"1.2.3.4:x", WZP_E_SYNTAX, ""},
    {"1.2.3.4:+5", WZP_E_SYNTAX, ""},
    {"1.2.3.4: 5", WZP_E_SYNTAX, ""},
    {"1.2.3.4:05", WZP_E_SYNTAX, ""},
    {"1.2.3.4:65536", WZP_E_RANGE, ""},
    {"1.2.3.4:99999999999999999999", WZP_E_RANGE, ""},
    {"1.2.3.256:5", WZP_E_RANGE, ""},
    {"1.2.3.4444444444444:5", WZP_E_RANGE, ""},
    {"01.2.3.4:5", WZP_E_SYNTAX, ""},
    {"1.2.3:5", WZP_E_SYNTAX, ""},
    {"1.2.3.4.5:5", WZP_E_SYNTAX, ""},
    {"1..3.4:5", WZP_E_SYNTAX, ""},
    {"1.2.3.4 :5", WZP_E_SYNTAX, ""},
    {"host:5", WZP_E_SYNTAX, ""},
    {"::1:5", WZP_E_SYNTAX, ""},
    {"[::1]", WZP_E_SYNTAX, ""},
    {"[]:5", WZP_E_SYNTAX, ""},
    {"[:5", WZP_E_SYNTAX, ""},
    {"[::1:5", WZP_E_SYNTAX, ""},
    {"[::1]x:5", WZP_E_SYNTAX, ""},
    {"[::1%eth0]:5", WZP_E_SYNTAX, ""},
    {"[1.2.3.4]:5", WZP_E_SYNTAX, ""},
    {"[::1]:65536", WZP_E_RANGE, ""},
    {"[1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb]:5", WZP_E_SYNTAX, ""},
};

static void check_parse(void)
{
    char text[WZP_ADDR_TEXT_MAX];
    struct wzp_addr a;
    for (size_t i = 0; i < sizeof parsed / sizeof parsed[0]; i++) {
        is_int(wzp_addr_parse(&a, parsed[i].in, strlen(parsed[i].in)), parsed[i].result,
               "parse \"%s\"", parsed[i].in);
        is_str(wzp_addr_format(text, &a), parsed[i].out, "and print");
        ok(wzp_addr_is_none(&a) == (parsed[i].result < 0), "nothing stays after an error");
    }
    is_int(wzp_addr_parse(&a, "1.2.3.4:5garbage", 9), 0, "the length counts");
    is_int(wzp_addr_parse(&a, "[::\0]:5", 7), WZP_E_SYNTAX, "an inner 0");
}

static void check_parse_ip(void)
{
    static const struct {
        const char *in, *out;
        int result;
    } rows[] = {{"1.2.3.4", "1.2.3.4:7", 0},    {"::1", "[::1]:7", 0},
                {"1.2.3.256", "", WZP_E_RANGE}, {"", "", WZP_E_SYNTAX},
                {"[::1]", "", WZP_E_SYNTAX},    {"1.2.3.4:5", "", WZP_E_SYNTAX},
                {"localhost", "", WZP_E_SYNTAX}};
    char text[WZP_ADDR_TEXT_MAX];
    struct wzp_addr a;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        is_int(wzp_addr_parse_ip(&a, rows[i].in, 7), rows[i].result, "literal \"%s\"", rows[i].in);
        is_str(wzp_addr_format(text, &a), rows[i].out, "and print");
    }
}

static const struct {
    const char *in;
    int result;
    const char *host;
    int port;
} splits[] = {
    {"relay.example.org", 0, "relay.example.org", 4433},
    {"relay.example.org:443", 0, "relay.example.org", 443},
    {"1.2.3.4", 0, "1.2.3.4", 4433},
    {"1.2.3.4:1", 0, "1.2.3.4", 1},
    {"::1", 0, "::1", 4433},
    {"2001:db8::5", 0, "2001:db8::5", 4433},
    {"[::1]", 0, "::1", 4433},
    {"[::1]:65535", 0, "::1", 65535},
    {"fe80::1%eth0", 0, "fe80::1%eth0", 4433},
    {"[fe80::1%2]:7", 0, "fe80::1%2", 7},
    {"my_host-1", 0, "my_host-1", 4433},
    {"", WZP_E_SYNTAX, NULL, 0},
    {":4433", WZP_E_SYNTAX, NULL, 0},
    {"host:", WZP_E_SYNTAX, NULL, 0},
    {"host:x", WZP_E_SYNTAX, NULL, 0},
    {"host:0", WZP_E_RANGE, NULL, 0},
    {"host:65536", WZP_E_RANGE, NULL, 0},
    {"ho st", WZP_E_SYNTAX, NULL, 0},
    {"host/path", WZP_E_SYNTAX, NULL, 0},
    {"\xc3\xa9", WZP_E_SYNTAX, NULL, 0},
    {"[::1", WZP_E_SYNTAX, NULL, 0},
    {"[host]:5", WZP_E_SYNTAX, NULL, 0},
    {"[::1]5", WZP_E_SYNTAX, NULL, 0},
    {"[::1]:", WZP_E_SYNTAX, NULL, 0},
    {"fe80::1%", WZP_E_SYNTAX, NULL, 0},
    {"a:b:c", WZP_E_SYNTAX, NULL, 0},
    {"1:2:3", WZP_E_SYNTAX, NULL, 0},
    {"a-host-name-that-is-far-too-long-for-it", WZP_E_TOO_BIG, NULL, 0},
};

static void check_split(void)
{
    for (size_t i = 0; i < sizeof splits / sizeof splits[0]; i++) {
        char host[32] = "";
        uint16_t port = 0;
        is_int(wzp_addr_split(host, sizeof host, &port, splits[i].in, 4433), splits[i].result,
               "split \"%s\"", splits[i].in);
        if (splits[i].result == 0) {
            is_str(host, splits[i].host, "its host");
            is_int(port, splits[i].port, "its port");
        }
    }
}

static void check_kernel_form(void)
{
    struct sockaddr_in6 in6;
    struct wzp_addr a, b, none = {0};
    char text[WZP_ADDR_TEXT_MAX];
    memset(&in6, 0, sizeof in6);
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(9);
    memcpy(&in6.sin6_addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff\1\2\3\4", 16);
    is_int(wzp_addr_from_sockaddr(&a, (struct sockaddr *)&in6, sizeof in6), 0, "mapped");
    is_str(wzp_addr_format(text, &a), "1.2.3.4:9", "becomes IPv4");
    is_int(a.length, sizeof(struct sockaddr_in), "with its length");
    wzp_addr_from_ip4(&b, (const uint8_t *)"\1\2\3\4", 9);
    ok(wzp_addr_equal(&a, &b), "equal to the plain one");
    is_int(wzp_addr_from_sockaddr(&b, &a.u.sa, a.length), 0, "IPv4 from the kernel");
    ok(wzp_addr_equal(&a, &b), "is the same");
    memcpy(&in6.sin6_addr, "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16);
    in6.sin6_scope_id = 3;
    is_int(wzp_addr_from_sockaddr(&a, (struct sockaddr *)&in6, sizeof in6), 0, "link-local");
    is_int(a.u.in6.sin6_scope_id, 3, "keeps its scope");
    is_str(wzp_addr_format(text, &a), "[fe80::1]:9", "which the wire does not see");
    in6.sin6_scope_id = 4;
    wzp_addr_from_sockaddr(&b, (struct sockaddr *)&in6, sizeof in6);
    ok(!wzp_addr_equal(&a, &b), "another link is another address");
    wzp_addr_parse(&b, "[fe80::1]:9", 11);
    ok(wzp_addr_equal(&a, &b), "without a scope it may be either");
    is_int(wzp_addr_from_sockaddr(&b, (struct sockaddr *)&in6, 8), WZP_E_UNSUPPORTED, "cut");
    is_int(wzp_addr_from_sockaddr(&b, NULL, 0), WZP_E_UNSUPPORTED, "nothing");
    in6.sin6_family = AF_UNIX;
    is_int(wzp_addr_from_sockaddr(&b, (struct sockaddr *)&in6, sizeof in6), WZP_E_UNSUPPORTED,
           "another family");
    ok(wzp_addr_is_none(&b), "leaves nothing");
    ok(wzp_addr_equal(&none, &b) && !wzp_addr_equal(&a, &none), "nothing equals nothing only");
    is_str(wzp_addr_format(text, &none), "", "nothing prints as nothing");
    is_int(wzp_addr_port(&none), 0, "nothing has port 0");
    wzp_addr_set_port(&none, 5);
    ok(wzp_addr_is_none(&none), "and stays nothing");
}

static struct wzp_addr make(const char *text)
{
    struct wzp_addr a;
    if (wzp_addr_parse(&a, text, strlen(text)) < 0)
        bail("bad address %s", text);
    return a;
}

static void check_questions(void)
{
    struct wzp_addr a = make("127.9.9.9:1"), b = make("[::1]:1"), c = make("0.0.0.0:1"),
                    d = make("[::]:1"), e = make("192.0.2.1:1"), f = make("[2001:db8::1]:1");
    ok(wzp_addr_is_loopback(&a) && wzp_addr_is_loopback(&b), "loopback");
    ok(!wzp_addr_is_loopback(&c) && !wzp_addr_is_loopback(&d) && !wzp_addr_is_loopback(&e), "not");
    ok(wzp_addr_is_unspecified(&c) && wzp_addr_is_unspecified(&d), "unspecified");
    ok(!wzp_addr_is_unspecified(&a) && !wzp_addr_is_unspecified(&f), "specified");
    ok(wzp_addr_is_v6(&f) && !wzp_addr_is_v6(&e), "families");
    ok(!wzp_addr_equal_ip(&e, &f), "families differ");
    wzp_addr_set_port(&e, 77);
    wzp_addr_set_port(&f, 78);
    is_int(wzp_addr_port(&e), 77, "IPv4 port");
    is_int(wzp_addr_port(&f), 78, "IPv6 port");
    struct wzp_addr g = make("192.0.2.1:1");
    ok(wzp_addr_equal_ip(&e, &g) && !wzp_addr_equal(&e, &g), "same address, other port");
    ok(wzp_addr_same_place(&e, &g) && !wzp_addr_same_place(&e, &f),
       "which is one place, and another family none");
    struct wzp_addr none = {0};
    ok(!wzp_addr_is_loopback(&none) && !wzp_addr_is_unspecified(&none), "nothing is neither");
}

TAP_MAIN
{
    check_parse();
    check_parse_ip();
    check_split();
    check_kernel_form();
    check_questions();
}
