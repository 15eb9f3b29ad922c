/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Metering of media: floods are cut off within a second, streams that only imitate speech within
 * five, and a thousand honest calls with all their redundancy are not affected. */
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "relay/meter.h"
#include "tap.h"
#include "wire/codec.h"
#include "wire/media.h"

static const struct wzp_relay_meter_limits limits = {.frame_ns = WZP_SECOND / 250,
                                                     .byte_ns = WZP_SECOND / 64000, /* 512 kbit/s */
                                                     .frame_burst = 500,
                                                     .byte_burst = 128000};

/* Sends frames of that size at that rate. Returns after how many ms the sender is cut off (*passed:
 * what was forwarded until then), or WZP_NEVER / ms when it is not within 20 s. */
static double cut_off(unsigned codec, size_t length, unsigned kbit, uint64_t *passed)
{
    struct wzp_relay_meter meter = {0};
    uint64_t step = (uint64_t)length * 8 * 1000000 / kbit, forwarded = 0;
    for (uint64_t t = 0; t < 20 * WZP_SECOND; t += step) {
        switch (wzp_relay_meter_frame(&meter, &limits, codec, length, WZP_SECOND + t)) {
        case WZP_RELAY_FRAME_FINE: forwarded += length; break;
        case WZP_RELAY_FRAME_TOO_MUCH: break;
        default: *passed = forwarded; return (double)t / 1e6;
        }
    }
    *passed = forwarded;
    return 1e9;
}

static void test_floods(void)
{
    uint64_t passed;
    double took = cut_off(WZP_CODEC_OPUS_24K, 1000, 5000, &passed);
    note("5 Mbit/s of 1 000 bytes: cut off after %.0f ms, %llu bytes forwarded", took,
         (unsigned long long)passed);
    ok(took <= 1000, "5 Mbit/s ends within a second");
    took = cut_off(WZP_CODEC_OPUS_64K, 400, 5000, &passed);
    note("5 Mbit/s of 400 bytes as Opus64k: %.0f ms, %llu bytes", took, (unsigned long long)passed);
    ok(took <= 1000, "also under the most generous codec");
    took = cut_off(WZP_CODEC_OPUS_24K, 400, 500, &passed);
    note("500 kbit/s of stuffed Opus24k: %.0f ms, %llu bytes", took, (unsigned long long)passed);
    ok(took <= 5000, "500 kbit/s under the name of Opus24k end within five seconds");
    took = cut_off(WZP_CODEC_OPUS_24K, 1100, 100, &passed);
    note("100 kbit/s in frames of 1 100 bytes as Opus24k: %.0f ms, %llu bytes", took,
         (unsigned long long)passed);
    ok(took <= 5000 && passed == 0, "frames no codec makes are not forwarded at all");
    took = cut_off(WZP_CODEC_CODEC2_1200, 300, 300, &passed);
    ok(took <= 5000, "300 kbit/s are no Codec2 (%.0f ms)", took);
    took = cut_off(WZP_CODEC_COMFORT_NOISE, 300, 400, &passed);
    ok(took <= 5000, "nor are 400 kbit/s comfort noise (%.0f ms)", took);
}

/* One honest call of a minute: the codec at its rate with peaks, a report now and then, redundancy
 * of up to twice the stream, and a line that stalls for up to two seconds and then delivers at
 * once. */
static bool honest(uint64_t seed, unsigned *dropped)
{
    static const unsigned codecs[] = {
        WZP_CODEC_OPUS_24K,    WZP_CODEC_OPUS_16K, WZP_CODEC_OPUS_6K,  WZP_CODEC_CODEC2_3200,
        WZP_CODEC_CODEC2_1200, WZP_CODEC_OPUS_32K, WZP_CODEC_OPUS_48K, WZP_CODEC_OPUS_64K};
    struct wzp_random_seeded seeded;
    struct wzp_relay_meter meter = {0};
    uint64_t held_until = 0;
    wzp_random_seeded_init(&seeded, seed);
    struct wzp_random random = wzp_random_seeded_source(&seeded);
    unsigned codec = codecs[wzp_random_u64(&random) % 8];
    const struct wzp_codec_info *info = wzp_codec_info(codec);
    unsigned repair = (unsigned)(wzp_random_u64(&random) % 101);
    size_t nominal = (size_t)info->bitrate / 8 * info->frame_ms / 1000;
    for (uint64_t t = 0; t < 60 * WZP_SECOND; t += info->frame_ms * WZP_MILLISECOND) {
        if (t > held_until && wzp_random_u64(&random) % 1000 == 0)
            held_until = t + wzp_random_u64(&random) % (2 * WZP_SECOND);
        uint64_t now = WZP_SECOND + (t > held_until ? t : held_until);
        size_t length = 12 + 20 + 4 + nominal / 2 + wzp_random_u64(&random) % (nominal + 1);
        unsigned copies = 1 + (wzp_random_u64(&random) % 100 < repair);
        for (unsigned i = 0; i < copies; i++) {
            size_t size = i > 0 && !info->is_opus ? 12 + 256 : length;
            enum wzp_relay_verdict verdict =
                wzp_relay_meter_frame(&meter, &limits, codec, size, now);
            *dropped += verdict != WZP_RELAY_FRAME_FINE;
            if (verdict > WZP_RELAY_FRAME_TOO_MUCH)
                return false;
        }
    }
    return true;
}

static void test_honest(void)
{
    unsigned cut = 0, dropped = 0;
    for (uint64_t seed = 1; seed <= 1000; seed++)
        cut += !honest(seed, &dropped);
    note("1 000 honest calls of a minute: %u cut off, %u frames of some 3 million dropped", cut,
         dropped);
    is_int(cut, 0, "nobody honest is cut off");
    ok(dropped < 3000, "fewer than one honest frame in a thousand is dropped");
}

TAP_MAIN
{
    test_floods();
    test_honest();
    ok(wzp_relay_meter_kbit(WZP_CODEC_OPUS_24K) < 200, "Opus24k needs %u kbit/s at most",
       wzp_relay_meter_kbit(WZP_CODEC_OPUS_24K));
}
