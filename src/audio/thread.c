/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The audio thread. ALSA devices that work are clocks: each moves its own blocks. A side without
 * one (file, tone, silence, null, or a device that is lost) moves one block whenever the other
 * side's device does; without any device CLOCK_MONOTONIC stands in. After opening, nothing here
 * allocates, locks or logs; only bringing back a lost device does what the library needs for it. */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <time.h>

#include "audio/internal.h"
#include "base/time.h"

#define TICK (10 * WZP_MILLISECOND)
/* After a longer standstill (suspended machine, stopped process) time is not made up for. */
#define TICKS_BEHIND_MAX 5
#define RETRY (1 * WZP_SECOND)
/* A device that moved nothing for so long is treated as unplugged. */
#define STANDSTILL (2 * WZP_SECOND)
#define POLL_MS 100
#define PAUSE_MS 2

uint64_t wzp_audio_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * WZP_SECOND + (uint64_t)t.tv_nsec;
}

static bool is_alive(const struct wzp_alsa *s)
{
    return s->pcm;
}

/* ---- blocks ---- */

static void deliver_captured(struct wzp_audio *a, const int16_t *block)
{
    if (wzp_ring_writable(&a->capture) < WZP_AUDIO_BLOCK) {
        wzp_audio_count(&a->counters.capture_overruns);
        return;
    }
    wzp_ring_write(&a->capture, block, WZP_AUDIO_BLOCK);
    wzp_audio_count(&a->counters.blocks_in);
}

/* What a source without a device of its own gives. */
static void capture_from_clock(struct wzp_audio *a)
{
    int16_t block[WZP_AUDIO_BLOCK];
    if (a->source) {
        if (!wzp_file_source_read(a->source, block)) {
            atomic_store_explicit(&a->counters.source_ended, true, memory_order_relaxed);
            if (wzp_file_source_is_none(a->source))
                atomic_store_explicit(&a->counters.capture_lost, true, memory_order_relaxed);
        }
    } else if (a->options.source.kind == WZP_AUDIO_TONE) {
        wzp_tone_fill(&a->tone, block, WZP_AUDIO_BLOCK);
    } else {
        memset(block, 0, sizeof block);
    }
    deliver_captured(a, block);
}

static bool has_block_to_play(const struct wzp_audio *a)
{
    return wzp_ring_readable(&a->playback) >= WZP_AUDIO_BLOCK;
}

/* The next block to play; silence, counted, when the loop is late. */
static void take_to_play(struct wzp_audio *a, int16_t *block)
{
    if (has_block_to_play(a)) {
        wzp_ring_read(&a->playback, block, WZP_AUDIO_BLOCK);
        a->playing = true;
    } else {
        memset(block, 0, WZP_AUDIO_BLOCK * sizeof(int16_t));
        if (a->playing)
            wzp_audio_count(&a->counters.playback_underruns);
    }
    wzp_audio_count(&a->counters.blocks_out);
}

static void play_by_clock(struct wzp_audio *a)
{
    int16_t block[WZP_AUDIO_BLOCK];
    take_to_play(a, block);
    if (a->sink && !wzp_file_sink_write(a->sink, block))
        atomic_store_explicit(&a->counters.playback_lost, true, memory_order_relaxed);
}

/* ---- devices ---- */

void wzp_audio_lose(struct wzp_alsa *s, atomic_bool *flag, uint64_t now)
{
    wzp_alsa_release(s);
    s->retry_at = now + RETRY;
    atomic_store_explicit(flag, true, memory_order_relaxed);
}

static void try_again(struct wzp_audio *a, struct wzp_alsa *s, atomic_bool *flag, uint64_t now)
{
    if (is_alive(s) || s->retry_at == 0 || now < s->retry_at)
        return;
    s->retry_at = now + RETRY;
    if (wzp_alsa_open(s, NULL) < 0)
        return;
    s->moved_at = wzp_audio_clock();
    wzp_audio_count(&a->counters.reopens);
    atomic_store_explicit(flag, false, memory_order_relaxed);
}

/* Moves what the microphone has. Returns blocks. */
static size_t run_capture(struct wzp_audio *a, uint64_t now)
{
    struct wzp_alsa *s = &a->capture_device;
    int16_t block[WZP_AUDIO_BLOCK];
    size_t blocks = 0;
    int result;
    /* Bounded, so that a device that always has data cannot starve the other side. */
    for (int i = 0; i < 16 && (result = wzp_alsa_pull(s, now)) != 0; i++) {
        if (result < 0) {
            wzp_audio_lose(s, &a->counters.capture_lost, now);
            break;
        }
        for (; wzp_alsa_take(s, block); blocks++)
            deliver_captured(a, block);
    }
    if (is_alive(s) && now - s->moved_at > STANDSTILL && now > s->moved_at)
        wzp_audio_lose(s, &a->counters.capture_lost, now);
    return blocks;
}

/* Fills the loudspeaker's queue. Returns blocks; *starved when the loop is late, but the device has
 * sound left to wait with. */
