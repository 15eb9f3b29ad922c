/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/tuner.h"

#define UNITS_MIN 5
#define SPIKE 1.3f
#define COOLDOWN 10
#define RISE 0.3f
#define FALL 0.05f
#define LOSS_END 40.0f
#define RTT_FROM 200
#define RTT_STEP 40
#define PHANTOM_MAX 15
#define START_LOSS 15

static const struct {
    unsigned baseline, ceiling;
} durations[WZP_CODEC_COUNT] = {
    [WZP_CODEC_OPUS_24K] = {20, 50}, [WZP_CODEC_OPUS_16K] = {20, 50},
    [WZP_CODEC_OPUS_6K] = {50, 104}, [WZP_CODEC_OPUS_32K] = {10, 30},
    [WZP_CODEC_OPUS_48K] = {10, 30}, [WZP_CODEC_OPUS_64K] = {10, 30},
};

void wzp_tuner_init(struct wzp_tuner *t, enum wzp_codec codec)
{
    *t = (struct wzp_tuner){.codec = codec};
    t->last.dred_units = (unsigned)codec < WZP_CODEC_COUNT ? durations[codec].baseline : 0;
    t->last.expected_loss = START_LOSS;
}

void wzp_tuner_set_codec(struct wzp_tuner *t, enum wzp_codec codec)
{
    t->codec = codec;
    t->cooldown = 0;
}

static void follow_jitter(struct wzp_tuner *t, float jitter)
{
    if (!t->started)
        t->jitter = jitter;
    else
        t->jitter += (jitter > t->jitter ? RISE : FALL) * (jitter - t->jitter);
    t->started = true;
    /* The average compared with already includes this value. */
    if (t->jitter > 1.0f && jitter > SPIKE * t->jitter)
        t->cooldown = COOLDOWN;
    if (t->cooldown > 0)
        t->cooldown--;
}

bool wzp_tuner_update(struct wzp_tuner *t, struct wzp_tuning *out, float loss_percent,
                      uint32_t rtt_ms, uint32_t jitter_ms)
{
    const struct wzp_codec_info *info = wzp_codec_info(t->codec);
    struct wzp_tuning next;

    if (!info || !info->is_opus)
        return false;
    unsigned baseline = durations[t->codec].baseline;
    unsigned ceiling = durations[t->codec].ceiling;
    float loss = !(loss_percent > 0) ? 0 : loss_percent > 100 ? 100 : loss_percent;
    follow_jitter(t, (float)jitter_ms);
    if (t->cooldown > 0) {
        next.dred_units = ceiling;
    } else {
        float share = (loss > LOSS_END ? LOSS_END : loss) / LOSS_END;
        next.dred_units = (unsigned)((float)baseline + share * (float)(ceiling - baseline));
        if (next.dred_units < UNITS_MIN)
            next.dred_units = UNITS_MIN;
    }
    unsigned phantom = rtt_ms > RTT_FROM ? (rtt_ms - RTT_FROM) / RTT_STEP : 0;
    float expected = loss + (float)(phantom > PHANTOM_MAX ? PHANTOM_MAX : phantom);
    next.expected_loss = (unsigned)(expected > 100 ? 100 : expected);
    if (next.dred_units == t->last.dred_units && next.expected_loss == t->last.expected_loss)
        return false;
    t->last = next;
    *out = next;
    return true;
}

bool wzp_tuner_boosted(const struct wzp_tuner *t)
{
    return t->cooldown > 0;
}
