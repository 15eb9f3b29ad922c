/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Whole calls that adapt to their lines: loss that begins and ends, lines too narrow for the
 * initial rate of a call, and a side that sends nothing. */
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "sim/lib_stage.h"
#include "tap.h"
#include "wire/codec.h"

#define MS WZP_MILLISECOND
#define STEP (100 * MS)

static struct stage st;

static struct wzp_session_stats stats_of(const struct wzp_sim_phone *p, wzp_session_id call)
{
    struct wzp_session_stats stats;

    if (wzp_phone_session_stats(p->phone, call, &stats, wzp_sim_now(st.sim)) < 0)
        bail("no call");
    return stats;
}

/* Starts a call. Ann encodes at full complexity, since bit rates matter here; bob_fine: Bob decodes
 * so, too, for tests of concealment. */
static void raise(uint64_t seed, const struct wzp_sim_link *line, bool bob_fine)
{
    st.codec = WZP_CODEC_OPUS_32K;
    st.ann_fine = true;
    st.bob_fine = bob_fine;
    stage_raise(&st, seed, line);
    if (!stage_call(&st, 40 * WZP_SECOND))
        bail("no call");
}

/* Seconds until Ann's encoder uses (or no longer uses) redundancy for high loss. */
static double until_protected(bool protected)
{
    double seconds = 0;

    for (; seconds < 30; seconds += 0.1) {
        struct wzp_session_stats stats = stats_of(&st.ann, st.call);
        if (protected ? stats.coding.copies != 0
                      : stats.coding.copies == 0 && stats.coding.expected_loss == 0)
            break;
        wzp_sim_run(st.sim, STEP);
    }
    return seconds;
}

static void loss_comes_and_goes(void)
{
    static const struct wzp_sim_link fine = {.delay = 20 * MS};
    static const struct wzp_sim_link bad = {.delay = 20 * MS, .loss = 0.106};

    raise(90, &fine, true);
    wzp_sim_run(st.sim, 10 * WZP_SECOND);
    struct wzp_session_stats stats = stats_of(&st.ann, st.call);
    ok(!stats.coding.fec && !stats.coding.copies && stats.coding.frame_ms == 20,
       "a clean line: no redundancy after ten seconds");
    ok(stats.codec_out == WZP_CODEC_OPUS_32K, "and the tier asked for");
    wzp_sim_set_links(st.ann.host, &bad, &bad);
    wzp_sim_set_links(st.bob.host, &bad, &bad);
    double seconds = until_protected(true);
    ok(seconds <= 2, "a fifth lost: the coder is prepared after %.1f s", seconds);
    wzp_sim_run(st.sim, 10 * WZP_SECOND);
    stats = stats_of(&st.bob, st.bobs);
    uint64_t copied = stats.heard.frames_repaired;
    ok(copied > 50 && copied > 3 * stats.heard.frames_concealed,
       "most of what is lost comes again (%llu frames, %llu made up)", (unsigned long long)copied,
       (unsigned long long)stats.heard.frames_concealed);
    ok(stats.concealed_percent > 0 && stats.mos < 4.4, "and told: %.1f %% made up, MOS %.2f",
       stats.concealed_percent, stats.mos);
    stats = stats_of(&st.ann, st.call);
    ok(stats.coding.peer_loss_percent > 10 && stats.coding.peer_run >= 1,
       "Ann knows what Bob misses (%.0f %%, %.1f in a row)", stats.coding.peer_loss_percent,
       stats.coding.peer_run);
    wzp_sim_set_links(st.ann.host, &fine, &fine);
    wzp_sim_set_links(st.bob.host, &fine, &fine);
    seconds = until_protected(false);
    ok(seconds <= 10, "all arrives again: as before after %.1f s", seconds);
    stage_lower(&st);
}

static int by_size(const void *a, const void *b)
{
    unsigned x = *(const unsigned *)a;
    unsigned y = *(const unsigned *)b;
    return (x > y) - (x < y);
}

/* Lets time pass; returns the 95th percentile of Bob's playout delay. */
static unsigned delay_of_most(unsigned seconds)
{
    static unsigned delays[600];
    size_t count = 0;

    for (; count < seconds * 10 && count < 600; count++) {
        wzp_sim_run(st.sim, STEP);
        delays[count] = stats_of(&st.bob, st.bobs).heard.delay_ms;
    }
    qsort(delays, count, sizeof *delays, by_size);
    return delays[count * 95 / 100];
}

/* Seconds until Ann's encoder uses longer frames: such a line cannot carry 50 frames a second. */
static double until_longer_frames(void)
{
    double seconds = 0;

    for (; seconds < 30 && stats_of(&st.ann, st.call).coding.frame_ms == 20; seconds += 0.1)
        wzp_sim_run(st.sim, STEP);
    return seconds;
}

/* Bob's downlink, or Ann's uplink, carries less than the initial rate of a call. Of 16 kbit/s the
 * headers alone take more than half: the call continues with a voice at the lowest rate. */
