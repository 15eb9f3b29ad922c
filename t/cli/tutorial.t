#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Runs the scripts of wzp-tutorial(7) and wzp-lua(3) as they are printed there.
# shellcheck source=t/tap.sh
. "$WZP_SOURCE/t/tap.sh"
wzp=$WZP_BUILD/wzp
[ -x "$wzp" ] || skip_all 'wzp was not built'
home_in_dir
# A literal block behind a comment "run: FILE"; that of wzp-lua(3) is its only one.
awk -v dir="$dir" '/^\.\\" run: / { file = dir "/" $3 } /^\.Ed/ { on = 0; file = "" }
    on && file { gsub(/\\e/, "\\"); print >file } /^\.Bd -literal/ { on = 1 }' "$WZP_SOURCE/man/wzp-tutorial.7"
awk -v file="$dir/manual.lua" '/^\.Ed/ { on = 0 } on { print >file } /^\.Bd -literal/ { on = 1 }' "$WZP_SOURCE/man/wzp-lua.3"
# The live script runs in an environment of its own; the init.lua gets a call at night.
{ echo 'wzp.test.lab{ relays = 1 }'; sed 's/relay.example.net/198.51.100.10:4433/' "$dir/live.lua"; echo 'wzp.test.ok(call.path.kind, "a path is told")'; } >"$dir/live.new"
mv "$dir/live.new" "$dir/live.lua"
cat >>"$dir/init.lua" <<'LUA'
local t = wzp.test
local lab = t.lab{ relays = 1 }
local a, b = lab:client("a"), lab:client("b", { answers = true, settings = { auto_answer = "all" } })
wzp.time.hour = function() return 3 end
t.is(t.expect(a:dial(b), "ended").reason, "busy", "at night it is busy")
wzp.time.hour = function() return 12 end
t.expect(a:dial(b), "connected")
LUA
for name in first second third fourth fifth live init manual; do
    timeout 50 "$wzp" run --tap "$dir/$name.lua" >"$dir/out" 2>&1 && grep -q '^ok 1' "$dir/out"
    ok $? "$name.lua of the manual passes"
    ! grep -Eq '^ *ok [0-9]+ - ([-0-9.]+ [<>=]|both are the same)' "$dir/out"
    ok $? 'and says of each result what it means'
done
done_testing
