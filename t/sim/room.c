/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Three phones in a room hear the other two, mixed and apart; nobody hears himself; members come
 * and go. */
#include <string.h>

#include "base/alloc.h"
#include "base/time.h"
#include "sim/actors.h"
#include "sim/lib_voice.h"
#include "tap.h"
#include "wire/signal.h"

#define PEOPLE 3

static struct wzp_sim *sim;
static struct wzp_sim_relay relay;
static struct wzp_sim_phone people[PEOPLE];
static const double tones[PEOPLE] = {500, 800, 1300};

/* What share of the sound that phone 0 plays now is the tone of phone i. */
static double share_of(int i)
{
    wzp_sim_run(sim, 1500 * WZP_MILLISECOND);
    return voice_share(&people[0].card.heard, 48000, tones[i]);
}

static void test_volumes(wzp_session_id session)
{
    const char *names[PEOPLE];
    struct wzp_voice voice;
    int named = 0;
    for (int i = 0; i < PEOPLE; i++)
        names[i] = wzp_phone_fingerprint(people[i].phone);
    for (size_t v = 0; wzp_phone_voice(people[0].phone, session, v, &voice, wzp_sim_now(sim)); v++)
        for (int i = 1; i < PEOPLE; i++)
            named += strcmp(voice.fingerprint, names[i]) == 0 && voice.speaking &&
                     voice.volume_percent == 100;
    is_int(named, PEOPLE - 1, "phone 0 knows who speaks");
    is_int(wzp_phone_set_volume(people[0].phone, session, names[1], 0), 0, "phone 1 is silenced");
    ok(share_of(1) < 0.01 && share_of(2) > 0.8, "and not heard here any more, phone 2 is");
    is_int(wzp_phone_volume(people[0].phone, session, names[1]), 0, "which is remembered");
    is_int(wzp_phone_set_volume(people[0].phone, session, "nobody", 50), WZP_E_NOT_FOUND,
           "somebody who is not there has no volume");
    is_int(wzp_phone_set_volume(people[0].phone, session, names[1], 201), WZP_E_RANGE,
           "nor is there more than the most");
    is_int(wzp_phone_set_volume(people[0].phone, session, names[1], 100), 0, "back to the usual");
    ok(share_of(1) > 0.3, "phone 1 is heard again");
    is_int(wzp_phone_set_volume(people[0].phone, 999, names[1], 50), WZP_E_NOT_FOUND,
           "a session that is not there has none");
}

TAP_MAIN
{
    static const char *const addresses[PEOPLE] = {"10.0.0.2:5000", "10.0.0.3:5000",
                                                  "10.0.0.4:5000"};
    struct wzp_sim_link line = {.delay = 15 * WZP_MILLISECOND, .jitter = 5 * WZP_MILLISECOND};
    int16_t *voices[PEOPLE];
    wzp_session_id sessions[PEOPLE];
    wzp_signal_use_allocator();
    if (wzp_sim_new(&sim, 11) || wzp_sim_relay_start(&relay, sim, "10.0.0.1:4433", 9, NULL))
        bail("no stage");
    for (int i = 0; i < PEOPLE; i++) {
        struct wzp_sim_phone_options o = {.address = addresses[i],
                                          .seed = (uint64_t)(i + 1),
                                          .relay = &relay,
                                          .up = &line,
                                          .down = &line};
        voices[i] = voice_tone(tones[i], -20, 48000);
        if (wzp_sim_phone_start(&people[i], sim, &o, false))
            bail("no phone");
        people[i].card.voice = voices[i];
        people[i].card.voice_samples = 48000;
        is_int(wzp_sim_phone_join(&people[i], &sessions[i], "Tea-Party"), 0, "phone %d joins", i);
    }
    for (int i = 0; i < PEOPLE; i++)
        ok(wzp_sim_phone_wait(&people[i], WZP_EVENT_MEDIA, 1, 5 * WZP_SECOND), "phone %d hears", i);
    wzp_sim_run(sim, 3 * WZP_SECOND);
    for (int i = 0; i < PEOPLE; i++) {
        const struct wzp_event *m = wzp_sim_phone_find(&people[i], WZP_EVENT_MEMBERS, 0);
        is_int(m ? m->u.members.count : 0, PEOPLE, "phone %d sees everybody", i);
        for (int j = 0; j < PEOPLE; j++) {
            double share = voice_share(&people[i].card.heard, 48000, tones[j]);
            if (j == i)
                ok(share < 0.01, "phone %d does not hear itself (%.3f)", i, share);
            else
                ok(share > 0.3, "phone %d hears phone %d (share %.2f)", i, j, share);
        }
        struct wzp_session_stats stats;
        wzp_phone_session_stats(people[i].phone, sessions[i], &stats, wzp_sim_now(sim));
        is_int(stats.speakers, PEOPLE - 1, "phone %d tells two speakers apart", i);
    }
    test_volumes(sessions[0]);
    wzp_sim_phone_hangup(&people[2], sessions[2]);
    double worst = 5;
    for (int i = 0; i < 30; i++) {
        struct wzp_session_stats stats;
        wzp_sim_run(sim, 100 * WZP_MILLISECOND);
        wzp_phone_session_stats(people[0].phone, sessions[0], &stats, wzp_sim_now(sim));
        worst = stats.mos < worst ? stats.mos : worst;
    }
    ok(worst > 4, "one leaves, which is no loss to the others (MOS %.1f at worst)", worst);
    const struct wzp_event *m = wzp_sim_phone_find(&people[0], WZP_EVENT_MEMBERS, 0);
    is_int(m ? m->u.members.count : 0, 2, "one leaves: two are left");
    double share = voice_share(&people[0].card.heard, 24000, tones[1]);
    ok(share > 0.9, "and only the other one is heard (%.2f)", share);
    wzp_sim_phone_hangup(&people[1], sessions[1]);
    wzp_sim_run(sim, 10 * WZP_SECOND);
    struct wzp_session_stats alone;
    wzp_phone_session_stats(people[0].phone, sessions[0], &alone, wzp_sim_now(sim));
    ok(alone.mos > 4 && alone.heard.jitter.loss_percent_5s < 1,
       "who is alone in a room misses nothing (MOS %.1f, loss %.0f %%)", alone.mos,
       alone.heard.jitter.loss_percent_5s);
    ok(!wzp_sim_phone_find(&people[0], WZP_EVENT_NOTICE, 0), "and is told of no silence");
    for (int i = 0; i < PEOPLE; i++) {
        wzp_sim_phone_stop(&people[i]);
        wzp_free(voices[i]);
    }
    wzp_sim_relay_stop(&relay);
    wzp_sim_free(sim);
}
