#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Two relays of a pool and a real Redis: calls between them, and what works without Redis. Uses only the loopback network.
# shellcheck source=t/tap.sh
. "$WZP_SOURCE/t/tap.sh"
wzp=$WZP_BUILD/wzp
relay=$WZP_BUILD/wzp-relay
home_in_dir
mkdir -p "$XDG_CONFIG_HOME/wzp"
echo 'low_complexity = true' >"$XDG_CONFIG_HOME/wzp/config.toml" # sound quality is not tested here
relay1_pid='' relay2_pid='' relay3_pid='' address1='' address2=''
server=$(command -v redis-server || command -v valkey-server) || skip_all 'no redis-server here; contrib/deps --test installs it'
echo 'directory = "redis://nowhere"' >"$dir/check.toml"
"$relay" --config "$dir/check.toml" --check-config >"$dir/out" 2>&1 || {
    grep -q 'built without libhiredis' "$dir/out"; ok $? 'a build without libhiredis says so'
    done_testing
}
ok 0 'a directory in Redis is a good configuration'
echo 'directory = "redis-cluster://nowhere"' >"$dir/check.toml"
"$relay" --config "$dir/check.toml" --check-config >"$dir/out" 2>&1
[ $? -eq 1 ] && grep -q 'line 1: directory: "memory", "redis://host' "$dir/out"; ok $? 'what is not supported is told with its line'

cat >"$dir/relay.toml" <<TEXT
directory = "unix:$dir/redis.sock?db=3"
metrics_port = 0
threads = 2
TEXT
start_relay() # NUMBER
{
    "$relay" -i "$dir/seed" --config "$dir/relay.toml" --listen 127.0.0.1:0 --control "$dir/run$1/socket" >"$dir/relay$1.out" 2>"$dir/relay$1.err" &
    eval "relay$1_pid=\$!"
    children="$children $!"
    becomes grep -q 'listening on' "$dir/relay$1.err" && eval "address$1=\$(sed -n 's/.*listening on \\(.*\\)/\\1/p' \"\$dir/relay$1.err\" | tail -n 1)"
}
metrics() # NUMBER PAGE
{
    url=$(sed -n 's|.*metrics on \(http://[^/]*\)/.*|\1|p' "$dir/relay$1.err" | tail -n 1)
    curl -sf --max-time 5 "$url$2" >"$dir/page"
}
start_relay 1; ok $? 'a relay starts though its directory is not there'
becomes grep -q 'the directory is not there yet (No such file or directory)' "$dir/relay1.err"; ok $? 'and says so, and why'
metrics 1 /readyz && grep -q '^degraded' "$dir/page"; ok $? 'it is degraded'
kill "$relay1_pid"; wait "$relay1_pid"

start_redis()
{
    "$server" --port 0 --unixsocket "$dir/redis.sock" --save '' --appendonly no --dir "$dir" >>"$dir/redis.out" 2>&1 &
    redis_pid=$!
    children="$children $redis_pid"
}
start_redis
start_relay 1 && start_relay 2; ok $? 'two relays with one seed start'
becomes grep -q 'the directory answers' "$dir/relay1.err" && becomes grep -q 'the directory answers' "$dir/relay2.err"; ok $? 'Redis answers both'
becomes grep -q 'a relay of this pool' "$dir/relay1.err" && becomes grep -q 'a relay of this pool' "$dir/relay2.err"; ok $? 'they know of each other'
is_ready()
{
    metrics 1 /readyz && grep -q '^ok' "$dir/page"
}
is_ready; ok $? 'and are ready'

