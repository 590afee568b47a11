# Twenty reloads under load and an upgrade of the binary: old workers go at once
# although their connection to Redis is open, and no event is lost.

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
my $redis = $world->redis;

$world->nginx_conf(<<"CONF", workers => 2, shutdown => '1h');
    reco_zone   shop:4m;
    reco_robot_rate 0;
    reco_redis  unix:$dir/redis.sock stream=ev shards=2;
    reco_outbox $dir/outbox size=1m;
    server {
        listen 127.0.0.1:$world->{port} reuseport;
        location = /reco/beacon { reco_beacon; }
        location = /reco/status { reco_status; }
    }
CONF

# As a daemon: a master whose parent is the one that started it does not
# upgrade.
system "cd $dir && (" . Reco::nginx_binary() . " -p $dir -e $dir/logs/error.log"
    . " -c $dir/nginx.conf >logs/nginx.log 2>&1 &"
    . ' for i in $(seq 600); do test -s nginx.pid && exit; sleep 0.1; done)';
my ($master) = $world->read_file('nginx.pid') =~ /(\d+)/
    or BAIL_OUT('nginx did not start: ' . $world->error_log);
$world->{children}{$master} = 'nginx';

sub is_alive {
    my ($pid) = @_;
    my @field = split ' ', $world->read_file("/proc/$pid/stat");
    return @field && $field[2] ne 'Z';
}

# Whatever the state: also those that are shutting down.
sub workers {
    return grep { is_alive($_) } split ' ',
        $world->read_file("/proc/$master/task/$master/children");
}

my $visitors = Reco::Visitors->start($world, 4, pause => 0.001);
sleep 0.5;

# None waits for worker_shutdown_timeout.
my $stayed = 0;
for my $n (1 .. 20) {
    my %old = map { $_ => 1 } workers();
    kill 'HUP', $master;
    $world->wait_for(60, sub {
        return !grep { $old{$_} } workers();
    }) or $stayed++;
    sleep 0.05;
}
is($stayed, 0, 'after a reload old workers go, and do not wait for their time to end');

# -- upgrade -----------------------------------------------------------------

my $old = $master;
kill 'USR2', $old;
ok($world->wait_for(10, sub {
    -e "$dir/nginx.pid.oldbin" && $world->read_file('nginx.pid') =~ /^\d+$/m
}), 'a new master starts');
($master) = $world->read_file('nginx.pid') =~ /(\d+)/;
$world->{children}{$master} = 'nginx';
sleep 0.5;
kill 'QUIT', $old;
ok($world->wait_for(10, sub { !is_alive($old) }), 'the old one goes');
delete $world->{children}{$old};
sleep 0.5;

my $said = $visitors->stop;
my $count = 0;
$count += @$_ for values %$said;
is_deeply($visitors->{failed}, {}, "none of $count events was refused");

my @result;
$world->wait_for(10, sub {
    @result = Reco::Visitors::compare($said,
        Reco::Visitors::arrived($redis, 'ev', 2));
    return !$result[0];
});
is($result[0], 0, 'none was lost');
note "$result[1] doubled in the stream, $result[2] out of order";
ok($world->wait_for(5, sub { 2 == (() = glob "$dir/outbox/*.outbox") }),
    'two workers have two files') or diag join ' ', glob "$dir/outbox/*";

kill 'QUIT', $master;
ok($world->wait_for(10, sub { !is_alive($master) }), 'nginx ends');
delete $world->{children}{$master};

$world->done;
done_testing;
