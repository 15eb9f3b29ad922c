#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# The real programs as a user sees them: help, wrong arguments, identity, contacts, and manuals that match. No network.
# shellcheck source=t/tap.sh
. "$WZP_SOURCE/t/tap.sh"
wzp=$WZP_BUILD/wzp
relay=$WZP_BUILD/wzp-relay
home_in_dir
# run EXIT-STATUS PATTERN WORDS COMMAND...: status and a line of output (either stream) must match.
run() {
    want=$1 pattern=$2 words=$3
    shift 3
    "$@" >"$dir/out" 2>"$dir/err" </dev/null
    got=$?
    [ "$got" = "$want" ] && { [ -z "$pattern" ] || cat "$dir/out" "$dir/err" | grep -Eq -- "$pattern"; }
    ok $? "$words (status $got, expected $want)"
}

run 0 'usage: wzp COMMAND' 'help' "$wzp" --help
run 0 '^wzp ' 'version' "$wzp" --version
run 0 '"event":"version","version":".*","schema":1}' 'version as an object' "$wzp" --version --json
run 1 'usage' 'no command: usage' "$wzp"
run 1 "did you mean --version" 'an option that is typed as a command' "$wzp" version
run 1 "unknown command 'foo'; 'wzp --help' lists them" 'what is like no command gets no suggestion' "$wzp" foo
run 1 "did you mean call?" 'a wrong command names the nearest' "$wzp" cal
run 1 "did you mean contacts" 'help of a command that is none' "$wzp" help contcts
run 1 '^wzp: unknown option --nonsense$' 'an unknown option before the command is one' "$wzp" --nonsense
run 1 '^wzp: unknown option --versoin; did you mean --version\?$' 'and the nearest is named' "$wzp" --versoin
run 1 'unknown option -z' 'a letter, too' "$wzp" -z call
run 1 'give a COMMAND' 'options end without a command' "$wzp" -- call
run 0 '^usage: wzp call' 'help of one that is' "$wzp" help call
run 0 'the manual: man wzp-netcheck$' 'a command with a page of its own names it' "$wzp" netcheck --help
run 0 '^usage: wzp ping \[OPTION\.\.\.\] \[RELAY\.\.\.\]$' 'what may be left out stands in brackets' "$wzp" ping --help
[ "$("$wzp" help relay | grep -c '[-]-help ')" = 1 ]
ok $? 'help of the relay tells of --help once'
run 1 'did you mean --relay' 'a wrong option names the nearest' "$wzp" call --relai x y
run 1 'unknown option --dur; did you mean --duration' 'of which the beginning is enough' "$wzp" call --dur 3 x
run 1 'PEER' 'call without peer says what is missing' "$wzp" call
run 1 'no relay' 'no relay is one sentence' "$wzp" answer -i silence -o null
run 1 'neither a contact nor a fingerprint' 'a wrong peer' "$wzp" call -r 127.0.0.1 -i silence -o null nobody
printf '\377' >"$dir/latin1"
run 1 'alias wants a text in UTF-8' 'an alias that is no UTF-8' "$wzp" call -r 127.0.0.1 -a "$(cat "$dir/latin1")" -i silence -o null echo
run 1 '^wzp ping: fe80::1%nosuch: this machine has no network nosuch$' 'a zone that is none, said once' "$wzp" ping 'fe80::1%nosuch'
run 1 'this machine has no network nosuch' 'also of the relay' "$wzp" call -r '[fe80::1%nosuch]:4433' -i silence -o null echo
run 1 'begin with call- belong to calls' 'a room that is no room' "$wzp" room -r 127.0.0.1 -i silence -o null call-abc
run 1 'wants seconds' 'a wrong number' "$wzp" call -d soon x
run 1 '3 s at the soonest' 'a demonstration that nothing would be recognised in' "$wzp" demo -d 2.5
run 1 'prefer, require, off' 'a wrong policy' "$wzp" answer -r 127.0.0.1 --e2e maybe
run 1 'no/such|No such' 'a missing sound file is named' "$wzp" call -r 127.0.0.1 -i file:/no/such.wav -o null echo
run 1 'trusted, generic, reject' 'a wrong mode' "$wzp" answer --mode loud
run 1 'no/such' 'a missing configuration file is named' "$wzp" answer -C /no/such.toml
run 2 'no-such-host' 'a relay that does not resolve: status 2' "$wzp" call -r no-such-host.invalid -i silence -o null echo
run 1 'no network.*nosuchnet' 'a zone that is no network of the machine is refused at once' "$wzp" call -r '[fe80::1%nosuchnet]' -i silence -o null echo
run 124 'no-such-host.*next try in' 'who answers keeps trying when the name does not resolve' timeout 2 "$wzp" answer --auto all -r no-such-host.invalid -i silence -o null
run 1 '[-]-auto contacts' 'answer where nobody can be asked refuses to start' "$wzp" answer -r 127.0.0.1 -i silence -o null

