#!/usr/bin/perl
# SPDX-License-Identifier: MIT OR Apache-2.0
# No circular includes between the files of a room: a.c and a.h count as one, and a file never includes, directly or indirectly, one
# that includes it. A file that must call files above it does so through a table of functions.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib $FindBin::Bin;
use House;

# Rooms with one header over several files (audio, loop, wire), or with files that depend on each other (base: toml; media: delay;
# relay: state). No further ones may be added.
my %old = map { $_ => 1 } qw(audio base loop media nat relay wire);

my %edges;
for my $file (files(qr{^src/.*\.[ch]$})) {
    my ($room, $name) = $file =~ m{^src/([^/]+)/(\w+)\.[ch]$} or next;
    $edges{$room}{$name} //= {};
    for my $line (split /\n/, read_text($file)) {
        $edges{$room}{$name}{$2} = 1 if $line =~ m{^\s*#\s*include\s+"(\w+)/(\w+)\.h"} && $1 eq $room && $2 ne $name;
    }
}

# The first circle that a walk from any file finds; "" when there is none.
sub circle
{
    my ($graph) = @_;
    my %done;
    my $walk;
    $walk = sub {
        my ($name, @way) = @_;
        for my $at (0 .. $#way) {
            return join ' -> ', @way[$at .. $#way], $name if $way[$at] eq $name;
        }
        return '' if $done{$name};
        for my $next (sort keys %{ $graph->{$name} // {} }) {
            my $found = $walk->($next, @way, $name);
            return $found if $found;
        }
        $done{$name} = 1;
        return '';
    };
    for my $name (sort keys %$graph) {
        my $found = $walk->($name);
        return $found if $found;
    }
    return '';
}

is(circle({ a => { b => 1 }, b => { c => 1 }, c => { a => 1 } }), 'a -> b -> c -> a', 'a circle would be seen');
is(circle({ a => { b => 1, c => 1 }, b => { c => 1 } }),           '',                'two ways to one place are none');
ok(keys %edges > 5, (keys %edges) . ' rooms were read');
for my $room (sort keys %edges) {
    my $found = circle($edges{$room});
    if ($old{$room}) {
        note("src/$room: $found") if $found;
        next;
    }
    report("no circle between the files of $room", $found ? "src/$room: $found" : ());
}
done_testing();
