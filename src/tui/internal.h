/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The inside of the screen's model, shared by the files of this folder: state, screens, lists, and
 * data about sessions. Talk means push to talk here. */
#ifndef WZP_TUI_INTERNAL_H
#define WZP_TUI_INTERNAL_H

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "tui/keymap.h"
#include "tui/line.h"
#include "tui/tui.h"

/* ---- screens ---- */

enum wzp_screen_id {
    WZP_SCREEN_CONTACTS,
    WZP_SCREEN_CALL,
    WZP_SCREEN_ROOM,
    WZP_SCREEN_HISTORY,
    WZP_SCREEN_NETCHECK,
    WZP_SCREEN_DEVICES,
    WZP_SCREEN_RELAYS,
    WZP_SCREEN_SETTINGS,
    WZP_SCREEN_SCRIPTS,
    WZP_SCREEN_LOG,
    WZP_SCREEN_COUNT
};
/* How well a row matches a search. */
enum wzp_match {
    WZP_MATCH_NONE,
    WZP_MATCH_INSIDE, /* it contains the text */
    WZP_MATCH_WORD,   /* a word of it begins with the text */
    WZP_MATCH_START   /* it begins with the text */
};
struct wzp_tui_screen {
    const char *name, *title;
    enum wzp_key_context context;
    const char *hints;                            /* commands, "call-selected:call|..." */
    const char *idle_hints;                       /* hints while the others do not apply */
    bool (*is_idle)(struct wzp_tui *t);           /* NULL: never */
    bool (*offered)(const struct wzp_view *view); /* NULL: always */
    size_t (*count)(struct wzp_tui *t);           /* rows of its list; NULL: no list */
    void (*draw)(struct wzp_tui *t, struct wzp_area a);
    /* Enter: carries out the action of the selected row. NULL: nothing */
    int (*open)(struct wzp_tui *t, uint64_t now, struct wzp_error *err);
    /* How well row i matches the (lower-case) text. NULL: no search */
    enum wzp_match (*matches)(struct wzp_tui *t, size_t i, const char *text);
};
extern const struct wzp_tui_screen *const wzp_screens[WZP_SCREEN_COUNT];
bool wzp_screen_offered(const struct wzp_tui *t, enum wzp_screen_id id);

/* The screens; each draws into the area between the bars. */
extern const struct wzp_tui_screen wzp_screen_contacts, wzp_screen_call, wzp_screen_room,
    wzp_screen_history, wzp_screen_netcheck, wzp_screen_devices, wzp_screen_relays,
    wzp_screen_settings, wzp_screen_scripts, wzp_screen_log;

/* ---- what is remembered of a session, beside its snapshot ---- */

#define WZP_TRACE_MAX 240 /* one sample a second: four minutes */
#define WZP_SESSIONS_SHOWN 16
#define WZP_MEMBERS_MAX 1000
struct wzp_trace {
    float rtt_ms[WZP_TRACE_MAX], loss_percent[WZP_TRACE_MAX], buffer_ms[WZP_TRACE_MAX];
    size_t count; /* filled from the left; when full the samples are shifted */
};
struct wzp_peak { /* a level with a peak that is held for a while */
    double value, peak;
    uint64_t peak_at;
};
struct wzp_remembered {
    wzp_session_id id;
    char path_why[160], path_relay[WZP_RELAY_TEXT_MAX], security_why[160], quality[128];
    char incoming_why[160];
    bool has_path, proven, offers_e2e, e2e_said, verified, ignored;
    uint64_t appeared_at;  /* of an incoming call: its keys have no effect for 300 ms */
    uint64_t silent_since; /* since when the microphone is silent; 0: it is not */
    bool silence_told;
    struct wzp_peak in, out;
    uint64_t rates_at, sent_before, received_before; /* for frames a second */
    double sent_rate, received_rate;
    struct wzp_trace trace;
    struct wzp_member *members;
    size_t member_count;
};

/* ---- the state ---- */

