/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* wzp-tui. */
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <unistd.h>

#include "cli/tui_command.h"
#include "wire/signal.h"

/* A standard file that is closed would be the next one that is opened, a socket perhaps. */
static void open_standard_files(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
            _exit(1);
}

int main(int argc, char **argv)
{
    open_standard_files();
    setlocale(LC_CTYPE, "");
    signal(SIGPIPE, SIG_IGN);
    wzp_signal_use_allocator();
    return wzp_tui_command_main("wzp-tui", argc, argv);
}
