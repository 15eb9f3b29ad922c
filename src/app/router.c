/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "app/router.h"

#include "base/alloc.h"
#include "base/error.h"
#include "nat/portmap_state.h"

/* Lives until the host is done with it, which may be after the app. */
struct wzp_app_router_work {
    struct wzp_app *app; /* NULL: the app has ended */
    uint32_t id;
};

static void on_done(void *owner, const struct wzp_finding *finding)
{
    struct wzp_app_router_work *work = owner;
    struct wzp_app *app = work->app;
    const struct wzp_portmap_work_result result = {.id = work->id,
                                                   .result = finding->result,
                                                   .upnp_error = finding->upnp_error,
                                                   .external = finding->external,
                                                   .external_port = finding->external_port,
                                                   .lifetime = finding->lifetime};
    wzp_free(work);
    if (!app)
        return;
    app->router_work = NULL;
    wzp_phone_portmap_done(app->phone, &result, wzp_app_now(app));
    wzp_app_kick(app);
}

void wzp_app_router_work(void *context, const struct wzp_portmap_work *work)
{
    struct wzp_app *app = context;
    static const enum wzp_inquiry_kind kinds[] = {[WZP_PORTMAP_ASK_PROBE] = WZP_INQUIRE_UPNP_LOOK,
                                                  [WZP_PORTMAP_ASK_MAP] = WZP_INQUIRE_UPNP_MAP,
                                                  [WZP_PORTMAP_ASK_DELETE] =
                                                      WZP_INQUIRE_UPNP_UNMAP};
    const struct wzp_inquiry inquiry = {.kind = kinds[work->ask],
                                        .addr = work->lan,
                                        .internal_port = work->internal_port,
                                        .external_port = work->external_port,
                                        .lifetime = work->lifetime};
    /* When this returns without an answer, the phone gives the request up after ten seconds. */
    if (work->ask == WZP_PORTMAP_ASK_NOTHING)
        return;
    wzp_app_router_fini(app); /* a request that took too long is ignored from now on */
    struct wzp_app_router_work *own = wzp_calloc(1, sizeof *own);
    if (!own)
        return;
    own->app = app;
    own->id = work->id;
    if (WZP_HOST(app, inquire, &inquiry, on_done, own))
        wzp_free(own);
    else
        app->router_work = own;
}

void wzp_app_router_fini(struct wzp_app *app)
{
    if (app->router_work)
        app->router_work->app = NULL;
    app->router_work = NULL;
}
