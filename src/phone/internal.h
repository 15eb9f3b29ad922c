/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The structs that the modules of the phone share. Nobody outside src/phone includes this. From top
 * to bottom: phone.c and command.c (driver calls, commands), call_inbox.c (signals find their
 * call), call.c (a call), call_return.c (re-established), call_setup.c (until its media) and
 * room.c, call_outbox.c (messages of calls), session.c (all calls and rooms), leg.c (the media of
 * one), leg_watch.c, leg_path.c and leg_dial.c (its silence, its paths, its connection to the
 * relay), stream.c (its packets and samples), account.c (registration), ping.c, gate.c (pins),
 * link.c (connections), event.c. Lower modules call higher ones through tables of functions.
 *
 * Words of this folder:
 *
 *     account  our registration at a relay
 *     leg      the media side of one session: relay connection, paths and stream
 *     direct   the peer-to-peer part of a call
 *     race     the connectivity checks that find a direct path, as ICE (RFC 8445) has them
 *     ground   our own addresses and type of NAT, from which our candidates are made
 *     gate     the check of a relay's certificate against its pin
 *     seen     presence of contacts
 *     sealed   end-to-end encrypted
 *     to tell  to emit an event to the listeners
 *     ours     of a relay or peer: it runs this implementation
 *     old      or "existing", of a relay or peer: it runs the original implementation
 */
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
#define WZP_PHONE_ANSWER_TIME (10 * WZP_SECOND) /* to wait for an ack, CallAnswer, CallSetup */
#define WZP_PHONE_LOST_TIME (10 * WZP_SECOND)   /* to redial lost media */
/* After a Hangup with reason Error: how long to wait for a relay's notice that it shuts down. */
#define WZP_PHONE_ERROR_TIME (300 * WZP_MILLISECOND)
#define WZP_PHONE_FRAME_TIME (20 * WZP_MILLISECOND)
#define WZP_PHONE_TOKEN_MAX 2048
#define WZP_PHONE_KEPT_MAX 4
#define WZP_PHONE_PORTS_MAX 256

/* A relay: its name for pins and people, its addresses, and the one by which we reach it. */
struct wzp_relay_place {
    char name[WZP_PIN_NAME_MAX];
    struct wzp_addr addresses[WZP_RELAY_PLACES_MAX];
    size_t count;
    struct wzp_addr remote; /* the address that answered */
    bool ours;              /* the relay we register at: it may get our token */
    bool no_record;         /* not to be pinned: only a call's CallSetup named it */
    bool kin;               /* use it only if it is the relay we register at, at another address */
};

/* A connection and its owner. It lives until `closed`. owner is NULL once the owner gave it up. */
struct wzp_link_calls;
struct wzp_link {
    struct wzp_phone *phone;
    struct wzp_addr remote;
    struct wzp_quic_conn *conn;     /* NULL once closed */
    struct wzp_quic_conn *known_as; /* the same, kept after the end: only to compare */
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
    uint64_t at; /* of the next one, or when this one has failed; WZP_NEVER: none */
};

/* Our contacts and their presence (seen.h). */
struct wzp_seen_friend {
    uint8_t fingerprint[WZP_FINGERPRINT_SIZE];
    enum wzp_presence state;
    bool asked; /* the relay was asked for it */
};
struct wzp_seen {
    struct wzp_seen_friend *friends;
    size_t count, asked;
    size_t limit; /* how many contacts the relay reports on; 0: none, or not registered */
};

