/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Records: the directory entries of what is at this relay. They are written, written again before
 * they expire, and removed. Each write succeeds only if the entry has the value that we believe is
 * there (compare and set), so that we learn when another relay wrote first. */
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "relay/dispatch.h"
#include "relay/pool.h"

#define RETRY WZP_SECOND
#define ROUNDS_MAX 4 /* attempts in a row against other writers, then RETRY */

static size_t map_key(char out[WZP_RELAY_KEY_MAX + 3], enum wzp_relay_record_kind kind,
                      const struct wzp_relay_name *name)
{
    out[0] = kind == WZP_RELAY_RECORD_PERSON ? 'p' : 'c';
    memcpy(out + 1, name->key, name->key_length);
    return name->key_length + 1;
}

struct wzp_relay_record *wzp_relay_record_of(const struct wzp_relay *r,
                                             enum wzp_relay_record_kind kind,
                                             const struct wzp_relay_name *name)
{
    char key[WZP_RELAY_KEY_MAX + 3];
    return wzp_map_get(&r->pool.records, key, map_key(key, kind, name));
}

static void record_free(struct wzp_relay_record *record)
{
    wzp_free(record->value);
    wzp_free(record->written);
    wzp_free(record);
}

/* Only for a record that is neither queued nor in flight. */
static void drop(struct wzp_relay *r, struct wzp_relay_record *record)
{
    char key[WZP_RELAY_KEY_MAX + 3];
    wzp_relay_timer_disarm(&r->timers, &record->timer);
    wzp_map_remove(&r->pool.records, key, map_key(key, record->kind, &record->name));
    record_free(record);
}

void wzp_relay_records_fini(struct wzp_relay *r)
{
    struct wzp_map_cursor cursor = {0};
    while (wzp_map_next(&r->pool.records, &cursor)) {
        struct wzp_relay_record *record = cursor.value;
        wzp_relay_timer_disarm(&r->timers, &record->timer);
        record_free(record);
    }
    wzp_map_fini(&r->pool.records);
}

/* ---- writing ---- */

/* Queues a record to be written; may free it. While the directory is unreachable nothing is queued:
 * its return queues all records (wzp_relay_records_renew). Records that were never written and are
 * gone by then are freed, so that they take no place from others. */
static void put_in_queue(struct wzp_relay *r, struct wzp_relay_record *record)
{
    struct wzp_relay_pool *pool = &r->pool;
    if (record->queued || record->in_flight)
        return; /* it is checked again when its write is answered */
    wzp_relay_timer_disarm(&r->timers, &record->timer);
    if (!pool->up) {
        if (record->gone && !record->written)
            drop(r, record);
        return;
    }
    record->queued = true;
    record->next = NULL;
    if (pool->last)
        pool->last->next = record;
    else
        pool->first = record;
    pool->last = record;
}

static struct wzp_relay_record *next_in_queue(struct wzp_relay_pool *pool)
{
    struct wzp_relay_record *record = pool->first;
    if (!record)
        return NULL;
    pool->first = record->next;
    if (!pool->first)
        pool->last = NULL;
    record->next = NULL;
    record->queued = false;
    return record;
}

/* Notes the value in the directory. Without memory it is noted as none, and the next write finds
 * the difference. */
static void believe(struct wzp_relay_record *record, const char *text)
{
    wzp_free(record->written);
    record->written = text ? wzp_strndup(text, strlen(text)) : NULL;
}

static void work(struct wzp_relay *r, uint64_t now);

/* Nothing is left to do for this record, or it has changed since and is queued again. */
static void settle(struct wzp_relay *r, struct wzp_relay_record *record, uint64_t now)
{
    const char *wanted = record->gone ? NULL : record->value;
    bool right = wanted && record->written ? strcmp(wanted, record->written) == 0
                                           : !wanted && !record->written;
    if (!right) {
        put_in_queue(r, record);
    } else if (record->gone) {
        drop(r, record);
    } else {
        wzp_relay_timer_arm(&r->timers, &record->timer, WZP_RELAY_TIMER_POOL_RECORD, record, now);
        uint64_t rival = record->rival;
        record->rival = 0;
        if (rival)
            (void)wzp_relay_pool_send(r, rival, WZP_RELAY_POOL_MOVED, record->number,
                                      record->name.text, NULL, 0);
    }
}

static void later(struct wzp_relay *r, struct wzp_relay_record *record, uint64_t now)
{
    wzp_relay_timer_arm_at(&r->timers, &record->timer, WZP_RELAY_TIMER_POOL_RETRY, record,
                           wzp_time_add(now, RETRY));
}

static void on_refused(struct wzp_relay *r, struct wzp_relay_record *record, const char *value,
                       size_t length, uint64_t now)
{
    if (record->gone) {
        believe(record, NULL); /* the entry is another relay's */
        settle(r, record, now);
    } else if (!value || record->kind == WZP_RELAY_RECORD_CALL) {
        wzp_relay_record_overwrite(r, record, value, length, 0, now);
    } else {
        wzp_relay_pool_dispute(r, record, value, length, now);
    }
}

