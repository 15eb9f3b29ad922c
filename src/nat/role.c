/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "nat/role.h"

#include <string.h>

enum wzp_role wzp_role_choose(const char *own, const char *peer)
{
    if (!own || !peer || !own[0] || !peer[0])
        return WZP_ROLE_NONE;
    int order = strcmp(own, peer);
    if (order == 0)
        return WZP_ROLE_NONE;
    return order < 0 ? WZP_ROLE_ACCEPTOR : WZP_ROLE_DIALER;
}

enum wzp_role wzp_role_choose_or_break_tie(const char *own, const char *peer,
                                           const char *own_fingerprint,
                                           const char *peer_fingerprint)
{
    enum wzp_role role = wzp_role_choose(own, peer);
    return role != WZP_ROLE_NONE ? role : wzp_role_choose(own_fingerprint, peer_fingerprint);
}

const char *wzp_role_name(enum wzp_role role)
{
    return role == WZP_ROLE_ACCEPTOR ? "acceptor" : role == WZP_ROLE_DIALER ? "dialer" : "none";
}
