/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "relay/metrics_feed.h"

#include <string.h>

#include "base/bytes.h"
#include "relay/state.h"

static const double handshake_bounds[WZP_RELAY_HANDSHAKE_BUCKETS] = {
    0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5};

void wzp_relay_metrics_handshake(struct wzp_relay_totals *total, uint64_t ns)
{
    for (size_t i = 0; i < WZP_RELAY_HANDSHAKE_BUCKETS; i++)
        if ((double)ns / 1e9 <= handshake_bounds[i])
            total->handshake_bucket[i]++;
    total->handshake_count++;
    total->handshake_ns += ns;
}

/* ---- numbers ---- */

static uint64_t counter_at(const void *counters, size_t offset)
{
    return *(const uint64_t *)(const void *)((const char *)counters + offset);
}

uint64_t wzp_relay_read_total(const struct wzp_relay *r, size_t which)
{
    return counter_at(&r->total, which);
}

uint64_t wzp_relay_read_size(const struct wzp_relay *r, size_t which)
{
    return *(const size_t *)(const void *)((const char *)r + which);
}

uint64_t wzp_relay_read_quic(const struct wzp_relay *r, size_t which)
{
    struct wzp_quic_counters counters;

    wzp_quic_endpoint_counters(r->endpoint, &counters);
    return counter_at(&counters, which) + counter_at(&r->threads.quic, which);
}

uint64_t wzp_relay_read_bridge(const struct wzp_relay *r, size_t which)
{
    struct wzp_relay_bridge_counts counts = {0};

    if (r->host.bridge)
        r->host.bridge(r->host.context, &counts);
    return counter_at(&counts, which);
}

uint64_t wzp_relay_read_counters(const struct wzp_relay *r, size_t which)
{
    struct wzp_relay_counters counters;

    wzp_relay_counters(r, &counters);
    return counter_at(&counters, which);
}

uint64_t wzp_relay_read_connections(const struct wzp_relay *r, size_t which)
{
    (void)which;
    return wzp_relay_threads_connections(r);
}

uint64_t wzp_relay_read_global_rooms(const struct wzp_relay *r, size_t which)
{
    (void)which;
    return wzp_relay_global_active(r);
}

uint64_t wzp_relay_read_directory_up(const struct wzp_relay *r, size_t which)
{
    (void)which;
    return !r->pool.on || r->pool.up;
}

uint64_t wzp_relay_read_log_suppressed(const struct wzp_relay *r, size_t which)
{
    (void)which;
    return r->log_suppressed;
}

/* ---- lines ---- */

void wzp_relay_feed_handshake(struct wzp_relay_text *text, const struct wzp_relay_metric *row,
                              const struct wzp_relay *r, uint64_t now)
{
    (void)now;
    for (size_t i = 0; i < WZP_RELAY_HANDSHAKE_BUCKETS; i++)
        wzp_relay_text_add(text, "%s_bucket{le=\"%g\"} %llu\n", row->name, handshake_bounds[i],
                           (unsigned long long)r->total.handshake_bucket[i]);
    wzp_relay_text_add(text, "%s_bucket{le=\"+Inf\"} %llu\n%s_sum %.9g\n%s_count %llu\n", row->name,
                       (unsigned long long)r->total.handshake_count, row->name,
                       (double)r->total.handshake_ns / 1e9, row->name,
                       (unsigned long long)r->total.handshake_count);
}

enum { REPORTED_KINDS = SESSION_JITTER + 1 };

static double session_value(const struct wzp_relay_member *member, size_t what)
{
    switch (what) {
    case SESSION_LOSS: return wzp_quality_report_loss_percent(&member->report);
    case SESSION_RTT: return member->report.rtt_4ms * 4.0;
    case SESSION_JITTER: return member->report.jitter_ms;
    case SESSION_DRED: return (double)member->dred;
    case SESSION_PLC: return (double)member->concealed;
    default: return (double)member->frames_in;
    }
}

_Static_assert(REPORTED_KINDS == WZP_RELAY_REPORTED_KINDS, "the same kinds");

void wzp_relay_metrics_reported(struct wzp_relay_reported *out, const struct wzp_relay *r)
{
    memset(out, 0, sizeof *out);
    for (const struct wzp_relay_client *c = r->clients; c; c = c->next) {
        if (!c->member.room || !c->member.reports)
            continue;
        for (size_t what = 0; what < REPORTED_KINDS; what++) {
            double one = session_value(&c->member, what);
            out->sum[what] += one;
            out->worst[what] = one > out->worst[what] ? one : out->worst[what];
        }
        out->count++;
    }
}

