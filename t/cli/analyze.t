#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# wzp analyze on real loopback sockets: an encrypted call writes its packets to a capture, and the analysis shows what was heard.
# shellcheck source=t/tap.sh
. "$WZP_SOURCE/t/tap.sh"
keep_others_out
wzp=$WZP_BUILD/wzp
home_in_dir
explain() { for name in out err; do sed -n "1,15s/^/#   $name: /p" "$dir/$name"; done; }
holds() { grep -q "$1" "$dir/$2" 2>/dev/null; }
figure() { sed -n "s/.*\"$1\":\([0-9.-]*\).*/\1/p" "$dir/out"; }

"$WZP_BUILD/wzp-relay" -i "$dir/seed" --listen 127.0.0.1:0 --debug-tap '*' --debug-tap-file "$dir/tap.pcapng" >"$dir/relay.out" 2>"$dir/relay.err" &
relay=$!
children="$children $relay"
becomes holds 'listening on' relay.err
address=$(sed -n 's/.*listening on \(.*\)/\1/p' "$dir/relay.err")

timeout 60 "$wzp" call echo -r "$address" -i tone:300 -o null -d 2 --capture "$dir/call.pcapng" --qlog "$dir/call.qlog" >"$dir/out" 2>"$dir/err"
ok $? 'a call with --capture ends well' out
holds 'keeps the packets of the call from now on' out && holds ' packets of the call are in ' out
ok $? 'it says that packets are kept, and how many'
[ "$(stat -c %a "$dir/call.pcapng")" = 600 ]
ok $? 'the file is its owner'"'"'s'

"$wzp" analyze "$dir/call.pcapng" --json >"$dir/out" 2>"$dir/err"
ok $? 'it is analyzed' out
[ "$(figure packets)" -gt 20 ] && [ "$(figure kbps_out | cut -d. -f1)" -gt 0 ]
ok $? 'both directions are in it'
[ "$(figure in_time_percent | cut -d. -f1)" -ge 20 ] # a machine at its limit loses some
ok $? 'the voice of the sealed call is heard'
grep -q '<svg ' "$dir/call.html" && [ "$(stat -c %a "$dir/call.html")" = 600 ]
ok $? 'the report stands beside it'
manual=$WZP_SOURCE/man/wzp-analyze.1
missing=$(sed 's/[{,]/\n/g' "$dir/out" | sed -n 's/^"\([a-z0-9_]*\)":.*/\1/p' | while read -r key; do
    grep -q "^\.\(It \)\{0,1\}Va .*\b$key\b" "$manual" || echo "$key"
done)
[ -z "$missing" ]
ok $? 'the manual explains every key'

grep -q 'What the connections did' "$dir/call.html" && grep -q 'Congestion window' "$dir/call.html"
ok $? 'what the qlog beside it tells of the connections is in it'
"$wzp" analyze "$dir/call.pcapng" -q "$dir/no.qlog" >"$dir/out" 2>"$dir/err"
[ $? -eq 1 ] && holds 'no.qlog' err
ok $? 'one that is asked for and not there is told'

"$wzp" analyze -n "$dir/call.pcapng" >"$dir/out" 2>"$dir/err"
holds 'of the voice was heard as it came' out
ok $? 'for people it begins with a sentence' out
"$wzp" analyze -o "$dir/other.html" "$dir/call.pcapng" >"$dir/out" 2>"$dir/err"
holds "The report is $dir/other.html" out && [ -s "$dir/other.html" ]
ok $? 'the report goes where it is told to'
"$wzp" analyze -o "$dir/none/deep/other.html" "$dir/call.pcapng" >"$dir/out" 2>"$dir/err"
[ $? -eq 1 ] && holds "^wzp analyze: cannot write $dir/none/deep/other.html: No such file or directory\$" err && [ ! -e "$dir/none" ]
ok $? 'where there is no such folder none is made, and it is told' err

