/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/waiting.h"

#include <signal.h>
#include <stddef.h>

static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};

/* Set by a handler in front of the loop's own ones, which report nothing before the loop turns. */
static volatile sig_atomic_t seen;
static void (*loops[NSIG])(int);

static void note(int number)
{
    seen = 1;
    loops[number](number);
}

static void go_in_front(int number)
{
    struct sigaction action;
    if (sigaction(number, NULL, &action) || (action.sa_flags & SA_SIGINFO) ||
        action.sa_handler == note || action.sa_handler == SIG_DFL || action.sa_handler == SIG_IGN)
        return;
    loops[number] = action.sa_handler;
    action.sa_handler = note;
    (void)sigaction(number, &action, NULL);
}

bool wzp_interrupts_seen(void)
{
    return seen;
}

int wzp_interrupts_start(struct wzp_interrupts *out, struct wzp_loop *l,
                         void (*fire)(void *context, int number), void *context,
                         struct wzp_error *err)
{
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        int result = wzp_signal_watch_start(&out->watches[i], l, numbers[i], fire, context);
        if (result)
            return wzp_error_set(err, result, "cannot watch for signals");
        go_in_front(numbers[i]);
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
