/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/rescues.h"

#include <stddef.h>

#define SURE_MS 100 /* what has not come by then is lost */

void wzp_rescues_note(struct wzp_rescues *r, int64_t timestamp, unsigned wait_ms,
                      enum wzp_wait_worth worth, double now_ms)
{
    for (size_t i = 0; i < WZP_RESCUES; i++) {
        if (r->kept[i].timestamp != timestamp || r->kept[i].wait_ms == 0)
            continue;
        if (wait_ms < r->kept[i].wait_ms)
            r->kept[i].wait_ms = wait_ms;
        if (worth > r->kept[i].worth)
            r->kept[i].worth = worth;
        return;
    }
    unsigned place = r->next++ % WZP_RESCUES;

    r->kept[place].timestamp = timestamp;
    r->kept[place].wait_ms = wait_ms;
    r->kept[place].worth = worth;
    r->kept[place].at_ms = now_ms;
}

double wzp_rescues_take_back(struct wzp_rescues *r, int64_t timestamp, double now_ms)
{
    double since = now_ms;

    for (size_t i = 0; i < WZP_RESCUES; i++) {
        if (r->kept[i].timestamp != timestamp)
            continue;
        r->kept[i].wait_ms = 0;
        if (r->kept[i].worth != WZP_WAIT_LIKENESS && r->kept[i].at_ms < since)
            since = r->kept[i].at_ms;
    }
    return since;
}

void wzp_rescues_settle(struct wzp_rescues *r, struct wzp_wait *wait, int64_t timestamp)
{
    for (size_t i = 0; i < WZP_RESCUES; i++) {
        if (r->kept[i].wait_ms == 0 || timestamp - r->kept[i].timestamp < SURE_MS)
            continue;
        wzp_wait_rescue(wait, r->kept[i].wait_ms, r->kept[i].worth);
        r->kept[i].wait_ms = 0;
    }
}
