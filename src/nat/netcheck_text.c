/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The conclusions of the report, and its text for people. */
#include <stdio.h>
#include <string.h>

#include "nat/netcheck_report.h"
#include "nat/scope.h"

#define BAR_WIDTH 24 /* characters of the longest bar */
#define NEAR_MS 150  /* a longer round trip is called far */

/* X-macro: name, word, sentence. */
#define VERDICT_TABLE(X)                                                                           \
    X(NO_NETWORK, "no-network", "There is no network: nothing outside answered.")                  \
    X(CAPTIVE, "captive-portal", "This network wants you to sign in on a web page first.")         \
    X(NOT_ASKED, "not-asked",                                                                      \
      "No relay and no STUN server is known, so nobody outside was asked.")                        \
    X(UDP_BLOCKED, "udp-blocked",                                                                  \
      "Nobody who was asked answers over UDP, but TCP or a ping gets out: this network lets no "   \
      "UDP through, or none of them is there.")                                                    \
    X(NO_RELAY, "no-relay",                                                                        \
      "No relay listens where one was asked for, and nobody else answered over UDP.")              \
    X(TOO_LITTLE, "unknown",                                                                       \
      "UDP works, but too few servers answered to say whether direct calls will.")                 \
    X(OPEN, "open", "This machine has a public address: direct calls will work with everyone.")    \
    X(MAPPED, "port-mapping",                                                                      \
      "Your router opens a port when asked: direct calls will work with almost everyone.")         \
    X(FULL_CONE, "full-cone",                                                                      \
      "Your router lets in everybody who knows your address: direct calls will work with "         \
      "everyone.")                                                                                 \
    X(EASY, "easy", "Direct calls will work with most people.")                                    \
    X(HARD, "hard",                                                                                \
      "Your router shows everybody another address of yours: calls to other such networks use "    \
      "the relay.")                                                                                \
    X(ONLY_V6, "only-ipv6",                                                                        \
      "Only IPv6 works here: direct calls will work with people who have IPv6, others need the "   \
      "relay.")                                                                                    \
    X(HARD_V6, "hard-ipv6",                                                                        \
      "Your router shows everybody another address of yours, but IPv6 works: direct calls will "   \
      "work with people who have IPv6, others may need the relay.")

enum verdict {
#define ENUM(name, word, sentence) VERDICT_##name,
    VERDICT_TABLE(ENUM)
#undef ENUM
};
const struct wzp_netcheck_verdict wzp_netcheck_verdicts[] = {
#define ROW(name, word, sentence) {word, sentence},
    VERDICT_TABLE(ROW)
#undef ROW
};
const size_t wzp_netcheck_verdict_count =
    sizeof wzp_netcheck_verdicts / sizeof wzp_netcheck_verdicts[0];

enum wzp_portmap_protocol wzp_netcheck_port_mapping(const struct wzp_netcheck_report *report)
{
    if (report->portmap_verdict != WZP_PORTMAP_AVAILABLE &&
        report->portmap_verdict != WZP_PORTMAP_MAPPED)
        return WZP_PORTMAP_PROTOCOLS;
    if (report->nat_pmp_available == WZP_TRI_YES)
        return WZP_PORTMAP_NATPMP;
    if (report->pcp_available == WZP_TRI_YES)
        return WZP_PORTMAP_PCP;
    return report->upnp_available == WZP_TRI_YES ? WZP_PORTMAP_UPNP : WZP_PORTMAP_PROTOCOLS;
}

const char *wzp_netcheck_allocation_text(char *text, const struct wzp_nat_behaviour *behaviour)
{
    if (behaviour->allocation == WZP_NAT_ALLOCATION_UNKNOWN)
        return NULL;
    if (behaviour->allocation == WZP_NAT_ALLOCATION_SEQUENTIAL)
        snprintf(text, 32, "sequential:%d", behaviour->delta);
    else
        snprintf(text, 32, "%s", wzp_nat_allocation_name(behaviour->allocation));
    return text;
}

