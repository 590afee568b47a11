# The feature store: records of visitors and counters of items in Redis.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;
use Time::HiRes qw(time);

use Reco;

my $world = Reco->new;
my $dir   = $world->{dir};
my $redis = $world->redis;

$world->trainer_conf(
    overlay_interval => '100ms',
    min_events       => 20,
    ials_dimensions  => 8,
    ials_iterations  => 2,
    feature_ttl      => '100s',
);

my $number = 0;

sub send_event {
    my ($visitor, %field) = @_;

    my $now   = int(time * 1000);
    my %event = (v => 1, t => 'view', id => 'e' . ++$number, ts => $now,
        rt => $now, src => 'sdk', %field);
    $redis->command('XADD', 'reco:events:0', '*',
        Reco::Redis::event(u => $visitor, map { ($_, $event{$_}) } sort keys %event));
}

sub visitor { return sprintf '%032x', $_[0] }

my $ann = visitor(0xa);

for my $n (1 .. 60) {
    send_event(visitor(100 + $n), i => 'item-' . ($n % 10 + $_)) for 1 .. 3;
}
$world->trainer;
ok($world->wait_for(60, sub { -e "$dir/model/current/manifest.json" }),
    'a version');

send_event($ann, i => 'item-3');
send_event($ann, i => 'item-4', t => 'click');
send_event($ann, t => 'impression', s => 'related',
    l => "item-5\t\t\nitem-6\t\t\n");
send_event($ann, t => 'purchase', l => "item-4\t2\t9.5\nitem-7\t1\t3\n");

my $record;
ok($world->wait_for(30, sub {
    $record = $redis->command('GET', "reco:visitor:$ann") // '';
    length $record > 40 && (unpack 'x12 v', $record) == 4;
}), 'a record with the four things that the visitor did')
    or diag unpack 'H*', $record;

my ($magic, $version, $nbase, $length, $events, $seen) =
    unpack 'a4 v v V v v', $record;
my ($dimensions, $counters) = unpack 'x32 v v', $record;
is($magic, 'RECP', 'as the layout has it');
is($version, 1, 'of its first version');
is($length, length $record, 'whole');
is($seen, 2, 'what was shown is in it');
is($dimensions, 8, 'and a vector');
is(substr($record, 40 + 17 * $events + 9 * $seen + 4 * $counters, $nbase),
    substr(readlink "$dir/model/current", -6), 'that is of the live version');
my @counts = unpack "x@{[40 + 17 * $events + 9 * $seen]} V$counters", $record;
is_deeply([@counts[0, 1, 5, 7]], [1, 1, 1, 1], 'and how often what was done');
my $ttl = $redis->command('TTL', "reco:visitor:$ann");
cmp_ok($ttl, '>', 0, 'it goes some day');
cmp_ok($ttl, '<=', 100, 'as configured');

# They are written after the visitors.
my %item;
$world->wait_for(60, sub {
    %item = @{ $redis->command('HGETALL', 'reco:item:item-4') };
    return $item{purchase};
});
is($item{click}, 1, 'an item has counters');
is($item{purchase}, 1, 'of each type');
cmp_ok($redis->command('TTL', 'reco:item:item-4'), '>', 0, 'that go as well');

# -- Redis is emptied: what comes next is whole again --

$redis->command('FLUSHALL');
send_event($ann, i => 'item-8');
ok($world->wait_for(60, sub {
    $record = $redis->command('GET', "reco:visitor:$ann") // '';
    length $record > 40 && (unpack 'x12 v', $record) == 5;
}), 'a record that was lost is made again, with everything');

# -- who is forgotten stays forgotten --

my ($code, $output) = $world->recoctl('forget', '--config',
    "$dir/trainer.conf", $ann);
is($code, 0, 'a visitor is forgotten') or diag $output;
is($redis->command('EXISTS', "reco:visitor:$ann"), 0, 'the record too');
send_event(visitor(200), i => 'item-9');
ok($world->wait_for(30, sub {
    $redis->command('EXISTS', 'reco:visitor:' . visitor(200));
}), 'others go on');
is($redis->command('EXISTS', "reco:visitor:$ann"), 0, 'and that is all');

$world->done;
done_testing;
