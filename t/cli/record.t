#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# wzp record-script: a live session with a relay and two others becomes a script that passes.
set -u
wzp=$WZP_BUILD/wzp
if [ ! -x "$wzp" ]; then
    echo "1..0 # SKIP wzp was not built"
    exit 0
fi
dir=$(mktemp -d)
relay=
bob=
trap 'kill $relay $bob 2>/dev/null; rm -rf "$dir"' EXIT
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
        sed 's/^/# /' "$dir/out" "$dir/script.lua" 2>/dev/null | head -n 60
    fi
}
says()
{
    for _ in $(seq 200); do
        grep -q "$2" "$1" 2>/dev/null && return 0
        sleep 0.05
    done
    return 1
}
as()
{
    who=$1
    shift
    HOME="$dir/$who" XDG_CONFIG_HOME="$dir/$who/c" XDG_DATA_HOME="$dir/$who/d" XDG_STATE_HOME="$dir/$who/s" XDG_RUNTIME_DIR="$dir" \
        exec timeout 60 "$@"
}
"$WZP_BUILD/wzp-relay" -i "$dir/seed" --listen 127.0.0.1:0 >"$dir/relay" 2>&1 &
relay=$!
says "$dir/relay" 'listening on'
place=$(sed -n 's/.*listening on \(.*\)/\1/p' "$dir/relay")
(as bob "$wzp" answer --auto all -r "$place" -i silence -o null) >"$dir/bob.log" 2>&1 &
bob=$!
says "$dir/bob.log" '^registered'
peer=$( (as bob "$wzp" identity show) | sed -n 's/^fingerprint *//p')
{
    says "$dir/out" '^registered at' && echo "call $peer"
    sleep 1
    echo mute
    sleep 0.3
    echo unmute
    sleep 0.3
    echo hangup
    sleep 0.5
    echo "call 0123:4567:89ab:cdef:0123:4567:89ab:cdef"
    sleep 0.5
    echo sing
    echo quit
} | (as ann "$wzp" record-script "$dir/script.lua" -r "$place") >"$dir/out" 2>&1
[ $? -eq 0 ] && grep -q '2 calls are in' "$dir/out" && grep -q '^call PEER, .*; quit writes the script$' "$dir/out"
check $? 'a session is recorded'
grep -q 'me:dial(peer1)' "$dir/script.lua" && grep -q ':mute(true)' "$dir/script.lua" && grep -q 'reason = "offline"' "$dir/script.lua"
check $? 'the script says what was done'
(as ann "$wzp" run --tap "$dir/script.lua") >"$dir/out" 2>&1
check $? 'and passes'
(as carl "$wzp" record-script "$dir/none.lua") >"$dir/out" 2>&1 </dev/null
[ $? -eq 1 ] && grep -q 'no relay: ' "$dir/out" && ! grep -q traceback "$dir/out" && [ ! -e "$dir/none.lua" ]
check $? 'without a relay it says so in a sentence'
echo "1..$n"
exit "$failed"
