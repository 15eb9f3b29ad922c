/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The network check's report as JSON and as text. */
#include "nat/netcheck_report.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "tap.h"

static struct wzp_netcheck_report report;

static struct wzp_addr parse(const char *text)
{
    struct wzp_addr addr;
    if (wzp_addr_parse(&addr, text, strlen(text)) < 0)
        bail("\"%s\" is no address", text);
    return addr;
}

static struct wzp_netcheck_number number(int64_t value)
{
    return (struct wzp_netcheck_number){.known = true, .value = value};
}

static void add_relay(const char *name, const char *addr, int64_t rtt, const char *error)
{
    struct wzp_netcheck_relay *r = &report.relays[report.relay_count++];
    memset(r, 0, sizeof *r);
    snprintf(r->name, sizeof r->name, "%s", name);
    snprintf(r->addr, sizeof r->addr, "%s", addr);
    snprintf(r->error, sizeof r->error, "%s", error);
    if (rtt >= 0)
        r->rtt_ms = r->rtt_v4_ms = number(rtt);
    r->probes = 3;
    r->answers = rtt >= 0 ? 3 : 0;
}

static const char *text_of(bool ascii)
{
    static char copy[16384];
    struct wzp_buffer out;
    wzp_buffer_init(&out, sizeof copy);
    wzp_netcheck_write_text(&out, &report, ascii);
    snprintf(copy, sizeof copy, "%s", out.text);
    wzp_buffer_fini(&out);
    return copy;
}

static bool has(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}

static json_t *json_of(void)
{
    struct wzp_buffer out;
    wzp_buffer_init(&out, 65536);
    int result = wzp_netcheck_write_json(&out, &report);
    if (result < 0 && !tap_oom_mode())
        bail("no JSON: %s", wzp_strerror(result));
    ok(!strchr(out.text, '\n'), "JSON is one line");
    json_t *object = json_loads(out.text, JSON_REJECT_DUPLICATES, NULL);
    wzp_buffer_fini(&out);
    if (!object)
        bail("the report is no JSON");
    return object;
}

static void fill_cone(void)
{
    memset(&report, 0, sizeof report);
    report.nat_type = WZP_NAT_CONE;
    report.reflexive_addr = parse("203.0.113.5:4433");
    report.ipv4_reachable = report.udp = WZP_TRI_YES;
    report.ipv6_reachable = WZP_TRI_NO;
    report.nat_pmp_available = WZP_TRI_YES;
    report.portmap_verdict = WZP_PORTMAP_AVAILABLE;
    report.stun_latency_ms = number(25);
    report.duration_ms = number(1500);
    report.mapping_varies = WZP_TRI_NO;
    report.nat4.mapping = WZP_NAT_MAPPING_ENDPOINT_INDEPENDENT;
    report.nat4.allocation = WZP_NAT_ALLOCATION_PRESERVING;
    add_relay("test-relay", "198.51.100.1:4433", 42, "");
    report.stun_count = 1;
    snprintf(report.stun[0].name, sizeof report.stun[0].name, "stun:server");
}

static void check_texts(void)
{
    memset(&report, 0, sizeof report);
    report.duration_ms = number(100);
    const char *text = text_of(true);
    ok(has(text, "Unknown") && has(text, "(unknown)") && has(text, "100ms"),
       "N5: an empty report says Unknown, (unknown) and its time");
    fill_cone();
    wzp_netcheck_conclude(&report);
    text = text_of(true);
    ok(has(text, "Cone") && has(text, "203.0.113.5:4433") && has(text, "test-relay") &&
           has(text, "1500ms"),
       "N2: type, address, relay and time are in the text");
    ok(has(text, report.verdict), "so is the verdict: %s", report.verdict);
    for (const char *at = text; *at; at++)
        if ((unsigned char)*at >= 0x80)
            bail("ASCII is not");
    ok(has(text_of(false), "\xe2\x96\x88"), "bars are drawn where there is more than ASCII");
    report.nat_type = WZP_NAT_SYMMETRIC_PORT;
    memset(&report.reflexive_addr, 0, sizeof report.reflexive_addr);
    report.nat_pmp_available = WZP_TRI_NO;
    report.upnp_available = WZP_TRI_YES;
    report.duration_ms = number(3000);
    report.relay_count = 0;
    add_relay("eu-west", "198.51.100.2:4433", -1, "timed out");
    add_relay("asia", "198.51.100.4:4433", 300, "");
    add_relay("us-east", "198.51.100.3:4433", 30, "");
    report.stun_count = 2;
    snprintf(report.stun[0].name, sizeof report.stun[0].name, "stun:stun.example:3478");
    report.stun[0].observed = parse("203.0.113.5:5000");
    report.stun[0].latency_ms = number(12);
    snprintf(report.stun[1].name, sizeof report.stun[1].name, "stun:dead.example:3478");
    snprintf(report.stun[1].error, sizeof report.stun[1].error, "timeout: no answer came");
    wzp_netcheck_conclude(&report);
    text = text_of(true);
    ok(has(text, "SymmetricPort") && has(text, "us-east") && has(text, "eu-west") &&
           has(text, "Preferred: us-east") && has(text, "UPnP: yes") &&
           has(text, "stun:stun.example:3478") && has(text, "3000ms"),
       "N6: all parts of a full report are in the text");
    ok(has(text, "stun:dead.example:3478 -> failed (-) [timeout: no answer came]"),
       "a failed probe says why");
    ok(strstr(text, "us-east") < strstr(text, "asia") &&
           strstr(text, "asia") < strstr(text, "eu-west"),
       "relays stand by round trip, failures last");
    ok(has(text, "300ms ######################## "), "the longest bar is the slowest relay's");
    ok(has(text, "30ms ### "), "the others are in proportion");
}

