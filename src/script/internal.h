/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the files of scripts share: the program, its tasks and what they wait for, clients and
 * calls, rows of functions. Not for other rooms.
 *
 * Every function that Lua calls runs inside a task. A function that waits parks its task with a
 * check; sources (a client, a call, another task) wake those who listen to them; the check is then
 * asked again, on the stack of the function that waits. Objects of Lua that C holds on to are
 * userdata, kept in the registry as long as C needs them. */
#ifndef WZP_SCRIPT_INTERNAL_H
#define WZP_SCRIPT_INTERNAL_H

#include <lua.h>
#include <lauxlib.h>

#include "base/bucket.h"
#include "base/heap.h"
#include "base/time.h"
#include "script/script.h"

/* They do not come back, or not with NULL: Lua's headers do not say so, and the analyzer asks. */
#ifdef __clang_analyzer__
int luaL_error(lua_State *L, const char *format, ...) __attribute__((noreturn));
int luaL_argerror(lua_State *L, int number, const char *text) __attribute__((noreturn));
int lua_error(lua_State *L) __attribute__((noreturn));
void *luaL_checkudata(lua_State *L, int number, const char *name) __attribute__((returns_nonnull));
#endif

#define WZP_SCRIPT_LISTENS_MAX 12 /* sources that one task waits for at once */
#define WZP_SCRIPT_DIARY 128      /* events remembered of a client */
#define WZP_SCRIPT_DEPTH_MAX 6    /* handlers inside events that handlers caused */
#define WZP_SCRIPT_LINE_MAX 1024

struct wzp_script_task;
struct wzp_script_client;
struct wzp_script_call;
struct wzp_lab;
struct wzp_tap;
struct wzp_lua_spawn;
struct wzp_lua_netcheck;

/* ---- waiting ---- */

/* What wakes tasks. All zero: nobody listens. */
struct wzp_source {
    struct wzp_listen *first;
};
struct wzp_listen {
    struct wzp_listen *next, *previous;
    struct wzp_source *source; /* NULL: not in use */
    struct wzp_script_task *task;
};
/* Asked at the beginning, after each waking and at the deadline: pushes results and returns their
 * number, or 0: it goes on waiting. timed_out: what is returned is the end, 0 gives nil,
 * "timeout". The stack is that of the function that waits. May raise errors. */
typedef int (*wzp_wait_check)(lua_State *L, struct wzp_script_task *task, bool timed_out);

struct wzp_script_wait {
    wzp_wait_check check;
    uint64_t deadline; /* WZP_NEVER: none */
    uint64_t poll;     /* ns between two checks without an event; 0: only events */
    void *object;      /* the check's own */
    uint64_t mark;     /* the check's own */
    struct wzp_listen listens[WZP_SCRIPT_LISTENS_MAX];
    unsigned listen_count;
};

enum wzp_task_state { WZP_TASK_READY, WZP_TASK_RUNNING, WZP_TASK_WAITING, WZP_TASK_DONE };

/* Memory of Lua: user values 1 its thread, 2 a table of results. In the registry until done. */
struct wzp_script_task {
    struct wzp_script *script;
    struct wzp_script_task *parent, *children; /* children: the first */
    struct wzp_script_task *next, *previous;   /* siblings */
    struct wzp_script_task *ready_next, *ready_previous;
    bool is_ready; /* in the queue */
    struct wzp_heap_node alarm;
    lua_State *L;
    enum wzp_task_state state;
    int arguments; /* of the first resume */
    struct wzp_script_wait wait;
    struct wzp_source ended;      /* wakes who joins it */
    struct wzp_source child_done; /* wakes the task itself */
    bool cancelled, failed, joined, background, counted;
    /* Of a hook that may decide: its call, and whether that is done with. */
    struct wzp_script_call *decides;
};

