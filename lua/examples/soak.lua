-- SPDX-License-Identifier: MIT OR Apache-2.0
-- Soak test: hours of calls in virtual time, over lines that lose packets, through NATs that lose their mappings; at the end there must be
-- no leaks.
--
--     wzp run --tap soak.lua 24
--
-- The argument is the number of hours (default 1). A simulated hour takes about a second.
local t = wzp.test
local hours = assert(tonumber(arg[1] or 1), "the argument is a number of hours")
t.plan { name = "soak", timeout = hours * 3600 + 600 }
local lab = t.lab { relays = 1, nat = { a = "easy", b = "hard" } }
local a, b = lab:client("a"), lab:client("b")
lab:link("a"):drop(0.01, { burst = 0.2 }):delay(20, { jitter_ms = 10 })

local calls, failures, memory = 0, {}, nil
local function one_call()
    local out = a:dial(b)
    local ring = b:wait("incoming", { timeout = 10 })
    if not ring then return "no call: " .. tostring(out.reason) end
    ring:answer()
    if not out:wait("connected", { timeout = 10 }) then return "not connected: " .. tostring(out.reason) end
    out:hold()
    ring:hold()
    if math.random() < 0.2 then lab:rebind("b") end
    local lost = out:wait("ended", { timeout = 60 + math.random() * 240 })
    out:hangup()
    if not ring.call:wait("ended", { timeout = 60 }) then return "no end" end
    return lost and "lost: " .. tostring(out.reason) or nil
end

while wzp.time.now() < hours * 3600 do
    local failure = one_call()
    calls = calls + 1
    if failure then failures[#failures + 1] = ("%.0f s: %s"):format(wzp.time.now(), failure) end
    wzp.timer.sleep(5)
    if calls == 5 then collectgarbage() memory = collectgarbage("count") end
end
collectgarbage()
t.gt(calls, 5, "calls were made")
t.is(table.concat(failures, "; "), "", "none failed")
t.record("calls", calls)
t.lt(collectgarbage("count") - memory, 256, "memory does not grow")
t.eventually(function() return #lab:leaks() == 0 end, { within = 60, name = "nothing is left" })
