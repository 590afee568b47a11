# A visitor whose events two workers have, because Redis was away, finds them in
# the stream in their order: workers take turns.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;
use Time::HiRes qw(sleep);

use Reco;

my $count = 100;
my $world = Reco->new;
my $dir   = $world->{dir};
my $redis = $world->redis('--appendonly', 'no');
$world->expect_log(qr/reco: Redis: /);

$world->nginx(<<"CONF", workers => 2);
    reco_redis  unix:$dir/redis.sock stream=ev shards=1;
    reco_outbox $dir/outbox size=1m;
    server {
        listen 127.0.0.1:$world->{port} reuseport;
        location = /beacon { reco_beacon; }
        location = /status { reco_status; }
    }
CONF
$world->stop_redis('KILL');

# Each over a connection of its own, which the kernel gives to either worker.
my $bad = 0;
for my $n (1 .. $count) {
    my $answer = $world->post('/beacon', qq({"id":"n$n","type":"view","item":"1"}),
        headers => { 'Content-Type' => 'text/plain', Cookie => 'reco=' . 'a' x 32 });
    $bad++ if $answer->{status} != 204;
    sleep 0.03;
}
is($bad, 0, "$count events are taken while Redis is away");
my @used = grep { $world->read_file($_) =~ /view/ } glob "$dir/outbox/*.outbox";
is(scalar @used, 2, 'two workers have them');

$redis = $world->redis;
my @there;
ok($world->wait_for(30, sub {
    @there = map { $_->[1]{id} =~ /(\d+)/ } eval { $redis->entries('ev:0') };
    return @there >= $count;
}), 'all arrive');
is(scalar @there, $count, 'once');

# One worker's after the other's, the first of these came behind nearly all of those.
my ($most, $highest) = (0, 0);
for (@there) {
    $most = $highest - $_ if $highest - $_ > $most;
    $highest = $_ if $_ > $highest;
}
cmp_ok($most, '<', $count / 2, "none came behind one that is more than $most later");

$world->done;
done_testing;
