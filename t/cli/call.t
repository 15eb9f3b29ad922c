#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Real programs on real loopback sockets: a relay, a room of three, a call with speech, refusals, interrupts, a lost relay; and
# the manual must explain every key of every JSON line that was printed.
# shellcheck source=t/tap.sh
. "$WZP_SOURCE/t/tap.sh"
keep_others_out
words=
wzp=$WZP_BUILD/wzp
relay=$WZP_BUILD/wzp-relay
speech=$WZP_SOURCE/t/vectors/speech.wav
explain()
{
    for name in "$1.json" "$1.err" relay.err; do
        [ -s "$dir/$name" ] && { echo "# $name:"; tail -n 15 "$dir/$name" | cut -c 1-300 | sed 's/^/#   /'; }
    done
}
# Runs a command with a HOME of its own for WHO. Output goes to WHO.json and WHO.err. In the background, $! is the program itself.
as() { # WHO COMMAND...
    who=$1
    shift
    rm -f "$dir/$who.json" "$dir/$who.err"
    HOME="$dir/$who" XDG_CONFIG_HOME="$dir/$who/c" XDG_DATA_HOME="$dir/$who/d" XDG_STATE_HOME="$dir/$who/s" \
        timeout 30 "$@" >"$dir/$who.json" 2>"$dir/$who.err"
}
# The same with standard input from the file $words.
spawn() { # WHO COMMAND...
    who=$1
    shift
    rm -f "$dir/$who.json" "$dir/$who.err"
    (HOME="$dir/$who" XDG_CONFIG_HOME="$dir/$who/c" XDG_DATA_HOME="$dir/$who/d" XDG_STATE_HOME="$dir/$who/s" \
        exec "$@" >"$dir/$who.json" 2>"$dir/$who.err" <"${words:-/dev/null}") &
    children="$children $!"
}
holds() { # PATTERN FILE [COUNT]
    [ "$(grep -c "$1" "$dir/$2" 2>/dev/null)" -ge "${3:-1}" ] 2>/dev/null
}
# Waits until a file holds a pattern that many times.
await() { becomes holds "$@"; }
start_relay() { # LISTEN [OPTION...]
    listen=$1
    shift
    spawn relay "$relay" -i "$dir/relay-seed" --listen "$listen" "$@"
    relay_pid=$!
    await 'listening on' relay.err
}
value() { sed -n "s/.*\"event\":\"$2\".*\"$3\":\"\{0,1\}\([^\",}]*\).*/\1/p" "$dir/$1.json" | tail -n 1; }
registered='"event":"registered"'
media='"event":"media"'

start_relay 127.0.0.1:0 --metrics-port 0
ok $? 'the relay starts on a port the kernel chooses' relay
address=$(sed -n 's/.*listening on \(.*\)/\1/p' "$dir/relay.err")

# Without configured addresses a relay listens on IPv4 and IPv6.
spawn both "$relay" -i "$dir/both-seed" --listen '[::]:0'
both_pid=$!
await 'listening on' both.err
port=$(sed -n 's/.*listening on .*:\([0-9]*\)$/\1/p' "$dir/both.err")
six=
[ -s /proc/net/if_inet6 ] && six="[::1]:$port"
as ping "$wzp" ping "127.0.0.1:$port" $six "localhost:$port"
ok $? 'a relay on [::] is reached over both families and by name' ping
kill -TERM "$both_pid"
wait "$both_pid"

# A relay that requires a token, and a token service that accepts none.
spawn auth perl -MIO::Socket::INET -e '$| = 1; my $s = IO::Socket::INET->new(Listen => 5, LocalAddr => "127.0.0.1:0") or die;
    print $s->sockport, "\n"; my $body = "{\"valid\":false}";
    while (my $c = $s->accept) { my $n = 0; while (<$c>) { $n = $1 if /^content-length: *(\d+)/i; last if /^\r?$/; } read $c, my $x, $n;
    print $c "HTTP/1.1 200 OK\r\nContent-Length: " . length($body) . "\r\nConnection: close\r\n\r\n$body"; close $c; }'
