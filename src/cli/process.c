/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/process.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "cli/command.h"
#include "wire/signal.h"
#include "wzp_build.h"

void wzp_process_begin(void)
{
    /* open returns the lowest free descriptor. */
    for (int fd = open("/dev/null", O_RDWR); fd >= 0; fd = open("/dev/null", O_RDWR)) {
        if (fd <= STDERR_FILENO)
            continue;
        close(fd);
        break;
    }
    setlocale(LC_CTYPE, "");
    signal(SIGPIPE, SIG_IGN);
    wzp_signal_use_allocator();
}

int wzp_process_end(const char *program, int status)
{
    if ((fflush(stdout) == 0 && !ferror(stdout)) || status != WZP_EXIT_DONE)
        return status;
    fprintf(stderr, "%s: cannot write to standard output\n", program);
    return WZP_EXIT_USAGE;
}

void wzp_process_lua_path(char out[WZP_PROCESS_LUA_PATH_MAX])
{
    char self[1024], known[1100];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    self[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(self, '/');
    if (slash)
        *slash = '\0';
    /* Folders beside the programs' own: of the source tree, or of an installation that was
     * moved. */
    static const char *const places[] = {"../lua", "../share/wzp/lua"};
    for (size_t i = 0; slash && i < sizeof places / sizeof places[0]; i++) {
        snprintf(known, sizeof known, "%s/%s/meta/wzp.lua", self, places[i]);
        if (access(known, R_OK) != 0)
            continue;
        snprintf(out, WZP_PROCESS_LUA_PATH_MAX, "%s/%s/?.lua;%s/lua/?.lua", self, places[i],
                 WZP_DATA_DIR);
        return;
    }
    snprintf(out, WZP_PROCESS_LUA_PATH_MAX, "%s/lua/?.lua", WZP_DATA_DIR);
}

int wzp_process_demo_folder(char out[WZP_PROCESS_FOLDER_MAX], struct wzp_error *err)
{
    const char *place = getenv("TMPDIR");
    if (!place || place[0] != '/' || strlen(place) > 400)
        place = "/tmp";
    snprintf(out, WZP_PROCESS_FOLDER_MAX, "%s/wzp-demo-XXXXXX", place);
    if (mkdtemp(out))
        return 0;
    out[0] = '\0';
    return wzp_error_set(err, WZP_E_IO, "cannot make a folder in %.200s: %s", place,
                         strerror(errno));
}
