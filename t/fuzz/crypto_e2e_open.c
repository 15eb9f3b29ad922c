/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Decrypts a datagram from the network in a session with known keys. When the first input byte is
 * odd the input becomes the payload of a valid packet, which is then changed by the second byte: so
 * the fuzzer reaches the code behind the authentication. */
#include <stdlib.h>
#include <string.h>

#include "crypto/e2e.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = 2048 };

/* What must hold after any attempt to open. */
static void open_one(struct wzp_e2e_session *s, const uint8_t *datagram, size_t length, int must)
{
    uint8_t plain[ROOM];
    struct wzp_media_packet packet;
    struct wzp_e2e_session before = *s;
    int result = wzp_e2e_open(s, &packet, plain, sizeof plain, datagram, length);
    if (result == 0) {
        if (packet.payload != plain || packet.payload_length + WZP_E2E_OVERHEAD > length)
            abort();
        if (wzp_e2e_open(s, &packet, plain, sizeof plain, datagram, length) != WZP_E_REPLAY)
            abort();
    } else if (must || memcmp(&s->receive, &before.receive, sizeof before.receive) != 0 ||
               memcmp(&s->replay, &before.replay, sizeof before.replay) != 0) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t transcript[32] = {1}, shared[32] = {2};
    struct wzp_e2e_session caller, callee;
    uint8_t datagram[ROOM];
    wzp_e2e_session_derive(&caller, true, transcript, shared);
    wzp_e2e_session_derive(&callee, false, transcript, shared);
    if (size < 4 || (data[0] & 1) == 0) {
        open_one(&callee, data, size, 0);
        return 0;
    }
    if (size > 1500)
        size = 1500;
    struct wzp_media_packet packet = {.header = {.codec = data[2] % WZP_CODEC_COUNT,
                                                 .has_report = (data[2] & 0x80) != 0,
                                                 .sequence = (uint16_t)(data[2] << 7 | data[3]),
                                                 .timestamp = data[3]},
                                      .payload = data + 4,
                                      .payload_length = size - 4};
    int length = wzp_e2e_seal(&caller, datagram, sizeof datagram, &packet);
    if (length < 0)
        abort();
    size_t at = data[1] % (size_t)length;
    datagram[at] ^= data[0] & 0xfe;
    open_one(&callee, datagram, (size_t)length, (data[0] & 0xfe) == 0);
    return 0;
}
