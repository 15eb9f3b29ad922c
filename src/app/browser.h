/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A web browser in a room: a phone of this process that sends what the browser sends, and returns
 * to the browser what is received, over the browser protocol (messages of JSON, then frames of PCM,
 * 48 kHz mono, 16 bits, little endian). To the relay this phone is a client like any other, with an
 * identity that lasts as long as the browser stays, so that every rule for clients applies. The
 * caller carries the messages. Source: wzp-protocol(7), Browsers. */
#ifndef WZP_APP_BROWSER_H
#define WZP_APP_BROWSER_H

#include "wzp/host.h"
#include "wzp/types.h"

#define WZP_BROWSER_SOUND_MAX 3840  /* bytes of one frame from the browser */
#define WZP_BROWSER_FIRST_TIME_S 10 /* time limit for the message with a token or password */
#define WZP_BROWSER_PARTING_MS 100
/* samples from the browser that may wait: older ones are dropped */
#define WZP_BROWSER_BACKLOG_MAX 4800

struct wzp_browser_calls {
    /* A JSON message for the browser. */
    void (*text)(void *context, const char *text, size_t length);
    /* A frame of received sound for the browser, every 20 ms. */
    void (*sound)(void *context, const uint8_t *data, size_t length);
    /* The session with the browser is over, for that reason; the last call. Not from inside
     * wzp_browser_new. */
    void (*ended)(void *context, const char *why);
};
struct wzp_browser_options {
    const char *room;
    struct wzp_addr relay; /* where our relay listens */
    /* the local address of the phone's port, port 0: for the relay's limits the browser counts as
     * that address */
    struct wzp_addr from;
    bool wants_token; /* the relay requires a token, so the browser must send one first */
    const char *build;
    const struct wzp_browser_calls *calls; /* must outlive the browser object, as must context */
    void *context;
};
struct wzp_browser_stats {
    uint64_t frames_in, frames_out; /* of 20 ms, from and to the browser */
    uint64_t samples_dropped;       /* dropped because they came faster than they are sent */
    bool token_refused;
};
struct wzp_browser;
/* Starts. WZP_E_SYNTAX, WZP_E_REFUSED (not a room's name), WZP_E_NETWORK, WZP_E_MEMORY with a
 * sentence. */
int wzp_browser_new(struct wzp_browser **out, const struct wzp_host *host,
                    const struct wzp_browser_options *options, struct wzp_error *err);
/* To be called for a message from the browser. Not from inside the functions of `calls`. */
void wzp_browser_text(struct wzp_browser *b, const char *text, size_t length);
void wzp_browser_sound(struct wzp_browser *b, const uint8_t *data, size_t length);
void wzp_browser_stats(const struct wzp_browser *b, struct wzp_browser_stats *out);
/* Leaves the room without telling the browser, and frees the object WZP_BROWSER_PARTING_MS later,
 * when the relay has been told; may be called from inside the functions of `calls`, which are not
 * called any more. NULL is fine. */
void wzp_browser_leave(struct wzp_browser *b);

#endif
