/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The rate of a line, estimated from the first packets over it. */
#include "media/width.h"

#include <math.h>

#include "base/random.h"
#include "tap.h"

#define SHORT_BYTES 116
#define LONG_BYTES 296
#define FRAME_MS 40

struct line {
    double kbps;      /* 0 = wide */
    double jitter_ms; /* Pareto (Lomax, shape 3), 5 % beyond it */
    double free;      /* ms: when everything has been sent */
    const struct wzp_random *random;
};

/* Packet number n of a stream whose second one is long. */
static void come(struct wzp_width *w, struct line *line, unsigned n, size_t bytes)
{
    double sent = 5000 + n * FRAME_MS;
    double arrival = sent + 30;

    if (line->kbps > 0) {
        line->free = fmax(line->free, sent) + (double)bytes * 8 / line->kbps;
        arrival = line->free + 30;
    }
    if (line->jitter_ms > 0)
        arrival += line->jitter_ms / (cbrt(20) - 1) *
                   (pow(1 - wzp_random_unit(line->random), -1.0 / 3) - 1);
    wzp_width_packet(w, bytes, sent, arrival);
}

static void start(struct wzp_width *w, struct line *line, unsigned packets)
{
    *w = (struct wzp_width){0};
    for (unsigned n = 0; n < packets; n++)
        come(w, line, n, n == 1 ? LONG_BYTES : SHORT_BYTES);
}

static void narrow_lines(void)
{
    double worst = 0;
    unsigned unknown = 0;

    for (double kbps = 10; kbps < 80; kbps += 0.5) {
        struct wzp_width w;
        struct line line = {.kbps = kbps};

        start(&w, &line, 3);
        unknown += w.verdict != WZP_WIDTH_NARROW;
        worst = fmax(worst, fabs(w.kbps - kbps) / kbps);
    }
    is_int(unknown, 0, "any line of 10 to 80 kbit/s is known after three packets");
    ok(worst <= 0.06, "within %.0f %%", 100 * worst);
}

static void wide_lines(void)
{
    static const double kbps[] = {0, 100000, 1000, 300};

    for (size_t i = 0; i < sizeof kbps / sizeof *kbps; i++) {
        struct wzp_width w;
        struct line line = {.kbps = kbps[i]};

        start(&w, &line, 3);
        is_int(w.verdict, WZP_WIDTH_WIDE, "%.0f kbit/s are wide after three packets", kbps[i]);
        is_int(w.kbps, 0, "without a limit");
    }
}

static void too_little(void)
{
    struct wzp_width w = {0};
    struct line line = {.kbps = 48};

    is_int(w.verdict, WZP_WIDTH_UNKNOWN, "of nothing nothing is known");
    start(&w, &line, 2);
    is_int(w.verdict, WZP_WIDTH_UNKNOWN, "nor after two packets");
    w = (struct wzp_width){0};
    line.free = 0;
    for (unsigned n = 0; n < 20; n++)
        come(&w, &line, n, SHORT_BYTES);
    is_int(w.verdict, WZP_WIDTH_UNKNOWN, "nor of packets of one size");
}

/* Packets after the beginning, or out of order, do not count. */
static void passed_over(void)
{
    struct wzp_width w;
    struct line line = {.kbps = 48};

    start(&w, &line, 3);
    unsigned before = w.packets;
    wzp_width_packet(&w, LONG_BYTES, 5000, 5200);
    wzp_width_packet(&w, LONG_BYTES, 9000, 9030);
    wzp_width_packet(&w, LONG_BYTES, NAN, NAN);
    is_int(w.packets, before, "late, early and impossible packets are passed over");
    is_int(w.verdict, WZP_WIDTH_NARROW, "and change nothing");
}

/* The percentage of calls over lines with jitter that are taken for narrow ones. */
static double mistaken(struct line line, unsigned packets)
{
    unsigned narrow = 0;

    for (unsigned n = 0; n < 1000; n++) {
        struct wzp_width w;

        start(&w, &line, 4);
        for (unsigned i = 4; i < packets; i++)
            come(&w, &line, i, i % 3 ? 180 : 230);
        narrow += w.verdict == WZP_WIDTH_NARROW;
    }
    return narrow / 10.0;
}

static void jitter(void)
{
    static const double jitters[] = {10, 30, 60, 100};
    struct wzp_random_seeded seeded;
    struct wzp_random random;

    wzp_random_seeded_init(&seeded, 3);
    random = wzp_random_seeded_source(&seeded);
    for (size_t i = 0; i < sizeof jitters / sizeof *jitters; i++) {
        struct line line = {.jitter_ms = jitters[i], .random = &random};
        double first = mistaken(line, 4);
        double later = mistaken(line, 30);

        ok(first <= 12, "jitter of %.0f ms is taken for a narrow line in %.1f %% of calls",
           jitters[i], first);
        ok(later <= 0.5, "which is taken back within a second in all but %.1f %%", later);
    }
}

TAP_MAIN
{
    narrow_lines();
    wide_lines();
    too_little();
    passed_over();
    jitter();
}
