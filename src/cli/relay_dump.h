/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A listing of the relay's state (relay/listing.h), made step by step on the loop, so that packets
 * are handled in between. */
#ifndef WZP_CLI_RELAY_DUMP_H
#define WZP_CLI_RELAY_DUMP_H

#include "loop/loop.h"
#include "relay/listing.h"

struct wzp_relay_dump;
struct wzp_relay_dump_handlers {
    /* Gets some whole lines. False: no more are wanted; done is then not called. */
    bool (*lines)(void *context, const char *text, size_t length);
    /* The listing is complete; result: 0, or WZP_E_MEMORY or WZP_E_TOO_BIG when the rest is
     * missing. */
    void (*done)(void *context, int result);
};
/* Starts a listing; the first lines come later. *out, which must outlive it, becomes NULL when it
 * ends by itself. handlers and the relay must outlive it. WZP_E_MEMORY, WZP_E_IO. */
int wzp_relay_dump_start(struct wzp_relay_dump **out, struct wzp_loop *l, struct wzp_relay *relay,
                         unsigned parts, const struct wzp_relay_dump_handlers *handlers,
                         void *context);
/* Ends it early; NULL is fine. Not from inside its handlers. */
void wzp_relay_dump_close(struct wzp_relay_dump *d);

#endif
