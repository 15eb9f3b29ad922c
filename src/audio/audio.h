/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Sound devices. A pair is one source (capture) and one sink (playback), driven by its own thread,
 * which exchanges samples with the loop thread through two lock-free rings of 48 kHz mono samples
 * and one wake-up. The thread never locks, allocates (after opening), logs or calls Lua. Sources:
 * `alsa:NAME`, `file:x.wav`, `tone:440`, `silence`. Sinks: `alsa:NAME`, `file:x.wav`, `null`. */
#ifndef WZP_AUDIO_AUDIO_H
#define WZP_AUDIO_AUDIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "wzp/host.h"

/* A pair of devices; opaque, from wzp_audio_open to wzp_audio_close. */
struct wzp_audio;
struct wzp_audio_options {
    struct wzp_audio_spec source, sink;
    /* Called from the audio thread after blocks moved: must be cheap and lock-free (an eventfd
     * write). May be NULL. */
    void (*wake)(void *context);
    void *context;
    /* As in struct wzp_host_audio_options: NULL, or called in wzp_audio_open for a side that cannot
     * be opened; the pair then works without that side. */
    void (*refused)(void *owner, bool is_source, const struct wzp_error *err);
    void *owner;
    struct wzp_audio *replaces; /* likewise */
    unsigned period_ms;         /* ALSA period; 0: 10 */
};
/* Opens both, writes a file sink's header, starts the thread. WZP_E_DEVICE, WZP_E_NOT_FOUND,
 * WZP_E_IO, WZP_E_SYNTAX, WZP_E_UNSUPPORTED, WZP_E_MEMORY, WZP_E_ARGUMENT. Errors are sentences
 * that say which device or file and why ("busy", "no such device", "not a WAV file"). */
int wzp_audio_open(struct wzp_audio **out, const struct wzp_audio_options *options,
                   struct wzp_error *err);
/* Checks whether both could be opened, with the same errors. Reads nothing from pipes. */
int wzp_audio_check(const struct wzp_audio_options *options, struct wzp_error *err);
/* Stops the thread, completes a file sink, frees. WZP_E_IO: the file is incomplete. */
int wzp_audio_close(struct wzp_audio *a);
/* Clocks: a working device moves blocks at its own pace; a side without a device follows the other
 * side's device; without any device CLOCK_MONOTONIC sets the pace. */
/* Loop thread: blocks to deliver now to keep the queue at its target. */
size_t wzp_audio_playback_wanted(const struct wzp_audio *a);
/* Loop thread: moves one block (WZP_AUDIO_BLOCK samples). 0 or WZP_E_AGAIN (nothing captured; the
 * ring of 170 ms is full). */
int wzp_audio_read(struct wzp_audio *a, int16_t *pcm);
int wzp_audio_write(struct wzp_audio *a, const int16_t *pcm);
/* Written by the audio thread, read by any thread. */
void wzp_audio_stats(const struct wzp_audio *a, struct wzp_audio_stats *out);

/* Is there a sound card at all? Without one a device can only be a sound server's or a plug-in. */
bool wzp_audio_has_card(void);
/* Lists ALSA devices with name, description, capture and/or playback: the usual one first, then
 * those of cards, then plug-ins. WZP_E_DEVICE with a sentence. */
int wzp_audio_list(void (*each)(void *context, const char *name, const char *description,
                                bool capture, bool playback),
                   void *context, struct wzp_error *err);

#endif
