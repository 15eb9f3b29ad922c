/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the files of the softphone share: the object itself. Not for other folders. A talk is the
 * softphone's state of one session (call or room); tapes are the files that are played into a
 * session or recorded from it. */
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

/* The softphone's state of one call or room, in addition to the phone's own. */
struct wzp_app_talk {
    wzp_session_id id; /* 0: free */
    enum wzp_session_state state;
    uint64_t limit; /* when the session is ended because of --duration, or WZP_NEVER */
    bool ignored;   /* the ringing call is ignored: it is not shown or heard here any more */
    bool deferred;  /* a face decides about it (wzp_app_defer) */
    bool proven;    /* of an incoming call: the caller proved its key */
    bool sealed;    /* the call would be end-to-end encrypted */
    bool direct;    /* its last path is direct, and why: a word, "" = none yet */
    char path_reason[24];
    bool echoes;                    /* sends the received sound back */
    struct wzp_session_audio guest; /* a face's own sound source and sink (wzp_app_set_audio) */
    struct wzp_echo echo;
    struct wzp_app *app;              /* set with player, recorder or capture */
    struct wzp_player *player;        /* NULL: the microphone is the source */
    struct wzp_recorder *recorder;    /* NULL: nothing is recorded */
    struct wzp_capture_file *capture; /* NULL: packets are not kept */
};
/* A relay's name that is being resolved, and the purpose. */
struct wzp_app_pending {
    struct wzp_app *app;
    struct wzp_host_request *request; /* NULL: free */
    enum { WZP_PENDING_PING, WZP_PENDING_PHONE } purpose;
    uint32_t number; /* the number of the phone's resolve request */
    char relay[WZP_RELAY_TEXT_MAX];
};
#define WZP_APP_UNSAVED_MAX 32
struct wzp_app_devices {
    struct wzp_audio_spec source, sink, ring;
};
#define WZP_SOUND_LEFT_MAX 4
struct wzp_app_sound_state {
    struct wzp_app_devices devices;
    struct wzp_host_audio *audio;       /* NULL: no devices run */
    struct wzp_audio_spec source, sink; /* the specs of the open devices */
    bool checked;                       /* the specs are good */
    /* only the ring tone is played; the microphone is closed */
    bool ringing_only;
    bool capture_lost, playback_lost;           /* right now, or never opened */
    struct wzp_error capture_why, playback_why; /* why each could not be opened; code 0: no error */
    bool capture_told, playback_told;           /* that failure was reported */
    /* no audio runs because memory is short, and that was reported */
    bool refused;
    uint64_t looked_at;           /* when the devices' statistics were read last */
    struct wzp_host_timer *retry; /* to try again to open the devices */
    struct wzp_tone tones[2];     /* the two tones of the ring tone */
    uint64_t ring_blocks;
    struct wzp_sound_trial *trial; /* NULL: no trial runs */
    /* Sink files that this call wrote before it changed to another sink: they must not be
     * overwritten. */
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
    struct wzp_app_router_work *router_work;  /* UPnP request under way */
    struct wzp_app_metered *metered_question; /* request to the host, under way */
    bool metered;                             /* the host's last answer */
    struct {
        struct wzp_app_stun_name {
            struct wzp_app *app;
            struct wzp_host_request *request; /* NULL: nothing is under way */
            /* addresses when it was last resolved, one of each family */
            struct wzp_addr found[2];
            size_t found_count;
        } names[WZP_PHONE_STUN_MAX];
        bool is_news; /* the addresses found are new to the phone */
    } stun;
    struct wzp_host_timer *stats, *limits, *parting, *later;
    struct wzp_host_request *networks; /* the watch */
    struct wzp_app *echo_peer;         /* the peer of calls to "echo" */
    struct wzp_listener echo_listener;
    bool echo_wanted; /* call the echo peer as soon as it is registered */
    /* Calls that are not in the history file yet, the oldest first: the first saving_count are
     * being written, the others wait or could not be written. */
    struct wzp_history_entry unsaved[WZP_APP_UNSAVED_MAX];
    size_t unsaved_count, saving_count;
    struct wzp_app_saving *saving; /* NULL: nothing is being written */
    /* notices from before the start, when nobody listened yet: damaged files */
    struct wzp_error notes[2];
    size_t note_count;
    uint64_t part_by;
    /* the error reported last about resolving the relay's name; "": it was resolved */
    char home_error[WZP_ERROR_TEXT_MAX];
    /* The certificate that waits for acceptance, and its relay. */
    char shown_relay[WZP_RELAY_TEXT_MAX], shown_certificate[WZP_TLS_FINGERPRINT_TEXT_MAX];
    /* Relays for which --accept-relay has not been used up; with the certificate that it is about
     * to accept. */
    struct wzp_app_once {
        char relay[WZP_RELAY_TEXT_MAX], certificate[WZP_TLS_FINGERPRINT_TEXT_MAX];
    } once[WZP_PHONE_RELAYS_MAX];
    bool started, was_registered;
    bool stopping, stopped;
    /* a file that a call should have been written to, or played from, is incomplete */
    bool file_lost;
};

