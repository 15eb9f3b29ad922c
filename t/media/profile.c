/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The table of profiles: each network state is recognized by what was measured in it, and the
 * redundancy in the table is what this libopus achieves. */
#include "media/profile.h"

#include <math.h>
#include <string.h>

#include "media/lib_profile.h"
#include "tap.h"

static void test_states(const struct wzp_line_profile *table, size_t count)
{
    size_t i = 0;

    while (i < count &&
           wzp_line_profile_for(table[i].loss, table[i].run, table[i].wide) == &table[i])
        i++;
    is_int(i, count, "each state is found by its own loss and run");
    ok(wzp_line_profile_for(0, 0, false) == &table[0] &&
           wzp_line_profile_for(100, 1e9, false)->dred_units > 0 &&
           wzp_line_profile_for(100, 1, true)->copies > 0 &&
           wzp_line_profile_for(NAN, NAN, true) != NULL,
       "and some state by anything else");
}

static void test_measured(const struct wzp_line_profile *p)
{
    struct profile_measured m = {0};

    if (!profile_measure(&m, p))
        bail("no memory");
    is_near(m.payload_kbps, p->payload_kbps, 0.1 * p->payload_kbps,
            "%s: %.1f kbit/s, the table says %.1f", p->name, m.payload_kbps, p->payload_kbps);
    is_near(m.span_ms, p->span_ms, 15 + 0.1 * p->span_ms, "DRED reaches %.0f ms back, %u",
            m.span_ms, p->span_ms);
    is_near(m.recovered_percent, p->recovered_percent, 8, "%.0f %% of the lost are rebuilt, %u",
            m.recovered_percent, p->recovered_percent);
}

TAP_MAIN
{
    size_t count;
    const struct wzp_line_profile *table = wzp_line_profiles(&count);

    test_states(table, count);
    for (size_t i = 0; i < count; i++)
        test_measured(&table[i]);
}
