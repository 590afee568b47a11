# A master dies under load and a real sentinel with a password makes its replica the next one:
# the forwarder and the trainer follow, and nothing is lost, in order.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;
use Time::HiRes qw(sleep time);

use Reco;
use Reco::Redis;

my $world = Reco->new;
my $dir   = $world->{dir};
my $sent  = 0;

$world->expect_log(qr/reco: Redis/);

my $master = $world->redis;
my ($standby, $sentinel) = (Reco::free_port(), Reco::free_port());

mkdir "$dir/$_" for qw(replica sentinel);
$world->start('replica', 'redis-server', '--port', $standby, '--bind',
    '127.0.0.1', '--dir', "$dir/replica", '--save', '', '--appendonly', 'yes',
    '--replicaof', '127.0.0.1', $world->{redis_port});

sub client {
    my ($port) = @_;
    my $client;
    $world->wait_for(20, sub {
        $client = eval { Reco::Redis->new(port => $port) };
    }) or die "nothing listens on $port";
    return $client;
}

my $replica = client($standby);
ok($world->wait_for(30, sub {
    $replica->command('INFO', 'replication') =~ /master_link_status:up/;
}), 'a replica follows the master');

$world->start('sentinel', 'redis-server', $world->write_file('sentinel.conf', <<"CONF"), '--sentinel');
port $sentinel
bind 127.0.0.1
requirepass watch
dir $dir/sentinel
sentinel monitor shop 127.0.0.1 $world->{redis_port} 1
sentinel down-after-milliseconds shop 1000
sentinel failover-timeout shop 3000
CONF
my $guard = client($sentinel);
$guard->command('AUTH', 'watch');
ok($world->wait_for(30, sub {
    my %field = map { ref ? () : $_ }
        map { @$_ } eval { @{ $guard->command('SENTINEL', 'REPLICAS', 'shop') } };
    return ($field{port} // 0) == $standby;
}), 'the sentinel knows of both');

$world->nginx(<<"CONF");
    reco_redis  127.0.0.1:$sentinel sentinel=shop
        sentinel_password=watch stream=ev shards=1 hold=30s;
    reco_outbox $dir/outbox size=4m;
    reco_robot_rate 0;
    server {
        listen 127.0.0.1:$world->{port};
        location = /reco/beacon { reco_beacon; }
    }
CONF
$world->trainer(redis => "127.0.0.1:$sentinel", redis_sentinel => 'shop',
    redis_sentinel_password => 'watch',
    redis_timeout => '2s', stream => 'ev');

sub beacon {
    $sent++;
    return $world->post('/reco/beacon',
        qq({"id":"n$sent","type":"view","item":"$sent"}), headers => {
            'Cookie' => 'reco=' . 'b' x 32,
            'Content-Type' => 'text/plain' })->{status} == 204;
}

# Whether all that was sent is there, each first time in its order.
sub all_there {
    my ($redis) = @_;
    my @ids;
    $world->wait_for(40, sub {
        my %seen;
        @ids = grep { !$seen{$_}++ }
            map { $_->[1]{id} } eval { $redis->entries('ev:0') };
        return @ids >= $sent;
    });
    return "@ids" eq join ' ', map { "n$_" } 1 .. $sent;
}

is(scalar(grep { !beacon() } 1 .. 50), 0, 'events are taken');
ok(all_there($master), 'they arrive at the master that the sentinel names');

my $killed = time;
$world->stop_redis('KILL');

my $refused = 0;
while (time - $killed < 4) {
    $refused++ unless beacon();
    sleep 0.01;
}
is($refused, 0, 'the master dies: events are taken');

# A sentinel cuts off the clients of a server that it gives another role; after a
# pause of its own it does nothing for half a minute.
ok($world->wait_for(300, sub {
    $replica = client($standby);
    return (eval { $replica->command('INFO', 'replication') } // '')
        =~ /^role:master/m;
}), 'the replica is made master');
is(scalar(grep { !beacon() } 1 .. 50), 0, 'events are taken');
ok(all_there($replica), 'all are there, in order') or diag $world->error_log;

my $counted;
ok($world->wait_for(40, sub {
    my ($code, $said) = $world->recoctl('status', '-c', "$dir/trainer.conf");
    ($counted) = $said =~ /^ +events +(\d+)$/m;
    return ($counted // 0) >= $sent;
}), 'the trainer has followed') or diag $world->read_file('logs/trainer.log');
is($counted, $sent, 'and has each once');

$world->stop_trainer;
$world->done;
done_testing;
