/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* wzp: the command line. */
#include "cli/command.h"
#include "cli/process.h"

int main(int argc, char **argv)
{
    wzp_process_begin();
    return wzp_process_end("wzp", wzp_command_main(argc, argv));
}
