/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The debug tap of a relay as a capture file (relay/tap.h), for wzp analyze and Wireshark. */
#ifndef WZP_CLI_RELAY_TAP_H
#define WZP_CLI_RELAY_TAP_H

#include "loop/loop.h"
#include "wzp/relay.h"

#define WZP_RELAY_TAP_FILE_MAX (1024 * 1024 * 1024) /* bytes; then it ends */

struct wzp_relay_tap_file;
/* Begins a new file (mode 0600) at path. limit: bytes of it. The relay outlives it. WZP_E_DUPLICATE
 * when there is one, WZP_E_IO, WZP_E_REFUSED (no plain file), WZP_E_TOO_BIG (path), WZP_E_MEMORY,
 * with a sentence. */
int wzp_relay_tap_open(struct wzp_relay_tap_file **out, struct wzp_loop *l, struct wzp_relay *relay,
                       const char *path, uint64_t limit, const struct wzp_log *log,
                       struct wzp_error *err);
/* Writes what is left. NULL is fine. */
void wzp_relay_tap_close(struct wzp_relay_tap_file *f);

#endif
