/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Who is registered at which relay of the pool. Each person is registered at one relay. A relay
 * that loses a person treats its client as a single relay treats the older of two connections
 * (join.c). */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "relay/dispatch.h"
#include "relay/pool.h"

#define ROUNDS_MAX 4 /* attempts in a row against other writers */

static struct wzp_relay_pool_person person_of(const struct wzp_relay *r,
                                              const struct wzp_relay_client *client)
{
    return (struct wzp_relay_pool_person){.relay = r->pool.own,
                                          .number = client->pool_number,
                                          .standing = client->standing,
                                          .hidden = client->hidden};
}

static void value_of(const struct wzp_relay *r, char out[WZP_RELAY_POOL_VALUE_MAX],
                     const struct wzp_relay_client *client)
{
    const struct wzp_relay_pool_person person = person_of(r, client);
    wzp_relay_pool_person_format(out, &person);
}

/* ---- before a person is registered ---- */

enum verdict { TAKE, TAKE_FROM, INQUIRE, YIELD };

/* Decides about another relay's entry under the name of a person registered (or registering)
 * here. */
static enum verdict judge(const struct wzp_relay *r, struct wzp_relay_pool_person *theirs,
                          enum wzp_registration_class ours, bool is_newcomer, const char *value,
                          size_t length, uint64_t now)
{
    if (!wzp_relay_pool_elsewhere(r, theirs, value, length, now))
        return TAKE;
    if (theirs->standing != ours)
        return theirs->standing > ours ? YIELD : TAKE_FROM;
    return is_newcomer && ours > WZP_REGISTRATION_PLAIN ? TAKE_FROM : INQUIRE;
}

static void claimed(struct wzp_relay *r, struct wzp_relay_pool_wait *wait, int result,
                    const char *value, size_t length, uint64_t now);

/* The claim is decided: the registration goes on. */
static void decided(struct wzp_relay *r, struct wzp_relay_client *client, const char *error,
                    uint64_t now)
{
    client->claim = NULL;
    wzp_relay_register_claimed(r, client, error, now);
}

static void done(struct wzp_relay *r, struct wzp_relay_pool_wait *wait, const char *error,
                 uint64_t now)
{
    struct wzp_relay_client *client = wait->client;
    wzp_free(wait);
    decided(r, client, error, now);
}

/* Overwrites the value found (there "": none) with ours. */
static void write_over(struct wzp_relay *r, struct wzp_relay_pool_wait *wait, uint64_t now)
{
    char key[WZP_RELAY_POOL_KEY_MAX], text[WZP_RELAY_POOL_VALUE_MAX];
    struct wzp_relay_client *client = wait->client;
    value_of(r, text, client);
    const struct wzp_pool_request request = {.verb = WZP_POOL_PUT,
                                             .key = wzp_relay_pool_key(key, 'p', &wait->name),
                                             .expected = wait->there[0] ? wait->there : NULL,
                                             .value = text,
                                             .length = strlen(text),
                                             .seconds = WZP_RELAY_POOL_EXPIRE_SECONDS};
    wait->answered = claimed;
    if (!wzp_relay_pool_ask_on(r, wait, &request, now))
        decided(r, client, NULL, now);
}

static void inquired(struct wzp_relay *r, struct wzp_relay_pool_wait *wait, int result,
                     const char *value, size_t length, uint64_t now)
{
    (void)value;
    (void)length;
    if (!wait->client)
        wzp_free(wait);
    else if (result == WZP_E_REFUSED)
        done(r, wait, WZP_RELAY_GIVES_WAY, now);
    else
        write_over(r, wait, now);
}

/* The directory says that another relay has the person. */
static void contested(struct wzp_relay *r, struct wzp_relay_pool_wait *wait, const char *value,
                      size_t length, uint64_t now)
{
    struct wzp_relay_client *client = wait->client;
    struct wzp_relay_pool_person theirs;
    wzp_relay_pool_value_keep(wait->there, value, length);
    enum verdict verdict = judge(r, &theirs, client->standing, true, value, length, now);
    wait->rival = verdict == TAKE_FROM || verdict == INQUIRE ? theirs.relay : 0;
    if (verdict == YIELD) {
        done(r, wait, WZP_RELAY_GIVES_WAY, now);
    } else if (verdict != INQUIRE) {
        write_over(r, wait, now);
    } else {
        wait->answered = inquired;
        if (!wzp_relay_pool_inquire(r, wait, theirs.relay, now))
            decided(r, client, NULL, now);
    }
}

