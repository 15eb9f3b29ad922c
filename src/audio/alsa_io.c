/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* ALSA devices on the audio thread: moving samples and surviving trouble. Nothing here allocates,
 * locks or logs of itself. */
#include <errno.h>
#include <string.h>

#include "audio/internal.h"

int wzp_alsa_start(struct wzp_alsa *s)
{
    snd_pcm_state_t state = snd_pcm_state(s->pcm);
    int result = 0;
    if (state != SND_PCM_STATE_PREPARED && state != SND_PCM_STATE_RUNNING)
        result = snd_pcm_prepare(s->pcm);
    /* Playback starts by itself when its queue is filled. */
    if (result == 0 && !s->is_playback && snd_pcm_state(s->pcm) == SND_PCM_STATE_PREPARED)
        result = snd_pcm_start(s->pcm);
    return result;
}

/* True when the device still works: xruns and suspends are repaired. error: negative errno of ALSA.
 */
static bool recover(struct wzp_alsa *s, int error)
{
    if (error == -EINTR || error == -EAGAIN)
        return true;
    if (error == -EPIPE) {
        wzp_audio_count(&s->counters->xruns);
        return snd_pcm_prepare(s->pcm) == 0 && wzp_alsa_start(s) == 0;
    }
    if (error == -ESTRPIPE) {
        int result = snd_pcm_resume(s->pcm);
        if (result == -EAGAIN) /* the hardware is still waking up */
            return true;
        wzp_audio_count(&s->counters->suspends);
        if (result < 0 && snd_pcm_prepare(s->pcm) < 0)
            return false;
        return wzp_alsa_start(s) == 0;
    }
    return false;
}

static void append_capture(struct wzp_alsa *s, size_t frames)
{
    size_t room = s->fifo_capacity - s->fifo_length;
    if (!s->resampler) {
        size_t n = frames < room ? frames : room;
        memcpy(s->fifo + s->fifo_length, s->mono, n * sizeof(int16_t));
        s->fifo_length += n;
        return;
    }
    for (size_t at = 0; at < frames;) {
        size_t used = 0;
        size_t made = wzp_resampler_process(s->resampler, s->fifo + s->fifo_length,
                                            s->fifo_capacity - s->fifo_length, s->mono + at,
                                            frames - at, &used);
        s->fifo_length += made;
        at += used;
        if (used == 0 && made == 0)
            break;
    }
}

int wzp_alsa_pull(struct wzp_alsa *s, uint64_t now)
{
    snd_pcm_sframes_t avail = snd_pcm_avail_update(s->pcm);
    if (avail < 0)
        return recover(s, (int)avail) ? 0 : -1;
    if (avail == 0)
        return 0;
    snd_pcm_uframes_t count =
        (snd_pcm_uframes_t)avail < s->step ? (snd_pcm_uframes_t)avail : s->step;
    snd_pcm_sframes_t n = snd_pcm_readi(s->pcm, s->frames, count);
    if (n < 0)
        return recover(s, (int)n) ? 0 : -1;
    if (n == 0)
        return 0;
    wzp_frames_to_mono(&s->downmix, s->mono, s->frames, (size_t)n, s->channels, s->format);
    append_capture(s, (size_t)n);
    s->moved_at = now;
    return 1;
}

static void drop_from_fifo(struct wzp_alsa *s, size_t count)
{
    s->fifo_length -= count;
    memmove(s->fifo, s->fifo + count, s->fifo_length * sizeof(int16_t));
}

bool wzp_alsa_take(struct wzp_alsa *s, int16_t *block)
{
    if (s->fifo_length < WZP_AUDIO_BLOCK)
        return false;
    memcpy(block, s->fifo, WZP_AUDIO_BLOCK * sizeof(int16_t));
    drop_from_fifo(s, WZP_AUDIO_BLOCK);
    return true;
}

snd_pcm_sframes_t wzp_alsa_queued(struct wzp_alsa *s)
{
    snd_pcm_sframes_t avail = snd_pcm_avail_update(s->pcm);
    if (avail < 0) {
        if (!recover(s, (int)avail))
            return -1;
        avail = (snd_pcm_sframes_t)s->buffer; /* repaired and empty */
    }
    snd_pcm_sframes_t queued = (snd_pcm_sframes_t)s->buffer - avail;
    return (queued > 0 ? queued : 0) + (snd_pcm_sframes_t)s->fifo_length;
}

int wzp_alsa_flush(struct wzp_alsa *s, uint64_t now)
{
    while (s->fifo_length > 0) {
        size_t count = s->fifo_length < s->step ? s->fifo_length : s->step;
        wzp_mono_to_frames(s->frames, s->fifo, count, s->channels, s->format);
        snd_pcm_sframes_t n = snd_pcm_writei(s->pcm, s->frames, count);
        if (n == 0 || n == -EAGAIN)
            return 0;
        if (n < 0) {
            if (!recover(s, (int)n))
                return -1;
            if (n == -ESTRPIPE) /* perhaps not awake yet: come back later */
                return 0;
            continue;
        }
        drop_from_fifo(s, (size_t)n);
        s->moved_at = now;
    }
    return 0;
}

int wzp_alsa_push(struct wzp_alsa *s, const int16_t *block, uint64_t now)
{
    size_t room = s->fifo_capacity - s->fifo_length;
    if (!s->resampler) {
        size_t n = WZP_AUDIO_BLOCK < room ? WZP_AUDIO_BLOCK : room;
        memcpy(s->fifo + s->fifo_length, block, n * sizeof(int16_t));
        s->fifo_length += n;
        return wzp_alsa_flush(s, now);
    }
    for (size_t at = 0; at < WZP_AUDIO_BLOCK;) {
        size_t used = 0;
        size_t made = wzp_resampler_process(s->resampler, s->fifo + s->fifo_length,
                                            s->fifo_capacity - s->fifo_length, block + at,
                                            WZP_AUDIO_BLOCK - at, &used);
        s->fifo_length += made;
        at += used;
        if (used == 0 && made == 0)
            break;
    }
    return wzp_alsa_flush(s, now);
}
