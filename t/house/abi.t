#!/usr/bin/perl
# SPDX-License-Identifier: MIT OR Apache-2.0
# The layout of every struct in the public headers stays as in the first release of this WZP_ABI, so that programs compiled then keep
# working. Exceptions are described in contrib/doc/abi.txt. WZP_KEEP=1 saves the present layout.
use strict;
use warnings;
use Test::More;
use File::Temp qw(tempdir);
use FindBin;
use lib $FindBin::Bin;
use House;

plan skip_all => 'the layout is kept for 64-bit Linux' if `uname -sm` !~ /^Linux (?:x86_64|aarch64|riscv64)$/;

my $top    = source();
my $folder = tempdir(CLEANUP => 1);
my $cc     = $ENV{CC} // 'cc';

# Members of a struct's body in order, without those inside nested structs and unions (the whole nested one represents them).
sub members
{
    my ($body) = @_;
    my @names;
    1 while $body =~ s/\{[^{}]*\}//g;
    for my $line (split /;/, $body) {
        $line =~ s/\[[^\]]*\]//g;
        if ($line =~ /\(\s*\*\s*(?:const\s+)?(\w+)\s*\)\s*\(/) {
            push @names, $1;
            next;
        }
        for my $piece (split /,/, $line) {
            push @names, $1 if $piece =~ /(\w+)\s*$/;
        }
    }
    return @names;
}

my %structs;
for my $file (glob "$top/include/wzp/*.h") {
    my ($name) = $file =~ m{([^/]+)$};
    my $text = without_comments(read_text("include/wzp/$name"));
    while ($text =~ /^struct (wzp_\w+) (\{(?:[^{}]|(?2))*\});/mg) {
        $structs{$1} = [members(substr $2, 1, -1)];
    }
}
cmp_ok(scalar keys %structs, '>', 30, 'the headers show structs');

my $program = "#include <stdio.h>\n" . join '', map { s{.*/}{}r =~ s/(.*)/#include "wzp\/$1"\n/r } glob "$top/include/wzp/*.h";
$program .= "int main(void)\n{\n    printf(\"%d\\n\", WZP_ABI);\n";
for my $struct (sort keys %structs) {
    $program .= "    printf(\"$struct %zu\\n\", sizeof(struct $struct));\n";
    $program .= "    printf(\"$struct.$_ %zu %zu\\n\", offsetof(struct $struct, $_), sizeof(((struct $struct *)0)->$_));\n"
        for @{ $structs{$struct} };
}
open my $file, '>', "$folder/layout.c" or die;
print $file $program, "    return 0;\n}\n";
close $file;
my $built = system("$cc -std=c11 -I'$top/include' -o '$folder/layout' '$folder/layout.c' >'$folder/said' 2>&1");
is($built, 0, 'a program that prints the layout is built') or diag(`cat '$folder/said'`);
my ($abi, @now) = split /\n/, `'$folder/layout'`;

# Structs that carry their size as compiled into the program: they may grow at their end.
my %sized;
for my $file (glob "$top/include/wzp/*.h") {
    my ($name) = $file =~ m{([^/]+)$};
    $sized{$_} = 1 for without_comments(read_text("include/wzp/$name")) =~ /struct (wzp_\w+) \*\w+,\s*size_t size\b/g;
}
# These are allocated by the library alone and accessed through a pointer, or tell their size themselves.
$sized{$_} = 1 for qw(wzp_event wzp_event_row wzp_app_command wzp_setting_row wzp_relay_config_key wzp_host_calls);

# The incompatibilities of a newer layout with an older one.
sub broken
{
    my ($old, $new) = @_;
    my @broken;
    for my $name (sort keys %$old) {
        my ($was, $is) = ($old->{$name}, $new->{$name} // 'gone');
        next if $is eq $was;
        next if $name !~ /\./ && $sized{$name} && $is ne 'gone' && $is > $was;
        # Reserved space may be used; what follows it must not move. The last member of a sized struct grows with it.
        next if $name =~ /\.spare$|^wzp_app_session\.stats$|^wzp_event\.u$/ && $is ne 'gone';
        push @broken, "$name: was $was, is $is";
    }
    return @broken;
}
my %sample = ('wzp_app_config' => 16, 'wzp_app_config.a' => '0 8', 'wzp_member' => 24, 'wzp_member.b' => '8 8', 'wzp_member.spare' => '16 8');
is_deeply([broken(\%sample, { %sample, 'wzp_app_config' => 24, 'wzp_app_config.c' => '16 8' })], [], 'a sized struct may grow at its end');
is(scalar broken(\%sample, { %sample, 'wzp_app_config.a' => '8 8' }), 1, 'nothing in it may move');
is(scalar broken(\%sample, { %sample, 'wzp_app_config' => 8 }), 1, 'it may not shrink');
is(scalar broken(\%sample, { %sample, 'wzp_member' => 32 }), 1, 'a struct that lies in others may not grow');
is_deeply([broken(\%sample, { %sample, 'wzp_member.spare' => '20 4', 'wzp_member.c' => '16 4' })], [], 'its spare room may be used');
my %less = %sample;
delete $less{'wzp_member.b'};
is(scalar broken(\%sample, \%less), 1, 'no member may go');

# From the first release on (WZP_ABI 1) the layout is stored beside this test.
my %new  = map { /^(\S+) (.*)/ ? ($1 => $2) : () } @now;
my $kept = "t/house/abi.$abi.layout";
SKIP: {
    skip 'nothing is promised before WZP_ABI 1', 2 if $abi == 0;
    if ($ENV{WZP_KEEP}) {
        open my $out, '>', "$top/$kept" or die;
        print $out "# SPDX-License-Identifier: MIT OR Apache-2.0\n# struct bytes; struct.member offset bytes. Written by t/house/abi.t.\n",
            map { "$_\n" } @now;
        close $out;
    }
    my %old = map { /^(\S+) (.*)/ ? ($1 => $2) : () } grep { !/^#/ } split /\n/, read_text($kept);
    report('no struct changed but where it may', broken(\%old, \%new));
    report('what is new is written down (WZP_KEEP=1 t/house/abi.t)', grep { !defined $old{$_} } sort keys %new);
}
done_testing();
