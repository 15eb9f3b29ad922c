# SPDX-License-Identifier: MIT OR Apache-2.0
# Shared by the tests of the house (the rules of this source tree): the list of files, and C text without its comments and strings.
package House;

use strict;
use warnings;
use File::Find;
use Exporter 'import';

our @EXPORT = qw(source files read_text without_comments report below_the_line);

# Rooms (folders of src) from bottom to top. Those on one line do not include each other.
our @FLOORS = (
    ['base'],           ['wire'],  ['crypto'], ['quic'],   ['media'], ['nat'],
    ['phone', 'relay'], ['app'],   ['audio'],  ['loop'],   ['sim'],    ['script'],
    ['tui'],            ['cli'],
);
our %BELOW = map { $_ => 1 } qw(base wire crypto quic media nat phone relay app);

sub source
{
    return $ENV{WZP_SOURCE} // '.';
}

sub below_the_line
{
    my ($file) = @_;
    return $file =~ m{^src/([^/]+)/} && $BELOW{$1};
}

# Paths relative to the source tree, sorted, that match a pattern; without built files, git's own and other tools' folders.
sub files
{
    my ($pattern) = @_;
    my $top = source();
    my @found;

    find(
        {
            no_chdir => 1,
            wanted   => sub {
                my $path = $File::Find::name;
                $path =~ s{^\Q$top\E/?}{};
                if ($path =~ m{^(?:build|\.git)$}) {
                    $File::Find::prune = 1;
                    return;
                }
                push @found, $path if -f $File::Find::name && $path =~ $pattern;
            },
        },
        $top
    );
    return sort @found;
}

sub read_text
{
    my ($file) = @_;
    open my $handle, '<:raw', source() . "/$file" or die "$file: $!";
    local $/ = undef;
    my $text = <$handle>;
    return $text // '';
}

# The text with the same number of lines, but without comments and the contents of strings.
sub without_comments
{
    my ($text) = @_;
    my $lines = sub { my ($piece) = @_; return "\n" x ($piece =~ tr/\n//); };
    $text =~ s{(/\*.*?\*/)|(//[^\n]*)|"((?:[^"\\\n]|\\.)*)"|('(?:[^'\\\n]|\\.)+')}
              { defined $1 ? ' ' . $lines->($1) : defined $2 ? '' : defined $3 ? '""' : "'c'" }gsex;
    return $text;
}

# Prints one TAP line for a rule: passed when there are no complaints.
sub report
{
    my ($name, @complaints) = @_;
    Test::More::ok(!@complaints, $name);
    Test::More::diag("$_") for @complaints > 20 ? (@complaints[0 .. 19], '... and ' . (@complaints - 20) . ' more') : @complaints;
    return;
}

1;
