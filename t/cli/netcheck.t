#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# wzp netcheck on loopback: a relay that also answers STUN, output as text and JSON, changes, interrupts.
# shellcheck source=t/tap.sh
. "$WZP_SOURCE/t/tap.sh"
wzp=$WZP_BUILD/wzp
relay=$WZP_BUILD/wzp-relay
home_in_dir
served=
# look EXIT-STATUS PATTERN WORDS OPTION...: status and a line of output must match.
look() {
    want=$1 pattern=$2 words=$3
    shift 3
    timeout 10 "$wzp" netcheck "$@" >"$dir/out" 2>"$dir/err" </dev/null
    got=$?
    [ "$got" = "$want" ] && cat "$dir/out" "$dir/err" | grep -Eq -- "$pattern"
    ok $? "$words (status $got, expected $want)"
}
"$relay" -i "$dir/seed" --listen 127.0.0.1:0 >"$dir/relay.out" 2>"$dir/relay.err" &
served=$!
children="$children $served"
listens()
{
    place=$(cat "$dir/relay.out" "$dir/relay.err" | grep -Eo '127\.0\.0\.1:[1-9][0-9]*' | head -n 1)
    [ -n "$place" ]
}
becomes listens
ok $? 'a relay is up'

look 0 '^ +Preferred: 127' 'the relay answers, and is preferred' -r "$place" -S "$place"
grep -q "stun:$place .* 127.0.0.1:" "$dir/out"
ok $? 'it answers STUN, too'
[ ! -s "$dir/err" ]
ok $? 'no progress where standard error is no terminal'
look 0 '^\{"t":[0-9.]+,"event":"netcheck","schema":1,' 'one object, t and event first' -j -r "$place" -S "$place"
[ "$(wc -l <"$dir/out")" = 1 ]
ok $? 'in one line'
grep -q '"tcp_443":null' "$dir/out"
ok $? 'what was not tried is null'
ms=$(sed -n 's/.*"duration_ms":\([0-9]*\).*/\1/p' "$dir/out")
[ "${ms:-9999}" -le 2000 ]
ok $? "it took ${ms:-?} ms, at most 2000"
look 0 "stun:$place .* 127.0.0.1:" 'a relay is asked as STUN server without being named as one' -r "$place"
look 1 'No relay and no STUN server is known' 'with nobody to ask it says so'
grep -q -- '--relay.*--stun' "$dir/out"
ok $? 'and what to give it'
look 1 '"verdict_word":"not-asked".*"tcp_443":null' 'also as an object, and no third party was asked' -j
mkdir -p "$dir/config/wzp" && printf 'stun = "%s nowhere.invalid"\n' "$place" >"$dir/config/wzp/config.toml"
look 0 "stun:$place .* 127.0.0.1:" 'the servers of the setting are asked'
grep -q 'stun:nowhere.invalid .*not resolved' "$dir/out"
ok $? 'all of them'
rm -r "$dir/config/wzp"
look 0 '"source":"127.0.0.1:[1-9][0-9]*"' 'it asks from the address it is told' -j -r "$place" -b 127.0.0.1
grep -q '"os_has_ipv6":null' "$dir/out" && grep -q '"ipv6_can_send":null' "$dir/out"
ok $? 'and says nothing of the other family'
look 1 'nowhere: this is no address of this machine' 'a name is no address' -b nowhere
look 1 'cannot open UDP port|cannot bind|address' 'nor is that of somebody else' -b 192.0.2.77 -r "$place"
look 0 '"probes":7,' 'as many round trips as it is told' -j -r "$place" -p 7
look 1 'host:99999: .*expected HOST' 'a wrong relay' -r host:99999
look 0 'this machine has no network nosuch' 'a zone that is none is told as that' -r '[fe80::1%nosuch]:4433' -S "$place"
# shellcheck disable=SC2046
look 1 '17|16 STUN|at most 16' 'too many servers' $(for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17; do echo "-S 127.0.0.1:$i"; done)
look 1 'relays are named with' 'an operand' "$place"
look 1 'wants seconds' 'a wrong number' -T soon

looked() # TIMES
{
    [ "$(grep -c '"event":"netcheck",' "$dir/out")" -ge "$1" ]
}
# Relays answer a limited number of requests a second from one address: no more than that are sent.
"$wzp" netcheck -w -n 1 -p 1 -j -r "$place" -S "$place" >"$dir/out" 2>"$dir/err" &
watching=$!
children="$children $watching"
becomes looked 2
ok $? 'a watch looks again'
kill -INT "$watching"
wait "$watching"
! grep -q netcheck_change "$dir/out"
ok $? 'ports that differ each time are no change'
: >"$dir/out"
"$wzp" netcheck -w -n 0.5 -p 1 -T 0.5 -j -r "$place" >"$dir/out" 2>"$dir/err" &
watching=$!
becomes looked 1
kill -STOP "$served"
becomes grep -q '"field":"udp","before":true,"after":false' "$dir/out"
grep -q '"event":"netcheck_change","field":"udp","before":true,"after":false,"text":"udp: true -> false"' "$dir/out"
ok $? 'a change is told with both values'
kill -INT $watching
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do
    kill -0 $watching 2>/dev/null || break
    sleep 0.2
done
kill -KILL $watching 2>/dev/null
wait $watching
[ $? -lt 4 ]
ok $? 'and an interrupt ends it with the last status'
kill -CONT "$served"
timeout -s INT 2 "$wzp" netcheck -j -r "$place" -L 60 >"$dir/out" 2>"$dir/err"
grep -q '"udp":true,.*"mapping_lifetime_s":null' "$dir/out"
ok $? "an interrupt of the search for a mapping's lifetime prints what else is known"
kill -STOP "$served"
timeout -s INT 0.1 "$wzp" netcheck -r "$place" -S "$place" >"$dir/out" 2>"$dir/err"
[ ! -s "$dir/out" ] && [ ! -s "$dir/err" ]
ok $? 'an interrupt ends it without a word'
kill -CONT "$served"
[ -z "$(ls -A "$dir/data" "$dir/state" 2>/dev/null)" ]
ok $? 'and nothing is stored'
if command -v script >/dev/null 2>&1; then
    script -qec "$wzp netcheck -r $place -S $place" /dev/null >"$dir/out" 2>"$dir/err" </dev/null
    grep -q 'looking at the network: [0-9]* of' "$dir/out"
    ok $? 'on a terminal progress is shown'
fi
kill -TERM "$served"
wait "$served"
ok $? 'the relay ends as it should'
served=
done_testing
