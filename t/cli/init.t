#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# init.lua beside wzp answer and wzp-tui: it decides about calls, adds commands, is loaded anew, and what is wrong with it is told.
set -u
wzp=$WZP_BUILD/wzp
if [ ! -x "$wzp" ]; then
    echo "1..0 # SKIP wzp was not built"
    exit 0
fi
dir=$(mktemp -d)
relay=
answer=
trap 'kill $relay $answer 2>/dev/null; rm -rf "$dir"' EXIT
n=0
failed=0

check()
{
    n=$((n + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $n - $2"
    else
        failed=1
        echo "not ok $n - $2"
        sed 's/^/# /' "$dir/said" "$dir/out" 2>/dev/null | head -n 40
    fi
}

# Waits until a file says it.
says()
{
    for _ in $(seq 200); do
        grep -q "$2" "$1" 2>/dev/null && return 0
        sleep 0.05
    done
    return 1
}

export HOME="$dir" XDG_CONFIG_HOME="$dir/c" XDG_DATA_HOME="$dir/d" XDG_STATE_HOME="$dir/s" XDG_RUNTIME_DIR="$dir/r"
mkdir -p "$dir/c/wzp" "$dir/r"
"$WZP_BUILD/wzp-relay" -i "$dir/seed" --listen 127.0.0.1:0 >"$dir/relay" 2>&1 &
relay=$!
says "$dir/relay" 'listening on'
place=$(sed -n 's/.*listening on \(.*\)/\1/p' "$dir/relay")
me=$("$wzp" identity show | sed -n "s/^fingerprint *//p")

cat >"$dir/c/wzp/init.lua" <<'LUA'
wzp.on("incoming", function(ev)
    if ev.alias == "Eve" then ev:reject("busy") return end
    ev:answer()
end)
wzp.command("greet", { args = "who" }, function(a) wzp.ui.say("hello " .. a.who .. "\27[31m") end)
wzp.command("break", {}, function() error("on purpose") end)
wzp.ui.say("ready")
LUA
mkfifo "$dir/words"
"$wzp" answer -r "$place" --words -i silence -o null <"$dir/words" >"$dir/out" 2>"$dir/said" &
answer=$!
exec 3>"$dir/words"
says "$dir/said" '^wzp answer: ready$'
check $? 'it is run at the start'
says "$dir/out" '^registered'
other()
{
    XDG_CONFIG_HOME="$dir/oc" XDG_DATA_HOME="$dir/od" XDG_STATE_HOME="$dir/os" timeout 30 "$wzp" call "$me" -r "$place" -i silence -o null -d 1 "$@" \
        >"$dir/call" 2>&1
}
other -a Eve
[ $? -eq 3 ] && grep -q busy "$dir/call"
check $? 'a hook rejects a caller'
other -a Ann
check $? 'and answers another, without auto_answer'
echo 'greet Bob' >&3
says "$dir/said" 'hello Bob?\[31m'
check $? 'a command of the script, and what it says is safe to show'
echo 'break' >&3
says "$dir/said" 'init.lua:6: .*on purpose' && says "$dir/said" 'stack traceback:'
check $? 'an error is told with file, line and traceback'
echo 'wzp.ui.say("again")' >"$dir/c/wzp/init.lua"
echo reload >&3
says "$dir/said" '^wzp answer: again$'
check $? 'it is loaded anew while the softphone runs'
echo 'greet Bob' >&3
says "$dir/said" 'greet' && [ "$(grep -c 'hello Bob' "$dir/said")" -eq 1 ]
check $? 'what the old one began is gone'
echo 'wzp.ui.say(' >"$dir/c/wzp/init.lua"
echo reload >&3
says "$dir/said" 'init.lua:[12]: .*near'
check $? 'a file that cannot be read is told with its line'
kill -0 "$answer"
check $? 'and the softphone goes on'
echo quit >&3
wait "$answer"
check $? 'it ends as before'
answer=

cat >"$dir/c/wzp/init.lua" <<'LUA'
wzp.ui.say("on the screen")
wzp.command("greet", {}, function() wzp.ui.say("hello") end)
wzp.task(function() wzp.ui.say("answered " .. wzp.ui.ask("who?")) end)
LUA
{ sleep 1; echo greet; echo reply me; echo 'lua 6 * 7'; sleep 1; echo quit; } | timeout 20 "$WZP_BUILD/wzp-tui" --plain -r "$place" -i silence -o null >"$dir/out" 2>"$dir/said"
grep -q '^on the screen' "$dir/out" && grep -q '^hello' "$dir/out" && grep -q 'who? (answer with' "$dir/out" && grep -q '^answered me' "$dir/out" &&
    grep -q '^42' "$dir/out"
check $? 'the same in wzp-tui, with a question to the person'
{ echo 'call echo-that-is-none'; echo 'call echo'; sleep 1; echo quit; } | timeout 20 "$WZP_BUILD/wzp-tui" --plain -r "$place" -i silence -o null >"$dir/out" 2>"$dir/said"
! grep -q 'needs a registration' "$dir/out" && grep -q '^ended: ' "$dir/out"
check $? 'a call that is typed before the first turn waits for the registration'
echo "1..$n"
exit "$failed"
