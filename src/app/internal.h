/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the files of the softphone share: the object itself. Not for other rooms. */
#ifndef WZP_APP_INTERNAL_H
#define WZP_APP_INTERNAL_H

#include "app/contacts.h"
#include "app/home_relays_state.h"
#include "app/host_call.h"
#include "app/known_relays.h"
#include "app/relays.h"
#include "app/settings.h"
#include "crypto/identity.h"
#include "media/level.h"
#include "phone/echo.h"
#include "phone/event_init.h"
#include "phone/listeners.h"
#include "wzp/app.h"

#define WZP_APP_PENDING_MAX 16 /* relays being measured at once */

struct wzp_app_saving;
struct wzp_capture_file;
struct wzp_player;
struct wzp_recorder;

/* What is remembered of a call or room beside what the phone knows. */
struct wzp_app_talk {
    wzp_session_id id; /* 0: free */
    enum wzp_session_state state;
    uint64_t limit; /* when it ends by itself, WZP_NEVER */
    bool ignored;   /* rings no longer here */
    bool deferred;  /* somebody else decides about it */
    bool proven;    /* of an incoming one: the caller proved its key; */
    bool sealed;    /* nobody but the two would hear it */
    bool direct;    /* its last path, and why: a word, "" = none yet */
    char path_reason[24];
    bool echoes;                    /* sends back what it hears */
    struct wzp_session_audio guest; /* a face's own voice and ears */
    struct wzp_echo echo;
    struct wzp_app *app;              /* set with player, recorder or capture */
    struct wzp_player *player;        /* NULL: the microphone speaks */
    struct wzp_recorder *recorder;    /* NULL: nothing is recorded */
    struct wzp_capture_file *capture; /* NULL: packets are not kept */
};
/* A relay's name being resolved, and what for. */
struct wzp_app_pending {
    struct wzp_app *app;
    struct wzp_host_request *request; /* NULL: free */
    enum { WZP_PENDING_PING, WZP_PENDING_PHONE } purpose;
    uint32_t number; /* of the phone's question */
    char relay[WZP_RELAY_TEXT_MAX];
};
#define WZP_APP_UNSAVED_MAX 32
struct wzp_app_devices {
    struct wzp_audio_spec source, sink, ring;
};
#define WZP_SOUND_LEFT_MAX 4
struct wzp_app_sound_state {
    struct wzp_app_devices devices;
    struct wzp_host_audio *audio;               /* NULL: no devices run */
    struct wzp_audio_spec source, sink;         /* of those that do */
    bool checked;                               /* the specs are good */
    bool ringing_only;                          /* without microphone */
    bool capture_lost, playback_lost;           /* right now, or never opened */
    struct wzp_error capture_why, playback_why; /* code 0, or why it could not be opened */
    bool capture_told, playback_told;           /* that it could not */
    bool refused;                               /* nothing runs for lack of memory: told */
    uint64_t looked_at;                         /* when devices were asked last */
    struct wzp_host_timer *retry;               /* of devices that could not be opened */
    struct wzp_tone tones[2];                   /* of ringing */
    uint64_t ring_blocks;
    struct wzp_sound_trial *trial; /* NULL: nobody tries the devices */
    /* Files that a call has written and left for others: they are not begun anew. */
    char left[WZP_SOUND_LEFT_MAX][sizeof((struct wzp_audio_spec *)0)->name];
    size_t left_count;
};

