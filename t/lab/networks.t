#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Kinds of real networks: a full cone NAT, a filter by address, a host with a public address behind a firewall, the provider's
# NAT behind the router, IPv6 alone, and how long a router keeps a mapping.
# shellcheck source=t/lab/lib_spaces.sh
. "$WZP_SOURCE/t/lab/lib_spaces.sh"
wire_v6
start_stun 2001:db8:1::1 2001:db8:1::2
ok $? 'the STUN server is up'
start_relay 45.33.1.3:4433
ok $? 'the relay is up'
outside='-S 45.33.1.1 -r 45.33.1.3:4433'

# ---- filters ----
# Packets from anywhere to a high port are forwarded to the home.
rules ''
rule prerouting iifname wan udp dport 1024-65535 dnat ip to 192.168.77.2
# shellcheck disable=SC2086
look 0 'a full cone' $outside
has 'a full cone' '"verdict_word":"full-cone"' '"nat_type":"Cone"' '"mapping":"endpoint-independent"' '"filtering":"endpoint-independent"'
took 2000 'a full cone'

# The same, but only from addresses to which this port has sent.
rules ''
rule forward oifname wan meta l4proto udp update @spoken '{ ip daddr . udp sport }'
rule prerouting iifname wan udp dport 1024-65535 ip saddr . udp dport @spoken dnat ip to 192.168.77.2
# shellcheck disable=SC2086
look 0 'a filter by address' $outside
has 'a filter by address' '"verdict_word":"easy"' '"mapping":"endpoint-independent"' '"filtering":"address-dependent"'

rules ''
# shellcheck disable=SC2086
look 0 'a filter by port' $outside
has 'a filter by port' '"verdict_word":"easy"' '"filtering":"port-dependent"' '"hairpin_works":false'

# ---- how long a mapping lives: 3 s; measured up to 5 s ----
in_space router sysctl -qw net.netfilter.nf_conntrack_udp_timeout=3 net.netfilter.nf_conntrack_udp_timeout_stream=3
at_home timeout 60 "$wzp" netcheck --json -S 45.33.1.1 --mapping-lifetime 5 >"$dir/out" 2>"$dir/err"
ok $? 'how long a mapping lives can be asked for'
# The kernel removes expired mappings only now and then.
grep -Eq '"mapping_lifetime_s":[234],"mapping_lifetime_longer":(false|true)' "$dir/out" ||
    grep -q '"mapping_lifetime_s":5,"mapping_lifetime_longer":true' "$dir/out"
ok $? 'and is found with a real server'
in_space router sysctl -qw net.netfilter.nf_conntrack_udp_timeout=30 net.netfilter.nf_conntrack_udp_timeout_stream=120

# ---- IPv6 beside a broken IPv4, and alone ----
rules random,fully-random
look 0 'random ports beside IPv6' -S 45.33.1.1 -S '[2001:db8:1::1]' -r 45.33.1.3:4433
has 'random ports beside IPv6' '"verdict_word":"hard-ipv6"' '"ipv6_reachable":true' '"global_v6":"[2001:db8:77::2]:'
in_space home ip addr flush dev eth0 scope global
in_space home ip addr add 2001:db8:77::2/64 dev eth0 nodad
in_space home ip -6 route replace default via 2001:db8:77::1
rules ''
look 0 'IPv6 alone' -S '[2001:db8:1::1]' -S '[2001:db8:1::2]'
has 'IPv6 alone' '"verdict_word":"only-ipv6"' '"ipv4_can_send":false' '"ipv6_can_send":true' '"ipv6_reachable":true' \
    '"mapping_varies_by_dest_ip_v6":false' '"source":"[2001:db8:77::2]:' '"gateway":null'
took 2000 'IPv6 alone'
in_space home ip addr add 192.168.77.2/24 dev eth0
in_space home ip route add default via 192.168.77.1

# ---- the provider's NAT behind the router ----
# The line between router and internet leads through the provider; the router gets 100.64.0.2.
ip netns add ${tag}isp
in_space isp ip link set lo up
in_space router ip link set wan netns ${tag}isp
ip link add wan netns ${tag}router type veth peer name cust netns ${tag}isp
in_space isp ip addr add 45.33.1.10/24 dev wan
in_space isp ip addr add 100.64.0.1/24 dev cust
in_space router ip addr add 100.64.0.2/24 dev wan
in_space isp ip link set wan up
in_space isp ip link set cust up
in_space router ip link set wan up
in_space router ip route add default via 100.64.0.1
in_space isp sysctl -qw net.ipv4.ip_forward=1
in_space isp nft -f - <<'END'
table inet nat {
    chain postrouting { type nat hook postrouting priority 100; oifname "wan" masquerade; }
}
END
sed -i '/^ext_ip=/d' "$dir/upnpd.conf"
start_upnpd
ok $? 'the mapping service of the inner router is up'
table >"$dir/before"
# shellcheck disable=SC2086
look 0 'two routers' $outside
has 'two routers' '"verdict_word":"easy"' '"cgnat":true' '"port_mapping":null' '"port_mapping_verdict":"double-nat"' \
    'There is a second router behind yours' '"global_v4":"45.33.1.10:'
table >"$dir/after"
cmp -s "$dir/before" "$dir/after"
ok $? "two routers: the inner one's table is as before"
stop_upnpd

# ---- a public address, first without a firewall, then with one that lets in only answers ----
in_space home ip addr flush dev eth0
in_space home ip addr add 45.33.1.77/32 dev eth0
in_space home ip route add 192.168.77.1 dev eth0
in_space home ip route add default via 192.168.77.1 src 45.33.1.77
in_space isp nft flush ruleset
in_space router nft flush ruleset
in_space router ip route add 45.33.1.77 dev lan
in_space isp ip route add 45.33.1.77 via 100.64.0.2
in_space isp sysctl -qw net.ipv4.conf.wan.proxy_arp=1
# shellcheck disable=SC2086
look 0 'a public address' $outside
has 'a public address' '"verdict_word":"open"' '"behind_nat":false' '"filtering":"endpoint-independent"' '"cgnat":null'
in_space router nft -f - <<'END'
table inet filter {
    chain forward { type filter hook forward priority 0; policy accept; iifname "wan" ct state established,related accept; iifname "wan" drop; }
}
END
# shellcheck disable=SC2086
look 0 'a firewall' $outside
has 'a firewall' '"verdict_word":"easy"' '"behind_nat":false' '"filtering":"port-dependent"'
done_testing
