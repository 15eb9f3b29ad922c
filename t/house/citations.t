#!/usr/bin/perl
# SPDX-License-Identifier: MIT OR Apache-2.0
# Readers can look up what a comment cites: sections of wzp-protocol(7) by their titles, public RFCs by number, and nothing else.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib $FindBin::Bin;
use House;

my (%number, @double);
for my $line (split /\n/, read_text('man/wzp-protocol.7')) {
    next unless $line =~ /^\.Ss ([0-9.]+) (.+)$/;
    push @double, $2 if exists $number{$2};
    $number{$2} = $1;
}
cmp_ok(scalar(keys %number), '>', 40, 'the manual has numbered sections');
is_deeply(\@double, [], 'each title is there once');
my $titles = join '|', map { quotemeta } sort { length $b <=> length $a } keys %number;

# The comments of a file, each as one line, so that a citation may be wrapped.
sub flat
{
    my ($text) = @_;
    $text =~ s{\s*\n[ \t]*(?:\*(?!/)|\#|//)?[ \t]*}{ }g;
    return $text;
}

# Titles behind "wzp-protocol(7), ": the first must be one, and so must all that follow with a capital letter.
sub unresolved
{
    my ($behind) = @_;
    return substr($behind, 0, 30) unless $behind =~ s/^($titles)\b//;
    while ($behind =~ s/^, (?=[A-Z])//) {
        return substr($behind, 0, 30) unless $behind =~ s/^($titles)\b//;
    }
    return undef;
}

is(unresolved('Registration, Media handshake. More'), undef, 'titles are found');
is(unresolved('Registration, order'),                 undef, 'what is no title may follow');
like(unresolved('Registrations.'),       qr/^Registrations/, 'a word is not a title because it begins like one');
like(unresolved('Registration, Nothing.'), qr/^Nothing/,     'each title counts');

my (@wrong, @chapters, @rfcs);
my $cited = 0;
for my $file (files(qr{^(?:src|include|t|contrib)/.*\.(?:c|h|pl|pm|t|txt)$})) {
    next if $file eq 't/house/citations.t';
    my $text = flat(read_text($file));
    while ($text =~ /wzp-protocol\(7\), (.{0,200})/g) {
        my $bad = unresolved($1);
        $cited++;
        push @wrong, "$file: $bad" if defined $bad;
        pos($text) -= length $1;
    }
    push @chapters, "$file: $1" while $text =~ /\b((?:wire|crypto|relay|nat|media|design)\.md\b.{0,12})/g;
    push @rfcs, "$file: $1" while $text =~ /\bRFC (?!\d{3,5}\b)(\S{0,12})/g;
}
cmp_ok($cited, '>', 100, 'there are citations');
report('every cited section is in the manual', @wrong);
report('no chapter is cited that the repository does not have', @chapters);
report('every RFC has its number', @rfcs);
done_testing();
