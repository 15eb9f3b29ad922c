/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sim/lib_stage.h"

#include <string.h>

#include "base/alloc.h"
#include "base/time.h"
#include "media/level.h"
#include "sim/lib_voice.h"
#include "tap.h"
#include "wire/signal.h"

static void start(struct stage *s, struct wzp_sim_phone *phone, const char *address, uint64_t seed,
                  const char *alias, const struct wzp_sim_link *line, bool fine, bool registered)
{
    struct wzp_sim_phone_options o = {.address = address,
                                      .seed = seed,
                                      .alias = alias,
                                      .relay = &s->relay,
                                      .codec = s->codec,
                                      .fine = fine,
                                      .up = line,
                                      .down = line};
    if (wzp_sim_phone_start(phone, s->sim, &o, registered))
        bail("no phone at %s", address);
}

void stage_raise(struct stage *s, uint64_t seed, const struct wzp_sim_link *line)
{
    wzp_signal_use_allocator();
    if (!s->speech)
        s->speech = voice_speech(&s->samples);
    if (wzp_sim_new(&s->sim, seed) || wzp_sim_relay_start(&s->relay, s->sim, STAGE_RELAY, 9, NULL))
        bail("no relay");
    start(s, &s->ann, STAGE_ANN, 1, "Ann", line, s->ann_fine, true);
    start(s, &s->bob, STAGE_BOB, 2, "Bob", line, s->bob_fine, true);
    s->bob.auto_answer = true;
}

void stage_lower(struct stage *s)
{
    wzp_sim_phone_stop(&s->ann);
    wzp_sim_phone_stop(&s->bob);
    wzp_sim_relay_stop(&s->relay);
    wzp_sim_free(s->sim);
    s->sim = NULL;
}

void stage_fini(struct stage *s)
{
    wzp_free(s->speech);
    s->speech = NULL;
}

void stage_add(struct stage *s, struct wzp_sim_phone *phone, const char *address, uint64_t seed,
               bool registered)
{
    start(s, phone, address, seed, "", NULL, false, registered);
}

bool stage_wait_both(struct stage *s, enum wzp_event_type type, size_t count, uint64_t limit)
{
    return wzp_sim_phone_wait(&s->ann, type, count, limit) &&
           wzp_sim_phone_wait(&s->bob, type, count, limit);
}

bool stage_call(struct stage *s, uint64_t limit)
{
    size_t ann = wzp_sim_phone_count(&s->ann, WZP_EVENT_MEDIA);
    size_t bob = wzp_sim_phone_count(&s->bob, WZP_EVENT_MEDIA);
    uint64_t until = wzp_sim_now(s->sim) + limit;
    if (!stage_wait_both(s, WZP_EVENT_REGISTERED, 1, limit))
        return false;
    s->ann.card.voice = s->bob.card.voice = s->speech;
    s->ann.card.voice_samples = s->bob.card.voice_samples = s->samples;
    s->bob.card.voice_at = s->samples / 2;
    if (wzp_sim_phone_call(&s->ann, &s->call, &s->bob))
        return false;
    bool heard = wzp_sim_phone_wait(&s->ann, WZP_EVENT_MEDIA, ann + 1,
                                    wzp_time_since(until, wzp_sim_now(s->sim))) &&
                 wzp_sim_phone_wait(&s->bob, WZP_EVENT_MEDIA, bob + 1,
                                    wzp_time_since(until, wzp_sim_now(s->sim)));
    s->bobs = s->bob.last_incoming;
    return heard;
}

double stage_listen(struct stage *s, struct wzp_sim_phone *listener, uint64_t duration)
{
    size_t from = listener->card.heard.samples;
    wzp_sim_run(s->sim, duration);
    if (listener->card.heard.samples < from + s->samples)
        bail("not recorded");
    /* The speech is repeated: any window of its length holds all of it in some rotation. */
    int16_t *twice = wzp_alloc(2 * s->samples * sizeof *twice);
    if (!twice)
        bail("out of memory");
    memcpy(twice, s->speech, s->samples * sizeof *twice);
    memcpy(twice + s->samples, s->speech, s->samples * sizeof *twice);
    double alike;
    wzp_level_align(&alike, listener->card.heard.pcm + from, s->samples, twice, 2 * s->samples,
                    s->samples);
    wzp_free(twice);
    return alike;
}

unsigned stage_extra_gap(const struct stage *s, const struct wzp_sim_phone *listener, size_t from)
{
    unsigned own = voice_longest_gap_ms(s->speech, s->samples);
    unsigned heard =
        voice_longest_gap_ms(listener->card.heard.pcm + from, listener->card.heard.samples - from);
    return heard > own ? heard - own : 0;
}
