-- SPDX-License-Identifier: MIT OR Apache-2.0
-- Line watch: calls an echo peer at intervals, records setup time, round trip, loss and how much of a tone comes back, and prints a
-- summary at the end of each day.
--
--     wzp run linewatch.lua watch.csv 300 --relay relay.example.net
--
-- Each call is one line in the file and on the screen: time, setup in ms, round trip in ms, loss in percent, the tone's share of what came
-- back (0 to 1); or time, "failed" and the reason.
local file, period, reports = arg[1] or "watch.csv", tonumber(arg[2] or 300), tonumber(arg[3] or math.huge)
local day = tonumber(arg[4] or 86400)
assert(wzp.file.append(file, "")) -- fails now, not after the first call, if the file cannot be written

local watcher = assert(wzp.client { name = "watch" })
local echo = assert(wzp.client { name = "watch-echo", echo = true })
for _, client in ipairs { watcher, echo } do
    if not client.registered then client:wait("registered", { timeout = 20 }) end
end

local function try_line()
    local began = wzp.time.now()
    local call <close>, why = wzp.call.dial { to = echo, client = watcher, timeout = 20 }
    if not call then return nil, why end
    local setup_ms = (wzp.time.now() - began) * 1000
    local ear = call:listen { seconds = 10 }
    call:play(wzp.audio.tone { hz = 500 })
    if call:wait("ended", { timeout = 5 }) then return nil, call.reason end
    local stats = call:stats()
    return { setup_ms = setup_ms, rtt_ms = stats.rtt_ms, loss = stats.loss_percent, tone = ear:tone_match(500) }
end

local function note(format, ...)
    local line = wzp.time.date() .. "," .. format:format(...)
    local kept, why = wzp.file.append(file, line .. "\n")
    print(kept and line or line .. "  (not kept: " .. why .. ")")
end

local function percentile(values, share)
    table.sort(values)
    return values[math.max(1, math.ceil(#values * share))] or 0
end

for report = 1, math.huge do
    local calls, failed, setups, losses = 0, 0, {}, {}
    local ends = wzp.time.now() + day
    while wzp.time.now() < ends do
        local r, why = try_line()
        calls = calls + 1
        if r then
            setups[#setups + 1], losses[#losses + 1] = r.setup_ms, r.loss
            note("%.0f,%.1f,%.1f,%.2f", r.setup_ms, r.rtt_ms, r.loss, r.tone)
        else
            failed = failed + 1
            note("failed,%s", why)
        end
        wzp.timer.sleep(period)
    end
    print(("%s  %d calls, %d failed, setup p50 %.0f p95 %.0f ms, loss p95 %.1f %%"):format(wzp.time.date(), calls, failed,
        percentile(setups, 0.5), percentile(setups, 0.95), percentile(losses, 0.95)))
    if report >= reports then break end
end
