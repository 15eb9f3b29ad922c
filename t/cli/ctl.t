#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# The control socket: a running softphone obeys wzp ctl, reports its events, and belongs to one person. No network.
# shellcheck source=t/tap.sh
. "$WZP_SOURCE/t/tap.sh"
wzp=$WZP_BUILD/wzp
home_in_dir
export XDG_RUNTIME_DIR="$dir/run"
mkdir "$dir/run"
explain()
{
    sed 's/^/# /' "$dir/out"
}
ctl()
{
    timeout 20 "$wzp" ctl "$@" >"$dir/out" 2>&1
}

ctl status; [ $? -eq 2 ] && grep -q 'no softphone listens' "$dir/out"; ok $? 'without a softphone ctl says so'
"$wzp" answer --relay 127.0.0.1:9 </dev/null >"$dir/answer" 2>&1 &
phone=$!
children=$phone
becomes ctl status; ok $? 'a softphone without a terminal is there'
grep -q '^relay  *127.0.0.1:9, not registered$' "$dir/out" && grep -q '^no calls$' "$dir/out"; ok $? 'and tells how it stands, in words'
ctl status --json; grep -q '"registered":false,"sessions":\[\]' "$dir/out"; ok $? 'and as an object'
[ "$(stat -c %a "$dir/run/wzp/control.sock")" = 600 ]; ok $? 'its socket is private'
ctl mute; [ $? -eq 3 ]; ok $? 'what makes no sense is refused'
ctl nonsense; [ $? -eq 1 ] && grep -q 'no such command' "$dir/out"; ok $? 'what is no command, too'
ctl hangup 1 2; [ $? -eq 1 ] && grep -q 'hangup takes 1 word at most' "$dir/out"; ok $? 'a word too many is told, with how many there may be'
ctl call Ann Lee; [ $? -eq 1 ] && grep -q 'quotes keep a name with blanks together' "$dir/out"; ok $? 'a name of two words is told how to be one'
ctl commands --json; grep -q '"command":"hangup"' "$dir/out"; ok $? 'commands are listed'
ctl commands; grep -q '^add NAME FINGERPRINT  ' "$dir/out" && ! grep -q '[{}]' "$dir/out"; ok $? 'in words, too'
! grep -v '^.\{30\}  [a-z]' "$dir/out"; ok $? 'what they do stands in one column'
ctl add 'Bob from work' 1111:2222:3333:4444:5555:6666:7777:8888; ok $? 'an argument may hold blanks'
"$wzp" contacts list >"$dir/out" 2>&1; grep -q 'Bob from work' "$dir/out"; ok $? 'as one'
timeout 20 "$wzp" call --running 'Bob from work' >"$dir/out" 2>&1; ok $? 'call --running lets it call'
ctl status --json; grep -q '"name":"Bob from work"' "$dir/out"; ok $? 'which it does'
"$wzp" ctl events >"$dir/events" 2>&1 &
children="$children $!"
is_told() # causes an event and looks for it
{
    ctl ping 127.0.0.1:9
    grep -q '"event":"error"' "$dir/events"
}
becomes is_told; ok $? 'events are told as they happen'
ctl status; ok $? 'that another relay does not answer is no end'
ctl contacts; grep -q '^1111:.* unknown   Bob from work$' "$dir/out"; ok $? 'contacts are listed; without a relay nobody knows who is there'
ctl contacts --json; grep -q '"name":"Bob from work","fingerprint":"1111:[0-9:]*","presence":"unknown","verified":false' "$dir/out"; ok $? 'and as an object'
ctl hangup; becomes grep -q '"event":"ended"' "$dir/events"; ok $? 'also ends'
if command -v perl >/dev/null; then
    perl -MIO::Socket::UNIX -e '
        my $s = IO::Socket::UNIX->new(Peer => "$ENV{XDG_RUNTIME_DIR}/wzp/control.sock") or die;
        print $s "{\"line\":\"status\"}\n"; print scalar <$s>; print $s "not json\n{\"id\":7,\"line\":\"set codec Opus16k\"}\n[1]\n{\"id\":\"x\"}\n";
        print $s "{\"command\":\"quit\",\"arguments\":\"3\"}\n"; print scalar <$s> for 1 .. 5;' >"$dir/out" 2>&1
    grep -q '"ok":false,"error":"not a JSON object' "$dir/out" && grep -q '{"id":7,"ok":true' "$dir/out" &&
        grep -q '"id":"x","ok":false,"error":"a request has' "$dir/out"
    ok $? 'requests are objects of one line, answers have their id'
    grep -q '"ok":true,"fingerprint":' "$dir/out"
    ok $? 'status may be a line as it is typed'
    grep -q '"ok":false,"error":"arguments are a list of texts"' "$dir/out"; ok $? 'what is no list of arguments is not left out'
