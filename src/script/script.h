/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Programs in Lua that drive softphones: one state each, whose functions read as if they blocked
 * and wait as coroutines on the thread of their host. A program runs beside a user interface (a
 * "face": init.lua), by itself against real networks, or in a laboratory: a simulated network in
 * virtual time. It is kept within budgets of memory and time, and what it began ends with it. */
#ifndef WZP_SCRIPT_SCRIPT_H
#define WZP_SCRIPT_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "wzp/app.h"

/* What a program may do, as bits of a set. Config: no files but recordings, no processes;
 * src/script/reach.c lists what it may set and run. User: also processes, any setting, files below
 * its own folder. Test: also the laboratory and test functions. */
enum wzp_script_tier { WZP_SCRIPT_CONFIG = 1, WZP_SCRIPT_USER = 2, WZP_SCRIPT_TEST = 4 };

/* How a program ended; exit status of `wzp run`. */
enum wzp_script_status {
    WZP_SCRIPT_PASSED = 0,
    WZP_SCRIPT_BROKEN = 1, /* it could not run */
    WZP_SCRIPT_FAILED = 2, /* a test failed, or an error ended it */
    WZP_SCRIPT_SKIPPED = 77
};

/* What a user interface does for programs. Any entry may be NULL: not available. Texts are filtered
 * and safe to show. */
struct wzp_script_face {
    void *context;
    /* Binds a key in a view ("" = all): when pressed, the face calls wzp_script_key with this
     * number. */
    int (*bind)(void *context, unsigned number, const char *view, const char *key,
                const char *help);
    void (*unbind)(void *context, unsigned number);
    /* Sets an item of the status bar; "" removes it. */
    void (*item)(void *context, const char *name, const char *text);
    /* Asks the person a question: the face calls wzp_script_answer with this number. */
    int (*ask)(void *context, unsigned number, const char *question);
    /* A line of a program, or of the log about it. */
    void (*say)(void *context, const char *line);
};

/* Functions of loop/space.h, which explains them: laboratories of network namespaces use them. */
struct wzp_loop;
struct wzp_space;
struct wzp_script_spaces {
    struct wzp_loop *loop;
    int (*open)(struct wzp_space **out, struct wzp_loop *loop, struct wzp_error *err);
    void (*close)(struct wzp_space *space);
    const char *(*path)(const struct wzp_space *space);
    int (*run)(struct wzp_space *space, const char *const *argv, const char *input,
               struct wzp_error *err);
    int (*set)(struct wzp_space *space, const char *variable, const char *value,
               struct wzp_error *err);
    int (*tunnel)(struct wzp_space *space, const char *name,
                  void (*receive)(void *context, const uint8_t *packet, size_t length),
                  void *context, struct wzp_error *err);
    void (*send)(struct wzp_space *space, const uint8_t *packet, size_t length);
    int (*forget_flows)(struct wzp_space *space);
    void (*host)(struct wzp_host *out, struct wzp_space *space, const struct wzp_host *files,
                 const struct wzp_log *log);
};

struct wzp_script_config {
    enum wzp_script_tier tier;
    const char *name;            /* of the program, for messages: its file */
    const char *path;            /* where require looks, "folder/?.lua;..."; NULL: nowhere */
    const struct wzp_host *host; /* the real one: clock, timers, files, threads; copied */
    struct wzp_app *app;         /* the softphone beside it; NULL: programs make their own */
    bool in_virtual_time;        /* unless the program says otherwise */
    bool in_spaces;              /* laboratories use namespaces unless they say otherwise */
    const struct wzp_script_spaces *spaces; /* NULL: there are none here; copied */
    bool tap;                               /* print results as TAP */
    uint64_t seed;                /* of virtual time; 0: the program's, else one is drawn */
    size_t memory;                /* bytes at most; 0: the tier's */
    const char *const *arguments; /* of the program */
    size_t argument_count;
    const char *relay;                  /* of live clients that name none; NULL: none */
    const struct wzp_script_face *face; /* NULL: there is no screen; copied */
    /* A line of output (print, TAP) without its end. */
    void (*print)(void *context, const char *line);
    /* The program is over: its main function ended, and everything it began; not called from inside
     * wzp_script_start. */
    void (*over)(void *context);
    /* Should the program be interrupted? Called while it computes, when the loop cannot run; once
     * true, the program ends at its next instruction. NULL: never. */
    bool (*interrupted)(void *context);
    void *context;
};

