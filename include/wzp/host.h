/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The host interface: everything that a softphone needs from the operating system (clock, timers,
 * name resolution, networks, small files, UDP ports, sound, work on other threads) as one table of
 * functions. loop/ implements it with libuv and the real system, sim/ in virtual time with files in
 * memory; an embedder may provide its own.
 *
 * All functions are called on one thread. They call back on that thread, later, never before the
 * function that was called has returned, unless their comment says otherwise. No entry is NULL.
 * Handles belong to the host; a function that releases a handle accepts NULL. Memory that changes
 * hands comes from wzp_alloc and is released with wzp_free. */
#ifndef WZP_HOST_H
#define WZP_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

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
    WZP_PLACE_RUNTIME, /* $XDG_RUNTIME_DIR/wzp/, or run/ inside WZP_PLACE_STATE */
    WZP_PLACE_LEGACY,  /* ~/.wzp/ */
    WZP_PLACE_PATH     /* the name itself is a path, as a person typed it */
};
/* A small text file, which is always read and replaced as a whole. */
struct wzp_host_file {
    enum wzp_place place;
    const char *name;
    size_t limit; /* bytes at most */
    bool secret;  /* only its owner may have access, else reading is refused */
};
/* Makes the new text of a file from the old one, which is "" when there was no file. *out left
 * NULL: the file stays as it is. Else *out is new memory, which the host frees. A negative result
 * ends the update with that error. May be called again with a newer old text. */
typedef int (*wzp_host_merge)(void *owner, char **out, size_t *out_length, const char *old,
                              size_t old_length, struct wzp_error *err);

/* ---- sound ---- */

#define WZP_AUDIO_BLOCK 480 /* samples of 48 kHz mono, 10 ms: the unit of transfer */

enum wzp_audio_kind {
    WZP_AUDIO_ALSA, /* a device */
    WZP_AUDIO_FILE,
    WZP_AUDIO_TONE,
    WZP_AUDIO_SILENCE,
    WZP_AUDIO_NULL
};
/* A parsed sound source (SRC) or sink (DST). */
struct wzp_audio_spec {
    enum wzp_audio_kind kind;
    char name[1024];  /* device or file */
    double frequency; /* tone */
};
/* Do both name the same file, by the same name? Links are not followed. */
static inline bool wzp_audio_spec_same_file(const struct wzp_audio_spec *a,
                                            const struct wzp_audio_spec *b)
{
    return a->kind == WZP_AUDIO_FILE && b->kind == WZP_AUDIO_FILE && strcmp(a->name, b->name) == 0;
}
struct wzp_host_audio_options {
    struct wzp_audio_spec source, sink;
    /* exchange moves one block in each direction, at the pace of the devices: in is what the
     * microphone recorded, NULL when there is nothing new; out is to be filled with what is played
     * next, NULL when nothing is needed. moved is called after one or several exchanges: packets
     * can be sent then. Both may close the audio. exchange NULL: audio_open only checks that both
     * sides can be opened, takes no data from a pipe, and leaves *out NULL. */
    void (*exchange)(void *owner, const int16_t *in, int16_t *out, uint64_t now);
    void (*moved)(void *owner, uint64_t now);
    void *owner;
    /* NULL: audio_open fails when a side cannot be opened. Else it is called with a sentence for
     * each side that cannot be opened, inside audio_open, and the other side runs: a missing source
     * gives silence, and what goes to a missing sink is thrown away. The stats report that side as
     * lost; a device is tried again each second, a file is not. */
    void (*refused)(void *owner, bool is_source, const struct wzp_error *err);
    /* NULL, or an open audio that this one replaces: a file that is a side of both, under the same
     * name, continues at its present position instead of starting again. Nothing moves through the
     * replaced audio any more; the caller only has to audio_close it. */
    struct wzp_host_audio *replaces;
    uint64_t spare[2]; /* for what comes later; 0 */
};
/* Statistics of the devices; counters only grow. */
struct wzp_audio_stats {
    uint64_t blocks_in, blocks_out;
    uint64_t capture_overruns;         /* the loop was too slow: blocks thrown away */
    uint64_t playback_underruns;       /* the loop delivered nothing: silence was played */
    uint64_t xruns, suspends, reopens; /* device faults that were recovered from */
    /* the device is gone now and is tried again each second; of a file sink: the disk is full; of a
     * pipe as source: it held no WAV */
    bool capture_lost, playback_lost;
    bool source_ended;          /* file source played to its end (silence follows) */
    unsigned playback_queue_ms; /* ring + device */
    uint64_t spare[4];          /* for what comes later; 0 */
};

