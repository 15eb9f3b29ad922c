/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Statistics of a call or room: its network path, its received audio, and both in one struct.
 * Counters count since the session began; times are nanoseconds unless a name says otherwise. */
#ifndef WZP_STATS_H
#define WZP_STATS_H

#include "wzp/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Snapshot of a QUIC connection's path (RFC 9002). Times in ns. */
struct wzp_quic_stats {
    uint64_t rtt_smoothed, rtt_latest, rtt_min, rtt_variation;
    uint64_t packets_sent, packets_received, packets_lost;
    uint64_t bytes_sent, bytes_received;
    uint64_t congestion_window, bytes_in_flight;
    size_t mtu;            /* UDP payload bytes in use */
    size_t datagram_queue; /* datagrams waiting to be sent */
    uint64_t datagrams_dropped;
    uint64_t rtt_samples; /* number of samples so far; rtt_latest is the last one */
    uint64_t spare[3];    /* for what comes later; 0 */
};

/* How losses are distributed: the burst and gap metrics of RFC 3611 4.7.2. */
struct wzp_lossrun_metrics {
    /* mean number of packets lost in a row, of late; 0 = nothing was lost */
    double mean_run;
    double burst_density, gap_density;         /* percent lost inside bursts, and between them */
    double burst_duration_ms, gap_duration_ms; /* mean */
    uint64_t spare[2];                         /* for what comes later; 0 */
};

/* One stream's jitter buffer. */
struct wzp_jitter_stats {
    uint64_t received, late, duplicate, reordered, overflow, resets;
    /* dropped: no plausible timestamp, empty, or too long */
    uint64_t stray;
    uint64_t expected, lost;                 /* from sequence numbers, before recovery */
    double jitter_ms;                        /* RFC 3550 interarrival jitter */
    double loss_percent_1s, loss_percent_5s; /* windowed, before recovery */
    unsigned target_ms, buffered_ms;
    /* estimated bottleneck rate, headers included, while a queue builds up there; 0 = no queue */
    unsigned limit_kbps;
    struct wzp_lossrun_metrics runs; /* since the beginning */
    double drift_ppm;                /* sender clock against ours, + = sender fast */
    /* percent of packets so late, compared with the others, that a copy in the next packet would
     * have arrived sooner */
    double behind_percent_5s;
    uint64_t spare[7]; /* for what comes later; 0 */
};

/* Playout statistics: what was done with one speaker's packets; in a session's stats: with those of
 * all speakers. */
struct wzp_playout_stats {
    struct wzp_jitter_stats jitter;
    uint64_t frames_decoded; /* voice decoded from its own packet, in units of 20 ms */
    uint64_t frames_dred;    /* lost frames rebuilt from DRED */
    uint64_t frames_lbrr;    /* lost frames rebuilt from LBRR */
    /* synthesized in place of lost frames (packet loss concealment), in units of 20 ms */
    uint64_t frames_concealed;
    uint64_t frames_silence; /* DTX, comfort noise, pauses after the first packet; as above */
    uint64_t underruns;      /* times playout ran dry while the sender was talking */
    uint64_t skipped_frames; /* discarded to reduce an excessive delay */
    uint64_t stretched_samples, squeezed_samples;
    double level_dbfs;      /* level of the output, smoothed; -127 = silence */
    uint8_t codec;          /* last seen */
    unsigned dred_reach_ms; /* how far back the DRED of the newest parsed packet reaches */
    /* now: from the arrival of a packet without extra delay to its playout */
    unsigned delay_ms;
    uint64_t frames_repaired; /* lost frames restored exactly; see below */
    /* complexity of libopus' decoder: 7 where the machine is fast enough, down to 0 */
    uint64_t complexity;
    uint64_t spare[6]; /* for what comes later; 0 */
};
/* frames_repaired: lost frames, in units of 20 ms, that were restored bit by bit, while frames_dred
 * and frames_lbrr count approximations: Opus frames from copies in later packets, Codec2 frames
 * from repair packets (RaptorQ). No codec has both, so codec tells which, except in a session whose
 * speakers use both codecs. */

/* Sums in frames of 20 ms: lost frames that were rebuilt by any means; and all voice frames:
 * decoded, rebuilt and concealed. */
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
    unsigned number; /* identifies a voice within its session */
    /* of the speaker; fingerprint and alias "": the relay does not tell who speaks */
    char fingerprint[64];
    char alias[WZP_ALIAS_MAX];
    bool speaking;
    unsigned volume_percent;
    double level_dbfs; /* before the volume */
};

/* How our audio is coded, and the measurements that decide it. */
struct wzp_coding_stats {
    uint32_t bitrate; /* bit/s, voice and redundancy together */
    unsigned frame_ms;
    bool fec; /* each packet carries LBRR of the one before it */
    /* bit i: each packet also carries a full copy of the frame i + 1 packets before */
    uint8_t copies;
    unsigned expected_loss; /* packet loss in percent that the encoder is told to expect */
    unsigned dred_ms;       /* DRED that the encoder is told to add */
    double sent_kbps;       /* over the last half second, headers included */
    double received_kbps;   /* over the last second, payload only */
    /* loss of our packets, as the other side reports it; mean packets lost in a row */
    double peer_loss_percent, peer_run;
    /* the bottleneck rate towards the other side; 0 = no queue */
    unsigned peer_limit_kbps;
    /* for comparison: what the existing programs would choose */
    unsigned tuner_dred_ms, tuner_expected_loss;
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
    uint64_t duration_ms;           /* since answered; of a room: since joined */
    struct wzp_quic_stats path;     /* of the active path */
    struct wzp_playout_stats heard; /* all speakers */
    /* speakers that can be told apart and sent something in the last 30 s */
    size_t speakers;
    uint64_t frames_sent, bytes_sent, datagrams_received, datagrams_dropped;
    uint64_t unsealed_dropped, sealed_failed;
    double level_in_dbfs, level_out_dbfs;
    uint8_t codec_out, codec_in;
    struct wzp_coding_stats coding;
    /* Percent of the voice frames so far that were concealed, rebuilt from DRED, and rebuilt from
     * LBRR. */
    double concealed_percent, rebuilt_dred_percent, rebuilt_lbrr_percent;
    double r, mos; /* E-model estimate, 0 to 93 and 1 to 4.5; 0: nothing was heard yet */
};

#ifdef __cplusplus
}
#endif

#endif
