/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "app/analyze_qlog.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define MEDIA_LEAST 10   /* datagrams: fewer are no voice */
#define PROBES_APART 1.0 /* seconds: a probe is repeated; closer ones count as the same */
#define RECORD_MAX 8192

struct reading {
    struct wzp_analysis *a;
    struct wzp_analysis_connection *c;
    double zero; /* the records' time zero, in seconds of the capture */
    bool has_zero, is_qlog;
    double last_probe;
    uint64_t datagrams;
};

/* A simple search is enough: ngtcp2 writes its records without white space and without texts from
 * peers. */
static bool number_in(double *out, const char *record, const char *key)
{
    char quoted[48];

    snprintf(quoted, sizeof quoted, "\"%s\":", key);
    const char *at = strstr(record, quoted);
    if (!at)
        return false;
    *out = strtod(at + strlen(quoted), NULL);
    return isfinite(*out);
}

static bool is_named(const char *record, const char *name)
{
    char quoted[64];

    snprintf(quoted, sizeof quoted, "\"name\":\"%s\"", name);
    return strstr(record, quoted) != NULL;
}

static void read_metrics(struct wzp_analysis_bin *bin, const char *record)
{
    double value;

    if (number_in(&value, record, "latest_rtt") && value > 0)
        bin->rtt_ms = bin->rtt_ms < 0 ? (float)value : (float)fmin((double)bin->rtt_ms, value);
    if (number_in(&value, record, "smoothed_rtt"))
        bin->rtt_smoothed_ms = (float)value;
    if (number_in(&value, record, "congestion_window"))
        bin->window_kib = (float)(value / 1024);
    if (number_in(&value, record, "bytes_in_flight"))
        bin->flight_kib = (float)fmax((double)bin->flight_kib, value / 1024);
}

static void note_probe(struct reading *r, double seconds, bool is_sent)
{
    struct wzp_analysis_connection *c = r->c;

    if (c->mark_count == WZP_ANALYSIS_MARKS_MAX || seconds < r->last_probe + PROBES_APART)
        return;
    r->last_probe = seconds;
    c->marks[c->mark_count].seconds = seconds;
    snprintf(c->marks[c->mark_count++].text, sizeof c->marks->text, "%s another path",
             is_sent ? "we try" : "the other side tries");
}

/* Takes in a record whose time lies within the capture. */
static void take(struct reading *r, struct wzp_analysis_bin *bin, const char *record,
                 double seconds)
{
    struct wzp_analysis_connection *c = r->c;
    bool is_sent = is_named(record, "transport:packet_sent");

    if (is_named(record, "recovery:metrics_updated"))
        read_metrics(bin, record);
    else if (is_named(record, "recovery:packet_lost")) {
        c->lost++;
        bin->lost++;
    } else if (is_sent || is_named(record, "transport:packet_received")) {
        bin->packets += is_sent;
        c->sent += is_sent;
        c->received += !is_sent;
        r->datagrams += strstr(record, "\"frame_type\":\"datagram\"") != NULL;
        if (strstr(record, "\"frame_type\":\"path_challenge\""))
            note_probe(r, seconds, is_sent);
    }
}

static void read_record(struct reading *r, const char *record)
{
    struct wzp_analysis *a = r->a;
    double time;

    r->is_qlog |= strstr(record, "\"qlog_format\"") != NULL;
    if (strstr(record, "\"vantage_point\""))
        r->c->is_client = strstr(record, "\"type\":\"client\"") != NULL;
    if (!number_in(&time, record, "time"))
        return;
    if (is_named(record, "wzp:clock")) {
        double unix_ms;
        r->has_zero = number_in(&unix_ms, record, "unix_ms");
        if (r->has_zero)
            r->zero = (unix_ms - (double)a->began / 1e6) / 1e3;
        return;
    }
    double seconds = r->zero + time / 1e3;
    if (!r->has_zero || seconds < 0 || seconds > a->seconds)
        return;
    size_t at = (size_t)(seconds / a->bin_seconds);
    if (at < a->bin_count)
        take(r, &r->c->bins[at], record, seconds);
}

/* Records begin with an RS (RFC 7464). */
static void read_all(struct reading *r, const char *text, size_t length)
{
    char record[RECORD_MAX];

    for (size_t at = 0; at < length;) {
        const char *end = memchr(text + at, '\x1e', length - at);
        size_t size = end ? (size_t)(end - text) - at : length - at;

        if (size > 0 && size < sizeof record) {
            memcpy(record, text + at, size);
            record[size] = 0;
            read_record(r, record);
        }
        at += size + 1;
    }
}

int wzp_analysis_qlog(struct wzp_analysis *a, const char *name, const char *text, size_t length,
                      struct wzp_error *err)
{
    struct wzp_analysis_connection *c = &a->connections[a->connection_count];
    struct reading r = {.a = a, .c = c, .last_probe = -PROBES_APART};

    if (a->connection_count == WZP_ANALYSIS_CONNECTIONS_MAX) {
        a->connections_left_out++;
        return 0;
    }
    memset(c, 0, sizeof *c);
    snprintf(c->name, sizeof c->name, "%s", name);
    c->bins = wzp_calloc(a->bin_count, sizeof *c->bins);
    if (!c->bins)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    for (size_t i = 0; i < a->bin_count; i++)
        c->bins[i].rtt_ms = c->bins[i].rtt_smoothed_ms = c->bins[i].window_kib =
            c->bins[i].flight_kib = -1;
    read_all(&r, text, length);
    if (r.is_qlog && r.has_zero && r.datagrams >= MEDIA_LEAST) {
        a->connection_count++;
        return 0;
    }
    wzp_free(c->bins);
    c->bins = NULL;
    if (!r.is_qlog)
        return wzp_error_set(err, WZP_E_SYNTAX, "%s is no qlog file", name);
    if (!r.has_zero)
        return wzp_error_set(err, WZP_E_NOT_FOUND, "nothing in %s says when it was", name);
    a->connections_left_out++;
    return 0;
}
