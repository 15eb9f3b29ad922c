-- SPDX-License-Identifier: MIT OR Apache-2.0
-- What the recorder writes about incoming calls; wzp record-script itself is tested with a relay.
local t = wzp.test
t.plan { timeout = 60, seed = 2 }
local lab = t.lab { relays = 1 }
local a, b = lab:client("a"), lab:client("b")
local me
local off = wzp.on("registered", function(ev) me = me or ev.client end)
local recording = wzp.task(function() require("recorder")("session.lua") end)
t.eventually(function() return me end)
off()

local function ring(from)
    local call = from:dial(me)
    t.expect(me, "incoming", { from = from })
    return call
end

local call = ring(a)
typed("answer")
t.expect(call, "connected")
typed("hold")
wzp.timer.sleep(1)
call:hangup()
t.expect(call, "ended")
call = ring(b)
typed("decline")
t.is(t.expect(call, "ended").reason, "declined")
call = ring(a)
call:hangup()
t.expect(call, "ended")
wzp.timer.sleep(0.5)
typed("sing")
typed("quit")
recording:join()

local text = wzp.file.read("session.lua")
t.ok(load(text), "a script that can be read")
for _, line in ipairs {
    "far[1] = peer[1]:dial(me)", "call[1]:answer()", "call[1]:hold(true)", "far[1]:hangup()",
    "far[2] = peer[2]:dial(me)", 'call[2]:reject("declined")', "far[3]:hangup()", 'reason = "cancelled"',
} do
    t.ok(text:find(line, 1, true), line)
end
t.like(text, "wzp.timer.sleep%(1%.%d+%)", "a pause is kept")