/* The callbacks of the account's user. */
struct wzp_account_calls {
    void (*registered)(struct wzp_phone *p, uint64_t now);
    void (*signal)(struct wzp_phone *p, const struct wzp_signal *signal, uint64_t now);
    void (*lost)(struct wzp_phone *p, uint64_t now); /* the registration was lost */
    void (*displaced)(struct wzp_phone *p, uint64_t now);
    bool (*busy)(const struct wzp_phone *p);  /* calls depend on it */
    bool (*waits)(const struct wzp_phone *p); /* a call has no media until we are registered */
    /* A call rings and depends on the relay's signals. */
    bool (*awaits)(const struct wzp_phone *p);
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
    bool fresh[WZP_PHONE_RELAYS_MAX]; /* its addresses are new: no need to resolve its name */
    uint32_t request;                 /* of the name that is being resolved, 0 = none */
    char token[WZP_PHONE_TOKEN_MAX];  /* secret; "" = none */
    struct wzp_relay_place connected; /* the one in use */
    struct wzp_dial dial;
    struct wzp_link *link;
    uint64_t deadline, registered_at;
    bool token_wanted;      /* why the relay closed the connection just now */
    bool refused;           /* the relay refused us at the last try */
    uint64_t rtt;           /* to the relay when we registered last, ns */
    unsigned urgent;        /* successive tries for a waiting call; few are told */
    uint64_t relay_stopped; /* when the relay said that it shuts down, 0 = never */
    struct wzp_backoff backoff;
    enum wzp_pin_verdict pin;
    size_t watch_limit; /* how many contacts this relay reports on */
    bool proven;        /* the relay proved its identity on this connection */
    bool must_prove;    /* certificate changed: continue only with proof of the pinned identity */
    uint8_t certificate[32];
    const struct wzp_account_calls *calls;   /* of the account's user */
    const struct wzp_link_calls *link_calls; /* for its connections */
    struct wzp_probe probe;
    struct wzp_account_watch {
        uint64_t at;      /* the next look, WZP_NEVER = no call rings */
        uint64_t packets; /* received, at the last look */
        uint64_t since;   /* when it was heard last, as of the last look */
        bool told;        /* the user knows that it is silent */
    } watch;
    /* Connections that we must not close, because a relay of the existing kind would then forget
     * the newer one (probe.h). What arrives on them is ignored. */
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

/* What a session sent and received in all, over all its streams. */
struct wzp_stream_totals {
    uint64_t frames, bytes; /* sent */
    uint64_t received, dropped, unsealed, seal_failed;
};

/* Samples and packets of a session. sender NULL: not begun, or ended. All but `total` and `heard`
 * belongs to this stream alone: a re-established call begins with new counters. */
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
    uint64_t strange_at; /* the first packet not sealed with our keys; 0: none */

    /* stream.c: without a microphone */
    uint64_t next_own; /* next frame of a session with audio callbacks, or on hold */
    bool holding;
    uint64_t silent_until; /* on hold: the timestamps sent cover the time up to here */

    /* stream.c, once a second: loss after recovery, and whether anything came */
    uint64_t next_tick;
    uint64_t concealed_before, played_before; /* at the last tick */
    uint64_t accepted_before, packets_before; /* likewise */
    unsigned quiet_ticks; /* successive ticks with packets, but none of the peer's */
    unsigned settling;    /* ticks in which concealment is not loss: somebody left */
    double residual_loss; /* percent after recovery, smoothed */
    unsigned unsmoothed;  /* ticks after an interruption, in which loss is not smoothed */

    /* adapt.c: what is sent adapts to the path */
    bool is_room;
    struct wzp_control control;
    struct wzp_feedback feedback; /* the peer's last report */
    struct wzp_crowd crowd;       /* of a room: the reports of all members */
    uint64_t peer_at;             /* when the peer's last report came, 0 = never */
    uint64_t ours_at, old_at;     /* last report of our kind of program, and of the old kind */
    uint64_t warned_until;        /* a relay recommends a poorer codec until then */
    uint64_t spared_until;        /* some of a room need a lower rate until then */
    const struct wzp_quic_conn *measured; /* the path at the last look */
    uint64_t rtt_samples;                 /* how many of its round trips the controller has */
    uint64_t next_look;
    unsigned looks;

