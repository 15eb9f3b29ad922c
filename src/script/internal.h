/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Definitions shared by the files of this folder: the program (struct wzp_script, one running Lua
 * script), its tasks and what they wait for, clients and calls, the tables of Lua functions
 * ("rows"). Private to this folder.
 *
 * Every function that Lua calls runs inside a task. A function that waits suspends ("parks") its
 * task with a check, a callback that tells whether the wait is over. Event sources (a client, a
 * call, another task) wake the tasks that listen to them; the check is then called again, on the
 * Lua stack of the waiting function. Lua objects that C refers to are userdata, kept in the
 * registry as long as C needs them. */
#ifndef WZP_SCRIPT_INTERNAL_H
#define WZP_SCRIPT_INTERNAL_H

#include <lua.h>
#include <lauxlib.h>

#include "base/bucket.h"
#include "base/heap.h"
#include "base/time.h"
#include "script/script.h"

/* For the static analyzer: these never return, or never return NULL, which Lua's headers do not
 * declare. */
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

/* An event source: it wakes the tasks that listen to it. All zero: no listeners. */
struct wzp_source {
    struct wzp_listen *first;
};
struct wzp_listen {
    struct wzp_listen *next, *previous;
    struct wzp_source *source; /* NULL: not in use */
    struct wzp_script_task *task;
};
/* Called at the beginning, after each waking and at the deadline. It pushes results and returns
 * their number, or returns 0 to go on waiting. timed_out: this is the last call, and 0 makes the
 * wait return nil, "timeout". L is the stack of the waiting function. May raise errors. */
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

/* A userdata, in the registry until the task is done. User values: 1 its Lua thread, 2 a table of
 * results. */
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
    struct wzp_source ended;      /* wakes tasks that join this one */
    struct wzp_source child_done; /* wakes the task itself */
    bool cancelled, failed, joined, background, counted;
    /* Of a hook that may decide about a call: that call; NULL otherwise. */
    struct wzp_script_call *decides;
};

/* Suspends the running task: `return wzp_wait(L)`, after wzp_wait_begin and filling in the wait
 * that it returns. */
struct wzp_script_wait *wzp_wait_begin(lua_State *L, wzp_wait_check check, double timeout);
void wzp_wait_listen(lua_State *L, struct wzp_source *source);
int wzp_wait(lua_State *L);
/* Ends all its listening. */
void wzp_wait_forget(struct wzp_script_wait *wait);
/* Wakes all listeners. */
void wzp_source_signal(struct wzp_source *source);
/* The source's object ends: wakes and removes all listeners. */
void wzp_source_close(struct wzp_source *source);

/* ---- tasks ---- */

/* Makes a task from the function and `arguments` values on top of L, which it pops; pushes its
 * userdata. parent NULL: a task of the program itself. Raises errors. */
struct wzp_script_task *wzp_task_new(lua_State *L, struct wzp_script_task *parent, int arguments);
/* Appends the task to the queue of ready tasks. */
void wzp_task_ready(struct wzp_script_task *task);
/* Runs the task now, until it waits or ends. */
void wzp_task_resume(struct wzp_script_task *task);
/* Cancels the task and its children where they wait. A running task ends when it next waits. */
void wzp_task_cancel(struct wzp_script_task *task);
/* Runs all tasks that are ready or whose time has come. */
void wzp_script_turn(struct wzp_script *s, uint64_t now);
/* Sets the program's timer for its next deadline. */
void wzp_script_arm(struct wzp_script *s);

/* ---- coroutines of the script ---- */

/* Replaces the functions of the library coroutine, so that tasks can wait inside coroutines. */
void wzp_coroutine_open(lua_State *L);
/* The marker value that is yielded through all coroutines when a task waits. */
void *wzp_coroutine_waiting_mark(void);
/* Marks the coroutine at index `at` as in use, or no longer in use. While it is, no other code may
 * resume or close it. */
void wzp_coroutine_mark_in_use(lua_State *L, int at, bool is);
/* Was the coroutine ended by the budget, from inside its debug hook? Lua keeps hooks disabled in
 * such a coroutine, so its to-be-closed variables would run without a budget. They are not
 * closed. */
bool wzp_coroutine_was_stopped(lua_State *co);

/* ---- the program ---- */

