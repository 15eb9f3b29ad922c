/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The fields of the report, one row each, in the order in which they are written. */
#include <stdio.h>
#include <string.h>

#include "nat/netcheck_report.h"

typedef const struct wzp_netcheck_report *report_pointer;

static void put_tri(struct wzp_json *j, const char *key, enum wzp_tri value)
{
    if (value == WZP_TRI_UNKNOWN)
        wzp_json_null(j, key);
    else
        wzp_json_boolean(j, key, value == WZP_TRI_YES);
}

static void put_number(struct wzp_json *j, const char *key, struct wzp_netcheck_number n)
{
    if (n.known)
        wzp_json_integer(j, key, n.value);
    else
        wzp_json_null(j, key);
}

static void put_addr(struct wzp_json *j, const char *key, const struct wzp_addr *addr)
{
    char text[WZP_ADDR_TEXT_MAX];
    wzp_addr_format(text, addr);
    wzp_json_text(j, key, text[0] ? text : NULL);
}

/* Writes the address without its port. */
static void put_ip(struct wzp_json *j, const char *key, const struct wzp_addr *addr)
{
    char text[WZP_ADDR_TEXT_MAX];
    wzp_addr_format(text, addr);
    char *colon = strrchr(text, ':');
    if (colon)
        *colon = '\0';
    size_t length = strlen(text);
    bool brackets = length > 2 && text[0] == '[';
    if (brackets)
        text[length - 1] = '\0';
    wzp_json_text(j, key, length ? text + brackets : NULL);
}

static void put_text(struct wzp_json *j, const char *key, const char *text)
{
    wzp_json_text(j, key, text && text[0] ? text : NULL);
}

/* Writes a word; "unknown" becomes null. */
static void put_word(struct wzp_json *j, const char *key, const char *word)
{
    wzp_json_text(j, key, strcmp(word, "unknown") ? word : NULL);
}

#define SIMPLE(name, call)                                                                         \
    static void write_##name(struct wzp_json *j, const char *key, report_pointer r)                \
    {                                                                                              \
        call;                                                                                      \
    }

SIMPLE(schema, (void)r; wzp_json_integer(j, key, WZP_NETCHECK_SCHEMA))
SIMPLE(now, if (r->now_ms) wzp_json_unsigned(j, key, r->now_ms); else wzp_json_null(j, key))
SIMPLE(verdict_word, put_text(j, key, r->verdict_word))
SIMPLE(verdict, put_text(j, key, r->verdict))
SIMPLE(exit_status, wzp_json_integer(j, key, r->exit_status))
SIMPLE(nat_type, wzp_json_text(j, key, wzp_nat_type_name(r->nat_type)))
SIMPLE(reflexive_addr, put_addr(j, key, &r->reflexive_addr))
SIMPLE(udp, put_tri(j, key, r->udp))
SIMPLE(ipv4_reachable, put_tri(j, key, r->ipv4_reachable))
SIMPLE(ipv6_reachable, put_tri(j, key, r->ipv6_reachable))
SIMPLE(ipv4_can_send, put_tri(j, key, r->ipv4_can_send))
SIMPLE(ipv6_can_send, put_tri(j, key, r->ipv6_can_send))
SIMPLE(os_has_ipv6, put_tri(j, key, r->os_has_ipv6))
SIMPLE(global_v4, put_addr(j, key, &r->global_v4))
SIMPLE(global_v6, put_addr(j, key, &r->global_v6))
SIMPLE(reflexive_ip, put_ip(j, key, &r->reflexive_addr))
SIMPLE(global_v4_ip, put_ip(j, key, &r->global_v4))
SIMPLE(global_v6_ip, put_ip(j, key, &r->global_v6))
SIMPLE(hairpin, put_tri(j, key, r->hairpin_works))
SIMPLE(varies, put_tri(j, key, r->mapping_varies))
SIMPLE(varies6, put_tri(j, key, r->mapping_varies_v6))
SIMPLE(behind_nat, put_tri(j, key, r->nat4.behind_nat))
SIMPLE(mapping, put_word(j, key,
                         wzp_nat_mapping_name(r->nat4.mapping_proved ? r->nat4.mapping
                                                                     : WZP_NAT_MAPPING_UNKNOWN)))
