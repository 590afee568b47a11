package Reco::HTTP2;

# A small HTTP/2 client without TLS, for windows of any size: every byte of
# them is the test's to give.
#
#   my $client = Reco::HTTP2->new($port, window => 7);
#   my $stream = $client->request('GET', '/page', 'if-none-match' => '"1"');
#   $client->run($stream);                 # gives back each byte that came
#   $client->{streams}{$stream}            # { status, header, body, ended, reset }
#
# A stream's window is given back as it is used up.  Headers are not decoded
# beyond the status and whether there is a content-length.

use strict;
use warnings;

use Socket qw(IPPROTO_TCP TCP_NODELAY);

use Reco::HTTP;

my ($DATA, $HEADERS, $RST_STREAM, $SETTINGS, $PING, $GOAWAY, $WINDOW_UPDATE, $CONTINUATION)
    = (0, 1, 3, 4, 6, 7, 8, 9);
my ($END_STREAM, $ACK, $END_HEADERS) = (1, 1, 4);
my $INITIAL_WINDOW_SIZE = 4;

# Of the static table, which is what nginx sends (RFC 7541, appendix A).
my %STATUS = (8 => 200, 9 => 204, 10 => 206, 11 => 304, 12 => 400, 13 => 404,
    14 => 500);
my $CONTENT_LENGTH = 28;


sub new {
    my ($class, $port, %option) = @_;

    my $self = bless { next => 1, streams => {}, input => '',
        socket => Reco::HTTP::connect_to($port) }, $class;
    # windows of a byte are given in packets of a frame
    setsockopt $self->{socket}, IPPROTO_TCP, TCP_NODELAY, 1;
    Reco::HTTP::send_all($self->{socket}, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    $self->frame($SETTINGS, 0, 0, pack 'nN', $INITIAL_WINDOW_SIZE, $option{window});

    return $self;
}


sub frame {
    my ($self, $type, $flags, $stream, $payload) = @_;

    Reco::HTTP::send_all($self->{socket}, substr(pack('N', length $payload), 1)
        . pack('CCN', $type, $flags, $stream) . $payload);
}


# Returns the stream's number.
sub request {
    my ($self, $method, $path, @headers) = @_;

    my $stream = $self->{next};
    $self->{next} += 2;
    $self->{streams}{$stream} = { body => '', header => '' };

    my @all = (':method' => $method, ':scheme' => 'http', ':path' => $path,
        ':authority' => 'shop.example', @headers);
    my $block = '';
    while (my ($name, $value) = splice @all, 0, 2) {
        $block .= "\0" . join '', map { chr(length) . $_ } $name, $value;
    }
    $self->frame($HEADERS, $END_STREAM | $END_HEADERS, $stream, $block);

    return $stream;
}


sub give {
    my ($self, $stream, $bytes) = @_;

    $self->frame($WINDOW_UPDATE, 0, $_, pack 'N', $bytes) for 0, $stream;
}


sub reset {
    my ($self, $stream) = @_;

    $self->frame($RST_STREAM, 0, $stream, pack 'N', 8);
    delete $self->{streams}{$stream};
}


sub _read {
    my ($self, $n) = @_;

    while (length $self->{input} < $n) {
        sysread $self->{socket}, $self->{input}, 65536, length $self->{input}
            or die "the connection was closed\n";
    }

    return substr $self->{input}, 0, $n, '';
}


# Takes frames until all of these streams have ended, or where a number of
# bytes is given, until the first of them has so many.
sub run {
    my ($self, @streams) = @_;

    my $enough = ref $streams[-1] ? ${ pop @streams } : undef;
    for (;;) {
        my @open = grep { !$_->{ended} } @{ $self->{streams} }{@streams};
        return if !@open
            || defined $enough && length $open[0]{body} >= $enough;
        $self->take;
    }
}


# An integer of so many bits (RFC 7541, 5.1), taken off the front.
sub _integer {
    my ($block, $bits) = @_;

    my $most = (1 << $bits) - 1;
    my $n = ord(substr $$block, 0, 1, '') & $most;
    return $n if $n < $most;
    for (my $shift = 0;; $shift += 7) {
        my $byte = ord substr $$block, 0, 1, '';
        $n += ($byte & 127) << $shift;
        return $n if $byte < 128;
    }
}


sub _read_header {
    my ($answer) = @_;

    my $block = $answer->{header};
    while (length $block) {
        my $first = ord $block;
        my $bits  = $first & 128 ? 7 : $first & 64 ? 6 : $first & 32 ? 5 : 4;
        my $index = _integer(\$block, $bits);
        if ($bits == 7) {
            $answer->{status} //= $STATUS{$index};
            next;
        }
        next if $bits == 5;    # a change of the table's size
        for my $string ($index ? 1 : (1, 2)) {
            my $length = _integer(\$block, 7);
            substr($block, 0, $length) = '';
        }
        $answer->{has_length} ||= $index == $CONTENT_LENGTH;
    }
}


sub take {
    my ($self) = @_;

    my ($high, $low, $type, $flags, $stream) = unpack 'CnCCN', $self->_read(9);
    my $payload = $self->_read($high << 16 | $low);
    my $answer  = $self->{streams}{$stream};

    if ($type == $SETTINGS && !($flags & $ACK)) {
        $self->frame($SETTINGS, $ACK, 0, '');
    } elsif ($type == $PING && !($flags & $ACK)) {
        $self->frame($PING, $ACK, 0, $payload);
    } elsif ($type == $GOAWAY) {
        die 'GOAWAY ', unpack('N', substr $payload, 4), "\n";
    } elsif ($type == $DATA) {
        $answer->{body} .= $payload if $answer;
        $answer->{most} = length $payload
            if $answer && length $payload > ($answer->{most} || 0);
        $self->give($stream, length $payload)
            if length $payload && !($flags & $END_STREAM);
    } elsif (!$answer) {
        return;
    } elsif ($type == $HEADERS || $type == $CONTINUATION) {
        $answer->{header} .= $payload;
        _read_header($answer) if $flags & $END_HEADERS;
    } elsif ($type == $RST_STREAM) {
        $answer->{ended} = 1;
        $answer->{reset} = 1;
    }
    $answer->{ended} = 1 if ($type == $DATA || $type == $HEADERS) && $flags & $END_STREAM;
}

1;
