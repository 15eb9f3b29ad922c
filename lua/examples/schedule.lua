-- SPDX-License-Identifier: MIT OR Apache-2.0
-- Ring schedule for init.lua: the hours of each weekday in which the phone rings; at other times callers are told that it is busy.
--
--     require("examples.schedule") { [1] = "9-17", [2] = "9-17", [5] = "9-12", always = { "Ann" } }
--
-- 1 is Monday. On days that are not listed the phone does not ring. Contacts in `always` ring at any time. ev.name is set only when the
-- caller proved to be that contact.
local function is_open(hours)
    local from, to = (hours or ""):match("^(%d+)%-(%d+)$")
    local hour = wzp.time.hour()
    return from and hour >= tonumber(from) and hour < tonumber(to)
end

return function(days)
    local always = {}
    for _, name in ipairs(days.always or {}) do always[name] = true end
    return wzp.on("incoming", { prio = 50 }, function(ev)
        if ev.name and always[ev.name] then return end
        if not is_open(days[wzp.time.weekday()]) then ev:reject("busy") end
    end)
end
