#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# wzp run: its output, its exit status, and results in the formats for prove and for build servers.
# shellcheck source=t/tap.sh
. "$WZP_SOURCE/t/tap.sh"
wzp=$WZP_BUILD/wzp
[ -x "$wzp" ] || skip_all 'wzp was not built'
home_in_dir
unset HARNESS_ACTIVE
# STATUS WORDS ARG...: the exit status, and what it prints on either stream.
run()
{
    want=$1
    words=$2
    shift 2
    timeout 50 "$wzp" run "$@" >"$dir/out" 2>"$dir/err" </dev/null
    status=$?
    [ "$status" -eq "$want" ] && grep -Eq -- "$words" "$dir/out" "$dir/err"
    ok $? "status $want, '$words': $*"
}

cat >"$dir/good.lua" <<'LUA'
#!/usr/bin/env wzp
local t = wzp.test
t.plan{ name = "two phones", timeout = 30, seed = 7 }
local lab = t.lab{ relays = 1, nat = { a = "easy", b = "easy" } }
local a, b = lab:client("a"), lab:client("b")
lab:link("a"):drop(0.02):delay(20)
t.test("survives loss of the direct path", function()
  local out = a:dial(b)
  local inc = t.expect(b, "call.incoming", { within = 1, from = a.fingerprint })
  inc:answer()
  t.expect(out, "connected", { within = 2 })
  t.eventually(function() return out.path.kind == "direct" end, { within = 5 })
  out:play(t.tone(440)) local ear = inc.call:listen()
  lab:link("a", "b"):down()
  t.expect(out, "path.changed", { to = "relay", within = 5 })
  t.never(out, "ended", { during = 3 })
  t.ge(ear:tone_match(440), 0.6, "the tone is heard")
  out:hangup()
  t.is(t.expect(inc, "ended", { within = 1 }).reason, "normal")
end)
LUA
run 0 '^ok 1 - survives loss' --tap "$dir/good.lua"
run 0 '^    ok [0-9]+ - the tone is heard' --tap --junit "$dir/junit.xml" "$dir/good.lua"
grep -q '<testcase .*name="the tone is heard"' "$dir/junit.xml" && grep -q 'failures="0"' "$dir/junit.xml"
ok $? 'results for a build server'
! grep -q 'TAP version' "$dir/out"
ok $? 'no line of a TAP version that an older prove would not read'
prove -e "$wzp run --tap" "$dir/good.lua" >"$dir/out" 2>"$dir/err"
[ $? -eq 0 ] && grep -q 'Result: PASS' "$dir/out"
ok $? 'prove reads it'

echo 'assert(assert(wzp.client { relay = "127.0.0.1:9" }):wait("registered", { timeout = 1 }))' >"$dir/nobody.lua"
run 2 'timeout: relay 127.0.0.1:9: .*no relay listens there' "$dir/nobody.lua"

cat >"$dir/bad.lua" <<'LUA'
local t = wzp.test
t.is(1, 2, "one # is two")
print("a line", 5)
print("before\0behind\0", "end")
LUA
run 2 '^not ok 1 - one \\# is two$' --tap "$dir/bad.lua"
grep -q '^  at: .*bad.lua:2$' "$dir/out" && grep -q '^  expected: 2$' "$dir/out" &&
    grep -q '^  again: wzp run --tap /.*bad.lua$' "$dir/out"
ok $? 'where, what was expected, and the way to see it again'
grep -q '^# a line	5$' "$dir/out"
ok $? 'what it prints is a remark'
grep -qF "# before\\0behind\\0	end" "$dir/out"
ok $? 'a zero byte does not hide what follows it'
prove -e "$wzp run --tap" "$dir/bad.lua" >"$dir/out" 2>"$dir/err"
[ $? -ne 0 ] && grep -q 'Failed test:  1' "$dir/out"
ok $? 'prove sees the failure'
echo 'wzp.test.lab{ relays = 1 } wzp.test.is(1, 2)' >"$dir/chance.lua"
seed=$(timeout 20 "$wzp" run --tap "$dir/chance.lua" 2>/dev/null | sed -n 's/^  seed: //p')
run 2 "^  again: wzp run --tap --seed $seed /" --tap --seed "$seed" "$dir/chance.lua"
run 2 'failed: one # is two: at: .*bad.lua:2, expected: 2, got: 1$' "$dir/bad.lua"
run 2 'failures="1"' --tap --junit /dev/stdout "$dir/bad.lua"
printf '%s\n' 'wzp.test.ok(true, "a\xff\u{fffe}\u{fffd}\27b")' >"$dir/bytes.lua"
run 0 '<testcase .* name="a[?][?]�[?]b"' --tap --junit /dev/stdout "$dir/bytes.lua"
printf '%s\n' 'wzp.test.ok(true, "a\u{9b}31m\u{202e}b\xff\nc")' >"$dir/ansi.lua"
run 0 '^ok 1 - a[?]31m[?]b[?] c$' --tap "$dir/ansi.lua"
run 1 'cannot write .*/none/junit.xml: No such file' --tap --junit "$dir/none/junit.xml" "$dir/good.lua"
! grep -q '^ok' "$dir/out"; ok $? 'a file for results that cannot be written is told before the script runs'

