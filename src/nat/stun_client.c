/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "nat/stun_client.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"

/* From the start, ns. */
static const uint64_t schedule[WZP_STUN_SENDS] = {
    0,
    100 * WZP_MILLISECOND,
    300 * WZP_MILLISECOND,
};

void wzp_stun_client_init(struct wzp_stun_client *c, const struct wzp_random *random,
                          uint64_t duration)
{
    memset(c, 0, sizeof *c);
    c->random = *random;
    c->started = WZP_NEVER;
    c->deadline = duration;
}

int wzp_stun_client_add(struct wzp_stun_client *c, const char *name, const struct wzp_addr *server,
                        bool padded, const char *resolve_error)
{
    if (c->count == WZP_STUN_PROBES_MAX)
        return WZP_E_LIMIT;
    struct wzp_stun_probe *probe = &c->probes[c->count++];
    wzp_text_copy(probe->name, sizeof probe->name, name);
    probe->padded = padded;
    probe->begun = WZP_NEVER;
    if (wzp_addr_is_none(server)) {
        probe->state = WZP_STUN_FAILED;
        probe->error = WZP_STUN_DNS;
        wzp_text_copy(probe->error_text, sizeof probe->error_text,
                      resolve_error ? resolve_error : "no address");
        return 0;
    }
    probe->server = *server;
    wzp_stun_id(probe->id, &c->random);
    return 0;
}

void wzp_stun_client_start(struct wzp_stun_client *c, uint64_t now)
{
    if (c->started == WZP_NEVER) {
        c->started = now;
        c->deadline = wzp_time_add(now, c->deadline);
    }
    for (size_t i = 0; i < c->count; i++)
        if (c->probes[i].begun == WZP_NEVER)
            c->probes[i].begun = now;
}

/* When the probe's next request is due, WZP_NEVER after the last. */
static uint64_t due(const struct wzp_stun_probe *probe)
{
    if (probe->state != WZP_STUN_WAITING || probe->sends == WZP_STUN_SENDS)
        return WZP_NEVER;
    return wzp_time_add(probe->begun, schedule[probe->sends]);
}

int wzp_stun_client_next_packet(struct wzp_stun_client *c, struct wzp_packet *out, uint64_t now)
{
    for (size_t i = 0; i < c->count; i++) {
        struct wzp_stun_probe *probe = &c->probes[i];
        if (due(probe) > now || now >= c->deadline || c->started == WZP_NEVER)
            continue;
        uint8_t id[WZP_STUN_ID_SIZE];
        memcpy(id, probe->id, sizeof id);
        /* The transaction id tells which of the three requests was answered; without it the round
         * trip would not be known. */
        id[WZP_STUN_ID_SIZE - 1] ^= (uint8_t)probe->sends;
        out->length = probe->padded ? WZP_STUN_RESPONSE_MAX : WZP_STUN_HEADER_SIZE;
        if (probe->padded)
            wzp_stun_write_padded_request(out->data, id);
        else
            wzp_stun_write_request(out->data, id);
        memset(&out->local, 0, sizeof out->local);
        out->remote = probe->server;
        out->segment = out->length;
        out->ecn = 0;
        probe->sent_at[probe->sends++] = now;
        return 1;
    }
    return 0;
}

/* The number of the request that the datagram answers, -1 for none. */
static int question_of(const struct wzp_stun_probe *probe, const uint8_t *data)
{
    const uint8_t *id = data + 8;
    if (memcmp(id, probe->id, WZP_STUN_ID_SIZE - 1))
        return -1;
    unsigned number = id[WZP_STUN_ID_SIZE - 1] ^ probe->id[WZP_STUN_ID_SIZE - 1];
    return number < probe->sends ? (int)number : -1;
}

static void answer(struct wzp_stun_client *c, struct wzp_stun_probe *probe, int question,
                   const uint8_t *data, size_t length, uint64_t now)
{
    struct wzp_stun_answer parsed;
    enum wzp_stun_error error = wzp_stun_parse(&parsed, data, length, data + 8);
    if (error == WZP_STUN_OK) {
        probe->state = WZP_STUN_ANSWERED;
        probe->mapped = parsed.mapped;
        probe->other = parsed.other;
        probe->rtt = wzp_time_since(now, probe->sent_at[question]);
    } else if (error == WZP_STUN_ERROR_RESPONSE || error == WZP_STUN_NO_ADDRESS) {
        probe->state = WZP_STUN_FAILED;
        probe->error = error;
        probe->error_code = parsed.error_code;
    } else {
        c->ignored++;
    }
}

bool wzp_stun_client_receive(struct wzp_stun_client *c, const struct wzp_addr *remote,
                             const uint8_t *data, size_t length, uint64_t now)
{
    if (length < WZP_STUN_HEADER_SIZE)
        return false;
    for (size_t i = 0; i < c->count; i++) {
        struct wzp_stun_probe *probe = &c->probes[i];
        if (!wzp_addr_equal(&probe->server, remote) || wzp_addr_is_none(remote))
            continue;
        int question = question_of(probe, data);
        if (question < 0)
            continue;
        if (probe->state == WZP_STUN_WAITING && now < c->deadline)
            answer(c, probe, question, data, length, now);
        else
            c->ignored++;
        return true;
    }
    c->ignored++;
    return false;
}

uint64_t wzp_stun_client_expiry(const struct wzp_stun_client *c)
{
    uint64_t soonest = WZP_NEVER;
    if (c->started == WZP_NEVER)
        return soonest;
    for (size_t i = 0; i < c->count; i++)
        if (c->probes[i].state == WZP_STUN_WAITING)
            soonest = wzp_time_min(soonest, wzp_time_min(due(&c->probes[i]), c->deadline));
    return soonest;
}

void wzp_stun_client_handle_expiry(struct wzp_stun_client *c, uint64_t now)
{
    if (c->started == WZP_NEVER || now < c->deadline)
        return;
    for (size_t i = 0; i < c->count; i++) {
        if (c->probes[i].state != WZP_STUN_WAITING)
            continue;
        c->probes[i].state = WZP_STUN_FAILED;
        c->probes[i].error = WZP_STUN_TIMEOUT;
    }
}

bool wzp_stun_client_done(const struct wzp_stun_client *c)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->probes[i].state == WZP_STUN_WAITING)
            return false;
    return true;
}

const struct wzp_stun_probe *wzp_stun_client_best(const struct wzp_stun_client *c)
{
    const struct wzp_stun_probe *best = NULL;
    for (size_t i = 0; i < c->count; i++)
        if (c->probes[i].state == WZP_STUN_ANSWERED && (!best || c->probes[i].rtt < best->rtt))
            best = &c->probes[i];
    return best;
}