enum wzp_overlay {
    WZP_OVERLAY_NONE,
    WZP_OVERLAY_HELP,
    WZP_OVERLAY_QUIT, /* the question before leaving while calls are running */
    WZP_OVERLAY_WELCOME,
    WZP_OVERLAY_WORDS,
    WZP_OVERLAY_CONTACT /* own contact as QR code and text */
};
enum wzp_typing {
    WZP_TYPING_NOT,
    WZP_TYPING_COMMAND,
    WZP_TYPING_SEARCH,
    WZP_TYPING_SETTING,
    WZP_TYPING_ANSWER
};

#define WZP_LOG_ROWS 500
struct wzp_log_row {
    uint64_t wall_ms;
    uint8_t style;
    char text[200];
};
struct wzp_list_state {
    size_t selected, top;
    size_t page; /* number of rows visible at the last drawing */
};
#define WZP_NOTICES_WAITING 4
struct wzp_notice {
    char text[240]; /* "": none */
    enum wzp_style style;
    /* The call of which this notice reports a passing state (its path, or that it rings); 0: it
     * does not. */
    wzp_session_id passing_of;
    bool rings;
};
#define WZP_COMPLETIONS_MAX 64
#define WZP_EXTRAS_MAX 6
struct wzp_completion {
    char text[80], help[80];
};

struct wzp_tui {
    struct wzp_tui_config config;
    const struct wzp_view *view;
    const struct wzp_theme *theme;
    struct wzp_canvas canvas;
    struct wzp_keymap keymap;
    uint64_t now;

    enum wzp_screen_id screen;
    struct wzp_list_state lists[WZP_SCREEN_COUNT];
    wzp_session_id focus; /* the call that keys act on; 0: none */
    struct wzp_remembered *sessions[WZP_SESSIONS_SHOWN];

    enum wzp_overlay overlay;
    size_t overlay_top; /* first visible row of help */
    size_t help_rows;   /* number of rows of help when it was drawn last; 0 = never */
    bool leaving, first_run;

    enum wzp_typing typing;
    struct wzp_line line, search_line;
    char search[64], setting[64], help_search[64];
    size_t search_from; /* the row where the search began */
    struct wzp_completion completions[WZP_COMPLETIONS_MAX];
    size_t completion_count, completion_at, completion_from;
    bool completing;
    int cursor_x, cursor_y;
    /* positions for the mouse, as drawn last */
    struct {
        int from, to; /* columns; 0, 0: not there */
    } tabs[WZP_SCREEN_COUNT];
    int tabs_y;
    struct {
        int x, y, width, height;
    } rows; /* of the screen's list */

    struct { /* a question of a Lua program */
        char text[80];
        unsigned number;
        bool is_secret;
        /* NULL: there is no question */
        void (*answer)(void *context, unsigned number, const char *text);
        void *context;
    } question;
    char locked_room[WZP_ROOM_TEXT_MAX]; /* the room whose password is asked for */
    struct {
        char name[32], text[64];
    } extras[WZP_EXTRAS_MAX]; /* status items of Lua programs */

    struct wzp_notice notice, waiting[WZP_NOTICES_WAITING];
    size_t waiting_count;
    uint64_t notice_since, notice_until;
    bool in_key; /* a key is being handled: its answer is shown at once */

    struct wzp_log_row *log; /* a ring buffer */
    size_t log_first, log_count;

    /* push to talk */
    bool talking, talk_repeats;
    wzp_session_id talk_session;
    uint64_t talk_until, talk_pressed_at;

    bool releases;
    bool urgent, dirty; /* a picture is needed: at once, or when the rate limit allows it */
    uint64_t pace_until, next_second, next_levels;
    struct wzp_tui_signal signal;
};

