#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Operating a running relay. Uses only the loopback network.
# shellcheck source=t/tap.sh
. "$WZP_SOURCE/t/tap.sh"
wzp=$WZP_BUILD/wzp
relay=$WZP_BUILD/wzp-relay
home_in_dir
: >"$dir/echo.json"
timeout 20 "$relay" -i "$dir/seed" --listen 127.0.0.1:0 --event-log "$dir/none/events" >"$dir/out" 2>&1
[ $? -eq 1 ] && grep -q 'event log .*/none/events: No such file' "$dir/out"; ok $? 'an event log that cannot be written is told, and the relay does not start'
"$relay" -i "$dir/seed" --listen 127.0.0.1:0 --event-log "$dir/events" --control "$dir/run/socket" >"$dir/relay.out" 2>"$dir/relay.err" &
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

ctl()
{
    timeout 20 "$relay" ctl --control "$dir/run/socket" "$@" >"$dir/out" 2>&1
}
[ "$(stat -c %a "$dir/run/socket")" = 600 ]; ok $? 'its control socket is private'
ctl who; [ $? -eq 0 ] && [ "$(grep -c '^{"kind":"person",' "$dir/out")" = 1 ]; ok $? 'it says who is here'
fingerprint=$(sed -n 's/^{"kind":"person","fingerprint":"\([^"]*\)".*/\1/p' "$dir/out")
ctl rooms; [ $? -eq 0 ] && [ ! -s "$dir/out" ]; ok $? 'which rooms there are: none'
ctl links && [ ! -s "$dir/out" ]; ok $? 'and no other relays'
ctl counters && grep -q '"registered":1,' "$dir/out"; ok $? 'and its counters'
ctl nonsense; [ $? -eq 1 ] && grep -q "there is no word 'nonsense'" "$dir/out"; ok $? 'a word that is none is wrong usage'
ctl room; [ $? -eq 1 ] && grep -q 'did you mean rooms?' "$dir/out"; ok $? 'and the one that was meant is named'
ctl kick; [ $? -eq 1 ] && grep -q 'kick takes FINGERPRINT|ADDRESS' "$dir/out"; ok $? 'an order without a name is, too'
ctl who extra; [ $? -eq 1 ] && grep -q 'who takes nothing' "$dir/out"; ok $? 'and a question with one'
ctl kick 192.0.2.999; [ $? -eq 3 ] && grep -q 'is not an address' "$dir/out"; ok $? 'and with a wrong one'
ctl; [ $? -eq 1 ]; ok $? 'without a word nothing is asked'
timeout 20 "$wzp" relay ctl --control "$dir/nowhere" who >"$dir/out" 2>&1
[ $? -eq 2 ] && grep -q "^wzp relay ctl: no relay listens at $dir/nowhere\$" "$dir/out"; ok $? 'where nobody listens is told'
for order in 'kick zzz' 'ban Ann' 'unban 1234' 'allow board x' 'disallow board 1111:2222'; do
    # shellcheck disable=SC2086
    ctl $order; [ $? -eq 3 ] && grep -q 'give a fingerprint (32 hexadecimal digits)' "$dir/out"; ok $? "$order: that is no fingerprint"
