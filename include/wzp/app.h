/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The softphone as one object: account, calls, rooms, contacts, history, settings, sound. Every
 * face (command line, screen, script, control socket, an embedder's own) listens to its events and
 * gives it commands; what a face may show or do stands in tables: events with their fields,
 * commands with their arguments, settings with their defaults. Below it is a phone (wzp/phone.h),
 * around it a host (wzp/host.h). Nothing here reads a clock, a socket, a file or a thread. */
#ifndef WZP_APP_H
#define WZP_APP_H

#include "wzp/events.h"
#include "wzp/host.h"
#include "wzp/phone.h"

#ifdef __cplusplus
extern "C" {
#endif

struct wzp_app;
struct wzp_settings;

#define WZP_DEFAULT_PORT 4433
#define WZP_NAME_MAX 64 /* of a contact */
#define WZP_SETTING_TEXT_MAX 1024

/* ---- life ---- */

/* When sound devices run. */
enum wzp_app_sound {
    WZP_SOUND_NONE,
    WZP_SOUND_SOON, /* a call is placed at once: devices must be there, live ones stay open */
    WZP_SOUND_LATER /* somebody may call some time: open while there is a call */
};
/* Whom incoming calls are answered for without asking; `auto_answer` of the settings. */
enum wzp_auto_answer { WZP_AUTO_ASK, WZP_AUTO_CONTACTS, WZP_AUTO_ALL };
/* How; `answer_mode` of the settings. Trusted: our addresses may be given to the caller, for a
 * direct path; generic: never; reject: every call is declined. */
enum wzp_answer_mode { WZP_ANSWER_TRUSTED, WZP_ANSWER_GENERIC, WZP_ANSWER_REJECT };

struct wzp_app_config {
    /* made by wzp_settings_new, copied; NULL: defaults */
    const struct wzp_settings *settings;
    const char *build; /* our version text, for relays */
    enum wzp_app_sound sound;
    bool throw_away;   /* a random identity; no file of the person is written */
    bool know_relays;  /* a throw-away reads known_relays all the same */
    bool no_relay;     /* nobody is called and nothing registered: relays are only measured */
    bool answers;      /* incoming calls are answered by the settings' rule; else only told */
    bool echo;         /* every call is answered, and hears itself */
    bool call_waiting; /* others ring while we are in a call; else they are told busy */
    bool watches;      /* our relay is asked which contacts are there */
    double duration;   /* seconds after which a session is ended, 0: no limit */
    double stats;      /* seconds between WZP_EVENT_STATS of each session, 0: none */
    bool accept_relay; /* of each relay of the settings the first certificate is accepted */
    /* for people who look for a fault, as in struct wzp_phone_config; NULL */
    void (*qlog)(void *context, const void *connection, const void *data, size_t length);
    void (*keys)(void *context, const char *line, size_t length);
    void *trace; /* context of both */
    /* instead of the seed of a throw-away identity or a file: for tests; NULL */
    const uint8_t *seed;
    const char *config_file; /* where `keep` writes; NULL: config.toml. Outlives the app */
    /* whom WZP_SOUND_SOON will call: that nobody has this name is told before that a device is
     * missing; NULL */
    const char *peer;
};
/* Reads the person's files. What is damaged is set aside and told by WZP_EVENT_NOTICE after the
 * start. WZP_E_* with a sentence. host is copied, its context outlives the app. */
int wzp_app_new_sized(struct wzp_app **out, const struct wzp_host *host,
                      const struct wzp_app_config *config, size_t size, struct wzp_error *err);
/* The same with the size of the struct that the caller was compiled with; so all such pairs. */
static inline int wzp_app_new(struct wzp_app **out, const struct wzp_host *host,
                              const struct wzp_app_config *config, struct wzp_error *err)
{
    return wzp_app_new_sized(out, host, config, sizeof *config, err);
}
/* Opens the port; events come from now on. WZP_E_ARGUMENT when no relay is known. */
int wzp_app_start(struct wzp_app *app, struct wzp_error *err);
/* Registers at the relay and stays registered. WZP_E_STATE (no relay, or it is parting). */
int wzp_app_register(struct wzp_app *app, struct wzp_error *err);
/* Hangs up and closes politely; over when wzp_app_stopped (two seconds at most), which is told by
 * WZP_EVENT_STOPPED as the last event. */
void wzp_app_stop(struct wzp_app *app);
/* True when that is over: it may be freed. */
bool wzp_app_stopped(const struct wzp_app *app);
/* Writes what is still to be written and frees. Not from inside an event. NULL is fine. */
void wzp_app_free(struct wzp_app *app);

/* Joins the listeners, any number, as wzp_phone_listen: the struct stays the caller's until it left
 * or the softphone is freed. */
void wzp_app_listen(struct wzp_app *app, struct wzp_listener *listener);
/* Leaves; also from inside an event. Nothing happens when it is not there. */
void wzp_app_unlisten(struct wzp_app *app, struct wzp_listener *listener);
/* A call that rings here is not answered or declined by the rule of the settings, as long as it is
 * on: the face decides, also from inside the event. Off again: the rule counts now.
 * WZP_E_NOT_FOUND. */
int wzp_app_defer(struct wzp_app *app, wzp_session_id session, bool on);
/* A face's own voice and ears in a session, as wzp_phone_set_audio; a file that is played goes
 * before its say, and recording goes on beside it. NULL: none. The functions are called until the
 * session's WZP_EVENT_ENDED or the next change. WZP_E_NOT_FOUND. */
int wzp_app_set_audio(struct wzp_app *app, wzp_session_id session,
                      const struct wzp_session_audio *audio);
/* The phone inside, for what has no command; valid as long as the softphone. */
struct wzp_phone *wzp_app_phone(struct wzp_app *app);
/* After commands to that phone: sends what follows from them. */
void wzp_app_kick(struct wzp_app *app);

/* ---- commands ---- */

/* Calls a contact's name, a fingerprint, or "echo" (a peer of this process that sends back what it
 * hears, registered at the same relay). *out (may be NULL) gets the id, or 0 where it
 * begins a little later ("echo"): its first event has the id. What follows comes as events. WZP_E_*
 * with a sentence, at once for what can never work. */
int wzp_app_call(struct wzp_app *app, wzp_session_id *out, const char *peer, struct wzp_error *err);
/* Joins a room by name; *out as in wzp_app_call. WZP_E_SYNTAX, WZP_E_REFUSED where end-to-end
 * encryption is required, WZP_E_LIMIT, WZP_E_STATE, WZP_E_MEMORY with a sentence. */
int wzp_app_join(struct wzp_app *app, wzp_session_id *out, const char *room, struct wzp_error *err);
/* The same with the room's password; NULL: none. Also WZP_E_RANGE. */
int wzp_app_join_locked(struct wzp_app *app, wzp_session_id *out, const char *room,
                        const char *password, struct wzp_error *err);
/* Measures a relay; WZP_EVENT_PONG or WZP_EVENT_ERROR with its name follows. WZP_E_SYNTAX,
 * WZP_E_RANGE (no address), WZP_E_LIMIT (too many at once), WZP_E_MEMORY, WZP_E_IO. */
int wzp_app_ping(struct wzp_app *app, const char *relay, struct wzp_error *err);

/* The same, and all else that a face can ask for, as rows with typed arguments. */
enum wzp_argument_kind {
    WZP_ARGUMENT_PEER,    /* contact or fingerprint */
    WZP_ARGUMENT_CONTACT, /* a contact that is there */
    WZP_ARGUMENT_NAME,    /* a name for a new contact */
    WZP_ARGUMENT_ROOM,
    WZP_ARGUMENT_SESSION, /* a number; left out: the one that is meant */
    WZP_ARGUMENT_RELAY,
    WZP_ARGUMENT_SETTING, /* a key of the settings */
    WZP_ARGUMENT_CODEC,
    WZP_ARGUMENT_PERCENT, /* "50", "+10", "-10" */
    WZP_ARGUMENT_MEMBER,  /* of a room; in a call: the other one */
    WZP_ARGUMENT_TRIAL,   /* "levels", "tone", "hear", "off" */
    WZP_ARGUMENT_FILE,    /* a path; "off" ends what goes on */
    WZP_ARGUMENT_TEXT     /* any word; quotes keep several together */
};
#define WZP_ARGUMENTS_MAX 3
struct wzp_argument_row {
    const char *name; /* NULL: no more */
    enum wzp_argument_kind kind;
    bool optional;
};
/* What a command or a setting reaches outside of the softphone. A face that is trusted with less
 * than its person (the program of init.lua) refuses the rest, and what does not say it. */
enum wzp_reach {
    WZP_REACH_INSIDE = 1,    /* calls, contacts, relays; settings as far as their own row says */
    WZP_REACH_DEVICE,        /* names a sound device, or a file in its place */
    WZP_REACH_FILE,          /* names a file */
    WZP_REACH_CONFIGURATION, /* writes config.toml */
    WZP_REACH_PROGRAM,       /* begins a program */
    WZP_REACH_PERSON         /* is a person's word: who is trusted, and how private we are */
};
/* When a command makes sense: which call it can be about, none: always. */
enum {
    WZP_WHEN_INCOMING = 1, /* a call that rings here */
    WZP_WHEN_SESSION = 2,  /* a call or room that does not ring here */
    WZP_WHEN_SECURED = 4   /* one with a safety code */
};
struct wzp_app_command {
    const char *name, *help;
    struct wzp_argument_row arguments[WZP_ARGUMENTS_MAX + 1];
    unsigned when;
    const char *done; /* what is told when it worked, NULL for nothing */
    /* arguments: as many as the row has, NULL where left out; of a session its number as text */
    int (*run)(struct wzp_app *app, const char *const *arguments, struct wzp_error *err);
    enum wzp_reach reach;
};
/* Row i, static; NULL past the end. */
const struct wzp_app_command *wzp_app_command(size_t i);
/* By name, static; NULL when there is none. */
const struct wzp_app_command *wzp_app_command_find(const char *name);
/* Does it make sense now? */
bool wzp_app_applies(const struct wzp_app *app, const struct wzp_app_command *command);
/* Runs a row with arguments given one by one (count of them; the rest is left out). WZP_E_ARGUMENT,
 * WZP_E_STATE and what the command gives, with a sentence. */
int wzp_app_do(struct wzp_app *app, const struct wzp_app_command *command,
               const char *const *arguments, size_t count, struct wzp_error *err);
/* Runs a line, "call Ann"; words are parted by blanks, quotes hold one together. *row (may be NULL)
 * gets the command that was meant. WZP_E_UNKNOWN with the nearest command. */
int wzp_app_run(struct wzp_app *app, const char *line, const struct wzp_app_command **row,
                struct wzp_error *err);
/* What could stand in place of the last word of a line: calls each for every candidate that begins
 * with it, with a word of explanation ("" = none). Returns how many. */
size_t wzp_app_complete(struct wzp_app *app, const char *line,
                        void (*each)(void *context, const char *candidate, const char *help),
                        void *context);

/* ---- what there is: copies, to be asked for at any time ---- */

struct wzp_app_facts {
    char fingerprint[WZP_FINGERPRINT_TEXT_MAX];
    char alias[WZP_ALIAS_MAX];
    char relay[WZP_RELAY_TEXT_MAX]; /* the home relay, as configured */
    bool registered, stopping;
    size_t sessions;
    char barred_by[WZP_RELAY_TEXT_MAX]; /* the relay whose certificate waits for `accept`, "" */
    /* Since the beginning: of a file that calls, a recording or packets were to be written to
     * something is missing, or what was to be said from a file was no sound. An event told it. */
    bool file_lost;
};
/* Who and where we are, now. size: of *out, see contrib/doc/abi.txt. */
void wzp_app_facts_sized(const struct wzp_app *app, struct wzp_app_facts *out, size_t size);
static inline void wzp_app_facts(const struct wzp_app *app, struct wzp_app_facts *out)
{
    wzp_app_facts_sized(app, out, sizeof *out);
}

enum wzp_session_state {
    WZP_SESSION_CALLING,  /* we call: not there yet */
    WZP_SESSION_RINGING,  /* it rings there */
    WZP_SESSION_INCOMING, /* it rings here */
    WZP_SESSION_JOINING,  /* answered, or a room: media is being set up */
    WZP_SESSION_UP
};
struct wzp_app_session {
    wzp_session_id id;
    enum wzp_session_state state;
    char name[WZP_NAME_MAX];        /* the contact's, "" */
    struct wzp_session_stats stats; /* with peer, alias, room, muted, held, ... */
};
/* A call or room by its place 0..; false past the end. */
bool wzp_app_session_sized(const struct wzp_app *app, size_t i, struct wzp_app_session *out,
                           size_t size);
/* By its number; false when it is gone. */
bool wzp_app_session_find_sized(const struct wzp_app *app, wzp_session_id id,
                                struct wzp_app_session *out, size_t size);
static inline bool wzp_app_session(const struct wzp_app *app, size_t i, struct wzp_app_session *out)
{
    return wzp_app_session_sized(app, i, out, sizeof *out);
}
static inline bool wzp_app_session_find(const struct wzp_app *app, wzp_session_id id,
                                        struct wzp_app_session *out)
{
    return wzp_app_session_find_sized(app, id, out, sizeof *out);
}
/* A word for a state, static. */
const char *wzp_session_state_name(enum wzp_session_state state);

/* Microphone and loudspeaker tried outside of calls (command `try`). */
struct wzp_app_trial {
    bool running, hears, tone; /* it goes on; we hear ourselves; the test tone sounds now */
    bool capture_lost, playback_lost;
    double level_in_dbfs, level_out_dbfs;
};
/* How such a trial goes; all zero: there is none. */
void wzp_app_sound_trial_sized(const struct wzp_app *app, struct wzp_app_trial *out, size_t size);
static inline void wzp_app_sound_trial(const struct wzp_app *app, struct wzp_app_trial *out)
{
    wzp_app_sound_trial_sized(app, out, sizeof *out);
}

struct wzp_app_contact {
    char name[WZP_NAME_MAX];
    char fingerprint[WZP_FINGERPRINT_TEXT_MAX];
    enum wzp_presence presence; /* WZP_EVENT_PRESENCE tells of changes */
    bool encrypted;             /* sealed a call once */
    bool verified;              /* a person compared the safety code */
    uint64_t verified_at;       /* when, seconds since 1970; 0: not known */
};
/* By place 0.. in the order of names; false past the end. */
bool wzp_app_contact_sized(const struct wzp_app *app, size_t i, struct wzp_app_contact *out,
                           size_t size);
static inline bool wzp_app_contact(const struct wzp_app *app, size_t i, struct wzp_app_contact *out)
{
    return wzp_app_contact_sized(app, i, out, sizeof *out);
}

/* A call of the past. */
struct wzp_history_entry {
    uint64_t at_seconds; /* since 1970: when it began */
    uint32_t duration_seconds;
    enum { WZP_HISTORY_OUT, WZP_HISTORY_IN, WZP_HISTORY_ROOM } kind;
    enum wzp_end_reason reason;
    bool e2e;
    bool direct;   /* the last path of its media, when why says anything */
    char why[24];  /* why that path: a word as in the path event's reason; "" = not known */
    char peer[64]; /* fingerprint, or room name */
    char alias[64];
    bool proven; /* a signature has shown that it was this peer; who called claims it otherwise */
};
/* The sentence of such a word, static; NULL: an unknown one. */
const char *wzp_path_reason_text(const char *word);
/* Calls each for the entries of the file, newest first, up to `most`; name is the contact's or "".
 * WZP_E_* with a sentence. */
int wzp_app_history(const struct wzp_app *app, size_t most,
                    void (*each)(void *context, const struct wzp_history_entry *entry,
                                 const char *name),
                    void *context, struct wzp_error *err);

/* A relay whose certificate is remembered, by place 0..; NULL past the end. Valid until the next
 * event. */
const char *wzp_app_relay(const struct wzp_app *app, size_t i);

/* A relay that was heard of: home, those whose certificate is remembered, those that were asked for
 * (WZP_EVENT_PONG). REGISTERED, UNREGISTERED, PONG, RELAY_PIN and ERROR tell of changes. */
struct wzp_app_relay_state {
    char relay[WZP_RELAY_TEXT_MAX]; /* as typed */
    char remote[WZP_ADDR_TEXT_MAX]; /* its address when it last answered, "" */
    char build[64], region[32];     /* what it tells of itself, "" */
    char text[WZP_ERROR_TEXT_MAX];  /* why it does not answer, "" */
    bool home, registered;          /* it is the one of the settings; it knows us now */
    bool preferred; /* which should be home: this one, or another that is clearly nearer */
    bool measured, reachable; /* rtt_ms is known; it answered when it was last asked */
    bool proven, changed; /* its identity key; its certificate is another, and waits for a person */
    uint32_t rtt_ms;
};
/* By place 0..; home is always there. False past the end. */
bool wzp_app_relay_state_sized(struct wzp_app *app, size_t i, struct wzp_app_relay_state *out,
                               size_t size);
static inline bool wzp_app_relay_state(struct wzp_app *app, size_t i,
                                       struct wzp_app_relay_state *out)
{
    return wzp_app_relay_state_sized(app, i, out, sizeof *out);
}

/* ---- settings ---- */

/* One key of config.toml, and of the options that set it. */
struct wzp_setting_row {
    const char *name, *type, *standard, *help;
    enum wzp_reach reach;
};
const struct wzp_setting_row *wzp_setting_row(size_t i); /* static; NULL past the end */
/* New settings with the defaults; free with wzp_settings_free. WZP_E_MEMORY. */
int wzp_settings_new(struct wzp_settings **out);
/* NULL is fine. */
void wzp_settings_free(struct wzp_settings *s);
/* Sets one key from text, as --option or `set` give it. WZP_E_NOT_FOUND (with the nearest key),
 * WZP_E_SYNTAX, WZP_E_RANGE with a sentence that begins with the key. */
int wzp_settings_set(struct wzp_settings *s, const char *key, const char *text,
                     struct wzp_error *err);
/* Writes a value as text, "" for a text that is not set; out holds WZP_SETTING_TEXT_MAX. False: no
 * such key. */
bool wzp_settings_get(char *out, const struct wzp_settings *s, const char *key);
/* Those of the running softphone; valid as long as it, changed by wzp_app_set. */
const struct wzp_settings *wzp_app_settings(const struct wzp_app *app);
/* Changes one. A key that can change in a call takes effect at once, others at the next start;
 * *at_once (may be NULL) tells. Errors of wzp_settings_set, and of the device that is named. */
int wzp_app_set(struct wzp_app *app, const char *key, const char *text, bool *at_once,
                struct wzp_error *err);

/* ---- events as data ---- */

enum wzp_value_kind {
    WZP_VALUE_NONE, /* absent */
    WZP_VALUE_TEXT,
    WZP_VALUE_BOOLEAN,
    WZP_VALUE_INTEGER,
    WZP_VALUE_NUMBER,
    WZP_VALUE_MEMBERS
};
struct wzp_value {
    enum wzp_value_kind kind;
    const char *text;
    bool boolean;
    int64_t integer;
    double number;
    const struct wzp_member *members;
    size_t count;
};
struct wzp_event_field {
    const char *name;
    const char *unit; /* "ms", "bytes", ... or "" */
    const char *help; /* for the manual */
    unsigned char form;
    bool always; /* shown also when false, 0 or "" */
    unsigned short offset;
};
struct wzp_event_row {
    const char *name, *help;
    const char *text; /* the line for people, a template; NULL: none */
    const struct wzp_event_field *fields;
    size_t count;
};
/* The row of a type; never NULL for a valid one. */
const struct wzp_event_row *wzp_event_row(enum wzp_event_type type);
/* Fields of every event that has a session, static; NULL past the end. */
const struct wzp_event_field *wzp_event_common_field(size_t i);
/* The value of a field in an event; kind WZP_VALUE_NONE when it is absent. Texts live as long as
 * the event. */
void wzp_event_value(struct wzp_value *out, const struct wzp_event *event,
                     const struct wzp_event_field *field);
/* A copy that lives on, in one piece; release with wzp_event_free. NULL when memory lacks. */
struct wzp_event *wzp_event_copy(const struct wzp_event *event);
/* Forgets such a copy. NULL is fine. */
void wzp_event_free(struct wzp_event *event);
/* One line of JSON without its end, beginning with t (seconds) and event. New text (wzp_free it).
 * WZP_E_MEMORY. */
int wzp_event_json(char **out, size_t *length, const struct wzp_event *event, double t);
/* One sentence (or more lines) for people; "" when there is nothing to say. Returns the length. */
size_t wzp_event_sentence(char *out, size_t size, const struct wzp_event *event);

#ifdef __cplusplus
}
#endif

#endif
