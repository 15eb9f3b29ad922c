#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Every header compiles alone, with each installed compiler; the public ones also without the rest of the source tree.
# shellcheck source=t/tap.sh
. "$WZP_SOURCE/t/tap.sh"
cd "$WZP_SOURCE" || exit 1
headers=$(ls src/*/*.h include/wzp/*.h t/*.h 2>/dev/null)
flags="-std=c11 -fsyntax-only -fdiagnostics-color=never -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wvla -Wundef -Werror"
output=$dir/output
# Prints the compiler's messages: they name the headers that do not compile.
explain()
{
    grep -m 20 error: "$output" | sed 's/^/# /'
}

# A file that includes nothing but the header, twice, which also tests its include guard.
for folder in src/* include/wzp t; do
    mkdir -p "$dir/alone/$folder"
done
count=0
for header in $headers; do
    count=$((count + 1))
    printf '#include "%s"\n#include "%s"\nextern int unused_here;\n' "$header" "$header" >"$dir/alone/$header.c"
done
find "$dir/alone" -name '*.c' | sort >"$dir/list"
# A header that a source file includes first has already been compiled alone by the build, if that uses -Werror.
: >"$dir/built"
if grep -q ' -Werror ' "$WZP_BUILD/flags"; then
    awk -v alone="$dir/alone/src/" 'FNR == 1 { first = 1 }
        first && /^#/ { first = 0; if ($1 == "#include" && $2 ~ /^"/) print alone substr($2, 2, length($2) - 2) ".c" }' src/*/*.c >"$dir/built"
fi
grep -vxF -f "$dir/built" "$dir/list" >"$dir/others"

# All in one call of the compiler. clang's driver would still start one process for each, which costs four times as much as
# the work; so it is asked for the command that it would run.
for compiler in gcc clang; do
    if ! command -v "$compiler" >/dev/null; then
        skip "there is no $compiler"
        continue
    fi
    # shellcheck disable=SC2086
    command=$("$compiler" '-###' $flags -I. $WZP_CPPFLAGS "$dir/alone/t/tap.h.c" 2>&1 | sed -n '/"-cc1"/s/ "[^"]*"$//p')
    list=$dir/list
    [ "$compiler" = "$CC" ] && list=$dir/others
    eval "xargs -d '\\n' ${command:-$compiler $flags -I. $WZP_CPPFLAGS}" <"$list" >"$output" 2>&1
    ok $? "$count headers compile alone with $compiler, $((count - $(wc -l <"$list"))) of them did when all was built"
done
# Programs that embed the library have only include/wzp, and perhaps a C++ compiler.
public()
{
    language=$1
    shift
    bad=
    count=0
    : >"$output"
    for header in include/wzp/*.h; do
        count=$((count + 1))
        name=wzp/${header##*/}
        printf '#include "%s"\n#include "%s"\nextern int unused_here;\n' "$name" "$name" |
            "$@" -fsyntax-only -fdiagnostics-color=never -Wall -Wextra -Wpedantic -Werror -Iinclude - >>"$output" 2>&1 || bad="$bad $name"
    done
    [ -z "$bad" ]
    ok $? "$count public headers compile as $language with include/ alone"
}

public C11 "$CC" -std=c11 -Wshadow -x c
if command -v g++ >/dev/null; then
    public C++17 g++ -std=c++17 -x c++
elif command -v clang++ >/dev/null; then
    public C++17 clang++ -std=c++17 -x c++
else
    skip 'there is no C++ compiler'
fi
done_testing
