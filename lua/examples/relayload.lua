-- SPDX-License-Identifier: MIT OR Apache-2.0
-- Relay load test: many calls at a given rate over one relay; prints percentiles of the setup time.
--
--     wzp run relayload.lua 50 5 200 --relay relay.example.net
--
-- At most 50 calls at once, 5 new ones a second, 200 in all; each lasts 5 to 10 s. Use it only with a relay of your own.
local callers, rate, calls = tonumber(arg[1] or 20), tonumber(arg[2] or 2), tonumber(arg[3] or 40)
assert(callers and rate and calls, "give three numbers: calls at once, a second, and in all")
local from, to = {}, {}
for i = 1, callers do
    from[i] = assert(wzp.client { name = "from" .. i, settings = { direct = false } })
    to[i] = assert(wzp.client { name = "to" .. i, answers = true, settings = { direct = false, auto_answer = "all" } })
end
for i = 1, callers do
    for _, client in ipairs { from[i], to[i] } do
        if not client.registered then
            assert(client:wait("registered", { timeout = 30 }), client.name .. " is not registered")
        end
    end
end
-- Callers without a call: one of them places the next one.
local free = {}
for i = callers, 1, -1 do
    free[#free + 1] = i
    from[i]:on("ended", function() free[#free + 1] = i end)
end
local result = wzp.test.swarm {
    callers = callers, rate = rate, calls = calls, hold = { 5, 10 },
    script = function()
        while #free == 0 do wzp.timer.sleep(0.05) end
        local i = table.remove(free)
        return from[i]:dial(to[i])
    end,
}
assert(result.succeeded == result.calls, (result.calls - result.succeeded) .. " calls failed")
