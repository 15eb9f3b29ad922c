/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The round trip that statistics show. ngtcp2 smooths over all samples since the handshake, whose
 * samples include the key exchange: on a local network many times the path's round trip. Ours
 * begins anew after the handshake and adapts at once. ngtcp2 does not report a sample with the
 * peer's ack delay subtracted; it is computed from smoothed = (7 * smoothed + sample) / 8. Source:
 * RFC 9002 5.3. */
#include "quic/internal.h"

#include <string.h>

#define SAMPLES 8 /* samples averaged before smoothing begins */

static void look(const struct wzp_quic_conn *conn, ngtcp2_conn_info *out)
{
    memset(out, 0, sizeof *out);
    ngtcp2_conn_get_conn_info(conn->quic, out);
}

void wzp_quic_rtt_restart(struct wzp_quic_conn *conn)
{
    ngtcp2_conn_info info;
    look(conn, &info);
    conn->rtt = (struct wzp_quic_rtt){.library = info.smoothed_rtt, .least = info.min_rtt};
}

void wzp_quic_rtt_sample(struct wzp_quic_conn *conn)
{
    struct wzp_quic_rtt *rtt = &conn->rtt;
    ngtcp2_conn_info info;
    look(conn, &info);
    uint64_t sample = wzp_time_since(8 * info.smoothed_rtt, 7 * rtt->library);
    if (sample > info.latest_rtt)
        sample = info.latest_rtt;
    if (sample < info.min_rtt)
        sample = info.min_rtt;
    rtt->latest = sample;
    rtt->seen++;
    if (info.smoothed_rtt == rtt->library)
        return;
    /* Earlier samples contained a delay that could not be told from the path's. */
    if (info.min_rtt < rtt->least / 2)
        rtt->samples = 0;
    rtt->library = info.smoothed_rtt;
    rtt->least = info.min_rtt;
    if (rtt->samples < SAMPLES)
        rtt->samples++;
    rtt->smoothed = rtt->smoothed - rtt->smoothed / rtt->samples + sample / rtt->samples;
}