static void written(struct wzp_relay *r, struct wzp_relay_pool_wait *wait, int result,
                    const char *value, size_t length, uint64_t now)
{
    struct wzp_relay_record *record = wait->record;
    r->pool.writes--;
    record->in_flight = false;
    if (result == 0) {
        record->rounds = 0;
        believe(record, wait->there[0] ? wait->there : NULL);
        settle(r, record, now);
    } else if (result == WZP_E_REFUSED && record->rounds++ < ROUNDS_MAX) {
        on_refused(r, record, value, length, now);
    } else {
        record->rounds = 0;
        later(r, record, now);
    }
    wzp_free(wait);
    work(r, now);
}

void wzp_relay_record_overwrite(struct wzp_relay *r, struct wzp_relay_record *record,
                                const char *value, size_t length, uint64_t rival, uint64_t now)
{
    char there[WZP_RELAY_POOL_VALUE_MAX];
    if (value)
        wzp_relay_pool_value_keep(there, value, length);
    believe(record, value ? there : NULL);
    record->rival = rival;
    put_in_queue(r, record);
    work(r, now);
}

static void write_one(struct wzp_relay *r, struct wzp_relay_record *record, uint64_t now)
{
    char key[WZP_RELAY_POOL_KEY_MAX];
    const char *wanted = record->gone ? NULL : record->value;
    if (!wanted && !record->written) {
        drop(r, record);
        return;
    }
    const struct wzp_pool_request request = {
        .verb = WZP_POOL_PUT,
        .key = wzp_relay_pool_key(key, record->kind == WZP_RELAY_RECORD_PERSON ? 'p' : 'c',
                                  &record->name),
        .expected = record->written,
        .value = wanted,
        .length = wanted ? strlen(wanted) : 0,
        .seconds = WZP_RELAY_POOL_EXPIRE_SECONDS};
    struct wzp_relay_pool_wait *wait = wzp_relay_pool_ask(r, &request, now);
    if (!wait) {
        later(r, record, now);
        return;
    }
    wait->answered = written;
    wait->record = record;
    if (wanted)
        (void)wzp_text_copy(wait->there, sizeof wait->there, wanted);
    record->in_flight = true;
    r->pool.writes++;
}

static void work(struct wzp_relay *r, uint64_t now)
{
    while (r->pool.up && r->pool.writes < WZP_RELAY_POOL_WRITES_MAX) {
        struct wzp_relay_record *record = next_in_queue(&r->pool);
        if (!record)
            return;
        write_one(r, record, now);
    }
}

void wzp_relay_record_due(struct wzp_relay *r, struct wzp_relay_record *record, uint64_t now)
{
    put_in_queue(r, record);
    work(r, now);
}

void wzp_relay_records_rest(struct wzp_relay *r)
{
    struct wzp_relay_record *record;
    while ((record = next_in_queue(&r->pool)))
        put_in_queue(r, record);
}

void wzp_relay_records_renew(struct wzp_relay *r, uint64_t now)
{
    struct wzp_map_cursor cursor = {0};
    while (wzp_map_next(&r->pool.records, &cursor))
        put_in_queue(r, cursor.value);
    work(r, now);
}

/* ---- what should be there ---- */

static struct wzp_relay_record *record_make(struct wzp_relay *r, enum wzp_relay_record_kind kind,
                                            const struct wzp_relay_name *name)
{
    char key[WZP_RELAY_KEY_MAX + 3];
    struct wzp_relay_record *record = wzp_relay_record_of(r, kind, name);
    if (record)
        return record;
    record = wzp_calloc(1, sizeof *record);
    if (!record)
        return NULL;
    record->kind = kind;
    record->name = *name;
    if (wzp_map_put(&r->pool.records, key, map_key(key, kind, name), record) == 0)
        return record;
    wzp_free(record);
    return NULL;
}

static bool set_value(struct wzp_relay_record *record, const char *value, uint64_t number)
{
    char *copy = wzp_strndup(value, strlen(value));
    if (!copy)
        return false;
    wzp_free(record->value);
    record->value = copy;
    record->number = number;
    record->gone = false;
    return true;
}

void wzp_relay_record_set(struct wzp_relay *r, enum wzp_relay_record_kind kind,
                          const struct wzp_relay_name *name, const char *value, uint64_t number,
                          uint64_t now)
{
    struct wzp_relay_record *record =
        value ? record_make(r, kind, name) : wzp_relay_record_of(r, kind, name);
    if (!record)
        return;
    if (!value)
        record->gone = true;
    else if (!record->gone && record->value && strcmp(record->value, value) == 0)
        return;
    else if (!set_value(record, value, number))
        record->gone = true; /* without memory the entry is removed */
    put_in_queue(r, record);
    work(r, now);
}

void wzp_relay_record_is(struct wzp_relay *r, enum wzp_relay_record_kind kind,
                         const struct wzp_relay_name *name, const char *value, uint64_t number,
                         uint64_t now)
{
    struct wzp_relay_record *record = record_make(r, kind, name);
    if (!record || !set_value(record, value, number))
        return; /* the entry expires */
    believe(record, value);
    if (!record->in_flight && !record->queued)
        settle(r, record, now);
}

void wzp_relay_record_lost(struct wzp_relay *r, struct wzp_relay_record *record, uint64_t now)
{
    record->gone = true;
    believe(record, NULL);
    put_in_queue(r, record);
    work(r, now);
}
