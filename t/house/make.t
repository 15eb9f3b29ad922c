#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# The makefile builds what is requested: ONLY=word just what those tests need, ROOMS=room that room and those it depends on,
# which is enough to link it.
# shellcheck source=t/tap.sh
. "$WZP_SOURCE/t/tap.sh"
cd "$WZP_SOURCE" || exit 1
unset MAKEFLAGS MAKELEVEL MFLAGS
explain()
{
    printf '%s\n' "$1" | sed 's/^/# /'
}

# What make would do in an empty build folder; nothing is executed.
would()
{
    make -n WITH_DRED=no CC="$CC" BUILD="$dir/none" "$@" >"$dir/out" 2>"$dir/err"
}
# The programs that would be linked, without the folder, in one line.
linked()
{
    grep -o -- "-o $dir/none/[^ ]* " "$dir/out" | grep -v '\.o $' | sed "s|^-o $dir/none/||; s| \$||" | sort -u | tr '\n' ' '
}

would check-run ONLY=wire/frame.t
[ "$(linked)" = 't/wire/frame.t ' ]
ok $? 'ONLY=wire/frame.t builds that program and no other' "$(linked)"
would check-run ONLY=t/cli/ctl.t
[ "$(linked)" = 'wzp wzp-relay wzp-tui ' ]
ok $? 'ONLY=t/cli/ctl.t builds the programs and no test' "$(linked)"
would check-run ONLY=oom/wire
linked | tr ' ' '\n' | grep -v '^t/wire/' >"$dir/others"
linked | grep -q t/wire/frame.t && [ "$(tr -d '\n' <"$dir/others")" = '' ]
ok $? 'ONLY=oom/wire builds the tests of that room' "$(linked)"

would tidy-run ONLY=src/nat/
grep -o 'clang-tidy --quiet src/[^ ]*' "$dir/out" | sed 's/.* //' | sort >"$dir/looked"
ls src/nat/*.c >"$dir/wanted"
cmp -s "$dir/looked" "$dir/wanted"
ok $? 'tidy ONLY=src/nat/ looks at the files of that room and at no other' "$(diff "$dir/looked" "$dir/wanted" | head -n 5)"

would all ROOMS=phone
rooms=$(grep -o "$dir/none/obj/[a-z0-9]*/" "$dir/out" | sed 's|/$||; s|.*/||' | sort -u | tr '\n' ' ')
! echo " $rooms" | grep -q ' tui \| script \| cli '
ok $? "ROOMS=phone leaves the faces out: $rooms"
# Functions that those rooms and the tests of phone call must be in those rooms.
# shellcheck disable=SC2046
nm -A -g "$WZP_BUILD"/obj/*/*.o $(ls "$WZP_BUILD"/t/phone/*.o 2>/dev/null) | awk -v rooms="$rooms" '
    BEGIN { split(rooms, list, " "); for (i in list) built[list[i]] = 1; built["t/phone"] = 1 }
    {
        file = $1; sub(/:.*/, "", file)
        room = file; sub(/\/[^\/]*$/, "", room); sub(/.*\/obj\//, "", room); sub(/.*\/t\//, "t/", room)
        name = $NF; kind = $(NF - 1)
        if (kind == "U") { if (room in built) wanted[name] = file }
        else { ours[name] = room; if (room in built) there[name] = 1 }
    }
    END { for (name in wanted) if (name in ours && !(name in there)) print wanted[name] " wants " name " of " ours[name] }' >"$dir/missing"
[ ! -s "$dir/missing" ]
ok $? 'and links: all that is called is in there' "$(head -n 5 "$dir/missing")"

# Compiler flags: hardened by default; a packager's flags are kept.
flags_of()
{
    would SAN= COV= "$dir/none/obj/wire/media.o" && grep -- '-o [^ ]*/wire/media.o' "$dir/out"
}
flags=$(flags_of)
for flag in -O2 -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection -fcf-protection; do
    case $flag in -fcf-protection | -fstack-clash-protection)
        echo 'int main(void) { return 0; }' | $CC -Werror "$flag" -x c -c - -o "$dir/accepted.o" 2>/dev/null || continue
        ;;
    esac
    case " $flags " in *" $flag "*) ;; *) echo "$flag" ;; esac
done >"$dir/missing"
[ -n "$flags" ] && [ ! -s "$dir/missing" ]
ok $? 'what is built is hardened without being asked' "$(cat "$dir/missing")"
flags=$(CFLAGS='-O3 -g1' CPPFLAGS=-D_FORTIFY_SOURCE=2 flags_of)
case $flags in *-D_FORTIFY_SOURCE=3* | *-O2*) false ;; *-D_FORTIFY_SOURCE=2*-O3\ -g1*) true ;; *-O3\ -g1*-D_FORTIFY_SOURCE=2*) true ;; *) false ;; esac
ok $? 'and with the flags of who packages it, where they say some' "$flags"

# A source archive below another checkout; its folders are symbolic links.
mkdir -p "$dir/above/wzp/contrib"
for part in "$WZP_SOURCE"/* "$WZP_SOURCE"/contrib/*; do
    case ${part#"$WZP_SOURCE"/} in
    contrib | build | contrib/VERSION) ;;
    *) ln -s "$part" "$dir/above/wzp/${part#"$WZP_SOURCE"/}" ;;
    esac
done
version()
{
    make -n -p -C "$dir/above/wzp" WITH_DRED=no CC="$CC" BUILD="$dir/none" wzp 2>/dev/null | sed -n 's/^VERSION := //p'
}
if command -v git >/dev/null; then
    git -C "$dir/above" init -q && git -C "$dir/above" -c user.name=a -c user.email=a@example.org commit -q --allow-empty -m a &&
        git -C "$dir/above" tag v99.9
    version=$(version)
    [ "$version" = 0.1.0 ]
    ok $? 'the version is not that of a checkout that lies above' "$version"
fi
if command -v git >/dev/null; then
    own() { git -C "$dir/above/wzp" -c user.name=a -c user.email=a@example.org "$@"; }
    own init -q && own commit -q --allow-empty -m a
    version=$(version)
    [ "$version" = "0.1.0+g$(own rev-parse --short=7 HEAD)" ]
    ok $? 'a checkout without tags says the release and its commit' "$version"
    own tag v0.2.0
    version=$(version)
    [ "$version" = v0.2.0 ]
    ok $? 'a tag is the release' "$version"
    rm -rf "$dir/above/wzp/.git"
fi
echo 7.8.9 >"$dir/above/wzp/contrib/VERSION"
version=$(version)
[ "$version" = 7.8.9 ]
ok $? 'a source archive carries its own' "$version"

# Building outside the source tree, also where nothing can be written.
mkdir "$dir/elsewhere"
(cd "$dir/elsewhere" && make -n -f "$WZP_SOURCE/GNUmakefile" WITH_DRED=no CC="$CC" all) >"$dir/out" 2>"$dir/err"
[ $? = 0 ] && grep -q -- "-o $dir/elsewhere/build/obj/wire/media.o" "$dir/out"
ok $? 'make -f in another folder finds the sources, for the whole library' "$(head -n 3 "$dir/err")"
! make -n CC="$CC" BUILD=/proc/wzp >"$dir/out" 2>"$dir/err" && grep -q 'cannot write to /proc/wzp: set BUILD=folder' "$dir/err"
ok $? 'where nothing can be written that is said, and what to do' "$(head -n 3 "$dir/err")"
done_testing
