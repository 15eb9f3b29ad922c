/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/accept.h"

#include "nat/demux.h"
#include "phone/call.h"
#include "phone/direct.h"
#include "phone/direct_race.h"
#include "phone/ground.h"
#include "phone/step.h"

/* The live call that expects a peer under this server name, NULL. */
static struct wzp_call *find_expecting(const struct wzp_phone *p, const char *sni)
{
    for (size_t i = 0; i < p->session_count; i++) {
        struct wzp_call *c = wzp_call_at(p, i);
        if (c && wzp_direct_admits(c, sni))
            return c;
    }
    return NULL;
}

static bool on_admit(void *owner, const char *sni, const struct wzp_addr *remote, uint64_t now)
{
    (void)remote;
    (void)now;
    wzp_quic_endpoint_guess_rtt(((struct wzp_phone *)owner)->endpoint, WZP_RACE_INITIAL_RTT);
    return find_expecting(owner, sni) != NULL;
}

static void on_accepted(void *owner, struct wzp_quic_conn *conn, uint64_t now)
{
    struct wzp_call *c = find_expecting(owner, wzp_quic_conn_sni(conn));

    if (!c || !wzp_direct_accept(c, conn, now))
        wzp_quic_conn_close(conn, 0, "stale", false, now);
}

static void on_other(void *owner, const struct wzp_addr *local, const struct wzp_addr *remote,
                     const uint8_t *data, size_t length, uint64_t now)
{
    struct wzp_phone *p = owner;

    if (wzp_step_receive(p, remote, data, length, now)) {
        bool stepped = wzp_step_take_change(p);
        for (size_t i = 0; i < p->session_count && stepped; i++)
            if (wzp_call_at(p, i))
                wzp_direct_stepped(wzp_call_at(p, i), now);
        return;
    }
    /* Answers of routers come first: some of them look like other packets. */
    if (wzp_ground_receive(p, remote, data, length, now) ||
        wzp_demux(data, length) != WZP_DATAGRAM_PUNCH)
        return;
    for (size_t i = 0; i < p->session_count; i++) {
        struct wzp_call *c = wzp_call_at(p, i);
        if (c && wzp_direct_punched(c, local, remote, data, length, now))
            return;
    }
}

void wzp_accept_callbacks(struct wzp_quic_callbacks *callbacks)
{
    callbacks->admit = on_admit;
    callbacks->accepted = on_accepted;
    callbacks->other = on_other;
}