/* ---- ports ---- */

/* Further sockets that one object may open with port_more. */
#define WZP_HOST_PORTS_MORE 256

/* Counted since the port was opened. packets: UDP payloads; send_errors: packets that the system
 * refused to send, or for whose address family there is no socket; truncated: received packets that
 * were longer than any of ours. */
struct wzp_port_stats {
    uint64_t packets_in, packets_out, send_errors, truncated;
    uint64_t spare[4]; /* for what comes later; 0 */
};

/* ---- inquiries: questions about the network that need other sockets than UDP, or a waiting thread
 * ---- */

enum wzp_inquiry_kind {
    /* The router's UPnP service (IGD): does it exist, and what is its external address? With an
     * external port also: does that mapping still exist, and is it ours (WZP_E_NOT_FOUND if
     * not)? */
    WZP_INQUIRE_UPNP_LOOK,
    WZP_INQUIRE_UPNP_MAP,
    WZP_INQUIRE_UPNP_UNMAP,
    WZP_INQUIRE_TCP,  /* a TCP connection to port 443 of any well-known host */
    WZP_INQUIRE_ICMP, /* an ICMP echo of any well-known host, IPv4 */
    /* captive portal: does a known page answer "204 No Content"? value 0: it answered something
     * else */
    WZP_INQUIRE_CAPTIVE,
    WZP_INQUIRE_MTU,    /* the largest UDP payload that addr, a STUN server, answers to */
    WZP_INQUIRE_METERED /* is the network of the default route metered? */
};
struct wzp_inquiry {
    enum wzp_inquiry_kind kind;
    struct wzp_addr addr; /* for UPNP: this machine's address in the router's network */
    uint16_t internal_port, external_port;
    uint32_t lifetime; /* s; 0 = permanent */
    uint64_t spare[4]; /* for what comes later; 0 */
};
struct wzp_finding {
    /* 0 (yes), WZP_E_REFUSED (no), WZP_E_UNSUPPORTED (cannot be determined), ... */
    int result;
    unsigned upnp_error;      /* UPnP error code, of a refusal */
    struct wzp_addr external; /* the router's external address; port unused */
    uint16_t external_port;   /* external port of a mapping */
    uint32_t lifetime;
    int64_t value;     /* MTU: bytes of UDP payload */
    uint64_t spare[4]; /* for what comes later; 0 */
};

/* ---- the table; context is the host's own ---- */

/* Every entry must be set. Later versions add entries at the end; an object that needs an entry
 * which a shorter table lacks refuses the host with WZP_E_UNSUPPORTED. */
struct wzp_host_calls {
    size_t size;                        /* sizeof this struct when the host was compiled */
    uint64_t (*now)(void *context);     /* ns, monotonic */
    uint64_t (*wall_ms)(void *context); /* since 1970, UTC */

    /* A new timer, not set yet. WZP_E_MEMORY, WZP_E_IO. */
    int (*timer_new)(void *context, struct wzp_host_timer **out,
                     void (*fire)(void *owner, uint64_t now), void *owner);
    /* Fires once at that time; a time set before no longer counts. WZP_NEVER: does not fire. Cannot
     * fail. */
    void (*timer_set)(void *context, struct wzp_host_timer *timer, uint64_t at);
    /* Also from inside fire. */
    void (*timer_free)(void *context, struct wzp_host_timer *timer);

