# Redis refuses, redirects, stalls or talks nonsense: events wait in the outbox,
# the log says why, and all arrive in order once it is well again.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;
use Time::HiRes qw(sleep time);

use Reco;
use Reco::FakeRedis;

my $world = Reco->new;
my $dir   = $world->{dir};
my $redis = $world->redis;
my $sent  = 0;

$world->expect_log(qr/reco: Redis/);

sub conf {
    my ($server) = @_;
    return <<"CONF";
    reco_redis  $server;
    reco_outbox $dir/outbox size=4m;
    server {
        listen 127.0.0.1:$world->{port};
        location = /reco/beacon { reco_beacon; }
        location = /reco/status { reco_status; }
    }
CONF
}

# nginx anew, with another reco_redis.
sub with {
    my ($server) = @_;
    $world->stop_nginx if $world->{nginx_pid};
    $world->nginx(conf($server));
}

sub beacons {
    my ($count) = @_;
    my $bad = 0;
    for (1 .. $count) {
        $sent++;
        my $answer = $world->post('/reco/beacon',
            qq({"id":"n$sent","type":"view","item":"$sent"}), headers => {
                'Cookie' => 'reco=' . 'b' x 32,
                'Content-Type' => 'text/plain' });
        $bad++ if $answer->{status} != 204;
    }
    return $bad == 0;
}

sub status {
    my ($name) = @_;
    my ($value) = $world->get('/reco/status')->{body}
        =~ /^reco_$name (\d+)/m;
    return $value;
}

sub logged {
    my ($pattern) = @_;
    return $world->wait_for(8, sub { $world->error_log =~ $pattern });
}

# Everything that was sent is in the stream, in its order.
sub all_there {
    my ($stream, $client) = @_;
    $client ||= $redis;
    my @ids;
    $world->wait_for(15, sub {
        my %seen;
        @ids = grep { !$seen{$_}++ }
            map { $_->[1]{id} } eval { $client->entries("$stream:0") };
        return @ids >= $sent;
    });
    return "@ids" eq join ' ', map { "n$_" } 1 .. $sent;
}

# A round: something is wrong, events are taken; it is put right.
sub round {
    my ($what, $pattern, $mend) = @_;
    ok(beacons(5), "$what: events are taken");
    is(status('outbox_records'), 5, 'they wait, as the status says at once');
    ok(logged($pattern), 'the log says why');
    $mend->();
    ok(all_there('ev'), 'all arrive, in order') or diag $world->error_log;
}

my $unix = "unix:$dir/redis.sock stream=ev shards=1";

# -- refusals of a real server -------------------------------------------------

with($unix);
ok(beacons(3) && all_there('ev'), 'events arrive');

$redis->command('CONFIG', 'SET', 'maxmemory', '1');
round('out of memory', qr/answered "OOM/,
    sub { $redis->command('CONFIG', 'SET', 'maxmemory', '0') });

$redis->command('ACL', 'SETUSER', 'default', '-xadd');
round('not permitted', qr/answered "NOPERM/,
    sub { $redis->command('ACL', 'SETUSER', 'default', '+xadd') });

$redis->command('REPLICAOF', '127.0.0.1', '1');
round('a replica', qr/READONLY/,
    sub { $redis->command('REPLICAOF', 'NO', 'ONE') });

$redis->command('RENAME', 'ev:0', 'ev:aside');
$redis->command('SET', 'ev:0', 'x');
round('no stream', qr/answered "WRONGTYPE/, sub {
    $redis->command('DEL', 'ev:0');
    $redis->command('RENAME', 'ev:aside', 'ev:0');
});

# -- login -------------------------------------------------------------------

$redis->command('CONFIG', 'SET', 'requirepass', 'secret');
with("$unix password=wrong timeout=2s");
round('wrong password', qr/WRONGPASS/, sub {
    with("$unix password=secret");
});

$redis->command('ACL', 'SETUSER', 'writer', 'on', '>pen', '~ev:*',
    '~reco:rejected', '+xadd', '+select');
with("$unix user=writer password=pen");
ok(beacons(3) && all_there('ev'), 'as a user with few rights');

with("$unix user=writer password=pen db=3");
$redis->command('SELECT', '3');
my $before = $sent;
$sent = 0;
ok(beacons(3) && all_there('ev'), 'into another database');
$redis->command('SELECT', '0');
$sent = $before;

with($unix);
ok(beacons(2) && logged(qr/NOAUTH/), 'no password where one is needed');
$redis->command('CONFIG', 'SET', 'requirepass', '');
$redis->command('ACL', 'SETUSER', 'default', 'nopass');
ok(all_there('ev'), 'they arrive when none is needed any more');

# -- a server that does not answer -------------------------------------------

with("$unix timeout=1s");
ok(beacons(3) && all_there('ev'), 'a server that answers');
$world->suspend($world->{redis_pid});
my ($worker) = $world->workers;
ok(beacons(5), 'stopped: events are taken');
ok(logged(qr/no reply in time/), 'the log says why');

