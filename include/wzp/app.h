/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The softphone as one object: account, calls, rooms, contacts, history, settings, sound. A face is
 * a user interface (command line, screen, script, control socket, or an embedder's own): it listens
 * to the softphone's events and gives it commands. Tables say what a face can show or do: events
 * with their fields, commands with their arguments, settings with their defaults. The softphone
 * drives a phone (wzp/phone.h) and runs on a host (wzp/host.h), through which it reaches clock,
 * sockets, files and threads; nothing here uses them directly. */
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

/* When sound devices are open. */
enum wzp_app_sound {
    WZP_SOUND_NONE,
    /* a call is placed at the start: the devices must exist, and stay open between calls unless
     * they are files */
    WZP_SOUND_SOON,
    WZP_SOUND_LATER /* calls may come in at any time: devices are open during a call only */
};
/* Whose incoming calls are answered without asking the person; setting `auto_answer`. */
enum wzp_auto_answer { WZP_AUTO_ASK, WZP_AUTO_CONTACTS, WZP_AUTO_ALL };
/* How such calls are answered; setting `answer_mode`. Trusted: our addresses may be given to the
 * caller, so that a direct path is possible; generic: they are never given; reject: every call is
 * declined. */
enum wzp_answer_mode { WZP_ANSWER_TRUSTED, WZP_ANSWER_GENERIC, WZP_ANSWER_REJECT };

struct wzp_app_config {
    /* made by wzp_settings_new; copied; NULL: the defaults */
    const struct wzp_settings *settings;
    const char *build; /* our version text, which relays are told */
    enum wzp_app_sound sound;
    bool throw_away;  /* a random identity for this run; none of the person's files is written */
    bool know_relays; /* with throw_away: known_relays is read all the same */
    bool no_relay;    /* no calls and no registration: relays are only measured */
    /* the settings decide about incoming calls; false: they are only reported as events */
    bool answers;
    bool echo;         /* every call is answered, and its sound is sent back to it */
    bool call_waiting; /* a second caller rings during a call; false: is told busy */
    bool watches;      /* our relay is asked for the presence of the contacts */
    double duration;   /* seconds after which each session is ended, 0: no limit */
    double stats;      /* seconds between two WZP_EVENT_STATS of a session, 0: none */
    bool accept_relay; /* accept the first certificate that each relay of the settings shows */
    /* for debugging, as in struct wzp_phone_config; may be NULL */
    void (*qlog)(void *context, const void *connection, const void *data, size_t length);
    void (*keys)(void *context, const char *line, size_t length);
    void *trace; /* context of both */
    /* for tests: the seed of the identity, in place of a random one or the one in the file; NULL:
     * none */
    const uint8_t *seed;
    const char *config_file; /* the file that `keep` writes; NULL: config.toml. Outlives the app */
    /* the peer that will be called with WZP_SOUND_SOON, so that an unknown name is reported before
     * a missing device; NULL: not known */
    const char *peer;
};
/* Makes a softphone and reads the person's files. A damaged file is set aside (renamed), which a
 * WZP_EVENT_NOTICE reports after the start. WZP_E_* with a sentence. host is copied; its context
 * must outlive the app. */
int wzp_app_new_sized(struct wzp_app **out, const struct wzp_host *host,
                      const struct wzp_app_config *config, size_t size, struct wzp_error *err);
/* The same with the size of the struct that the caller was compiled with. All pairs of a function
 * and its _sized variant work like this. */
static inline int wzp_app_new(struct wzp_app **out, const struct wzp_host *host,
                              const struct wzp_app_config *config, struct wzp_error *err)
{
    return wzp_app_new_sized(out, host, config, sizeof *config, err);
}
/* Opens the port; events come from now on. WZP_E_ARGUMENT when no relay is known. */
int wzp_app_start(struct wzp_app *app, struct wzp_error *err);
/* Registers at the relay and stays registered. WZP_E_STATE (no relay, or the softphone is
 * stopping). */
int wzp_app_register(struct wzp_app *app, struct wzp_error *err);
/* Hangs up all calls and closes all connections. This takes two seconds at most; WZP_EVENT_STOPPED
 * reports its end as the last event, and wzp_app_stopped is true from then on. */
void wzp_app_stop(struct wzp_app *app);
/* True when the stop is complete: the app may be freed. */
bool wzp_app_stopped(const struct wzp_app *app);
/* Writes what is still to be written and frees. Not from inside an event. NULL is fine. */
void wzp_app_free(struct wzp_app *app);

/* Adds a listener; there may be any number, as with wzp_phone_listen. The struct remains the
 * caller's and must stay valid until it is removed or the softphone is freed. */
void wzp_app_listen(struct wzp_app *app, struct wzp_listener *listener);
/* Removes a listener; also from inside an event. Nothing happens when it was not added. */
void wzp_app_unlisten(struct wzp_app *app, struct wzp_listener *listener);
/* on: the settings do not answer or decline this ringing call, because the face decides about it;
 * may be called from inside the event. Off again: the settings decide at once. WZP_E_NOT_FOUND. */
int wzp_app_defer(struct wzp_app *app, wzp_session_id session, bool on);
/* Gives a session a sound source and sink of the face's own, as wzp_phone_set_audio. A file that is
 * played replaces what its `say` gives; recording goes on beside it. NULL: none. The functions are
 * called until the session's WZP_EVENT_ENDED or the next change. WZP_E_NOT_FOUND. */
int wzp_app_set_audio(struct wzp_app *app, wzp_session_id session,
                      const struct wzp_session_audio *audio);
/* The phone inside, for functions that have no command here; valid as long as the softphone. */
struct wzp_phone *wzp_app_phone(struct wzp_app *app);
/* To be called after commands to that phone: sends the packets that they caused. */
void wzp_app_kick(struct wzp_app *app);

/* ---- commands ---- */

/* Calls a contact by name, a fingerprint, or "echo" (a peer in this process, registered at the same
 * relay, that sends back what it hears). *out (may be NULL) gets the session's id, or 0 when the
 * session begins a little later ("echo"); its first event then has the id. What follows is reported
 * by events. WZP_E_* with a sentence, at once where the call can never work. */
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

/* Commands as table rows with typed arguments: those above, and everything else that a face can ask
 * for. */
enum wzp_argument_kind {
    WZP_ARGUMENT_PEER,    /* contact or fingerprint */
    WZP_ARGUMENT_CONTACT, /* the name of an existing contact */
    WZP_ARGUMENT_NAME,    /* a name for a new contact */
    WZP_ARGUMENT_ROOM,
    WZP_ARGUMENT_SESSION, /* a number; left out: the session that the command can be about */
    WZP_ARGUMENT_RELAY,
    WZP_ARGUMENT_SETTING, /* a key of the settings */
    WZP_ARGUMENT_CODEC,
    WZP_ARGUMENT_PERCENT, /* "50", "+10", "-10" */
    WZP_ARGUMENT_MEMBER,  /* a member of a room; in a call: the other side */
    WZP_ARGUMENT_TRIAL,   /* "levels", "tone", "hear", "off" */
    WZP_ARGUMENT_FILE,    /* a path; "off" ends playing, recording or capturing */
    WZP_ARGUMENT_TEXT,    /* any word; quotes keep several together */
    WZP_ARGUMENT_SECRET   /* a password: not to be shown, nor kept with earlier lines */
};
#define WZP_ARGUMENTS_MAX 3
struct wzp_argument_row {
    const char *name; /* NULL: no more */
    enum wzp_argument_kind kind;
    bool optional;
};
/* What a command or a setting can affect outside of the softphone. A face that is trusted with less
 * than its person (the program of init.lua) may use only some of these (src/script/reach.c), and no
 * row that does not state its reach. */
enum wzp_reach {
    WZP_REACH_INSIDE = 1,    /* calls, contacts, relays; settings as far as their own row says */
    WZP_REACH_DEVICE,        /* names a sound device, or a file in its place */
    WZP_REACH_FILE,          /* names a file */
    WZP_REACH_CONFIGURATION, /* writes config.toml */
    WZP_REACH_PROGRAM,       /* begins a program */
    /* is a decision that only a person may take: whom to trust, how much privacy */
    WZP_REACH_PERSON
};
/* When a command is possible: bits for the kinds of session it can be about; 0: always. */
enum {
    WZP_WHEN_INCOMING = 1, /* a call that rings here */
    WZP_WHEN_SESSION = 2,  /* a call or room that does not ring here */
    WZP_WHEN_SECURED = 4   /* a call that has a safety code */
};
struct wzp_app_command {
    const char *name, *help;
    struct wzp_argument_row arguments[WZP_ARGUMENTS_MAX + 1];
    unsigned when;
    const char *done; /* a sentence to show after success, NULL: none */
    /* arguments: as many as the row has, NULL for each one left out; a session is given as its
     * number in decimal text */
    int (*run)(struct wzp_app *app, const char *const *arguments, struct wzp_error *err);
    enum wzp_reach reach;
};
/* Row i, static; NULL past the end. */
const struct wzp_app_command *wzp_app_command(size_t i);
/* By name, static; NULL when there is none. */
const struct wzp_app_command *wzp_app_command_find(const char *name);
/* Where in a line ("room tea-party PASSWORD") the part begins that is not to be shown or kept: the
 * first argument of kind WZP_ARGUMENT_SECRET, and all behind it. The length of the line when there
 * is none. */
size_t wzp_app_command_secret(const char *line);
/* Is the command possible now (its `when`)? */
bool wzp_app_applies(const struct wzp_app *app, const struct wzp_app_command *command);
/* Runs a command with count arguments; further ones are taken as left out. WZP_E_ARGUMENT,
 * WZP_E_STATE and the errors of the command, with a sentence. */
int wzp_app_do(struct wzp_app *app, const struct wzp_app_command *command,
               const char *const *arguments, size_t count, struct wzp_error *err);
/* Runs a line such as "call Ann"; words are separated by blanks, quotes keep several together. *row
 * (may be NULL) gets the command that the line names. WZP_E_UNKNOWN with the nearest command. */
int wzp_app_run(struct wzp_app *app, const char *line, const struct wzp_app_command **row,
                struct wzp_error *err);
/* Completes the last word of a line: calls each for every candidate that begins with it, with a
 * short explanation ("" = none). Returns the number of candidates. */
size_t wzp_app_complete(struct wzp_app *app, const char *line,
                        void (*each)(void *context, const char *candidate, const char *help),
                        void *context);

/* ---- state: copies, which may be asked for at any time ---- */

struct wzp_app_facts {
    char fingerprint[WZP_FINGERPRINT_TEXT_MAX];
    char alias[WZP_ALIAS_MAX];
    char relay[WZP_RELAY_TEXT_MAX]; /* the home relay, as configured */
    bool registered, stopping;
    size_t sessions;
    /* the relay whose certificate waits for the command `accept`, "" */
    char barred_by[WZP_RELAY_TEXT_MAX];
    /* True once data was lost: a recording or capture file of a call could not be written
     * completely, or a file to be played was no sound file. An event reported it. */
    bool file_lost;
};
/* Our identity, relay and registration, now. size: of *out, see contrib/doc/abi.txt. */
void wzp_app_facts_sized(const struct wzp_app *app, struct wzp_app_facts *out, size_t size);
static inline void wzp_app_facts(const struct wzp_app *app, struct wzp_app_facts *out)
{
    wzp_app_facts_sized(app, out, sizeof *out);
}

enum wzp_session_state {
    WZP_SESSION_CALLING,  /* we call: the peer's side does not ring yet */
    WZP_SESSION_RINGING,  /* the call rings at the peer's */
    WZP_SESSION_INCOMING, /* the call rings here */
    WZP_SESSION_JOINING,  /* answered, or a room: the media connection is being set up */
    WZP_SESSION_UP
};
struct wzp_app_session {
    wzp_session_id id;
    enum wzp_session_state state;
    char name[WZP_NAME_MAX];        /* of the contact, "" = none */
    struct wzp_session_stats stats; /* with peer, alias, room, muted, held, ... */
};
/* A call or room by its index from 0; false past the end. */
bool wzp_app_session_sized(const struct wzp_app *app, size_t i, struct wzp_app_session *out,
                           size_t size);
/* The same by its id; false when the session has ended. */
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
/* A lower-case word for a state, static. */
const char *wzp_session_state_name(enum wzp_session_state state);

/* A trial of microphone and loudspeaker outside of calls (command `try`). */
struct wzp_app_trial {
    /* a trial runs; one's own voice is played back; the test tone sounds now */
    bool running, hears, tone;
    bool capture_lost, playback_lost;
    double level_in_dbfs, level_out_dbfs;
};
/* The state of the trial; all zero: there is none. */
void wzp_app_sound_trial_sized(const struct wzp_app *app, struct wzp_app_trial *out, size_t size);
static inline void wzp_app_sound_trial(const struct wzp_app *app, struct wzp_app_trial *out)
{
    wzp_app_sound_trial_sized(app, out, sizeof *out);
}

struct wzp_app_contact {
    char name[WZP_NAME_MAX];
    char fingerprint[WZP_FINGERPRINT_TEXT_MAX];
    enum wzp_presence presence; /* changes are reported by WZP_EVENT_PRESENCE */
    bool encrypted;             /* has had an end-to-end encrypted call with us */
    bool verified;              /* a person compared the safety code */
    uint64_t verified_at;       /* when, seconds since 1970; 0: not known */
};
/* By index from 0, sorted by name; false past the end. */
bool wzp_app_contact_sized(const struct wzp_app *app, size_t i, struct wzp_app_contact *out,
                           size_t size);
static inline bool wzp_app_contact(const struct wzp_app *app, size_t i, struct wzp_app_contact *out)
{
    return wzp_app_contact_sized(app, i, out, sizeof *out);
}

/* A call of the past. */
struct wzp_history_entry {
    uint64_t at_seconds; /* when the call began, seconds since 1970 */
    uint32_t duration_seconds;
    enum { WZP_HISTORY_OUT, WZP_HISTORY_IN, WZP_HISTORY_ROOM } kind;
    enum wzp_end_reason reason;
    bool e2e;
    bool direct; /* whether the last media path was direct; known only when why is not "" */
    /* why that path was taken: a word as in `reason` of WZP_EVENT_PATH; "" = not known */
    char why[24];
    char peer[64]; /* fingerprint, or room name */
    char alias[64];
    /* the peer's signature was verified; else an incoming call's fingerprint is only a claim */
    bool proven;
};
/* The sentence for a word of `why`, static; NULL: an unknown word. */
const char *wzp_path_reason_text(const char *word);
/* Calls each for the entries of the history file, newest first, `most` at most; name is the
 * contact's or "". WZP_E_* with a sentence. */
int wzp_app_history(const struct wzp_app *app, size_t most,
                    void (*each)(void *context, const struct wzp_history_entry *entry,
                                 const char *name),
                    void *context, struct wzp_error *err);

/* A relay whose certificate is pinned, by index from 0; NULL past the end. Valid until the next
 * event. */
const char *wzp_app_relay(const struct wzp_app *app, size_t i);

/* A known relay: a relay of the settings, one whose certificate is pinned, or one that was measured
 * (WZP_EVENT_PONG). The events REGISTERED, UNREGISTERED, PONG, RELAY_PIN and ERROR report
 * changes. */
struct wzp_app_relay_state {
    char relay[WZP_RELAY_TEXT_MAX]; /* as typed */
    char remote[WZP_ADDR_TEXT_MAX]; /* the address from which it last answered, "" */
    char build[64], region[32];     /* as the relay states them, "" */
    char text[WZP_ERROR_TEXT_MAX];  /* why it does not answer, "" */
    bool home, registered;          /* it is our home relay; we are registered at it now */
    /* by round-trip time it should be home: it is home and near enough, or clearly nearer than
     * home */
    bool preferred;
    bool measured, reachable; /* rtt_ms is known; it answered the last time it was asked */
    /* it proved its identity key; its certificate differs from the pinned one and waits for a
     * person */
    bool proven, changed;
    uint32_t rtt_ms;
};
/* By index from 0; home is always in the list. False past the end. */
bool wzp_app_relay_state_sized(struct wzp_app *app, size_t i, struct wzp_app_relay_state *out,
                               size_t size);
static inline bool wzp_app_relay_state(struct wzp_app *app, size_t i,
                                       struct wzp_app_relay_state *out)
{
    return wzp_app_relay_state_sized(app, i, out, sizeof *out);
}

/* ---- settings ---- */

/* One key of config.toml and of the options that set the same value. */
struct wzp_setting_row {
    const char *name, *type, *standard, *help;
    enum wzp_reach reach;
};
const struct wzp_setting_row *wzp_setting_row(size_t i); /* static; NULL past the end */
/* New settings with the defaults; free with wzp_settings_free. WZP_E_MEMORY. */
int wzp_settings_new(struct wzp_settings **out);
/* NULL is fine. */
void wzp_settings_free(struct wzp_settings *s);
/* Sets one key from text, as an --option or the command `set` gives it. WZP_E_NOT_FOUND (with the
 * nearest key), WZP_E_SYNTAX, WZP_E_RANGE, with a sentence that begins with the key. */
int wzp_settings_set(struct wzp_settings *s, const char *key, const char *text,
                     struct wzp_error *err);
/* Writes a value as text, "" for a text value that is not set; out holds WZP_SETTING_TEXT_MAX.
 * False: no such key. */
bool wzp_settings_get(char *out, const struct wzp_settings *s, const char *key);
/* The settings of the running softphone; valid as long as it; wzp_app_set changes them. */
const struct wzp_settings *wzp_app_settings(const struct wzp_app *app);
/* Changes one setting. It takes effect at once where the key allows it, else at the next start;
 * *at_once (may be NULL) says which. Errors of wzp_settings_set, and of opening the named
 * device. */
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
    bool always; /* written also when the value is false, 0 or "" */
    unsigned short offset;
};
struct wzp_event_row {
    const char *name, *help;
    const char *text; /* the sentence for people, as a template; NULL: none */
    const struct wzp_event_field *fields;
    size_t count;
};
/* The row of a type; never NULL for a valid one. */
const struct wzp_event_row *wzp_event_row(enum wzp_event_type type);
/* The fields common to all events with a session, by index, static; NULL past the end. */
const struct wzp_event_field *wzp_event_common_field(size_t i);
/* The value of a field in an event; kind WZP_VALUE_NONE when it is absent. Texts live as long as
 * the event. */
void wzp_event_value(struct wzp_value *out, const struct wzp_event *event,
                     const struct wzp_event_field *field);
/* A copy with all its texts, in one block of memory; release it with wzp_event_free. NULL when out
 * of memory. */
struct wzp_event *wzp_event_copy(const struct wzp_event *event);
/* Frees such a copy. NULL is fine. */
void wzp_event_free(struct wzp_event *event);
/* One line of JSON without line end; its first members are t (seconds) and event. New text
 * (wzp_free it). WZP_E_MEMORY. */
int wzp_event_json(char **out, size_t *length, const struct wzp_event *event, double t);
/* One sentence (or several lines) for people; "" when the event has none. Returns the length. */
size_t wzp_event_sentence(char *out, size_t size, const struct wzp_event *event);

#ifdef __cplusplus
}
#endif

#endif
