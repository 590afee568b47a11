package Reco::Redis;

# A client for Redis on a bare socket: command(NAME, ARGUMENT...) answers a
# string, a number, undef, or an array reference; an error reply dies.

use strict;
use warnings;

use IO::Socket::INET;


sub new {
    my ($class, %option) = @_;

    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $option{port}, Proto => 'tcp', Timeout => 5)
        or die "cannot connect to Redis: $!\n";
    binmode $socket;

    return bless { socket => $socket, data => '' }, $class;
}


sub command {
    my ($self, @words) = @_;

    my $line = '*' . @words . "\r\n"
        . join '', map { '$' . length($_) . "\r\n$_\r\n" } @words;
    print { $self->{socket} } $line or die "Redis is gone\n";
    $self->{socket}->flush;

    return $self->reply;
}


# Many commands at once, each an array reference; Redis may sync its file once for
# all of them.  Their answers.
sub pipeline {
    my ($self, @commands) = @_;

    for my $words (@commands) {
        print { $self->{socket} } '*' . @$words . "\r\n"
            . join '', map { '$' . length($_) . "\r\n$_\r\n" } @$words;
    }
    $self->{socket}->flush;

    return map { $self->reply } @commands;
}


sub fill {
    my ($self) = @_;

    sysread($self->{socket}, $self->{data}, 1 << 20, length $self->{data})
        or die "Redis is gone\n";
}


sub line {
    my ($self) = @_;

    my $end;
    $self->fill while ($end = index $self->{data}, "\r\n") < 0;
    my $line = substr $self->{data}, 0, $end;
    substr($self->{data}, 0, $end + 2) = '';

    return $line;
}


sub reply {
    my ($self) = @_;

    my $line = $self->line;
    my ($kind, $rest) = (substr($line, 0, 1), substr($line, 1));

    return $rest if $kind eq '+' || $kind eq ':';
    die "$rest\n" if $kind eq '-';
    if ($kind eq '$') {
        return undef if $rest < 0;
        $self->fill while length $self->{data} < $rest + 2;
        my $value = substr $self->{data}, 0, $rest;
        substr($self->{data}, 0, $rest + 2) = '';
        return $value;
    }
    if ($kind eq '*') {
        return undef if $rest < 0;
        return [map { $self->reply } 1 .. $rest];
    }
    die "unknown reply: $line\n";
}


# What an entry of events has, for XADD: event(u => $visitor, t => 'view', ...);
# of l and c, all lines in one string.
sub event {
    my (@lines) = @_;

    my $record = '';
    while (my ($name, $value) = splice @lines, 0, 2) {
        $record .= "$name\t$_\n" for $name =~ /^[lc]$/ ? split /\n/, $value : $value;
    }

    return (e => $record);
}


# The fields of an entry, and the lines of its event, as event() takes them.
sub fields {
    my (%field) = @_;

    my $record = delete $field{e} // '';
    while ($record =~ s/^([^\t\n]+)\t([^\n]*)\n//) {
        $field{$1} = $1 eq 'c' || $1 eq 'l' ? ($field{$1} // '') . "$2\n" : $2;
    }
    $field{e} = $record if length $record;

    return \%field;
}


# The entries of a stream as [id, {field => value}], oldest first; of one that has
# several events, each.
sub entries {
    my ($self, $stream) = @_;
    my @entries;

    for my $entry (@{ $self->command('XRANGE', $stream, '-', '+') || [] }) {
        my %field = @{ $entry->[1] };
        push @entries, map { [$entry->[0], fields(%field, defined $_ ? (e => $_) : ())] }
            defined $field{e} && length $field{e} ? split(/(?<=\n)\n/, $field{e}) : $field{e};
    }

    return @entries;
}


# Entries of all shards of a stream.
sub events {
    my ($self, $stream, $shards) = @_;

    return map { $self->entries("$stream:$_") } 0 .. ($shards || 1) - 1;
}

1;
