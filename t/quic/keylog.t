#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# The TLS key log is in programs compiled with WZP_DEBUG_KEYS, and no code of it in others.

set -u
if [ -n "${WZP_COV:-}" ]; then
    echo '1..0 # SKIP coverage has its own flags'
    exit 0
fi
folder=$(mktemp -d "${TMPDIR:-/tmp}/wzp-keylog.XXXXXX")
trap 'rm -rf "$folder"' EXIT
failed=0

result()
{
    if [ "$1" -eq 0 ]; then
        echo "ok $2 - $3"
    else
        echo "not ok $2 - $3"
        sed 's/^/# /' "$folder/log"
        failed=1
    fi
}

echo 1..3
nm "$WZP_BUILD/obj/quic/tls.o" >"$folder/log" 2>&1
grep -q gnutls_alpn_set_protocols "$folder/log" && ! grep -qi keylog "$folder/log"
result $? 1 'a program as it is built has no code for a key log'

packages='libngtcp2 libngtcp2_crypto_gnutls gnutls nettle hogweed'
# shellcheck disable=SC2046,SC2086
"$CC" -std=c11 $WZP_CPPFLAGS -DWZP_DEBUG_KEYS -I"$WZP_SOURCE/src" -I"$WZP_SOURCE/t" -g ${WZP_SAN:+-fsanitize=$WZP_SAN} \
    -DTAP_SOURCE="\"$WZP_SOURCE\"" -o "$folder/keys" \
    "$WZP_SOURCE/t/quic/keys.c" "$WZP_SOURCE/t/quic/lib_link.c" "$WZP_SOURCE/t/tap.c" "$WZP_SOURCE/src/quic/tls.c" \
    "$WZP_BUILD/libwzp.a" $(pkg-config --libs $packages) -lm >"$folder/log" 2>&1
result $? 2 'with WZP_DEBUG_KEYS it compiles'
WZP_BUILD=$WZP_BUILD "$folder/keys" >"$folder/log" 2>&1
result $? 3 'and hands out the secrets of every session'
exit "$failed"