struct wzp_app {
    struct wzp_host host;
    struct wzp_app_config config; /* settings: NULL, see below */
    struct wzp_settings settings;
    struct wzp_identity identity;
    struct wzp_known_relays known;
    struct wzp_app_relays relays;
    struct wzp_contacts contacts;
    struct wzp_phone *phone;
    struct wzp_listener phone_listener;
    struct wzp_listeners listeners;
    struct wzp_host_port *port;
    struct wzp_app_sound_state sound;
    struct wzp_app_talk talks[WZP_PHONE_SESSIONS_MAX];
    struct wzp_app_pending pending[WZP_APP_PENDING_MAX];
    struct wzp_home_relays home_relays;
    struct wzp_app_router_work *router_work;  /* of UPnP, under way */
    struct wzp_app_metered *metered_question; /* to the host, under way */
    bool metered;                             /* as it answered last */
    struct {
        struct wzp_app_stun_name {
            struct wzp_app *app;
            struct wzp_host_request *request; /* NULL: nothing is under way */
            struct wzp_addr found[2];         /* when it was last resolved, one of each family */
            size_t found_count;
        } names[WZP_PHONE_STUN_MAX];
        bool is_news; /* what was found, to the phone */
    } stun;
    struct wzp_host_timer *stats, *limits, *parting, *later;
    struct wzp_host_request *networks; /* the watch */
    struct wzp_app *echo_peer;         /* of calls to "echo" */
    struct wzp_listener echo_listener;
    bool echo_wanted; /* call it when it is there */
    /* Calls that are not in the file yet, the oldest first: they are being written (the first
     * saving_count), or could not be. */
    struct wzp_history_entry unsaved[WZP_APP_UNSAVED_MAX];
    size_t unsaved_count, saving_count;
    struct wzp_app_saving *saving; /* NULL: nothing is being written */
    struct wzp_error notes[2];     /* what was told too early: damaged files */
    size_t note_count;
    uint64_t part_by;
    char home_error[WZP_ERROR_TEXT_MAX]; /* told of the relay's name last; "": it is found */
    /* The certificate that keeps us out of a relay. */
    char shown_relay[WZP_RELAY_TEXT_MAX], shown_certificate[WZP_TLS_FINGERPRINT_TEXT_MAX];
    /* Where --accept-relay still is a yes; with the certificate that it was said to, soon. */
    struct wzp_app_once {
        char relay[WZP_RELAY_TEXT_MAX], certificate[WZP_TLS_FINGERPRINT_TEXT_MAX];
    } once[WZP_PHONE_RELAYS_MAX];
    bool started, was_registered;
    bool stopping, stopped;
    bool file_lost; /* of a file that calls were to be written to, or to come from, something is not
                       there */
};

static inline uint64_t wzp_app_now(const struct wzp_app *app)
{
    return app->host.calls->now(app->host.context);
}

/* ---- listeners.c ---- */
/* Tells the listeners; at is filled in. Name of the contact, too. */
void wzp_app_emit(struct wzp_app *app, struct wzp_event *event);
void wzp_app_tell_error(struct wzp_app *app, const char *relay, const struct wzp_error *err);
void wzp_app_tell_notice(struct wzp_app *app, const char *text);

/* ---- agent.c ---- */
/* The contacts changed, or are new: which of them are there? WZP_E_MEMORY with a sentence. */
int wzp_app_watch_contacts(struct wzp_app *app, struct wzp_error *err);
/* Does what waits (calls, accepting) soon, not inside the event that is under way. */
void wzp_app_soon(struct wzp_app *app);

/* ---- agent_events.c ---- */
void wzp_app_on_phone(void *context, const struct wzp_event *event);
/* NULL: nothing is known of it. */
struct wzp_app_talk *wzp_app_talk(struct wzp_app *app, wzp_session_id id);
void wzp_app_on_limits(void *context, uint64_t now);
void wzp_app_on_stats(void *context, uint64_t now);

/* ---- home.c: the relay ---- */
/* Tells the phone which relay and what token. WZP_E_* with a sentence. */
int wzp_home_prepare(struct wzp_app *app, struct wzp_error *err);
/* The port is open: tells the phone of networks. */
void wzp_home_start(struct wzp_app *app);
void wzp_home_fini(struct wzp_app *app);
/* The phone gets the relays of the settings (home_relays.h), the first as home. */
int wzp_home_set_relays(struct wzp_app *app, struct wzp_error *err);
/* The phone hears of the machine's networks as they are now. */
void wzp_home_tell_networks(struct wzp_app *app, uint64_t now);
/* The phone's question for addresses. */
void wzp_home_resolve(void *context, const char *name, uint32_t request);

/* ---- sound.c ---- */
/* What the settings say. Errors of wzp_audio_spec_parse. */
int wzp_sound_parse(struct wzp_app_devices *out, const struct wzp_settings *s,
                    struct wzp_error *err);
