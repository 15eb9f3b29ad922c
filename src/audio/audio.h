/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Sound devices. A pair = one source and one sink, driven by one thread of its own, joined to the
 * loop thread by two rings of 48 kHz mono samples and one wake-up. The thread never locks,
 * allocates (after opening), logs or calls Lua. Sources: `alsa:NAME`, `file:x.wav`, `tone:440`,
 * `silence`. Sinks: `alsa:NAME`, `file:x.wav`, `null`. Source: design.md 3 (threads), 5. */
#ifndef WZP_AUDIO_AUDIO_H
#define WZP_AUDIO_AUDIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define WZP_AUDIO_BLOCK 480 /* samples, 10 ms: the unit both rings move in */

enum wzp_audio_kind {
    WZP_AUDIO_ALSA,
    WZP_AUDIO_FILE,
    WZP_AUDIO_TONE,
    WZP_AUDIO_SILENCE,
    WZP_AUDIO_NULL
};
/* Parsed SRC or DST. */
struct wzp_audio_spec {
    enum wzp_audio_kind kind;
    char name[1024];  /* device or file */
    double frequency; /* tone */
};
/* WZP_E_SYNTAX / WZP_E_RANGE with a sentence that lists what is possible. is_source tells SRC from
 * DST. */
int wzp_audio_spec_parse(struct wzp_audio_spec *out, const char *text, bool is_source,
                         struct wzp_error *err);

/* What happened to the devices; counters only grow. Written by the audio thread, read by anybody
 * (relaxed atomics inside). */
struct wzp_audio_stats {
    uint64_t blocks_in, blocks_out;
    uint64_t capture_overruns;         /* loop too slow: blocks thrown away */
    uint64_t playback_underruns;       /* loop had nothing: silence played */
    uint64_t xruns, suspends, reopens; /* device trouble survived */
    bool capture_lost, playback_lost;  /* device is gone right now, being retried each second; file
                                          sink: disk full */
    bool source_ended;                 /* file source played to its end (silence follows) */
    unsigned playback_queue_ms;        /* ring + device */
};

/* A pair of devices; opaque, from wzp_audio_open to wzp_audio_close. */
struct wzp_audio;
struct wzp_audio_options {
    struct wzp_audio_spec source, sink;
    /* Called from the audio thread after blocks moved: must be cheap and lock-free (an eventfd
     * write). May be NULL. */
    void (*wake)(void *context);
    void *context;
    unsigned period_ms; /* ALSA period; 0: 10 */
};
/* Opens both, writes a file sink's header, starts the thread. WZP_E_DEVICE, WZP_E_NOT_FOUND,
 * WZP_E_IO, WZP_E_SYNTAX, WZP_E_UNSUPPORTED, WZP_E_MEMORY, WZP_E_ARGUMENT. Errors are sentences
 * that say which device or file and why ("busy", "no such device", "not a WAV file"). */
int wzp_audio_open(struct wzp_audio **out, const struct wzp_audio_options *options,
                   struct wzp_error *err);
/* Stops the thread, completes a file sink's header, frees. */
void wzp_audio_close(struct wzp_audio *a);
/* Which side keeps time: a device that works moves its own blocks; a side without one follows the
 * other side's device; without any CLOCK_MONOTONIC does. */
/* Loop thread: blocks to deliver now to keep the queue at its target. */
size_t wzp_audio_playback_wanted(const struct wzp_audio *a);
/* Loop thread: moves one block (WZP_AUDIO_BLOCK samples). 0 or WZP_E_AGAIN (nothing captured; the
 * ring of 170 ms is full). */
int wzp_audio_read(struct wzp_audio *a, int16_t *pcm);
int wzp_audio_write(struct wzp_audio *a, const int16_t *pcm);
/* Any thread. */
void wzp_audio_stats(const struct wzp_audio *a, struct wzp_audio_stats *out);

/* Lists ALSA devices for `wzp devices`-like help: calls back with name and description, capture
 * and/or playback. */
void wzp_audio_list(void (*each)(void *context, const char *name, const char *description,
                                 bool capture, bool playback),
                    void *context);

#endif
