/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Every signal message of the network as a struct, to and from JSON. A table of fields per variant
 * drives both directions, so that reader, writer and tests cannot drift apart. Read in one walk
 * over the text, without a tree (wire/json.h): known fields that come twice are refused, size and
 * depth capped, byte strings as arrays of numbers, integers strict. Unknown fields are ignored when
 * reading; a message is forwarded as its original text, so they are kept. Source: wzp-protocol(7),
 * JSON, Structures, Messages, Race, Links, Registration, Media handshake. */
#ifndef WZP_WIRE_SIGNAL_H
#define WZP_WIRE_SIGNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "wire/codec.h"
#include "wire/media.h"

/* Prefix of the error in a RegisterPresenceAck that is sent to an already registered client: a
 * newer registration of the same identity gets its calls. A later ack with success says that calls
 * come here again. */
#define WZP_DISPLACED_WORD "displaced"
#define WZP_SIGNAL_DEPTH_MAX 128 /* as WZP_JSON_DEPTH_MAX */

enum wzp_signal_type {
    WZP_SIGNAL_CALL_OFFER,
    WZP_SIGNAL_CALL_ANSWER,
    WZP_SIGNAL_ROOM_UPDATE,
    WZP_SIGNAL_QUALITY_DIRECTIVE,
    WZP_SIGNAL_AUTH_TOKEN,
    WZP_SIGNAL_REGISTER_PRESENCE,
    WZP_SIGNAL_REGISTER_PRESENCE_ACK,
    WZP_SIGNAL_REFLECT,
    WZP_SIGNAL_REFLECT_RESPONSE,
    WZP_SIGNAL_PING,
    WZP_SIGNAL_PONG,
    WZP_SIGNAL_DIRECT_CALL_OFFER,
    WZP_SIGNAL_CALL_RINGING,
    WZP_SIGNAL_DIRECT_CALL_ANSWER,
    WZP_SIGNAL_CALL_SETUP,
    WZP_SIGNAL_MEDIA_PATH_REPORT,
    WZP_SIGNAL_CANDIDATE_UPDATE,
    WZP_SIGNAL_HANGUP,
    WZP_SIGNAL_FEDERATION_HELLO,
    WZP_SIGNAL_GLOBAL_ROOM_ACTIVE,
    WZP_SIGNAL_GLOBAL_ROOM_INACTIVE,
    WZP_SIGNAL_FEDERATED_SIGNAL_FORWARD,
    WZP_SIGNAL_PRESENCE_UPDATE,
    WZP_SIGNAL_ROUTE_QUERY,
    WZP_SIGNAL_ROUTE_RESPONSE,
    WZP_SIGNAL_LOSS_RECOVERY_UPDATE,
    WZP_SIGNAL_QUALITY_UPDATE,
    WZP_SIGNAL_REKEY,
    WZP_SIGNAL_ICE_CANDIDATE,
    WZP_SIGNAL_HOLD,
    WZP_SIGNAL_UNHOLD,
    WZP_SIGNAL_MUTE,
    WZP_SIGNAL_UNMUTE,
    WZP_SIGNAL_TRANSFER,
    WZP_SIGNAL_TRANSFER_ACK,
    WZP_SIGNAL_SESSION_FORWARD,
    WZP_SIGNAL_SESSION_FORWARD_ACK,
    WZP_SIGNAL_WZP_PEER_AUTH, /* ours, direct connections only: wzp-protocol(7), Race */
    WZP_SIGNAL_WZP_WATCH,     /* ours, only to relays that sent watch_limit */
    WZP_SIGNAL_WZP_SEEN,      /* ours, only to clients that sent WzpWatch */
    WZP_SIGNAL_COUNT
};

enum wzp_hangup_reason {
    WZP_HANGUP_NORMAL,
    WZP_HANGUP_BUSY,
    WZP_HANGUP_DECLINED,
    WZP_HANGUP_TIMEOUT,
    WZP_HANGUP_ERROR,
    WZP_HANGUP_VERSION /* of later programs (wzp-protocol(7), Version 2) */
};
enum wzp_accept_mode { WZP_ACCEPT_REJECT, WZP_ACCEPT_TRUSTED, WZP_ACCEPT_GENERIC };

