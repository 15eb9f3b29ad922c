/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "relay/interest.h"

#include <string.h>

#include "base/alloc.h"
#include "relay/dispatch.h"
#include "relay/state.h"

struct wzp_relay_watched_person {
    struct wzp_relay_name name;
    uint64_t relay; /* of the pool, where they are registered */
    char elsewhere; /* state at other relays (pool_text.h); 0: unknown */
    struct wzp_relay_interest *first;
};

/* One client's interest in one person, linked in a list of each. */
struct wzp_relay_interest {
    struct wzp_relay_client *client;
    struct wzp_relay_watched_person *person;
    struct wzp_relay_interest *next_of_client;
    struct wzp_relay_interest *next, *previous; /* of the person */
    enum wzp_presence told;
    bool due; /* to be reported, or checked again */
};

void wzp_relay_watched_init(struct wzp_relay_watched *watched, const struct wzp_random *random)
{
    watched->interests = 0;
    wzp_map_init(&watched->people, WZP_RELAY_INTERESTS_ALL_MAX, random);
}

void wzp_relay_watched_fini(struct wzp_relay_watched *watched)
{
    wzp_map_fini(&watched->people);
}

static const struct wzp_relay_client *visible(const struct wzp_relay *r,
                                              const struct wzp_relay_name *name)
{
    const struct wzp_relay_client *owner = wzp_relay_presence_find(&r->presence, name);
    return owner && !owner->hidden ? owner : NULL;
}

/* The state that may be reported of a person. Relays of the federation do not report what their
 * people proved or whether they hide, so with neighbours a person who is not here is unknown. A
 * person who hides is reported like one who does not exist. */
static enum wzp_presence state_of(const struct wzp_relay *r,
                                  const struct wzp_relay_watched_person *person)
{
    const struct wzp_relay_client *owner = visible(r, &person->name);
    if (!owner && r->pool.up && person->elsewhere && person->elsewhere != 'o')
        return person->elsewhere == 'p' ? WZP_PRESENCE_ONLINE : WZP_PRESENCE_UNPROVEN;
    if (!owner && r->pool.on && (!r->pool.up || !person->elsewhere))
        return WZP_PRESENCE_UNKNOWN;
    if (!owner)
        return r->neighbours.count > 0 || r->directory.source.ask ? WZP_PRESENCE_UNKNOWN
                                                                  : WZP_PRESENCE_OFFLINE;
    return owner->standing == WZP_REGISTRATION_PROVEN ? WZP_PRESENCE_ONLINE : WZP_PRESENCE_UNPROVEN;
}

/* ---- the lists ---- */

static void person_leave(struct wzp_relay *r, struct wzp_relay_interest *interest)
{
    struct wzp_relay_watched_person *person = interest->person;
    if (interest->previous)
        interest->previous->next = interest->next;
    else
        person->first = interest->next;
    if (interest->next)
        interest->next->previous = interest->previous;
    if (person->first)
        return;
    wzp_map_remove(&r->watched.people, person->name.key, person->name.key_length);
    wzp_free(person);
}

static struct wzp_relay_watched_person *person_of(struct wzp_relay *r,
                                                  const struct wzp_relay_name *name)
{
    struct wzp_relay_watched_person *person =
        wzp_map_get(&r->watched.people, name->key, name->key_length);
    if (person)
        return person;
    person = wzp_calloc(1, sizeof *person);
    if (!person)
        return NULL;
    person->name = *name;
    if (wzp_map_put(&r->watched.people, name->key, name->key_length, person) == 0)
        return person;
    wzp_free(person);
    return NULL;
}

void wzp_relay_watched_look(struct wzp_relay *r, const struct wzp_relay_watched_person *person,
                            uint64_t now)
{
    if (r->pool.up && !person->elsewhere && !visible(r, &person->name))
        wzp_relay_pool_look(r, &person->name, now);
}

/* The link to this client's interest in that person; *result is NULL when there is none. */
static struct wzp_relay_interest **find(struct wzp_relay_client *client,
                                        const struct wzp_relay_name *name)
{
    struct wzp_relay_interest **at = &client->interests.first;
    while (*at && !wzp_relay_name_equal(&(*at)->person->name, name))
        at = &(*at)->next_of_client;
    return at;
}

static void drop(struct wzp_relay *r, struct wzp_relay_client *client,
                 struct wzp_relay_interest **at)
{
    struct wzp_relay_interest *interest = *at;
    *at = interest->next_of_client;
    client->interests.count--;
    r->watched.interests--;
    person_leave(r, interest);
    wzp_free(interest);
}

void wzp_relay_interests_drop(struct wzp_relay *r, struct wzp_relay_client *client)
{
    wzp_relay_timer_disarm(&r->timers, &client->interests.news);
    while (client->interests.first)
        drop(r, client, &client->interests.first);
}

/* Adds an interest, or marks an existing one as due. Beyond the limits nothing is added, and the
 * person stays unknown to the client. */
