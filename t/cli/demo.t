#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# The demonstration as `make demo < /dev/null` runs it, shorter: a relay, an echo peer and a call on
# this machine, without sound card and terminal.
# shellcheck source=t/tap.sh
. "$WZP_SOURCE/t/tap.sh"
keep_others_out
export HOME="$dir"
mkdir "$dir/tmp"
demonstrate() { rm -rf "$dir/tmp"/*; TMPDIR="$dir/tmp" timeout 40 "$WZP_BUILD/wzp" demo --keep --duration 5 >"$dir/out" 2>"$dir/err" </dev/null; }
# On a busy machine audio may be interrupted so much that the echo is not recognised: status 3, and the test tries again.
retry 4 1 demonstrate
ok $? 'the demonstration ends with status 0'
# First over the relay, perhaps, and then directly: to any address of this machine.
sed -n 's/^media path: //p' "$dir/out" | tail -n 1 |
    grep -Eq '^direct to [][0-9a-fA-F.:]+, [0-9]+ ms round trip, direct over the local network$'
ok $? 'it prints the path, which ends as a direct one'
grep -Eq '^end-to-end encrypted, safety code [0-9]{4}-[0-9]{4}-[0-9]{4}$' "$dir/out"
ok $? 'the safety code'
grep -Eq '^heard: [0-9.]+ s of our own voice' "$dir/out"
ok $? 'and what was heard'
[ "$(sed -n 's/^recordings: //p' "$dir/out")" = "$(echo "$dir"/tmp/wzp-demo-*/said.wav "$dir"/tmp/wzp-demo-*/heard.wav)" ]
ok $? 'it keeps its recordings in TMPDIR, when it is asked to'
[ -z "$(find "$dir" -type f ! -name out ! -name err ! -path "$dir/tmp/*")" ]
ok $? 'it leaves nothing in the home'

if [ -x "$WZP_BUILD/wzp-tui" ]; then
    # The default device belongs to a card that does not exist.
    printf 'pcm.!default {\n type hw\n card 30\n}\n' >"$dir/.asoundrc"
    (sleep 1; echo quit) | timeout 20 "$WZP_BUILD/wzp-tui" --demo --plain >"$dir/out" 2>"$dir/err"
    [ "$(grep -c 'No sound card here: you send a tone' "$dir/out")" = 1 ] && ! cat "$dir/out" "$dir/err" | grep -q 'no such device'
    ok $? 'the demonstration on the screen says once that there is no sound card'
fi
done_testing
