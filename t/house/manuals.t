#!/usr/bin/perl
# SPDX-License-Identifier: MIT OR Apache-2.0
# Every manual of a program has sections about its files, environment variables, security and limitations; and what they name
# exists: variables, options of other pages, keys, pages.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib $FindBin::Bin;
use House;

my @pages = files(qr{^man/.*\.[1-9]$});
my %text = map { $_ => read_text($_) } @pages;
for my $page (grep { /\.[18]$/ } @pages) {
    my @wanted = ('EXIT STATUS', 'SEE ALSO', 'SECURITY', 'BUGS', $page =~ /netcheck/ ? 'EXAMPLES' : ('FILES', 'ENVIRONMENT'));
    report("$page has its sections", grep { $text{$page} !~ /^\.Sh \Q$_\E$/m } @wanted);
}

# Variables: those that the sources read are in a manual, and those that manuals name are read, or belong to others.
my %read;
for my $file (files(qr{^src/.*\.c$})) {
    my $source = read_text($file);
    $read{$1} = $file while $source =~ /getenv\("([A-Z_]+)"\)/g;
    # Except tables of folders, and the variables that a hook's program gets.
    $read{$1} = $file while $source =~ /"((?:XDG|WZP)_[A-Z0-9_]+)[="]/g;
}
# Variables of the test driver, for scripts that print TAP.
delete $read{HARNESS_ACTIVE};
my $all = join "\n", values %text;
report('every variable that is read is in a manual', grep { $all !~ /^\.(?:It )?Ev (?:.* )?\Q$_\E\b/m } sort keys %read);
my %foreign = map { $_ => 1 } qw(LC_ALL LC_CTYPE LANG XDG_RUNTIME_DIR PATH);
my @strange;
while ($all =~ /^\.(?:It )?Ev ([A-Z0-9_ ,]+)/mg) {
    push @strange, grep { /^[A-Z0-9_]{3,}$/ && !$read{$_} && !$foreign{$_} } split /[ ,]+/, $1;
}
report('every variable of the manuals is read', @strange);

# References to our own pages.
my @absent;
for my $page (@pages) {
    while ($text{$page} =~ /^\.Xr (wzp[\w.-]*) ([1-9])/mg) {
        push @absent, "$page: $1($2)" if !$text{"man/$1.$2"};
    }
}
report('every page of ours that is named is there', @absent);

# Configuration keys that SECURITY and BUGS name exist.
my @unknown;
my $config = read_text('src/relay/config.c') . read_text('src/app/settings.c');
for my $page ('man/wzp.1', 'man/wzp-relay.8') {
    my ($part) = $text{$page} =~ /^\.Sh SECURITY\n(.*?)\z/ms;
    while ($part =~ /^\.(?:Pq )?Cm ([a-z_ ,]+)/mg) {
        push @unknown, map { "$page: $_" } grep { /_/ && $config !~ /\b\Q$_\E\b/ } split /[ ,]+/, $1;
    }
}
report('every key that they warn of is one', @unknown);
done_testing();
