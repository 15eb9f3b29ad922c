/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One connection to Redis or Valkey (a "line"): sends commands, and receives replies in the same
 * order. Over TCP, TLS or a Unix socket. Only in programs with libhiredis, which formats and parses
 * the protocol. */
#ifndef WZP_LOOP_REDIS_LINE_H
#define WZP_LOOP_REDIS_LINE_H

#include "loop/loop.h"
#include "relay/pool_url.h"

struct redisReply; /* the library's */
struct wzp_redis_line;
/* Gets the reply to a command; NULL: the connection ended first. It may close the line. */
typedef void wzp_redis_line_reply(void *context, const struct redisReply *reply);
/* Called when the connection has ended, with the reason; never from inside the functions below. The
 * owner must still close the line. */
typedef void wzp_redis_line_ended(void *context, const char *why);

/* Begins to connect. address: one of url's host; NULL for a Unix socket. reply_max: largest reply
 * in bytes; a larger one ends the connection. WZP_E_MEMORY, WZP_E_IO, WZP_E_CRYPTO, with a
 * sentence. */
int wzp_redis_line_open(struct wzp_redis_line **out, struct wzp_loop *l,
                        const struct wzp_pool_url *url, const struct wzp_addr *address,
                        size_t reply_max, wzp_redis_line_ended *ended, void *context,
                        struct wzp_error *err);
/* Sends a command of `count` words, at once or as soon as the line is connected. False: out of
 * memory, nothing is sent. lengths NULL: words end with 0. stays: all further replies belong to
 * this command (a subscription). */
bool wzp_redis_line_send(struct wzp_redis_line *line, int count, const char **words,
                         const size_t *lengths, bool stays, wzp_redis_line_reply *reply,
                         void *context);
/* Bytes that wait to be sent. */
size_t wzp_redis_line_unsent(const struct wzp_redis_line *line);
/* Pending reply callbacks are called with NULL. NULL is fine. */
void wzp_redis_line_close(struct wzp_redis_line *line);

#endif
