/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A person whom the operator of a relay kicks is told who did it, and stays out of a room until
 * they join again themselves. In virtual time. */
#include <stdio.h>
#include <string.h>

#include "app/settings.h"
#include "base/time.h"
#include "relay/access.h"
#include "relay/order.h"
#include "sim/lib_machine.h"
#include "tap.h"
#include "wzp/app.h"

struct person {
    struct wzp_host host;
    struct wzp_sim_machine machine;
    struct wzp_app *app;
    struct wzp_listener listener;
    unsigned joined, ended, registered;
    enum wzp_end_reason reason;
    char text[256], unregistered[256];
};
static struct wzp_sim *sim;
static struct machine_relay relay;
static struct person ann, bob;

static void hear(void *context, const struct wzp_event *event)
{
    struct person *p = context;
    p->joined += event->type == WZP_EVENT_JOINED;
    p->registered += event->type == WZP_EVENT_REGISTERED;
    if (event->type == WZP_EVENT_UNREGISTERED)
        snprintf(p->unregistered, sizeof p->unregistered, "%s", event->u.unregistered.text);
    if (event->type != WZP_EVENT_ENDED)
        return;
    p->ended++;
    p->reason = event->u.ended.reason;
    snprintf(p->text, sizeof p->text, "%s", event->u.ended.text);
}

static void open_person(struct person *p, const char *name, const char *address)
{
    struct wzp_settings settings;
    machine_open(sim, &p->machine, &p->host, name, address);
    wzp_settings_default(&settings);
    wzp_settings_set(&settings, "relay", MACHINE_RELAY_IP ":4433", NULL);
    wzp_settings_set(&settings, "in", "silence", NULL);
    wzp_settings_set(&settings, "out", "null", NULL);
    const struct wzp_app_config config = {.settings = &settings, .build = "test"};
    p->listener = (struct wzp_listener){.event = hear, .context = p};
    p->app = machine_start_app(&p->host, &config, &p->listener, true);
}

static void close_person(struct person *p)
{
    machine_stop_app(sim, p->app);
    wzp_app_free(p->app);
    wzp_sim_machine_fini(&p->machine);
}

static void run(const char *line, unsigned seconds)
{
    struct wzp_error err = {0};
    if (wzp_app_run(ann.app, line, NULL, &err))
        bail("%s: %s", line, err.text);
    wzp_sim_run(sim, seconds * WZP_SECOND);
}

static void order(enum wzp_relay_order what)
{
    struct wzp_app_facts facts;
    struct wzp_error err = {0};
    size_t ended;
    wzp_app_facts(ann.app, &facts);
    is_int(wzp_relay_order(relay.service.relay, what, facts.fingerprint, &ended, wzp_sim_now(sim),
                           &err),
           0, "an order about Ann: %s", err.text);
    wzp_relay_service_kick(&relay.service);
    wzp_sim_run(sim, 30 * WZP_SECOND);
}

static void test_kick(void)
{
    run("room tea", 3);
    ok(ann.joined == 1 && ann.ended == 0, "Ann is in a room");
    ann.registered = 0;
    order(WZP_RELAY_ORDER_KICK);
    ok(ann.ended == 1 && ann.reason == WZP_END_REFUSED && ann.joined == 1,
       "kicked, she leaves the room and does not come back by herself");
    is_str(ann.text, "the relay sent us away: ended by the operator", "she is told who did it");
    is_str(ann.unregistered, "the relay closed the connection: ended by the operator",
           "of her registration, too");
    is_int(ann.registered, 1, "which is made again");
    is_int(bob.ended, 0, "nobody else notices");
    run("room tea", 3);
    is_int(ann.joined, 2, "she may come back");
}

static void test_list(void)
{
    struct wzp_app_facts facts;
    struct wzp_error err = {0};
    size_t ended;
    wzp_app_facts(ann.app, &facts);
    ann.ended = 0;
    for (int i = 0; i < 2; i++)
        is_int(wzp_relay_access_order(relay.service.relay,
                                      i ? WZP_RELAY_ACCESS_DISALLOW : WZP_RELAY_ACCESS_ALLOW, "tea",
                                      facts.fingerprint, &ended, wzp_sim_now(sim), &err),
               0, "she is put on a list and taken off again %s", err.text);
    wzp_relay_service_kick(&relay.service);
    wzp_sim_run(sim, 5 * WZP_SECOND);
    ok(ann.ended == 1 && strstr(ann.text, "taken off the list of the room by the operator"),
       "which ends the room for her: %s", ann.text);
}

static void test_ban(void)
{
    run("room lounge", 3);
    ann.ended = 0;
    order(WZP_RELAY_ORDER_BAN);
    is_int(ann.ended, 1, "a ban sends away from the room");
    is_str(ann.text, "the relay sent us away: banned by the operator", "as what it is");
    ok(strstr(ann.unregistered, "banned by the operator") != NULL, "and from the relay: %s",
       ann.unregistered);
}

TAP_MAIN
{
    if (wzp_sim_new(&sim, 11))
        bail("no world");
    machine_open_relay(sim, &relay);
    open_person(&ann, "ann", "10.0.0.2");
    open_person(&bob, "bob", "10.0.0.3");
    wzp_sim_run(sim, 2 * WZP_SECOND);
    if (wzp_app_run(bob.app, "room tea", NULL, NULL))
        bail("no room");
    test_kick();
    test_list();
    test_ban();
    close_person(&ann);
    close_person(&bob);
    machine_close_relay(&relay);
    wzp_sim_free(sim);
}
