-- SPDX-License-Identifier: MIT OR Apache-2.0
-- Call screening for init.lua: contacts who prove their identity ring at any time. Other callers get "busy" at night; by day they ring
-- only if their identity is proven. A caller who proves nothing can claim any fingerprint, and so also get around `blocked`.
--
--     require("examples.screening") { from = 8, to = 22, blocked = { "1234:5678:9abc:def0:1234:5678:9abc:def0" } }
return function(options)
    local blocked = {}
    for _, fingerprint in ipairs(options.blocked or {}) do blocked[fingerprint] = true end
    return wzp.on("incoming", { prio = 100 }, function(ev)
        if blocked[ev.peer] then
            ev:reject("declined")
            wzp.log.info("screening: a blocked caller was declined")
        elseif ev.name then
            return -- a contact with a proven identity: the phone rings as usual
        else
            local hour = wzp.time.hour()
            local night = hour < (options.from or 8) or hour >= (options.to or 22)
            if night or not ev.e2e then
                ev:reject("busy")
                wzp.ui.say((ev.claims and "a call from somebody who claims to be %s was refused"
                    or "a call from a stranger was refused: %s"):format(ev.claims or ev.alias or ev.peer))
            end
        end
    end)
end
