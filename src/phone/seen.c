/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/seen.h"

#include <string.h>

#include "base/alloc.h"
#include "phone/entry.h"
#include "phone/event.h"
#include "phone/link.h"

#define MESSAGE_MAX 64 /* people in one message: relays take no more */

static struct wzp_seen_friend *find(const struct wzp_seen *seen, const uint8_t fingerprint[16])
{
    for (size_t i = 0; i < seen->count; i++)
        if (memcmp(seen->friends[i].fingerprint, fingerprint, WZP_FINGERPRINT_SIZE) == 0)
            return &seen->friends[i];
    return NULL;
}

enum wzp_presence wzp_phone_presence(const struct wzp_phone *p, const uint8_t fingerprint[16])
{
    const struct wzp_seen_friend *friend = find(&p->seen, fingerprint);
    return friend ? friend->state : WZP_PRESENCE_UNKNOWN;
}

/* Listeners may change the list from inside the event, so the change of this entry is complete
 * before. */
static void change(struct wzp_phone *p, struct wzp_seen_friend *friend, enum wzp_presence state)
{
    struct wzp_event event;
    char text[WZP_FINGERPRINT_TEXT_MAX];
    if (friend->state == state)
        return;
    wzp_event_init(&event, WZP_EVENT_PRESENCE);
    event.u.presence.before = friend->state;
    event.u.presence.state = friend->state = state;
    wzp_fingerprint_format(text, friend->fingerprint);
    event.about.peer = text;
    wzp_event_emit(p, &event);
}

/* ---- asking ---- */

/* A WZP_WATCH message that is being filled. */
struct letter {
    char texts[MESSAGE_MAX][WZP_FINGERPRINT_TEXT_MAX];
    char *items[MESSAGE_MAX];
    size_t count;
};

static void put(struct letter *letter, const uint8_t fingerprint[WZP_FINGERPRINT_SIZE])
{
    char *text = letter->texts[letter->count];
    wzp_fingerprint_format(text, fingerprint);
    letter->items[letter->count++] = text;
}

/* If the message is lost, the states stay unknown, which is true. */
static void post(struct wzp_phone *p, struct letter *letter, bool add, uint64_t now)
{
    struct wzp_signal signal = {.type = WZP_SIGNAL_WZP_WATCH};
    struct wzp_string_list *list = add ? &signal.u.wzp_watch.add : &signal.u.wzp_watch.drop;
    list->items = letter->items;
    list->count = letter->count;
    if (letter->count > 0 && p->account.state == WZP_ACCOUNT_REGISTERED &&
        wzp_link_send(p->account.link, &signal, now) < 0)
        wzp_log(&p->config.log, WZP_LOG_WARN, "phone: presence could not be asked for");
    letter->count = 0;
}

/* Asks for all contacts not asked for yet, up to the relay's limit. */
static void ask(struct wzp_phone *p, uint64_t now)
{
    struct wzp_seen *seen = &p->seen;
    struct letter letter = {.count = 0};
    for (size_t i = 0; i < seen->count && seen->asked < seen->limit; i++) {
        if (seen->friends[i].asked)
            continue;
        seen->friends[i].asked = true;
        seen->asked++;
        put(&letter, seen->friends[i].fingerprint);
        if (letter.count == MESSAGE_MAX)
            post(p, &letter, true, now);
    }
    post(p, &letter, true, now);
}

void wzp_seen_ask(struct wzp_phone *p, size_t limit, uint64_t now)
{
    p->seen.limit = limit;
    ask(p, now);
}

void wzp_seen_lost(struct wzp_phone *p)
{
    p->seen.limit = p->seen.asked = 0;
    for (size_t i = 0; i < p->seen.count; i++)
        p->seen.friends[i].asked = false;
    for (size_t i = 0; i < p->seen.count; i++)
        change(p, &p->seen.friends[i], WZP_PRESENCE_UNKNOWN);
}

/* ---- the list ---- */

/* Tells the relay which contacts have left the list. */
static void forget(struct wzp_phone *p, const struct wzp_seen *old, uint64_t now)
{
    struct letter letter = {.count = 0};
    for (size_t i = 0; i < old->count; i++) {
        if (!old->friends[i].asked || find(&p->seen, old->friends[i].fingerprint))
            continue;
        p->seen.asked--;
        put(&letter, old->friends[i].fingerprint);
        if (letter.count == MESSAGE_MAX)
            post(p, &letter, false, now);
    }
    post(p, &letter, false, now);
}

int wzp_phone_watch(struct wzp_phone *p, const uint8_t (*fingerprints)[16], size_t count,
                    uint64_t now)
{
    struct wzp_seen old = p->seen;
    struct wzp_seen_friend *friends = NULL;
    if (count > WZP_PHONE_WATCH_MAX)
        count = WZP_PHONE_WATCH_MAX;
    if (count > 0 && !(friends = wzp_calloc(count, sizeof *friends)))
        return WZP_E_MEMORY;
    wzp_phone_enter(p, now);
    p->seen.friends = friends;
    p->seen.count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct wzp_seen_friend *known = find(&old, fingerprints[i]);
        struct wzp_seen_friend *friend = &friends[p->seen.count];
        if (find(&p->seen, fingerprints[i]))
            continue;
        if (known)
            *friend = *known;
        memcpy(friend->fingerprint, fingerprints[i], WZP_FINGERPRINT_SIZE);
        p->seen.count++;
    }
    forget(p, &old, now);
    ask(p, now);
    wzp_free(old.friends);
    wzp_phone_leave(p);
    return 0;
}

/* ---- what is told ---- */

bool wzp_seen_take(struct wzp_phone *p, const struct wzp_signal *signal)
{
    if (signal->type != WZP_SIGNAL_WZP_SEEN)
        return false;
    const struct wzp_seen_list *people = &signal->u.wzp_seen.people;
    for (size_t i = 0; i < people->count && i < WZP_PHONE_WATCH_MAX; i++) {
        uint8_t fingerprint[WZP_FINGERPRINT_SIZE];
        const char *text = people->items[i].fingerprint;
        if (wzp_fingerprint_parse(fingerprint, text, strlen(text)) < 0)
            continue;
        struct wzp_seen_friend *friend = find(&p->seen, fingerprint);
        if (friend && friend->asked)
            change(p, friend, people->items[i].state);
    }
    return true;
}
