/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The structs that the modules of the phone share. Nobody outside src/phone includes this. From top
 * to bottom: phone.c and command.c (driver calls, commands), call_inbox.c (signals find their
 * call), call.c (a call), call_return.c (made again), call_setup.c (until its media) and room.c,
 * call_outbox.c (messages of calls), session.c (all calls and rooms), leg.c (the media of one),
 * leg_watch.c, leg_path.c and leg_dial.c (its silence, its paths, its way to the relay), stream.c
 * (its packets and samples), account.c (registration), ping.c, gate.c (pins), link.c (connections),
 * event.c. Lower modules call higher ones through tables of functions. */
#ifndef WZP_PHONE_INTERNAL_H
#define WZP_PHONE_INTERNAL_H

#include "base/log.h"
#include "base/random.h"
#include "base/time.h"
#include "crypto/e2e.h"
#include "crypto/handshake.h"
#include "crypto/identity.h"
#include "crypto/pins.h"
#include "crypto/room_key.h"
#include "media/control.h"
#include "media/crowd.h"
#include "media/dsp.h"
#include "media/effort.h"
#include "media/feedback.h"
#include "media/level.h"
#include "media/receiver.h"
#include "media/sender.h"
#include "nat/toll.h"
#include "phone/backoff.h"
#include "phone/call_table.h"
#include "phone/ground_state.h"
#include "phone/listeners.h"
#include "phone/path.h"
#include "phone/policy.h"
#include "phone/watch.h"
#include "quic/quic.h"
#include "wire/close.h"
#include "wire/name.h"
#include "wire/signal.h"
#include "wzp/phone.h"

#define WZP_PHONE_PINGS_MAX 16
#define WZP_PHONE_LINKS_MAX 96
#define WZP_PHONE_MEMBERS_MAX 1024
#define WZP_PHONE_ANSWER_TIME (10 * WZP_SECOND) /* for an ack, a CallAnswer, a CallSetup */
#define WZP_PHONE_LOST_TIME (10 * WZP_SECOND)   /* how long lost media is dialled again */
/* For the word of a relay that stops, after a Hangup with reason Error. */
#define WZP_PHONE_ERROR_TIME (300 * WZP_MILLISECOND)
#define WZP_PHONE_FRAME_TIME (20 * WZP_MILLISECOND)
#define WZP_PHONE_TOKEN_MAX 2048
#define WZP_PHONE_KEPT_MAX 4
#define WZP_PHONE_PORTS_MAX 256

/* A relay: name for pins and people, where it is, and from where we reach it. */
struct wzp_relay_place {
    char name[WZP_PIN_NAME_MAX];
    struct wzp_addr addresses[WZP_RELAY_PLACES_MAX];
    size_t count;
    struct wzp_addr remote; /* the address that answered */
    bool ours;              /* the relay we register at: it may get our token */
    bool no_record;         /* not to be remembered: only a call's CallSetup named it */
    bool kin;               /* only if it is the relay we register at, at another address */
};

/* A connection and who owns it. Lives until `closed`; an owner that turned away is NULL. */
struct wzp_link_calls;
struct wzp_link {
    struct wzp_phone *phone;
    struct wzp_addr remote;
    struct wzp_quic_conn *conn;     /* NULL once closed */
    struct wzp_quic_conn *known_as; /* the same, also after the end: only to compare */
    const struct wzp_link_calls *calls;
    void *owner; /* NULL: nobody listens */
    struct wzp_link *next;
};

/* The addresses of one place, dialled side by side (dial.h). calls NULL: it does not dial. */
struct wzp_dial {
    struct wzp_phone *phone;
    const struct wzp_link_calls *calls; /* for the winner */
    void (*failed)(void *owner, int code, const char *why, uint64_t now);
    void *owner;
    const struct wzp_relay_place *place;
    const char *sni;
    struct wzp_link *links[WZP_RELAY_PLACES_MAX]; /* under way */
    size_t link_count;
    size_t next; /* address to dial */
    uint64_t next_at;
    int code; /* the last failure */
    char why[96];
};

