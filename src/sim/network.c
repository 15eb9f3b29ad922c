/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sim/network.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/map.h"
#include "base/time.h"

#define QUEUE_BYTES_DEFAULT (64 * 1024)
#define TICKS_MAX 4096
#define SEND_BUFFER 65536
#define STANDING_MAX 1000 /* events at one instant before time is pushed on */

/* A packet on its way. */
struct flight {
    uint64_t due;
    uint64_t order; /* of sending, so that equal times keep their order */
    struct wzp_addr from, to;
    size_t length;
    bool checked_in; /* passed the receiver's down-link already */
    uint8_t data[];
};

struct tick {
    uint64_t due, period;
    bool (*call)(void *context, uint64_t now);
    void *context;
};

/* State of one direction of a line. */
struct line {
    struct wzp_sim_link link;
    uint64_t busy_until; /* rate limit: when the last queued byte will have left */
    uint64_t last_due;   /* keeps order under jitter */
    unsigned burst_left;
};

struct wzp_sim_host {
    struct wzp_driver driver;
    struct wzp_addr address;  /* as the network sees it */
    struct wzp_addr believed; /* as the object believes it */
    struct line up, down;
    struct wzp_sim_host_counters counters;
    size_t index;
};

struct wzp_sim {
    uint64_t now, order;
    unsigned standing; /* events at this instant so far */
    struct wzp_random_seeded seeded;
    struct wzp_sim_host **hosts;
    size_t host_count;
    struct wzp_map by_address;
    struct flight **heap; /* binary heap by (due, order) */
    size_t heap_count, heap_capacity;
    struct tick *ticks;
    size_t tick_count, tick_capacity;
    uint8_t *send_buffer;
    void (*tap)(void *context, const struct wzp_addr *from, const struct wzp_addr *to,
                const uint8_t *data, size_t length);
    void *tap_context;
};

struct wzp_random wzp_sim_random(struct wzp_sim *s)
{
    return wzp_random_seeded_source(&s->seeded);
}

uint64_t wzp_sim_now(const struct wzp_sim *s)
{
    return s->now;
}

int wzp_sim_new(struct wzp_sim **out, uint64_t seed)
{
    struct wzp_sim *s = wzp_calloc(1, sizeof *s);
    if (!s)
        return WZP_E_MEMORY;
    s->send_buffer = wzp_alloc(SEND_BUFFER);
    if (!s->send_buffer) {
        wzp_free(s);
        return WZP_E_MEMORY;
    }
    s->now = WZP_SECOND;
    wzp_random_seeded_init(&s->seeded, seed);
    struct wzp_random random = wzp_sim_random(s);
    wzp_map_init(&s->by_address, WZP_SIM_HOSTS_MAX, &random);
    *out = s;
    return 0;
}

void wzp_sim_free(struct wzp_sim *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->host_count; i++)
        wzp_free(s->hosts[i]);
    for (size_t i = 0; i < s->heap_count; i++)
        wzp_free(s->heap[i]);
    wzp_map_fini(&s->by_address);
    wzp_free(s->hosts);
    wzp_free(s->heap);
    wzp_free(s->ticks);
    wzp_free(s->send_buffer);
    wzp_free(s);
}

/* ---- flights: a heap ---- */

static bool earlier(const struct flight *a, const struct flight *b)
{
    return a->due != b->due ? a->due < b->due : a->order < b->order;
}

static void heap_push(struct wzp_sim *s, struct flight *f)
{
    size_t i = s->heap_count++;
    while (i > 0 && earlier(f, s->heap[(i - 1) / 2])) {
        s->heap[i] = s->heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    s->heap[i] = f;
}

static struct flight *heap_pop(struct wzp_sim *s)
{
    struct flight *top = s->heap[0];
    struct flight *last = s->heap[--s->heap_count];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= s->heap_count)
            break;
        if (child + 1 < s->heap_count && earlier(s->heap[child + 1], s->heap[child]))
            child++;
        if (!earlier(s->heap[child], last))
            break;
        s->heap[i] = s->heap[child];
        i = child;
    }
    if (s->heap_count > 0)
        s->heap[i] = last;
    return top;
}

