/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The view of a real softphone: snapshots of struct wzp_app in the form that screens want. */
#ifndef WZP_TUI_APP_VIEW_H
#define WZP_TUI_APP_VIEW_H

#include "tui/view.h"
#include "wzp/app.h"

#define WZP_VIEW_PASTS_MAX 1000
#define WZP_VIEW_DEVICES_MAX 64

/* Owned by the caller; the app must outlive it. view is given to the tui; a program with more to
 * offer (devices, the recovery words of the identity) sets those functions in it. */
struct wzp_app_view {
    struct wzp_view view;
    struct wzp_app *app;
    struct wzp_host host;
    struct wzp_listener listener;
    bool demo, first_run;
    const char *build;
    struct wzp_view_past *pasts; /* newest first, read from the file when needed */
    size_t past_count;
    bool pasts_known;
};
/* Starts listening to the app. build: our version text. */
void wzp_app_view_init(struct wzp_app_view *v, struct wzp_app *app, const struct wzp_host *host,
                       const char *build);
void wzp_app_view_fini(struct wzp_app_view *v);

#endif
