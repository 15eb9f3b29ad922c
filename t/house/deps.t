#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# contrib/deps reports its steps and its progress when it takes long. All downloads, installations and builds are replaced here
# by commands that wait in the middle of each step until the step was reported; its clock is simulated, too.
# shellcheck source=t/tap.sh
. "$WZP_SOURCE/t/tap.sh"
# shellcheck source=/dev/null
case $(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}") in
bookworm | trixie) ;;
*) skip_all 'it knows Debian 12 and 13 only' ;;
esac
explain() { sed 's/^/# /' "$dir/err"; }

# Another opus recipe, so that an opus that is installed on this machine is not used.
mkdir -p "$dir/tree/contrib" "$dir/bin" "$dir/tmp"
sed 's/^opus_recipe=.*/opus_recipe=none/' "$WZP_SOURCE/contrib/deps" >"$dir/tree/contrib/deps"
pretend() { # COMMAND: replaces a command by the script on standard input
    { printf '#!/bin/sh\ndir=%s\n' "$dir" && cat "$dir/lib" - ; } >"$dir/bin/$1"
    chmod +x "$dir/bin/$1"
}
cat >"$dir/lib" <<'END'
# Returns when that was reported, or after 15 seconds.
until_told() {
    for _ in $(seq 1 300); do
        grep -qF -- "$1" "$dir/err" && return
        /bin/sleep 0.05
    done
}
END
echo 'echo 0' | pretend id
echo '/bin/sleep 0.01' | pretend sleep
echo ':' | pretend sha256sum
# Nothing is installed before the installation; afterwards everything is, new enough.
pretend dpkg-query <<'END'
[ -e "$dir/installed" ] || exit 1
for package; do case $package in -*) ;; *) echo "ii  $package 99" ;; esac; done
END
pretend apt-get <<'END'
case " $* " in
*' --print-uris '*)
    for suite in bookworm trixie; do echo "'http://mirror.invalid/debian/dists/$suite/InRelease' name 0"; done
    ;;
*' update '*)
    echo 'Get:1 http://mirror.invalid/debian the lists'
    until_told 's: Get:1 http://mirror.invalid/debian the lists'
    ;;
*' install '*)
    echo '0 upgraded, 2 newly installed, 0 to remove and 0 not upgraded.'
    echo 'Setting up first (1.0) ...'
    echo 'Unpacking second (1.0) ...'
    until_told '1 of 2 packages are ready: Unpacking second (1.0) ...'
    : >"$dir/installed"
    ;;
*' source '*)
    echo 'Get:1 http://mirror.invalid/debian the source of opus'
    until_told 's: Get:1 http://mirror.invalid/debian the source of opus'
    : >opus_1.5.2.orig.tar.gz
    ;;
esac
END
pretend tar <<'END'
mkdir opus-1.5.2
cp "$dir/bin/configure" opus-1.5.2/
END
pretend configure <<'END'
echo 'checking for everything'
until_told 's: checking for everything'
END
pretend make <<'END'
for word; do
    case $word in DESTDIR=*) mkdir -p "${word#DESTDIR=}$dir/opus/lib" && : >"${word#DESTDIR=}$dir/opus/lib/libopus.a" ;; esac
done
echo '  CC       celt/bands.lo'
until_told 's:   CC       celt/bands.lo'
END

began=$(date +%s)
PATH=$dir/bin:$PATH TMPDIR=$dir/tmp WZP_DEPS_PREFIX=$dir/opus sh "$dir/tree/contrib/deps" 2>"$dir/err" >"$dir/out"
ok $? "it ends well ($(($(date +%s) - began)) s)"
told() { # WORDS TEXT
    grep -qF -- "$2" "$dir/err"
    ok $? "$1: \"$2\""
}
told 'the package lists' 'deps: reading the package lists of http://mirror.invalid/debian'
told 'and what it reads' 's: Get:1 http://mirror.invalid/debian the lists'
told 'the packages by name' 'deps: installing '
told 'how many of them are ready' '1 of 2 packages are ready: Unpacking second (1.0) ...'
told 'the source of opus' 'deps: fetching the source of opus 1.5.2'
told 'and that it comes' 's: Get:1 http://mirror.invalid/debian the source of opus'
told 'that it is built, and how long that takes' 'deps: building opus 1.5.2 with DRED and OSCE (about a minute)'
told 'what is looked for' 's: checking for everything'
told 'what is compiled' 's:   CC       celt/bands.lo'
told 'where it is at last' "deps: opus 1.5.2 is in $dir/opus"
[ ! -s "$dir/out" ]
ok $? 'all of it on standard error'
! grep -vE '^deps: ' "$dir/err" >"$dir/others"
ok $? 'each line says who speaks'
[ -z "$(ls "$dir/tmp")" ]
ok $? 'and no temporary file is left'
: >"$dir/err"
PATH=$dir/bin:$PATH TMPDIR=$dir/tmp WZP_DEPS_PREFIX=$dir/opus sh "$dir/tree/contrib/deps" 2>"$dir/err"
ok $? 'a second time nothing is to do'
[ ! -s "$dir/err" ]
ok $? 'and nothing is said'
done_testing
