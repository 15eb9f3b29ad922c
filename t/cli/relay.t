#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# How a running relay is looked after. No network but the machine's own.
# shellcheck source=t/tap.sh
. "$WZP_SOURCE/t/tap.sh"
wzp=$WZP_BUILD/wzp
relay=$WZP_BUILD/wzp-relay
home_in_dir
: >"$dir/echo.json"
timeout 20 "$relay" -i "$dir/seed" --listen 127.0.0.1:0 --event-log "$dir/none/events" >"$dir/out" 2>&1
[ $? -eq 1 ] && grep -q 'event log .*/none/events: No such file' "$dir/out"; ok $? 'an event log that cannot be written is told, and the relay does not start'
"$relay" -i "$dir/seed" --listen 127.0.0.1:0 --event-log "$dir/events" >"$dir/relay.out" 2>"$dir/relay.err" &
relay_pid=$!
children=$relay_pid
becomes grep -q 'listening on' "$dir/relay.err"; ok $? 'a relay runs'
address=$(sed -n 's/.*listening on \(.*\)/\1/p' "$dir/relay.err")
"$wzp" echo -r "$address" --json </dev/null >"$dir/echo.json" 2>"$dir/echo.err" &
children="$children $!"
becomes grep -q '"event":"registered"' "$dir/echo.json"; ok $? 'somebody registers'

kill -USR1 "$relay_pid"
becomes grep -q 'SIGUSR1: that is all' "$dir/relay.err"; ok $? 'on SIGUSR1 it says how it stands'
grep -q '^{"kind":"person","fingerprint":"[0-9a-f:]*","registered":true,"standing":"proven",.*"address":"127.0.0.1:' "$dir/relay.err"
ok $? 'who is here'
[ "$(grep -c '^{"kind":"counters","draining":false,"connections":1,' "$dir/relay.err")" = 1 ]; ok $? 'and what it counted'

[ -f "$dir/events" ] && [ "$(stat -c %a "$dir/events")" = 600 ]; ok $? 'its event log is there'
kill -TERM "$relay_pid"
wait "$relay_pid"; ok $? 'it ends well'
done_testing
