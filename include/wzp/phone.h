/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The client's public interface: one registered account, any number of calls and rooms, commands
 * in, events out, samples in and out, and the four functions of a driver (struct wzp_driver).
 * Sans-I/O: the real loop and the simulator drive the same object. A session is one direct call or
 * one room. Source: wzp-protocol(7), A direct call, Agreement. */
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

/* Pinned certificates of relays, and what is known of peers' encryption; owned by the softphone,
 * opaque here. */
struct wzp_pins;
/* Requests and results of the port mapping service (UPnP), opaque here. */
struct wzp_portmap_work;
struct wzp_portmap_work_result;

#define WZP_PHONE_STUN_MAX 6 /* servers asked */

/* A relay: its name as the person typed it ("host:port"; certificates are pinned by this name) and
 * its addresses. */
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
    enum wzp_codec codec; /* for a good network, usually WZP_CODEC_OPUS_32K */
    /* trust on first use; false: a new certificate waits for acceptance like a changed one */
    bool accept_new_relays;
    bool auto_gain, denoise, echo_cancel; /* capture DSP */
    unsigned ring_seconds;                /* 0: WZP_PHONE_RING_TIME */
    /* a second caller rings during a call; false: is told busy */
    bool call_waiting;
    /* Privacy: peers are neither told an address of ours nor sent packets directly, only relays are
     * asked for our external address, and routers are not asked for ports. */
    bool relay_only;
    bool hidden;  /* our relay is asked to tell nobody that we are registered */
    bool portmap; /* ask the router for a port mapping while registered */
    /* Where one side's NAT assigns random ports (address and port-dependent mapping) and no other
     * direct path is found, both sides search for a matching port, with at most 256 sockets and
     * 1500 small packets, for ten seconds. Never on a metered network. */
    bool port_search;
    /* owned by the caller, must outlive the phone; NULL: nothing is pinned */
    struct wzp_pins *pins;
    /* Called at each new connection to a relay of the list, to resolve its name again: the answer
     * is wzp_phone_resolved, any time later, not from inside. NULL: the addresses stay as they were
     * given. */
    void (*resolve)(void *context, const char *name, uint32_t request);
    /* For debugging; may be NULL. qlog: records of each connection (RFC 7464), in pieces, the last
     * of length 0; `connection` identifies the connection. keys: secrets of TLS sessions as lines
     * of an NSS key log, only in programs compiled with WZP_DEBUG_KEYS. */
    void (*qlog)(void *context, const void *connection, const void *data, size_t length);
    void (*keys)(void *context, const char *line, size_t length);
    /* Starts UPnP work on another thread, one piece at a time (nat/portmap_state.h);
     * wzp_phone_portmap_done reports its result. NULL: only NAT-PMP and PCP are used, which the
     * phone does itself. */
    void (*portmap_work)(void *context, const struct wzp_portmap_work *work);
    /* For port_search, called from inside the phone's functions: opens one more IPv4 socket.
     * Packets that arrive there go to wzp_phone_receive with *out (or an address of the machine and
     * that port) as local, and packets whose local is that address are sent from it. WZP_E_*.
     * port_less closes the socket; those still open are closed with the phone's port. NULL: no
     * search. */
    int (*port_more)(void *context, struct wzp_addr *out);
    void (*port_less)(void *context, const struct wzp_addr *local);
    void *context; /* of the functions above */
    struct wzp_random random;
    struct wzp_log log;
    uint64_t wall_seconds; /* wall clock at creation's `now`, seconds since 1970; for pins */
    /* Codecs run at their lowest complexity, without DRED and with some loss of quality at low
     * bitrates: for small machines, and for many phones in one simulation. */
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
/* Frees the phone at once and tells no peer; call wzp_phone_shutdown first to end calls
 * politely. */
void wzp_phone_free(struct wzp_phone *p);

/* Adds a listener, as the last one; added from inside an event, it receives that event too. The
 * struct remains the caller's and must stay valid until it is removed or the phone is freed. */
void wzp_phone_listen(struct wzp_phone *p, struct wzp_listener *listener);
/* Removes a listener; also from inside an event. Nothing happens when it was not added. */
void wzp_phone_unlisten(struct wzp_phone *p, struct wzp_listener *listener);

/* ---- the four functions of a driver ---- */

/* A UDP payload arrived at local from remote, with the ECN bits of its IP header; data is only
 * read. There is no error: packets that are not for this phone are dropped. */
void wzp_phone_receive(struct wzp_phone *p, const struct wzp_addr *local,
                       const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data,
                       size_t length, uint64_t now);
/* When wzp_phone_handle_expiry is to be called next, ns, or WZP_NEVER. It can change with every
 * call of another function. */
