/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The shared directory of several relays behind one name, kept in Redis or Valkey: one connection
 * for requests and one for subscriptions, both reconnected whenever they break. Each question of a
 * relay is one request; a conditional write is one script on the server, so that it is atomic.
 * Source: wzp-relay(8), Several relays behind one name. */
#ifndef WZP_LOOP_REDIS_H
#define WZP_LOOP_REDIS_H

#include "loop/loop.h"
#include "relay/pool_url.h"
#include "wzp/relay.h"

#define WZP_REDIS_CHANNELS 2
#define WZP_REDIS_PENDING_MAX 16384            /* requests that wait for an answer at a time */
#define WZP_REDIS_UNSENT_MAX (8 * 1024 * 1024) /* bytes that wait to be sent */
#define WZP_REDIS_REPLY_MAX (1024 * 1024)      /* bytes of one reply; more ends the connection */

struct wzp_redis;
/* Callbacks to the owner, which passes them on to the functions of wzp/relay.h with like names.
 * None is called from inside wzp_redis_ask. */
struct wzp_redis_calls {
    void *context;
    void (*answer)(void *context, uint64_t number, int result, const char *value, size_t length);
    void (*heard)(void *context, const char *text, size_t length);
    void (*state)(void *context, bool is_up, const char *why);
};
/* False: this program was built without libhiredis. */
bool wzp_redis_available(void);
/* Begins to connect, retrying without limit; subscribes to these channels. url is copied.
 * WZP_E_UNSUPPORTED (see above), WZP_E_MEMORY, WZP_E_IO, with a sentence. */
int wzp_redis_new(struct wzp_redis **out, struct wzp_loop *l, const struct wzp_pool_url *url,
                  const char channels[WZP_REDIS_CHANNELS][64], const struct wzp_redis_calls *calls,
                  struct wzp_error *err);
/* Sends one request. False: it cannot now (not connected, or too many wait). */
bool wzp_redis_ask(struct wzp_redis *redis, const struct wzp_pool_request *request);
/* No callback is made afterwards. NULL is fine. */
void wzp_redis_close(struct wzp_redis *redis);

#endif
