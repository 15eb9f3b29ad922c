/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A relay answers STUN on its own port with the source of the request; never in more bytes than the
 * request has, and at a limited rate. */
#include <string.h>

#include "base/addr.h"
#include "base/time.h"
#include "nat/stun.h"
#include "sim/actors.h"
#include "tap.h"
#include "wire/signal.h"

#define RELAY "198.51.100.1:4433"
#define ASKER "203.0.113.10:7777"

static struct {
    unsigned answers;
    size_t longest;
    struct wzp_addr mapped;
    uint8_t id[WZP_STUN_ID_SIZE];
} heard;

static void take(void *context, struct wzp_sim_host *host, const struct wzp_addr *local,
                 const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data, size_t length,
                 uint64_t now)
{
    struct wzp_stun_answer answer;
    (void)ecn;
    (void)context;
    (void)host;
    (void)local;
    (void)remote;
    (void)now;
    heard.answers++;
    if (length > heard.longest)
        heard.longest = length;
    if (wzp_stun_parse(&answer, data, length, heard.id) == WZP_STUN_OK)
        heard.mapped = answer.mapped;
}

static void ask(struct wzp_sim *sim, struct wzp_sim_host *host, const uint8_t *data, size_t length)
{
    struct wzp_addr local, remote;
    wzp_addr_parse(&local, ASKER, strlen(ASKER));
    wzp_addr_parse(&remote, RELAY, strlen(RELAY));
    wzp_sim_host_send(host, &local, &remote, data, length);
    wzp_sim_run(sim, WZP_MILLISECOND);
}

/* ---- a phone that asks another relay where it is ---- */

static unsigned told;

static void count_answers(void *context, const struct wzp_addr *from, const struct wzp_addr *to,
                          const uint8_t *data, size_t length)
{
    (void)context, (void)to;
    told += wzp_addr_port(from) == 4433 && wzp_stun_is_message(data, length) && data[0] == 1;
}

static void asked_by_phone(void)
{
    struct wzp_sim *sim;
    static struct wzp_sim_relay home, other;
    static struct wzp_sim_phone phone;
    if (wzp_sim_new(&sim, 1) || wzp_sim_relay_start(&home, sim, RELAY, 9, NULL) ||
        wzp_sim_relay_start(&other, sim, "198.51.100.9:4433", 10, NULL))
        bail("no world");
    const struct wzp_sim_phone_options options = {
        .address = ASKER, .seed = 3, .relay = &home, .direct = true, .stun = {"198.51.100.9:4433"}};
    wzp_sim_set_tap(sim, count_answers, NULL);
    if (wzp_sim_phone_start(&phone, sim, &options, true))
        bail("no phone");
    wzp_sim_run(sim, 2 * WZP_SECOND);
    ok(told > 0, "a phone whose STUN server is a relay gets its answer");
    wzp_sim_phone_stop(&phone);
    wzp_sim_relay_stop(&home);
    wzp_sim_relay_stop(&other);
    wzp_sim_free(sim);
}

TAP_MAIN
{
    struct wzp_sim *sim;
    struct wzp_sim_relay relay;
    struct wzp_sim_host *host;
    struct wzp_addr asker;
    uint8_t bare[WZP_STUN_HEADER_SIZE], padded[WZP_STUN_RESPONSE_MAX];
    wzp_signal_use_allocator();
    if (wzp_sim_new(&sim, 1) || wzp_sim_relay_start(&relay, sim, RELAY, 9, NULL) ||
        wzp_sim_host_add(sim, &host, "asker") ||
        wzp_sim_host_address(host, wzp_sim_internet(sim), "203.0.113.10") ||
        wzp_sim_host_serve(host, 7777, take, NULL))
        bail("no world");
    wzp_addr_parse(&asker, ASKER, strlen(ASKER));
    wzp_stun_write_request(bare, heard.id);
    wzp_stun_write_padded_request(padded, heard.id);
    ask(sim, host, bare, sizeof bare);
    is_int(heard.answers, 0, "a question shorter than its answer gets none");
    ask(sim, host, padded, sizeof padded);
    is_int(heard.answers, 1, "a long enough one does");
    ok(wzp_addr_equal(&heard.mapped, &asker), "which tells where it came from");
    ok(heard.longest <= sizeof padded, "in no more bytes (%u)", (unsigned)heard.longest);
    for (int i = 0; i < 400; i++)
        ask(sim, host, padded, sizeof padded);
    ok(heard.answers >= 100 && heard.answers < 120,
       "400 questions in less than half a second are answered %u times", heard.answers);
    wzp_sim_relay_stop(&relay);
    wzp_sim_free(sim);
    asked_by_phone();
}