auth_pid=$!
await . auth.json
spawn both "$relay" -i "$dir/both-seed" --listen 127.0.0.1:0 --auth-url "http://127.0.0.1:$(cat "$dir/auth.json")/"
both_pid=$!
await 'listening on' both.err
guarded=$(sed -n 's/.*listening on \(.*\)/\1/p' "$dir/both.err")
as ann "$wzp" call echo -r "$guarded" -i silence -o null --json
[ $? = 3 ] && grep -q -- 'wants a token: --token FILE' "$dir/ann.err"
ok $? 'a relay that wants a token: status 3 at once, with the way' ann
echo wrong >"$dir/token" && chmod 600 "$dir/token"
as ann "$wzp" answer --auto all -r "$guarded" -i silence -o null -t "$dir/token" --json
[ $? = 3 ] && grep -q 'does not take this token' "$dir/ann.err"
ok $? 'a wrong token: status 3, also for who waits for calls' ann
as ann "$wzp" answer --auto all -r "$guarded" -i silence -o null -t "$dir/token"
grep -q '^answering every call without asking$' "$dir/ann.json"
ok $? 'who answers everybody says so at the start' ann
[ "$(cat "$dir/ann.json" "$dir/ann.err" | grep -c 'token refused\|does not take')" = 1 ]
ok $? 'and that it was refused once, in one wording' ann
as ann "$wzp" answer --mode trusted -r "$guarded" -i silence -o null -t "$dir/token"
grep -q '^answering every call without asking$' "$dir/ann.json"
ok $? 'also when only the way to answer was said' ann
grep -q '^waiting for calls as .*[0-9a-f]\{4\}:' "$dir/ann.json"
ok $? 'and as whom calls are waited for' ann
as ann "$wzp" room tea -r "$guarded" -i silence -o null -t "$dir/token" --json
[ $? = 3 ] && grep -q 'does not take this token' "$dir/ann.err"
ok $? 'and in a room' ann
kill "$auth_pid"
kill -TERM "$both_pid"
wait "$both_pid"

# Three in a room, in parallel with what follows.
for tone in 500 800 1300; do
    spawn "room$tone" "$wzp" room tea -r "$address" -i "tone:$tone" -o "file:$dir/room$tone.wav" -d 4 --stats 1 --json
    eval "room_$tone=\$!"
done

as ping "$wzp" ping "$address" --json
ok $? 'ping answers' ping
grep -q '"event":"pong".*"rtt_ms"' "$dir/ping.json"
ok $? 'with a round trip time' ping
as ping "$wzp" ping 127.0.0.1:9 --timeout 5
[ $? = 2 ] && grep -q 'no relay listens there' "$dir/ping.err"
ok $? 'a port where nobody listens: told at once, status 2' ping
# A port that accepts everything and answers nothing.
spawn mute perl -MIO::Socket::INET -e '$| = 1; my $s = IO::Socket::INET->new(Proto => "udp", LocalAddr => "127.0.0.1:0") or die;
    print $s->sockport, "\n"; sleep 60'
mute_pid=$!
await . mute.json
mute=127.0.0.1:$(cat "$dir/mute.json")
as ping "$wzp" ping "$mute" --timeout 0.3
[ $? = 4 ] && grep -q "$mute: no answer within 0.3 s" "$dir/ping.err"
ok $? 'a relay that says nothing: time-out, by name, status 4' ping
as ping "$wzp" ping "$address" "$mute" -n 3 --timeout 0.2 --json
[ $? = 4 ] && grep -q "\"event\":\"ping\",\"relay\":\"$address\",\"sent\":3,\"received\":3,\"loss_percent\":0.0,\"min_ms\"" "$dir/ping.json" &&
    grep -q "\"event\":\"ping\",\"relay\":\"$mute\",\"sent\":3,\"received\":0,\"loss_percent\":100.0}" "$dir/ping.json"
