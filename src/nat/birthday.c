/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "nat/birthday.h"

#include <string.h>

#define CATCH_UP (100 * WZP_MILLISECOND)

static bool hard_and_random(const struct wzp_nat_hint *hint)
{
    return wzp_nat_hint_is_hard(hint) && hint->allocation != WZP_NAT_ALLOCATION_SEQUENTIAL;
}

enum wzp_birthday_side wzp_birthday_side_of(const struct wzp_nat_hint *own,
                                            const struct wzp_nat_hint *peer)
{
    if (!own->known || !peer->known || !own->birthday || !peer->birthday)
        return WZP_BIRTHDAY_NO;
    if (hard_and_random(own) && !wzp_nat_hint_is_hard(peer))
        return WZP_BIRTHDAY_HARD;
    if (hard_and_random(peer) && !wzp_nat_hint_is_hard(own))
        return WZP_BIRTHDAY_EASY;
    return WZP_BIRTHDAY_NO;
}

void wzp_birthday_start(struct wzp_birthday *b, enum wzp_birthday_side side,
                        const struct wzp_punch_key *key, bool dialer, const struct wzp_addr *peer,
                        const struct wzp_random *random, uint64_t now)
{
    memset(b, 0, sizeof *b);
    b->side = side;
    b->key = *key;
    b->dialer = dialer;
    b->peer = *peer;
    b->random = *random;
    b->started = b->next_at = now;
    if (side != WZP_BIRTHDAY_NO && !wzp_addr_is_none(peer))
        b->state = WZP_BIRTHDAY_SEARCHING;
}

static unsigned sends_max(const struct wzp_birthday *b)
{
    return b->side == WZP_BIRTHDAY_HARD ? WZP_BIRTHDAY_SOCKETS : WZP_BIRTHDAY_PROBES;
}

/* A random port that was not asked yet. */
static uint16_t draw(struct wzp_birthday *b)
{
    for (;;) {
        uint16_t port = (uint16_t)(WZP_BIRTHDAY_PORT_MIN +
                                   wzp_random_below(&b->random, 65536 - WZP_BIRTHDAY_PORT_MIN));
        uint8_t bit = (uint8_t)(1u << port % 8);
        if (b->tried[port / 8] & bit)
            continue;
        b->tried[port / 8] |= bit;
        return port;
    }
}

static int emit(struct wzp_birthday *b, struct wzp_packet *out, const struct wzp_addr *remote,
                const struct wzp_punch *punch)
{
    wzp_punch_write(out->data, &b->key, punch, b->dialer);
    memset(&out->local, 0, sizeof out->local);
    out->remote = *remote;
    out->length = out->segment = WZP_PUNCH_SIZE;
    out->ecn = 0;
    return 1;
}

int wzp_birthday_next_packet(struct wzp_birthday *b, struct wzp_packet *out, unsigned *socket,
                             uint64_t now)
{
    if (b->reply_due) {
        b->reply_due = false;
        *socket = b->reply_socket;
        return emit(b, out, &b->reply_to, &b->reply);
    }
    if (b->state != WZP_BIRTHDAY_SEARCHING || now < b->next_at || b->sent >= sends_max(b))
        return 0;
    struct wzp_punch punch = {.kind = WZP_PUNCH_QUESTION, .number = b->sent};
    struct wzp_addr remote = b->peer;
    *socket = b->side == WZP_BIRTHDAY_HARD ? b->sent : 0;
    if (b->side == WZP_BIRTHDAY_EASY)
        wzp_addr_set_port(&remote, draw(b));
    b->sent++;
    /* After a delay, missed packets are made up for, up to CATCH_UP: the time is short. */
    if (wzp_time_since(now, b->next_at) > CATCH_UP)
        b->next_at = now;
    b->next_at = wzp_time_add(b->next_at, b->side == WZP_BIRTHDAY_HARD ? WZP_BIRTHDAY_SOCKET_SPACING
                                                                       : WZP_BIRTHDAY_SPACING);
    return emit(b, out, &remote, &punch);
}

bool wzp_birthday_receive(struct wzp_birthday *b, unsigned socket, const struct wzp_addr *remote,
                          const uint8_t *data, size_t length, uint64_t now)
{
    struct wzp_punch punch;
    if (b->side == WZP_BIRTHDAY_NO || b->state == WZP_BIRTHDAY_IDLE || now < b->started ||
        wzp_punch_parse(&punch, &b->key, data, length, !b->dialer) < 0)
        return false;
    if (punch.kind == WZP_PUNCH_QUESTION && b->answers < WZP_BIRTHDAY_ANSWERS) {
        b->answers++;
        b->reply = punch;
        b->reply.kind = WZP_PUNCH_ANSWER;
        b->reply_to = *remote;
        b->reply_socket = socket;
        b->reply_due = true;
    }
    /* The search has succeeded when a question of either side reaches the other; the answer tells
     * the asker. */
    if (b->state == WZP_BIRTHDAY_SEARCHING) {
        b->state = WZP_BIRTHDAY_FOUND;
        b->found = *remote;
        b->found_socket = socket;
    }
    return true;
}

uint64_t wzp_birthday_expiry(const struct wzp_birthday *b)
{
    if (b->reply_due)
        return b->started;
    if (b->state != WZP_BIRTHDAY_SEARCHING)
        return WZP_NEVER;
    uint64_t end = wzp_time_add(b->started, WZP_BIRTHDAY_TIME);
    return b->sent < sends_max(b) ? wzp_time_min(b->next_at, end) : end;
}

void wzp_birthday_handle_expiry(struct wzp_birthday *b, uint64_t now)
{
    if (b->state == WZP_BIRTHDAY_SEARCHING && now >= wzp_time_add(b->started, WZP_BIRTHDAY_TIME))
        b->state = WZP_BIRTHDAY_GIVEN_UP;
}

void wzp_birthday_stop(struct wzp_birthday *b)
{
    if (b->state == WZP_BIRTHDAY_SEARCHING)
        b->state = WZP_BIRTHDAY_GIVEN_UP;
    b->reply_due = false;
    wzp_punch_key_wipe(&b->key);
}
