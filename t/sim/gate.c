/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A machine that sends and receives raw IP packets, connected to the simulation by a gate
 * (sim/gate.h). */
#include "sim/gate.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/time.h"
#include "sim/ip.h"
#include "tap.h"

static struct wzp_sim_ip got; /* the last packet for the machine */
static uint8_t got_bytes[2200];
static size_t got_length;

static void deliver(void *context, const uint8_t *packet, size_t length)
{
    (void)context;
    memcpy(got_bytes, packet, length);
    got_length = length;
    wzp_sim_ip_parse(&got, got_bytes, length);
}

static char heard[64];
static void answer(void *context, struct wzp_sim_host *host, const struct wzp_addr *local,
                   const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data, size_t length,
                   uint64_t now)
{
    (void)ecn;
    (void)context;
    (void)now;
    snprintf(heard, sizeof heard, "%.*s", (int)length, (const char *)data);
    wzp_sim_host_send(host, local, remote, (const uint8_t *)"well", 4);
}

static size_t packet_of(uint8_t *out, const char *from, const char *to, uint8_t ecn,
                        const char *text)
{
    struct wzp_sim_ip fields = {.ecn = ecn, .data = (const uint8_t *)text, .length = strlen(text)};
    wzp_addr_parse(&fields.from, from, strlen(from));
    wzp_addr_parse(&fields.to, to, strlen(to));
    return wzp_sim_ip_write(out, 2200, &fields);
}

/* Checks the internet checksum (RFC 1071) as a receiver does: the sum over everything is all ones.
 */
static bool sums_up(const uint8_t *bytes, size_t length, uint32_t sum)
{
    for (size_t i = 0; i < length; i++)
        sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum == 0xffff;
}

static void check_bytes(void)
{
    uint8_t out[2200];
    struct wzp_sim_ip fields;
    size_t length = packet_of(out, "10.0.0.2:5000", "192.0.2.1:4433", 2, "odd");
    is_int(length, 31, "an IPv4 packet is its headers and the payload");
    ok(sums_up(out, 20, 0), "the sum of its header is right");
    ok(sums_up(out + 12, length - 12, 17 + 11), "and that of UDP, over addresses and payload");
    is_int(wzp_sim_ip_parse(&fields, out, length), 0, "it is read again");
    is_int(fields.ecn, 2, "with its mark of congestion");
    is_int(fields.length, 3, "and its payload");
    is_int(wzp_addr_port(&fields.to), 4433, "and its ports");
    size_t read = 0;
    for (size_t cut = 0; cut < length; cut++)
        read += wzp_sim_ip_parse(&fields, out, cut) == 0;
    is_int(read, 0, "but not when it is cut anywhere");
    out[6] = 0x20;
    is_int(wzp_sim_ip_parse(&fields, out, length), WZP_E_UNSUPPORTED, "a fragment is none of ours");
    length = packet_of(out, "[2001:db8::2]:5000", "[2001:db8::9]:4433", 1, "even");
    is_int(length, 52, "an IPv6 packet");
    ok(sums_up(out + 8, length - 8, 17 + 12), "has a right sum too");
    is_int(packet_of(out, "[2001:db8::2]:5000", "192.0.2.1:4433", 0, "x"), 0,
           "there is no packet from one family to the other");
    fields.length = 70000;
    is_int(wzp_sim_ip_write(out, sizeof out, &fields), 0, "nor one that is too long");
}

TAP_MAIN
{
    struct wzp_sim *sim;
    struct wzp_sim_host *machine, *server;
    struct wzp_sim_gate gate = {0};
    uint8_t out[2200];
    check_bytes();
    if (wzp_sim_new(&sim, 1))
        bail("no world");
    if (wzp_sim_host_add(sim, &machine, "machine") || wzp_sim_host_add(sim, &server, "server") ||
        wzp_sim_host_address(machine, wzp_sim_internet(sim), "10.0.0.2") ||
        wzp_sim_host_address(server, wzp_sim_internet(sim), "192.0.2.1") ||
        wzp_sim_host_serve(server, 4433, answer, NULL) ||
        wzp_sim_gate_open(&gate, machine, deliver, NULL))
        bail("no world");
    const struct wzp_sim_link slow = {.delay = 30 * WZP_MILLISECOND};
    wzp_sim_set_links(machine, &slow, &slow);
    uint64_t began = wzp_sim_now(sim);
    wzp_sim_gate_receive(&gate, out, packet_of(out, "10.0.0.2:5000", "192.0.2.1:4433", 2, "hey"));
    is_int(wzp_sim_expiry(sim) - began, 30 * WZP_MILLISECOND, "the world says when it goes on");
    wzp_sim_run(sim, 59 * WZP_MILLISECOND);
    is_str(heard, "hey", "what the machine sends is heard in the world");
    is_int(got_length, 0, "the answer takes its time");
    wzp_sim_run(sim, 2 * WZP_MILLISECOND);
    is_int(got.length, 4, "and comes out of the gate");
    is_int(wzp_addr_port(&got.from), 4433, "from the server's port");
    is_int(wzp_addr_port(&got.to), 5000, "to the machine's");
    wzp_sim_gate_receive(&gate, out, packet_of(out, "10.9.9.9:5000", "192.0.2.1:4433", 0, "liar"));
    is_int(gate.strange, 1, "what is not from the machine's address does not get in");
    wzp_sim_gate_receive(&gate, (const uint8_t *)"\x45", 1);
    is_int(gate.strange, 2, "nor what is no packet");
    wzp_sim_gate_close(&gate);
    wzp_sim_gate_receive(&gate, out, packet_of(out, "10.0.0.2:5000", "192.0.2.1:4433", 0, "hey"));
    is_int(gate.in, 1, "a gate that is closed takes nothing");
    wzp_sim_free(sim);
}
