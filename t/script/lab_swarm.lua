-- SPDX-License-Identifier: MIT OR Apache-2.0
-- The load test function: many calls at a given rate, counted.
local t = wzp.test
t.plan { timeout = 300, seed = 11 }
local lab = t.lab { relays = 1 }
local callers, callees = {}, {}
for i = 1, 8 do
    callers[i] = lab:client("a" .. i)
    callees[i] = lab:client("b" .. i, { answers = true, settings = { auto_answer = "all" } })
end

t.test("chance repeats with the seed", function()
    t.is(math.random(1, 1000000), 757150, "the first number of this seed")
end)

t.test("all succeed", function()
    local r = t.swarm {
        callers = 5, calls = 16, rate = 4, hold = { 1, 2 }, progress = 2,
        script = function(i) return callers[(i - 1) % 8 + 1]:dial(callees[(i - 1) % 8 + 1]) end,
    }
    t.is(r.calls, 16, "as many as wanted")
    t.is(r.succeeded, 16, "all of them")
    t.is(next(r.failed), nil, "none failed")
    t.le(r.at_once, 5, "not more at once")
    t.ge(r.at_once, 3, "several at once")
    t.ge(r.seconds, 15 / 4, "not faster than the rate")
    t.ok(r.setup_ms.p50 > 0 and r.setup_ms.p50 <= r.setup_ms.p99, "percentiles")
end)

t.test("failures by reason", function()
    local r = t.swarm {
        callers = 4, rate = 50, timeout = 5, calls = 12, hold = 0.5,
        script = function(i)
            if i % 4 == 0 then error("broken") end
            if i % 4 == 1 then return nil, "no line" end
            if i % 4 == 2 then return callers[i % 8 + 1]:dial("0123:4567:89ab:cdef:0123:4567:89ab:cdef") end
            return callers[i // 4 + 1]:dial(callees[i // 4 + 1])
        end,
    }
    t.is(r.succeeded, 3, "a quarter succeeds")
    t.is(r.failed["no line"], 3, "not placed")
    t.is(r.failed.offline, 3, "nobody there")
    local others = 0
    for reason, count in pairs(r.failed) do if reason:find("broken", 1, true) then others = others + count end end
    t.is(others, 3, "errors of the script")
    t.like(select(2, pcall(t.swarm, { callers = 0, rate = 1, script = print })), "one caller at least", "none is too few")
end)
