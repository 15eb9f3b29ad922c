/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/slots.h"

_Static_assert(WZP_JITTER_SLOTS == 64, "one bit for each slot");

/* The first slot in use from there on, WZP_JITTER_SLOTS when there is none. */
static size_t first_used(const struct wzp_slots *s, size_t from)
{
    uint64_t left = from < WZP_JITTER_SLOTS ? s->used >> from : 0;
    return left ? from + (size_t)__builtin_ctzll(left) : WZP_JITTER_SLOTS;
}

void wzp_slots_clear(struct wzp_slots *s)
{
    s->used = 0;
}

struct wzp_jitter_packet *wzp_slots_exact(struct wzp_slots *s, int64_t timestamp)
{
    size_t i = first_used(s, 0);

    while (i < WZP_JITTER_SLOTS && s->packets[i].timestamp != timestamp)
        i = first_used(s, i + 1);
    return i < WZP_JITTER_SLOTS ? &s->packets[i] : NULL;
}

const struct wzp_jitter_packet *wzp_slots_find(const struct wzp_slots *s, int64_t timestamp)
{
    const struct wzp_jitter_packet *best = NULL;

    for (size_t i = first_used(s, 0); i < WZP_JITTER_SLOTS; i = first_used(s, i + 1)) {
        const struct wzp_jitter_packet *p = &s->packets[i];

        if (p->timestamp <= timestamp && timestamp < p->timestamp + p->frame_ms &&
            (!best || p->timestamp > best->timestamp))
            best = p;
    }
    return best;
}

const struct wzp_jitter_packet *wzp_slots_after(const struct wzp_slots *s, int64_t timestamp)
{
    const struct wzp_jitter_packet *best = NULL;

    for (size_t i = first_used(s, 0); i < WZP_JITTER_SLOTS; i = first_used(s, i + 1)) {
        const struct wzp_jitter_packet *p = &s->packets[i];

        if (p->timestamp > timestamp && (!best || p->timestamp < best->timestamp))
            best = p;
    }
    return best;
}

const struct wzp_jitter_packet *wzp_slots_by_id(const struct wzp_slots *s, uint64_t id)
{
    for (size_t i = first_used(s, 0); i < WZP_JITTER_SLOTS; i = first_used(s, i + 1))
        if (s->packets[i].id == id)
            return &s->packets[i];
    return NULL;
}

struct wzp_jitter_packet *wzp_slots_take(struct wzp_slots *s, int64_t timestamp, bool *overflow)
{
    size_t at = 0;

    *overflow = !~s->used;
    if (!*overflow) {
        at = (size_t)__builtin_ctzll(~s->used);
        s->used |= UINT64_C(1) << at;
        return &s->packets[at];
    }
    for (size_t i = 1; i < WZP_JITTER_SLOTS; i++)
        if (s->packets[i].timestamp < s->packets[at].timestamp)
            at = i;
    return s->packets[at].timestamp < timestamp ? &s->packets[at] : NULL;
}

void wzp_slots_release(struct wzp_slots *s, int64_t timestamp)
{
    for (size_t i = first_used(s, 0); i < WZP_JITTER_SLOTS; i = first_used(s, i + 1)) {
        const struct wzp_jitter_packet *p = &s->packets[i];

        if (p->timestamp + p->frame_ms <= timestamp)
            s->used &= ~(UINT64_C(1) << i);
    }
}

unsigned wzp_slots_ms(const struct wzp_slots *s)
{
    unsigned ms = 0;

    for (size_t i = first_used(s, 0); i < WZP_JITTER_SLOTS; i = first_used(s, i + 1))
        ms += s->packets[i].frame_ms;
    return ms;
}
