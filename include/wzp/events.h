/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Everything that a phone (and the softphone around it) tells its listeners. Texts are filtered for
 * terminals, never NULL ("" = absent), and valid during the listener's call. */
#ifndef WZP_EVENTS_H
#define WZP_EVENTS_H

#include "wzp/stats.h"
#include "wzp/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Handle of a call or room; never reused within a phone's life, 0 = none. */
typedef uint32_t wzp_session_id;

enum wzp_event_type {
    WZP_EVENT_REGISTERED,   /* at a relay */
    WZP_EVENT_UNREGISTERED, /* the connection was lost or refused: why, when the next try starts */
    /* a relay was seen first, or its certificate changed (then nothing goes on until accepted) */
    WZP_EVENT_RELAY_PIN,
    WZP_EVENT_INCOMING,   /* somebody calls */
    WZP_EVENT_RINGING,    /* our call was forwarded */
    WZP_EVENT_ANSWERED,   /* accepted (either side); media is being set up */
    WZP_EVENT_JOINED,     /* a room (or call) media connection is up */
    WZP_EVENT_MEMBERS,    /* room list changed */
    WZP_EVENT_PATH,       /* media takes another path */
    WZP_EVENT_SECURITY,   /* said at the answer, and again when the first sealed packet proved it */
    WZP_EVENT_MEDIA,      /* first decoded audio of the session */
    WZP_EVENT_QUALITY,    /* the relay recommends a profile */
    WZP_EVENT_ENDED,      /* the handle is dead after this event */
    WZP_EVENT_PONG,       /* answer of wzp_phone_ping */
    WZP_EVENT_ERROR,      /* a sentence for people */
    WZP_EVENT_STATS,      /* the measurements of a session */
    WZP_EVENT_CONNECTING, /* a relay is being tried */
    WZP_EVENT_NOTICE,     /* a sentence for people that is no error */
    WZP_EVENT_MUTED,      /* muted or held changed, whoever did it */
    WZP_EVENT_PRESENCE,   /* whether somebody whom we watch is there */
    WZP_EVENT_CANDIDATES, /* of a call: the addresses that one side told the other */
    WZP_EVENT_STOPPED,    /* the softphone has parted; the last event */
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
/* A lower-case word for scripts: "registered", "ended", ...; static. */
const char *wzp_event_name(enum wzp_event_type type);
/* The same of a presence: "online", ...; static. */
const char *wzp_presence_name(enum wzp_presence presence);
/* The same of a reason: "normal", "busy", ...; static. */
const char *wzp_end_reason_name(enum wzp_end_reason reason);

/* Somebody in a room. */
struct wzp_member {
    char fingerprint[64];
    char alias[WZP_ALIAS_MAX]; /* "" = none */
    char relay_label[64];      /* "" = this relay */
    bool self;                 /* it is us; put in by the softphone */
    bool unproven;             /* the relay says that the fingerprint's key was not proved */
    const char *name;          /* the contact's, NULL = none; put in by the softphone */
    uint64_t spare[3];         /* for what comes later; 0 */
};

struct wzp_event {
    enum wzp_event_type type;
    uint64_t at;            /* ns, the host's clock */
    wzp_session_id session; /* 0: of no session */
    /* of every event that has a session */
    struct {
        bool outgoing, is_room;
        bool proven;      /* of a call: a signature has shown that it is this peer */
        const char *peer; /* fingerprint, colon form */
        const char *name; /* the contact's, put in by the softphone */
        const char *alias, *call_id, *room;
        uint64_t spare[4]; /* for what comes later; 0 */
    } about;
    union {
        struct {
            const char *relay, *remote, *build, *region;
            bool proven; /* the relay proved its identity */
            enum wzp_pin_verdict pin;
            uint32_t rtt_ms;
        } registered;
        struct {
            const char *relay, *text;
            uint32_t retry_ms;
            bool token_wanted; /* the relay wants a token, or does not take ours */
            bool displaced;    /* another program with our identity gets our calls now */
            int code;          /* WZP_E_REFUSED (by the relay), WZP_E_CRYPTO (wrong proof) or 0 */
        } unregistered;
        struct {
            const char *relay, *remote, *text;
            const char *certificate; /* hex with ':' */
            const char *known;       /* the one that was remembered */
            enum wzp_pin_verdict pin;
        } relay_pin;
        struct {
            bool proven; /* a valid end-to-end offer: the caller is who it says */
            bool e2e;    /* the call would be end-to-end encrypted */
            const char *why;
        } incoming;
        struct {
            bool direct;
            const char *remote, *relay, *why;
            const char *reason; /* why as a word of a closed list: "punched", "hard-nat", ... */
            uint32_t rtt_ms;
        } path; /* also of JOINED */
        struct {
            bool e2e;                /* agreed */
            bool confirmed;          /* the first packet authenticated */
            bool verified;           /* a person compared the code once */
            const char *verified_on; /* the day of that, "2025-11-26"; "" when unknown */
            const char *sas, *why;
        } security;
        struct {
            uint32_t since_ms; /* since the command, or the answer if that was later */
        } media;
        struct {
            const char *text;
        } quality, notice;
        struct {
            enum wzp_end_reason reason;
            const char *text;
            uint64_t duration_ms; /* since answered or joined */
            bool token_wanted;    /* refused: as of unregistered */
            bool password_wanted; /* refused: the room wants a password, or another one */
            bool unannounced;     /* somebody called, and it did not even ring */
        } ended;
        struct {
            const char *relay, *remote, *build, *certificate;
            enum wzp_pin_verdict pin;
            uint32_t rtt_ms;
        } pong;
        struct {
            int code; /* WZP_E_* */
            const char *relay, *text;
        } error;
        struct {
            const struct wzp_member *items;
            size_t count;
        } members;
        struct {
            bool muted, held;
        } muted;
        struct {
            enum wzp_presence state, before; /* of about.peer */
        } presence;
        struct {
            bool own; /* ours, as told to the peer; else the peer's, as far as they may be tried */
            uint32_t generation;   /* of an update during the call; 0: of offer or answer */
            const char *reflexive; /* as the relay or a STUN server sees it */
            const char *mapped;    /* a port that the router opened */
            const char *hosts;     /* of the machine; several, spaces in between */
            const char *mapping;   /* what the router does, a word; "unknown" */
        } candidates;
        struct {
            const char *relay, *remote;
        } connecting;
        struct wzp_session_stats stats;
    } u;
};

/* A listener is the caller's, any number per phone; called in order of joining; may join, leave and
 * give commands from inside an event. */
struct wzp_listener {
    void (*event)(void *context, const struct wzp_event *event);
    void *context;
    struct wzp_listener *next; /* the phone's */
};

#ifdef __cplusplus
}
#endif

#endif