static inline uint64_t wzp_app_now(const struct wzp_app *app)
{
    return app->host.calls->now(app->host.context);
}

/* ---- listeners.c ---- */
/* Sends an event to the listeners; fills in `at` and the contact's name. */
void wzp_app_emit(struct wzp_app *app, struct wzp_event *event);
void wzp_app_tell_error(struct wzp_app *app, const char *relay, const struct wzp_error *err);
void wzp_app_tell_notice(struct wzp_app *app, const char *text);

/* ---- agent.c ---- */
/* Gives the phone the contacts as its watch list; to be called when they have changed. WZP_E_MEMORY
 * with a sentence. */
int wzp_app_watch_contacts(struct wzp_app *app, struct wzp_error *err);
/* Schedules the work that must not be done inside the present event (calls, accepting a
 * certificate). */
void wzp_app_soon(struct wzp_app *app);

/* ---- agent_events.c ---- */
void wzp_app_on_phone(void *context, const struct wzp_event *event);
/* NULL: the session is not known. */
struct wzp_app_talk *wzp_app_talk(struct wzp_app *app, wzp_session_id id);
void wzp_app_on_limits(void *context, uint64_t now);
void wzp_app_on_stats(void *context, uint64_t now);

/* ---- home.c: the relay ---- */
/* Gives the phone its relay and token. WZP_E_* with a sentence. */
int wzp_home_prepare(struct wzp_app *app, struct wzp_error *err);
/* To be called when the port is open: gives the phone the networks. */
void wzp_home_start(struct wzp_app *app);
void wzp_home_fini(struct wzp_app *app);
/* Gives the phone the relays of the settings (home_relays.h), the first as home. */
int wzp_home_set_relays(struct wzp_app *app, struct wzp_error *err);
/* Gives the phone the machine's networks as they are now. */
void wzp_home_tell_networks(struct wzp_app *app, uint64_t now);
/* The phone's config.resolve. */
void wzp_home_resolve(void *context, const char *name, uint32_t request);

/* ---- sound.c ---- */
/* Reads the devices from the settings. Errors of wzp_audio_spec_parse. */
int wzp_sound_parse(struct wzp_app_devices *out, const struct wzp_settings *s,
                    struct wzp_error *err);
/* Parses the specs and checks that the devices can be opened. */
int wzp_sound_check(struct wzp_app *app, struct wzp_error *err);
/* Opens and closes the devices as the sessions need them; to be called when that may have
 * changed. */
void wzp_sound_arrange(struct wzp_app *app);
/* The specs changed: reopens the devices that run, except a file that is still configured. */
void wzp_sound_reopen(struct wzp_app *app);
/* Checks whether the devices may be changed to these: a file that this call has recorded must not
 * be overwritten. WZP_E_ARGUMENT, WZP_E_REFUSED with a sentence. */
