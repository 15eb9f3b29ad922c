#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# The real wzp-tui on real terminals (tmux): it draws, obeys keys, follows the size, and restores the terminal whatever ends it.
# shellcheck source=t/tui/tmux.sh
. "$WZP_SOURCE/t/tui/tmux.sh"
program=$WZP_BUILD/wzp-tui
# Runs a script in a terminal of that size.
begin()
{
    size=$1
    shift
    on_tmux kill-server 2>/dev/null
    session=$((session + 1)) # a tmux server of its own, since the previous one may still be ending
    rm -f "$dir/before" "$dir/after" "$dir/pid" "$dir/status"
    on_tmux new-session -d -s t -x "${size%x*}" -y "${size#*x}" "$*" || exit 1
}
# The same; also saves the terminal's modes before and after it, and the process ID.
around()
{
    cat <<SCRIPT
stty -g >$dir/before
sh -c 'echo \$\$ >$dir/pid; exec $program $*'
echo status=\$?
stty -g >$dir/after.new && mv $dir/after.new $dir/after
sleep 60
SCRIPT
}
is_restored()
{
    for _ in $(seq 1 150); do
        [ -s "$dir/after" ] && break
        sleep 0.1
    done
    cmp -s "$dir/before" "$dir/after" && shows 'status=' && lacks 'Contacts' &&
        [ "$(on_tmux display-message -p -t t '#{alternate_on}#{cursor_flag}')" = 01 ]
}

# --- a call ---
begin 80x24 "$(around --demo)"
shows 'Echo of you'; ok $? 'the demonstration shows its contacts'
shows '● on 127.0.0.1'; ok $? 'and registers'
shows '● Echo of you' && shows 'online'; ok $? 'who is there is told, by sign and word'
press Enter; shows 'talking'; ok $? 'Enter calls the echo'
shows 'end to end'; ok $? 'which is sealed'
press m; shows 'MUTED'; ok $? 'm mutes'
shows 'Friend who calls is calling' || shows 'Friend who calls calls'; ok $? 'somebody calls after ten seconds, over the call'
sleep 0.4; press d; lacks 'is calling'; ok $? 'd declines'
for _ in 1 2 3 4 5 6 7 8; do
    for size in '200 60' '40 10' '1 1' '20 5' '120 35' '3 40' '80 24'; do
        # shellcheck disable=SC2086
        set -- $size
        on_tmux resize-window -t t -x "$1" -y "$2" 2>/dev/null
    done
done
shows 'Round trip'; ok $? 'a storm of sizes is survived, in a call'
press x; shows 'No call.'; ok $? 'x hangs up'
press q; is_restored; ok $? 'q leaves, and the terminal is as before'
screen | grep -q 'status=0'; ok $? 'with status 0'
ls -d "$TMPDIR"/wzp-demo-* >"$dir/left" 2>/dev/null
[ ! -s "$dir/left" ]; ok $? 'nothing is left behind'

# --- all ways to end ---
if [ -z "${WZP_SAN:-}" ]; then
    signals='SEGV ABRT TERM HUP INT KILL'
else
    signals='TERM HUP INT' # sanitizers install their own signal handlers
fi
for signal in $signals; do
    [ "$signal" = KILL ] && continue
    begin 80x24 "$(around --relay 127.0.0.1:9)"
    shows 'Contacts' || shows 'Welcome'
    kill "-$signal" "$(cat "$dir/pid")"
    is_restored; ok $? "the terminal is given back after SIG$signal"
done

# --- the shell's ctrl-z ---
begin 80x24 "PS1='prompt> ' ENV= TERM=tmux-256color sh -i"
press "$program --relay 127.0.0.1:9" Enter
shows 'Contacts'; press C-z; shows 'prompt>'; ok $? 'ctrl-z goes back to the shell'
press 'echo here; stty -a | grep -o -- "-\{0,1\}icanon"' Enter
shows 'here'; ! screen | grep -q -- '-icanon'; ok $? 'whose terminal is in order'
press fg Enter; shows 'Contacts'; ok $? 'fg comes back'
press q; shows 'prompt>'; ok $? 'and it ends as usual'

# --- first run, keys.conf ---
rm -rf "$dir/data" "$dir/config"
mkdir -p "$dir/config/wzp"
printf 'bind global Z help\nbind globl y quit\n' >"$dir/config/wzp/keys.conf"
begin 80x24 "$(around --relay 127.0.0.1:9)"
shows 'Welcome'; ok $? 'the first run welcomes'
press Enter; shows '24 words are your identity'; ok $? 'and shows the words when asked'
press Enter; shows 'Loudspeaker'; ok $? 'behind them come the devices'
press 1; press 0; shows 'line 2: there is no context'; ok $? 'a wrong line of keys.conf is told with its number'
echo 'noise of a library' >"/proc/$(cat "$dir/pid")/fd/2"; shows 'W noise of a library'; ok $? 'what libraries write to stderr stands in the log'
press Z; shows 'Keys:'; ok $? 'and the others hold'
press Escape; sleep 0.2; press q; is_restored; ok $? 'ESC alone is a key'
begin 80x24 "$(around --relay 127.0.0.1:9)"
shows 'Contacts' && ! screen | grep -q Welcome; ok $? 'the second run does not welcome'
press 5; shows 'press r to look'; ok $? '5 is the screen of the network check'
press 1
press -l "$(printf '\033[200~qqq\n\033[201~')"; sleep 0.3; press q; is_restored; ok $? 'what is pasted is no key'

