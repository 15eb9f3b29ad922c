-- SPDX-License-Identifier: MIT OR Apache-2.0
-- Answering machine for init.lua: rings first, and after a while takes the call itself, plays a greeting and records.
--
--     require("examples.answering") { after = 20, greeting = "greeting.wav", record = true }
--
-- The greeting and the messages are in ~/.local/share/wzp/recordings, where init.lua has its files.
-- Taking the call oneself before that keeps the machine out of it.
return function(options)
    local after = options.after or 20
    return wzp.on("incoming", function(ev)
        ev:defer()
        -- It rings; somebody may answer or give up meanwhile.
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
