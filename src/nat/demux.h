/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One socket carries QUIC, STUN and our punches; the first byte tells them apart, as RFC 9443 lays
 * down. That works as long as nobody greases the QUIC bit (RFC 9287), which we do not offer.
 * Source: wzp-protocol(7), One socket. */
#ifndef WZP_NAT_DEMUX_H
#define WZP_NAT_DEMUX_H

#include <stddef.h>
#include <stdint.h>

enum wzp_datagram_kind {
    WZP_DATAGRAM_UNKNOWN, /* to be dropped */
    WZP_DATAGRAM_QUIC,    /* first byte 64..127 (short header) or 192..255 (long header) */
    WZP_DATAGRAM_STUN,    /* first byte 0..3 and the magic cookie */
    WZP_DATAGRAM_PUNCH,   /* ours, see nat/punch.h: a single zero byte, or the long form */
};

/* Looks at nothing beyond the first eight bytes and the length. */
enum wzp_datagram_kind wzp_demux(const uint8_t *data, size_t length);

#endif
