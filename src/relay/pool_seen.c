/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Presence changes, for clients at other relays of the pool that watch people. Each relay gets all
 * changes, many in one letter; this costs less than a channel for each person watched. When a
 * client begins to watch a person, the directory is asked once. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "relay/dispatch.h"
#include "relay/pool.h"

#define ROW_MAX (WZP_RELAY_KEY_MAX + 4)
#define LOOKS_MAX 256 /* look-ups of watched people pending at a time */

/* ---- telling ---- */

void wzp_relay_pool_changed(struct wzp_relay *r, const struct wzp_relay_name *name, uint64_t now)
{
    struct wzp_relay_pool *pool = &r->pool;
    if (!pool->up || r->draining || wzp_map_get(&pool->changed, name->key, name->key_length))
        return;
    struct wzp_relay_name *copy = wzp_calloc(1, sizeof *copy);
    if (!copy)
        return;
    *copy = *name;
    if (wzp_map_put(&pool->changed, name->key, name->key_length, copy) < 0)
        wzp_free(copy);
    else if (!pool->tell.armed)
        wzp_relay_timer_arm(&r->timers, &pool->tell, WZP_RELAY_TIMER_POOL_TELL, r, now);
}

/* A person who hides is reported like one who does not exist. */
static char state_as(enum wzp_registration_class standing, bool hidden)
{
    return hidden ? 'o' : standing == WZP_REGISTRATION_PROVEN ? 'p' : 'u';
}

static char state_of(const struct wzp_relay *r, const struct wzp_relay_name *name)
{
    const struct wzp_relay_client *owner = wzp_relay_presence_find(&r->presence, name);
    return owner ? state_as(owner->standing, owner->hidden) : 'o';
}

void wzp_relay_pool_tell(struct wzp_relay *r)
{
    char body[WZP_RELAY_POOL_SEEN_MAX * ROW_MAX];
    struct wzp_map_cursor cursor = {0};
    size_t length = 0;
    unsigned count = 0;
    while (wzp_map_next(&r->pool.changed, &cursor)) {
        struct wzp_relay_name *name = cursor.value;
        length += (size_t)snprintf(body + length, sizeof body - length, "%s %c\n", name->text,
                                   state_of(r, name));
        wzp_map_remove(&r->pool.changed, name->key, name->key_length);
        wzp_free(name);
        if (++count < WZP_RELAY_POOL_SEEN_MAX)
            continue;
        (void)wzp_relay_pool_send(r, 0, WZP_RELAY_POOL_SEEN, 0, NULL, body, length);
        length = count = 0;
    }
    if (count > 0)
        (void)wzp_relay_pool_send(r, 0, WZP_RELAY_POOL_SEEN, 0, NULL, body, length);
}

void wzp_relay_pool_on_seen(struct wzp_relay *r, const struct wzp_relay_pool_letter *letter,
                            uint64_t now)
{
    struct wzp_relay_pool_seen seen;
    const char *body = letter->body;
    size_t length = letter->body_length;
    if (!wzp_relay_pool_sibling(r, letter->from))
        return;
    for (unsigned i = 0;
         i < WZP_RELAY_POOL_SEEN_MAX && wzp_relay_pool_seen_next(&seen, &body, &length); i++) {
        wzp_relay_watched_told(r, &seen.name, seen.state, letter->from, now);
        if (seen.state == 'o')
            wzp_relay_pool_restore(r, &seen.name, letter->from, now);
    }
}

/* ---- asking ---- */

static void look_on(struct wzp_relay *r, uint64_t now);

static void looked(struct wzp_relay *r, struct wzp_relay_pool_wait *wait, int result,
                   const char *value, size_t length, uint64_t now)
{
    struct wzp_relay_pool_person person;
    char state = 'o';
    uint64_t relay = 0;
    r->pool.looks--;
    if (result == 0) {
        if (wzp_relay_pool_elsewhere(r, &person, value, length, now)) {
            relay = person.relay;
            state = state_as(person.standing, person.hidden);
        }
        wzp_relay_watched_told(r, &wait->name, state, relay, now);
    }
    wzp_free(wait);
    look_on(r, now);
}

/* A client that watches many people must not fill the directory's queue, where look-ups for calls
 * wait, too. So such people are looked up by a walk, which begins here, or is to begin again. */
static void look_later(struct wzp_relay_pool *pool)
{
    if (!pool->is_looking)
        memset(&pool->look, 0, sizeof pool->look);
    else
        pool->looks_again = true;
    pool->is_looking = true;
}

void wzp_relay_pool_look(struct wzp_relay *r, const struct wzp_relay_name *name, uint64_t now)
{
    char key[WZP_RELAY_POOL_KEY_MAX];
    if (r->pool.looks >= LOOKS_MAX) {
        look_later(&r->pool);
        return;
    }
    const struct wzp_pool_request request = {.verb = WZP_POOL_GET,
                                             .key = wzp_relay_pool_key(key, 'p', name)};
    struct wzp_relay_pool_wait *wait = wzp_relay_pool_ask(r, &request, now);
    if (!wait)
        return; /* the person's state stays unknown */
    wait->answered = looked;
    wait->name = *name;
    r->pool.looks++;
}

/* Continues the walk over all people watched, with LOOKS_MAX look-ups at a time. */
static void look_on(struct wzp_relay *r, uint64_t now)
{
    struct wzp_relay_pool *pool = &r->pool;
    while (pool->is_looking && pool->up && (pool->looks < LOOKS_MAX || pool->look.next)) {
        if (!wzp_map_next(&r->watched.people, &pool->look)) {
            pool->is_looking = pool->looks_again;
            pool->looks_again = false;
            memset(&pool->look, 0, sizeof pool->look);
        } else {
            wzp_relay_watched_look(r, pool->look.value, now);
        }
    }
}

void wzp_relay_pool_look_again(struct wzp_relay *r, uint64_t now)
{
    memset(&r->pool.look, 0, sizeof r->pool.look);
    r->pool.is_looking = true;
    look_on(r, now);
}

void wzp_relay_pool_unseen(struct wzp_relay *r, uint64_t relay, uint64_t now)
{
    struct wzp_map_cursor cursor = {0};
    while (wzp_map_next(&r->watched.people, &cursor))
        wzp_relay_watched_unknown(r, cursor.value, relay, now);
}
