#!/usr/bin/perl
# SPDX-License-Identifier: MIT OR Apache-2.0
# Dependencies point downwards only: which rooms may include which, and which library belongs to which room.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib $FindBin::Bin;
use House;

# Permitted exceptions: "from" => ["to"], for rooms that are not below.
my %extra = ();

# Each library has an owner; others use it through the owner's functions. "cli" starts and names everything.
my @owners = (
    [qr{^ngtcp2/},               qw(quic)],
    [qr{^gnutls/},               qw(crypto quic loop cli)],
    [qr{^nettle/},               qw(crypto)],
    [qr{^opus},                  qw(media)],
    [qr{^codec2/},               qw(media)],
    [qr{^speex/},                qw(media audio)],
    [qr{^alsa/},                 qw(audio)],
    [qr{^uv\.h},                 qw(loop cli)],
    [qr{^(?:ncurses|curses|panel)}, qw(tui)],
    [qr{^(?:lua|lauxlib)},       qw(script)],
    [qr{^jansson},               qw(wire phone relay app loop script cli)],
    [qr{^(?:miniupnpc/|natpmp)}, qw(loop)],
    [qr{^qrencode},              qw(tui cli)],
    [qr{^curl/},                 qw(loop)],
    [qr{^hiredis/},              qw(loop)],
    [qr{^wslay/},                qw(loop)],
    [qr{^pthread|^threads},      qw(audio loop cli)],
);

# Rooms that may see only these of the rooms below them, and single headers in addition.
# Speech is produced and encoded on the loop's thread, never on a device's.
my @for_devices = map { "media/$_.h" } qw(downmix dsp level sample soundfile wav);
my %sees = (audio => [qw(audio base wzp), @for_devices], script => [qw(script sim app base wzp media/level.h media/wav.h)]);

my %floor;
for my $height (0 .. $#House::FLOORS) {
    $floor{$_} = $height for @{ $House::FLOORS[$height] };
}
# A public header has the level of the room whose interface it is.
$floor{wzp} = $floor{phone};

my @unknown;
my @upward;
my @foreign;
my @relative;
my $includes = 0;
for my $file (files(qr{^(?:src|include)/.*\.[ch]$})) {
    my ($room) = $file =~ m{^(?:src|include)/([^/]+)/};
    if (!defined $room || !exists $floor{$room}) {
        push @unknown, $file;
        next;
    }
    my $number = 0;
    for my $line (split /\n/, read_text($file)) {
        $number++;
        if ($line =~ m{^\s*#\s*include\s+"([^"]+)"}) {
            my $path = $1;
            $includes++;
            next if $path =~ /^wzp_(?:build|lua)\.h$/;
            my ($to) = $path =~ m{^([a-z0-9]+)/[a-z0-9_]+\.h$};
            if (!defined $to || !exists $floor{$to}) {
                push @relative, "$file:$number: \"$path\" is not \"room/file.h\"";
                next;
            }
            push @upward, "$file:$number: $room does not see $path"
                if $sees{$room} && !grep { $_ eq $to || $_ eq $path } @{ $sees{$room} };
            next if $to eq $room || grep { $_ eq $to } @{ $extra{$room} // [] };
            next if $floor{$to} < $floor{$room};
            # Phone and relay are visible through include/wzp.
            next if $to eq 'wzp' && $floor{$room} == $floor{wzp};
            # Shared definitions are below everything.
            next if $path =~ m{^wzp/(?:types|events|networks|stats)\.h$};
            push @upward, "$file:$number: $room may not include $to ($path)";
        } elsif ($line =~ m{^\s*#\s*include\s+<([^>]+)>}) {
            my $path = $1;
            for my $owner (@owners) {
                my ($pattern, @rooms) = @$owner;
                next if $path !~ $pattern || grep { $_ eq $room } @rooms;
                push @foreign, "$file:$number: <$path> belongs to @rooms";
            }
        }
    }
}

ok($includes > 0, "$includes includes were read");
report('every file lies in a room of the design', @unknown);
report('every include names room and file', @relative);
report('includes point down only', @upward);
report('libraries are used by their own room only', @foreign);
done_testing();
