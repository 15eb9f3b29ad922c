/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Definitions shared by the files of this folder: the two sides of a pair, the counters, the
 * thread's entry. Private to this folder. The comment of a field names the thread that uses it:
 * "opening" = wzp_audio_open before the thread starts and wzp_audio_close after it ended; "thread"
 * = the audio thread; the loop thread touches rings and counters only. */
#ifndef WZP_AUDIO_INTERNAL_H
#define WZP_AUDIO_INTERNAL_H

#include <alsa/asoundlib.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audio/audio.h"
#include "base/ring.h"
#include "media/downmix.h"
#include "media/dsp.h"
#include "media/level.h"
#include "media/soundfile.h"
#include "media/wav.h"

#define WZP_AUDIO_RATE 48000
#define WZP_AUDIO_TARGET_BLOCKS 2 /* 20 ms wait in the playback ring */

/* struct wzp_audio_stats, as the two threads share it: relaxed, only grow or flip. */
struct wzp_audio_counters {
    atomic_uint_fast64_t blocks_in, blocks_out, capture_overruns, playback_underruns;
    atomic_uint_fast64_t xruns, suspends, reopens;
    atomic_bool capture_lost, playback_lost, source_ended;
    atomic_uint device_queue_ms;
};
static inline void wzp_audio_count(atomic_uint_fast64_t *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

/* ---- file.c ---- */

/* Largest growth by resampling: 8 kHz to 48 kHz, and a little more. */
#define WZP_FILE_FIFO (WZP_AUDIO_BLOCK + WZP_SOUNDFILE_FRAMES * 6 + 64)

struct wzp_file_source {
    int fd;
    struct wzp_soundfile *sound;      /* NULL: a stream */
    struct wzp_stream_source *stream; /* NULL: a file */
    unsigned rate;                    /* 0: the stream has not told yet */
    struct wzp_resampler *resampler;  /* NULL: 48 kHz, or made when the stream tells */
    size_t fifo_length;
    int16_t fifo[WZP_FILE_FIFO];
    int16_t mono[WZP_SOUNDFILE_FRAMES];
};
int wzp_file_source_open(struct wzp_file_source **out, const char *path, struct wzp_error *err);
void wzp_file_source_close(struct wzp_file_source *f);
/* Reads one block; it is silence after the end, and while a stream has no data yet. False once
 * nothing is left. */
bool wzp_file_source_read(struct wzp_file_source *f, int16_t *block);
/* True for a stream that ended before its header was complete and valid. */
bool wzp_file_source_is_none(const struct wzp_file_source *f);

struct wzp_file_sink {
    int fd;
    struct wzp_soundfile *sound; /* NULL: WAV, written by ourselves */
    bool is_stream;              /* not seekable: the header cannot be updated later */
    bool failed;                 /* disk full or the like: nothing more is written */
    uint32_t samples, samples_in_header;
};
int wzp_file_sink_open(struct wzp_file_sink **out, const char *path, struct wzp_error *err);
/* False when the file is incomplete. NULL is fine: true. */
bool wzp_file_sink_close(struct wzp_file_sink *f);
/* Appends one block; false when that failed, now or before. The header is brought up to date each
 * second, so that the file is whole even if the process is killed. */
bool wzp_file_sink_write(struct wzp_file_sink *f, const int16_t *block);

/* ---- stream.c: WAV through pipes and other files that are not regular ---- */

struct wzp_stream_source {
    bool is_parsed, ended;
    struct wzp_wav_format format;
    struct wzp_downmix downmix;
    size_t step;   /* bytes of a frame */
    uint64_t left; /* bytes of sound to come, UINT64_MAX: not known */
    size_t length; /* bytes received and not consumed yet */
    uint8_t bytes[32 * 1024];
};
/* True for "-", and for an existing path that is not a regular file. */
bool wzp_stream_is_meant(const char *path);
/* Opens it as a non-blocking descriptor, which the caller closes; terminals and folders are
 * refused. WZP_E_IO. */
int wzp_stream_open(const char *path, bool is_source, struct wzp_error *err);
/* The same checks, without opening a FIFO at whose other end a program may wait. */
int wzp_stream_check(const char *path, bool is_source, struct wzp_error *err);
/* Hz; 0 until the header has arrived. */
unsigned wzp_stream_rate(struct wzp_stream_source *s, int fd);
/* Reads the frames that have arrived. Fewer than asked for, or 0, is not the end: see `ended`. */
size_t wzp_stream_read(struct wzp_stream_source *s, int fd, int16_t *mono, size_t frames);
/* False when the reader is gone for good. */
bool wzp_stream_write(int fd, const void *data, size_t length);

/* ---- convert.c: between a device's frames and mono samples; pure ---- */

enum wzp_sample_format { WZP_SAMPLE_S16, WZP_SAMPLE_S32, WZP_SAMPLE_FLOAT };
/* Of one sample of one channel. */
size_t wzp_sample_bytes(enum wzp_sample_format format);
/* Two channels go through the downmix, more are averaged; floats outside -1..1 and NaN are bounded.
 */
void wzp_frames_to_mono(struct wzp_downmix *m, int16_t *out, const void *frames, size_t count,
                        unsigned channels, enum wzp_sample_format format);
/* Each channel gets the same. */
void wzp_mono_to_frames(void *frames, const int16_t *in, size_t count, unsigned channels,
                        enum wzp_sample_format format);

/* ---- alsa.c (opening), alsa_io.c (moving samples) ---- */

#define WZP_ALSA_FDS 8
#define WZP_ALSA_CHANNELS_MAX 32
struct wzp_alsa {
    snd_pcm_t *pcm; /* NULL: lost, see retry_at */
    const char *name;
    bool is_playback;
    unsigned period_ms;
    unsigned rate, channels;
    enum wzp_sample_format format;
    snd_pcm_uframes_t period, buffer;
    snd_pcm_uframes_t target;        /* playback: the device's queue is kept shorter than this */
    snd_pcm_uframes_t step;          /* frames moved at once, 10 ms */
    struct wzp_resampler *resampler; /* NULL: the device runs at 48 kHz */
    struct wzp_downmix downmix;      /* of a microphone */
    uint8_t *frames;                 /* step frames */
    int16_t *mono;                   /* step samples at the device's rate */
    int16_t *fifo; /* capture: 48 kHz samples not a block yet; playback: device samples not written
                      yet */
    size_t fifo_capacity, fifo_length;
    struct pollfd fds[WZP_ALSA_FDS];
    int fd_count;
    uint64_t moved_at; /* when samples moved last: a device that stands still is lost, too */
    uint64_t retry_at;
    struct wzp_audio_counters *counters;
};
/* Opens and prepares the device; s->name, is_playback, period_ms are set. A device that was open
 * before keeps its memory when its rate and form are the same. WZP_E_DEVICE with a sentence. */
int wzp_alsa_open(struct wzp_alsa *s, struct wzp_error *err);
/* The sentence for an error of ALSA (negative errno) at opening; returns its code. */
int wzp_alsa_explain(struct wzp_error *err, const struct wzp_alsa *s, int error);
/* Closes the device only / and frees. */
void wzp_alsa_release(struct wzp_alsa *s);
void wzp_alsa_fini(struct wzp_alsa *s);

/* Starts a prepared device. 0 or a negative errno. */
int wzp_alsa_start(struct wzp_alsa *s);
/* Reads what there is into the fifo. 1: something came, 0: nothing, negative: the device is lost.
 */
int wzp_alsa_pull(struct wzp_alsa *s, uint64_t now);
/* Takes a block from the fifo; false when there is none. */
bool wzp_alsa_take(struct wzp_alsa *s, int16_t *block);
/* Frames the device has yet to play, written or in the fifo; negative: the device is lost. */
snd_pcm_sframes_t wzp_alsa_queued(struct wzp_alsa *s);
/* Hands a block to the fifo (must have room: queued below target), and what fits to the device.
 * Negative: the device is lost. */
int wzp_alsa_push(struct wzp_alsa *s, const int16_t *block, uint64_t now);
int wzp_alsa_flush(struct wzp_alsa *s, uint64_t now);

/* ---- audio.c, thread.c ---- */

struct wzp_audio {
    struct wzp_audio_options options; /* opening */
    struct wzp_audio_counters counters;
    struct wzp_ring capture, playback;
    pthread_t thread;
    bool runs; /* opening: the thread does */
    atomic_bool stop;
    int stop_fd; /* eventfd: ends a poll */
    /* thread: */
    struct wzp_alsa capture_device, playback_device;
    struct wzp_file_source *source;
    struct wzp_file_sink *sink;
    struct wzp_tone tone;
    bool playing;       /* the loop has begun to deliver */
    uint64_t next_tick; /* of the clock that stands in for devices; 0: not running */
};
void *wzp_audio_thread(void *context);
/* Nanoseconds of the clock that devices are timed with. */
uint64_t wzp_audio_clock(void);
/* Closes the device and sets the flag that says that it is lost; reopening is tried a second after
 * now. Used by opening and thread. */
void wzp_audio_lose(struct wzp_alsa *s, atomic_bool *flag, uint64_t now);

#endif
