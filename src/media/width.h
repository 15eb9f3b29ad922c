/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Estimates how wide a line is (the bottleneck's bandwidth) from the first packets of a stream,
 * before any queue builds up: on a narrow line a long packet takes longer than a short one. Lines
 * of many widths are simulated, each with the queue that these packets would make in it; the one
 * that best explains the arrival times is the estimate. That needs packets of different sizes
 * (wzp_sender_probe). Pure arithmetic in fixed memory. */
#ifndef WZP_MEDIA_WIDTH_H
#define WZP_MEDIA_WIDTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WZP_WIDTH_LINES 32

enum wzp_width_verdict {
    WZP_WIDTH_UNKNOWN,
    WZP_WIDTH_NARROW,
    WZP_WIDTH_WIDE, /* wide enough for any voice */
};
/* All zero is the initial state. */
struct wzp_width {
    unsigned packets;
    enum wzp_width_verdict verdict; /* may change with later packets */
    unsigned kbps;                  /* of a narrow line, 0 otherwise */
    double since, sent;             /* ms: the first arrival; when the newest packet was sent */
    /* The simulated lines, narrowest first; the last one is wide. */
    struct {
        double finish;     /* ms: when this line has sent all that it holds */
        double sum, least; /* of how much later than `finish` packets arrive, ms */
    } lines[WZP_WIDTH_LINES];
};

/* A packet of `bytes`, headers included, was sent and arrived at these times (ms; the two clocks
 * need not agree). Packets long after the first one, or out of order, are ignored: by then they may
 * meet more than the queue that they make themselves. */
void wzp_width_packet(struct wzp_width *w, size_t bytes, double sent_ms, double arrival_ms);
#endif
