/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* usage: tone RELAY. Registers at the relay, answers the first call with a tone, and stops when
 * that call ends. */
#include <stdio.h>

#include <wzp/app.h>
#include <wzp/loop.h>

static struct wzp_loop *loop;
static struct wzp_app *app;

static void on_event(void *context, const struct wzp_event *event)
{
    char text[1024];
    (void)context;
    if (wzp_event_sentence(text, sizeof text, event)) {
        printf("%s\n", text);
        fflush(stdout);
    }
    if (event->type == WZP_EVENT_ENDED)
        wzp_app_stop(app);
    if (event->type == WZP_EVENT_STOPPED)
        wzp_loop_stop(loop);
}

int main(int argc, char **argv)
{
    struct wzp_host host;
    struct wzp_settings *settings = NULL;
    struct wzp_app_facts facts;
    struct wzp_error err = {0};
    struct wzp_listener listener = {.event = on_event};
    struct wzp_app_config config = {.sound = WZP_SOUND_LATER, .throw_away = true, .answers = true};
    if (argc != 2)
        return fprintf(stderr, "usage: tone RELAY\n"), 1;
    if (wzp_loop_new(&loop, &err) || wzp_settings_new(&settings) ||
        wzp_settings_set(settings, "relay", argv[1], &err) ||
        wzp_settings_set(settings, "in", "tone:440", &err) ||
        wzp_settings_set(settings, "out", "null", &err) ||
        wzp_settings_set(settings, "auto_answer", "all", &err))
        return fprintf(stderr, "tone: %s\n", err.text), 1;
    wzp_loop_host(&host, loop, NULL);
    config.settings = settings;
    if (wzp_app_new(&app, &host, &config, &err))
        return fprintf(stderr, "tone: %s\n", err.text), 1;
    wzp_app_listen(app, &listener);
    wzp_app_facts(app, &facts);
    printf("%s\n", facts.fingerprint);
    fflush(stdout);
    if (wzp_app_start(app, &err) || wzp_app_register(app, &err))
        return fprintf(stderr, "tone: %s\n", err.text), 1;
    wzp_loop_run(loop);
    wzp_app_free(app);
    wzp_settings_free(settings);
    wzp_loop_free(loop);
    return 0;
}
