/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One connection to Redis or Valkey: commands go out, replies come in their order. Over TCP, TLS or
 * a socket of the file system. Only in programs with libhiredis, which reads and writes its
 * language. */
#ifndef WZP_LOOP_REDIS_LINE_H
#define WZP_LOOP_REDIS_LINE_H

#include "loop/loop.h"
#include "relay/pool_url.h"

struct redisReply; /* the library's */
struct wzp_redis_line;
/* A reply to a command; NULL: the connection ended before it came. It may close the line. */
typedef void wzp_redis_line_reply(void *context, const struct redisReply *reply);
/* The connection is over, and why: not from inside the functions below. The line is still to be
 * closed. */
typedef void wzp_redis_line_ended(void *context, const char *why);

/* Begins to connect: address is one of url's host, NULL for a socket of the file system. reply_max:
 * bytes of one reply, more ends the connection. WZP_E_MEMORY, WZP_E_IO, WZP_E_CRYPTO, with a
 * sentence. */
int wzp_redis_line_open(struct wzp_redis_line **out, struct wzp_loop *l,
                        const struct wzp_pool_url *url, const struct wzp_addr *address,
                        size_t reply_max, wzp_redis_line_ended *ended, void *context,
                        struct wzp_error *err);
/* Sends a command of so many words, at once or as soon as it is connected. False: no memory, and
 * nothing will be sent. lengths NULL: words end with 0. stays: every further reply is its. */
bool wzp_redis_line_send(struct wzp_redis_line *line, int count, const char **words,
                         const size_t *lengths, bool stays, wzp_redis_line_reply *reply,
                         void *context);
/* Bytes that wait to be sent. */
size_t wzp_redis_line_unsent(const struct wzp_redis_line *line);
/* Who waits for a reply is told that none comes. NULL is fine. */
void wzp_redis_line_close(struct wzp_redis_line *line);

#endif
