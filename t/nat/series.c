/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A series of requests to one server, in virtual time: what is counted, and what is not. */
#include "nat/series.h"

#include <string.h>

#include "tap.h"

static struct wzp_random_seeded seeded;
static struct wzp_random random_source;
static struct wzp_series s;

static struct wzp_addr place(uint8_t last)
{
    struct wzp_addr addr;
    const uint8_t ip[4] = {198, 51, 100, last};
    wzp_addr_from_ip4(&addr, ip, 4433);
    return addr;
}

static size_t answer(uint8_t *out, const struct wzp_packet *question)
{
    struct wzp_addr seen = place(77);
    return wzp_stun_write_response(out, WZP_STUN_RESPONSE_MAX, question->data + 8, &seen);
}

/* Answers all requests but every `skip`th one (0: all); the n-th after 10 + n % 2 * 4 ms. */
static uint64_t run(unsigned count, unsigned skip)
{
    struct wzp_addr server = place(1);
    uint8_t data[WZP_PACKET_MAX], out[WZP_SERIES_MAX][WZP_STUN_RESPONSE_MAX];
    uint64_t at[WZP_SERIES_MAX];
    size_t length = 0;
    struct wzp_packet packet = {.data = data, .capacity = sizeof data};
    uint64_t now = 3 * WZP_SECOND;
    wzp_series_start(&s, &random_source, &server, count, 10 * WZP_MILLISECOND, now);
    for (unsigned i = 0; i < WZP_SERIES_MAX; i++)
        at[i] = WZP_NEVER;
    for (unsigned turns = 0; s.state == WZP_SERIES_RUNNING; turns++) {
        if (turns > 200)
            bail("it turns in circles");
        while (wzp_series_next_packet(&s, &packet, now)) {
            unsigned n = s.sent - 1;
            length = answer(out[n], &packet);
            at[n] = skip && n % skip == 0 ? WZP_NEVER : now + (10 + n % 2 * 4) * WZP_MILLISECOND;
        }
        uint64_t next = wzp_series_expiry(&s);
        for (unsigned i = 0; i < s.sent; i++) {
            if (at[i] == now) {
                wzp_series_receive(&s, &server, out[i], length, now);
                at[i] = WZP_NEVER;
            }
            next = wzp_time_min(next, at[i]);
        }
        if (s.state == WZP_SERIES_RUNNING && next > now && next != WZP_NEVER)
            now = next;
        wzp_series_handle_expiry(&s, now);
    }
    return now - 3 * WZP_SECOND;
}

static void check_counts(void)
{
    uint64_t took = run(10, 0);
    ok(s.sent == 10 && s.answered == 10, "ten questions, ten answers");
    is_int(took, 194 * WZP_MILLISECOND, "one every 20 ms, and no longer than the last takes");
    is_int(wzp_series_least(&s), 10 * WZP_MILLISECOND, "the shortest round trip is known");
    ok(wzp_series_jitter(&s) == 4.0 * WZP_MILLISECOND, "and the mean difference");
    took = run(10, 5);
    ok(s.sent == 10 && s.answered == 8, "what gets lost is not asked for again");
    is_int(took, 380 * WZP_MILLISECOND, "and waited for 200 ms");
    run(10, 1);
    ok(s.answered == 0 && wzp_series_least(&s) == 0 && wzp_series_jitter(&s) == 0,
       "without an answer nothing is known");
    run(0, 0);
    is_int(s.sent, 1, "one question at least");
    run(1000, 0);
    is_int(s.sent, WZP_SERIES_MAX, "and ten at most");
    ok(wzp_series_expiry(&s) == WZP_NEVER, "at the end nothing is due");
}

static void check_forgery(void)
{
    struct wzp_addr server = place(1), stranger = place(2);
    uint8_t data[WZP_PACKET_MAX], out[WZP_STUN_RESPONSE_MAX];
    struct wzp_packet packet = {.data = data, .capacity = sizeof data};
    memset(&s, 0, sizeof s);
    ok(!wzp_series_receive(&s, &server, data, 20, 0), "one that did not begin hears nothing");
    wzp_series_start(&s, &random_source, &server, 3, 0, 0);
    wzp_series_next_packet(&s, &packet, 0);
    size_t length = answer(out, &packet);
    ok(!wzp_series_receive(&s, &stranger, out, length, 1), "forged: from elsewhere");
    out[19] ^= 2;
    ok(!wzp_series_receive(&s, &server, out, length, 1), "forged: to a question to come");
    out[19] ^= 2;
    ok(wzp_series_receive(&s, &server, out, 24, 1) && s.answered == 0, "cut short it is none");
    wzp_series_receive(&s, &server, out, length, 5);
    wzp_series_receive(&s, &server, out, length, 9);
    ok(s.answered == 1 && s.rtt[0] == 5, "duplicated: the first one counts");
    wzp_series_next_packet(&s, &packet, WZP_SERIES_SPACING);
    length = answer(out, &packet);
    wzp_series_handle_expiry(&s, WZP_SECOND);
    wzp_series_receive(&s, &server, out, length, WZP_SECOND);
    is_int(s.answered, 1, "late: after the end none counts");
}

TAP_MAIN
{
    wzp_random_seeded_init(&seeded, 4);
    random_source = wzp_random_seeded_source(&seeded);
    check_counts();
    check_forgery();
}