    /* Resolves "host", "host:port" or a literal address. done is called once, later, with 1 to 16
     * addresses in the system's order of preference, or with count 0 and a sentence. Text that can
     * be neither a name nor an address fails at once with WZP_E_SYNTAX, WZP_E_RANGE, WZP_E_MEMORY
     * or WZP_E_IO; done is then not called. */
    int (*resolve)(void *context, struct wzp_host_request **out, const char *name,
                   uint16_t default_port,
                   void (*done)(void *owner, const struct wzp_addr *addrs, size_t count,
                                const struct wzp_error *err),
                   void *owner, struct wzp_error *err);
    /* Ends a request: done is not called any more. Not allowed once done was called. */
    void (*resolve_cancel)(void *context, struct wzp_host_request *request);

    /* Copies the networks as they are known now. */
    void (*networks)(void *context, struct wzp_networks *out);
    /* Calls changed shortly after each change of the networks has settled, and after the machine
     * has slept. Each watch has a handle of its own. WZP_E_MEMORY, WZP_E_IO, WZP_E_UNSUPPORTED. */
    int (*networks_watch)(void *context, struct wzp_host_request **out,
                          void (*changed)(void *owner, uint64_t now), void *owner);
    void (*networks_unwatch)(void *context, struct wzp_host_request *watch);

    /* The path of a file, to be shown to people. WZP_E_NOT_FOUND with a sentence (no home
     * directory). */
    int (*file_path)(void *context, char out[WZP_PATH_MAX], const struct wzp_host_file *file,
                     struct wzp_error *err);
    /* Reads a whole file into new memory, with a final 0 after length bytes. WZP_E_NOT_FOUND,
     * WZP_E_REFUSED (accessible to others, not a regular file, a dangling link: the sentence says
     * the remedy), WZP_E_TOO_BIG, WZP_E_IO, WZP_E_MEMORY. */
    int (*file_read)(void *context, char **out, size_t *length, const struct wzp_host_file *file,
                     struct wzp_error *err);
    /* Lock, read, merge, replace, unlock: parallel writers lose nothing, and a reader sees either
     * the whole old text or the whole new one. Errors of file_read (but not WZP_E_NOT_FOUND) and of
     * merge; WZP_E_TIMEOUT when another program keeps the lock. */
    int (*file_update)(void *context, const struct wzp_host_file *file, wzp_host_merge merge,
                       void *owner, struct wzp_error *err);
    /* Creates a file with this text. WZP_E_DUPLICATE when it exists, readable or not. */
    int (*file_create)(void *context, const struct wzp_host_file *file, const char *text,
                       size_t length, struct wzp_error *err);
    /* Writes a piece of a growing file, such as a recording, at offset: no lock, no copy, and
     * earlier bytes there are overwritten. fresh: creates the file first. WZP_E_DUPLICATE when it
     * is to be created and exists, readable or not; WZP_E_NOT_FOUND when it is gone; WZP_E_REFUSED
     * (not a regular file, a link), WZP_E_IO. */
    int (*file_extend)(void *context, const struct wzp_host_file *file, bool fresh, uint64_t offset,
                       const void *data, size_t length, struct wzp_error *err);
    /* Renames a damaged file to NAME.damaged, or NAME.damaged.2, ...; the new path goes to out. */
    int (*file_set_aside)(void *context, char out[WZP_PATH_MAX], const struct wzp_host_file *file,
                          struct wzp_error *err);

