/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Makes a piece of sound a little shorter or longer without a click: one period of the voice (or a
 * stretch of near silence) is taken out or repeated, the seam cross-faded where the waves are most
 * alike. Moves the level of a jitter buffer and evens out clock drift. */
#ifndef WZP_MEDIA_STRETCH_H
#define WZP_MEDIA_STRETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WZP_STRETCH_SEAM 240     /* samples of cross-fade, 5 ms */
#define WZP_STRETCH_STEP_MIN 120 /* shortest piece moved, 2.5 ms */
#define WZP_STRETCH_STEP_MAX 720 /* longest, 15 ms */

/* Takes about `wanted` samples (at most that, at least WZP_STRETCH_STEP_MIN) out of pcm[count],
 * count >= 960. Returns the new count; the old one when the sound has no period to take out,
 * unless `force`. */
size_t wzp_stretch_shorten(int16_t *pcm, size_t count, size_t wanted, bool force);
/* Puts about `wanted` samples in; pcm has room for count + WZP_STRETCH_STEP_MAX. As above. */
size_t wzp_stretch_lengthen(int16_t *pcm, size_t count, size_t wanted, bool force);

/* The last samples played, as many as wzp_stretch_go_on needs. All zero: silence. */
struct wzp_stretch_played {
    int16_t pcm[WZP_STRETCH_STEP_MAX + WZP_STRETCH_SEAM]; /* the newest last */
};
void wzp_stretch_played(struct wzp_stretch_played *p, const int16_t *pcm, size_t count);
/* Avoids a click where pcm[480] does not continue the samples played before it: these are repeated
 * by their pitch period and fade into pcm over its first WZP_STRETCH_SEAM samples. */
void wzp_stretch_go_on(const struct wzp_stretch_played *p, int16_t *pcm);

#endif
