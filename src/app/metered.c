/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "app/metered.h"

#include "base/alloc.h"

/* Lives until the host is done with it, which may be after the app. */
struct wzp_app_metered {
    struct wzp_app *app; /* NULL: the app has ended, or has sent a newer request */
};

static void on_done(void *owner, const struct wzp_finding *finding)
{
    struct wzp_app_metered *question = owner;
    struct wzp_app *app = question->app;
    bool metered = finding->result == 0;
    wzp_free(question);
    if (!app)
        return;
    app->metered_question = NULL;
    if (app->stopping || metered == app->metered)
        return;
    app->metered = metered;
    wzp_home_tell_networks(app, wzp_app_now(app));
    wzp_app_kick(app);
}

void wzp_app_metered_fini(struct wzp_app *app)
{
    if (app->metered_question)
        app->metered_question->app = NULL;
    app->metered_question = NULL;
}

void wzp_app_metered_ask(struct wzp_app *app)
{
    const struct wzp_inquiry inquiry = {.kind = WZP_INQUIRE_METERED};
    const struct wzp_settings *s = &app->settings;
    wzp_app_metered_fini(app); /* cancels the request about the previous network */
    if (s->metered != WZP_METERED_AUTO || !s->direct || !s->port_search)
        return;
    struct wzp_app_metered *question = wzp_calloc(1, sizeof *question);
    if (!question)
        return;
    question->app = app;
    if (WZP_HOST(app, inquire, &inquiry, on_done, question))
        wzp_free(question);
    else
        app->metered_question = question;
}

void wzp_app_metered_mark(const struct wzp_app *app, struct wzp_networks *networks)
{
    bool known = app->settings.metered != WZP_METERED_AUTO;
    bool metered = known ? app->settings.metered == WZP_METERED_YES : app->metered;
    for (size_t i = 0; i < networks->count; i++) {
        unsigned *flags = &networks->items[i].flags;
        if (known)
            *flags &= ~(unsigned)WZP_INTERFACE_METERED;
        if (metered && *flags & (WZP_INTERFACE_DEFAULT_V4 | WZP_INTERFACE_DEFAULT_V6))
            *flags |= WZP_INTERFACE_METERED;
    }
}
