/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/account_watch.h"

#include <stdio.h>

#include "phone/account_dial.h"
#include "phone/event.h"

#define ASK_INTERVAL (2 * WZP_SECOND)  /* between packets to a relay that answers */
#define LOOK_INTERVAL (1 * WZP_SECOND) /* between looks at one that has not answered yet */
#define TELL_TIME (3 * WZP_SECOND)     /* of silence */
#define LEAVE_TIME (10 * WZP_SECOND)   /* a change of networks is over by then */

static void tell(struct wzp_phone *p, const char *after)
{
    char text[WZP_RELAY_TEXT_MAX + 96];

    snprintf(text, sizeof text, "the relay %s %s", p->account.connected.name, after);
    wzp_event_notice(p, NULL, text);
}

void wzp_account_watch_begin(struct wzp_phone *p, uint64_t now)
{
    struct wzp_account_watch *w = &p->account.watch;

    if (w->at != WZP_NEVER || !p->account.calls->awaits(p))
        return;
    *w = (struct wzp_account_watch){.at = wzp_time_add(now, LOOK_INTERVAL), .since = now};
}

bool wzp_account_watch_expire(struct wzp_phone *p, uint64_t now)
{
    struct wzp_account *a = &p->account;
    struct wzp_account_watch *w = &a->watch;
    struct wzp_quic_stats stats;

    w->at = WZP_NEVER;
    if (a->state != WZP_ACCOUNT_REGISTERED || !a->link || !a->link->conn || !a->calls->awaits(p))
        return false;
    wzp_quic_conn_stats(a->link->conn, &stats);
    bool answers = stats.packets_received != w->packets || stats.bytes_in_flight == 0;
    uint64_t silence = wzp_time_since(now, w->since);
    bool back = answers && w->told;
    w->packets = stats.packets_received;
    if (answers) {
        w->since = now;
        w->told = false;
    }
    if (!answers && silence >= LEAVE_TIME) {
        wzp_account_pause(p, "the relay does not answer any more", now);
        return false;
    }
    w->at = wzp_time_add(now, stats.bytes_in_flight > 0 ? LOOK_INTERVAL : ASK_INTERVAL);
    if (back) {
        tell(p, "answers again");
    } else if (!answers && silence >= TELL_TIME && !w->told) {
        w->told = true;
        tell(p, "does not answer; still trying");
    }
    return true;
}
