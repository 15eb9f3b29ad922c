/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The packet that opens routers. Source: wzp-protocol(7), Punches, Race. */
#include "nat/punch.h"

#include <string.h>

#include "base/error.h"
#include "nat/demux.h"
#include "tap.h"

TAP_MAIN
{
    static const uint8_t secret[WZP_PUNCH_KEY_SIZE] = {1, 2, 3};
    struct wzp_punch_key key, stranger, other_call;
    uint8_t data[WZP_PUNCH_SIZE + 1] = {0};
    struct wzp_punch in = {.kind = WZP_PUNCH_QUESTION, .number = 77, .clock = 1234}, out;
    wzp_punch_key_init(&key, "call-1", secret);
    wzp_punch_key_init(&stranger, "call-1", NULL);
    wzp_punch_key_init(&other_call, "call-2", secret);
    wzp_punch_write(data, &key, &in, true);
    ok(wzp_punch_is(data, WZP_PUNCH_SIZE), "it is 32 bytes long");
    is_int(wzp_demux(data, WZP_PUNCH_SIZE), WZP_DATAGRAM_PUNCH, "its first byte leads here");
    is_int(wzp_punch_tag(data, WZP_PUNCH_SIZE), key.tag, "it names its call");
    is_int(wzp_punch_parse(&out, &key, data, WZP_PUNCH_SIZE, true), 0, "the peer reads it");
    ok(out.kind == in.kind && out.number == 77 && out.clock == 1234, "as it was written");
    is_int(wzp_punch_parse(&out, &key, data, WZP_PUNCH_SIZE, false), WZP_E_CRYPTO,
           "sent back to us it is refused");
    is_int(wzp_punch_parse(&out, &other_call, data, WZP_PUNCH_SIZE, true), WZP_E_NOT_FOUND,
           "it is of no other call");
    stranger.tag = key.tag;
    is_int(wzp_punch_parse(&out, &stranger, data, WZP_PUNCH_SIZE, true), WZP_E_CRYPTO,
           "who knows only the call's name cannot make one");
    for (size_t i = 8; i < WZP_PUNCH_SIZE; i++) {
        data[i] ^= 1;
        if (wzp_punch_parse(&out, &key, data, WZP_PUNCH_SIZE, true) != WZP_E_CRYPTO)
            ok(false, "byte %zu may be changed", i);
        data[i] ^= 1;
    }
    ok(true, "no byte may be changed");
    is_int(wzp_punch_parse(&out, &key, data, WZP_PUNCH_SIZE - 1, true), WZP_E_SYNTAX, "too short");
    is_int(wzp_punch_parse(&out, &key, data, WZP_PUNCH_SIZE + 1, true), WZP_E_SYNTAX, "too long");
    memset(data, 0, sizeof data);
    ok(wzp_punch_is(data, 1) && wzp_punch_tag(data, 1) == 0, "the bare form names no call");
    is_int(wzp_punch_parse(&out, &key, data, 1, true), WZP_E_SYNTAX, "and proves nothing");
    ok(!wzp_punch_is(data, 2) && !wzp_punch_is(data, 0), "two bytes, or none, are none");
    struct wzp_punch_key bare;
    wzp_punch_key_init(&bare, "call-1", NULL);
    ok(memcmp(bare.secret, key.secret, sizeof key.secret) != 0, "the secret makes the key");
    wzp_punch_key_wipe(&key);
    ok(key.tag == 0 && key.secret[0] == 0 && key.secret[31] == 0, "and is wiped");
}
