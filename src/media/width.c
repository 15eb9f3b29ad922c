/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/width.h"

#include <math.h>

#define TIME_MS 2000.0
#define PACKETS_MIN 3
#define PACKETS_SURE 10 /* a verdict that so many packets do not confirm was chance */
#define NARROWEST 8.0   /* kbit/s */
#define STEP 1.085      /* from one line to the next */
/* Thresholds for the mean deviation of arrivals from a simulated line (ms). */
#define CLEAR_MS 3.0   /* so much more deviation speaks against a line ... */
#define CLEAR 0.3      /* ... and for another one that leaves at most this share of it */
#define CLEAR_WIDE 2.0 /* a line is wide only when no other one leaves much less */
#define SAME_MS 0.5

static double kbps_of(double line)
{
    return NARROWEST * pow(STEP, line);
}

static bool is_wide(unsigned line)
{
    return line == WZP_WIDTH_LINES - 1;
}

static double unexplained(const struct wzp_width *w, unsigned line)
{
    return w->lines[line].sum / w->packets - w->lines[line].least;
}

/* Interpolates between two lines: the deviation grows equally on both sides of the true width. */
static double between(const struct wzp_width *w, unsigned best)
{
    if (best == 0 || best + 2 >= WZP_WIDTH_LINES)
        return best;
    double below = unexplained(w, best - 1);
    double above = unexplained(w, best + 1);
    double far = fmax(below, above) - unexplained(w, best);
    return far > 0 ? best + (below - above) / (2 * far) : best;
}

static void judge(struct wzp_width *w)
{
    unsigned best = 0;

    for (unsigned i = 1; i < WZP_WIDTH_LINES; i++)
        if (unexplained(w, i) < unexplained(w, best))
            best = i;
    double wide = unexplained(w, WZP_WIDTH_LINES - 1);
    if (wide > CLEAR_MS && unexplained(w, best) < wide * CLEAR) {
        w->verdict = WZP_WIDTH_NARROW;
        w->kbps = (unsigned)lrint(kbps_of(between(w, best)));
    } else if ((unexplained(w, WZP_WIDTH_LINES - 2) > wide + CLEAR_MS &&
                wide <= unexplained(w, best) * CLEAR_WIDE + SAME_MS) ||
               (w->verdict == WZP_WIDTH_NARROW && w->packets >= PACKETS_SURE)) {
        w->verdict = WZP_WIDTH_WIDE;
        w->kbps = 0;
    }
}

void wzp_width_packet(struct wzp_width *w, size_t bytes, double sent_ms, double arrival_ms)
{
    if (w->packets == 0)
        w->since = arrival_ms;
    else if (!(sent_ms > w->sent) || !(arrival_ms <= w->since + TIME_MS))
        return;
    w->sent = sent_ms;
    for (unsigned i = 0; i < WZP_WIDTH_LINES; i++) {
        double takes = is_wide(i) ? 0 : (double)bytes * 8 / kbps_of(i);
        double from = w->packets == 0 ? sent_ms : fmax(sent_ms, w->lines[i].finish);
        double late = arrival_ms - from - takes;

        w->lines[i].finish = from + takes;
        w->lines[i].least = w->packets == 0 ? late : fmin(w->lines[i].least, late);
        w->lines[i].sum += late;
    }
    if (++w->packets >= PACKETS_MIN)
        judge(w);
}
