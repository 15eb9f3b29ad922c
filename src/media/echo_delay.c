/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/echo_delay.h"

#include <string.h>

#define BINS WZP_ECHO_DELAY_BINS
#define FIRST_BIN 6  /* below it there is hum */
#define KEEP 0.98f   /* per hop: half a second counts */
#define FED_LEAST 25 /* hops before anything is said */
#define VOTES 15     /* hops in which one lag, or the one beside it, was the best */
#define SCORE_LEAST 0.10f
#define STANDS_OUT 2.5f /* over the mean of all lags */
#define FLOOR 1e-3f

void wzp_echo_delay_feed(struct wzp_echo_delay *d, const struct wzp_spectrum *near,
                         const struct wzp_spectrum *const far[WZP_ECHO_LAGS])
{
    const float *yr = near->re + FIRST_BIN, *yi = near->im + FIRST_BIN;
    unsigned best = 0;

    for (int k = 0; k < BINS; k++)
        d->near[k] = KEEP * d->near[k] + (1 - KEEP) * (yr[k] * yr[k] + yi[k] * yi[k]);
    for (unsigned l = 0; l < WZP_ECHO_LAGS; l++) {
        const float *xr = far[l]->re + FIRST_BIN, *xi = far[l]->im + FIRST_BIN;
        float *cr = d->lags[l].re, *ci = d->lags[l].im, *power = d->lags[l].far;
        float sum = 0;

        for (int k = 0; k < BINS; k++) {
            cr[k] = KEEP * cr[k] + (1 - KEEP) * (xr[k] * yr[k] + xi[k] * yi[k]);
            ci[k] = KEEP * ci[k] + (1 - KEEP) * (xr[k] * yi[k] - xi[k] * yr[k]);
            power[k] = KEEP * power[k] + (1 - KEEP) * (xr[k] * xr[k] + xi[k] * xi[k]);
            sum += (cr[k] * cr[k] + ci[k] * ci[k]) / (power[k] * d->near[k] + FLOOR);
        }
        d->score[l] = sum / BINS;
        if (d->score[l] > d->score[best])
            best = l;
    }
    d->fed++;
    if (best + 1 >= d->best && best <= d->best + 1) {
        d->votes++;
        return;
    }
    d->votes = 0;
    d->best = best;
}

bool wzp_echo_delay_known(const struct wzp_echo_delay *d, unsigned *lag)
{
    float sum = 0;

    if (d->fed < FED_LEAST || d->votes < VOTES || d->score[d->best] < SCORE_LEAST)
        return false;
    for (unsigned l = 0; l < WZP_ECHO_LAGS; l++)
        sum += d->score[l];
    *lag = d->best;
    return d->score[d->best] * WZP_ECHO_LAGS > STANDS_OUT * sum;
}
