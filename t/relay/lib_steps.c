/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "lib_steps.h"

#include <time.h>

#include "tap.h"

static double cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

bool steps_again(const struct steps *s, unsigned runs, double most)
{
    return runs < 5 || (MEASURED && runs < 50 && steps_longest(s) > most);
}

void steps_begin(struct steps *s, bool first)
{
    if (first)
        s->at = 0;
    if (s->at == STEPS_MAX)
        bail("too many steps");
    s->began = cpu_us();
}

void steps_end(struct steps *s)
{
    double took = cpu_us() - s->began;
    if (s->at == s->count)
        s->shortest[s->count++] = took;
    else if (took < s->shortest[s->at])
        s->shortest[s->at] = took;
    s->at++;
}

double steps_longest(const struct steps *s)
{
    double longest = 0;
    for (size_t i = 0; i < s->count; i++)
        longest = s->shortest[i] > longest ? s->shortest[i] : longest;
    return longest;
}
