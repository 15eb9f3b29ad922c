/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The view: the interface between the screen and the softphone, with snapshots to draw and lines to
 * run. One implementation uses struct wzp_app, another one fixed data for tests and for looking at
 * screens. A function that is NULL is not supported by this softphone: its screen is not offered.
 * Texts that come from others are filtered already, and are filtered again where they are drawn. */
#ifndef WZP_TUI_VIEW_H
#define WZP_TUI_VIEW_H

#include "wzp/events.h"
#include "wzp/stats.h"
#include "wzp/types.h"

#define WZP_VIEW_NAME_MAX 64

struct wzp_view_facts {
    char fingerprint[WZP_FINGERPRINT_TEXT_MAX];
    char alias[WZP_ALIAS_MAX];
    char relay[WZP_RELAY_TEXT_MAX];     /* the home relay */
    char barred_by[WZP_RELAY_TEXT_MAX]; /* the relay whose certificate waits for acceptance, "" */
    bool registered;
    bool first_run; /* the identity is new */
    bool demo;      /* nothing leaves the machine */
    char build[32];
};
enum wzp_view_state {
    WZP_VIEW_CALLING,  /* we call: the peer's side does not ring yet */
    WZP_VIEW_RINGING,  /* the call rings at the peer's */
    WZP_VIEW_INCOMING, /* the call rings here */
    WZP_VIEW_JOINING,  /* media is being set up */
    WZP_VIEW_UP
};
struct wzp_view_session {
    wzp_session_id id;
    enum wzp_view_state state;
    char name[WZP_VIEW_NAME_MAX]; /* the contact's name, "" */
    struct wzp_session_stats stats;
};
enum wzp_view_presence {
    WZP_VIEW_UNKNOWN,
    WZP_VIEW_OFFLINE,
    WZP_VIEW_ONLINE,
    WZP_VIEW_UNPROVEN /* registered without proof of that identity */
};
struct wzp_view_contact {
    char name[WZP_VIEW_NAME_MAX];
    char fingerprint[WZP_FINGERPRINT_TEXT_MAX];
    enum wzp_view_presence presence;
    bool encrypted, verified;
    uint64_t last_call; /* seconds since 1970; 0: never */
    bool last_missed, last_outgoing;
};
struct wzp_view_past {
    uint64_t at_seconds; /* since 1970 */
    uint32_t duration_seconds;
    enum { WZP_VIEW_OUT, WZP_VIEW_IN, WZP_VIEW_ROOM } kind;
    enum wzp_end_reason reason;
    bool e2e, direct; /* direct: known only when why is not NULL */
    bool claimed;     /* the caller did not prove to be the contact of that name */
    /* sentence about the reason for its path, static; NULL: not known */
    const char *why;
    char peer[WZP_ROOM_TEXT_MAX]; /* fingerprint, or room name */
    char name[WZP_ALIAS_MAX + 2]; /* contact's, or alias in quotes, "" */
};
/* An incoming call that rang and was not answered; a declined one was not missed. */
bool wzp_view_was_missed(const struct wzp_view_past *p);
struct wzp_view_relay {
    char name[WZP_RELAY_TEXT_MAX];
    bool home, registered;
    bool measured; /* rtt_ms and build are known */
    bool changed;  /* its certificate has changed and waits for a decision */
    uint32_t rtt_ms;
    char build[64], error[WZP_ERROR_TEXT_MAX];
    bool proven;
};
struct wzp_view_setting {
    const char *name, *type, *standard, *help; /* static */
    char value[1024];
};
struct wzp_view_command {
    const char *name, *help; /* static */
    char arguments[64];      /* "PEER", "[SESSION]" */
    bool applies;            /* possible now */
};
struct wzp_view_device {
    char spec[128]; /* alsa:NAME, tone:440, ... */
    char help[128];
    bool input, output, chosen_input, chosen_output;
};
/* The state of a trial of microphone and loudspeaker, while no call runs. */
struct wzp_view_sound {
    /* a trial runs; one's own voice is played back; the test tone sounds */
    bool running, hears, tone;
    double level_in_dbfs, level_out_dbfs;
    bool capture_lost, playback_lost;
};
struct wzp_view_finding { /* one line of the network check */
    char name[32], value[128];
    int milliseconds; /* -1: none; otherwise a bar is drawn */
    enum { WZP_VIEW_PLAIN, WZP_VIEW_GOOD, WZP_VIEW_DOUBT, WZP_VIEW_BAD } verdict;
};
struct wzp_view_check {
    bool running;
    unsigned percent;
    char verdict[512]; /* sentences for people; "" while it runs */
};
struct wzp_view_script {
    char name[64], help[160], state[32]; /* help: its purpose, or its last output */
    bool running;
};

struct wzp_view {
    void *context;
    /* this machine has no sound card: a device needs a sound server */
    bool no_card;
    uint64_t (*wall_ms)(void *context);                   /* since 1970 */
    int (*zone_minutes)(void *context, uint64_t seconds); /* local time - UTC */
    void (*facts)(void *context, struct wzp_view_facts *out);
    /* by index from 0; false past the end */
    bool (*session)(void *context, size_t i, struct wzp_view_session *out);
    size_t (*contacts)(void *context); /* the number of contacts */
    bool (*contact)(void *context, size_t i, struct wzp_view_contact *out);
    size_t (*pasts)(void *context);
    bool (*past)(void *context, size_t i, struct wzp_view_past *out); /* newest first */
    bool (*relay)(void *context, size_t i, struct wzp_view_relay *out);
    bool (*setting)(void *context, size_t i, struct wzp_view_setting *out);
    bool (*device)(void *context, size_t i, struct wzp_view_device *out);
    void (*sound)(void *context, struct wzp_view_sound *out);
    void (*check)(void *context, struct wzp_view_check *out);
    bool (*finding)(void *context, size_t i, struct wzp_view_finding *out);
    bool (*script)(void *context, size_t i, struct wzp_view_script *out);
    /* Line n of the output of script i, 0 the newest; false: there is none. */
    bool (*script_line)(void *context, size_t i, size_t n, char *out, size_t capacity);
    /* Voices that are heard in a session, by index from 0; false past the end. */
    bool (*voice)(void *context, wzp_session_id session, size_t i, struct wzp_voice *out);
    /* The volume set for a member (percent), by fingerprint or alias; in a call: for the other
     * side. */
    unsigned (*volume)(void *context, wzp_session_id session, const char *who);
    bool (*command)(void *context, size_t i, struct wzp_view_command *out);
    /* Runs a line; told (capacity bytes) gets the sentence to show after success, "" for none. */
    int (*run)(void *context, const char *line, char *told, size_t capacity, struct wzp_error *err);
    /* Candidates for the last word of a line. */
    size_t (*complete)(void *context, const char *line,
                       void (*each)(void *owner, const char *candidate, const char *help),
                       void *owner);
    /* The sentence of an event, "" = none. */
    size_t (*say)(void *context, char *out, size_t capacity, const struct wzp_event *event);
    /* The 24 recovery words of the identity, only at a person's request; false: they cannot be
     * shown. The caller wipes out. */
    bool (*words)(void *context, char *out, size_t capacity);
};

#endif
