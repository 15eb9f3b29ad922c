#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# What test scripts share, read by them at their beginning: a folder that goes at the end, with the programs that were started; TAP;
# waiting for what comes in its time.
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
# ok STATUS WORDS [MORE]: one result; MORE goes to explain when it is bad.
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
# skip REASON: one result that cannot be had here.
skip()
{
    number=$((number + 1))
    echo "ok $number # SKIP $1"
}
# skip_all REASON: the whole script.
skip_all()
{
    echo "1..0 # SKIP $1"
    exit 0
}
# What helps to see why; scripts that know better have their own.
explain()
{
    for file in "$dir"/out "$dir"/err "$dir"/*.err; do
        [ -s "$file" ] && tail -n 15 "$file" | cut -c 1-300 | sed "s|^|# ${file##*/}: |"
    done
}
# retry TURNS PAUSE COMMAND...: runs it until it succeeds, so many times at most.
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
# becomes COMMAND...: within 15 seconds (or WZP_PATIENCE). What does not come in the first one is looked for less often: looks cost
# more than what is waited for.
becomes()
{
    retry 20 0.05 "$@" || retry $((${WZP_PATIENCE:-15} * 5)) 0.2 "$@"
}
# within SECONDS COMMAND...: looks less often, five times a second: what it looks at may be disturbed by it.
within()
{
    seconds=$1
    shift
    retry $((seconds * 5)) 0.2 "$@"
}
# For scripts that judge what is heard, or is in time: other work of the machine is kept out as far as that is allowed. The question is
# what our programs make of the time, not how much of it they get.
keep_others_out()
{
    chrt -r -p 1 $$ >/dev/null 2>&1 || renice -n -15 -p $$ >/dev/null 2>&1
}
# Programs keep what they know in the folder.
home_in_dir()
{
    export HOME="$dir" XDG_CONFIG_HOME="$dir/config" XDG_DATA_HOME="$dir/data" XDG_STATE_HOME="$dir/state"
}
done_testing()
{
    echo "1..$number"
    exit "$failed"
}
