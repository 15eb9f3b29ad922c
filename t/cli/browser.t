#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Browsers in rooms of a real relay, played by a WebSocket client that is not ours. Uses only the loopback network.
# shellcheck source=t/tap.sh
. "$WZP_SOURCE/t/tap.sh"
keep_others_out
wzp=$WZP_BUILD/wzp
relay=$WZP_BUILD/wzp-relay
home_in_dir
python=
for candidate in python3 /usr/bin/python3; do
    "$candidate" -c 'import websockets' 2>/dev/null && python=$candidate && break
done
mkdir "$dir/www"
echo '<p>page' >"$dir/www/index.html"
cat >"$dir/relay.toml" <<TEXT
listen_addr = "127.0.0.1:0"
metrics_port = 0
ws_port = 0
ws_host = "127.0.0.1"
ws_per_address = 3
ws_origins = ["friend.example"]
static_dir = "$dir/www"
[[rooms]]
name = "board"
password = "correct horse"
TEXT
"$relay" -c "$dir/relay.toml" -i "$dir/seed" >"$dir/out" 2>"$dir/err" &
children=$!
becomes grep -q 'listening on' "$dir/err"; ok $? 'a relay runs'
if grep -q 'built without libwslay' "$dir/err"; then
    ok 0 'and says that it was built without browsers'
    done_testing
    exit
fi
address=$(sed -n 's/.*listening on \(.*\)/\1/p' "$dir/err")
web=$(sed -n 's/.*browsers on http:\(.*\)/\1/p' "$dir/err")
metrics=$(sed -n 's/.*metrics on \(.*\)/\1/p' "$dir/err")
curl -s -m 10 "http:$web" >"$dir/page"; grep -q '<p>page' "$dir/page"; ok $? 'it serves the folder for browsers'
[ "$(curl -s -m 10 -o /dev/null -w '%{http_code}' --path-as-is "http:${web}../relay.toml")" = 404 ]; ok $? 'and nothing outside'
# Requests a room as a page of that origin would; prints the status of the answer.
asks()
{
    curl -s -m 10 -o /dev/null -w '%{http_code}' --http1.1 --max-time 2 -H "Origin: $1" -H 'Connection: Upgrade' -H 'Upgrade: websocket' \
        -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' "http:${web}ws/tea"
}
[ "$(asks https://evil.example)" = 403 ] && [ "$(asks null)" = 403 ]; ok $? 'a page of another host brings nobody into a room'
grep -q 'a browser at 127.0.0.1:[0-9]* may not come by a page of evil.example: it asked for 127.0.0.1, and ws_origins' "$dir/err"; ok $? 'and the log says so'
[ "$(asks https://friend.example)" = 101 ] && [ "$(asks http://127.0.0.1:1)" = 101 ]; ok $? 'one that the operator named does, and one of the relay itself'
if [ -z "$python" ]; then
    ok 0 'a browser joins # SKIP there is no python3 with websockets'
    done_testing
    exit
