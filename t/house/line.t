#!/usr/bin/perl
# SPDX-License-Identifier: MIT OR Apache-2.0
# Code below the line (see contrib/doc) does not read a clock, a socket or the environment, does not print or exit, and has no writable
# static data: checked in the compiled objects, so that no macro hides it.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib $FindBin::Bin;
use House;

plan skip_all => 'sanitizers and coverage add symbols of their own' if $ENV{WZP_SAN} || $ENV{WZP_COV};
plan skip_all => 'objdump is not there' if system('command -v objdump >/dev/null 2>&1') != 0;

my %banned = map { $_ => 1 } qw(
    clock_gettime clock_getres gettimeofday time timespec_get nanosleep usleep sleep clock
    getrandom getentropy rand random srand
    socket bind connect listen accept accept4 send sendto sendmsg sendmmsg recv recvfrom recvmsg recvmmsg poll select epoll_wait
    getaddrinfo gethostbyname getifaddrs
    printf vprintf puts putchar putc fprintf vfprintf fputs fputc fwrite perror syslog
    getenv secure_getenv setenv exit _exit quick_exit abort raise signal sigaction fork system popen
    pthread_create pthread_mutex_lock localtime localtime_r strerror strtok
    gnutls_rnd nettle_yarrow256_random
);

# Permitted exceptions: room/object => what it may use or store. base/alloc counts blocks so that tests can find leaks.
my %may_call = ();
my %may_keep = ('base/alloc' => qr{.});

my (@calls, @data);
my $objects = 0;
for my $room (sort keys %House::BELOW) {
    for my $object (glob "$ENV{WZP_BUILD}/obj/$room/*.o") {
        my ($name) = $object =~ m{([^/]+/[^/]+)\.o$};
        # An object without a source is left over from an earlier build.
        next if !-e source() . "/src/$name.c";
        $objects++;
        for my $line (split /\n/, `objdump -t '$object'`) {
            if ($line =~ /\*UND\*\s+[0-9a-f]+\s+(?:\.hidden )?(\S+)$/) {
                my $symbol = $1;
                $symbol =~ s/^__(\w+)_chk$/$1/;
                next if !$banned{$symbol};
                next if grep { $_ eq $symbol } @{ $may_call{$name} // [] };
                push @calls, "src/$name.c uses $symbol";
            } elsif ($line =~ /\sO\s+(\.(?:data|bss|tbss|tdata)\S*)\s+[0-9a-f]+\s+(?:\.hidden )?(\S+)$/) {
                my ($section, $symbol) = ($1, $2);
                # Constant tables of addresses are written by the loader only.
                next if $section =~ /^\.data\.rel\.ro/;
                next if $may_keep{$name} && $symbol =~ $may_keep{$name};
                push @data, "src/$name.c keeps $symbol in $section";
            }
        }
    }
}

ok($objects > 0, "$objects objects were read");
report('no clock, socket, environment, output or end of program below the line', @calls);
report('no changing data below the line',                                        @data);
done_testing();
