-- SPDX-License-Identifier: MIT OR Apache-2.0
-- Webhook: reports every call to a web address, as JSON, with curl.
--
--     wzp run webhook.lua https://hooks.example.net/wzp --relay relay.example.net
--
-- The second argument names a program to run in place of curl; it gets the same arguments, and the JSON on its standard input.
local address, program = assert(arg[1], "name the address"), arg[2] or "curl"
local me = assert(wzp.client { name = "webhook", own = true })

local function tell(ev)
    local body = wzp.json.encode {
        event = ev.event, time = wzp.time.wall(), peer = ev.peer, name = ev.name, claims = ev.claims, alias = ev.alias, reason = ev.reason,
        duration_s = ev.duration_s, outgoing = ev.call and ev.call.outgoing,
    }
    local result, why = wzp.spawn({ program, "--silent", "--fail", "--max-time", "10", "--header",
        "Content-Type: application/json", "--data-binary", "@-", address }, { input = body, timeout = 15 })
    if not result then
        wzp.log.warn("webhook: " .. why)
    elseif result.status ~= 0 then
        wzp.log.warn("webhook: " .. program .. " ended with " .. result.status)
    end
end

for _, name in ipairs { "incoming", "answered", "ended" } do me:on(name, tell) end
print(("calls to %s are reported to %s"):format(me.fingerprint, address))
wzp.forever()
