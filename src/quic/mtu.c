/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Path MTU discovery (RFC 8899): probes are DATAGRAM frames that fill a packet of the size to be
 * tried; their acknowledgement proves the size. The largest size is tried first, since most paths
 * carry it; when it fails, the sizes below follow in ascending order, so that at most two of them
 * cost losses. A result below the maximum is probed again every 300 s. Four large packets lost in a
 * row without one that arrived mean a black hole: back to 1200 at once. The payload of a probe
 * cannot be taken for media by anybody: its codec number is 15, which every receiver drops
 * (wzp-protocol(7), Media header), and our own receivers drop it before the owner sees it. But
 * existing relays write a warning about each, and ngtcp2 1.11 has no other frame whose fate it
 * tells, so nothing is probed until there is something to gain: a datagram that does not fit, or
 * more of them waiting than one packet carries. Speech of one person never gets there. Source:
 * wzp-protocol(7), QUIC. */
#include "quic/internal.h"

#include <string.h>

#define PROBE_BYTE 0x3c
#define PROBE_MARK 16                /* that many such bytes at the front make a probe */
#define PROBE_TRIES 2                /* sent at once */
#define BLACK_HOLE 4                 /* large packets lost in a row */
#define PROBE_REST (30 * WZP_SECOND) /* after a black hole */
#define FRAME_OVERHEAD 3             /* type and two bytes of length */
#define TAG 16

/* The usual tunnels and links, less 28 or 48 bytes of IP and UDP. */
static const uint16_t candidates[] = {WZP_PACKET_MAX, 1232, 1252, 1272, 1312, 1352,
                                      1372,           1392, 1412, 1432, 1444, WZP_PACKET_MAX};
#define CANDIDATES (sizeof candidates / sizeof candidates[0])

void wzp_quic_mtu_init(struct wzp_quic_mtu *mtu)
{
    bool wanted = mtu->wanted;
    memset(mtu, 0, sizeof *mtu);
    mtu->wanted = wanted;
    mtu->size = WZP_QUIC_MTU_BASE;
    mtu->room = WZP_QUIC_MTU_BASE - 1 - NGTCP2_MAX_CIDLEN - 4 - TAG - FRAME_OVERHEAD;
    mtu->next = WZP_NEVER;
}

static uint16_t candidate(const struct wzp_quic_conn *conn, unsigned step)
{
    return candidates[step] < conn->mtu.limit ? candidates[step] : conn->mtu.limit;
}

static void rest(struct wzp_quic_conn *conn, uint64_t until)
{
    conn->mtu.step = 0;
    conn->mtu.sent = conn->mtu.lost = 0;
    conn->mtu.next = until;
}

/* Goes on to the next size that is larger than the one in use, or rests. */
static void next_step(struct wzp_quic_conn *conn, unsigned step, uint64_t now)
{
    struct wzp_quic_mtu *m = &conn->mtu;
    while (step < CANDIDATES && candidate(conn, step) <= m->size)
        step++;
    if (m->size >= m->limit) {
        rest(conn, WZP_NEVER);
    } else if (step >= CANDIDATES) {
        rest(conn, wzp_time_add(now, WZP_QUIC_MTU_PROBE_INTERVAL));
    } else {
        m->step = (uint8_t)step;
        m->sent = m->lost = 0;
        m->next = now;
    }
}

void wzp_quic_mtu_restart(struct wzp_quic_conn *conn, uint64_t now)
{
    wzp_quic_mtu_init(&conn->mtu);
    wzp_quic_mtu_refresh(conn);
    const ngtcp2_transport_params *p = ngtcp2_conn_get_remote_transport_params(conn->quic);
    if (!p || p->max_datagram_frame_size < WZP_PACKET_MAX)
        return; /* nothing to probe with */
    conn->mtu.limit = p->max_udp_payload_size < WZP_PACKET_MAX ? (uint16_t)p->max_udp_payload_size
                                                               : WZP_PACKET_MAX;
    if (conn->mtu.wanted)
        next_step(conn, 0, now);
}

void wzp_quic_mtu_want(struct wzp_quic_conn *conn, uint64_t now)
{
    if (conn->mtu.wanted)
        return;
    conn->mtu.wanted = true;
    if (conn->mtu.limit > 0)
        next_step(conn, 0, now);
}

/* Bytes of datagrams in a packet of `size` bytes whose packet number has this length. */
static size_t room(const struct wzp_quic_conn *conn, size_t size, size_t number_length)
{
    return size - 1 - ngtcp2_conn_get_dcid(conn->quic)->datalen - number_length - TAG -
           FRAME_OVERHEAD;
}

