/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One phone and a relay that does what the test says, in virtual time: the relay is a bare QUIC
 * endpoint, its connections are named by SNI, its words are JSON. And a friend at the other end of
 * the relay, with keys of its own. */
#ifndef WZP_T_PHONE_LIB_RELAY_H
#define WZP_T_PHONE_LIB_RELAY_H

#include "crypto/e2e.h"
#include "base/time.h"
#include "crypto/handshake.h"
#include "crypto/pins.h"
#include "quic/quic.h"
#include "sim/network.h"
#include "wzp/phone.h"

#define LINES_MAX 64
#define INBOX_MAX 128
#define DIARY_MAX 512

/* What a test remembers of an event. */
struct entry {
    enum wzp_event_type type;
    uint64_t at;
    wzp_session_id session;
    int code;
    enum wzp_end_reason reason;
    enum wzp_pin_verdict pin;
    bool proven, e2e, e2e_confirmed, verified, direct;
    uint32_t retry_ms, rtt_ms;
    size_t member_count, members_unproven;
    uint32_t since_ms;
    char text[256], why[256], peer[64], alias[64], room[64], sas[32], build[64], region[64];
    char call_id[64];
    char certificate[WZP_TLS_FINGERPRINT_TEXT_MAX], known[WZP_TLS_FINGERPRINT_TEXT_MAX];
};

/* A connection of the phone at the relay. */
struct line {
    struct wzp_quic_conn *conn; /* NULL once closed */
    char sni[256];
    uint64_t since;
    bool told; /* its first message was seen */
    struct wzp_quic_close why;
};
struct received {
    char sni[64];
    char *text; /* malloc */
};

enum proof { PROOF_NONE, PROOF_VALID, PROOF_WRONG };

struct stage {
    struct wzp_sim *sim;
    uint64_t now; /* when run() returned last */
    struct wzp_random random;
    struct wzp_sim_host *relay_host, *phone_host;
    /* relay */
    struct wzp_quic_endpoint *relay; /* NULL: nobody is there */
    struct wzp_certificate certificate;
    struct wzp_identity relay_identity;
    struct wzp_addr relay_address;
    enum proof proof;    /* in acks and call answers */
    bool mute_ack;       /* RegisterPresence is not answered */
    bool no_room_update; /* CallAnswer, then nothing */
    bool next_version;   /* refuses who speaks version 1 */
    bool close_rooms;    /* media connections are closed after CallAnswer */
    bool refuse;         /* success:false */
    uint32_t watch_limit; /* of the ack; 0: it says nothing of presence */
    bool cut_handshakes; /* packets to the relay vanish */
    const char *build;   /* of the ack and of "version"; NULL: none */
    struct line lines[LINES_MAX];
    size_t line_count;
    struct received inbox[INBOX_MAX];
    size_t inbox_count;
    uint8_t datagram[1500]; /* the last one */
    size_t datagram_length;
    unsigned datagram_count;
    /* phone */
    struct wzp_phone *phone;
    struct wzp_listener listener;
    struct wzp_identity identity;
    struct wzp_pins pins;
    struct wzp_addr phone_address;
    struct entry diary[DIARY_MAX];
    size_t diary_count;
    wzp_session_id answer_inside; /* accept from inside the INCOMING event */
    bool answer_at_once;
    /* friend */
    struct wzp_identity friend;
    struct wzp_e2e_agreement agreement;
    struct wzp_e2e_session keys;
};

/* A phone ("aa" seed, Ann) whose relay is at 10.0.0.1:4433, and a relay with proofs. change may
 * alter the phone's configuration. */
void stage_init(struct stage *st, void (*change)(struct wzp_phone_config *config));
void stage_fini(struct stage *st);
/* The relay vanishes without a word; it comes back with empty memory and this seed byte. */
void relay_crash(struct stage *st);
void relay_start(struct stage *st, uint8_t seed_byte);

/* The stage's relay under this name. */
struct wzp_relay_entry relay_entry(const struct stage *st, const char *name);

/* Lets time pass. */
void run(struct stage *st, uint64_t duration);
/* Registers and waits for it; bails otherwise. */
void enroll(struct stage *st);
/* The relay says something on its newest open connection of that name. */
void say(struct stage *st, const char *sni, const char *json);
void say_signal(struct stage *st, const char *sni, const struct wzp_signal *signal);
/* Newest open connection of that name, NULL. Any name: "*" = the newest that is no "_signal". */
struct line *line_of(struct stage *st, const char *sni);
/* As line_of, told and said as last_event and heard below, but without one the test ends. */
struct line *the_line(struct stage *st, const char *sni);
size_t lines_of(const struct stage *st, const char *sni);
/* The n-th (from 0) message received that begins with `{"name"` or `"name"`; NULL. */
const char *heard(const struct stage *st, const char *name, size_t n);
const char *said(const struct stage *st, const char *name, size_t n);
/* When the relay heard the first message of that kind, as a number. */
size_t place_of(const struct stage *st, const char *name);
/* The call that rings; when memory ran out there is none to go on with. */
wzp_session_id incoming_now(const struct stage *st);
size_t heard_count(const struct stage *st, const char *name);

/* The last event of a type (of that session, 0 = any), NULL. */
const struct entry *last_event(const struct stage *st, enum wzp_event_type type,
                               wzp_session_id session);
const struct entry *told(const struct stage *st, enum wzp_event_type type, wzp_session_id session);
size_t event_count(const struct stage *st, enum wzp_event_type type);

/* ---- the friend ---- */

/* Our phone calls; returns the session; the call id is copied to call_id (64 bytes). */
wzp_session_id place_call(struct stage *st, char *call_id);
/* The relay forwards the friend's offer: sealed (keys) or as an old program would send it. */
void friend_offers(struct stage *st, const char *call_id, bool sealed);
/* What the friend answers to our offer, as it stands in the relay's inbox. */
enum answer {
    ANSWER_SEALED,
    ANSWER_LEGACY,   /* an old program */
    ANSWER_INVALID,  /* keys there, signature wrong */
    ANSWER_STRANGER, /* valid, by somebody else */
    ANSWER_STRIPPED  /* a relay took our keys away; the friend signs what it saw */
};
void friend_answers(struct stage *st, const char *call_id, enum answer kind);
/* CallSetup for this call. relay_addr NULL: the relay's own. */
void relay_sets_up(struct stage *st, const char *call_id, const char *relay_addr);
/* Our answer to the friend's offer, as the relay received it: derives the friend's keys. */
enum wzp_e2e_verdict friend_takes_answer(struct stage *st);
/* One media datagram to the phone on its newest media connection, sealed with the friend's keys or
 * not; sequence and timestamp go up. */
void friend_sends(struct stage *st, const struct wzp_media_packet *packet, bool sealed);

#endif
