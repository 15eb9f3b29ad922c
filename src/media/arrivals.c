/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/arrivals.h"

#include <math.h>
#include <string.h>

#include "base/time.h"
#include "media/encoder.h"

#define PIECE (250 * WZP_MILLISECOND)
#define LEAST_TIME (20 * WZP_SECOND)
/* When the delay of every packet in a quarter of a second is above the least by more than this plus
 * a packet's own duration, there is a queue. */
#define QUEUE_MS 30.0
#define CLEARED_TIME (1 * WZP_SECOND) /* after this time without one, the queue counts as gone */
/* So many packets in a row that waited are a queue, not jitter. */
#define WAITED_MANY 8
#define WAITED_SOME 3
#define WAITED_TIME (300 * WZP_MILLISECOND)
#define CLEARED_LOOKS 5
#define LIMIT_MOST 1e6 /* kbit/s */
#define YOUNG_MS 2000.0
#define UNSURE_MS 1000.0

static double milliseconds(uint64_t now)
{
    return (double)now / (double)WZP_MILLISECOND;
}

void wzp_arrivals_new_sender(struct wzp_arrivals *a)
{
    a->least_since = a->full_at = 0;
    a->waited = 0;
    memset(&a->width, 0, sizeof a->width);
}

void wzp_arrivals_number(struct wzp_arrivals *a, uint32_t expected, uint32_t received, uint64_t now)
{
    uint64_t index = now / PIECE;
    size_t at = index % WZP_ARRIVALS_PIECES;

    if (a->pieces[at].index != index) {
        a->pieces[at].index = index;
        a->pieces[at].expected = a->pieces[at].received = 0;
        a->pieces[at].packets = a->pieces[at].bytes = a->pieces[at].behind = 0;
        a->pieces[at].least_delay = INFINITY;
    }
    a->pieces[at].expected += expected;
    a->pieces[at].received += received;
}

void wzp_arrivals_packet(struct wzp_arrivals *a, size_t payload_bytes, double delay_ms,
                         uint64_t now)
{
    size_t at = now / PIECE % WZP_ARRIVALS_PIECES;

    wzp_width_packet(&a->width, payload_bytes + WZP_PACKET_OVERHEAD, milliseconds(now) - delay_ms,
                     milliseconds(now));
    if (a->pieces[at].packets++ == 0)
        a->pieces[at].from_ms = milliseconds(now);
    else
        a->pieces[at].bytes += (uint32_t)payload_bytes + WZP_PACKET_OVERHEAD;
    a->pieces[at].to_ms = milliseconds(now);
    if (delay_ms < a->pieces[at].least_delay)
        a->pieces[at].least_delay = delay_ms;
    for (int i = 0; i < 2; i++)
        if (a->least_since == 0 || delay_ms < a->least_delay[i])
            a->least_delay[i] = delay_ms;
    if (a->least_since == 0)
        a->least_since = now;
    if (wzp_time_since(now, a->least_since) > LEAST_TIME) {
        a->least_delay[0] = a->least_delay[1];
        a->least_delay[1] = delay_ms;
        a->least_since = now;
    }
}

/* Did each packet of this quarter of a second wait somewhere? */
static bool is_queue(const struct wzp_arrivals *a, size_t at, unsigned frame_ms)
{
    return a->pieces[at].least_delay - a->least_delay[0] >= QUEUE_MS + frame_ms;
}

/* The stream is so young that a queue may not have built up yet. */
static bool is_young(const struct wzp_arrivals *a, double ms, uint64_t now)
{
    return milliseconds(now) - a->width.since < ms;
}

bool wzp_arrivals_is_unsure(const struct wzp_arrivals *a, uint64_t now)
{
    return a->width.packets == 0 ||
           (a->width.verdict == WZP_WIDTH_UNKNOWN && is_young(a, UNSURE_MS, now));
}

unsigned wzp_arrivals_limit_kbps(const struct wzp_arrivals *a, unsigned frame_ms, uint64_t now)
{
    uint64_t index = now / PIECE;
    size_t this = index % WZP_ARRIVALS_PIECES;
    size_t last = (index - 1) % WZP_ARRIVALS_PIECES;

    if (a->width.verdict == WZP_WIDTH_NARROW && is_young(a, YOUNG_MS, now))
        return a->width.kbps;
    if (a->pieces[last].index != index - 1 || a->pieces[last].packets < 2 ||
        !is_queue(a, last, frame_ms))
        return 0;
    if (a->pieces[this].index == index && a->pieces[this].packets > 0 &&
        !is_queue(a, this, frame_ms))
        return 0;
    double ms = a->pieces[last].to_ms - a->pieces[last].from_ms;
    return ms > 0 ? (unsigned)lrint(fmin(a->pieces[last].bytes * 8 / ms, LIMIT_MOST)) : 0;
}

bool wzp_arrivals_queue_ended(struct wzp_arrivals *a, double above_ms, unsigned frame_ms,
                              double *most_ms, uint64_t now)
{
    if (above_ms < QUEUE_MS + frame_ms)
        a->waited = 0;
    else if (a->waited++ == 0)
        a->waited_since = now;
    if (a->waited >= WAITED_MANY ||
        (a->waited >= WAITED_SOME && wzp_time_since(now, a->waited_since) >= WAITED_TIME)) {
        a->full_at = now;
        a->since_full = 0;
        a->full_looks = CLEARED_LOOKS;
        return false;
    }
    if (a->full_at == 0)
        return false;
    a->since_full = fmax(a->since_full, above_ms);
    if (wzp_time_since(now, a->full_at) < CLEARED_TIME)
        return false;
    *most_ms = a->since_full;
    /* Repeated a few times: the first period still includes the end of the queue. */
    a->since_full = 0;
    a->full_at = --a->full_looks > 0 ? now : 0;
    return true;
}

void wzp_arrivals_behind(struct wzp_arrivals *a, uint64_t now)
{
    a->pieces[now / PIECE % WZP_ARRIVALS_PIECES].behind++;
}

struct sums {
    double expected, received, behind;
};

/* Of the last so many half seconds. */
static struct sums sums_of(const struct wzp_arrivals *a, uint64_t halves, uint64_t now)
{
    uint64_t index = now / PIECE;
    struct sums sums = {0};

    for (size_t i = 0; i < WZP_ARRIVALS_PIECES; i++) {
        if (a->pieces[i].index > index || index - a->pieces[i].index > 2 * halves)
            continue;
        sums.expected += a->pieces[i].expected;
        sums.received += a->pieces[i].received;
        sums.behind += a->pieces[i].behind;
    }
    return sums;
}

double wzp_arrivals_behind_percent(const struct wzp_arrivals *a, uint64_t halves, uint64_t now)
{
    struct sums sums = sums_of(a, halves, now);

    return sums.expected > 0 ? fmin(100.0 * sums.behind / sums.expected, 100) : 0;
}

double wzp_arrivals_loss_percent(const struct wzp_arrivals *a, uint64_t halves, uint64_t now)
{
    struct sums sums = sums_of(a, halves, now);
    double lost = sums.expected - sums.received;

    return lost > 0 ? 100.0 * lost / sums.expected : 0;
}