# --- another softphone of the same person ---
"$WZP_BUILD/wzp" answer --auto all --relay 127.0.0.1:9 </dev/null >/dev/null 2>&1 &
other=$!
for _ in $(seq 1 100); do [ -S "$dir/wzp/control.sock" ] && break; sleep 0.1; done
begin 80x24 "$(around --relay 127.0.0.1:9)"
shows 'Another softphone of yours is already running'; ok $? 'another softphone that runs is told'
press :take-over Enter; shows 'The other softphone ended'; ok $? 'and its place is taken when asked'
wait "$other"
timeout 20 "$WZP_BUILD/wzp" ctl quit; is_restored; ok $? 'wzp ctl quit ends it'
"$WZP_BUILD/wzp" answer --auto all --relay 127.0.0.1:9 </dev/null >/dev/null 2>&1 &
other=$!
for _ in $(seq 1 100); do [ -S "$dir/wzp/control.sock" ] && break; sleep 0.1; done
begin 80x24 "$(around --relay 127.0.0.1:9)"
shows 'Another softphone of yours is already running'; kill -9 "$other"; wait "$other" 2>/dev/null
press :take-over Enter; shows 'this one takes your calls now'; ok $? 'the place of one that is gone already is taken, too'
timeout 20 "$WZP_BUILD/wzp" ctl quit; is_restored; ok $? 'and wzp ctl finds the new one'

# --- no relay yet ---
begin 80x24 "$(around)"
shows 'No relay yet'; ok $? 'without a relay the screen says what to do'
press -l ':keep relay  127.0.0.1:12'; press Enter; shows 'not on 127.0.0.1:12' && grep -q 'relay = "127.0.0.1:12"' "$dir/config/wzp/config.toml"; ok $? 'which is one line: the relay is used, and the next time'
press 8; press Enter; press C-u; press -l 127.0.0.1:9; press Enter; shows 'not on 127.0.0.1:9'; ok $? 'a relay that is set is used at once'
grep -q 'relay = "127.0.0.1:9"' "$dir/config/wzp/config.toml"; ok $? 'and the next time'
press 7; shows 'home'; press +; press -l '127.0.0.1:11'; press Enter; shows '127.0.0.1:11'; ok $? 'another relay is added by measuring it'
press Down; press u; shows 'not on 127.0.0.1:11'; ok $? 'and used'
grep -q 'relay = "127.0.0.1:11"' "$dir/config/wzp/config.toml"; ok $? 'now and the next time'
press q; is_restored; ok $? 'and it ends as usual'
printf '# my own\nalias = "Otter"\n' >"$dir/my.toml"
begin 80x24 "$(around --config "$dir/my.toml")"
shows 'No relay yet'; press 8; press Enter; press C-u; press -l 127.0.0.1:10; press Enter; shows 'not on 127.0.0.1:10'
grep -q 'relay = "127.0.0.1:10"' "$dir/my.toml" && grep -q '^# my own$' "$dir/my.toml" && ! grep -q '127.0.0.1:10' "$dir/config/wzp/config.toml"; ok $? 'what is kept goes into the file of --config, whose comments stay'
press q; is_restored
rm -f "$dir/config/wzp/config.toml"

# --- a configuration with errors ---
printf 'relya = "x:1"\nring_seconds = "abc"\nin = "tone:loud"\nrelay = "127.0.0.1:9"\n' >"$dir/bad.toml"
begin 80x24 "$(around --config "$dir/bad.toml")"
shows 'Contacts'; ok $? 'a configuration with errors: it starts all the same'
press 0; shows 'line 1: unknown key relya; did you mean relay?' && shows 'line 2: ring_seconds' && shows 'tone:loud'; ok $? 'and tells file, line and the nearest name'
press q; is_restored; ok $? 'and ends as usual'
timeout 20 "$program" --plain --config "$dir/bad.toml" </dev/null >"$dir/plain" 2>&1; grep -q 'line 2: ring_seconds' "$dir/plain"; ok $? 'line by line as well'
timeout 20 "$program" --plain --in tone:loud </dev/null >"$dir/plain" 2>&1; [ $? -eq 1 ] && grep -q tone "$dir/plain"; ok $? 'but a wrong option is misuse'

