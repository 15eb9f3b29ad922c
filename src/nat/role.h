/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Who dials and who accepts on the direct path. Each side decides on its own, and the two must
 * decide opposite roles, so the texts of the two reflexive addresses are compared as strings, as
 * the existing clients do. Source: wzp-protocol(7), Roles. */
#ifndef WZP_NAT_ROLE_H
#define WZP_NAT_ROLE_H

enum wzp_role { WZP_ROLE_NONE, WZP_ROLE_ACCEPTOR, WZP_ROLE_DIALER };

/* The smaller text accepts, the larger dials. NULL, "" or equal texts: no role, and with peers of
 * the existing network no race. */
enum wzp_role wzp_role_choose(const char *own, const char *peer);
/* The same, but between two of our programs a missing role is derived from their fingerprints. */
enum wzp_role wzp_role_choose_or_break_tie(const char *own, const char *peer,
                                           const char *own_fingerprint,
                                           const char *peer_fingerprint);
/* "none", "acceptor", "dialer". */
const char *wzp_role_name(enum wzp_role role);

#endif
