# Reloads and killed workers, under load: sessions stay, pages go on, old
# workers leave, nothing that was acknowledged is lost.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use JSON::PP qw(decode_json encode_json);
use Test::More;
use Time::HiRes qw(time sleep);

use Reco;
use Reco::Model;

my $world = Reco->new;
my $dir   = $world->{dir};
my $redis = $world->redis;
my $asan  = Reco::has_own_nginx();

Reco::Model::publish($world, '000001', items => 60);
$world->write_file("www/product/sku-$_",
    '<html><body><!-- reco:related --><!-- reco:recent --></body></html>') for 1 .. 60;

sub conf {
    my ($zone) = @_;

    return <<"CONF";
    reco_model $dir/model;
    reco_zone shop:$zone;
    reco_robot_rate 0;
    reco_redis unix:$dir/redis.sock stream=events shards=2;
    reco_outbox $dir/outbox size=1m;
    server {
        listen 127.0.0.1:$world->{port};
        root $dir/www;
        default_type text/html;
        location = /beacon { reco_beacon; }
        location = /status { reco_status; }
        location / {
            reco on;
            reco_item \$reco_path_segment_2;
            reco_slot related n=5;
            reco_slot recent n=5 source=recent;
        }
    }
CONF
}

$world->nginx(conf('1m'), workers => 2);

sub pids {
    my %pid;
    for my $file (glob '/proc/[0-9]*/stat') {
        my $stat = $world->read_file($file);
        $pid{$1} = 1 if $stat =~ /^(\d+) .*\) \S $world->{nginx_pid} /;
    }
    return %pid;
}

sub status {
    return decode_json($world->get('/status?format=json')->{body});
}

my $visitor = 'abcdef0123456789' x 2;
sub recent {
    my $response = $world->get('/product/sku-50', headers => { Cookie => "reco=$visitor" });
    my ($recent) = grep { /block="recent"/ } (Reco::Model::parts($response->{body}))[1, 2];
    return sort grep { /^sku-[123]$/ } Reco::Model::ids($recent);
}
$world->get("/product/sku-$_", headers => { Cookie => "reco=$visitor" }) for 1 .. 3;
is_deeply([recent()], [qw(sku-1 sku-2 sku-3)], 'a session');

# Clients in the background: pages and beacons on connections of their own.
# What they saw comes back through a file each.  Where workers are killed, what was
# cut off is asked for again.
my ($stop, @clients);
sub start_clients {
    my ($name, $killed) = @_;

    $stop = "$dir/stop-$name";
    for my $client (1 .. 3) {
        my $pid = fork;
        if ($pid == 0) {
            my ($n, $failed, @acknowledged) = (0, 0);
            until (-e $stop) {
                $n++;
                my $page = eval { $world->get('/product/sku-' . (1 + $n % 60)) };
                my $whole = $page && $page->{status} && $page->{complete};
                $failed++ unless $whole ? $page->{status} == 200
                    && $page->{body} =~ /data-reco-item/ : $killed;
                my $id = "$name$client-$n";
                my $answer = eval { $world->post('/beacon',
                    encode_json({ v => 1, id => $id, type => 'click', item => 'sku-4' }),
                    headers => { 'Content-Type' => 'application/json',
                                 Cookie => 'reco=' . sprintf('%032x', $client) }) };
                push @acknowledged, $id if $answer && $answer->{status} == 204;
            }
            $world->write_file("client-$client", join "\n", "$n $failed", @acknowledged);
            POSIX::_exit(0);
        }
        push @clients, $pid;
    }
}
start_clients('c', 0);

# -- twenty reloads --

for my $round (1 .. 20) {
    my %before = pids();
    $world->start_reload;
    my $new = $world->wait_for(60, sub {
        my %now = pids();
        return 2 <= grep { !$before{$_} } keys %now;
    });
    sleep 0.2;
    fail("reload $round brought no new workers") unless $new;
}
my $gone = $world->wait_for(60, sub { my %now = pids(); return keys %now <= 2 });
ok($gone, 'after 20 reloads under load the old workers are gone')
    or diag(join ' ', pids());
