/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* wzp-relay. */
#include <locale.h>
#include <signal.h>

#include "cli/relay_web.h"
#include "wire/signal.h"

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "");
    signal(SIGPIPE, SIG_IGN);
    wzp_signal_use_allocator();
    return wzp_relay_command_main("wzp-relay", argc, argv);
}
