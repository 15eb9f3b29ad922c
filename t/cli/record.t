#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# wzp record-script: a live session with a relay and two others (calls, a room, contacts, settings) becomes a Lua script that passes.
# shellcheck source=t/tap.sh
. "$WZP_SOURCE/t/tap.sh"
keep_others_out
wzp=$WZP_BUILD/wzp
[ -x "$wzp" ] || skip_all 'wzp was not built'
explain()
{
    sed 's/^/# /' "$dir/out" "$dir/script.lua" 2>/dev/null | head -n 60
}
as()
{
    who=$1
    shift
    HOME="$dir/$who" XDG_CONFIG_HOME="$dir/$who/c" XDG_DATA_HOME="$dir/$who/d" XDG_STATE_HOME="$dir/$who/s" XDG_RUNTIME_DIR="$dir" \
        exec "$@"
}
"$WZP_BUILD/wzp-relay" -i "$dir/seed" --listen 127.0.0.1:0 >"$dir/relay" 2>&1 &
children=$!
becomes grep -q 'listening on' "$dir/relay"
place=$(sed -n 's/.*listening on \(.*\)/\1/p' "$dir/relay")
(as bob "$wzp" answer --auto all -r "$place" -i silence -o null) >"$dir/bob.log" 2>&1 &
children="$children $!"
becomes grep -q '^registered' "$dir/bob.log"
peer=$( (as bob timeout 60 "$wzp" identity show) | sed -n 's/^fingerprint *//p')
{
    becomes grep -qs '^registered at' "$dir/out" && echo "call $peer"
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
} | (as ann timeout 60 "$wzp" record-script "$dir/script.lua" -r "$place") >"$dir/out" 2>&1
[ $? -eq 0 ] && grep -q '2 calls and rooms are in' "$dir/out" && grep -q '^call PEER, .*; quit writes the script$' "$dir/out"
ok $? 'a session is recorded'
grep -q 'me:dial(peer\[1\])' "$dir/script.lua" && grep -q ':mute(true)' "$dir/script.lua" && grep -q 'reason = "offline"' "$dir/script.lua"
ok $? 'the script says what was done'
(as ann timeout 60 "$wzp" run --tap "$dir/script.lua") >"$dir/out" 2>&1
ok $? 'and passes'

# ---- commands beside calls ----
{
    becomes grep -qs '^registered at' "$dir/out2" && echo "add Bob $peer"
    echo 'add Bob nonsense'
    echo 'call Bob'
    sleep 1
    echo 'codec Opus24k'
    sleep 0.3
    echo hangup
    sleep 0.5
    echo 'room meeting'
    sleep 1
    (as carl timeout 60 "$wzp" room meeting -r "$place" -i silence -o null -d 2) >"$dir/carl.log" 2>&1
    sleep 1
    echo mute
    sleep 0.3
    echo hangup
    sleep 0.5
    echo "ping $place"
    echo 'set ring_seconds 20'
    echo 'remove Bob'
    echo 'keep codec'
    sleep 1
    echo quit
} | (as ann timeout 60 "$wzp" record-script "$dir/more.lua" -r "$place") >"$dir/out2" 2>&1
[ $? -eq 0 ] && grep -q '2 calls and rooms are in' "$dir/out2"
ok $? 'a session with a room is recorded'
says() { grep -qF -e "$1" "$dir/more.lua"; }
says 'me:run("add Bob " .. peer[1].fingerprint)' && says 'me:dial("Bob")' && says 'me:run("remove Bob")' &&
    says 't.isnt(select(2, me:run("add Bob nonsense"))'
ok $? 'contacts, who is called by name, and what is refused'
says 'room[2] = me:join("meeting")' && says 'guest[peer[2]] = peer[2]:join(room[2].room)' && says 'expect_members(room[2], 2)' &&
    says 'guest[peer[2]]:hangup()' && says 'room[2]:mute(true)' && says 'room[2]:hangup()'
ok $? 'the room, and who comes and goes in it'
says 'me:run("codec Opus24k")' && says 'me:run("set ring_seconds 20")' && says 't.expect(me, "pong"' && says '-- "keep codec": not in a laboratory'
ok $? 'settings and measurements; what a laboratory has not is a remark'
cp "$dir/more.lua" "$dir/script.lua"
(as ann timeout 60 "$wzp" run --tap "$dir/more.lua") >"$dir/out" 2>&1
ok $? 'and it passes'
(as carl timeout 60 "$wzp" record-script "$dir/none.lua") >"$dir/out" 2>&1 </dev/null
[ $? -eq 1 ] && grep -q 'no relay: ' "$dir/out" && ! grep -q traceback "$dir/out" && [ ! -e "$dir/none.lua" ]
ok $? 'without a relay it says so in a sentence'
done_testing
