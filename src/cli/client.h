/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The running client of one command: loop, socket, phone, sound and files tied together. Commands
 * add what they want to happen through hooks. */
#ifndef WZP_CLI_CLIENT_H
#define WZP_CLI_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "audio/audio.h"
#include "cli/events.h"
#include "app/known_relays.h"
#include "app/store.h"
#include "cli/client_options.h"
#include "loop/loop.h"
#include "crypto/pins.h"
#include "phone/echo.h"
#include "wzp/phone.h"

struct wzp_client;
/* Ends a session that has talked long enough (--duration). */
struct wzp_client_limit {
    struct wzp_client *client;
    wzp_session_id session; /* 0: free */
    struct wzp_timer *timer;
};

struct wzp_client {
    const char *command;
    struct wzp_client_options options;
    struct wzp_settings settings;
    struct wzp_loop *loop;
    struct wzp_host host;
    struct wzp_udp *udp;
    struct wzp_phone *phone;
    struct wzp_listener listener;
    struct wzp_identity identity;
    struct wzp_known_relays known;
    struct wzp_contacts contacts;
    struct wzp_events events;
    enum wzp_app_sound sound;
    struct wzp_audio_spec source, sink;
    struct wzp_audio *audio;
    struct wzp_wake *wake;
    /* What was told of the devices, and when they were looked at last. */
    bool capture_lost, playback_lost;
    uint64_t devices_seen;
    struct wzp_lines *words; /* of standard input, NULL: nobody listens to it */
    struct wzp_timer *stats_timer, *parting_timer;
    struct wzp_client_limit limits[WZP_PHONE_SESSIONS_MAX];
    bool echo; /* every session says what it hears */
    struct {
        wzp_session_id session; /* 0: free */
        struct wzp_echo sound;
    } echoes[WZP_PHONE_SESSIONS_MAX];
    struct wzp_signal_watch *interrupts[2];
    char *token;                  /* secret, until the phone has it */
    struct wzp_client *companion; /* a second client on this loop that parts together with this */
    bool owns_loop, stopping, was_registered;
    int status;
    /* Set by the command before opening. throw_away: a random identity, no file of the person is
     * written; know_relays: known_relays is read all the same; quiet: events are not printed. */
    bool throw_away, know_relays, quiet;
    /* Hooks, may be NULL: the relay's address is known (start registering, joining, pinging); an
     * event happened (after it was printed). */
    void (*ready)(struct wzp_client *c);
    void (*event)(struct wzp_client *c, const struct wzp_event *event);
    void *context;
};

/* Loads settings, files and identity, opens socket, sound and phone. loop NULL = one of its own.
 * On error everything is undone; wzp_client_close again does no harm. */
int wzp_client_open(struct wzp_client *c, const char *command,
                    const struct wzp_client_options *options, struct wzp_loop *loop,
                    enum wzp_app_sound sound, bool echo, struct wzp_error *err);
/* Reads the token's file, resolves the relay's name and then calls c->ready. WZP_E_ARGUMENT when no
 * relay is known. */
int wzp_client_start(struct wzp_client *c, struct wzp_error *err);
/* After commands to the phone. */
void wzp_client_kick(struct wzp_client *c);
/* Tells an error as an event. */
void wzp_client_tell(struct wzp_client *c, const struct wzp_error *err);
/* Ends politely: hangs up, closes; then the loop stops (when it is ours). The first status stays.
 */
void wzp_client_stop(struct wzp_client *c, int status);
/* The sentence when a device was lost (code WZP_E_DEVICE) or is back (code 0): false when nothing
 * changed. */
bool wzp_client_sound_news(struct wzp_error *out, const struct wzp_audio_spec *spec, bool is_source,
                           bool was_lost, bool is_lost);
/* Writes the pins when they changed and frees everything; not from inside a hook. */
void wzp_client_close(struct wzp_client *c);
/* Turns PEER (fingerprint or contact name) into a fingerprint text. WZP_E_NOT_FOUND with a
 * sentence. */
int wzp_client_peer(const struct wzp_client *c, char out[WZP_FINGERPRINT_TEXT_MAX],
                    const char *typed, struct wzp_error *err);
/* Those of the addresses that the client has a socket for; the phone learns of the sockets.
 * WZP_E_NETWORK with a sentence when there are none. */
int wzp_client_entry(struct wzp_client *c, struct wzp_relay_entry *out, const char *name,
                     const struct wzp_addr *addrs, size_t count, struct wzp_error *err);
/* Exit status that a session's end means. */
int wzp_client_status_of_end(enum wzp_end_reason reason);

/* ---- client_sound.c, for client.c ---- */

/* Parses the specs and tries the devices. */
int wzp_client_sound_open(struct wzp_client *c, struct wzp_error *err);
/* A session has media / ended: runs the devices while somebody talks. */
int wzp_client_sound_start(struct wzp_client *c, struct wzp_error *err);
void wzp_client_sound_rest(struct wzp_client *c);
void wzp_client_sound_close(struct wzp_client *c);

#endif
