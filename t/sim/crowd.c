/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A room in which one member reports very bad reception, truly or maliciously: the others reduce
 * their rate by one step only. */
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/time.h"
#include "sim/actors.h"
#include "sim/lib_stranger.h"
#include "sim/lib_voice.h"
#include "tap.h"
#include "wire/signal.h"

#define STEP 44000 /* bit/s: the first step below what the members chose */

static struct wzp_sim *sim;
static struct wzp_sim_relay relay;
static struct wzp_sim_phone people[2];
static wzp_session_id rooms[2];
static struct stranger eve;
static struct {
    bool speaking;
    uint16_t sequence;
    uint32_t timestamp;
    uint8_t loss, last;
} lie;

/* Comfort noise with a report at its end, five times a second. */
static bool speak(void *context, uint64_t now)
{
    uint8_t out[17] = {5 << 2 | 2};
    (void)context;
    (void)now;
    if (!lie.speaking)
        return true;
    wzp_put_be16(out + 2, lie.sequence++);
    wzp_put_be32(out + 4, lie.timestamp);
    lie.timestamp += 200;
    out[12] = 60;
    out[13] = lie.loss;
    out[14] = 2;
    out[15] = 1;
    out[16] = lie.last;
    stranger_datagram(&eve, out, sizeof out);
    return true;
}

static struct wzp_coding_stats coding(int i)
{
    struct wzp_session_stats stats = {0};
    wzp_phone_session_stats(people[i].phone, rooms[i], &stats, wzp_sim_now(sim));
    return stats.coding;
}

static void raise(const int16_t *voice, size_t samples)
{
    static const struct wzp_sim_link line = {.delay = 15 * WZP_MILLISECOND};
    for (int i = 0; i < 2; i++) {
        struct wzp_sim_phone_options o = {.address = i ? "10.0.0.3:5000" : "10.0.0.2:5000",
                                          .seed = (uint64_t)(i + 1),
                                          .alias = i ? "Bob" : "Ann",
                                          .up = &line,
                                          .down = &line,
                                          .codec = WZP_CODEC_OPUS_64K,
                                          .relay = &relay};
        if (wzp_sim_phone_start(&people[i], sim, &o, false))
            bail("no phone");
        people[i].card.voice = voice;
        people[i].card.voice_samples = samples;
        is_int(wzp_sim_phone_join(&people[i], &rooms[i], "tea"), 0, "phone %d joins", i);
    }
}

static void test_lie(const char *what, uint8_t loss, uint8_t last, uint32_t least_bitrate)
{
    uint32_t bitrate = UINT32_MAX;
    unsigned expected = 0, copies = 0, dred = 0;
    lie.loss = loss;
    lie.last = last;
    lie.speaking = true;
    for (int i = 0; i < 60; i++) {
        wzp_sim_run(sim, 500 * WZP_MILLISECOND);
        for (int k = 0; k < 2; k++) {
            struct wzp_coding_stats c = coding(k);
            bitrate = c.bitrate < bitrate ? c.bitrate : bitrate;
            expected = c.expected_loss > expected ? c.expected_loss : expected;
            dred = c.dred_ms > dred ? c.dred_ms : dred;
            copies |= c.copies;
        }
    }
    ok(bitrate >= least_bitrate, "%s: others send %u bit/s at least", what, bitrate);
    ok(expected <= 8 && dred == 0 && copies <= 1,
       "%s: with the redundancy of a few losses at most (%u %%, copies %x)", what, expected,
       copies);
    lie.speaking = false;
    wzp_sim_run(sim, 60 * WZP_SECOND);
    is_int(coding(0).bitrate, 64000, "%s: when it is over they have all again", what);
}

TAP_MAIN
{
    size_t samples;
    wzp_signal_use_allocator();
    if (wzp_sim_new(&sim, 11) || wzp_sim_relay_start(&relay, sim, "10.0.0.1:4433", 9, NULL))
        bail("no stage");
    int16_t *voice = voice_speech(&samples);
    raise(voice, samples);
    wzp_sim_every(sim, 0, 200 * WZP_MILLISECOND, speak, NULL);
    wzp_sim_run(sim, 10 * WZP_SECOND);
    is_int(coding(0).bitrate, 64000, "a good line gets all");
    stranger_dial(&eve, sim, "10.9.9.9:666", "10.0.0.1:4433", "tea", 66);
    ok(stranger_join(&eve), "a third one joins");
    test_lie("a line of 8 kbit/s", 0, 0x10, STEP);
    test_lie("all is lost, twenty in a row", 255, 0x0f, 64000);
    test_lie("both", 255, 0x1f, STEP);
    stranger_free(&eve);
    for (int i = 0; i < 2; i++)
        wzp_sim_phone_stop(&people[i]);
    wzp_sim_relay_stop(&relay);
    wzp_sim_free(sim);
    wzp_free(voice);
}
