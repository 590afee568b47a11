package Shop::Server;

# HTTP/1.1 for an origin behind a proxy: one process, one select loop,
# keep-alive, bodies of known length.  handler->(request) returns
# [status, headers as a flat list, body].

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use Socket qw(IPPROTO_TCP TCP_NODELAY);


use constant HEAD_MAX => 32_768;
use constant BODY_MAX => 65_536;

my %REASONS = (200 => 'OK', 303 => 'See Other', 304 => 'Not Modified',
    400 => 'Bad Request', 404 => 'Not Found', 405 => 'Method Not Allowed',
    413 => 'Content Too Large', 500 => 'Internal Server Error');


sub new {
    my ($class, $address, $handler) = @_;
    my $socket = IO::Socket::INET->new(LocalAddr => $address, Listen => 511,
        ReuseAddr => 1, Proto => 'tcp') or die "cannot listen on $address: $@\n";

    $socket->blocking(0);

    return bless {listen => $socket, handler => $handler, clients => {},
        reading => IO::Select->new($socket), writing => IO::Select->new},
        $class;
}


sub port {
    return $_[0]{listen}->sockport;
}


sub run {
    my ($self) = @_;

    for (;;) {
        my ($readable, $writable) = IO::Select->select($self->{reading},
            $self->{writing}, undef, 30);

        for my $socket (@{$writable // []}) {
            $self->_write($socket);
        }

        for my $socket (@{$readable // []}) {
            if ($socket == $self->{listen}) {
                $self->_accept;
            } else {
                $self->_read($socket);
            }
        }
    }
}


sub _accept {
    my ($self) = @_;

    while (my $socket = $self->{listen}->accept) {
        $socket->blocking(0);
        setsockopt $socket, IPPROTO_TCP, TCP_NODELAY, 1;
        $self->{clients}{fileno $socket} = {in => '', out => '', close => 0};
        $self->{reading}->add($socket);
    }
}


sub _close {
    my ($self, $socket) = @_;

    $self->{reading}->remove($socket);
    $self->{writing}->remove($socket);
    delete $self->{clients}{fileno $socket};
    close $socket;
}


sub _read {
    my ($self, $socket) = @_;
    my $client = $self->{clients}{fileno $socket} or return;
    my $n = sysread $socket, $client->{in}, 65_536, length $client->{in};

    if (!defined $n) {
        $self->_close($socket) if !$!{EAGAIN} && !$!{EINTR};
        return;
    }

    return $self->_close($socket) if $n == 0;

    while (!$client->{close} && (my $request = _request($client))) {
        _answer($client, $request, $self->{handler});
    }

    $self->_write($socket);
}


sub _write {
    my ($self, $socket) = @_;
    my $client = $self->{clients}{fileno $socket} or return;

    while (length $client->{out}) {
        my $n = syswrite $socket, $client->{out}, 262_144;

        if (!defined $n) {
            return $self->_close($socket) if !$!{EAGAIN} && !$!{EINTR};
            return $self->{writing}->add($socket);
        }

        substr $client->{out}, 0, $n, '';
    }

    $self->{writing}->remove($socket);
    $self->_close($socket) if $client->{close};
}


# The next whole request that has come in, or nothing.
sub _request {
    my ($client) = @_;
    my $end = index $client->{in}, "\r\n\r\n";

    if ($end < 0) {
        return length $client->{in} > HEAD_MAX ? {error => 400} : undef;
    }

    my ($line, @lines) = split /\r\n/, substr $client->{in}, 0, $end;

    if ($line !~ m{^([A-Z]+) (/\S*) HTTP/1\.([01])$}) {
        return {error => 400};
    }

    my $request = {method => $1, target => $2, minor => $3, headers => {}};

    for my $header (@lines) {
        return {error => 400} if $header !~ /^([\w-]+):\s*(.*?)\s*$/;
        $request->{headers}{lc $1} = $2;
    }

    my $length = $request->{headers}{'content-length'} // 0;

    return {error => 400} if $length !~ /^\d{1,9}$/
        || $request->{headers}{'transfer-encoding'};
    return {error => 413} if $length > BODY_MAX;
    return undef if length $client->{in} < $end + 4 + $length;

    $request->{body} = substr $client->{in}, $end + 4, $length;
    substr $client->{in}, 0, $end + 4 + $length, '';

    return $request;
}


sub _answer {
    my ($client, $request, $handler) = @_;
    my $answer;

    if ($request->{error}) {
        $answer = [$request->{error}, [], ''];
        $client->{close} = 1;
    } else {
        $answer = eval { $handler->($request) };

        if (!$answer) {
            warn $@;
            $answer = [500, ['Content-Type' => 'text/plain'], "An error.\n"];
        }
    }

    my ($status, $headers, $body) = @$answer;
    my $connection = lc($request->{headers}{connection} // '');

    if ($connection eq 'close'
        || (!$request->{minor} && $connection ne 'keep-alive')) {
        $client->{close} = 1;
    }

    my $head = "HTTP/1.1 $status $REASONS{$status}\r\n";

    for (my $i = 0; $i < @$headers; $i += 2) {
        $head .= "$headers->[$i]: $headers->[$i + 1]\r\n";
    }

    $head .= 'Content-Length: ' . length($body) . "\r\n" if $status != 304;
    $head .= 'Connection: ' . ($client->{close} ? 'close' : 'keep-alive');

    $client->{out} .= "$head\r\n\r\n";
    $client->{out} .= $body
        if $status != 304 && ($request->{method} // '') ne 'HEAD';
}


1;
