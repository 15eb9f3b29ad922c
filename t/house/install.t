#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# "make install" puts exactly the files of install.manifest in place, with their modes, and "make uninstall" takes them all away.
set -u
cd "$WZP_SOURCE" || exit 1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failed=0
# Not a part of the make that runs this test.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES

result()
{
    if [ "$1" -eq 0 ]; then
        echo "ok $2"
    else
        failed=1
        echo "not ok $2"
        sed 's/^/# /' "$folder/output" >&2
    fi
}

echo "1..5"
# A build with sanitizers has no library for others.
make -s install-files BUILD="$WZP_BUILD" SAN="$WZP_SAN" COV="$WZP_COV" DESTDIR="$folder/root" PREFIX=/usr >"$folder/output" 2>&1
result $? "1 - make install into a folder"

without='^#'
[ -z "$WZP_SAN$WZP_COV" ] || without='^#| usr/lib/(libwzp|pkgconfig)'
(cd "$folder/root" && find . ! -type d -printf '%m %P\n' | LC_ALL=C sort -k 2) >"$folder/list"
grep -Ev "$without" t/house/install.manifest | LC_ALL=C sort -k 2 | diff - "$folder/list" >"$folder/output"
result $? "2 - it installs what install.manifest says"

! grep -rl '@[A-Z]*@' "$folder/root/usr/lib/systemd" "$folder"/root/usr/lib/pkgconfig/*.pc >"$folder/output" 2>&1
result $? "3 - no place holder is left in units and wzp.pc"

make -s uninstall BUILD="$WZP_BUILD" SAN="$WZP_SAN" COV="$WZP_COV" DESTDIR="$folder/root" PREFIX=/usr >"$folder/output" 2>&1
result $? "4 - make uninstall"

find "$folder/root" ! -type d >"$folder/output"
[ ! -s "$folder/output" ]
result $? "5 - nothing is left"
exit "$failed"