ok $? 'several probes are summed up for each relay' ping
kill "$mute_pid"
as ping env WZP=1 sh -c "mkdir -p '$dir/ping/c/wzp' && echo 'relay = \"$address\"' >'$dir/ping/c/wzp/config.toml' && exec '$wzp' ping --json"
ok $? 'without an operand the configured relay is measured' ping
as ping "$wzp" ping "$address" no-such-host.invalid --json
[ $? = 2 ] && grep -q '"event":"pong"' "$dir/ping.json" && grep -q '"event":"error".*no-such-host' "$dir/ping.json"
ok $? 'one of two relays has no address: told by name, status 2' ping

# Two relays: the one that answers becomes home.
spawn two "$wzp" answer --auto all -r 127.0.0.1:9 -r "$address" -i silence -o null --json
two_pid=$!
await "\"event\":\"registered\",\"relay\":\"$address\"" two.json
ok $? 'of two relays that were named the one that lives is used' two
kill -INT "$two_pid"
wait "$two_pid"

# A call with real speech, end-to-end encrypted.
as bob "$wzp" identity show --json
bob=$(value bob identity fingerprint)
spawn bob "$wzp" answer -r "$address" -i "file:$speech" -o "file:$dir/bob.wav" --auto all --once --json
bob_pid=$!
await "$registered" bob.json
ok $? 'the callee registers' bob
as ann "$wzp" call "$bob" -r "$address" -i "file:$speech" -o "file:$dir/ann.wav" -d 3 --stats 1 --json
ok $? 'the caller ends with status 0' ann
wait "$bob_pid"
ok $? 'the callee too' bob
for who in ann bob; do
    grep '"event":"security"' "$dir/$who.json" | grep '"e2e":true' | grep -q '"confirmed":true'
    ok $? "$who: sealed end to end, proven" $who
    grep -Eq '"event":"path".*"kind":"(relay|direct)"' "$dir/$who.json"
    ok $? "$who: the path is told" $who
    grep -q "$media" "$dir/$who.json"
    ok $? "$who: heard something" $who
done
sas=$(value ann security sas)
[ -n "$sas" ] && [ "$sas" = "$(value bob security sas)" ]
ok $? "both show the same safety code ($sas)" ann
grep -c '"event":"stats"' "$dir/ann.json" | grep -q '[3-9]'
ok $? 'statistics come every second and at the end' ann
if command -v sox >/dev/null 2>&1; then
    rms=$(sox "$dir/ann.wav" -n stat 2>&1 | sed -n 's/^RMS *amplitude: *//p')
    awk "BEGIN { exit !($rms > 0.01) }"
    ok $? "the recording is loud (RMS $rms)" ann
fi
cp "$dir/ann.json" "$dir/kept-ann.json"
cp "$dir/bob.json" "$dir/kept-bob.json"
as ann "$wzp" history
grep -Eq "out +[23] s +normal +encrypted +direct +$bob" "$dir/ann.json"
ok $? 'the call is in the history, with its path' ann

