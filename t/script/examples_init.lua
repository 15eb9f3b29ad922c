-- SPDX-License-Identifier: MIT OR Apache-2.0
-- The modules of lua/examples for init.lua: answering machine, screening, schedule.
local t = wzp.test
t.plan { timeout = 600, seed = 4 }
local lab = t.lab { relays = 1 }
local a = lab:client("a")
local b = lab:client("b", { answers = true, files = true, settings = { auto_answer = "all" } })
local hour, weekday = 12, 3
wzp.time.hour = function() return hour end
wzp.time.weekday = function() return weekday end

local function outcome()
    local call = a:dial(b)
    local up = call:wait("connected", { timeout = 5 })
    if up then call:hangup() end
    call:wait("ended", { timeout = 5 })
    return up and "answered" or call.reason
end

t.test("screening", function()
    local off = require("examples.screening") { from = 8, to = 22, blocked = {} }
    t.is(outcome(), "answered", "by day a stranger with a proven identity")
    hour = 23
    t.is(outcome(), "busy", "not at night")
    off()
    off = require("examples.screening") { blocked = { a.fingerprint } }
    hour = 12
    t.is(outcome(), "declined", "never who is blocked")
    off()
end)

t.test("schedule", function()
    local off = require("examples.schedule") { [3] = "9-17" }
    t.is(outcome(), "answered", "within the hours")
    hour = 17
    t.is(outcome(), "busy", "not after them")
    hour, weekday = 12, 6
    t.is(outcome(), "busy", "nor on another day")
    off()
    weekday = 3
end)

t.test("answering machine", function()
    local off = require("examples.answering") { after = 5, record = true }
    local call = a:dial(b)
    t.never(call, "answered", { during = 4.5 })
    t.expect(call, "connected", { within = 3 })
    wzp.timer.sleep(3)
    call:hangup()
    t.expect(call, "ended")
    while b:take("incoming") do end
    call = a:dial(b)
    local ring = t.expect(b, "incoming", { from = a })
    wzp.timer.sleep(1)
    ring:answer()
    t.expect(call, "connected", { name = "somebody answers first" })
    wzp.timer.sleep(6)
    t.is(call.ended, false, "the machine keeps out of it")
    call:hangup()
    t.expect(call, "ended")
    off()
end)
