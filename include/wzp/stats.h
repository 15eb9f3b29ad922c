/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Measurements of a call or room: its path, what is heard, and all of it together. Counters count
 * since the beginning; times are nanoseconds unless a name says otherwise. */
#ifndef WZP_STATS_H
#define WZP_STATS_H

#include "wzp/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Snapshot of a connection's path. Times in ns. */
struct wzp_quic_stats {
    uint64_t rtt_smoothed, rtt_latest, rtt_min, rtt_variation;
    uint64_t packets_sent, packets_received, packets_lost;
    uint64_t bytes_sent, bytes_received;
    uint64_t congestion_window, bytes_in_flight;
    size_t mtu;            /* UDP payload bytes in use */
    size_t datagram_queue; /* waiting now */
    uint64_t datagrams_dropped;
    uint64_t rtt_samples; /* so far; rtt_latest is the last one's */
    uint64_t spare[3];    /* for what comes later; 0 */
};

/* How losses lie together: the burst and gap metrics of RFC 3611 4.7.2. */
struct wzp_lossrun_metrics {
    double mean_run; /* packets lost in a row, of the last time; 0 = nothing was lost */
    double burst_density, gap_density;         /* percent lost inside bursts, and outside */
    double burst_duration_ms, gap_duration_ms; /* mean */
    uint64_t spare[2];                         /* for what comes later; 0 */
};

/* One stream's jitter buffer. */
struct wzp_jitter_stats {
    uint64_t received, late, duplicate, reordered, overflow, resets;
    uint64_t stray;                          /* fitted no timeline, or empty, or too long */
    uint64_t expected, lost;                 /* from sequence numbers, before recovery */
    double jitter_ms;                        /* RFC 3550 interarrival jitter */
    double loss_percent_1s, loss_percent_5s; /* windowed, before recovery */
    unsigned target_ms, buffered_ms;
    unsigned limit_kbps; /* what the line lets through, headers included, while a queue builds up in
                          * it; 0 = no queue */
    struct wzp_lossrun_metrics runs; /* since the beginning */
    double drift_ppm;                /* sender clock against ours, + = sender fast */
    double behind_percent_5s;        /* came so late, behind others, that a copy in the next packet
                                      * would have been sooner */
    uint64_t spare[7];               /* for what comes later; 0 */
};

/* What became of one speaker's packets; of a session: of all speakers. */
struct wzp_playout_stats {
    struct wzp_jitter_stats jitter;
    uint64_t frames_decoded;   /* voice as it came, in units of 20 ms */
    uint64_t frames_dred;      /* lost frames rebuilt from DRED */
    uint64_t frames_lbrr;      /* lost frames rebuilt from LBRR */
    uint64_t frames_concealed; /* made up, in units of 20 ms */
    uint64_t frames_silence;   /* DTX, comfort noise, pauses after the first packet; as above */
    uint64_t underruns;        /* times playout ran dry while the sender was talking */
    uint64_t skipped_frames;   /* thrown away to come back from far too much delay */
    uint64_t stretched_samples, squeezed_samples;
    double level_dbfs;        /* of what was played, smoothed; -127 = silence */
    uint8_t codec;            /* last seen */
    unsigned dred_reach_ms;   /* of the newest packet looked at */
    unsigned delay_ms;        /* arrival of an undelayed packet to its playout, now */
    uint64_t frames_repaired; /* lost frames known whole: below */
    uint64_t complexity;      /* of libopus' decoder: 7 where the machine can, down to 0 */
    uint64_t spare[6];        /* for what comes later; 0 */
};
/* frames_repaired: lost frames, in units of 20 ms, of which every bit is known again, where
 * frames_dred and frames_lbrr count likenesses: of Opus from copies in later packets, of Codec2
 * from repair packets (RaptorQ). No codec has both, so codec tells which, except in a session
 * whose speakers use both. */

/* Frames of 20 ms that were lost and rebuilt, by whatever means; and all of the voice: as it came,
 * rebuilt and made up. */
static inline uint64_t wzp_playout_rebuilt(const struct wzp_playout_stats *s)
{
    return s->frames_lbrr + s->frames_dred + s->frames_repaired;
}
static inline uint64_t wzp_playout_voice(const struct wzp_playout_stats *s)
{
    return s->frames_decoded + wzp_playout_rebuilt(s) + s->frames_concealed;
}

/* A voice that is heard in a session. */
struct wzp_voice {
    unsigned number;      /* tells voices of one session apart */
    char fingerprint[64]; /* whose it is; both "": the relay does not tell */
    char alias[WZP_ALIAS_MAX];
    bool speaking;
    unsigned volume_percent;
    double level_dbfs; /* before the volume */
};

/* How we code, and what it is chosen by. */
struct wzp_coding_stats {
    uint32_t bitrate; /* bit/s, voice and redundancy together */
    unsigned frame_ms;
    bool fec;                           /* each packet repeats the one before it */
    uint8_t copies;                     /* bit i: and, whole, the frame i + 1 packets before */
    unsigned expected_loss;             /* percent, as the coder is told */
    unsigned dred_ms;                   /* of deep redundancy asked for */
    double sent_kbps;                   /* of the last half second, headers included */
    double received_kbps;               /* payload of the last second */
    double peer_loss_percent, peer_run; /* what the other side misses of ours; packets in a row */
    unsigned peer_limit_kbps;           /* what its line lets through; 0 = no queue */
    unsigned tuner_dred_ms, tuner_expected_loss; /* what the existing programs would choose */
};

/* A call or room. */
struct wzp_session_stats {
    bool is_room, outgoing, answered, muted, held, up;
    bool direct, e2e, e2e_confirmed;
    char peer[WZP_FINGERPRINT_TEXT_MAX];
    char alias[WZP_ALIAS_MAX];
    char room[WZP_ROOM_TEXT_MAX];
    char sas[WZP_E2E_SAS_TEXT_MAX];
    char remote[WZP_ADDR_TEXT_MAX];
    uint64_t duration_ms;           /* since answered, of a room since joined */
    struct wzp_quic_stats path;     /* of the active path */
    struct wzp_playout_stats heard; /* all speakers */
    size_t speakers;                /* who can be told apart, and sent something in the last 30 s */
    uint64_t frames_sent, bytes_sent, datagrams_received, datagrams_dropped;
    uint64_t unsealed_dropped, sealed_failed;
    double level_in_dbfs, level_out_dbfs;
    uint8_t codec_out, codec_in;
    struct wzp_coding_stats coding;
    /* Of the voice frames so far: made up, and rebuilt from either kind of redundancy. */
    double concealed_percent, rebuilt_dred_percent, rebuilt_lbrr_percent;
    double r, mos; /* E-model estimate, 0 to 93 and 1 to 4.5; 0: nothing was heard yet */
};

#ifdef __cplusplus
}
#endif

#endif