/* ---- model.c ---- */
struct wzp_remembered *wzp_tui_remembered(struct wzp_tui *t, wzp_session_id id, bool make);
/* The session in focus, or another existing one; false when there is none. */
bool wzp_tui_focused(struct wzp_tui *t, struct wzp_view_session *out);
bool wzp_tui_session(struct wzp_tui *t, wzp_session_id id, struct wzp_view_session *out);
/* The newest session that rings here and is not ignored; false when there is none. */
bool wzp_tui_incoming(struct wzp_tui *t, struct wzp_view_session *out);
/* The best name of the other side: contact, alias in quotes, short fingerprint, or room. */
const char *wzp_tui_who(char *out, size_t capacity, const struct wzp_view_session *s);
void wzp_tui_show(struct wzp_tui *t, enum wzp_screen_id screen);
void wzp_tui_touch(struct wzp_tui *t); /* needs a picture at once: a person waits for it */
/* needs a picture when the rate limit allows it: something changed by itself */
void wzp_tui_changed(struct wzp_tui *t);

/* ---- app_commands.c ---- */
/* The commands that the softphone carries out; ends with a row without name. */
extern const struct wzp_tui_command wzp_tui_app_commands[];
/* Runs a line of the softphone; its answer becomes a notice. A new call puts the others on hold. */
int wzp_tui_run_app(struct wzp_tui *t, const char *line, uint64_t now, struct wzp_error *err);

/* ---- notices.c ---- */
/* Shows the peer in the terminal's title. */
void wzp_tui_set_title(struct wzp_tui *t);
/* When the shown notice is to be replaced by the next one, and the replacing. */
uint64_t wzp_tui_notices_expiry(const struct wzp_tui *t);
void wzp_tui_notices_tick(struct wzp_tui *t, uint64_t now);

/* ---- screen_room.c ---- */
/* The room needs a password: asks for it, and joins again. */
void wzp_tui_room_locked(struct wzp_tui *t, const char *room);
/* The selected member: the room, the member's name for the volume command, and the volume; false:
 * none is selected, or it is ourselves. */
bool wzp_tui_room_member(struct wzp_tui *t, wzp_session_id *room, char who[64], unsigned *percent);
/* The selected earlier room, shown while we are in no room; false: there is none. */
bool wzp_tui_recent_room(struct wzp_tui *t, char room[WZP_ROOM_TEXT_MAX]);

/* ---- screen_history.c ---- */
/* The peer or room of the selected call of the history; false: there is none. */
bool wzp_tui_history_peer(struct wzp_tui *t, char peer[WZP_ROOM_TEXT_MAX]);

/* ---- screen_devices.c ---- */
/* Uses the selected device from now on and at the next start; as both input and output: as whatever
 * it can be. */
int wzp_tui_use_device(struct wzp_tui *t, bool input, bool output, uint64_t now,
                       struct wzp_error *err);

/* ---- talk.c: push to talk ---- */
int wzp_tui_talk_pressed(struct wzp_tui *t, struct wzp_error *err);
void wzp_tui_talk_released(struct wzp_tui *t);
/* When push to talk ends because the key is no longer pressed; WZP_NEVER: it is not in use. */
void wzp_tui_talk_tick(struct wzp_tui *t);
uint64_t wzp_tui_talk_expiry(const struct wzp_tui *t);

/* ---- remember.c: sessions from events and samples ---- */
void wzp_remember_event(struct wzp_tui *t, const struct wzp_event *event);
void wzp_remember_sample(struct wzp_tui *t, const struct wzp_view_session *s);
void wzp_remember_levels(struct wzp_tui *t, const struct wzp_view_session *s);
void wzp_remember_forget(struct wzp_tui *t, wzp_session_id id);
/* A level in dBFS as a fraction of a meter, 0 to 1 for -60 to 0. */
double wzp_tui_meter(double dbfs);

/* ---- typing.c: the line at the bottom ---- */
/* Gives the answer to the question, or (NULL) that there is none. */
void wzp_tui_answer(struct wzp_tui *t, const char *text);
void wzp_tui_type(struct wzp_tui *t, enum wzp_typing what, const char *text);
void wzp_tui_type_key(struct wzp_tui *t, struct wzp_key key);
/* To be called when the line has changed: moves a search to its best row. */
void wzp_tui_typed(struct wzp_tui *t);
/* An action of the "edit" command: left, delete-word-left, complete, ... WZP_E_UNKNOWN. */
int wzp_tui_edit(struct wzp_tui *t, const char *action);
/* Enter in the line: runs or answers it. */
int wzp_tui_accept(struct wzp_tui *t, uint64_t now, struct wzp_error *err);
void wzp_tui_draw_typing(struct wzp_tui *t, struct wzp_area a, int y);
void wzp_tui_draw_completions(struct wzp_tui *t, struct wzp_area a);

