#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# The control socket: a running softphone obeys wzp ctl, tells its events, belongs to one person. No network.
set -u
wzp=$WZP_BUILD/wzp
folder=$(mktemp -d)
export HOME="$folder" XDG_CONFIG_HOME="$folder/config" XDG_DATA_HOME="$folder/data" XDG_STATE_HOME="$folder/state" XDG_RUNTIME_DIR="$folder/run"
mkdir "$folder/run"
number=0
failed=0
children=
finish()
{
    # shellcheck disable=SC2086
    [ -z "$children" ] || kill $children 2>/dev/null
    rm -rf "$folder"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM
ok()
{
    number=$((number + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $number - $2"
    else
        failed=1
        echo "not ok $number - $2"
        sed 's/^/# /' "$folder/out" >&2
    fi
}
# Runs until it succeeds, 15 seconds at most.
becomes()
{
    for _ in $(seq 1 150); do
        "$@" && return 0
        sleep 0.1
    done
    return 1
}
ctl()
{
    timeout 20 "$wzp" ctl "$@" >"$folder/out" 2>&1
}

ctl status; [ $? -eq 2 ] && grep -q 'no softphone listens' "$folder/out"; ok $? 'without a softphone ctl says so'
"$wzp" answer --relay 127.0.0.1:9 </dev/null >"$folder/answer" 2>&1 &
phone=$!
children=$phone
becomes ctl status; ok $? 'a softphone without a terminal is there'
grep -q '^relay  *127.0.0.1:9, not registered$' "$folder/out" && grep -q '^no calls$' "$folder/out"; ok $? 'and tells how it stands, in words'
ctl status --json; grep -q '"registered":false,"sessions":\[\]' "$folder/out"; ok $? 'and as an object'
[ "$(stat -c %a "$folder/run/wzp/control.sock")" = 600 ]; ok $? 'its socket is private'
ctl mute; [ $? -eq 3 ]; ok $? 'what makes no sense is refused'
ctl nonsense; [ $? -eq 1 ] && grep -q 'no such command' "$folder/out"; ok $? 'what is no command, too'
ctl commands --json; grep -q '"command":"hangup"' "$folder/out"; ok $? 'commands are listed'
ctl commands; grep -q '^add NAME FINGERPRINT  ' "$folder/out" && ! grep -q '[{}]' "$folder/out"; ok $? 'in words, too'
ctl add 'Bob from work' 1111:2222:3333:4444:5555:6666:7777:8888; ok $? 'an argument may hold blanks'
"$wzp" contacts list >"$folder/out" 2>&1; grep -q 'Bob from work' "$folder/out"; ok $? 'as one'
timeout 20 "$wzp" call --running 'Bob from work' >"$folder/out" 2>&1; ok $? 'call --running lets it call'
ctl status --json; grep -q '"name":"Bob from work"' "$folder/out"; ok $? 'which it does'
"$wzp" ctl events >"$folder/events" 2>&1 &
children="$children $!"
becomes grep -q '"ok":true' "$folder/events"
ctl contacts; grep -q '^1111:.* unknown   Bob from work$' "$folder/out"; ok $? 'contacts are listed; without a relay nobody knows who is there'
ctl contacts --json; grep -q '"name":"Bob from work","fingerprint":"1111:[0-9:]*","presence":"unknown","verified":false' "$folder/out"; ok $? 'and as an object'
ctl hangup; becomes grep -q '"event":"ended"' "$folder/events"; ok $? 'events are told as they happen'
if command -v perl >/dev/null; then
    perl -MIO::Socket::UNIX -e '
        my $s = IO::Socket::UNIX->new(Peer => "$ENV{XDG_RUNTIME_DIR}/wzp/control.sock") or die;
        print $s "{\"line\":\"status\"}\n"; print scalar <$s>; print $s "not json\n{\"id\":7,\"line\":\"set codec Opus16k\"}\n[1]\n{\"id\":\"x\"}\n";
        print scalar <$s> for 1 .. 4;' >"$folder/out" 2>&1
    grep -q '"ok":false,"error":"not a JSON object' "$folder/out" && grep -q '{"id":7,"ok":true' "$folder/out" &&
        grep -q '"id":"x","ok":false,"error":"a request has' "$folder/out"
    ok $? 'requests are objects of one line, answers have their id'
    grep -q '"ok":true,"fingerprint":' "$folder/out"
    ok $? 'status may be a line as it is typed'
else
    ok 0 'requests are objects of one line # SKIP there is no perl'
fi
timeout 20 "$wzp" answer --auto all --relay 127.0.0.1:9 </dev/null >"$folder/out" 2>&1
[ $? -eq 1 ] && grep -q 'a softphone of yours runs already' "$folder/out"; ok $? 'a second one of the same identity is refused'
XDG_DATA_HOME=$folder/other timeout 20 "$wzp" answer --auto all --relay 127.0.0.1:9 </dev/null >"$folder/second" 2>&1 &
second=$!
children="$children $second"
becomes grep -q 'listens at .* already' "$folder/second"; ok $? 'one of another identity says that there is one'
kill "$second" 2>/dev/null
wait "$second"
ctl quit; ok $? 'quit is obeyed'
wait "$phone"; ok $? 'and the softphone ends well'
[ ! -e "$folder/run/wzp/control.sock" ]; ok $? 'its socket goes with it'
children=
echo "1..$number"
exit "$failed"