is_deeply([recent()], [qw(sku-1 sku-2 sku-3)], 'the session outlived them');

# -- a zone of another size --

$world->nginx_conf(conf('2m'), workers => 2);
my $capacity = status()->{zones}[0]{capacity};
$world->reload;
ok($world->wait_for(60, sub { status()->{zones}[0]{capacity} > $capacity }),
    'a reload changes the size of the zone');
is_deeply([recent()], [qw(sku-1 sku-2 sku-3)], 'and takes the sessions along');
like($world->error_log, qr/zone "shop" changed its size, \d+ sessions moved/, 'and says so');

sub finish {
    $world->write_file($stop =~ s{.*/}{}r, '');
    waitpid $_, 0 for splice @clients;
    my ($asked, $failed, @ids) = (0, 0);
    for my $client (1 .. 3) {
        my ($first, @rest) = split /\n/, $world->read_file("client-$client");
        my ($n, $bad) = split ' ', $first;
        $asked += $n;
        $failed += $bad;
        push @ids, @rest;
    }
    return ($asked, $failed, @ids);
}

my ($asked, $failed, @ids) = finish();
is($failed, 0, "none of $asked pages failed");

my %have;
sub arrived {
    return $world->wait_for(60, sub {
        %have = map { $_->[1]{id} => 1 } $redis->events('events', 2);
        return !grep { !$have{$_} } @ids;
    });
}
ok(arrived(), 'each of ' . @ids . ' acknowledged events is in the stream')
    or diag('missing: ' . join ' ', grep { $_ } (grep { !$have{$_} } @ids)[0 .. 19]);

# -- workers killed at random, while they are at work --

start_clients('k', 1);
for my $round (1 .. 25) {
    my @workers = $world->workers;
    kill 'KILL', $workers[rand @workers];
    $world->wait_for(60, sub {
        my @now = $world->workers;
        return @now == 2 && join(' ', sort @now) ne join(' ', sort @workers);
    }) or fail("no worker took the place of killed one $round");
    # what the others have in hand and what a new one gets wait for the same locks
    $world->get("/product/sku-$_") for 1 .. 20;
}

# What no kill at random is sure to meet: a process that dies with a lock of the zone.
SKIP: {
    my $before = status()->{zones}[0]{recovered};
    my ($code, $output) = $world->run("$Reco::BUILD/t/support/die_with_lock",
        ($world->workers)[0], 2 << 20);
    skip "not permitted to map a worker's memory", 2 if $code == 2;
    is($code, 9, 'a process dies with a lock of the zone') or diag $output;
    ok($world->wait_for(60, sub {
        $world->get('/product/sku-1',
            headers => { Cookie => sprintf 'reco=%032x', rand 1e9 });
        status()->{zones}[0]{recovered} > $before;
    }), 'whoever needs it next takes it over');
}

($asked, $failed, @ids) = finish();
is($failed, 0, "of $asked pages all that came whole were right while workers were killed");
is_deeply([recent()], [qw(sku-1 sku-2 sku-3)], 'a session outlives them');
ok(arrived(), 'each of ' . @ids . ' events acknowledged meanwhile is in the stream')
    or diag('missing: ' . join ' ', grep { $_ } (grep { !$have{$_} } @ids)[0 .. 19]);
my $response = $world->post('/beacon', encode_json(
    { v => 1, id => 'last', type => 'click', item => 'sku-4' }),
    headers => { 'Content-Type' => 'application/json' });
is($response->{status}, 204, 'and beacons are taken');
@ids = ('last');
ok(arrived(), 'and arrive');
$world->expect_log(qr/worker process \d+ exited on signal 9/);

$world->stop_nginx;
$world->done;

done_testing;
