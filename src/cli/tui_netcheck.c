/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/tui_netcheck.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "nat/netcheck_report.h"

/* ---- what was found, as rows ---- */

static struct wzp_view_finding *add(struct wzp_tui_netcheck *n, const char *name, const char *value)
{
    static struct wzp_view_finding beyond; /* findings beyond the limit are not shown */
    struct wzp_view_finding *f =
        n->count < WZP_TUI_FINDINGS_MAX ? &n->findings[n->count++] : &beyond;
    *f = (struct wzp_view_finding){.milliseconds = -1};
    wzp_text_filter(f->name, sizeof f->name, name, strlen(name));
    wzp_text_filter(f->value, sizeof f->value, value, strlen(value));
    return f;
}

/* good: the value that helps calls; WZP_TRI_UNKNOWN: neither. */
static void add_tri(struct wzp_tui_netcheck *n, const char *name, enum wzp_tri value,
                    enum wzp_tri good)
{
    if (value == WZP_TRI_UNKNOWN)
        return;
    struct wzp_view_finding *f = add(n, name, value == WZP_TRI_YES ? "yes" : "no");
    if (good != WZP_TRI_UNKNOWN)
        f->verdict = value == good ? WZP_VIEW_GOOD : WZP_VIEW_DOUBT;
}

static void add_facts(struct wzp_tui_netcheck *n, const struct wzp_netcheck_report *r)
{
    char text[WZP_ADDR_TEXT_MAX];
    add_tri(n, "UDP", r->udp, WZP_TRI_YES);
    add(n, "Kind of router", wzp_nat_type_name(r->nat_type));
    if (!wzp_addr_is_none(&r->reflexive_addr))
        add(n, "Seen from outside", wzp_addr_format(text, &r->reflexive_addr));
    add_tri(n, "IPv4", r->ipv4_reachable, WZP_TRI_UNKNOWN);
    add_tri(n, "IPv6", r->ipv6_reachable, WZP_TRI_UNKNOWN);
    add_tri(n, "Varies by address", r->mapping_varies, WZP_TRI_NO);
    if (r->filtering != WZP_NAT_FILTERING_UNKNOWN)
        add(n, "Filtering", wzp_nat_filtering_name(r->filtering));
    add_tri(n, "Hairpin", r->hairpin_works, WZP_TRI_UNKNOWN);
    add(n, "Ports of the router", wzp_portmap_verdict_text(r->portmap_verdict));
    add_tri(n, "TCP port 443", r->tcp_443, WZP_TRI_YES);
    add_tri(n, "Sign-in page", r->captive_portal, WZP_TRI_NO);
}

static void add_trip(struct wzp_tui_netcheck *n, const char *name, const char *value,
                     const struct wzp_netcheck_number *ms, const char *error)
{
    struct wzp_view_finding *f = add(n, name, ms->known ? value : error[0] ? error : "no answer");
    if (ms->known)
        f->milliseconds = (int)(ms->value < 100000 ? ms->value : 100000);
    f->verdict = ms->known ? WZP_VIEW_GOOD : WZP_VIEW_BAD;
}

static void add_trips(struct wzp_tui_netcheck *n, const struct wzp_netcheck_report *r)
{
    char text[WZP_ADDR_TEXT_MAX];
    for (size_t i = 0; i < r->relay_count; i++)
        add_trip(n, r->relays[i].name, r->relays[i].addr, &r->relays[i].rtt_ms, r->relays[i].error);
    for (size_t i = 0; i < r->stun_count; i++)
        add_trip(n, r->stun[i].name, wzp_addr_format(text, &r->stun[i].observed),
                 &r->stun[i].latency_ms, r->stun[i].error);
}

static void on_done(void *context)
{
    struct wzp_tui_netcheck *n = context;
    const struct wzp_netcheck_report *r = wzp_app_netcheck_report(n->check);
    n->running = false;
    if (!r)
        return;
    for (size_t i = 0; i < r->advice_count; i++)
        add(n, "Advice", r->advice[i]);
    add_facts(n, r);
    add_trips(n, r);
    wzp_text_copy(n->verdict, sizeof n->verdict, r->verdict ? r->verdict : "");
    n->told(n->context, n->verdict, r->exit_status == 0);
}

static void on_progress(void *context, unsigned steps, unsigned expected)
{
    struct wzp_tui_netcheck *n = context;
    n->steps = steps;
    n->expected = expected;
}

/* ---- life ---- */

int wzp_tui_netcheck_start(struct wzp_tui_netcheck *n, const struct wzp_host *host,
                           const struct wzp_settings *settings, struct wzp_error *err)
{
    const char *relay = settings->relay;
    const struct wzp_app_netcheck_config config = {.relays = &relay,
                                                   .relay_count = relay[0] != '\0',
                                                   .stun_setting = settings->stun,
                                                   .progress = on_progress,
                                                   .done = on_done,
                                                   .context = n};
    if (n->running)
        return wzp_error_set(err, WZP_E_STATE, "the network is already being checked");
    wzp_app_netcheck_free(n->check);
    n->check = NULL;
    n->count = n->steps = n->expected = 0;
    n->verdict[0] = '\0';
    n->running = true;
    int result = wzp_app_netcheck_start(&n->check, host, &config, err);
    if (result)
        n->running = false;
    return result;
}

void wzp_tui_netcheck_state(const struct wzp_tui_netcheck *n, struct wzp_view_check *out)
{
    *out = (struct wzp_view_check){.running = n->running};
    if (n->expected > 0)
        out->percent = n->steps < n->expected ? 100 * n->steps / n->expected : 100;
    wzp_text_copy(out->verdict, sizeof out->verdict, n->verdict);
}

bool wzp_tui_netcheck_finding(const struct wzp_tui_netcheck *n, size_t i,
                              struct wzp_view_finding *out)
{
    if (i >= n->count)
        return false;
    *out = n->findings[i];
    return true;
}

bool wzp_tui_netcheck_close(struct wzp_tui_netcheck *n)
{
    bool busy = n->check && wzp_app_netcheck_busy(n->check);
    wzp_app_netcheck_free(n->check);
    n->check = NULL;
    n->running = false;
    return busy;
}
