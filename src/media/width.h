/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How wide is a line, known from the first packets of a stream and before any queue stands: on a
 * narrow one a long packet takes longer than a short one. Lines of all widths are followed in
 * arithmetic, each with the queue that these packets would make in it; the one that explains the
 * arrivals is it. That needs packets of unlike sizes (wzp_sender_probe). Pure arithmetic in fixed
 * memory. */
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
    enum wzp_width_verdict verdict; /* until something speaks for another one */
    unsigned kbps;                  /* of a narrow line, 0 otherwise */
    double since, sent;             /* ms: the first arrival; when the newest packet was sent */
    /* From the narrowest one on; the last one is wide. */
    struct {
        double finish;     /* ms: this line has sent all it holds */
        double sum, least; /* of what arrivals come later than that, ms */
    } lines[WZP_WIDTH_LINES];
};

/* A packet, headers included, sent and arrived then (ms; the two clocks need not agree). What comes
 * long after the first packet, or not in order, is passed over: a queue of its own making is not
 * all that packets meet then. */
void wzp_width_packet(struct wzp_width *w, size_t bytes, double sent_ms, double arrival_ms);
#endif
