package Reco::Origin;

# A forked HTTP origin, one process per connection.  The handler gets a request
# { method, path, headers, body } and answers one of
#
#   { status => 200, headers => [Name => value, ...], body => '...' }
#   { ..., pieces => ['...', \SECONDS, sub { ... }, ...] }  pieces with pauses
#                                               between them, or what waits
#   { ..., framing => 'length' | 'chunked' | 'close' }  default: length
#   { ..., cut => BYTES }    the connection breaks after so many body bytes
#   { ..., hints => [Name => value, ...] }  an answer 103 with them comes first
#
# What speaks another protocol than HTTP brings a function of its own that serves
# a connection by the handler.

use strict;
use warnings;

use IO::Socket::INET;
use POSIX ();
use Socket qw(IPPROTO_TCP TCP_NODELAY);
use Time::HiRes qw(sleep);


sub start {
    my ($handler, $serve) = @_;

    $serve ||= \&serve;

    my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
        Listen => 128, Proto => 'tcp', ReuseAddr => 1)
        or die "origin cannot listen: $!";
    my $port = $listener->sockport;

    my $pid = fork;
    die "cannot fork: $!" unless defined $pid;
    if ($pid == 0) {
        $SIG{$_} = 'DEFAULT' for qw(INT TERM);
        $SIG{PIPE} = 'IGNORE';
        $SIG{CHLD} = 'IGNORE';
        open STDIN, '<', '/dev/null';
        while (1) {
            my $client = $listener->accept or next;
            my $child = fork;
            if (defined $child && $child == 0) {
                close $listener;
                eval { $serve->($client, $handler) };
                POSIX::_exit(0);
            }
            close $client;
        }
    }
    close $listener;

    return ($port, $pid);
}


sub serve {
    my ($client, $handler) = @_;

    setsockopt $client, IPPROTO_TCP, TCP_NODELAY, 1;
    my $data = '';
    while (1) {
        until ($data =~ /\r\n\r\n/) {
            sysread($client, $data, 65536, length $data) or return;
        }
        my ($head, $rest) = split /\r\n\r\n/, $data, 2;
        my ($line, @fields) = split /\r\n/, $head;
        my ($method, $path, $version) = split / /, $line;
        my %header = map { /^([^:]+):\s*(.*)$/ ? (lc $1, $2) : () } @fields;
        my $length = $header{'content-length'} || 0;
        while (length $rest < $length) {
            sysread($client, $rest, 65536, length $rest) or return;
        }
        my $body = substr $rest, 0, $length;
        $data = substr $rest, $length;

        my $answer = $handler->({ method => $method, path => $path,
                                  headers => \%header, body => $body });
        answer($client, $method, $version, $answer) or return;
        return if lc($header{connection} || '') eq 'close'
            || $version eq 'HTTP/1.0';
    }
}


# True where the connection can be used again.
sub answer {
    my ($client, $method, $version, $answer) = @_;

    my @pieces  = @{ $answer->{pieces} || [$answer->{body}] };
    my $framing = $answer->{framing} || 'length';
    $framing = 'close' if $framing eq 'chunked' && $version eq 'HTTP/1.0';
    my $status  = $answer->{status} || 200;
    my $total   = 0;
    $total += length for grep { defined && !ref } @pieces;

    if (my @hint = @{ $answer->{hints} || [] }) {
        my $hints = "HTTP/1.1 103 Early Hints\r\n";
        while (my ($name, $value) = splice @hint, 0, 2) {
            $hints .= "$name: $value\r\n";
        }
        put($client, "$hints\r\n") or return 0;
    }

    my $head = "HTTP/1.1 $status OK\r\n";
    my @header = @{ $answer->{headers} || ['Content-Type' => 'text/html'] };
    while (my ($name, $value) = splice @header, 0, 2) {
        $head .= "$name: $value\r\n";
    }
    $head .= "Content-Length: $total\r\n" if $framing eq 'length'
        && $status != 204 && $status != 304;
    $head .= "Transfer-Encoding: chunked\r\n" if $framing eq 'chunked';
    $head .= "Connection: close\r\n" if $framing eq 'close';
    put($client, "$head\r\n") or return 0;
    return 1 if $method eq 'HEAD' || $status == 204 || $status == 304;

    my $left = $answer->{cut};
    for my $piece (@pieces) {
        if (ref $piece) {
            ref $piece eq 'CODE' ? $piece->() : sleep $$piece;
            next;
        }
        next unless defined $piece && length $piece;
        my $part = defined $left && length $piece > $left
            ? substr($piece, 0, $left) : $piece;
        $left -= length $part if defined $left;
        put($client, $framing eq 'chunked'
            ? sprintf("%x\r\n%s\r\n", length $part, $part) : $part)
            or return 0;
        return 0 if defined $left && $left <= 0;
    }
    put($client, "0\r\n\r\n") if $framing eq 'chunked';

    return $framing ne 'close';
}


sub put {
    my ($client, $data) = @_;

    while (length $data) {
        my $sent = syswrite $client, $data;
        return 0 unless $sent;
        substr($data, 0, $sent) = '';
    }

    return 1;
}

1;
