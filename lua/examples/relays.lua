-- SPDX-License-Identifier: MIT OR Apache-2.0
-- Call tester for two relays: a call in each direction between them; prints the setup time and how much of a tone comes through.
--
--     wzp run relays.lua relay-one.example.net:4433 relay-two.example.net:4433
--
-- With one relay both ends of the call are there. The exit status is 2 when a call fails or a relay is dead.
local first, second = arg[1], arg[2] or arg[1]
assert(first, "name one relay, or two")

local function tester(name, relay)
    local client, why = wzp.client { name = name, relay = relay }
    if client then
        client:on("unregistered", function(e) why = e.text end)
        if client.registered or client:wait("registered", { timeout = 10 }) then return client end
    end
    print(("%s  dead: %s"):format(relay, why or "no answer"))
end

local function call(from, to)
    local began = wzp.time.now()
    local out <close> = assert(from:dial(to))
    local ring, why = to:wait("incoming", { timeout = 10 })
    if not ring then return nil, out.reason or why end
    ring:answer()
    local up
    up, why = out:wait("connected", { timeout = 10 })
    if not up then return nil, out.reason or why end
    local setup_ms = (wzp.time.now() - began) * 1000
    local ear = ring.call:listen()
    out:play(wzp.audio.tone { hz = 440 })
    wzp.timer.sleep(3)
    local stats = out:stats()
    return { setup_ms = setup_ms, tone = ear:tone_match(440), gap_ms = ear:longest_gap_ms(), path = out.path_kind,
        rtt_ms = stats.rtt_ms, e2e = out.e2e }
end

local one = tester("one", first)
local two = (one or second ~= first) and tester("two", second)
local alive = one and two
local failed = 0
for _, way in ipairs(alive and { { one, two }, { two, one } } or {}) do
    local r, why = call(way[1], way[2])
    if r then
        print(("%s -> %s  setup %.0f ms  tone %.0f %%  longest gap %.0f ms  %s, rtt %.0f ms, e2e %s"):format(
            way[1].relay, way[2].relay, r.setup_ms, r.tone * 100, r.gap_ms, r.path, r.rtt_ms, r.e2e))
    else
        failed = failed + 1
        print(("%s -> %s  failed: %s"):format(way[1].relay, way[2].relay, why))
    end
end
wzp.test.is(alive and "alive" or "dead", "alive", "the relays")
wzp.test.is(failed, 0, "calls that failed")
