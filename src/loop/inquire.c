/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Inquiries of the host: each runs on a worker thread, with a limit of time of its own. */
#include "loop/inquire.h"

#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "loop/host_internal.h"
#include "loop/space_internal.h"
#include "loop/upnp.h"

struct inquiry {
    struct wzp_inquiry question;
    struct wzp_finding finding;
    int space; /* where to ask, by a descriptor of its own: the asker may be gone meanwhile */
    void (*done)(void *owner, const struct wzp_finding *finding);
    void *owner;
};

static void ask(struct inquiry *q)
{
    switch (q->question.kind) {
    case WZP_INQUIRE_UPNP_LOOK:
    case WZP_INQUIRE_UPNP_MAP:
    case WZP_INQUIRE_UPNP_UNMAP: wzp_upnp_ask(&q->finding, &q->question); break;
    case WZP_INQUIRE_TCP: wzp_inquire_tcp(&q->finding); break;
    case WZP_INQUIRE_ICMP: wzp_inquire_icmp(&q->finding); break;
    case WZP_INQUIRE_CAPTIVE: wzp_inquire_captive(&q->finding); break;
    case WZP_INQUIRE_METERED: wzp_inquire_metered(&q->finding); break;
    case WZP_INQUIRE_MTU: wzp_inquire_mtu(&q->finding, &q->question.addr); break;
    }
}

static void run(void *owner)
{
    struct inquiry *q = owner;
    int back = q->space < 0 ? q->space : wzp_space_enter_fd(q->space);
    if (back == -1)
        return;
    ask(q);
    wzp_space_leave(back);
}

static void forget(struct inquiry *q)
{
    if (q->space >= 0)
        close(q->space);
    wzp_free(q);
}

static void done(void *owner)
{
    struct inquiry *q = owner;
    q->done(q->owner, &q->finding);
    forget(q);
}

int wzp_loop_inquire(void *context, const struct wzp_inquiry *inquiry,
                     void (*tell)(void *owner, const struct wzp_finding *finding), void *owner)
{
    struct inquiry *q = wzp_calloc(1, sizeof *q);
    if (!q)
        return WZP_E_MEMORY;
    *q = (struct inquiry){.question = *inquiry,
                          .finding = {.result = WZP_E_UNSUPPORTED},
                          .space = wzp_space_dup(wzp_space_of(context)),
                          .done = tell,
                          .owner = owner};
    int result = wzp_loop_work(context, run, done, q);
    if (result)
        forget(q);
    return result;
}
