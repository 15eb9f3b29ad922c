/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/playout.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/alloc.h"
#include "base/time.h"
#include "media/intake.h"
#include "media/level.h"
#include "media/pace.h"
#include "media/stretch.h"

#define TICK 480      /* samples of one step while there is nothing to decode */
#define WAIT_TICK 240 /* and before the start */
#define TICK_MS 10
#define PIECE_MS 20      /* a gap is rebuilt in pieces of this */
#define GIVE_UP_MS 5000  /* without a packet for so long: waits for a new start */
#define UNDERRUN_MS 1000 /* after so long without packets the sender counts as silent */
#define JUMP_MS 2000     /* a gap this large without elapsed time is a jump of the sender's clock */
#define SKIP_MS 700.0    /* this much too late: skips audio instead of time-compressing it */
#define RESCUERS_MAX 8

struct wzp_playout {
    struct wzp_jitter *jitter;
    struct wzp_decoder *decoder;
    uint64_t epoch;
    bool started;
    int64_t position; /* timestamp of what plays next */
    unsigned frame_ms;
    bool has_last;
    uint16_t last_sequence;
    bool sender_silent; /* the last packet signalled silence */
    bool sender_paused; /* and it was comfort noise: no packets until speech */
    unsigned held_ms;   /* played since the buffer ran dry, position standing still */
    unsigned pause_ms;  /* noise played in a pause of the sender */
    size_t pending; /* concealed samples of which we do not know yet whether the sender paused */
    int16_t chunk[WZP_FRAME_SAMPLES_MAX + WZP_STRETCH_STEP_MAX];
    size_t chunk_at, chunk_count;
    bool chunk_voice;
    bool concealed; /* the chunk is concealment */
    bool join;      /* the next chunk does not continue what was played: smooth the joint */
    struct wzp_stretch_played played;
    struct wzp_pace pace;
    double last_lag; /* of the frame last played, when it is heard */
    uint64_t decoded_samples, concealed_samples, silence_samples, dred_samples, lbrr_samples,
        repaired_samples;
    struct wzp_intake intake;
    struct wzp_meter meter;
    struct wzp_playout_stats stats;
};

int wzp_playout_new(struct wzp_playout **out)
{
    struct wzp_playout *p = wzp_calloc(1, sizeof *p);
    int result;

    *out = NULL;
    if (!p)
        return WZP_E_MEMORY;
    result = wzp_jitter_new(&p->jitter);
    if (result == 0)
        result = wzp_decoder_new(&p->decoder);
    if (result != 0) {
        wzp_playout_free(p);
        return result;
    }
    p->frame_ms = 20;
    wzp_pace_forget(&p->pace);
    *out = p;
    return 0;
}

void wzp_playout_free(struct wzp_playout *p)
{
    if (!p)
        return;
    wzp_jitter_free(p->jitter);
    wzp_decoder_free(p->decoder);
    wzp_free(p);
}

void wzp_playout_set_complexity(struct wzp_playout *p, unsigned complexity)
{
    wzp_decoder_set_complexity(p->decoder, complexity);
}

static bool is_opus(unsigned codec)
{
    const struct wzp_codec_info *info = wzp_codec_info(codec);

    return info && info->is_opus;
}

void wzp_playout_put(struct wzp_playout *p, const struct wzp_media_packet *packet, uint64_t now)
{
    wzp_intake_put(&p->intake, p->jitter, p->decoder, packet, now);
}

/* --- chunks -------------------------------------------------------------------------------- */

static void set_chunk(struct wzp_playout *p, size_t samples, bool voice)
{
    p->chunk_at = 0;
    p->chunk_count = samples;
    p->chunk_voice = voice;
    if (p->join && samples >= TICK)
        wzp_stretch_go_on(&p->played, p->chunk);
    wzp_stretch_played(&p->played, p->chunk, samples);
    p->join = p->concealed = false;
}

/* Consecutive concealment is continuous; the chunk after it must be joined. */
static void make_concealment(struct wzp_playout *p, size_t samples)
{
    bool voice = wzp_decoder_conceal(p->decoder, p->chunk, samples) == 1 && !p->sender_silent;

    p->join = p->join && !p->concealed;
    set_chunk(p, samples, voice);
    p->join = p->concealed = true;
}

static void make_silence(struct wzp_playout *p)
{
    memset(p->chunk, 0, WAIT_TICK * sizeof *p->chunk);
    set_chunk(p, WAIT_TICK, false);
}

static void make_noise(struct wzp_playout *p)
{
    wzp_decoder_noise(p->decoder, p->chunk, TICK, -1);
    p->silence_samples += TICK;
    set_chunk(p, TICK, false);
}