run 0 '^ok 5 - nothing is left' --tap --seed 5 "$WZP_SOURCE/lua/examples/soak.lua" 0.5
echo 'local x = = 1' >"$dir/syntax.lua"
run 1 'syntax.lua:1: unexpected symbol' "$dir/syntax.lua"
run 1 'nothere.lua' "$dir/nothere.lua"
run 1 'give a SCRIPT'
echo 'local a = nil; print(a.b)' >"$dir/error.lua"
run 2 'error.lua:1: attempt to index a nil value' "$dir/error.lua"
run 2 'stack traceback' "$dir/error.lua"
[ "$(grep -c 'error.lua:1: attempt' "$dir/err")" = 1 ] && ! grep -q 'error.lua:1: .*error.lua:1:' "$dir/err"
ok $? 'where an error is, is told once'
printf 'local function inner() local a = nil; return a.b .. "" end\nprint(inner())\n' >"$dir/deep.lua"
run 2 "deep.lua:1: in [a-z]* 'inner'\$" "$dir/deep.lua"
grep -q 'deep.lua:2: in main chunk$' "$dir/err"; ok $? 'each line of a traceback is told as Lua wrote it'
run 2 'error: script: .*cannot write .*/none/watch.csv: No such file' "$WZP_SOURCE/lua/examples/linewatch.lua" "$dir/none/watch.csv"
run 2 'error: script: .*cannot write .*/none/messages.txt: No such file' "$WZP_SOURCE/lua/examples/voicemail.lua" '' "$dir/none"
echo 'assert(nil, "name a relay")' >"$dir/assert.lua"
run 2 'assert.lua:1: name a relay$' "$dir/assert.lua"
! grep -q traceback "$dir/err"
ok $? 'a sentence of the script for people has no traceback'
echo 'wzp.test.skip("no card")' >"$dir/skip.lua"
run 77 '^1..0 # SKIP no card' --tap "$dir/skip.lua"
prove -e "$wzp run --tap" "$dir/skip.lua" >"$dir/out" 2>"$dir/err"
[ $? -eq 0 ] && grep -q 'skipped: no card' "$dir/out"
ok $? 'prove sees that it was skipped'
mkdir "$dir/config/wzp/scripts" -p
echo 'return { word = ... or "none" }' >"$dir/config/wzp/scripts/own.lua"
echo 'return { word = "beside" }' >"$dir/beside.lua"
echo 'print(require("own").word, require("beside").word, arg[1], arg[2])' >"$dir/modules.lua"
run 0 '^own	beside	one	--two$' "$dir/modules.lua" one -- --two
if [ -e "$WZP_BUILD/../lua/examples/screening.lua" ]; then
    echo 'print(type(require("examples.screening")))' >"$dir/screening.lua"
    run 0 '^function$' "$dir/screening.lua"
    echo 'print(type(require("examples.screening")))' | timeout 10 "$wzp" repl >"$dir/out" 2>"$dir/err"
    grep -q '^function$' "$dir/out"
    ok $? 'the modules of the sources are found by programs that were not installed'
