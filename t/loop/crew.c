/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Threads that send each other mail: all of it arrives, in order, and a full way says so. */
#include "loop/crew.h"

#include <stdatomic.h>
#include <string.h>

#include "base/time.h"
#include "tap.h"

#define MEMBERS 4
#define PIECES 5000

struct member {
    struct wzp_crew *crew;
    unsigned number, next[MEMBERS]; /* what comes next from each */
    unsigned wrong, sent;
    struct wzp_timer *timer;
};

static struct member members[MEMBERS];
static atomic_uint done;
static struct wzp_loop *first;
static uint64_t deadline;

static bool has_all(const struct member *m)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < MEMBERS; i++)
        sum += m->next[i];
    return sum == (MEMBERS - 1) * PIECES;
}

static void take(void *context, unsigned from, const void *data, size_t length)
{
    struct member *m = context;
    unsigned number;
    memcpy(&number, data, sizeof number);
    m->wrong += length != sizeof number + 100 || number != m->next[from];
    m->next[from]++;
    if (has_all(m))
        atomic_fetch_add(&done, 1);
}

/* To everybody, as much as the ways take. */
static void send_some(void *context)
{
    struct member *m = context;
    static const uint8_t filling[100];
    for (; m->sent < PIECES * MEMBERS; m->sent++) {
        unsigned to = m->sent % MEMBERS, number = m->sent / MEMBERS;
        if (to != m->number &&
            !wzp_crew_send(m->crew, m->number, to, &number, sizeof number, filling, sizeof filling))
            break;
    }
    if (m->number == 0 && (atomic_load(&done) == MEMBERS || wzp_loop_now(first) > deadline))
        wzp_loop_stop(first);
}

TAP_MAIN
{
    static const uint8_t big[WZP_CREW_MAIL_MAX + 1];
    struct wzp_crew *crew;
    struct wzp_error err = {0};
    if (wzp_loop_new(&first, &err) || wzp_crew_new(&crew, first, MEMBERS, &err))
        bail("%s", err.text);
    ok(!wzp_crew_send(crew, 0, 1, big, sizeof big, NULL, 0), "mail that is too long is refused");
    ok(!wzp_crew_send(crew, 0, 0, big, 1, NULL, 0), "and mail to oneself");
    unsigned fit = 0;
    while (fit < 2 * WZP_CREW_MAIL_SLOTS && wzp_crew_send(crew, 2, 1, big, 1, NULL, 0))
        fit++;
    is_int(fit, WZP_CREW_MAIL_SLOTS, "a way that nobody empties is full some time");
    wzp_crew_stop(crew);
    wzp_crew_free(crew);

    if (wzp_crew_new(&crew, first, MEMBERS, &err))
        bail("%s", err.text);
    for (unsigned i = 0; i < MEMBERS; i++) {
        members[i] = (struct member){.crew = crew, .number = i};
        wzp_crew_on_mail(crew, i, take, &members[i]);
        if (wzp_timer_start(&members[i].timer, wzp_crew_loop(crew, i), 0, WZP_MILLISECOND,
                            send_some, &members[i]))
            bail("no timer");
    }
    deadline = wzp_loop_now(first) + 20 * WZP_SECOND;
    if (wzp_crew_start(crew, &err))
        bail("%s", err.text);
    wzp_loop_run(first);
    wzp_crew_stop(crew);
    unsigned wrong = 0, all = 0;
    for (unsigned i = 0; i < MEMBERS; i++) {
        wrong += members[i].wrong;
        all += has_all(&members[i]);
    }
    is_int(all, MEMBERS, "%d threads get %d pieces of mail from each other", MEMBERS, PIECES);
    is_int(wrong, 0, "whole and in order");
    wzp_crew_free(crew);
    wzp_loop_free(first);
}