static enum verdict judge(const struct wzp_netcheck_report *r)
{
    if (r->captive_portal == WZP_TRI_YES && r->udp != WZP_TRI_YES)
        return VERDICT_CAPTIVE;
    if (r->nobody_asked && r->tcp_443 == WZP_TRI_UNKNOWN)
        return VERDICT_NOT_ASKED;
    if (r->udp != WZP_TRI_YES && r->tcp_443 != WZP_TRI_YES && r->icmpv4 != WZP_TRI_YES)
        return VERDICT_NO_NETWORK;
    /* A machine that said that no relay listens was reached over UDP. */
    if (r->udp != WZP_TRI_YES)
        return r->relay_absent ? VERDICT_NO_RELAY : VERDICT_UDP_BLOCKED;
    if (r->ipv4_reachable == WZP_TRI_NO || r->ipv4_can_send == WZP_TRI_NO)
        return VERDICT_ONLY_V6;
    /* A firewall that lets in only answers is no better than a NAT that does. */
    if (r->nat4.behind_nat == WZP_TRI_NO && r->filtering != WZP_NAT_FILTERING_PORT_DEPENDENT)
        return VERDICT_OPEN;
    if (wzp_netcheck_port_mapping(r) != WZP_PORTMAP_PROTOCOLS && r->nat4.cgnat != WZP_TRI_YES)
        return VERDICT_MAPPED;
    if (r->mapping_varies == WZP_TRI_YES)
        return r->ipv6_reachable == WZP_TRI_YES ? VERDICT_HARD_V6 : VERDICT_HARD;
    if (r->mapping_varies == WZP_TRI_NO)
        return r->filtering == WZP_NAT_FILTERING_ENDPOINT_INDEPENDENT ? VERDICT_FULL_CONE
                                                                      : VERDICT_EASY;
    return VERDICT_TOO_LITTLE;
}

static void advise(struct wzp_netcheck_report *r, const char *sentence)
{
    if (r->advice_count < WZP_NETCHECK_ADVICE_MAX)
        r->advice[r->advice_count++] = sentence;
}

static void advise_all(struct wzp_netcheck_report *r, enum verdict verdict)
{
    r->advice_count = 0;
    if (verdict == VERDICT_CAPTIVE)
        advise(r, "Open a web browser, sign in, and try again.");
    if (verdict == VERDICT_NOT_ASKED)
        advise(r, "Name a relay (--relay, or relay in config.toml) or STUN servers (--stun, or "
                  "stun in config.toml).");
    if (verdict == VERDICT_UDP_BLOCKED)
        advise(r, "Check the names of relays and STUN servers. If they are right: ask whoever runs "
                  "this network to allow UDP, or use another one.");
    if (verdict == VERDICT_NO_RELAY)
        advise(r, "Check the relay's name and port, or ask whoever runs it whether it is there.");
    if (verdict == VERDICT_NO_NETWORK)
        advise(r, "Check the cable or the radio link, and whether other programs reach anything.");
    if (verdict == VERDICT_HARD || verdict == VERDICT_HARD_V6) {
        if (r->portmap_verdict == WZP_PORTMAP_ABSENT)
            advise(r, "Turn on UPnP, NAT-PMP or PCP in the router, or forward a UDP port by hand.");
        if (r->portmap_verdict == WZP_PORTMAP_REFUSED)
            advise(r, "The router knows port mapping but refuses it: allow it in its settings.");
    }
    if (r->nat4.cgnat == WZP_TRI_YES || r->portmap_verdict == WZP_PORTMAP_DOUBLE_NAT)
        advise(r, "There is a second router behind yours: ports that yours opens are of no use. "
                  "Ask the provider for a public address, or put your own router in bridge mode.");
    if (r->udp == WZP_TRI_YES && r->relay_count > 0 && !r->preferred_relay[0])
        advise(r, "No relay answered: check their names and whether their UDP port is let out.");
    if (r->os_has_ipv6 == WZP_TRI_YES && r->ipv6_can_send == WZP_TRI_YES &&
        r->ipv6_reachable == WZP_TRI_NO)
        advise(r, "This machine has an IPv6 address but nothing answers over IPv6.");
}