fi
echo 'wzp.timer.sleep(3600) print(wzp.time.now())' >"$dir/hour.lua"
run 0 '^3600.0$' --virtual "$dir/hour.lua"
echo 'wzp.test.plan{ timeout = 0.2, clock = "real" } wzp.forever()' >"$dir/late.lua"
run 2 'the script ends in time' --tap "$dir/late.lua"
timeout -s INT 1 "$wzp" run "$dir/late.lua" >"$dir/out" 2>"$dir/err"
echo 'wzp.on("incoming", print) wzp.forever()' >"$dir/forever.lua"
timeout -s INT 0.5 "$wzp" run "$dir/forever.lua" >"$dir/out" 2>"$dir/err"
[ $? -eq 124 ] && [ ! -s "$dir/err" ]
ok $? 'an interrupt ends it without a word'
echo 'while true do pcall(function() while true do end end) end' >"$dir/busy.lua"
before=$(date +%s)
timeout -s INT 0.5 "$wzp" run "$dir/busy.lua" >"$dir/out" 2>"$dir/err"
[ $? -eq 124 ] && [ $(($(date +%s) - before)) -lt 8 ] && grep -q 'busy.lua:1: interrupted' "$dir/err"
ok $? 'an interrupt ends a program that never waits'
printf '1 + 1\nlocal x ]\nx = 5\n{ word = x * 2 }\nerror("bad")\n' | timeout 10 "$wzp" repl >"$dir/out" 2>"$dir/err"
[ $? -eq 0 ] && grep -q '^2$' "$dir/out" && grep -q '^  word = 10$' "$dir/out" && grep -q '^line:1: bad$' "$dir/out" &&
    grep -q "^line:1: .*near ']'" "$dir/out"
ok $? 'Lua line by line: values, fields, errors'
printf 'for i = 1, 2 do\n\nprint("turn", i)\nend\n{\n  7 * 6,\n}\nprint(\n' | timeout 10 "$wzp" repl >"$dir/out" 2>"$dir/err"
[ $? -eq 0 ] && grep -q '^turn.2$' "$dir/out" && grep -q '^  1 = 42$' "$dir/out" && [ "$(grep -c '^line:' "$dir/out")" -eq 1 ] &&
    grep -q '^line:1: .*near <eof>$' "$dir/out"
ok $? 'what goes on over several lines is run when it is whole; at the end of input it is told what is missing'
if command -v script >/dev/null 2>&1; then
    # Tab completes what can only be one thing; arrow up brings the line back; control-d leaves.
    { sleep 1; printf 'wzp.time.we\t() > 0\r'; sleep 0.5; printf '\033[A\r'; sleep 0.5; printf '\004'; } |
        timeout 20 script -qec "$wzp repl" /dev/null >"$dir/out" 2>"$dir/err"
    [ "$(grep -c 'true' "$dir/out")" -eq 2 ] && grep -q 'wzp.time.weekday() > 0' "$dir/state/wzp/lua_history"
    ok $? 'on a terminal: completion, earlier lines'
fi
echo 'wzp.test.lab{ relays = 1 }' >"$dir/lab.lua"
run 2 'a laboratory needs virtual time: wzp run --tap or' "$dir/lab.lua"
! grep -q traceback "$dir/err"
ok $? 'a hint comes without a traceback'
cat >"$dir/inner.lua" <<'LUA'
local t = wzp.test
local lab = t.lab{ relays = 1 }
t.expect(lab:client("a"), "registered", { within = 5 })
t.test("inner", function() t.is(1, 2) end)
LUA
run 2 '^not ok 2 - inner$' --tap "$dir/inner.lua"
[ "$(grep -c ' a: registered' "$dir/out")" -eq 1 ]
ok $? 'what led to a failure is told once, not again for the test around it'
cat >"$dir/two.lua" <<'LUA'
local first = assert(wzp.client{ own = true, name = "first" })
assert(first:wait("registered", { timeout = 10 }))
local second = assert(wzp.client{ own = true, name = "second" })
local ev = assert(first:wait("unregistered", { timeout = 10 }))
print("displaced", ev.displaced, first.registered)
second:close()
print("again", first:wait("registered", { timeout = 10 }) and first.registered)
LUA
if [ -x "$WZP_BUILD/wzp-relay" ]; then
    "$WZP_BUILD/wzp-relay" -i "$dir/relay.seed" --listen 127.0.0.1:0 >"$dir/relay.out" 2>&1 &
    relay=$!
    children=$relay
    place=
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        place=$(sed -n 's/.*listening on \(127.0.0.1:[0-9]*\).*/\1/p' "$dir/relay.out" 2>/dev/null)
        [ -n "$place" ] && break
        sleep 0.25
    done
    run 0 '^displaced.true.false$' --relay "$place" "$dir/two.lua"
    grep -q '^error: script: first at .*: another program with our identity' "$dir/err"
    ok $? 'a script whose calls go to a newer program of its identity says so by itself'
    grep -q '^again.true$' "$dir/out"
    ok $? 'and is called again when that one is gone'
    kill "$relay" 2>/dev/null
    wait "$relay" 2>/dev/null
fi
done_testing
