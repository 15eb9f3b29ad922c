/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The demonstration: a relay, an echo peer and a caller on one host; speech goes out, comes back
 * and is compared. */
#ifndef WZP_APP_DEMO_H
#define WZP_APP_DEMO_H

#include "wzp/app.h"

struct wzp_demo_config {
    const char *build;
    const char *listen; /* where the relay listens, "127.0.0.1:0" */
    /* WAV files of what is said, one after the other; what is missing is left out; count 0 or all
     * missing: a tone. required: one of them that is missing is an error. */
    const char *const *voices;
    size_t voice_count;
    bool required;
    double duration, stats;        /* seconds; stats 0: none */
    struct wzp_listener *listener; /* of the caller, NULL: none */
};
struct wzp_demo_result {
    bool spoken; /* recorded voices, not a tone */
    bool heard_media, timed_out, e2e;
    double heard_s, level_dbfs;
    double similarity; /* of what was said and heard, -1..1 */
    double echo_ms;    /* there and back */
    char sas[WZP_E2E_SAS_TEXT_MAX];
    bool recognised; /* the echo is what was said */
};
struct wzp_demo;
/* Starts it. done is called once, when the call is over or did not end in time; then (not inside
 * it) it is freed. WZP_E_* with a sentence. */
int wzp_demo_start(struct wzp_demo **out, const struct wzp_host *host,
                   const struct wzp_demo_config *config,
                   void (*done)(void *context, const struct wzp_demo_result *result), void *context,
                   struct wzp_error *err);
/* Ends the call now; done follows. */
void wzp_demo_stop(struct wzp_demo *demo);
/* Writes what was said and heard as WAV files. */
int wzp_demo_save(const struct wzp_demo *demo, const char *said, const char *heard,
                  struct wzp_error *err);
void wzp_demo_free(struct wzp_demo *demo);

#endif
