/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* TLS to Redis over a connected socket that does not block. The server's certificate must be valid
 * for the host's name under a trusted root of this system, or be the one whose fingerprint is in
 * the url. */
#ifndef WZP_LOOP_REDIS_TLS_H
#define WZP_LOOP_REDIS_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include "relay/pool_url.h"

struct wzp_redis_tls;
/* url and fd outlive it. WZP_E_MEMORY, WZP_E_CRYPTO (no roots), with a sentence. */
int wzp_redis_tls_new(struct wzp_redis_tls **out, const struct wzp_pool_url *url, int fd,
                      struct wzp_error *err);
/* Goes on with the handshake: 1 done, 0 not yet (*wants_write: it waits to write), WZP_E_CRYPTO
 * with a sentence. */
int wzp_redis_tls_shake(struct wzp_redis_tls *tls, bool *wants_write, struct wzp_error *err);
/* As recv and send: the number of bytes, 0 at the end, WZP_E_AGAIN when it would block,
 * WZP_E_CRYPTO. */
long wzp_redis_tls_read(struct wzp_redis_tls *tls, void *data, size_t length);
long wzp_redis_tls_write(struct wzp_redis_tls *tls, const void *data, size_t length);
/* NULL is fine. */
void wzp_redis_tls_free(struct wzp_redis_tls *tls);

#endif
