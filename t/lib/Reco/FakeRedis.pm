package Reco::FakeRedis;

# A server that speaks Redis's protocol and answers what a test tells it to.
#
#   my $port = Reco::FakeRedis::start($world, sub {
#       my ($n, @words) = @_;       # the n-th command of all, from 1
#       return "-LOADING soon\r\n";  # undef: closes; '': never answers
#   });

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use POSIX ();

use Reco;


# Takes one command from the front of the data; an empty list: not whole yet.
sub command {
    my ($data) = @_;

    my ($count) = $$data =~ /^\*(\d+)\r\n/ or return;
    my $pos = $+[0];
    my @words;

    for (1 .. $count) {
        pos($$data) = $pos;
        $$data =~ /\G\$(\d+)\r\n/g or return;
        my ($len, $start) = ($1, pos $$data);
        return if length $$data < $start + $len + 2;
        push @words, substr $$data, $start, $len;
        $pos = $start + $len + 2;
    }
    substr($$data, 0, $pos) = '';

    return @words;
}


sub serve {
    my ($listener, $handler) = @_;

    my $select = IO::Select->new($listener);
    my (%data, $n);

    while (my @ready = $select->can_read) {
        for my $socket (@ready) {
            if ($socket == $listener) {
                my $client = $listener->accept or next;
                $select->add($client);
                $data{$client} = '';
                next;
            }
            my $got = sysread $socket, $data{$socket}, 65536,
                length $data{$socket};
            my $open = $got;
            while ($open and my @words = command(\$data{$socket})) {
                my $answer = $handler->(++$n, @words);
                $open = defined $answer;
                syswrite $socket, $answer if $open && length $answer;
            }
            if (!$open) {
                $select->remove($socket);
                delete $data{$socket};
                close $socket;
            }
        }
    }
}


sub start {
    my ($world, $handler) = @_;

    my $port     = Reco::free_port();
    my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
        LocalPort => $port, Listen => 16, ReuseAddr => 1, Proto => 'tcp')
        or die "cannot listen: $!";

    my $pid = fork;
    die "cannot fork: $!" unless defined $pid;
    if ($pid == 0) {
        local $SIG{PIPE} = 'IGNORE';
        eval { serve($listener, $handler) };
        POSIX::_exit(0);
    }
    close $listener;
    $world->{children}{$pid} = 'fake redis';

    return $port;
}

1;