static bool heap_reserve(struct wzp_sim *s)
{
    if (s->heap_count < s->heap_capacity)
        return true;
    if (s->heap_capacity >= WZP_SIM_PACKETS_MAX)
        return false;
    size_t capacity = s->heap_capacity ? 2 * s->heap_capacity : 256;
    struct flight **grown = wzp_realloc(s->heap, capacity * sizeof *grown);
    if (!grown)
        return false;
    s->heap = grown;
    s->heap_capacity = capacity;
    return true;
}

/* ---- lines ---- */

static bool chance(struct wzp_sim *s, double share)
{
    if (share <= 0)
        return false;
    struct wzp_random random = wzp_sim_random(s);
    return wzp_random_unit(&random) < share;
}

/* True when the line eats this packet. */
static bool line_drops(struct wzp_sim *s, struct line *line, size_t length,
                       struct wzp_sim_host_counters *counters)
{
    const struct wzp_sim_link *link = &line->link;
    if (link->down) {
        counters->unreachable++;
        return true;
    }
    if (link->mtu && length > link->mtu) {
        counters->too_big++;
        return true;
    }
    if (line->burst_left > 0) {
        line->burst_left--;
        counters->lost++;
        return true;
    }
    if (chance(s, link->loss)) {
        if (chance(s, link->burst) && link->burst_length > 1)
            line->burst_left = link->burst_length - 1;
        counters->lost++;
        return true;
    }
    return false;
}

/* When a packet that enters the line now leaves it; 0 when its queue is full. */
static uint64_t line_due(struct wzp_sim *s, struct line *line, size_t length,
                         struct wzp_sim_host_counters *counters)
{
    const struct wzp_sim_link *link = &line->link;
    struct wzp_random random = wzp_sim_random(s);
    uint64_t due = s->now;
    if (link->rate) {
        uint64_t room = link->queue_bytes ? link->queue_bytes : QUEUE_BYTES_DEFAULT;
        uint64_t begin = line->busy_until > s->now ? line->busy_until : s->now;
        if ((begin - s->now) / WZP_MICROSECOND * link->rate / 8000000 > room) {
            counters->queue_full++;
            return 0;
        }
        /* 28 bytes of IP and UDP headers take their time too. */
        line->busy_until = begin + (length + 28) * 8 * WZP_SECOND / link->rate;
        due = line->busy_until;
    }
    due += link->delay;
    if (link->jitter)
        due += wzp_random_below(&random, link->jitter);
    if (chance(s, link->reorder))
        return due + link->reorder_delay;
    if (due < line->last_due)
        due = line->last_due;
    line->last_due = due;
    return due;
}

/* Puts one packet on a line of `host`. */
static void enter(struct wzp_sim *s, struct wzp_sim_host *host, bool up,
                  const struct wzp_addr *from, const struct wzp_addr *to, const uint8_t *data,
                  size_t length)
{
    struct line *line = up ? &host->up : &host->down;
    if (line_drops(s, line, length, &host->counters))
        return;
    unsigned copies = chance(s, line->link.duplicate) ? 2 : 1;
    for (unsigned i = 0; i < copies; i++) {
        uint64_t due = line_due(s, line, length, &host->counters);
        if (!due)
            return;
        struct flight *f = heap_reserve(s) ? wzp_alloc(sizeof *f + length) : NULL;
        if (!f) {
            host->counters.queue_full++;
            return;
        }
        f->due = due;
        f->order = s->order++;
        f->from = *from;
        f->to = *to;
        f->length = length;
        f->checked_in = !up;
        memcpy(f->data, data, length);
        if (length > 0 && chance(s, line->link.corrupt)) {
            struct wzp_random random = wzp_sim_random(s);
            f->data[wzp_random_below(&random, length)] ^= 0x55;
        }
        heap_push(s, f);
    }
}

/* ---- hosts ---- */

static size_t address_key(uint8_t key[18], const struct wzp_addr *a)
{
    size_t n = wzp_addr_is_v6(a) ? 16 : 4;
    if (n == 16)
        memcpy(key, &a->u.in6.sin6_addr, 16);
    else
        memcpy(key, &a->u.in.sin_addr, 4);
    uint16_t port = wzp_addr_port(a);
    key[n] = (uint8_t)(port >> 8);
    key[n + 1] = (uint8_t)port;
    return n + 2;
}