/* Whether a relay still knows us (probe.h). */
struct wzp_probe {
    bool out;    /* an offer to ourselves is under way */
    char id[33]; /* its call id */
    uint64_t at; /* of the next, or when it must be answered; WZP_NEVER: none */
};

/* Those whom we know, and whether they are there (seen.h). */
struct wzp_seen_friend {
    uint8_t fingerprint[WZP_FINGERPRINT_SIZE];
    enum wzp_presence state;
    bool asked; /* the relay was */
};
struct wzp_seen {
    struct wzp_seen_friend *friends;
    size_t count, asked;
    size_t limit; /* of whom the relay tells; 0: of nobody, or there is none */
};

/* What whoever uses the registration hears of it. */
struct wzp_account_calls {
    void (*registered)(struct wzp_phone *p, uint64_t now);
    void (*signal)(struct wzp_phone *p, const struct wzp_signal *signal, uint64_t now);
    void (*lost)(struct wzp_phone *p, uint64_t now); /* it was registered */
    void (*displaced)(struct wzp_phone *p, uint64_t now);
    bool (*busy)(const struct wzp_phone *p);   /* calls depend on it */
    bool (*waits)(const struct wzp_phone *p);  /* a call is silent until it is there */
    bool (*awaits)(const struct wzp_phone *p); /* a call rings, and goes on by its words */
};

enum wzp_account_state {
    WZP_ACCOUNT_IDLE,
    WZP_ACCOUNT_CONNECTING,
    WZP_ACCOUNT_PROVING, /* RegisterPresence is sent */
    WZP_ACCOUNT_REGISTERED,
    WZP_ACCOUNT_DISPLACED, /* another program with our identity gets our calls */
    WZP_ACCOUNT_PAUSED,    /* until the deadline */
    WZP_ACCOUNT_BLOCKED    /* until a person accepts the certificate */
};
struct wzp_account {
    enum wzp_account_state state;
    struct wzp_relay_place relays[WZP_PHONE_RELAYS_MAX]; /* set_relays; copied at connect */
    size_t relay_count, turn;
    bool fresh[WZP_PHONE_RELAYS_MAX]; /* its addresses were given just now */
    uint32_t request;                 /* of the name that is being resolved, 0 = none */
    char token[WZP_PHONE_TOKEN_MAX];  /* secret; "" = none */
    struct wzp_relay_place connected; /* the one in use */
    struct wzp_dial dial;
    struct wzp_link *link;
    uint64_t deadline, registered_at;
    bool token_wanted;      /* why the relay closed the connection just now */
    bool refused;           /* it did not want us, the last time that we asked it */
    uint64_t rtt;           /* to the relay when we registered last, ns */
    unsigned urgent;        /* tries in a row for a call that waits; few of them are told */
    uint64_t relay_stopped; /* when its last word was that it shuts down, 0 = never */
    struct wzp_backoff backoff;
    enum wzp_pin_verdict pin;
    size_t watch_limit; /* people of whom this relay tells us */
    bool proven;        /* the relay proved its identity on this connection */
    bool must_prove;    /* certificate changed: only the proof of the known identity helps */
    uint8_t certificate[32];
    const struct wzp_account_calls *calls;   /* who hears of it */
    const struct wzp_link_calls *link_calls; /* for its connections */
    struct wzp_probe probe;
    struct wzp_account_watch {
        uint64_t at;      /* the next look, WZP_NEVER = no call rings */
        uint64_t packets; /* received, at the last look */
        uint64_t since;   /* when it was heard last, as far as we looked */
        bool told;        /* that it is silent */
    } watch;
    /* Connections that a relay of the existing kind must not see closed: it would forget the newer
     * one. Nothing is heard of them. */
    struct wzp_link *kept[WZP_PHONE_KEPT_MAX];
    size_t kept_count;
};

enum wzp_leg_state {
    WZP_LEG_IDLE,
    WZP_LEG_PAUSED, /* until the deadline */
    WZP_LEG_DIALLING,
    WZP_LEG_OFFERED, /* CallOffer is sent */
    WZP_LEG_UP,
    WZP_LEG_BLOCKED
};

