#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# How long `wzp call` takes from its start until it is registered at a relay on this machine: the median of ten starts.
set -u
dir=$(mktemp -d) || exit 1
trap 'kill "$relay" 2>/dev/null; rm -rf "$dir"' EXIT
export HOME="$dir" XDG_CONFIG_HOME="$dir/c" XDG_DATA_HOME="$dir/d" XDG_STATE_HOME="$dir/s"
"$WZP_BUILD/wzp-relay" -i "$dir/seed" --listen 127.0.0.1:0 2>"$dir/relay" &
relay=$!
until address=$(sed -n 's/.*listening on \(.*\)/\1/p' "$dir/relay") && [ -n "$address" ]; do sleep 0.05; done
"$WZP_BUILD/wzp" identity show >/dev/null
nobody=0123:4567:89ab:cdef:0123:4567:89ab:cdef
for _ in 1 2 3 4 5 6 7 8 9 10; do
    start=$(date +%s%N)
    "$WZP_BUILD/wzp" call "$nobody" -r "$address" -i silence -o null 2>/dev/null | while read -r line; do
        case $line in registered*) echo $((($(date +%s%N) - start) / 1000)) ;; esac
    done
done | sort -n | awk '{ v[NR] = $1 } END { printf "{\"name\":\"startup_registered\",\"value\":%.1f,\"unit\":\"ms\"}\n", v[int((NR + 1) / 2)] / 1000 }'