XDG_DATA_HOME=$dir/bob "$wzp" answer --auto all -r "$address2" --json -i tone:440 -o null </dev/null >"$dir/bob.json" 2>"$dir/bob.err" &
bob_pid=$!
children="$children $bob_pid"
becomes grep -q '"event":"registered"' "$dir/bob.json"; ok $? 'Bob registers at the second'
bob=$(XDG_DATA_HOME=$dir/bob "$wzp" identity show --json | sed -n 's/.*"fingerprint": *"\([^"]*\)".*/\1/p')
XDG_DATA_HOME=$dir/ann "$wzp" call "$bob" -r "$address1" --json --duration 300 -i tone:440 -o null </dev/null >"$dir/ann.json" 2>"$dir/ann.err" &
ann_pid=$!
children="$children $ann_pid"
becomes grep -q '"event":"answered"' "$dir/ann.json"; ok $? 'and is called by Ann, who is at the first'
becomes grep -q '"event":"security".*"e2e": *true' "$dir/ann.json"; ok $? 'sealed from end to end'
becomes grep -q '"event":"path"' "$dir/bob.json"; ok $? 'they hear each other'
"$relay" ctl --control "$dir/run1/socket" pool >"$dir/pool"
grep -q '"kind":"pool",.*"directory_up":true,.*"relays":1}' "$dir/pool" && grep -q '"kind":"pool_relay",.*"calls":1}' "$dir/pool"
ok $? 'the operator of one is told of the other, and of the call'
count_keys()
{
    [ "$(redis-cli -s "$dir/redis.sock" -n 3 --scan --pattern 'wzp:*' 2>/dev/null | wc -l)" -eq "$1" ]
}
if command -v redis-cli >/dev/null; then
    becomes count_keys 4; ok $? 'two people and their call stand in the database'
    redis-cli -s "$dir/redis.sock" -n 3 lpush wzp:p:x y >/dev/null 2>&1
    head -c 2000000 /dev/zero | redis-cli -s "$dir/redis.sock" -n 3 -x publish wzp:3:all >/dev/null 2>&1
    becomes grep -q 'it sends more than can be meant' "$dir/relay1.err"; ok $? 'a letter of 2 MB ends the connection, not the relay'
    becomes is_ready; ok $? 'which is made again'
else
    skip 'no redis-cli'
fi

kill -KILL "$redis_pid"
is_degraded()
{
    metrics 1 /readyz && grep -q '^degraded' "$dir/page"
}
becomes is_degraded; ok $? 'without Redis a relay is degraded'
spoken=$(grep -c '"event":"stats"' "$dir/ann.json")
goes_on()
{
    [ "$(grep -c '"event":"stats"' "$dir/ann.json")" -gt $((spoken + 2)) ]
}
becomes goes_on
! grep -q '"event":"ended"' "$dir/ann.json" && ! grep -q '"event":"ended"' "$dir/bob.json"; ok $? 'the call goes on'
XDG_DATA_HOME=$dir/eve timeout 20 "$wzp" call "$bob" -r "$address2" --json --duration 1 -i silence -o null </dev/null >"$dir/eve.json" 2>"$dir/eve.err"
grep -q '"event":"ringing"' "$dir/eve.json"; ok $? 'somebody at the same relay is called'
start_redis
becomes is_ready; ok $? 'Redis is back, empty, and the relay ready'
if command -v redis-cli >/dev/null; then
    becomes count_keys 4; ok $? 'and it knows everything again'
fi
kill -INT "$ann_pid"
becomes grep -q '"event":"ended"' "$dir/bob.json"; ok $? 'a hangup gets through'

metrics 1 /metrics && grep -q '^wzp_relay_directory_up 1' "$dir/page" && grep -q '^wzp_relay_directory_requests_total{result="asked"} [1-9]' "$dir/page"; ok $? 'all this is counted'
# A Redis server that requires a password, on a free port.
for _ in 1 2 3 4 5; do
    port=$((20000 + ($$ * 7 + number * 131 + ${tries:-0} * 977) % 12000))
    tries=$((${tries:-0} + 1))
    printf '%s\n' "port $port" 'bind 127.0.0.1' 'save ""' "dir $dir" 'user ann on >a@b ~* &* +@all' 'user default off' >"$dir/redis2.conf"
    "$server" "$dir/redis2.conf" >"$dir/redis2.out" 2>&1 &
    redis2_pid=$!
    if becomes grep -qE 'Ready to accept|already in use|Could not' "$dir/redis2.out" && grep -q 'Ready to accept' "$dir/redis2.out"; then break; fi
    wait "$redis2_pid"
done
children="$children $redis2_pid"
echo "directory = \"redis://ann:wrong@127.0.0.1:$port/1\"" >"$dir/relay.toml"
start_relay 3
becomes grep -q 'the directory is not there yet (WRONGPASS' "$dir/relay3.err"; ok $? 'a wrong password is told'
! grep -q 'ann:wrong' "$dir/relay3.err"; ok $? 'but not what it is'
kill -TERM "$relay3_pid"; wait "$relay3_pid"
echo "directory = \"redis://ann:a%40b@localhost:$port/1\"" >"$dir/relay.toml"
start_relay 3
becomes grep -q 'the directory answers' "$dir/relay3.err"; ok $? 'the right one opens a database by name, port and number'
kill -TERM "$relay3_pid"; wait "$relay3_pid"

kill -TERM "$relay2_pid"; wait "$relay2_pid"
becomes grep -q 'of this pool went' "$dir/relay1.err"; ok $? 'a relay that ends says so to the other'
done_testing
