#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Files that desktops and the user's systemd read are valid: checked by their own tools, where these are installed.
# shellcheck source=t/tap.sh
. "$WZP_SOURCE/t/tap.sh"
desktop=$WZP_SOURCE/contrib/desktop
explain()
{
    sed 's/^/# /' "$dir/output"
}
check() # TOOL, WORDS, COMMAND...
{
    tool=$1
    words=$2
    shift 2
    if command -v "$tool" >/dev/null; then
        "$@" >"$dir/output" 2>&1
        ok $? "$words"
    else
        skip "there is no $tool: $words"
    fi
}
# The unit as it is installed; errors of other units of this machine do not count.
verify_unit()
{
    mkdir -p "$dir/bin"
    printf '#!/bin/sh\n' >"$dir/bin/wzp"
    chmod +x "$dir/bin/wzp"
    sed "s|@BINDIR@|$dir/bin|" "$WZP_SOURCE/contrib/systemd/user/$1" >"$dir/$1"
    systemd-analyze verify --user "$dir/$1" >"$dir/said" 2>&1
    ! grep "$1" "$dir/said"
}
has() # FILE, LINE
{
    grep -qx -- "$2" "$1"
}

check desktop-file-validate 'the desktop file is valid' desktop-file-validate "$desktop/wzp-tui.desktop"
check appstreamcli 'the AppStream metadata is valid' appstreamcli validate --no-net "$desktop/wzp-tui.metainfo.xml"
for unit in "$WZP_SOURCE"/contrib/systemd/user/*.service; do
    check systemd-analyze "systemd takes ${unit##*/}" verify_unit "${unit##*/}"
done
check grep 'it wants a terminal' has "$desktop/wzp-tui.desktop" 'Terminal=true'
check grep 'the metadata leads to the desktop file' grep -q '<launchable type="desktop-id">wzp-tui.desktop<' "$desktop/wzp-tui.metainfo.xml"
done_testing
