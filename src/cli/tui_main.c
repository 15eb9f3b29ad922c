/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* wzp-tui. */
#include "cli/process.h"
#include "cli/tui_command.h"

int main(int argc, char **argv)
{
    wzp_process_begin();
    return wzp_process_end("wzp-tui", wzp_tui_command_main("wzp-tui", argc, argv));
}
