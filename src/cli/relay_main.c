/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* wzp-relay. */
#include "cli/process.h"
#include "cli/relay_web.h"

int main(int argc, char **argv)
{
    wzp_process_begin();
    return wzp_process_end("wzp-relay", wzp_relay_command_main("wzp-relay", argc, argv));
}