/* Parks the running task: `return wzp_wait(L, ...)`. Fill in the wait of wzp_wait_begin first. */
struct wzp_script_wait *wzp_wait_begin(lua_State *L, wzp_wait_check check, double timeout);
void wzp_wait_listen(lua_State *L, struct wzp_source *source);
int wzp_wait(lua_State *L);
/* Gives its listens back. */
void wzp_wait_forget(struct wzp_script_wait *wait);
/* Wakes whoever listens. */
void wzp_source_signal(struct wzp_source *source);
/* The object ends: nobody listens to it any more, all are woken. */
void wzp_source_close(struct wzp_source *source);

/* ---- tasks ---- */

/* A new task of the function and `arguments` values on top of L, which are taken from there; pushes
 * its userdata. parent NULL: of the program. Raises errors. */
struct wzp_script_task *wzp_task_new(lua_State *L, struct wzp_script_task *parent, int arguments);
/* Puts it behind those that will run soon. */
void wzp_task_ready(struct wzp_script_task *task);
/* Runs it now, until it waits or ends. */
void wzp_task_resume(struct wzp_script_task *task);
/* Ends it and its children where they stand. The running one ends when it next waits. */
void wzp_task_cancel(struct wzp_script_task *task);
/* Runs all that is ready or due. */
void wzp_script_turn(struct wzp_script *s, uint64_t now);
/* Sets the program's timer for what comes next. */
void wzp_script_arm(struct wzp_script *s);

/* ---- coroutines of the script ---- */

/* Replaces coroutine's functions by ones through which tasks can wait. */
void wzp_coroutine_open(lua_State *L);
/* The mark of a task that waits, which passes up through coroutines. */
void *wzp_coroutine_waiting_mark(void);
/* Says that the coroutine at index `at` is in use, or is so no longer: meanwhile nobody else
 * resumes or closes it. */
void wzp_coroutine_mark_in_use(lua_State *L, int at, bool is);
/* Was it ended by the budget from inside its hook? Lua keeps hooks shut off in it, so that what it
 * has to close would run without any budget. That is left open. */
bool wzp_coroutine_was_stopped(lua_State *co);

/* ---- the program ---- */

/* Of the resume under way. */
struct wzp_budget {
    uint64_t began, allowed, instructions, instructions_allowed;
    bool spent;
    bool interrupted; /* is why it is spent */
};
#define WZP_SCRIPT_PRIVATE_MAX 5 /* settings that say how private the person is */
struct wzp_script {
    struct wzp_script_config config;
    struct wzp_script_face face;
    struct wzp_host real, host; /* host: the clock that it lives by */
    lua_State *L, *E;           /* main; for what events do */
    lua_State *running;         /* the task's or the coroutine's inside it; NULL: none */
    struct wzp_host_timer *timer;
    struct wzp_heap alarms;
    struct wzp_script_task *main, *current;
    struct wzp_script_task *roots; /* tasks without parent */
    struct wzp_script_task *ready_first, *ready_last;
    struct wzp_source anything; /* every event of every client */
    struct wzp_script_client *clients;
    struct wzp_script_client *own; /* of config.app */
    struct wzp_lab *lab;
    struct wzp_script_spaces spaces; /* open NULL: none */
    struct wzp_tap *tap;
    struct wzp_lua_spawn *spawns;
    struct wzp_lua_netcheck *netchecks;
    struct {
        size_t used, limit, peak;
        size_t longest, largest; /* text, other block ever made */
    } memory;
    struct wzp_budget budget;
    uint64_t seed, started, last_turn;
    uint64_t give_up;              /* when a test has taken too long; WZP_NEVER */
    unsigned turns;                /* at one instant */
    uint64_t tasks_made, handlers; /* handlers: a bit for each event type somebody listens to */
    unsigned depth;                /* of handlers in events */
    unsigned numbers;              /* of keys and questions */
    struct wzp_bucket recordings;  /* files that init.lua may begin */
    char person[WZP_SCRIPT_PRIVATE_MAX][16]; /* what a person set, as it is: "" */
    int status;
    bool time_chosen, clock_planned, in_virtual_time;
    bool was_started, main_done, stopping, told_over, turning;
};

