/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/echo.h"

#include <string.h>

static void hear(void *context, const int16_t *pcm, size_t samples, uint64_t now)
{
    struct wzp_echo *e = context;

    (void)now;
    e->filled = samples < WZP_ECHO_SAMPLES ? samples : WZP_ECHO_SAMPLES;
    memcpy(e->pcm, pcm, e->filled * sizeof *pcm);
}

static size_t say(void *context, int16_t *pcm, size_t samples, uint64_t now)
{
    struct wzp_echo *e = context;
    size_t count = e->filled < samples ? e->filled : samples;

    (void)now;
    memcpy(pcm, e->pcm, count * sizeof *pcm);
    e->filled = 0;
    return count;
}

struct wzp_session_audio wzp_echo_audio(struct wzp_echo *e)
{
    return (struct wzp_session_audio){.say = say, .hear = hear, .context = e};
}
