-- SPDX-License-Identifier: MIT OR Apache-2.0
-- wzp record-script: what a live session did becomes a script that does the same in a laboratory, with a phone for each peer, and
-- expects the same events. The words that are typed are those of wzp answer; "quit" writes the script.

local lines, peers, calls, last = {}, {}, {}, nil

local function say(format, ...) lines[#lines + 1] = format:format(...) end

-- A pause that was long enough to matter comes before the next step.
local function pause()
    local now = wzp.time.now()
    if last and now - last > 0.05 then say("wzp.timer.sleep(%.2f)", now - last) end
    last = now
end

local function peer_of(ev)
    local key = ev.peer or "?"
    if not peers[key] then
        peers[#peers + 1] = key
        peers[key] = "peer" .. #peers
    end
    return peers[key]
end

local steps = {}

-- The first event of a call that we placed.
local function dialled(ev, c)
    if c.placed then return end
    c.placed = true
    say("local call%d = me:dial(%s)", c.number, c.nobody and '"0123:4567:89ab:cdef:0123:4567:89ab:cdef"' or c.peer)
end

function steps.incoming(_, c)
    say("local far%d = %s:dial(me)", c.number, c.peer)
    say('local call%d = t.expect(me, "incoming", { from = %s }).call', c.number, c.peer)
end

function steps.ringing(ev, c)
    dialled(ev, c)
    say('t.expect(call%d, "ringing")', c.number)
    say('local far%d = t.expect(%s, "incoming", { from = me }).call', c.number, c.peer)
    c.rings = true
end

function steps.answered(ev, c)
    if c.outgoing then say("far%d:answer()", c.number) else say("call%d:answer()", c.number) end
end

function steps.joined(_, c)
    say('t.expect(call%d, "connected", { within = 10 })', c.number)
end

function steps.muted(ev, c)
    if ev.held ~= c.held then say("call%d:hold(%s)", c.number, tostring(ev.held)) end
    if ev.muted ~= c.muted then say("call%d:mute(%s)", c.number, tostring(ev.muted)) end
    c.held, c.muted = ev.held, ev.muted
    say('t.expect(call%d, "muted", { muted = %s, held = %s })', c.number, tostring(ev.muted), tostring(ev.held))
end

function steps.ended(ev, c)
    if c.outgoing and not c.placed then
        c.nobody = ev.reason == "offline"
        dialled(ev, c)
    end
    local other = (ev.text or ""):find("other side", 1, true)
    if ev.reason == "busy" or ev.reason == "declined" then
        say('%s%d:reject("%s")', c.outgoing and "far" or "call", c.number, ev.reason)
    elseif ev.reason == "normal" then
        say("%s%d:hangup()", other and "far" or "call", c.number)
    elseif ev.reason == "cancelled" then
        say("%s%d:hangup()", c.outgoing and "call" or "far", c.number)
    elseif ev.reason ~= "offline" then
        say("-- it ended by itself: %s", ev.reason)
        say("call%d:hangup()", c.number)
        say('t.expect(call%d, "ended", { within = 60 })', c.number)
        return
    end
    say('t.expect(call%d, "ended", { within = 10, reason = "%s" })', c.number, ev.reason)
end

local function note(ev)
    local c = calls[ev.call]
    if ev.call.is_room or not steps[ev.event] then return end
    if not c then
        c = { number = #calls + 1, outgoing = ev.call.outgoing, peer = peer_of(ev), muted = false, held = false }
        calls[#calls + 1] = c
        calls[ev.call] = c
        last = last or wzp.time.now()
    end
    pause()
    steps[ev.event](ev, c)
end

local function script()
    local head = {
        "-- SPDX-License-Identifier: MIT OR Apache-2.0",
        "-- A session of " .. wzp.time.date() .. ", recorded by wzp record-script.",
        "local t = wzp.test",
        ("t.plan{ name = \"a recorded session\", timeout = %d, seed = 1 }"):format(math.ceil(wzp.time.now()) + 120),
        "local lab = t.lab{ relays = 1 }",
        'local me = lab:client("me")',
    }
    for _, key in ipairs(peers) do head[#head + 1] = ('local %s = lab:client("%s")'):format(peers[key], peers[key]) end
    return table.concat(head, "\n") .. "\n" .. table.concat(lines, "\n")
        .. '\nt.eventually(function() return #lab:leaks() == 0 end, { within = 60, name = "nothing is left" })\n'
end

return function(file)
    local me = assert(wzp.client { own = true, name = "me" })
    for name in pairs(steps) do me:on(name, note) end
    me:on("registered", function(ev)
        wzp.ui.say("registered at " .. ev.relay .. " as " .. me.fingerprint)
        wzp.ui.say("call PEER, answer, mute, hold, hangup, ... as in wzp ctl commands; quit writes the script")
    end)
    me:on("incoming", function(ev) wzp.ui.say("incoming call from " .. (ev.name or ev.alias or ev.peer)) end)
    local quit = false
    _G.typed = function(line)
        if line == "quit" then quit = true return end
        local told, why = me:run(line)
        if why or told ~= "" then wzp.ui.say(why or told) end
    end
    while not quit do wzp.timer.sleep(0.1) end
    for _, call in ipairs(me.calls) do call:hangup() end
    wzp.timer.sleep(0.3)
    assert(wzp.file.write(file, script()))
    wzp.ui.say(("%d %s in %s; wzp run --tap %s"):format(#calls, #calls == 1 and "call is" or "calls are", file, file))
end