/* The client left meanwhile: removes the entry written for it. */
static void unclaim(struct wzp_relay *r, const struct wzp_relay_pool_wait *wait)
{
    char key[WZP_RELAY_POOL_KEY_MAX], text[WZP_RELAY_POOL_VALUE_MAX];
    wzp_relay_pool_person_format(text, &wait->person);
    const struct wzp_pool_request request = {
        .verb = WZP_POOL_PUT, .key = wzp_relay_pool_key(key, 'p', &wait->name), .expected = text};
    (void)(r->pool.up && r->host.pool(r->host.context, &request));
}

static void claimed(struct wzp_relay *r, struct wzp_relay_pool_wait *wait, int result,
                    const char *value, size_t length, uint64_t now)
{
    char text[WZP_RELAY_POOL_VALUE_MAX];
    struct wzp_relay_client *client = wait->client;
    if (!client) {
        if (result == 0)
            unclaim(r, wait);
        wzp_free(wait);
    } else if (result == WZP_E_REFUSED && wait->rounds++ < ROUNDS_MAX) {
        if (value) {
            contested(r, wait, value, length, now);
        } else {
            wait->there[0] = '\0';
            write_over(r, wait, now);
        }
    } else {
        if (result == 0) {
            value_of(r, text, client);
            wzp_relay_record_is(r, WZP_RELAY_RECORD_PERSON, &client->name, text,
                                client->pool_number, now);
        }
        if (result == 0 && wait->rival)
            (void)wzp_relay_pool_send(r, wait->rival, WZP_RELAY_POOL_MOVED, client->pool_number,
                                      client->name.text, NULL, 0);
        done(r, wait, NULL, now); /* without an answer the client is registered all the same */
    }
}

bool wzp_relay_pool_claim(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now)
{
    char key[WZP_RELAY_POOL_KEY_MAX], text[WZP_RELAY_POOL_VALUE_MAX];
    if (!r->pool.up || wzp_relay_record_of(r, WZP_RELAY_RECORD_PERSON, &client->name))
        return false;
    client->pool_number = ++r->pool.next_number;
    value_of(r, text, client);
    const struct wzp_pool_request request = {.verb = WZP_POOL_PUT,
                                             .key = wzp_relay_pool_key(key, 'p', &client->name),
                                             .value = text,
                                             .length = strlen(text),
                                             .seconds = WZP_RELAY_POOL_EXPIRE_SECONDS};
    struct wzp_relay_pool_wait *wait = wzp_relay_pool_ask(r, &request, now);
    if (!wait)
        return false;
    wait->answered = claimed;
    wait->client = client;
    wait->name = client->name;
    wait->person = person_of(r, client);
    client->claim = wait;
    client->stage = WZP_RELAY_STAGE_ASKING;
    return true;
}

void wzp_relay_pool_forget(struct wzp_relay *r, struct wzp_relay_client *client)
{
    if (client->claim)
        client->claim->client = NULL;
    client->claim = NULL;
    if (wzp_map_get(&r->pool.moved, client->name.key, client->name.key_length) == client)
        wzp_map_remove(&r->pool.moved, client->name.key, client->name.key_length);
}

/* ---- who is registered ---- */

void wzp_relay_pool_here(struct wzp_relay *r, const struct wzp_relay_name *name, uint64_t now)
{
    char text[WZP_RELAY_POOL_VALUE_MAX];
    struct wzp_relay_client *owner = wzp_relay_presence_find(&r->presence, name);
    if (!r->pool.on)
        return;
    if (owner && !owner->pool_number)
        owner->pool_number = ++r->pool.next_number;
    if (owner)
        value_of(r, text, owner);
    wzp_relay_record_set(r, WZP_RELAY_RECORD_PERSON, name, owner ? text : NULL,
                         owner ? owner->pool_number : 0, now);
    if (!owner)
        wzp_relay_pool_restore(r, name, 0, now);
}

/* ---- another relay has a person of ours ---- */

/* Keeps the client's connection: it gets no calls, and is told when it gets them again. */
static void keep_moved(struct wzp_relay *r, struct wzp_relay_client *owner, uint64_t relay,
                       uint64_t now)
{
    const struct wzp_relay_name *name = &owner->name;
    struct wzp_relay_client *before = wzp_map_get(&r->pool.moved, name->key, name->key_length);
    if (before)
        wzp_relay_client_close(r, before, "replaced by newer registrations", now);
    owner->moved_to = relay;
    wzp_relay_register_moved(r, owner, now);
    if (wzp_map_put(&r->pool.moved, name->key, name->key_length, owner) < 0)
        wzp_relay_client_close(r, owner, "replaced by a registration at another relay", now);
}

