# SPDX-License-Identifier: MIT OR Apache-2.0
# shellcheck shell=sh
# For scripts of this folder: network namespaces, which are deleted at the end with all processes in them. Their names are in
# $spaces, without the tag that tells two runs apart. Needs root; skips the script with a reason otherwise.
# shellcheck source=t/tap.sh
. "$WZP_SOURCE/t/tap.sh"
# shellcheck disable=SC2034
wzp=$WZP_BUILD/wzp
# shellcheck disable=SC2034
relay=$WZP_BUILD/wzp-relay
tag=wzp$$
spaces=
PATH=$PATH:/usr/sbin:/sbin
[ "$(id -u)" = 0 ] || skip_all 'network namespaces need root'
stop_all()
{
    for space in $spaces; do
        for pid in $(ip netns pids $tag$space 2>/dev/null); do kill -KILL "$pid"; done
        ip netns del $tag$space 2>/dev/null
    done
    tap_clean
}
trap stop_all EXIT
needs() # PROGRAM...
{
    for program; do
        command -v "$program" >/dev/null 2>&1 || skip_all "$program is not installed"
    done
}
in_space() # SPACE COMMAND...
{
    space=$1
    shift
    ip netns exec "$tag$space" "$@"
}