/* ---- frame.c: bars, overlays ---- */
#define WZP_TUI_PANE_FROM 110 /* least width at which the call is shown beside other screens */
void wzp_tui_draw_frame(struct wzp_tui *t);
/* overlay.c, incoming.c, help.c, first_run.c */
void wzp_tui_draw_incoming(struct wzp_tui *t, struct wzp_area a);
/* Draws a fingerprint completely, in two rows (broken between two groups) if necessary: a part of
 * it would prove nothing. Returns the number of rows. */
int wzp_tui_draw_fingerprint(struct wzp_area a, int y, enum wzp_style style,
                             const char *fingerprint);
void wzp_tui_draw_help(struct wzp_tui *t, struct wzp_area a);
void wzp_tui_draw_quit(struct wzp_tui *t, struct wzp_area a);
void wzp_tui_draw_first_run(struct wzp_tui *t, struct wzp_area a);

/* ---- list.c ---- */
/* Draws the rows of the current screen's list that fit: each gets an area of one row. */
void wzp_tui_list(struct wzp_tui *t, enum wzp_screen_id id, struct wzp_area a, size_t count,
                  void (*row)(struct wzp_tui *t, struct wzp_area a, size_t i, bool selected));
void wzp_tui_list_move(struct wzp_tui *t, long step);
/* Selects the next row that matches the search, starting after the selected one. */
bool wzp_tui_list_next(struct wzp_tui *t, int direction);
/* A search begins at the selected row and selects the row that matches the present text best (of
 * several the next one; without a match, the row where it began). It can be given up. */
void wzp_tui_list_search_begin(struct wzp_tui *t);
bool wzp_tui_list_search(struct wzp_tui *t);
void wzp_tui_list_search_end(struct wzp_tui *t);
#define WZP_LABEL_COLUMNS 12
/* Draws a label and a value, in a column. Returns the row after it. */
int wzp_tui_field(struct wzp_area a, int y, const char *label, enum wzp_style style,
                  const char *value);
/* Draws the text of an empty list. */
void wzp_tui_empty(struct wzp_area a, const char *text);

/* ---- words.c: numbers for people ---- */
/* "0:42", "1:02:03". */
const char *wzp_tui_duration(char out[16], uint64_t milliseconds);
/* "14:05", "yesterday 14:05", "24 Nov 14:05", "24 Nov 2025", local time. */
const char *wzp_tui_when(char out[32], const struct wzp_view *view, uint64_t seconds);
/* "14:05:31" */
const char *wzp_tui_clock(char out[16], const struct wzp_view *view, uint64_t wall_ms);
const char *wzp_tui_codec(uint8_t codec);
/* Text holds part, whatever the case of ASCII letters. */
bool wzp_tui_contains(const char *text, const char *part);
/* How well text matches part, whatever the case of ASCII letters. */
enum wzp_match wzp_tui_match(const char *text, const char *part);
/* How well a search matches a person: any part of the name, but only the beginning of the
 * fingerprint, which is the part that is shown. Three letters inside a fingerprint occur by chance
 * ("ada", "bea"). */
enum wzp_match wzp_tui_answers_to(const char *name, const char *fingerprint, const char *text);
/* First 9 characters of a fingerprint, with an ellipsis. */
const char *wzp_tui_short(char out[24], const char *fingerprint);

/* ---- call_panel.c: shared by the call screen and the pane beside other screens ---- */
void wzp_tui_draw_call(struct wzp_tui *t, struct wzp_area a, const struct wzp_view_session *s);
const char *wzp_tui_state(char *out, size_t capacity, const struct wzp_view_session *s);

#endif
