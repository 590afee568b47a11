package Reco::HTTP;

# A small HTTP/1.1 client on bare sockets, so that a test decides about every
# byte and every pause.
#
#   request(PORT, METHOD, PATH, headers => {}, body => '', http => '1.0',
#           socket => S, chunked => [..], read_pause => SECONDS)
#   -> { status, headers => {name => value}, raw_headers, body, complete }
#
# complete is false where the connection ended before the body did.

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use Time::HiRes qw(time sleep);

our $TIMEOUT = 180;


sub can_connect {
    my ($port) = @_;

    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $port, Timeout => 1) or return 0;
    close $socket;

    return 1;
}


sub connect_to {
    my ($port, %option) = @_;

    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $port, Proto => 'tcp',
        $option{rcvbuf} ? (Sockopts => [[SOL_SOCKET, SO_RCVBUF,
                                         $option{rcvbuf}]]) : (),
    ) or die "cannot connect to port $port: $!";
    binmode $socket;

    return $socket;
}


sub send_all {
    my ($socket, $data) = @_;

    local $SIG{PIPE} = 'IGNORE';
    while (length $data) {
        my $sent = syswrite $socket, $data;
        return 0 unless $sent;
        substr($data, 0, $sent) = '';
    }

    return 1;
}


sub request {
    my ($port, $method, $path, %option) = @_;

    my $socket  = $option{socket} || connect_to($port, %option);
    my $version = $option{http} || '1.1';
    my %header  = (
        Host => 'localhost',
        $option{socket} ? () : (Connection => 'close'),
        %{ $option{headers} || {} },
    );
    my $body = $option{body};

    if ($option{chunked}) {
        $header{'Transfer-Encoding'} = 'chunked';
    } elsif (defined $body) {
        $header{'Content-Length'} = length $body
            unless exists $header{'Content-Length'};
    }

    my $head = "$method $path HTTP/$version\r\n"
        . join('', map { "$_: $header{$_}\r\n" }
                   grep { defined $header{$_} } sort keys %header) . "\r\n";
    send_all($socket, $head . ($option{chunked} || !defined $body ? '' : $body));

    if ($option{chunked}) {
        for my $piece (@{ $option{chunked} }, '') {
            send_all($socket, sprintf("%x\r\n%s\r\n", length $piece, $piece));
        }
    }

    return read_response($socket, $method, %option);
}


# Reads one response; what was read beyond it is kept for the next call on the
# same socket, inside its glob.
sub read_response {
    my ($socket, $method, %option) = @_;

    my $data = delete ${*$socket}{reco_rest};
    $data = '' unless defined $data;
    my $more = sub {
        IO::Select->new($socket)->can_read($TIMEOUT) or return 0;
        sleep $option{read_pause} if $option{read_pause};
        return sysread($socket, $data, $option{read_size} || 65536,
            length $data);
    };

    my $response;
    while (1) {
        until ($data =~ /\r\n\r\n/) {
            $more->() or return { status => 0, headers => {}, body => $data,
                                  raw_headers => '', complete => 0 };
        }
        my ($head, $body) = split /\r\n\r\n/, $data, 2;
        $data = $body;
        my ($line, @fields) = split /\r\n/, $head;
        my %header;
        for (@fields) {
            my ($name, $value) = /^([^:]+):\s*(.*)$/ or next;
            $name = lc $name;
            $header{$name} = exists $header{$name}
                ? "$header{$name}, $value" : $value;
        }
        my ($status) = $line =~ m{^HTTP/\S+ (\d+)};
        $response = { status => $status || 0, headers => \%header,
                      raw_headers => $head, complete => 1, body => '' };
        last unless $status && $status >= 100 && $status < 200;
    }

    my $header = $response->{headers};
    my $status = $response->{status};

    if ($method eq 'HEAD' || $status == 204 || $status == 304) {
        ${*$socket}{reco_rest} = $data;

    } elsif (lc($header->{'transfer-encoding'} || '') eq 'chunked') {
        my $body = '';
        while (1) {
            my $end;
            while (($end = index $data, "\r\n") < 0) {
                $more->() or do { $response->{complete} = 0; last };
            }
            last unless $response->{complete};
            my ($digits) = $data =~ /^([0-9a-fA-F]+)/
                or die "bad chunk size: " . substr($data, 0, 40);
            my $size = hex $digits;
            my $at   = $end + 2;
            while (length($data) < $at + $size + 2) {
                $more->() or do { $response->{complete} = 0; last };
            }
            $body .= substr($data, $at, $size);
            last unless $response->{complete};
            substr($data, 0, $at + $size + 2) = '';
            last if $size == 0;
        }
        $response->{body} = $body;
        ${*$socket}{reco_rest} = $data;

    } elsif (defined $header->{'content-length'}) {
        my $length = $header->{'content-length'};
        while (length $data < $length) {
            $more->() or do { $response->{complete} = 0; last };
        }
        $response->{body} = substr($data, 0, $length);
        ${*$socket}{reco_rest} = length $data > $length ? substr($data, $length) : '';

    } else {
        1 while $more->();
        $response->{body} = $data;
    }

    return $response;
}

1;
