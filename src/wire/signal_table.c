/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* All signal messages, field by field. Source: wzp-protocol(7), Structures, Messages, Race, Links,
 * Registration, Media handshake. */
#include "wire/signal_table.h"

#include <string.h>

#define CANCELLED "cancelled" /* as an address: existing programs ignore malformed ones */

static const char *codec_word(unsigned value)
{
    const struct wzp_codec_info *info = wzp_codec_info(value);
    return info ? info->name : NULL;
}

const char *wzp_hangup_word(unsigned value)
{
    static const char *const words[] = {
        [WZP_HANGUP_NORMAL] = "Normal",     [WZP_HANGUP_BUSY] = "Busy",
        [WZP_HANGUP_DECLINED] = "Declined", [WZP_HANGUP_TIMEOUT] = "Timeout",
        [WZP_HANGUP_ERROR] = "Error",       [WZP_HANGUP_VERSION] = "ProtocolVersionMismatch",
    };
    return value < sizeof words / sizeof words[0] ? words[value] : NULL;
}

struct wzp_signal wzp_signal_reason(const char *call_id, enum wzp_hangup_reason reason)
{
    struct wzp_signal report = {.type = WZP_SIGNAL_MEDIA_PATH_REPORT};
    report.u.media_path_report.call_id = (char *)(uintptr_t)call_id;
    report.u.media_path_report.race_winner = (char *)(uintptr_t)wzp_hangup_word(reason);
    return report;
}

enum wzp_hangup_reason wzp_signal_reason_told(const struct wzp_signal *report)
{
    static const enum wzp_hangup_reason reasons[] = {WZP_HANGUP_BUSY, WZP_HANGUP_DECLINED};
    const char *word = report->u.media_path_report.race_winner;
    for (size_t i = 0; word && i < sizeof reasons / sizeof reasons[0]; i++)
        if (strcmp(word, wzp_hangup_word(reasons[i])) == 0)
            return reasons[i];
    return WZP_HANGUP_NORMAL;
}

struct wzp_signal wzp_signal_cancel(const char *call_id, const char *caller, const char *target)
{
    struct wzp_signal offer = {.type = WZP_SIGNAL_DIRECT_CALL_OFFER};
    offer.u.direct_call_offer.caller_fingerprint = (char *)(uintptr_t)caller;
    offer.u.direct_call_offer.target_fingerprint = (char *)(uintptr_t)target;
    offer.u.direct_call_offer.call_id = (char *)(uintptr_t)call_id;
    offer.u.direct_call_offer.caller_reflexive_addr = (char *)(uintptr_t)CANCELLED;
    return offer;
}

bool wzp_signal_is_cancel(const struct wzp_signal *offer)
{
    const char *address = offer->u.direct_call_offer.caller_reflexive_addr;
    return address && strcmp(address, CANCELLED) == 0;
}

static const char *accept_word(unsigned value)
{
    static const char *const words[] = {
        [WZP_ACCEPT_REJECT] = "Reject",
        [WZP_ACCEPT_TRUSTED] = "AcceptTrusted",
        [WZP_ACCEPT_GENERIC] = "AcceptGeneric",
    };
    return value < sizeof words / sizeof words[0] ? words[value] : NULL;
}

static const char *presence_word(unsigned value)
{
    static const char *const words[] = {
        [WZP_PRESENCE_UNKNOWN] = "Unknown",
        [WZP_PRESENCE_OFFLINE] = "Offline",
        [WZP_PRESENCE_ONLINE] = "Online",
        [WZP_PRESENCE_UNPROVEN] = "Unproven",
    };
    return value < sizeof words / sizeof words[0] ? words[value] : NULL;
}

/* Rows. AT is a member of the struct whose offset counts; the macros differ in what else they
 * say. */
#define ROW(struct_name, member, label, kind, class)                                               \
    {                                                                                              \
        label, WZP_FIELD_##kind, WZP_CLASS_##class, offsetof(struct struct_name, member),          \
            WZP_FIELD_NO_FLAG, 0, NULL, NULL                                                       \
    }
#define ROW_WORD(struct_name, member, label, class, words)                                         \
    {                                                                                              \
        label, WZP_FIELD_WORD, WZP_CLASS_##class, offsetof(struct struct_name, member),            \
            WZP_FIELD_NO_FLAG, 0, NULL, words                                                      \
    }
