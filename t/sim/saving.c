/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a call saves is written outside the event loop: no call waits for a disk, and nothing is
 * lost, written twice, or restored after it was forgotten. */
#include <stdio.h>
#include <string.h>

#include "app/settings.h"
#include "base/alloc.h"
#include "base/time.h"
#include "sim/lib_machine.h"
#include "tap.h"

static struct wzp_sim *sim;
static struct machine_relay relay;
static struct wzp_sim_machine machine;
static struct wzp_host host;
static struct wzp_host_calls counted;
static unsigned updates; /* on the softphone's own thread */
static struct wzp_app *app;
static struct wzp_listener listener;
static unsigned ended, errors;
static char error[WZP_ERROR_TEXT_MAX];
static bool was_written; /* at the moment when the call ended */

static size_t lines_of(enum wzp_place place, const char *name)
{
    const struct wzp_sim_file *file = wzp_sim_machine_file(&machine, place, name);
    size_t lines = 0;
    for (size_t i = 0; file && i < file->length; i++)
        lines += file->text[i] == '\n';
    return lines;
}

static size_t written(void)
{
    return lines_of(WZP_PLACE_STATE, "history");
}

static void count_entry(void *context, const struct wzp_history_entry *entry, const char *name)
{
    size_t *count = context;
    (void)entry;
    (void)name;
    (*count)++;
}

static size_t shown(void)
{
    size_t count = 0;
    wzp_app_history(app, 100, count_entry, &count, NULL);
    return count;
}

static void hear(void *context, const struct wzp_event *event)
{
    (void)context;
    if (event->type == WZP_EVENT_ENDED) {
        ended++;
        was_written = written() > 0;
    }
    if (event->type == WZP_EVENT_ERROR) {
        errors++;
        snprintf(error, sizeof error, "%s", event->u.error.text);
    }
}

static int count_update(void *context, const struct wzp_host_file *file, wzp_host_merge merge,
                        void *owner, struct wzp_error *err)
{
    struct wzp_host plain;
    wzp_sim_machine_host(&plain, context, NULL);
    updates++;
    return plain.calls->file_update(context, file, merge, owner, err);
}

static uint64_t wall; /* wall clock time that the machine shows; 0: the right time */

static uint64_t wall_ms(void *context)
{
    struct wzp_host plain;
    wzp_sim_machine_host(&plain, context, NULL);
    return wall ? wall : plain.calls->wall_ms(context);
}

static void start(void)
{
    struct wzp_settings settings;
    wzp_settings_default(&settings);
    settings.low_complexity = true;
    wzp_settings_set(&settings, "relay", MACHINE_RELAY_IP ":4433", NULL);
    wzp_settings_set(&settings, "in", "silence", NULL);
    wzp_settings_set(&settings, "out", "null", NULL);
    const struct wzp_app_config config = {
        .settings = &settings, .build = "test", .sound = WZP_SOUND_LATER};
    sim = NULL;
    ended = errors = 0;
    error[0] = 0;
    if (wzp_sim_new(&sim, 1))
        bail("no memory");
    machine_open_relay(sim, &relay);
    machine_open(sim, &machine, &host, "ann", "10.0.0.2");
    counted = *host.calls;
    counted.file_update = count_update;
    counted.wall_ms = wall_ms;
    host.calls = &counted;
    listener = (struct wzp_listener){.event = hear};
    app = machine_start_app(&host, &config, &listener, true);
    wzp_sim_run(sim, WZP_SECOND);
    updates = 0;
}

static void finish(void)
{
    wzp_app_free(app);
    app = NULL;
    wzp_sim_machine_fini(&machine);
    machine_close_relay(&relay);
    wzp_sim_free(sim);
}

/* Joins a room and leaves it at once. */
static void stay(const char *room)
{
    unsigned before = ended;
    is_int(wzp_app_join(app, NULL, room, NULL), 0, "a room is entered");
    wzp_app_kick(app);
    wzp_sim_run(sim, WZP_SECOND);
    is_int(wzp_app_run(app, "hangup", NULL, NULL), 0, "and left");
    for (int i = 0; i < 1000 && ended == before; i++)
        wzp_sim_run(sim, WZP_MILLISECOND / 10);
    is_int(ended - before, 1, "which ends it");
}

static void test_beside(void)
{
    start();
    stay("kitchen");
    ok(!was_written, "the history is not written before the end is told");
    is_int(shown(), 1, "but the call stands in it");
    wzp_sim_run(sim, WZP_SECOND);
    is_int(written(), 1, "a moment later it is in the file");
    is_int(shown(), 1, "and shown once");
    is_int(lines_of(WZP_PLACE_DATA, "known_relays"), 3, "as the relay is in its own");
    is_int(updates, 0, "and the softphone's own thread waited for no disk");
    is_int(errors, 0, "nothing went wrong");
    finish();
}