static struct wzp_sim_host *host_at(struct wzp_sim *s, const struct wzp_addr *address)
{
    uint8_t key[18];
    size_t length = address_key(key, address);
    return wzp_map_get(&s->by_address, key, length);
}

int wzp_sim_attach(struct wzp_sim *s, struct wzp_sim_host **out, const char *address,
                   const struct wzp_driver *driver, const struct wzp_sim_link *up,
                   const struct wzp_sim_link *down)
{
    struct wzp_addr parsed;
    int r = wzp_addr_parse(&parsed, address, strlen(address));
    if (r)
        return r;
    if (host_at(s, &parsed))
        return WZP_E_DUPLICATE;
    if (s->host_count >= WZP_SIM_HOSTS_MAX)
        return WZP_E_LIMIT;
    struct wzp_sim_host **hosts =
        wzp_realloc(s->hosts, (s->host_count + 1) * sizeof(struct wzp_sim_host *));
    if (!hosts)
        return WZP_E_MEMORY;
    s->hosts = hosts;
    struct wzp_sim_host *host = wzp_calloc(1, sizeof *host);
    if (!host)
        return WZP_E_MEMORY;
    host->driver = *driver;
    host->address = host->believed = parsed;
    wzp_sim_set_links(host, up, down);
    uint8_t key[18];
    size_t length = address_key(key, &parsed);
    r = wzp_map_put(&s->by_address, key, length, host);
    if (r) {
        wzp_free(host);
        return r;
    }
    host->index = s->host_count;
    s->hosts[s->host_count++] = host;
    *out = host;
    return 0;
}

void wzp_sim_detach(struct wzp_sim *s, struct wzp_sim_host *host)
{
    if (!host)
        return;
    uint8_t key[18];
    size_t length = address_key(key, &host->address);
    wzp_map_remove(&s->by_address, key, length);
    s->hosts[host->index] = s->hosts[--s->host_count];
    s->hosts[host->index]->index = host->index;
    wzp_free(host);
}

void wzp_sim_set_links(struct wzp_sim_host *host, const struct wzp_sim_link *up,
                       const struct wzp_sim_link *down)
{
    if (up)
        host->up.link = *up;
    if (down)
        host->down.link = *down;
}

int wzp_sim_move(struct wzp_sim *s, struct wzp_sim_host *host, const char *address)
{
    struct wzp_addr parsed;
    int r = wzp_addr_parse(&parsed, address, strlen(address));
    if (r)
        return r;
    if (host_at(s, &parsed))
        return WZP_E_DUPLICATE;
    uint8_t key[18];
    size_t length = address_key(key, &parsed);
    r = wzp_map_put(&s->by_address, key, length, host);
    if (r)
        return r;
    length = address_key(key, &host->address);
    wzp_map_remove(&s->by_address, key, length);
    host->address = parsed;
    return 0;
}

const struct wzp_addr *wzp_sim_address(const struct wzp_sim_host *host)
{
    return &host->address;
}

void wzp_sim_host_counters(const struct wzp_sim_host *host, struct wzp_sim_host_counters *out)
{
    *out = host->counters;
}

void wzp_sim_kick(struct wzp_sim *s, struct wzp_sim_host *host)
{
    struct wzp_packet packet = {.data = s->send_buffer, .capacity = SEND_BUFFER};
    while (host->driver.next_packet(host->driver.object, &packet, s->now) > 0) {
        size_t segment = packet.segment ? packet.segment : packet.length;
        for (size_t at = 0; at < packet.length; at += segment) {
            size_t length = packet.length - at < segment ? packet.length - at : segment;
            host->counters.packets_out++;
            host->counters.bytes_out += length;
            if (s->tap)
                s->tap(s->tap_context, &host->address, &packet.remote, packet.data + at, length);
            enter(s, host, true, &host->address, &packet.remote, packet.data + at, length);
        }
        packet.data = s->send_buffer;
        packet.capacity = SEND_BUFFER;
    }
}

void wzp_sim_inject(struct wzp_sim *s, const struct wzp_addr *from, const struct wzp_addr *to,
                    const uint8_t *data, size_t length)
{
    struct wzp_sim_host *host = host_at(s, to);
    if (host)
        enter(s, host, false, from, to, data, length);
}

