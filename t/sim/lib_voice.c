/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sim/lib_voice.h"

#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "media/dsp.h"
#include "media/level.h"
#include "media/wav.h"
#include "tap.h"

int16_t *voice_speech(size_t *samples)
{
    size_t length;
    uint8_t *file = tap_read_file(tap_source_path("t/vectors/speech.wav"), &length);
    struct wzp_wav_format format;
    if (wzp_wav_parse(&format, file, length, length, NULL) || format.rate != 16000)
        bail("speech.wav is not 16 kHz");
    size_t frames = (size_t)format.data_length / 2;
    int16_t *narrow = wzp_alloc(frames * 2);
    int16_t *out = wzp_alloc(frames * 3 * 2 + 9600);
    struct wzp_resampler *resampler = NULL;
    if (!narrow || !out || wzp_resampler_new(&resampler, 16000, 48000))
        bail("out of memory");
    frames = wzp_wav_to_mono(&(struct wzp_downmix){0}, narrow, frames, &format,
                             file + format.data_offset, (size_t)format.data_length);
    size_t used;
    *samples = wzp_resampler_process(resampler, out, frames * 3, narrow, frames, &used);
    wzp_resampler_free(resampler);
    wzp_free(narrow);
    free(file);
    return out;
}

int16_t *voice_tone(double frequency, double dbfs, size_t samples)
{
    struct wzp_tone tone;
    int16_t *out = wzp_alloc(samples * sizeof *out);
    if (!out)
        bail("out of memory");
    wzp_tone_init(&tone, frequency, dbfs);
    wzp_tone_fill(&tone, out, samples);
    return out;
}

unsigned voice_longest_gap_ms(const int16_t *pcm, size_t samples)
{
    unsigned longest = 0, current = 0;
    bool begun = false;
    for (size_t i = 0; i + 480 <= samples; i += 480) {
        if (wzp_level_rms_dbfs(pcm + i, 480) > -60) {
            if (begun && current > longest)
                longest = current;
            begun = true;
            current = 0;
        } else {
            current += 10;
        }
    }
    return longest;
}

double voice_share(const struct wzp_sim_recording *heard, size_t samples, double frequency)
{
    if (heard->samples < samples)
        return 0;
    return wzp_level_tone_share(heard->pcm + heard->samples - samples, samples, frequency);
}

double voice_loudest(const int16_t *pcm, size_t samples)
{
    double most = 0;
    for (size_t i = 0; i + 960 <= samples; i += 960) {
        double sum = 0;
        for (size_t k = 0; k < 960; k++)
            sum += (double)pcm[i + k] * pcm[i + k];
        most = sum > most ? sum : most;
    }
    return sqrt(most / 960);
}
