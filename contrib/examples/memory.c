/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A relay, a softphone and its echo peer in one program: a call of ten seconds in virtual time. */
#include <stdio.h>

#include <wzp/app.h>
#include <wzp/service.h>
#include <wzp/sim.h>

static void tell(void *sim, const struct wzp_event *event)
{
    char text[1024];
    if (wzp_event_sentence(text, sizeof text, event))
        printf("%5.2f s  %s\n", (double)wzp_sim_now(sim) / 1e9 - 1, text);
}

int main(void)
{
    static struct wzp_relay_config relay_config;
    static const uint8_t relay_seed[WZP_SEED_SIZE] = "any 32 bytes that nobody guesses";
    struct wzp_sim *sim;
    struct wzp_sim_machine *far, *near;
    struct wzp_host there, here;
    struct wzp_relay_service *relay;
    struct wzp_settings *settings;
    struct wzp_app *app;
    struct wzp_error err = {0};

    if (wzp_sim_new(&sim, 1) || wzp_sim_machine_new(&far, sim, "192.0.2.1") ||
        wzp_sim_machine_new(&near, sim, "192.0.2.2") || wzp_settings_new(&settings))
        return 1;
    wzp_sim_machine_host(&there, far, NULL);
    wzp_sim_machine_host(&here, near, NULL);
    wzp_relay_config_default(&relay_config);
    struct wzp_app_config config = {.settings = settings, .throw_away = true};
    struct wzp_listener listener = {.event = tell, .context = sim};
    if (wzp_relay_service_new(&relay, &there, &relay_config, relay_seed, "1", NULL, &err) ||
        wzp_settings_set(settings, "relay", "192.0.2.1:4433", &err) ||
        wzp_app_new(&app, &here, &config, &err))
        return fprintf(stderr, "%s\n", err.text), 1;
    wzp_app_listen(app, &listener);
    if (wzp_app_start(app, &err) || wzp_app_register(app, &err) ||
        wzp_app_call(app, NULL, "echo", &err))
        return fprintf(stderr, "%s\n", err.text), 1;
    wzp_sim_run(sim, 10 * WZP_SECOND);
    wzp_app_stop(app);
    wzp_sim_run(sim, 2 * WZP_SECOND);
    wzp_app_free(app);
    wzp_settings_free(settings);
    wzp_relay_service_free(relay);
    wzp_sim_machine_free(near);
    wzp_sim_machine_free(far);
    wzp_sim_free(sim);
    return 0;
}
