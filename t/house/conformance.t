#!/usr/bin/perl
# SPDX-License-Identifier: MIT OR Apache-2.0
# Each of the 122 behaviours that the existing relay's own tests assert is named at the beginning of a test's name here ("63: of a report
# ..."; "37, better: ..." where this relay does more on purpose), or is listed below with the reason why there is no test.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib $FindBin::Bin;
use House;

my (%none, %there);
# FIRST LAST REASON
for my $line (<DATA>) {
    my ($first, $last) = $line =~ /^(\d+) (\d+) \S/ or die "no reason: $line";
    $none{$_} = 1 for $first .. $last;
}
for my $file (files(qr{^t/(?!house/).*\.[ct]$})) {
    my $text = read_text($file);
    while ($text =~ /["'](\d{1,3}(?:, (?:\d{1,3}|better|[A-Z]\d+))*): /g) {
        $there{$_} = 1 for grep { /^\d+$/ } split /, /, $1;
    }
}
report('every behaviour of the list has a test with its number, or a reason', grep { !$there{$_} && !$none{$_} } 1 .. 122);
report('no behaviour with a test has a reason to have none', grep { $there{$_} && $none{$_} } 1 .. 122);
report('no test has a number that the list does not have', grep { $_ > 122 } sort keys %there);
cmp_ok(scalar(keys %there), '>', 80, scalar(keys %there) . ' of 122 have a test');
done_testing();

__DATA__
54 54 a setter of its program: messages of links go straight to the dispatcher here
65 68 its pipeline of repair and jitter buffer: what a remote relay sends goes down as it is (t/sim/remote.c)
87 88 relay links, which nothing opens or accepts there either
89 89 its messages are read and written as all signals are (t/wire/signal.c)
90 93 relay links, which nothing opens or accepts there either
98 98 a session tag is a word of the trunk frame (t/wire/trunk.c): trunks are read, and not made by this relay
100 100 trunks are not made: QUIC packs frames that leave together (t/relay/rooms.c)
108 108 its messages are read and written as all signals are (t/wire/signal.c)
118 118 there is one kind of session
120 121 trunks are not made
122 122 no state of this relay is copied
