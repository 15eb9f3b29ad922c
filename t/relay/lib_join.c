/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "lib_join.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "tap.h"

bool fake_join(struct wzp_relay *r, struct fake *fake, const struct join_options *options,
               uint64_t now)
{
    struct wzp_signal offer = {0};
    struct wzp_handshake state;
    struct wzp_identity identity;
    uint8_t signature[64], exporter[32], key[WZP_ROOM_KEY_SIZE], proof[WZP_ROOM_PROOF_SIZE];
    char *text;
    size_t length;
    if (!fake->client)
        return false;
    fake_identity(&identity, options->seed);
    (void)fake->client->link->export_key(fake, exporter, WZP_EXPORTER_HANDSHAKE);
    wzp_handshake_offer(&state, &offer, signature, &identity, exporter, fake->client->sni,
                        &r->random);
    wzp_handshake_wipe(&state);
    offer.u.call_offer.alias = (char *)(uintptr_t)options->alias;
    offer.u.call_offer.binding.present = options->bound;
    offer.u.call_offer.has_protocol_version = options->version != 0;
    offer.u.call_offer.protocol_version = options->version;
    if (!options->version)
        offer.u.call_offer.supported_versions.length = 0;
    if (options->password) {
        wzp_room_key(key, fake->client->sni, options->password);
        wzp_room_proof(proof, key, exporter, identity.public_key);
        offer.u.call_offer.room_proof = (struct wzp_bytes){.data = proof, .length = sizeof proof};
    }
    if (wzp_signal_write(&text, &length, &offer) < 0)
        bail("cannot write");
    if (options->lacking)
        wzp_alloc_fail_after(options->lacking);
    fake_send(r, fake, text, now);
    if (options->lacking)
        wzp_alloc_fail_after(0);
    wzp_free(text);
    return !fake->closed && fake->client->stage == WZP_RELAY_STAGE_MEMBER;
}

void fake_offer(struct wzp_relay *r, struct fake *from, const char *target, const char *id,
                uint64_t now)
{
    char text[1024];
    snprintf(text, sizeof text,
             "{\"DirectCallOffer\":{\"caller_fingerprint\":\"%s\",\"caller_alias\":null,"
             "\"target_fingerprint\":\"%s\",\"call_id\":\"%s\","
             "\"identity_pub\":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0],"
             "\"ephemeral_pub\":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0],"
             "\"signature\":[],\"supported_profiles\":[]}}",
             from->client->name.text, target, id);
    fake_send(r, from, text, now);
}
