#!/usr/bin/perl
# SPDX-License-Identifier: MIT OR Apache-2.0
# The rules of the code that can be checked mechanically.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib $FindBin::Bin;
use House;

my $file_lines_max     = 800;
my $function_lines_max = 80;
# A test is read as a sequence from top to bottom, and may be longer.
my $test_function_lines_max = 120;
my $columns_max        = 100;

my @code = files(qr{^(?:src|include|t)/.*\.[ch]$});
ok(@code > 0, @code . ' files of C');

# --- licence: one SPDX line at the top of each file that can carry a comment
{
    my @bare;
    for my $file (files(qr{.})) {
        next if $file =~ m{^(?:README|\.reuse/.*|t/vectors/.*|t/fuzz/corpus/.*|contrib/licenses/.*|contrib/debian/(?:changelog|copyright|source/format)|t/.*\.manifest|.*\.(?:wav|json|png))$};
        push @bare, $file if read_text($file) !~ /\A(?:[^\n]*\n){0,2}[^\n]*SPDX-License-Identifier: MIT OR Apache-2\.0/;
    }
    report('every file carries its licence', @bare);
}

# --- white space and width
{
    my (@space, @tab, @wide, @end, @marks);
    for my $file (files(qr{^(?:GNUmakefile|README|\.ci/.*|(?:src|include|lua|man|contrib|t)/.*)$})) {
        next if $file =~ m{^(?:t/vectors|t/fuzz/corpus|contrib/licenses)/|\.(?:wav|json|png)$};
        my $text = read_text($file);
        push @end, $file if length $text && $text !~ /[^\n]\n\z/;
        my $is_c   = $file =~ /\.[ch]$/;
        my $number = 0;
        for my $line (split /\n/, $text) {
            $number++;
            push @space, "$file:$number" if $line =~ /[ \t\r]$/;
            # Split in two, so that this line does not match itself.
            push @marks, "$file:$number: $line" if $line =~ /\b(?:TO[D]O|FIX[M]E|X[X]X)\b/ && $file !~ m{^t/house/tap\.c$};
            next if !$is_c;
            push @tab, "$file:$number" if $line =~ /\t/;
            my $length = length(do { my $copy = $line; utf8::decode($copy); $copy });
            push @wide, "$file:$number: $length columns" if $length > $columns_max;
        }
    }
    report('no white space at line ends', @space);
    report('no tabs in C',                @tab);
    report('every file ends with one line end', @end);
    report("C within $columns_max columns", @wide);
    report('nothing is left for later', @marks);
}

# --- size
{
    my (@long_files, @long_functions);
    for my $file (@code) {
        next if $file =~ /_(?:table|words|data)\.c$/;
        my @lines = split /\n/, read_text($file);
        push @long_files, "$file: " . @lines . ' lines' if @lines > $file_lines_max;
        my $from;
        for my $at (0 .. $#lines) {
            $from = $at if $lines[$at] eq '{';
            if (defined $from && $lines[$at] eq '}') {
                my $length = $at - $from - 1;
                my $max    = $file =~ m{^t/} ? $test_function_lines_max : $function_lines_max;
                push @long_functions, "$file:$from: $length lines" if $length > $max;
                $from = undef;
            }
        }
    }
    report("no file beyond $file_lines_max lines",         @long_files);
    report("no function beyond $function_lines_max lines", @long_functions);
}

