/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Application error codes of CONNECTION_CLOSE, beside its reason text. Existing programs send 0 and
 * do not read the code. Source: wzp-protocol(7), Closing. */
#ifndef WZP_WIRE_CLOSE_H
#define WZP_WIRE_CLOSE_H

enum wzp_close_code {
    WZP_CLOSE_PLAIN = 0,
    WZP_CLOSE_PEER_AUTH = 1, /* a direct connection did not prove who it is */
    WZP_CLOSE_TOKEN = 2,     /* a token is required, or this one is not accepted */
    WZP_CLOSE_SHUTDOWN = 3,  /* the relay shuts down */
    WZP_CLOSE_PASSWORD = 4,  /* the room requires a password, or this one is wrong */
    WZP_CLOSE_OPERATOR = 5   /* by order of the relay's operator; a member of a room has left it */
};

#endif
