/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The figures of an analyzed stream, as a table. */
#include "app/analyze.h"

#include "wzp/stats.h"

const char *wzp_origin_name(enum wzp_origin origin)
{
    static const char *const names[WZP_ORIGIN_COUNT] = {"as it came", "FEC",       "DRED",
                                                        "copy",       "concealed", "silence"};
    return names[origin];
}

double wzp_analysis_voice_ms(const struct wzp_analysis_bin *b)
{
    double sum = 0;
    for (int origin = 0; origin < WZP_ORIGIN_SILENCE; origin++)
        sum += (double)b->origin_ms[origin];
    return sum;
}

double wzp_analysis_origin_ms(const struct wzp_analysis *a, const struct wzp_analysis_stream *s,
                              enum wzp_origin origin)
{
    double sum = 0;
    for (size_t i = 0; i < a->bin_count; i++)
        sum += (double)s->bins[i].origin_ms[origin];
    return sum;
}

static bool share(const struct wzp_analysis_stream *s, uint64_t frames, double *out)
{
    double all = (double)wzp_playout_voice(&s->heard);
    *out = all > 0 ? 100 * (double)frames / all : 0;
    return all > 0 && !s->is_sealed;
}

static bool packets(const struct wzp_analysis_stream *s, double *out)
{
    *out = (double)s->packets;
    return true;
}

static bool lost(const struct wzp_analysis_stream *s, double *out)
{
    *out = s->heard.jitter.expected
               ? 100 * (double)s->heard.jitter.lost / (double)s->heard.jitter.expected
               : 0;
    return true;
}

static bool hole(const struct wzp_analysis_stream *s, double *out)
{
    *out = (double)s->longest_hole;
    return true;
}

static bool run(const struct wzp_analysis_stream *s, double *out)
{
    *out = s->heard.jitter.runs.mean_run;
    return *out > 0;
}

static bool late(const struct wzp_analysis_stream *s, double *out)
{
    *out = (double)s->heard.jitter.late;
    return !s->is_sealed;
}

static bool reordered(const struct wzp_analysis_stream *s, double *out)
{
    *out = (double)s->heard.jitter.reordered;
    return true;
}

static bool duplicate(const struct wzp_analysis_stream *s, double *out)
{
    *out = (double)s->heard.jitter.duplicate;
    return true;
}

static bool jitter(const struct wzp_analysis_stream *s, double *out)
{
    *out = s->heard.jitter.jitter_ms;
    return true;
}

static bool spread_p50(const struct wzp_analysis_stream *s, double *out)
{
    return (*out = s->spread_p50) >= 0;
}

static bool spread_p95(const struct wzp_analysis_stream *s, double *out)
{
    return (*out = s->spread_p95) >= 0;
}

static bool spread_p99(const struct wzp_analysis_stream *s, double *out)
{
    return (*out = s->spread_p99) >= 0;
}

static bool delay_p50(const struct wzp_analysis_stream *s, double *out)
{
    return (*out = s->delay_p50) >= 0;
}

static bool delay_p95(const struct wzp_analysis_stream *s, double *out)
{
    return (*out = s->delay_p95) >= 0;
}

static bool rtt(const struct wzp_analysis_stream *s, double *out)
{
    return (*out = s->rtt_ms) > 0;
}

static bool in_time(const struct wzp_analysis_stream *s, double *out)
{
    return share(s, s->heard.frames_decoded, out);
}

static bool lbrr(const struct wzp_analysis_stream *s, double *out)
{
    return share(s, s->heard.frames_lbrr, out);
}

static bool dred(const struct wzp_analysis_stream *s, double *out)
{
    return share(s, s->heard.frames_dred, out);
}

static bool repaired(const struct wzp_analysis_stream *s, double *out)
{
    return share(s, s->heard.frames_repaired, out);
}

static bool concealed(const struct wzp_analysis_stream *s, double *out)
{
    return share(s, s->heard.frames_concealed, out);
}

static bool silence(const struct wzp_analysis_stream *s, double *out)
{
    *out = (double)s->heard.frames_silence / 50;
    return !s->is_sealed;
}

static bool underruns(const struct wzp_analysis_stream *s, double *out)
{
    *out = (double)s->heard.underruns;
    return !s->is_sealed;
}

static bool drift(const struct wzp_analysis_stream *s, double *out)
{
    *out = s->heard.jitter.drift_ppm;
    return true;
}

static bool rate(const struct wzp_analysis_stream *s, double *out)
{
    double seconds = s->last - s->first;
    *out = seconds > 0 ? (double)s->bytes * 8 / 1000 / seconds : 0;
    return seconds > 0;
}

static bool rate_out(const struct wzp_analysis_stream *s, double *out)
{
    double seconds = s->last - s->first;
    *out = seconds > 0 ? (double)s->bytes_out * 8 / 1000 / seconds : 0;
    return seconds > 0 && s->packets_out > 0;
}

static bool r(const struct wzp_analysis_stream *s, double *out)
{
    return (*out = s->r) > 0;
}

static bool mos(const struct wzp_analysis_stream *s, double *out)
{
    return (*out = s->mos) > 0;
}

static const struct wzp_analysis_figure figures[] = {
    {"packets", "packets that came", "", 0, packets},
    {"kbps", "payload received", "kbit/s", 1, rate},
    {"kbps_out", "payload sent", "kbit/s", 1, rate_out},
    {"lost_percent", "lost on the way", "%", 2, lost},
    {"mean_run", "lost in a row, mean", "packets", 1, run},
    {"longest_hole", "lost in a row, most", "packets", 0, hole},
    {"late", "too late to be played", "packets", 0, late},
    {"reordered", "out of order", "packets", 0, reordered},
    {"duplicate", "twice", "packets", 0, duplicate},
    {"jitter_ms", "interarrival jitter (RFC 3550)", "ms", 1, jitter},
    {"spread_p50_ms", "network delay beyond the least, median", "ms", 0, spread_p50},
    {"spread_p95_ms", "network delay beyond the least, 95 %", "ms", 0, spread_p95},
    {"spread_p99_ms", "network delay beyond the least, 99 %", "ms", 0, spread_p99},
    {"delay_p50_ms", "arrival to playout, median", "ms", 0, delay_p50},
    {"delay_p95_ms", "arrival to playout, 95 %", "ms", 0, delay_p95},
    {"rtt_ms", "round trip", "ms", 1, rtt},
    {"in_time_percent", "heard as it came", "%", 2, in_time},
    {"fec_percent", "rebuilt from the next packet (FEC)", "%", 2, lbrr},
    {"dred_percent", "rebuilt from DRED", "%", 2, dred},
    {"repaired_percent", "from copies or repair packets", "%", 2, repaired},
    {"concealed_percent", "concealed", "%", 2, concealed},
    {"silence_s", "the sender was silent", "s", 1, silence},
    {"underruns", "times the buffer ran dry", "", 0, underruns},
    {"drift_ppm", "the sender's clock against ours", "ppm", 0, drift},
    {"r", "R of the E-model", "", 1, r},
    {"mos", "MOS that follows from it", "", 2, mos},
};

const struct wzp_analysis_figure *wzp_analysis_figure(size_t i)
{
    return i < sizeof figures / sizeof *figures ? &figures[i] : NULL;
}