else
    ok 0 'requests are objects of one line # SKIP there is no perl'
fi
timeout 20 "$wzp" answer --auto all --relay 127.0.0.1:9 </dev/null >"$dir/out" 2>&1
[ $? -eq 1 ] && grep -q 'a softphone of yours is already running' "$dir/out"; ok $? 'a second one of the same identity is refused'
XDG_DATA_HOME=$dir/other timeout 20 "$wzp" answer --auto all --relay 127.0.0.1:9 </dev/null >"$dir/second" 2>&1 &
second=$!
children="$children $second"
becomes grep -q 'listens at .* already' "$dir/second"; ok $? 'one of another identity says that there is one'
kill "$second" 2>/dev/null
wait "$second"
ctl quit; ok $? 'quit is obeyed'
wait "$phone"; ok $? 'and the softphone ends well'
[ ! -e "$dir/run/wzp/control.sock" ]; ok $? 'its socket goes with it'

# A connected call is shown as a call, whatever room its media use.
"$WZP_BUILD/wzp-relay" -i "$dir/seed" --listen 127.0.0.1:0 >"$dir/relay.out" 2>"$dir/relay.err" &
children=$!
becomes grep -q 'listening on' "$dir/relay.err"
address=$(sed -n 's/.*listening on \(.*\)/\1/p' "$dir/relay.err")
XDG_DATA_HOME=$dir/other "$wzp" echo -r "$address" </dev/null >"$dir/echo.out" 2>"$dir/echo.err" &
children="$children $!"
becomes grep -q registered "$dir/echo.out" "$dir/echo.err"
"$wzp" answer --auto all -r "$address" -i silence -o null </dev/null >"$dir/phone.out" 2>"$dir/phone.err" &
phone=$!
children="$children $phone"
peer=$(XDG_DATA_HOME=$dir/other "$wzp" identity show | sed -n 's/^fingerprint *//p')
becomes ctl call "$peer"
stands() { ctl status && grep -q "^$1\$" "$dir/out"; }
becomes stands "call  *[0-9]* up $peer, .*"; ok $? 'status tells of a call that it is one, and with whom'
ctl status --json; grep -q '"kind":"call","state":"up","peer":"'"$peer" "$dir/out" && ! grep -q '"room"' "$dir/out"; ok $? 'as an object, too'
ctl room tea; becomes stands 'room  *[0-9]* up tea'; ok $? 'and a room is a room'
ctl quit; wait "$phone"

# Outside a login session, as from cron or after su; with the maximum number of contacts.
unset XDG_RUNTIME_DIR
awk 'BEGIN { for (i = 1; i <= 16384; i++)
    printf "[[contact]]\nname = \"%040d\"\nfingerprint = \"0000:0000:0000:0000:0000:0000:0000:%04x\"\n", i, i }' >"$dir/data/wzp/contacts.toml"
"$wzp" answer --auto all --relay 127.0.0.1:9 </dev/null >"$dir/answer" 2>&1 &
phone=$!
children="$children $phone"
becomes ctl status; ok $? 'without XDG_RUNTIME_DIR a softphone is found, too'
[ "$(stat -c %a "$dir/state/wzp/run" "$dir/state/wzp/run/control.sock" | tr '\n' ' ')" = '700 600 ' ]; ok $? 'in a folder that is closed to others'
ctl contacts; [ "$(wc -l <"$dir/out")" = 16384 ]; ok $? 'all contacts are told, however many'
timeout 20 "$wzp" answer --auto all --relay 127.0.0.1:9 </dev/null >"$dir/out" 2>&1
[ $? -eq 1 ] && grep -q 'a softphone of yours is already running' "$dir/out"; ok $? 'and does not let a second one take its place'
ctl quit
wait "$phone"; ok $? 'until it is told to quit'
done_testing
