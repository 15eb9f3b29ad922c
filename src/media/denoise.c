/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/denoise.h"

#include <speex/speex_preprocess.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

#define RATE 48000
#define SUPPRESS_DB (-15)
/* Talker over room, as a ratio of RMS: below NOISY it is switched on, above CLEAN off. Between the
 * two it costs the voice as much as the noise does (contrib/doc/decisions.txt). Before he has said
 * anything the room alone decides. */
#define NOISY 160.0f
#define CLEAN 280.0f
#define NOISY_RMS 30.0f
#define CLEAN_RMS 15.0f
#define SURE_BLOCKS 50   /* half a second of one opinion */
#define LEARN_BLOCKS 100 /* a second in which the library learns the noise before it is heard */

struct wzp_denoise {
    SpeexPreprocessState *speex;
    unsigned noisy, clean; /* blocks in a row */
    unsigned learnt;       /* blocks */
    bool wanted, works;
};

int wzp_denoise_new(struct wzp_denoise **out)
{
    struct wzp_denoise *d = wzp_calloc(1, sizeof *d);
    int on = 1, suppress = SUPPRESS_DB;

    *out = NULL;
    if (!d)
        return WZP_E_MEMORY;
    d->speex = speex_preprocess_state_init(WZP_DENOISE_BLOCK, RATE);
    if (!d->speex) {
        wzp_free(d);
        return WZP_E_MEMORY;
    }
    speex_preprocess_ctl(d->speex, SPEEX_PREPROCESS_SET_DENOISE, &on);
    speex_preprocess_ctl(d->speex, SPEEX_PREPROCESS_SET_NOISE_SUPPRESS, &suppress);
    *out = d;
    return 0;
}

void wzp_denoise_free(struct wzp_denoise *d)
{
    if (!d)
        return;
    speex_preprocess_state_destroy(d->speex);
    wzp_free(d);
}

static void decide(struct wzp_denoise *d, float level, float room)
{
    bool noisy = level > 0 ? level < NOISY * room : room > NOISY_RMS;
    bool clean = level > 0 ? level > CLEAN * room : room < CLEAN_RMS;

    d->noisy = noisy ? d->noisy + 1 : 0;
    d->clean = clean ? d->clean + 1 : 0;
    if (d->noisy >= SURE_BLOCKS && !d->wanted) {
        d->wanted = true;
        d->learnt = 0;
    } else if (d->clean >= SURE_BLOCKS) {
        d->wanted = false;
    }
}

/* The library's sound is 10 ms late: what is faded is the room's noise, or a syllable once. */
static void fade(int16_t pcm[WZP_DENOISE_BLOCK], const int16_t from[WZP_DENOISE_BLOCK],
                 const int16_t to[WZP_DENOISE_BLOCK])
{
    for (int i = 0; i < WZP_DENOISE_BLOCK; i++)
        pcm[i] = (int16_t)(from[i] + (to[i] - from[i]) * (i + 1) / WZP_DENOISE_BLOCK);
}

void wzp_denoise_run(struct wzp_denoise *d, int16_t pcm[WZP_DENOISE_BLOCK], float level, float room)
{
    int16_t quiet[WZP_DENOISE_BLOCK], as_it_was[WZP_DENOISE_BLOCK];
    bool worked = d->works;

    decide(d, level, room);
    if (!d->wanted && !worked)
        return;
    memcpy(as_it_was, pcm, sizeof as_it_was);
    memcpy(quiet, pcm, sizeof quiet);
    speex_preprocess_run(d->speex, quiet);
    d->works = d->wanted && ++d->learnt > LEARN_BLOCKS;
    if (d->works && worked)
        memcpy(pcm, quiet, sizeof quiet);
    else if (d->works)
        fade(pcm, as_it_was, quiet);
    else if (worked)
        fade(pcm, quiet, as_it_was);
}

bool wzp_denoise_works(const struct wzp_denoise *d)
{
    return d->works;
}
