#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# The makefile builds what is asked for: ONLY=word just what those tests need, ROOMS=room that room and what it stands on, which is
# enough to link it.
# shellcheck source=t/tap.sh
. "$WZP_SOURCE/t/tap.sh"
cd "$WZP_SOURCE" || exit 1
unset MAKEFLAGS MAKELEVEL MFLAGS
explain()
{
    printf '%s\n' "$1" | sed 's/^/# /'
}

# What make would do in an empty build folder; nothing is done.
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

would all ROOMS=phone
rooms=$(grep -o "$dir/none/obj/[a-z0-9]*/" "$dir/out" | sed 's|/$||; s|.*/||' | sort -u | tr '\n' ' ')
! echo " $rooms" | grep -q ' tui \| script \| cli '
ok $? "ROOMS=phone leaves the faces out: $rooms"
# What those rooms and the tests of phone call must be in those rooms.
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
done_testing
