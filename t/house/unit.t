#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# The relay's systemd unit is valid and as restricted as promised: exposure 1.0 or less, most of which a server
# that is open to the internet cannot avoid (network, addresses).
set -u
cd "$WZP_SOURCE" || exit 1
if ! command -v systemd-analyze >/dev/null || ! systemd-analyze security --help 2>&1 | grep -q -- --offline; then
    echo "1..0 # SKIP there is no systemd-analyze"
    exit 0
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
unit=$folder/wzp-relay.service
# With a program that exists, so that only the unit itself is checked; man pages are not installed here.
sed -e "s|@BINDIR@/wzp-relay|/bin/true|" -e '/^Documentation=/d' contrib/systemd/wzp-relay.service >"$unit"
failed=0
echo "1..4"
if systemd-analyze verify "$unit" >"$folder/output" 2>&1 && ! grep -q wzp-relay.service "$folder/output"; then
    echo "ok 1 - the unit is valid"
else
    failed=1
    echo "not ok 1 - the unit is valid"
    sed 's/^/# /' "$folder/output" >&2
fi
exposure=$(systemd-analyze security --offline=yes "$unit" 2>/dev/null | sed -n 's/.*Overall exposure level[^:]*: \([0-9.]*\) .*/\1/p')
if awk -v exposure="$exposure" 'BEGIN { exit !(exposure != "" && exposure <= 1.0) }'; then
    echo "ok 2 - exposure $exposure"
else
    failed=1
    echo "not ok 2 - exposure ${exposure:-unknown}, more than 1.0"
fi
# The unit creates the folder that the manual's examples use for --control, and the AppArmor profile allows the socket there.
place=$(sed -n 's/.* --control \(\/run\/[^ ]*\)\/[^ ]* who$/\1/p' man/wzp-relay.8)
profile=contrib/apparmor/wzp-relay
if [ "$place" = "/run/$(sed -n 's/^RuntimeDirectory=//p' "$unit")" ] && grep -q '^RestrictAddressFamilies=.*AF_UNIX' "$unit" &&
    grep -q "^  /run/{private/,}${place#/run/}/\*\* rwk,$" "$profile" && grep -q '^  unix (.*bind, listen, accept.*) type=stream,$' "$profile"; then
    echo "ok 3 - --control works under the unit and the profile, at $place"
else
    failed=1
    echo "not ok 3 - --control works under the unit and the profile, at $place"
fi
# The relay also restarts after a clean exit that nothing expected.
if grep -q '^Restart=always$' "$unit" && grep -q '^RestartSec=[1-5]$' "$unit"; then
    echo "ok 4 - whatever ended the relay, the unit starts it again within 5 s"
else
    failed=1
    echo "not ok 4 - whatever ended the relay, the unit starts it again within 5 s"
fi
exit "$failed"
