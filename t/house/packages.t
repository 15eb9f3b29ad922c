#!/usr/bin/perl
# SPDX-License-Identifier: MIT OR Apache-2.0
# The Debian packages (built by contrib/package) contain every installed file, each once; their dependencies are those that contrib/deps
# installs; their versions are those of the headers. Other packaging files pass their own checkers, where these are installed.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib $FindBin::Bin;
use House;

my $debian = 'contrib/debian';
my $control = read_text("$debian/control");
my @packages = $control =~ /^Package: (\S+)$/mg;
my %number = read_text('include/wzp/types.h') =~ /^#define WZP_(VERSION_\w+|ABI) (\d+)$/mg;
my $version = join '.', map { $number{"VERSION_$_"} } qw(MAJOR MINOR PATCH);
is_deeply([sort @packages], [sort 'wzp', 'wzp-relay', "libwzp$number{ABI}", 'libwzp-dev'], 'packages, and the ABI in the name of one');
like(read_text("$debian/changelog"), qr/\Awzp \(\Q$version\E-/, 'the changelog begins with the version of the headers');
like(read_text('contrib/CHANGELOG'), qr/^\Q$version\E\b/m, 'so does our own');

# --- files: as "make install" of contrib/debian/rules puts them
my @installed = map { /^\d+ (\S+)$/ ? $1 : () } split /\n/, read_text('t/house/install.manifest');
s{^usr/share/zsh/site-functions/}{usr/share/zsh/vendor-completions/} for @installed;
s{^usr/lib/(libwzp|pkgconfig)}{usr/lib/x86_64-linux-gnu/$1} for @installed;
@installed = grep { !m{^usr/share/doc/|^usr/lib/tmpfiles\.d/} } @installed;
my (%holders, @idle);
for my $package (@packages) {
    for my $pattern (grep { !/^#/ && /\S/ } split /\n/, read_text("$debian/$package.install")) {
        next if $pattern =~ m{^etc/};
        my $regex = join '[^/]*', map { quotemeta } split /\*/, $pattern, -1;
        my @found = grep { m{^$regex(?:/|$)} } @installed;
        push @idle, "$package: $pattern" if !@found;
        $holders{$_}{$package} = 1 for @found;
    }
}
report('every file has one package', map { "$_: " . (join(' ', sort keys %{ $holders{$_} // {} }) || 'none') }
        grep { keys %{ $holders{$_} // {} } != 1 } @installed);
report('every line of a package finds a file', @idle);

# --- libraries
my ($build) = $control =~ /^Build-Depends:\n((?: .*\n)+)/m;
my %needed = map { $_ => 1 } $build =~ /^ ([a-z0-9.+-]+)/mg;
my @brought = `'${\ source()}/contrib/deps' --list`;
chomp @brought;
report('what contrib/deps brings for building is asked for', grep { /-dev$/ && !/^libc6/ && !$needed{$_} } @brought);

# --- checkers
sub checked
{
    my ($what, $tool, $command) = @_;
    SKIP: {
        skip "there is no $tool", 1 if system("command -v $tool >/dev/null 2>&1") != 0;
        my $said = `cd '${\ source()}' && $command 2>&1`;
        ok($? == 0, $what) or diag($said);
    }
}
$ENV{PATH} .= ':/usr/sbin:/sbin';
checked('the AppArmor profile is one', 'apparmor_parser', 'apparmor_parser -Q -K -T contrib/apparmor/wzp-relay');
checked('the logrotate note is one', 'logrotate', 'logrotate -d -s /dev/null contrib/logrotate/wzp-relay');
checked('the sysusers file is one', 'systemd-sysusers', 'systemd-sysusers --dry-run - <contrib/sysusers/wzp-relay.conf');
like(read_text('contrib/tmpfiles/wzp-relay.conf'), qr{^d (/var/lib/wzp-relay) 0700 wzp-relay wzp-relay -$}m, 'the folder of the unit is its user\'s alone');
like(read_text('contrib/sysusers/wzp-relay.conf'), qr{^u wzp-relay - "[^"]*" /var/lib/wzp-relay -$}m, 'and the user has the name of the unit');
done_testing();
