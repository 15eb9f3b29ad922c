-- SPDX-License-Identifier: MIT OR Apache-2.0
-- Hooks that decide, observe, and are removed; calls end exactly once, whatever happens to them.
local t = wzp.test
local lab = t.lab { relays = 1 }
local a = lab:client("a")
local b = lab:client("b", { answers = true, settings = { auto_answer = "all" } })

t.test("without a hook the softphone's rule answers", function()
    local call = a:dial(b)
    t.expect(call, "connected")
    call:hangup()
    t.expect(call, "ended")
end)

t.test("a hook rejects", function()
    local off = wzp.on("call.incoming", function(ev)
        t.is(ev.peer, a.fingerprint, "who calls")
        t.is(ev.client, b, "whom")
        t.is(ev.state, "incoming", "an event stands for its call")
        ev:reject("busy")
    end)
    local call = a:dial(b)
    t.is(t.expect(call, "ended").reason, "busy", "the caller hears it")
    off()
    off()
    call = a:dial(b)
    t.expect(call, "connected", { name = "a hook that is off decides nothing" })
    call:hangup()
    t.expect(call, "ended")
end)

t.test("the higher prio is asked first, and the first decision counts", function()
    local order = {}
    local offs = {
        wzp.on("incoming", { prio = 1 }, function(ev)
            order[#order + 1] = "low"
            t.is(select(2, ev:answer()), "closed", "it was decided before")
        end),
        wzp.on("incoming", { prio = 10 }, function(ev)
            order[#order + 1] = "high"
            ev:reject()
        end),
        b:on("incoming", { prio = 5 }, function() order[#order + 1] = "middle" end),
        a:on("incoming", { prio = 20 }, function() order[#order + 1] = "nobody" end),
    }
    local call = a:dial(b)
    t.is(t.expect(call, "ended").reason, "declined", "it is refused")
    t.is(table.concat(order, " "), "high middle low", "in this order")
    for _, off in ipairs(offs) do off() end
end)

t.test("a hook that thinks keeps the rule waiting", function()
    local off = wzp.on("incoming", function() wzp.timer.sleep(3) end)
    local call = a:dial(b)
    t.expect(call, "ringing")
    t.never(call, "answered", { during = 2.5 })
    t.expect(call, "connected", { within = 2, name = "then the rule counts" })
    call:hangup()
    t.expect(call, "ended")
    off()
end)

t.test("a hook defers, and somebody decides later", function()
    local later
    local off = wzp.on("incoming", function(ev) ev:defer() later = ev end)
    local call = a:dial(b)
    t.never(call, "answered", { during = 5 })
    t.is(later:answer { mode = "private" }, true, "it can still be answered")
    t.expect(call, "connected")
    call:hangup()
    t.expect(later, "ended")
    off()
end)

t.test("a hook removes itself while it runs", function()
    local count = 0
    local off
    off = wzp.on("ringing", function() count = count + 1 off() end)
    for _ = 1, 2 do
        local call = a:dial(b)
        t.expect(call, "connected")
        call:hangup()
        t.expect(call, "ended")
    end
    t.is(count, 1, "it ran once")
end)

t.test("hooks fight over one call", function()
    wzp.timer.sleep(1)
    local ends = 0
    local offs = {
        wzp.on("joined", function(ev) ev:hangup() end),
        wzp.on("joined", function(ev) ev:hangup() ev:hangup() ev:mute() end),
        wzp.on("joined", function(ev) ev:hold() ev:hangup() end),
        wzp.on("ended", function() ends = ends + 1 end),
    }
    local call = a:dial(b)
    t.expect(call, "ended")
    wzp.timer.sleep(2)
    t.is(ends, 2, "each side hears one end")
    for _, off in ipairs(offs) do off() end
    t.is(#lab:leaks(), 0, "nothing is left")
end)

t.test("what is observed is told at once and when it changed", function()
    local seen = {}
    local off = wzp.observe("call.state", function(state) seen[#seen + 1] = tostring(state) end, a)
    wzp.timer.sleep(0.1)
    t.is(seen[1], "nil", "the first value")
    local call = a:dial(b)
    t.expect(call, "connected")
    wzp.timer.sleep(1)
    call:hangup()
    t.expect(call, "ended")
    wzp.timer.sleep(0.1)
    t.is(seen[#seen], "nil", "the last one")
    t.is(seen[#seen - 1], "up", "the one before")
    t.lt(#seen, 7, "several changes at once are one")
    off()
    local count = #seen
    call = a:dial(b)
    t.expect(call, "connected")
    call:hangup()
    t.expect(call, "ended")
    t.is(#seen, count, "it is off")
    t.like(select(2, pcall(wzp.observe, "call.colour", print)), "there is no call.colour", "not all")
end)

t.test("exactly one end for each call", function()
    local ends = {}
    local off = wzp.on("ended", function(ev) ends[ev.call] = (ends[ev.call] or 0) + 1 end)
    local call = a:dial(b)
    t.is(call:hangup(), true, "hung up in the moment it was dialled")
    t.is(t.expect(call, "ended", { within = 2 }).reason, "cancelled", "that is a cancelled call")
    local early = lab:client("early", { wait = false })
    local soon = early:dial(b)
    t.is(early.registered, false, "not registered yet")
    soon:hangup()
    t.expect(soon, "ended", { within = 2 })
    local second = early:dial(b)
    wzp.timer.sleep(0.001)
    second:hangup()
    t.expect(second, "ended", { within = 5 })
    local nobody = a:dial("0123:4567:89ab:cdef:0123:4567:89ab:cdef")
    t.is(t.expect(nobody, "ended", { within = 5 }).reason, "offline", "nobody is there")
    wzp.timer.sleep(5)
    for name, one in pairs { call = call, soon = soon, second = second, nobody = nobody } do
        t.is(ends[one], 1, name .. " has one end")
        t.isnt(one.reason, nil, name .. " has a reason")
    end
    early:close()
    off()
    t.is(#lab:leaks(), 0, "nothing is left")
end)

t.test("a variable that is closed hangs up", function()
    do
        local call <close> = a:dial(b)
        t.expect(call, "connected")
    end
    t.is(t.expect(b, "ended", { within = 1 }).reason, "normal", "the other side hears it")
    local call = wzp.call.dial { to = b, client = a, timeout = 5 }
    t.is(call.state, "up", "dial of the module waits")
    call:hangup()
    local none, why = wzp.call.dial { to = "0123:4567:89ab:cdef:0123:4567:89ab:cdef", client = a }
    t.is(none, nil, "nobody")
    t.is(why, "offline", "and why")
end)
