/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Sound for a host: moves blocks between the rings of the audio thread and the owner. */
#include "audio/audio.h"
#include "base/alloc.h"
#include "loop/host_internal.h"
#include "loop/internal.h"

struct wzp_host_audio {
    struct wzp_loop_item item;
    struct wzp_host_audio_options options;
    struct wzp_audio *audio;
    uv_async_t wake;
    bool pumping, closed; /* inside the owner's functions; closed */
};

static void wake_closed(uv_handle_t *handle)
{
    wzp_free(handle->data);
}

static void item_close(struct wzp_loop_item *item)
{
    (void)wzp_loop_audio_close(NULL, (struct wzp_host_audio *)item);
}

/* Blocks both ways until the microphone's ring is empty and the loudspeaker has enough. The owner
 * may close us from inside. */
static void pump(uv_async_t *wake)
{
    struct wzp_host_audio *a = wake->data;
    int16_t in[WZP_AUDIO_BLOCK], out[WZP_AUDIO_BLOCK];
    uint64_t now = wzp_loop_clock();
    if (a->closed)
        return;
    a->pumping = true;
    while (!a->closed) {
        bool has_in = wzp_audio_read(a->audio, in) == 0;
        bool wants_out = wzp_audio_playback_wanted(a->audio) > 0;
        if (!has_in && !wants_out)
            break;
        a->options.exchange(a->options.owner, has_in ? in : NULL, wants_out ? out : NULL, now);
        if (wants_out && !a->closed)
            (void)wzp_audio_write(a->audio, out); /* there is room: it was wanted */
    }
    if (!a->closed)
        a->options.moved(a->options.owner, now);
    a->pumping = false;
    if (a->closed)
        uv_close((uv_handle_t *)wake, wake_closed);
}

static void ring(void *context)
{
    uv_async_send(context);
}

int wzp_loop_audio_open(void *context, struct wzp_host_audio **out,
                        const struct wzp_host_audio_options *options, struct wzp_error *err)
{
    *out = NULL;
    if (!options->exchange) {
        const struct wzp_audio_options looked_at = {.source = options->source,
                                                    .sink = options->sink};
        return wzp_audio_check(&looked_at, err);
    }
    struct wzp_host_audio *a = wzp_calloc(1, sizeof *a);
    if (!a)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    a->options = *options;
    struct wzp_loop *l = wzp_loop_of(context);
    a->item.close = item_close;
    if (uv_async_init(&l->uv, &a->wake, pump) < 0) {
        wzp_free(a);
        return wzp_error_set(err, WZP_E_IO, "%s", wzp_strerror(WZP_E_IO));
    }
    a->wake.data = a;
    const struct wzp_audio_options pair = {.source = options->source,
                                           .sink = options->sink,
                                           .wake = ring,
                                           .context = &a->wake,
                                           .refused = options->refused,
                                           .replaces =
                                               options->replaces ? options->replaces->audio : NULL,
                                           .owner = options->owner};
    int result = wzp_audio_open(&a->audio, &pair, err);
    if (result) {
        a->closed = true;
        uv_close((uv_handle_t *)&a->wake, wake_closed);
        return result;
    }
    *out = a;
    return 0;
}

void wzp_loop_audio_stats(void *context, const struct wzp_host_audio *audio,
                          struct wzp_audio_stats *out)
{
    (void)context;
    wzp_audio_stats(audio->audio, out);
}

/* Inside the owner's functions the pump is not over yet, and what it stands on stays until then. */
int wzp_loop_audio_close(void *context, struct wzp_host_audio *audio)
{
    (void)context;
    if (!audio || audio->closed)
        return 0;
    audio->closed = true;
    int result = wzp_audio_close(audio->audio); /* first: its thread rings */
    audio->audio = NULL;
    if (!audio->pumping)
        uv_close((uv_handle_t *)&audio->wake, wake_closed);
    return result;
}

int wzp_loop_audio_list(void *context,
                        void (*each)(void *owner, const char *name, const char *description,
                                     bool capture, bool playback),
                        void *owner, struct wzp_error *err)
{
    (void)context;
    return wzp_audio_list(each, owner, err);
}