int wzp_sound_check_change(struct wzp_app *app, const struct wzp_app_devices *to,
                           struct wzp_error *err);
/* The devices were these until now: notes their sink file as one that must not be overwritten. */
void wzp_sound_note_left(struct wzp_app *app, const struct wzp_app_devices *before);
/* Checks that a device setting can be opened now, before it is written to config.toml. 0 for any
 * other setting, and where there is no sound; else errors of opening, with a sentence. */
int wzp_sound_can_keep(struct wzp_app *app, const char *key, struct wzp_error *err);
void wzp_sound_fini(struct wzp_app *app);
/* Makes the sentence for a device that was lost (code WZP_E_DEVICE) or is back (code 0); false when
 * nothing changed. */
bool wzp_sound_news(struct wzp_error *out, const struct wzp_audio_spec *spec, bool is_source,
                    bool was_lost, bool is_lost);
/* Is the source a real microphone, whose samples need processing (gain, noise, echo)? */
bool wzp_sound_is_live(const struct wzp_app *app);
/* Opens the devices for a trial, when they do not run yet. */
int wzp_sound_trial_open(struct wzp_app *app, struct wzp_error *err);

/* ---- sound_trial.c ---- */
/* Starts, changes or ends a trial: "levels" (shows the microphone's level, plays nothing), "tone",
 * "hear" (plays the microphone a second later), "off". WZP_E_ARGUMENT, WZP_E_STATE (a call uses the
 * devices), errors of opening, with a sentence. */
int wzp_sound_try(struct wzp_app *app, const char *what, struct wzp_error *err);
/* During a trial: moves one block in each direction; either may be NULL. */
void wzp_sound_trial_exchange(struct wzp_app *app, const int16_t *in, int16_t *out, uint64_t now);
bool wzp_sound_trial_is_over(const struct wzp_app *app, uint64_t now);
/* Ends the trial and frees its samples; the caller arranges the devices. */
void wzp_sound_trial_end(struct wzp_app *app);

/* ---- answering.c ---- */
void wzp_answering_incoming(struct wzp_app *app, struct wzp_app_talk *talk);
/* Does a call ring here that a person has to decide about? */
bool wzp_answering_rings(const struct wzp_app *app);

/* ---- tapes.c: files in calls ---- */
/* Plays a file in place of the microphone; records both sides. path NULL: ends that. WZP_E_STATE,
 * WZP_E_NOT_FOUND, errors of the player and the recorder, with a sentence. */
int wzp_tapes_play(struct wzp_app *app, wzp_session_id session, const char *path,
                   struct wzp_error *err);
int wzp_tapes_record(struct wzp_app *app, wzp_session_id session, const char *path,
                     struct wzp_error *err);
/* Writes the session's packets to a capture file. path NULL: ends that. Errors as above. */
int wzp_tapes_capture(struct wzp_app *app, wzp_session_id session, const char *path,
                      struct wzp_error *err);
/* Is a file of this name being played or recorded? */
bool wzp_tapes_uses(const struct wzp_app *app, const char *path);
/* Does the work that the audio functions leave for later: files that came to their end, samples to
 * be written. */
void wzp_tapes_settle(struct wzp_app *app);
/* To be called when the session has ended. */
void wzp_tapes_end(struct wzp_app *app, struct wzp_app_talk *talk);
/* Ends all players, recorders and captures without events. */
void wzp_tapes_fini(struct wzp_app *app);
/* Sets the session's sound source, sink and taps in the phone. */
int wzp_tapes_arrange(struct wzp_app *app, struct wzp_app_talk *talk);

/* ---- echo_peer.c ---- */
/* Calls the echo peer as soon as it is registered. When it cannot start, none remains, and the next
 * call tries again. */
int wzp_echo_peer_start(struct wzp_app *app, struct wzp_error *err);
void wzp_echo_peer_fini(struct wzp_app *app);

#endif
