# Several events in one entry of the stream: once, in order, over a Redis that is
# away or refuses; read by the trainer and shown by recoctl.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use List::Util qw(sum0);
use Test::More;

use Reco;

my $world = Reco->new;
my $dir   = $world->{dir};
my $redis = $world->redis;
$world->expect_log(qr/reco: /);

my $shards = 3;
my $batch  = 8;
my %sent;   # visitor => ids, in order

sub conf {
    my (@more) = @_;
    return $world->capture_conf(
        "unix:$dir/redis.sock stream=ev shards=$shards batch=$batch @more", '4m');
}

sub visitor { return sprintf '%032x', $_[0] }

# Events of one visitor in one body.
sub beacon {
    my ($visitor, $n) = @_;
    my @ids = map { sprintf 'e%d', ++$sent{''} } 1 .. $n;
    my $body = join ',', map { qq({"id":"$_","type":"view","item":"i-$_"}) } @ids;
    push @{ $sent{$visitor} }, @ids;
    return $world->post('/reco/beacon', "[$body]", headers => {
        'Cookie' => "reco=$visitor", 'Content-Type' => 'text/plain' })->{status};
}

sub status {
    my ($name) = @_;
    my ($value) = $world->get('/reco/status')->{body} =~ /^reco_$name (\d+)/m;
    return $value;
}

# The ids of each visitor's events in the stream, in its order.
sub arrived {
    my %ids;
    push @{ $ids{ $_->[1]{u} // '' } }, $_->[1]{id} for $redis->events('ev', $shards);
    return \%ids;
}

sub all_sent {
    my %all = %sent;
    delete $all{''};
    return \%all;
}

sub lengths { return map { $redis->command('XLEN', "ev:$_") } 0 .. $shards - 1 }

sub arrives {
    my ($what) = @_;
    ok($world->wait_for(60, sub { $redis->events('ev', $shards) == $sent{''} }), $what);
    is_deeply(arrived(), all_sent(), 'each once, and in order');
    ok($world->wait_for(60, sub { status('outbox_records') == 0 }), 'nothing waits');
}

for my $wrong (qw(0 65 x)) {
    my ($fine, $output) = $world->nginx_test($world->capture_conf(
        "unix:$dir/redis.sock batch=$wrong", '4m'));
    ok(!$fine, "batch=$wrong is refused");
    like($output, qr/"batch=$wrong" of "reco_redis" is not a number in its range/, 'with the reason');
}

$world->nginx(conf());

# -- one body ------------------------------------------------------------------

is(beacon(visitor(1), 20), 204, 'twenty events of one visitor');
arrives('arrive');
is(sum0(lengths()), 3, 'in three entries');

is(beacon(visitor(2), 1), 204, 'one event');
arrives('arrives');
is(sum0(lengths()), 4, 'in an entry of its own');

# -- while Redis is away ---------------------------------------------------------

my @before = lengths();
$world->stop_redis;
for my $round (1 .. 6) {
    beacon(visitor($_), 1 + $_ % 3) for 1 .. 12;
}
$redis = $world->redis;
arrives('what waited for Redis arrives');

# All of it in one go: only the last entry of a shard may have room.
my %events;
for my $shard (0 .. $shards - 1) {
    $events{$shard} = [map { $_->[0] } $redis->entries("ev:$shard")];
    my %in;
    $in{$_}++ for @{ $events{$shard} };
    my @full = grep { $in{$_} == $batch } keys %in;
    cmp_ok(scalar(@full), '>=', 1, "shard $shard has full entries");
    is(scalar(grep { $in{$_} > $batch } keys %in), 0, 'and none that has too many');
}

# -- while Redis refuses -----------------------------------------------------------

$redis->command('CONFIG', 'SET', 'maxmemory', '1');
beacon(visitor($_), 3) for 1 .. 12;
ok($world->wait_for(60, sub { status('redis_errors_total') > 0 }), 'Redis refuses');
is(status('outbox_records'), 36, 'they wait');
$redis->command('CONFIG', 'SET', 'maxmemory', '0');
arrives('what it had refused arrives');

# -- what nginx holds on to, over its death -----------------------------------------

$world->stop_redis;
beacon(visitor($_), 3) for 1 .. 12;
kill 'KILL', $world->workers;
$world->expect_log(qr/exited on signal 9/);
ok($world->wait_for(60, sub { $world->get('/reco/status')->{status} == 200 }),
    'a new worker');
beacon(visitor($_), 3) for 1 .. 12;
$redis = $world->redis;
arrives('what a dead worker left arrives, before what came later');

$world->stop_nginx;
$world->nginx(conf('hold=100ms'));
beacon(visitor($_), 5) for 1 .. 12;
arrives('what is held after it was confirmed arrives, and is let go of');

# -- readers -------------------------------------------------------------------------

my $good = (Reco::Redis::event(u => visitor(99), t => 'view', i => 'good', ts => 1000 * time,
    id => 'good'))[1];
my $unnamed = (Reco::Redis::event(u => visitor(99), t => 'view', i => 'unnamed',
    ts => 1000 * time))[1];
my $bad = (Reco::Redis::event(u => visitor(99), t => 'nonsense'))[1];
$redis->command('XADD', 'ev:0', '*', e => join "\n", $good, $bad, $unnamed, $unnamed);
# More than an entry has: the rest is no event.
$redis->command('XADD', 'ev:0', '*', e => "\n" x 100_000);

$world->trainer(stream => 'ev', shards => $shards);
my $stored;
ok($world->wait_for(60, sub {
    $stored = $world->stored;
    return ($redis->command('XLEN', 'reco:rejected') || 0) == 65
        && sum0(map { scalar @$_ } values %$stored) == $sent{''} + 3;
}), 'the trainer takes all of them') or diag explain $stored;
my $others = delete $stored->{ visitor(99) };
is_deeply($stored, all_sent(), 'in order');
is($others->[0], 'good', 'of an entry that has a bad one, the good ones, too');
my %named = map { $_ => 1 } @$others;
is(scalar(keys %named), 3, 'those without a name get one each');
is_deeply([map { $_->[1]{t} // '' } ($redis->entries('reco:rejected'))[0]], ['nonsense'],
    'the bad one alone is rejected');

my ($code, $output) = $world->ctl('tail', '--once', '--visitor', visitor(3), '--lines', 1000);
is(scalar(() = $output =~ /^\S+ 00000000 view +i=i-e/mg), scalar @{ $sent{ visitor(3) } },
    'recoctl tail shows each');

my $n = @{ delete $sent{ visitor(3) } };
$sent{''} -= $n;
($code, $output) = $world->ctl('forget', visitor(3));
like($output, qr/: $n events and $n stream entries removed$/m, 'one visitor is forgotten');
my $left = arrived();
delete $left->{ visitor(99) };
delete $left->{''};
is_deeply([sort keys %$left], [sort keys %{ all_sent() }], 'and nobody else');
for my $visitor (sort keys %$left) {
    my %seen = map { $_ => 1 } @{ $left->{$visitor} };
    is_deeply([sort keys %seen], [sort @{ $sent{$visitor} }], 'all of ' . substr $visitor, 30);
}
ok($world->wait_for(60, sub {
    $stored = $world->stored;
    return !exists $stored->{ visitor(3) };
}), 'the store has nothing of the visitor');
delete $stored->{ visitor(99) };
is_deeply($stored, all_sent(), 'and of the others what it had, once');

$world->done;
done_testing;