#define ROW_KEY(struct_name, member, label, size)                                                  \
    {                                                                                              \
        label, WZP_FIELD_KEY, WZP_CLASS_R, offsetof(struct struct_name, member),                   \
            WZP_FIELD_NO_FLAG, size, NULL, NULL                                                    \
    }
#define ROW_SHAPE(struct_name, member, label, kind, class, shape)                                  \
    {                                                                                              \
        label, WZP_FIELD_##kind, WZP_CLASS_##class, offsetof(struct struct_name, member),          \
            WZP_FIELD_NO_FLAG, 0, shape, NULL                                                      \
    }
/* Fields of class O whose presence is a bool of its own. */
#define ROW_FLAG(struct_name, member, flag, label, kind, size, shape)                              \
    {                                                                                              \
        label, WZP_FIELD_##kind, WZP_CLASS_O, offsetof(struct struct_name, member),                \
            offsetof(struct struct_name, flag), size, shape, NULL                                  \
    }
#define SHAPE(label, rows, struct_size)                                                            \
    {                                                                                              \
        label, rows, sizeof(rows) / sizeof((rows)[0]), struct_size                                 \
    }

static const struct wzp_field profile_fields[] = {
    ROW_WORD(wzp_profile, codec, "codec", R, codec_word),
    ROW(wzp_profile, fec_ratio, "fec_ratio", FLOAT, R),
    ROW(wzp_profile, frame_duration_ms, "frame_duration_ms", U8, R),
    ROW(wzp_profile, frames_per_block, "frames_per_block", U8, R),
};
static const struct wzp_shape profile_shape =
    SHAPE("QualityProfile", profile_fields, sizeof(struct wzp_profile));

static const struct wzp_field participant_fields[] = {
    ROW(wzp_participant, fingerprint, "fingerprint", STRING, R),
    ROW(wzp_participant, alias, "alias", STRING, N),
    ROW(wzp_participant, relay_label, "relay_label", STRING, N),
    ROW_FLAG(wzp_participant, proven, has_proven, "proven", BOOLEAN, 0, NULL),
    ROW(wzp_participant, home, "home", STRING, O),
    ROW_FLAG(wzp_participant, hops, has_hops, "hops", U8, 0, NULL),
    ROW_FLAG(wzp_participant, sender, has_sender, "sender", U8, 0, NULL),
};
static const struct wzp_shape participant_shape =
    SHAPE("RoomParticipant", participant_fields, sizeof(struct wzp_participant));

static const struct wzp_field seen_person_fields[] = {
    ROW(wzp_seen_person, fingerprint, "fingerprint", STRING, R),
    ROW_WORD(wzp_seen_person, state, "state", R, presence_word),
};
static const struct wzp_shape seen_person_shape =
    SHAPE("SeenPerson", seen_person_fields, sizeof(struct wzp_seen_person));

static const struct wzp_field report_fields[] = {
    ROW(wzp_quality_report, loss, "loss_pct", U8, R),
    ROW(wzp_quality_report, rtt_4ms, "rtt_4ms", U8, R),
    ROW(wzp_quality_report, jitter_ms, "jitter_ms", U8, R),
    ROW(wzp_quality_report, bitrate_cap_kbps, "bitrate_cap_kbps", U8, R),
};
static const struct wzp_shape report_shape =
    SHAPE("QualityReport", report_fields, sizeof(struct wzp_quality_report));

static const struct wzp_field binding_fields[] = {
    ROW(wzp_binding, version, "v", U32, R),
    ROW_KEY(wzp_binding, signature, "sig", 64),
};
static const struct wzp_shape binding_shape =
    SHAPE("binding", binding_fields, sizeof(struct wzp_binding));

static const struct wzp_field proof_fields[] = {
    ROW(wzp_hello_proof, certificate, "cert", BYTES, R),
    ROW_KEY(wzp_hello_proof, signature, "sig", 64),
};
static const struct wzp_shape proof_shape =
    SHAPE("proof", proof_fields, sizeof(struct wzp_hello_proof));