struct wzp_script;
/* New program without a text. WZP_E_MEMORY, WZP_E_IO with a sentence. */
int wzp_script_new(struct wzp_script **out, const struct wzp_script_config *config,
                   struct wzp_error *err);
/* Hangs up its calls and ends its clients at once, without waiting for their goodbyes. Not from
 * inside one of its callbacks. NULL is fine. */
void wzp_script_free(struct wzp_script *s);
/* Takes the text of the program (once). WZP_E_SYNTAX with file, line and what is wrong. */
int wzp_script_load(struct wzp_script *s, const char *text, size_t length, struct wzp_error *err);
/* Runs it until it first waits. What goes wrong later is told by log, output and status. */
int wzp_script_start(struct wzp_script *s, struct wzp_error *err);
/* In virtual time: runs the world until the program is over; true when that is so. In real time the
 * host's loop does it: false. */
bool wzp_script_run(struct wzp_script *s);
/* Did its main function end, and are all its clients gone? */
bool wzp_script_is_over(const struct wzp_script *s);
enum wzp_script_status wzp_script_status(const struct wzp_script *s);
/* Ends main function, tasks and hooks, and closes clients. The callback over follows. */
void wzp_script_stop(struct wzp_script *s);
/* After the end: prints the TAP plan, and reports tests that did not run. */
void wzp_script_finish(struct wzp_script *s);
/* All results as JUnit's XML, for build servers. WZP_E_IO. */
int wzp_script_junit(struct wzp_script *s, FILE *out);

/* ---- from a screen ---- */

/* The key bound with that number was pressed; session: the selected call, 0 for none. */
void wzp_script_key(struct wzp_script *s, unsigned number, wzp_session_id session);
/* The person's answer; NULL: none. */
void wzp_script_answer(struct wzp_script *s, unsigned number, const char *text);
/* Runs a program's own command, "greet Ann". WZP_E_UNKNOWN: it has no such command. */
int wzp_script_command(struct wzp_script *s, const char *line, struct wzp_error *err);
/* Runs a typed line of Lua: an expression, whose values are printed, or a statement. */
void wzp_script_line(struct wzp_script *s, const char *line);
/* True when the typed Lua is incomplete: a loop without its end, an open bracket. */
bool wzp_script_line_goes_on(struct wzp_script *s, const char *line);
/* Calls each for everything that could stand in place of the last word of a line of Lua: the whole
 * word, with a sentence or "". Returns how many. */
size_t wzp_script_complete(struct wzp_script *s, const char *line,
                           void (*each)(void *context, const char *candidate, const char *help),
                           void *context);

/* ---- the functions as data: manual, annotations for editors, tests ---- */

struct wzp_script_function {
    const char *module, *name; /* "call", "dial": wzp.call.dial; module "": wzp.NAME */
    /* "call: call, {timeout?: seconds, mode?: text}"; in braces the keys of a table */
    const char *arguments;
    const char *result; /* as text, "" = nothing */
    const char *help;
    unsigned tiers; /* a set of wzp_script_tier */
    bool waits;     /* may let time pass */
};
/* Row i, ordered by module; false past the end. */
bool wzp_script_function_row(struct wzp_script_function *out, size_t i);
struct wzp_script_property {
    const char *module, *name, *type, *help; /* "call", "state": a call's .state */
};
/* Row i; false past the end. */
bool wzp_script_property_row(struct wzp_script_property *out, size_t i);
/* lua/meta/wzp.lua: annotations for editors; the items of the list in wzp-lua(3). */
void wzp_script_write_meta(FILE *out);
void wzp_script_write_manual(FILE *out);

#endif
