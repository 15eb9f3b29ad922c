/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a capture file tells of a call: its packets go through the receive path once more, in
 * virtual time, and what became of them is counted, as a whole and over time. A call's own capture
 * says when sound was asked for, so that the replay does what the call did; a relay's shows what
 * somebody behind it would hear of each sender. */
#ifndef WZP_APP_ANALYZE_H
#define WZP_APP_ANALYZE_H

#include "base/error.h"
#include "wire/capture.h"
#include "wzp/stats.h"

#define WZP_ANALYSIS_BINS_MAX 600
#define WZP_ANALYSIS_STREAMS_MAX 16
#define WZP_ANALYSIS_MARKS_MAX 64
#define WZP_ANALYSIS_CONNECTIONS_MAX 8

/* Where a piece of what was heard came from. */
enum wzp_origin {
    WZP_ORIGIN_PACKET,    /* it came, in time */
    WZP_ORIGIN_LBRR,      /* the next packet's copy */
    WZP_ORIGIN_DRED,      /* deep redundancy of a later packet */
    WZP_ORIGIN_REPAIRED,  /* from a copy, or by RaptorQ */
    WZP_ORIGIN_CONCEALED, /* made up */
    WZP_ORIGIN_SILENCE,   /* the sender was silent */
    WZP_ORIGIN_COUNT
};
/* One short word, static. */
const char *wzp_origin_name(enum wzp_origin origin);

/* A piece of time. Negative: nothing is known. */
struct wzp_analysis_bin {
    uint32_t packets, lost, bytes, bytes_out; /* payload; lost by sequence numbers */
    float origin_ms[WZP_ORIGIN_COUNT];
    float spread_low_ms, spread_high_ms; /* transit beyond the fastest packets' */
    float delay_ms, target_ms, buffered_ms, rtt_ms, mos, kbps, kbps_out;
    float level_dbfs; /* loudest pull */
    unsigned pulls;
    /* Of a connection. */
    float rtt_smoothed_ms, window_kib, flight_kib;
};
/* Something that changed. */
struct wzp_analysis_mark {
    double seconds;
    char text[64];
};
struct wzp_analysis_stream {
    char name[WZP_CAPTURE_NAME_MAX + WZP_ADDR_TEXT_MAX];
    bool is_sealed; /* of a relay: what is in the packets cannot be heard */
    struct wzp_playout_stats heard;
    uint64_t packets, bytes, packets_out, bytes_out;
    uint64_t longest_hole; /* packets missing in a row */
    double first, last;    /* seconds: of its first and last packet */
    double spread_p50, spread_p95, spread_p99, delay_p50, delay_p95; /* ms */
    double rtt_ms, r, mos;
    uint8_t codec;
    bool has_counts; /* the call told what it counted itself */
    uint32_t counts[WZP_CAPTURE_COUNT_KINDS];
    struct wzp_analysis_bin *bins; /* as many as the analysis says */
    struct wzp_analysis_mark marks[WZP_ANALYSIS_MARKS_MAX];
    size_t mark_count;
};
/* What a qlog beside the capture tells (analyze_qlog.h). Of its bins only packets (sent), lost and
 * rtt_ms are set, and what is a connection's. */
struct wzp_analysis_connection {
    char name[64];
    bool is_client;
    uint64_t sent, received, lost; /* packets while the capture went on */
    struct wzp_analysis_bin *bins;
    struct wzp_analysis_mark marks[WZP_ANALYSIS_MARKS_MAX]; /* other paths */
    size_t mark_count;
};
struct wzp_analysis {
    enum wzp_capture_kind kind;
    uint64_t began; /* ns since 1970 */
    double seconds, bin_seconds;
    size_t bin_count, stream_count;
    bool is_cut, has_pulls;
    uint64_t foreign, left_out; /* packets of no kind we know, and of more senders than fit */
    struct wzp_analysis_stream streams[WZP_ANALYSIS_STREAMS_MAX];
    size_t connection_count, connections_left_out; /* without media in that time */
    struct wzp_analysis_connection connections[WZP_ANALYSIS_CONNECTIONS_MAX];
};
/* WZP_E_SYNTAX (no capture of ours), WZP_E_NOT_FOUND (no media in it), WZP_E_TOO_BIG (longer than a
 * day), WZP_E_MEMORY, with a sentence. Freed with wzp_analysis_free. */
int wzp_analyze(struct wzp_analysis **out, const uint8_t *data, size_t length,
                struct wzp_error *err);
void wzp_analysis_free(struct wzp_analysis *a);

/* Sets kbps, kbps_out and mos of the bins, r and mos of the stream, whose other figures are set. */
void wzp_analysis_rate(const struct wzp_analysis *a, struct wzp_analysis_stream *stream);

/* The figures of a stream, one by one: row i, NULL past the end. */
struct wzp_analysis_figure {
    const char *key;   /* of JSON */
    const char *label; /* for people */
    const char *unit;  /* "" = none */
    int decimals;
    /* False: not known of this stream. */
    bool (*value)(const struct wzp_analysis_stream *s, double *out);
};
const struct wzp_analysis_figure *wzp_analysis_figure(size_t i);
/* Milliseconds of a bin that were voice: all but silence. */
double wzp_analysis_voice_ms(const struct wzp_analysis_bin *b);
/* Milliseconds of a stream that came from there. */
double wzp_analysis_origin_ms(const struct wzp_analysis *a, const struct wzp_analysis_stream *s,
                              enum wzp_origin origin);

#endif
