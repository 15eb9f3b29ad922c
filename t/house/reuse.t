#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Every file states its copyright and licence, as the REUSE specification requires.
set -u
cd "$WZP_SOURCE" || exit 1
if ! command -v reuse >/dev/null; then
    echo "1..0 # SKIP there is no reuse"
    exit 0
fi
if ! git rev-parse --git-dir >/dev/null 2>&1; then
    echo "1..0 # SKIP this is no checkout"
    exit 0
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# The specification's LICENSES folder is below contrib here.
git ls-files -z | tar --null --files-from=- --ignore-failed-read -cf - 2>/dev/null | tar -xf - -C "$folder"
mkdir "$folder/LICENSES"
cp contrib/licenses/MIT.txt contrib/licenses/Apache-2.0.txt "$folder/LICENSES/"
rm -r "$folder/contrib/licenses"
echo "1..1"
if reuse --root "$folder" lint >"$folder/../$$.lint" 2>&1; then
    echo "ok 1 - reuse lint passes"
    status=0
else
    echo "not ok 1 - reuse lint passes"
    head -n 30 "$folder/../$$.lint" | sed 's/^/# /' >&2
    status=1
fi
rm -f "$folder/../$$.lint"
exit "$status"
