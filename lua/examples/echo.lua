-- SPDX-License-Identifier: MIT OR Apache-2.0
-- Echo robot: answers every call, sends back what it hears, and prints who called and for how long.
--
--     wzp run echo.lua --relay relay.example.net
--
-- It prints its fingerprint: people who want to test their line call that.
local robot = assert(wzp.client { name = "echo", alias = "Echo robot", echo = true })
print("calls to " .. robot.fingerprint .. " are sent back")

local began = {}
robot:on("joined", function(ev) began[ev.call] = wzp.time.now() end)
robot:on("ended", function(ev)
    local talked = began[ev.call] and wzp.time.now() - began[ev.call] or 0
    began[ev.call] = nil
    print(("%s  %s  %.0f s  %s"):format(wzp.time.date(), wzp.ui.escape(ev.alias or ev.peer or "?"), talked, ev.reason))
end)
robot:on("unregistered", function(ev) print("the relay is lost: " .. (ev.text or "")) end)
wzp.forever()
