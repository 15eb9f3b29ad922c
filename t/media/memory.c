/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Lack of memory: every object of the room with each of its allocations failing once, and a call
 * that goes on when a new speaker finds no memory. */
#include "tap.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/time.h"
#include "lib_network.h"
#include "media/codec2.h"
#include "media/dsp.h"
#include "media/receiver.h"
#include "media/sender.h"

static int make_encoder(void)
{
    struct wzp_encoder *x;
    int result = wzp_encoder_new(&x, WZP_CODEC_OPUS_24K);

    wzp_encoder_free(x);
    return result;
}
static int make_decoder(void)
{
    struct wzp_decoder *x;
    int result = wzp_decoder_new(&x);

    wzp_decoder_free(x);
    return result;
}
static int make_codec2(void)
{
    struct wzp_codec2 *x;
    int result = wzp_codec2_new(&x, true);

    wzp_codec2_free(x);
    return result == WZP_E_UNSUPPORTED ? 0 : result;
}
static int make_sender(void)
{
    struct wzp_sender *x;
    int result = wzp_sender_new(&x, WZP_CODEC_OPUS_24K);

    wzp_sender_free(x);
    return result;
}
static int make_playout(void)
{
    struct wzp_playout *x;
    int result = wzp_playout_new(&x);

    wzp_playout_free(x);
    return result;
}
static int make_receiver(void)
{
    struct wzp_receiver *x;
    int result = wzp_receiver_new(&x);

    wzp_receiver_free(x);
    return result;
}
static int make_dsp(void)
{
    struct wzp_dsp_options options = {.echo_cancel = true, .gain = true, .denoise = true};
    struct wzp_dsp *x;
    int result = wzp_dsp_new(&x, &options);

    wzp_dsp_free(x);
    return result;
}
static int make_resampler(void)
{
    struct wzp_resampler *x;
    int result = wzp_resampler_new(&x, 44100, 48000);

    wzp_resampler_free(x);
    return result;
}

static void test_each(void)
{
    static const struct {
        const char *name;
        int (*make)(void);
    } rows[] = {{"encoder", make_encoder}, {"decoder", make_decoder},
                {"codec2", make_codec2},   {"sender", make_sender},
                {"playout", make_playout}, {"receiver", make_receiver},
                {"dsp", make_dsp},         {"resampler", make_resampler}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        long live = wzp_alloc_live();
        uint64_t before = wzp_alloc_calls();
        long count;
        int bad = 0;

        is_int(rows[i].make(), 0, "%s: made", rows[i].name);
        count = (long)(wzp_alloc_calls() - before);
        for (long n = 1; n <= count; n++) {
            wzp_alloc_fail_after(n);
            bad += rows[i].make() != WZP_E_MEMORY;
            bad += wzp_alloc_live() != live;
        }
        wzp_alloc_fail_after(0);
        is_int(bad, 0, "%s: each of %ld allocations may fail", rows[i].name, count);
    }
}

static void test_new_speaker(void)
{
    static const uint8_t payload[] = {0x08};
    struct wzp_receiver *r;
    struct wzp_media_packet packet;
    int16_t pcm[960];

    if (wzp_receiver_new(&r) != 0)
        bail("no receiver");
    memset(&packet, 0, sizeof packet);
    packet.payload = payload;
    packet.payload_length = sizeof payload;
    for (long n = 1; n < 12; n++) {
        packet.header.sender = (uint8_t)n;
        wzp_alloc_fail_after(n);
        wzp_receiver_put(r, &packet, WZP_SECOND);
        wzp_receiver_pull(r, pcm, 960, WZP_SECOND);
    }
    wzp_alloc_fail_after(0);
    ok(wzp_receiver_stream_count(r) < 5, "speakers without memory are left out");
    packet.header.sender = 99;
    wzp_receiver_put(r, &packet, WZP_SECOND);
    ok(wzp_receiver_stream_count(r) >= 1, "others are heard");
    wzp_receiver_free(r);
}

TAP_MAIN
{
    if (tap_oom_mode())
        skip_all("does that by itself");
    test_each();
    test_new_speaker();
}
