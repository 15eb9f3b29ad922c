/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The relay's counters, and the text that Prometheus reads. A table of rows (name, type, help,
 * source) produces the text, so that each metric has a help text. Names that the existing relay
 * uses are kept. Source: wzp-protocol(7), Relay rules. */
#ifndef WZP_RELAY_METRICS_H
#define WZP_RELAY_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WZP_RELAY_HANDSHAKE_BUCKETS 10
#define WZP_RELAY_METRICS_SESSIONS_MAX 128 /* members with lines of their own */

/* All since the relay's start. */
struct wzp_relay_totals {
    uint64_t frames_in, frames_out, bytes_out;
    uint64_t frames_malformed, frames_over_rate, frames_too_big, frames_refused, frames_early;
    uint64_t auth_ok, auth_fail;
    uint64_t handshake_bucket[WZP_RELAY_HANDSHAKE_BUCKETS], handshake_count, handshake_ns;
    uint64_t signals_in, signals_malformed, signals_unknown, signals_unexpected, signals_over_rate,
        signals_too_long;
    uint64_t slow_readers, floods, connections_refused, first_late;
    uint64_t registrations, registrations_refused, registrations_evicted, reflects;
    uint64_t offers, offers_spoofed, offers_duplicate, offers_offline, offers_busy;
    uint64_t answers, rejects, ring_timeouts, calls_lost, foreign_messages;
    uint64_t links_refused, forwards_looped;
    uint64_t carried_unknown, carried_malformed, carried_again, carried_over_rate, carried_refused;
    uint64_t joins_over_share, idle_evicted, no_speech, forwards_over_rate, offers_replaced;
    uint64_t joins, joins_refused, passwords_wrong, upstreams_lost, room_updates;
    /* The callee's place could not be found out, or no relay reported that the call rings. */
    uint64_t offers_unanswered;
    uint64_t pool_asked, pool_refused, pool_errors, pool_timeouts, pool_late, pool_malformed;
    uint64_t pool_outages, pool_lost, pool_adopted;
    uint64_t dred, concealed; /* sums of what members reported in LossRecoveryUpdate */
};

/* What members of one thread last reported: loss in percent, round trip and jitter in ms. */
#define WZP_RELAY_REPORTED_KINDS 3
struct wzp_relay_reported {
    double sum[WZP_RELAY_REPORTED_KINDS], worst[WZP_RELAY_REPORTED_KINDS];
    uint64_t count; /* members that reported */
};

/* Growing text with a size limit. After a failure it is freed and stays failed. */
struct wzp_relay_text {
    char *data; /* owned, 0-terminated once anything was added */
    size_t length, capacity;
    bool failed;
};
void wzp_relay_text_add(struct wzp_relay_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A string as a JSON literal with its quotes. */
void wzp_relay_text_json(struct wzp_relay_text *text, const char *value);
void wzp_relay_text_fini(struct wzp_relay_text *text);

struct wzp_relay;
/* Records how long a room handshake took. */
void wzp_relay_metrics_handshake(struct wzp_relay_totals *total, uint64_t ns);
/* Sums up what the members of this thread reported. */
void wzp_relay_metrics_reported(struct wzp_relay_reported *out, const struct wzp_relay *r);
/* Appends row number i of the exposition. False past the last one. */
bool wzp_relay_metrics_row(struct wzp_relay_text *text, const struct wzp_relay *r, size_t i,
                           uint64_t now);
/* Row of the table, for the man page and its test: name and help. NULL past the end. */
const char *wzp_relay_metric_name(size_t i, const char **help);

#endif