/* What a session sent and heard in all, also when its stream began anew. */
struct wzp_stream_totals {
    uint64_t frames, bytes; /* sent */
    uint64_t received, dropped, unsealed, seal_failed;
};

/* Samples and packets of a session. sender NULL: not begun, or ended. All but `total` and `heard`
 * is of this stream alone: who comes back into a call begins with other numbers. */
struct wzp_stream {
    struct wzp_stream_totals total;
    struct wzp_sender *sender;
    struct wzp_receiver *receiver;
    bool sealed; /* all packets, both ways, under keys */
    struct wzp_e2e_session keys;
    uint64_t begun;
    struct wzp_meter meter_out;

    /* stream.c: whether the other side is there */
    bool heard;          /* the first sound was told */
    uint64_t heard_at;   /* the peer's last packet; 0: none */
    uint64_t strange_at; /* the first that was not sealed with our keys; 0: none */

    /* stream.c: without a microphone */
    uint64_t next_own; /* of a session with sound of its own, or on hold */
    bool holding;
    uint64_t silent_until; /* on hold: up to here the stream has told of its silence */

    /* stream.c, once a second: what was lost for good, and whether anything came */
    uint64_t next_tick;
    uint64_t concealed_before, played_before; /* at the last tick */
    uint64_t accepted_before, packets_before; /* likewise */
    unsigned quiet_ticks;                     /* in a row, with packets but nothing of the peer's */
    unsigned settling;    /* ticks in which concealment is no loss: somebody left */
    double residual_loss; /* percent after recovery, smoothed */
    unsigned unsmoothed;  /* ticks after an interruption, whose loss is that of the moment */

    /* adapt.c: what is sent follows the line */
    bool is_room;
    struct wzp_control control;
    struct wzp_feedback feedback;         /* the peer's last report */
    struct wzp_crowd crowd;               /* of a room: those of all */
    uint64_t peer_at;                     /* and when it came, 0 = never */
    uint64_t ours_at, old_at;             /* a report of a program like ours, and of another kind */
    uint64_t warned_until;                /* by a relay */
    uint64_t spared_until;                /* by some of a room */
    const struct wzp_quic_conn *measured; /* the path the controller knows, at the last look */
    uint64_t rtt_samples;                 /* of it, that the controller knows */
    uint64_t next_look;
    unsigned looks;

    /* adapt.c, once a second: what comes, and our report of it */
    uint64_t bytes_in;       /* payload, since the last tick */
    uint64_t decoded_before; /* at the last tick */
    double kbps_in;
    double voice_kbps; /* of seconds with speech, smoothed */
    unsigned jitter_ms;
    double loss_told; /* percent, in our last report */
    uint64_t told_at; /* when that was */
};

struct wzp_session;
/* What the owner of a leg hears. It may end the session from inside any of them. */
struct wzp_leg_calls {
    /* The relay let us in, or will in a moment: media may begin, or goes on. */
    void (*up)(struct wzp_session *s, uint64_t now);
    /* True when media may begin as soon as the connection stands, behind the offer and before the
     * relay's word, which saves a round trip; NULL: never. */
    bool (*eager)(const struct wzp_session *s);
    /* Who is there, as the relay says. */
    void (*members)(struct wzp_session *s, const struct wzp_participant_list *list, uint64_t now);
    /* A packet of the other side was taken. */
    void (*heard)(struct wzp_session *s, uint64_t now);
    /* The other side ended the call, and said so in a sealed packet. Of calls only. */
    void (*goodbye)(struct wzp_session *s, enum wzp_hangup_reason reason, uint64_t now);
    /* Nothing came of the other side for long, although our path lives. */
    void (*quiet)(struct wzp_session *s, uint64_t now);
    /* It could not be made, or made again. refused: the relay did not let us in. */
    void (*failed)(struct wzp_session *s, bool refused, const char *text, uint64_t now);
};

/* The media of a session: its connection (dialled, dialled again, given up), the paths, and what
 * flows. It knows whom it serves by a table of functions only. */