static void test_two_at_once(void)
{
    start();
    is_int(wzp_app_join(app, NULL, "kitchen", NULL) | wzp_app_join(app, NULL, "cellar", NULL), 0,
           "two rooms are entered");
    wzp_app_kick(app);
    wzp_sim_run(sim, WZP_SECOND);
    wzp_app_stop(app);
    for (int i = 0; i < 1000 && ended < 2; i++)
        wzp_sim_run(sim, WZP_MILLISECOND / 10);
    is_int(shown(), 2, "both stand in the history when both have ended");
    wzp_sim_run(sim, WZP_SECOND);
    is_int(written(), 2, "and each once in the file");
    is_int(shown(), 2, "none is shown twice");
    finish();
}

static void keep_time(void *context, const struct wzp_history_entry *entry, const char *name)
{
    (void)name;
    *(uint64_t *)context = entry->at_seconds;
}

/* The wall clock is wrong (no battery), or is corrected. */
static void test_clock(void)
{
    static const uint64_t clocks[] = {1, 100, UINT64_C(1800000000000), UINT64_C(7955798400000)};
    start();
    for (size_t i = 0; i < sizeof clocks / sizeof clocks[0]; i++) {
        uint64_t at = UINT64_MAX;
        is_int(wzp_app_join(app, NULL, "kitchen", NULL), 0, "a room is entered");
        wzp_app_kick(app);
        wzp_sim_run(sim, WZP_SECOND);
        wall = clocks[i];
        is_int(wzp_app_run(app, "hangup", NULL, NULL), 0, "the clock jumps, and it is left");
        wzp_sim_run(sim, WZP_SECOND);
        wzp_app_history(app, 1, keep_time, &at, NULL);
        ok(at <= wall / 1000 && at + 2 >= wall / 1000, "which was at the time of the clock (%llu)",
           (unsigned long long)at);
    }
    is_int(written(), sizeof clocks / sizeof clocks[0], "and all stand in the file");
    wall = 0;
    finish();
}

static void test_forget(void)
{
    start();
    stay("kitchen");
    is_int(wzp_app_run(app, "forget-calls cellar", NULL, NULL), WZP_E_NOT_FOUND,
           "there was no call in the cellar");
    is_int(wzp_app_run(app, "forget-calls kitchen", NULL, NULL), 0,
           "a call that is being written can be forgotten");
    is_int(shown(), 0, "and is gone");
    wzp_sim_run(sim, WZP_SECOND);
    is_int(written(), 0, "it does not come back");
    stay("kitchen");
    is_int(wzp_app_run(app, "forget-calls", NULL, NULL), 0, "neither do all of them");
    wzp_sim_run(sim, WZP_SECOND);
    is_int(written(), 0, "none");
    machine.disk_full = true;
    stay("kitchen");
    wzp_sim_run(sim, WZP_SECOND);
    machine.disk_full = false;
    is_int(wzp_app_run(app, "forget-calls kitchen", NULL, NULL), 0,
           "nor one that the disk had no room for");
    stay("cellar");
    wzp_sim_run(sim, WZP_SECOND);
    is_int(written(), 1, "when the next one is written");
    finish();
}

static void test_end(void)
{
    start();
    stay("kitchen");
    wzp_app_free(app);
    app = NULL;
    is_int(written(), 1, "a softphone that ends at once has written its call");
    wzp_sim_run(sim, WZP_SECOND);
    is_int(written(), 1, "and once");
    finish();
}

static void test_trouble(void)
{
    static const char rubbish[] = "rubbish\n";
    start();
    machine.disk_full = true;
    stay("kitchen");
    wzp_sim_run(sim, WZP_SECOND);
    is_int(errors, 1, "a full disk is told once: %s", error);
    ok(strncmp(error, "the call is not in the history file yet: ", 41) == 0, "as what it means");
    machine.disk_full = false;
    wzp_sim_machine_put(&machine, WZP_PLACE_DATA, "known_relays", rubbish, sizeof rubbish - 1);
    stay("kitchen");
    wzp_sim_run(sim, WZP_SECOND);
    is_int(written(), 2, "with room again both calls are written");
    is_int(lines_of(WZP_PLACE_DATA, "known_relays"), 3, "what is known of relays stands anew");
    is_int(lines_of(WZP_PLACE_DATA, "known_relays.damaged"), 1,
           "where another program left rubbish, which is kept aside");
    is_int(errors, 1, "no other word of it");
    is_int(updates, 0, "and no disk was waited for");
    finish();
}

TAP_MAIN
{
    test_beside();
    test_two_at_once();
    test_clock();
    test_forget();
    test_end();
    test_trouble();
}
