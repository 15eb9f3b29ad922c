#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# The cost of Lua scripts: the duration of the manual's example call in virtual time, the cost of a thousand calls at once, the time
# from an event to its hook, and how often a script that waits for events wakes the processor.
set -u
wzp=$WZP_BUILD/wzp
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
export HOME="$dir" XDG_CONFIG_HOME="$dir/c" XDG_DATA_HOME="$dir/d" XDG_STATE_HOME="$dir/s"

cat >"$dir/call.lua" <<'LUA'
local t = wzp.test
t.plan{ name = "direct path dies, call moves to relay, audio keeps going", timeout = 30, seed = 7 }
local lab = t.lab{ relays = 1, nat = { a = "easy", b = "easy" } }
local a, b = lab:client("a"), lab:client("b")
lab:link("a"):drop(0.02):delay(20)
local out = a:dial(b)
local inc = t.expect(b, "call.incoming", { within = 1, from = a.fingerprint })
inc:answer()
t.expect(out, "connected", { within = 2 })
t.eventually(function() return out.path.kind == "direct" end, { within = 5 })
out:play(t.tone(440))
local ear = inc.call:listen()
wzp.timer.sleep(1)
lab:link("a", "b"):drop(1)
t.expect(out, "path.changed", { to = "relay", within = 5 })
t.never(out, "ended", { during = 3 })
t.lt(ear:longest_gap_ms(), 1000, "audible gap")
t.ge(ear:tone_match(440), 0.9)
out:hangup()
t.is(t.expect(inc, "ended", { within = 1 }).reason, "normal")
LUA
for _ in 1 2 3 4 5; do
    start=$(date +%s%N)
    "$wzp" run --tap "$dir/call.lua" >"$dir/out" 2>&1 || { cat "$dir/out" >&2; exit 1; }
    echo $((($(date +%s%N) - start) / 1000))
done | sort -n | awk '{ v[NR] = $1 } END { printf "{\"name\":\"script_call\",\"value\":%.1f,\"unit\":\"ms\"}\n", v[3] / 1000 }'

cat >"$dir/many.lua" <<'LUA'
local t = wzp.test
local count, began = tonumber(arg[1]), os.clock()
t.plan{ timeout = 300, seed = 1 }
local lab = t.lab{ relays = 1 }
local pairs_, calls = {}, {}
for i = 1, count do pairs_[i] = { lab:client("a" .. i, { wait = false }), lab:client("b" .. i, { wait = false }) } end
t.eventually(function() return lab:relay(1).registered == 2 * count end, { within = 60 })
for i = 1, count do
    calls[i] = wzp.task(function()
        local a, b = table.unpack(pairs_[i])
        local call = assert(a:dial(b))
        local ring = assert(b:wait("incoming", { timeout = 10 }))
        assert(ring:answer())
        assert(call:wait("connected", { timeout = 10 }))
        call:hold()
        ring:hold()
        wzp.timer.sleep(60)
        assert(not call.ended)
        assert(call:hangup())
        assert(ring.call:wait("ended", { timeout = 30 }).reason == "normal")
    end)
end
for i = 1, count do assert(calls[i]:join()) end
print(("{\"name\":\"script_calls_%d\",\"value\":%.2f,\"unit\":\"s CPU\"}"):format(count, os.clock() - began))
LUA
"$wzp" run --virtual "$dir/many.lua" 1000 || exit 1

cat >"$dir/hook.lua" <<'LUA'
local t = wzp.test
local lab = t.lab{ relays = 1 }
local a, b = lab:client("a"), lab:client("b", { answers = true, settings = { auto_answer = "all" } })
local call = a:dial(b)
call:wait("connected", { timeout = 10 })
local function turns(n)
    local began = os.clock()
    for i = 1, n do call:mute(i % 2 == 1) end
    return (os.clock() - began) / n * 1e6
end
local n, count = 2000, 0
turns(n)
local best = math.huge
for _ = 1, 9 do
    local without = turns(n)
    local off = wzp.on("muted", function() count = count + 1 end)
    best = math.min(best, turns(n) - without)
    off()
end
assert(count == 9 * n)
print(("{\"name\":\"script_hook\",\"value\":%.2f,\"unit\":\"us\"}"):format(best))
LUA
"$wzp" run --virtual "$dir/hook.lua" || exit 1

echo 'wzp.on("incoming", print) wzp.task(function() wzp.forever() end) wzp.forever()' >"$dir/idle.lua"
"$wzp" run "$dir/idle.lua" &
script=$!
sleep 1
before=$(awk '/ctxt_switches/ { n += $2 } END { print n }' "/proc/$script/status")
sleep 3
after=$(awk '/ctxt_switches/ { n += $2 } END { print n }' "/proc/$script/status")
kill "$script"
wait "$script" 2>/dev/null
printf '{"name":"script_idle_wakeups","value":%d,"unit":"in 3 s"}\n' $((after - before))
