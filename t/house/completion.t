#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# The generated completions contain every command and option of the help; bash completes them, and other shells can load theirs.
# shellcheck source=t/tap.sh
. "$WZP_SOURCE/t/tap.sh"
folder=$WZP_BUILD/completion
[ -x "$WZP_BUILD/wzp" ] || skip_all 'wzp was not built'
explain()
{
    [ -z "$1" ] || printf '%s\n' "$1" | sed 's/^/# /'
}

# What bash offers for the last word of a command line.
offered()
{
    COMP_WORDS=("$@")
    COMP_CWORD=$(($# - 1))
    COMP_LINE="$*"
    COMP_POINT=${#COMP_LINE}
    COMPREPLY=()
    case $1 in
    wzp-tui) _wzp_tui "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}" ;;
    wzp) WZP=$WZP_BUILD/wzp _wzp ;;
    *) _wzp_relay "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}" ;;
    esac
    printf '%s\n' "${COMPREPLY[@]}"
}

for program in wzp wzp-relay wzp-tui; do
    # shellcheck source=/dev/null
    . "$folder/$program.bash"
    ok $? "$program.bash can be read"
done

[ "$(offered wzp cal)" = call ]
ok $? "wzp cal is completed"

home_in_dir
"$WZP_BUILD/wzp" contacts add Ann 6871:1211:0e91:ecb3:09f6:6f51:d257:ccaa
"$WZP_BUILD/wzp" contacts add 'Bob B' 6871:1211:0e91:ecb3:09f6:6f51:d257:ccab
offers() # WORDS WANTED ARG...
{
    words=$1
    wanted=$2
    shift 2
    got=$(offered "$@" | tr '\n' '|')
    [ "$got" = "$wanted" ]
    ok $? "$words" "got $got"
}
offers 'wzp identity: its verbs' 'show|new|restore|export|' wzp identity ''
offers 'wzp contacts r: remove' 'remove|' wzp contacts r
offers 'wzp contacts remove: the contacts, quoted for the shell' 'Ann|Bob\ B|' wzp contacts remove ''
offers 'wzp call: echo and the contacts' 'echo|Ann|Bob\ B|' wzp call ''
offers 'wzp call A: one contact' 'Ann|' wzp call -r x A
offers 'wzp call --e2e: its values' 'prefer|require|off|' wzp call --e2e ''
offers 'wzp call --e2e=r: behind the sign' 'require|' wzp call --e2e=r
offers 'wzp answer -A: whose calls' 'ask|contacts|all|' wzp answer -A ''
offers 'wzp call -i s: silence' 'silence|' wzp call -i s
offers 'wzp call -i alsa:def: behind the colon' 'default|' wzp call -i alsa:def
mkdir "$dir/here"
touch "$dir/here/a.toml" "$dir/here/b.toml"
offers 'wzp call -C: files' "$dir/here/a.toml|$dir/here/b.toml|" wzp call -C "$dir/here/"
offers 'wzp history: clear' 'clear|' wzp history ''

# The other shells are used as a person does: fish is queried, zsh gets keys on a terminal of its own.
export PATH="$WZP_BUILD:$PATH"
if command -v fish >/dev/null; then
    fish_offers() # WORDS WANTED LINE
    {
        got=$(fish --no-config -c "source '$folder/wzp.fish'; source '$folder/wzp-relay.fish'; complete -C '$3'" 2>&1 | cut -f 1 | sort | tr '\n' '|')
        [ "$got" = "$2" ]
        ok $? "fish: $1" "got $got"
    }
    fish_offers 'wzp cal' 'call|' 'wzp cal'
    fish_offers 'the verbs of identity' 'export|new|restore|show|' 'wzp identity '
    fish_offers 'contacts to remove' 'Ann|Bob B|' 'wzp contacts remove '
    fish_offers 'whom to call' 'Ann|Bob B|echo|' 'wzp call '
    fish_offers 'values behind the sign' '--e2e=require|' 'wzp call --e2e=r'
    fish_offers 'a device behind the colon' 'alsa:default|' 'wzp call -i alsa:def'
    fish_offers 'options of the relay' '--log-level|' 'wzp-relay --log-l'
else
    skip "there is no fish"
fi
if command -v zsh >/dev/null; then
    mkdir "$dir/functions"
    for program in wzp wzp-relay wzp-tui; do
        cp "$folder/$program.zsh" "$dir/functions/_$program"
    done
    cat >"$dir/drive.zsh" <<'END'
# usage: drive.zsh FUNCTIONS LINE WANTED [LINE WANTED]...: one line "yes" or what was seen instead for each pair.
zmodload zsh/zpty
zpty -b shell zsh -f -i
await() {
    local piece
    seen=
    repeat 400; do
        if zpty -r -t shell piece; then
            seen+=$piece
            plain=${seen//$'\e'\[[0-9;?]#[A-Za-z]/}
            [[ $plain = *$1* ]] && return 0
        else
            sleep 0.025
        fi
    done
    return 1
}
setopt extended_glob
zpty -w -n shell "PS1= ; stty columns 200; fpath=($1 \$fpath); autoload -Uz compinit; compinit -u -D; unsetopt BEEP; print re''ady"$'\n'
await ready
shift
while (( $# )); do
    zpty -w -n shell "$1"$'\t'
    if await "$2"; then print yes; else print -r -- "no: ${(V)plain[-200,-1]}"; fi
    zpty -w -n shell $'\C-u'
    sleep 0.1
    shift 2
done
END
    zsh_lines=('wzp cal' 'wzp call ' 'wzp contacts r' 'contacts remove ' 'wzp call -r x A' 'x Ann ' 'wzp call --e2e=r' '--e2e=require '
        'wzp call -i alsa:def' 'alsa:default ' 'wzp-relay --log-l' '--log-level=' 'wzp contacts remove B' 'Bob\ B ')
    mapfile -t answers < <(timeout 100 zsh -f "$dir/drive.zsh" "$dir/functions" "${zsh_lines[@]}" 2>&1)
    for ((i = 0; i < ${#zsh_lines[@]}; i += 2)); do
        [ "${answers[i / 2]}" = yes ]
        ok $? "zsh: ${zsh_lines[i]}" "${answers[i / 2]}"
    done
else
    skip "there is no zsh"
fi

for command in $(offered wzp '' | grep -v '^-'); do
    missing=
    for option in $("$WZP_BUILD/wzp" "$command" --help 2>/dev/null | sed -n 's/^ *\(-[a-zA-Z], \)*\(--[a-z0-9-]*\).*/\2/p'); do
        offered wzp "$command" -- | grep -qx -- "$option" || missing="$missing $option"
    done
    [ -z "$missing" ]
    ok $? "wzp $command: bash knows every option that the help shows" "missing:$missing"
done

for shell in zsh fish; do
    for program in wzp wzp-relay wzp-tui; do
        if command -v "$shell" >/dev/null; then
            output=$("$shell" -n "$folder/$program.$shell" 2>&1)
            ok $? "$shell can read $program.$shell" "$output"
        else
            skip "there is no $shell"
        fi
    done
done

done_testing
