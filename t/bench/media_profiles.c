/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What each profile (media/profile.h) achieves in the network state that it is for: how far DRED
 * reaches back, how much of the loss is rebuilt, what the payload is. Ratio: relative to the
 * table's value. */
#include <stdio.h>

/* Benchmarks are built from one file each; this includes the tests' code. */
#include "../media/lib_profile.c"
#include "../media/lib_speech.c"

static void say(const struct wzp_line_profile *p, const char *what, double value, const char *unit,
                double told)
{
    char name[40];
    size_t i = 0;

    for (const char *c = p->name; *c && i + 1 < sizeof name; c++)
        if (*c != ',')
            name[i++] = *c == ' ' ? '_' : *c;
    name[i] = 0;
    printf("{\"name\":\"media_profiles_%s_%s\",\"value\":%.1f,\"unit\":\"%s\"", name, what, value,
           unit);
    if (told > 0)
        printf(",\"ratio\":%.3f", value / told);
    puts("}");
}

int main(void)
{
    size_t count;
    const struct wzp_line_profile *table = wzp_line_profiles(&count);

    for (size_t i = 0; i < count; i++) {
        const struct wzp_line_profile *p = &table[i];
        struct profile_measured m;

        if (!profile_measure(&m, p))
            return 1;
        say(p, "dred_span", m.span_ms, "ms", p->span_ms);
        say(p, "rebuilt", m.recovered_percent, "percent", p->recovered_percent);
        say(p, "payload", m.payload_kbps, "kbit/s", p->payload_kbps);
    }
    return 0;
}
