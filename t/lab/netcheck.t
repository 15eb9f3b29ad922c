#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# A look at the network from real network namespaces: a home, a router with a real miniupnpd, and outside a real coturn and a relay.
# What is found is so, and the router's table is the same afterwards. Needs root and the programs; skipped with a reason otherwise.
set -u
wzp=$WZP_BUILD/wzp
relay=$WZP_BUILD/wzp-relay
upnp=$WZP_BUILD/t/lab/upnp.t
skip() {
    echo "1..0 # SKIP $1"
    exit 0
}
[ "$(id -u)" = 0 ] || skip 'network namespaces need root'
PATH=$PATH:/usr/sbin:/sbin
for program in ip nft turnserver miniupnpd sysctl; do
    command -v $program >/dev/null 2>&1 || skip "$program is not installed"
done
tag=wzp$$
dir=$(mktemp -d) || exit 1
stop() {
    for space in home router net; do
        for pid in $(ip netns pids $tag$space 2>/dev/null); do kill -KILL "$pid"; done
        ip netns del $tag$space 2>/dev/null
    done
    rm -rf "$dir"
}
trap stop EXIT
trap 'exit 1' INT TERM
ip netns add ${tag}home 2>/dev/null || skip 'network namespaces cannot be made here'
ip netns add ${tag}router && ip netns add ${tag}net || exit 1
n=0
check() { # status, words
    n=$((n + 1))
    if [ "$1" = 0 ]; then echo "ok $n - $2"; else
        echo "not ok $n - $2"
        tail -n 5 "$dir/out" "$dir/err" 2>/dev/null | cut -c 1-3000 | sed 's/^/# /'
    fi
}
in_space() {
    space=$1
    shift
    ip netns exec "$tag$space" "$@"
}
# Until a command succeeds, for five seconds at most.
wait_for() {
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do
        "$@" >/dev/null 2>&1 && return 0
        sleep 0.2
    done
    return 1
}

# ---- the wires ----
ip link add wzph$$ netns ${tag}home type veth peer name lan netns ${tag}router &&
    ip link add wan netns ${tag}router type veth peer name out netns ${tag}net || skip 'there are no veth links here'
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

# ---- the router: masquerading, and ports on demand ----
rules() { # masquerade's flags
    in_space router nft flush ruleset
    in_space router nft -f - <<END
table inet filter {
    chain miniupnpd { }
    chain prerouting_miniupnpd { }
    chain postrouting_miniupnpd { }
    chain forward { type filter hook forward priority 0; policy accept; jump miniupnpd; }
    chain prerouting { type nat hook prerouting priority -100; jump prerouting_miniupnpd; }
    chain postrouting { type nat hook postrouting priority 100; jump postrouting_miniupnpd; oifname "wan" masquerade $1; }
}
END
}
rules '' || skip 'nftables cannot translate addresses here'
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
ip netns exec ${tag}router miniupnpd -d -f "$dir/upnpd.conf" -P "$dir/upnpd.pid" >"$dir/upnpd.log" 2>&1 &
upnpd=$!

# ---- outside ----
ip netns exec ${tag}net turnserver -n --no-auth --no-tls --no-dtls --no-cli -L 45.33.1.1 -L 45.33.1.2 -p 3478 --stun-only \
    --pidfile "$dir/turn.pid" --log-file "$dir/turn.log" >/dev/null 2>&1 &
HOME=$dir ip netns exec ${tag}net "$relay" -i "$dir/seed" --listen 45.33.1.3:4433 --metrics-host 1.1.1.1 --metrics-port 443 >"$dir/relay.log" 2>&1 &
listens() { in_space "$1" ss -nlu | grep -q "$2"; }
wait_for listens net 45.33.1.1:3478
check $? 'the STUN server is up'
wait_for listens net 45.33.1.3:4433
check $? 'the relay is up'
wait_for listens router 192.168.77.1:5351
check $? 'the mapping service is up'

look() { # EXIT-STATUS WORDS [OPTION...]
    want=$1 words=$2
    shift 2
    HOME=$dir XDG_CONFIG_HOME=$dir XDG_DATA_HOME=$dir XDG_STATE_HOME=$dir in_space home timeout 8 "$wzp" netcheck --json \
        -S 45.33.1.1 -S 45.33.1.2 -r 45.33.1.3:4433 "$@" >"$dir/out" 2>"$dir/err"
    got=$?
    [ $got = "$want" ]
    check $? "$words: status $got, expected $want"
}
has() { # WORDS MEMBER...
    words=$1
    shift
    for member in "$@"; do
        grep -qF "$member" "$dir/out"
        check $? "$words: $member"
    done
}
took() { # MS WORDS
    ms=$(sed -n 's/.*"duration_ms":\([0-9]*\).*/\1/p' "$dir/out")
    [ "${ms:-9999}" -le "$1" ]
    check $? "$2: it took ${ms:-?} ms, at most $1"
}

in_space router nft list ruleset >"$dir/before"
look 0 'a router with all services'
took 2000 'a router with all services'
has 'a router with all services' '"verdict_word":"port-mapping"' '"nat_type":"Cone"' '"reflexive_addr":"45.33.1.10:' \
    '"nat_pmp_available":true' '"pcp_available":true' '"upnp_available":true' '"port_mapping":"NatPmp"' '"gateway":"192.168.77.1"' \
    '"behind_nat":true' '"cgnat":false' '"preferred_relay":"45.33.1.3:4433"' '"interface":"eth0"' '"tcp_443":null' '"mtu":1472' \
    '"mapping":"endpoint-independent"' '"filtering":"port-dependent"'
in_space router nft list ruleset >"$dir/after"
cmp -s "$dir/before" "$dir/after"
check $? "the router's table is the same before and after"
HOME=$dir in_space home timeout -s INT 0.2 "$wzp" netcheck --json -S 45.33.1.1 -S 45.33.1.9 >"$dir/out" 2>"$dir/err"
in_space router nft list ruleset >"$dir/after"
cmp -s "$dir/before" "$dir/after"
check $? 'also after an interrupt'

# Real ports, by UPnP: made, seen, given back.
if [ -x "$upnp" ]; then
    in_space home env WZP_LAB_LAN=192.168.77.2 timeout 30 "$upnp" >"$dir/out" 2>"$dir/err"
    check $? 'UPnP: a port is opened, found, and closed'
    in_space router nft list ruleset >"$dir/after"
    cmp -s "$dir/before" "$dir/after"
    check $? 'UPnP: and the table is as before'
fi

in_space router ip link set wan mtu 1400
look 0 'a narrow line'
has 'a narrow line' '"mtu":1372'
in_space router ip link set wan mtu 1500

kill -TERM $upnpd
wait $upnpd 2>/dev/null
rules random,fully-random
look 0 'random ports and no service'
has 'random ports and no service' '"verdict_word":"hard"' '"nat_type":"SymmetricPort"' '"mapping_varies_by_dest_ip":true' \
    '"nat_pmp_available":false' '"port_mapping":null' '"port_mapping_verdict":"absent"' '"mapping":"port-dependent"' \
    '"filtering":"port-dependent"'
took 2000 'random ports and no service'

in_space router nft add rule inet filter forward meta l4proto udp drop
look 2 'no UDP'
has 'no UDP' '"verdict_word":"udp-blocked"' '"udp":false' '"tcp_443":true' '"icmpv4":true' '"captive_portal":null'
took 5100 'no UDP'

in_space router ip link set wan down
look 3 'no network'
has 'no network' '"verdict_word":"no-network"' '"tcp_443":false'
took 5100 'no network'
echo "1..$n"
