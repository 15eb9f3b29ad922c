#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# A script gives the same results in virtual time and in network namespaces; however it ends, no namespaces are left.
# Needs root; skips with a reason otherwise.
# Other processes create and remove namespaces meanwhile: those that are left are counted where nobody else makes any.
if [ -z "${WZP_ALONE-}" ] && unshare --net --mount true 2>/dev/null; then
    WZP_ALONE=1 exec unshare --net --mount "$0"
fi
[ -z "${WZP_ALONE-}" ] || { mkdir -p /run/netns && mount -t tmpfs none /run/netns; }
# shellcheck source=t/lab/lib_netns.sh
. "$WZP_SOURCE/t/lab/lib_netns.sh"
needs ip nft
keep_others_out
explain()
{
    grep -h -A 12 '^ *not ok' "$dir/virtual" "$dir/spaces" 2>/dev/null | head -n 40 | sed 's/^/# /'
}
both=$WZP_SOURCE/t/lab/both.lua
as_nobody()
{
    setpriv --reuid=65534 --regid=65534 --clear-groups env -u HARNESS_ACTIVE HOME=/nonexistent timeout 60 "$@"
}

"$wzp" run --tap "$both" >"$dir/virtual"
ok $? 'the script passes in virtual time'
# In real time a busy machine may be too late for one of the checks: it is tried again.
for _ in 1 2 3; do
    timeout 80 "$wzp" run --tap --namespaces "$both" >"$dir/spaces"
    status=$?
    [ $status = 77 ] && break
    [ "$(grep -c '^ *not ok' "$dir/spaces")" -eq 0 ] && break
done
[ $status = 77 ] && skip_all "$(sed 's/.*SKIP //' "$dir/spaces")"
ok $status 'and in network namespaces'
results() { grep -v '^#' "$1"; }
results "$dir/virtual" >"$dir/a"
results "$dir/spaces" >"$dir/b"
cmp -s "$dir/a" "$dir/b"
ok $? "with the same $(grep -c ' ok ' "$dir/a") results"

# ---- all ways to end ----
cat >"$dir/long.lua" <<'END'
local lab = wzp.test.lab{ nat = { a = "easy" } }
lab:client("a")
print("ready")
wzp.forever()
END
ends() { # SIGNAL
    "$wzp" run --tap --namespaces "$dir/long.lua" >"$dir/out" 2>&1 &
    pid=$!
    becomes grep -q ready "$dir/out"
    [ "$(readlink /proc/$pid/fd/* | grep '^net:' | grep -vxF "$(readlink /proc/self/ns/net)" | sort -u | wc -l)" -eq 3 ]
    ok $? "while it runs it holds its relay, its router and its home"
    kill -"$1" $pid
    wait $pid 2>/dev/null
    ! kill -0 $pid 2>/dev/null && [ "$(ip -o link show | wc -l)" = "$links" ] && [ "$(ip netns | wc -l)" = "$names" ]
    ok $? "ended by SIG$1, it leaves no interface, no name"
    ! pgrep -P $pid >/dev/null
    ok $? 'and no process'
}
links=$(ip -o link show | wc -l)
names=$(ip netns | wc -l)
ends INT
ends KILL

# ---- without privileges ----
if command -v setpriv >/dev/null 2>&1 && as_nobody "$wzp" --version >/dev/null 2>&1; then
    chmod 755 "$dir"
    chmod 644 "$dir/long.lua"
    as_nobody "$wzp" run --tap --namespaces "$dir/long.lua" >"$dir/out" 2>&1
    [ $? -eq 77 ] && grep -q '^1..0 # SKIP network namespaces need root' "$dir/out"
    ok $? 'without root a test is skipped: status 77, and it says why'
    as_nobody "$wzp" run --namespaces "$dir/long.lua" >"$dir/out" 2>&1
    [ $? -eq 2 ] && grep -q 'long.lua:1: .*network namespaces need root' "$dir/out"
    ok $? 'and another script fails with file, line and the reason'
fi
done_testing
