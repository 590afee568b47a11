package Reco::Visitors;

# Visitors that send beacons, each a process with a kept connection of its own
# and with events numbered from 1.  What was answered 204 is written down, so
# that a test can ask for it afterwards.
#
#   my $visitors = Reco::Visitors->start($world, 4, pause => 0.002);
#   ...
#   my $said = $visitors->stop;    # { visitor => [numbers answered 204] }
#   $visitors->{failed}            # answers other than 204: { status => count }
#   $visitors->{cut}               # connections that ended without an answer
#   $visitors->{cuts}              # the same, as [from, until, was kept before]
#   Reco::Visitors::compare($said, \%arrived) -> (lost, doubled, disordered)
#
# With insist => 1 an event that got no answer is sent again, with its id, over
# a new connection, until it gets one: as a browser's script does.

use strict;
use warnings;

use POSIX ();
use Time::HiRes qw(sleep time);

use Reco::HTTP;


# The visitor's id: 32 hex digits.
sub visitor {
    my ($number) = @_;

    return sprintf '%032x', 0xc0ffee00 + $number;
}


sub start {
    my ($class, $world, $count, %option) = @_;

    my $self = bless {
        world => $world,
        path  => "$world->{dir}/visitors",
        count => $count,
        pids  => [],
        from  => {},
        %option,
    }, $class;
    $self->{round} = 0;

    $self->go;

    return $self;
}


sub go {
    my ($self) = @_;

    my $round = ++$self->{round};

    for my $number (1 .. $self->{count}) {
        my $pid = fork;
        die "cannot fork: $!" unless defined $pid;
        if ($pid == 0) {
            eval { $self->live($number, "$self->{path}.$round.$number"); 1 }
                or warn $@;
            POSIX::_exit(0);
        }
        push @{ $self->{pids} }, $pid;
        $self->{world}{children}{$pid} = "visitor $number";
    }
}


# One event after another until TERM, which lets the one under way come to its
# end: a call that it broke off would look like an answer that did not come.
sub live {
    my ($self, $number, $path) = @_;

    my $done = 0;
    POSIX::sigaction(POSIX::SIGTERM, POSIX::SigAction->new(sub { $done = 1 },
        POSIX::SigSet->new, POSIX::SA_RESTART)) or die "sigaction: $!";
    local $SIG{PIPE} = 'IGNORE';

    my $visitor = visitor($number);
    my $port    = $self->{world}{port};
    my $n       = $self->{from}{$number} || 0;
    my $last    = $self->{events} ? $n + $self->{events} : 0;
    my $status  = 204;
    my ($socket, $kept);

    open my $log, '>>', $path or die "cannot write $path: $!";

    while (!$done && (!$last || $n < $last)) {
        $n++ if $status || !$self->{insist};
        my $body = sprintf '{"v":1,"id":"%s-%d","type":"view","item":"%d",'
            . '"ctx":{"n":%d}}', substr($visitor, -4), $n, $n % 97 + 1, $n;

        my $begin = time;
        $kept = $socket ? 1 : 0;
        $socket ||= eval { Reco::HTTP::connect_to($port) };
        $status = $socket ? $self->send($socket, $visitor, $body) : 0;

        # One write for a line: a TERM does not cut it.
        syswrite $log, $status ? "$n $status\n"
            : sprintf "%d 0 %.6f %.6f %d\n", $n, $begin, time, $kept;

        if (!$status) {
            close $socket if $socket;
            undef $socket;
            sleep 0.01 unless $kept;
        } elsif ($status != 204) {
            undef $socket;
        }
        sleep $self->{pause} if $self->{pause};
    }
}


# The status of the answer, or 0 where there was none.
sub send {
    my ($self, $socket, $visitor, $body) = @_;

    my $request = "POST /reco/beacon HTTP/1.1\r\nHost: localhost\r\n"
        . "Cookie: reco=$visitor\r\nContent-Type: text/plain\r\n"
        . 'Content-Length: ' . length($body) . "\r\n\r\n$body";

    Reco::HTTP::send_all($socket, $request) or return 0;

    my $data = '';
    while ($data !~ /\r\n\r\n/) {
        sysread($socket, $data, 4096, length $data) or return 0;
    }
    my ($status) = $data =~ m{^HTTP/1\.1 (\d+)} or return 0;

    # Whatever is no 204 has a body, and ends the connection.
    close $socket if $status != 204;

    return $status;
}


# How many events were answered 204 so far.
sub taken {
    my ($self) = @_;

    my $taken = 0;
    $taken += () = $self->{world}->read_file($_) =~ / 204$/mg
        for glob "$self->{path}.*";

    return $taken;
}


# Waits until each has sent its events; only with events => N.
sub wait {
    my ($self) = @_;

    for my $pid (splice @{ $self->{pids} }) {
        waitpid $pid, 0;
        delete $self->{world}{children}{$pid};
    }

    return $self->told;
}


sub stop {
    my ($self) = @_;

    kill 'TERM', @{ $self->{pids} };

    return $self->wait;
}


sub told {
    my ($self) = @_;

    my %said;
    $self->{failed} = {};
    $self->{cut}    = 0;
    $self->{cuts}   = [];

    for my $number (1 .. $self->{count}) {
        my $visitor = visitor($number);
        $said{$visitor} = [];

        for my $round (1 .. $self->{round}) {
            my $path = "$self->{path}.$round.$number";
            for (split /\n/, $self->{world}->read_file($path)) {
                my ($n, $status, @cut) = split;
                defined $status or next;
                $self->{from}{$number} = $n;
                if ($status == 204) {
                    push @{ $said{$visitor} }, $n;
                } elsif ($status == 0) {
                    $self->{cut}++;
                    push @{ $self->{cuts} }, \@cut;
                } else {
                    $self->{failed}{$status}++;
                }
            }
        }
    }

    return \%said;
}


# arrived: { visitor => [numbers in the order they are in] }.
sub compare {
    my ($said, $arrived) = @_;

    my ($lost, $doubled, $disordered) = (0, 0, 0);

    for my $visitor (keys %$said) {
        my @there = @{ $arrived->{$visitor} || [] };
        my %count;
        $count{$_}++ for @there;
        $lost += !$count{$_} for @{ $said->{$visitor} };
        $doubled += $_ > 1 for values %count;

        # The first arrival of each: a replay repeats, and never goes ahead.
        my (%seen, $last);
        for my $n (grep { !$seen{$_}++ } @there) {
            $disordered++ if defined $last && $n < $last;
            $last = $n;
        }
    }

    return ($lost, $doubled, $disordered);
}


# What is in the streams, by visitor.
sub arrived {
    my ($redis, $stream, $shards) = @_;

    my %arrived;
    for my $entry ($redis->events($stream, $shards)) {
        my ($n) = ($entry->[1]{c} || '') =~ /^n\t(.*)\n/;
        push @{ $arrived{ $entry->[1]{u} } }, $n;
    }

    return \%arrived;
}

1;
