/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The client as its users see it: one registered account, any number of calls and rooms, commands
 * in, events out, samples in and out, and the four calls of a driver. Sans-I/O: the real loop and
 * the simulator drive the same object. What is called a session here is one direct call or one
 * room. Source: design.md 3, 5; relay.md 4; crypto.md 8; media.md 8. */
#ifndef WZP_PHONE_H
#define WZP_PHONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/error.h"
#include "base/log.h"
#include "base/random.h"
#include "crypto/e2e.h"
#include "crypto/identity.h"
#include "crypto/pins.h"
#include "media/playout.h"
#include "base/packet.h"
#include "quic/quic.h"
#include "wire/codec.h"
#include "wire/signal.h"

#define WZP_PHONE_SESSIONS_MAX 16
#define WZP_PHONE_RING_TIME (60 * WZP_SECOND)
#define WZP_PHONE_FIRST_SEALED_TIME (10 * WZP_SECOND) /* crypto.md 8.3: else end with a warning */

enum wzp_e2e_policy { WZP_E2E_PREFER, WZP_E2E_REQUIRE, WZP_E2E_OFF };

/* Handle of a session; never reused within a phone's life, 0 = none. */
typedef uint32_t wzp_session_id;

enum wzp_phone_event_type {
    WZP_EVENT_REGISTERED, /* registration: relay, build, region, proven, pin */
    /* the connection was lost; text says why, retry_ms when the next try starts */
    WZP_EVENT_UNREGISTERED,
    /* a relay was seen first, or its certificate changed (then nothing goes on until accepted) */
    WZP_EVENT_RELAY_PIN,
    WZP_EVENT_INCOMING, /* somebody calls: peer, alias, e2e verdict */
    WZP_EVENT_RINGING,  /* our call was forwarded */
    WZP_EVENT_ANSWERED, /* accepted (either side); media is being set up */
    WZP_EVENT_JOINED,   /* a room (or call) media connection is up */
    WZP_EVENT_MEMBERS,  /* room list changed: members */
    WZP_EVENT_PATH,     /* active media path: kind, remote, why */
    /* e2e, sas, why: said at answer and again when the first sealed packet proved it */
    WZP_EVENT_SECURITY,
    /* first decoded audio of the session: since_ms = since the command that began it */
    WZP_EVENT_MEDIA,
    WZP_EVENT_QUALITY, /* the relay recommends a profile: text */
    WZP_EVENT_ENDED,   /* reason, text; the handle is dead after this event */
    /* answer of wzp_phone_ping: rtt_ms, text = build, fingerprint of the certificate */
    WZP_EVENT_PONG,
    WZP_EVENT_ERROR, /* a sentence for people; code */
    WZP_EVENT_COUNT
};
enum wzp_end_reason {
    WZP_END_NORMAL, /* hung up by either side */
    WZP_END_BUSY,
    WZP_END_DECLINED,
    WZP_END_CANCELLED, /* caller gave up before the answer */
    WZP_END_TIMEOUT,   /* nobody answered */
    WZP_END_OFFLINE,   /* callee not registered */
    WZP_END_REFUSED,   /* policy: downgrade, e2e required, relay refused */
    WZP_END_LOST,      /* media or relay lost mid-call */
    WZP_END_ERROR,
    WZP_END_COUNT
};
/* Lower-case words for scripts: "registered", "ended", ...; "normal", "busy", ... */
const char *wzp_event_name(enum wzp_phone_event_type type);
const char *wzp_end_reason_name(enum wzp_end_reason reason);

struct wzp_phone_member {
    char fingerprint[64]; /* filtered */
    char alias[64];       /* filtered, "" = none */
    char relay_label[64]; /* "" = this relay */
};
/* One event; strings are filtered for terminals and valid during the call. Fields not named at the
 * type are zero/"". */
