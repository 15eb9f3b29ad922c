/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A listing of the relay (relay/listing.h), written step by step on the loop, with the packets of
 * everybody in between. */
#ifndef WZP_CLI_RELAY_DUMP_H
#define WZP_CLI_RELAY_DUMP_H

#include "loop/loop.h"
#include "relay/listing.h"

struct wzp_relay_dump;
struct wzp_relay_dump_handlers {
    /* Some whole lines. False: nobody wants more, and done does not follow. */
    bool (*lines)(void *context, const char *text, size_t length);
    /* That was all; result: 0, or WZP_E_MEMORY, WZP_E_TOO_BIG and the rest is missing. */
    void (*done)(void *context, int result);
};
/* Begins, the first lines come later. *out (which outlives it) becomes NULL when it ends by itself.
 * handlers and the relay outlive it. WZP_E_MEMORY, WZP_E_IO. */
int wzp_relay_dump_start(struct wzp_relay_dump **out, struct wzp_loop *l, struct wzp_relay *relay,
                         unsigned parts, const struct wzp_relay_dump_handlers *handlers,
                         void *context);
/* Ends it early; NULL is fine. Not from inside its handlers. */
void wzp_relay_dump_close(struct wzp_relay_dump *d);

#endif
