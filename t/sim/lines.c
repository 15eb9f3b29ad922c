/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Calls on bad lines, one table row each: they are connected, the sound continues, and no gap is
 * longer than the line's own. */
#include <string.h>

#include "base/alloc.h"
#include "base/time.h"
#include "sim/lib_stage.h"
#include "sim/lib_voice.h"
#include "tap.h"

#define MS WZP_MILLISECOND

static struct stage st;

static const struct row {
    const char *name;
    struct wzp_sim_link line; /* Ann's and Bob's, each way */
    unsigned burst_ms;        /* longest interruption of the line itself */
    double alike;             /* least similarity of sound and speech; of several calls the mean */
} rows[] = {
    {"5 % loss", {.delay = 20 * MS, .loss = 0.025}, 0, 0.9},
    {"20 % loss", {.delay = 20 * MS, .loss = 0.106}, 0, 0.85},
    {"30 % loss", {.delay = 20 * MS, .loss = 0.163}, 0, 0.8},
    {"40 % loss", {.delay = 20 * MS, .loss = 0.225}, 0, 0.7},
    {"bursts of 200 ms",
     {.delay = 20 * MS, .loss = 0.004, .burst = 1, .burst_length = 10},
     200,
     0.6},
    {"jitter of 200 ms", {.delay = 20 * MS, .jitter = 200 * MS}, 0, 0.82},
    {"reordering",
     {.delay = 20 * MS, .jitter = 5 * MS, .reorder = 0.2, .reorder_delay = 60 * MS},
     0,
     0.8},
    {"800 ms one way", {.delay = 400 * MS, .jitter = 10 * MS}, 0, 0.9},
    {"800 ms one way and 10 % loss", {.delay = 400 * MS, .loss = 0.05}, 0, 0.85},
    {"MTU 1200", {.delay = 20 * MS, .mtu = 1200}, 0, 0.9},
    {"MTU 1400", {.delay = 20 * MS, .mtu = 1400}, 0, 0.9},
    {"MTU 1500", {.delay = 20 * MS, .mtu = 1500}, 0, 0.9},
};
#define ROWS (sizeof rows / sizeof rows[0])

/* A line that carries Opus at 6 kbit/s with all overhead, and little more: 40 ms frames of 85 bytes
 * and their acknowledgements are 35 kbit/s with UDP and IP. */
static const struct row narrow = {
    "48 kbit/s", {.delay = 20 * MS, .rate = 48000, .queue_bytes = 4000}, 0, 0.8};
/* Too narrow for the standard codec: two thirds of the packets are dropped. Which ones depends on a
 * few bytes (TLS keys do not derive from the seed), so that little can be promised. */
static const struct row crowded = {
    "32 kbit/s", {.delay = 20 * MS, .rate = 32000, .queue_bytes = 2000}, 1600, 0.1};

/* Returns the similarity. */
static double call_once(const struct row *row, enum wzp_codec codec, uint64_t seed)
{
    st.codec = codec;
    st.bob_fine = true; /* the sound at his side is compared */
    stage_raise(&st, seed, &row->line);
    ok(stage_call(&st, 40 * WZP_SECOND), "%s: a call comes up", row->name);
    wzp_sim_run(st.sim, 2 * WZP_SECOND);
    size_t from = st.ann.card.heard.samples;
    double alike = stage_listen(&st, &st.ann, 7 * WZP_SECOND);
    unsigned gap = stage_extra_gap(&st, &st.ann, from);
    ok(gap <= row->burst_ms + 400, "%s: no stall (%u ms)", row->name, gap);
    ok(!wzp_sim_phone_find(&st.ann, WZP_EVENT_ENDED, 0) &&
           !wzp_sim_phone_find(&st.bob, WZP_EVENT_ENDED, 0) &&
           wzp_sim_phone_count(&st.ann, WZP_EVENT_REGISTERED) == 1,
       "%s: nothing was lost", row->name);
    stage_lower(&st);
    return alike;
}

static void call_on(const struct row *row, enum wzp_codec codec, uint64_t seed)
{
    /* With much jitter or loss chance affects a single call as much as the line does, so the mean
     * of several is used. */
    unsigned calls = row->line.jitter >= 100 * MS || row->line.loss > 0.2 ? 5 : 1;
    double sum = 0;

    for (unsigned i = 0; i < calls; i++)
        sum += call_once(row, codec, seed + 100 * i);
    ok(sum / calls >= row->alike, "%s: the sound goes on (likeness %.3f)", row->name, sum / calls);
}

TAP_MAIN
{
    for (size_t i = 0; i < ROWS; i++)
        call_on(&rows[i], WZP_CODEC_OPUS_24K, 50 + i);
    call_on(&narrow, WZP_CODEC_OPUS_6K, 80);
    call_on(&crowded, WZP_CODEC_OPUS_24K, 81);
    stage_fini(&st);
}
