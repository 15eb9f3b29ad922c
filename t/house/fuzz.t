#!/usr/bin/perl
# SPDX-License-Identifier: MIT OR Apache-2.0
# Every function that parses untrusted bytes or text is called by a fuzz harness, and every harness has a corpus.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib $FindBin::Bin;
use House;

# Reached through another parser that is fuzzed, or never given untrusted input.
my %elsewhere = (
    wzp_aead_open         => 'wzp_e2e_open',
    wzp_quic_conn_receive => 'wzp_quic_endpoint_receive',
    wzp_stream_receive    => 'wzp_phone_receive',
    wzp_ground_receive    => 'wzp_phone_receive',
    wzp_search_receive    => 'wzp_phone_receive',
    wzp_step_receive      => 'wzp_phone_receive',
    wzp_quic_passed_receive => 'wzp_quic_endpoint_receive',
    wzp_codec2_decode     => 'wzp_decoder_decode',
    wzp_relay_upstream_receive => 'wzp_quic_endpoint_receive', # and passed on unread
);

my %called;
my @harnesses = grep { $_ ne 't/fuzz/standalone.c' } files(qr{^t/fuzz/[^/]+\.c$});
for my $file (@harnesses) {
    my $text = without_comments(read_text($file));
    $called{$1} = $file while $text =~ /\b(wzp_\w+)\s*\(/g;
}

my @missing;
my $parsers = 0;
for my $file (files(qr{^(?:src|include)/.*\.h$})) {
    my $text = without_comments(read_text($file));
    while ($text =~ /\b(wzp_\w+_(?:parse|decode|receive|open|lbrr|dred_reach))\s*\(([^;{]*)\)/g) {
        my ($name, $arguments) = ($1, $2);
        next if $arguments !~ /const\s+(?:uint8_t|char|void)\s+\*/ || $arguments !~ /\bsize_t\s+\w*length/;
        $parsers++;
        next if $called{$name} || ($elsewhere{$name} && $called{ $elsewhere{$name} });
        push @missing, "$file: $name";
    }
}
ok($parsers > 0, "$parsers parsers were found");
report('every parser is fuzzed', @missing);

my (@poor, @lost, %known);
for my $file (@harnesses) {
    my ($name) = $file =~ m{([^/]+)\.c$};
    $known{$name} = 1;
    my @inputs = files(qr{^t/fuzz/corpus/\Q$name\E/});
    push @poor, "$name: " . @inputs . ' inputs' if @inputs < 1 || @inputs > 40;
}
for my $file (files(qr{^t/fuzz/corpus/})) {
    push @lost, $file if $file !~ m{^t/fuzz/corpus/([^/]+)/} || !$known{$1};
}
report('every harness has a corpus of 1 to 40 inputs', @poor);
report('every corpus has its harness',                 @lost);
done_testing();
