/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* wzp: the command line. */
#include <stdio.h>

#include "cli/command.h"
#include "cli/process.h"

int main(int argc, char **argv)
{
    wzp_process_begin();
    int status = wzp_command_main(argc, argv);
    /* What could not be written was not done. */
    if ((fflush(stdout) || ferror(stdout)) && status == WZP_EXIT_DONE) {
        fputs("wzp: cannot write to standard output\n", stderr);
        status = WZP_EXIT_USAGE;
    }
    return status;
}