/* The buffer is no longer empty. paused: the sender was silent, so nothing was missing. */
static void end_hold(struct wzp_playout *p, bool paused)
{
    if (paused) {
        p->silence_samples += p->pending;
    } else {
        p->concealed_samples += p->pending;
        if (p->pending > 0)
            p->stats.underruns++;
    }
    if (p->held_ms > 0)
        p->join = true;
    if (!paused)
        wzp_pace_held(&p->pace, p->held_ms);
    p->pending = 0;
    p->held_ms = 0;
}

/* --- one step ------------------------------------------------------------------------------ */

static void play_packet(struct wzp_playout *p, const struct wzp_jitter_packet *packet, uint64_t now)
{
    size_t lead = (size_t)(p->position - packet->timestamp) * WZP_SAMPLES_PER_MS;
    double lag = wzp_jitter_lag_ms(p->jitter, packet->timestamp, now);
    bool noise = packet->codec == WZP_CODEC_COMFORT_NOISE;
    bool silent = noise || (is_opus(packet->codec) && packet->length <= 2);
    int made;

    bool held = p->held_ms > 0;

    end_hold(p, false);
    /* After a hold, a frame that came only as a copy plays late. Whether waiting for copies pays is
     * decided soon; until then the lag is not reduced. */
    if (held && packet->is_repaired)
        wzp_pace_forget(&p->pace);
    p->last_lag = lag + p->pace.ahead_ms;
    p->frame_ms = packet->frame_ms;
    made = wzp_decoder_decode(p->decoder, p->chunk, packet->codec, packet->data, packet->length);
    if (made < 0) {
        made = (int)(p->frame_ms * WZP_SAMPLES_PER_MS);
        silent = wzp_decoder_conceal(p->decoder, p->chunk, (size_t)made) == 0;
        p->concealed_samples += (uint64_t)made;
    } else if (silent) {
        p->silence_samples += (uint64_t)made;
    } else if (packet->is_repaired) {
        p->repaired_samples += (uint64_t)made;
    } else {
        p->decoded_samples += (uint64_t)made;
    }
    p->has_last = true;
    p->last_sequence = packet->sequence;
    p->sender_silent = silent;
    p->sender_paused = noise;
    p->pause_ms = 0;
    p->position = packet->timestamp + packet->frame_ms;
    wzp_jitter_release(p->jitter, p->position);
    if (lead > 0 && lead < (size_t)made) {
        memmove(p->chunk, p->chunk + lead, ((size_t)made - lead) * sizeof *p->chunk);
        made -= (int)lead;
    }
    struct wzp_pace_goal goal = {.target_ms = wzp_jitter_target_ms(p->jitter),
                                 .least_ms = wzp_jitter_rescue_ms(p->jitter),
                                 .base_ms = wzp_jitter_base_ms(p->jitter, now)};
    set_chunk(p, wzp_pace_adjust(&p->pace, p->chunk, (size_t)made, packet->frame_ms, lag, &goal),
              !silent);
}

/* Rebuilds `ms` at the position by DRED, from the earliest packet that reaches back to it. */
static bool rescue_dred(struct wzp_playout *p, const struct wzp_jitter_packet *next, unsigned ms)
{
    const struct wzp_jitter_packet *from = next;
    size_t samples = (size_t)ms * WZP_SAMPLES_PER_MS;

    for (int i = 0; from && i < RESCUERS_MAX; i++) {
        size_t offset = (size_t)(from->timestamp - p->position) * WZP_SAMPLES_PER_MS;

        if (offset > WZP_SAMPLE_RATE)
            return false;
        if (is_opus(from->codec) && (size_t)wzp_decoder_dred_reach(p->decoder, from->id, from->data,
                                                                   from->length) >= offset) {
            if (wzp_decoder_dred(p->decoder, p->chunk, samples, offset) <= 0)
                return false;
            p->dred_samples += samples;
            return true;
        }
        from = wzp_jitter_next_after(p->jitter, from->timestamp);
    }
    return false;
}

/* Rebuilds `ms`, the last of the gap, from the next packet's copy of the frame before it. */
static bool rescue_lbrr(struct wzp_playout *p, const struct wzp_jitter_packet *next, unsigned ms)
{
    size_t samples = (size_t)ms * WZP_SAMPLES_PER_MS;
    int made = wzp_decoder_lbrr(p->decoder, p->chunk, next->codec, next->data, next->length);

    if (made < (int)samples)
        return false;
    memmove(p->chunk, p->chunk + ((size_t)made - samples), samples * sizeof *p->chunk);
    p->lbrr_samples += samples;
    return true;
}

static void advance(struct wzp_playout *p, unsigned ms)
{
    p->position += ms;
    wzp_jitter_release(p->jitter, p->position);
}

