/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A browser in a room: a phone of this process that says what the browser sends and sends it what
 * is heard, over the browser's own protocol (messages of JSON, then frames of PCM, 48 kHz mono, 16
 * bits, little endian). To the relay it is a client like any other, with an identity for as long as
 * it stays, so that every rule for clients holds. Who carries the messages is up to the caller.
 * Source: wzp-protocol(7), Browsers. */
#ifndef WZP_APP_BROWSER_H
#define WZP_APP_BROWSER_H

#include "wzp/host.h"
#include "wzp/types.h"

#define WZP_BROWSER_SOUND_MAX 3840  /* bytes of one from it */
#define WZP_BROWSER_FIRST_TIME_S 10 /* for the message with a token or password */
#define WZP_BROWSER_PARTING_MS 100
#define WZP_BROWSER_BACKLOG_MAX 4800 /* samples of it that wait: what is older is dropped */

struct wzp_browser_calls {
    /* A message of JSON for it. */
    void (*text)(void *context, const char *text, size_t length);
    /* A frame of what is heard for it, every 20 ms. */
    void (*sound)(void *context, const uint8_t *data, size_t length);
    /* It is over, for that reason; last call. Not from inside wzp_browser_new. */
    void (*ended)(void *context, const char *why);
};
struct wzp_browser_options {
    const char *room;
    struct wzp_addr relay; /* where our relay listens */
    struct wzp_addr from;  /* to bind to, port 0: the relay counts it as that address */
    bool wants_token;      /* the relay asks for one, and so do we first */
    const char *build;
    const struct wzp_browser_calls *calls; /* outlive it, as does context */
    void *context;
};
struct wzp_browser_stats {
    uint64_t frames_in, frames_out; /* of 20 ms, from and to the browser */
    uint64_t samples_dropped;       /* that came faster than they are said */
    bool token_refused;
};
struct wzp_browser;
/* Begins. WZP_E_SYNTAX, WZP_E_REFUSED (no name of a room), WZP_E_NETWORK, WZP_E_MEMORY with a
 * sentence. */
int wzp_browser_new(struct wzp_browser **out, const struct wzp_host *host,
                    const struct wzp_browser_options *options, struct wzp_error *err);
/* A message came. Not from inside its calls. */
void wzp_browser_text(struct wzp_browser *b, const char *text, size_t length);
void wzp_browser_sound(struct wzp_browser *b, const uint8_t *data, size_t length);
void wzp_browser_stats(const struct wzp_browser *b, struct wzp_browser_stats *out);
/* Leaves the room, without a word to the browser, and frees itself WZP_BROWSER_PARTING_MS later,
 * when the relay has heard of it; also from inside its calls, of which there are no more. NULL is
 * fine. */
void wzp_browser_leave(struct wzp_browser *b);

#endif
