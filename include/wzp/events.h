/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* All events that a phone and the softphone around it report to their listeners. Texts are filtered
 * for terminals, never NULL ("" = absent), and valid until the listener returns. */
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
    WZP_EVENT_REGISTERED, /* the phone is registered at a relay */
    /* the registration was lost or refused: why, and when the next try starts */
    WZP_EVENT_UNREGISTERED,
    /* a relay's certificate is new, or differs from the pinned one (then the connection is not used
     * until it is accepted) */
    WZP_EVENT_RELAY_PIN,
    WZP_EVENT_INCOMING, /* somebody calls */
    WZP_EVENT_RINGING,  /* our call was forwarded */
    WZP_EVENT_ANSWERED, /* accepted (either side); media is being set up */
    WZP_EVENT_JOINED,   /* a room (or call) media connection is up */
    WZP_EVENT_MEMBERS,  /* room list changed */
    WZP_EVENT_PATH,     /* media uses another path from now on */
    /* reported at the answer, and again when the first end-to-end encrypted packet has proved it */
    WZP_EVENT_SECURITY,
    WZP_EVENT_MEDIA,      /* first decoded audio of the session */
    WZP_EVENT_QUALITY,    /* the relay recommends a profile */
    WZP_EVENT_ENDED,      /* the handle is dead after this event */
    WZP_EVENT_PONG,       /* answer of wzp_phone_ping */
    WZP_EVENT_ERROR,      /* a sentence for people */
    WZP_EVENT_STATS,      /* the measurements of a session */
    WZP_EVENT_CONNECTING, /* a relay is being tried */
    WZP_EVENT_NOTICE,     /* a sentence for people that is no error */
    WZP_EVENT_MUTED,      /* muted or held changed, whichever face changed it */
    WZP_EVENT_PRESENCE,   /* presence of somebody on the watch list changed */
    WZP_EVENT_CANDIDATES, /* of a call: the candidate addresses that one side sent to the other */
    WZP_EVENT_STOPPED,    /* wzp_app_stop is complete; the last event */
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
/* The same for a presence: "online", ...; static. */
const char *wzp_presence_name(enum wzp_presence presence);
/* The same for a reason: "normal", "busy", ...; static. */
const char *wzp_end_reason_name(enum wzp_end_reason reason);

/* A member of a room. */
struct wzp_member {
    char fingerprint[64];
    char alias[WZP_ALIAS_MAX]; /* "" = none */
    char relay_label[64];      /* "" = this relay */
    bool self;                 /* it is us; set by the softphone, not by the phone */
    bool unproven;             /* the relay says that the fingerprint's key was not proved */
    /* of the contact, NULL = none; set by the softphone, not by the phone */
    const char *name;
    uint64_t spare[3]; /* for what comes later; 0 */
};

struct wzp_event {
    enum wzp_event_type type;
    uint64_t at;            /* ns, the host's clock */
    wzp_session_id session; /* 0: the event belongs to no session */
    /* set in every event that has a session */
    struct {
        bool outgoing, is_room;
        bool proven;      /* of a call: the peer's signature was verified */
        const char *peer; /* fingerprint, colon form */
        const char *name; /* of the contact; set by the softphone */
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
            /* another program with our identity has registered and gets our calls now */
            bool displaced;
            int code; /* WZP_E_REFUSED (by the relay), WZP_E_CRYPTO (wrong proof) or 0 */
        } unregistered;
        struct {
            const char *relay, *remote, *text;
            const char *certificate; /* hex with ':' */
            const char *known;       /* the pinned certificate, in the same form */
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
            /* the reason in why as a word of a fixed list: "punched", "hard-nat", ... */
            const char *reason;
            uint32_t rtt_ms;
        } path; /* also used by JOINED */
        struct {
            bool e2e;                /* agreed */
            bool confirmed;          /* the first packet authenticated */
            bool verified;           /* a person compared the code once */
            const char *verified_on; /* the day of that, "2025-11-26"; "" when unknown */
            const char *sas, *why;
        } security;
        struct {
            uint32_t since_ms; /* since the command or the answer, whichever came later */
        } media;
        struct {
            const char *text;
        } quality, notice;
        struct {
            enum wzp_end_reason reason;
            const char *text;
            uint64_t duration_ms; /* since answered or joined */
            bool token_wanted;    /* of a refusal: as in `unregistered` */
            /* of a refusal: the room needs a password, or the one given is wrong */
            bool password_wanted;
            bool unannounced; /* an incoming call that ended before it rang here */
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
            /* ours, as sent to the peer; false: the peer's, of which only those that may be
             * tried */
            bool own;
            uint32_t generation; /* number of an update during the call; 0: from offer or answer */
            /* server reflexive address, as the relay or a STUN server sees it (RFC 8445) */
            const char *reflexive;
            const char *mapped;  /* a port that the router opened */
            const char *hosts;   /* host addresses of the machine, separated by spaces */
            const char *mapping; /* the NAT's mapping behaviour, a word; "unknown" */
        } candidates;
        struct {
            const char *relay, *remote;
        } connecting;
        struct wzp_session_stats stats;
    } u;
};

/* A listener is owned by the caller. A phone may have any number; they are called in the order in
 * which they were added. A listener may add and remove listeners and give commands from inside an
 * event. */
struct wzp_listener {
    void (*event)(void *context, const struct wzp_event *event);
    void *context;
    struct wzp_listener *next; /* for the phone's own use */
};

#ifdef __cplusplus
}
#endif

#endif
