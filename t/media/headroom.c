/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Headroom of a line for copies: with arithmetic models of lines, and through the controller. */
#include "media/headroom.h"

#include <string.h>

#include "base/time.h"
#include "media/control.h"
#include "tap.h"

#define TICK (100 * WZP_MILLISECOND)

/* A line that drops at once what exceeds its rate, without a queue, as some providers' do. */
struct line {
    double kbps; /* 0 = wide */
    double loss; /* percent at random */
};
struct state {
    struct wzp_headroom headroom;
    struct line line;
    bool copies, full;
    uint64_t now, report_at;
    double lost;
    unsigned with, looks, changes; /* measurements with copies, all of them, changes */
};

static void begin(struct state *s, double kbps, double loss)
{
    memset(s, 0, sizeof *s);
    s->now = 70 * WZP_SECOND;
    s->line = (struct line){kbps, loss};
}

static double lost_at(const struct line *l, double kbps)
{
    double over = l->kbps > 0 && kbps > l->kbps ? 100 * (1 - l->kbps / kbps) : 0;

    return over + (100 - over) * l->loss / 100;
}

static void run(struct state *s, unsigned seconds)
{
    s->with = s->looks = s->changes = 0;
    for (unsigned i = 0; i < seconds * 10; i++) {
        const double without = 67, with = 96;

        s->now += TICK;
        if (i % 10 == 9) {
            s->lost = lost_at(&s->line, s->copies ? with : without);
            s->report_at = s->now;
        }
        struct wzp_headroom_line line = {s->full, s->report_at, s->lost, without, with};
        bool copies = wzp_headroom_look(&s->headroom, &line, s->now);
        s->changes += copies != s->copies;
        s->copies = copies;
        s->with += copies;
        s->looks++;
    }
}

static void test_lines(void)
{
    struct state s;

    begin(&s, 0, 0);
    run(&s, 100);
    is_int(s.with, 0, "nothing is lost: no copies");
    s.line.loss = 1;
    run(&s, 100);
    ok(s.with > 980, "something is: copies");
    s.line.loss = 30;
    run(&s, 100);
    ok(s.with > 960, "more is lost all at once: a moment without, and on (%u of %u)", s.with,
       s.looks);
    begin(&s, 60, 0);
    run(&s, 600);
    ok(s.with < 600, "a line that drops what is too much is left alone (%u of %u)", s.with,
       s.looks);
    run(&s, 600);
    ok(s.with < 120, "and tried again less and less (%u of %u)", s.with, s.looks);
    begin(&s, 75, 3);
    run(&s, 1200);
    ok(s.with < 300, "likewise one that would take all but the copies (%u of %u)", s.with,
       s.looks);
}

static void test_full(void)
{
    struct state s;

    begin(&s, 0, 10);
    run(&s, 10);
    ok(s.copies, "a tenth is lost: copies");
    s.full = true;
    run(&s, 1);
    ok(!s.copies, "the line is full: none");
    s.full = false;
    run(&s, 30);
    is_int(s.with, 0, "nor soon after");
    run(&s, 20);
    ok(s.copies, "but later");
    s.full = true;
    run(&s, 1);
    s.full = false;
    run(&s, 70);
    is_int(s.with, 0, "full again at once: later still");
    run(&s, 200);
    ok(s.copies, "again");
    s.full = true;
    run(&s, 1);
    s.full = false;
    run(&s, 50);
    ok(s.copies, "after two good minutes that is forgotten");
}

/* The controller's own line. */
static bool extended = true; /* reports also say whether a queue grows */

static unsigned copies_over(struct wzp_control *c, double loss, bool told, unsigned seconds,
                            uint64_t *now)
{
    struct wzp_encoder_plan plan;
    unsigned with = 0;

    for (unsigned i = 0; i < seconds * 10; i++) {
        *now += TICK;
        wzp_control_sent(c, 700, *now);
        wzp_control_path(c, 60, *now);
        if (i % 10 == 9) {
            struct wzp_feedback report = {.loss_percent = loss,
                                          .extended = extended,
                                          .run = 1,
                                          .limit_kbps = told ? 80 : 0};
            wzp_control_report(c, &report, *now);
        }
        wzp_control_decide(c, &plan, *now);
        with += plan.copies != 0;
    }
    return with;
}

static void test_control(void)
{
    struct wzp_control c;
    uint64_t now = 80 * WZP_SECOND;

    wzp_control_init(&c, WZP_CODEC_OPUS_32K, true, now);
    is_int(copies_over(&c, 0, false, 30, &now), 0, "a call begins without copies");
    ok(copies_over(&c, 10, false, 30, &now) > 270, "a tenth lost: with them");
    copies_over(&c, 10, true, 1, &now);
    is_int(copies_over(&c, 10, true, 20, &now), 0,
           "the listener says that a queue grows: none, though it is as wide as the voice");
    wzp_control_init(&c, WZP_CODEC_OPUS_32K, true, now);
    wzp_control_set_peer(&c, false, true, now);
    is_int(copies_over(&c, 10, false, 30, &now), 0, "programs that know DRED only get none");
    wzp_control_init(&c, WZP_CODEC_OPUS_32K, true, now);
    copies_over(&c, 10, false, 2, &now);
    wzp_control_warn(&c, true, now);
    ok(copies_over(&c, 10, false, 10, &now) > 70, "a relay's advice is about loss, too: with them");
    extended = false;
    wzp_control_init(&c, WZP_CODEC_OPUS_32K, true, now);
    wzp_control_warn(&c, true, now);
    is_int(copies_over(&c, 10, false, 10, &now), 0, "unless nobody tells of queues");
    wzp_control_init(&c, WZP_CODEC_OPUS_6K, true, now);
    is_int(copies_over(&c, 10, false, 30, &now), 0, "nor by who chose the poorest tier");
}

TAP_MAIN
{
    test_lines();
    test_full();
    test_control();
}