    /* adapt.c, once a second: what is received, and our report of it */
    uint64_t bytes_in;       /* payload, since the last tick */
    uint64_t decoded_before; /* at the last tick */
    double kbps_in;
    double voice_kbps; /* received rate in seconds with speech, smoothed */
    unsigned jitter_ms;
    double loss_told; /* percent, in our last report */
    uint64_t told_at; /* when that was */
};

struct wzp_session;
/* The callbacks of a leg's owner, which may end the session from inside any of them. */
struct wzp_leg_calls {
    /* The relay let us in, or will in a moment: media may begin, or goes on. */
    void (*up)(struct wzp_session *s, uint64_t now);
    /* True when media may be sent as soon as the connection is established, after the offer and
     * before the relay's answer, which saves a round trip; NULL: never. */
    bool (*eager)(const struct wzp_session *s);
    /* The relay's list of members. */
    void (*members)(struct wzp_session *s, const struct wzp_participant_list *list, uint64_t now);
    /* A packet of the peer was accepted. */
    void (*heard)(struct wzp_session *s, uint64_t now);
    /* The peer ended the call by a sealed goodbye packet. Of calls only. */
    void (*goodbye)(struct wzp_session *s, enum wzp_hangup_reason reason, uint64_t now);
    /* Nothing came from the peer for long, although our own path is alive. */
    void (*quiet)(struct wzp_session *s, uint64_t now);
    /* The connection could not be made, or made again. refused: the relay did not let us in. */
    void (*failed)(struct wzp_session *s, bool refused, const char *text, uint64_t now);
};

/* The media of a session (leg.h): its connection (dialled, dialled again, given up), the paths, and
 * the stream. It knows its owner by a table of functions only. */
struct wzp_leg {
    struct wzp_phone *phone;
    const struct wzp_leg_calls *calls;
    const struct wzp_link_calls *link_calls; /* for its connections */
    struct wzp_session *session;             /* the owner; handed back to it, and to events */
    enum wzp_leg_state state;
    struct wzp_dial dial;
    struct wzp_link *link;
    /* A silent connection, kept until a new one is established or it is heard again. */
    struct wzp_link *old;
    struct wzp_relay_place places[2];
    size_t place_count, turn; /* places are tried in turn */
    uint32_t request;         /* for the addresses of the place in turn, 0 = none */
    bool dialled;             /* tried before: names are resolved again from now on */
    char sni[WZP_SNI_MAX + 1];
    struct wzp_handshake handshake;
    struct wzp_backoff backoff;
    uint64_t deadline; /* of the state */
    uint64_t give_up;  /* WZP_NEVER: not counting */
    bool joined_once, must_prove;
    bool proved;    /* this connection is in the room: it carried what only members get */
    bool told;      /* the user was told so */
    uint64_t up_at; /* when the relay let the connection in */
    uint8_t certificate[32];
    bool token_wanted, password_wanted, sent_away; /* why the relay closed the connection */
    bool has_room_key;                             /* a password was given for the room */
    uint8_t room_key[WZP_ROOM_KEY_SIZE];
    char trouble[128];
    bool nobody; /* the last dial: the host answered that no relay listens there */
    struct wzp_path_set paths;
    enum wzp_race_reason why_relay; /* why no direct path is tried; SEARCHING: one is */
    struct wzp_watch watch;
    uint64_t next_watch;
    uint64_t doubted_at, doubt_until; /* the networks changed: is anything heard by then? */
    bool peer_due;                    /* somebody is there who should be sending */
    struct wzp_stream stream;
};

/* The volume at which a member is heard here; "" is the peer of a call. */
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
    uint16_t owners[256]; /* by sender number: index of the member that has it, + 1; 0: none */
    struct wzp_volume *volumes; /* as the user set them */
    size_t volume_count;
    struct wzp_session_audio audio; /* all NULL: microphone and loudspeaker */
    struct wzp_leg leg;
};

