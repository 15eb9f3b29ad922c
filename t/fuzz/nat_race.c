/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A race against an arbitrary peer: punches, connections, proofs, reports, updates and time in any
 * order. It must end, stay within its limits, and never choose a direct path that was not proved.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "nat/birthday.h"
#include "nat/race.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz {
    struct wzp_race race;
    struct wzp_race_config config;
    bool proved[WZP_RACE_ATTEMPTS];
    unsigned sent;
    uint32_t generation;
    uint64_t now;
};

static void settle(struct fuzz *f)
{
    uint8_t out[WZP_PACKET_MAX];
    struct wzp_packet packet = {.data = out, .capacity = sizeof out};
    struct wzp_race_action action;
    unsigned ttl;
    for (unsigned i = 0; i == 0 || wzp_race_expiry(&f->race) <= f->now; i++) {
        if (i > 50)
            abort();
        wzp_race_handle_expiry(&f->race, f->now);
        while (wzp_race_next(&f->race, &action, f->now))
            if (action.kind == WZP_RACE_DO_DECIDE && action.direct_ok &&
                (action.attempt < 0 || !f->proved[action.attempt]))
                abort();
        while (wzp_race_next_packet(&f->race, &packet, &ttl, f->now))
            f->sent++;
    }
}

static void list_from(struct wzp_candidate_list *list, const uint8_t *bytes, size_t length)
{
    memset(list, 0, sizeof *list);
    for (; length >= 8; bytes += 8, length -= 8) {
        struct wzp_addr addr;
        wzp_addr_from_ip4(&addr, bytes, (uint16_t)(bytes[4] << 8 | bytes[5]));
        wzp_candidate_add(list, (enum wzp_candidate_kind)(bytes[6] % WZP_CANDIDATE_KINDS), &addr,
                          NULL);
    }
}

static void punch(struct fuzz *f, const uint8_t *bytes, size_t length)
{
    struct wzp_punch in = {0};
    uint8_t out[WZP_PUNCH_SIZE];
    struct wzp_addr from;
    if (length < 8)
        return;
    wzp_addr_from_ip4(&from, bytes, (uint16_t)(bytes[4] << 8 | bytes[5]));
    in.kind = bytes[6] % 2 ? WZP_PUNCH_ANSWER : WZP_PUNCH_QUESTION;
    in.clock = bytes[7];
    wzp_punch_write(out, &f->config.key, &in, f->config.role != WZP_ROLE_DIALER);
    wzp_race_punched(&f->race, &from, out, sizeof out, f->now);
    wzp_race_punched(&f->race, &from, bytes, length, f->now);
}

static void step(struct fuzz *f, unsigned kind, const uint8_t *bytes, size_t length)
{
    int attempt = length ? bytes[0] % WZP_RACE_ATTEMPTS : 0;
    struct wzp_candidate_list list;
    struct wzp_addr from;
    switch (kind) {
    case 0: punch(f, bytes, length); break;
    case 1:
        wzp_addr_from_ip4(&from, (const uint8_t *)"\xc6\x33\x64\x07", (uint16_t)(1000 + attempt));
        wzp_race_incoming(&f->race, &from, f->now);
        break;
    case 2:
        if ((size_t)attempt < f->race.attempt_count && !f->config.need_proof)
            f->proved[attempt] = true;
        wzp_race_connected(&f->race, attempt, length * WZP_MILLISECOND, f->now);
        break;
    case 3:
        if ((size_t)attempt < f->race.attempt_count &&
            f->race.attempts[attempt].state == WZP_RACE_CONNECTED)
            f->proved[attempt] = true;
        wzp_race_proved(&f->race, attempt, f->now);
        break;
    case 4: wzp_race_failed(&f->race, attempt, f->now); break;
    case 5: wzp_race_identity_failed(&f->race, attempt, f->now); break;
    case 6: wzp_race_heard(&f->race, attempt); break;
    case 7: wzp_race_peer_report(&f->race, length % 2, f->now); break;
    case 8:
        list_from(&list, bytes, length);
        f->generation += (uint32_t)attempt % 2;
        wzp_race_update(&f->race, &list, f->generation, NULL, f->now);
        break;
    default: f->now += length * 10 * WZP_MILLISECOND; break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fuzz f;
    static struct wzp_birthday birthday;
    struct wzp_random_seeded seeded;
    struct wzp_candidate_list list;
    struct wzp_punch punched;
    if (size < 2)
        return 0;
    memset(&f, 0, sizeof f);
    wzp_punch_key_init(&f.config.key, "call", NULL);
    wzp_punch_parse(&punched, &f.config.key, data, size, data[0] & 1);
    f.config.role = data[0] & 1 ? WZP_ROLE_DIALER : WZP_ROLE_ACCEPTOR;
    f.config.ours = f.config.need_proof = data[0] & 2;
    f.config.has_v4 = true;
    f.config.privacy = (data[0] & 12) == 12;
    size_t first = data[1] < size - 2 ? data[1] : size - 2;
    list_from(&list, data + 2, first);
    wzp_race_start(&f.race, &f.config, &list, 0);
    wzp_random_seeded_init(&seeded, 1);
    struct wzp_random random = wzp_random_seeded_source(&seeded);
    struct wzp_addr peer;
    wzp_addr_from_ip4(&peer, (const uint8_t *)"\xc6\x33\x64\x07", 5);
    wzp_birthday_start(&birthday, WZP_BIRTHDAY_EASY, &f.config.key, false, &peer, &random, 0);
    wzp_birthday_receive(&birthday, 0, &peer, data, size, 0);
    settle(&f);
    data += 2 + first;
    size -= 2 + first;
    while (size >= 2) {
        size_t length = data[1] < size - 2 ? data[1] : size - 2;
        step(&f, data[0] % 10, data + 2, length);
        settle(&f);
        data += 2 + length;
        size -= 2 + length;
    }
    /* Twice: after a choice that was due long ago the race still waits for the peer's report. */
    for (unsigned i = 0; i < 2; i++) {
        f.now += 20 * WZP_SECOND;
        settle(&f);
    }
    if (f.race.state != WZP_RACE_DECIDED || f.sent > WZP_RACE_TARGETS_EVER * 10 ||
        (f.config.privacy && f.sent > 0))
        abort();
    wzp_race_fini(&f.race);
    return 0;
}
