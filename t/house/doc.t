#!/usr/bin/perl
# SPDX-License-Identifier: MIT OR Apache-2.0
# The pages of contrib (doc and examples) and README name only things that exist: files, functions, words of the code, targets of
# make, options of the programs, manual pages.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib $FindBin::Bin;
use House;

my $top = source();

# Every identifier of the sources, once; and the quoted words in tables of command lines.
my (%known, %option);
for my $file (files(qr{^(?:src|include|t|contrib/examples)/.*\.[ch]$})) {
    my $text = read_text($file);
    $known{$1} = 1 while $text =~ /\b((?:wzp|WZP|F|ROW|TAP|UNIT)_?\w*)\b/g;
    next if $file !~ m{^src/cli/};
    $option{$1} = 1 while $text =~ /"([a-z0-9-]+)"/g;
}
my $makefile = read_text('GNUmakefile');
my %target;
for my $line (split /\n/, $makefile) {
    next unless $line =~ /^([a-z][a-z ._-]*):(?!=)/;
    $target{$_} = 1 for split / /, $1;
}
my %variable = map { $_ => 1 } $makefile =~ /^(?:define )?([A-Z_0-9]+)\b/mg, $makefile =~ /\$\(([A-Z_0-9]+)\)/g;

# In capitals: a placeholder.
sub is_example
{
    my ($word) = @_;
    return $word =~ /\b(?:ROOM|NAME|VERB|OBJECT|FILE|NUDGE|N|PEER)\b|(?:^|_)(?:ROOM|NAME|NUDGE|VERB|OBJECT)(?:_|$)|ROOM_|_NAME|\.\.\./;
}

sub path_is_there
{
    my ($path) = @_;
    return 1 if -e "$top/$path";
    # A built file: a test or a program.
    if ($path =~ m{^build/(t/.*)\.t$}) {
        return -e "$top/$1.c";
    }
    return 1 if $path =~ m{^build(?:/(?:deps|san-[a-z-]+|wzp|wzp-tui|wzp-relay|libwzp\.a|keys|screens|t/oom))?$};
    # A header together with its .c file.
    return -e "$top/$path.c" && -e "$top/$path.h";
}

my (@paths, @words, @targets, @options, @pages, @local);
my $count = 0;
for my $file (files(qr{^(?:contrib/(?:doc|examples)/.*\.txt|README)$})) {
    my $text = read_text($file);
    my $flat = $text =~ s/\s*\n\s*/ /gr;
    while ($text =~ m{(?<![\w./\$~-])((?:src|include|t|contrib|man|lua|build)/[\w./-]*\w)}g) {
        my $path = $1;
        $count++;
        push @paths, "$file: $path" if !is_example($path) && !path_is_there($path);
    }
    while ($text =~ /\b((?:wzp|WZP)_\w+)/g) {
        my $word = $1;
        $count++;
        next if is_example($word) || $known{$word} || $variable{$word} || $makefile =~ /\b$word\b/;
        next if grep { read_text($_) =~ /\b$word\b/ } 'contrib/deps', 't/house/abi.t', 't/house/oom', 'src/cli/trace.c';
        push @words, "$file: $word";
    }
    # "fan_out() in src/relay/room.c", "on_signal in src/phone/leg.c"
    while ($flat =~ m{\b(\w+)(?:\(\))? in (src/[\w/.]+\.[ch])}g) {
        my ($name, $where) = ($1, $2);
        push @local, "$file: $name is not in $where" if $name =~ /_|^rows$/ && -e "$top/$where" && read_text($where) !~ /\b$name\b/;
    }
    while ($text =~ /(?:`|^ +|&& )make ((?:[a-z]+)(?: |`|$))/mg) {
        my $goal = $1 =~ s/\W//gr;
        push @targets, "$file: make $goal" if !$target{$goal};
    }
    while ($text =~ /(?<![\w-])--([a-z][a-z0-9-]+)/g) {
        my $name = $1;
        next if $name =~ /^(?:cflags|libs|args|demo|test|check|list|stdout)$/; # names of other projects
        push @options, "$file: --$name" if !$option{$name};
    }
    while ($text =~ m{(?<![\w/])([a-z]+\.txt)\b}g) {
        my $page = $1;
        push @pages, "$file: $page" if !-e "$top/contrib/doc/$page" && !-e "$top/contrib/quality/$page" && !-e "$top/contrib/examples/$page";
    }
}
cmp_ok($count, '>', 200, "$count names of files and functions");
report('every file is there',                   @paths);
report('every function and constant is there',  @words);
report('what stands in a file stands there',    @local);
report('every target of make is one',           @targets);
report('every option is one',                   @options);
report('every page is there',                   @pages);

# contrib/doc/map.txt must name a file of each room.
my $map = read_text('contrib/doc/map.txt');
my %room = map { m{^src/(\w+)/} ? ($1 => 1) : () } files(qr{^src/.*\.c$});
delete $room{base};
report('the map leads into every room', grep { $map !~ m{\bsrc/$_/} } sort keys %room);
my $house = read_text('contrib/doc/house.txt');
# What README shows of the screen is what the screen shows; the demonstration has no network check.
my ($bar) = read_text('t/tui/golden/80x24.utf8.txt') =~ /^\d*:? *(1Contacts .*\S)/m;
$bar =~ s/ 5Net//;
like(read_text('README'), qr/^ *\Q$bar\E$/m, 'the picture in README has all tabs');
report('house.txt names every page', grep { my $page = s{.*/}{}r; $page ne 'house.txt' && $house !~ /\b\Q$page\E/ } files(qr{^contrib/doc/.*\.txt$}));
done_testing();