run 0 '^fingerprint +([0-9a-f]{4}:){7}[0-9a-f]{4}$' 'identity show makes one' "$wzp" identity show
[ "$(stat -c %a "$dir/data/wzp/identity")" = 600 ]
ok $? 'the identity file is private'
"$wzp" identity show --json >"$dir/out" 2>"$dir/err"
fingerprint=$(sed -n 's/.*"fingerprint":"\([0-9a-f:]*\)".*/\1/p' "$dir/out")
[ ${#fingerprint} = 39 ]
ok $? 'identity show --json has the fingerprint'
run 1 'exists' 'identity new does not overwrite' "$wzp" identity new
"$wzp" identity export >"$dir/words" 2>/dev/null
[ "$(wc -w <"$dir/words")" = 24 ]
ok $? 'export prints 24 words'
run 0 'fingerprint' 'identity new --force replaces' "$wzp" identity new --force
! grep -q "$fingerprint" "$dir/out"
ok $? 'by another one'
"$wzp" identity restore --force <"$dir/words" >"$dir/out" 2>"$dir/err"
grep -q "$fingerprint" "$dir/out"
ok $? 'restore from the words brings the old one back'
awk '{ for (i = 1; i <= NF; i++) printf "%d. %s\n", i, $i }' "$dir/words" | "$wzp" identity restore --force >"$dir/out" 2>"$dir/err"
grep -q "$fingerprint" "$dir/out"
ok $? 'restore takes a numbered list of words, one a line'
awk '{ for (i = 1; i <= NF; i++) printf "%s\302\240%s", $i, i % 6 ? "\t" : "\n\n" }' "$dir/words" | "$wzp" identity restore --force >"$dir/out" 2>"$dir/err"
grep -q "$fingerprint" "$dir/out"
ok $? 'and any white space between them'
awk '{ $3 = "zebbra"; print }' "$dir/words" | "$wzp" identity restore --force >"$dir/out" 2>"$dir/err"
[ $? = 1 ] && grep -q 'word 3, "zebbra".*did you mean "zebra"' "$dir/err"
ok $? 'a wrong word is named with the nearest'
echo "not twenty four words" | "$wzp" identity restore --force >"$dir/out" 2>"$dir/err"
[ $? = 1 ]
ok $? 'wrong words are refused'
chmod 644 "$dir/data/wzp/identity"
run 1 'chmod 600|others can read|readable' 'an open identity file is refused with the cure' "$wzp" identity show
chmod 600 "$dir/data/wzp/identity"
echo rubbish >"$dir/data/wzp/identity"
run 1 'identity' 'a damaged identity is an error, never replaced' "$wzp" identity show
[ "$(cat "$dir/data/wzp/identity")" = rubbish ]
ok $? 'and stays as it is'
rm "$dir/data/wzp/identity"
mkdir -p "$dir/.wzp" && printf '%064d' 7 >"$dir/.wzp/identity" && chmod 600 "$dir/.wzp/identity"
run 0 '\.wzp/identity' 'the older place is read when ours is missing' "$wzp" identity show

run 0 '' 'contacts add' "$wzp" contacts add Ann 6871:1211:0e91:ecb3:09f6:6f51:d257:ccaa
run 0 'ccaa  Ann' 'contacts list' "$wzp" contacts
run 1 'already' 'a name only once' "$wzp" contacts add ann 6871:1211:0e91:ecb3:09f6:6f51:d257:ccaa
run 1 'named Ann already' 'told in its own spelling' "$wzp" contacts add ANN 1871:1211:0e91:ecb3:09f6:6f51:d257:ccaa
run 1 'the name Ann already' 'a second name of a fingerprint is refused' "$wzp" contacts add Anna 6871:1211:0e91:ecb3:09f6:6f51:d257:ccaa
run 1 'does not begin with -' 'a name like an option' "$wzp" contacts add -- -x 1871:1211:0e91:ecb3:09f6:6f51:d257:ccaa
run 1 '32 hexadecimal' 'a wrong fingerprint' "$wzp" contacts add Bob 68
run 0 '' 'contacts remove' "$wzp" contacts remove Ann
run 1 'no contact' 'twice is an error' "$wzp" contacts remove Ann
run 1 'neither a contact nor a fingerprint' 'contacts forget nobody' "$wzp" contacts forget Ann
run 0 '' 'contacts add again' "$wzp" contacts add Ann 6871:1211:0e91:ecb3:09f6:6f51:d257:ccaa
run 1 'this peer encrypts is not remembered' 'contacts forget what is not remembered' "$wzp" contacts forget ann
printf 'peer 687112110e91ecb309f66f51d257ccaa - e2e -\npeer 0123456789abcdef0123456789abcdef - e2e -\n' >"$dir/data/wzp/known_relays"
run 0 '' 'contacts forget by name' "$wzp" contacts forget Ann
! grep -q 6871:1211 "$dir/data/wzp/known_relays" && grep -q 0123:4567 "$dir/data/wzp/known_relays"
ok $? 'forgets this peer and no other'
run 0 '' 'contacts forget by fingerprint' "$wzp" contacts forget 0123:4567:89ab:cdef:0123:4567:89ab:cdef
printf 'peer 687112110e91ecb309f66f51d257ccaa - e2e 1764180000\n' >"$dir/data/wzp/known_relays"
run 0 'Ann  verified on 2025-11-26' 'contacts list says when a code was compared' "$wzp" contacts list
run 0 '"verified":true,"verified_on":"2025-11-26"' 'contacts list --json as well' "$wzp" contacts list --json
run 0 '' 'contacts forget takes that along' "$wzp" contacts forget Ann
run 0 'Ann' 'the name stays' "$wzp" contacts list
run 0 '' 'contacts remove again' "$wzp" contacts remove Ann
run 1 'forget PEER' 'contacts: a wrong word lists what there is' "$wzp" contacts forgive Ann
run 0 'no calls yet' 'history of nothing' "$wzp" history
run 0 'no contacts yet' 'contacts of nobody' "$wzp" contacts
run 1 'blank' 'contacts add: a name of blanks' "$wzp" contacts add ' ' 6871:1211:0e91:ecb3:09f6:6f51:d257:ccaa
run 1 '1 to 63 bytes' 'contacts add: the limit is told' "$wzp" contacts add "$(printf '%080d' 1)" 6871:1211:0e91:ecb3:09f6:6f51:d257:ccaa
"$wzp" contacts add friend 6871:1211:0e91:ecb3:09f6:6f51:d257:ccaa
run 1 '^wzp room: This is not a room name' 'a room without a name is no room' "$wzp" room -r 127.0.0.1 -i silence -o null ''
[ ! -s "$dir/out" ]; ok $? 'and nobody is told that it was joined'
run 1 'no contact of that name; did you mean friend' 'nor is one removed' "$wzp" contacts remove freind
run 1 'did you mean friend' 'a name that is nearly one' "$wzp" call -r 127.0.0.1 -i silence -o null freind
mkdir -p "$dir/state/wzp"
printf '1800000000\t61\tin\tnormal\te2e\t6871:1211:0e91:ecb3:09f6:6f51:d257:ccaa\tZ\n1800000100\t0\tin\tcancelled\t-\t0123:4567:89ab:cdef:0123:4567:89ab:cdef\tZ\n' >"$dir/state/wzp/history"
run 0 'ccaa  friend$' 'history has names' "$wzp" history
run 0 'cdef  "Z"$' 'what a stranger calls itself stands in quotes in the history' "$wzp" history
run 0 'in +0 s  missed ' 'a call that nobody took was missed' "$wzp" history
run 0 '"at":"2027-01-15T08:00:00Z".*"name":"friend"' 'history for scripts: UTC, names' "$wzp" history --json
printf '1800000200\t9\tout\tnormal\te2e\t0123:4567:89ab:cdef:0123:4567:89ab:cdef\tZ\trelay\tpath-died\n' >>"$dir/state/wzp/history"
run 0 ' relay +0123:.*  "Z"  \(path-died\)$' 'history says why a call went over the relay' "$wzp" history
run 0 '' 'history clear' "$wzp" history clear
run 0 '' 'contacts remove the friend' "$wzp" contacts remove friend
run 0 'known_relays' 'paths' "$wzp" paths
run 0 'keys\.conf' 'paths names the file of keys' "$wzp" paths
run 0 '/wzp/control\.sock' 'and the control socket' env XDG_RUNTIME_DIR="$dir/run" "$wzp" paths
run 0 '^usage: wzp paths \[OPTION\.\.\.\]$' 'usage lines end where they end' "$wzp" paths --help
run 0 '-V, --version' 'wzp-tui --help tells of -V' "$WZP_BUILD/wzp-tui" --help
run 0 '^wzp-tui ' 'which works' "$WZP_BUILD/wzp-tui" -V
"$wzp" devices >"$dir/out" 2>"$dir/err" </dev/null
head -n 1 "$dir/out" | grep -q '^alsa:default .*used when nothing is set'
ok $? 'devices: the usual one comes first, and is marked'
echo 'pcm.!default {' >"$dir/.asoundrc"
run 1 'asoundrc' 'devices: a broken configuration of sound is a sentence' "$wzp" devices
run 1 'alsa:default: .*mistake in ~/.asoundrc' 'a call with one, too' "$wzp" call -r 127.0.0.1 echo
# Messages that libraries print by themselves go to the log.
if ls /usr/lib/*/alsa-lib/libasound_module_pcm_jack.so >/dev/null 2>&1 && [ -z "$WZP_SAN" ]; then
    printf 'pcm.!default {\n type jack\n playback_ports { 0 x }\n capture_ports { 0 x }\n}\n' >"$dir/.asoundrc"
    run 1 'no such device' 'a sound server that is not there' env JACK_NO_START_SERVER=1 "$wzp" call -r 127.0.0.1 echo
    ! grep -qi jack "$dir/err"
    ok $? 'its library is not heard'
    run 1 'a library says: .*[Jj]ack' 'but in the log' env JACK_NO_START_SERVER=1 "$wzp" call -r 127.0.0.1 --log info echo
fi
rm "$dir/.asoundrc"

run 0 'usage: wzp-relay' 'relay help' "$relay" --help
run 0 '^wzp-relay ' 'relay version' "$relay" -V
run 1 'did you mean --listen' 'relay: wrong flag' "$relay" --listn 0.0.0.0:1
run 1 'ip:port' 'relay: wrong address' "$relay" --listen nowhere --check-config
printf 'listen_addr = "0.0.0.0:4433"\nmax_sesions = 5\n' >"$dir/relay.toml"
run 1 'line 2.*max_sessions' 'relay: to a check an unknown key is an error, told with line and nearest name' "$relay" -c "$dir/relay.toml" --check-config
run 2 'line 2.*max_sessions' 'relay: to one that starts it is a warning' "$relay" -c "$dir/relay.toml" -i "$dir/seed-new" --listen 192.0.2.1:9
printf 'listen_addr = 5\n' >"$dir/relay.toml"
run 1 'wzp-relay: cannot load the configuration .*line 1' 'relay: a wrong value is an error with its line' "$relay" -c "$dir/relay.toml"
run 1 'new.toml' 'relay: a check of a missing file is an error' "$relay" -c "$dir/new.toml" --check-config
[ ! -e "$dir/new.toml" ]
ok $? 'and writes nothing'
run 2 'example' 'relay: a missing file becomes an example when the relay starts' "$relay" -c "$dir/new.toml" -i "$dir/seed-new" --listen 192.0.2.1:9
run 0 '' 'which is a valid file' "$relay" -c "$dir/new.toml" --check-config
run 1 '[-]-metrics-host.*IP address' 'relay: a metrics host that is no address' "$relay" --metrics-host foo --check-config
run 1 '[-]-auth-url.*URL' 'relay: a token service that is no URL' "$relay" --auth-url foo --check-config
run 0 '^configuration is good$' 'relay: addresses of both families and URLs are fine' "$relay" --metrics-host ::1 --auth-url https://a.example/x --check-config
for line in 'metrics_host = "foo"' 'auth_url = "foo"' 'max_sessions = 0'; do
    printf '# one\n%s\n' "$line" >"$dir/relay.toml"
    run 1 'line 2' "relay: $line is refused with its line" "$relay" -c "$dir/relay.toml" --check-config
done
# Warnings of a configuration check that are not about a single line: none of them keeps a relay from starting.
printf '[[global_rooms]]\nname = "bad name"\n' >"$dir/relay.toml"
run 1 '1 thing is not as it should be' 'relay: a shared room that nobody can enter' "$relay" -c "$dir/relay.toml" --check-config
grep -q 'warning: \[\[global_rooms\]\] number 1: ' "$dir/err"
ok $? 'it is told which'
run 1 'warning: --global-room: ' 'relay: the same of a flag' "$relay" --global-room 'bad name' --check-config
printf 'ws_port = 8080\nmetrics_port = 8080\nstatic_dir = "%s/none"\n' "$dir" >"$dir/relay.toml"
run 1 'static_dir: .*/none: No such file' 'relay: a folder of pages that is not there' "$relay" -c "$dir/relay.toml" --check-config
grep -q 'metrics_port and ws_port are both 8080' "$dir/err" && grep -q '2 things are not as they should be' "$dir/err"
ok $? 'relay: one port for two servers, and how many faults there are'
run 1 'static_dir: .*/relay.toml: Not a directory' 'relay: a file in place of the folder' "$relay" --static-dir "$dir/relay.toml" --check-config
printf 'ws_host = "127.0.0.1"\nws_port = 8080\nmetrics_host = "127.0.0.2"\nmetrics_port = 8080\n' >"$dir/relay.toml"
run 0 '^configuration is good$' 'relay: one port at two addresses is fine' "$relay" -c "$dir/relay.toml" --check-config
printf '[[rooms]]\nname = "board"\npassword = "tea"\n' >"$dir/relay.toml"
chmod 644 "$dir/relay.toml"
run 0 'warning: .*/relay.toml holds a password and can be read by others \(mode 0644\); repair: chmod o= ' 'relay: a password that all can read is told' "$relay" -c "$dir/relay.toml" --check-config
chmod 640 "$dir/relay.toml"
"$relay" -c "$dir/relay.toml" --check-config >"$dir/out" 2>"$dir/err" && [ ! -s "$dir/err" ]
ok $? 'relay: but not to the group of its user'
printf 'directory = "redis://ann:secret@127.0.0.1/1"\n' >"$dir/relay.toml"
chmod 644 "$dir/relay.toml"
"$relay" -c "$dir/relay.toml" --check-config >"$dir/out" 2>"$dir/err"
grep -q 'holds a password\|built without libhiredis' "$dir/err"
ok $? 'relay: nor to all when it is that of the directory'
mkfifo "$dir/fifo"
run 1 'regular file' 'relay: a FIFO in place of the file is refused at once' timeout 5 "$relay" -c "$dir/fifo" --check-config
run 1 'regular file' 'a FIFO in place of config.toml too' timeout 5 "$wzp" answer -C "$dir/fifo"
run 1 'regular file' 'a FIFO in place of a token file' timeout 5 "$wzp" call -r 127.0.0.1 -i silence -o null -t "$dir/fifo" echo
# Standard descriptors that are closed at the start are not reused for sockets.
"$wzp" paths --json <&- >"$dir/out" 2>&-
ok $? 'closed input and error output do no harm'
(exec "$relay" --listen 127.0.0.1:0 -i "$dir/seed-new" <&- >&- 2>&-) &
closed=$!
# Waits until the program handles SIGTERM, which only /proc shows.
prepared() { [ $((0x$(sed -n 's/^SigCgt:[^0-9a-f]*//p' "/proc/$closed/status") & 0x4000)) -ne 0 ]; }
becomes prepared
kill -TERM $closed
wait $closed
ok $? 'relay: nor does a relay mind that all three are closed'
echo rubbish >"$dir/seed"
run 1 'seed' 'relay: a damaged identity is an error' "$relay" -i "$dir/seed" --listen 127.0.0.1:0

run 1 'seed' 'relay: a check finds it, too' "$relay" -i "$dir/seed" --check-config
run 0 '^configuration is good$' 'relay: a check does not miss one that is not there, and makes none' "$relay" -i "$dir/seed-none" --check-config
[ ! -e "$dir/seed-none" ]
ok $? 'as it says'

run 0 'warning: --trunking: no client can read trunk frames' 'relay: a flag without effect is told' "$relay" --trunking --check-config
printf 'trunking_enabled = true\n' >"$dir/relay.toml"
run 0 '^configuration is good$' 'relay: a key of the existing relay without effect is no fault' "$relay" -c "$dir/relay.toml" --check-config
printf 'trunking_enabled = true\n[[peers]]\nurl = "192.0.2.1:4433"\nfingerprint = "aa"\n' >"$dir/relay.toml"
"$relay" -c "$dir/relay.toml" --check-config >"$dir/out" 2>"$dir/err"
[ "$(grep -c 'trunk frames' "$dir/err")" = 1 ] && [ "$(grep -c 'fingerprint is not' "$dir/err")" = 1 ]
ok $? 'relay: a key without effect is told once'

# In a narrow terminal lines are broken between words.
if script -qec true /dev/null >/dev/null 2>&1; then
    script -qec "stty cols 40; $wzp --help; for c in call contacts ctl netcheck analyze; do $wzp \$c --help; done; $relay --help; $relay ctl --help; $WZP_BUILD/wzp-tui --help" /dev/null </dev/null | tr -d '\r' >"$dir/out"
    [ "$(wc -l <"$dir/out")" -gt 150 ] && ! grep -E '^.{41}' "$dir/out" >"$dir/err"
    ok $? 'no help is wider than a terminal of 40 columns'
else
    skip 'there is no script(1)'
fi

# Output that cannot be written is an error.
"$wzp" paths >/dev/full 2>"$dir/err"
[ $? = 1 ] && grep -q 'standard output' "$dir/err"
ok $? 'a full disk is told'
for program in "$WZP_BUILD/wzp-relay" "$WZP_BUILD/wzp-tui"; do
    [ -x "$program" ] || continue
    "$program" --help >/dev/full 2>"$dir/err"
    [ $? = 1 ] && grep -q 'standard output' "$dir/err"
    ok $? "by ${program##*/}, too"
done
for what in paths 'identity show' contacts history; do
    "$wzp" $what --json 2>"$dir/err" | grep -v '^{"t":0.0,"event":"[a-z]*"' >"$dir/out"
    [ ! -s "$dir/out" ]
    ok $? "$what --json: one object per line, t and event first"
done
chmod 644 "$dir/words"
run 1 'chmod 600' 'an open token file is refused with the cure' "$wzp" answer --auto all -r 127.0.0.1 -i silence -o null -t "$dir/words"
run 1 'no/such' 'a missing token file' "$wzp" answer --auto all -r 127.0.0.1 -i silence -o null -t /no/such
run 1 "'nobody' is neither" 'a wrong name is told before a device is missed' "$wzp" call -r 127.0.0.1 -i alsa:no_such_device nobody
run 1 'no relay:' 'a missing relay, too' "$wzp" call -i alsa:no_such_device echo
run 1 'no relay:' 'also for a room' "$wzp" room -i alsa:no_such_device tea
run 1 'alsa:|no such|No such' 'a wrong device' "$wzp" call -r 127.0.0.1 -i alsa:no_such_device -o null echo
run 1 '"event":"error".*"text":' 'with --json an error is an event' "$wzp" call --json -r 127.0.0.1 -i file:/no/such.wav -o null echo
run 1 'relay.*expected HOST' 'a wrong address' "$wzp" call -r 127.0.0.1:99999 -i silence -o null echo
run 1 '127.0.0.1:0.*expected HOST' 'a wrong address to ping' "$wzp" ping 127.0.0.1:0
printf 'RIFF' >"$dir/same.wav" && ln -s same.wav "$dir/link.wav"
cp "$WZP_SOURCE/t/vectors/speech.wav" "$dir/same.wav"
run 1 'overwritten' 'a file that is read is not written, also through a link' "$wzp" call -r 127.0.0.1 -i "file:$dir/same.wav" -o "file:$dir/link.wav" echo
cmp -s "$dir/same.wav" "$WZP_SOURCE/t/vectors/speech.wav"
ok $? 'and stays as it was'
run 1 'relay can hear a room' 'who requires end-to-end encryption is let into no room' "$wzp" room -e require -r 127.0.0.1 -i silence -o null tea
run 1 'belong to calls' 'a room name of a call' "$wzp" room -r 127.0.0.1 -i silence -o null call-abc
run 1 'UTF-8' 'an alias that is no UTF-8' "$wzp" room -r 127.0.0.1 -i silence -o null -a "$(printf 'a\377')" tea
run 1 'room|name' 'a wrong room name' "$wzp" room -r 127.0.0.1 -i silence -o null 'tea party'
printf 'relay = "127.0.0.1"\nrelya = 1\n' >"$dir/c.toml"
run 1 'c.toml: line 2: unknown key relya; did you mean relay' 'an unknown key is told with file and line' "$wzp" call -C "$dir/c.toml" -i silence -o null nobody
printf 'relay = 5\n' >"$dir/c.toml"
run 1 'c.toml: line 1: relay wants a text' 'a wrong value too' "$wzp" call -C "$dir/c.toml" nobody
mkdir -p "$dir/data/wzp"
mv "$dir/data/wzp/identity" "$dir/kept" 2>/dev/null
run 1 'comes first' 'identity new does not hide the one of the older place' "$wzp" identity new

# Manuals match: every command, option and configuration key is described in its manual.
manual=$WZP_SOURCE/man/wzp.1
for command in $("$wzp" --help | sed -n 's/^  \([a-z]*\)  .*/\1/p'); do
    grep -q "^\.It Cm $command" "$manual"
    ok $? "wzp.1 explains the command $command"
    for option in $("$wzp" "$command" --help | sed -n 's/^ .*--\([a-z0-9-]*\) .*/\1/p' | sort -u); do
        page=$manual
        [ "$command" = relay ] && page=$WZP_SOURCE/man/wzp-relay.8
        [ "$command" = netcheck ] && page=$WZP_SOURCE/man/wzp-netcheck.1
        [ "$command" = analyze ] && page=$WZP_SOURCE/man/wzp-analyze.1
        grep -Eq "Fl -$option( |\$)" "$page"
        ok $? "$(basename "$page") explains $command --$option"
    done
done
if command -v mandoc >/dev/null 2>&1; then
    for page in "$WZP_SOURCE"/man/*.[1-9]; do
        mandoc -T lint -W warning "$page" >"$dir/out" 2>"$dir/err"
        ok $? "$(basename "$page"): nothing for mandoc to warn about"
    done
fi
done_testing
