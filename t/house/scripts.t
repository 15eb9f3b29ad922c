#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Shell scripts are clean for shellcheck, man pages for mandoc, the relay's unit for systemd.
set -u
cd "$WZP_SOURCE" || exit 1
output=$(mktemp)
trap 'rm -f "$output"' EXIT
number=0
failed=0

# check NAME COMMAND...: the command must succeed
check()
{
    name=$1
    shift
    number=$((number + 1))
    if "$@" >"$output" 2>&1 </dev/null; then
        echo "ok $number - $name"
    else
        failed=1
        echo "not ok $number - $name"
        head -n 60 "$output" | sed 's/^/# /' >&2
    fi
}

skip()
{
    number=$((number + 1))
    echo "ok $number # SKIP $1"
}

scripts=$(find contrib t .ci -type f ! -path 't/fuzz/corpus/*' -exec sh -c '
    for file; do head -n 1 "$file" | grep -qE "^#!/bin/(ba)?sh" && printf "%s\n" "$file"; done' sh {} + | sort)
for script in $scripts; do
    number=$((number + 1))
    if [ -x "$script" ]; then
        echo "ok $number - $script can be run"
    else
        failed=1
        echo "not ok $number - $script can be run"
    fi
    case $(head -n 1 "$script") in
    *bash) check "$script is bash" bash -n "$script" ;;
    *) check "$script is sh" sh -n "$script" ;;
    esac
done
# shellcheck disable=SC2086
if command -v shellcheck >/dev/null; then
    check "shellcheck" shellcheck -S warning $scripts
else
    skip "there is no shellcheck"
fi

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

echo "1..$number"
exit "$failed"
