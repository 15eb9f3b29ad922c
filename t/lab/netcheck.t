#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# The network check from a real home: its results are true, and the router's table is the same afterwards.
# shellcheck source=t/lab/lib_spaces.sh
. "$WZP_SOURCE/t/lab/lib_spaces.sh"
keep_others_out
start_stun
ok $? 'the STUN server is up'
start_relay 45.33.1.3:4433
ok $? 'the relay is up'
start_upnpd
ok $? 'the mapping service is up'
outside='-S 45.33.1.1 -S 45.33.1.2 -r 45.33.1.3:4433'

# ---- a router with all services ----
table >"$dir/before"
# shellcheck disable=SC2086
look 0 'a router with all services' $outside
took 2000 'a router with all services'
has 'a router with all services' '"verdict_word":"port-mapping"' '"nat_type":"Cone"' '"reflexive_addr":"45.33.1.10:' \
    '"nat_pmp_available":true' '"pcp_available":true' '"upnp_available":true' '"port_mapping":"NatPmp"' '"gateway":"192.168.77.1"' \
    '"behind_nat":true' '"cgnat":false' '"preferred_relay":"45.33.1.3:4433"' '"interface":"eth0"' '"tcp_443":null' '"mtu":1472' \
    '"mapping":"endpoint-independent"' '"filtering":"port-dependent"' '"confidence":"low"' '"relay_name":"stun:45.33.1.3:4433"'
has 'S23: a real server tells an address and a port' '"relay_addr":"45.33.1.1:3478","observed_addr":"45.33.1.10:'
[ "$(grep -o '"observed_addr":"45.33.1.10:' "$dir/out" | wc -l)" = 3 ]
ok $? 'S24: all that were asked are among the results, and answered'
table >"$dir/after"
cmp -s "$dir/before" "$dir/after"
ok $? "the router's table is the same before and after"
for moment in 0.02 0.1 0.3; do
    at_home timeout -s INT $moment "$wzp" netcheck --json -S 45.33.1.1 -S 45.33.1.9 >"$dir/out" 2>"$dir/err"
    table >"$dir/after"
    cmp -s "$dir/before" "$dir/after"
    ok $? "also after an interrupt at $moment s"
done
look 0 'everything that can be tried' -r 45.33.1.3:4433 -a
has 'everything that can be tried' '"tcp_443":true' '"icmpv4":true' '"udp":true'
look 1 'nobody to ask'
has 'nobody to ask' '"verdict_word":"not-asked"' '"nat_pmp_available":true' '"gateway":"192.168.77.1"' '"udp":null' '"tcp_443":null'
look 0 'a relay alone' -r 45.33.1.3:4433
has 'a relay alone' '"global_v4":"45.33.1.10:' '"behind_nat":true' '"filtering":null' '"mapping":null'
took 2000 'a relay alone'

# ---- a real mapping, by UPnP: made, seen, deleted ----
upnp=$WZP_BUILD/t/lab/upnp.t
if [ -x "$upnp" ]; then
    in_space home env WZP_LAB_LAN=192.168.77.2 timeout 30 "$upnp" >"$dir/out" 2>"$dir/err"
    ok $? 'UPnP: a port is opened, found, and closed'
    table >"$dir/after"
    cmp -s "$dir/before" "$dir/after"
    ok $? 'UPnP: and the table is as before'
fi

in_space router ip link set wan mtu 1400
# shellcheck disable=SC2086
look 0 'a narrow line' $outside
has 'a narrow line' '"mtu":1372'
in_space router ip link set wan mtu 1500

# ---- routers that lie, hang, are late or send too much ----
stop_upnpd
liar=$WZP_BUILD/t/lab/liar.t
lie() { # KIND VERDICT-OF-PORTS
    WZP_LAB_LIAR=192.168.77.1 WZP_LAB_KIND=$1 ip netns exec ${tag}router "$liar" >"$dir/liar" 2>&1 &
    lying=$!
    within 5 listens router 192.168.77.1:5351
    # shellcheck disable=SC2086
    look 0 "a router of kind $1" $outside
    has "a router of kind $1" '"verdict_word":"easy"' '"port_mapping":null' "\"port_mapping_verdict\":\"$2\""
    took 2000 "a router of kind $1"
    kill -KILL $lying
    wait $lying 2>/dev/null
}
if [ -x "$liar" ]; then
    lie ssdp-silent absent
    lie ssdp-late absent
    lie ssdp-elsewhere absent
    lie http-hang absent
    lie http-flood absent
    lie pmp-loopback lying
    lie pmp-multicast lying
    lie pmp-private double-nat
fi

# ---- worse networks ----
rules random,fully-random
# shellcheck disable=SC2086
look 0 'random ports and no service' $outside
has 'random ports and no service' '"verdict_word":"hard"' '"nat_type":"SymmetricPort"' '"mapping_varies_by_dest_ip":true' \
    '"nat_pmp_available":false' '"port_mapping":null' '"port_mapping_verdict":"absent"' '"mapping":"port-dependent"' \
    '"filtering":"port-dependent"' '"port_preserved":false' '"port_delta":null'
took 2000 'random ports and no service'

rule forward meta l4proto udp drop
# shellcheck disable=SC2086
look 2 'no UDP' $outside
has 'no UDP' '"verdict_word":"udp-blocked"' '"udp":false' '"tcp_443":true' '"icmpv4":true' '"captive_portal":null' '"filtering":null'
took 5100 'no UDP'
rule forward meta l4proto tcp drop
# shellcheck disable=SC2086
look 2 'only ping' $outside
has 'only ping' '"verdict_word":"udp-blocked"' '"tcp_443":false' '"icmpv4":true' 'but TCP or a ping gets out'

in_space router ip link set wan down
# shellcheck disable=SC2086
look 3 'no network' $outside
has 'no network' '"verdict_word":"no-network"' '"tcp_443":false'
took 5100 'no network'
# The name server cannot be reached; its resolver thread waits longer than the check does.
look 3 'no network, by name' -S stun.example.net -r relay.example.net
has 'no network, by name' '"verdict_word":"no-network"' 'not resolved'
took 5100 'no network, by name'
done_testing