struct wzp_phone_event {
    enum wzp_phone_event_type type;
    wzp_session_id session;
    bool outgoing;
    int code; /* WZP_E_* */
    enum wzp_end_reason reason;
    const char *text, *why;
    const char *peer; /* fingerprint, colon form */
    const char *alias;
    const char *call_id;
    const char *room;
    const char *relay, *build, *region;
    const char *remote;      /* address of the path */
    bool direct;             /* path kind */
    bool proven;             /* relay proved its identity / peer's e2e offer is valid */
    bool e2e, e2e_confirmed; /* agreed; first packet authenticated */
    const char *sas;
    const char *fingerprint; /* relay certificate, hex with ':' */
    enum wzp_pin_verdict pin;
    uint32_t rtt_ms, retry_ms, since_ms;
    const struct wzp_phone_member *members;
    size_t member_count;
};

struct wzp_phone_config {
    struct wzp_identity identity; /* copied; the caller wipes its own */
    char alias[WZP_ALIAS_MAX];    /* sent in rooms and offers; "" = none */
    char build[64];               /* our version text */
    enum wzp_e2e_policy e2e;
    enum wzp_codec codec;   /* first codec, WZP_CODEC_OPUS_24K */
    bool accept_new_relays; /* trust on first use; else new relays stop like changed ones */
    bool echo;              /* send back what is heard, per session (wzp echo) */
    bool auto_gain, denoise, echo_cancel; /* capture DSP */
    unsigned ring_seconds;                /* 0: WZP_PHONE_RING_TIME */
    /* the caller's, outlives the phone; NULL: nothing is remembered */
    struct wzp_pins *pins;
    struct wzp_random random;
    struct wzp_log log;
    void (*event)(void *context, const struct wzp_phone_event *event);
    void *context;
    uint64_t wall_seconds; /* seconds since 1970 at creation's `now`, for pins */
};

struct wzp_phone;
/* New phone, not connected to anything. WZP_E_MEMORY, WZP_E_ARGUMENT (a codec that cannot be sent),
 * WZP_E_CRYPTO. Commands may be given from inside an event, except wzp_phone_free. */
int wzp_phone_new(struct wzp_phone **out, const struct wzp_phone_config *config, uint64_t now,
                  struct wzp_error *err);
/* Forgets everything without a word; wzp_phone_shutdown first to part politely. */
void wzp_phone_free(struct wzp_phone *p);

/* ---- the four calls ---- */
void wzp_phone_receive(struct wzp_phone *p, const struct wzp_addr *local,
                       const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data,
                       size_t length, uint64_t now);
uint64_t wzp_phone_expiry(const struct wzp_phone *p);
void wzp_phone_handle_expiry(struct wzp_phone *p, uint64_t now);
int wzp_phone_next_packet(struct wzp_phone *p, struct wzp_packet *out, uint64_t now);
/* The same four as loop/ and sim/ take them; valid as long as p. */
void wzp_phone_driver(struct wzp_driver *out, struct wzp_phone *p);

/* ---- commands; all return 0 or WZP_E_* with a sentence in err ---- */

/* Which relay: name as the person typed it ("host:port", for pins), its address, our local address
 * of that family, token (NULL none). Takes effect at the next connect; register_start connects and
 * keeps registered (0 1 2 4 8 15 30 30 s between tries). */
int wzp_phone_set_relay(struct wzp_phone *p, const char *name, const struct wzp_addr *remote,
                        const struct wzp_addr *local, const char *token, struct wzp_error *err);
int wzp_phone_register_start(struct wzp_phone *p, uint64_t now, struct wzp_error *err);
bool wzp_phone_registered(const struct wzp_phone *p);
/* Calls a fingerprint (any spelling). Possible before registration is complete: the offer then
 * waits for it. */
int wzp_phone_call(struct wzp_phone *p, wzp_session_id *out, const char *peer, uint64_t now,
                   struct wzp_error *err);
