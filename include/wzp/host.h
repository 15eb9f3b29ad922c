/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a softphone needs of the world around it: clock, timers, names, networks, small files, UDP
 * ports, sound, work for other threads, as one table of functions. loop/ implements it over libuv
 * and the real system, sim/ in virtual time with files in memory; an embedder may bring its own.
 *
 * All functions are called on one thread, and call back on that thread, never from inside the
 * function that was asked. No entry is NULL. Handles are the host's; NULL handles are accepted
 * where something is given back. Memory that changes hands is of wzp_alloc and wzp_free. */
#ifndef WZP_HOST_H
#define WZP_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wzp/networks.h"
#include "wzp/types.h"

#ifdef __cplusplus
extern "C" {
#endif

struct wzp_host_timer;
struct wzp_host_request;
struct wzp_host_port;
struct wzp_host_audio;

/* ---- files ---- */

#define WZP_PATH_MAX 4096
enum wzp_place {
    WZP_PLACE_CONFIG,  /* $XDG_CONFIG_HOME/wzp/ */
    WZP_PLACE_DATA,    /* $XDG_DATA_HOME/wzp/ */
    WZP_PLACE_STATE,   /* $XDG_STATE_HOME/wzp/ */
    WZP_PLACE_RUNTIME, /* $XDG_RUNTIME_DIR/wzp/, or run/ in the place of the state */
    WZP_PLACE_LEGACY,  /* ~/.wzp/ */
    WZP_PLACE_PATH     /* the name is a path of its own, as a person typed it */
};
/* One small text, read and replaced whole. */
struct wzp_host_file {
    enum wzp_place place;
    const char *name;
    size_t limit; /* bytes at most */
    bool secret;  /* readable by its owner only, or refused */
};
/* Makes the new text from the one that is there; old is "" when there was none. *out stays NULL:
 * the file is left as it is. Else it is new memory that the host frees. A negative result ends the
 * update with it. May be called again with a newer text. */
typedef int (*wzp_host_merge)(void *owner, char **out, size_t *out_length, const char *old,
                              size_t old_length, struct wzp_error *err);

/* ---- sound ---- */

#define WZP_AUDIO_BLOCK 480 /* samples of 48 kHz mono, 10 ms: what moves at once */

enum wzp_audio_kind {
    WZP_AUDIO_ALSA, /* a device */
    WZP_AUDIO_FILE,
    WZP_AUDIO_TONE,
    WZP_AUDIO_SILENCE,
    WZP_AUDIO_NULL
};
/* A parsed SRC or DST. */
struct wzp_audio_spec {
    enum wzp_audio_kind kind;
    char name[1024];  /* device or file */
    double frequency; /* tone */
};
struct wzp_host_audio_options {
    struct wzp_audio_spec source, sink;
    /* One block each way, at the pace of the devices: in is what the microphone heard, NULL when
     * there is nothing new; out is to be filled with what is played next, NULL when nothing is
     * wanted. moved comes after one or several of them: time to send. Both may close the audio.
     * exchange NULL: it is only looked whether the pair can be opened, and nothing of a pipe is
     * taken; *out stays NULL. */
    void (*exchange)(void *owner, const int16_t *in, int16_t *out, uint64_t now);
    void (*moved)(void *owner, uint64_t now);
    void *owner;
    /* NULL: a side that cannot be opened is the failure of the pair. Else it is called for each
     * such side, inside audio_open, with a sentence, and the pair runs without it: silence comes,
     * or what is played is thrown away. The stats say that it is lost; a device is tried again each
     * second, a file is not. */
    void (*refused)(void *owner, bool is_source, const struct wzp_error *err);
    /* NULL, or an open pair whose place this one takes: a file that one of its sides has by the
     * same name goes on where it is, in place of beginning anew. Nothing more moves through that
     * pair, and all that is left to do with it is audio_close. */
    struct wzp_host_audio *replaces;
    uint64_t spare[2]; /* for what comes later; 0 */
};
/* What happened to the devices; counters only grow. */
struct wzp_audio_stats {
    uint64_t blocks_in, blocks_out;
    uint64_t capture_overruns;         /* loop too slow: blocks thrown away */
    uint64_t playback_underruns;       /* loop had nothing: silence played */
    uint64_t xruns, suspends, reopens; /* device trouble survived */
    bool capture_lost, playback_lost;  /* device is gone right now, being retried each second; file
                                          sink: disk full; pipe as a source: it held no WAV */
    bool source_ended;                 /* file source played to its end (silence follows) */
    unsigned playback_queue_ms;        /* ring + device */
    uint64_t spare[4];                 /* for what comes later; 0 */
};

/* ---- ports ---- */

/* Sockets that an object may have beside its first ones. */
#define WZP_HOST_PORTS_MORE 256

/* All since birth. packets: UDP payloads; send_errors: what the system refused, or what has no
 * socket of its family; truncated: longer than any packet of ours. */
struct wzp_port_stats {
    uint64_t packets_in, packets_out, send_errors, truncated;
    uint64_t spare[4]; /* for what comes later; 0 */
};

/* ---- inquiries: what takes more than a UDP port, or a thread that waits ---- */

enum wzp_inquiry_kind {
    /* The router's UPnP service (IGD): is it there, its address outside. With an external port
     * also whether that mapping is still there and ours (WZP_E_NOT_FOUND when not). */
    WZP_INQUIRE_UPNP_LOOK,
    WZP_INQUIRE_UPNP_MAP,
    WZP_INQUIRE_UPNP_UNMAP,
    WZP_INQUIRE_TCP,     /* a TCP connection to port 443 of any well-known host */
    WZP_INQUIRE_ICMP,    /* an ICMP echo of any well-known host, IPv4 */
    WZP_INQUIRE_CAPTIVE, /* a page that says "204 No Content"; 0: it said something else */
    WZP_INQUIRE_MTU,     /* the largest payload that addr, a STUN server, answers */
    WZP_INQUIRE_METERED  /* is the network of the default route paid for by what goes over it */
};
struct wzp_inquiry {
    enum wzp_inquiry_kind kind;
    struct wzp_addr addr; /* of UPNP: this machine, as the router sees it */
    uint16_t internal_port, external_port;
    uint32_t lifetime; /* s; 0 = without end */
    uint64_t spare[4]; /* for what comes later; 0 */
};
struct wzp_finding {
    int result;          /* 0 (yes), WZP_E_REFUSED (no), WZP_E_UNSUPPORTED (cannot be known), ... */
    unsigned upnp_error; /* of a refusal */
    struct wzp_addr external; /* the router's own; port unused */
    uint16_t external_port;   /* of a mapping */
    uint32_t lifetime;
    int64_t value;     /* MTU: bytes of UDP payload */
    uint64_t spare[4]; /* for what comes later; 0 */
};

/* ---- the table; context is the host's own ---- */

/* All entries are there. Those of later versions come at the end; a table that lacks some is
 * refused with WZP_E_UNSUPPORTED by whoever needs them. */
struct wzp_host_calls {
    size_t size;                        /* of this struct, as the host was compiled with it */
    uint64_t (*now)(void *context);     /* ns, monotonic */
    uint64_t (*wall_ms)(void *context); /* since 1970, UTC */

    /* A timer that does not run yet. WZP_E_MEMORY, WZP_E_IO. */
    int (*timer_new)(void *context, struct wzp_host_timer **out,
                     void (*fire)(void *owner, uint64_t now), void *owner);
    /* Fires once at that time, instead of any time set before; WZP_NEVER: not. Cannot fail. */
    void (*timer_set)(void *context, struct wzp_host_timer *timer, uint64_t at);
    /* Also from inside fire. */
    void (*timer_free)(void *context, struct wzp_host_timer *timer);

    /* "host", "host:port", literals: answers once, later, with 1 to 16 addresses in the system's
     * order of preference, or count 0 and a sentence. What is no address is refused at once:
     * WZP_E_SYNTAX, WZP_E_RANGE, WZP_E_MEMORY, WZP_E_IO; done is then not called. */
    int (*resolve)(void *context, struct wzp_host_request **out, const char *name,
                   uint16_t default_port,
                   void (*done)(void *owner, const struct wzp_addr *addrs, size_t count,
                                const struct wzp_error *err),
                   void *owner, struct wzp_error *err);
    /* done is not called any more. Before done only: it ends the request. */
    void (*resolve_cancel)(void *context, struct wzp_host_request *request);

    /* A copy of what is known now. */
    void (*networks)(void *context, struct wzp_networks *out);
    /* Calls changed after each change, shortly after it settles, and when the machine has slept.
     * One timer-like handle each. WZP_E_MEMORY, WZP_E_IO, WZP_E_UNSUPPORTED. */
    int (*networks_watch)(void *context, struct wzp_host_request **out,
                          void (*changed)(void *owner, uint64_t now), void *owner);
    void (*networks_unwatch)(void *context, struct wzp_host_request *watch);

    /* Where a file is, for people. WZP_E_NOT_FOUND with a sentence (no home). */
    int (*file_path)(void *context, char out[WZP_PATH_MAX], const struct wzp_host_file *file,
                     struct wzp_error *err);
    /* New text with a final 0 behind length bytes. WZP_E_NOT_FOUND, WZP_E_REFUSED (open to others,
     * no regular file, a link to nothing: the sentence says the cure), WZP_E_TOO_BIG, WZP_E_IO,
     * WZP_E_MEMORY. */
    int (*file_read)(void *context, char **out, size_t *length, const struct wzp_host_file *file,
                     struct wzp_error *err);
    /* Lock, read, merge, replace, unlock: nothing of parallel writers is lost, and a reader sees
     * the old or the new text whole. Errors of file_read (but not WZP_E_NOT_FOUND) and of merge;
     * WZP_E_TIMEOUT when another program keeps the lock. */
    int (*file_update)(void *context, const struct wzp_host_file *file, wzp_host_merge merge,
                       void *owner, struct wzp_error *err);
    /* Writes a new file. WZP_E_DUPLICATE when there is one, readable or not. */
    int (*file_create)(void *context, const struct wzp_host_file *file, const char *text,
                       size_t length, struct wzp_error *err);
    /* Writes a piece of a file that grows, a recording: no lock, no copy, and what stood at offset
     * is replaced. fresh: makes the file first. WZP_E_DUPLICATE when one must be made and there is
     * one, readable or not; WZP_E_NOT_FOUND when it is gone; WZP_E_REFUSED (no regular file, a
     * link), WZP_E_IO. */
    int (*file_extend)(void *context, const struct wzp_host_file *file, bool fresh, uint64_t offset,
                       const void *data, size_t length, struct wzp_error *err);
    /* Renames a damaged file to NAME.damaged, or NAME.damaged.2, ...; the new path goes to out. */
    int (*file_set_aside)(void *context, char out[WZP_PATH_MAX], const struct wzp_host_file *file,
                          struct wzp_error *err);

    /* A UDP port that drives an object: both families on one port number where bind is NULL or
     * "[::]:port", else just that address. The object is the caller's and outlives the port.
     * WZP_E_NETWORK with a sentence, WZP_E_MEMORY, WZP_E_IO. */
    int (*port_open)(void *context, struct wzp_host_port **out, const struct wzp_addr *bind,
                     const struct wzp_driver *driver, struct wzp_error *err);
    /* Commands were given to the object: it wants to send, and its expiry may have changed. */
    void (*port_kick)(void *context, struct wzp_host_port *port);
    /* Local address for a family (AF_INET, AF_INET6); none when it has none. */
    struct wzp_addr (*port_local)(void *context, const struct wzp_host_port *port, int family);
    /* From now on tells when the system hears that what is sent to an address goes nowhere: code
     * WZP_E_REFUSED (nobody listens there) or WZP_E_NETWORK (no way). Not from inside the object.
     */
    void (*port_on_unreachable)(void *context, struct wzp_host_port *port,
                                void (*unreachable)(void *owner, const struct wzp_addr *remote,
                                                    int code, uint64_t now),
                                void *owner);
    /* One more socket of the same object, IPv4, on a port that the system chooses, for some
     * seconds; also from inside the object. What comes there is received with *out (or an address
     * of the machine and its port) as local, and a packet that names it as local leaves by it; what
     * the system does not take at once is lost. WZP_E_LIMIT (WZP_HOST_PORTS_MORE are open),
     * WZP_E_NETWORK, WZP_E_MEMORY, WZP_E_IO. */
    int (*port_more)(void *context, struct wzp_host_port *port, struct wzp_addr *out);
    /* Closes it, also from inside the object; nothing when it is none of them. */
    void (*port_less)(void *context, struct wzp_host_port *port, const struct wzp_addr *local);
    void (*port_stats)(void *context, const struct wzp_host_port *port, struct wzp_port_stats *out);
    /* Also from inside the object. */
    void (*port_close)(void *context, struct wzp_host_port *port);

    /* Opens a pair of devices and begins to move blocks. WZP_E_DEVICE, WZP_E_NOT_FOUND, WZP_E_IO,
     * WZP_E_SYNTAX, WZP_E_UNSUPPORTED, WZP_E_MEMORY, WZP_E_ARGUMENT with a sentence that names the
     * device or file. */
    int (*audio_open)(void *context, struct wzp_host_audio **out,
                      const struct wzp_host_audio_options *options, struct wzp_error *err);
    void (*audio_stats)(void *context, const struct wzp_host_audio *audio,
                        struct wzp_audio_stats *out);
    /* Also from inside exchange and moved. WZP_E_IO: a file that was written is not whole. */
    int (*audio_close)(void *context, struct wzp_host_audio *audio);
    /* The devices there are, the usual one first. WZP_E_DEVICE with a sentence. */
    int (*audio_list)(void *context,
                      void (*each)(void *owner, const char *name, const char *description,
                                   bool capture, bool playback),
                      void *owner, struct wzp_error *err);

    /* run is called on another thread, then done here, always and once, also when the host ends
     * meanwhile: owner must live until then. WZP_E_MEMORY, WZP_E_IO. */
    int (*work)(void *context, void (*run)(void *owner), void (*done)(void *owner), void *owner);
    /* Finds out, which takes some seconds at most; done is called always and once, also when the
     * host ends meanwhile: owner must live until then. WZP_E_MEMORY, WZP_E_IO. */
    int (*inquire)(void *context, const struct wzp_inquiry *inquiry,
                   void (*done)(void *owner, const struct wzp_finding *finding), void *owner);
    /* Processor time that this thread has taken, ns; only differences mean something. */
    uint64_t (*processor_time)(void *context);
    /* file_update for what nobody waits for: a slow disk takes a tenth of a second, in which a call
     * would be silent. merge is called on another thread, so it touches nothing but owner's; then
     * done here, always and once, err NULL when it is written, also when the host ends meanwhile
     * (merge was then perhaps not called): owner and file->name must live until then. Errors of
     * file_path, WZP_E_MEMORY, WZP_E_IO; done is then not called. */
    int (*file_update_later)(void *context, const struct wzp_host_file *file, wzp_host_merge merge,
                             void (*done)(void *owner, const struct wzp_error *err), void *owner,
                             struct wzp_error *err);
};

/* Copied by value; context and table outlive whoever holds a copy. */
struct wzp_host {
    void *context;
    const struct wzp_host_calls *calls;
    struct wzp_random random;
    struct wzp_log log;
};

#ifdef __cplusplus
}
#endif

#endif
