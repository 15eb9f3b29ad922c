/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sim/more.h"

#include "base/error.h"

#define FIRST_NUMBER 32768
#define NUMBERS 16384

/* The object's timers are driven at its first port. */
static void on_receive(void *context, struct wzp_sim_host *host, const struct wzp_addr *local,
                       const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data,
                       size_t length, uint64_t now)
{
    struct wzp_sim_more *more = context;
    (void)host;
    more->receive(more->object, local, remote, ecn, data, length, now);
    more->received(more->object);
}

int wzp_sim_more_open(struct wzp_sim_more *more, struct wzp_addr *out)
{
    static const uint8_t any[4];
    int result = WZP_E_DUPLICATE;
    if (more->count == WZP_SIM_MORE_MAX)
        return WZP_E_LIMIT;
    uint16_t number = FIRST_NUMBER;
    for (int i = 0; result == WZP_E_DUPLICATE && i < NUMBERS; i++) {
        number = (uint16_t)(FIRST_NUMBER + more->last++ % NUMBERS);
        result = wzp_sim_host_serve(more->host, number, on_receive, more);
    }
    if (result)
        return result == WZP_E_MEMORY ? WZP_E_MEMORY : WZP_E_NETWORK;
    more->numbers[more->count++] = number;
    wzp_addr_from_ip4(out, any, number);
    return 0;
}

static void close_at(struct wzp_sim_more *more, size_t i)
{
    wzp_sim_host_unbind(more->host, more->numbers[i]);
    more->numbers[i] = more->numbers[--more->count];
}

void wzp_sim_more_close(struct wzp_sim_more *more, const struct wzp_addr *local)
{
    for (size_t i = 0; i < more->count; i++)
        if (more->numbers[i] == wzp_addr_port(local)) {
            close_at(more, i);
            return;
        }
}

void wzp_sim_more_close_all(struct wzp_sim_more *more)
{
    while (more->count > 0)
        close_at(more, more->count - 1);
}
