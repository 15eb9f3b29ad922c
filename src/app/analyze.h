/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Analysis of a capture file: its packets go through the receive path once more, in virtual time,
 * and what became of them is counted, as a whole and over time. A call's own capture also holds the
 * times at which playout took samples, so that the replay does exactly what the call did; a relay's
 * capture shows what a receiver behind it would hear of each sender. */
#ifndef WZP_APP_ANALYZE_H
#define WZP_APP_ANALYZE_H

#include "base/error.h"
#include "wire/capture.h"
#include "wzp/stats.h"

#define WZP_ANALYSIS_BINS_MAX 600
#define WZP_ANALYSIS_STREAMS_MAX 16
#define WZP_ANALYSIS_MARKS_MAX 64
#define WZP_ANALYSIS_CONNECTIONS_MAX 8

/* How a piece of the played audio was obtained. */
enum wzp_origin {
    WZP_ORIGIN_PACKET,    /* decoded from its own packet, which came in time */
    WZP_ORIGIN_LBRR,      /* from the LBRR of the next packet */
    WZP_ORIGIN_DRED,      /* from the DRED of a later packet */
    WZP_ORIGIN_REPAIRED,  /* restored exactly, from a full copy or by RaptorQ */
    WZP_ORIGIN_CONCEALED, /* concealed */
    WZP_ORIGIN_SILENCE,   /* the sender was silent */
    WZP_ORIGIN_COUNT
};
/* One short word, static. */
const char *wzp_origin_name(enum wzp_origin origin);

/* The figures of one time interval. Negative: not known. */
struct wzp_analysis_bin {
    uint32_t packets, lost, bytes, bytes_out; /* payload; lost by sequence numbers */
    float origin_ms[WZP_ORIGIN_COUNT];
    float spread_low_ms, spread_high_ms; /* transit time minus that of the fastest packets */
    float delay_ms, target_ms, buffered_ms, rtt_ms, mos, kbps, kbps_out;
    float level_dbfs; /* loudest pull */
    unsigned pulls;
    /* Of a QUIC connection only. */
    float rtt_smoothed_ms, window_kib, flight_kib;
};
/* A moment at which something changed, with a text. */
struct wzp_analysis_mark {
    double seconds;
    char text[64];
};
struct wzp_analysis_stream {
    char name[WZP_CAPTURE_NAME_MAX + WZP_ADDR_TEXT_MAX];
    /* of a relay's capture: the payload is end-to-end encrypted, so it cannot be decoded */
    bool is_sealed;
    struct wzp_playout_stats heard;
    uint64_t packets, bytes, packets_out, bytes_out;
    uint64_t longest_hole; /* packets missing in a row */
    /* times of its first and last packet, s */
    double first, last;
    double spread_p50, spread_p95, spread_p99, delay_p50, delay_p95; /* ms */
    double rtt_ms, r, mos;
    uint8_t codec;
    bool has_counts; /* the capture holds the call's own counters */
    uint32_t counts[WZP_CAPTURE_COUNT_KINDS];
    struct wzp_analysis_bin *bins; /* as many as the analysis has */
    struct wzp_analysis_mark marks[WZP_ANALYSIS_MARKS_MAX];
    size_t mark_count;
};
/* One QUIC connection, from a qlog file beside the capture (analyze_qlog.h). Of its bins only
 * packets (sent), lost, rtt_ms and the connection's own figures are set. */
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
    /* packets of an unknown format, and packets of senders beyond the limit */
    uint64_t foreign, left_out;
    struct wzp_analysis_stream streams[WZP_ANALYSIS_STREAMS_MAX];
    /* connections that carried no media during the capture */
    size_t connection_count, connections_left_out;
    struct wzp_analysis_connection connections[WZP_ANALYSIS_CONNECTIONS_MAX];
};
/* WZP_E_SYNTAX (no capture of ours), WZP_E_NOT_FOUND (no media in it), WZP_E_TOO_BIG (longer than a
 * day), WZP_E_MEMORY, with a sentence. Freed with wzp_analysis_free. */
int wzp_analyze(struct wzp_analysis **out, const uint8_t *data, size_t length,
                struct wzp_error *err);
void wzp_analysis_free(struct wzp_analysis *a);

/* Computes kbps, kbps_out and mos of the bins, and r and mos of the stream, from the stream's other
 * figures. */
void wzp_analysis_rate(const struct wzp_analysis *a, struct wzp_analysis_stream *stream);

/* The table of a stream's figures: row i, NULL past the end. */
struct wzp_analysis_figure {
    const char *key;   /* of JSON */
    const char *label; /* for people */
    const char *unit;  /* "" = none */
    int decimals;
    /* False: the stream does not have this figure. */
    bool (*value)(const struct wzp_analysis_stream *s, double *out);
};
const struct wzp_analysis_figure *wzp_analysis_figure(size_t i);
/* Milliseconds of voice in a bin: of all origins but silence. */
double wzp_analysis_voice_ms(const struct wzp_analysis_bin *b);
/* Milliseconds of a stream's audio of that origin. */
double wzp_analysis_origin_ms(const struct wzp_analysis *a, const struct wzp_analysis_stream *s,
                              enum wzp_origin origin);

#endif
