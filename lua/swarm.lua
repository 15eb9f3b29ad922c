-- SPDX-License-Identifier: MIT OR Apache-2.0
-- wzp.test.swarm: many calls at a given rate. The caller's function places a call and returns it. Counted are the time until the call
-- is connected, the result, and the reason of a failure.

local function percentile(sorted, share)
    if #sorted == 0 then return 0 end
    return sorted[math.max(1, math.ceil(#sorted * share))]
end

local function summary(values)
    table.sort(values)
    return {
        p50 = percentile(values, 0.50), p90 = percentile(values, 0.90), p95 = percentile(values, 0.95),
        p99 = percentile(values, 0.99), max = percentile(values, 1), count = #values,
    }
end

-- A number as it is, or a random one between two.
local function seconds(range)
    if type(range) ~= "table" then return range or 0 end
    return range[1] + math.random() * (range[2] - range[1])
end

local function say(...)
    wzp.test.diag(string.format(...))
end

local function one_call(state, options, number)
    local began = wzp.time.now()
    local call, why = options.script(number)
    if not call then return why or "not placed" end
    local connected
    connected, why = call:wait("connected", { timeout = options.timeout or 30 })
    if not connected then
        call:hangup()
        return why == "closed" and call.reason or why
    end
    state.setup[#state.setup + 1] = (wzp.time.now() - began) * 1000
    state.up = state.up + 1
    state.most_up = math.max(state.most_up, state.up)
    local ended = call:wait("ended", { timeout = seconds(options.hold) })
    state.up = state.up - 1
    if ended then return "lost: " .. tostring(call.reason) end
    call:hangup()
    ended = call:wait("ended", { timeout = 30 })
    return not ended and "no end" or call.reason ~= "normal" and call.reason or nil
end

local function report(state, result)
    say("calls %d, at once at most %d, %.1f a second over %.1f s", state.done, state.most_up,
        state.done / math.max(result.seconds, 0.001), result.seconds)
    say("succeeded %d (%.2f %%)", result.succeeded, 100 * result.succeeded / math.max(state.done, 1))
    local reasons = {}
    for reason in pairs(result.failed) do reasons[#reasons + 1] = reason end
    table.sort(reasons)
    for _, reason in ipairs(reasons) do say("failed    %-24s %d", reason, result.failed[reason]) end
    local s = result.setup_ms
    say("setup ms  p50 %.0f  p90 %.0f  p95 %.0f  p99 %.0f  max %.0f", s.p50, s.p90, s.p95, s.p99, s.max)
end

-- options: callers (calls at once), rate (calls a second), calls (in all), hold, timeout, progress (seconds), script (places a call)
return function(options)
    local total = options.calls or options.callers
    local state = { up = 0, most_up = 0, running = 0, done = 0, setup = {}, failed = {} }
    local began, succeeded = wzp.time.now(), 0
    local tasks = {}
    local progress = wzp.timer.every(options.progress or 10, function()
        say("%.0f s: %d begun, %d up, %d done", wzp.time.now() - began, #tasks, state.up, state.done)
    end)
    for number = 1, total do
        local due = began + (number - 1) / options.rate
        if due > wzp.time.now() then wzp.timer.sleep(due - wzp.time.now()) end
        while state.running >= options.callers do wzp.timer.sleep(0.01) end
        state.running = state.running + 1
        tasks[number] = wzp.task(function()
            local fine, failure = pcall(one_call, state, options, number)
            if not fine then failure = "error: " .. tostring(failure) end
            state.running = state.running - 1
            state.done = state.done + 1
            if failure then
                state.failed[failure] = (state.failed[failure] or 0) + 1
            else
                succeeded = succeeded + 1
            end
        end)
    end
    for _, task in ipairs(tasks) do task:join() end
    progress:cancel()
    local result = {
        calls = state.done, succeeded = succeeded, failed = state.failed, setup_ms = summary(state.setup),
        at_once = state.most_up, seconds = wzp.time.now() - began,
    }
    report(state, result)
    return result
end
