#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Drawing does not disturb audio: ten seconds of size changes and moving lists during a call, and no block of audio is late.
# shellcheck source=t/tui/tmux.sh
. "$WZP_SOURCE/t/tui/tmux.sh"
case $WZP_BUILD in
*/san-*) skip_all 'a sanitizer makes it another program, several times as slow' ;;
esac

# Raises the priority where that is allowed: the effect of drawing is measured, not of other work of this machine.
urgent=
chrt -r 1 true 2>/dev/null && urgent='chrt -r 1'
# Nor is waiting for a disk that others use measured.
quick=$(mktemp -d -p /dev/shm 2>/dev/null) && export XDG_CONFIG_HOME="$quick" XDG_DATA_HOME="$quick" XDG_STATE_HOME="$quick"
finish()
{
    on_tmux kill-server 2>/dev/null
    [ -n "$quick" ] && rm -rf "$quick"
    tap_clean
}
on_tmux new-session -d -s t -x 200 -y 60 "$urgent $WZP_BUILD/wzp-tui --demo --verbose -i tone:440 -o null; sleep 60" || exit 1
shows '● Echo of you' && shows 'online'; ok $? 'the demonstration stands'
shows 'Friend who calls'; shows 'is calling'; sleep 0.5; press d; ok $? 'and who calls after ten seconds is declined'

softphone=$(pgrep -P "$(on_tmux list-panes -t t -F '#{pane_pid}')" wzp-tui)
# How long the program's loop was ready and waited for a processor since its start, ms.
waited_for_processor()
{
    echo $(($(cut -d ' ' -f 2 "/proc/$softphone/schedstat" 2>/dev/null || echo 0) / 1000000))
}
storm()
{
    before=$(waited_for_processor)
    press 1 Home; press Enter; shows 'talking' || return 1
    rounds=0
    end=$(($(date +%s) + 11))
    while [ "$(date +%s)" -lt "$end" ]; do
        for size in '200 60' '40 10' '80 24' '250 90' '1 1'; do
            # shellcheck disable=SC2086
            set -- $size
            on_tmux resize-window -t t -x "$1" -y "$2" 2>/dev/null
            press 0 Home End PageUp PageDown Up Up Down 8 End Home PageDown '?' PageDown PageDown PageUp Escape 2 C-l
        done
        rounds=$((rounds + 1))
        sleep 0.1
    done
    on_tmux resize-window -t t -x 200 -y 60
    press Escape; sleep 0.3; press 2; shows 'Round trip' || return 1
    press x; press 0; press End; shows 'devices are closed' || return 1
    line=$(screen | grep 'devices are closed' | tail -n 1)
    late=$(echo "$line" | sed -n 's/.* \([0-9]*\) came too late.*/\1/p')
    lost=$(echo "$line" | sed -n 's/.* \([0-9]*\) thrown away.*/\1/p')
    played=$(echo "$line" | sed -n 's/.* \([0-9]*\) blocks played.*/\1/p')
}
# Other urgent work of the machine, or a pause of a virtual machine, can make blocks late; the effect of drawing would show each time.
for _ in 1 2 3 4; do
    storm || break
    waited=$(($(waited_for_processor) - before))
    [ "${late:-1}" -eq 0 ] && [ "${lost:-1}" -eq 0 ] && break
done
[ "${rounds:-0}" -ge 3 ]; ok $? "a call, new sizes and keys for ten seconds (${rounds:-no} rounds)"
words="of ${played:-no} blocks ${late:-?} came too late, ${lost:-?} were thrown away"
[ "${played:-0}" -ge 1000 ] && [ "${late:-1}" -eq 0 ] && [ "${lost:-1}" -eq 0 ]
undisturbed=$?
# Blocks of 10 ms in which the loop waited for a processor would be late without drawing, too: they prove nothing.
if [ $undisturbed -ne 0 ] && [ $((${late:-1000} + ${lost:-1000})) -le $((waited / 10)) ]; then
    skip "$words: it waited for a processor for $waited ms"
else
    ok $undisturbed "$words"
fi
done_testing