/* Parses the specs and tries the devices. */
int wzp_sound_check(struct wzp_app *app, struct wzp_error *err);
/* Devices run as sessions need them: to be called when that may have changed. */
void wzp_sound_arrange(struct wzp_app *app);
/* The specs changed: what runs is opened anew, but for a file that is still meant. */
void wzp_sound_reopen(struct wzp_app *app);
/* May the devices become these? Nothing that a call recorded is begun anew. WZP_E_ARGUMENT,
 * WZP_E_REFUSED with a sentence. */
int wzp_sound_check_change(struct wzp_app *app, const struct wzp_app_devices *to,
                           struct wzp_error *err);
/* The devices were these until now: their file is left. */
void wzp_sound_note_left(struct wzp_app *app, const struct wzp_app_devices *before);
/* Nothing is kept for the next time that cannot be opened now. 0 for any other setting, and where
 * there is no sound; else errors of opening, with a sentence. */
int wzp_sound_can_keep(struct wzp_app *app, const char *key, struct wzp_error *err);
void wzp_sound_fini(struct wzp_app *app);
/* The sentence when a device was lost (code WZP_E_DEVICE) or is back (code 0): false when nothing
 * changed. */
bool wzp_sound_news(struct wzp_error *out, const struct wzp_audio_spec *spec, bool is_source,
                    bool was_lost, bool is_lost);
/* Is it a live microphone, whose sound needs help? */
bool wzp_sound_is_live(const struct wzp_app *app);
/* Opens the devices for a trial, when they do not run yet. */
int wzp_sound_trial_open(struct wzp_app *app, struct wzp_error *err);

/* ---- sound_trial.c ---- */
/* "levels" (the microphone's, nothing is played), "tone", "hear" (oneself a second later), "off".
 * WZP_E_ARGUMENT, WZP_E_STATE (a call has the devices), errors of opening, with a sentence. */
int wzp_sound_try(struct wzp_app *app, const char *what, struct wzp_error *err);
/* While there is a trial: one block each way, either may be NULL. */
void wzp_sound_trial_exchange(struct wzp_app *app, const int16_t *in, int16_t *out, uint64_t now);
bool wzp_sound_trial_is_over(const struct wzp_app *app, uint64_t now);
/* Forgets what was said; the devices are arranged by the caller. */
void wzp_sound_trial_end(struct wzp_app *app);

/* ---- answering.c ---- */
void wzp_answering_incoming(struct wzp_app *app, struct wzp_app_talk *talk);
/* Does a call ring here that a person has to decide about? */
bool wzp_answering_rings(const struct wzp_app *app);

/* ---- tapes.c: files in calls ---- */
/* Says a file in place of the microphone; records both sides. path NULL: ends that. WZP_E_STATE,
 * WZP_E_NOT_FOUND, errors of the player and the recorder, with a sentence. */
int wzp_tapes_play(struct wzp_app *app, wzp_session_id session, const char *path,
                   struct wzp_error *err);
int wzp_tapes_record(struct wzp_app *app, wzp_session_id session, const char *path,
                     struct wzp_error *err);
/* Keeps the session's packets in a capture file. path NULL: ends that. Errors as above. */
int wzp_tapes_capture(struct wzp_app *app, wzp_session_id session, const char *path,
                      struct wzp_error *err);
/* Is this file, under this name, played or recorded? */
bool wzp_tapes_uses(const struct wzp_app *app, const char *path);
/* What is due outside the audio way: files that came to their end, samples to be written. */
void wzp_tapes_settle(struct wzp_app *app);
/* The session ended. */
void wzp_tapes_end(struct wzp_app *app, struct wzp_app_talk *talk);
/* Ends all without a word. */
void wzp_tapes_fini(struct wzp_app *app);
/* Tells the phone where the session's sound comes from and goes to. */
int wzp_tapes_arrange(struct wzp_app *app, struct wzp_app_talk *talk);

/* ---- echo_peer.c ---- */
/* Calls it, once it is registered. When it cannot start there is none, and the next call tries
 * again. */
int wzp_echo_peer_start(struct wzp_app *app, struct wzp_error *err);
void wzp_echo_peer_fini(struct wzp_app *app);

#endif
