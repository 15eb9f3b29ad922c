/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Numbers in bytes, hexadecimal, bounded reader and writer. */
#include "base/bytes.h"

#include <string.h>

#include "base/error.h"
#include "tap.h"

static void check_numbers(void)
{
    uint8_t p[8];
    wzp_put_be16(p, 0x1234);
    is_bytes(p, 2, "\x12\x34", 2, "be16");
    is_int(wzp_get_be16(p), 0x1234, "be16 back");
    wzp_put_be32(p, 0xfedcba98U);
    is_bytes(p, 4, "\xfe\xdc\xba\x98", 4, "be32");
    is_int(wzp_get_be32(p), 0xfedcba98U, "be32 back");
    wzp_put_be64(p, UINT64_C(0xfedcba9876543210));
    is_bytes(p, 8, "\xfe\xdc\xba\x98\x76\x54\x32\x10", 8, "be64");
    ok(wzp_get_be64(p) == UINT64_C(0xfedcba9876543210), "be64 back");

    is_int(wzp_serial16(5, 3), 2, "serial distance");
    is_int(wzp_serial16(0, 65535), 1, "over the wrap");
    is_int(wzp_serial16(65535, 0), -1, "and back");
    is_int(wzp_serial16(32768, 0), -32768, "half way round");
    is_int(wzp_serial32(0, UINT32_MAX), 1, "32 bits over the wrap");
    is_int(wzp_serial32(UINT32_MAX, 1), -2, "32 bits back");
}

static void check_secrets(void)
{
    uint8_t a[33], b[33];
    memset(a, 7, sizeof a);
    memcpy(b, a, sizeof b);
    ok(wzp_equal_constant_time(a, b, sizeof a), "equal");
    for (size_t i = 0; i < sizeof a; i++) {
        b[i] ^= 0x80;
        if (wzp_equal_constant_time(a, b, sizeof a))
            ok(false, "byte %zu differs", i);
        b[i] ^= 0x80;
    }
    ok(wzp_equal_constant_time(a, "", 0), "nothing equals nothing");
    ok(!wzp_is_zero_constant_time(a, sizeof a), "not zero");
    wzp_wipe(a, sizeof a - 1);
    ok(wzp_is_zero_constant_time(a, sizeof a - 1), "wiped");
    is_int(a[sizeof a - 1], 7, "not further");
    wzp_wipe(a, 0);
    wzp_wipe(NULL, 0);
}

static void check_hex(void)
{
    uint8_t out[4] = {9, 9, 9, 9};
    char text[9];
    wzp_hex_encode(text, (const uint8_t *)"\x00\x1f\xab\xff", 4);
    is_str(text, "001fabff", "lower-case digits");
    wzp_hex_encode(text, out, 0);
    is_str(text, "", "no bytes, no digits");
    is_int(wzp_hex_decode(out, 4, "001FabfF", 8), 0, "either case");
    is_bytes(out, 4, "\x00\x1f\xab\xff", 4, "the bytes");
    is_int(wzp_hex_decode(out, 4, "001FabfF0", 8), 0, "the length counts, not the 0");
    is_int(wzp_hex_decode(out, 4, "001fab", 6), WZP_E_SHORT, "too short");
    is_int(wzp_hex_decode(out, 4, "001fabf", 7), WZP_E_SHORT, "a digit short");
    is_int(wzp_hex_decode(out, 4, "001fabff0", 9), WZP_E_TOO_BIG, "a digit long");
    is_int(wzp_hex_decode(out, 4, "001fabff00", 10), WZP_E_TOO_BIG, "too long");
    is_int(wzp_hex_decode(out, 0, "", 0), 0, "nothing");
    static const char *const bad[] = {"g0", "0g", "/0", ":0", "@0",
                                      "G0", "`0", " 0", "0x", "\xb0\xb0"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        is_int(wzp_hex_decode(out, 1, bad[i], 2), WZP_E_SYNTAX, "not digits, case %zu", i);
}

static void check_writer(void)
{
    uint8_t room[10];
    struct wzp_writer w;
    wzp_writer_init(&w, room, sizeof room);
    wzp_writer_u8(&w, 1);
    wzp_writer_be16(&w, 0x0203);
    wzp_writer_be32(&w, 0x04050607);
    wzp_writer_bytes(&w, "\x08\x09", 2);
    wzp_writer_bytes(&w, NULL, 0);
    ok(!w.failed, "all fits");
    is_bytes(room, w.length, "\1\2\3\4\5\6\7\10\11", 9, "in order");
    wzp_writer_be16(&w, 0xffff);
    ok(w.failed && w.length == 9, "two bytes into one do not go");
    wzp_writer_u8(&w, 1);
    ok(w.failed && w.length == 9, "and nothing after that");
    wzp_writer_init(&w, room, 1);
    wzp_writer_be32(&w, 1);
    ok(w.failed, "be32 checked");
    wzp_writer_init(&w, room, 0);
    wzp_writer_bytes(&w, "x", 1);
    ok(w.failed, "bytes checked");
}

static void check_reader(void)
{
    struct wzp_reader r;
    wzp_reader_init(&r, "\1\2\3\4", 4);
    is_int(wzp_reader_u8(&r), 1, "u8");
    is_int(wzp_reader_be16(&r), 0x0203, "be16");
    is_int(wzp_reader_left(&r), 1, "one left");
    ok(wzp_reader_bytes(&r, 0) != NULL && !r.failed, "no bytes are there");
    is_int(wzp_reader_be16(&r), 0, "two are not");
    ok(r.failed, "failed");
    is_int(wzp_reader_left(&r), 0, "then nothing is left");
    is_int(wzp_reader_u8(&r), 0, "and the last byte is not given");
    is_int(wzp_reader_be16(&r), 0, "be16 neither");
    ok(!wzp_reader_bytes(&r, 1), "nor bytes");
    wzp_reader_init(&r, "", 0);
    ok(!wzp_reader_bytes(&r, SIZE_MAX), "lengths do not wrap");
}

TAP_MAIN
{
    check_numbers();
    check_secrets();
    check_hex();
    check_writer();
    check_reader();
}
