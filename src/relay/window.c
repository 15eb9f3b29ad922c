/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "relay/window.h"

#include <math.h>

void wzp_relay_window_ping(struct wzp_relay_window *w, uint64_t stamp, uint64_t now)
{
    w->items[w->next] = (struct wzp_relay_sent){.stamp = stamp, .at = now};
    w->next = (w->next + 1) % w->capacity;
    if (w->count < w->capacity)
        w->count++;
}

bool wzp_relay_window_pong(struct wzp_relay_window *w, uint64_t stamp, uint64_t now)
{
    for (size_t i = 0; i < w->count; i++) {
        struct wzp_relay_sent *sent = &w->items[i];
        if (sent->answered || sent->stamp != stamp ||
            wzp_time_since(now, sent->at) > WZP_RELAY_PONG_TIME)
            continue;
        sent->answered = w->has_rtt = true;
        sent->rtt = w->rtt = wzp_time_since(now, sent->at);
        return true;
    }
    return false;
}

double wzp_relay_window_loss(const struct wzp_relay_window *w, uint64_t now)
{
    size_t lost = 0, decided = 0;
    for (size_t i = 0; i < w->count; i++) {
        bool is_late = wzp_time_since(now, w->items[i].at) > WZP_RELAY_PONG_TIME;
        decided += w->items[i].answered || is_late;
        lost += !w->items[i].answered && is_late;
    }
    return decided ? 100.0 * (double)lost / (double)decided : 0;
}

double wzp_relay_window_jitter(const struct wzp_relay_window *w)
{
    double sum = 0, squares = 0;
    size_t count = 0;
    for (size_t i = 0; i < w->count; i++)
        if (w->items[i].answered) {
            sum += (double)w->items[i].rtt / WZP_MILLISECOND;
            count++;
        }
    for (size_t i = 0; i < w->count && count > 1; i++)
        if (w->items[i].answered) {
            double off = (double)w->items[i].rtt / WZP_MILLISECOND - sum / (double)count;
            squares += off * off;
        }
    return count > 1 ? sqrt(squares / (double)count) : 0;
}
