#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# The relay's container: its start command and health check work for a user who is not root and may write only
# where the file says. Building the image needs a daemon and the network, and is not tested here.
# shellcheck source=t/tap.sh disable=SC2086
. "$WZP_SOURCE/t/tap.sh"
file=$WZP_SOURCE/contrib/container/Containerfile
[ "$(grep -c '^FROM debian:[a-z]*-slim' "$file")" = 2 ]; ok $? 'it is built on and for Debian'
user=$(sed -n 's/^USER \([0-9]*\)$/\1/p' "$file")
[ "${user:-0}" -gt 0 ] && grep -q "useradd .*--uid $user " "$file"; ok $? 'its user is not root, and known by number'
grep -q '^STOPSIGNAL SIGTERM$' "$file"; ok $? 'it is stopped as the relay wants it'
# Prints ["a", "b"] of an instruction as words, with the image's folders replaced by ours.
words()
{
    sed -n "s/^$1 [^[]*\\[\\(.*\\)\\]\$/\\1/p" "$file" | sed -e 's/", *"/ /g' -e 's/"//g' -e "s|/var/lib/wzp-relay|$dir/lib|g" -e "s|/run/wzp-relay|$dir/run|g" -e "s|^wzp-relay|$WZP_BUILD/wzp-relay|"
}
health=$(words HEALTHCHECK)
start=$(words ENTRYPOINT)
mkdir "$dir/lib" "$dir/run"
chmod 700 "$dir/lib" "$dir/run"
# Runs each with an empty environment; HOME is the image's.
as_user="env -i HOME=$dir/lib PATH=/usr/bin:/bin"
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
    as_user="$as_user setpriv --reuid $user --regid $user --clear-groups --no-new-privs"
fi
if [ "$(id -u)" = 0 ]; then
    chown "$user" "$dir/lib" "$dir/run"
    chmod 711 "$dir"
fi
if ! $as_user test -x "$WZP_BUILD/wzp-relay"; then
    ok 0 'the relay starts # SKIP another user cannot reach the build'
    done_testing
    exit
fi
$as_user $health >"$dir/out" 2>&1; [ $? -ne 0 ]; ok $? 'before it runs it is not healthy'
$as_user $start --listen 127.0.0.1:0 >"$dir/out" 2>"$dir/err" &
relay=$!
children=$relay
becomes grep -q 'listening on' "$dir/err"; ok $? 'the relay starts'
[ -s "$dir/lib/relay.toml" ] && [ -s "$dir/lib/.wzp/relay-identity" ]; ok $? 'with its file and its seed in the volume'
$as_user $health >"$dir/out" 2>&1 && grep -q '"kind":"counters"' "$dir/out"; ok $? 'and is healthy'
kill -TERM "$relay"
wait "$relay"; ok $? 'it ends in order'
done_testing
