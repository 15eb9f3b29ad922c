#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# For test scripts that look at a real terminal: tmux, in any size. Without tmux they are skipped.
if ! command -v tmux >/dev/null; then
    echo '1..0 # SKIP there is no tmux'
    exit 0
fi
# shellcheck source=t/tap.sh
. "$WZP_SOURCE/t/tap.sh"
home_in_dir
export XDG_RUNTIME_DIR="$dir" TMPDIR="$dir/tmp" LC_ALL=C.UTF-8
mkdir "$TMPDIR"
unset TMUX NO_COLOR
session=0

on_tmux()
{
    tmux -S "$dir/tmux$session" -f /dev/null "$@"
}
finish()
{
    on_tmux kill-server 2>/dev/null
    tap_clean
}
trap finish EXIT
explain()
{
    screen | sed 's/^/# |/'
}
screen()
{
    on_tmux capture-pane -p -t t 2>/dev/null
}
shows_now()
{
    screen | grep -qF -- "$1"
}
lacks_now()
{
    ! shows_now "$1"
}
# Waits until the screen shows a text, or until it no longer does.
shows()
{
    becomes shows_now "$1"
}
lacks()
{
    becomes lacks_now "$1"
}
press()
{
    on_tmux send-keys -t t "$@"
}
