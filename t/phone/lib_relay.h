/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One phone and a scripted relay in virtual time. The relay is a bare QUIC endpoint: it tells its
 * connections apart by SNI and speaks JSON signals as the test says. There is also a friend: a
 * scripted peer behind the relay, with keys of its own. */
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

/* What is recorded of an event. */
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
    bool told; /* its first signal has arrived */
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
    enum proof proof;     /* of identity, in RegisterPresenceAck and CallAnswer */
    bool mute_ack;        /* RegisterPresence is not answered */
    bool no_room_update;  /* no RoomUpdate after CallAnswer */
    bool next_version;    /* refuses clients of protocol version 1 */
    bool close_rooms;     /* media connections are closed after CallAnswer */
    bool refuse;          /* RegisterPresenceAck says success:false */
    uint32_t watch_limit; /* of RegisterPresenceAck; 0: the ack does not mention presence */
    bool cut_handshakes;  /* packets to the relay are lost */
    const char *build;    /* version text in the ack and in the answer to "version" */
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
/* relay_crash: the relay disappears without closing connections. relay_start: it comes back without
 * its state; seed_byte makes its certificate and identity. */
void relay_crash(struct stage *st);
void relay_start(struct stage *st, uint8_t seed_byte);

/* An entry for the settings: the stage's relay under this name. */
struct wzp_relay_entry relay_entry(const struct stage *st, const char *name);

/* Lets time pass. */
void run(struct stage *st, uint64_t duration);
/* Registers the phone and waits until that is done; bails otherwise. */
void enroll(struct stage *st);
/* The relay sends a signal on its newest open connection of that SNI. */
void say(struct stage *st, const char *sni, const char *json);
void say_signal(struct stage *st, const char *sni, const struct wzp_signal *signal);
/* Newest open connection of that SNI, or NULL; "*" = the newest one that is not "_signal". */
struct line *line_of(struct stage *st, const char *sni);
/* the_line, told and said are line_of, last_event and heard, but bail when there is nothing. */
struct line *the_line(struct stage *st, const char *sni);
size_t lines_of(const struct stage *st, const char *sni);
/* The n-th (from 0) message that the relay received that begins with `{"name"` or `"name"`, or
 * NULL. */
const char *heard(const struct stage *st, const char *name, size_t n);
const char *said(const struct stage *st, const char *name, size_t n);
/* Position of the first message of that kind among all that the relay received. */
size_t place_of(const struct stage *st, const char *name);
/* The session of the incoming call; bails when there is none, as may happen without memory. */
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
/* How the friend answers our offer, which it reads from the relay's inbox. */
enum answer {
    ANSWER_SEALED,
    ANSWER_LEGACY,   /* an old program */
    ANSWER_INVALID,  /* with keys, but with a wrong signature */
    ANSWER_STRANGER, /* valid, but of another identity */
    ANSWER_STRIPPED /* a relay removed our keys from the offer; the friend signs what it received */
};
void friend_answers(struct stage *st, const char *call_id, enum answer kind);
/* CallSetup for this call. relay_addr NULL: the relay's own. */
void relay_sets_up(struct stage *st, const char *call_id, const char *relay_addr);
/* Takes our answer to the friend's offer out of the relay's inbox and derives the friend's keys. */
enum wzp_e2e_verdict friend_takes_answer(struct stage *st);
/* One media datagram to the phone on its newest media connection, sealed with the friend's keys or
 * not; sequence and timestamp go up. */
void friend_sends(struct stage *st, const struct wzp_media_packet *packet, bool sealed);

#endif
