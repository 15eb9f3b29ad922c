/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/probe.h"

#include <string.h>

#include "base/bytes.h"
#include "phone/link.h"

int wzp_probe_send(struct wzp_probe *probe, struct wzp_phone *p, struct wzp_link *link,
                   uint64_t now)
{
    struct wzp_profile good = *wzp_tier_profile(WZP_TIER_GOOD);
    struct wzp_signal offer;
    uint8_t bits[16];

    wzp_random_bytes(&p->config.random, bits, sizeof bits);
    wzp_hex_encode(probe->id, bits, sizeof bits);
    probe->out = true;
    memset(&offer, 0, sizeof offer);
    offer.type = WZP_SIGNAL_DIRECT_CALL_OFFER;
    offer.u.direct_call_offer.caller_fingerprint = p->identity.fingerprint_text;
    offer.u.direct_call_offer.target_fingerprint = p->identity.fingerprint_text;
    offer.u.direct_call_offer.call_id = probe->id;
    offer.u.direct_call_offer.supported_profiles.items = &good;
    offer.u.direct_call_offer.supported_profiles.count = 1;
    return wzp_link_send(link, &offer, now);
}

static void hang_up(struct wzp_probe *probe, struct wzp_link *link, uint64_t now)
{
    struct wzp_signal hangup;

    memset(&hangup, 0, sizeof hangup);
    hangup.type = WZP_SIGNAL_HANGUP;
    hangup.u.hangup.reason = WZP_HANGUP_NORMAL;
    hangup.u.hangup.call_id = probe->id;
    (void)wzp_link_send(link, &hangup, now);
}

enum wzp_probe_answer wzp_probe_take(struct wzp_probe *probe, struct wzp_link *link,
                                     const struct wzp_signal *signal, uint64_t now)
{
    const char *id = signal->type == WZP_SIGNAL_DIRECT_CALL_OFFER
                         ? signal->u.direct_call_offer.call_id
                     : signal->type == WZP_SIGNAL_CALL_RINGING ? signal->u.call_ringing.call_id
                     : signal->type == WZP_SIGNAL_HANGUP       ? signal->u.hangup.call_id
                                                               : "";
    bool ours = id && probe->id[0] && strcmp(id, probe->id) == 0;

    if (signal->type == WZP_SIGNAL_HANGUP && probe->out && (!id || ours)) {
        probe->out = false;
        return WZP_PROBE_LOST;
    }
    if (!ours)
        return WZP_PROBE_NONE;
    if (signal->type != WZP_SIGNAL_DIRECT_CALL_OFFER || !probe->out)
        return WZP_PROBE_TAKEN;
    probe->out = false;
    hang_up(probe, link, now);
    return WZP_PROBE_FOUND;
}
