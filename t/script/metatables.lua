-- SPDX-License-Identifier: MIT OR Apache-2.0
-- Metatables that return other values when asked again, close what is in use, or are modified: functions read a table's fields
-- once, and nothing breaks.
local t = wzp.test
local lab = t.lab { relays = 1 }
local a, b = lab:client("a"), lab:client("b")

-- A table without fields of its own that returns the first value once, and then the second one.
local function turns(first, second)
    local asked = 0
    return setmetatable({}, { __index = function() asked = asked + 1 return asked == 1 and first or second end, __len = function() return 3 end })
end

t.test("options of a metatable do not count", function()
    b:on("incoming", function(ev) ev:answer(turns("trusted", {})) end)
    local call = a:dial(b)
    t.ok(call:wait("connected", { timeout = 10 }), "a call is answered whatever the metatable says of the mode")
    t.ok(call:listen(turns(1, 1e9)), "and listened to")
    t.is(call:play(wzp.audio.silence(0.1), turns(true, {})), true, "and played into")
    call:hangup()
    for _, second in ipairs { 0 / 0, 1 / 0, -5, {}, "0x10" } do
        t.is(wzp.audio.voice(turns(0.1, second)).seconds, 5, "a sound is as long as the usual one, not " .. tostring(second))
        t.is(wzp.audio.tone(turns(100, second)).seconds, 1, "so is a tone")
    end
    t.is(wzp.spawn({ "echo", "x" }, turns("text", {})).output, "x\n", "a program gets no input that was not checked")
end)

t.test("lists of a metatable are empty", function()
    local fine, why = pcall(wzp.spawn, turns("echo", {}))
    t.ok(not fine, "a program has arguments in its list")
    t.like(why, "1 to 64 arguments", "and is told so")
    local made = 0
    local relays = setmetatable({}, {
        __len = function() return 3 end,
        __index = function(_, i)
            collectgarbage()
            made = made + 1
            return ("relay" .. i .. "-"):rep(10) .. ".example:44" .. i
        end,
    })
    t.ok(wzp.netcheck { relays = relays, timeout = 0.2, client = a }, "a look at the network asks relays that are in the list")
    t.is(made, 0, "and not the metatable")
    t.is(select(2, pcall(wzp.wait, turns(a, {}), { timeout = 0.1 })), nil, "nothing is waited for")
    t.is(t.all(turns(print, {})), true, "nothing is run")
end)

t.test("a list is what it was when the function began", function()
    local list = { a, b }
    wzp.timer.after(0.2, function() list[1], list[2] = {}, nil collectgarbage() end)
    t.is(select(2, wzp.wait(list, { timeout = 1 })), "timeout", "also when it is changed meanwhile")
    t.ok(wzp.netcheck { relays = setmetatable({ lab:relay().address }, { __mode = "v" }), timeout = 0.2, client = a }, "and when it is weak")
end)

t.test("fields of an event are compared without metamethods", function()
    local asked = 0
    local liar = setmetatable({}, { __eq = function() asked = asked + 1 a:close() collectgarbage() return true end })
    local room = a:join("tea")
    wzp.timer.sleep(1)
    t.is(a:take("members", { members = liar }), nil, "what is not the same is not taken")
    t.is(asked, 0, "and nobody is asked, who could close the client meanwhile")
    room:hangup()
end)

t.test("what is no text is told", function()
    local fine, why = pcall(t.lab, { nat = { c = {} } })
    t.ok(fine, "a laboratory with a strange router")
    fine, why = pcall(function() return why:client("c") end)
    t.ok(not fine, "has no client behind it")
    t.like(why, "c must be a text", "and says why")
end)

t.test("metatables of the program stay its own", function()
    local ev
    local off = b:on("incoming", function(event) ev = event event:reject() end)
    a:dial(b)
    t.ok(t.eventually(function() return ev end, { within = 5 }), "an event came")
    off()
    for name, value in pairs { wzp = wzp, module = wzp.test, callable = wzp.task, event = ev, client = a, call = ev.call } do
        t.is(getmetatable(value), false, name .. ": it cannot be taken apart")
        t.ok(not pcall(setmetatable, value, {}), name .. ": nor replaced")
    end
end)