static void add(struct wzp_relay *r, struct wzp_relay_client *client,
                const struct wzp_relay_name *name, uint64_t now)
{
    struct wzp_relay_interest *interest = *find(client, name);
    if (interest) {
        interest->due = true;
        interest->told = WZP_PRESENCE_UNKNOWN;
        return;
    }
    size_t left = WZP_RELAY_INTERESTS_ALL_MAX - r->watched.interests;
    if (client->interests.count >= WZP_RELAY_INTERESTS_MAX ||
        client->interests.count >= left / WZP_RELAY_INTERESTS_DIVISOR)
        return;
    interest = wzp_calloc(1, sizeof *interest);
    struct wzp_relay_watched_person *person = interest ? person_of(r, name) : NULL;
    if (!person) {
        wzp_free(interest);
        return;
    }
    *interest = (struct wzp_relay_interest){.client = client,
                                            .person = person,
                                            .next_of_client = client->interests.first,
                                            .next = person->first,
                                            .due = true};
    client->interests.first = interest;
    client->interests.count++;
    r->watched.interests++;
    if (person->first)
        person->first->previous = interest;
    else
        wzp_relay_watched_look(r, person, now);
    person->first = interest;
}

/* ---- telling ---- */

/* Sends one message with changes. False: there are no more. */
static bool tell(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now)
{
    struct wzp_seen_person people[WZP_RELAY_INTERESTS_MESSAGE];
    struct wzp_signal seen = {.type = WZP_SIGNAL_WZP_SEEN};
    struct wzp_relay_interest *interest = client->interests.first;
    size_t count = 0;
    for (; interest && count < WZP_RELAY_INTERESTS_MESSAGE; interest = interest->next_of_client) {
        if (!interest->due)
            continue;
        enum wzp_presence state = state_of(r, interest->person);
        interest->due = false;
        if (state == interest->told)
            continue;
        interest->told = state;
        people[count].fingerprint = interest->person->name.text;
        people[count++].state = state;
    }
    seen.u.wzp_seen.people.items = people;
    seen.u.wzp_seen.people.count = count;
    if (count > 0)
        (void)wzp_relay_client_send(r, client, &seen, now);
    return interest;
}

void wzp_relay_news_due(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now)
{
    while (client->stage == WZP_RELAY_STAGE_REGISTERED && tell(r, client, now))
        continue;
}

static void person_changed(struct wzp_relay *r, struct wzp_relay_watched_person *person,
                           uint64_t now)
{
    for (struct wzp_relay_interest *i = person->first; i; i = i->next) {
        i->due = true;
        if (!i->client->interests.news.armed)
            wzp_relay_timer_arm(&r->timers, &i->client->interests.news, WZP_RELAY_TIMER_NEWS,
                                i->client, now);
    }
}

void wzp_relay_watched_changed(struct wzp_relay *r, const struct wzp_relay_name *name, uint64_t now)
{
    struct wzp_relay_watched_person *person =
        wzp_map_get(&r->watched.people, name->key, name->key_length);
    wzp_relay_pool_changed(r, name, now);
    if (!person)
        return;
    if (visible(r, name)) {
        person->relay = 0;
        person->elsewhere = 'o'; /* once they leave here, they are nowhere */
    }
    person_changed(r, person, now);
}

void wzp_relay_watched_told(struct wzp_relay *r, const struct wzp_relay_name *name, char state,
                            uint64_t relay, uint64_t now)
{
    struct wzp_relay_watched_person *person =
        wzp_map_get(&r->watched.people, name->key, name->key_length);
    /* A person who moved from one relay to another is not gone: the old relay's report is
     * ignored. */
    if (!person || (state == 'o' && relay && person->relay && person->relay != relay))
        return;
    person->relay = state == 'o' ? 0 : relay;
    person->elsewhere = state;
    person_changed(r, person, now);
}

void wzp_relay_watched_unknown(struct wzp_relay *r, struct wzp_relay_watched_person *person,
                               uint64_t relay, uint64_t now)
{
    if (!person->elsewhere || (relay && person->relay != relay))
        return;
    person->relay = 0;
    person->elsewhere = relay ? 'o' : 0;
    person_changed(r, person, now);
}

/* Each person named counts against the connection's rate. */
static bool may_ask(struct wzp_relay_client *client, uint64_t now)
{
    return wzp_bucket_take(&client->interests.asked, 1, WZP_SECOND / WZP_RELAY_INTEREST_RATE,
                           WZP_RELAY_INTEREST_BURST, now);
}

void wzp_relay_on_watch(struct wzp_relay *r, struct wzp_relay_client *client,
                        const struct wzp_relay_message *message, uint64_t now)
{
    const struct wzp_string_list *more = &message->signal->u.wzp_watch.add;
    const struct wzp_string_list *less = &message->signal->u.wzp_watch.drop;
    struct wzp_relay_name name;
    /* A client without a proof may be anybody, and is told nothing. */
    if (client->standing != WZP_REGISTRATION_PROVEN)
        return;
    for (size_t i = 0; i < less->count && i < WZP_RELAY_INTERESTS_MESSAGE; i++) {
        if (!may_ask(client, now) || wzp_relay_name_set(&name, less->items[i]) < 0)
            continue;
        struct wzp_relay_interest **at = find(client, &name);
        if (*at)
            drop(r, client, at);
    }
    for (size_t i = 0; i < more->count && i < WZP_RELAY_INTERESTS_MESSAGE; i++)
        if (may_ask(client, now) && wzp_relay_name_set(&name, more->items[i]) == 0)
            add(r, client, &name, now);
    wzp_relay_news_due(r, client, now);
}
