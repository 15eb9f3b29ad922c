#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# What test scripts share; they source it at their beginning: a temporary folder, which is removed at the end, and the started
# programs are killed; TAP output; waiting for conditions.
set -u
dir=$(mktemp -d) || exit 1
number=0
failed=0
children= # of the script, to be ended
tap_clean()
{
    for child in $children; do kill -KILL "$child" 2>/dev/null; done
    rm -rf "$dir"
}
trap tap_clean EXIT
trap 'exit 1' HUP INT TERM
# ok STATUS WORDS [MORE]: one result; MORE is printed as an explanation when it failed.
ok()
{
    number=$((number + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $number - $2"
    else
        failed=1
        echo "not ok $number - $2"
        explain "${3-}" >&2
    fi
}
# skip REASON: one result that is skipped.
skip()
{
    number=$((number + 1))
    echo "ok $number # SKIP $1"
}
# skip_all REASON: skips the whole script.
skip_all()
{
    echo "1..0 # SKIP $1"
    exit 0
}
# Prints what helps to find the reason of a failure; scripts may replace it.
explain()
{
    for file in "$dir"/out "$dir"/err "$dir"/*.err; do
        [ -s "$file" ] && tail -n 15 "$file" | cut -c 1-300 | sed "s|^|# ${file##*/}: |"
    done
}
# retry TURNS PAUSE COMMAND...: runs the command until it succeeds, at most so many times.
retry()
{
    turns=$1
    pause=$2
    shift 2
    for _ in $(seq 1 "$turns"); do
        "$@" && return 0
        sleep "$pause"
    done
    return 1
}
# becomes COMMAND...: waits until it succeeds, at most 15 seconds (or WZP_PATIENCE). After the first second it is run less often, since
# running it takes more time than what it waits for.
becomes()
{
    retry 20 0.05 "$@" || retry $((${WZP_PATIENCE:-15} * 5)) 0.2 "$@"
}
# within SECONDS COMMAND...: the same, but only five times a second, for commands that may disturb what they look at.
within()
{
    seconds=$1
    shift
    retry $((seconds * 5)) 0.2 "$@"
}
# For scripts whose result depends on timing: raises the priority as far as that is allowed, so that other work of the machine does not
# change the result.
keep_others_out()
{
    chrt -r -p 1 $$ >/dev/null 2>&1 || renice -n -15 -p $$ >/dev/null 2>&1
}
# Programs keep their files in the temporary folder.
home_in_dir()
{
    export HOME="$dir" XDG_CONFIG_HOME="$dir/config" XDG_DATA_HOME="$dir/data" XDG_STATE_HOME="$dir/state"
}
done_testing()
{
    echo "1..$number"
    exit "$failed"
}
