/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/leg_signal.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "phone/adapt.h"
#include "phone/event.h"
#include "phone/link.h"

int wzp_leg_send_token(struct wzp_leg *leg, uint64_t now)
{
    struct wzp_signal signal;

    memset(&signal, 0, sizeof signal);
    signal.type = WZP_SIGNAL_AUTH_TOKEN;
    signal.u.auth_token.token = leg->phone->account.token;
    return wzp_link_send(leg->link, &signal, now);
}

int wzp_leg_send_offer(struct wzp_leg *leg, uint64_t now)
{
    static const enum wzp_tier best_first[] = {WZP_TIER_STUDIO_64K, WZP_TIER_STUDIO_48K,
                                               WZP_TIER_STUDIO_32K, WZP_TIER_GOOD,
                                               WZP_TIER_DEGRADED,   WZP_TIER_CATASTROPHIC};
    struct wzp_profile profiles[sizeof best_first / sizeof best_first[0]];
    struct wzp_signal signal;
    uint8_t exporter[WZP_EXPORTER_SIZE], signature[64], proof[WZP_ROOM_PROOF_SIZE];
    uint8_t version = 1; /* of the media header */

    int result = wzp_quic_conn_export(leg->link->conn, exporter, WZP_EXPORTER_HANDSHAKE, NULL, 0);
    if (result < 0)
        return result;
    memset(&signal, 0, sizeof signal);
    for (size_t i = 0; i < sizeof best_first / sizeof best_first[0]; i++)
        profiles[i] = *wzp_tier_profile(best_first[i]);
    signal.u.call_offer.supported_profiles.items = profiles;
    signal.u.call_offer.supported_profiles.count = sizeof best_first / sizeof best_first[0];
    if (leg->phone->config.alias[0] != '\0')
        signal.u.call_offer.alias = leg->phone->config.alias;
    /* Relays of later versions take a client that states no version for one of their own, and then
     * nobody can hear it. */
    signal.u.call_offer.has_protocol_version = true;
    signal.u.call_offer.protocol_version = version;
    signal.u.call_offer.supported_versions = (struct wzp_bytes){.data = &version, .length = 1};
    wzp_handshake_offer(&leg->handshake, &signal, signature, &leg->phone->identity, exporter,
                        leg->sni, &leg->phone->config.random);
    if (leg->has_room_key) {
        wzp_room_proof(proof, leg->room_key, exporter, leg->phone->identity.public_key);
        signal.u.call_offer.room_proof = (struct wzp_bytes){.data = proof, .length = sizeof proof};
    }
    wzp_wipe(exporter, sizeof exporter);
    return wzp_link_send(leg->link, &signal, now);
}

/* The text for people. Relays name the tier of the weakest member, which tells no more than the
 * codec does; other reasons are told in the relay's words. */
static const char *directive_reason(char *words, size_t size, const char *reason)
{
    static const char prefix[] = "weakest link: ";

    wzp_event_text(words, size, reason);
    if (strncmp(words, prefix, sizeof prefix - 1) != 0)
        return words;
    for (int tier = WZP_TIER_CATASTROPHIC; tier < WZP_TIER_COUNT; tier++)
        if (strcmp(words + sizeof prefix - 1, wzp_tier_name((enum wzp_tier)tier)) == 0)
            return "no more than the weakest connection of all who take part carries";
    return words;
}

void wzp_leg_take_directive(struct wzp_leg *leg, const struct wzp_signal *signal, uint64_t now)
{
    const struct wzp_profile *profile = &signal->u.quality_directive.recommended_profile;
    struct wzp_event event;
    char words[96], text[160];

    const char *reason =
        directive_reason(words, sizeof words, signal->u.quality_directive.reason);
    snprintf(text, sizeof text, "%s%s%s", wzp_codec_info(profile->codec)->name,
             reason[0] != '\0' ? ", " : "", reason);
    wzp_adapt_directive(leg, profile->codec, now);
    wzp_event_about(&event, leg->session, WZP_EVENT_QUALITY);
    event.u.quality.text = text;
    wzp_event_emit(leg->phone, &event);
}
