/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The scripts of this folder: each is a test of its own in virtual time. */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "script/lib_script.h"
#include "tap.h"

static struct play p;

static void run_file(const char *path)
{
    size_t length;
    const char *slash = strrchr(path, '/');
    char *text = tap_read_file(path, &length);
    struct wzp_script_config config = {.tier = WZP_SCRIPT_TEST,
                                       .tap = true,
                                       .in_virtual_time = true,
                                       .seed = 1,
                                       .name = slash ? slash + 1 : path};
    play_open(&p);
    int result = play_load(&p, &config, text);
    free(text);
    if (!result)
        play_run(&p);
    play_end(&p);
    play_close(&p);
    bool passed = !result && p.status == WZP_SCRIPT_PASSED && p.over;
    ok(passed, "%s passes%s%s", config.name, p.err.text[0] ? ": " : "", p.err.text);
    if (passed)
        return;
    for (char *line = strtok(p.output, "\n"); line; line = strtok(NULL, "\n"))
        if (strncmp(line + strspn(line, " "), "ok ", 3) != 0)
            note("%s", line);
    for (char *line = strtok(p.log, "\n"); line; line = strtok(NULL, "\n"))
        note("log: %s", line);
}

TAP_MAIN
{
    glob_t found;
    const char *only = getenv("WZP_SCRIPT");
    if (glob(tap_source_path("t/script/*.lua"), 0, NULL, &found))
        bail("no scripts");
    for (size_t i = 0; i < found.gl_pathc; i++)
        if (!only || strstr(found.gl_pathv[i], only))
            run_file(found.gl_pathv[i]);
    globfree(&found);
}