uint64_t wzp_phone_expiry(const struct wzp_phone *p);
/* To be called when that time has come; harmless earlier. */
void wzp_phone_handle_expiry(struct wzp_phone *p, uint64_t now);
/* The next packet to send, into the caller's buffer: 1, or 0 when there is none now. */
int wzp_phone_next_packet(struct wzp_phone *p, struct wzp_packet *out, uint64_t now);
/* These four functions as a struct wzp_driver, which loop/ and sim/ take; valid as long as p. */
void wzp_phone_driver(struct wzp_driver *out, struct wzp_phone *p);

/* ---- commands; all return 0 or WZP_E_* with a sentence in err ---- */

/* The bound address of our socket in each family (nothing: no socket), and the machine's networks
 * (NULL: unknown). A new generation of networks means that the network changed: every connection is
 * probed at once to see whether it still works. */
void wzp_phone_set_networks(struct wzp_phone *p, const struct wzp_networks *networks,
                            const struct wzp_addr *local4, const struct wzp_addr *local6,
                            uint64_t now);
/* Sets the relays, 1..WZP_PHONE_RELAYS_MAX of them, the first being home; token (secret, copied,
 * NULL: none) is used for all of them. All addresses of one relay are tried in parallel (RFC 8305);
 * when a relay fails, the next of the list is tried. A relay without an address needs
 * config.resolve. Takes effect at the next connect. WZP_E_ARGUMENT, WZP_E_LIMIT, WZP_E_TOO_BIG (the
 * token). */
int wzp_phone_set_relays(struct wzp_phone *p, const struct wzp_relay_entry *relays, size_t count,
                         const char *token, struct wzp_error *err);
/* Sets the STUN servers that are asked for our external address, of either family,
 * WZP_PHONE_STUN_MAX at most; two or more also reveal the NAT's mapping behaviour (RFC 5780). They
 * are asked at once when registered. */
void wzp_phone_set_stun(struct wzp_phone *p, const struct wzp_addr *servers, size_t count,
                        uint64_t now);
/* The result of config.portmap_work. */
void wzp_phone_portmap_done(struct wzp_phone *p, const struct wzp_portmap_work_result *done,
                            uint64_t now);
/* The answer to config.resolve; count 0: no address was found. */
void wzp_phone_resolved(struct wzp_phone *p, uint32_t request, const struct wzp_addr *addresses,
                        size_t count, uint64_t now);
/* The system reported (ICMP) that packets to remote are not delivered: WZP_E_REFUSED (nobody
 * listens) or WZP_E_NETWORK (no route). Ends connection attempts to that address; established
 * connections ignore it. */
void wzp_phone_unreachable(struct wzp_phone *p, const struct wzp_addr *remote, int code,
                           uint64_t now);
/* Connects, registers and stays registered (waits of 0 1 2 4 8 15 30 30 s between attempts).
 * WZP_E_STATE (no relay, or the phone is shutting down). Source: wzp-protocol(7), Registration. */
int wzp_phone_register_start(struct wzp_phone *p, uint64_t now, struct wzp_error *err);
/* Moves the registration at once to the first relay of the list that was set last. Nothing happens
 * while we are not registered. */
void wzp_phone_move(struct wzp_phone *p, uint64_t now);
/* True while we are registered. */
bool wzp_phone_registered(const struct wzp_phone *p);
/* Our address as the relay where we are registered sees it; nothing (see struct wzp_addr) until the
 * relay has told it. */
struct wzp_addr wzp_phone_seen_by_relay(const struct wzp_phone *p);
/* Calls a fingerprint (any spelling). May be used before registration is complete: the offer is
 * then sent once registered. *out gets the session's id. WZP_E_SYNTAX (no fingerprint),
 * WZP_E_ARGUMENT (our own), WZP_E_STATE (registration was not started, or a call of ours to that
 * peer is still open), WZP_E_LIMIT, WZP_E_MEMORY. */
int wzp_phone_call(struct wzp_phone *p, wzp_session_id *out, const char *peer, uint64_t now,
                   struct wzp_error *err);
/* Answers a call that rings here. trusted: our addresses may be given to the peer, so that a direct
 * path is possible; else relay only. WZP_E_NOT_FOUND, WZP_E_STATE (it does not ring),
 * WZP_E_MEMORY. */
int wzp_phone_answer(struct wzp_phone *p, wzp_session_id session, bool trusted, uint64_t now,
                     struct wzp_error *err);
/* Refuses an incoming call: busy or declined. WZP_E_NOT_FOUND, WZP_E_STATE. */
int wzp_phone_reject(struct wzp_phone *p, wzp_session_id session, bool busy, uint64_t now,
                     struct wzp_error *err);
/* Ends a call in any state, or leaves a room; WZP_EVENT_ENDED is reported before this function
 * returns. WZP_E_NOT_FOUND. */
