/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a relay reads out of a directory that it shares with others, and that anybody may have
 * written into: each parser alone, and a relay with people at it that is told a script. Each line:
 *   u, d       the directory answers, or is away
 *   m...       a letter ($0..$3: fingerprints, $s: a sibling that lives, ~: a line's end)
 *   a0..a9...  the oldest question that waits is answered: 0 done, 1 something else is there
 *              (nothing, when the line ends here), 2 nobody hears it, 3 an error
 *   t?         time passes: 100 ms times the byte's value
 *   r2, c2     person 2 registers at this relay, or goes
 *   o23        person 2 calls person 3
 * Afterwards the books must balance. */
#include <stdlib.h>
#include <string.h>

#include "../relay/lib_mute.c"
#include "base/alloc.h"
#include "relay/dispatch.h"
#include "relay/pool_url.h"
#include "relay/state.h"
#include "tap.h"

#define SIBLING "00000000000000aa"
#define QUESTIONS 64

static struct wzp_identity people[4];
static char *registrations[4];
static struct wzp_relay_client *clients[4];
static struct wzp_random_seeded seeded;
static struct wzp_random source;
static uint64_t asked[QUESTIONS];
static size_t asked_count;

static bool ask(void *context, const struct wzp_pool_request *request)
{
    (void)context;
    if (request->value && strlen(request->value) != request->length)
        abort();
    if (request->number && asked_count < QUESTIONS)
        asked[asked_count++] = request->number;
    return true;
}

static void set_up_people(void)
{
    uint8_t signature[64], exporter[32];
    memset(exporter, 1, sizeof exporter);
    wzp_signal_use_allocator();
    wzp_random_seeded_init(&seeded, 1);
    source = wzp_random_seeded_source(&seeded);
    for (size_t i = 0; i < 4; i++) {
        struct wzp_signal signal = {.type = WZP_SIGNAL_REGISTER_PRESENCE};
        char *text;
        size_t length;
        wzp_identity_new(&people[i], &source);
        wzp_register_make(&signal, signature, &people[i], exporter);
        if (i == 3) { /* this person registers without proof */
            signal.u.register_presence.signature.length = 0;
            signal.u.register_presence.binding.present = false;
        }
        if (wzp_signal_write(&text, &length, &signal) < 0)
            abort();
        registrations[i] = strdup(text);
        wzp_free(text);
    }
}

static void gone(struct wzp_relay *r, unsigned person, uint64_t now)
{
    if (clients[person])
        wzp_relay_client_gone(r, clients[person], now);
    clients[person] = NULL;
}

static void come(struct wzp_relay *r, unsigned person, uint64_t now)
{
    gone(r, person, now);
    clients[person] = wzp_relay_client_new(r, &mute_link, &clients[person], NULL, "_signal", now);
    if (clients[person])
        wzp_relay_dispatch(r, clients[person], registrations[person], strlen(registrations[person]),
                           now);
}

static void offer(struct wzp_relay *r, unsigned from, unsigned to, uint64_t now)
{
    struct wzp_signal signal = {.type = WZP_SIGNAL_DIRECT_CALL_OFFER};
    char id[] = "call-00", *text;
    size_t length;
    if (!clients[from])
        return;
    id[5] = (char)('0' + from);
    id[6] = (char)('0' + to);
    signal.u.direct_call_offer.caller_fingerprint = people[from].fingerprint_text;
    signal.u.direct_call_offer.target_fingerprint = people[to].fingerprint_text;
    signal.u.direct_call_offer.call_id = id;
    if (wzp_signal_write(&text, &length, &signal) < 0)
        return;
    wzp_relay_dispatch(r, clients[from], text, length, now);
    wzp_free(text);
}

/* $0..$3, $s and ~ become what they stand for. */
static size_t expand(char *out, size_t capacity, const char *text, size_t length)
{
    size_t n = 0;
    for (size_t i = 0; i < length && n + 64 < capacity; i++) {
        const char *word = NULL;
        if (text[i] == '$' && i + 1 < length && text[i + 1] >= '0' && text[i + 1] <= '3')
            word = people[text[++i] - '0'].fingerprint_text;
        else if (text[i] == '$' && i + 1 < length && text[i + 1] == 's')
            word = (++i, SIBLING);
        if (word)
            memcpy(out + n, word, strlen(word));
        else
            out[n] = text[i] == '~' ? '\n' : text[i];
        n += word ? strlen(word) : 1;
    }
    return n;
}

static void answer(struct wzp_relay *r, char verdict, const char *value, size_t length,
                   uint64_t now)
{
    static const int results[] = {0, WZP_E_REFUSED, WZP_E_NOT_FOUND, WZP_E_IO};
    if (asked_count == 0)
        return;
    uint64_t number = asked[0];
    memmove(asked, asked + 1, --asked_count * sizeof asked[0]);
    wzp_relay_pool_answer(r, number, results[verdict & 3], length > 0 ? value : NULL, length, now);
}

static void do_line(struct wzp_relay *r, const char *line, size_t length, uint64_t *now)
{
    char text[4096];
    unsigned person = length > 1 ? (unsigned)line[1] & 3 : 0;
    size_t rest = length > 1 ? expand(text, sizeof text, line + 1, length - 1) : 0;
    switch (line[0]) {
    case 'u': wzp_relay_pool_state(r, true, NULL, *now); break;
    case 'd': wzp_relay_pool_state(r, false, "away", *now); break;
    case 'm': wzp_relay_pool_heard(r, text, rest, *now); break;
    case 'a':
        if (rest > 0)
            answer(r, text[0], text + 1, rest - 1, *now);
        break;
    case 't':
        *now += (uint64_t)(length > 1 ? (uint8_t)line[1] : 0) * 100 * WZP_MILLISECOND;
        wzp_relay_handle_expiry(r, *now);
        break;
    case 'r': come(r, person, *now); break;
    case 'c': gone(r, person, *now); break;
    case 'o': offer(r, person, length > 2 ? (unsigned)line[2] & 3 : 0, *now); break;
    default: break;
    }
}

static void parsers(const char *text, size_t length)
{
    struct wzp_relay_pool_person person;
    struct wzp_relay_pool_call call;
    struct wzp_relay_pool_letter letter;
    struct wzp_relay_pool_seen seen;
    struct wzp_pool_url url;
    char out[WZP_RELAY_POOL_VALUE_MAX], shown[WZP_POOL_URL_SHOWN_MAX];
    if (wzp_relay_pool_person_parse(&person, text, length) == 0) {
        wzp_relay_pool_person_format(out, &person);
        if (wzp_relay_pool_person_parse(&person, out, strlen(out)) < 0)
            abort();
    }
    if (wzp_relay_pool_call_parse(&call, text, length) == 0) {
        wzp_relay_pool_call_format(out, &call);
        if (wzp_relay_pool_call_parse(&call, out, strlen(out)) < 0)
            abort();
    }
    if (wzp_relay_pool_letter_parse(&letter, text, length) == 0)
        while (wzp_relay_pool_seen_next(&seen, &letter.body, &letter.body_length))
            continue;
    if (wzp_pool_url_parse(&url, text, length, NULL) == 0)
        (void)wzp_pool_url_show(shown, &url);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct wzp_relay_config config;
    const struct wzp_relay_host host = {.pool = ask};
    struct wzp_relay *r;
    struct wzp_addr local;
    uint64_t now = WZP_SECOND;
    const char *text = (const char *)data;
    unsigned lines = 0;

    if (!people[0].fingerprint_text[0])
        set_up_people();
    wzp_relay_config_default(&config);
    memcpy(config.directory, "redis://a", 10);
    wzp_addr_parse(&local, "192.0.2.9:4433", 14);
    asked_count = 0;
    if (wzp_relay_new(&r, &config, people[0].seed, &local, "fuzz", &host, &source, NULL, now,
                      NULL) < 0)
        return 0;
    while (size && lines++ < 64) {
        const char *end = memchr(text, '\n', size);
        size_t length = end ? (size_t)(end - text) : size;
        parsers(text, length);
        if (length >= 1)
            do_line(r, text, length, &now);
        text += length + (end != NULL);
        size -= length + (end != NULL);
    }
    for (unsigned i = 0; i < 4; i++)
        gone(r, i, now);
    if (r->clients || r->presence.entries.count || r->presence.registered || r->pool.moved.count)
        abort();
    /* No more answers: pending requests time out, and no call remains. */
    for (unsigned i = 0; i < 100; i++)
        wzp_relay_handle_expiry(r, now += WZP_SECOND);
    if (r->calls.by_id.count || r->calls.by_person.count || r->pool.inquiries)
        abort();
    wzp_relay_free(r);
    return 0;
}
