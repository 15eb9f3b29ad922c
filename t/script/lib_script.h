/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Programs in tests: run from a text in virtual time, their output kept. */
#ifndef WZP_T_SCRIPT_LIB_SCRIPT_H
#define WZP_T_SCRIPT_LIB_SCRIPT_H

#include <stddef.h>

#include "script/script.h"
#include "sim/machine.h"

#define PLAY_OUTPUT_MAX 65536

/* One program on a machine that stands for the real one: its files are in memory, its clock stands
 * still (or runs with the world, `live`). Static in tests: large. */
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
/* A machine; bails. */
void play_open(struct play *p);
/* The same with this configuration (host, print and over are filled in), not started; NULL: test
 * tier, TAP, virtual time. Returns what load said. */
int play_load(struct play *p, const struct wzp_script_config *config, const char *text);
/* Runs it to its end in virtual time. */
void play_run(struct play *p);
void play_end(struct play *p);
void play_close(struct play *p);
/* All of that: the status. */
int play(struct play *p, const char *text);
/* Each file of the pattern, below the source tree, is a check: it passes. WZP_SCRIPT=word in the
 * environment picks some. */
void play_files(const char *pattern);
bool play_says(const struct play *p, const char *what);
bool play_logs(const struct play *p, const char *what);

#endif