struct wzp_leg {
    struct wzp_phone *phone;
    const struct wzp_leg_calls *calls;
    const struct wzp_link_calls *link_calls; /* for its connections */
    struct wzp_session *session;             /* the owner; handed back to it, and to events */
    enum wzp_leg_state state;
    struct wzp_dial dial;
    struct wzp_link *link;
    struct wzp_link *old; /* silent, kept until a new one stands or it is heard again */
    struct wzp_relay_place places[2];
    size_t place_count, turn; /* places are tried in turn */
    uint32_t request;         /* for the addresses of the place in turn, 0 = none */
    bool dialled;             /* names are resolved again at every further try */
    char sni[WZP_SNI_MAX + 1];
    struct wzp_handshake handshake;
    struct wzp_backoff backoff;
    uint64_t deadline; /* of the state */
    uint64_t give_up;  /* WZP_NEVER: not counting */
    bool joined_once, must_prove;
    bool proved;    /* this connection is in the room */
    bool told;      /* and that was told */
    uint64_t up_at; /* when the relay let it in */
    uint8_t certificate[32];
    bool token_wanted, password_wanted, sent_away; /* why the relay closed it */
    bool has_room_key;                             /* a password was given for the room */
    uint8_t room_key[WZP_ROOM_KEY_SIZE];
    char trouble[128];
    bool nobody; /* the last dial: that host says that no relay is there */
    struct wzp_path_set paths;
    enum wzp_race_reason why_relay; /* no direct path is looked for, and why; else SEARCHING */
    struct wzp_watch watch;
    uint64_t next_watch;
    uint64_t doubted_at, doubt_until; /* the networks changed: is anything heard by then? */
    bool peer_due;                    /* somebody is there who should be sending */
    struct wzp_stream stream;
};

/* How loud somebody is here; "" is the other one in a call. */
struct wzp_volume {
    char who[64];
    uint8_t percent;
};
/* What calls and rooms have in common. First member of both. */
struct wzp_session_kind;
struct wzp_session {
    struct wzp_phone *phone;
    const struct wzp_session_kind *kind;
    wzp_session_id id;
    bool is_room, outgoing, muted, held;
    bool proven; /* of a call: the peer's signature was valid */
    bool ended;
    uint64_t began;
    uint64_t stands_since; /* a call: the answer; a room: media; 0 = not yet */
    char room[WZP_SNI_MAX + 1];
    char call_id[WZP_CALL_ID_MAX + 1]; /* "" of a room */
    char peer[64], alias[64];          /* "" of a room */
    struct wzp_member *members;        /* as the relay says */
    size_t member_count, member_capacity;
    uint16_t owners[256];       /* by sender number: which member has it, + 1; 0: nobody */
    struct wzp_volume *volumes; /* as the person wished */
    size_t volume_count;
    struct wzp_session_audio audio; /* all NULL: microphone and loudspeaker */
    struct wzp_leg leg;
};

struct wzp_room {
    struct wzp_session session;
    bool told; /* that the relay can hear it */
};

struct wzp_direct;
struct wzp_call {
    struct wzp_session session;
    enum wzp_call_state state;
    uint64_t deadline; /* of the state, WZP_NEVER for none */
    uint8_t peer_fingerprint[WZP_FINGERPRINT_SIZE];
    bool trusted;      /* theirs: our user answers with our addresses */
    bool peer_private; /* ours: it was answered without the peer's addresses, on purpose */
    struct wzp_e2e_agreement agreement; /* secret until answered */
    enum wzp_e2e_verdict verdict;
    enum wzp_policy_outcome outcome;
    bool has_answer, has_setup, confirmed;
    uint8_t peer_key[32];
    struct wzp_e2e_session agreed; /* keys until the stream begins; secret */
    bool peer_seen;
    uint64_t peer_gone_at;           /* 0 = there */
    char trouble[192];               /* of the media, for the end's words */
    bool turned_down;                /* the relay did not let us in at all */
    enum wzp_hangup_reason foretold; /* of a refusal on its way; NORMAL: nothing was said */
    /* The relay forgot the call: it is made again under the same handle. */
    bool remaking;
    bool away;   /* one side lost the network, and may be long */
    bool proved; /* the other side has had the keys of this call, or of one that it was before */
    uint64_t remake_by, retry_at;
    uint64_t asked_at; /* whether the other side still has the call; 0 = never */
    /* An error was the word of the relay or of the other side: what follows tells. */
    uint64_t error_at;  /* WZP_NEVER: none */
    bool relay_stopped; /* a relay, which may be another than ours, said that it stops */
    uint64_t offer_at;  /* it waits for our own address; 0: no */
    /* The direct path: what was said of our own addresses, and what is done about the peer's. */
    struct wzp_gather_counter announced;
    char own_reflexive[WZP_ADDR_TEXT_MAX]; /* "" = none was given */
    struct wzp_direct *direct;             /* NULL: the call goes over the relay only */
};