static void sort_relays(struct wzp_netcheck_report *r)
{
    for (size_t i = 1; i < r->relay_count; i++) {
        struct wzp_netcheck_relay moving = r->relays[i];
        size_t at = i;
        while (at > 0 && moving.rtt_ms.known &&
               (!r->relays[at - 1].rtt_ms.known ||
                r->relays[at - 1].rtt_ms.value > moving.rtt_ms.value)) {
            r->relays[at] = r->relays[at - 1];
            at--;
        }
        r->relays[at] = moving;
    }
    r->preferred_relay[0] = '\0';
    if (r->relay_count > 0 && r->relays[0].rtt_ms.known)
        memcpy(r->preferred_relay, r->relays[0].name, sizeof r->preferred_relay);
}

void wzp_netcheck_conclude(struct wzp_netcheck_report *report)
{
    sort_relays(report);
    enum verdict verdict = judge(report);
    report->verdict_word = wzp_netcheck_verdicts[verdict].word;
    report->verdict = wzp_netcheck_verdicts[verdict].sentence;
    advise_all(report, verdict);
    report->exit_status = verdict == VERDICT_NO_NETWORK  ? 3
                          : verdict == VERDICT_NOT_ASKED ? 1
                          : report->udp == WZP_TRI_YES   ? 0
                                                         : 2;
}

static const char *yes_no(enum wzp_tri value)
{
    return value == WZP_TRI_YES ? "yes" : value == WZP_TRI_NO ? "no" : "(unknown)";
}

static void line(struct wzp_buffer *out, const char *label, const char *value)
{
    wzp_buffer_format(out, "  %-20s %s\n", label, value && value[0] ? value : "(unknown)");
}

static void write_facts(struct wzp_buffer *out, const struct wzp_netcheck_report *r)
{
    char text[WZP_ADDR_TEXT_MAX];
    line(out, "NAT type:", wzp_nat_type_name(r->nat_type));
    line(out, "Reflexive address:", wzp_addr_format(text, &r->reflexive_addr));
    line(out, "IPv4:", yes_no(r->ipv4_reachable));
    line(out, "IPv6:", yes_no(r->ipv6_reachable));
    wzp_addr_format(text, &r->gateway);
    char *colon = strrchr(text, ':');
    if (colon)
        *colon = '\0';
    line(out, "Gateway:", text);
    line(out, "Varies by address:", yes_no(r->mapping_varies));
    if (r->nat4.mapping != WZP_NAT_MAPPING_UNKNOWN)
        wzp_buffer_format(out, "  %-20s %s (confidence: %s)\n", "Mapping:",
                          r->nat4.mapping_proved ? wzp_nat_mapping_name(r->nat4.mapping)
                                                 : "another for every address or port",
                          wzp_nat_confidence_name(r->nat4.confidence));
    if (r->filtering != WZP_NAT_FILTERING_UNKNOWN)
        line(out, "Filtering:", wzp_nat_filtering_name(r->filtering));
    line(out, "Port allocation:", wzp_netcheck_allocation_text(text, &r->nat4));
    line(out, "Hairpin:", yes_no(r->hairpin_works));
    if (r->mapping_lifetime_s.known)
        wzp_buffer_format(out, "  %-20s %d s%s\n",
                          "Mapping lives:", (int)r->mapping_lifetime_s.value,
                          r->mapping_lifetime_longer == WZP_TRI_YES ? " at least" : "");
    if (r->mtu.known)
        wzp_buffer_format(out, "  %-20s %d bytes of UDP\n", "MTU:", (int)r->mtu.value);
    if (r->captive_portal != WZP_TRI_UNKNOWN)
        line(out, "Captive portal:", yes_no(r->captive_portal));
    if (r->tcp_443 != WZP_TRI_UNKNOWN)
        line(out, "TCP to port 443:", yes_no(r->tcp_443));
}