/* The client registered here yields. A client without a proof was silent, or another one proved
 * more; it is closed with a reason that says nothing about the other. */
static void make_way(struct wzp_relay *r, const struct wzp_relay_name *given, uint64_t relay,
                     uint64_t now)
{
    struct wzp_relay_name name = *given;
    struct wzp_relay_client *owner = wzp_relay_presence_find(&r->presence, &name), *none;
    struct wzp_relay_record *record = wzp_relay_record_of(r, WZP_RELAY_RECORD_PERSON, &name);
    char who[WZP_RELAY_WHO_MAX];
    if (record)
        wzp_relay_record_lost(r, record, now);
    if (!owner)
        return;
    wzp_relay_log(r, now, WZP_LOG_INFO, "%s is registered at the relay %016" PRIx64 " now",
                  wzp_relay_who(who, owner), relay);
    while (owner->older) {
        struct wzp_relay_client *older = owner->older;
        (void)wzp_relay_presence_unregister(&r->presence, older, &none);
        wzp_relay_client_close(r, older, "replaced by newer registrations", now);
    }
    (void)wzp_relay_presence_unregister(&r->presence, owner, &none);
    if (owner->standing == WZP_REGISTRATION_PROVEN)
        keep_moved(r, owner, relay, now);
    else
        wzp_relay_client_close(r, owner, WZP_RELAY_GIVES_WAY, now);
    wzp_relay_watched_changed(r, &name, now);
    wzp_relay_pool_look(r, &name, now);
    wzp_relay_calls_lost(r, &name, now);
    wzp_relay_federation_people(r, now);
}

void wzp_relay_pool_on_moved(struct wzp_relay *r, const struct wzp_relay_pool_letter *letter,
                             uint64_t now)
{
    struct wzp_relay_name name;
    if (!wzp_relay_pool_sibling(r, letter->from) || wzp_relay_name_set(&name, letter->word) < 0)
        return;
    make_way(r, &name, letter->from, now);
}

static void dispute_inquired(struct wzp_relay *r, struct wzp_relay_pool_wait *wait, int result,
                             const char *value, size_t length, uint64_t now)
{
    struct wzp_relay_record *record = wait->record;
    (void)value;
    (void)length;
    record->in_flight = false;
    if (record->gone)
        wzp_relay_record_lost(r, record, now);
    else if (result == WZP_E_REFUSED)
        make_way(r, &record->name, wait->rival, now);
    else
        wzp_relay_record_overwrite(r, record, wait->there, strlen(wait->there), wait->rival, now);
    wzp_free(wait);
}

void wzp_relay_pool_dispute(struct wzp_relay *r, struct wzp_relay_record *record, const char *value,
                            size_t length, uint64_t now)
{
    struct wzp_relay_pool_person ours, theirs;
    if (wzp_relay_pool_person_parse(&ours, record->value, strlen(record->value)) < 0)
        return;
    enum verdict verdict = judge(r, &theirs, ours.standing, false, value, length, now);
    if (verdict == YIELD) {
        make_way(r, &record->name, theirs.relay, now);
        return;
    }
    if (verdict == INQUIRE) {
        struct wzp_relay_pool_wait *wait = wzp_calloc(1, sizeof *wait);
        if (wait) {
            wait->answered = dispute_inquired;
            wait->record = record;
            wait->name = record->name;
            wait->rival = theirs.relay;
            wzp_relay_pool_value_keep(wait->there, value, length);
        }
        record->in_flight = wait && wzp_relay_pool_inquire(r, wait, theirs.relay, now);
        if (record->in_flight)
            return;
    }
    wzp_relay_record_overwrite(r, record, value, length, verdict == TAKE ? 0 : theirs.relay, now);
}

void wzp_relay_pool_restore(struct wzp_relay *r, const struct wzp_relay_name *name, uint64_t relay,
                            uint64_t now)
{
    struct wzp_relay_client *client = wzp_map_get(&r->pool.moved, name->key, name->key_length);
    if (!client || (relay && client->moved_to != relay) ||
        wzp_relay_presence_find(&r->presence, name))
        return;
    wzp_map_remove(&r->pool.moved, name->key, name->key_length);
    client->moved_to = 0;
    if (client->stage == WZP_RELAY_STAGE_DISPLACED)
        wzp_relay_register_back(r, client, now);
}