/* The latest reports of all members as one mean and one maximum, so that the number of lines does
 * not grow with members. */
void wzp_relay_feed_reported(struct wzp_relay_text *text, const struct wzp_relay_metric *row,
                             const struct wzp_relay *r, uint64_t now)
{
    struct wzp_relay_reported all;
    double sum, worst;
    (void)now;
    wzp_relay_metrics_reported(&all, r);
    sum = all.sum[row->source.which];
    worst = all.worst[row->source.which];
    for (unsigned i = 1; i < r->threads.count; i++) {
        const struct wzp_relay_reported *other = &r->threads.told_of[i].reported;
        sum += other->sum[row->source.which];
        worst = other->worst[row->source.which] > worst ? other->worst[row->source.which] : worst;
        all.count += other->count;
    }
    wzp_relay_text_add(text, "%s{stat=\"mean\"} %.6g\n%s{stat=\"worst\"} %.6g\n", row->name,
                       all.count ? sum / (double)all.count : 0, row->name, worst);
}

/* One line per member, as the existing relay has. Their number is limited, because strangers can
 * come and go without limit. */
void wzp_relay_feed_sessions(struct wzp_relay_text *text, const struct wzp_relay_metric *row,
                             const struct wzp_relay *r, uint64_t now)
{
    unsigned count = 0;
    (void)now;
    for (const struct wzp_relay_client *c = r->clients; c; c = c->next) {
        const struct wzp_relay_member *member = &c->member;
        char id[33] = "";
        uint8_t bytes[16];
        if (!member->room || (row->source.which < REPORTED_KINDS && !member->reports))
            continue;
        if (count++ >= WZP_RELAY_METRICS_SESSIONS_MAX)
            break;
        for (unsigned i = 0; i < 16; i++)
            bytes[i] = (uint8_t)((i < 8 ? member->session : member->joined_at) >> 8 * (i & 7));
        wzp_hex_encode(id, bytes, sizeof bytes);
        wzp_relay_text_add(text, "%s{session_id=\"%s\"} %.10g\n", row->name, id,
                           session_value(member, row->source.which));
    }
}

static void peer_line(struct wzp_relay_text *text, const struct wzp_relay_metric *row,
                      const struct wzp_relay_neighbour *n, const char *direction, double number)
{
    wzp_relay_text_add(text, "%s{peer=", row->name);
    wzp_relay_text_json(text, n->label);
    if (direction)
        wzp_relay_text_add(text, ",direction=\"%s\"", direction);
    wzp_relay_text_add(text, "} %.10g\n", number);
}

void wzp_relay_feed_peers(struct wzp_relay_text *text, const struct wzp_relay_metric *row,
                          const struct wzp_relay *r, uint64_t now)
{
    (void)now;
    for (size_t i = 0; i < r->neighbours.count; i++) {
        const struct wzp_relay_neighbour *n = &r->neighbours.items[i];
        switch (row->source.which) {
        case PEER_STATUS: peer_line(text, row, n, NULL, n->is_up); break;
        case PEER_RTT:
            peer_line(text, row, n, NULL, (double)wzp_relay_neighbour_rtt(n) / 1e6);
            break;
        default:
            peer_line(text, row, n, "in", (double)n->frames_in);
            peer_line(text, row, n, "out", (double)n->frames_out);
        }
    }
}

void wzp_relay_feed_probes(struct wzp_relay_text *text, const struct wzp_relay_metric *row,
                           const struct wzp_relay *r, uint64_t now)
{
    for (size_t i = 0; i < r->probers.count; i++) {
        const struct wzp_relay_prober *p = &r->probers.items[i];
        double number = row->source.which == PROBE_RTT
                            ? (p->is_up ? (double)p->window.rtt / 1e6 : 0)
                        : row->source.which == PROBE_LOSS   ? wzp_relay_window_loss(&p->window, now)
                        : row->source.which == PROBE_JITTER ? wzp_relay_window_jitter(&p->window)
                                                            : p->is_up;
        wzp_relay_text_add(text, "%s{target=", row->name);
        wzp_relay_text_json(text, wzp_relay_prober_name(r, p));
        wzp_relay_text_add(text, "} %.10g\n", number);
    }
}
