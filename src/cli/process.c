/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/process.h"

#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <unistd.h>

#include "wire/signal.h"

void wzp_process_begin(void)
{
    /* open takes the lowest that is free. */
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