/* Limits and consumption of the current resume. */
struct wzp_budget {
    uint64_t began, allowed, instructions, instructions_allowed;
    bool spent;
    bool interrupted; /* spent because the program was interrupted */
};
#define WZP_SCRIPT_PRIVATE_MAX 5 /* settings that say how private the person is */
struct wzp_script {
    struct wzp_script_config config;
    struct wzp_script_face face;
    struct wzp_host real, host; /* host: the one in use, real or of the laboratory */
    lua_State *L, *E;           /* L: the main state; E: the thread on which event handlers run */
    lua_State *running;         /* thread of the running task or coroutine; NULL: none */
    struct wzp_host_timer *timer;
    struct wzp_heap alarms;
    struct wzp_script_task *main, *current;
    struct wzp_script_task *roots; /* tasks without parent */
    struct wzp_script_task *ready_first, *ready_last;
    struct wzp_source anything; /* every event of every client */
    struct wzp_script_client *clients;
    struct wzp_script_client *own; /* client of config.app */
    struct wzp_lab *lab;
    struct wzp_script_spaces spaces; /* open NULL: none */
    struct wzp_tap *tap;
    struct wzp_lua_spawn *spawns;
    struct wzp_lua_netcheck *netchecks;
    struct {
        size_t used, limit, peak;
        size_t longest, largest; /* longest string and largest other block ever allocated */
    } memory;
    struct wzp_budget budget;
    uint64_t seed, started, last_turn;
    uint64_t give_up;              /* deadline of a test; WZP_NEVER: none */
    unsigned turns;                /* turns made at the present instant */
    uint64_t tasks_made, handlers; /* handlers: a bit for each event type somebody listens to */
    unsigned depth;                /* nesting of handlers in events */
    unsigned numbers;              /* last number given to a key or question */
    struct wzp_bucket recordings;  /* files that init.lua may begin */
    char person[WZP_SCRIPT_PRIVATE_MAX][16]; /* values that the person set, "" when unset */
    int status;
    bool time_chosen, clock_planned, in_virtual_time;
    bool was_started, main_done, stopping, told_over, turning;
};

/* The program of a Lua state; its clock; seconds since it began. */
struct wzp_script *wzp_script_of(lua_State *L);
uint64_t wzp_script_now(const struct wzp_script *s);
double wzp_script_seconds(const struct wzp_script *s);
/* Calls a C function in protected mode from outside of Lua; its argument is a light userdata. */
int wzp_script_protect(struct wzp_script *s, lua_CFunction call, void *argument);
/* Fixes whether the program runs in real or virtual time; called at the latest when it first waits
 * or makes something. Raises errors. */