sub ticks {
    my @field = split ' ', $world->read_file("/proc/$worker/stat");
    return $field[13] + $field[14];
}

my $ticks = ticks();
sleep 3;
cmp_ok(ticks() - $ticks, '<=', 15, 'the worker does not spin meanwhile');
kill 'CONT', $world->{redis_pid};
ok(all_there('ev'), 'all arrive, in order');

my $mute = Reco::FakeRedis::start($world, sub {
    my ($n, $command) = @_;
    return $command eq 'PING' ? "+PONG\r\n" : '';
});
with("127.0.0.1:$mute stream=ev shards=1 timeout=1s");
ok($world->wait_for(60, sub { status('redis_connected') }), 'one that never answers');
is($world->post('/reco/beacon', '{"type":"none"}', headers => {
    'Content-Type' => 'text/plain' })->{status}, 400, 'an event is refused');
ok($world->wait_for(60, sub { status('redis_failures_total') }),
    'the sample of it does not wait for ever');

# -- servers that are none -----------------------------------------------------

my $loading = Reco::FakeRedis::start($world, sub {
    my ($n, $command) = @_;
    return $n <= 2 || $command ne 'PING' && $n <= 5 ? "-LOADING Redis is loading the dataset in memory\r\n"
        : $command eq 'PING' ? "+PONG\r\n"
        : "-MOVED 42 127.0.0.1:$world->{redis_port}\r\n";
});
with("127.0.0.1:$loading stream=ev shards=1");
ok(beacons(5), 'loading, then moved: events are taken');
ok(logged(qr/LOADING/), 'the log says that it loads');
ok(all_there('ev'), 'they arrive at the server that was named');

# A cluster may announce names, or nothing but the port.
for my $case (["localhost:$world->{redis_port}", 'by a name of the directive'],
    [":$world->{redis_port}", 'without a name'])
{
    my $moved = Reco::FakeRedis::start($world, sub {
        my ($n, $command) = @_;
        return $command eq 'PING' ? "+PONG\r\n" : "-MOVED 42 $case->[0]\r\n";
    });
    with("localhost:$moved stream=ev shards=1");
    ok(beacons(3), "moved $case->[1]: events are taken");
    ok(all_there('ev'), 'they arrive');
}

my $astray = Reco::FakeRedis::start($world, sub {
    my ($n, $command) = @_;
    return $command eq 'PING' ? "+PONG\r\n"
        : "-MOVED 42 elsewhere.invalid:6379\r\n";
});
with("127.0.0.1:$astray stream=ev shards=1");
ok(beacons(3), 'moved to a name that is not known: events are taken');
ok(logged(qr/points to "elsewhere\.invalid:6379"/), 'the log says so');
with($unix);
ok(all_there('ev'), 'they wait');