/* Members of the union: variant v, member m, wire name = m. */
#define F(v, m, kind, class) ROW(wzp_signal, u.v.m, #m, kind, class)
#define F_WORD(v, m, class, words) ROW_WORD(wzp_signal, u.v.m, #m, class, words)
#define F_KEY(v, m) ROW_KEY(wzp_signal, u.v.m, #m, 32)
#define F_KEY_FLAG(v, m) ROW_FLAG(wzp_signal, u.v.m, u.v.has_##m, #m, KEY, 32, NULL)
#define F_PROFILE(v, m) ROW_SHAPE(wzp_signal, u.v.m, #m, STRUCT, R, &profile_shape)
#define F_PROFILES(v, m) ROW_SHAPE(wzp_signal, u.v.m, #m, STRUCT_LIST, R, &profile_shape)
#define F_PARTICIPANTS(v, m, class)                                                                \
    ROW_SHAPE(wzp_signal, u.v.m, #m, STRUCT_LIST, class, &participant_shape)
#define F_BINDING(v)                                                                               \
    ROW_FLAG(wzp_signal, u.v.binding, u.v.binding.present, "binding", STRUCT, 0, &binding_shape)

static const struct wzp_field call_offer_fields[] = {
    F_KEY(call_offer, identity_pub),
    F_KEY(call_offer, ephemeral_pub),
    F(call_offer, signature, BYTES, R),
    F_PROFILES(call_offer, supported_profiles),
    F(call_offer, alias, STRING, N),
    F_BINDING(call_offer),
    ROW_FLAG(wzp_signal, u.call_offer.protocol_version, u.call_offer.has_protocol_version,
             "protocol_version", U32, 0, NULL),
    F(call_offer, supported_versions, BYTES, L),
    F(call_offer, room_proof, BYTES, L),
};
static const struct wzp_field call_answer_fields[] = {
    F_KEY(call_answer, identity_pub),
    F_KEY(call_answer, ephemeral_pub),
    F(call_answer, signature, BYTES, R),
    F_PROFILE(call_answer, chosen_profile),
    F_BINDING(call_answer),
    ROW_FLAG(wzp_signal, u.call_answer.open, u.call_answer.has_open, "open", BOOLEAN, 0, NULL),
};
static const struct wzp_field room_update_fields[] = {
    F(room_update, count, U32, R),
    F_PARTICIPANTS(room_update, participants, R),
};
static const struct wzp_field quality_directive_fields[] = {
    F_PROFILE(quality_directive, recommended_profile),
    F(quality_directive, reason, STRING, O),
};
static const struct wzp_field auth_token_fields[] = {F(auth_token, token, STRING, R)};
static const struct wzp_field register_presence_fields[] = {
    F_KEY(register_presence, identity_pub),
    F(register_presence, signature, BYTES, R),
    F(register_presence, alias, STRING, N),
    F_BINDING(register_presence),
    ROW_FLAG(wzp_signal, u.register_presence.hidden, u.register_presence.has_hidden, "hidden",
             BOOLEAN, 0, NULL),
};
static const struct wzp_field register_presence_ack_fields[] = {
    F(register_presence_ack, success, BOOLEAN, R),
    F(register_presence_ack, error, STRING, O),
    F(register_presence_ack, relay_build, STRING, O),
    F(register_presence_ack, relay_region, STRING, O),
    F(register_presence_ack, available_relays, STRINGS, L),
    F_KEY_FLAG(register_presence_ack, identity_pub),
    F_BINDING(register_presence_ack),
    ROW_FLAG(wzp_signal, u.register_presence_ack.watch_limit,
             u.register_presence_ack.has_watch_limit, "watch_limit", U32, 0, NULL),
};
static const struct wzp_field reflect_response_fields[] = {
    F(reflect_response, observed_addr, STRING, R)};
static const struct wzp_field ping_fields[] = {F(ping, timestamp_ms, U64, R)};
static const struct wzp_field pong_fields[] = {F(pong, timestamp_ms, U64, R)};
static const struct wzp_field direct_call_offer_fields[] = {
    F(direct_call_offer, caller_fingerprint, STRING, R),
    F(direct_call_offer, caller_alias, STRING, N),
    F(direct_call_offer, target_fingerprint, STRING, R),
    F(direct_call_offer, call_id, STRING, R),
    F_KEY(direct_call_offer, identity_pub),
    F_KEY(direct_call_offer, ephemeral_pub),
    F(direct_call_offer, signature, BYTES, R),
    F_PROFILES(direct_call_offer, supported_profiles),
    F(direct_call_offer, caller_reflexive_addr, STRING, O),
    F(direct_call_offer, caller_local_addrs, STRINGS, L),
    F(direct_call_offer, caller_mapped_addr, STRING, O),
    F(direct_call_offer, caller_build_version, STRING, O),
    F(direct_call_offer, caller_seen_addr, STRING, O),
};
static const struct wzp_field call_ringing_fields[] = {F(call_ringing, call_id, STRING, R)};
static const struct wzp_field direct_call_answer_fields[] = {
    F(direct_call_answer, call_id, STRING, R),
    F_WORD(direct_call_answer, accept_mode, R, accept_word),
    F_KEY_FLAG(direct_call_answer, identity_pub),
    F_KEY_FLAG(direct_call_answer, ephemeral_pub),
    ROW_FLAG(wzp_signal, u.direct_call_answer.signature, u.direct_call_answer.has_signature,
             "signature", BYTES, 0, NULL),
    ROW_FLAG(wzp_signal, u.direct_call_answer.chosen_profile,
             u.direct_call_answer.has_chosen_profile, "chosen_profile", STRUCT, 0, &profile_shape),
    F(direct_call_answer, callee_reflexive_addr, STRING, O),
    F(direct_call_answer, callee_local_addrs, STRINGS, L),
    F(direct_call_answer, callee_mapped_addr, STRING, O),
    F(direct_call_answer, callee_build_version, STRING, O),
    F(direct_call_answer, callee_seen_addr, STRING, O),
};
static const struct wzp_field call_setup_fields[] = {
    F(call_setup, call_id, STRING, R),           F(call_setup, room, STRING, R),
    F(call_setup, relay_addr, STRING, R),        F(call_setup, peer_direct_addr, STRING, O),
    F(call_setup, peer_local_addrs, STRINGS, L), F(call_setup, peer_mapped_addr, STRING, O),
    F(call_setup, peer_seen_addr, STRING, O),
};
static const struct wzp_field media_path_report_fields[] = {
    F(media_path_report, call_id, STRING, R),
    F(media_path_report, direct_ok, BOOLEAN, R),
    F(media_path_report, race_winner, STRING, D),
    ROW_FLAG(wzp_signal, u.media_path_report.age_ms, u.media_path_report.has_age_ms, "age_ms", U64,
             0, NULL),
};
static const struct wzp_field candidate_update_fields[] = {
    F(candidate_update, call_id, STRING, R),      F(candidate_update, reflexive_addr, STRING, O),
    F(candidate_update, local_addrs, STRINGS, L), F(candidate_update, mapped_addr, STRING, O),
    F(candidate_update, generation, U32, R),      F(candidate_update, seen_addr, STRING, O),
};
static const struct wzp_field hangup_fields[] = {
    F_WORD(hangup, reason, R, wzp_hangup_word),
    F(hangup, call_id, STRING, O),
    F(hangup, cause, STRING, O),
};
static const struct wzp_field federation_hello_fields[] = {
    F(federation_hello, tls_fingerprint, STRING, R),
    ROW_FLAG(wzp_signal, u.federation_hello.proof, u.federation_hello.proof.present, "proof",
             STRUCT, 0, &proof_shape),
    F(federation_hello, build, STRING, O),
    F(federation_hello, capabilities, STRINGS, L),
    F(federation_hello, region, STRING, O),
    F(federation_hello, instance, STRING, O),
};
static const struct wzp_field global_room_active_fields[] = {
    F(global_room_active, room, STRING, R),
    F_PARTICIPANTS(global_room_active, participants, D),
};
static const struct wzp_field global_room_inactive_fields[] = {
    F(global_room_inactive, room, STRING, R)};
static const struct wzp_field federated_signal_forward_fields[] = {
    F(federated_signal_forward, inner, MESSAGE, R),
    F(federated_signal_forward, origin_relay_fp, STRING, R),
    ROW_FLAG(wzp_signal, u.federated_signal_forward.hops, u.federated_signal_forward.has_hops,
             "hops", U8, 0, NULL),
    F(federated_signal_forward, asked, STRINGS, L),
};
static const struct wzp_field presence_update_fields[] = {
    F(presence_update, fingerprints, STRINGS, R),
    F(presence_update, relay_addr, STRING, R),
};
static const struct wzp_field route_query_fields[] = {
    F(route_query, fingerprint, STRING, R),
    F(route_query, ttl, U8, R),
};
static const struct wzp_field route_response_fields[] = {
    F(route_response, fingerprint, STRING, R),
    F(route_response, found, BOOLEAN, R),
    F(route_response, relay_chain, STRINGS, R),
};
static const struct wzp_field loss_recovery_update_fields[] = {
    F(loss_recovery_update, dred_reconstructions, U64, D),
    F(loss_recovery_update, classical_plc_invocations, U64, D),
    F(loss_recovery_update, frames_decoded, U64, D),
};
static const struct wzp_field quality_update_fields[] = {
    ROW_SHAPE(wzp_signal, u.quality_update.report, "report", STRUCT, R, &report_shape),
    F_PROFILE(quality_update, recommended_profile),
};
static const struct wzp_field rekey_fields[] = {
    F_KEY(rekey, new_ephemeral_pub),
    F(rekey, signature, BYTES, R),
};
static const struct wzp_field ice_candidate_fields[] = {F(ice_candidate, candidate, STRING, R)};
static const struct wzp_field transfer_fields[] = {
    F(transfer, target_fingerprint, STRING, R),
    F(transfer, relay_addr, STRING, N),
};
static const struct wzp_field session_forward_fields[] = {
    F(session_forward, session_id, STRING, R),
    F(session_forward, target_fingerprint, STRING, R),
    F(session_forward, source_relay, STRING, R),
};
static const struct wzp_field session_forward_ack_fields[] = {
    F(session_forward_ack, session_id, STRING, R),
    F(session_forward_ack, room_name, STRING, R),
};
static const struct wzp_field wzp_peer_auth_fields[] = {
    F(wzp_peer_auth, call_id, STRING, R),
    F_KEY(wzp_peer_auth, mac),
};
static const struct wzp_field wzp_watch_fields[] = {
    F(wzp_watch, add, STRINGS, L),
    F(wzp_watch, drop, STRINGS, L),
};
static const struct wzp_field wzp_seen_fields[] = {
    ROW_SHAPE(wzp_signal, u.wzp_seen.people, "people", STRUCT_LIST, R, &seen_person_shape),
};

#define VARIANT(label, rows) SHAPE(label, rows, sizeof(struct wzp_signal))
#define UNIT(label)                                                                                \
    {                                                                                              \
        label, NULL, 0, sizeof(struct wzp_signal)                                                  \
    }

static const struct wzp_shape variants[WZP_SIGNAL_COUNT] = {
    [WZP_SIGNAL_CALL_OFFER] = VARIANT("CallOffer", call_offer_fields),
    [WZP_SIGNAL_CALL_ANSWER] = VARIANT("CallAnswer", call_answer_fields),
    [WZP_SIGNAL_ROOM_UPDATE] = VARIANT("RoomUpdate", room_update_fields),
    [WZP_SIGNAL_QUALITY_DIRECTIVE] = VARIANT("QualityDirective", quality_directive_fields),
    [WZP_SIGNAL_AUTH_TOKEN] = VARIANT("AuthToken", auth_token_fields),
    [WZP_SIGNAL_REGISTER_PRESENCE] = VARIANT("RegisterPresence", register_presence_fields),
    [WZP_SIGNAL_REGISTER_PRESENCE_ACK] =
        VARIANT("RegisterPresenceAck", register_presence_ack_fields),
    [WZP_SIGNAL_REFLECT] = UNIT("Reflect"),
    [WZP_SIGNAL_REFLECT_RESPONSE] = VARIANT("ReflectResponse", reflect_response_fields),
    [WZP_SIGNAL_PING] = VARIANT("Ping", ping_fields),
    [WZP_SIGNAL_PONG] = VARIANT("Pong", pong_fields),
    [WZP_SIGNAL_DIRECT_CALL_OFFER] = VARIANT("DirectCallOffer", direct_call_offer_fields),
    [WZP_SIGNAL_CALL_RINGING] = VARIANT("CallRinging", call_ringing_fields),
    [WZP_SIGNAL_DIRECT_CALL_ANSWER] = VARIANT("DirectCallAnswer", direct_call_answer_fields),
    [WZP_SIGNAL_CALL_SETUP] = VARIANT("CallSetup", call_setup_fields),
    [WZP_SIGNAL_MEDIA_PATH_REPORT] = VARIANT("MediaPathReport", media_path_report_fields),
    [WZP_SIGNAL_CANDIDATE_UPDATE] = VARIANT("CandidateUpdate", candidate_update_fields),
    [WZP_SIGNAL_HANGUP] = VARIANT("Hangup", hangup_fields),
    [WZP_SIGNAL_FEDERATION_HELLO] = VARIANT("FederationHello", federation_hello_fields),
    [WZP_SIGNAL_GLOBAL_ROOM_ACTIVE] = VARIANT("GlobalRoomActive", global_room_active_fields),
    [WZP_SIGNAL_GLOBAL_ROOM_INACTIVE] = VARIANT("GlobalRoomInactive", global_room_inactive_fields),
    [WZP_SIGNAL_FEDERATED_SIGNAL_FORWARD] =
        VARIANT("FederatedSignalForward", federated_signal_forward_fields),
    [WZP_SIGNAL_PRESENCE_UPDATE] = VARIANT("PresenceUpdate", presence_update_fields),
    [WZP_SIGNAL_ROUTE_QUERY] = VARIANT("RouteQuery", route_query_fields),
    [WZP_SIGNAL_ROUTE_RESPONSE] = VARIANT("RouteResponse", route_response_fields),
    [WZP_SIGNAL_LOSS_RECOVERY_UPDATE] = VARIANT("LossRecoveryUpdate", loss_recovery_update_fields),
    [WZP_SIGNAL_QUALITY_UPDATE] = VARIANT("QualityUpdate", quality_update_fields),
    [WZP_SIGNAL_REKEY] = VARIANT("Rekey", rekey_fields),
    [WZP_SIGNAL_ICE_CANDIDATE] = VARIANT("IceCandidate", ice_candidate_fields),
    [WZP_SIGNAL_HOLD] = UNIT("Hold"),
    [WZP_SIGNAL_UNHOLD] = UNIT("Unhold"),
    [WZP_SIGNAL_MUTE] = UNIT("Mute"),
    [WZP_SIGNAL_UNMUTE] = UNIT("Unmute"),
    [WZP_SIGNAL_TRANSFER] = VARIANT("Transfer", transfer_fields),
    [WZP_SIGNAL_TRANSFER_ACK] = UNIT("TransferAck"),
    [WZP_SIGNAL_SESSION_FORWARD] = VARIANT("SessionForward", session_forward_fields),
    [WZP_SIGNAL_SESSION_FORWARD_ACK] = VARIANT("SessionForwardAck", session_forward_ack_fields),
    [WZP_SIGNAL_WZP_PEER_AUTH] = VARIANT("WzpPeerAuth", wzp_peer_auth_fields),
    [WZP_SIGNAL_WZP_WATCH] = VARIANT("WzpWatch", wzp_watch_fields),
    [WZP_SIGNAL_WZP_SEEN] = VARIANT("WzpSeen", wzp_seen_fields),
};

const struct wzp_shape *wzp_signal_shape(enum wzp_signal_type type)
{
    return (unsigned)type < WZP_SIGNAL_COUNT ? &variants[type] : NULL;
}

enum wzp_signal_type wzp_signal_type_find(const char *name)
{
    for (unsigned i = 0; i < WZP_SIGNAL_COUNT; i++)
        if (strcmp(variants[i].name, name) == 0)
            return (enum wzp_signal_type)i;
    return WZP_SIGNAL_COUNT;
}

const char *wzp_signal_type_name(enum wzp_signal_type type)
{
    return (unsigned)type < WZP_SIGNAL_COUNT ? variants[type].name : "unknown";
}

const char *wzp_signal_call_id(const struct wzp_signal *signal)
{
    const struct wzp_shape *shape = wzp_signal_shape(signal->type);
    for (size_t i = 0; shape && i < shape->count; i++)
        if (strcmp(shape->fields[i].name, "call_id") == 0)
            return *(char *const *)((const char *)signal + shape->fields[i].offset);
    return NULL;
}