/* trusted: addresses may be given to the peer later (direct paths); else relay only. */
int wzp_phone_answer(struct wzp_phone *p, wzp_session_id session, bool trusted, uint64_t now,
                     struct wzp_error *err);
/* Refuses an incoming call: busy or declined. */
int wzp_phone_reject(struct wzp_phone *p, wzp_session_id session, bool busy, uint64_t now,
                     struct wzp_error *err);
/* Ends a call in any state, or leaves a room. */
int wzp_phone_hangup(struct wzp_phone *p, wzp_session_id session, uint64_t now,
                     struct wzp_error *err);
/* Joins a room by name (normalised). No registration needed. */
int wzp_phone_join(struct wzp_phone *p, wzp_session_id *out, const char *room, uint64_t now,
                   struct wzp_error *err);
int wzp_phone_mute(struct wzp_phone *p, wzp_session_id session, bool on);
/* Held: neither heard nor hears; the stream stays alive. */
int wzp_phone_hold(struct wzp_phone *p, wzp_session_id session, bool on);
/* The person compared the safety code: remember it. */
int wzp_phone_verify_peer(struct wzp_phone *p, wzp_session_id session);
/* The person accepts the changed (or new) certificate of our relay; connecting goes on. */
int wzp_phone_accept_relay(struct wzp_phone *p, uint64_t now);
/* Connect time, certificate and build of a relay; WZP_EVENT_PONG or WZP_EVENT_ERROR follows, with
 * `relay` = name. */
int wzp_phone_ping(struct wzp_phone *p, const char *name, const struct wzp_addr *remote,
                   const struct wzp_addr *local, uint64_t now, struct wzp_error *err);
/* Hangs up everything, closes connections; done when wzp_phone_idle (a second at most). */
void wzp_phone_shutdown(struct wzp_phone *p, uint64_t now);
bool wzp_phone_idle(const struct wzp_phone *p);

/* ---- samples: 48 kHz mono ---- */

/* Microphone samples, any multiple of 480 up to 1920: go to every session that is up, not muted,
 * not held. Processed by DSP first. */
void wzp_phone_capture(struct wzp_phone *p, const int16_t *pcm, size_t samples, uint64_t now);
/* What the loudspeaker plays next: the mix of all sessions not held. Always fills; returns the
 * number of speakers heard. */
int wzp_phone_playback(struct wzp_phone *p, int16_t *pcm, size_t samples, uint64_t now);
/* True while some session has media: the driver need only run devices then. */
bool wzp_phone_wants_audio(const struct wzp_phone *p);

/* ---- facts ---- */
struct wzp_session_stats {
    bool is_room, outgoing, answered, muted, held, up;
    bool direct, e2e, e2e_confirmed;
    char peer[WZP_FINGERPRINT_TEXT_MAX];
    char alias[64];
    char room[256];
    char sas[WZP_E2E_SAS_TEXT_MAX];
    char remote[WZP_ADDR_TEXT_MAX];
    uint64_t duration_ms;           /* since answered, of a room since joined */
    struct wzp_quic_stats path;     /* of the active path */
    struct wzp_playout_stats heard; /* all speakers */
    size_t speakers;
    uint64_t frames_sent, bytes_sent, datagrams_received, datagrams_dropped;
    uint64_t unsealed_dropped, sealed_failed;
    double level_in_dbfs, level_out_dbfs;
    uint8_t codec_out, codec_in;
    double mos; /* E-model estimate, media.md 13.3 (10) */
};
/* Possible up to and during its WZP_EVENT_ENDED. WZP_E_NOT_FOUND. */
int wzp_phone_session_stats(const struct wzp_phone *p, wzp_session_id session,
                            struct wzp_session_stats *out, uint64_t now);
/* Sessions by place 0..count-1; 0 past the end. */
wzp_session_id wzp_phone_session(const struct wzp_phone *p, size_t i);
const struct wzp_identity *wzp_phone_identity(const struct wzp_phone *p);

#endif
