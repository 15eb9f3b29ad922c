/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A call test in twenty lines, as the design promises: two phones, a lossy line, a direct path that
 * fails, and what is heard. */
#include "script/lib_script.h"
#include "tap.h"

static struct play p;

TAP_MAIN
{
    int status = play(
        &p, "local t = wzp.test\n"
            "t.plan{ name = 'direct path dies', timeout = 30, seed = 7 }\n"
            "local lab = t.lab{ relays = 1, nat = { a = 'easy', b = 'easy' } }\n"
            "local a, b = lab:client('a'), lab:client('b')\n"
            "lab:link('a'):drop(0.02):delay(20)\n"
            "t.test('connects directly', function()\n"
            "  local out = a:dial(b)\n"
            "  local inc = t.expect(b, 'call.incoming', { within = 1, from = a.fingerprint })\n"
            "  inc:answer()\n"
            "  t.all{ function() t.expect(out, 'connected', { within = 2 }) end,\n"
            "         function() t.expect(inc, 'connected', { within = 2 }) end }\n"
            "  t.eventually(function() return out.path.kind == 'direct' end, { within = 5 })\n"
            "  t.is(out.sas, inc.sas, 'both sides show the same code')\n"
            "end)\n"
            "t.test('survives loss of the direct path', function()\n"
            "  local call = a.calls[1]\n"
            "  call:play(t.tone(440)) local ear = b.calls[1]:listen()\n"
            "  wzp.timer.sleep(2)\n"
            "  lab:link('a', 'b'):drop(1)\n"
            "  t.expect(call, 'path', { to = 'relay', within = 5 })\n"
            "  t.never(call, 'ended', { during = 3 })\n"
            "  t.lt(ear:longest_gap_ms(), 800, 'audible gap')\n"
            "  t.ge(ear:tone_match(440), 0.9)\n"
            "end)\n"
            "t.test('hang-up reaches the other side', function()\n"
            "  a.calls[1]:hangup()\n"
            "  local e = t.expect(b.calls[1], 'ended', { within = 1 })\n"
            "  t.is(e.reason, 'normal') t.eventually(function() return #lab:leaks() == 0 end)\n"
            "end)\n");
    is_int(status, 0, "the script passes: %s", p.err.text);
    if (status)
        note("%s%s", p.output, p.log);
}
