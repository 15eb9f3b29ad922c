/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A test network made of network namespaces: sockets and routers are the kernel's, the internet is
 * simulated. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "cli/script_stand.h"
#include "tap.h"

static struct wzp_script_stand stand;
static char output[16384];

static void on_print(void *context, const char *line)
{
    size_t length = strlen(output);
    (void)context;
    snprintf(output + length, sizeof output - length, "%s\n", line);
}

static void give_up(void *context)
{
    (void)context;
    wzp_script_stop(stand.script);
}

static enum wzp_script_status run(const char *text, bool has_spaces, bool virtual)
{
    struct wzp_error err = {0};
    struct wzp_timer *late;
    const struct wzp_script_spaces spaces = wzp_script_stand_spaces(&stand);
    const struct wzp_script_config config = {.tier = WZP_SCRIPT_TEST,
                                             .name = "spaces.lua",
                                             .host = &stand.host,
                                             .in_virtual_time = virtual,
                                             .spaces = has_spaces ? &spaces : NULL,
                                             .tap = true,
                                             .seed = 7,
                                             .print = on_print,
                                             .over = wzp_script_stand_over,
                                             .context = &stand};
    output[0] = 0;
    int result = wzp_script_new(&stand.script, &config, &err);
    if (!result)
        result = wzp_script_load(stand.script, text, strlen(text), &err);
    if (!result)
        result = wzp_script_start(stand.script, &err);
    uint64_t patience = (tap_oom_mode() ? 1 : 50) * WZP_SECOND;
    if (!result && wzp_timer_start(&late, stand.loop, patience, 0, give_up, NULL) == 0) {
        if (!wzp_script_run(stand.script) && !wzp_script_is_over(stand.script))
            wzp_loop_run(stand.loop);
        wzp_timer_close(late);
    }
    enum wzp_script_status status = WZP_SCRIPT_BROKEN;
    if (stand.script) {
        wzp_script_finish(stand.script);
        status = wzp_script_status(stand.script);
    }
    wzp_script_free(stand.script);
    stand.script = NULL;
    if (err.text[0])
        note("%s", err.text);
    return status;
}

TAP_MAIN
{
    if (wzp_loop_new(&stand.loop, NULL))
        bail("no loop");
    wzp_loop_host(&stand.host, stand.loop, NULL);
    enum wzp_script_status status =
        run("local t = wzp.test\n"
            "t.plan{ timeout = 45 }\n"
            "local lab = t.lab{ host = 'namespaces', nat = { a = 'easy', b = 'hard' } }\n"
            "local a, b = lab:client('a'), lab:client('b', { ipv6 = true })\n"
            "local call = a:dial(b)\n"
            "local ring = t.expect(b, 'incoming', { from = a, within = 10 })\n"
            "ring:answer()\n"
            "t.expect(call, 'connected', { within = 10 })\n"
            "call:play(t.tone(440))\n"
            "local ear = ring.call:listen()\n"
            "t.eventually(function() return ear:seconds() > 0.5 end)\n"
            "t.gt(ear:tone_match(440), 0.5, 'the tone is heard')\n"
            "lab:rebind('a') lab:move('b') lab:rebind('b', { address = true })\n"
            "lab:link('a'):down() lab:link('a'):up()\n"
            "lab:relay():crash() t.is(lab:relay().running, false)\n"
            "lab:relay():restart()\n"
            "t.like(select(2, pcall(lab.client, lab, 'x', { sound = true })), 'sound card')\n"
            "call:hangup()\n",
            true, true);
    ok(status == WZP_SCRIPT_PASSED || status == WZP_SCRIPT_SKIPPED,
       "two phones behind routers of the kernel talk");
    if (status == WZP_SCRIPT_SKIPPED || (status && !tap_oom_mode()))
        note("%s", output);
    status =
        run("wzp.test.plan{ clock = 'virtual' } wzp.test.lab{ host = 'namespaces' }", true, false);
    is_int(status, WZP_SCRIPT_FAILED, "there are none in virtual time");
    ok(strstr(output, "lives in real time"), "and that is said");
    status = run("wzp.test.lab{ host = 'namespaces' }", false, true);
    is_int(status, WZP_SCRIPT_SKIPPED, "a test that needs them is skipped where there are none");
    ok(strstr(output, "1..0 # SKIP there are no network namespaces here"), "with the reason");
    status = run("wzp.test.lab{ host = 'paper' }", true, true);
    is_int(status, WZP_SCRIPT_FAILED, "a laboratory of another kind is a mistake");
    wzp_loop_free(stand.loop);
}