# --- Lua scripts beside the screen ---
mkdir -p "$dir/config/wzp/scripts"
cat >"$dir/config/wzp/init.lua" <<'LUA'
print("init is there")
wzp.ui.item("tea", "tea at four")
wzp.ui.bind("", "F9", "says hello", function() print("F9 was pressed") end)
wzp.command("greet", { help = "greets", args = "who" }, function(a) print("greetings, " .. a.who) end)
LUA
printf 'print("you are " .. tostring(wzp.ui.ask("Your name?")))\n' >"$dir/config/wzp/scripts/ask.lua"
printf 'error("broken")\n' >"$dir/config/wzp/scripts/bad.lua"
begin 100x24 "$(around --relay 127.0.0.1:9)"
shows 'tea at four'; ok $? 'init.lua is run, and its item stands in the bar'
press 9; shows 'init is there'; ok $? 'its output on the screen of scripts'
press F9; shows 'F9 was pressed'; ok $? 'its key is a key'
press -l ':greet Ann'; press Enter; shows 'greetings, Ann'; ok $? 'its command is a command'
press Down; press Enter; shows 'Your name?'; ok $? 'a file of the folder is run by Enter, and asks'
press -l 'Bob'; press Enter; shows 'you are Bob'; ok $? 'and is answered'
press s; shows 'stopped'; ok $? 's stops it'
press Down; press Enter; shows 'bad.lua:1'; shows 'failed'; ok $? 'what is wrong in one is told with its line'
press -l ':lua print(6 * 7)'; press Enter; shows ' 42'; ok $? 'a line of Lua is run'
press -l ':stop init.lua'; press Enter; lacks 'tea at four'; ok $? 'who is stopped leaves nothing on the screen'
press q; is_restored; ok $? 'and it ends as usual'
rm -r "$dir/config/wzp/init.lua" "$dir/config/wzp/scripts"

# --- the mouse, when it is enabled ---
begin 80x24 "$(around --mouse --relay 127.0.0.1:9)"
shows 'Contacts'; [ "$(on_tmux display-message -p -t t '#{mouse_any_flag}#{mouse_sgr_flag}')" = 11 ]; ok $? '--mouse asks the terminal for its buttons'
press -l "$(printf '\033[<0;28;2M')"; shows 'No calls yet'; ok $? 'the name of a screen can be pressed'
press q; is_restored && [ "$(on_tmux display-message -p -t t '#{mouse_any_flag}')" = 0 ]; ok $? 'and the mouse is given back'

# --- no terminal, or a poor one ---
for term in dumb no-such-terminal; do
    begin 80x24 "TERM=$term $program --relay 127.0.0.1:9; sleep 60"
    shows 'line by line instead'; ok $? "TERM=$term: line by line"
done
begin 80x24 "LC_ALL=C $program --relay 127.0.0.1:9; sleep 60"
shows 'o not on' || shows '* on'; ok $? 'the C locale is drawn in ASCII'
begin 80x24 "NO_COLOR=1 $program --relay 127.0.0.1:9; sleep 60"
shows 'Contacts'; ! on_tmux capture-pane -e -p -t t | grep -q "$(printf '\033')\[[0-9;]*\(3[0-7]\|4[0-7]\|9[0-7]\|10[0-7]\)m"; ok $? 'NO_COLOR: no colours'
begin 80x24 "$program --relay 127.0.0.1:9; sleep 60"
shows 'Contacts'; on_tmux capture-pane -e -p -t t | grep -q "$(printf '\033')\[[0-9;]*\(3[0-7]\|4[0-7]\|9[0-7]\|10[0-7]\)m"; ok $? 'else there are some'
printf 'help\ncontacts\nnonsense\nquit\n' | timeout 20 "$program" --relay 127.0.0.1:9 >"$dir/plain" 2>&1
[ $? -eq 0 ] && grep -q '^call PEER: ' "$dir/plain" && grep -q '^No contacts' "$dir/plain" && grep -q '^Error: ' "$dir/plain"
ok $? 'a pipe is asked and answered line by line'
timeout 20 "$program" --relay 127.0.0.1:9 <&- >"$dir/plain" 2>&1; ok $? 'a closed standard input ends it'
timeout 20 "$program" --theme pink 2>"$dir/plain"; [ $? -eq 1 ] && grep -q 'dark, light, mono, contrast' "$dir/plain"; ok $? 'a wrong option is told'
# --- wzp repl: a line of wide characters ---
begin 40x10 "$WZP_BUILD/wzp repl; sleep 60"
shows '> '; press -l 'x = "渡辺さくら"'; shows '渡辺さくら"'
column() { [ "$(on_tmux display-message -p -t t '#{cursor_x}')" = "$1" ]; }
press Left; press Left; press Left; becomes column 13; ok $? 'the cursor of repl stands where it is typed, before characters of two columns'
press 'é'; shows '渡辺さéくら"' && becomes column 14; ok $? 'and so is what is typed there'
press C-u; press -l '漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字'; becomes column 38 && shows_now '> 漢字漢字'; ok $? 'a line that is too long is moved'

done_testing