static void write_mapping(struct wzp_buffer *out, const struct wzp_netcheck_report *r)
{
    enum wzp_portmap_protocol protocol = wzp_netcheck_port_mapping(r);
    wzp_buffer_text(out, "\nPort Mapping\n");
    wzp_buffer_format(out, "  NAT-PMP: %s  PCP: %s  UPnP: %s\n", yes_no(r->nat_pmp_available),
                      yes_no(r->pcp_available), yes_no(r->upnp_available));
    if (protocol != WZP_PORTMAP_PROTOCOLS)
        wzp_buffer_format(out, "  Active: %s\n", wzp_portmap_protocol_name(protocol));
    wzp_buffer_format(out, "  %s\n", wzp_portmap_verdict_text(r->portmap_verdict));
}

static void write_stun_probes(struct wzp_buffer *out, const struct wzp_netcheck_report *r,
                              const char *arrow)
{
    if (r->stun_count == 0)
        return;
    wzp_buffer_text(out, "\nSTUN Probes\n");
    for (size_t i = 0; i < r->stun_count; i++) {
        const struct wzp_netcheck_stun *s = &r->stun[i];
        char text[WZP_ADDR_TEXT_MAX];
        wzp_addr_format(text, &s->observed);
        wzp_buffer_format(out, "  %s %s %s ", s->name, arrow, text[0] ? text : "failed");
        if (s->latency_ms.known)
            wzp_buffer_format(out, "(%dms)", (int)s->latency_ms.value);
        else
            wzp_buffer_text(out, "(-)");
        if (s->error[0])
            wzp_buffer_format(out, " [%s]", s->error);
        wzp_buffer_char(out, '\n');
    }
}

static void write_relays(struct wzp_buffer *out, const struct wzp_netcheck_report *r, bool ascii)
{
    int64_t longest = 1;
    if (r->relay_count == 0)
        return;
    for (size_t i = 0; i < r->relay_count; i++)
        if (r->relays[i].rtt_ms.known && r->relays[i].rtt_ms.value > longest)
            longest = r->relays[i].rtt_ms.value;
    wzp_buffer_text(out, "\nRelay Latencies\n");
    for (size_t i = 0; i < r->relay_count; i++) {
        const struct wzp_netcheck_relay *relay = &r->relays[i];
        wzp_buffer_format(out, "  %s (%s) %s ", relay->name, relay->addr,
                          ascii ? "->" : "\xe2\x86\x92");
        if (relay->rtt_ms.known) {
            wzp_buffer_format(out, "%dms ", (int)relay->rtt_ms.value);
            int64_t bar = (relay->rtt_ms.value * BAR_WIDTH + longest - 1) / longest;
            for (int64_t n = 0; n < (bar ? bar : 1); n++)
                wzp_buffer_text(out, ascii ? "#" : "\xe2\x96\x88");
            if (relay->probes > 1)
                wzp_buffer_format(out, " jitter %.1fms loss %.0f%%", relay->jitter_ms,
                                  relay->loss_percent);
            if (relay->rtt_ms.value > NEAR_MS)
                wzp_buffer_text(out, " far");
        } else {
            wzp_buffer_text(out, "-");
        }
        if (relay->error[0])
            wzp_buffer_format(out, " [%s]", relay->error);
        wzp_buffer_char(out, '\n');
    }
    if (r->preferred_relay[0])
        wzp_buffer_format(out, "  Preferred: %s\n", r->preferred_relay);
}

void wzp_netcheck_write_text(struct wzp_buffer *out, const struct wzp_netcheck_report *report,
                             bool ascii)
{
    wzp_buffer_text(out, "WarzonePhone Netcheck\n\n");
    if (report->verdict)
        wzp_buffer_format(out, "  %s\n", report->verdict);
    for (size_t i = 0; i < report->advice_count; i++)
        wzp_buffer_format(out, "  %s %s\n", ascii ? "*" : "\xe2\x80\xa2", report->advice[i]);
    if (report->verdict)
        wzp_buffer_char(out, '\n');
    write_facts(out, report);
    write_mapping(out, report);
    write_stun_probes(out, report, ascii ? "->" : "\xe2\x86\x92");
    write_relays(out, report, ascii);
    if (report->duration_ms.known)
        wzp_buffer_format(out, "\nCompleted in %dms\n", (int)report->duration_ms.value);
}
