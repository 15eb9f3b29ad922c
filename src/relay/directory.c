/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "relay/directory.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "relay/federation.h"
#include "relay/state.h"

void wzp_relay_directory_init(struct wzp_relay_directory *directory,
                              const struct wzp_random *random)
{
    memset(directory, 0, sizeof *directory);
    wzp_map_init(&directory->questions, WZP_RELAY_QUESTIONS_MAX, random);
}

void wzp_relay_directory_fini(struct wzp_relay *r)
{
    struct wzp_map_cursor cursor = {0};
    while (wzp_map_next(&r->directory.questions, &cursor))
        wzp_free(cursor.value);
    wzp_map_fini(&r->directory.questions);
}

static struct wzp_relay_question *take(struct wzp_relay *r, uint64_t handle)
{
    struct wzp_relay_question *question =
        wzp_map_remove(&r->directory.questions, &handle, sizeof handle);
    if (question)
        wzp_relay_timer_disarm(&r->timers, &question->timer);
    return question;
}

int wzp_relay_directory_ask(struct wzp_relay *r, uint64_t *handle,
                            const struct wzp_relay_name *name, wzp_relay_found found, void *context,
                            uint64_t now)
{
    struct wzp_relay_directory *directory = &r->directory;
    const struct wzp_relay_client *client = wzp_relay_presence_find(&r->presence, name);
    *handle = 0;
    if (client || (!directory->source.ask && !r->pool.up)) {
        struct wzp_relay_route route;
        bool known = client || wzp_relay_federation_route(r, &route, name);
        if (client)
            wzp_relay_route_local(&route, client);
        /* While the pool's directory is unreachable the result is an error, not "no such person":
         * the person may be at another relay. */
        found(r, context, known ? &route : NULL, !known && r->pool.on ? WZP_E_NETWORK : 0, now);
        return 0;
    }
    struct wzp_relay_question *question = wzp_calloc(1, sizeof *question);
    if (!question)
        return WZP_E_MEMORY;
    question->found = found;
    question->context = context;
    uint64_t number = question->handle = ++directory->next_handle;
    int result = wzp_map_put(&directory->questions, &number, sizeof number, question);
    if (result) {
        wzp_free(question);
        return result;
    }
    wzp_relay_timer_arm(&r->timers, &question->timer, WZP_RELAY_TIMER_QUESTION, question, now);
    if (directory->source.ask)
        directory->source.ask(directory->source.context, r, number, name, now);
    else if (!wzp_relay_pool_find(r, number, name, now))
        wzp_relay_directory_unable(r, number, now);
    if (wzp_map_get(&directory->questions, &number, sizeof number))
        *handle = number;
    return 0;
}

static void end(struct wzp_relay *r, uint64_t handle, const struct wzp_relay_route *route,
                int result, uint64_t now)
{
    struct wzp_relay_question *question = take(r, handle);
    if (!question)
        return;
    question->found(r, question->context, route, result, now);
    wzp_free(question);
}

void wzp_relay_directory_answer(struct wzp_relay *r, uint64_t handle,
                                const struct wzp_relay_route *route, uint64_t now)
{
    end(r, handle, route, 0, now);
}

void wzp_relay_directory_unable(struct wzp_relay *r, uint64_t handle, uint64_t now)
{
    end(r, handle, NULL, WZP_E_TIMEOUT, now);
}

void wzp_relay_directory_forget(struct wzp_relay *r, uint64_t handle)
{
    struct wzp_relay_question *question = handle ? take(r, handle) : NULL;
    if (!question)
        return;
    if (r->directory.source.forget)
        r->directory.source.forget(r->directory.source.context, r, handle);
    wzp_free(question);
}
