/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The state of a replay, shared by the files of the analysis. */
#ifndef WZP_APP_ANALYZE_REPLAY_H
#define WZP_APP_ANALYZE_REPLAY_H

#include "app/analyze.h"
#include "base/addr.h"
#include "media/delay.h"
#include "media/receiver.h"
#include "wire/media.h"

#define WZP_REPLAY_AHEAD WZP_SECOND /* virtual time begins there, so that no time is below zero */
#define WZP_REPLAY_HISTOGRAM 1000   /* ms */

struct wzp_replay_histogram {
    uint32_t counts[WZP_REPLAY_HISTOGRAM + 1];
    uint64_t total;
};

/* One sender of a relay's capture, or all received packets of a call's own capture. */
struct wzp_replay_source {
    struct wzp_addr remote;
    unsigned interface;
    uint64_t sealed_like; /* packets whose payload begins like an encrypted one */
    struct wzp_receiver *receiver;
    struct wzp_playout_stats before;
    struct wzp_delay transit;
    bool has_time, has_path;
    struct wzp_addr path;
    bool was_direct;
    uint16_t sequence;
    uint32_t raw;
    double timestamp, arrival; /* ms */
    uint64_t next_pull, last_packet;
    double rtt_ms;
    struct wzp_replay_histogram spread, delay;
};

struct wzp_replay {
    struct wzp_analysis *a;
    uint64_t origin; /* zero of the file's times */
    uint64_t now;    /* virtual */
    uint64_t end;
    struct wzp_replay_source sources[WZP_ANALYSIS_STREAMS_MAX];
    int16_t pcm[1920];
};

/* The first pass over the capture: its length and its senders. WZP_E_* of wzp_analyze, with a
 * sentence. */
int wzp_replay_first_look(struct wzp_replay *p, const uint8_t *data, size_t length,
                          struct wzp_error *err);
/* The source that a packet belongs to; NULL: there are too many sources, or (make false) it is not
 * known yet. */
struct wzp_replay_source *wzp_replay_source_of(struct wzp_replay *p,
                                               const struct wzp_capture_record *record, bool make);

#endif
