/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "relay/timer.h"

#include <stddef.h>

void wzp_relay_timer_disarm(struct wzp_relay_timers *timers, struct wzp_relay_timer *timer)
{
    if (!timer->armed)
        return;
    if (timer->previous)
        timer->previous->next = timer->next;
    else
        timers->first[timer->kind] = timer->next;
    if (timer->next)
        timer->next->previous = timer->previous;
    else
        timers->last[timer->kind] = timer->previous;
    timer->next = timer->previous = NULL;
    timer->armed = false;
}

void wzp_relay_timer_arm(struct wzp_relay_timers *timers, struct wzp_relay_timer *timer,
                         enum wzp_relay_timer_kind kind, void *owner, uint64_t now)
{
    wzp_relay_timer_arm_at(timers, timer, kind, owner, wzp_time_add(now, timers->delay[kind]));
}

void wzp_relay_timer_arm_at(struct wzp_relay_timers *timers, struct wzp_relay_timer *timer,
                            enum wzp_relay_timer_kind kind, void *owner, uint64_t at)
{
    struct wzp_relay_timer *after;

    wzp_relay_timer_disarm(timers, timer);
    timer->kind = kind;
    timer->owner = owner;
    timer->at = at;
    /* Nearly always the new last one. If a driver's `now` steps back, this costs a short walk, but
     * keeps the order right. */
    for (after = timers->last[kind]; after && after->at > timer->at; after = after->previous)
        continue;
    timer->previous = after;
    timer->next = after ? after->next : timers->first[kind];
    if (timer->previous)
        timer->previous->next = timer;
    else
        timers->first[kind] = timer;
    if (timer->next)
        timer->next->previous = timer;
    else
        timers->last[kind] = timer;
    timer->armed = true;
}

uint64_t wzp_relay_timers_expiry(const struct wzp_relay_timers *timers)
{
    uint64_t at = WZP_NEVER;

    for (size_t kind = 0; kind < WZP_RELAY_TIMER_KINDS; kind++)
        if (timers->first[kind])
            at = wzp_time_min(at, timers->first[kind]->at);
    return at;
}

struct wzp_relay_timer *wzp_relay_timers_due(struct wzp_relay_timers *timers, uint64_t now)
{
    for (size_t kind = 0; kind < WZP_RELAY_TIMER_KINDS; kind++) {
        struct wzp_relay_timer *timer = timers->first[kind];

        if (timer && timer->at <= now) {
            wzp_relay_timer_disarm(timers, timer);
            return timer;
        }
    }
    return NULL;
}