/* The names that other programs know: those of the existing network's library with their types
 * (wzp-netcheck(1), FIELDS), and what other tools show. n: null is allowed, too. */
static void check_names(json_t *o)
{
    static const struct {
        const char *name, *types; /* s b i l o */
    } rows[] = {
        {"nat_type", "s"},
        {"reflexive_addr", "sn"},
        {"ipv4_reachable", "bn"},
        {"ipv6_reachable", "bn"},
        {"hairpin_works", "bn"},
        {"port_mapping", "sn"},
        {"relay_latencies", "l"},
        {"preferred_relay", "sn"},
        {"stun_latency_ms", "in"},
        {"upnp_available", "bn"},
        {"pcp_available", "bn"},
        {"nat_pmp_available", "bn"},
        {"gateway", "sn"},
        {"duration_ms", "in"},
        {"stun_probes", "l"},
        {"now", "in"},
        {"udp", "bn"},
        {"tcp_443", "bn"},
        {"icmpv4", "bn"},
        {"captive_portal", "bn"},
        {"mapping_varies_by_dest_ip", "bn"},
        {"mapping_varies_by_dest_ip_v6", "bn"},
        {"os_has_ipv6", "bn"},
        {"ipv4_can_send", "bn"},
        {"ipv6_can_send", "bn"},
        {"global_v4", "sn"},
        {"global_v6", "sn"},
        {"global_v4_counters", "o"},
        {"global_v6_counters", "o"},
        {"filtering", "sn"},
        {"port_preserved", "bn"},
        {"port_delta", "in"},
        {"port_allocation", "sn"},
        {"cgnat", "bn"},
        {"confidence", "s"},
        {"mtu", "in"},
        {"mapping_lifetime_s", "in"},
        {"interfaces", "l"},
        {"schema", "i"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const json_t *v = json_object_get(o, rows[i].name);
        char type = json_is_string(v)    ? 's'
                    : json_is_boolean(v) ? 'b'
                    : json_is_integer(v) ? 'i'
                    : json_is_array(v)   ? 'l'
                    : json_is_object(v)  ? 'o'
                    : json_is_null(v)    ? 'n'
                                         : '?';
        ok(strchr(rows[i].types, type), "%s is there under its known name", rows[i].name);
    }
    static const char *const of_probe[] = {
        "relay_name", "relay_addr", "observed_addr", "latency_ms", "error", "interface", "source"};
    static const char *const of_relay[] = {"name",      "addr",      "rtt_ms",    "error",
                                           "rtt_v4_ms", "rtt_v6_ms", "jitter_ms", "loss_percent",
                                           "probes",    "interface", "source"};
    json_t *probe = json_array_get(json_object_get(o, "stun_probes"), 0);
    json_t *relay = json_array_get(json_object_get(o, "relay_latencies"), 0);
    for (size_t i = 0; i < sizeof of_probe / sizeof of_probe[0]; i++)
        ok(json_object_get(probe, of_probe[i]), "a STUN probe has %s", of_probe[i]);
    for (size_t i = 0; i < sizeof of_relay / sizeof of_relay[0]; i++)
        ok(json_object_get(relay, of_relay[i]), "a relay has %s", of_relay[i]);
}

static void check_json(void)
{
    fill_cone();
    wzp_netcheck_conclude(&report);
    json_t *o = json_of();
    is_str(json_string_value(json_object_get(o, "nat_type")), "Cone", "N3: the type");
    is_str(json_string_value(json_object_get(o, "reflexive_addr")), "203.0.113.5:4433",
           "N3: the address");
    is_str(json_string_value(json_object_get(o, "port_mapping")), "NatPmp", "N3: the mapping");
    ok(json_is_true(json_object_get(o, "ipv4_reachable")) &&
           json_is_false(json_object_get(o, "ipv6_reachable")),
       "N3: reachability");
    is_int(json_integer_value(json_object_get(o, "stun_latency_ms")), 25, "N3: latency");
    json_t *relay = json_array_get(json_object_get(o, "relay_latencies"), 0);
    is_str(json_string_value(json_object_get(relay, "name")), "test-relay", "N4: name");
    is_int(json_integer_value(json_object_get(relay, "rtt_ms")), 42, "N4: and round trip");
    is_int(json_integer_value(json_object_get(o, "schema")), WZP_NETCHECK_SCHEMA, "the schema");
    ok(json_is_null(json_object_get(o, "hairpin_works")) &&
           json_is_null(json_object_get(o, "captive_portal")) &&
           json_is_null(json_object_get(o, "mtu")) && json_is_null(json_object_get(o, "gateway")) &&
           json_is_null(json_object_get(o, "filtering")) &&
           json_is_null(json_object_get(o, "pcp_available")),
       "what is not known is null, never false");
    ok(json_is_array(json_object_get(o, "stun_probes")), "lists are lists also when empty");
    is_int(json_object_size(o), wzp_netcheck_field_count, "every field of the table is there");
    check_names(o);
    for (size_t i = 0; i < wzp_netcheck_field_count; i++) {
        const struct wzp_netcheck_field *field = &wzp_netcheck_fields[i];
        json_t *value = json_object_get(o, field->name);
        bool nullable = strstr(field->type, "or null") != NULL;
        ok(value && field->meaning[0] && nullable == (field->null_when[0] != '\0') &&
               (nullable || !json_is_null(value)),
           "%s: %s; %s", field->name, field->type, field->meaning);
    }
    json_decref(o);
    memset(&report, 0, sizeof report);
    o = json_of();
    is_str(json_string_value(json_object_get(o, "nat_type")), "Unknown",
           "an empty report is JSON too");
    json_decref(o);
    /* A full report, with hostile text. */
    memset(&report, 0, sizeof report);
    for (unsigned i = 0; i < WZP_NETCHECK_RELAYS_MAX; i++)
        add_relay("\x1b[31m\"\\\xff", "[2001:db8::1]:4433", 1, "\n\t\"");
    report.counter4_count = 1;
    report.counters4[0].addr = parse("203.0.113.5:4433");
    report.counters4[0].count = 3;
    report.interface_count = 1;
    snprintf(report.interfaces[0].name, sizeof report.interfaces[0].name, "wlan0");
    report.interfaces[0].addr = parse("[2001:db8::10]:0");
    o = json_of();
    is_int(json_integer_value(
               json_object_get(json_object_get(o, "global_v4_counters"), "203.0.113.5:4433")),
           3, "counters are by address");
    is_str(json_string_value(
               json_object_get(json_array_get(json_object_get(o, "interfaces"), 0), "addr")),
           "2001:db8::10", "an interface's address has no port");
    json_decref(o);
}

static void put_change(void *context, const struct wzp_netcheck_field *field, const char *was,
                       const char *is)
{
    wzp_buffer_format(context, "%s: %s -> %s\n", field->name, was, is);
}

static void check_changes(void)
{
    struct wzp_buffer out;
    static struct wzp_netcheck_report before;
    fill_cone();
    wzp_netcheck_conclude(&report);
    before = report;
    wzp_buffer_init(&out, 4096);
    report.duration_ms = number(9);
    report.stun_latency_ms = number(99);
    is_int(wzp_netcheck_each_change(&before, &report, put_change, &out), 0, "times are no change");
    is_str(out.text, "", "and nothing is said");
    report.nat_type = WZP_NAT_SYMMETRIC_PORT;
    report.mapping_varies = WZP_TRI_YES;
    ok(wzp_netcheck_each_change(&before, &report, put_change, &out) == 2 || tap_oom_mode(),
       "two changes");
    ok(has(out.text, "nat_type: \"Cone\" -> \"SymmetricPort\"\n") &&
           has(out.text, "mapping_varies_by_dest_ip: false -> true\n"),
       "are told by name: %s", "nat_type, mapping_varies_by_dest_ip");
    wzp_buffer_fini(&out);
}

static void check_verdicts(void)
{
    static const struct {
        enum wzp_tri udp, tcp, portal;
        int status;
    } rows[] = {
        {WZP_TRI_YES, WZP_TRI_UNKNOWN, WZP_TRI_UNKNOWN, 0},
        {WZP_TRI_NO, WZP_TRI_YES, WZP_TRI_NO, 2},
        {WZP_TRI_NO, WZP_TRI_NO, WZP_TRI_NO, 3},
        {WZP_TRI_NO, WZP_TRI_YES, WZP_TRI_YES, 2},
        {WZP_TRI_UNKNOWN, WZP_TRI_UNKNOWN, WZP_TRI_UNKNOWN, 3},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        memset(&report, 0, sizeof report);
        report.udp = rows[i].udp;
        report.tcp_443 = rows[i].tcp;
        report.captive_portal = rows[i].portal;
        wzp_netcheck_conclude(&report);
        is_int(report.exit_status, rows[i].status, "exit status with verdict %s",
               report.verdict_word);
        ok(report.verdict[strlen(report.verdict) - 1] == '.', "%s", report.verdict);
    }
    static const struct {
        const char *word;
        struct wzp_netcheck_report r;
    } kinds[] = {
        {"open", {.nat4.behind_nat = WZP_TRI_NO}},
        {"easy",
         {.nat4.behind_nat = WZP_TRI_NO,
          .mapping_varies = WZP_TRI_NO,
          .filtering = WZP_NAT_FILTERING_PORT_DEPENDENT}},
        {"full-cone",
         {.mapping_varies = WZP_TRI_NO, .filtering = WZP_NAT_FILTERING_ENDPOINT_INDEPENDENT}},
        {"easy", {.mapping_varies = WZP_TRI_NO}},
        {"hard", {.mapping_varies = WZP_TRI_YES}},
        {"hard-ipv6", {.mapping_varies = WZP_TRI_YES, .ipv6_reachable = WZP_TRI_YES}},
        {"only-ipv6", {.ipv4_can_send = WZP_TRI_NO, .ipv6_reachable = WZP_TRI_YES}},
        {"only-ipv6", {.ipv4_reachable = WZP_TRI_NO, .ipv6_reachable = WZP_TRI_YES}},
        {"port-mapping",
         {.mapping_varies = WZP_TRI_YES,
          .portmap_verdict = WZP_PORTMAP_AVAILABLE,
          .pcp_available = WZP_TRI_YES}},
        {"hard",
         {.mapping_varies = WZP_TRI_YES,
          .nat4.cgnat = WZP_TRI_YES,
          .portmap_verdict = WZP_PORTMAP_AVAILABLE,
          .pcp_available = WZP_TRI_YES}},
        {"easy", {.mapping_varies = WZP_TRI_NO, .captive_portal = WZP_TRI_YES}},
        {"unknown", {.ipv6_reachable = WZP_TRI_YES}},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        report = kinds[i].r;
        report.udp = WZP_TRI_YES;
        wzp_netcheck_conclude(&report);
        is_str(report.verdict_word, kinds[i].word, "verdict %zu: %s", i, report.verdict);
    }
    memset(&report, 0, sizeof report);
    report.nobody_asked = true;
    wzp_netcheck_conclude(&report);
    is_int(report.exit_status, 1, "nobody asked is no network that does not work");
    memset(&report, 0, sizeof report);
    report.udp = WZP_TRI_YES;
    report.os_has_ipv6 = report.ipv6_can_send = WZP_TRI_YES;
    report.ipv6_reachable = WZP_TRI_NO;
    report.nat4.cgnat = WZP_TRI_YES;
    add_relay("dead", "198.51.100.1:1", -1, "timed out");
    wzp_netcheck_conclude(&report);
    wzp_netcheck_conclude(&report);
    is_int(report.advice_count, 3,
           "advice for two NATs, a dead relay, a dead IPv6; also when asked twice");
}

TAP_MAIN
{
    check_texts();
    check_json();
    check_changes();
    check_verdicts();
}
