package Reco::Bench;

# Rivals side by side.  Each round runs every contender once, in a new order;
# what is reported is the ratio to the first contender of the same round, as
# median and range, so that a busy machine moves both and the ratio less.
#
#   my $bench = Reco::Bench->new(rounds => 7, seconds => 2, connections => 16);
#   $bench->add('off',  url => '...', pid => $worker);
#   $bench->add('reco', url => '...', pid => $worker, script => 'post.lua');
#   print $bench->run->table;
#
# Requests come from wrk, started by launcher (a command with its arguments) where
# there is one; CPU is the worker's own, from the kernel's
# scheduler statistics in nanoseconds.

use strict;
use warnings;

use List::Util qw(shuffle min max);


sub new {
    my ($class, %option) = @_;

    return bless { rounds => 7, seconds => 2, connections => 16,
                   launcher => [], contenders => [], %option }, $class;
}


sub add {
    my ($self, $name, %contender) = @_;

    push @{ $self->{contenders} }, { name => $name, %contender, rounds => [] };
}


# Lets processes go before all others of the machine, with all of their threads:
# while the one of Redis that syncs its file waits, Redis gathers megabytes of what
# it has not written, and copies them as they grow.  What to start wrk with.
sub realtime {
    for my $pid (@_) {
        system(qw(chrt --all-tasks --fifo --pid 1), $pid) == 0 or exit 1;
    }

    return [qw(chrt --fifo 1)];
}


# Begins the program again in a session of its own that goes before all others of
# the machine; within it all have their usual fair shares.
sub ahead {
    my (@arguments) = @_;

    return if $ENV{RECO_BENCH_AHEAD}++;
    exec qw(setsid -w sh -c), 'echo -20 >/proc/self/autogroup && exec "$0" "$@"',
        $0, @arguments;
}


sub cpu_ns {
    my ($pid) = @_;

    my $sum = 0;
    for my $task (glob "/proc/$pid/task/*/schedstat") {
        open my $file, '<', $task or next;
        my ($ns) = split ' ', <$file>;
        $sum += $ns;
    }

    return $sum;
}


# One run of wrk: requests, seconds, errors, p50/p99 in microseconds.
sub wrk {
    my ($self, $contender, $seconds) = @_;

    my @command = (@{ $self->{launcher} }, 'wrk', '-t1', "-c$self->{connections}", "-d${seconds}s",
        '--latency');
    push @command, '-s', $contender->{script} if $contender->{script};
    push @command, '-H', $_ for @{ $contender->{headers} || [] };
    my $output = `@{[ map { quotemeta } @command, $contender->{url} ]} 2>&1`;

    my ($requests, $time) = $output =~ /(\d+) requests in ([\d.]+)s/
        or die "wrk: $output";
    my ($p50) = $output =~ /50%\s+([\d.]+\w+)/;
    my ($p99) = $output =~ /99%\s+([\d.]+\w+)/;
    my $errors = 0;
    $errors += $1 if $output =~ /Non-2xx or 3xx responses: (\d+)/;
    $errors += $1 + $2 + $3 + $4 if $output =~
        /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/;

    return { requests => $requests, seconds => $time, errors => $errors,
             p50 => microseconds($p50), p99 => microseconds($p99) };
}


sub microseconds {
    my ($text) = @_;

    my ($number, $unit) = $text =~ /^([\d.]+)(us|ms|s)$/ or return 0;

    return $number * { us => 1, ms => 1e3, s => 1e6 }->{$unit};
}


sub run {
    my ($self) = @_;

    $self->wrk($_, 1) for @{ $self->{contenders} };

    for my $round (1 .. $self->{rounds}) {
        for my $contender (shuffle @{ $self->{contenders} }) {
            my $before = cpu_ns($contender->{pid});
            my $result = $self->wrk($contender, $self->{seconds});
            $result->{cpu} = (cpu_ns($contender->{pid}) - $before)
                / 1000 / ($result->{requests} || 1);
            $result->{rate} = $result->{requests} / $result->{seconds};
            push @{ $contender->{rounds} }, $result;
        }
        print STDERR "round $round of $self->{rounds}\n" if -t STDERR;
    }

    return $self;
}


sub median {
    my @sorted = sort { $a <=> $b } @_;

    return @sorted % 2 ? $sorted[$#sorted / 2]
        : ($sorted[@sorted / 2 - 1] + $sorted[@sorted / 2]) / 2;
}


# Ratio of a figure to the first contender's, or another's, round by round.
sub ratio {
    my ($self, $contender, $key, $base) = @_;

    $base ||= $self->{contenders}[0];

    return map { $contender->{rounds}[$_]{$key}
                 / ($base->{rounds}[$_]{$key} || 1) }
        0 .. $#{ $contender->{rounds} };
}


# Two of them, by name, with each other: ratios of CPU time and of rates, and the half
# of the rounds that is in the middle.
sub pair {
    my ($self, $name, $base) = @_;

    my ($contender, $other) = map { my $n = $_; grep { $_->{name} eq $n } @{ $self->{contenders} } }
        $name, $base;

    return "$name, $base = 1: " . join ', ', map {
        my @sorted = sort { $a <=> $b } $self->ratio($contender, $_, $other);
        sprintf '%s %.3f (%.3f–%.3f)', $_, median(@sorted), @sorted[map { $_ * $#sorted } .25, .75];
    } qw(cpu rate);
}


sub table {
    my ($self) = @_;

    my @rows = (
        '| | CPU µs/request | CPU ratio | requests/s | rate ratio | p99 µs | errors |',
        '|---|---:|---:|---:|---:|---:|---:|',
    );
    for my $contender (@{ $self->{contenders} }) {
        my @cpu  = $self->ratio($contender, 'cpu');
        my @rate = $self->ratio($contender, 'rate');
        my %median = map { my $key = $_;
            $key => median(map { $_->{$key} } @{ $contender->{rounds} }) }
            qw(cpu rate p99);
        my $errors = 0;
        $errors += $_->{errors} for @{ $contender->{rounds} };
        push @rows, sprintf '| %s | %.1f | **%.2f** (%.2f–%.2f) | %.0f '
            . '| **%.2f** (%.2f–%.2f) | %.0f | %d |', $contender->{name},
            $median{cpu}, median(@cpu), min(@cpu), max(@cpu), $median{rate},
            median(@rate), min(@rate), max(@rate), $median{p99}, $errors;
    }

    return join("\n", @rows) . "\n";
}

1;
