/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The demonstration's peers: a relay on this machine, a peer that echoes, one that speaks when
 * called, and one that calls after ten seconds. Nothing leaves the machine, and the person's own
 * files are not touched. */
#ifndef WZP_CLI_TUI_DEMO_H
#define WZP_CLI_TUI_DEMO_H

#include "app/relay_service.h"
#include "app/wave.h"
#include "cli/process.h"
#include "loop/host.h"
#include "wzp/app.h"

enum { WZP_DEMO_ECHO, WZP_DEMO_SPEAKER, WZP_DEMO_CALLER, WZP_DEMO_PARTIES };
struct wzp_tui_demo;
struct wzp_demo_party {
    struct wzp_tui_demo *demo;
    struct wzp_app *app;
    struct wzp_listener listener;
    struct wzp_wave said;
    struct wzp_tape tape;
};
struct wzp_tui_demo {
    char folder[WZP_PROCESS_FOLDER_MAX]; /* temporary folder for the person's files */
    struct wzp_loop_place place;
    struct wzp_host host; /* the host of the person's softphone */
    struct wzp_relay_config relay_config;
    struct wzp_relay_service relay;
    char relay_text[WZP_ADDR_TEXT_MAX];
    struct wzp_demo_party parties[WZP_DEMO_PARTIES];
    struct wzp_host_timer *timer;
    struct wzp_app *person;
    bool called;
};
/* Starts the relay and the peers; the person's softphone is to be made with demo->host and
 * relay_text. WZP_E_* with a sentence; wzp_tui_demo_close afterwards in any case. */
int wzp_tui_demo_open(struct wzp_tui_demo *demo, struct wzp_loop *l, const struct wzp_log *log,
                      const char *build, struct wzp_error *err);
/* To be called when the person's softphone runs: adds the peers to its contacts, and has it called
 * after ten seconds. */
int wzp_tui_demo_meet(struct wzp_tui_demo *demo, struct wzp_app *person, struct wzp_error *err);
void wzp_tui_demo_close(struct wzp_tui_demo *demo);

#endif
