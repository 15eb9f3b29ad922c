/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the screen asks of the softphone: snapshots to draw, and lines to run. One implementation
 * stands on struct wzp_app, another on canned data for tests and for looking at screens. A
 * function that is NULL is something this softphone does not have: its screen is not offered.
 * Texts that come from others are filtered already, and are filtered again where they are drawn.
 * */
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
    char barred_by[WZP_RELAY_TEXT_MAX]; /* the relay whose certificate waits for a yes, "" */
    bool registered;
    bool first_run; /* the identity was made just now */
    bool demo;      /* nothing leaves the machine */
    char build[32];
};
enum wzp_view_state {
    WZP_VIEW_CALLING,  /* we call: not there yet */
    WZP_VIEW_RINGING,  /* it rings there */
    WZP_VIEW_INCOMING, /* it rings here */
    WZP_VIEW_JOINING,  /* media is being set up */
    WZP_VIEW_UP
};
struct wzp_view_session {
    wzp_session_id id;
    enum wzp_view_state state;
    char name[WZP_VIEW_NAME_MAX]; /* the contact's, "" */
    struct wzp_session_stats stats;
};
enum wzp_view_presence {
    WZP_VIEW_UNKNOWN,
    WZP_VIEW_OFFLINE,
    WZP_VIEW_ONLINE,
    WZP_VIEW_UNPROVEN /* somebody is there under that fingerprint, without a proof */
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
    bool e2e, direct;             /* direct: holds when there is a why */
    bool claimed;                 /* who called did not prove to be the contact of that name */
    const char *why;              /* sentence about its path, static; NULL: not known */
    char peer[WZP_ROOM_TEXT_MAX]; /* fingerprint, or room name */
    char name[WZP_ALIAS_MAX + 2]; /* contact's, or alias in quotes, "" */
};
/* It rang here and nobody took it; who declined it did not miss it. */
bool wzp_view_was_missed(const struct wzp_view_past *p);
struct wzp_view_relay {
    char name[WZP_RELAY_TEXT_MAX];
    bool home, registered;
    bool measured; /* rtt_ms and build hold */
    bool changed;  /* its certificate changed: it waits for a decision */
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
    bool applies;            /* makes sense now */
};
struct wzp_view_device {
    char spec[128]; /* alsa:NAME, tone:440, ... */
    char help[128];
    bool input, output, chosen_input, chosen_output;
};
/* How a person's own microphone and loudspeaker stand while no call runs. */
struct wzp_view_sound {
    bool running, hears, tone; /* it goes on; one hears oneself; the test tone sounds */
    double level_in_dbfs, level_out_dbfs;
    bool capture_lost, playback_lost;
};
struct wzp_view_finding { /* one line of the network check */
    char name[32], value[128];
    int milliseconds; /* -1: none; a bar is drawn otherwise */
    enum { WZP_VIEW_PLAIN, WZP_VIEW_GOOD, WZP_VIEW_DOUBT, WZP_VIEW_BAD } verdict;
};
struct wzp_view_check {
    bool running;
    unsigned percent;
    char verdict[512]; /* sentences for people; "" while it runs */
};
struct wzp_view_script {
    char name[64], help[160], state[32]; /* help: what it is for, or said last */
    bool running;
};

struct wzp_view {
    void *context;
    bool no_card; /* this machine has no sound card: a device needs a sound server */
    uint64_t (*wall_ms)(void *context);                   /* since 1970 */
    int (*zone_minutes)(void *context, uint64_t seconds); /* local time - UTC */
    void (*facts)(void *context, struct wzp_view_facts *out);
    /* by place 0..; false past the end */
    bool (*session)(void *context, size_t i, struct wzp_view_session *out);
    size_t (*contacts)(void *context); /* how many */
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
    /* Line n of what script i said, 0 the newest; false: there is none. */
    bool (*script_line)(void *context, size_t i, size_t n, char *out, size_t capacity);
    /* Voices that are heard in a session, by place 0..; false past the end. */
    bool (*voice)(void *context, wzp_session_id session, size_t i, struct wzp_voice *out);
    /* How loud a member was made (percent), by fingerprint or alias; in a call: the other one. */
    unsigned (*volume)(void *context, wzp_session_id session, const char *who);
    bool (*command)(void *context, size_t i, struct wzp_view_command *out);
    /* Runs a line; told (capacity bytes) gets what to say when it worked, "" for nothing. */
    int (*run)(void *context, const char *line, char *told, size_t capacity, struct wzp_error *err);
    /* Candidates for the last word of a line. */
    size_t (*complete)(void *context, const char *line,
                       void (*each)(void *owner, const char *candidate, const char *help),
                       void *owner);
    /* The sentence of an event, "" = none. */
    size_t (*say)(void *context, char *out, size_t capacity, const struct wzp_event *event);
    /* The 24 words of the identity, only when a person asked; false: they cannot be shown. The
     * caller wipes out. */
    bool (*words)(void *context, char *out, size_t capacity);
};

#endif
