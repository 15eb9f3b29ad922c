-- SPDX-License-Identifier: MIT OR Apache-2.0
-- The robots of lua/examples: echo, voicemail, webhook, tmux.
local t = wzp.test
t.plan { timeout = 600, seed = 3 }
local lab = t.lab { relays = 1 }
local a = lab:client("a", { settings = { alias = "Ann\27[31m" } })
local said = {}
local real_print = print
function print(...) said[#said + 1] = table.concat({ ... }, "\t") end

-- Runs an example as wzp run would; the client that it creates is the one that registers next.
local function start(name, ...)
    arg = { ... }
    local made
    local off = wzp.on("registered", function(ev) made = made or ev.client end)
    local task = wzp.task(function() require("examples." .. name) end)
    t.eventually(function() return made end, { within = 10, name = name .. " registers" })
    off()
    return made, task
end

local function said_like(pattern)
    for _, line in ipairs(said) do if line:find(pattern) then return true end end
end

t.test("echo", function()
    local robot, task = start("echo")
    t.ok(said_like("are sent back"), "it says who it is")
    local call = a:dial(robot)
    t.expect(call, "connected")
    local ear = call:listen()
    call:play(t.tone(600))
    wzp.timer.sleep(3)
    t.gt(ear:tone_match(600), 0.9, "what is said comes back")
    call:hangup()
    t.expect(call, "ended")
    t.eventually(function() return said_like("3 s  normal") end, { name = "it says how long the call was" })
    t.ok(not said_like("\27"), "and nothing that a terminal would obey")
    task:cancel()
    robot:close()
end)

t.test("voicemail", function()
    local robot, task = start("voicemail", "", "/spool")
    local call = a:dial(robot)
    t.expect(call, "connected")
    local ear = call:listen()
    wzp.timer.sleep(0.6)
    t.gt(ear:level_dbfs(), -60, "a beep")
    call:play(t.tone(700))
    wzp.timer.sleep(3)
    call:hangup()
    t.eventually(function() return said_like("message of Ann.* in /spool/") end, { name = "the message is told" })
    t.ok(wzp.file.read("/spool/messages.txt"):find("message of Ann.* in /spool/"), "and listed beside it")
    task:cancel()
    robot:close()
end)

t.test("webhook", function()
    local robot, task = start("webhook", "https://hooks.example.net/", "false")
    local call = a:dial(robot)
    t.expect(call, "ringing")
    call:hangup()
    t.expect(call, "ended")
    wzp.timer.sleep(1)
    t.ok(not task.done, "a program that fails does not end it")
    task:cancel()
    robot:close()
end)

t.test("tmux", function()
    local robot, task = start("tmux", "true")
    local call = a:dial(robot)
    local ring = t.expect(robot, "incoming")
    ring:answer()
    t.expect(call, "connected")
    call:hangup()
    t.expect(ring, "ended")
    t.ok(not task.done, "it goes on")
    task:cancel()
    robot:close()
end)
print = real_print