void wzp_sim_set_tap(struct wzp_sim *s,
                     void (*tap)(void *context, const struct wzp_addr *from,
                                 const struct wzp_addr *to, const uint8_t *data, size_t length),
                     void *context)
{
    s->tap = tap;
    s->tap_context = context;
}

static void deliver(struct wzp_sim *s, struct flight *f)
{
    struct wzp_sim_host *host = host_at(s, &f->to);
    if (host && !f->checked_in) {
        enter(s, host, false, &f->from, &f->to, f->data, f->length);
    } else if (host) {
        host->counters.packets_in++;
        host->counters.bytes_in += f->length;
        host->driver.receive(host->driver.object, &host->believed, &f->from, 0, f->data, f->length,
                             s->now);
        wzp_sim_kick(s, host);
    }
    wzp_free(f);
}

/* ---- time ---- */

int wzp_sim_every(struct wzp_sim *s, uint64_t offset, uint64_t period,
                  bool (*tick)(void *context, uint64_t now), void *context)
{
    if (s->tick_count == s->tick_capacity) {
        if (s->tick_capacity >= TICKS_MAX)
            return WZP_E_LIMIT;
        size_t capacity = s->tick_capacity ? 2 * s->tick_capacity : 16;
        struct tick *grown = wzp_realloc(s->ticks, capacity * sizeof *grown);
        if (!grown)
            return WZP_E_MEMORY;
        s->ticks = grown;
        s->tick_capacity = capacity;
    }
    s->ticks[s->tick_count++] =
        (struct tick){.due = s->now + offset, .period = period, .call = tick, .context = context};
    return 0;
}

/* Calls every tick that is due at `now`. A tick may add others. */
static void run_ticks(struct wzp_sim *s)
{
    for (size_t i = 0; i < s->tick_count;) {
        struct tick *t = &s->ticks[i];
        if (t->due > s->now) {
            i++;
            continue;
        }
        t->due += t->period;
        bool goes_on = t->call(t->context, s->now);
        if (!goes_on)
            s->ticks[i] = s->ticks[--s->tick_count];
        else
            i++;
    }
}

static void run_expiries(struct wzp_sim *s)
{
    for (size_t i = 0; i < s->host_count; i++) {
        struct wzp_sim_host *host = s->hosts[i];
        if (host->driver.expiry(host->driver.object) > s->now)
            continue;
        host->driver.handle_expiry(host->driver.object, s->now);
        wzp_sim_kick(s, host);
    }
}

static uint64_t next_event(const struct wzp_sim *s)
{
    uint64_t next = s->heap_count > 0 ? s->heap[0]->due : WZP_NEVER;
    for (size_t i = 0; i < s->tick_count; i++)
        next = wzp_time_min(next, s->ticks[i].due);
    for (size_t i = 0; i < s->host_count; i++)
        next = wzp_time_min(next, s->hosts[i]->driver.expiry(s->hosts[i]->driver.object));
    return next;
}

/* One instant: moves the clock to the next event (at most to `until`) and lets it happen. False
 * when there was none up to then. */
static bool step(struct wzp_sim *s, uint64_t until)
{
    uint64_t next = next_event(s);
    if (next > until) {
        s->now = until;
        return false;
    }
    /* A driver that stays due without acting must not stop time. */
    s->standing = next <= s->now ? s->standing + 1 : 0;
    if (s->standing > STANDING_MAX)
        next = s->now + WZP_MICROSECOND;
    if (next > s->now)
        s->now = next;
    while (s->heap_count > 0 && s->heap[0]->due <= s->now)
        deliver(s, heap_pop(s));
    run_ticks(s);
    run_expiries(s);
    return true;
}

void wzp_sim_run_until(struct wzp_sim *s, uint64_t until)
{
    for (size_t i = 0; i < s->host_count; i++)
        wzp_sim_kick(s, s->hosts[i]);
    while (step(s, until))
        ;
}

void wzp_sim_run(struct wzp_sim *s, uint64_t duration)
{
    wzp_sim_run_until(s, s->now + duration);
}

bool wzp_sim_run_for(struct wzp_sim *s, bool (*done)(void *context), void *context, uint64_t limit)
{
    uint64_t until = s->now + limit;
    for (size_t i = 0; i < s->host_count; i++)
        wzp_sim_kick(s, s->hosts[i]);
    while (!done(context)) {
        if (!step(s, until))
            return done(context);
    }
    return true;
}
