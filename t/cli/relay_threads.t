#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# A relay on two threads; its seed places two rooms on different threads. Tests the debug tap of both. Uses only the loopback network.
# shellcheck source=t/tap.sh
. "$WZP_SOURCE/t/tap.sh"
wzp=$WZP_BUILD/wzp
relay=$WZP_BUILD/wzp-relay
home_in_dir
printf '%064d' 7 >"$dir/seed"
chmod 600 "$dir/seed"
echo 'threads = 2' >"$dir/relay.toml"
start_relay()
{
    "$relay" -i "$dir/seed" -c "$dir/relay.toml" --listen 127.0.0.1:0 --debug-tap '*' --debug-tap-file "$dir/tap.pcapng" >"$dir/out" 2>"$dir/relay.err" &
    relay_pid=$!
    children="$children $relay_pid"
}
start_relay
becomes grep -q 'listening on' "$dir/relay.err"; ok $? 'a relay on two threads with a debug tap starts'
address=$(sed -n 's/.*listening on \(.*\)/\1/p' "$dir/relay.err")
for room in tea-3 tea-4; do
    XDG_DATA_HOME=$dir/$room timeout 60 "$wzp" room "$room" -r "$address" -i tone:300 -o null -d 1 </dev/null >"$dir/$room.out" 2>"$dir/$room.err" &
    children="$children $!"
    eval "${room%-*}${room#*-}=\$!"
done
# shellcheck disable=SC2154
wait "$tea3" && wait "$tea4"; ok $? 'two people are in a room each'
kill "$relay_pid"
wait "$relay_pid" 2>/dev/null
[ "$(stat -c %a "$dir/tap.pcapng.2")" = 600 ]; ok $? 'the tap of the second thread is a file of its own'
has_stream() # FILE ROOM
{
    "$wzp" analyze --json -n "$1" >"$dir/out" 2>"$dir/err" && [ "$(grep -c "\"stream\":\"$2: " "$dir/out")" -eq 1 ] &&
        [ "$(grep -c '"stream":' "$dir/out")" -eq 1 ]
}
has_stream "$dir/tap.pcapng" tea-3; ok $? 'each thread keeps the packets of its rooms'
has_stream "$dir/tap.pcapng.2" tea-4; ok $? 'and of no others'
rm "$dir/tap.pcapng"
start_relay
wait "$relay_pid"
[ $? -eq 1 ] && grep -q 'tap.pcapng.2' "$dir/relay.err"; ok $? 'no file of any thread is overwritten'
done_testing
