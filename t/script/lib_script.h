/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Runs Lua programs in tests, from a text and in virtual time, and keeps their output. */
#ifndef WZP_T_SCRIPT_LIB_SCRIPT_H
#define WZP_T_SCRIPT_LIB_SCRIPT_H

#include <stddef.h>

#include "script/script.h"
#include "sim/machine.h"

#define PLAY_OUTPUT_MAX 65536

/* One program on a simulated machine: its files are in memory, and its wall clock stands still (or
 * advances with virtual time, `live`). Static in tests: large. */
struct play {
    struct wzp_sim *sim;
    struct wzp_sim_machine machine;
    struct wzp_host host;
    struct wzp_script *script;
    char output[PLAY_OUTPUT_MAX]; /* what it printed, line by line */
    size_t length;
    char log[PLAY_OUTPUT_MAX]; /* what was logged */
    size_t log_length;
    int status;
    struct wzp_error err;
    bool over;
};
/* Makes the machine; bails when that fails. */
void play_open(struct play *p);
/* Loads a program with this configuration (host, print and over are filled in) without starting it;
 * config NULL: test tier, TAP, virtual time. Returns the result of loading. */
int play_load(struct play *p, const struct wzp_script_config *config, const char *text);
/* Runs it to its end in virtual time. */
void play_run(struct play *p);
void play_end(struct play *p);
void play_close(struct play *p);
/* All of these steps; returns the program's status. */
int play(struct play *p, const char *text);
/* One check for each file that matches the pattern below the source tree: the script passes.
 * WZP_SCRIPT=word in the environment selects some. */
void play_files(const char *pattern);
bool play_says(const struct play *p, const char *what);
bool play_logs(const struct play *p, const char *what);

#endif