int wzp_phone_hangup(struct wzp_phone *p, wzp_session_id session, uint64_t now,
                     struct wzp_error *err);
/* Joins a room by name (normalised). No registration needed. WZP_E_REFUSED where end-to-end
 * encryption is required: the relay can hear rooms. WZP_E_STATE: we are in it already. */
int wzp_phone_join(struct wzp_phone *p, wzp_session_id *out, const char *room, uint64_t now,
                   struct wzp_error *err);
/* The same for a room that needs a password (up to 127 bytes, not kept; NULL: none). The password
 * is not sent: the relay gets a proof of it that is bound to the connection. WZP_E_RANGE: no usable
 * password. A wrong password ends the session as refused, with password_wanted set. */
int wzp_phone_join_locked(struct wzp_phone *p, wzp_session_id *out, const char *room,
                          const char *password, uint64_t now, struct wzp_error *err);
/* Muted: the others do not hear us. A change is reported (WZP_EVENT_MUTED). WZP_E_NOT_FOUND. */
int wzp_phone_mute(struct wzp_phone *p, wzp_session_id session, bool on, uint64_t now);
/* On hold: the others do not hear us, we do not hear them, and almost nothing is sent; the
 * connection stays alive. A change is reported (WZP_EVENT_MUTED). WZP_E_NOT_FOUND. */
int wzp_phone_hold(struct wzp_phone *p, wzp_session_id session, bool on, uint64_t now);
#define WZP_VOLUME_MOST 200 /* percent */
/* Sets the volume of one speaker on this side only, 0 (silent) to WZP_VOLUME_MOST percent, for the
 * rest of the session. who: in a room a member's fingerprint, an alias that only one member has, or
 * "#number" of a voice whose owner is not known; ignored in a call. WZP_E_NOT_FOUND, WZP_E_RANGE,
 * WZP_E_LIMIT, WZP_E_MEMORY. */
int wzp_phone_set_volume(struct wzp_phone *p, wzp_session_id session, const char *who,
                         unsigned percent);
/* The person has compared the safety code: the peer is remembered as verified. WZP_E_NOT_FOUND;
 * WZP_E_STATE (no encrypted packet has arrived yet). */
int wzp_phone_verify_peer(struct wzp_phone *p, wzp_session_id session, uint64_t now);
/* The person accepts this certificate of this relay: exactly the one that was shown (its
 * fingerprint in any spelling), be it new or changed. If the relay shows another one, the person is
 * asked again. Whatever waited for the decision continues. WZP_E_SYNTAX: no fingerprint.
 * WZP_E_ARGUMENT: no name. */
int wzp_phone_accept_relay(struct wzp_phone *p, const char *relay, const char *certificate,
                           uint64_t now);
/* Measures the connect time of a relay and reads its certificate and build; WZP_EVENT_PONG or
 * WZP_EVENT_ERROR follows, with `relay` = name. WZP_E_ARGUMENT, WZP_E_NETWORK, WZP_E_LIMIT,
 * WZP_E_MEMORY. */
int wzp_phone_ping(struct wzp_phone *p, const struct wzp_relay_entry *relay, uint64_t now,
                   struct wzp_error *err);
/* Changes the codec of what we send: in one session, or with 0 in all present and future ones.
 * WZP_E_NOT_FOUND, WZP_E_ARGUMENT (it cannot be sent), WZP_E_UNSUPPORTED, WZP_E_MEMORY. */
int wzp_phone_set_codec(struct wzp_phone *p, wzp_session_id session, enum wzp_codec codec,
                        uint64_t now);
/* Sets the processing of the microphone's samples. WZP_E_MEMORY, WZP_E_UNSUPPORTED: nothing is
 * changed. */
int wzp_phone_set_dsp(struct wzp_phone *p, bool auto_gain, bool denoise, bool echo_cancel);
/* Changes our alias, "" for none: the relay is told at once, a room when it is joined next.
 * WZP_E_SYNTAX with a sentence when it is not UTF-8 or too long. */
int wzp_phone_set_alias(struct wzp_phone *p, const char *alias, uint64_t now,
                        struct wzp_error *err);
/* Sets the watch list: whose presence our relay is asked for while we are registered; it replaces
 * the list before. WZP_EVENT_PRESENCE reports changes. Presence stays unknown with relays that do
 * not support it, and for people beyond WZP_PHONE_WATCH_MAX or the relay's own limit. Copied.
 * WZP_E_MEMORY: the old list stays. */
int wzp_phone_watch(struct wzp_phone *p, const uint8_t (*fingerprints)[16], size_t count,
                    uint64_t now);
/* Ends all sessions and closes all connections; complete when wzp_phone_idle is true (a second at
 * most). */