# Over the relay, so that its tap sees the packets (below) however soon other calls become direct.
echo 'direct = false' >"$dir/relayed.toml"
timeout 60 "$wzp" call echo -r "$address" -C "$dir/relayed.toml" -i tone:300 -o null -d 1 >"$dir/out" 2>"$dir/err"
ok $? 'a call over the relay ends well' out

# The relay's tap has the encrypted calls above, until they were direct, and a room.
XDG_DATA_HOME=$dir/other timeout 60 "$wzp" room lounge -r "$address" -i tone:300 -o null -d 2 >"$dir/other.out" 2>&1 &
children="$children $!"
timeout 60 "$wzp" room lounge -r "$address" -i tone:300 -o null -d 2 >"$dir/out" 2>"$dir/err"
ok $? 'two people are in a room' out
kill "$relay"
wait "$relay" 2>/dev/null
"$wzp" analyze --json -n "$dir/tap.pcapng" >"$dir/out" 2>"$dir/err"
[ "$(grep -c '"sealed":true' "$dir/out")" -ge 2 ] && [ "$(grep -c '"sealed":false' "$dir/out")" -ge 2 ]
ok $? 'the tap of the relay shows every sender, and who is encrypted' out
grep '"sealed":true' "$dir/out" | grep -q in_time_percent
sealed=$?
# For every sender some of the voice must be decoded as received; how much arrives in time depends on the machine, which sends in real time.
unsealed=$(grep -c '"sealed":false' "$dir/out")
heard=$(sed -n 's/.*"sealed":false.*"in_time_percent":\([0-9.]*\).*/\1/p' "$dir/out" | awk '$1 > 0' | wc -l)
[ $sealed -ne 0 ] && [ "$heard" -eq "$unsealed" ]
ok $? 'what is not sealed is heard, the rest is not'
[ "$(stat -c %a "$dir/tap.pcapng")" = 600 ]
ok $? 'the tap is its owner'"'"'s'
"$WZP_BUILD/wzp-relay" -i "$dir/seed" --listen 127.0.0.1:0 --debug-tap-file "$dir/none.pcapng" >"$dir/out" 2>"$dir/err"
[ $? -eq 1 ] && holds 'that --debug-tap or debug_tap names' err
ok $? 'without a room there is no tap'
"$WZP_BUILD/wzp-relay" -i "$dir/seed" --listen 127.0.0.1:0 --debug-tap '*' --debug-tap-file "$dir/tap.pcapng" >"$dir/out" 2>"$dir/err"
[ $? -eq 1 ] && holds 'tap.pcapng' err
ok $? 'nothing is overwritten' err

"$wzp" analyze "$dir/relay.err" >"$dir/out" 2>"$dir/err"
[ $? -eq 1 ]
ok $? 'what is no capture has status 1'
holds 'no capture file' err
ok $? 'and a sentence'
"$wzp" analyze "$dir/nothing" >"$dir/out" 2>"$dir/err"
[ $? -eq 1 ]
ok $? 'so has a file that is not there'
"$wzp" analyze >"$dir/out" 2>"$dir/err"
[ $? -eq 1 ]
ok $? 'so has none at all'

# Errors are reported at the start, and not in the middle of a call that cannot be repeated.
for option in capture qlog; do
    timeout 30 "$wzp" call echo -r "$address" -i tone:300 -o null -d 2 "--$option" "$dir/none/x" >"$dir/out" 2>"$dir/err"
    [ $? -eq 1 ] && [ ! -s "$dir/out" ] && holds "cannot write $dir/none/x: No such file" err
    ok $? "a --$option that cannot be written is told before anybody is called, with status 1"
done
timeout 30 "$wzp" call echo -r "$address" -i tone:300 -o null -d 2 --capture "$dir/call.pcapng" >"$dir/out" 2>"$dir/err"
[ $? -eq 1 ] && [ ! -s "$dir/out" ] && holds 'call.pcapng exists already' err && [ -s "$dir/call.pcapng" ]
ok $? 'so is a capture that is there already, and it stays'
done_testing
