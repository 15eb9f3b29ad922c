/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/relay_dump.h"

#include "base/alloc.h"
#include "base/time.h"

#define STEP (2 * WZP_MILLISECOND) /* between steps, for packets */

struct wzp_relay_dump {
    struct wzp_relay_dump **place;
    struct wzp_loop *loop;
    struct wzp_timer *timer;
    struct wzp_relay_listing listing;
    const struct wzp_relay_dump_handlers *handlers;
    void *context;
};

void wzp_relay_dump_close(struct wzp_relay_dump *d)
{
    if (!d)
        return;
    *d->place = NULL;
    wzp_timer_close(d->timer);
    wzp_free(d);
}

static void on_time(void *context)
{
    struct wzp_relay_dump *d = context;
    struct wzp_buffer text;
    wzp_buffer_init(&text, WZP_RELAY_LISTING_STEP_MAX);
    bool more = wzp_relay_listing_step(&d->listing, &text, wzp_loop_now(d->loop));
    int result = text.result;
    bool wanted = text.length == 0 || d->handlers->lines(d->context, text.text, text.length);
    wzp_buffer_fini(&text);
    if (more && wanted)
        return;
    void (*done)(void *context, int result) = d->handlers->done;
    void *whose = d->context;
    wzp_relay_dump_close(d);
    if (wanted)
        done(whose, result);
}

int wzp_relay_dump_start(struct wzp_relay_dump **out, struct wzp_loop *l, struct wzp_relay *relay,
                         unsigned parts, const struct wzp_relay_dump_handlers *handlers,
                         void *context)
{
    struct wzp_relay_dump *d = wzp_calloc(1, sizeof *d);
    *out = NULL;
    if (!d)
        return WZP_E_MEMORY;
    d->place = out;
    d->loop = l;
    d->handlers = handlers;
    d->context = context;
    wzp_relay_listing_begin(&d->listing, relay, parts);
    int result = wzp_timer_start(&d->timer, l, STEP, STEP, on_time, d);
    if (result)
        wzp_free(d);
    else
        *out = d;
    return result;
}
