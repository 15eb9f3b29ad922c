#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# init.lua beside wzp answer and wzp-tui: it decides about calls, adds commands, can be reloaded, and its errors are reported.
# shellcheck source=t/tap.sh
. "$WZP_SOURCE/t/tap.sh"
wzp=$WZP_BUILD/wzp
[ -x "$wzp" ] || skip_all 'wzp was not built'
home_in_dir
export XDG_RUNTIME_DIR="$dir/run"
mkdir -p "$dir/config/wzp" "$dir/run"
"$WZP_BUILD/wzp-relay" -i "$dir/seed" --listen 127.0.0.1:0 >"$dir/relay" 2>&1 &
children=$!
becomes grep -q 'listening on' "$dir/relay"
place=$(sed -n 's/.*listening on \(.*\)/\1/p' "$dir/relay")
me=$("$wzp" identity show | sed -n "s/^fingerprint *//p")

cat >"$dir/config/wzp/init.lua" <<'LUA'
wzp.on("incoming", function(ev)
    if ev.alias == "Eve" then ev:reject("busy") return end
    ev:answer()
end)
wzp.command("greet", { args = "who" }, function(a) wzp.ui.say("hello " .. a.who .. "\27[31m") end)
wzp.command("break", {}, function() error("on purpose") end)
wzp.ui.say("ready")
LUA
mkfifo "$dir/words"
"$wzp" answer -r "$place" --words -i silence -o null <"$dir/words" >"$dir/out" 2>"$dir/err" &
answer=$!
children="$children $answer"
exec 3>"$dir/words"
becomes grep -q '^wzp answer: ready$' "$dir/err"
ok $? 'it is run at the start'
becomes grep -q '^registered' "$dir/out"
other()
{
    XDG_CONFIG_HOME="$dir/oc" XDG_DATA_HOME="$dir/od" XDG_STATE_HOME="$dir/os" timeout 30 "$wzp" call "$me" -r "$place" -i silence -o null -d 1 "$@" \
        >"$dir/call" 2>&1
}
other -a Eve
[ $? -eq 3 ] && grep -q busy "$dir/call"
ok $? 'a hook rejects a caller'
other -a Ann
ok $? 'and answers another, without auto_answer'
echo help >&3
becomes grep -q '^  forget-calls  removes the calls' "$dir/err" && ! grep -q 'no command help' "$dir/err"
ok $? 'help tells the words that make sense now'
echo 'greet Bob' >&3
becomes grep -q 'hello Bob?\[31m' "$dir/err"
ok $? 'a command of the script, and what it says is safe to show'
echo 'break' >&3
becomes grep -q 'init.lua:6: .*on purpose' "$dir/err" && becomes grep -q 'stack traceback:' "$dir/err"
ok $? 'an error is told with file, line and traceback'
echo 'wzp.ui.say("again")' >"$dir/config/wzp/init.lua"
echo reload >&3
becomes grep -q '^wzp answer: again$' "$dir/err"
ok $? 'it is loaded anew while the softphone runs'
echo 'greet Bob' >&3
becomes grep -q 'greet' "$dir/err" && [ "$(grep -c 'hello Bob' "$dir/err")" -eq 1 ]
ok $? 'what the old one began is gone'
echo 'wzp.ui.say(' >"$dir/config/wzp/init.lua"
echo reload >&3
becomes grep -q 'init.lua:[12]: .*near' "$dir/err"
ok $? 'a file that cannot be read is told with its line'
kill -0 "$answer"
ok $? 'and the softphone goes on'
echo quit >&3
wait "$answer"
ok $? 'it ends as before'

cat >"$dir/config/wzp/init.lua" <<'LUA'
wzp.ui.say("on the screen")
wzp.command("greet", {}, function() wzp.ui.say("hello") end)
wzp.task(function() wzp.ui.say("answered " .. wzp.ui.ask("who?")) end)
LUA
says()
{
    becomes grep -qs "$1" "$dir/out"
}
: >"$dir/out"
{ says '^who?'; echo greet; echo reply me; echo 'lua 6 * 7'; says '^42'; echo quit; } | timeout 60 "$WZP_BUILD/wzp-tui" --plain -r "$place" -i silence -o null >"$dir/out" 2>"$dir/err"
grep -q '^on the screen' "$dir/out" && grep -q '^hello' "$dir/out" && grep -q 'who? (answer with' "$dir/out" && grep -q '^answered me' "$dir/out" &&
    grep -q '^42' "$dir/out"
ok $? 'the same in wzp-tui, with a question to the person'
: >"$dir/out"
{ echo 'call echo-that-is-none'; echo 'call echo'; says '^connected'; echo quit; } | timeout 60 "$WZP_BUILD/wzp-tui" --plain -r "$place" -i silence -o null >"$dir/out" 2>"$dir/err"
! grep -q 'needs a registration' "$dir/out" && grep -q '^ended: ' "$dir/out"
ok $? 'a call that is typed before the first turn waits for the registration'

# What it can access on the machine: recordings in their folder, and nothing else.
cat >"$dir/config/wzp/init.lua" <<LUA
wzp.ui.say("hook " .. select(2, wzp.set("hook", "touch $dir/hooked")))
wzp.ui.say("keep " .. select(2, wzp.run("keep hook 'touch $dir/hooked'")))
wzp.on("connected", function(ev)
    wzp.ui.say("elsewhere " .. select(2, ev.call:record("$dir/elsewhere.wav")))
    wzp.ui.say("recorded " .. tostring(ev.call:record("message.wav")))
end)
LUA
{ echo 'call echo'; sleep 3; echo quit; } | timeout 20 "$WZP_BUILD/wzp-tui" --plain -r "$place" -i silence -o null >"$dir/out" 2>"$dir/err"
grep -q '^hook .*begins a program' "$dir/out" && grep -q '^keep .*not for init.lua' "$dir/out" && [ ! -e "$dir/hooked" ] &&
    ! grep -qs hooked "$dir/config/wzp/config.toml"
ok $? 'init.lua begins no programs, also not later'
grep -q '^elsewhere .*folder of recordings' "$dir/out" && grep -q '^recorded true' "$dir/out" && [ ! -e "$dir/elsewhere.wav" ] &&
    [ -s "$XDG_DATA_HOME/wzp/recordings/message.wav" ]
ok $? 'it records into the folder of recordings, and nowhere else'
done_testing
