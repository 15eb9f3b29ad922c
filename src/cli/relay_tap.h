/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The debug tap of a relay (relay/tap.h), which copies the packets of chosen rooms, written as a
 * capture file for wzp analyze and Wireshark. */
#ifndef WZP_CLI_RELAY_TAP_H
#define WZP_CLI_RELAY_TAP_H

#include "loop/loop.h"
#include "wzp/relay.h"

#define WZP_RELAY_TAP_FILE_MAX (1024 * 1024 * 1024) /* bytes; then the tap ends */

struct wzp_relay_tap_file;
/* Begins a new file (mode 0600) at path. limit: bytes of it. The relay must outlive it.
 * WZP_E_DUPLICATE when it exists, WZP_E_IO, WZP_E_REFUSED (not a regular file), WZP_E_TOO_BIG
 * (path), WZP_E_MEMORY, with a sentence. */
int wzp_relay_tap_open(struct wzp_relay_tap_file **out, struct wzp_loop *l, struct wzp_relay *relay,
                       const char *path, uint64_t limit, const struct wzp_log *log,
                       struct wzp_error *err);
/* Writes what is left. NULL is fine. */
void wzp_relay_tap_close(struct wzp_relay_tap_file *f);

#endif