struct wzp_room {
    struct wzp_session session;
    bool told; /* the user knows that the relay can hear the room */
};

struct wzp_direct;
struct wzp_call {
    struct wzp_session session;
    enum wzp_call_state state;
    uint64_t deadline; /* of the state, WZP_NEVER for none */
    uint8_t peer_fingerprint[WZP_FINGERPRINT_SIZE];
    bool trusted;      /* incoming: our user answers with our addresses */
    bool peer_private; /* outgoing: the peer answered without its addresses, on purpose */
    struct wzp_e2e_agreement agreement; /* secret until answered */
    enum wzp_e2e_verdict verdict;
    enum wzp_policy_outcome outcome;
    bool has_answer, has_setup, confirmed;
    uint8_t peer_key[32];
    struct wzp_e2e_session agreed; /* keys until the stream begins; secret */
    bool peer_seen;
    uint64_t peer_gone_at; /* 0 = there */
    char trouble[192];     /* of the media, for the text of the end */
    bool turned_down;      /* the relay did not let us in at all */
    /* Reason of a refusal that follows; NORMAL: none announced. */
    enum wzp_hangup_reason foretold;
    /* The call is being re-established under the same handle (call_return.h). */
    bool remaking;
    bool away; /* one side lost the network, perhaps for minutes */
    /* The peer has proved to have the keys of this call, also before it was re-established. */
    bool proved;
    uint64_t remake_by, retry_at;
    uint64_t asked_at; /* when we last asked the peer whether it still has the call; 0 = never */
    /* A Hangup with reason Error came: the cause may follow. */
    uint64_t error_at;  /* WZP_NEVER: none */
    bool relay_stopped; /* a relay, perhaps not ours, said that it shuts down */
    uint64_t offer_at;  /* until then the offer waits for our own address; 0: it does not */
    /* The direct path: what was announced of our addresses, and the state of the peer-to-peer
     * part. */
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

/* The port of a sequential NAT (step.h). */
struct wzp_step {
    struct wzp_stun_client stun;
    struct wzp_addr local; /* the socket that asks */
    bool asking, changed;
    uint16_t port; /* the newest that the NAT gave, 0: not known */
};

/* Sockets beside our own (ports.h). */
struct wzp_ports {
    struct wzp_port {
        uint16_t number;
        unsigned unused; /* successive looks at which no connection used it */
    } items[WZP_PHONE_PORTS_MAX];
    size_t count;
    uint64_t check_at; /* 0: a search is using them */
};

struct wzp_phone {
    struct wzp_phone_config config; /* its seed is wiped */
    struct wzp_identity identity;
    struct wzp_listeners listeners;
    struct wzp_pins own_pins; /* used when the caller has none */
    struct wzp_pins *pins;
    struct wzp_quic_endpoint *endpoint;
    uint64_t born;
    unsigned depth; /* of nested entries (entry.h): what ended is freed at 0 only */
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
    /* The last caller on whom we hung up, and when: the Hangup may not have reached them. */
    uint8_t hung_up_key[32];
    uint64_t hung_up_at; /* 0: nobody */
    /* The call that the next Hangup without an id refers to, as a relay of ours announced, and
     * when. */
    char named[WZP_CALL_ID_MAX + 1];
    uint64_t named_at;
    /* Certificates that the user accepted and no relay has shown since. */
    struct wzp_accepted {
        char relay[WZP_PIN_NAME_MAX]; /* "" = free */
        uint8_t certificate[32];
    } accepted[WZP_PHONE_RELAYS_MAX];
    struct wzp_addr locals[2]; /* of our socket: v4, v6 */
    uint64_t networks;         /* generation */
    struct wzp_ground ground;  /* our place in the network */
    struct wzp_ports ports;
    struct wzp_step step;
    unsigned racing;      /* calls in which a peer may connect to us */
    struct wzp_toll toll; /* send budget of all races for addresses that never answered */
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
