/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/words.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

static int mute(struct wzp_client *c, wzp_session_id session, struct wzp_error *err)
{
    int result = wzp_phone_mute(c->phone, session, true, wzp_loop_now(c->loop));
    return result ? wzp_error_set(err, result, "%s", wzp_strerror(result)) : 0;
}

static int unmute(struct wzp_client *c, wzp_session_id session, struct wzp_error *err)
{
    int result = wzp_phone_mute(c->phone, session, false, wzp_loop_now(c->loop));
    return result ? wzp_error_set(err, result, "%s", wzp_strerror(result)) : 0;
}

static int hold(struct wzp_client *c, wzp_session_id session, struct wzp_error *err)
{
    int result = wzp_phone_hold(c->phone, session, true, wzp_loop_now(c->loop));
    return result ? wzp_error_set(err, result, "%s", wzp_strerror(result)) : 0;
}

static int resume(struct wzp_client *c, wzp_session_id session, struct wzp_error *err)
{
    int result = wzp_phone_hold(c->phone, session, false, wzp_loop_now(c->loop));
    return result ? wzp_error_set(err, result, "%s", wzp_strerror(result)) : 0;
}

static int verify(struct wzp_client *c, wzp_session_id session, struct wzp_error *err)
{
    int result = wzp_phone_verify_peer(c->phone, session, wzp_loop_now(c->loop));
    if (result == WZP_E_STATE)
        return wzp_error_set(err, result,
                             "there is no safety code: nothing encrypted has come yet");
    return result ? wzp_error_set(err, result, "%s", wzp_strerror(result)) : 0;
}

static int hangup(struct wzp_client *c, wzp_session_id session, struct wzp_error *err)
{
    return wzp_phone_hangup(c->phone, session, wzp_loop_now(c->loop), err);
}

static const struct wzp_word words[] = {
    {"mute", "nobody hears you", mute, "you are muted"},
    {"unmute", "you are heard again", unmute, "you are heard"},
    {"hold", "you hear nobody, and nobody hears you", hold, "the call is on hold"},
    {"resume", "the end of hold", resume, "the call goes on"},
    {"verify", "you compared the safety code, and it agrees", verify,
     "remembered: you compared the safety code"},
    {"hangup", "ends the call, or leaves the room", hangup, NULL},
};

const struct wzp_word *wzp_word(size_t i)
{
    return i < sizeof words / sizeof words[0] ? &words[i] : NULL;
}

static void help(void)
{
    const struct wzp_word *w;
    for (size_t i = 0; (w = wzp_word(i)); i++)
        fprintf(stderr, "  %-8s %s\n", w->name, w->help);
}

static const struct wzp_word *find(const char *name)
{
    const struct wzp_word *w;
    for (size_t i = 0; (w = wzp_word(i)); i++)
        if (strcmp(w->name, name) == 0)
            return w;
    return NULL;
}

static void on_line(void *context, const char *line)
{
    struct wzp_client *c = context;
    struct wzp_error err = {0};
    if (!line || c->stopping || !line[strspn(line, " \t")])
        return;
    const struct wzp_word *w = find(line);
    wzp_session_id session = wzp_phone_session(c->phone, 0);
    if (!w) {
        help();
    } else if (!session) {
        fprintf(stderr, "wzp %s: there is no call\n", c->command);
    } else if (w->run(c, session, &err)) {
        fprintf(stderr, "wzp %s: %s\n", c->command, err.text);
    } else {
        if (w->done)
            fprintf(stderr, "wzp %s: %s\n", c->command, w->done);
        wzp_client_kick(c);
    }
}

int wzp_client_words_start(struct wzp_client *c, struct wzp_error *err)
{
    bool foreground = isatty(STDIN_FILENO) && tcgetpgrp(STDIN_FILENO) == getpgrp();
    if (!c->options.words && !foreground)
        return 0;
    /* Sent to the background later, we lose the words, and the call goes on. */
    signal(SIGTTIN, SIG_IGN);
    int result = wzp_lines_start(&c->words, c->loop, STDIN_FILENO, on_line, c);
    if (result && !c->options.words)
        return 0; /* a terminal that cannot be watched */
    return result ? wzp_error_set(err, result, "cannot read words from standard input") : 0;
}
