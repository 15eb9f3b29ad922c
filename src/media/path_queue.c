/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/path_queue.h"

#include <math.h>
#include <string.h>

#include "base/time.h"

#define NOISE_PART (1 / 32.0) /* some three seconds */
#define LOOK_BACK (600 * WZP_MILLISECOND)
#define NEWEST (300 * WZP_MILLISECOND)
#define NEWEST_SAMPLES 2 /* a single sample may be delayed by chance */
#define FLAT_MS 5.0
#define BASE_TIME (20 * WZP_SECOND)

void wzp_path_queue_init(struct wzp_path_queue *q, uint64_t now)
{
    memset(q, 0, sizeof *q);
    q->base_since = now;
}

void wzp_path_queue_sample(struct wzp_path_queue *q, double rtt_ms, uint64_t now)
{
    if (!(rtt_ms > 0) || rtt_ms > 60000)
        return;
    if (!q->has_base || rtt_ms < q->base_ms)
        q->base_ms = rtt_ms;
    if (!q->has_base || rtt_ms < q->base_next_ms)
        q->base_next_ms = rtt_ms;
    q->has_base = true;
    if (wzp_time_since(now, q->base_since) > BASE_TIME) {
        q->base_ms = q->base_next_ms;
        q->base_next_ms = rtt_ms;
        q->base_since = now;
    }
    if (q->sample_count > 0) {
        double before = q->samples[(q->sample_count - 1) % WZP_PATH_QUEUE_SAMPLES].rtt_ms;
        q->noise_ms += (fabs(rtt_ms - before) - q->noise_ms) * NOISE_PART;
    }
    q->samples[q->sample_count % WZP_PATH_QUEUE_SAMPLES].at = now;
    q->samples[q->sample_count % WZP_PATH_QUEUE_SAMPLES].rtt_ms = rtt_ms;
    q->sample_count++;
}

double wzp_path_queue_ms(const struct wzp_path_queue *q, double *growth, double *reached,
                         uint64_t now)
{
    double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
    double least = INFINITY;
    double newest = INFINITY;
    unsigned fresh = 0;

    for (unsigned i = 0; i < WZP_PATH_QUEUE_SAMPLES && i < q->sample_count; i++) {
        double x = (double)wzp_time_since(now, q->samples[i].at) / (double)WZP_MILLISECOND;
        double y = q->samples[i].rtt_ms;

        if (x > (double)LOOK_BACK / (double)WZP_MILLISECOND)
            continue;
        least = fmin(least, y);
        if (x <= (double)NEWEST / (double)WZP_MILLISECOND) {
            newest = fmin(newest, y);
            fresh++;
        }
        n += 1;
        sx -= x;
        sy += y;
        sxx += x * x;
        sxy -= x * y;
    }
    *growth = *reached = 0;
    if (n < 3)
        return 0;
    if (n * sxx - sx * sx > 1)
        *growth = (n * sxy - sx * sy) / (n * sxx - sx * sx);
    *reached = fresh >= NEWEST_SAMPLES ? newest - q->base_ms : 0;
    return least - q->base_ms;
}

bool wzp_path_queue_is_flat(const struct wzp_path_queue *q, uint64_t now)
{
    double least = INFINITY;
    double most = 0;

    for (unsigned i = 0; i < WZP_PATH_QUEUE_SAMPLES && i < q->sample_count; i++) {
        if (wzp_time_since(now, q->samples[i].at) > LOOK_BACK)
            continue;
        least = fmin(least, q->samples[i].rtt_ms);
        most = fmax(most, q->samples[i].rtt_ms);
    }
    return most - least < FLAT_MS;
}

void wzp_path_queue_rebase(struct wzp_path_queue *q, double longer_ms, uint64_t now)
{
    q->base_ms += longer_ms;
    q->base_next_ms = q->base_ms;
    q->base_since = now;
}