void wzp_quic_mtu_refresh(struct wzp_quic_conn *conn)
{
    conn->mtu.room = (uint16_t)room(conn, conn->mtu.size, 4);
}

bool wzp_quic_mtu_is_probe(const uint8_t *data, size_t length)
{
    if (length < PROBE_MARK)
        return false;
    for (size_t i = 0; i < PROBE_MARK; i++)
        if (data[i] != PROBE_BYTE)
            return false;
    return true;
}

ngtcp2_ssize wzp_quic_mtu_write(struct wzp_quic_conn *conn, ngtcp2_path *path, ngtcp2_pkt_info *pi,
                                uint8_t *data, size_t capacity, uint64_t now)
{
    struct wzp_quic_mtu *m = &conn->mtu;
    if (m->next > now || capacity < WZP_PACKET_MAX)
        return 0;
    uint16_t size = candidate(conn, m->step);
    /* A probe must not block media: it is sent only when the congestion window has room for
     * both. */
    if (ngtcp2_conn_get_cwnd_left(conn->quic) < (uint64_t)size + WZP_QUIC_MTU_BASE) {
        m->next = now + 50 * WZP_MILLISECOND;
        return 0;
    }
    uint8_t fill[WZP_PACKET_MAX];
    memset(fill, PROBE_BYTE, sizeof fill);
    /* The length of the packet number is ngtcp2's choice: the largest filling that is accepted
     * makes a packet of exactly this size. */
    for (size_t number = 1; number <= 4; number++) {
        ngtcp2_vec vec = {fill, room(conn, size, number)};
        int accepted = 0;
        ngtcp2_ssize n = ngtcp2_conn_writev_datagram(
            conn->quic, path, pi, data, size, &accepted, NGTCP2_WRITE_DATAGRAM_FLAG_NONE,
            WZP_QUIC_ID_PROBE | (uint64_t)size, &vec, 1, now);
        /* Both tries are sent together: if they are lost, CUBIC counts one congestion event, not
         * two. */
        if (accepted && ++m->sent == PROBE_TRIES)
            m->next = WZP_NEVER;
        if (n != 0)
            return n;
    }
    m->next = now + 50 * WZP_MILLISECOND;
    return 0;
}

static void probe_fate(struct wzp_quic_conn *conn, uint16_t size, bool acknowledged)
{
    struct wzp_quic_mtu *m = &conn->mtu;
    bool current = m->sent > 0 && candidate(conn, m->step) == size;
    if (acknowledged && size > m->size && size <= m->limit) {
        m->size = size; /* also when the acknowledgement comes after the probe was given up */
        wzp_quic_mtu_refresh(conn);
        m->large_lost = 0;
        if (current || m->size == m->limit)
            next_step(conn, m->step + 1u, conn->now);
        return;
    }
    if (acknowledged || !current || ++m->lost < PROBE_TRIES)
        return;
    if (m->step == 0) /* the largest size failed: continue from the smallest */
        next_step(conn, 1, conn->now);
    else /* sizes above a failed one are not tried until the next search */
        rest(conn, wzp_time_add(conn->now, WZP_QUIC_MTU_PROBE_INTERVAL));
}

static void black_hole(struct wzp_quic_conn *conn)
{
    conn->mtu.size = WZP_QUIC_MTU_BASE;
    conn->mtu.large_lost = 0;
    wzp_quic_mtu_refresh(conn);
    rest(conn, wzp_time_add(conn->now, PROBE_REST));
}

void wzp_quic_mtu_fate(struct wzp_quic_conn *conn, uint64_t id, bool acknowledged)
{
    struct wzp_quic_mtu *m = &conn->mtu;
    if ((id & WZP_QUIC_ID_PROBE) != 0) {
        probe_fate(conn, (uint16_t)(id & 0xffff), acknowledged);
        return;
    }
    if ((id & WZP_QUIC_ID_LARGE) == 0 || m->size <= WZP_QUIC_MTU_BASE)
        return;
    if (acknowledged)
        m->large_lost = 0;
    else if ((id & WZP_QUIC_ID_FIRST) != 0 && ++m->large_lost >= BLACK_HOLE)
        black_hole(conn);
}

void wzp_quic_mtu_check_streams(struct wzp_quic_conn *conn, uint64_t now)
{
    const struct wzp_quic_outbox *out = &conn->outbox;
    bool in_flight = out->flying || (out->waiting && out->waiting->sent > 0);
    if (!in_flight || conn->mtu.size <= WZP_QUIC_MTU_BASE)
        return;
    if (wzp_time_since(now, conn->mtu.stream_progress) > 3 * ngtcp2_conn_get_pto(conn->quic))
        black_hole(conn);
}