static size_t run_playback(struct wzp_audio *a, uint64_t now, bool *starved)
{
    struct wzp_alsa *s = &a->playback_device;
    int16_t block[WZP_AUDIO_BLOCK];
    size_t blocks = 0;
    snd_pcm_sframes_t queued = 0;
    int result = wzp_alsa_flush(s, now);
    while (result == 0 && blocks < 16) {
        queued = wzp_alsa_queued(s);
        if (queued < 0 || queued + (snd_pcm_sframes_t)s->step > (snd_pcm_sframes_t)s->target)
            break;
        /* A device that does not run yet would wait for us for ever. */
        if (!has_block_to_play(a) && a->playing && queued >= (snd_pcm_sframes_t)s->step &&
            snd_pcm_state(s->pcm) == SND_PCM_STATE_RUNNING) {
            *starved = true;
            break;
        }
        take_to_play(a, block);
        result = wzp_alsa_push(s, block, now);
        blocks++;
    }
    bool stands = now > s->moved_at && now - s->moved_at > STANDSTILL;
    if (result < 0 || queued < 0 || stands) {
        wzp_audio_lose(s, &a->counters.playback_lost, now);
        queued = 0;
    }
    atomic_store_explicit(&a->counters.device_queue_ms,
                          (unsigned)(queued * 1000 / (snd_pcm_sframes_t)s->rate),
                          memory_order_relaxed);
    return blocks;
}

/* ---- waiting ---- */

static void sleep_until(uint64_t at)
{
    struct timespec t = {(time_t)(at / WZP_SECOND), (long)(at % WZP_SECOND)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
        ;
}

/* Waits for the next tick of our own clock; returns how many blocks are due. */
static size_t wait_for_tick(struct wzp_audio *a)
{
    uint64_t now = wzp_audio_clock();
    if (a->next_tick == 0 || now > a->next_tick + TICKS_BEHIND_MAX * TICK)
        a->next_tick = now + TICK;
    sleep_until(a->next_tick);
    size_t ticks = 0;
    for (now = wzp_audio_clock(); a->next_tick <= now && ticks < TICKS_BEHIND_MAX; ticks++)
        a->next_tick += TICK;
    return ticks;
}

static nfds_t add_fds(struct pollfd *out, const struct wzp_alsa *s)
{
    if (!is_alive(s))
        return 0;
    memcpy(out, s->fds, (size_t)s->fd_count * sizeof *out);
    return (nfds_t)s->fd_count;
}

/* Plug-ins acknowledge their wake-ups in here. */
static void take_events(struct wzp_alsa *s, struct pollfd *fds, nfds_t count)
{
    unsigned short events = 0;
    if (count > 0)
        (void)snd_pcm_poll_descriptors_revents(s->pcm, fds, (unsigned)count, &events);
}

/* Waits until a device wants something. pause: the last round moved nothing, or waits for the loop.
 */
static void wait_for_devices(struct wzp_audio *a, bool pause)
{
    struct pollfd fds[1 + 2 * WZP_ALSA_FDS];
    memset(&fds[0], 0, sizeof fds[0]);
    fds[0].fd = a->stop_fd;
    fds[0].events = POLLIN;
    a->next_tick = 0;
    if (pause) { /* their descriptors may be ready all the time: look at the clock only */
        (void)poll(fds, 1, PAUSE_MS);
        return;
    }
    nfds_t capture = add_fds(fds + 1, &a->capture_device);
    nfds_t playback = add_fds(fds + 1 + capture, &a->playback_device);
    if (poll(fds, 1 + capture + playback, POLL_MS) <= 0)
        return;
    take_events(&a->capture_device, fds + 1, capture);
    take_events(&a->playback_device, fds + 1 + capture, playback);
}

/* ---- the thread ---- */

static void become_urgent(void)
{
    struct sched_param p;
    memset(&p, 0, sizeof p);
    p.sched_priority = 10;
    (void)pthread_setschedparam(pthread_self(), SCHED_RR, &p); /* refused without the right to it */
    (void)pthread_setname_np(pthread_self(), "wzp-audio");
}

/* One round of devices that are alive; the sides without one follow. Returns blocks moved. */
static size_t device_round(struct wzp_audio *a, bool *pause)
{
    bool capture = is_alive(&a->capture_device), playback = is_alive(&a->playback_device);
    bool starved = false;
    size_t in = 0, out = 0;
    uint64_t now = wzp_audio_clock();
    if (capture)
        in = run_capture(a, now);
    if (playback)
        out = run_playback(a, now, &starved);
    if (!playback)
        for (size_t i = 0; i < in; i++)
            play_by_clock(a);
    if (!capture)
        for (size_t i = 0; i < out; i++)
            capture_from_clock(a);
    *pause = starved || in + out == 0;
    return in + out;
}

static size_t clock_round(struct wzp_audio *a)
{
    size_t ticks = wait_for_tick(a);
    for (size_t i = 0; i < ticks; i++) {
        capture_from_clock(a);
        play_by_clock(a);
    }
    return ticks;
}

void *wzp_audio_thread(void *context)
{
    struct wzp_audio *a = context;
    bool pause = false;
    become_urgent();
    a->capture_device.moved_at = a->playback_device.moved_at = wzp_audio_clock();
    while (!atomic_load_explicit(&a->stop, memory_order_relaxed)) {
        size_t moved;
        if (is_alive(&a->capture_device) || is_alive(&a->playback_device)) {
            wait_for_devices(a, pause);
            moved = device_round(a, &pause);
        } else {
            moved = clock_round(a);
        }
        uint64_t now = wzp_audio_clock();
        try_again(a, &a->capture_device, &a->counters.capture_lost, now);
        try_again(a, &a->playback_device, &a->counters.playback_lost, now);
        if (moved > 0 && a->options.wake)
            a->options.wake(a->options.context);
    }
    return NULL;
}
