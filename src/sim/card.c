/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sim/card.h"

#include <string.h>

#include "base/alloc.h"

void wzp_sim_recording_add(struct wzp_sim_recording *r, const int16_t *pcm, size_t samples)
{
    if (r->samples + samples > r->capacity) {
        size_t capacity = r->capacity ? 2 * r->capacity : 48000;
        if (capacity > WZP_SIM_RECORDING_MAX)
            return;
        int16_t *grown = wzp_realloc(r->pcm, capacity * sizeof *grown);
        if (!grown)
            return;
        r->pcm = grown;
        r->capacity = capacity;
    }
    memcpy(r->pcm + r->samples, pcm, samples * sizeof *pcm);
    r->samples += samples;
}

void wzp_sim_recording_fini(struct wzp_sim_recording *r)
{
    wzp_free(r->pcm);
    *r = (struct wzp_sim_recording){0};
}

void wzp_sim_card_speak(struct wzp_sim_card *card, int16_t *pcm, size_t samples)
{
    memset(pcm, 0, samples * sizeof *pcm);
    for (size_t i = 0; card->voice && i < samples; i++) {
        pcm[i] = card->voice[card->voice_at];
        card->voice_at = (card->voice_at + 1) % card->voice_samples;
    }
}

uint64_t wzp_sim_card_period(const struct wzp_sim_card *card)
{
    return (uint64_t)(10e6 * (1 - card->drift_ppm / 1e6));
}
