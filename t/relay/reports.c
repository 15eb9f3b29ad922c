/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Reading the metrics port delays no media frame, and nobody can make its answers grow without
 * limit. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "lib_fake.h"
#include "lib_steps.h"
#include "tap.h"

#define MEMBERS 1000
#define STEP_MOST (500 * MACHINE_BUSY) /* us */

static size_t lines(const char *text)
{
    size_t count = 0;
    for (; (text = strchr(text, '\n')); text++)
        count++;
    return count;
}

static void fill(struct wzp_relay *r, struct fake *fakes)
{
    static const struct wzp_quality_report report = {3, 9, 2, 0};
    for (unsigned i = 0; i < MEMBERS; i++) {
        char name[64];
        fake_open(r, &fakes[i], "lounge", 0);
        snprintf(name, sizeof name, "%04x:%04x:aaaa:bbbb:cccc:dddd:eeee:ffff", i, i);
        wzp_relay_name_set(&fakes[i].client->name, name);
        fakes[i].client->stage = WZP_RELAY_STAGE_MEMBER;
        if (wzp_relay_room_join(r, fakes[i].client, i % 2 ? "lounge" : "kitchen", NULL, 0))
            bail("cannot join");
        fakes[i].client->member.report = report;
        fakes[i].client->member.reports = 1;
    }
}

static void measure(struct wzp_relay *r, const char *path, size_t expected)
{
    static struct steps steps;
    size_t length = 0, count = 0;
    steps.count = 0;
    for (unsigned runs = 0; steps_again(&steps, runs, STEP_MOST); runs++) {
        struct wzp_relay_report *report;
        const char *type;
        char *body;
        bool more = true;
        if (wzp_relay_report_new(&report, r, path))
            bail("no report");
        for (bool first = true; more; first = false) {
            steps_begin(&steps, first);
            more = wzp_relay_report_step(report, 0);
            steps_end(&steps);
        }
        int status = wzp_relay_report_take(report, &body, &length, &type);
        ok(status == 200 || (tap_oom_mode() && status == WZP_E_MEMORY), "%s: %d", path, status);
        count = body ? lines(body) : 0;
        wzp_free(body);
    }
    double longest = steps_longest(&steps);
    note("%s of %d members: %zu bytes, %zu lines, %zu steps, longest %.0f us", path, MEMBERS,
         length, count, steps.count, longest);
    ok(!MEASURED || longest <= STEP_MOST, "no step of %s takes longer than half a millisecond",
       path);
    ok(count <= expected, "%s has a bounded number of lines (%zu)", path, count);
}

TAP_MAIN
{
    static struct wzp_relay_config config;
    static struct fake fakes[MEMBERS];
    wzp_relay_config_default(&config);
    config.max_sessions = 2 * MEMBERS;
    config.max_per_address = 0;
    struct wzp_relay *r = fake_relay(&config);
    fill(r, fakes);
    measure(r, "/metrics", 400);
    measure(r, "/presence", 1);
    r->config.metrics_compat = true;
    measure(r, "/metrics", 400 + 6 * WZP_RELAY_METRICS_SESSIONS_MAX);
    wzp_relay_free(r);
}
