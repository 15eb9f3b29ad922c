/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* wzp: the command line. */
#include <locale.h>
#include <signal.h>

#include "cli/command.h"
#include "wire/signal.h"

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "");
    signal(SIGPIPE, SIG_IGN); /* a closed reader of our output is an error code, not a death */
    wzp_signal_use_allocator();
    int status = wzp_command_main(argc, argv);
    /* What could not be written was not done. */
    if ((fflush(stdout) || ferror(stdout)) && status == WZP_EXIT_DONE) {
        fputs("wzp: cannot write to standard output\n", stderr);
        status = WZP_EXIT_USAGE;
    }
    return status;
}
