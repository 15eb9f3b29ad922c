-- SPDX-License-Identifier: MIT OR Apache-2.0
-- One script for both kinds of test network: all results are the same in virtual time and with the kernel's sockets and routers.
local t = wzp.test
t.plan { name = "both laboratories", timeout = 120, seed = 11 }
local lab = t.lab { relays = 2, nat = { a = "easy", b = "address", h = "hard", r = "random" } }
-- Tested is whether they are heard, not how well: in real time all of them share a processor with other work.
local plain = { settings = { low_complexity = true } }
local a, b = lab:client("a", plain), lab:client("b", plain)

local function talk(from, to)
    local out = from:dial(to)
    local inc = t.expect(to, "incoming", { from = from, within = 10 })
    inc:answer()
    t.expect(out, "connected", { within = 10 })
    return out, inc.call
end

t.test("a direct path is found, breaks, and the voice goes on", function()
    local out, inc = talk(a, b)
    t.eventually(function() return out.path_kind == "direct" end, { within = 15, name = "it is direct" })
    t.is(out.sas, inc.sas, "both sides show the same code")
    local ear = inc:listen()
    out:play(t.tone(440))
    lab:link("a"):delay(40, { jitter_ms = 10 }):drop(0.02)
    wzp.timer.sleep(4)
    t.ge(ear:tone_match(440), 0.9, "the tone is heard over a line that loses")
    t.ge(out:stats().rtt_ms, 80, "and takes its time")
    lab:link("a", "b"):down()
    t.eventually(function() return out.path_kind == "relay" end, { within = 15, name = "the relay takes over" })
    wzp.timer.sleep(1)
    ear:reset()
    wzp.timer.sleep(2)
    t.ge(ear:tone_match(440), 0.9, "and the tone is still there")
    out:hangup()
    t.is(t.expect(inc, "ended", { within = 10 }).reason, "normal", "the end is told")
end)

t.test("what netcheck says of the routers", function()
    for _, name in ipairs { "a", "h", "r" } do -- in this order, since the order of a table's keys differs between runs
        local client = name == "a" and a or lab:client(name)
        t.is(wzp.netcheck({ client = client, timeout = 5 }).verdict_word, name == "a" and "easy" or "hard", name)
    end
end)

t.test("another network in mid-call, and a router that forgets", function()
    local out, inc = talk(a, b)
    t.isnt(lab:move("a"), "", "another address")
    lab:rebind("b")
    wzp.timer.sleep(6)
    t.is(out.ended, false, "the call goes on")
    -- A side that was cut off keeps the call for minutes: both hang up.
    out:hangup()
    inc:hangup()
    t.expect(out, "ended", { within = 10 })
end)

t.test("a relay that crashes and comes back", function()
    local c = lab:client("c", { relay = 2, settings = plain.settings })
    lab:relay(2):crash()
    t.expect(c, "unregistered", { within = 60 })
    lab:relay(2):restart()
    t.expect(c, "registered", { within = 60 })
    t.expect(c, "registered", { within = 60 })
end)
t.eventually(function() return #lab:leaks() == 0 end, { within = 30, name = "nothing is left" })
