# Whatever is sent to the beacon: each body gets its answer, good events reach
# the stream, no worker dies and its memory stays as it is.
#
# RECO_BODIES: how many random and mutated bodies (5000).

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;
use Socket qw(IPPROTO_TCP TCP_NODELAY);

use Reco;

my $count = $ENV{RECO_BODIES} || 5000;
my $world = Reco->new;
my $dir   = $world->{dir};
my $redis = $world->redis;

srand($ENV{RECO_SEED} || 1);

$world->nginx(<<"CONF");
    keepalive_requests 1000000;
    reco_zone   shop:1m;
    reco_robot_rate 0;
    reco_redis  unix:$dir/redis.sock stream=ev shards=1;
    reco_outbox $dir/outbox size=4m;
    server {
        listen 127.0.0.1:$world->{port};
        location = /beacon { reco_beacon; }
        location = /small  { reco_beacon; client_body_buffer_size 64; }
        location = /status { reco_status; }
    }
CONF

my ($worker) = $world->workers;

# Its own, without the outbox and the zones, which it fills once.
sub memory {
    my ($kb) = $world->read_file("/proc/$worker/status") =~ /RssAnon:\s+(\d+)/;
    return $kb;
}

sub status {
    my ($name) = @_;
    my ($value) = $world->get('/status')->{body} =~ /^reco_$name (\d+)/m;
    return $value;
}

# What is well, to begin with.
my @seeds = grep { length } map { $world->read_file($_) }
    glob "$Reco::ROOT/t/fuzz/corpus/event/*";
push @seeds, map { qq({"type":"$_","item":"i","ms":900,"depth":0.5,"value":4,)
    . '"query":"q","items":[{"item":"a","qty":2,"price":1.5},{"item":"b"}],'
    . '"slot":"related","rank":2,"req":"r","ctx":{"page":"product"}}' }
    qw(view click hover scroll dwell impression cart purchase rating custom);
push @seeds, '[' . join(',', map { qq({"type":"view","item":"$_"}) } 1 .. 64)
    . ']', '{"type":"custom","ctx":{"a":"' . 'x' x 60_000 . '"}}';
my @words = ('{', '}', '[', ']', '"', ',', ':', '\\', '\\u0000', '\\ud800',
    "\xff", "\x00", '1e999', '-0', '9' x 400, 'null', 'true', '"type"', '"ts"',
    '"items":[', '{"ctx":', '[' x 200, '{"a":' x 50);

sub mutate {
    my ($body) = @_;

    for (0 .. rand 6) {
        my $at   = int rand(1 + length $body);
        my $left = length($body) - $at;
        my $kind = int rand 6;
        if    ($kind == 0) { substr($body, $at, 1) = chr rand 256 }
        elsif ($kind == 1) { substr($body, $at, 0) = $words[rand @words] }
        elsif ($kind == 2) { substr($body, $at, rand 20) = '' if $left }
        elsif ($kind == 3) { $body = substr $body, 0, $at }
        elsif ($kind == 4) { substr($body, $at, 0) = substr $body, rand $at, 40 }
        else               { $body .= $seeds[rand @seeds] if length $body < 1e5 }
    }

    return $body;
}

sub a_body {
    my $kind = int rand 10;
    return join '', map { chr rand 256 } 0 .. rand 300 if $kind == 0;
    return $seeds[rand @seeds] if $kind == 1;
    return mutate($seeds[rand @seeds]);
}

my %answer;
my ($socket, $taken, $before) = (undef, 0);
my $more = 0;    # than the first answers needed

for my $n (1 .. $count) {
    my $body = a_body();
    my $path = $n % 7 ? '/beacon' : '/small';
    my $rest = $n % 5 ? { body => $body }
        : { chunked => [grep { length } unpack '(a' . (1 + int rand 4000) . ')*', $body] };

    if (!$socket) {
        $socket = Reco::HTTP::connect_to($world->{port});
        setsockopt $socket, IPPROTO_TCP, TCP_NODELAY, 1;
    }
    my $response = Reco::HTTP::request($world->{port}, 'POST', $path,
        socket => $socket, headers => { 'Content-Type' => 'text/plain',
            Cookie => 'reco=' . sprintf '%032x', $n % 50 }, %$rest);
    $answer{ $response->{status} }++;
    undef $socket if !$response->{complete}
        || lc($response->{headers}{connection} || '') eq 'close';

    $before = memory() if $n == int $count / 4;
}

my $after = memory();
my @other = grep { !/^(?:204|400|413)$/ } keys %answer;
is("@other", '', "of $count bodies each has its answer: "
    . join ', ', map { "$answer{$_} $_" } sort keys %answer);
ok($answer{204} && $answer{400}, 'some were taken, some were not');
cmp_ok($after - $before, '<=', Reco::has_own_nginx() ? 65536 : 1024,
    "memory stays as it is: $before KB, then $after KB");
is_deeply([$world->workers], [$worker], 'the worker is the same');

my $appended = status('outbox_appended_total');
ok($world->wait_out(sub { $appended - status('redis_forwarded_total') }),
    "all $appended events that were taken arrive");
is($redis->command('XLEN', 'ev:0'), $appended, 'once');

# -- one that is far too large -------------------------------------------------

for my $length (1 << 20, (1 << 20) + 1, 3 << 20) {
    is($world->post('/beacon', 'x' x $length, headers => {
        'Content-Type' => 'text/plain' })->{status}, 413, "$length bytes: 413");
}
is($world->post('/beacon', undef, chunked => [('x' x 10_000) x 105], headers => {
    'Content-Type' => 'text/plain' })->{status}, 413, 'also in chunks');

$world->expect_log(qr/client intended to send too large/);
$world->done;
done_testing;
