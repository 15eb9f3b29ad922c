-- SPDX-License-Identifier: MIT OR Apache-2.0
-- wzp record-script: turns a live session into a script that repeats it in a laboratory (a simulated network), with a phone for each
-- peer, and expects the same events: calls, rooms and their members, contacts, settings, refused commands. The user types the commands
-- of wzp answer; "quit" writes the script.

local lines, peers, calls, last = {}, {}, {}, nil
local contacts, known = {}, {} -- names of peers by fingerprint: before the session, and all

local function say(format, ...) lines[#lines + 1] = format:format(...) end

-- Before the next step, repeats a pause that was long enough to matter.
local function pause()
    local now = wzp.time.now()
    if last and now - last > 0.05 then say("wzp.timer.sleep(%.2f)", now - last) end
    last = now
end

local function peer_named(key)
    if not peers[key] then
        peers[#peers + 1] = key
        peers[key] = ("peer[%d]"):format(#peers)
    end
    return peers[key]
end

local function peer_of(ev) return peer_named(ev.peer or "?") end

-- A text as a Lua expression for the laboratory: fingerprints are replaced by those of its phones.
local fingerprint = ("%x%x%x%x:"):rep(7) .. "%x%x%x%x"

local function quoted(text)
    local parts, at = {}, 1
    for from, key, to in text:gmatch("()(" .. fingerprint .. ")()") do
        if from > at then parts[#parts + 1] = ("%q"):format(text:sub(at, from - 1)) end
        parts[#parts + 1] = peer_named(key) .. ".fingerprint"
        at = to
    end
    if at <= #text or #parts == 0 then parts[#parts + 1] = ("%q"):format(text:sub(at)) end
    return (table.concat(parts, " .. "):gsub("\\\n", "\\n"))
end

local steps = {}

-- The first event of a call that we placed.
local function dialled(_, c)
    if c.placed then return end
    c.placed = true
    say("call[%d] = me:dial(%s)", c.number, c.nobody and '"0123:4567:89ab:cdef:0123:4567:89ab:cdef"'
        or c.name and quoted(c.name) or c.peer)
end

function steps.incoming(_, c)
    say("far[%d] = %s:dial(me)", c.number, c.peer)
    say('call[%d] = t.expect(me, "incoming", { from = %s }).call', c.number, c.peer)
end

function steps.ringing(ev, c)
    dialled(ev, c)
    say('t.expect(call[%d], "ringing")', c.number)
    say('far[%d] = t.expect(%s, "incoming", { from = me }).call', c.number, c.peer)
    c.rings = true
end

function steps.answered(ev, c)
    if c.outgoing then say("far[%d]:answer()", c.number) else say("call[%d]:answer()", c.number) end
end

function steps.joined(_, c)
    say('t.expect(call[%d], "connected", { within = 10 })', c.number)
end

-- name: the script's table that holds it, "call" or "room".
local function muted(name, ev, c)
    if ev.held ~= c.held then say("%s[%d]:hold(%s)", name, c.number, tostring(ev.held)) end
    if ev.muted ~= c.muted then say("%s[%d]:mute(%s)", name, c.number, tostring(ev.muted)) end
    c.held, c.muted = ev.held, ev.muted
    say('t.expect(%s[%d], "muted", { muted = %s, held = %s })', name, c.number, tostring(ev.muted), tostring(ev.held))
end

function steps.muted(ev, c) muted("call", ev, c) end

function steps.ended(ev, c)
    if c.outgoing and not c.placed then
        c.nobody = ev.reason == "offline"
        dialled(ev, c)
    end
    local other = (ev.text or ""):find("other side", 1, true)
    if ev.reason == "busy" or ev.reason == "declined" then
        say('%s[%d]:reject("%s")', c.outgoing and "far" or "call", c.number, ev.reason)
    elseif ev.reason == "normal" then
        say("%s[%d]:hangup()", other and "far" or "call", c.number)
    elseif ev.reason == "cancelled" then
        say("%s[%d]:hangup()", c.outgoing and "call" or "far", c.number)
    elseif ev.reason ~= "offline" then
        say("-- it ended by itself: %s", ev.reason)
        say("call[%d]:hangup()", c.number)
        say('t.expect(call[%d], "ended", { within = 60 })', c.number)
        return
    end
    say('t.expect(call[%d], "ended", { within = 10, reason = "%s" })', c.number, ev.reason)
end

-- ---- rooms ----

local rooms = {}

local has_rooms = false
local members_expected = [[
local function expect_members(in_room, count)
    local seen
    t.eventually(function()
        local ev = me:take("members", { room = in_room.room })
        seen = ev and #ev.members or seen
        return seen == count
    end, { within = 10, name = count .. " in the room" })
end]]

function rooms.joined(ev, c)
    has_rooms = true
    say("room[%d] = me:join(%s)", c.number, quoted(ev.room))
    say('t.expect(room[%d], "joined", { within = 10 })', c.number)
    c.up = true
end

-- Members who came and went since the last list.
function rooms.members(ev, c)
    local here = {}
    for _, m in ipairs(ev.members) do if not m.self then here[m.fingerprint] = true end end
    local changed = false
    for _, m in ipairs(ev.members) do
        if not m.self and not c.guests[m.fingerprint] then
            changed = true
            c.guests[m.fingerprint] = true
            local peer = peer_named(m.fingerprint)
            say("guest[%s] = %s:join(room[%d].room)", peer, peer, c.number)
            c.guests[#c.guests + 1] = m.fingerprint
        end
    end
    for i = #c.guests, 1, -1 do
        local key = c.guests[i]
        if not here[key] then
            changed = true
            c.guests[key] = nil
            table.remove(c.guests, i)
            say("guest[%s]:hangup()", peers[key])
        end
    end
    if changed or #ev.members ~= c.told then
        c.told = #ev.members
        say('expect_members(room[%d], %d)', c.number, c.told)
    end
end

function rooms.muted(ev, c) muted("room", ev, c) end

function rooms.ended(ev, c)
    if not c.up then -- the room was never joined
        say("-- the room %s was not reached: %s", quoted(c.room):gsub("\n", " "), ev.reason)
        return
    end
    say("room[%d]:hangup()", c.number)
    say('t.expect(room[%d], "ended", { within = 10 })', c.number)
    for _, key in ipairs(c.guests) do say("guest[%s]:hangup()", peers[key]) end
end

-- ---- events ----

local function note(ev)
    local c = calls[ev.call]
    local kind = ev.call.is_room and rooms or steps
    if not kind[ev.event] then return end
    if not c then
        c = { number = #calls + 1, outgoing = ev.call.outgoing, muted = false, held = false, guests = {}, room = ev.room }
        c.name = not ev.call.is_room and known[ev.peer] or nil
        c.peer = not ev.call.is_room and peer_of(ev) or nil
        calls[#calls + 1] = c
        calls[ev.call] = c
        last = last or wzp.time.now()
    end
    pause()
    kind[ev.event](ev, c)
end

-- ---- typed commands ----

-- heard: commands that are recorded by their events. told_again: commands that the script repeats as they were typed.
local heard = {
    answer = true, private = true, decline = true, ignore = true, mute = true, unmute = true, hold = true, resume = true,
    hangup = true, call = true, room = true,
}
local told_again = {
    add = true, remove = true, forget = true, ["forget-calls"] = true, codec = true, volume = true, verify = true, set = true,
}

local function again(line, why)
    local word = line:match("^%s*(%S*)")
    if heard[word] and not why then return end
    last = last or wzp.time.now()
    pause()
    if why then
        say('t.isnt(select(2, me:run(%s)), nil, "it is refused")', quoted(line))
    elseif word == "ping" then
        say('me:run("ping " .. lab:relay(1).address)')
        say('t.expect(me, "pong", { within = 10 })')
    elseif told_again[word] then
        say('t.is(select(2, me:run(%s)), nil, %s)', quoted(line), quoted(word))
    else
        say("-- %s: not in a laboratory", quoted(line))
    end
end

-- A peer who is called by name must have that name in the laboratory, too.
local function learn()
    for _, contact in ipairs(wzp.contacts.list()) do known[contact.fingerprint] = contact.name end
end

local function script()
    local head = {
        "-- SPDX-License-Identifier: MIT OR Apache-2.0",
        "-- A session of " .. wzp.time.date() .. ", recorded by wzp record-script.",
        "local t = wzp.test",
        ("t.plan{ name = \"a recorded session\", timeout = %d, seed = 1 }"):format(math.ceil(wzp.time.now()) + 120),
        "local lab = t.lab{ relays = 1 }",
        'local me = lab:client("me", { files = true })',
    }
    head[#head + 1] = "local peer, call, far, room, guest = {}, {}, {}, {}, {}"
    for i in ipairs(peers) do head[#head + 1] = ('peer[%d] = lab:client("peer%d")'):format(i, i) end
    if has_rooms then head[#head + 1] = members_expected end
    for key, name in pairs(contacts) do
        if peers[key] then head[#head + 1] = ("assert(me:run(%s .. %s.fingerprint))"):format(quoted('add "' .. name .. '" '), peers[key]) end
    end
    return table.concat(head, "\n") .. "\n" .. table.concat(lines, "\n")
        .. '\nt.eventually(function() return #lab:leaks() == 0 end, { within = 60, name = "nothing is left" })\n'
end

return function(file)
    local me = assert(wzp.client { own = true, name = "me" })
    learn()
    for key, name in pairs(known) do contacts[key] = name end
    for name in pairs(steps) do me:on(name, note) end
    me:on("members", note)
    me:on("registered", function(ev)
        wzp.ui.say("registered at " .. ev.relay .. " as " .. me.fingerprint)
        wzp.ui.say("call PEER, answer, mute, hold, hangup, ... as in wzp ctl commands; quit writes the script")
    end)
    me:on("incoming", function(ev)
        wzp.ui.say("incoming call from " .. (ev.name or ev.claims and ev.claims .. " (not proven)" or ev.alias or ev.peer))
    end)
    local quit = false
    _G.typed = function(line)
        if line == "quit" then quit = true return end
        local told, why = me:run(line)
        again(line, why)
        learn()
        if why or told ~= "" then wzp.ui.say(why or told) end
    end
    while not quit do wzp.timer.sleep(0.1) end
    for _, call in ipairs(me.calls) do call:hangup() end
    wzp.timer.sleep(0.3)
    assert(wzp.file.write(file, script()))
    wzp.ui.say(("%d %s in %s; wzp run --tap %s"):format(#calls, #calls == 1 and "call or room is" or "calls and rooms are", file, file))
end