# --- functions that may not be used
{
    my $banned = qr{\b(strcpy|strcat|strncat|strncpy|sprintf|vsprintf|gets|strtok|alloca|atoi|atol|atof|tmpnam|mktemp|system|rand|srand|gmtime|localtime|ctime|asctime|setjmp|longjmp)\s*\(};
    my $heap   = qr{(?<![\w.>])(malloc|calloc|realloc|strdup|strndup|asprintf|vasprintf)\s*\(};
    my $heap_below = qr{(?<![\w.>])(free)\s*\(};
    my (@words, @heap, @typedef);
    for my $file (grep { m{^(?:src|include)/} } @code) {
        my $number = 0;
        for my $line (split /\n/, without_comments(read_text($file))) {
            $number++;
            push @words, "$file:$number: $1" if $line =~ $banned;
            next if $file eq 'src/base/alloc.c';
            push @heap, "$file:$number: $1" if $line =~ $heap;
            push @heap, "$file:$number: $1" if below_the_line($file) && $line =~ $heap_below;
            push @typedef, "$file:$number" if $line =~ /^typedef\s+struct\b/;
        }
    }
    report('no function of the banned list', @words);
    report('the heap is reached through base/alloc only', @heap);
    report('structs carry no second name', @typedef);
}

# --- uniform style: results are called result, pointers are tested as they are, sizeof has brackets for types only
{
    my @dialect;
    for my $file (grep { m{^(?:src|include)/} } @code) {
        my $number = 0;
        for my $line (split /\n/, without_comments(read_text($file))) {
            $number++;
            push @dialect, "$file:$number: int $1, not result" if $line =~ /\bint (r|rc|rv|ret|res|err)\s*(?:=|;|,)/;
            push @dialect, "$file:$number: == NULL" if $line =~ /== NULL\b/;
            # As a value the comparison may be written out; in a condition it is the pointer itself.
            push @dialect, "$file:$number: != NULL" if $line =~ /(?:\b(?:if|while) \(\(*|&& |\|\| )[\w.>-]+(?:\([^()]*\))?\)? != NULL/;
            push @dialect, "$file:$number: sizeof(...)" if $line =~ /\bsizeof\(\*/;
        }
    }
    report('one dialect in all rooms', @dialect);
}

# --- every prototype of a header is explained
{
    my (@bare, @guards);
    my $prototypes = 0;
    for my $file (grep { m{^(?:src|include)/.*\.h$} } @code) {
        my $text = read_text($file);
        (my $guard = uc $file) =~ s{^(?:SRC|INCLUDE)/|[^A-Z0-9]}{ $& =~ m{^(?:SRC|INCLUDE)/$} ? '' : '_' }gex;
        $guard = "WZP_$guard" if $guard !~ /^WZP_/;
        push @guards, "$file: $guard is not its guard" if $text !~ /^#ifndef \Q$guard\E\n#define \Q$guard\E\n/m;

        # A block is a group of lines between empty lines; one comment at its top covers all prototypes in it.
        my $plain = without_comments($text);
        my @lines = split /\n/, $text;
        my @code  = split /\n/, $plain;
        my ($commented, $depth) = (0, 0);
        for my $at (0 .. $#lines) {
            $commented = 0 if $lines[$at] eq '';
            $commented = 1 if $lines[$at] =~ m{/\*|\*/};
            my $line = $code[$at] // '';
            if ($depth == 0 && $line =~ /^(?!#|typedef|static|struct\s+\w+\s*\{|enum|\s)[a-z][\w\s\*]*?\b(wzp_\w+)\s*\(/) {
                $prototypes++;
                push @bare, "$file:" . ($at + 1) . ": $1" if !$commented;
            }
            $depth += ($line =~ tr/{//) - ($line =~ tr/}//);
        }
    }
    ok($prototypes > 0, "$prototypes prototypes were read");
    report('every prototype has a comment', @bare);
    report('every header has its guard',    @guards);
}

# --- each function of the public headers has a comment of its own, which tells its errors, or who owns a pointer
{
    my (@bare, @silent);
    my $functions = 0;
    for my $file (files(qr{^include/wzp/.*\.h$})) {
        my $text = read_text($file);
        while ($text =~ m~^(?!static|typedef|return)([a-z][\w ]*?(?: \**|\*+))(wzp_\w+)\(([^;{]*);([^\n]*)~mg) {
            my ($type, $name, $behind) = ($1, $2, $4);
            my ($comment) = substr($text, 0, $-[0]) =~ m{/\*((?:(?!\*/).)*)\*/\n\z}s;
            $comment //= $1 if $behind =~ m{/\*(.*)\*/};
            $functions++;
            if (!defined $comment) {
                push @bare, "$file: $name";
            } elsif ($type =~ /^int\b/) {
                push @silent, "$file: $name: errors" if $comment !~ /WZP_E_|[Ee]rrors|Results as|1, or 0|\bstatus\b|number of|0 UDP/;
            } elsif ($type =~ /\*/) {
                push @silent, "$file: $name: whose is it" if $comment !~ /static|[Vv]alid|free|never NULL|[Nn]ew|malloc|Returns\s+\*?\s*out/;
            }
        }
    }
    ok($functions > 100, "$functions public functions were read");
    report('every public function has a comment of its own', @bare);
    report('which tells errors, or whose a pointer is',      @silent);
}

# --- the top level
{
    my %given = map { $_ => 1 } qw(GNUmakefile README src include lua t man contrib);
    opendir my $handle, source() or die;
    my @entries = grep { !/^\./ && $_ ne 'build' } readdir $handle;
    report('nothing at the top level that the design does not name', grep { !$given{$_} } @entries);
    # git does not keep empty folders: lua/ exists from its first script on.
    my %there = map { $_ => 1 } @entries, 'lua';
    report('everything at the top level that the design names', grep { !$there{$_} } sort keys %given);
}

done_testing();
