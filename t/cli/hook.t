#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# The hook program that runs on an incoming call: it is not started through a shell, the caller is described in its environment, without
# dangerous characters, and the softphone does not wait for it when it answers.
# shellcheck source=t/tap.sh
. "$WZP_SOURCE/t/tap.sh"
wzp=$WZP_BUILD/wzp
explain()
{
    for file in "$dir"/*.err "$dir/told"; do sed "s|^|# ${file##*/}: |" "$file" 2>/dev/null | tail -n 15; done
}
as() # WHO COMMAND...
{
    who=$1
    shift
    HOME="$dir/$who" XDG_CONFIG_HOME="$dir/$who/c" XDG_DATA_HOME="$dir/$who/d" XDG_STATE_HOME="$dir/$who/s" XDG_RUNTIME_DIR="$dir/$who" \
        "$@" >>"$dir/$who.out" 2>>"$dir/$who.err"
}
# Runs a command in the background; $! is the program itself, so that it can be ended.
behind() # WHO COMMAND...
{
    who=$1
    shift
    (
        export HOME="$dir/$who" XDG_CONFIG_HOME="$dir/$who/c" XDG_DATA_HOME="$dir/$who/d" XDG_STATE_HOME="$dir/$who/s" \
            XDG_RUNTIME_DIR="$dir/$who"
        exec "$@" </dev/null >>"$dir/$who.out" 2>>"$dir/$who.err"
    ) &
    children="$children $!"
}

mkdir -p "$dir/bob/c/wzp" "$dir/ann" "$dir/carl" "$dir/relay"
cat >"$dir/the hook" <<'SCRIPT'
#!/bin/sh
env | grep '^WZP_' | sort >"$1.new"
echo "arguments=$#: $2" >>"$1.new"
mv "$1.new" "$1"
exit 3
SCRIPT
chmod +x "$dir/the hook"
printf 'hook = "%s"\n' "'$dir/the hook' $dir/told '; touch $dir/never'" >"$dir/bob/c/wzp/config.toml"
behind relay "$WZP_BUILD/wzp-relay" -i "$dir/seed" --listen 127.0.0.1:0
becomes grep -q 'listening on' "$dir/relay.err"; ok $? 'there is a relay'
address=$(sed -n 's/.*listening on \(.*\)/\1/p' "$dir/relay.err")
behind bob "$wzp" answer --relay "$address" --in silence --out null
becomes grep -q registered "$dir/bob.out"; ok $? 'Bob waits for calls'
fingerprint=$(as bob "$wzp" identity show; sed -n 's/^fingerprint *//p' "$dir/bob.out" | tail -n 1)
# shellcheck disable=SC2016
behind ann "$wzp" call "$fingerprint" --relay "$address" --in silence --out null --alias 'Eve $(id) `id` "x" \'
becomes test -f "$dir/told"; ok $? 'somebody calls, and the hook is run'
grep -qx 'arguments=2: ; touch .*/never' "$dir/told" && [ ! -e "$dir/never" ]; ok $? 'with its words, which no shell read'
# shellcheck disable=SC2016
grep -qxF 'WZP_NAME=Eve $(id) `id` "x" \' "$dir/told"; ok $? 'and the name as it is'
grep -qx 'WZP_EVENT=incoming' "$dir/told" && grep -qx 'WZP_CONTACT=no' "$dir/told" && grep -qx 'WZP_PROVEN=yes' "$dir/told" &&
    grep -q '^WZP_SESSION=[1-9]' "$dir/told" && grep -qE '^WZP_PEER=([0-9a-f]{4}:){7}[0-9a-f]{4}$' "$dir/told"; ok $? 'beside what else is known'
becomes grep -q 'the hook ended with status 3' "$dir/bob.err"; ok $? 'that it failed is told'
as bob timeout 20 "$wzp" ctl decline
caller=$(as ann "$wzp" identity show; sed -n 's/^fingerprint *//p' "$dir/ann.out" | tail -n 1)
as bob timeout 20 "$wzp" ctl add Ann "$caller"; ok $? 'the caller becomes a contact'
rm -f "$dir/told"
behind ann "$wzp" call "$fingerprint" --relay "$address" --in silence --out null
becomes grep -qsx 'WZP_CONTACT=yes' "$dir/told"; ok $? 'a contact who proves it is one'
as bob timeout 20 "$wzp" ctl decline
rm -f "$dir/told"
carl=$(as carl "$wzp" identity show; sed -n 's/^fingerprint *//p' "$dir/carl.out" | tail -n 1)
as bob timeout 20 "$wzp" ctl add Carl "$carl"
behind carl "$wzp" call "$fingerprint" --relay "$address" --in silence --out null --e2e off
becomes grep -qsx 'WZP_CONTACT=claimed' "$dir/told"; ok $? 'who only says to be a contact is told apart'
rm -f "$dir/told"
as bob timeout 20 "$wzp" ctl set hook "'$dir/no such hook'"; ok $? 'another hook is set'
as bob timeout 20 "$wzp" ctl decline
behind ann "$wzp" call "$fingerprint" --relay "$address" --in silence --out null
becomes grep -q 'cannot run .*no such hook' "$dir/bob.err"; ok $? 'one that is not there is told, and the call rings all the same'
becomes as bob timeout 20 "$wzp" ctl decline; ok $? 'as it should'
# Strangers call again and again while earlier hook programs are still running.
cat >"$dir/slow" <<'SCRIPT'
#!/bin/sh
echo "$WZP_CONTACT" >>"$1"
exec sleep 25
SCRIPT
chmod +x "$dir/slow"
as bob timeout 20 "$wzp" ctl set hook "'$dir/slow' $dir/slow.told"
mkdir -p "$dir/eve"
for _ in 1 2 3 4; do
    behind eve "$wzp" call "$fingerprint" --relay "$address" --in silence --out null
    becomes as bob timeout 20 "$wzp" ctl decline
done
behind ann "$wzp" call "$fingerprint" --relay "$address" --in silence --out null
becomes grep -qx yes "$dir/slow.told"; ok $? 'strangers who call again and again leave places to the hook of a contact'
as bob timeout 20 "$wzp" ctl decline
done_testing