SIMPLE(filtering, put_word(j, key, wzp_nat_filtering_name(r->filtering)))
SIMPLE(port_preserved, put_tri(j, key, r->nat4.port_preserved))
SIMPLE(cgnat, put_tri(j, key, r->nat4.cgnat))
SIMPLE(confidence, wzp_json_text(j, key, wzp_nat_confidence_name(r->nat4.confidence)))
SIMPLE(port_mapping, wzp_json_text(j, key, wzp_portmap_protocol_name(wzp_netcheck_port_mapping(r))))
SIMPLE(portmap_verdict, wzp_json_text(j, key, wzp_portmap_verdict_word(r->portmap_verdict)))
SIMPLE(upnp, put_tri(j, key, r->upnp_available))
SIMPLE(pcp, put_tri(j, key, r->pcp_available))
SIMPLE(natpmp, put_tri(j, key, r->nat_pmp_available))
SIMPLE(gateway, put_ip(j, key, &r->gateway))
SIMPLE(lifetime, put_number(j, key, r->mapping_lifetime_s))
SIMPLE(longer, put_tri(j, key, r->mapping_lifetime_longer))
SIMPLE(mtu, put_number(j, key, r->mtu))
SIMPLE(icmp, put_tri(j, key, r->icmpv4))
SIMPLE(tcp, put_tri(j, key, r->tcp_443))
SIMPLE(captive, put_tri(j, key, r->captive_portal))
SIMPLE(preferred, put_text(j, key, r->preferred_relay))
SIMPLE(stun_latency, put_number(j, key, r->stun_latency_ms))
SIMPLE(duration, put_number(j, key, r->duration_ms))

static void write_allocation(struct wzp_json *j, const char *key, report_pointer r)
{
    char text[32];
    wzp_json_text(j, key, wzp_netcheck_allocation_text(text, &r->nat4));
}

static void write_delta(struct wzp_json *j, const char *key, report_pointer r)
{
    if (r->nat4.allocation == WZP_NAT_ALLOCATION_SEQUENTIAL)
        wzp_json_integer(j, key, r->nat4.delta);
    else
        wzp_json_null(j, key);
}

static void write_advice(struct wzp_json *j, const char *key, report_pointer r)
{
    wzp_json_array_begin(j, key);
    for (size_t i = 0; i < r->advice_count; i++)
        wzp_json_text(j, NULL, r->advice[i]);
    wzp_json_array_end(j);
}

static void write_stun(struct wzp_json *j, const char *key, report_pointer r)
{
    wzp_json_array_begin(j, key);
    for (size_t i = 0; i < r->stun_count; i++) {
        const struct wzp_netcheck_stun *s = &r->stun[i];
        wzp_json_object_begin(j, NULL);
        wzp_json_text(j, "relay_name", s->name);
        wzp_json_text(j, "relay_addr", s->addr);
        put_addr(j, "observed_addr", &s->observed);
        put_number(j, "latency_ms", s->latency_ms);
        put_text(j, "error", s->error);
        put_text(j, "interface", s->interface);
        put_addr(j, "source", &s->source);
        wzp_json_object_end(j);
    }
    wzp_json_array_end(j);
}

static void write_relays(struct wzp_json *j, const char *key, report_pointer r)
{
    wzp_json_array_begin(j, key);
    for (size_t i = 0; i < r->relay_count; i++) {
        const struct wzp_netcheck_relay *relay = &r->relays[i];
        wzp_json_object_begin(j, NULL);
        wzp_json_text(j, "name", relay->name);
        wzp_json_text(j, "addr", relay->addr);
        put_number(j, "rtt_ms", relay->rtt_ms);
        put_number(j, "rtt_v4_ms", relay->rtt_v4_ms);
        put_number(j, "rtt_v6_ms", relay->rtt_v6_ms);
        if (relay->answers > 1)
            wzp_json_number(j, "jitter_ms", relay->jitter_ms);
        else
            wzp_json_null(j, "jitter_ms");
        if (relay->probes > 0)
            wzp_json_number(j, "loss_percent", relay->loss_percent);
        else
            wzp_json_null(j, "loss_percent");
        wzp_json_unsigned(j, "probes", relay->probes);
        put_text(j, "error", relay->error);
        put_text(j, "interface", relay->interface);
        put_addr(j, "source", &relay->source);
        wzp_json_object_end(j);
    }
    wzp_json_array_end(j);
}

static void put_counters(struct wzp_json *j, const char *key,
                         const struct wzp_netcheck_counter *counters, size_t count)
{
    wzp_json_object_begin(j, key);
    for (size_t i = 0; i < count; i++) {
        char text[WZP_ADDR_TEXT_MAX];
        wzp_json_unsigned(j, wzp_addr_format(text, &counters[i].addr), counters[i].count);
    }
    wzp_json_object_end(j);
}

SIMPLE(counters4, put_counters(j, key, r->counters4, r->counter4_count))
SIMPLE(counters6, put_counters(j, key, r->counters6, r->counter6_count))