static void narrow(unsigned kbps, bool far)
{
    struct wzp_sim_link fine = {.delay = 20 * MS};
    struct wzp_sim_link thin = {
        .delay = 20 * MS, .rate = kbps * 1000, .queue_bytes = (size_t)kbps * 25}; /* 200 ms */

    raise(91 + kbps, &fine, false);
    wzp_sim_set_links(far ? st.bob.host : st.ann.host, far ? NULL : &thin, far ? &thin : NULL);
    double seconds = until_longer_frames();
    ok(seconds <= (kbps > 48 ? 2 : 1.2), "%u kbit/s, %s line: less is sent after %.1f s", kbps,
       far ? "Bob's" : "Ann's", seconds);
    wzp_sim_run(st.sim, 5 * WZP_SECOND - (uint64_t)(seconds * WZP_SECOND));
    struct wzp_session_stats before = stats_of(&st.bob, st.bobs);
    size_t from = st.bob.card.heard.samples;
    unsigned delay = delay_of_most(33);
    double alike = stage_listen(&st, &st.bob, 7 * WZP_SECOND);
    struct wzp_session_stats after = stats_of(&st.bob, st.bobs);
    uint64_t lost = after.heard.jitter.lost - before.heard.jitter.lost;
    uint64_t expected = after.heard.jitter.expected - before.heard.jitter.expected;
    ok(lost * 100 <= expected, "%llu of %llu packets are lost after 5 s", (unsigned long long)lost,
       (unsigned long long)expected);
    ok(alike > 0.6, "the sound lives (likeness %.2f)", alike);
    ok(stage_extra_gap(&st, &st.bob, from) < 500, "without a stall");
    /* Signals and probes share the line; at 16 kbit/s a voice packet alone takes 115 ms. */
    ok(delay <= (kbps > 16 ? 180U : 220U),
       "and with %u ms of delay, but for a twentieth of the time", delay);
    ok(wzp_sim_phone_count(&st.ann, WZP_EVENT_ENDED) == 0 &&
           wzp_sim_phone_count(&st.bob, WZP_EVENT_ENDED) == 0,
       "nothing ends");
    stage_lower(&st);
}

static size_t bytes_of_ann;

static void count_bytes(void *context, const struct wzp_addr *from, const struct wzp_addr *to,
                        const uint8_t *data, size_t length)
{
    struct wzp_addr ann;

    (void)context, (void)to, (void)data;
    if (wzp_addr_parse(&ann, STAGE_ANN, strlen(STAGE_ANN)) == 0 && wzp_addr_equal(from, &ann))
        bytes_of_ann += length + 28;
}

static void silent_side(void)
{
    static const struct wzp_sim_link fine = {.delay = 20 * MS};

    raise(95, &fine, false);
    wzp_phone_mute(st.ann.phone, st.call, true, wzp_sim_now(st.sim));
    wzp_sim_run(st.sim, 5 * WZP_SECOND);
    bytes_of_ann = 0;
    wzp_sim_set_tap(st.sim, count_bytes, NULL);
    wzp_sim_run(st.sim, 10 * WZP_SECOND);
    double kbps = (double)bytes_of_ann * 8 / 10000;
    ok(kbps <= 15, "who listens only sends %.1f kbit/s, acknowledgements and headers included",
       kbps);
    ok(wzp_sim_phone_count(&st.bob, WZP_EVENT_NOTICE) == 0, "and is not taken for gone");
    struct wzp_session_stats stats = stats_of(&st.bob, st.bobs);
    ok(stats.heard.jitter.loss_percent_5s < 1, "nor is a pause a loss");
    stage_lower(&st);
}

/* The relay's newest quality directive for this call. */
static const char *recommended(const struct wzp_sim_phone *p, wzp_session_id call)
{
    const struct wzp_event *e = wzp_sim_phone_find(p, WZP_EVENT_QUALITY, call);

    return e ? e->u.quality.text : "nothing";
}

/* Checks what is sent every tenth of a second for a minute: the codec is always Opus, and soon the
 * rate is the previous one. */
static void watch_recovery(const struct wzp_sim_phone *p, wzp_session_id call, const char *name)
{
    unsigned poor = 0, poorest = 0;
    double seconds = 0;

    for (unsigned i = 0; i < 600; i++) {
        wzp_sim_run(st.sim, STEP);
        struct wzp_session_stats stats = stats_of(p, call);
        poor += !wzp_codec_info(stats.codec_out)->is_opus;
        poorest += strstr(recommended(p, call), "Codec2") != NULL;
        if (stats.codec_out != WZP_CODEC_OPUS_32K || stats.coding.frame_ms != 20)
            seconds = (i + 1) / 10.0;
    }
    ok(poorest > 0, "a relay recommends Codec2 to %s (for %.1f s)", name, poorest / 10.0);
    is_int((int)poor, 0, "who never sends it");
    ok(seconds <= 15, "and is back at the tier asked for after %.1f s", seconds);
    ok(strstr(recommended(p, call), "Codec2") == NULL, "in the end %s is recommended",
       recommended(p, call));
}

/* Bob has no network for ten seconds, which counts as loss in the reports after that. */
static void outage(bool ann)
{
    static const struct wzp_sim_link fine = {.delay = 20 * MS}, cut = {.down = true};

    raise(97 + ann, &fine, false);
    wzp_sim_run(st.sim, 5 * WZP_SECOND);
    wzp_sim_set_links(st.bob.host, &cut, &cut);
    wzp_sim_run(st.sim, 10 * WZP_SECOND);
    wzp_sim_set_links(st.bob.host, &fine, &fine);
    if (ann)
        watch_recovery(&st.ann, st.call, "who was there");
    else
        watch_recovery(&st.bob, st.bobs, "who was away");
    stage_lower(&st);
}

TAP_MAIN
{
    outage(false);
    outage(true);
    loss_comes_and_goes();
    narrow(64, false);
    narrow(48, true);
    narrow(32, false);
    narrow(24, true);
    narrow(16, false);
    narrow(16, true);
    silent_side();
    stage_fini(&st);
}
