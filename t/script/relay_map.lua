-- SPDX-License-Identifier: MIT OR Apache-2.0
-- The relay map: what a softphone knows of relays, and a property that is told when it changed, and only then.
local t = wzp.test
t.plan { timeout = 120, seed = 4 }
local lab = t.lab { relays = 3 }
local near, far, gone = lab:relay(1).address, lab:relay(2).address, lab:relay(3).address
lab:link("relay2"):delay(60)
local a = lab:client("a", { relay = 2 })

local function of(relay)
    for _, r in ipairs(wzp.relay.map()) do if r.relay == relay then return r end end
end

t.test("home is there, and measured", function()
    t.is(#wzp.relay.map(), 1, "one relay")
    local home = of(far)
    t.is(home.home and home.registered and home.reachable, true, "it is home, knows us, answers")
    t.ge(home.rtt_ms, 120, "its round trip")
    t.is(home.preferred, true, "no other is known to be nearer")
    t.like(home.remote, far, "its address")
    t.is(home.text, nil, "nothing is wrong with it")
end)

t.test("others by measuring them; the nearer one should be home", function()
    local first = wzp.task(function() return wzp.relay.ping(far) end)
    local pong = wzp.relay.ping(near)
    t.is(pong.relay, near, "the answer is that of the relay which was asked")
    t.is(first:join().relay, far, "though another one was asked before")
    local r = of(near)
    t.is(r.reachable, true, "it answers")
    t.lt(r.rtt_ms, 60, "and is near")
    t.is(r.home or r.registered, false, "but is not home")
    t.is(r.preferred, true, "though it should be")
    t.is(of(far).preferred, false, "instead of the other")
    lab:relay(3):crash()
    a:run("ping " .. gone)
    t.expect(a, "error", { within = 30 })
    t.is(of(gone).reachable, false, "one that does not answer")
    t.is(of(gone).rtt_ms, nil, "has no round trip")
    t.isnt(of(gone).text, nil, "but a reason")
end)

t.test("it can be observed: told at once, then when it changed, and only then", function()
    local told = {}
    local off = wzp.observe("client.relays", function(map) told[#told + 1] = map end, a)
    t.eventually(function() return #told == 1 end, { within = 1, name = "the first value" })
    t.is(told[1], a.relays, "is the map")
    local b = lab:client("b", { relay = 2 })
    local call = b:dial(a)
    t.expect(a, "incoming"):answer()
    t.expect(call, "connected", { within = 10 })
    call:hangup()
    t.expect(call, "ended")
    t.is(#told, 1, "a call changes nothing in it")
    lab:relay(2):crash()
    t.expect(a, "unregistered", { within = 60 })
    wzp.timer.sleep(0.1)
    t.is(#told, 2, "a relay that is gone does")
    t.is(told[2][1].reachable, false, "it does not answer")
    t.is(told[2][1].registered, false, "and does not know us")
    off()
    lab:relay(2):restart()
    t.eventually(function() return of(far).reachable end, { within = 60, name = "it is back" })
    wzp.timer.sleep(0.1)
    t.is(#told, 2, "but nothing is told any more")
end)