struct wzp_ping {
    struct wzp_phone *phone;
    struct wzp_relay_place place;
    struct wzp_dial dial;
    struct wzp_link *link;
    uint64_t began, deadline;
    bool answered, finished; /* answered: the time is known, the build is asked for */
    uint32_t rtt_ms;
    enum wzp_pin_verdict pin;
    uint8_t certificate[32];
    char build[64];
};

/* Where a router stands that steps (step.h). */
struct wzp_step {
    struct wzp_stun_client stun;
    struct wzp_addr local; /* the socket that asks */
    bool asking, changed;
    uint16_t port; /* given last, 0: not known */
};

/* Sockets beside our own (ports.h). */
struct wzp_ports {
    struct wzp_port {
        uint16_t number;
        unsigned unused; /* looks at which no connection used it */
    } items[WZP_PHONE_PORTS_MAX];
    size_t count;
    uint64_t check_at; /* 0: a search holds them */
};

struct wzp_phone {
    struct wzp_phone_config config; /* its seed is wiped */
    struct wzp_identity identity;
    struct wzp_listeners listeners;
    struct wzp_pins own_pins; /* used when the caller has none */
    struct wzp_pins *pins;
    struct wzp_quic_endpoint *endpoint;
    uint64_t born;
    unsigned depth; /* of entries: what ended is freed at 0 only */
    uint64_t now;   /* of the entry under way, for events */
    struct wzp_account account;
    struct wzp_seen seen;
    struct wzp_session *sessions[WZP_PHONE_SESSIONS_MAX];
    size_t session_count;
    wzp_session_id last_id;
    struct wzp_ping *pings[WZP_PHONE_PINGS_MAX];
    size_t ping_count;
    struct wzp_link *links;
    size_t link_count;
    struct wzp_e2e_offer_memory offers;
    /* Who called us and was hung up on last, and when: perhaps without hearing of it. */
    uint8_t hung_up_key[32];
    uint64_t hung_up_at; /* 0: nobody */
    /* The call that a Hangup without an id means now, as a relay of ours said, and since when. */
    char named[WZP_CALL_ID_MAX + 1];
    uint64_t named_at;
    /* What a person accepted and was not seen yet. */
    struct wzp_accepted {
        char relay[WZP_PIN_NAME_MAX]; /* "" = free */
        uint8_t certificate[32];
    } accepted[WZP_PHONE_RELAYS_MAX];
    struct wzp_addr locals[2]; /* of our socket: v4, v6 */
    uint64_t networks;         /* generation */
    struct wzp_ground ground;  /* our place in the network */
    struct wzp_ports ports;
    struct wzp_step step;
    unsigned racing;      /* calls that expect a peer to connect */
    struct wzp_toll toll; /* of all races, for addresses that never answered */
    bool accepting, has_certificate;
    uint32_t last_request; /* for a name */
    bool parting;
    uint64_t part_by;
    uint64_t signals_unknown, signals_bad; /* that could not be read */
    struct wzp_effort effort;              /* of decoding */
    struct wzp_dsp *dsp;
    int16_t far_end[WZP_DSP_BLOCK];
    size_t far_filled;
};

#endif
