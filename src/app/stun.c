/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "app/stun.h"

#include <string.h>

#include "base/addr.h"
#include "base/error.h"
#include "base/log.h"

#define STUN_PORT 3478
#define BLANKS " \t,"

/* The first address of each family. */
static size_t choose(struct wzp_addr out[2], const struct wzp_addr *addrs, size_t count)
{
    bool have[2] = {false, false};
    size_t chosen = 0;
    for (size_t i = 0; i < count; i++) {
        bool v6 = wzp_addr_is_v6(&addrs[i]);
        if (!have[v6])
            out[chosen++] = addrs[i];
        have[v6] = true;
    }
    return chosen;
}

/* A name that cannot be resolved now keeps its earlier addresses: without a network nothing can be
 * resolved. */
static void keep(struct wzp_app *app, struct wzp_app_stun_name *name, const struct wzp_addr *addrs,
                 size_t count)
{
    struct wzp_addr found[2];
    size_t chosen = choose(found, addrs, count);
    bool is_same = chosen == name->found_count;
    for (size_t i = 0; i < chosen && is_same; i++)
        is_same = wzp_addr_equal(&found[i], &name->found[i]);
    if (chosen == 0 || is_same)
        return;
    memcpy(name->found, found, sizeof found);
    name->found_count = chosen;
    app->stun.is_news = true;
}

static void tell(struct wzp_app *app)
{
    struct wzp_addr servers[WZP_PHONE_STUN_MAX];
    size_t count = 0;
    for (size_t i = 0; i < WZP_PHONE_STUN_MAX; i++) {
        const struct wzp_app_stun_name *name = &app->stun.names[i];
        for (size_t k = 0; k < name->found_count && count < WZP_PHONE_STUN_MAX; k++)
            servers[count++] = name->found[k];
    }
    app->stun.is_news = false;
    wzp_phone_set_stun(app->phone, servers, count, wzp_app_now(app));
    wzp_app_kick(app);
}

static void on_resolved(void *owner, const struct wzp_addr *addrs, size_t count,
                        const struct wzp_error *err)
{
    struct wzp_app_stun_name *name = owner;
    struct wzp_app *app = name->app;
    name->request = NULL;
    if (count == 0 && err)
        wzp_log(&app->host.log, WZP_LOG_WARN, "stun: %s", err->text);
    keep(app, name, addrs, count);
    for (size_t i = 0; i < WZP_PHONE_STUN_MAX; i++)
        if (app->stun.names[i].request)
            return; /* all are resolved together, later */
    if (app->stun.is_news)
        tell(app);
}

void wzp_app_stun_fini(struct wzp_app *app)
{
    for (size_t i = 0; i < WZP_PHONE_STUN_MAX; i++) {
        if (app->stun.names[i].request)
            WZP_HOST(app, resolve_cancel, app->stun.names[i].request);
        app->stun.names[i].request = NULL;
    }
}

void wzp_app_stun_start(struct wzp_app *app)
{
    const char *at = app->settings.stun;
    wzp_app_stun_fini(app);
    for (size_t i = 0; i < WZP_PHONE_STUN_MAX && app->settings.direct; i++) {
        char text[256];
        struct wzp_error err = {0};
        at += strspn(at, BLANKS);
        size_t length = strcspn(at, BLANKS);
        if (length == 0)
            return;
        if (length < sizeof text) {
            memcpy(text, at, length);
            text[length] = 0;
            app->stun.names[i].app = app;
            if (WZP_HOST(app, resolve, &app->stun.names[i].request, text, STUN_PORT, on_resolved,
                         &app->stun.names[i], &err))
                wzp_log(&app->host.log, WZP_LOG_WARN, "stun: %s", err.text);
        }
        at += length;
    }
}
