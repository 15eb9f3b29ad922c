/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "lib_attacker.h"

#include <string.h>

#include "base/bytes.h"
#include "quic/internal.h"
#include "tap.h"

static const uint8_t *replacement;
static size_t replacement_length;

/* Replaces the library's function: encrypts the attacker's frames instead of those of the packet.
 */
int ngtcp2_crypto_encrypt_cb(uint8_t *dest, const ngtcp2_crypto_aead *aead,
                             const ngtcp2_crypto_aead_ctx *context, const uint8_t *plain,
                             size_t plain_length, const uint8_t *nonce, size_t nonce_length,
                             const uint8_t *aad, size_t aad_length)
{
    uint8_t other[2048];
    if (replacement && plain_length >= replacement_length && plain_length <= sizeof other) {
        memset(other, 0, sizeof other); /* PADDING */
        memcpy(other, replacement, replacement_length);
        plain = other;
    }
    return ngtcp2_crypto_encrypt(dest, aead, context, plain, plain_length, nonce, nonce_length, aad,
                                 aad_length) == 0
               ? 0
               : NGTCP2_ERR_CALLBACK_FAILURE;
}

int64_t attacker_open(struct wzp_quic_conn *conn)
{
    int64_t id;
    return ngtcp2_conn_open_bidi_stream(conn->quic, &id, NULL) == 0 ? id : -1;
}

size_t attacker_write(struct net *net, struct wzp_quic_conn *conn, const struct wzp_addr *to,
                      int64_t stream, const uint8_t *data, size_t length, bool fin)
{
    size_t sent = 0;
    bool ended = !fin;
    while (sent < length || !ended) {
        uint8_t packet[1452];
        ngtcp2_path_storage path;
        ngtcp2_pkt_info info;
        ngtcp2_ssize taken = -1;
        ngtcp2_vec vec = {(uint8_t *)(uintptr_t)(data + sent), length - sent};
        ngtcp2_path_storage_zero(&path);
        ngtcp2_ssize n = ngtcp2_conn_writev_stream(conn->quic, &path.path, &info, packet, 1200,
                                                   &taken, fin ? NGTCP2_WRITE_STREAM_FLAG_FIN : 0,
                                                   stream, &vec, vec.len > 0, net->now);
        if (taken > 0)
            sent += (size_t)taken;
        if (taken >= 0 && sent == length)
            ended = true;
        if (n > 0)
            net_inject(net, &conn->local, to, packet, (size_t)n);
        if (n <= 0 || taken < 0)
            break;
    }
    conn->library_expiry_known = false;
    wzp_quic_ready(conn);
    return sent;
}

bool attacker_frames(struct net *net, struct wzp_quic_conn *conn, const struct wzp_addr *to,
                     const uint8_t *frames, size_t length)
{
    uint8_t packet[1452];
    static uint8_t filler[1100];
    ngtcp2_path_storage path;
    ngtcp2_pkt_info info;
    ngtcp2_vec vec = {filler, sizeof filler};
    int accepted = 0;
    ngtcp2_path_storage_zero(&path);
    replacement = frames;
    replacement_length = length;
    ngtcp2_ssize n = ngtcp2_conn_writev_datagram(conn->quic, &path.path, &info, packet, 1200,
                                                 &accepted, 0, 1, &vec, 1, net->now);
    replacement = NULL;
    conn->library_expiry_known = false;
    if (n <= 0)
        return false;
    net_inject(net, &conn->local, to, packet, (size_t)n);
    return true;
}

uint8_t *attacker_number(uint8_t *out, uint32_t value)
{
    wzp_put_be32(out, value | 0x80000000);
    return out + 4;
}
