#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# The TLS key log is in programs compiled with WZP_DEBUG_KEYS, and no code of it in others.
# shellcheck source=t/tap.sh
. "$WZP_SOURCE/t/tap.sh"
[ -z "${WZP_COV:-}" ] || skip_all 'coverage has its own flags'
explain()
{
    sed 's/^/# /' "$dir/log"
}

nm "$WZP_BUILD/obj/quic/tls.o" >"$dir/log" 2>&1
grep -q gnutls_alpn_set_protocols "$dir/log" && ! grep -qi keylog "$dir/log"
ok $? 'a program as it is built has no code for a key log'

packages='libngtcp2 libngtcp2_crypto_gnutls gnutls nettle hogweed'
# shellcheck disable=SC2046,SC2086
"$CC" -std=c11 $WZP_CPPFLAGS -DWZP_DEBUG_KEYS -I"$WZP_SOURCE/src" -I"$WZP_SOURCE/t" -g ${WZP_SAN:+-fsanitize=$WZP_SAN} \
    -DTAP_SOURCE="\"$WZP_SOURCE\"" -o "$dir/keys" \
    "$WZP_SOURCE/t/quic/keys.c" "$WZP_SOURCE/t/quic/lib_link.c" "$WZP_SOURCE/t/tap.c" "$WZP_SOURCE/t/sweep.c" "$WZP_SOURCE/src/quic/tls.c" \
    "$WZP_BUILD/libwzp.a" $(pkg-config --libs $packages) -lm >"$dir/log" 2>&1
ok $? 'with WZP_DEBUG_KEYS it compiles'
WZP_BUILD=$WZP_BUILD "$dir/keys" >"$dir/log" 2>&1
ok $? 'and hands out the secrets of every session'
done_testing