void wzp_relay_pool_restore_all(struct wzp_relay *r, uint64_t relay, uint64_t now)
{
    struct wzp_map_cursor cursor = {0};
    while (wzp_map_next(&r->pool.moved, &cursor)) {
        struct wzp_relay_client *client = cursor.value;
        if (client->moved_to != relay)
            continue;
        struct wzp_relay_name name = client->name;
        wzp_relay_pool_restore(r, &name, relay, now);
    }
}

/* ---- is a client here alive? ---- */

static void inquiry_end(struct wzp_relay *r, struct wzp_relay_inquiry *inquiry, bool lives)
{
    struct wzp_relay_inquiry **at = &r->pool.inquiries;
    while (*at != inquiry)
        at = &(*at)->next;
    *at = inquiry->next;
    r->pool.inquiry_count--;
    (void)wzp_relay_pool_send(r, inquiry->from,
                              lives ? WZP_RELAY_POOL_LIVES : WZP_RELAY_POOL_SILENT, inquiry->number,
                              inquiry->name.text, NULL, 0);
    wzp_free(inquiry);
}

void wzp_relay_inquiry_due(struct wzp_relay *r, struct wzp_relay_inquiry *inquiry, uint64_t now)
{
    struct wzp_relay_client *owner = wzp_relay_presence_find(&r->presence, &inquiry->name);
    if (owner && owner->pool_number == inquiry->person_number &&
        owner->link->heard(owner->at) != inquiry->heard_before) {
        inquiry_end(r, inquiry, true);
    } else if (owner && owner->pool_number == inquiry->person_number &&
               wzp_time_since(now, inquiry->asked_at) < WZP_RELAY_ASK_TIME) {
        wzp_relay_timer_arm(&r->timers, &inquiry->timer, WZP_RELAY_TIMER_POOL_ALIVE, inquiry, now);
    } else {
        /* The other relay then sends MOVED, which displaces the client here if it still exists. */
        inquiry_end(r, inquiry, false);
    }
}

/* The pending inquiry about this client, or NULL: several inquiries at once share one Ping. */
static const struct wzp_relay_inquiry *asked_about(const struct wzp_relay *r,
                                                   const struct wzp_relay_client *owner)
{
    for (const struct wzp_relay_inquiry *i = r->pool.inquiries; i; i = i->next)
        if (i->person_number == owner->pool_number && wzp_relay_name_equal(&i->name, &owner->name))
            return i;
    return NULL;
}

void wzp_relay_pool_on_alive(struct wzp_relay *r, const struct wzp_relay_pool_letter *letter,
                             uint64_t now)
{
    struct wzp_signal ping = {.type = WZP_SIGNAL_PING};
    struct wzp_relay_name name;
    if (wzp_relay_name_set(&name, letter->word) < 0)
        return;
    struct wzp_relay_client *owner = wzp_relay_presence_find(&r->presence, &name);
    struct wzp_relay_inquiry *inquiry = owner && wzp_relay_pool_sibling(r, letter->from) &&
                                                r->pool.inquiry_count < WZP_RELAY_POOL_INQUIRIES_MAX
                                            ? wzp_calloc(1, sizeof *inquiry)
                                            : NULL;
    if (!inquiry) {
        /* If no inquiry can be made, the client counts as alive and keeps its registration. */
        (void)wzp_relay_pool_send(r, letter->from,
                                  owner ? WZP_RELAY_POOL_LIVES : WZP_RELAY_POOL_SILENT,
                                  letter->number, name.text, NULL, 0);
        return;
    }
    const struct wzp_relay_inquiry *asked = asked_about(r, owner);
    *inquiry = (struct wzp_relay_inquiry){.next = r->pool.inquiries,
                                          .from = letter->from,
                                          .number = letter->number,
                                          .person_number = owner->pool_number,
                                          .asked_at = asked ? asked->asked_at : now,
                                          .heard_before = asked ? asked->heard_before
                                                                : owner->link->heard(owner->at),
                                          .name = name};
    r->pool.inquiries = inquiry;
    r->pool.inquiry_count++;
    wzp_relay_timer_arm(&r->timers, &inquiry->timer, WZP_RELAY_TIMER_POOL_ALIVE, inquiry, now);
    if (!asked)
        (void)wzp_relay_client_send(r, owner, &ping, now);
}
