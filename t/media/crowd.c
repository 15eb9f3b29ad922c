/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What one stream concludes from the reports of a room's members. */
#include "media/crowd.h"

#include <string.h>

#include "base/time.h"
#include "tap.h"

#define NOW (100 * WZP_SECOND)

static struct wzp_crowd crowd;
static struct wzp_feedback sum;
static unsigned least;

static bool says(uint8_t sender, double loss, double run, unsigned limit, uint64_t at)
{
    const struct wzp_feedback said = {.loss_percent = loss,
                                      .run = run,
                                      .limit_kbps = limit,
                                      .limit_next = limit ? limit + 2 : 0,
                                      .extended = true};
    return wzp_crowd_report(&crowd, sender, &said, at);
}

static void sums(unsigned others, uint64_t now)
{
    wzp_crowd_sum(&crowd, others, true, &sum, &least, now);
}

static void test_minority(void)
{
    memset(&crowd, 0, sizeof crowd);
    says(1, 0, 0, 0, NOW);
    says(2, 100, 20, 8, NOW);
    sums(2, NOW);
    ok(sum.loss_percent <= 3 && sum.run < 1.2, "one of two who loses all is heard for a little");
    ok(sum.limit_kbps == 0 && least == 8, "the narrow line of one of two is told apart");
    says(3, 1, 1, 0, NOW);
    sums(3, NOW);
    ok(sum.loss_percent <= 3 && sum.limit_kbps == 0, "so is one of three");
    memset(&crowd, 0, sizeof crowd);
    says(2, 100, 20, 8, NOW);
    sums(3, NOW);
    ok(sum.loss_percent <= 3 && sum.limit_kbps == 0 && least == 8,
       "who speaks while the others report nothing does not speak for them");
}

static void test_majority(void)
{
    memset(&crowd, 0, sizeof crowd);
    says(1, 18, 1.5, 20, NOW);
    says(2, 22, 2, 16, NOW);
    says(3, 0, 0, 0, NOW);
    sums(3, NOW);
    ok(sum.loss_percent == 18 && sum.run == 1.5, "what two of three lose at least is protected");
    ok(sum.limit_kbps == 20 && sum.limit_next == 22 && least == 16,
       "and what their lines carry is kept to");
    says(4, 0, 0, 0, NOW);
    sums(4, NOW);
    ok(sum.limit_kbps == 0, "half of them are no majority");
    memset(&crowd, 0, sizeof crowd);
    says(0, 18, 1.5, 20, NOW);
    sums(1, NOW);
    ok(sum.loss_percent == 18 && sum.limit_kbps == 20, "of two the other one says all");
}

static void test_time(void)
{
    memset(&crowd, 0, sizeof crowd);
    ok(says(1, 50, 2, 8, NOW), "a report counts");
    ok(!says(1, 0, 0, 0, NOW + 50 * WZP_MILLISECOND), "not so the next one 50 ms later");
    ok(says(2, 0, 0, 0, NOW + 50 * WZP_MILLISECOND), "unless it is another sender's");
    is_int(wzp_crowd_senders(&crowd, NOW + WZP_SECOND), 2, "two are heard");
    sums(1, NOW + 5 * WZP_SECOND);
    ok(sum.loss_percent == 0 && least == 0, "after five seconds it is forgotten");
    is_int(wzp_crowd_senders(&crowd, NOW + 10 * WZP_SECOND), 0, "and so are all");
}

static void test_many(void)
{
    memset(&crowd, 0, sizeof crowd);
    for (unsigned i = 1; i <= 255; i++)
        says((uint8_t)i, 10, 1, 20, NOW + i * WZP_MILLISECOND);
    is_int(wzp_crowd_senders(&crowd, NOW + WZP_SECOND), WZP_CROWD_MAX,
           "of a large room the latest are kept");
    sums(40, NOW + WZP_SECOND);
    ok(sum.limit_kbps == 20, "which are most of it");
    sums(255, NOW + WZP_SECOND);
    ok(sum.limit_kbps == 0 && least == 20, "or not");
}

TAP_MAIN
{
    test_minority();
    test_majority();
    test_time();
    test_many();
}