void wzp_script_settle(lua_State *L);
/* The same from outside of Lua. WZP_E_* with a sentence. */
int wzp_script_ready(struct wzp_script *s, struct wzp_error *err);
/* Makes a client in the laboratory in place of a live one, by the options at index 1; pushes it. */
int wzp_lab_live_client(lua_State *L);
/* Checks whether the program is over, and reports it to the owner once. */
void wzp_script_check_over(struct wzp_script *s);
/* Print a line of output; a line for the log and the screen. */
void wzp_script_print(struct wzp_script *s, const char *line);
void wzp_script_log(struct wzp_script *s, enum wzp_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The error on top of co as a sentence that begins with file and line, also where Lua omits them
 * (errors of memory). where: what the error ended, "" = the script. */
#define WZP_SCRIPT_ERROR_MAX 600
void wzp_script_error_words(char *out, size_t capacity, struct wzp_script *s, lua_State *co,
                            const char *where);
/* Reports the error on top of co (not popped), with a traceback unless it is a failed assert, and
 * with the state of the calls. where: what the error ended; "" = the script. */
void wzp_script_complain(struct wzp_script *s, lua_State *co, const char *where);
/* Returns block; raises an error when it is NULL (out of memory). */
void *wzp_lua_need(lua_State *L, void *block);
/* Begins the budget of one resume: time and instructions. */
void wzp_budget_begin(struct wzp_script *s);
/* Processor time now. others_turn: have the tasks that ran since `began` used, together, what a
 * single task may use? Sound and screen share this thread and must not wait longer. Tests have the
 * thread to themselves. */
uint64_t wzp_budget_clock(void);
/* Was the program interrupted from outside, and has it not been told yet? */
bool wzp_budget_is_interrupted(const struct wzp_script *s);
bool wzp_budget_is_others_turn(const struct wzp_script *s, uint64_t began);
void wzp_budget_watch(lua_State *L);
/* Call it before L goes on: strings may have grown since it ran. */
void wzp_budget_refresh(lua_State *L);
/* Charges the work of a C function as instructions; raises an error when the budget is used up. */
void wzp_budget_spend(lua_State *L, uint64_t instructions);
void *wzp_budget_allocate(void *context, void *block, size_t old_size, size_t size);
/* Opens the libraries that the program's tier allows. */
void wzp_sandbox_open(lua_State *L);
/* Loads text only, under the strict environment. Results as lua_load. */
int wzp_sandbox_load(lua_State *L, const char *text, size_t length, const char *name);

/* Pushes the function of a module that is part of the program; false: there is none. */
bool wzp_module_load(lua_State *L, const char *name);
/* Calls the function that such a module returns, with all values of the stack. For `return`. */
int wzp_module_call(lua_State *L, const char *name);

/* ---- tables of functions (one row each) ---- */

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

/* Makes the Lua table wzp from the rows that the tier allows, and the classes of objects. */
void wzp_function_open(lua_State *L);
/* Is the value at index an object of the class? Then its memory, else NULL. Events stand for their
 * call. */
void *wzp_lua_object(lua_State *L, int index, const char *class);
/* Sets the class of the userdata on top. */
void wzp_lua_class(lua_State *L, const char *class);
/* Checks a function's arguments against the description in its row before it runs. Tables (options,
 * lists) are replaced by raw copies that no other code refers to; metatables are ignored. Raises
 * errors. */
void wzp_lua_check_arguments(lua_State *L, const struct wzp_lua_row *row);
/* Options of such a copy at index; the defaults when it has none. Types were checked. */
double wzp_lua_option_number(lua_State *L, int index, const char *key, double standard);
bool wzp_lua_option_boolean(lua_State *L, int index, const char *key, bool standard);
/* Valid as long as the copy is on the stack. Raises an error when it is no text. */
const char *wzp_lua_option_text(lua_State *L, int index, const char *key, const char *standard);
/* Cuts the stack above index, and puts an empty table there when options were left out. */
void wzp_lua_options_at(lua_State *L, int index);
/* The values at two absolute indices are the same; tables by their fields. May raise errors. */
bool wzp_lua_same(lua_State *L, int a, int b);
/* ---- what is reached outside of the softphone ---- */

/* Is it a plain file name, without a folder, not hidden, not too long? */
bool wzp_lua_is_bare_name(const char *name);
/* Resolves the file name that a script uses: any path, or for init.lua one of its recordings, whose
 * folder is made if `makes`. Pushes the path, and sets *path to it. Errors of the host,
 * WZP_E_REFUSED with a sentence. */
int wzp_lua_file(lua_State *L, const char **path, const char *name, bool makes,
                 struct wzp_error *err);
/* WZP_E_REFUSED with a sentence where init.lua may not set this setting to this value. */
int wzp_lua_may_set(lua_State *L, const char *key, const char *value, struct wzp_error *err);
/* wzp_app_do and wzp_app_run with the rights of the script. *row gets the command, if it exists. */
int wzp_lua_do(lua_State *L, struct wzp_app *app, const struct wzp_app_command *command,
               const char *const *arguments, size_t count, struct wzp_error *err);
int wzp_lua_do_line(lua_State *L, struct wzp_app *app, const char *line,
                    const struct wzp_app_command **row, struct wzp_error *err);

/* ---- results ---- */

/* Pushes nil and a sentence. */
int wzp_lua_fail(lua_State *L, const char *sentence);
int wzp_lua_fail_error(lua_State *L, int result, const struct wzp_error *err);
/* Pushes true for success, else nil and the sentence. */
int wzp_lua_outcome(lua_State *L, int result, const struct wzp_error *err);
/* Pushes nil and "closed": the result of asking a call that ended, or a client that was closed. */
int wzp_lua_closed(lua_State *L);

/* ---- clients and calls ---- */

struct wzp_diary_entry {
    struct wzp_event *event;
    uint64_t number;
    bool seen_by_client, seen_by_call; /* expected already */
};
/* A softphone that the program listens to. A userdata, in the registry while it is open. */
struct wzp_script_client {
    struct wzp_script *script;
    struct wzp_script_client *next;
    struct wzp_app *app;  /* NULL: closed */
    struct wzp_host host; /* its machine's host; without functions: the program's is used */
    bool owned;           /* the program made it */
    bool closing;         /* it is unregistering and hanging up */
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
/* A call or room. A userdata, in the registry until it ended. User values: 1 the client, 2 the
 * sound it plays, 3 the recorder of what is heard (struct wzp_lua_ear). */
struct wzp_script_call {
    struct wzp_script_call *next;
    struct wzp_script_client *client; /* NULL: the client is gone */
    wzp_session_id id;
    bool outgoing, is_room, answered, joined, ended, direct, e2e, sealed, muted, held;
    bool proven;       /* a signature has shown that the other is its peer */
    bool decided;      /* a hook decided */
    bool kept;         /* deferred without limit: the decision comes later */
    unsigned deferred; /* hooks that have not decided yet */
    enum wzp_end_reason reason;
    struct wzp_source source;
    uint64_t began, rang, answered_at, joined_at, media_at, ended_at;
    char peer[WZP_FINGERPRINT_TEXT_MAX], alias[WZP_ALIAS_MAX], room[64];
    char sas[WZP_E2E_SAS_TEXT_MAX], why[96], end_text[96], remote[WZP_ADDR_TEXT_MAX];
    uint32_t path_rtt_ms;
    uint64_t first_event; /* number of its first event in the diary */
    struct wzp_lua_sound {
        const struct wzp_lua_audio *plays; /* NULL: nothing */
        size_t at;
        bool loops, played;
        bool waits; /* waits until the softphone knows the call */
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
/* Closes the client: it hangs up and unregisters, then the app is freed. A client that is not owned
 * is only detached from. */
void wzp_lua_client_close(struct wzp_script_client *client);
/* Frees clients that finished closing; at_once: all clients. Not from inside an event. */
void wzp_lua_client_reap(struct wzp_script *s, bool at_once);
/* Pushes the default client, used when a script names none; raises an error when there is none. */
struct wzp_script_client *wzp_lua_client_usual(lua_State *L);
/* The default client's softphone; pushes nothing. */
struct wzp_app *wzp_lua_usual_app(lua_State *L);
/* A peer given as argument, in the form that commands take: for a client its fingerprint. */
const char *wzp_lua_peer_text(lua_State *L, int index);
/* The call of a session, made when it is new; NULL without memory. Pushes nothing. */
struct wzp_script_call *wzp_lua_call_of(struct wzp_script_client *client, wzp_session_id id);
/* Pushes the userdata. */
void wzp_lua_call_push(lua_State *L, struct wzp_script_call *call);
void wzp_lua_client_push(lua_State *L, struct wzp_script_client *client);
/* Check for a wait: the next event of the client at index 1, with the name at index 2 and the
 * fields of the table at index 4. */
int wzp_lua_client_has_event(lua_State *L, struct wzp_script_task *task, bool timed_out);
/* Pushes the list of relays that a softphone heard of; an empty one for NULL. */
void wzp_lua_relays_push(lua_State *L, struct wzp_app *app);
/* The call at index 1; NULL: it ended. */
struct wzp_script_call *wzp_lua_call_open(lua_State *L);
/* Finaliser of the class call: removes it from its client. */
int wzp_lua_call_collect(lua_State *L);
/* Updates the call by an event. */
void wzp_lua_call_follow(struct wzp_script_call *call, const struct wzp_event *event);
/* All its hooks ended without a decision: the softphone's own rule applies. */
void wzp_lua_call_undecided(struct wzp_script_call *call);
/* The call ended, or its client did: sound ends. */
void wzp_lua_sound_end(struct wzp_script_call *call);
/* After an event: begins sound that had to wait for it. */
void wzp_lua_sound_settle(struct wzp_script_call *call);
/* A sound that a program made; in the memory of its userdata. */
struct wzp_lua_audio {
    size_t samples;
    bool loops;
    int16_t pcm[];
};
/* Recorder of what is heard in a call: the newest samples, and statistics of all since it began. */
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
/* Pushes that table of fields: the entries of the table at `options`, without the function's own
 * options (`own`, NULL at the end). Raises an error when the event at `name`, or one of its fields,
 * does not exist. */
void wzp_lua_event_fields(lua_State *L, int name, int options, const char *const *own);

/* ---- laboratory and tests ---- */

/* The world of the program in virtual time. Raises errors. */
struct wzp_lab *wzp_lab_world(lua_State *L);
/* Beginning of its error message, after file and line. */
#define WZP_NO_LAB "a laboratory needs virtual time"
void wzp_lab_free(struct wzp_script *s);
bool wzp_lab_run(struct wzp_script *s);
/* Makes the world, and the host of the program in it. */
int wzp_lab_begin(struct wzp_script *s, struct wzp_error *err);
/* Results of tests. */
struct wzp_tap *wzp_tap_new(void);
void wzp_tap_free(struct wzp_script *s);
/* The main function ended: with an error message, or NULL. */
void wzp_tap_main_done(struct wzp_script *s, const char *error);
/* A task failed. If another task joins it later and so gets the error, the failure no longer
 * counts. */
void wzp_tap_task_failed(struct wzp_script_task *task, const char *error);
void wzp_tap_task_joined(struct wzp_script_task *task);
void wzp_tap_too_late(struct wzp_script *s);
/* Is the error value that of wzp_tap_abandon, whose result was reported already? */
bool wzp_tap_is_told(lua_State *L, int index);
/* Counts and prints a result; details are lines of YAML or NULL. */
void wzp_tap_result(lua_State *L, bool passed, const char *name, const char *details);
/* Raises an error that ends the test, after its result was reported. */
int wzp_tap_abandon(lua_State *L);

/* ---- processes and looks at the network, which end with the program ---- */
void wzp_spawn_free(struct wzp_script *s);
void wzp_lua_netcheck_forget(struct wzp_script *s);

#endif
