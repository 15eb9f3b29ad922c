/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* STUN servers of the simulated internet. */
#include "sim/stun.h"

#include <string.h>

#include "sim/lib_probe.h"
#include "tap.h"

static struct wzp_sim *sim;
static struct probe asker;
static uint8_t reply[128];
static size_t reply_length;

static void keep(void *context, struct wzp_sim_host *host, const struct wzp_addr *local,
                 const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data, size_t length,
                 uint64_t now)
{
    (void)ecn;
    (void)context;
    (void)host;
    (void)local;
    (void)now;
    asker.remote = *remote;
    asker.count++;
    reply_length = length < sizeof reply ? length : sizeof reply;
    memcpy(reply, data, reply_length);
}

/* Sends the request of wzp-protocol(7), STUN, with a CHANGE-REQUEST attribute unless change is 0.
 */
static void ask(const char *server, uint8_t change)
{
    uint8_t request[28] = {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 1, 1, 1, 1, 1,
                           1, 1, 1, 1, 1,    1,    0,    3,    0, 4, 0, 0, 0, change};
    struct wzp_addr local = address_of("203.0.113.5:12345"), to = address_of(server);
    size_t length = change ? 28 : 20;
    request[3] = (uint8_t)(length - 20);
    reply_length = 0;
    wzp_sim_host_send(asker.host, &local, &to, request, length);
    wzp_sim_run(sim, WZP_SECOND);
}

static void bindings(void)
{
    struct wzp_sim_stun stun;
    struct probe server;
    if (wzp_sim_new(&sim, 1))
        bail("no world");
    probe_start(&asker, sim, "asker", wzp_sim_internet(sim), "203.0.113.5");
    probe_start(&server, sim, "server", wzp_sim_internet(sim), "192.0.2.1");
    wzp_sim_host_unbind(asker.host, 0);
    wzp_sim_host_serve(asker.host, 0, keep, NULL);
    is_int(wzp_sim_stun_start(&stun, server.host, 3478, 3479), 0, "a STUN server");
    ask("192.0.2.1:3478", 0);
    static const uint8_t mapped[] = {0, 0x20, 0, 8, 0, 1, 0x11, 0x2b, 0xea, 0x12, 0xd5, 0x47};
    ok(reply_length == 44 && reply[0] == 1 && reply[1] == 1 && reply[3] == 24,
       "answers a binding request");
    is_bytes(reply + 20, sizeof mapped, mapped, sizeof mapped, "with the address it saw, XORed");
    is_str(probe_from(&asker), "192.0.2.1:3478", "from where it was asked");
    ask("192.0.2.1:3478", 6);
    is_int(reply_length, 0, "with one address it answers from no other");
    wzp_sim_host_address(server.host, wzp_sim_internet(sim), "192.0.2.2");
    ask("192.0.2.1:3478", 0);
    static const uint8_t other[] = {0x80, 0x2c, 0, 8, 0, 1, 0x0d, 0x97, 192, 0, 2, 2};
    ok(reply_length == 56, "with two it tells the other one");
    is_bytes(reply + 44, sizeof other, other, sizeof other, "and the other port");
    ask("192.0.2.1:3478", 2);
    is_str(probe_from(&asker), "192.0.2.1:3479", "and answers from another port");
    ask("192.0.2.1:3478", 6);
    is_str(probe_from(&asker), "192.0.2.2:3479", "or another address and port when asked to");
    unsigned before = asker.count;
    struct wzp_addr from = address_of("203.0.113.5:1"), to = address_of("192.0.2.1:3478");
    wzp_sim_host_send(asker.host, &from, &to, (const uint8_t *)"nonsense", 8);
    wzp_sim_run(sim, WZP_SECOND);
    is_int(asker.count, before, "nonsense is not answered");
    is_int(stun.rejected, 1, "but counted");
    stun.silent = true;
    ask("192.0.2.1:3478", 0);
    is_int(reply_length, 0, "a silent server answers nothing");
    is_int(stun.asked, 6, "though it was asked");
    wzp_sim_stun_stop(&stun);
    wzp_sim_free(sim);
}

TAP_MAIN
{
    bindings();
}
