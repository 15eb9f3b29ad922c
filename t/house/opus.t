#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# The codecs build and run with the system's own libopus, which may lack DRED (WITH_DRED=no): speech is transmitted, lost frames are
# concealed, the repeated frame (LBRR) is found, and the program knows that it cannot rebuild frames.
set -u
cd "$WZP_SOURCE" || exit 1
if [ -n "$WZP_SAN$WZP_COV" ] || ! pkg-config --exists opus; then
    echo '1..0 # SKIP needs a plain build and the system libopus'
    exit 0
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/system.c" <<'END'
#include "tap.h"

#include <stdlib.h>
#include <string.h>

#include "media/decoder.h"
#include "media/level.h"

TAP_MAIN
{
    static int16_t said[48000], heard[48000];
    uint8_t packet[WZP_FRAME_BYTES_MAX];
    struct wzp_encoder_plan plan;
    struct wzp_encoder *encoder;
    struct wzp_decoder *decoder;
    int length = 0, repeated = 0, bare = 0;
    if (wzp_encoder_new(&encoder, WZP_CODEC_OPUS_16K) || wzp_decoder_new(&decoder))
        bail("no codec");
    size_t size;
    char *speech = tap_read_file("t/vectors/speech.wav", &size);
    if (size < 44 + sizeof said)
        bail("no speech");
    memcpy(said, speech + 44, sizeof said);
    free(speech);
    wzp_encoder_plan_of(&plan, WZP_CODEC_OPUS_16K);
    for (int turn = 0; turn < 2; turn++) {
        plan.fec = turn == 1;
        plan.expected_loss = turn == 1 ? 30 : 0;
        is_int(wzp_encoder_set_plan(encoder, &plan), 0, "a plan");
        for (int i = 0; i < 50; i++) {
            length = wzp_encoder_encode(encoder, packet, sizeof packet, said + 960 * i, 960);
            int *count = turn ? &repeated : &bare;
            *count += wzp_decoder_has_lbrr(WZP_CODEC_OPUS_16K, packet, (size_t)length);
            if (wzp_decoder_decode(decoder, heard + 960 * i, WZP_CODEC_OPUS_16K, packet,
                                   (size_t)length) != 960)
                bail("not decoded");
        }
    }
    is_near(wzp_level_rms_dbfs(heard, 48000), wzp_level_rms_dbfs(said, 48000), 5, "speech goes through");
    is_int(bare, 0, "no packet repeats the frame before it when none should");
    ok(repeated > 40, "nearly all do when they should (%d of 50)", repeated);
    ok(!wzp_decoder_can_rebuild() || WZP_WITH_DRED, "it knows that nothing can be rebuilt");
    is_int(wzp_decoder_dred_reach(decoder, 1, packet, (size_t)length), 0, "and no packet reaches back");
    is_int(wzp_decoder_conceal(decoder, heard, 960), 1, "what is lost is concealed");
    wzp_encoder_free(encoder);
    wzp_decoder_free(decoder);
}
END
# The system's headers come before those of our own opus.
# shellcheck disable=SC2046,SC2086
if ! $CC -std=c11 -Wall -Wextra -Werror $(pkg-config --cflags opus) -It $WZP_CPPFLAGS -UWZP_WITH_DRED -DWZP_WITH_DRED=0 \
    -DTAP_SOURCE='"."' -o "$folder/system.t" "$folder/system.c" src/media/encoder.c src/media/decoder.c t/tap.c t/sweep.c "$WZP_BUILD/libwzp.a" \
    $(pkg-config --libs opus) $(pkg-config --libs codec2 2>/dev/null || echo -lcodec2) -lspeexdsp -lm >"$folder/said" 2>&1; then
    echo 'not ok 1 - the codecs build with the system libopus'
    echo '1..1'
    head -n 30 "$folder/said" | sed 's/^/# /' >&2
    exit 1
fi
"$folder/system.t"
