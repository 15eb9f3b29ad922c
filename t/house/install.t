#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# "make install" installs exactly the files of install.manifest, with their modes, and "make uninstall" removes them all.
# shellcheck source=t/tap.sh
. "$WZP_SOURCE/t/tap.sh"
cd "$WZP_SOURCE" || exit 1
explain()
{
    sed 's/^/# /' "$dir/output"
}
# Make variables of the make that runs this test are not inherited.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES

# A build with sanitizers makes no library to install.
make -s install-files BUILD="$WZP_BUILD" SAN="$WZP_SAN" COV="$WZP_COV" DESTDIR="$dir/root" PREFIX=/usr >"$dir/output" 2>&1
ok $? "make install into a folder"

# git refuses to let root read somebody else's checkout; installing what is built must work all the same.
mkdir "$dir/bin"
printf '#!/bin/sh\nexit 128\n' >"$dir/bin/git"
chmod 755 "$dir/bin/git"
PATH="$dir/bin:$PATH" make -n install-files BUILD="$WZP_BUILD" SAN="$WZP_SAN" COV="$WZP_COV" DESTDIR="$dir/again" PREFIX=/usr >"$dir/output" 2>&1
[ $? = 0 ] && grep -q 'install ' "$dir/output" && ! grep -E -- ' -c .*-o |-o [^ ]*/(wzp|wzp-tui|wzp-relay) ' "$dir/output" >"$dir/rebuilt"
ok $? "make install builds nothing anew that make built, also where git gives no version"

without='^#'
[ -z "$WZP_SAN$WZP_COV" ] || without='^#| usr/lib/(libwzp|pkgconfig)'
(cd "$dir/root" && find . ! -type d -printf '%m %P\n' | LC_ALL=C sort -k 2) >"$dir/list"
grep -Ev "$without" t/house/install.manifest | LC_ALL=C sort -k 2 | diff - "$dir/list" >"$dir/output"
ok $? "it installs what install.manifest says"

! grep -rl '@[A-Z]*@' "$dir/root/usr/lib/systemd" "$dir"/root/usr/lib/pkgconfig/*.pc >"$dir/output" 2>&1
ok $? "no place holder is left in units and wzp.pc"

echo 'print(type(require("examples.screening")))' >"$dir/use.lua"
(cd "$dir" && HOME="$dir" timeout 60 root/usr/bin/wzp run use.lua) >"$dir/output" 2>&1
grep -qx function "$dir/output"
ok $? "a tree that stands elsewhere finds its own scripts"

make -s uninstall BUILD="$WZP_BUILD" SAN="$WZP_SAN" COV="$WZP_COV" DESTDIR="$dir/root" PREFIX=/usr >"$dir/output" 2>&1
ok $? "make uninstall"

find "$dir/root" ! -type d >"$dir/output"
[ ! -s "$dir/output" ]
ok $? "nothing is left"
done_testing