# What it says is quoted in the log, whether it is refused or led away by it.
my $evil = "\e[2J\x07[alert] fake\x9b\xff";
for my $case (["-ERR $evil" . 'x' x 5000, qr/answered "ERR \\x1B\[2J\\x07\[alert\] fake\\x9B\\xFFx{20,250}"; events/],
    ["-READONLY $evil", qr/Redis: READONLY \\x1B\[2J\\x07\[alert\] fake\\x9B\\xFF; events/],
    ["-MOVED 42 $evil:1", qr/points to "fake\\x9B\\xFF:1"/])
{
    my ($answer, $logged) = @$case;
    my $rude = Reco::FakeRedis::start($world, sub {
        my ($n, $command) = @_;
        return $command eq 'PING' ? "+PONG\r\n" : "$answer\r\n";
    });
    with("127.0.0.1:$rude stream=ev shards=1");
    ok(beacons(1), 'a server that sends control characters: an event is taken');
    ok(logged($logged), 'the log quotes them');
}
unlike($world->read_file('logs/error.log'), qr/[\x00-\x09\x0b-\x1f\x7f-\xff]/,
    'and has none itself');
with($unix);
ok(all_there('ev'), 'they wait');

my $garbage = Reco::FakeRedis::start($world, sub { "what?\r\n" });
my $vast    = Reco::FakeRedis::start($world, sub {
    my ($n, $command) = @_;
    return $command eq 'PING' ? "+PONG\r\n" : "*2147483647\r\n";
});
my $endless = Reco::FakeRedis::start($world, sub {
    my ($n, $command) = @_;
    return $command eq 'PING' ? "+PONG\r\n" : "\$536870912\r\n" . 'x' x (8 << 20);
});
my $closing = Reco::FakeRedis::start($world, sub { undef });
my $moving  = Reco::FakeRedis::start($world, sub {
    my ($n, $command) = @_;
    return $command eq 'PING' ? "+PONG\r\n" : "-MOVED 42 127.0.0.1:$garbage\r\n";
});

for my $server ([$garbage, 'nonsense'], [$vast, 'an array of billions'],
    [$endless, 'a text without an end'], [$closing, 'closed connections'],
    [$moving, 'a redirection to nonsense'])
{
    with("127.0.0.1:$server->[0] stream=ev shards=1");
    ($worker) = $world->workers;
    ok(beacons(3), "$server->[1]: events are taken");
    $ticks = ticks();
    sleep 1.5;
    cmp_ok(ticks() - $ticks, '<=', 10, 'the worker does not spin');
    is(status('outbox_records'), 3 + ($server->[2] || 0),
        'they wait') if $server->[1] eq 'nonsense';
    ok(logged(qr/out of (memory|range)/i), 'no memory is taken for it')
        if $server->[0] == $vast;
    ok(logged(qr/a reply is too long/), 'it is not waited for')
        if $server->[0] == $endless;
}
with($unix);
ok(all_there('ev'), 'all arrive at a real one, in order');

# -- slow answers, in pieces ---------------------------------------------------

my $slow = Reco::FakeRedis::start($world, sub {
    select undef, undef, undef, 0.3;
    return "\$15\r\n1764000000000-0\r\n";
});
with("127.0.0.1:$slow stream=ev shards=1");
ok(beacons(10), 'slow: events are taken');
ok($world->wait_for(10, sub { status('redis_forwarded_total') == 10 }),
    'all are confirmed in the end');
$sent -= 10;

# -- sentinels -----------------------------------------------------------------

my $asked = Reco::FakeRedis::start($world, sub {
    my ($n, @words) = @_;
    return "-ERR unknown command\r\n"
        if "@words" ne 'SENTINEL get-master-addr-by-name shop';
    return "*-1\r\n" if $n == 1;
    return "*2\r\n\$9\r\n127.0.0.1\r\n\$"
        . length($world->{redis_port}) . "\r\n$world->{redis_port}\r\n";
});
with("127.0.0.1:$asked sentinel=shop stream=ev shards=1");
ok(beacons(3), 'with sentinels: events are taken');
ok(logged(qr/sentinel knows no such master/), 'a master that is not known yet');
ok(all_there('ev'), 'they arrive at the one that is named');

# -- a server that loses what it has confirmed -----------------------------------

my $hold = "unix:$dir/redis.sock stream=hold shards=1";
with("$hold hold=1h");
$sent = 0;
ok(beacons(5) && all_there('hold'), 'hold=1h: events arrive');
ok($world->wait_for(10, sub { status('outbox_records') == 0 }), 'none waits');
cmp_ok(status('outbox_bytes'), '>', 0, 'they are kept');

# As a crash does it.
sub lose {
    $redis->command('DEL', 'hold:0');
    $redis->command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
}
lose();
ok(all_there('hold'), 'what was lost is sent again, in order');
with("$hold hold=1s");
ok($world->wait_for(30, sub { status('outbox_bytes') == 0 }),
    'they are let go of in the end');
my $connects = status('redis_connects_total');
lose();
ok($world->wait_for(20, sub { status('redis_connects_total') > $connects }),
    'a connection that breaks after that');
ok(beacons(1) && $world->wait_for(10, sub { $redis->entries('hold:0') }),
    'brings the next event');
is(join(' ', map { $_->[1]{id} } $redis->entries('hold:0')), 'n6', 'alone');

# -- the configuration -------------------------------------------------------

for (
    ['reco_redis unix:/x shards=0', qr/"shards=0" of "reco_redis" is not a number/],
    ['reco_redis unix:/x colour=red', qr/invalid parameter "colour=red"/],
    ['reco_redis stream=x', qr/needs an address/],
    ['reco_redis no.such.host.invalid', qr/host not found/],
    ['reco_redis unix:/x user=me', qr/"user=" of "reco_redis" needs "password="/],
    ['reco_redis unix:/x timeout=soon', qr/is not a time/],
    ['reco_redis unix:/x hold=long', qr/is not a time/],
    ["reco_redis unix:/x; reco_outbox $dir/outbox size=1k", qr/too small/],
    ["reco_redis unix:/x; reco_outbox $dir/outbox sync=2s", qr/"sync=2s"/],
    ["reco_redis unix:/x; reco_outbox $dir/outbox drop=all", qr/"drop=all"/],
    ["reco_redis unix:/x; reco_outbox $dir/nginx.conf", qr/nginx\.conf" of "reco_outbox" is not a directory/],
    ['reco_redis unix:/x', qr/"reco_redis" needs "reco_outbox"/],
    ["reco_outbox $dir/outbox", qr/"reco_outbox" needs "reco_redis"/],
) {
    my ($ok, $output) = $world->nginx_test("$_->[0]"
        . ($_->[0] =~ /outbox/ || $_->[1] =~ /needs "reco_outbox"/ ? ';'
            : "; reco_outbox $dir/outbox;")
        . " server { listen 127.0.0.1:$world->{port}; }");
    ok(!$ok && $output =~ $_->[1], "refused: $_->[0]") or diag $output;
}

$world->done;
done_testing;
