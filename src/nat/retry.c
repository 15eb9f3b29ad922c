/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "nat/retry.h"

#include <string.h>

static const uint64_t tries[WZP_RETRY_TRIES] = {0, 10 * WZP_SECOND, 30 * WZP_SECOND};

void wzp_retry_init(struct wzp_retry *r)
{
    memset(r, 0, sizeof *r);
    r->tries = WZP_RETRY_TRIES;
    r->last_try = r->up_since = WZP_NEVER;
}

void wzp_retry_change(struct wzp_retry *r, uint64_t now)
{
    r->since = now;
    r->tries = 0;
}

void wzp_retry_up(struct wzp_retry *r, uint64_t now)
{
    r->up_since = now;
    r->was_up = true;
}

void wzp_retry_down(struct wzp_retry *r, uint64_t now)
{
    if (r->up_since == WZP_NEVER)
        return;
    r->flapping = wzp_time_since(now, r->up_since) < WZP_RETRY_FLAPPING;
    r->not_before = wzp_time_add(r->up_since, WZP_RETRY_FLAPPING);
    r->up_since = WZP_NEVER;
    wzp_retry_change(r, now);
}

/* The pause after the last try, once the series is over. */
static uint64_t pause_after_row(const struct wzp_retry *r)
{
    uint64_t pause = WZP_RETRY_PAUSE;

    for (unsigned i = WZP_RETRY_TRIES; i < r->tries && pause < WZP_RETRY_PAUSE_MAX; i++)
        pause *= 2;
    return wzp_time_min(pause, WZP_RETRY_PAUSE_MAX);
}

uint64_t wzp_retry_expiry(const struct wzp_retry *r)
{
    uint64_t at;

    if (r->up_since != WZP_NEVER)
        return WZP_NEVER;
    if (r->tries < WZP_RETRY_TRIES)
        at = wzp_time_add(r->since, tries[r->tries]);
    else if (r->was_up)
        at = wzp_time_add(r->last_try, pause_after_row(r));
    else
        return WZP_NEVER;
    uint64_t spacing = r->flapping ? WZP_RETRY_FLAPPING : WZP_RETRY_SPACING;
    if (r->last_try != WZP_NEVER && at < wzp_time_add(r->last_try, spacing))
        at = wzp_time_add(r->last_try, spacing);
    return r->flapping && at < r->not_before ? r->not_before : at;
}

bool wzp_retry_due(struct wzp_retry *r, uint64_t now)
{
    if (now < wzp_retry_expiry(r))
        return false;
    r->tries++;
    r->last_try = now;
    return true;
}
