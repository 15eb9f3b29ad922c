/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Messages collected from stream bytes in pieces of any size. Source: wzp-protocol(7), Streams and
 * frames. */
#include "wire/frame.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "tap.h"

static void check_pieces(void)
{
    static const uint8_t reflect[] = {0, 0, 0, 9, '"', 'R', 'e', 'f', 'l', 'e', 'c', 't', '"'};
    static const uint8_t ping[] = "\0\0\0\x27{\"Ping\":{\"timestamp_ms\":1776097641123}}";
    struct wzp_frame f;
    for (size_t step = 1; step <= sizeof reflect; step++) {
        int result = 0;
        wzp_frame_init(&f, WZP_FRAME_MAX);
        for (size_t at = 0; at < sizeof reflect && result == 0; at += step) {
            size_t n = sizeof reflect - at < step ? sizeof reflect - at : step;
            result = wzp_frame_feed(&f, reflect + at, n);
            if (at + n < sizeof reflect && result != 0)
                ok(false, "complete too early");
        }
        if (tap_oom_mode() && result < 0) {
            wzp_frame_fini(&f);
            continue;
        }
        is_int(result, 1, "complete in pieces of %zu", step);
        is_str(f.text, "\"Reflect\"", "the text");
        wzp_frame_fini(&f);
    }
    wzp_frame_init(&f, WZP_FRAME_MAX);
    is_int(wzp_frame_feed(&f, ping, sizeof ping - 1), 1, "the other example");
    is_int(f.length, 39, "39 bytes");
    is_int(wzp_frame_feed(&f, (const uint8_t *)"more", 4), 1, "what follows is ignored");
    is_int(f.length, 39, "still 39");
    wzp_frame_fini(&f);
    wzp_frame_fini(&f);

    uint8_t behind[20];
    memcpy(behind, reflect, sizeof reflect);
    memset(behind + sizeof reflect, 'x', sizeof behind - sizeof reflect);
    wzp_frame_init(&f, WZP_FRAME_MAX);
    is_int(wzp_frame_feed(&f, behind, sizeof behind), 1, "bytes behind in the same piece");
    is_str(f.text, "\"Reflect\"", "are ignored");
    wzp_frame_fini(&f);
}

static void check_limits(void)
{
    struct wzp_frame f;
    long live = wzp_alloc_live();
    wzp_frame_init(&f, WZP_FRAME_MAX);
    is_int(wzp_frame_feed(&f, NULL, 0), 0, "nothing yet");
    is_int(wzp_frame_feed(&f, (const uint8_t *)"\0\0\0", 3), 0, "not yet");
    is_int(wzp_frame_feed(&f, (const uint8_t *)"\0", 1), WZP_E_SYNTAX, "length 0");
    is_int(wzp_frame_feed(&f, (const uint8_t *)"x", 1), WZP_E_SYNTAX, "and again");
    wzp_frame_fini(&f);
    wzp_frame_init(&f, WZP_FRAME_MAX);
    is_int(wzp_frame_feed(&f, (const uint8_t *)"\0\x10\0\1", 4), WZP_E_TOO_BIG, "a byte too many");
    wzp_frame_fini(&f);
    wzp_frame_init(&f, WZP_FRAME_MAX);
    is_int(wzp_frame_feed(&f, (const uint8_t *)"\0\x10\0\0", 4), 0, "the most is announced");
    is_int(wzp_alloc_live() - live, 0, "which costs nothing");
    is_int(wzp_frame_feed(&f, (const uint8_t *)"[", 1), 0, "one byte comes");
    ok(f.capacity <= 4096, "and costs little: %zu", f.capacity);
    wzp_frame_fini(&f);
    wzp_frame_init(&f, 8);
    is_int(wzp_frame_feed(&f, (const uint8_t *)"\0\0\0\x9", 4), WZP_E_TOO_BIG, "a smaller limit");
    wzp_frame_fini(&f);
    wzp_frame_init(&f, WZP_FRAME_MAX);
    is_int(wzp_frame_feed(&f, (const uint8_t *)"\xff\xff\xff\xff", 4), WZP_E_TOO_BIG, "4 GiB");
    wzp_frame_fini(&f);
    is_int(wzp_alloc_live() - live, 0, "nothing is left");
}

static void check_large(void)
{
    struct wzp_frame f;
    size_t size = WZP_FRAME_MAX;
    uint8_t *data = malloc(size);
    int result = 0;
    if (!data)
        bail("no memory");
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)('a' + i % 23);
    wzp_frame_init(&f, WZP_FRAME_MAX);
    wzp_frame_feed(&f, (const uint8_t *)"\0\x10\0\0", 4);
    for (size_t at = 0; at < size && result == 0; at += 1200)
        result = wzp_frame_feed(&f, data + at, size - at < 1200 ? size - at : 1200);
    if (result == 1) {
        is_bytes(f.text, f.length, data, size, "the largest message");
        is_int(f.text[f.length], 0, "with its 0");
        is_int(f.capacity, size + 1, "no more memory than that");
    } else {
        ok(tap_oom_mode(), "the largest message: %d", result);
    }
    wzp_frame_fini(&f);
    free(data);
}

TAP_MAIN
{
    check_pieces();
    check_limits();
    check_large();
    if (tap_oom_mode())
        return;
    struct wzp_frame f;
    wzp_frame_init(&f, WZP_FRAME_MAX);
    wzp_alloc_fail_after(1);
    is_int(wzp_frame_feed(&f, (const uint8_t *)"\0\0\0\5hello", 9), WZP_E_MEMORY, "no memory");
    wzp_alloc_fail_after(0);
    wzp_frame_fini(&f);
}