# The lowest codec, which is sent with repair packets, in both directions; in a program that was built with it.
if ldd "$wzp" | grep -q libcodec2; then
    spawn bob "$wzp" answer -r "$address" -i "file:$speech" -o "file:$dir/bob.wav" --codec Codec2_1200 --stats 1 --auto all --once --json
    bob_pid=$!
    await "$registered" bob.json
    as ann "$wzp" call "$bob" -r "$address" -i "file:$speech" -o "file:$dir/ann.wav" -d 3 --codec Codec2_1200 --stats 1 --json
    wait "$bob_pid"
    for who in ann bob; do
        [ "$(value $who stats codec_in)" = Codec2_1200 ] && [ "$(value $who stats codec_out)" = Codec2_1200 ]
        ok $? "$who: Codec2 at 1200 bit/s out and in" $who
        rms=$(perl -e 'local $/; open my $f, "<:raw", $ARGV[0]; my @pcm = unpack "s<*", substr <$f>, 44; my $sum = 0;
            $sum += $_ * $_ for @pcm; printf "%.4f", @pcm ? sqrt($sum / @pcm) / 32768 : 0' "$dir/$who.wav")
        awk "BEGIN { exit !($rms > 0.01) }"
        ok $? "$who: and a voice is heard (RMS $rms)" $who
    done
fi

# Commands typed during a call.
spawn bob "$wzp" echo -r "$address" --json
bob_pid=$!
await "$registered" bob.json
mkfifo "$dir/typed"
as ann "$wzp" call "$bob" -r "$address" -i "file:$speech" -o null --words --json <"$dir/typed" &
ann_pid=$!
exec 3>"$dir/typed"
echo verify >&3
await 'there is no' ann.err
ok $? 'nothing can be verified before there is a safety code' ann
await '"confirmed":true' ann.json
printf 'mute\nhold\nresume\nunmute\nverify\nsing\n' >&3
await 'verify  ' ann.err
ok $? 'an unknown word lists them' ann
printf 'help\n\014\n\033[A\033OB\n  \t\n' >&3
await 'the \(call\|other\)' ann.err
grep -A40 'no command sing' "$dir/ann.err" | sed -n 's/^  \([a-z-]*  *\)[^ ].*/\1/p' | awk '{ print length }' | sort -u >"$dir/widths"
[ "$(wc -l <"$dir/widths")" = 1 ]
ok $? 'in a column of their own' ann
[ "$(grep -c 'no command' "$dir/ann.err")" = 1 ]
ok $? 'help is none of them, nor are keys that are no text' ann
grep -q 'you are muted' "$dir/ann.err" && grep -q 'on hold' "$dir/ann.err" && grep -q 'goes on' "$dir/ann.err" && grep -q 'you are heard' "$dir/ann.err"
ok $? 'mute, hold, resume, unmute' ann
echo hangup >&3
exec 3>&-
wait $ann_pid
[ $? = 0 ] && grep -q '"reason":"normal"' "$dir/ann.json"
ok $? 'hangup ends the call, status 0' ann
grep -q "^peer $bob .* e2e [0-9]\{10\}$" "$dir/ann/d/wzp/known_relays"
ok $? 'verify is remembered' ann
as ann "$wzp" contacts add Bob "$bob" >"$dir/ann.out" && as ann "$wzp" contacts --json >"$dir/ann.json"
grep -q "\"verified\":true,\"verified_on\":\"$(date -u +%Y-)" "$dir/ann.json"
ok $? 'and listed with the date' ann
kill -INT $bob_pid
wait $bob_pid

# A call is not answered before the user accepts it.
mkfifo "$dir/asked"
exec 4<>"$dir/asked"
words=$dir/asked
spawn bob "$wzp" answer -r "$address" -i silence -o null --words --once --json
bob_pid=$!
words=
await "$registered" bob.json
as ann "$wzp" call "$bob" -r "$address" -i "file:$speech" -o null -d 1 --json &
ann_pid=$!
await '"event":"incoming"' bob.json
ok $? 'a call to somebody who wants to be asked rings' bob
sleep 0.3
! grep -q '"event":"answered"' "$dir/ann.json" && grep -q 'say answer, private' "$dir/bob.err"
ok $? 'it is not answered, and the words are told' bob
echo answer >&4
wait $ann_pid
[ $? = 0 ] && grep -q '"event":"answered"' "$dir/ann.json"
ok $? 'the word answer takes it' ann
exec 4>&-
wait $bob_pid
ok $? 'and the callee ends after the first call' bob

# The same at a terminal, where the bell rings and each line has the time; first a call that is left ringing, then one that is answered.
if script -qec true /dev/null >/dev/null 2>&1; then
    exec 4<>"$dir/asked"
    words=$dir/asked
    spawn bob script -qec "stty cols 120; '$wzp' answer -r $address -i silence -o null" /dev/null
    words=
    await 'registered at' bob.json
    spawn ann "$wzp" call "$bob" -r "$address" -i silence -o null
    ann_pid=$!
    await "$(printf '\a')" bob.json && await 'say answer, private' bob.json
    ok $? 'at a terminal the bell rings for a call' bob
    grep -Eq '^[0-9]{2}:[0-9]{2}:[0-9]{2} incoming call from ' "$dir/bob.json"
    ok $? 'and the line begins with the time of day' bob
    echo ignore >&4
    await 'it no longer rings here' bob.json
    ok $? 'the word ignore silences it here' bob
    sleep 0.3
    kill -INT $ann_pid
    wait $ann_pid
    grep -q "^calling $bob" "$dir/ann.json" && grep -q '^ringing' "$dir/ann.json" && ! grep -q '^answered' "$dir/ann.json"
    ok $? 'and for the caller, who was told whom it calls, it rings on' ann
    as ann "$wzp" call "$bob" -r "$address" -i silence -o null -d 1 &
    ann_pid=$!
    await 'incoming call from' bob.json 2
    echo private >&4
    wait $ann_pid
    [ $? = 0 ] && grep -q 'the peer answered without showing its address' "$dir/ann.json"
    ok $? 'the word private takes it without telling addresses' ann
    echo quit >&4
    exec 4>&-
fi
as ann "$wzp" identity show --json
ann=$(value ann identity fingerprint)
as bob "$wzp" contacts add Ann "$ann"
spawn bob "$wzp" answer -r "$address" -i silence -o null --auto contacts --json
bob_pid=$!
await "$registered" bob.json
as ann "$wzp" call "$bob" -r "$address" -i silence -o null -d 0.2 --json
ok $? 'a contact is answered without asking' ann
grep -q '"event":"incoming".*"name":"Ann"' "$dir/bob.json"
ok $? 'and told by name' bob
spawn eve "$wzp" call "$bob" -r "$address" -i silence -o null --json
eve_pid=$!
await '"event":"incoming"' bob.json 2
ok $? 'a stranger rings only' bob
kill -INT $eve_pid
wait $eve_pid
! grep -q '"event":"answered"' "$dir/eve.json"
ok $? 'and is not answered' eve
kill -HUP $bob_pid
wait $bob_pid
ok $? 'a terminal that goes away ends it in order' bob

# A disk that becomes full during a call is reported once, and the call continues. (A limit of the file's size is used: 512 * 48 bytes.)
spawn bob "$wzp" echo -r "$address" --json
bob_pid=$!
await "$registered" bob.json
(
    trap '' XFSZ
    ulimit -f 48
    as ann "$wzp" call "$bob" -r "$address" -i "file:$speech" -o "file:$dir/full.wav" -d 2.5 --json --verbose --qlog "$dir/ann.qlog"
)
[ $? = 1 ]
ok $? 'a call with a full disk goes on to its end, and has status 1: the file is not whole' ann
[ "$(grep -c '"event":"error".*nothing more is written to file:' "$dir/ann.json")" = 1 ]
ok $? 'and told that nothing more is written, once' ann
grep -q '^debug: udp: [1-9][0-9]* packets in, [1-9][0-9]* out, 0 not sent' "$dir/ann.err"
ok $? 'with --verbose the sockets are counted at the end' ann
grep -q '^debug: phone: ' "$dir/ann.err" && grep -q '^debug: app: event ended' "$dir/ann.err"
ok $? 'and what happens inside is told' ann
head -c 200 "$dir/ann.qlog" | grep -q '"qlog_format":"JSON-SEQ"' && [ -s "$dir/ann.qlog.2" ]
ok $? '--qlog writes a file for each connection' ann
kill -INT $bob_pid
wait $bob_pid

# A peer that used encryption before and suddenly does not is refused, until the user accepts it.
spawn bob "$wzp" echo -r "$address" --e2e off --json
bob_pid=$!
await "$registered" bob.json
as ann "$wzp" call "$bob" -r "$address" -i silence -o null -d 0.2 --json
[ $? = 3 ] && grep -q '"reason":"refused"' "$dir/ann.json" && grep -q 'wzp contacts forget PEER' "$dir/ann.json"
ok $? 'a friend who seals no more is refused, and the cure is named' ann
as ann "$wzp" contacts forget "$bob"
ok $? 'a person accepts it' ann
as ann "$wzp" call "$bob" -r "$address" -i silence -o null -d 0.2 --json
[ $? = 0 ] && grep '"event":"security"' "$dir/ann.json" | grep -q '"e2e":false'
ok $? 'then the call goes through, and is shown as not sealed' ann
kill -INT $bob_pid
wait $bob_pid

# Refusals.
as ann "$wzp" call "$bob" -r "$address" -i silence -o null --json
[ $? = 3 ] && grep -q '"reason":"offline"' "$dir/ann.json"
ok $? 'offline: status 3' ann
spawn bob "$wzp" answer -r "$address" --mode reject --once --json
bob_pid=$!
await "$registered" bob.json
as ann "$wzp" call "$bob" -r "$address" -i silence -o null --json
[ $? = 3 ] && grep -q '"reason":"declined"' "$dir/ann.json"
ok $? 'declined: status 3' ann
wait "$bob_pid"
ok $? 'who declined as asked ends with status 0' bob
as ann "$wzp" call "$bob" -r 127.0.0.1:9 -i silence -o null -j &
call_pid=$!

# An echo peer; --duration ends the call, not the echo peer; interrupts.
spawn bob "$wzp" echo -r "$address" --json
bob_pid=$!
await "$registered" bob.json
as cat "$wzp" call "$bob" -r "$address" -i "file:$speech" -o null -d 1 --json
ok $? 'a call to an echo peer' cat
grep -q "$media" "$dir/cat.json"
ok $? 'hears itself' cat
spawn cat "$wzp" call "$bob" -r "$address" -i "tone:440" -o null --json
cat_pid=$!
await "$media" cat.json
ok $? 'and again' cat
kill -INT $cat_pid
wait $cat_pid
[ $? = 0 ] && grep -q '"event":"ended".*"reason":"normal"' "$dir/cat.json"
ok $? 'an interrupt hangs up: status 0' cat
await '"event":"ended".*"reason":"normal"' bob.json 2
ok $? 'and the other side is told' bob
kill -INT $bob_pid
kill -INT $bob_pid
wait $bob_pid
ok $? 'two interrupts end at once, in order' bob

# Audio through pipes, both ways; messages then go to standard error.
cat "$speech" | as pipes "$wzp" call echo -r "$address" -i - -o - -d 1.5 --json
mv "$dir/pipes.json" "$dir/pipes.wav"
[ "$(head -c 4 "$dir/pipes.wav")" = RIFF ] && [ "$(wc -c <"$dir/pipes.wav")" -gt 96000 ] && grep -q '"event":"ended"' "$dir/pipes.err"
ok $? 'a call from standard input to standard output'
od -An -v -td2 -j 44 "$dir/pipes.wav" | awk '{ for (i = 1; i <= NF; i++) sum += $i * $i } END { exit !(sum / (NR * 8) > 10000) }'
ok $? 'its sound comes back'
echo 'this is no sound' | as words "$wzp" call echo -r "$address" -i - -o null -d 1.5 --json
[ $? = 1 ] && grep -q '"event":"error","text":"standard input holds no WAV' "$dir/words.json"
ok $? 'what comes through a pipe and is no sound is told, also by the status' words
# shellcheck disable=SC2016
as gone sh -c '{ "$@"; echo $? >&2; } | head -c 20000 >"$0"' "$dir/gone.wav" \
    "$wzp" call echo -r "$address" -i tone:300 -o - -d 2.5
grep -q 'nothing more is written to standard output: nobody reads it' "$dir/gone.err" && [ "$(tail -n 1 "$dir/gone.err")" = 1 ]
ok $? 'so is a reader of the sound who leaves' gone
for kind in i o; do
    as folder "$wzp" call echo -r "$address" -i silence -o null "-$kind" "file:$dir" -d 1 --json
    [ $? = 1 ] && ! grep -q '"event":"calling"\|"event":"registered"' "$dir/folder.json"
    ok $? "a folder for sound (-$kind) is refused before anybody is called" folder
done

as ann2 "$wzp" call echo -r "$address" -i "file:$speech" -o "file:$dir/echo.wav" -d 1 --json
ok $? 'call echo needs nobody else' ann2
grep -q "$media" "$dir/ann2.json"
ok $? 'and is heard' ann2
(as pipe sh -c "\"$wzp\" room pipe -r $address -i silence -o null --stats 0.2 --json | head -n 1")
ok $? 'a closed reader of the output ends the program' pipe

for tone in 500 800 1300; do
    eval "wait \$room_$tone"
    ok $? "room member $tone ends well" "room$tone"
    grep -q '"event":"stats".*"speakers":2' "$dir/room$tone.json"
    ok $? "and heard two speakers apart" "room$tone"
    grep -q '"event":"members".*"self":true' "$dir/room$tone.json"
    ok $? "and is marked in the list of members" "room$tone"
done
wait $call_pid
[ $? = 2 ] && grep -q '"event":"unregistered"' "$dir/ann.json"
ok $? 'a relay that is not there: status 2' ann

# Metrics, drain, losing the relay during a call, and its return.
if command -v curl >/dev/null 2>&1; then
    url=$(sed -n 's/.*metrics on \(http[^ ]*\)/\1/p' "$dir/relay.err")
    curl -s -m 5 "$url" | grep -q '^wzp_relay_packets_forwarded_total [1-9]'
    ok $? 'metrics count forwarded packets' relay
    curl -s -m 5 "${url%metrics}healthz" | grep -q .
    ok $? 'healthz answers' relay
fi
spawn bob "$wzp" echo -r "$address" --json
await "$registered" bob.json
# A direct call would not be affected by the relay.
echo 'direct = false' >"$dir/relayed.toml"
spawn ann "$wzp" call "$bob" -r "$address" -C "$dir/relayed.toml" -i "file:$speech" -o null -d 30 --json
call_pid=$!
await "$media" ann.json
ok $? 'a long call over the relay is up' ann
kill -HUP "$relay_pid"
await 'SIGHUP: the log level is' relay.err
ok $? 'the relay reads its configuration again on SIGHUP' relay
kill -TERM "$relay_pid"
wait "$relay_pid"
ok $? 'the relay parts on SIGTERM with status 0' relay
wait "$call_pid"
[ $? = 5 ]
ok $? 'the call ends as lost: status 5' ann
start_relay "$address"
ok $? 'the relay is back on its port' relay
await "$registered" bob.json 2
ok $? 'the account comes back by itself' bob

# Another relay at the same address: it may be a man in the middle.
kill -TERM "$relay_pid"
wait "$relay_pid"
start_relay "$address" -i "$dir/other-seed"
as ann "$wzp" call echo -r "$address" -i silence -o null -d 1 --json
[ $? = 3 ] && grep -q '"event":"relay_pin".*"pin":"mismatch"' "$dir/ann.json" && grep -q -- '--accept-relay' "$dir/ann.err"
ok $? 'a changed certificate stops us: status 3, with the way on' ann
as ann "$wzp" ping "$address" --json
[ $? = 3 ] && grep -q '"event":"pong".*"pin":"mismatch"' "$dir/ann.json"
ok $? 'and a ping, too' ann
as ann "$wzp" room tea -r "$address" -i silence -o null
[ $? = 3 ] && grep -q '^ended: refused.*certificate' "$dir/ann.json"
ok $? 'a room ends because of the certificate, and says so' ann
as ann "$wzp" room tea -r "$address" -i silence -o null --words </dev/null
[ $? = 3 ] && grep -q -- '--accept-relay' "$dir/ann.err"
ok $? 'so does one whose words come to their end, with the way on' ann
mkfifo "$dir/said"
# Types "accept" when asked, and ends the relay, so that the next case gets another one.
accepts() { # WHAT GOES-ON COMMAND...
    what=$1
    goes_on=$2
    shift 2
    words=$dir/said
    spawn ann "$wzp" "$@" -r "$address" -i silence -o null --words --json
    ann_pid=$!
    words=
    exec 7>"$dir/said"
    await 'say accept' ann.err
    ok $? "$what waits for a word" ann
    echo accept >&7
    await "$goes_on" ann.json
    ok $? 'and goes on when it is accept' ann
    kill -TERM "$ann_pid"
    wait "$ann_pid"
    exec 7>&-
    kill -TERM "$relay_pid"
    wait "$relay_pid"
}
accepts 'a call' '"event":"joined"' call echo
start_relay "$address" -i "$dir/fourth-seed"
accepts 'a room' '"event":"joined"' room tea
start_relay "$address" -i "$dir/other-seed"
accepts 'who waits for calls' "$registered" answer
start_relay "$address" -i "$dir/third-seed"
as ann3 "$wzp" ping "$address" --json
ok $? 'who never saw the other one does not mind' ann3
as ann "$wzp" call echo -r "$address" -i "file:$speech" -o null -d 0.5 --accept-relay --json
ok $? '--accept-relay goes on' ann
as ann "$wzp" call echo -r "$address" -i "file:$speech" -o null -d 0.5 --json
ok $? 'and it is remembered' ann

# The relay's seed file: made private, with a true message; a credential of systemd may be readable by its group.
kill -TERM "$relay_pid"
wait "$relay_pid"
chmod 644 "$dir/other-seed"
start_relay 127.0.0.1:0 -i "$dir/other-seed"
grep -q 'other-seed was open to other users; its mode is now 0600' "$dir/relay.err" && [ "$(stat -c %a "$dir/other-seed")" = 600 ]
ok $? 'a seed that others can read is closed, and that is told'
kill -TERM "$relay_pid"
wait "$relay_pid"
chmod 440 "$dir/other-seed"
export CREDENTIALS_DIRECTORY="$dir"
start_relay 127.0.0.1:0 -i "$dir/other-seed"
! grep -q 'other users' "$dir/relay.err" && [ "$(stat -c %a "$dir/other-seed")" = 440 ]
ok $? 'a credential keeps its mode, and no word is said'
unset CREDENTIALS_DIRECTORY
kill -TERM "$relay_pid"
wait "$relay_pid"

# The manual explains everything that was printed.
manual=$WZP_SOURCE/man/wzp.1
cat "$dir"/*.json | grep '^{' >"$dir/all"
for event in $(sed -n 's/.*"event":"\([a-z_]*\)".*/\1/p' "$dir/all" | sort -u); do
    grep -Eq "^\.It Cm ([a-z_]+ , )*$event( |\$)" "$manual"
    ok $? "wzp.1 explains the event $event" none
done
for key in $(grep -o '"[a-z0-9_]*":' "$dir/all" | tr -d '":' | sort -u); do
    grep -Eq "^\.Va (.* )?$key( |\$)" "$manual"
    ok $? "wzp.1 explains the key $key" none
done
done_testing
