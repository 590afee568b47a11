# Beacons reach the Redis stream: their fields; while Redis is away; over the
# death of a worker, a reload, and the end of nginx.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;
use Time::HiRes qw(sleep time);

use Reco;
use Reco::Visitors;

my $world = Reco->new;
my $dir   = $world->{dir};
my $redis = $world->redis('--appendfsync', 'always');

sub conf {
    return <<"CONF";
    reco_zone   shop:4m;
    reco_robot_rate 0;
    reco_redis  unix:$dir/redis.sock stream=ev shards=3 maxlen=1000000;
    reco_outbox $dir/outbox size=4m;
    server {
        listen 127.0.0.1:$world->{port};
        location = /reco/beacon { reco_beacon; }
        location = /reco/status { reco_status; }
    }
CONF
}

$world->nginx(conf(), workers => 2);

my $me = 'a' x 32;
my %headers = (
    'Cookie' => "reco=$me", 'Content-Type' => 'application/json');

sub beacon {
    my ($body) = @_;
    return $world->post('/reco/beacon', $body, headers => \%headers)->{status};
}

sub status {
    my ($name) = @_;
    my ($value) = $world->get('/reco/status')->{body} =~ /^reco_$name (\d+)/m;
    return $value;
}

# -- fields ------------------------------------------------------------------

my $begin = int(time * 1000);
is(beacon('{"id":"e1","type":"click","item":"42","rank":2,"ctx":{"page":"x"}}'),
    204, 'an event is taken');
ok($world->wait_for(5, sub { $redis->events('ev', 3) == 1 }), 'and arrives');
my ($entry) = $redis->events('ev', 3);
my %field = %{ $entry->[1] };
is($field{u}, $me, 'with the visitor');
is_deeply([@field{qw(t id i k c)}], ['click', 'e1', 42, 2, "page\tx\n"],
    'and what the client said');
like($field{q}, qr/^[0-9a-f]{16}$/, 'and a sequence');
my $when = do { no warnings 'portable'; hex substr $field{q}, 0, 11 };
ok($when >= $begin && $when <= time * 1000, 'which tells when it was received')
    or diag "$begin $field{q}";
ok(!(grep { exists $field{$_} } qw(v ts rt src)), 'and nothing that goes without saying');

is(beacon('[{"id":"e2","type":"view","item":"1"},{"type":"none"},'
    . '{"id":"e3","type":"view","item":"2"}]'), 400, 'one of three is refused');
ok($world->wait_for(5, sub { $redis->events('ev', 3) == 3 }),
    'the others arrive');
my @sequence = map { $_->[1]{q} } $redis->events('ev', 3);
is_deeply(\@sequence, [sort @sequence], 'in their order');

# -- Redis is away -----------------------------------------------------------

$world->expect_log(qr/reco: Redis: /);
$world->stop_redis('KILL');
is(beacon("{\"id\":\"away-$_\",\"type\":\"view\",\"item\":\"$_\"}"), 204,
    "event $_ is taken while Redis is away") for 1 .. 3;
ok($world->wait_for(5, sub { (status('outbox_records') || 0) == 3 }),
    'the status shows what waits');
$redis = $world->redis;
ok($world->wait_for(10, sub { $redis->events('ev', 3) == 6 }),
    'what was taken arrives when Redis is back');
ok($world->wait_for(5, sub { status('outbox_records') == 0 }),
    'nothing waits any more');

# -- while it is away, the worker dies, nginx is reloaded and stopped ----------

$world->stop_redis('KILL');
beacon('{"id":"before-kill","type":"view","item":"1"}') for 1;
kill 'KILL', $world->workers;
$world->expect_log(qr/exited on signal 9/);
ok($world->wait_for(5, sub { beacon('{"id":"after-kill","type":"view"}')
    == 204 }), 'a new worker takes events');
$world->reload;
beacon('{"id":"after-reload","type":"view"}');
$world->stop_nginx('QUIT');
$redis = $world->redis;
$world->start_nginx;
# One whose answer the kill took was sent twice.
my @lives = qw(before-kill after-kill after-reload);
my %id;
ok($world->wait_for(10, sub {
    %id = map { $_->[1]{id} => 1 } $redis->events('ev', 3);
    return !grep { !$id{$_} } @lives;
}), 'what was taken in three lives of nginx arrives');
ok($id{$_}, "$_ arrived") for @lives;
ok($world->wait_for(5, sub {
    return 2 == (() = glob "$dir/outbox/*.outbox");
}), 'the files of workers that are gone are gone')
    or diag join ' ', glob "$dir/outbox/*";

# -- under load --------------------------------------------------------------

my $visitors = Reco::Visitors->start($world, 4, pause => 0.002);
for (1 .. 5) {
    my $taken = $visitors->taken;
    $world->wait_for(60, sub { $visitors->taken >= $taken + 100 });
    kill 'KILL', ($world->workers)[0];
}
my $said = $visitors->stop;
my $count = 0;
$count += @$_ for values %$said;
cmp_ok($count, '>', 200, "$count events were taken under load");
is_deeply($visitors->{failed}, {}, 'none was refused');

my @result;
$world->wait_for(10, sub {
    @result = Reco::Visitors::compare($said,
        Reco::Visitors::arrived($redis, 'ev', 3));
    return !$result[0];
});
is($result[0], 0, 'none was lost when workers were killed');
note "$visitors->{cut} connections cut, $result[1] events doubled in the stream";

$world->done;
done_testing;
