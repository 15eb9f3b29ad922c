#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# The generated completions: every command and option that the help shows is there, bash completes them, other shells can read theirs.
set -u
folder=$WZP_BUILD/completion
if [ ! -x "$WZP_BUILD/wzp" ]; then
    echo "1..0 # SKIP wzp was not built"
    exit 0
fi
number=0
failed=0

result()
{
    number=$((number + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $number - $2"
    else
        failed=1
        echo "not ok $number - $2"
        [ $# -lt 3 ] || printf '%s\n' "$3" | sed 's/^/# /'
    fi
}

# What bash offers for a command line whose last word is being typed.
offered()
{
    COMP_WORDS=("$@")
    COMP_CWORD=$(($# - 1))
    COMPREPLY=()
    case $1 in
    wzp) _wzp "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}" ;;
    *) _wzp_relay "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}" ;;
    esac
    printf '%s\n' "${COMPREPLY[@]}"
}

for program in wzp wzp-relay; do
    # shellcheck source=/dev/null
    . "$folder/$program.bash"
    result $? "$program.bash can be read"
done

[ "$(offered wzp cal)" = call ]
result $? "wzp cal is completed"

for command in $(offered wzp '' | grep -v '^-'); do
    missing=
    for option in $("$WZP_BUILD/wzp" "$command" --help 2>/dev/null | sed -n 's/^ *\(-[a-zA-Z], \)*\(--[a-z0-9-]*\).*/\2/p'); do
        offered wzp "$command" -- | grep -qx -- "$option" || missing="$missing $option"
    done
    [ -z "$missing" ]
    result $? "wzp $command: bash knows every option that the help shows" "missing:$missing"
done

for shell in zsh fish; do
    for program in wzp wzp-relay; do
        if command -v "$shell" >/dev/null; then
            output=$("$shell" -n "$folder/$program.$shell" 2>&1)
            result $? "$shell can read $program.$shell" "$output"
        else
            number=$((number + 1))
            echo "ok $number # SKIP there is no $shell"
        fi
    done
done

echo "1..$number"
exit "$failed"
