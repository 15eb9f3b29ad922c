/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The demonstration: a relay, an echo peer and a caller on one host. Speech is sent, comes back as
 * an echo, and both are compared. */
#ifndef WZP_APP_DEMO_H
#define WZP_APP_DEMO_H

#include "wzp/app.h"

struct wzp_demo_config {
    const char *build;
    const char *listen; /* where the relay listens, "127.0.0.1:0" */
    /* WAV files that are played, one after the other; missing ones are skipped; with none left, a
     * tone is played. required: a missing file is an error. */
    const char *const *voices;
    size_t voice_count;
    bool required;
    double duration, stats;        /* seconds; stats 0: none */
    struct wzp_listener *listener; /* of the caller, NULL: none */
};
struct wzp_demo_result {
    bool spoken; /* recorded voices were played, not a tone */
    bool heard_media, timed_out, e2e;
    double heard_s, level_dbfs;
    double similarity; /* correlation of what was sent and received, -1..1 */
    double echo_ms;    /* round trip of the echo */
    char sas[WZP_E2E_SAS_TEXT_MAX];
    bool recognised; /* the received sound is the sent one */
};
struct wzp_demo;
/* Starts the demonstration. done is called once, when the call is over or did not end in time;
 * after it, not inside it, the demonstration is to be freed. WZP_E_* with a sentence. */
int wzp_demo_start(struct wzp_demo **out, const struct wzp_host *host,
                   const struct wzp_demo_config *config,
                   void (*done)(void *context, const struct wzp_demo_result *result), void *context,
                   struct wzp_error *err);
/* Ends the call now; done follows. */
void wzp_demo_stop(struct wzp_demo *demo);
/* Writes what was sent and received as WAV files. */
int wzp_demo_save(const struct wzp_demo *demo, const char *said, const char *heard,
                  struct wzp_error *err);
void wzp_demo_free(struct wzp_demo *demo);

#endif
