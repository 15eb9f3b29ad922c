/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The client as its users see it: one registered account, any number of calls and rooms, commands
 * in, events out, samples in and out, and the four calls of a driver. Sans-I/O: the real loop and
 * the simulator drive the same object. What is called a session here is one direct call or one
 * room. Source: wzp-protocol(7), A direct call, Agreement. */
#ifndef WZP_PHONE_H
#define WZP_PHONE_H

#include "wzp/events.h"
#include "wzp/networks.h"
#include "wzp/types.h"

#ifdef __cplusplus
extern "C" {
#endif

#define WZP_PHONE_SESSIONS_MAX 16
#define WZP_PHONE_RELAYS_MAX 8
#define WZP_RELAY_PLACES_MAX 16
#define WZP_PHONE_WATCH_MAX 1024
#define WZP_PHONE_RING_TIME (60 * WZP_SECOND)

/* Shall calls be end-to-end encrypted? */
enum wzp_e2e_policy { WZP_E2E_PREFER, WZP_E2E_REQUIRE, WZP_E2E_OFF };

/* What is remembered of relays and peers; the softphone's, opaque here. */
struct wzp_pins;
/* Of the port mapping service, opaque here. */
struct wzp_portmap_work;
struct wzp_portmap_work_result;

#define WZP_PHONE_STUN_MAX 6 /* servers asked */

/* A relay: its name as the person typed it ("host:port": pins go by it) and where it is. */
struct wzp_relay_entry {
    char name[WZP_RELAY_TEXT_MAX];
    struct wzp_addr addresses[WZP_RELAY_PLACES_MAX];
    size_t count;
};

struct wzp_phone_config {
    uint8_t seed[WZP_SEED_SIZE]; /* our identity; secret, the caller wipes its own */
    char alias[WZP_ALIAS_MAX];   /* sent in rooms and offers; "" = none */
    char build[64];              /* our version text */
    enum wzp_e2e_policy e2e;
    enum wzp_codec codec;   /* for a good line, WZP_CODEC_OPUS_32K */
    bool accept_new_relays; /* trust on first use; else new relays stop like changed ones */
    bool auto_gain, denoise, echo_cancel; /* capture DSP */
    unsigned ring_seconds;                /* 0: WZP_PHONE_RING_TIME */
    bool call_waiting; /* others ring while we are in a call; else they are told busy */
    /* Privacy: no peer is told an address of ours or gets a packet, nobody but relays is asked for
     * our address, and routers are not asked for ports. */
    bool relay_only;
    bool hidden;  /* our relay shall tell nobody that we are registered */
    bool portmap; /* ask the router for a port while registered */
    /* Where one side's router gives random ports and no other way is found: both sides look for one
     * that fits, with 256 sockets and 1500 small packets at most, ten seconds long. Never on a
     * metered network. */
    bool port_search;
    /* the caller's, outlives the phone; NULL: nothing is remembered */
    struct wzp_pins *pins;
    /* Asked at each new connection to a relay of the list: wzp_phone_resolved answers, any time
     * later, not from inside. NULL: the addresses stay as they were given. */
    void (*resolve)(void *context, const char *name, uint32_t request);
    /* For people who look for a fault; NULL costs nothing. qlog: records of each connection (RFC
     * 7464), in pieces, the last of length 0; connection tells them apart. keys: secrets of TLS
     * sessions as NSS key log lines, only in programs compiled with WZP_DEBUG_KEYS. */
    void (*qlog)(void *context, const void *connection, const void *data, size_t length);
    void (*keys)(void *context, const char *line, size_t length);
    /* Work of UPnP for another thread, one at a time (nat/portmap_state.h); what becomes of it is
     * told by wzp_phone_portmap_done. NULL: only what packets can do. */
    void (*portmap_work)(void *context, const struct wzp_portmap_work *work);
    /* For port_search, from inside the phone's calls: one more IPv4 socket. What comes there goes
     * to wzp_phone_receive with *out (or an address of the machine and its port) as local, and what
     * names it as local leaves by it. WZP_E_*. port_less closes it; all end with the phone's own.
     * NULL: there is no search. */
    int (*port_more)(void *context, struct wzp_addr *out);
    void (*port_less)(void *context, const struct wzp_addr *local);
    void *context; /* of these */
    struct wzp_random random;
    struct wzp_log log;
    uint64_t wall_seconds; /* seconds since 1970 at creation's `now`, for pins */
    /* Speech takes the least computing, which costs DRED and some of the sound at low bitrates: for
     * small machines, and for many phones in one world. */
    bool low_complexity;
};

struct wzp_phone;
/* New phone, not connected to anything. WZP_E_MEMORY, WZP_E_ARGUMENT (a codec that cannot be sent),
 * WZP_E_CRYPTO. Commands may be given from inside an event, except wzp_phone_free. */
int wzp_phone_new_sized(struct wzp_phone **out, const struct wzp_phone_config *config, size_t size,
                        uint64_t now, struct wzp_error *err);
/* The same with the size of the struct that the caller was compiled with. */
static inline int wzp_phone_new(struct wzp_phone **out, const struct wzp_phone_config *config,
                                uint64_t now, struct wzp_error *err)
{
    return wzp_phone_new_sized(out, config, sizeof *config, now, err);
}
/* Forgets everything without a word; wzp_phone_shutdown first to part politely. */
void wzp_phone_free(struct wzp_phone *p);

/* Joins the listeners, as the last one; from inside an event it hears that one, too. The struct
 * stays the caller's, until it left or the phone is freed. */
void wzp_phone_listen(struct wzp_phone *p, struct wzp_listener *listener);
/* Leaves; also from inside an event. Nothing happens when it is not there. */
void wzp_phone_unlisten(struct wzp_phone *p, struct wzp_listener *listener);

/* ---- the four calls ---- */

/* A UDP payload came from remote to local, with the ECN bits of its IP header; data is only read.
 * Nothing is refused: what is not for us is dropped. */
void wzp_phone_receive(struct wzp_phone *p, const struct wzp_addr *local,
                       const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data,
                       size_t length, uint64_t now);
/* When wzp_phone_handle_expiry wants to be called next, ns; WZP_NEVER. Changes with every call. */
uint64_t wzp_phone_expiry(const struct wzp_phone *p);
/* That time has come; harmless earlier. */
void wzp_phone_handle_expiry(struct wzp_phone *p, uint64_t now);
/* The next packet to send, into the caller's buffer: 1, or 0 when there is none now. */
int wzp_phone_next_packet(struct wzp_phone *p, struct wzp_packet *out, uint64_t now);
/* The same four as loop/ and sim/ take them; valid as long as p. */
void wzp_phone_driver(struct wzp_driver *out, struct wzp_phone *p);

/* ---- commands; all return 0 or WZP_E_* with a sentence in err ---- */

/* Where our socket is bound, by family (nothing: there is none), and the machine's networks (NULL:
 * unknown). A new generation is a change of network: connections are tried at once for whether they
 * live on. */
void wzp_phone_set_networks(struct wzp_phone *p, const struct wzp_networks *networks,
                            const struct wzp_addr *local4, const struct wzp_addr *local6,
                            uint64_t now);
/* Which relays, 1..WZP_PHONE_RELAYS_MAX, the first is home; token (secret, copied, NULL none) is
 * for all of them. All addresses of one are tried side by side (RFC 8305); when it fails, the next
 * of the list is tried next. Without an address one must be resolvable. Takes effect at the next
 * connect. WZP_E_ARGUMENT, WZP_E_LIMIT, WZP_E_TOO_BIG (the token). */
int wzp_phone_set_relays(struct wzp_phone *p, const struct wzp_relay_entry *relays, size_t count,
                         const char *token, struct wzp_error *err);
/* STUN servers to ask where we come from, of either family, at most WZP_PHONE_STUN_MAX; two and
 * more tell what kind of router is before us. Asked at once when registered. */
void wzp_phone_set_stun(struct wzp_phone *p, const struct wzp_addr *servers, size_t count,
                        uint64_t now);
/* What became of config.portmap_work. */
void wzp_phone_portmap_done(struct wzp_phone *p, const struct wzp_portmap_work_result *done,
                            uint64_t now);
/* Answer of config.resolve; count 0: there was none. */
void wzp_phone_resolved(struct wzp_phone *p, uint32_t request, const struct wzp_addr *addresses,
                        size_t count, uint64_t now);
/* The host was told that what we send there goes nowhere: WZP_E_REFUSED (nobody listens) or
 * WZP_E_NETWORK (no way). Ends what is being dialled there; connections that stand do not care. */
void wzp_phone_unreachable(struct wzp_phone *p, const struct wzp_addr *remote, int code,
                           uint64_t now);
/* Connects and keeps registered (0 1 2 4 8 15 30 30 s between tries). WZP_E_STATE (no relay, or the
 * phone is shutting down). Source: wzp-protocol(7), Registration. */
int wzp_phone_register_start(struct wzp_phone *p, uint64_t now, struct wzp_error *err);
/* Leaves the relay where we are registered for the first of those set last, at once. Nothing while
 * we are not registered. */
void wzp_phone_move(struct wzp_phone *p, uint64_t now);
/* True while the relay knows us. */
bool wzp_phone_registered(const struct wzp_phone *p);
/* Where the relay we are registered with sees us; nothing as long as it has not told. */
struct wzp_addr wzp_phone_seen_by_relay(const struct wzp_phone *p);
/* Calls a fingerprint (any spelling). Possible before registration is complete: the offer then
 * waits for it. *out gets its number. WZP_E_SYNTAX (no fingerprint), WZP_E_ARGUMENT (our own),
 * WZP_E_STATE (no registration was begun, or a call of ours to them is not over),
 * WZP_E_LIMIT, WZP_E_MEMORY. */
int wzp_phone_call(struct wzp_phone *p, wzp_session_id *out, const char *peer, uint64_t now,
                   struct wzp_error *err);
/* Answers a call that rings here. trusted: addresses may be given to the peer, for a direct path;
 * else relay only. WZP_E_NOT_FOUND, WZP_E_STATE (it does not ring), WZP_E_MEMORY. */
int wzp_phone_answer(struct wzp_phone *p, wzp_session_id session, bool trusted, uint64_t now,
                     struct wzp_error *err);
/* Refuses an incoming call: busy or declined. WZP_E_NOT_FOUND, WZP_E_STATE. */
int wzp_phone_reject(struct wzp_phone *p, wzp_session_id session, bool busy, uint64_t now,
                     struct wzp_error *err);
/* Ends a call in any state, or leaves a room; WZP_EVENT_ENDED comes from inside.
 * WZP_E_NOT_FOUND. */
int wzp_phone_hangup(struct wzp_phone *p, wzp_session_id session, uint64_t now,
                     struct wzp_error *err);
/* Joins a room by name (normalised). No registration needed. WZP_E_REFUSED where end-to-end
 * encryption is required: the relay can hear rooms. WZP_E_STATE: we are in it already. */
int wzp_phone_join(struct wzp_phone *p, wzp_session_id *out, const char *room, uint64_t now,
                   struct wzp_error *err);
/* The same for a room that wants a password (up to 127 bytes, not kept; NULL: none). The relay
 * never hears it: it is shown a proof that belongs to the connection. WZP_E_RANGE: no usable
 * password. A wrong one ends the session as refused, with password_wanted. */
int wzp_phone_join_locked(struct wzp_phone *p, wzp_session_id *out, const char *room,
                          const char *password, uint64_t now, struct wzp_error *err);
/* Muted: not heard. A change is told (WZP_EVENT_MUTED). WZP_E_NOT_FOUND. */
int wzp_phone_mute(struct wzp_phone *p, wzp_session_id session, bool on, uint64_t now);
/* Held: neither heard nor hears, and costs next to nothing; the stream stays alive. A change is
 * told (WZP_EVENT_MUTED). WZP_E_NOT_FOUND. */
int wzp_phone_hold(struct wzp_phone *p, wzp_session_id session, bool on, uint64_t now);
#define WZP_VOLUME_MOST 200 /* percent */
/* How loud somebody is here, 0 (silent) to WZP_VOLUME_MOST percent, as long as the session lasts.
 * who: in a room a member's fingerprint, an alias that only one has, or "#number" of a voice whose
 * owner is not known; ignored in a call. WZP_E_NOT_FOUND, WZP_E_RANGE, WZP_E_LIMIT,
 * WZP_E_MEMORY. */
int wzp_phone_set_volume(struct wzp_phone *p, wzp_session_id session, const char *who,
                         unsigned percent);
/* The person compared the safety code: remember it. WZP_E_NOT_FOUND; WZP_E_STATE (nothing sealed
 * has come yet). */
int wzp_phone_verify_peer(struct wzp_phone *p, wzp_session_id session, uint64_t now);
/* The person accepts this certificate of this relay: exactly the one that was shown (its
 * fingerprint in any spelling), new or changed; another is asked for again. What waited for it goes
 * on. WZP_E_SYNTAX: no fingerprint. WZP_E_ARGUMENT: no name. */
int wzp_phone_accept_relay(struct wzp_phone *p, const char *relay, const char *certificate,
                           uint64_t now);
/* Connect time, certificate and build of a relay; WZP_EVENT_PONG or WZP_EVENT_ERROR follows, with
 * `relay` = name. WZP_E_ARGUMENT, WZP_E_NETWORK, WZP_E_LIMIT, WZP_E_MEMORY. */
int wzp_phone_ping(struct wzp_phone *p, const struct wzp_relay_entry *relay, uint64_t now,
                   struct wzp_error *err);
/* Another codec for what we send: of a session, or with 0 of all, also those to come.
 * WZP_E_NOT_FOUND, WZP_E_ARGUMENT (it cannot be sent), WZP_E_UNSUPPORTED, WZP_E_MEMORY. */
int wzp_phone_set_codec(struct wzp_phone *p, wzp_session_id session, enum wzp_codec codec,
                        uint64_t now);
/* What is done to the microphone from now on. WZP_E_MEMORY, WZP_E_UNSUPPORTED: all stays. */
int wzp_phone_set_dsp(struct wzp_phone *p, bool auto_gain, bool denoise, bool echo_cancel);
/* Our name from now on, "" for none: the relay hears of it at once, rooms when they are joined
 * next. WZP_E_SYNTAX with a sentence when it is no UTF-8 or too long. */
int wzp_phone_set_alias(struct wzp_phone *p, const char *alias, uint64_t now,
                        struct wzp_error *err);
/* Whose presence our relay is asked for while we are registered; the list replaces the one before.
 * Told by WZP_EVENT_PRESENCE when it changes. Relays that do not know how, and people past
 * WZP_PHONE_WATCH_MAX or what the relay is ready for, leave it unknown. Copied. WZP_E_MEMORY: the
 * old list stays. */
int wzp_phone_watch(struct wzp_phone *p, const uint8_t (*fingerprints)[16], size_t count,
                    uint64_t now);
/* Hangs up everything, closes connections; done when wzp_phone_idle (a second at most). */
void wzp_phone_shutdown(struct wzp_phone *p, uint64_t now);
/* True when nothing is left to be said: it may be freed. */
bool wzp_phone_idle(const struct wzp_phone *p);

/* ---- samples: 48 kHz mono ---- */

/* A media packet as it passes. All of it is valid during the call. */
struct wzp_session_packet {
    bool heard;          /* came in; else ours */
    const uint8_t *data; /* header, payload, report: as if it had not been sealed */
    size_t length;
    const struct wzp_addr *local, *remote; /* of the path */
};
/* Where the sound of one session comes from and goes to. A session with its own say or hear is
 * clocked by the phone itself, 960 samples every 20 ms; without, it shares the microphone and the
 * loudspeaker. Commands may be given from inside. */
struct wzp_session_audio {
    /* What we say: fills pcm and returns how many samples it gave, silence follows. NULL: the
     * microphone. */
    size_t (*say)(void *context, int16_t *pcm, size_t samples, uint64_t now);
    /* What is heard. NULL: the loudspeaker. */
    void (*hear)(void *context, const int16_t *pcm, size_t samples, uint64_t now);
    /* A copy of both as they pass, wherever they come from and go to: heard tells which. NULL:
     * none. */
    void (*tap)(void *context, bool heard, const int16_t *pcm, size_t samples, uint64_t now);
    void *context;
    /* A look at each media packet that came and was authentic, before anything is done with it, and
     * at each that was sent. NULL: none. */
    void (*packet)(void *context, const struct wzp_session_packet *packet, uint64_t now);
    void (*spare[1])(void); /* for what comes later; NULL */
};
/* Changes it at once, also before media is up; NULL: microphone and loudspeaker. Copied; the
 * functions are called until the session's WZP_EVENT_ENDED or the next change. WZP_E_NOT_FOUND. */
int wzp_phone_set_audio(struct wzp_phone *p, wzp_session_id session,
                        const struct wzp_session_audio *audio, uint64_t now);

/* Microphone samples, any multiple of 480 up to 1920: go to every session that is up and not held,
 * as silence where it is muted. Processed by DSP first. */
void wzp_phone_capture(struct wzp_phone *p, const int16_t *pcm, size_t samples, uint64_t now);
/* What the loudspeaker plays next: the mix of all sessions not held. Always fills; returns the
 * number of speakers heard. */
int wzp_phone_playback(struct wzp_phone *p, int16_t *pcm, size_t samples, uint64_t now);
/* The playback of so many samples took so much processor time (ns): where it is a large part of
 * real time, decoding does less to make voices better. Whoever does not tell gets all of it. */
void wzp_phone_spent(struct wzp_phone *p, uint64_t spent, size_t samples);
/* True while some session has media for the microphone or the loudspeaker and is not held: the
 * driver need only run devices then. */
bool wzp_phone_wants_audio(const struct wzp_phone *p);

/* ---- facts ---- */
/* Possible up to and during its WZP_EVENT_ENDED. WZP_E_NOT_FOUND. */
int wzp_phone_session_stats_sized(const struct wzp_phone *p, wzp_session_id session,
                                  struct wzp_session_stats *out, size_t size, uint64_t now);
static inline int wzp_phone_session_stats(const struct wzp_phone *p, wzp_session_id session,
                                          struct wzp_session_stats *out, uint64_t now)
{
    return wzp_phone_session_stats_sized(p, session, out, sizeof *out, now);
}
/* A voice that is heard in a session, by place 0..; false past the end. */
bool wzp_phone_voice(const struct wzp_phone *p, wzp_session_id session, size_t i,
                     struct wzp_voice *out, uint64_t now);
/* What was set for somebody (wzp_phone_set_volume), 100 when nothing was. */
unsigned wzp_phone_volume(const struct wzp_phone *p, wzp_session_id session, const char *who);
/* Signals that could not be read, since birth: of newer programs, and broken ones. */
void wzp_phone_signals_unread(const struct wzp_phone *p, uint64_t *unknown, uint64_t *broken);
/* Sessions by place 0..count-1; 0 past the end. */
wzp_session_id wzp_phone_session(const struct wzp_phone *p, size_t i);
/* Of somebody on the list of wzp_phone_watch; anybody else is unknown. */
enum wzp_presence wzp_phone_presence(const struct wzp_phone *p, const uint8_t fingerprint[16]);
/* Who we are, colon form; valid as long as p. */
const char *wzp_phone_fingerprint(const struct wzp_phone *p);

#ifdef __cplusplus
}
#endif

#endif
