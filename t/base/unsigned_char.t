#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# char has no sign on some machines (ARM): what comes from outside is judged there as it is here.
# shellcheck source=t/tap.sh
. "$WZP_SOURCE/t/tap.sh"
explain()
{
    grep -av '^ok' "$dir/output" | head -n 40 | sed 's/^/# /'
}
compile="${CC:-cc} -std=c11 -O0 -funsigned-char -D_GNU_SOURCE -I$WZP_SOURCE/src -I$WZP_SOURCE/include -I$WZP_SOURCE/t"
cd "$dir" || exit 1
# shellcheck disable=SC2086
$compile -c "$WZP_SOURCE"/src/base/*.c "$WZP_SOURCE/t/tap.c" "$WZP_SOURCE/t/sweep.c" >output 2>&1
ok $? 'base is compiled with char that has no sign'
for name in addr bytes json text toml; do
    # shellcheck disable=SC2086
    $compile "$WZP_SOURCE/t/base/$name.c" ./*.o -lm -o "$name" >output 2>&1 && "./$name" >output 2>&1
    ok $? "and does the same: $name"
done
done_testing
