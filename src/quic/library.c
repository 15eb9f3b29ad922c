/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The one place that knows which version of ngtcp2 it is compiled against (1.11 to 1.24), and the
 * settings that follow from that. */
#include "quic/internal.h"

#include <string.h>

/* ngtcp2's own path MTU search runs once per path; ours (mtu.c) repeats it. The setting no_pmtud is
 * not used: with it, 1.11 fails an assertion when a client migrates back to its old address. A list
 * that holds only sizes above the maximum ends the search before it begins. */
static const uint16_t no_probes[] = {65535};

static void on_qlog(void *user_data, uint32_t flags, const void *data, size_t length)
{
    struct wzp_quic_conn *conn = user_data;
    (void)flags; /* the last call is the one without data */
    conn->ep->callbacks.qlog(conn->ep->owner, conn, data, length);
}

void wzp_quic_library_settings(struct wzp_quic_endpoint *ep, ngtcp2_settings *out, uint64_t now)
{
    ngtcp2_settings_default(out);
    out->cc_algo = NGTCP2_CC_ALGO_CUBIC;
    out->initial_ts = now;
    out->initial_rtt = ep->rtt_guess ? ep->rtt_guess : 300 * WZP_MILLISECOND;
    /* ngtcp2's smallest congestion window is twice this. Two packets (2904 bytes) are less than a
     * speech stream has in flight on a path of 300 ms, so random loss would throttle it; six
     * packets suffice. Packets do not become larger: the buffer is their limit. */
    out->max_tx_udp_payload_size = 3 * WZP_PACKET_MAX;
    out->no_tx_udp_payload_size_shaping = 1; /* the buffer we pass says how much */
    out->pmtud_probes = no_probes;
    out->pmtud_probeslen = sizeof no_probes / sizeof no_probes[0];
    out->handshake_timeout = WZP_QUIC_HANDSHAKE_TIME;
    /* Acknowledgements ride on the media that flows the other way; without such they leave after
     * max_ack_delay. */
    out->ack_thresh = WZP_QUIC_ACK_THRESHOLD;
    out->rand_ctx.native_handle = &ep->random;
    if (ep->callbacks.qlog)
        out->qlog_write = on_qlog;
}

void wzp_quic_library_stats(const struct wzp_quic_conn *conn, struct wzp_quic_stats *out)
{
    ngtcp2_conn_info info;
    memset(&info, 0, sizeof info);
    ngtcp2_conn_get_conn_info(conn->quic, &info);
    out->rtt_smoothed = conn->rtt.samples > 0 ? conn->rtt.smoothed : info.smoothed_rtt;
    out->rtt_latest = conn->rtt.seen > 0 ? conn->rtt.latest : info.latest_rtt;
    out->rtt_samples = conn->rtt.seen;
    out->rtt_min = info.min_rtt == UINT64_MAX ? 0 : info.min_rtt;
    out->rtt_variation = info.rttvar;
    out->congestion_window = info.cwnd;
    out->bytes_in_flight = info.bytes_in_flight;
#ifdef NGTCP2_CONN_INFO_V2
    out->packets_lost = info.pkt_lost;
#else
    out->packets_lost = conn->packets_lost; /* of those that carried datagrams or streams */
#endif
}
