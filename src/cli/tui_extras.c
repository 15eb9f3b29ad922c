/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/tui_extras.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "app/store.h"
#include "audio/audio.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"
#include "crypto/mnemonic.h"

static int zone_minutes(void *context, uint64_t seconds)
{
    time_t when = (time_t)seconds;
    struct tm local;
    (void)context;
    return localtime_r(&when, &local) ? (int)(local.tm_gmtoff / 60) : 0;
}

static void take_device(void *context, const char *name, const char *description, bool capture,
                        bool playback)
{
    struct wzp_tui_program *p = context;
    if (p->device_count == WZP_TUI_DEVICES_MAX)
        return;
    struct wzp_view_device *d = &p->devices[p->device_count++];
    *d = (struct wzp_view_device){.input = capture, .output = playback};
    snprintf(d->spec, sizeof d->spec, "alsa:%.100s", name);
    wzp_text_filter(d->help, sizeof d->help, description, strlen(description));
}

static bool device(void *context, size_t i, struct wzp_view_device *out)
{
    struct wzp_tui_program *p = wzp_tui_program_of(context);
    char in[WZP_SETTING_TEXT_MAX] = "", to[WZP_SETTING_TEXT_MAX] = "";
    if (!p->devices_known) {
        if (wzp_audio_list(take_device, p, NULL))
            take_device(p, "default", "what the system prefers", true, true);
        p->devices_known = true;
    }
    if (i >= p->device_count)
        return false;
    *out = p->devices[i];
    wzp_settings_get(in, wzp_app_settings(p->app), "in");
    wzp_settings_get(to, wzp_app_settings(p->app), "out");
    out->chosen_input = strcmp(in, out->spec) == 0;
    out->chosen_output = strcmp(to, out->spec) == 0;
    return true;
}

static bool words(void *context, char *out, size_t capacity)
{
    struct wzp_tui_program *p = wzp_tui_program_of(context);
    struct wzp_identity identity;
    struct wzp_error err = {0};
    char path[WZP_PATH_MAX], text[WZP_MNEMONIC_TEXT_MAX];
    bool created;
    if (wzp_store_identity(&identity, path, &p->host, false, &created, &err))
        return false;
    wzp_mnemonic_encode(text, identity.seed);
    bool fits = wzp_text_copy(out, capacity, text);
    wzp_wipe(text, sizeof text);
    wzp_identity_wipe(&identity);
    return fits;
}

static void check(void *context, struct wzp_view_check *out)
{
    wzp_tui_netcheck_state(&wzp_tui_program_of(context)->netcheck, out);
}

static bool finding(void *context, size_t i, struct wzp_view_finding *out)
{
    return wzp_tui_netcheck_finding(&wzp_tui_program_of(context)->netcheck, i, out);
}

static bool script(void *context, size_t i, struct wzp_view_script *out)
{
    return wzp_scripts_row(&wzp_tui_program_of(context)->scripts, i, out);
}

static bool script_line(void *context, size_t i, size_t n, char *out, size_t capacity)
{
    return wzp_scripts_line(&wzp_tui_program_of(context)->scripts, i, n, out, capacity);
}

static size_t complete(void *context, const char *line,
                       void (*each)(void *owner, const char *candidate, const char *help),
                       void *owner)
{
    struct wzp_tui_program *p = wzp_tui_program_of(context);
    size_t count = wzp_scripts_complete(&p->scripts, line, each, owner);
    return count > 0 ? count : p->complete(context, line, each, owner);
}

/* Commands in addition to the softphone's own. */
static bool command(void *context, size_t i, struct wzp_view_command *out)
{
    struct wzp_tui_program *p = wzp_tui_program_of(context);
    size_t own = 0, scripts = 0;
    if (p->command(context, i, out))
        return true;
    while (p->command(context, own, out))
        own++;
    if (wzp_scripts_command(i - own, out))
        return true;
    while (wzp_scripts_command(scripts, out))
        scripts++;
    if (!p->view.view.check || i != own + scripts)
        return false;
    *out = (struct wzp_view_command){
        .name = "netcheck", .help = "checks the network: will calls be direct", .applies = true};
    return true;
}

static void on_looked(void *context, const char *verdict, bool good)
{
    wzp_tui_tell(context, good ? WZP_STYLE_GOOD : WZP_STYLE_WARN, verdict);
}

void wzp_tui_extras(struct wzp_tui_program *p)
{
    struct wzp_view *view = &p->view.view;
    view->zone_minutes = zone_minutes;
    view->device = device;
    view->no_card = !wzp_audio_has_card();
    view->words = words;
    if (!p->values.demo) { /* in a demonstration nothing leaves the machine: no network check */
        p->netcheck.told = on_looked;
        p->netcheck.context = p;
        view->check = check;
        view->finding = finding;
    }
    p->command = view->command;
    view->command = command;
    p->complete = view->complete;
    view->complete = complete;
    view->script = script;
    view->script_line = script_line;
}
