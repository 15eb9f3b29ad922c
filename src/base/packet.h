/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One thing to send, and the four calls of a sans-I/O object (a phone, a relay) as its drivers hold
 * it: loop/ drives it in real time over sockets, sim/ in virtual time over made-up links. */
#ifndef WZP_BASE_PACKET_H
#define WZP_BASE_PACKET_H

#include "wzp/types.h"

#endif
