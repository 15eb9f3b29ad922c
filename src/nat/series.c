/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "nat/series.h"

#include <string.h>

#define WAIT_LEAST (200 * WZP_MILLISECOND)
#define WAIT_MOST (1 * WZP_SECOND)

void wzp_series_start(struct wzp_series *s, const struct wzp_random *random,
                      const struct wzp_addr *server, unsigned count, uint64_t rtt, uint64_t now)
{
    memset(s, 0, sizeof *s);
    s->state = WZP_SERIES_RUNNING;
    s->server = *server;
    s->count = count < 1 ? 1 : count > WZP_SERIES_MAX ? WZP_SERIES_MAX : count;
    wzp_stun_id(s->id, random);
    s->began = now;
    uint64_t wait = 3 * rtt;
    wait = wait < WAIT_LEAST ? WAIT_LEAST : wait > WAIT_MOST ? WAIT_MOST : wait;
    s->deadline = wzp_time_add(now, (s->count - 1) * WZP_SERIES_SPACING + wait);
}

static uint64_t due(const struct wzp_series *s)
{
    return s->state == WZP_SERIES_RUNNING && s->sent < s->count
               ? wzp_time_add(s->began, s->sent * WZP_SERIES_SPACING)
               : WZP_NEVER;
}

int wzp_series_next_packet(struct wzp_series *s, struct wzp_packet *out, uint64_t now)
{
    uint8_t id[WZP_STUN_ID_SIZE];
    if (due(s) > now || now >= s->deadline)
        return 0;
    memcpy(id, s->id, sizeof id);
    id[WZP_STUN_ID_SIZE - 1] ^= (uint8_t)s->sent;
    s->sent_at[s->sent++] = now;
    memset(&out->local, 0, sizeof out->local);
    out->remote = s->server;
    wzp_stun_write_padded_request(out->data, id);
    out->length = out->segment = WZP_STUN_RESPONSE_MAX;
    out->ecn = 0;
    return 1;
}

bool wzp_series_receive(struct wzp_series *s, const struct wzp_addr *remote, const uint8_t *data,
                        size_t length, uint64_t now)
{
    struct wzp_stun_answer answer;
    if (s->state == WZP_SERIES_OFF || length < WZP_STUN_HEADER_SIZE ||
        !wzp_addr_equal(remote, &s->server) || memcmp(data + 8, s->id, WZP_STUN_ID_SIZE - 1) != 0)
        return false;
    unsigned number = data[8 + WZP_STUN_ID_SIZE - 1] ^ s->id[WZP_STUN_ID_SIZE - 1];
    if (number >= s->sent)
        return false;
    if (s->state == WZP_SERIES_RUNNING && s->rtt[number] == 0 &&
        wzp_stun_parse(&answer, data, length, data + 8) == WZP_STUN_OK) {
        uint64_t rtt = wzp_time_since(now, s->sent_at[number]);
        s->rtt[number] = rtt ? rtt : 1;
        s->answered++;
    }
    wzp_series_handle_expiry(s, now);
    return true;
}

uint64_t wzp_series_expiry(const struct wzp_series *s)
{
    return s->state == WZP_SERIES_RUNNING ? wzp_time_min(due(s), s->deadline) : WZP_NEVER;
}

void wzp_series_handle_expiry(struct wzp_series *s, uint64_t now)
{
    if (s->state == WZP_SERIES_RUNNING && (now >= s->deadline || s->answered == s->count))
        s->state = WZP_SERIES_OVER;
}

uint64_t wzp_series_least(const struct wzp_series *s)
{
    uint64_t least = 0;
    for (unsigned i = 0; i < s->sent; i++)
        if (s->rtt[i] && (least == 0 || s->rtt[i] < least))
            least = s->rtt[i];
    return least;
}

double wzp_series_jitter(const struct wzp_series *s)
{
    double sum = 0;
    unsigned steps = 0;
    uint64_t last = 0;
    for (unsigned i = 0; i < s->sent; i++) {
        uint64_t rtt = s->rtt[i];
        if (rtt && last) {
            sum += (double)(rtt > last ? rtt - last : last - rtt);
            steps++;
        }
        last = rtt ? rtt : last;
    }
    return steps ? sum / steps : 0;
}