static void write_interfaces(struct wzp_json *j, const char *key, report_pointer r)
{
    wzp_json_array_begin(j, key);
    for (size_t i = 0; i < r->interface_count; i++) {
        const struct wzp_netcheck_interface *n = &r->interfaces[i];
        wzp_json_object_begin(j, NULL);
        wzp_json_text(j, "name", n->name);
        put_ip(j, "addr", &n->addr);
        wzp_json_boolean(j, "default_route", n->default_route);
        put_tri(j, "metered", n->metered);
        wzp_json_object_end(j);
    }
    wzp_json_array_end(j);
}

#define TRI "bool or null"
#define TEXT "string or null"
#define NUMBER "integer or null"
const struct wzp_netcheck_field wzp_netcheck_fields[] = {
    {"schema", "integer", "number of this form of the report", "", write_schema},
    {"now", NUMBER, "wall clock in ms since 1970", "the clock was not given", write_now},
    {"verdict_word", TEXT, "the verdict as one word", "before the end", write_verdict_word},
    {"verdict", TEXT, "the verdict as a sentence", "before the end", write_verdict},
    {"advice", "list of strings", "what to do about it", "", write_advice},
    {"exit_status", "integer",
     "0 UDP works, 1 no server was asked, 2 no UDP but TCP or a ping gets out, 3 no network", "",
     write_exit_status},
    {"nat_type", "string", "Cone, SymmetricPort, Multiple or Unknown", "", write_nat_type},
    {"reflexive_addr", TEXT, "the one IPv4 address that all servers saw",
     "they saw several, or fewer than two answered", write_reflexive_addr},
    {"udp", TRI, "any answer over UDP", "no server was asked", write_udp},
    {"ipv4_reachable", TRI, "an answer over IPv4", "no server was asked", write_ipv4_reachable},
    {"ipv6_reachable", TRI, "an answer over IPv6", "no server was asked", write_ipv6_reachable},
    {"ipv4_can_send", TRI, "there is an IPv4 address to send from", "not looked at",
     write_ipv4_can_send},
    {"ipv6_can_send", TRI, "there is an IPv6 address to send from", "not looked at",
     write_ipv6_can_send},
    {"os_has_ipv6", TRI, "the system has IPv6", "not looked at", write_os_has_ipv6},
    {"global_v4", TEXT, "IPv4 address seen most often", "none was seen", write_global_v4},
    {"global_v6", TEXT, "IPv6 address seen most often", "none was seen", write_global_v6},
    {"global_v4_counters", "object", "IPv4 addresses seen, and by how many", "", write_counters4},
    {"global_v6_counters", "object", "IPv6 addresses seen, and by how many", "", write_counters6},
    {"mapping_varies_by_dest_ip", TRI, "the router uses another port for every destination",
     "fewer than two servers answered", write_varies},
    {"mapping_varies_by_dest_ip_v6", TRI, "the router uses another IPv6 port for every destination",
     "fewer than two servers answered", write_varies6},
    {"mapping", TEXT, "endpoint-independent, address-dependent or port-dependent",
     "too few servers answered to prove which", write_mapping},
    {"filtering", TEXT,
     "what the router lets in: endpoint-independent, address-dependent or port-dependent",
     "no server with two addresses was asked, or packets were lost", write_filtering},
    {"behind_nat", TRI, "the address seen from outside is not this machine's",
     "no server outside this machine answered", write_behind_nat},
    {"port_preserved", TRI, "the port seen from outside is this machine's",
     "no server outside this machine answered", write_port_preserved},
    {"port_allocation", TEXT, "preserving, sequential:N or random", "too few answers",
     write_allocation},
    {"port_delta", NUMBER, "step of a sequential allocation", "it is not sequential", write_delta},
    {"cgnat", TRI, "another NAT behind the router", "the router did not tell its address",
     write_cgnat},
    {"confidence", "string", "none, low, medium or high: how many servers agree", "",
     write_confidence},
    {"hairpin_works", TRI, "the router sends packets for its own address back inside",
     "the address outside is not known", write_hairpin},
    {"port_mapping", TEXT, "NatPmp, Pcp or UPnP: the way a port can be opened",
     "there is none, or it was not looked for", write_port_mapping},
    {"port_mapping_verdict", "string", "result of the search for a way to open a port", "",
     write_portmap_verdict},
    {"upnp_available", TRI, "the router speaks UPnP IGD", "not asked, or no answer in time",
     write_upnp},
    {"pcp_available", TRI, "the router speaks PCP", "not asked", write_pcp},
    {"nat_pmp_available", TRI, "the router speaks NAT-PMP", "not asked", write_natpmp},
    {"gateway", TEXT, "the IPv4 router", "there is none", write_gateway},
    {"mapping_lifetime_s", NUMBER, "seconds that a mapping lives without traffic",
     "not asked for, or no server answers to another port", write_lifetime},
    {"mapping_lifetime_longer", TRI, "the mapping outlived the longest wait, and may live longer",
     "the lifetime is not known", write_longer},
    {"mtu", NUMBER, "largest UDP payload to the preferred relay, bytes", "not found out",
     write_mtu},
    {"icmpv4", TRI, "a ping over IPv4 was answered", "not tried", write_icmp},
    {"tcp_443", TRI, "a TCP connection to port 443 of a public name server was made",
     "not tried: UDP works", write_tcp},
    {"captive_portal", TRI, "a page asks to sign in first", "not tried: UDP works", write_captive},
    {"relay_latencies", "list of objects",
     "per relay: name, addr, rtt_ms, rtt_v4_ms, rtt_v6_ms, jitter_ms, loss_percent, probes, error, "
     "interface, source",
     "", write_relays},
    {"preferred_relay", TEXT, "name of the nearest relay", "none answered", write_preferred},
    {"stun_latency_ms", NUMBER, "the shortest round trip to a STUN server", "none answered",
     write_stun_latency},
    {"stun_probes", "list of objects",
     "per server: relay_name, relay_addr, observed_addr, latency_ms, error, interface, source", "",
     write_stun},
    {"interfaces", "list of objects", "per own address: name, addr, default_route, metered", "",
     write_interfaces},
    {"duration_ms", NUMBER, "duration of the check", "before the end", write_duration},
};
const size_t wzp_netcheck_field_count = sizeof wzp_netcheck_fields / sizeof wzp_netcheck_fields[0];

