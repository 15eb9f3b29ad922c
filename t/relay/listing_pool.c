/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The operator's listing of the relays of a pool. */
#include "relay/listing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib_pool.h"
#include "tap.h"

static struct pool p;
static struct fake ann, bob, eve;

/* Relay n's listing of its pool; static memory. */
static const char *told(size_t n)
{
    static char text[4096];
    struct wzp_relay_listing l;
    struct wzp_buffer out;
    wzp_buffer_init(&out, sizeof text - 1);
    wzp_relay_listing_begin(&l, pool_relay(&p, n), WZP_RELAY_LISTING_POOL);
    while (wzp_relay_listing_step(&l, &out, pool_now(&p)))
        ;
    snprintf(text, sizeof text, "%s", out.length ? out.text : "");
    wzp_buffer_fini(&out);
    return text;
}

/* The line about relay `of` in relay n's listing, or "". */
static const char *line(size_t n, size_t of)
{
    static char found[512];
    char address[64];
    const char *text = told(n);
    snprintf(address, sizeof address, "\"address\":\"10.0.%zu.1:4433\"", of);
    const char *at = strstr(text, address);
    while (at && at > text && at[-1] != '\n')
        at--;
    snprintf(found, sizeof found, "%.*s", at ? (int)strcspn(at, "\n") : 0, at ? at : "");
    return found;
}

static void come(size_t n, struct fake *fake, uint8_t seed)
{
    if (!pool_come(&p, n, fake, seed, WZP_REGISTRATION_PROVEN, "192.0.2.1:1000", WZP_SECOND))
        bail("nobody registers");
}

TAP_MAIN
{
    char number[32];
    pool_raise(&p, 3, NULL);
    come(0, &ann, 1);
    come(1, &bob, 2);
    come(1, &eve, 3);
    fake_offer(pool_relay(&p, 0), &ann, fake_name(2), "c1", pool_now(&p));
    pool_run(&p, 50 * WZP_MILLISECOND);
    fake_send(pool_relay(&p, 1), &bob,
              "{\"DirectCallAnswer\":{\"call_id\":\"c1\",\"accept_mode\":\"AcceptTrusted\"}}",
              pool_now(&p));
    pool_run(&p, 3 * WZP_SECOND);
    ok(strncmp(told(0), "{\"kind\":\"pool\",", 15) == 0 &&
           strstr(told(0), "\"directory_up\":true,") && strstr(told(0), "\"relays\":2}"),
       "whether the directory answers, and how many relays there are: %.120s", told(0));
    ok(strstr(line(0, 1), "\"people\":2,\"calls\":1}") != NULL,
       "a relay with its people, and its calls with this one: %s", line(0, 1));
    ok(strstr(line(0, 2), "\"people\":0,\"calls\":0}") != NULL, "one without any: %s", line(0, 2));
    ok(strstr(line(1, 0), "\"people\":1,\"calls\":1}") != NULL, "the other side says the same");
    snprintf(number, sizeof number, "\"relay\":\"%016llx\"",
             (unsigned long long)pool_relay(&p, 1)->pool.own);
    ok(strstr(line(0, 1), number) && strstr(told(1), number),
       "a relay has the number by which it calls itself");
    wzp_sim_relay_crash(&p.relays[2]);
    pool_run(&p, 5 * WZP_SECOND);
    const char *heard = strstr(line(0, 2), "\"heard_ms\":");
    ok(heard && strtoul(heard + 11, NULL, 10) >= 5000, "when a relay was heard last: %s",
       heard ? heard : "-");
    pool_run(&p, 5 * WZP_SECOND);
    is_str(line(0, 2), "", "one that died is not told for long");
    fake_gone(pool_relay(&p, 0), &ann, pool_now(&p));
    fake_gone(pool_relay(&p, 1), &bob, pool_now(&p));
    fake_gone(pool_relay(&p, 1), &eve, pool_now(&p));
    pool_lower(&p);

    struct wzp_relay *alone = fake_relay(NULL);
    struct wzp_relay_listing l;
    struct wzp_buffer out;
    wzp_buffer_init(&out, 4096);
    wzp_relay_listing_begin(&l, alone, WZP_RELAY_LISTING_POOL);
    while (wzp_relay_listing_step(&l, &out, 0))
        ;
    is_int(out.length, 0, "a relay without a directory tells nothing of a pool");
    wzp_buffer_fini(&out);
    wzp_relay_free(alone);
}
