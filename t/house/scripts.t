#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Shell scripts pass shellcheck, man pages mandoc, the relay's unit systemd-analyze.
# shellcheck source=t/tap.sh
. "$WZP_SOURCE/t/tap.sh"
cd "$WZP_SOURCE" || exit 1
explain()
{
    head -n 60 "$dir/output" | sed 's/^/# /'
}
# check NAME COMMAND...: the command must succeed
check()
{
    name=$1
    shift
    "$@" >"$dir/output" 2>&1 </dev/null
    ok $? "$name"
}

scripts=$(find contrib t .ci -type f ! -path 't/fuzz/corpus/*' -exec sh -c '
    for file; do head -n 1 "$file" | grep -qE "^#!/bin/(ba)?sh" && printf "%s\n" "$file"; done' sh {} + | sort)
for script in $scripts; do
    check "$script can be run" test -x "$script"
    case $(head -n 1 "$script") in
    *bash) check "$script is bash" bash -n "$script" ;;
    *) check "$script is sh" sh -n "$script" ;;
    esac
done
# shellcheck disable=SC2086
if command -v shellcheck >/dev/null; then
    check "shellcheck" shellcheck -x -S warning $scripts
else
    skip "there is no shellcheck"
fi

# debian/rules is a makefile, and quality/run first sets up an environment of its own.
for tool in $(find contrib -type f -perm -u+x ! -path 'contrib/debian/*' ! -path 'contrib/quality/*' | sort); do
    "$tool" --help >"$dir/output" 2>"$dir/err" </dev/null && [ ! -s "$dir/err" ] && grep -q '^usage: ' "$dir/output"
    ok $? "$tool --help says how it is used"
done

# shellcheck disable=SC2012
pages=$(ls man/*.[1-9] 2>/dev/null | tr '\n' ' ')
if [ -z "$pages" ]; then
    skip "there are no man pages"
elif command -v mandoc >/dev/null; then
    # shellcheck disable=SC2086
    check "mandoc -T lint $pages" mandoc -T lint -W warning $pages
else
    skip "there is no mandoc"
fi

done_testing
