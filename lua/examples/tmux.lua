-- SPDX-License-Identifier: MIT OR Apache-2.0
-- Status bar item for tmux: registers with your identity, and keeps tmux's option @wzp up to date: idle, the caller, or the peer of a call.
--
--     wzp run tmux.lua &                      and in ~/.tmux.conf:  set -g status-right '#{@wzp}'
--
-- For other status bars, name a program as the argument: it runs in place of tmux, with the arguments set-option -g @wzp TEXT.
local program = arg[1] or "tmux"
local me = assert(wzp.client { name = "tmux", own = true })
local last

local function show()
    local text = me.registered and "☎ idle" or "☎ offline"
    for _, call in ipairs(me.calls) do
        local who = wzp.ui.escape(call.alias ~= "" and call.alias or call.peer)
        if call.state == "incoming" then
            text = "☎ " .. who .. " calls"
        elseif call.state == "up" then
            text = ("☎ %s %s"):format(who, call.path_kind)
        end
    end
    if text == last then return end
    last = text
    wzp.spawn({ program, "set-option", "-g", "@wzp", text }, { timeout = 5 })
end

for _, name in ipairs { "registered", "unregistered", "incoming", "joined", "path", "ended" } do me:on(name, show) end
show()
wzp.forever()
