/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The address of a pool's directory: redis://[user:password@]host[:port][/database]; the same with
 * rediss:// for TLS, where ?sha256= at the end may pin the certificate;
 * unix:/path/of/socket[?db=database]; or "memory", which means no directory. %XX is decoded in user
 * and password. No allocation. Source: wzp-relay(8), Configuration. */
#ifndef WZP_RELAY_POOL_URL_H
#define WZP_RELAY_POOL_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wzp/types.h"

struct wzp_pool_url {
    bool is_memory, is_unix;
    char host[256];                /* or the path of the socket */
    char user[128], password[256]; /* "" = none */
    uint16_t port;
    unsigned database;
    bool is_tls, is_pinned;
    uint8_t sha256[32]; /* of the certificate, when is_pinned */
};
/* WZP_E_SYNTAX, WZP_E_RANGE, WZP_E_UNSUPPORTED, with a sentence that shows no password. */
int wzp_pool_url_parse(struct wzp_pool_url *out, const char *text, size_t length,
                       struct wzp_error *err);
/* The URL for display, without user and password. out holds WZP_POOL_URL_SHOWN_MAX; returns out. */
#define WZP_POOL_URL_SHOWN_MAX 320
const char *wzp_pool_url_show(char *out, const struct wzp_pool_url *url);

#endif
