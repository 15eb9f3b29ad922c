#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# A relay whose directory is a real Redis over TLS, trusted by the system's root certificates, by a fingerprint, and by neither. Uses
# only the loopback network.
# shellcheck source=t/tap.sh
. "$WZP_SOURCE/t/tap.sh"
relay=$WZP_BUILD/wzp-relay
home_in_dir
server=$(command -v redis-server || command -v valkey-server) || skip_all 'no redis-server here; contrib/deps --test installs it'
command -v openssl >/dev/null || skip_all 'no openssl here'
echo 'directory = "rediss://nowhere?sha256=12"' >"$dir/check.toml"
"$relay" --config "$dir/check.toml" --check-config >"$dir/out" 2>&1
status=$?
grep -q 'built without libhiredis' "$dir/out" && skip_all 'a build without libhiredis'
[ $status -eq 1 ] && grep -q 'line 1: directory: ?sha256= and the fingerprint' "$dir/out"; ok $? 'a fingerprint that is none is told with its line'

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$dir/key" -out "$dir/cert" -days 2 -subj /CN=localhost \
    -addext 'subjectAltName=DNS:localhost' >"$dir/out" 2>&1 || skip_all 'openssl makes no certificate'
sha256=$(openssl x509 -in "$dir/cert" -noout -fingerprint -sha256 | sed 's/.*=//')
port=$((20000 + $$ % 20000))
"$server" --port 0 --tls-port $port --bind 127.0.0.1 --tls-cert-file "$dir/cert" --tls-key-file "$dir/key" --tls-auth-clients no --save '' \
    --appendonly no --requirepass secret --dir "$dir" >"$dir/redis.out" 2>&1 &
children="$children $!"
becomes grep -q 'Ready to accept connections' "$dir/redis.out" || skip_all 'this redis-server has no TLS'
try() # DIRECTORY WORDS: the relay's message must contain WORDS
{
    echo "directory = \"$1\"" >"$dir/relay.toml"
    : >"$dir/relay.err" # forget the output of the previous relay
    ${where-} "$relay" -i "$dir/seed" --config "$dir/relay.toml" --listen 127.0.0.1:0 >"$dir/out" 2>"$dir/relay.err" &
    pid=$!
    children="$children $pid"
    becomes grep -q "$2" "$dir/relay.err"
    result=$?
    kill "$pid"
    wait "$pid"
    return $result
}
try "rediss://:secret@localhost:$port/1?sha256=$sha256" 'the directory answers'; ok $? 'a directory over TLS with its fingerprint'
try "rediss://:secret@127.0.0.1:$port?sha256=$sha256" 'the directory answers'; ok $? 'by its address, too'
other=$(echo "$sha256" | tr '0-9' '1-90')
try "rediss://:secret@localhost:$port?sha256=$other" 'its certificate is not the configured one'; ok $? 'another certificate than that is refused'
try "rediss://:secret@localhost:$port" 'no root of this system vouches for its certificate'; ok $? 'so is one that no root vouches for'
# The same system, except that its list of root certificates contains ours.
roots=/etc/ssl/certs/ca-certificates.crt
cat >"$dir/where" <<END
#!/bin/sh
mount --bind "$dir/roots" $roots && exec "\$@"
END
chmod 755 "$dir/where"
cp "$dir/cert" "$dir/roots"
if [ -f $roots ] && unshare --map-root-user --mount "$dir/where" true 2>/dev/null; then
    where="unshare --map-root-user --mount $dir/where"
    try "rediss://:secret@localhost:$port/1" 'the directory answers'; ok $? 'a directory over TLS whose certificate a root of the system vouches for'
    try "rediss://:secret@127.0.0.1:$port/1" 'no root of this system vouches for its certificate and that name'; ok $? 'but not for another name'
    where=
else
    ok 0 'a directory over TLS whose certificate a root of the system vouches for # SKIP no namespace may be made here, or there are no roots'
    ok 0 'but not for another name # SKIP'
fi
try "rediss://:wrong@localhost:$port?sha256=$sha256" 'WRONGPASS\|invalid password'; ok $? 'a wrong password is told'
try "redis://:secret@localhost:$port" 'closed the connection\|reset\|does not answer'; ok $? 'in the clear it does not answer'
grep -q secret "$dir/relay.err"
[ $? -ne 0 ]; ok $? 'no password is in the log'
done_testing