/* How much before `next` its redundancy can rebuild, up to the position. */
static int64_t within_reach(struct wzp_playout *p, const struct wzp_jitter_packet *next)
{
    int64_t gap = next->timestamp - p->position;
    int64_t reach = 0;

    if (is_opus(next->codec))
        reach = wzp_decoder_dred_reach(p->decoder, next->id, next->data, next->length) /
                WZP_SAMPLES_PER_MS;
    if (reach < next->frame_ms && wzp_decoder_has_lbrr(next->codec, next->data, next->length))
        reach = next->frame_ms;
    reach -= reach % TICK_MS;
    return reach < gap ? reach : gap;
}

/* The sender was silent until `next`, or until the lost frames before it: plays noise until these
 * are due. True when the chunk was made. */
static bool play_pause(struct wzp_playout *p, const struct wzp_jitter_packet *next, bool in_a_row,
                       uint64_t now)
{
    int64_t gap = next->timestamp - p->position;
    int64_t reach = in_a_row ? 0 : within_reach(p, next);
    /* There is time for the frames lost before the packet until the packet itself is due, and no
     * longer. */
    double early =
        wzp_jitter_target_ms(p->jitter) - wzp_jitter_lag_ms(p->jitter, next->timestamp, now);
    int64_t lost = early > 0 ? (int64_t)ceil(early / TICK_MS) * TICK_MS : 0;

    end_hold(p, true);
    p->sender_silent = p->sender_paused = true;
    if (lost <= reach || p->pause_ms > gap + UNDERRUN_MS) {
        if (lost > reach)
            lost = reach;
        advance(p, (unsigned)(gap - lost));
        p->sender_silent = p->sender_paused = false;
        p->pause_ms = 0;
        p->join = true;
        wzp_pace_forget(&p->pace);
        return false;
    }
    make_noise(p);
    p->pause_ms += TICK_MS;
    return true;
}

/* The numbers that are missing before `next` do not account for all of the gap: in the rest of it
 * the sender sent nothing. */
static bool is_pause_in_gap(const struct wzp_playout *p, const struct wzp_jitter_packet *next)
{
    uint16_t missing = (uint16_t)(next->sequence - p->last_sequence - 1);
    unsigned frame_ms = next->frame_ms > p->frame_ms ? next->frame_ms : p->frame_ms;
    int64_t gap = next->timestamp - p->position;

    return p->has_last && (missing == 0 || gap <= JUMP_MS) && (int64_t)missing * frame_ms < gap;
}

/* Audio is missing at the position and there is some later. True when the chunk was made, false
 * when the position moved. */
static bool play_gap(struct wzp_playout *p, const struct wzp_jitter_packet *next, uint64_t now)
{
    int64_t gap = next->timestamp - p->position;
    bool lbrr = gap < JUMP_MS && wzp_decoder_has_lbrr(next->codec, next->data, next->length);
    /* The last frame of the gap is left whole for what the next packet repeats. */
    int64_t most = lbrr && gap > next->frame_ms ? gap - next->frame_ms : gap;
    unsigned longest = lbrr && gap <= next->frame_ms ? next->frame_ms : PIECE_MS;
    unsigned frame = most < longest ? (unsigned)most : longest;
    size_t samples = (size_t)frame * WZP_SAMPLES_PER_MS;

    bool in_a_row = p->has_last && next->sequence == (uint16_t)(p->last_sequence + 1);
    if (gap <= INT32_MAX && (p->sender_paused || p->sender_silent || is_pause_in_gap(p, next)))
        return play_pause(p, next, in_a_row, now);
    if ((gap > JUMP_MS && gap > 2 * (int64_t)p->held_ms) || frame % TICK_MS != 0) {
        end_hold(p, false);
        p->position = next->timestamp;
        wzp_jitter_release(p->jitter, p->position);
        p->join = true;
        wzp_pace_forget(&p->pace);
        return false;
    }
    if (p->held_ms > 0) {
        /* Concealment played while waiting counts as part of the gap; the rest of the gap is still
         * to be filled. */
        unsigned take = p->held_ms < gap ? p->held_ms : (unsigned)gap;

        p->concealed_samples += p->pending;
        p->stats.underruns += p->pending > 0;
        p->pending = 0;
        p->held_ms -= take;
        p->join = true;
        advance(p, take);
        return false;
    }
    if (lbrr && gap <= next->frame_ms ? rescue_lbrr(p, next, frame) || rescue_dred(p, next, frame)
                                      : rescue_dred(p, next, frame)) {
        p->sender_silent = false;
        advance(p, frame);
        set_chunk(p, samples, true);
        return true;
    }
    make_concealment(p, samples);
    p->concealed_samples += samples;
    advance(p, frame);
    return true;
}

/* Nothing to play, and no later packet: holds the position and conceals. */
static void play_hold(struct wzp_playout *p)
{
    p->held_ms += TICK_MS;
    if (p->held_ms >= GIVE_UP_MS) {
        end_hold(p, false);
        p->started = false;
        make_silence(p);
        return;
    }
    if (p->sender_silent || p->held_ms > UNDERRUN_MS) {
        make_noise(p);
        return;
    }
    make_concealment(p, TICK);
    p->pending += TICK;
}

