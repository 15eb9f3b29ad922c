/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The friend, a scripted peer behind the relay: its offers, answers and media packets. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "phone/lib_relay.h"
#include "tap.h"

wzp_session_id place_call(struct stage *st, char *call_id)
{
    wzp_session_id session;
    struct wzp_signal offer;
    size_t before = heard_count(st, "DirectCallOffer");

    if (wzp_phone_call(st->phone, &session, st->friend.fingerprint_text, st->now, NULL) < 0)
        bail("no call");
    run(st, 20 * WZP_MILLISECOND);
    const char *text = heard(st, "DirectCallOffer", before);
    if (!text || wzp_signal_parse(&offer, text, strlen(text), NULL) < 0)
        bail("no offer");
    wzp_text_copy(call_id, 64, offer.u.direct_call_offer.call_id);
    wzp_signal_fini(&offer);
    return session;
}

void friend_offers(struct stage *st, const char *call_id, bool sealed)
{
    struct wzp_signal offer;
    uint8_t signature[64];
    char id[128], alias[] = "Bob \x1b]0;pwned\x07\xe2\x80\xae";
    struct wzp_profile good = *wzp_tier_profile(WZP_TIER_GOOD);

    memset(&offer, 0, sizeof offer);
    wzp_text_copy(id, sizeof id, call_id);
    offer.type = WZP_SIGNAL_DIRECT_CALL_OFFER;
    offer.u.direct_call_offer.caller_fingerprint = st->friend.fingerprint_text;
    offer.u.direct_call_offer.target_fingerprint = st->identity.fingerprint_text;
    offer.u.direct_call_offer.caller_alias = alias;
    offer.u.direct_call_offer.call_id = id;
    offer.u.direct_call_offer.supported_profiles.items = &good;
    offer.u.direct_call_offer.supported_profiles.count = 1;
    if (sealed &&
        wzp_e2e_make_offer(&st->agreement, &offer, signature, &st->friend, &st->random) < 0)
        bail("no sealed offer");
    say_signal(st, "_signal", &offer);
}

static void forget_keys(struct wzp_signal *offer)
{
    memset(offer->u.direct_call_offer.identity_pub, 0, 32);
    memset(offer->u.direct_call_offer.ephemeral_pub, 0, 32);
    offer->u.direct_call_offer.signature.length = 0;
}

void friend_answers(struct stage *st, const char *call_id, enum answer kind)
{
    const char *text = heard(st, "DirectCallOffer", heard_count(st, "DirectCallOffer") - 1);
    struct wzp_signal offer, answer;
    uint8_t signature[64], seed[32];
    struct wzp_identity stranger;
    char id[128];

    if (!text || wzp_signal_parse(&offer, text, strlen(text), NULL) < 0)
        bail("no offer to answer");
    memset(&answer, 0, sizeof answer);
    wzp_text_copy(id, sizeof id, call_id);
    answer.type = WZP_SIGNAL_DIRECT_CALL_ANSWER;
    answer.u.direct_call_answer.call_id = id;
    answer.u.direct_call_answer.accept_mode = WZP_ACCEPT_GENERIC;
    if (kind != ANSWER_LEGACY) {
        const struct wzp_identity *who = &st->friend;
        memset(seed, 0xdd, sizeof seed);
        wzp_identity_from_seed(&stranger, seed);
        if (kind == ANSWER_STRANGER)
            who = &stranger;
        if (kind == ANSWER_STRIPPED)
            forget_keys(&offer);
        enum wzp_e2e_verdict verdict = wzp_e2e_check_offer(&st->agreement, &offer, &st->friend);
        struct wzp_e2e_session keys;
        memset(&keys, 0, sizeof keys);
        if (wzp_e2e_make_answer(&st->agreement, &keys, &answer, signature, verdict == WZP_E2E_VALID,
                                who, &st->random) < 0)
            bail("no answer");
        if (kind == ANSWER_SEALED)
            st->keys = keys;
        if (kind == ANSWER_INVALID)
            signature[3] ^= 1;
    }
    wzp_signal_fini(&offer);
    say_signal(st, "_signal", &answer);
}

void relay_sets_up(struct stage *st, const char *call_id, const char *relay_addr)
{
    char text[512];

    snprintf(text, sizeof text,
             "{\"CallSetup\":{\"call_id\":\"%s\",\"room\":\"call-%s\",\"relay_addr\":\"%s\"}}",
             call_id, call_id, relay_addr != NULL ? relay_addr : "10.0.0.1:4433");
    say(st, "_signal", text);
}

enum wzp_e2e_verdict friend_takes_answer(struct stage *st)
{
    const char *text = heard(st, "DirectCallAnswer", heard_count(st, "DirectCallAnswer") - 1);
    struct wzp_signal answer;

    if (!text || wzp_signal_parse(&answer, text, strlen(text), NULL) < 0)
        bail("no answer");
    enum wzp_e2e_verdict verdict = wzp_e2e_check_answer(&st->agreement, &st->keys, &answer);
    wzp_signal_fini(&answer);
    return verdict;
}

void friend_sends(struct stage *st, const struct wzp_media_packet *packet, bool sealed)
{
    uint8_t out[1200];
    struct line *line = line_of(st, "*");

    if (!line)
        bail("no media connection");
    int length = sealed ? wzp_e2e_seal(&st->keys, out, sizeof out, packet)
                        : wzp_media_write(out, sizeof out, packet);
    if (length < 0)
        bail("a packet could not be made: %s", wzp_strerror(length));
    out[WZP_MEDIA_SENDER_OFFSET] = packet->header.sender;
    wzp_quic_conn_send_datagram(line->conn, out, (size_t)length, 0, st->now);
}