done
ctl access && [ ! -s "$dir/out" ] && ctl bans && [ ! -s "$dir/out" ]; ok $? 'and nothing came of it'
ctl lock board key; [ $? -eq 1 ] && grep -q 'lock takes a room and nothing else: its password' "$dir/out"; ok $? 'a password is never an argument'
ctl lock; [ $? -eq 1 ] && grep -q 'lock takes a room' "$dir/out"; ok $? 'and lock without a room says the same'
ctl kick "$fingerprint" && grep -q '^1 connection ended$' "$dir/out"; ok $? 'somebody is sent away'
is_back()
{
    ctl who && grep -q "$fingerprint" "$dir/out"
}
becomes is_back; ok $? 'and may come back'
ctl ban "$fingerprint" && grep -q '^1 connection ended$' "$dir/out"; ok $? 'or is banned'
is_refused()
{
    ctl counters && grep -q '"registered":0,.*"registrations_refused":[1-9]' "$dir/out"
}
becomes is_refused; ok $? 'and does not'
ctl bans && grep -q "^{\"kind\":\"ban\",\"whom\":\"$fingerprint\"}" "$dir/out"; ok $? 'bans are listed'
ctl unban "$fingerprint"; ok $? 'and taken back'
ctl unban "$fingerprint"; [ $? -eq 3 ] && grep -q 'no such ban' "$dir/out"; ok $? 'once'
[ -f "$dir/events" ] && [ "$(stat -c %a "$dir/events")" = 600 ]; ok $? 'its event log is there'
printf 'correct horse\n' >"$dir/password"
room() # joins the room for a moment; arguments are options
{
    timeout 20 "$wzp" room board -r "$address" --in silence --out null --duration 1 --json "$@" >"$dir/room.json" 2>"$dir/room.err" </dev/null
}
timeout 20 "$relay" ctl --control "$dir/run/socket" lock board <"$dir/password" >"$dir/out" 2>&1; ok $? 'a room is locked with a password from standard input'
ctl access && grep -q '^{"kind":"rule","room":"board","password":true,"listed_only":false,"proven":false,"count":0,"listed":\[\]}' "$dir/out"; ok $? 'rules are listed, without the password'
room; [ $? -eq 3 ] && grep -q 'the room wants a password: try again with --password, which asks for it' "$dir/room.err" && grep -q '"password_wanted":true' "$dir/room.json"; ok $? 'wzp room without it is refused and says what is missing'
chmod 600 "$dir/password"
room --password-file "$dir/password" && ! grep -q warning "$dir/room.err" && ! grep -q 'no password' "$dir/room.json"; ok $? 'with --password-file it is let in'
chmod 644 "$dir/password"
room --password-file "$dir/password" && grep -q "warning: $dir/password can be read by others (mode 0644); repair: chmod 600" "$dir/room.err"; ok $? 'one that others can read works, and is told'
printf 'wrong\n' | timeout 20 "$wzp" room board -r "$address" --in silence --out null --duration 1 --password >"$dir/out" 2>&1
[ $? -eq 3 ] && grep -q 'the password of this room is another one' "$dir/out" &&
    ! grep -q 'the room has another password' "$dir/out"; ok $? 'a wrong one is told as that'
room --password-file "$dir/none"; [ $? -eq 1 ] && grep -q 'none: No such file' "$dir/room.err"; ok $? 'a file that is not there is no password'
ctl allow board "$("$wzp" identity show | grep -o '[0-9a-f]\{4\}\(:[0-9a-f]\{4\}\)\{7\}' | head -1)" && room; ok $? 'who is on the list needs none'
ctl disallow board 1111:2222:3333:4444:5555:6666:7777:8888; [ $? -eq 3 ] && grep -q 'nobody of that name' "$dir/out"; ok $? 'who is not on it cannot be taken off'
ctl unlock board; ok $? 'the room is opened again'
chmod 600 "$dir/password"
room --password-file "$dir/password" && grep -q '"event":"notice".*the room has no password: whoever knows its name gets in' "$dir/room.json"; ok $? 'a password that nobody asks for is told as that'
ctl lock board; [ $? -eq 1 ] && grep -q 'there is no password' "$dir/out"; ok $? 'an empty password locks nothing'
if script -qec true /dev/null >/dev/null 2>&1; then
    { sleep 1; echo tea; sleep 1; echo tea; sleep 1; } | timeout 20 script -qec "$relay ctl --control $dir/run/socket lock board" /dev/null >"$dir/out" 2>&1
    grep -q 'password of the room: ' "$dir/out" && grep -q 'once more: ' "$dir/out" && ! grep -q tea "$dir/out" && ctl access && grep -q '"password":true' "$dir/out"
    ok $? 'at a terminal it is asked for twice and not shown'
else
    ok 0 'at a terminal it is asked for twice and not shown # SKIP there is no script(1)'
fi
ctl --help; words=$(sed -n '/^words:/,/^$/s/^  \([a-z]*\) .*/\1/p' "$dir/out")
for word in $words; do grep -q "^\.It Cm $word\b" "$WZP_SOURCE/man/wzp-relay.8" || missing="${missing-} $word"; done
[ "$(echo "$words" | wc -l)" -ge 14 ] && [ -z "${missing-}" ]; ok $? 'the manual explains every word of ctl'
ctl drain && grep -q 'parting with everybody' "$dir/out"; ok $? 'it is told to part'
wait "$relay_pid"; ok $? 'and ends well'
[ ! -e "$dir/run/socket" ]; ok $? 'its socket goes with it'
done_testing