/* Strings are 0-terminated UTF-8 without inner 0, owned by the signal; NULL = absent (classes N
 * and O), "" is a value. */
struct wzp_bytes {
    uint8_t *data; /* owned by the signal */
    size_t length;
};
struct wzp_string_list {
    char **items;
    size_t count;
};
struct wzp_participant {
    char *fingerprint; /* "" for browser participants */
    char *alias;       /* NULL = none */
    char *relay_label; /* NULL = on this relay */
    bool has_proven;   /* ours, optional: */
    bool proven;       /* the client proved to that relay that it owns the key of the fingerprint */
    char *home;        /* ours, between relays: the relay of this participant, NULL = unknown */
    bool has_hops;     /* and how many relays away that is: */
    uint8_t hops;
    bool has_sender; /* ours, to clients: sender number that this relay writes into byte 10 of
                        their packets: */
    uint8_t sender;
};
struct wzp_participant_list {
    struct wzp_participant *items;
    size_t count;
};
struct wzp_profile_list {
    struct wzp_profile *items;
    size_t count;
};
/* Presence of a watched identity, ours (wzp-protocol(7), Presence). */
struct wzp_seen_person {
    char *fingerprint;
    enum wzp_presence state;
};
struct wzp_seen_list {
    struct wzp_seen_person *items;
    size_t count;
};
/* Channel binding, our hop field (wzp-protocol(7), Registration, Media handshake):
 * {"v":2,"sig":[64]}. */
struct wzp_binding {
    bool present;
    uint32_t version;
    uint8_t signature[64];
};
/* Federation hello proof, our hop field (wzp-protocol(7), Links): {"cert":[DER],"sig":[64]}. */
struct wzp_hello_proof {
    bool present;
    struct wzp_bytes certificate;
    uint8_t signature[64];
};

/* Causes of a Hangup that its reason cannot express, for programs that know the field. */
#define WZP_CAUSE_OPERATOR "operator"   /* the relay's operator disconnected one of the two */
#define WZP_CAUSE_ELSEWHERE "elsewhere" /* between relays: another route reached the callee */
#define WZP_CAUSE_STOPPED "stopped"     /* the sending relay was told to stop */
#define WZP_CAUSE_NO_CALL "no-call"     /* the program was restarted and does not know the call */

/* One message. Made by wzp_signal_parse (then released with wzp_signal_fini), or filled by the
 * caller for wzp_signal_write (then the strings are the caller's and fini must not be called).
 * Field names are the wire's. */
