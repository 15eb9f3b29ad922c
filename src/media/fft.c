/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Real samples go through a complex transform of half the size, even ones as real and odd ones as
 * imaginary parts. */
#include "media/fft.h"

#include <math.h>

#define HALF (WZP_FFT_SIZE / 2)
#define BITS 8 /* of HALF */

_Static_assert(1 << BITS == HALF, "the transform is one of powers of two");

void wzp_fft_init(struct wzp_fft *f)
{
    for (unsigned i = 0; i < HALF; i++) {
        double angle = 2 * 3.14159265358979 * i / WZP_FFT_SIZE;
        unsigned mirrored = 0;

        f->cosine[i] = (float)cos(angle);
        f->sine[i] = (float)sin(angle);
        for (unsigned bit = 0; bit < BITS; bit++)
            mirrored |= (i >> bit & 1) << (BITS - 1 - bit);
        f->mirrored[i] = (unsigned short)mirrored;
    }
}

/* In place, of HALF complex numbers that lie in mirrored order; e^-i. */
static void butterflies(const struct wzp_fft *f, float *re, float *im)
{
    for (unsigned size = 1; size < HALF; size *= 2) {
        unsigned turn = HALF / size; /* of the table, which goes round WZP_FFT_SIZE */

        for (unsigned at = 0; at < HALF; at += 2 * size) {
            for (unsigned i = 0; i < size; i++) {
                float c = f->cosine[i * turn], s = f->sine[i * turn];
                float *r = re + at + i, *m = im + at + i;
                float other_re = r[size] * c + m[size] * s;
                float other_im = m[size] * c - r[size] * s;

                r[size] = r[0] - other_re;
                m[size] = m[0] - other_im;
                r[0] += other_re;
                m[0] += other_im;
            }
        }
    }
}

void wzp_fft_forward(const struct wzp_fft *f, struct wzp_spectrum *out,
                     const float in[WZP_FFT_SIZE])
{
    float re[HALF], im[HALF];

    for (unsigned i = 0; i < HALF; i++) {
        re[f->mirrored[i]] = in[2 * i];
        im[f->mirrored[i]] = in[2 * i + 1];
    }
    butterflies(f, re, im);
    out->re[0] = re[0] + im[0];
    out->re[HALF] = re[0] - im[0];
    out->im[0] = out->im[HALF] = 0;
    for (unsigned i = 1; i < HALF; i++) {
        /* Spectra of the even and of the odd samples, taken apart. */
        float even_re = (re[i] + re[HALF - i]) / 2, even_im = (im[i] - im[HALF - i]) / 2;
        float odd_re = (im[i] + im[HALF - i]) / 2, odd_im = (re[HALF - i] - re[i]) / 2;

        out->re[i] = even_re + odd_re * f->cosine[i] + odd_im * f->sine[i];
        out->im[i] = even_im + odd_im * f->cosine[i] - odd_re * f->sine[i];
    }
}

void wzp_fft_inverse(const struct wzp_fft *f, float out[WZP_FFT_SIZE],
                     const struct wzp_spectrum *in)
{
    float re[HALF], im[HALF];

    for (unsigned i = 0; i < HALF; i++) {
        float even_re = in->re[i] + in->re[HALF - i], even_im = in->im[i] - in->im[HALF - i];
        float gap_re = in->re[i] - in->re[HALF - i], gap_im = in->im[i] + in->im[HALF - i];
        float odd_re = gap_re * f->cosine[i] - gap_im * f->sine[i];
        float odd_im = gap_im * f->cosine[i] + gap_re * f->sine[i];
        unsigned at = f->mirrored[i];

        /* Conjugated, so that the same butterflies turn the other way. */
        re[at] = even_re - odd_im;
        im[at] = -(even_im + odd_re);
    }
    butterflies(f, re, im);
    for (unsigned i = 0; i < HALF; i++) {
        out[2 * i] = re[i] / WZP_FFT_SIZE;
        out[2 * i + 1] = -im[i] / WZP_FFT_SIZE;
    }
}
