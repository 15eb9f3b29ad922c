/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tap.h"

#include <string.h>

#include "media/wav.h"

static void le16(uint8_t *p, unsigned v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

static void le32(uint8_t *p, uint32_t v)
{
    le16(p, v & 0xffff);
    le16(p + 2, v >> 16);
}

/* A header with a chunk of rubbish before fmt; returns its length. */
static size_t make(uint8_t *out, unsigned encoding, unsigned channels, uint32_t rate, unsigned bits,
                   uint32_t bytes)
{
    memcpy(out, "RIFF\0\0\0\0WAVELIST\3\0\0\0abc\0fmt ", 28);
    le32(out + 28, 16);
    le16(out + 32, encoding);
    le16(out + 34, channels);
    le32(out + 36, rate);
    le32(out + 40, rate * channels * bits / 8);
    le16(out + 44, channels * bits / 8);
    le16(out + 46, bits);
    memcpy(out + 48, "data", 4);
    le32(out + 52, bytes);
    return 56;
}

static void test_round_trip(void)
{
    uint8_t header[WZP_WAV_HEADER_SIZE];
    struct wzp_wav_format format;

    wzp_wav_header(header, 1000);
    is_int(wzp_wav_parse(&format, header, sizeof header, 44 + 2000, NULL), 0, "our own header");
    is_int(format.encoding, 1, "PCM");
    is_int(format.channels, 1, "mono");
    is_int(format.rate, 48000, "48 kHz");
    is_int(format.bits, 16, "16 bit");
    is_int(format.data_offset, 44, "data behind it");
    is_int(format.data_length, 2000, "2000 bytes");
    is_int(header[4] | header[5] << 8, 2036, "RIFF size");
    wzp_wav_header(header, UINT32_MAX);
    is_int(wzp_wav_parse(&format, header, sizeof header, UINT64_C(1) << 40, NULL), 0,
           "more samples than the format can say");
    ok(format.data_length > 4000000000u, "are cut");
}

static void test_encodings(void)
{
    uint8_t file[128];
    int16_t pcm[8];
    struct wzp_wav_format format;
    size_t at;

    at = make(file, 1, 2, 44100, 16, 8);
    le16(file + at, 1000);
    le16(file + at + 2, 3000);
    le16(file + at + 4, (uint16_t)-200);
    le16(file + at + 6, (uint16_t)-400);
    is_int(wzp_wav_parse(&format, file, at, at + 8, NULL), 0, "stereo with a chunk before fmt");
    is_int(wzp_wav_to_mono(&(struct wzp_downmix){0}, pcm, 8, &format, file + at, 8), 2,
           "two frames");
    is_int(pcm[0], 2000, "channels are averaged");
    is_int(pcm[1], -300, "with sign");
    is_int(wzp_wav_to_mono(&(struct wzp_downmix){0}, pcm, 1, &format, file + at, 8), 1,
           "capacity respected");
    is_int(wzp_wav_to_mono(&(struct wzp_downmix){0}, pcm, 8, &format, file + at, 7), 1,
           "only whole frames");

    at = make(file, 1, 1, 8000, 8, 2);
    file[at] = 0;
    file[at + 1] = 192;
    is_int(wzp_wav_parse(&format, file, at, at + 2, NULL), 0, "8 bit");
    wzp_wav_to_mono(&(struct wzp_downmix){0}, pcm, 8, &format, file + at, 2);
    is_int(pcm[0], -32768, "unsigned, lowest");
    is_int(pcm[1], 16384, "half up");

    at = make(file, 1, 1, 96000, 24, 6);
    memcpy(file + at, "\x00\x00\x80\xff\xff\x7f", 6);
    is_int(wzp_wav_parse(&format, file, at, at + 6, NULL), 0, "24 bit");
    wzp_wav_to_mono(&(struct wzp_downmix){0}, pcm, 8, &format, file + at, 6);
    is_int(pcm[0], -32768, "lowest");
    is_int(pcm[1], 32767, "highest, no overflow");

    at = make(file, 1, 1, 192000, 32, 4);
    memcpy(file + at, "\x00\x00\x00\x40", 4);
    is_int(wzp_wav_parse(&format, file, at, at + 4, NULL), 0, "32 bit");
    wzp_wav_to_mono(&(struct wzp_downmix){0}, pcm, 8, &format, file + at, 4);
    is_int(pcm[0], 16384, "half");

    at = make(file, 3, 1, 48000, 32, 16);
    memcpy(file + at, "\0\0\0\x3f\0\0\xc0\x7f\0\0\0\x40\0\0\x80\xff", 16);
    is_int(wzp_wav_parse(&format, file, at, at + 16, NULL), 0, "float");
    is_int(wzp_wav_to_mono(&(struct wzp_downmix){0}, pcm, 8, &format, file + at, 16), 4, "four");
    is_int(pcm[0], 16384, "0.5");
    is_int(pcm[1], 0, "not a number is silence");
    is_int(pcm[2], 32767, "2.0 is clipped");
    is_int(pcm[3], 0, "infinity is silence");
}

static void test_hostile(void)
{
    uint8_t file[128];
    struct wzp_wav_format format;
    struct wzp_error err = {0};
    size_t at = make(file, 1, 1, 48000, 16, 100);

    for (size_t cut = 0; cut < at; cut++) {
        int more = wzp_wav_parse(&format, file, cut, 1000, NULL);
        int whole = wzp_wav_parse(&format, file, cut, cut, NULL);

        if (more != WZP_E_SHORT || whole != WZP_E_SYNTAX)
            ok(false, "cut at %zu: %d, %d", cut, more, whole);
    }
    is_int(wzp_wav_parse(&format, file, at, at + 50, NULL), 0, "cut data");
    is_int(format.data_length, 50, "is clipped to the file");
    le32(file + 52, 0xffffffff);
    is_int(wzp_wav_parse(&format, file, at, at + 51, NULL), 0, "length unknown");
    is_int(format.data_length, 50, "goes to the end, whole frames");
    le32(file + 16, 0xfffffff0);
    is_int(wzp_wav_parse(&format, file, at, 1000, &err), WZP_E_SYNTAX, "a chunk beyond the end");
    ok(err.text[0] != '\0', "with a sentence: %s", err.text);
    static const struct {
        unsigned encoding, channels, rate, bits;
        const char *what;
    } bad[] = {{2, 1, 48000, 16, "ADPCM"},      {1, 0, 48000, 16, "no channel"},
               {1, 9, 48000, 16, "9 channels"}, {1, 1, 7999, 16, "7999 Hz"},
               {1, 1, 192001, 16, "192001 Hz"}, {1, 1, 48000, 0, "0 bit"},
               {1, 1, 48000, 12, "12 bit"},     {3, 1, 48000, 64, "float 64"}};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        at = make(file, bad[i].encoding, bad[i].channels, bad[i].rate, bad[i].bits, 100);
        is_int(wzp_wav_parse(&format, file, at, at + 100, &err), WZP_E_UNSUPPORTED, "%s",
               bad[i].what);
    }
    at = make(file, 1, 1, 48000, 16, 100);
    memcpy(file + 24, "junk", 4);
    is_int(wzp_wav_parse(&format, file, at, at + 100, &err), WZP_E_SYNTAX, "no fmt");
    memcpy(file, "RIFX", 4);
    is_int(wzp_wav_parse(&format, file, at, at + 100, &err), WZP_E_SYNTAX, "not RIFF");
}

TAP_MAIN
{
    test_round_trip();
    test_encodings();
    test_hostile();
}