fi
# A browser as the existing network's page uses it: client.py URL SECONDS SPEAKS [FIRST MESSAGE]; it ends early when $ENOUGH exists.
cat >"$dir/client.py" <<'TEXT'
import asyncio, json, math, os, struct, sys, time
import websockets
url, seconds, speaks = sys.argv[1], float(sys.argv[2]), sys.argv[3]
first = sys.argv[4] if len(sys.argv) > 4 else None
tone = b''.join(struct.pack('<h', int(9000 * math.sin(2 * math.pi * 500 * i / 48000))) for i in range(960))
enough = os.environ.get('ENOUGH', '')
found = {'texts': [], 'frames': 0, 'sizes': [], 'loudest': 0, 'code': 0, 'reason': ''}
async def main():
    ws = await websockets.connect(url, max_size=None)
    if first:
        await ws.send(first)
    end = time.time() + seconds
    def stays():
        return time.time() < end and not os.path.exists(enough)
    async def send():
        begun, n = time.time(), 0
        while stays():
            await ws.send(tone if speaks == 'tone' else bytes(30000) if speaks == 'long' else bytes(1920))
            n += 1
            await asyncio.sleep(max(0, begun + n * 0.02 - time.time()))
    async def hear():
        while stays():
            try:
                m = await asyncio.wait_for(ws.recv(), 0.2)
            except asyncio.TimeoutError:
                continue
            if isinstance(m, str):
                found['texts'].append(m)
                continue
            found['frames'] += 1
            if len(m) not in found['sizes']:
                found['sizes'].append(len(m))
            s = struct.unpack('<%dh' % (len(m) // 2), m)
            found['loudest'] = max(found['loudest'], int((sum(x * x for x in s) / len(s)) ** 0.5))
    try:
        await asyncio.gather(send(), hear())
        await ws.close()
    except websockets.ConnectionClosed:
        pass
    found['code'], found['reason'] = ws.close_code, ws.close_reason
    print(json.dumps(found))
asyncio.run(main())
TEXT
browser() # OUT URL SECONDS SPEAKS [FIRST]
{
    out=$1
    shift
    timeout 30 "$python" "$dir/client.py" "$@" >"$out" 2>&1
}
loudest()
{
    sed -n 's/.*"loudest": \([0-9]*\).*/\1/p' "$1"
}
browser "$dir/a" "ws:${web}ws/tea" 5 tone &
a=$!
browser "$dir/b" "ws:${web}ws/tea" 5 silence &
b=$!
children="$children $a $b"
wait "$a"; wait "$b"
sed 's/^/# /' "$dir/a" "$dir/b"
grep -q '"texts": \["{\\"type\\":\\"auth_ok\\"}"\]' "$dir/b"; ok $? 'a browser is welcomed'
grep -q '"sizes": \[1920\]' "$dir/b"; ok $? 'gets frames of 960 samples'
[ "$(loudest "$dir/b")" -gt 2000 ] && [ "$(loudest "$dir/a")" -lt 300 ]; ok $? 'and hears the other one, who does not hear itself'
timeout 30 "$wzp" room tea -r "$address" --in tone:700 --out null --duration 6 --json </dev/null >"$dir/room.json" 2>&1 &
children="$children $!"
browser "$dir/c" "ws:${web}ws/tea" 5 silence
sed 's/^/# /' "$dir/c"
[ "$(loudest "$dir/c")" -gt 1000 ]; ok $? 'a browser hears a softphone in the room'
grep -q '"alias":"browser"' "$dir/room.json"; ok $? 'which sees that somebody is there'
browser "$dir/d" "ws:${web}ws/board" 2 silence '{"type":"auth","password":"correct horse"}'
sed 's/^/# /' "$dir/d"
grep -q '"code": 1000' "$dir/d" && ! grep -q '"frames": 0,' "$dir/d"; ok $? 'a browser may say the password of a room'
browser "$dir/d" "ws:${web}ws/tea" 5 long
grep -q '"code": 1009' "$dir/d"; ok $? 'a message that is too long ends it'
browser "$dir/d" "ws:${web}ws/call-1" 5 silence
grep -q '"code": 1008, "reason": "room names that begin with call- belong to calls"' "$dir/d"; ok $? 'a room that is none is told'
for i in 1 2 3; do
    ENOUGH="$dir/enough" browser "$dir/crowd$i" "ws:${web}ws/tea" 25 silence &
    children="$children $!"
done
has_three()
{
    curl -s -m 10 "$metrics" | grep -q '^wzp_web_active_connections 3$'
}
becomes has_three; ok $? 'three browsers from one address, as metrics tell'
browser "$dir/d" "ws:${web}ws/tea" 5 silence; grep -q '"reason": "there are too many browsers at your address"' "$dir/d"; ok $? 'and not a fourth'
: >"$dir/enough"
curl -s -m 10 "$metrics" >"$dir/metrics"
grep -q '^wzp_web_connections_total{result="ok"} [1-9]' "$dir/metrics" && grep -q '^wzp_web_frames_bridged_total{direction="up"} [1-9]' "$dir/metrics" &&
    grep -q '^wzp_web_frames_bridged_total{direction="down"} [1-9]' "$dir/metrics" && grep -q '^wzp_web_closed_total{reason="malformed"} 1$' "$dir/metrics" && grep -q '^wzp_web_closed_total{reason="origin"} 2$' "$dir/metrics"
ok $? 'what went on is counted'
done_testing
