/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/direct_proof.h"

#include <string.h>

#include "base/bytes.h"
#include "phone/call_tell.h"
#include "phone/link.h"

const struct wzp_e2e_session *wzp_direct_keys(const struct wzp_call *c)
{
    if (c->outcome != WZP_POLICY_SEALED)
        return NULL;
    return wzp_call_keys(c);
}

static int make_mac(uint8_t mac[32], const struct wzp_call *c, const struct wzp_link *link,
                    bool own_direction)
{
    const struct wzp_e2e_session *keys = wzp_direct_keys(c);
    const char *id = c->session.call_id;
    uint8_t exporter[WZP_EXPORTER_SIZE];

    if (!keys || !link->conn)
        return WZP_E_STATE;
    int result = wzp_quic_conn_export(link->conn, exporter, WZP_EXPORTER_PEER, id, strlen(id));
    if (result == 0)
        wzp_e2e_peer_mac(mac, keys, own_direction, exporter, id);
    wzp_wipe(exporter, sizeof exporter);
    return result;
}

int wzp_direct_send_proof(const struct wzp_call *c, struct wzp_link *link, uint64_t now)
{
    struct wzp_signal proof;
    char id[WZP_CALL_ID_MAX + 1];

    memset(&proof, 0, sizeof proof);
    proof.type = WZP_SIGNAL_WZP_PEER_AUTH;
    memcpy(id, c->session.call_id, sizeof id);
    proof.u.wzp_peer_auth.call_id = id;
    int result = make_mac(proof.u.wzp_peer_auth.mac, c, link, true);
    return result < 0 ? result : wzp_link_send(link, &proof, now);
}

bool wzp_direct_check_proof(const struct wzp_call *c, const struct wzp_link *link,
                            const struct wzp_signal *signal)
{
    uint8_t mac[32];

    return signal->type == WZP_SIGNAL_WZP_PEER_AUTH &&
           strcmp(signal->u.wzp_peer_auth.call_id, c->session.call_id) == 0 &&
           make_mac(mac, c, link, false) == 0 &&
           wzp_equal_constant_time(mac, signal->u.wzp_peer_auth.mac, sizeof mac);
}
