/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* An outgoing packet, and struct wzp_driver, the four calls of a sans-I/O object (a phone, a
 * relay): loop/ drives such objects in real time over sockets, sim/ in virtual time over simulated
 * links. */
#ifndef WZP_BASE_PACKET_H
#define WZP_BASE_PACKET_H

#include "wzp/types.h"

#endif
