#!/usr/bin/perl
# SPDX-License-Identifier: MIT OR Apache-2.0
# The dashboard and the alerts use only existing metrics, labels and values, from src/relay/metrics.c and metrics_feed.c.
use strict;
use warnings;
use Test::More;
use JSON::PP;
use FindBin;
use lib $FindBin::Bin;
use House;

my $source = read_text('src/relay/metrics.c') . read_text('src/relay/metrics_feed.c');
my (%metric, %label);
while ($source =~ /"(wzp_[a-z0-9_]+)"(?:,\s*"(gauge|counter|histogram)")?/g) {
    my ($name, $type) = ($1, $2 // '');
    $metric{$_} = 1 for $name, $type eq 'histogram' ? map { $name . $_ } qw(_bucket _sum _count) : ();
}
$label{$1}{$2} = 1 while $source =~ /\b([a-z_]+)=\\"([^"\\]*)\\"/g;
# Values of these labels are names that the relay is given.
my %free = map { $_ => 1 } qw(peer target session_id);
$label{$1} //= {} while $source =~ /\{([a-z_]+)=/g;
ok(keys %metric > 40 && keys %label >= 5, 'the table of metrics is read: ' . keys(%metric) . ' names');

# Errors of a PromQL expression, as far as names are concerned.
sub faults {
    my ($where, $expression) = @_;
    my @faults;
    my $rest = $expression;
    while ($rest =~ /\b(wzp_\w+)/g) {
        push @faults, "$where: there is no $1" if !$metric{$1};
    }
    while ($rest =~ /\{([^}]*)\}/g) {
        for my $match ($1 =~ /([a-z_]+\s*(?:=~|!=|!~|=)\s*"[^"]*")/g) {
            my ($name, $operator, $value) = $match =~ /^([a-z_]+)\s*(=~|!=|!~|=)\s*"([^"]*)"/;
            next if $name eq 'instance' || $name eq 'job';
            push @faults, "$where: there is no label $name" and next if !$label{$name};
            push @faults, "$where: $name is never $value" if $operator eq '=' && !$free{$name} && !$label{$name}{$value};
        }
    }
    while ($rest =~ /\bby \(([^)]*)\)/g) {
        for my $name (split /\s*,\s*/, $1) {
            push @faults, "$where: there is no label $name" if $name !~ /^(?:instance|le)$/ && !$label{$name};
        }
    }
    return @faults;
}
ok(faults('x', 'rate(wzp_nothing{result="ok"}[1m])') == 1 && faults('x', 'wzp_relay_calls_total{result="odd"}') == 1 && faults('x', 'sum by (odd) (wzp_relay_calls)') == 1,
    'a wrong name, value or label would be found');

my $board = decode_json(read_text('contrib/monitoring/wzp-relay.json'));
my (@faults, %asked, %place);
my $count = 0;
for my $panel (@{ $board->{panels} }) {
    push @faults, "two panels have id $panel->{id}" if $place{ $panel->{id} }++;
    for my $target (@{ $panel->{targets} // [] }) {
        $count++;
        push @faults, faults($panel->{title}, $target->{expr});
        $asked{$1} = 1 while $target->{expr} =~ /\b(wzp_\w+)/g;
        for my $name ($target->{legendFormat} =~ /\{\{(\w+)\}\}/g) {
            push @faults, "$panel->{title}: a legend has no label $name" if $name ne 'instance' && !$label{$name};
        }
    }
}
ok($count >= 40, "$count queries of the board are read");
report('the board asks for what there is', @faults);
# Gauges that say whether something is up are on the dashboard.
report('what tells whether something is there is on the board', grep { !$asked{$_} } qw(wzp_federation_peer_status wzp_probe_up wzp_relay_connections));

my $rules = read_text('contrib/monitoring/alerts.yml');
my @alerts = split /^\s+- alert: /m, $rules;
shift @alerts;
my (@wrong, %named);
for my $alert (@alerts) {
    my ($name) = $alert =~ /^(\w+)$/m;
    my ($expression) = $alert =~ /^\s+expr: (.*)$/m;
    push @wrong, "$name: there are two" if $named{$name}++;
    push @wrong, "$name has no $_" for grep { $alert !~ /^\s+$_:/m } qw(expr for labels severity annotations summary);
    push @wrong, faults($name, $expression // '');
    for my $used ($alert =~ /\$labels\.(\w+)/g) {
        push @wrong, "$name: there is no label $used" if $used ne 'instance' && !$label{$used};
    }
}
ok(@alerts >= 10, @alerts . ' alerts are read');
report('they ask for what there is, and say what it means', @wrong);
my $manual = read_text('contrib/monitoring/prometheus.yml');
like($manual, qr/job_name: wzp-relay$/m, 'the job has the name that they ask for');
SKIP: {
    skip 'there is no promtool', 1 if system('command -v promtool >/dev/null 2>&1') != 0;
    is(system('promtool check rules contrib/monitoring/alerts.yml >/dev/null 2>&1'), 0, 'promtool takes them');
}
done_testing();
