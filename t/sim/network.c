/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The network in virtual time: delay, order, loss, duplication, rate, MTU, moves; and that a seed
 * repeats a run. */
#include "sim/network.h"

#include <string.h>

#include "base/time.h"
#include "tap.h"

/* A host that sends `left` numbered packets, one per millisecond, and counts what comes. */
struct peer {
    struct wzp_addr to;
    unsigned left, sent, got, reordered, duplicates;
    size_t size;
    uint64_t next, first_at, last_at;
    uint32_t highest;
    uint64_t digest;
    bool armed;
};

static void receive(void *object, const struct wzp_addr *local, const struct wzp_addr *remote,
                    uint8_t ecn, const uint8_t *data, size_t length, uint64_t now)
{
    struct peer *p = object;
    uint32_t number;
    (void)local;
    (void)remote;
    (void)ecn;
    if (length < 4)
        return;
    memcpy(&number, data, 4);
    if (p->got++ == 0)
        p->first_at = now;
    p->last_at = now;
    p->reordered += p->got > 1 && number < p->highest;
    p->duplicates += p->got > 1 && number == p->highest;
    if (number > p->highest)
        p->highest = number;
    p->digest = p->digest * 31 + number + now;
}
static uint64_t expiry(const void *object)
{
    const struct peer *p = object;
    return p->left > 0 ? p->next : WZP_NEVER;
}
static void handle_expiry(void *object, uint64_t now)
{
    struct peer *p = object;
    p->armed = true;
    p->next = now + WZP_MILLISECOND;
}
static int next_packet(void *object, struct wzp_packet *out, uint64_t now)
{
    struct peer *p = object;
    (void)now;
    if (!p->armed || p->left == 0)
        return 0;
    p->armed = false;
    p->left--;
    p->sent++;
    memset(out->data, 0, p->size);
    memcpy(out->data, &p->sent, 4);
    out->remote = p->to;
    out->length = out->segment = p->size;
    return 1;
}

static struct peer run(uint64_t seed, const struct wzp_sim_link *up, unsigned packets, size_t size)
{
    struct wzp_sim *sim;
    struct wzp_sim_host *ha, *hb;
    struct peer a = {.left = packets, .size = size}, b = {0};
    struct wzp_driver driver = {&a, receive, expiry, handle_expiry, next_packet};
    if (wzp_sim_new(&sim, seed) || wzp_sim_attach(sim, &ha, "10.0.0.1:1", &driver, up, NULL))
        bail("no network");
    driver.object = &b;
    if (wzp_sim_attach(sim, &hb, "10.0.0.2:1", &driver, NULL, NULL))
        bail("no host");
    a.to = *wzp_sim_address(hb);
    a.next = wzp_sim_now(sim);
    wzp_sim_run(sim, 60 * WZP_SECOND);
    wzp_sim_free(sim);
    return b;
}

TAP_MAIN
{
    struct wzp_sim_link link = {0};
    struct peer b = run(1, &link, 100, 100);
    is_int(b.got, 100, "a perfect line loses nothing");
    is_int(b.reordered, 0, "and keeps the order");

    link = (struct wzp_sim_link){.delay = 30 * WZP_MILLISECOND};
    b = run(1, &link, 10, 100);
    is_int(b.first_at, WZP_SECOND + 30 * WZP_MILLISECOND, "a fixed delay is exact");

    link = (struct wzp_sim_link){.loss = 0.2, .jitter = 40 * WZP_MILLISECOND};
    b = run(5, &link, 5000, 100);
    ok(b.got > 3850 && b.got < 4150, "20 %% loss loses about a fifth (%u of 5000 came)", b.got);
    is_int(b.reordered, 0, "jitter alone does not reorder");
    struct peer same = run(5, &link, 5000, 100), other = run(6, &link, 5000, 100);
    ok(same.digest == b.digest, "the same seed gives the same run");
    ok(other.digest != b.digest, "another seed another one");

    link = (struct wzp_sim_link){.reorder = 0.1, .reorder_delay = 5 * WZP_MILLISECOND};
    b = run(2, &link, 1000, 100);
    ok(b.reordered > 50, "packets overtake others when told so (%u)", b.reordered);
    link = (struct wzp_sim_link){.duplicate = 0.1};
    b = run(2, &link, 1000, 100);
    ok(b.got > 1050 && b.duplicates > 50, "duplicates come twice (%u)", b.duplicates);

    /* 100 + 28 bytes at 512 kbit/s take 2 ms each: half of 1000 packets a second fit through. */
    link = (struct wzp_sim_link){.rate = 512000, .queue_bytes = 12800};
    b = run(3, &link, 4000, 100);
    ok(b.got > 1950 && b.got < 2250, "a rate limit lets its rate through (%u of 4000)", b.got);

    link = (struct wzp_sim_link){.mtu = 1300};
    is_int(run(4, &link, 10, 1301).got, 0, "too large packets vanish");
    is_int(run(4, &link, 10, 1300).got, 10, "fitting ones pass");
    link = (struct wzp_sim_link){.down = true};
    is_int(run(4, &link, 10, 100).got, 0, "a pulled cable carries nothing");
}
