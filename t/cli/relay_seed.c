/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The identity of a relay: created once, also by several relays that start at once. */
#include "cli/relay_seed.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

#define PROGRAMS 8

/* The fingerprint that a starting program has, "" when it cannot start. */
static void start(char out[WZP_FINGERPRINT_TEXT_MAX], const char *path)
{
    const struct wzp_log silent = {0};
    struct wzp_identity identity;
    memset(out, 0, WZP_FINGERPRINT_TEXT_MAX);
    if (wzp_relay_seed_load(&identity, path, &silent, NULL) == 0)
        memcpy(out, identity.fingerprint_text, WZP_FINGERPRINT_TEXT_MAX);
    wzp_identity_wipe(&identity);
}

static void start_all(char all[PROGRAMS][WZP_FINGERPRINT_TEXT_MAX], const char *path)
{
    int go[2], back[2];
    char byte = 0;
    if (pipe(go) || pipe(back))
        bail("no pipes");
    for (int i = 0; i < PROGRAMS; i++) {
        if (fork() != 0)
            continue;
        char text[WZP_FINGERPRINT_TEXT_MAX];
        close(go[1]);
        (void)!read(go[0], &byte, 1); /* waits until all have started */
        start(text, path);
        ssize_t n = write(back[1], text, sizeof text);
        _exit(n < 0);
    }
    close(go[0]);
    close(go[1]);
    for (int i = 0; i < PROGRAMS; i++)
        if (read(back[0], all[i], WZP_FINGERPRINT_TEXT_MAX) != WZP_FINGERPRINT_TEXT_MAX)
            bail("a program said nothing");
    while (wait(NULL) > 0)
        continue;
    close(back[0]);
    close(back[1]);
}

TAP_MAIN
{
    char all[PROGRAMS][WZP_FINGERPRINT_TEXT_MAX], path[600], again[WZP_FINGERPRINT_TEXT_MAX];
    for (int round = 0; round < (tap_oom_mode() ? 0 : 5); round++) {
        unsigned same = 0;
        snprintf(path, sizeof path, "%s/%d/relay-identity", tap_temporary_folder(), round);
        start_all(all, path);
        for (int i = 0; i < PROGRAMS; i++)
            same += all[i][0] && strcmp(all[i], all[0]) == 0;
        is_int(same, PROGRAMS, "%d relays that start for the first time are one", PROGRAMS);
        start(again, path);
        is_str(again, all[0], "and stay it");
    }
    snprintf(path, sizeof path, "%s/one/relay-identity", tap_temporary_folder());
    start(all[0], path);
    start(again, path);
    is_str(again, all[0], "a relay is who it was");
    is_int(wzp_relay_seed_check(path, NULL), 0, "and its file is good");
}