/* Far behind its target, with newer audio in the buffer: jumps to that. */
static void skip_excess(struct wzp_playout *p, uint64_t now)
{
    double target = wzp_jitter_target_ms(p->jitter);
    const struct wzp_jitter_packet *next;

    if (p->held_ms > 0 || wzp_jitter_lag_ms(p->jitter, p->position, now) < target + SKIP_MS)
        return;
    while ((next = wzp_jitter_next_after(p->jitter, p->position)) != NULL &&
           wzp_jitter_lag_ms(p->jitter, next->timestamp, now) >= target) {
        p->position = next->timestamp;
        p->last_sequence = (uint16_t)(next->sequence - 1);
        p->stats.skipped_frames++;
        p->join = true;
    }
    wzp_jitter_release(p->jitter, p->position);
    if (p->join)
        wzp_pace_forget(&p->pace);
}

static void start(struct wzp_playout *p)
{
    int64_t oldest = 0;

    if (!wzp_jitter_oldest(p->jitter, &oldest))
        return;
    p->started = true;
    p->position = oldest;
    p->held_ms = p->pause_ms = 0;
    p->pending = 0;
    p->has_last = p->sender_silent = p->sender_paused = false;
    p->join = true;
    wzp_pace_forget(&p->pace);
}

/* Makes the next chunk. `now` is the time of the pull: what has not arrived by then cannot be in
 * it, wherever in the pulled samples it begins. */
static void produce(struct wzp_playout *p, uint64_t now)
{
    if (p->epoch != wzp_jitter_epoch(p->jitter)) {
        p->epoch = wzp_jitter_epoch(p->jitter);
        if (p->started)
            end_hold(p, false);
        p->started = false;
        wzp_decoder_reset(p->decoder);
    }
    if (!p->started && wzp_jitter_ready(p->jitter, now))
        start(p);
    if (!p->started) {
        make_silence(p);
        return;
    }
    skip_excess(p, now);
    /* Each turn that makes no chunk moves the position towards a stored packet. */
    for (int turn = 0; turn < 600; turn++) {
        const struct wzp_jitter_packet *packet = wzp_jitter_find(p->jitter, p->position);
        const struct wzp_jitter_packet *next;

        if (packet) {
            play_packet(p, packet, now);
            return;
        }
        next = wzp_jitter_next_after(p->jitter, p->position);
        if (!next)
            break;
        if (play_gap(p, next, now))
            return;
    }
    play_hold(p);
}

int wzp_playout_pull(struct wzp_playout *p, int16_t *pcm, size_t samples, uint64_t now)
{
    bool voice = false;
    size_t done = 0;

    wzp_pace_pull(&p->pace, samples, now);
    size_t before = p->pace.pull_samples - samples;
    while (done < samples) {
        size_t take;

        if (p->chunk_at == p->chunk_count) {
            wzp_pace_chunk(&p->pace, before + done);
            produce(p, now);
        }
        take = p->chunk_count - p->chunk_at;
        if (take > samples - done)
            take = samples - done;
        memcpy(pcm + done, p->chunk + p->chunk_at, take * sizeof *pcm);
        p->chunk_at += take;
        done += take;
        voice = voice || p->chunk_voice;
    }
    wzp_meter_feed(&p->meter, pcm, samples);
    return voice && wzp_level_rms_dbfs(pcm, samples) > -65.0;
}

bool wzp_playout_is_unsure(const struct wzp_playout *p, uint64_t now)
{
    return wzp_jitter_is_unsure(p->jitter, now);
}

void wzp_playout_stats(const struct wzp_playout *p, struct wzp_playout_stats *out, uint64_t now)
{
    *out = p->stats;
    wzp_jitter_stats(p->jitter, &out->jitter, now);
    out->codec = p->intake.codec;
    out->dred_reach_ms = p->intake.dred_reach_ms;
    out->frames_decoded = p->decoded_samples / 960;
    out->frames_concealed = (p->concealed_samples + p->pending) / 960;
    out->frames_silence = p->silence_samples / 960;
    out->frames_dred = p->dred_samples / 960;
    out->frames_lbrr = p->lbrr_samples / 960;
    out->frames_repaired = p->repaired_samples / 960;
    out->stretched_samples = p->pace.stretched_samples;
    out->squeezed_samples = p->pace.squeezed_samples;
    out->complexity = wzp_decoder_complexity(p->decoder);
    out->level_dbfs = wzp_meter_dbfs(&p->meter);
    out->delay_ms = p->started && p->last_lag > 0 ? (unsigned)lrint(fmin(p->last_lag, 60000)) : 0;
}
