/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/waiting.h"

#include <signal.h>
#include <stddef.h>

int wzp_interrupts_start(struct wzp_interrupts *out, struct wzp_loop *l,
                         void (*fire)(void *context, int number), void *context,
                         struct wzp_error *err)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        int result = wzp_signal_watch_start(&out->watches[i], l, numbers[i], fire, context);
        if (result)
            return wzp_error_set(err, result, "cannot watch for signals");
    }
    return 0;
}

void wzp_interrupts_close(struct wzp_interrupts *interrupts)
{
    for (size_t i = 0; i < sizeof interrupts->watches / sizeof interrupts->watches[0]; i++)
        wzp_signal_watch_close(interrupts->watches[i]);
    *interrupts = (struct wzp_interrupts){{NULL}};
}

int wzp_turn_start(struct wzp_timer **timer, struct wzp_loop *l, uint64_t delay,
                   void (*fire)(void *context), void *context)
{
    wzp_turn_close(timer);
    int result = wzp_timer_start(timer, l, delay, 0, fire, context);
    if (result)
        *timer = NULL;
    return result;
}

void wzp_turn_close(struct wzp_timer **timer)
{
    wzp_timer_close(*timer);
    *timer = NULL;
}
