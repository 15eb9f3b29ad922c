/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* URLs of a pool's directory, as people write them. */
#include "relay/pool_url.h"

#include <string.h>

#include "tap.h"

#define HEX "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static struct wzp_pool_url url;

static int parse(const char *text)
{
    struct wzp_error err = {0};
    int result = wzp_pool_url_parse(&url, text, strlen(text), &err);
    if (result < 0 && !err.text[0])
        ok(false, "a sentence about %s", text);
    if (strstr(err.text, "secret"))
        ok(false, "no password in: %s", err.text);
    return result;
}

TAP_MAIN
{
    char shown[WZP_POOL_URL_SHOWN_MAX];
    ok(parse("memory") == 0 && url.is_memory, "memory is none");
    ok(parse("redis://ann:secret@redis.example.net:7000/3") == 0 && !url.is_tls &&
           url.port == 7000 && url.database == 3,
       "everything is named");
    is_str(wzp_pool_url_show(shown, &url), "redis://redis.example.net:7000/3",
           "people are shown no password");
    ok(parse("rediss://:secret@[2001:db8::1]") == 0 && url.is_tls && !url.is_pinned &&
           url.port == 6379,
       "TLS, by the roots of the system");
    is_str(wzp_pool_url_show(shown, &url), "rediss://[2001:db8::1]:6379/0", "is shown as such");
    ok(parse("rediss://redis/2?sha256=" HEX) == 0 && url.is_pinned && url.database == 2 &&
           url.sha256[0] == 0 && url.sha256[31] == 0x1f,
       "or by a fingerprint");
    ok(parse("rediss://:p%3Fq@redis?sha256=" HEX) == 0 && strcmp(url.password, "p?q") == 0,
       "a ? in a password is %%3F");
    static const char *const bad[] = {"rediss://redis?sha256=12",
                                      "rediss://redis?sha256=" HEX "00",
                                      "rediss://redis?md5=" HEX,
                                      "rediss://redis?",
                                      "rediss://",
                                      "rediss://:secret@",
                                      "redis://redis?sha256=" HEX,
                                      "redis-cluster://redis",
                                      "redis://redis:0",
                                      "redis://redis/x",
                                      "unix:here",
                                      "unix:/socket?sha256=" HEX};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ok(parse(bad[i]) < 0, "refused: %s", bad[i]);
}
