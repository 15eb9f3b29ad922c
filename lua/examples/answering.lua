-- SPDX-License-Identifier: MIT OR Apache-2.0
-- Answering machine for init.lua: lets the call ring first, then answers it, plays a greeting and records a message.
--
--     require("examples.answering") { after = 20, greeting = "greeting.wav", record = true }
--
-- The greeting and the messages are in ~/.local/share/wzp/recordings, the folder of init.lua's files.
-- If the user answers before that time, the machine does nothing.
return function(options)
    local after = options.after or 20
    return wzp.on("incoming", function(ev)
        ev:defer()
        -- Meanwhile it rings; the user may answer, or the caller may hang up.
        if ev.call:wait("answered", { timeout = after }) or ev.call.ended then return end
        if not ev:answer { mode = "private" } then return end
        local call <close> = ev.call
        if not call:wait("connected", { timeout = 20 }) then return end
        if options.greeting then call:play(options.greeting, { wait = true }) end
        call:play(wzp.audio.tone { hz = 880, seconds = 0.4 }, { wait = true })
        if options.record then call:record(("%s.wav"):format(wzp.time.date():gsub("[ :]", "-"))) end
        call:wait("ended", { timeout = options.most_seconds or 120 })
        wzp.ui.say("a message of " .. (ev.name or ev.claims and ev.claims .. " (not proven)" or ev.alias or ev.peer))
    end)
end
