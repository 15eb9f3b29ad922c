#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Port mappings of a real router (miniupnpd), made by a real program while it is registered: with each of NAT-PMP, PCP and UPnP the port
# is mapped to the host, mapped again when the router forgot it, and deleted at each kind of end.
# shellcheck source=t/lab/lib_spaces.sh
. "$WZP_SOURCE/t/lab/lib_spaces.sh"
start_relay 45.33.1.3:4433
ok $? 'the relay is up'
start_upnpd
ok $? 'the mapping service is up'
table >"$dir/before"

# The mapped ports, one a line.
ports() { in_space router nft list chain inet filter prerouting_miniupnpd | sed -n 's|.* dport \([0-9]*\) .*|\1|p'; }
has_port() { [ -n "$(ports)" ]; }
has_none() { [ -z "$(ports)" ]; }
flush() {
    for chain in miniupnpd prerouting_miniupnpd postrouting_miniupnpd; do in_space router nft flush chain inet filter $chain; done
}
# Lets only that protocol reach the router: the first byte of a request is its version (0 NAT-PMP, 2 PCP).
only() {
    in_space router nft flush chain inet filter input
    case $1 in
    NAT-PMP) rule input iifname lan udp dport 5351 @th,64,8 2 drop ;;
    PCP) rule input iifname lan udp dport 5351 @th,64,8 0 drop ;;
    UPnP) rule input iifname lan udp dport 5351 drop ;;
    esac
    [ "$1" = UPnP ] || rule input iifname lan udp dport 1900 drop
    table >"$dir/before"
}
same_table() {
    table >"$dir/after"
    cmp -s "$dir/before" "$dir/after"
}
# The program is started by a plain command and not through at_home, so that $! is its process and signals reach it.
begin() {
    HOME=$dir XDG_CONFIG_HOME=$dir XDG_DATA_HOME=$dir XDG_STATE_HOME=$dir XDG_RUNTIME_DIR=$dir ip netns exec ${tag}home \
        "$wzp" echo --json -r 45.33.1.3:4433 >"$dir/out" 2>"$dir/err" &
    phone=$!
}
end() { # SIGNAL
    kill -"$1" $phone
    wait $phone
}

for protocol in NAT-PMP PCP UPnP; do
    if [ $protocol = UPnP ] && [ ! -x "$WZP_BUILD/t/lab/upnp.t" ]; then continue; fi
    only $protocol
    for signal in INT TERM HUP; do
        begin
        within 5 has_port
        ok $? "P19: $protocol: a port is opened while the program is registered"
        end $signal
        within 2 same_table
        ok $? "$protocol: after SIG$signal the router's table is as before"
    done
done

# ---- all protocols at once: the first one that answers is kept; the router forgets the mapping ----
only all
begin
within 5 has_port
ok $? 'with all three a port is opened'
[ "$(ports | wc -l)" = 1 ]
ok $? 'and only one'
port=$(ports)
in_space home ss -nlu | grep -q ":$port "
ok $? 'it leads to the port that the program has'
stop_upnpd
flush
has_none
ok $? 'the router restarts and has forgotten it'
start_upnpd
began=$(date +%s)
within 60 has_port
ok $? "it is opened again ($(($(date +%s) - began)) s later, at most 60)"
[ "$(ports)" = "$port" ]
ok $? 'at the same number'
# The mappings are flushed by hand: the service keeps running, and its epoch shows nothing.
flush
has_none
ok $? 'its rules are thrown away while the service runs on'
began=$(date +%s)
within 60 has_port
ok $? "it is opened again ($(($(date +%s) - began)) s later, at most 60)"
[ "$(ports)" = "$port" ]
ok $? 'at the same number'
end TERM
within 2 same_table
ok $? 'and given back at the end'
done_testing
