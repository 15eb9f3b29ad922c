/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "nat/demux.h"

#include "nat/punch.h"
#include "nat/stun.h"

enum wzp_datagram_kind wzp_demux(const uint8_t *data, size_t length)
{
    if (length == 0)
        return WZP_DATAGRAM_UNKNOWN;
    if (data[0] & 0x40)
        return WZP_DATAGRAM_QUIC;
    if (wzp_stun_is_message(data, length))
        return WZP_DATAGRAM_STUN;
    if (wzp_punch_is(data, length))
        return WZP_DATAGRAM_PUNCH;
    return WZP_DATAGRAM_UNKNOWN;
}