    /* Opens a UDP port and drives an object with it: both address families on one port number where
     * bind is NULL or "[::]:port", else that address only. The object is the caller's and outlives
     * the port. WZP_E_NETWORK with a sentence, WZP_E_MEMORY, WZP_E_IO. */
    int (*port_open)(void *context, struct wzp_host_port **out, const struct wzp_addr *bind,
                     const struct wzp_driver *driver, struct wzp_error *err);
    /* To be called after commands to the object: it may have packets to send, and its expiry may
     * have changed. */
    void (*port_kick)(void *context, struct wzp_host_port *port);
    /* The local address of a family (AF_INET, AF_INET6); nothing (see struct wzp_addr) when the
     * port has no socket of it. */
    struct wzp_addr (*port_local)(void *context, const struct wzp_host_port *port, int family);
    /* Sets a function that is called when the system reports (ICMP) that packets to an address are
     * not delivered: code WZP_E_REFUSED (nobody listens there) or WZP_E_NETWORK (no route). It is
     * not called from inside the object. */
    void (*port_on_unreachable)(void *context, struct wzp_host_port *port,
                                void (*unreachable)(void *owner, const struct wzp_addr *remote,
                                                    int code, uint64_t now),
                                void *owner);
    /* Opens one more IPv4 socket for the same object, on a port that the system chooses, for some
     * seconds; also from inside the object. Packets that arrive there are received with *out (or an
     * address of the machine and that port) as local, and a packet whose local is that address is
     * sent from it; a packet that the system does not take at once is lost. WZP_E_LIMIT
     * (WZP_HOST_PORTS_MORE are open), WZP_E_NETWORK, WZP_E_MEMORY, WZP_E_IO. */
    int (*port_more)(void *context, struct wzp_host_port *port, struct wzp_addr *out);
    /* Closes such a socket, also from inside the object; nothing happens when local is none of
     * them. */
    void (*port_less)(void *context, struct wzp_host_port *port, const struct wzp_addr *local);
    void (*port_stats)(void *context, const struct wzp_host_port *port, struct wzp_port_stats *out);
    /* Also from inside the object. */
    void (*port_close)(void *context, struct wzp_host_port *port);

    /* Opens a source and a sink and starts moving blocks. WZP_E_DEVICE, WZP_E_NOT_FOUND, WZP_E_IO,
     * WZP_E_SYNTAX, WZP_E_UNSUPPORTED, WZP_E_MEMORY, WZP_E_ARGUMENT with a sentence that names the
     * device or file. */
    int (*audio_open)(void *context, struct wzp_host_audio **out,
                      const struct wzp_host_audio_options *options, struct wzp_error *err);
    void (*audio_stats)(void *context, const struct wzp_host_audio *audio,
                        struct wzp_audio_stats *out);
    /* Also from inside exchange and moved. WZP_E_IO: a file that was written is incomplete. */
    int (*audio_close)(void *context, struct wzp_host_audio *audio);
    /* Lists the devices, the default one first. WZP_E_DEVICE with a sentence. */
    int (*audio_list)(void *context,
                      void (*each)(void *owner, const char *name, const char *description,
                                   bool capture, bool playback),
                      void *owner, struct wzp_error *err);

    /* Calls run on another thread, then done on this one. done is always called, and once, even if
     * the host ends in between: owner must live until then. WZP_E_MEMORY, WZP_E_IO. */
    int (*work)(void *context, void (*run)(void *owner), void (*done)(void *owner), void *owner);
    /* Answers an inquiry, within some seconds. done is always called, and once, even if the host
     * ends in between: owner must live until then. WZP_E_MEMORY, WZP_E_IO. */
    int (*inquire)(void *context, const struct wzp_inquiry *inquiry,
                   void (*done)(void *owner, const struct wzp_finding *finding), void *owner);
    /* Processor time used by this thread, ns; only differences are meaningful. */
    uint64_t (*processor_time)(void *context);
    /* file_update on another thread, for writes that nobody waits for: a slow disk takes a tenth of
     * a second, during which a call would be silent. merge is called on the other thread, so it may
     * touch only what owner holds. Then done is called here, always and once, with err NULL when
     * the file is written. If the host ends in between, done is still called, but merge may not
     * have been; owner and file->name must live until done. Errors of file_path, WZP_E_MEMORY,
     * WZP_E_IO; done is then not called. */
    int (*file_update_later)(void *context, const struct wzp_host_file *file, wzp_host_merge merge,
                             void (*done)(void *owner, const struct wzp_error *err), void *owner,
                             struct wzp_error *err);
};

/* Copied by value; context and calls must outlive all copies. */
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
