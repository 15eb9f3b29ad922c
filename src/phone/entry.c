/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/entry.h"

#include "phone/link.h"
#include "phone/ping.h"
#include "phone/session.h"

void wzp_phone_enter(struct wzp_phone *p, uint64_t now)
{
    p->now = now;
    p->depth++;
}

void wzp_phone_leave(struct wzp_phone *p)
{
    if (--p->depth > 0)
        return;
    wzp_session_reap(p, false);
    wzp_ping_reap(p, false);
    wzp_link_reap(p, false);
}
