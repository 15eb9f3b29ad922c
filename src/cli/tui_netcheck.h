/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Netcheck for the screen: started by a command, its findings as rows to draw. */
#ifndef WZP_CLI_TUI_NETCHECK_H
#define WZP_CLI_TUI_NETCHECK_H

#include "app/settings.h"
#include "tui/view.h"
#include "wzp/netcheck.h"

#define WZP_TUI_FINDINGS_MAX 64

/* Owned by the caller, all zero before the first check. */
struct wzp_tui_netcheck {
    struct wzp_app_netcheck *check; /* the one under way, or the last */
    bool running;
    unsigned steps, expected;
    struct wzp_view_finding findings[WZP_TUI_FINDINGS_MAX];
    size_t count;
    char verdict[512];
    void (*told)(void *context, const char *verdict, bool good); /* called at the end */
    void *context;
};
/* Starts a check with the relay and the STUN servers of the settings. told is called at the end.
 * WZP_E_STATE while one is running, and errors of wzp_app_netcheck_start. */
int wzp_tui_netcheck_start(struct wzp_tui_netcheck *n, const struct wzp_host *host,
                           const struct wzp_settings *settings, struct wzp_error *err);
void wzp_tui_netcheck_state(const struct wzp_tui_netcheck *n, struct wzp_view_check *out);
/* False past the end. */
bool wzp_tui_netcheck_finding(const struct wzp_tui_netcheck *n, size_t i,
                              struct wzp_view_finding *out);
/* Frees the check. True when another thread still works for it: then the loop must not be freed,
 * because that would wait for a router or a name server that does not answer. */
bool wzp_tui_netcheck_close(struct wzp_tui_netcheck *n);

#endif
