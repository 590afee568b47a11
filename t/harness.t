# The harness itself: what it starts answers, what is broken looks broken, and
# nothing is left behind.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use Reco;

my $world = Reco->new;
my $redis = $world->redis;
is($redis->command('PING'), 'PONG', 'Redis answers');
$redis->command('XADD', 'stream:0', '*', 'a', '1', 'b', '2');
is_deeply([map { $_->[1] } $redis->events('stream', 1)],
    [{ a => 1, b => 2 }], 'stream entries are read');

my $port = $world->origin(sub {
    my ($request) = @_;
    return { body => 'x' x 1000, cut => 300 } if $request->{path} eq '/cut';
    return { pieces => ['a', \0.05, 'b'], framing => 'chunked' }
        if $request->{path} eq '/pieces';
    return { body => "$request->{method} $request->{path}" };
});

my $response = Reco::HTTP::request($port, 'GET', '/a');
is($response->{status}, 200, 'an origin answers');
is($response->{body}, 'GET /a', 'with a body');
is(Reco::HTTP::request($port, 'GET', '/pieces')->{body}, 'ab',
    'chunked pieces are joined');
$response = Reco::HTTP::request($port, 'GET', '/cut');
ok(!$response->{complete}, 'a cut answer is incomplete');
is(length $response->{body}, 300, 'and holds what was sent');

my $ended = $world->start('ended', '/bin/true');
waitpid $ended, 0;
is($world->stop($ended), undef, 'what was seen to end is not waited for');

my $socket = Reco::HTTP::connect_to($port);
is(Reco::HTTP::request($port, 'GET', "/$_", socket => $socket)->{body},
    "GET /$_", "request $_ on one connection") for 1 .. 2;

$world->write_file('logs/fake.log', "1 [alert] something\n");
is(scalar $world->bad_lines, 1, 'an alert in a log is seen');
$world->expect_log(qr/something/);

my @pids = keys %{ $world->{children} };
$world->done;
is(scalar(grep { kill 0, $_ } @pids), 0, 'everything was stopped');

done_testing;
