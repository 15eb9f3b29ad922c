-- SPDX-License-Identifier: MIT OR Apache-2.0
-- Call screening for init.lua: contacts who prove that they are ring at any time; others are busy at night, and by day only
-- those whose identity is proven ring. Whoever proves nothing can claim any fingerprint, also to get around `blocked`.
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
            return -- a contact, proven: go on as usual
        else
            local hour = wzp.time.hour()
            local night = hour < (options.from or 8) or hour >= (options.to or 22)
            if night or not ev.e2e then
                ev:reject("busy")
                wzp.ui.say((ev.claims and "a call of somebody who says to be %s was turned away"
                    or "a call of a stranger was turned away: %s"):format(ev.claims or ev.alias or ev.peer))
            end
        end
    end)
end
