/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Names to addresses: in libuv's worker threads, in the order the system prefers (RFC 6724). */
#include <arpa/inet.h>
#include <net/if.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "loop/host_internal.h"
#include "loop/internal.h"

#define HOST_MAX 256
#define ADDRESSES_MAX 16

struct wzp_host_request {
    struct wzp_loop_item item;
    struct wzp_loop_request request; /* for names */
    uv_getaddrinfo_t lookup;
    uv_timer_t later; /* for literals: answers in the next round, so that callers see one order of
                         events */
    struct wzp_loop *loop;
    char host[HOST_MAX];
    uint16_t port;
    struct wzp_addr literal;
    void (*done)(void *context, const struct wzp_addr *addrs, size_t count,
                 const struct wzp_error *err); /* NULL: cancelled */
    void *context;
    bool is_literal;
};

/* ---- literals ---- */

static void literal_closed(uv_handle_t *handle)
{
    wzp_free(handle->data);
}

static void literal_item_close(struct wzp_loop_item *item)
{
    struct wzp_host_request *r = (struct wzp_host_request *)item;
    if (!uv_is_closing((uv_handle_t *)&r->later))
        uv_close((uv_handle_t *)&r->later, literal_closed);
}

static void literal_answer(uv_timer_t *timer)
{
    struct wzp_host_request *r = timer->data;
    literal_item_close(&r->item);
    r->done(r->context, &r->literal, 1, NULL);
}

/* The zone of "fe80::1%eth0" or "fe80::1%2" as the number of a network of this machine; 0: there is
 * no such one. */
static uint32_t zone_number(const char *zone)
{
    char name[IF_NAMESIZE];
    uint64_t number;
    int result = wzp_text_number(&number, zone, UINT32_MAX);
    if (result == WZP_E_SYNTAX)
        return if_nametoindex(zone);
    return !result && if_indextoname((unsigned)number, name) ? (uint32_t)number : 0;
}

/* An unknown one would be dropped without a word. */
static bool knows_zone(const char *host, struct wzp_error *err)
{
    const char *zone = strchr(host, '%');
    if (!zone || zone_number(zone + 1))
        return true;
    wzp_error_set(err, WZP_E_RANGE, "%s: this machine has no network %s", host, zone + 1);
    return false;
}

/* Also "fe80::1%eth0". */
static bool parse_literal(struct wzp_addr *out, const char *host, uint16_t port)
{
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    if (uv_ip4_addr(host, port, &in) == 0)
        return wzp_addr_from_sockaddr(out, (const struct sockaddr *)&in, sizeof in) == 0;
    if (!strchr(host, ':') || uv_ip6_addr(host, port, &in6) != 0)
        return false;
    /* libuv knows names only, no numbers. */
    if (strchr(host, '%'))
        in6.sin6_scope_id = zone_number(strchr(host, '%') + 1);
    return wzp_addr_from_sockaddr(out, (const struct sockaddr *)&in6, sizeof in6) == 0;
}

/* ---- names ---- */

static size_t collect(struct wzp_addr *out, const struct addrinfo *list, uint16_t port)
{
    size_t count = 0;
    for (const struct addrinfo *a = list; a && count < ADDRESSES_MAX; a = a->ai_next) {
        struct wzp_addr addr;
        if (wzp_addr_from_sockaddr(&addr, a->ai_addr, a->ai_addrlen) < 0)
            continue;
        wzp_addr_set_port(&addr, port);
        bool known = false;
        for (size_t i = 0; i < count && !known; i++)
            known = wzp_addr_equal(&out[i], &addr);
        if (!known)
            out[count++] = addr;
    }
    return count;
}

static void name_answer(uv_getaddrinfo_t *lookup, int status, struct addrinfo *list)
{
    struct wzp_host_request *r = lookup->data;
    struct wzp_addr addrs[ADDRESSES_MAX];
    struct wzp_error err = {0, ""};
    wzp_loop_request_remove(r->loop, &r->request);
    size_t count = status == 0 ? collect(addrs, list, r->port) : 0;
    uv_freeaddrinfo(list);
    if (!r->loop->closing && r->done) {
        if (count == 0)
            wzp_error_set(&err, status == UV_EAI_MEMORY ? WZP_E_MEMORY : WZP_E_NOT_FOUND,
                          "cannot find \"%s\": %s", r->host,
                          status != 0 ? uv_strerror(status) : "it has no address");
        r->done(r->context, addrs, count, count > 0 ? NULL : &err);
    }
    wzp_free(r);
}

static int start_lookup(struct wzp_host_request *r)
{
    struct addrinfo hints;
    memset(&hints, 0, sizeof hints);
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_DGRAM;
    r->lookup.data = r;
    int result = uv_getaddrinfo(&r->loop->uv, &r->lookup, name_answer, r->host, NULL, &hints);
    if (result == 0)
        wzp_loop_request_add(r->loop, &r->request, (uv_req_t *)&r->lookup);
    return result;
}

static int start_literal(struct wzp_host_request *r)
{
    r->item.close = literal_item_close;
    int result = uv_timer_init(&r->loop->uv, &r->later);
    r->later.data = r;
    return result < 0 ? result : uv_timer_start(&r->later, literal_answer, 0, 0);
}

int wzp_loop_resolve(void *context, struct wzp_host_request **out, const char *name,
                     uint16_t default_port,
                     void (*done)(void *owner, const struct wzp_addr *addrs, size_t count,
                                  const struct wzp_error *err),
                     void *owner, struct wzp_error *err)
{
    *out = NULL;
    struct wzp_host_request *r = wzp_calloc(1, sizeof *r);
    if (!r)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    r->loop = wzp_loop_of(context);
    r->done = done;
    r->context = owner;
    int result = wzp_addr_split(r->host, sizeof r->host, &r->port, name, default_port);
    if (result < 0) {
        wzp_free(r);
        return wzp_error_set(err, result,
                             "this is no address: expected HOST, HOST:PORT or [IPV6]:PORT "
                             "with a port from 1 to 65535");
    }
    if (!knows_zone(r->host, err)) {
        wzp_free(r);
        return WZP_E_RANGE;
    }
    r->is_literal = parse_literal(&r->literal, r->host, r->port);
    result = r->is_literal ? start_literal(r) : start_lookup(r);
    if (result < 0) {
        wzp_free(r);
        return wzp_error_set(err, result == UV_ENOMEM ? WZP_E_MEMORY : WZP_E_IO,
                             "cannot look up a name: %s", uv_strerror(result));
    }
    *out = r;
    return 0;
}

void wzp_loop_resolve_cancel(void *context, struct wzp_host_request *r)
{
    (void)context;
    if (!r)
        return;
    r->done = NULL;
    if (r->is_literal)
        literal_item_close(&r->item);
    else
        uv_cancel((uv_req_t *)&r->lookup); /* a running lookup ends by itself; its result is
                                              ignored */
}
