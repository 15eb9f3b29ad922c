#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# What desktops and the session's systemd read is as they want it: checked by their own tools, where they are installed.
set -u
desktop=$WZP_SOURCE/contrib/desktop
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
number=0
failed=0
check() # TOOL, WORDS, COMMAND...
{
    tool=$1
    words=$2
    shift 2
    number=$((number + 1))
    if ! command -v "$tool" >/dev/null; then
        echo "ok $number # SKIP there is no $tool: $words"
    elif "$@" >"$folder/output" 2>&1; then
        echo "ok $number - $words"
    else
        failed=1
        echo "not ok $number - $words"
        sed 's/^/# /' "$folder/output" >&2
    fi
}
# The unit as it is installed; what other units of this machine lack is not its fault.
verify_unit()
{
    mkdir -p "$folder/bin"
    printf '#!/bin/sh\n' >"$folder/bin/wzp"
    chmod +x "$folder/bin/wzp"
    sed "s|@BINDIR@|$folder/bin|" "$WZP_SOURCE/contrib/systemd/user/$1" >"$folder/$1"
    systemd-analyze verify --user "$folder/$1" >"$folder/said" 2>&1
    ! grep "$1" "$folder/said"
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
echo "1..$number"
exit "$failed"
