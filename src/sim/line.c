/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sim/line.h"

#include "base/time.h"

#define QUEUE_BYTES_DEFAULT (64 * 1024)
#define HEADERS 28 /* bytes of IP and UDP, which take their time too */

static bool chance(const struct wzp_random *random, double share)
{
    return share > 0 && wzp_random_unit(random) < share;
}

bool wzp_sim_line_drops(struct wzp_sim_line *line, size_t length, const struct wzp_random *random,
                        struct wzp_sim_host_counters *counters)
{
    const struct wzp_sim_link *link = &line->link;
    if (link->down) {
        counters->unreachable++;
        return true;
    }
    if (link->mtu && length > link->mtu) {
        counters->too_big++;
        return true;
    }
    if (line->burst_left > 0) {
        line->burst_left--;
        counters->lost++;
        return true;
    }
    if (chance(random, link->loss)) {
        if (chance(random, link->burst) && link->burst_length > 1)
            line->burst_left = link->burst_length - 1;
        counters->lost++;
        return true;
    }
    return false;
}

bool wzp_sim_line_doubles(const struct wzp_sim_line *line, const struct wzp_random *random)
{
    return chance(random, line->link.duplicate);
}

uint64_t wzp_sim_line_due(struct wzp_sim_line *line, size_t length, uint64_t now,
                          const struct wzp_random *random, struct wzp_sim_host_counters *counters)
{
    const struct wzp_sim_link *link = &line->link;
    uint64_t due = now;
    if (link->rate) {
        uint64_t room = link->queue_bytes ? link->queue_bytes : QUEUE_BYTES_DEFAULT;
        uint64_t begin = line->busy_until > now ? line->busy_until : now;
        if ((begin - now) / WZP_MICROSECOND * link->rate / 8000000 > room) {
            counters->queue_full++;
            return 0;
        }
        line->busy_until = begin + (length + HEADERS) * 8 * WZP_SECOND / link->rate;
        due = line->busy_until;
    }
    due += link->delay;
    if (link->jitter)
        due += wzp_random_below(random, link->jitter);
    if (link->unordered)
        return due;
    if (chance(random, link->reorder))
        return due + link->reorder_delay;
    if (due < line->last_due)
        due = line->last_due;
    line->last_due = due;
    return due;
}

void wzp_sim_line_corrupt(const struct wzp_sim_line *line, uint8_t *data, size_t length,
                          const struct wzp_random *random)
{
    if (length > 0 && chance(random, line->link.corrupt))
        data[wzp_random_below(random, length)] ^= 0x55;
}
