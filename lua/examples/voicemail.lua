-- SPDX-License-Identifier: MIT OR Apache-2.0
-- Voicemail robot: answers every call, plays a greeting and a beep, and records the message until the caller hangs up.
--
--     wzp run voicemail.lua greeting.wav /var/spool/wzp --relay relay.example.net
--
-- Without a greeting (or with "" in its place) there is only the beep. Messages are files DATE-NUMBER.wav in the folder (default: the
-- current one), of at most two minutes; messages.txt in that folder lists them.
local greeting, folder = arg[1], arg[2] or "."
if greeting == "" then greeting = nil end
local most_seconds = 120
local list = folder .. "/messages.txt"
assert(wzp.file.append(list, "")) -- fails at the start, not in a call, if nothing can be stored

local robot = assert(wzp.client { name = "voicemail", alias = "Voicemail", own = true })
print("messages for " .. robot.fingerprint .. " go to " .. folder)

local number = 0
local function take_message(ev)
    number = number + 1
    local file = ("%s/%s-%d.wav"):format(folder, wzp.time.date():gsub("[ :]", "-"), number)
    if not ev:answer { mode = "private" } then return end
    local call <close> = ev.call
    if not call:wait("connected", { timeout = 20 }) then return end
    if greeting then call:play(greeting, { wait = true }) end
    call:play(wzp.audio.tone { hz = 880, seconds = 0.4 }, { wait = true })
    local fine, why = call:record(file)
    if not fine then print("cannot record: " .. why) return end
    call:wait("ended", { timeout = most_seconds })
    local line = ("%s  message of %s in %s"):format(wzp.time.date(), wzp.ui.escape(ev.alias or ev.peer), file)
    wzp.file.append(list, line .. "\n")
    print(line)
end

robot:on("incoming", take_message)
wzp.forever()
