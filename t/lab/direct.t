#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Direct calls between two homes whose routers are the kernel's own (nftables), over real sockets: usual routers, one that assigns random
# ports, two of those. Needs root; skips with a reason otherwise.
# shellcheck source=t/lab/lib_netns.sh
. "$WZP_SOURCE/t/lab/lib_netns.sh"
needs ip nft sysctl ss
keep_others_out
spaces='net routera routerb homea homeb'
explain()
{
    grep -h '"event":"\(path\|ended\|error\|unregistered\)"' "$dir/a.out" "$dir/b.out" 2>/dev/null | cut -c 1-300 | sed 's/^/# /'
}

# ---- the networks: two homes, their routers, two relays that also answer STUN ----
ip netns add ${tag}net 2>/dev/null || skip_all 'network namespaces cannot be made here'
for space in routera routerb homea homeb; do ip netns add $tag$space || exit 1; done
for space in $spaces; do in_space $space ip link set lo up; done
in_space net ip link add name wire type bridge || skip_all 'there are no bridges here'
in_space net ip link set wire up
in_space net ip addr add 45.33.9.1/24 dev wire
in_space net ip addr add 45.33.9.2/24 dev wire
home() { # a|b OUTER-ADDRESS INNER-NETWORK
    ip link add wan netns ${tag}router$1 type veth peer name port$1 netns ${tag}net || skip_all 'there are no veth links here'
    ip link add lan netns ${tag}router$1 type veth peer name eth0 netns ${tag}home$1 || exit 1
    in_space net ip link set port$1 master wire up
    in_space router$1 ip link set wan up
    in_space router$1 ip link set lan up
    in_space home$1 ip link set eth0 up
    in_space router$1 ip addr add "$2/24" dev wan
    in_space router$1 ip addr add "$3.1/24" dev lan
    in_space home$1 ip addr add "$3.2/24" dev eth0
    in_space home$1 ip route add default via "$3.1"
    in_space router$1 sysctl -qw net.ipv4.ip_forward=1
}
home a 45.33.9.10 192.168.51
home b 45.33.9.20 192.168.52
# Masquerades with those flags and lets in only answers.
router() { # a|b FLAGS
    in_space router$1 nft flush ruleset
    in_space router$1 nft -f - <<END
table inet filter {
    chain input { type filter hook input priority 0; iifname "wan" ct state new drop; }
    chain forward { type filter hook forward priority 0; policy drop; ct state established,related accept; iifname "lan" accept; }
    chain postrouting { type nat hook postrouting priority 100; meta nfproto ipv4 oifname "wan" masquerade $2; }
}
END
}
router a '' || skip_all 'nftables cannot translate addresses here'
for which in 1 2; do
    HOME=$dir ip netns exec ${tag}net "$relay" -i "$dir/seed$which" --listen 45.33.9.$which:4433 >"$dir/relay$which" 2>&1 &
    within 5 grep -q listening "$dir/relay$which"
    ok $? "relay $which is up"
done
for name in a b; do
    mkdir -p "$dir/$name/wzp"
    chmod 700 "$dir/$name"
    printf 'relay = "45.33.9.1:4433"\nstun = "45.33.9.1:4433 45.33.9.2:4433"\nportmap = false\nlow_complexity = true\n' >"$dir/$name/wzp/config.toml"
done
at_home() { # a|b COMMAND...
    place=$dir/$1
    space=$1
    shift
    HOME=$place XDG_CONFIG_HOME=$place XDG_DATA_HOME=$place XDG_STATE_HOME=$place XDG_RUNTIME_DIR=$place timeout -k 2 40 \
        ip netns exec "${tag}home$space" "$@"
}

# ---- calls ----
ports_of() { in_space home$1 ss -Hnua | wc -l; }
# B answers, A calls for so many seconds; a.out, b.out; most: the largest number of open ports behind the hard router.
call() { # FLAGS-OF-A FLAGS-OF-B SECONDS HARD-SIDE
    router a "$1"
    router b "$2"
    at_home b "$wzp" answer --auto all -1 --json -i tone:440 -o null >"$dir/b.out" 2>"$dir/b.err" &
    callee=$!
    within 8 grep -q '"event":"registered"' "$dir/b.out"
    sleep 1 # the callee asks who sees it where
    at_home a "$wzp" call "$(at_home b "$wzp" identity show --json | sed 's/.*"fingerprint":"\([^"]*\)".*/\1/')" --json \
        -i tone:660 -o null -d "$3" >"$dir/a.out" 2>"$dir/a.err" &
    caller=$!
    most=0
    while kill -0 $caller 2>/dev/null; do
        now=$(ports_of "$4")
        [ "$now" -gt "$most" ] && most=$now
        sleep 0.02
    done
    wait $caller
    ok $? 'the call was heard and ended as it should'
    wait $callee
}
# On a machine that is busy with other things a path may fail later.
is_path() { # KIND REASON WORDS
    for side in a b; do
        grep '"event":"path"' "$dir/$side.out" | grep -q "\"kind\":\"$1\".*\"reason\":\"$2\""
        ok $? "$3: $side is $1, $2"
    done
}
call '' '' 3 a
is_path direct punched 'two usual routers'
# One port search in a hundred fails.
found() { grep -q '"reason":"birthday"' "$dir/a.out" && grep -q '"reason":"birthday"' "$dir/b.out"; }
call random,fully-random '' 12 a
found || call random,fully-random '' 12 a
is_path direct birthday 'a router with random ports at the caller'
# A search that succeeds early has opened few ports, and their number was sampled only a few times.
[ "$most" -ge 10 ] && [ "$most" -le 260 ] && [ "$(ports_of a)" = 0 ]
ok $? "for which ports were opened, at most 256, and closed again ($most at once)"
call '' random,fully-random 12 b
found || call '' random,fully-random 12 b
is_path direct birthday 'a router with random ports at the callee'
call random,fully-random random,fully-random 6 a
is_path relay both-hard 'two of them'
[ "$most" -lt 10 ]
ok $? 'for which nothing is searched'
done_testing
