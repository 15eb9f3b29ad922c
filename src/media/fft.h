/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The Fourier transform of 512 real samples. Spectra are two arrays of 257 numbers. Pure: the
 * caller holds the table. */
#ifndef WZP_MEDIA_FFT_H
#define WZP_MEDIA_FFT_H

#define WZP_FFT_SIZE 512
#define WZP_FFT_BINS (WZP_FFT_SIZE / 2 + 1)

struct wzp_spectrum {
    float re[WZP_FFT_BINS], im[WZP_FFT_BINS];
};
/* Roots of unity; after init it is only read. */
struct wzp_fft {
    float cosine[WZP_FFT_SIZE / 2], sine[WZP_FFT_SIZE / 2];
    unsigned short mirrored[WZP_FFT_SIZE / 2]; /* indices with their bits in reverse */
};
void wzp_fft_init(struct wzp_fft *f);
/* Not scaled: a sine of amplitude 1 has WZP_FFT_SIZE / 2 in its bin. */
void wzp_fft_forward(const struct wzp_fft *f, struct wzp_spectrum *out,
                     const float in[WZP_FFT_SIZE]);
/* The way back: scaled, so that forward and inverse together change nothing. */
void wzp_fft_inverse(const struct wzp_fft *f, float out[WZP_FFT_SIZE],
                     const struct wzp_spectrum *in);

#endif
