/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A script in real time on the loopback interface: two identities in one process, a relay, a child
 * process, and a stop from outside. */
#include <stdio.h>
#include <string.h>

#include "app/relay_service.h"
#include "base/error.h"
#include "loop/host.h"
#include "script/script.h"
#include "tap.h"

static struct wzp_loop *loop;
static struct wzp_host host;
static struct wzp_script *script;
static struct wzp_relay_service relay;
static char output[8192];

static void on_print(void *context, const char *line)
{
    size_t length = strlen(output);
    (void)context;
    snprintf(output + length, sizeof output - length, "%s\n", line);
}

static void on_over(void *context)
{
    (void)context;
    wzp_loop_stop(loop);
}

static void give_up(void *context)
{
    (void)context;
    wzp_script_stop(script);
}

static enum wzp_script_status run(const char *text, double limit)
{
    static char address[WZP_ADDR_TEXT_MAX];
    struct wzp_error err = {0};
    struct wzp_timer *late;
    wzp_addr_format(address, &relay.listen);
    const struct wzp_script_config config = {.tier = WZP_SCRIPT_TEST,
                                             .name = "live.lua",
                                             .host = &host,
                                             .tap = true,
                                             .relay = address,
                                             .print = on_print,
                                             .over = on_over};
    output[0] = 0;
    int result = wzp_script_new(&script, &config, &err);
    if (!result)
        result = wzp_script_load(script, text, strlen(text), &err);
    if (!result)
        result = wzp_script_start(script, &err);
    if (!result && wzp_timer_start(&late, loop, (uint64_t)(limit * 1e9), 0, give_up, NULL) == 0) {
        if (!wzp_script_is_over(script))
            wzp_loop_run(loop);
        wzp_timer_close(late);
    }
    enum wzp_script_status status = WZP_SCRIPT_BROKEN;
    if (script) {
        wzp_script_finish(script);
        status = wzp_script_status(script);
    }
    wzp_script_free(script);
    script = NULL;
    if (err.text[0])
        note("%s", err.text);
    return status;
}

TAP_MAIN
{
    static const uint8_t seed[32] = {7};
    static struct wzp_relay_config config;
    wzp_relay_config_default(&config);
    strcpy(config.listen_addr, "127.0.0.1:0");
    if (wzp_loop_new(&loop, NULL))
        bail("no loop");
    wzp_loop_host(&host, loop, NULL);
    if (wzp_relay_service_start(&relay, &host, &config, seed, "test", NULL, NULL))
        bail("no relay");
    double patience = tap_oom_mode() ? 0.5 : 20;
    enum wzp_script_status status =
        run("local t = wzp.test\n"
            "local a = assert(wzp.client{ name = 'a' })\n"
            "local b = assert(wzp.client{ name = 'b', settings = { direct = false } })\n"
            "t.expect(a, 'registered') t.expect(b, 'registered')\n"
            "local call = a:dial(b)\n"
            "local ring = t.expect(b, 'incoming', { from = a })\n"
            "ring:answer()\n"
            "t.expect(call, 'connected')\n"
            "call:play(t.tone(440))\n"
            "local ear = ring.call:listen()\n"
            "t.eventually(function() return ear:seconds() > 0.5 end)\n"
            "t.gt(ear:tone_match(440), 0.5, 'the tone is heard')\n"
            "t.is(wzp.spawn({'printf', 'done'}).output, 'done', 'another program')\n"
            "t.is(select(2, wzp.spawn({'sleep', '9'}, {timeout = 0.1})), 'timeout')\n"
            "call:hangup() t.is(t.expect(ring, 'ended').reason, 'normal')\n"
            "t.is(wzp.netcheck{ stun = {}, timeout = 0.5 } ~= nil, true, 'a report')\n",
            patience);
    is_int(status, WZP_SCRIPT_PASSED, "two identities of one process talk over a real relay");
    if (status && !tap_oom_mode())
        note("%s", output);
    run("wzp.timer.every(0.01, function() end) wzp.spawn({'sleep', '100'})", 0.2);
    ok(strstr(output, "1..0"), "a script is stopped from outside, and what it began");
    status = run("wzp.test.plan{ timeout = 0.1 } wzp.forever()", patience);
    is_int(status, WZP_SCRIPT_FAILED, "a test that takes too long is stopped by itself");
    status = run("wzp.client{ relay = 'no:where:at:all' }", patience);
    is_int(status, WZP_SCRIPT_PASSED, "a client that cannot be made is no error");
    wzp_relay_service_stop(&relay);
    wzp_loop_free(loop);
}