/* Whose state it is, its clock, seconds since it began. */
struct wzp_script *wzp_script_of(lua_State *L);
uint64_t wzp_script_now(const struct wzp_script *s);
double wzp_script_seconds(const struct wzp_script *s);
/* Calls a C function in protected mode from outside of Lua; its argument is a light userdata. */
int wzp_script_protect(struct wzp_script *s, lua_CFunction call, void *argument);
/* The world it lives in is chosen, at the latest when it first waits or makes something. Raises
 * errors. */
void wzp_script_settle(lua_State *L);
/* The same from outside of Lua. WZP_E_* with a sentence. */
int wzp_script_ready(struct wzp_script *s, struct wzp_error *err);
/* A client of the world in place of a live one, by the options at index 1; pushes it. */
int wzp_lab_live_client(lua_State *L);
/* Asks whether it is over, and tells. */
void wzp_script_check_over(struct wzp_script *s);
/* One line of output; one of the log and the screen. */
void wzp_script_print(struct wzp_script *s, const char *line);
void wzp_script_log(struct wzp_script *s, enum wzp_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The error on top of co as a sentence: behind file and line, which Lua does not put before what it
 * says of memory; where: what ended by it, "" = the script. */
#define WZP_SCRIPT_ERROR_MAX 600
void wzp_script_error_words(char *out, size_t capacity, struct wzp_script *s, lua_State *co,
                            const char *where);
/* Tells an error (on top of co, stays) with traceback, but of an assert, and what the calls were
 * doing. where: what ended by it; "" = the script. */
void wzp_script_complain(struct wzp_script *s, lua_State *co, const char *where);
/* A NULL of memory as an error. */
void *wzp_lua_need(lua_State *L, void *block);
/* Time, memory and instructions of one resume; the state they are in, to be put back. */
void wzp_budget_begin(struct wzp_script *s);
/* Processor time now; and whether tasks that run one after another since then have had, together,
 * what one may have: sound and screen of the same thread wait. A test has it for itself. */
uint64_t wzp_budget_clock(void);
/* Does somebody outside want the program to end, and was it not told so yet? */
bool wzp_budget_is_interrupted(const struct wzp_script *s);
bool wzp_budget_is_others_turn(const struct wzp_script *s, uint64_t began);
void wzp_budget_watch(lua_State *L);
/* Before L goes on: texts may have grown since it ran. */
void wzp_budget_refresh(lua_State *L);
/* What a function in C did, as instructions; raises an error when that was too much. */
void wzp_budget_spend(lua_State *L, uint64_t instructions);
void *wzp_budget_allocate(void *context, void *block, size_t old_size, size_t size);
/* Opens the libraries of the tier. */
void wzp_sandbox_open(lua_State *L);
/* Loads text only, under the strict environment. Results as lua_load. */
int wzp_sandbox_load(lua_State *L, const char *text, size_t length, const char *name);

/* Pushes the function of a module that is part of the program; false: there is none. */
bool wzp_module_load(lua_State *L, const char *name);
/* Calls the function that such a module returns, with all values of the stack. For `return`. */
int wzp_module_call(lua_State *L, const char *name);

/* ---- rows of functions ---- */

struct wzp_lua_row {
    const char *module, *name, *arguments, *result, *help;
    int (*run)(lua_State *L);
    unsigned tiers;
    bool waits;
};
struct wzp_lua_property {
    const char *module, *name, *type, *help;
    int (*get)(lua_State *L, void *object); /* pushes one value */
};
#define WZP_TIERS_ALL (WZP_SCRIPT_CONFIG | WZP_SCRIPT_USER | WZP_SCRIPT_TEST)
#define WZP_TIERS_USER (WZP_SCRIPT_USER | WZP_SCRIPT_TEST)

/* Ends with a row without name. */
extern const struct wzp_lua_row wzp_lua_core_rows[], wzp_lua_task_rows[], wzp_lua_call_rows[],
    wzp_lua_client_rows[], wzp_lua_relay_rows[], wzp_lua_audio_rows[], wzp_lua_sound_rows[],
    wzp_lua_event_rows[], wzp_lua_net_rows[], wzp_lua_ui_rows[], wzp_lua_file_rows[],
    wzp_lua_test_rows[], wzp_lua_lab_rows[], wzp_lua_link_rows[], wzp_lua_capture_rows[],
    wzp_lua_contacts_rows[], wzp_lua_observe_rows[];
extern const struct wzp_lua_property wzp_lua_call_properties[], wzp_lua_client_properties[],
    wzp_lua_audio_properties[], wzp_lua_task_properties[], wzp_lua_lab_properties[];

/* Makes the table wzp of the rows of the tier, and the classes of objects. */
void wzp_function_open(lua_State *L);
/* Is the value at index an object of the class? Then its memory, else NULL. Events stand for their
 * call. */
void *wzp_lua_object(lua_State *L, int index, const char *class);
/* Gives the userdata on top its class. */
void wzp_lua_class(lua_State *L, const char *class);
/* Before a function is run: its arguments against the text of its row. Tables (options, lists) are
 * then plain copies that nobody else reaches; what their metatables would answer is not asked for.
 * Raises errors. */
void wzp_lua_check_arguments(lua_State *L, const struct wzp_lua_row *row);
/* Options of such a copy at index; the defaults when it has none. Types were checked. */
double wzp_lua_option_number(lua_State *L, int index, const char *key, double standard);
bool wzp_lua_option_boolean(lua_State *L, int index, const char *key, bool standard);
/* Valid as long as the copy is on the stack. Raises an error when it is no text. */
const char *wzp_lua_option_text(lua_State *L, int index, const char *key, const char *standard);
/* Nothing stands above index, where an empty table takes the place of options left out. */
void wzp_lua_options_at(lua_State *L, int index);
/* The values at two absolute indices are the same; tables by their fields. May raise errors. */
bool wzp_lua_same(lua_State *L, int a, int b);
/* ---- what is reached outside of the softphone ---- */

/* A name in one folder: not hidden, not too long. */
bool wzp_lua_is_bare_name(const char *name);
/* *path gets where the file is that a script calls name: any path, or for init.lua one of its
 * recordings, whose folder is made when it makes a file; pushes it. Errors of the host,
 * WZP_E_REFUSED with a sentence. */
int wzp_lua_file(lua_State *L, const char **path, const char *name, bool makes,
                 struct wzp_error *err);
/* WZP_E_REFUSED with a sentence where init.lua may not set it so. */
int wzp_lua_may_set(lua_State *L, const char *key, const char *value, struct wzp_error *err);
/* wzp_app_do and wzp_app_run (*row gets a command that there is) with what the script may. */
int wzp_lua_do(lua_State *L, struct wzp_app *app, const struct wzp_app_command *command,
               const char *const *arguments, size_t count, struct wzp_error *err);
int wzp_lua_do_line(lua_State *L, struct wzp_app *app, const char *line,
                    const struct wzp_app_command **row, struct wzp_error *err);

/* ---- results ---- */

/* nil and a sentence. */
int wzp_lua_fail(lua_State *L, const char *sentence);
int wzp_lua_fail_error(lua_State *L, int result, const struct wzp_error *err);
/* true, or that. */
int wzp_lua_outcome(lua_State *L, int result, const struct wzp_error *err);
/* nil and "closed": what is asked of a call that ended, or of a client that parted. */
int wzp_lua_closed(lua_State *L);

/* ---- clients and calls ---- */

struct wzp_diary_entry {
    struct wzp_event *event;
    uint64_t number;
    bool seen_by_client, seen_by_call; /* expected already */
};
/* A softphone that the program listens to. Memory of Lua, in the registry while it is open. */
struct wzp_script_client {
    struct wzp_script *script;
    struct wzp_script_client *next;
    struct wzp_app *app;  /* NULL: closed */
    struct wzp_host host; /* its machine's; calls NULL: the program's */
    bool owned;           /* the program made it */
    bool closing;         /* it parts */
    bool no_devices;      /* its calls are clocked by the phone itself */
    struct wzp_listener listener;
    struct wzp_source source;
    struct wzp_script_call *calls; /* that live or are remembered by Lua */
    struct wzp_diary_entry diary[WZP_SCRIPT_DIARY];
    uint64_t events; /* number of the newest */
    char name[64];
    char fingerprint[WZP_FINGERPRINT_TEXT_MAX];
    void *place; /* the laboratory's, or a live client's folder */
    void (*gone)(struct wzp_script_client *client); /* its app was freed */
};
/* A call or room. Memory of Lua; in the registry until it ended. User values: 1 the client, 2 what
 * it plays, 3 the ear that listens to it. */
struct wzp_script_call {
    struct wzp_script_call *next;
    struct wzp_script_client *client; /* NULL: the client is gone */
    wzp_session_id id;
    bool outgoing, is_room, answered, joined, ended, direct, e2e, sealed, muted, held;
    bool proven;       /* a signature has shown that the other is its peer */
    bool decided;      /* a hook did */
    bool kept;         /* deferred for good: somebody decides some time */
    unsigned deferred; /* hooks that still think */
    enum wzp_end_reason reason;
    struct wzp_source source;
    uint64_t began, rang, answered_at, joined_at, media_at, ended_at;
    char peer[WZP_FINGERPRINT_TEXT_MAX], alias[WZP_ALIAS_MAX], room[64];
    char sas[WZP_E2E_SAS_TEXT_MAX], why[96], end_text[96], remote[WZP_ADDR_TEXT_MAX];
    uint32_t path_rtt_ms;
    uint64_t first_event; /* of the diary */
    struct wzp_lua_sound {
        const struct wzp_lua_audio *plays; /* NULL: nothing */
        size_t at;
        bool loops, played;
        bool waits; /* the softphone did not know the call yet */
        bool begun;
        struct wzp_lua_ear *ear; /* NULL: nobody listens */
    } sound;
};

/* Pushes the client of an app and listens to it. Raises errors, the app is then the caller's. */
struct wzp_script_client *wzp_lua_client_new(lua_State *L, struct wzp_app *app, const char *name,
                                             bool owned);
/* A softphone that registers, not listened to yet. WZP_E_* with a sentence. */
int wzp_lua_client_begin(struct wzp_app **out, const struct wzp_host *host,
                         const struct wzp_app_config *config, struct wzp_error *err);
/* Sets what the table "settings" of the options at index says, if there is one. WZP_E_ARGUMENT, and
 * errors of wzp_settings_set. */
int wzp_lua_client_settings(lua_State *L, int index, struct wzp_settings *settings,
                            struct wzp_error *err);
/* Parts; the app is freed when it has. Those that are not owned are only left. */
void wzp_lua_client_close(struct wzp_script_client *client);
/* Frees what has parted; at once: everything. Not from inside an event. */
void wzp_lua_client_reap(struct wzp_script *s, bool at_once);
/* Pushes the client that is meant when none is named; raises an error when there is none. */
struct wzp_script_client *wzp_lua_client_usual(lua_State *L);
/* Its softphone; pushes nothing. */
struct wzp_app *wzp_lua_usual_app(lua_State *L);
/* A peer among the arguments as a command takes it: a client by its fingerprint. */
const char *wzp_lua_peer_text(lua_State *L, int index);
/* The call of a session, made when it is new; NULL without memory. Pushes nothing. */
struct wzp_script_call *wzp_lua_call_of(struct wzp_script_client *client, wzp_session_id id);
/* Pushes the userdata. */
void wzp_lua_call_push(lua_State *L, struct wzp_script_call *call);
void wzp_lua_client_push(lua_State *L, struct wzp_script_client *client);
/* For a wait: the next event of the client at 1, of the name at 2, with the fields of the table at
 * 4. */
int wzp_lua_client_has_event(lua_State *L, struct wzp_script_task *task, bool timed_out);
/* Pushes the list of relays that a softphone heard of; an empty one for NULL. */
void wzp_lua_relays_push(lua_State *L, struct wzp_app *app);
/* The call at 1; NULL: it ended. */
struct wzp_script_call *wzp_lua_call_open(lua_State *L);
/* Of class call: it leaves its client when Lua forgets it. */
int wzp_lua_call_collect(lua_State *L);
/* What an event tells about the call. */
void wzp_lua_call_follow(struct wzp_script_call *call, const struct wzp_event *event);
/* Its hooks are through: the softphone's own rule counts. */
void wzp_lua_call_undecided(struct wzp_script_call *call);
/* The call ended, or its client did: sound ends. */
void wzp_lua_sound_end(struct wzp_script_call *call);
/* After an event: what could not be done before it. */
void wzp_lua_sound_settle(struct wzp_script_call *call);
/* A sound that a program made; in the memory of its userdata. */
struct wzp_lua_audio {
    size_t samples;
    bool loops;
    int16_t pcm[];
};
/* What was heard in a call: the newest samples, and what is known of all since it began. */
struct wzp_lua_ear {
    struct wzp_script_call *call; /* NULL: it listens no longer */
    size_t room;
    uint64_t heard;       /* samples */
    uint64_t first_sound; /* number of the sample; counted only when there was one */
    uint64_t silent_for, longest_gap, gaps; /* samples; gaps: how many of 40 ms and more */
    bool had_sound;
    double floor_square; /* mean square of what counts as silence */
    int16_t pcm[];
};
int wzp_lua_audio_tone(lua_State *L);
#define WZP_LUA_AUDIO_RATE 48000 /* Hz */
#define WZP_LUA_AUDIO_SECONDS_MAX 600
/* Pushes a new sound of silence. Raises errors. */
struct wzp_lua_audio *wzp_lua_audio_new(lua_State *L, size_t samples, bool loops);
/* Pushes a sound of the value at index: a sound, or a file's name. Raises errors. */
struct wzp_lua_audio *wzp_lua_audio_at(lua_State *L, int index);

/* ---- events ---- */

/* Pushes a table of the event's fields. */
void wzp_lua_event_push(lua_State *L, struct wzp_script_client *client,
                        const struct wzp_event *event);
/* Runs the handlers of an event. */
void wzp_lua_event_dispatch(struct wzp_script_client *client, struct wzp_script_call *call,
                            const struct wzp_event *event);
/* The next event of a client (or of one of its calls) of the type from number `from` on that was
 * not expected yet and that has the fields of the table at `fields` (0: any); pushes it and marks
 * it. */
bool wzp_lua_event_take(lua_State *L, struct wzp_script_client *client,
                        struct wzp_script_call *call, const char *name, uint64_t from, int fields);
/* Pushes that table: what the table at `options` wants of the event whose name is at `name`, but
 * for the function's own options (NULL behind the last). Raises an error for a name or a field
 * that there is not. */
void wzp_lua_event_fields(lua_State *L, int name, int options, const char *const *own);

/* ---- laboratory and tests ---- */

/* The world of the program in virtual time. Raises errors. */
struct wzp_lab *wzp_lab_world(lua_State *L);
/* How its error begins, after where it is. */
#define WZP_NO_LAB "a laboratory needs virtual time"
void wzp_lab_free(struct wzp_script *s);
bool wzp_lab_run(struct wzp_script *s);
/* Makes the world, and the host of the program in it. */
int wzp_lab_begin(struct wzp_script *s, struct wzp_error *err);
/* Results of tests. */
struct wzp_tap *wzp_tap_new(void);
void wzp_tap_free(struct wzp_script *s);
/* The main function ended, a task did: with an error's words, or NULL. */
void wzp_tap_main_done(struct wzp_script *s, const char *error);
/* Somebody may still join the task and hear of it: then it does not count. */
void wzp_tap_task_failed(struct wzp_script_task *task, const char *error);
void wzp_tap_task_joined(struct wzp_script_task *task);
void wzp_tap_too_late(struct wzp_script *s);
/* Is the value the end of a test that was told already? */
bool wzp_tap_is_told(lua_State *L, int index);
/* Counts and prints a result; details are lines of YAML or NULL. */
void wzp_tap_result(lua_State *L, bool passed, const char *name, const char *details);
/* Raises the end of the test, after a result. */
int wzp_tap_abandon(lua_State *L);

/* ---- processes and looks at the network, which end with the program ---- */
void wzp_spawn_free(struct wzp_script *s);
void wzp_lua_netcheck_forget(struct wzp_script *s);

#endif