int wzp_netcheck_write_json_with(struct wzp_buffer *out, const struct wzp_netcheck_report *report,
                                 void (*before)(struct wzp_json *j, void *context), void *context)
{
    struct wzp_json j;
    wzp_json_init(&j, out);
    wzp_json_object_begin(&j, NULL);
    if (before)
        before(&j, context);
    for (size_t i = 0; i < wzp_netcheck_field_count; i++)
        wzp_netcheck_fields[i].write(&j, wzp_netcheck_fields[i].name, report);
    wzp_json_object_end(&j);
    return wzp_json_finish(&j);
}

int wzp_netcheck_write_json(struct wzp_buffer *out, const struct wzp_netcheck_report *report)
{
    return wzp_netcheck_write_json_with(out, report, NULL, NULL);
}

/* How a field is compared: without ports, which are different in each run; and some fields not at
 * all, because they always differ. */
typedef void (*writer)(struct wzp_json *j, const char *key, report_pointer r);
static const struct {
    const char *name;
    writer compare; /* NULL: not at all */
} compared[] = {
    {"schema", NULL},
    {"now", NULL},
    {"duration_ms", NULL},
    {"stun_latency_ms", NULL},
    {"stun_probes", NULL},
    {"relay_latencies", NULL},
    {"global_v4_counters", NULL},
    {"global_v6_counters", NULL},
    {"reflexive_addr", write_reflexive_ip},
    {"global_v4", write_global_v4_ip},
    {"global_v6", write_global_v6_ip},
};

static writer comparer(const struct wzp_netcheck_field *field)
{
    for (size_t i = 0; i < sizeof compared / sizeof compared[0]; i++)
        if (strcmp(field->name, compared[i].name) == 0)
            return compared[i].compare;
    return field->write;
}

static void value_of(struct wzp_buffer *out, writer write, const struct wzp_netcheck_report *report)
{
    struct wzp_json j;
    wzp_buffer_clear(out);
    wzp_json_init(&j, out);
    write(&j, NULL, report);
}

size_t wzp_netcheck_each_change(const struct wzp_netcheck_report *before,
                                const struct wzp_netcheck_report *after,
                                void (*tell)(void *context, const struct wzp_netcheck_field *field,
                                             const char *was, const char *is),
                                void *context)
{
    struct wzp_buffer was, is;
    size_t changes = 0;
    wzp_buffer_init(&was, 16384);
    wzp_buffer_init(&is, 16384);
    for (size_t i = 0; i < wzp_netcheck_field_count; i++) {
        const struct wzp_netcheck_field *field = &wzp_netcheck_fields[i];
        writer compare = comparer(field);
        if (!compare)
            continue;
        value_of(&was, compare, before);
        value_of(&is, compare, after);
        if (was.result || is.result || strcmp(was.text, is.text) == 0)
            continue;
        changes++;
        tell(context, field, was.text, is.text);
    }
    wzp_buffer_fini(&was);
    wzp_buffer_fini(&is);
    return changes;
}
