/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/relay_crew.h"

#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/alloc.h"
#include "base/error.h"
#include "cli/relay_tap.h"
#include "loop/crew.h"
#include "loop/host.h"

/* The kinds of mail (messages between threads), its first field. */
enum kind { LETTER, PACKET };
struct head {
    uint8_t kind, ecn;
    struct wzp_addr local, remote; /* of a packet */
};

struct member {
    struct wzp_relay_crew *all;
    unsigned number;
    struct wzp_loop *loop;
    struct wzp_relay_service *service, own;
    struct wzp_relay_tap_file *tap; /* NULL: none */
};

struct wzp_relay_crew {
    struct wzp_crew *crew; /* NULL: one thread */
    struct wzp_relay_host calls;
    struct wzp_log log;
    unsigned count;
    struct member members[];
};

static bool post(void *context, unsigned thread, const void *data, size_t length)
{
    const struct member *m = context;
    const struct head head = {.kind = LETTER};
    return wzp_crew_send(m->all->crew, m->number, thread, &head, sizeof head, data, length);
}

static void pass(void *context, unsigned thread, const struct wzp_addr *local,
                 const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data, size_t length)
{
    const struct member *m = context;
    const struct head head = {.kind = PACKET, .ecn = ecn, .local = *local, .remote = *remote};
    (void)wzp_crew_send(m->all->crew, m->number, thread, &head, sizeof head, data, length);
}

static void take(void *context, unsigned from, const void *data, size_t length)
{
    struct member *m = context;
    struct head head;
    uint64_t now = wzp_loop_now(m->loop);
    if (length < sizeof head || !m->service->relay)
        return;
    memcpy(&head, data, sizeof head);
    const uint8_t *rest = (const uint8_t *)data + sizeof head;
    length -= sizeof head;
    if (head.kind == LETTER)
        wzp_relay_take_letter(m->service->relay, from, rest, length, now);
    else
        wzp_relay_take_packet(m->service->relay, &head.local, &head.remote, head.ecn, rest, length,
                              now);
    wzp_relay_service_kick(m->service);
}

/* Passes the call on: only the first thread's relay has the caller's functions. */
static void authenticate(void *context, uint64_t request, const char *token)
{
    const struct member *m = context;
    m->all->calls.authenticate(m->all->calls.context, request, token);
}

static bool ask_pool(void *context, const struct wzp_pool_request *request)
{
    const struct member *m = context;
    return m->all->calls.pool(m->all->calls.context, request);
}

static void bridge(void *context, struct wzp_relay_bridge_counts *out)
{
    const struct member *m = context;
    m->all->calls.bridge(m->all->calls.context, out);
}

static int start_member(struct wzp_relay_crew *c, unsigned number,
                        const struct wzp_relay_config *config, const uint8_t seed[WZP_SEED_SIZE],
                        const char *build, const struct wzp_log *log, struct wzp_error *err)
{
    struct member *m = &c->members[number];
    struct wzp_host host;
    const struct wzp_relay_host calls = {
        .context = m,
        .authenticate = number == 0 && c->calls.authenticate ? authenticate : NULL,
        .pool = number == 0 && c->calls.pool ? ask_pool : NULL,
        .bridge = number == 0 && c->calls.bridge ? bridge : NULL,
        .thread = number,
        .threads = c->count,
        .post = post,
        .pass = pass};
    if (c->crew)
        wzp_crew_on_mail(c->crew, number, take, m);
    wzp_loop_host(&host, m->loop, log);
    return wzp_relay_service_start(m->service, &host, config, seed, build, &calls, err);
}

/* Starts the other threads' relays. The first one has opened the port, whose number may have been
 * 0; the others do not connect to peer relays. */
static int start_others(struct wzp_relay_crew *c, const struct wzp_relay_config *config,
                        const uint8_t seed[WZP_SEED_SIZE], const char *build,
                        const struct wzp_log *log, struct wzp_error *err)
{
    struct wzp_relay_config *own = wzp_alloc(sizeof *own);
    int result = 0;
    if (!own)
        return wzp_error_set(err, WZP_E_MEMORY, "not enough memory for threads");
    *own = *config;
    own->peer_count = own->trusted_count = own->probe_target_count = 0;
    wzp_addr_format(own->listen_addr, &c->members[0].service->listen);
    for (unsigned i = 1; i < c->count && !result; i++)
        result = start_member(c, i, own, seed, build, log, err);
    wzp_free(own);
    return result;
}

int wzp_relay_crew_start(struct wzp_relay_crew **out, struct wzp_relay_service *first,
                         struct wzp_loop *loop, const struct wzp_relay_config *config,
                         const uint8_t seed[WZP_SEED_SIZE], const char *build,
                         const struct wzp_relay_host *calls, const struct wzp_log *log,
                         struct wzp_error *err)
{
    unsigned count = config->threads ? config->threads : 1;
    struct wzp_relay_crew *c = wzp_calloc(1, sizeof *c + count * sizeof c->members[0]);
    *out = NULL;
    memset(first, 0, sizeof *first);
    if (!c)
        return wzp_error_set(err, WZP_E_MEMORY, "not enough memory for a relay");
    if (calls)
        c->calls = *calls;
    c->log = *log;
    c->count = count;
    int result = count > 1 ? wzp_crew_new(&c->crew, loop, count, err) : 0;
    for (unsigned i = 0; i < count && !result; i++) {
        c->members[i] = (struct member){.all = c,
                                        .number = i,
                                        .loop = i ? wzp_crew_loop(c->crew, i) : loop,
                                        .service = i ? &c->members[i].own : first};
        wzp_loop_gather(c->members[i].loop);
    }
    if (!result)
        result = start_member(c, 0, config, seed, build, log, err);
    if (!result && count > 1)
        result = start_others(c, config, seed, build, log, err);
    if (result)
        wzp_relay_crew_stop(c);
    else
        *out = c;
    return result;
}

int wzp_relay_crew_tap(struct wzp_relay_crew *c, const char *path, uint64_t limit,
                       struct wzp_error *err)
{
    char own[WZP_PATH_MAX];
    int result = 0;
    for (unsigned i = 0; i < c->count && !result; i++) {
        struct member *m = &c->members[i];
        int length = i ? snprintf(own, sizeof own, "%s.%u", path, i + 1)
                       : snprintf(own, sizeof own, "%s", path);
        result = length < 0 || (size_t)length >= sizeof own
                     ? wzp_error_set(err, WZP_E_TOO_BIG, "the path of the debug tap is too long")
                     : wzp_relay_tap_open(&m->tap, m->loop, m->service->relay, own,
                                          limit / c->count, &c->log, err);
    }
    return result;
}

int wzp_relay_crew_run(struct wzp_relay_crew *c, struct wzp_error *err)
{
    return c->crew ? wzp_crew_start(c->crew, err) : 0;
}

void wzp_relay_crew_stop(struct wzp_relay_crew *crew)
{
    if (!crew)
        return;
    if (crew->crew)
        wzp_crew_stop(crew->crew);
    for (unsigned i = 0; i < crew->count; i++)
        wzp_relay_tap_close(crew->members[i].tap);
    for (unsigned i = crew->count; i-- > 0;)
        if (crew->members[i].service)
            wzp_relay_service_stop(crew->members[i].service);
    wzp_crew_free(crew->crew);
    wzp_free(crew);
}