struct wzp_signal {
    enum wzp_signal_type type;
    union {
        struct {
            uint8_t identity_pub[32];
            uint8_t ephemeral_pub[32];
            struct wzp_bytes signature;
            struct wzp_profile_list supported_profiles;
            char *alias;
            struct wzp_binding binding;
            bool has_protocol_version; /* of the media header; absent means 1 */
            uint32_t protocol_version;
            struct wzp_bytes supported_versions;
            struct wzp_bytes room_proof; /* proof that the client knows the room's password */
        } call_offer;
        struct {
            uint8_t identity_pub[32];
            uint8_t ephemeral_pub[32];
            struct wzp_bytes signature;
            struct wzp_profile chosen_profile;
            struct wzp_binding binding;
            bool has_open; /* ours, to who showed a password: */
            bool open;     /* anybody may enter */
        } call_answer;
        struct {
            uint32_t count;
            struct wzp_participant_list participants;
        } room_update;
        struct {
            struct wzp_profile recommended_profile;
            char *reason;
        } quality_directive;
        struct {
            char *token;
        } auth_token;
        struct {
            uint8_t identity_pub[32];
            struct wzp_bytes signature;
            char *alias;
            struct wzp_binding binding;
            bool has_hidden; /* ours: */
            bool hidden;     /* hide presence from watchers */
        } register_presence;
        struct {
            bool success;
            char *error;
            char *relay_build;
            char *relay_region;
            struct wzp_string_list available_relays;
            bool has_identity_pub; /* ours, with binding */
            uint8_t identity_pub[32];
            struct wzp_binding binding;
            bool has_watch_limit; /* ours: */
            uint32_t watch_limit; /* the relay supports WzpWatch, for so many identities */
        } register_presence_ack;
        struct {
            char *observed_addr;
        } reflect_response;
        struct {
            uint64_t timestamp_ms;
        } ping, pong;
        struct {
            char *caller_fingerprint;
            char *caller_alias;
            char *target_fingerprint;
            char *call_id;
            uint8_t identity_pub[32];
            uint8_t ephemeral_pub[32];
            struct wzp_bytes signature;
            struct wzp_profile_list supported_profiles;
            char *caller_reflexive_addr;
            struct wzp_string_list caller_local_addrs;
            char *caller_mapped_addr;
            char *caller_build_version;
            char *caller_seen_addr;
        } direct_call_offer;
        struct {
            char *call_id;
        } call_ringing;
        struct {
            char *call_id;
            enum wzp_accept_mode accept_mode;
            bool has_identity_pub;
            uint8_t identity_pub[32];
            bool has_ephemeral_pub;
            uint8_t ephemeral_pub[32];
            bool has_signature;
            struct wzp_bytes signature;
            bool has_chosen_profile;
            struct wzp_profile chosen_profile;
            char *callee_reflexive_addr;
            struct wzp_string_list callee_local_addrs;
            char *callee_mapped_addr;
            char *callee_build_version;
            char *callee_seen_addr;
        } direct_call_answer;
        struct {
            char *call_id;
            char *room;
            char *relay_addr;
            char *peer_direct_addr;
            struct wzp_string_list peer_local_addrs;
            char *peer_mapped_addr;
            char *peer_seen_addr;
        } call_setup;
        struct {
            char *call_id;
            bool direct_ok;
            char *race_winner; /* class D: missing is read as "", NULL is written as "" */
            bool has_age_ms;   /* ours: is this call still there? It stands for so long */
            uint64_t age_ms;
        } media_path_report;
        struct {
            char *call_id;
            char *reflexive_addr;
            struct wzp_string_list local_addrs;
            char *mapped_addr;
            uint32_t generation;
            char *seen_addr;
        } candidate_update;
        struct {
            enum wzp_hangup_reason reason;
            char *call_id; /* NULL = all calls of the sender */
            char *cause;   /* ours, optional: a WZP_CAUSE_* */
        } hangup;
        struct {
            char *tls_fingerprint;
            struct wzp_hello_proof proof;
            char *build;                         /* ours, optional: names our relay */
            struct wzp_string_list capabilities; /* ours, optional */
            char *region;                        /* ours, optional */
            char *instance; /* ours, optional: another one after each start of the relay */
        } federation_hello;
        struct {
            char *room;
            struct wzp_participant_list participants;
        } global_room_active;
        struct {
            char *room;
        } global_room_inactive;
        struct {
            /* JSON text of the inner message, as it came */
            char *inner;
            char *origin_relay_fp;
            bool has_hops; /* ours, optional: relays that it may still pass */
            uint8_t hops;
            /* ours, optional: existing relays that were asked, as `home` of a participant */
            struct wzp_string_list asked;
        } federated_signal_forward;
        struct {
            struct wzp_string_list fingerprints;
            char *relay_addr;
        } presence_update;
        struct {
            char *fingerprint;
            uint8_t ttl;
        } route_query;
        struct {
            char *fingerprint;
            bool found;
            struct wzp_string_list relay_chain;
        } route_response;
        struct {
            uint64_t dred_reconstructions;
            uint64_t classical_plc_invocations;
            uint64_t frames_decoded;
        } loss_recovery_update;
        struct {
            struct wzp_quality_report report;
            struct wzp_profile recommended_profile;
        } quality_update;
        struct {
            uint8_t new_ephemeral_pub[32];
            struct wzp_bytes signature;
        } rekey;
        struct {
            char *candidate;
        } ice_candidate;
        struct {
            char *target_fingerprint;
            char *relay_addr;
        } transfer;
        struct {
            char *session_id;
            char *target_fingerprint;
            char *source_relay;
        } session_forward;
        struct {
            char *session_id;
            char *room_name;
        } session_forward_ack;
        struct {
            char *call_id;
            uint8_t mac[32];
        } wzp_peer_auth;
        struct {
            struct wzp_string_list add, drop; /* fingerprints */
        } wzp_watch;
        struct {
            struct wzp_seen_list people;
        } wzp_seen;
    } u;
};