void wzp_phone_shutdown(struct wzp_phone *p, uint64_t now);
/* True when there is nothing left to send: the phone may be freed. */
bool wzp_phone_idle(const struct wzp_phone *p);

/* ---- samples: 48 kHz mono ---- */

/* A media packet that was received or sent. All pointers are valid during the call only. */
struct wzp_session_packet {
    bool heard; /* received; false: sent by us */
    /* header, payload, report, in clear: as if it had never been sealed (end-to-end encrypted) */
    const uint8_t *data;
    size_t length;
    const struct wzp_addr *local, *remote; /* of the path */
};
/* The sound source and sink of one session. A session with its own say or hear is clocked by the
 * phone itself, 960 samples every 20 ms; a session without them shares the microphone and the
 * loudspeaker. Commands may be given from inside these functions. */
struct wzp_session_audio {
    /* Source of what we send: fills pcm and returns how many samples it gave; the rest is silence.
     * NULL: the microphone. */
    size_t (*say)(void *context, int16_t *pcm, size_t samples, uint64_t now);
    /* Sink of what is received. NULL: the loudspeaker. */
    void (*hear)(void *context, const int16_t *pcm, size_t samples, uint64_t now);
    /* Gets a copy of both directions, whatever their source and sink; heard: received, else sent.
     * NULL: none. */
    void (*tap)(void *context, bool heard, const int16_t *pcm, size_t samples, uint64_t now);
    void *context;
    /* Gets each authentic media packet that was received, before it is processed, and each one that
     * was sent. NULL: none. */
    void (*packet)(void *context, const struct wzp_session_packet *packet, uint64_t now);
    void (*spare[1])(void); /* for what comes later; NULL */
};
/* Changes source and sink at once, also before the media connection is up; NULL: microphone and
 * loudspeaker. Copied; the functions are called until the session's WZP_EVENT_ENDED or the next
 * change. WZP_E_NOT_FOUND. */
int wzp_phone_set_audio(struct wzp_phone *p, wzp_session_id session,
                        const struct wzp_session_audio *audio, uint64_t now);

/* Takes microphone samples, any multiple of 480 up to 1920, processes them (DSP), and gives them to
 * every session that is up and not on hold; a muted session gets silence. */
void wzp_phone_capture(struct wzp_phone *p, const int16_t *pcm, size_t samples, uint64_t now);
/* Gives what the loudspeaker plays next: the mix of all sessions that are not on hold. Always fills
 * pcm; returns the number of speakers heard. */
int wzp_phone_playback(struct wzp_phone *p, int16_t *pcm, size_t samples, uint64_t now);
/* Reports that the playback of so many samples took so much processor time (ns). When that is a
 * large part of real time, decoding does less to improve the sound. Callers that never report get
 * full processing. */
void wzp_phone_spent(struct wzp_phone *p, uint64_t spent, size_t samples);
/* True while some session that is not on hold uses the microphone or the loudspeaker: the driver
 * need run devices only then. */
bool wzp_phone_wants_audio(const struct wzp_phone *p);

/* ---- facts ---- */
/* Available until the session's WZP_EVENT_ENDED has been reported, including during it.
 * WZP_E_NOT_FOUND. */
int wzp_phone_session_stats_sized(const struct wzp_phone *p, wzp_session_id session,
                                  struct wzp_session_stats *out, size_t size, uint64_t now);
static inline int wzp_phone_session_stats(const struct wzp_phone *p, wzp_session_id session,
                                          struct wzp_session_stats *out, uint64_t now)
{
    return wzp_phone_session_stats_sized(p, session, out, sizeof *out, now);
}
/* A voice that is heard in a session, by index from 0; false past the end. */
bool wzp_phone_voice(const struct wzp_phone *p, wzp_session_id session, size_t i,
                     struct wzp_voice *out, uint64_t now);
/* The volume set with wzp_phone_set_volume, in percent; 100 when none was set. */
unsigned wzp_phone_volume(const struct wzp_phone *p, wzp_session_id session, const char *who);
/* Counts the signalling messages that could not be read since the phone was made: of unknown kinds
 * (newer programs), and malformed ones. */
void wzp_phone_signals_unread(const struct wzp_phone *p, uint64_t *unknown, uint64_t *broken);
/* The id of a session by index 0..count-1; 0 past the end. */
wzp_session_id wzp_phone_session(const struct wzp_phone *p, size_t i);
/* The presence of somebody on the list of wzp_phone_watch; unknown for anybody else. */
enum wzp_presence wzp_phone_presence(const struct wzp_phone *p, const uint8_t fingerprint[16]);
/* Our fingerprint, colon form; valid as long as p. */
const char *wzp_phone_fingerprint(const struct wzp_phone *p);

#ifdef __cplusplus
}
#endif

#endif
