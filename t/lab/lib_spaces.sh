# SPDX-License-Identifier: MIT OR Apache-2.0
# shellcheck shell=sh
# For scripts of this folder: a home, a router and the internet as network namespaces, with a real STUN server (coturn, two
# addresses), a relay of ours, and on demand a real miniupnpd. Needs root and the programs; skips the script with a reason otherwise.
# Addresses: home 192.168.77.2 (eth0) behind 192.168.77.1; outside 45.33.1.10, servers at 45.33.1.1 and .2 (STUN)
# and .3:4433 (relay, which also takes TCP at 1.1.1.1:443). IPv6 outside: 2001:db8:1::/64, at home 2001:db8:77::/64, not translated.
# shellcheck source=t/lab/lib_netns.sh
. "$WZP_SOURCE/t/lab/lib_netns.sh"
needs ip nft turnserver miniupnpd sysctl ss
spaces='home router isp net'
explain()
{
    tail -n 5 "$dir/out" "$dir/err" 2>/dev/null | cut -c 1-3000 | sed 's/^/# /'
}
listens() { in_space "$1" ss -nlu | grep -qF "$2"; }

# ---- the networks ----
ip netns add ${tag}home 2>/dev/null || skip_all 'network namespaces cannot be made here'
ip netns add ${tag}router && ip netns add ${tag}net || exit 1
ip link add wzph$$ netns ${tag}home type veth peer name lan netns ${tag}router &&
    ip link add wan netns ${tag}router type veth peer name out netns ${tag}net || skip_all 'there are no veth links here'
in_space home ip link set wzph$$ name eth0
for space in home router net; do in_space $space ip link set lo up; done
in_space home ip addr add 192.168.77.2/24 dev eth0
in_space router ip addr add 192.168.77.1/24 dev lan
in_space router ip addr add 45.33.1.10/24 dev wan
for address in 45.33.1.1/24 45.33.1.2/24 45.33.1.3/24 1.1.1.1/32; do in_space net ip addr add $address dev out; done
in_space home ip link set eth0 up
in_space router ip link set lan up
in_space router ip link set wan up
in_space net ip link set out up
in_space home ip route add default via 192.168.77.1
in_space router ip route add default via 45.33.1.1
in_space router sysctl -qw net.ipv4.ip_forward=1
in_space home sysctl -qw net.ipv4.ping_group_range='0 0'

# IPv6 everywhere, in addition to IPv4.
wire_v6() {
    in_space net ip addr add 2001:db8:1::1/64 dev out nodad
    in_space net ip addr add 2001:db8:1::2/64 dev out nodad
    in_space net ip addr add 2001:db8:1::3/64 dev out nodad
    in_space net ip -6 route add 2001:db8:77::/64 via 2001:db8:1::10
    in_space router ip addr add 2001:db8:1::10/64 dev wan nodad
    in_space router ip addr add 2001:db8:77::1/64 dev lan nodad
    in_space router sysctl -qw net.ipv6.conf.all.forwarding=1
    in_space home ip addr add 2001:db8:77::2/64 dev eth0 nodad
    in_space home ip -6 route add default via 2001:db8:77::1
}

# ---- the router: masquerades with those flags; has chains for port mappings ----
rules() {
    in_space router nft flush ruleset
    in_space router nft -f - <<END
table inet filter {
    set spoken { type ipv4_addr . inet_service; flags dynamic,timeout; timeout 60s; }
    chain miniupnpd { }
    chain prerouting_miniupnpd { }
    chain postrouting_miniupnpd { }
    chain input { type filter hook input priority 0; policy accept; }
    chain forward { type filter hook forward priority 0; policy accept; jump miniupnpd; }
    chain prerouting { type nat hook prerouting priority -100; jump prerouting_miniupnpd; }
    chain postrouting { type nat hook postrouting priority 100; jump postrouting_miniupnpd; meta nfproto ipv4 oifname "wan" masquerade $1; }
}
END
}
rule() { in_space router nft add rule inet filter "$@"; }
table() { in_space router nft list ruleset; }
rules '' || skip_all 'nftables cannot translate addresses here'

cat >"$dir/upnpd.conf" <<END
ext_ifname=wan
listening_ip=lan
ext_ip=45.33.1.10
enable_natpmp=yes
enable_upnp=yes
secure_mode=yes
upnp_table_name=filter
upnp_nat_table_name=filter
upnp_forward_chain=miniupnpd
upnp_nat_chain=prerouting_miniupnpd
upnp_nat_postrouting_chain=postrouting_miniupnpd
uuid=7e5b3f4a-0000-4000-8000-000000000001
allow 1024-65535 192.168.77.0/24 1024-65535
deny 0-65535 0.0.0.0/0 0-65535
END
start_upnpd() {
    ip netns exec ${tag}router miniupnpd -d -f "$dir/upnpd.conf" -P "$dir/upnpd.pid" >"$dir/upnpd.log" 2>&1 &
    upnpd=$!
    within 5 listens router 192.168.77.1:5351
}
stop_upnpd() {
    kill -TERM $upnpd
    wait $upnpd 2>/dev/null
}

# ---- outside ----
start_stun() { # arguments: more addresses to listen at
    extra=
    for address; do extra="$extra -L $address"; done
    turnserver --help 2>&1 | grep -q -- ' --rfc5780' && extra="$extra --rfc5780"
    # shellcheck disable=SC2086
    ip netns exec ${tag}net turnserver -n --no-auth --no-tls --no-dtls --no-cli -L 45.33.1.1 -L 45.33.1.2 $extra -p 3478 --stun-only \
        --pidfile "$dir/turn.pid" --log-file "$dir/turn.log" >/dev/null 2>&1 &
    within 5 listens net 45.33.1.1:3478
}
start_relay() { # ADDRESS:PORT
    HOME=$dir ip netns exec ${tag}net "$relay" -i "$dir/seed" --listen "$1" --metrics-host 1.1.1.1 --metrics-port 443 >"$dir/relay.log" 2>&1 &
    within 5 listens net "$1"
}

# ---- network checks ----
# Runs a command at home, with a fresh HOME.
at_home() {
    HOME=$dir XDG_CONFIG_HOME=$dir XDG_DATA_HOME=$dir XDG_STATE_HOME=$dir XDG_RUNTIME_DIR=$dir in_space home "$@"
}
look() { # EXIT-STATUS WORDS OPTION...
    want=$1 words=$2
    shift 2
    at_home timeout 8 "$wzp" netcheck --json "$@" >"$dir/out" 2>"$dir/err"
    got=$?
    [ $got = "$want" ]
    ok $? "$words: status $got, expected $want"
}
has() { # WORDS MEMBER...
    words=$1
    shift
    for member in "$@"; do
        grep -qF "$member" "$dir/out"
        ok $? "$words: $member"
    done
}
took() { # MS WORDS
    ms=$(sed -n 's/.*"duration_ms":\([0-9]*\).*/\1/p' "$dir/out")
    [ "${ms:-9999}" -le "$1" ]
    ok $? "$2: it took ${ms:-?} ms, at most $1"
}