/* Reads one message. 0; WZP_E_UNKNOWN for an unknown variant (to be skipped, the connection goes
 * on); WZP_E_SYNTAX for anything the rules of wzp-protocol(7), JSON refuse; WZP_E_TOO_BIG,
 * WZP_E_MEMORY. err gets a sentence that names variant and field. On error *out needs no fini. */
int wzp_signal_parse(struct wzp_signal *out, const char *text, size_t length,
                     struct wzp_error *err);
/* The type that a message claims to have, from its first bytes; WZP_SIGNAL_COUNT when unknown.
 * Callers that read messages of unauthenticated peers ask this first: the cost does not depend on
 * what follows the name. */
enum wzp_signal_type wzp_signal_peek(const char *text, size_t length);
/* 0 when the text is one well-formed message, of a variant known or not; WZP_E_SYNTAX. */
int wzp_signal_check_message(const char *text, size_t length);
/* Releases what parse made and wipes tokens. */
void wzp_signal_fini(struct wzp_signal *signal);
/* Writes compact JSON, fields in the order of wzp-protocol(7), Messages, into a new 0-terminated
 * text (wzp_free it). WZP_E_MEMORY, WZP_E_ARGUMENT (a required string is NULL or not UTF-8),
 * WZP_E_TOO_BIG. */
int wzp_signal_write(char **text, size_t *length, const struct wzp_signal *signal);
/* Variant name on the wire, e.g. "CallOffer"; static. */
const char *wzp_signal_type_name(enum wzp_signal_type type);
/* The word for an enum wzp_hangup_reason as it stands in a Hangup, e.g. "Busy"; NULL for other
 * values. Static. */
const char *wzp_hangup_word(unsigned value);
/* Makes a MediaPathReport that carries the reason of the refusal that follows, for a caller behind
 * existing relays: these forward no reason with a refusal, but pass a MediaPathReport on unchanged,
 * and existing callers do not read this field of it. The reason must have a word; call_id stays the
 * caller's. */
struct wzp_signal wzp_signal_reason(const char *call_id, enum wzp_hangup_reason reason);
/* The reason in a MediaPathReport: Busy or Declined; Normal when it holds none. */
enum wzp_hangup_reason wzp_signal_reason_told(const struct wzp_signal *report);
/* Makes a message that tells a callee behind existing relays that the caller gave up: these forward
 * offers to the callee, but no Hangup. It is the offer once more, with a marker in place of the
 * caller's address; the texts passed in stay the caller's. */
struct wzp_signal wzp_signal_cancel(const char *call_id, const char *caller, const char *target);
bool wzp_signal_is_cancel(const struct wzp_signal *offer);
/* The call a message is about, whatever its type: its field call_id. NULL when it has none, or none
 * is said. The signal's. */
const char *wzp_signal_call_id(const struct wzp_signal *signal);

/* Re-writes one string field of a message in its original JSON text, everything else kept byte by
 * byte: what a relay does to `caller_fingerprint` (wzp-protocol(7), A direct call) or to addresses.
 * A field that is absent is added at the end; value NULL removes it. New text through *out
 * (wzp_free it). Errors as parse, WZP_E_NOT_FOUND (a message without fields), WZP_E_ARGUMENT (value
 * is not UTF-8). The variant need not be known. */
int wzp_signal_replace_field(char **out, size_t *out_length, const char *text, size_t length,
                             const char *field, const char *value);

/* Makes jansson, which programs use for other JSON, allocate through base/alloc. Call once at
 * program start (jansson keeps it globally). Signal messages do not use jansson. */
void wzp_signal_use_allocator(void);

#endif
