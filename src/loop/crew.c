/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "loop/crew.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "loop/internal.h"

struct mail {
    size_t length;
    uint8_t data[WZP_CREW_MAIL_MAX];
};

/* head and tail apart: they are written by different cores. */
struct ring {
    atomic_size_t head; /* ever written */
    uint8_t apart[64];
    atomic_size_t tail; /* ever taken */
    uint8_t apart_too[64];
    struct mail *slots; /* WZP_CREW_MAIL_SLOTS of them */
};

struct member {
    struct wzp_crew *crew;
    unsigned number;
    struct wzp_loop *loop;
    struct wzp_wake *wake;
    pthread_t thread;
    bool runs;
    void (*take)(void *context, unsigned from, const void *data, size_t length);
    void *context;
};

struct wzp_crew {
    unsigned count;
    bool is_over; /* all other threads have ended: nothing is sent any more */
    atomic_bool stop;
    struct ring *rings; /* from * count + to */
    struct member members[];
};

static struct ring *ring_of(const struct wzp_crew *crew, unsigned from, unsigned to)
{
    return &crew->rings[from * crew->count + to];
}

bool wzp_crew_send(struct wzp_crew *crew, unsigned from, unsigned to, const void *first,
                   size_t first_length, const void *second, size_t second_length)
{
    if (crew->is_over || from >= crew->count || to >= crew->count || from == to ||
        first_length > WZP_CREW_MAIL_MAX || second_length > WZP_CREW_MAIL_MAX - first_length)
        return false;
    struct ring *ring = ring_of(crew, from, to);
    size_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    if (head - atomic_load_explicit(&ring->tail, memory_order_acquire) >= WZP_CREW_MAIL_SLOTS)
        return false;
    struct mail *mail = &ring->slots[head % WZP_CREW_MAIL_SLOTS];
    mail->length = first_length + second_length;
    memcpy(mail->data, first, first_length);
    if (second_length > 0)
        memcpy(mail->data + first_length, second, second_length);
    atomic_store_explicit(&ring->head, head + 1, memory_order_release);
    wzp_wake_ring(crew->members[to].wake);
    return true;
}

static void take_from(struct member *m, unsigned from)
{
    struct ring *ring = ring_of(m->crew, from, m->number);
    size_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    size_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
    for (; tail != head; tail++) {
        const struct mail *mail = &ring->slots[tail % WZP_CREW_MAIL_SLOTS];
        if (m->take)
            m->take(m->context, from, mail->data, mail->length);
        atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
    }
}

static void on_wake(void *context)
{
    struct member *m = context;
    for (unsigned from = 0; from < m->crew->count; from++)
        if (from != m->number)
            take_from(m, from);
    if (m->number > 0 && atomic_load_explicit(&m->crew->stop, memory_order_acquire))
        wzp_loop_stop(m->loop);
}

/* ---- life ---- */

static int rings_new(struct wzp_crew *crew)
{
    size_t count = (size_t)crew->count * crew->count;
    crew->rings = wzp_calloc(count, sizeof *crew->rings);
    if (!crew->rings)
        return WZP_E_MEMORY;
    for (size_t i = 0; i < count; i++) {
        if (i / crew->count == i % crew->count)
            continue;
        crew->rings[i].slots = wzp_calloc(WZP_CREW_MAIL_SLOTS, sizeof(struct mail));
        if (!crew->rings[i].slots)
            return WZP_E_MEMORY;
    }
    return 0;
}

static int member_new(struct wzp_crew *crew, unsigned number, struct wzp_loop *first,
                      struct wzp_error *err)
{
    struct member *m = &crew->members[number];
    int result = 0;
    m->crew = crew;
    m->number = number;
    m->loop = first;
    if (number > 0) {
        m->loop = NULL;
        result = wzp_loop_new(&m->loop, err);
    }
    if (result)
        return result;
    result = wzp_wake_new(&m->wake, m->loop, on_wake, m);
    if (result)
        return wzp_error_set(err, result, "no wake-up for a thread");
    m->loop->share_count = crew->count;
    return 0;
}

int wzp_crew_new(struct wzp_crew **out, struct wzp_loop *first, unsigned count,
                 struct wzp_error *err)
{
    *out = NULL;
    if (count == 0 || count > WZP_CREW_MAX)
        return wzp_error_set(err, WZP_E_ARGUMENT, "a crew has 1 to %d members", WZP_CREW_MAX);
    struct wzp_crew *crew = wzp_calloc(1, sizeof *crew + count * sizeof crew->members[0]);
    if (!crew)
        return wzp_error_set(err, WZP_E_MEMORY, "not enough memory for %u threads", count);
    crew->count = count;
    int result = rings_new(crew);
    if (result)
        wzp_error_set(err, result, "not enough memory for %u threads", count);
    for (unsigned i = 0; i < count && !result; i++)
        result = member_new(crew, i, first, err);
    if (result)
        wzp_crew_free(crew);
    else
        *out = crew;
    return result;
}

struct wzp_loop *wzp_crew_loop(const struct wzp_crew *crew, unsigned number)
{
    return crew->members[number].loop;
}

void wzp_crew_on_mail(struct wzp_crew *crew, unsigned number,
                      void (*take)(void *context, unsigned from, const void *data, size_t length),
                      void *context)
{
    crew->members[number].take = take;
    crew->members[number].context = context;
}

static void *run(void *context)
{
    struct member *m = context;
    wzp_loop_run(m->loop);
    return NULL;
}

int wzp_crew_start(struct wzp_crew *crew, struct wzp_error *err)
{
    sigset_t all, before;
    int result = 0;
    sigfillset(&all); /* signals are the first thread's */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (unsigned i = 1; i < crew->count && !result; i++) {
        result = pthread_create(&crew->members[i].thread, NULL, run, &crew->members[i]);
        crew->members[i].runs = !result;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return result ? wzp_error_set(err, WZP_E_IO, "cannot start a thread: %s", strerror(result)) : 0;
}

void wzp_crew_stop(struct wzp_crew *crew)
{
    atomic_store_explicit(&crew->stop, true, memory_order_release);
    for (unsigned i = 1; i < crew->count; i++) {
        struct member *m = &crew->members[i];
        if (!m->runs)
            continue;
        wzp_wake_ring(m->wake);
        pthread_join(m->thread, NULL);
        m->runs = false;
    }
    crew->is_over = true;
}

void wzp_crew_free(struct wzp_crew *crew)
{
    if (!crew)
        return;
    for (unsigned i = 0; i < crew->count; i++) {
        struct member *m = &crew->members[i];
        wzp_wake_close(m->wake);
        if (m->loop)
            m->loop->share_count = 0;
        if (i > 0)
            wzp_loop_free(m->loop);
    }
    for (size_t i = 0; crew->rings && i < (size_t)crew->count * crew->count; i++)
        wzp_free(crew->rings[i].slots);
    wzp_free(crew->rings);
    wzp_free(crew);
}
