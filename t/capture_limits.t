# A disk that fills up, a directory that may not be written, a Redis that takes
# ten seconds: beacons are answered at once, the log says why, nothing is lost.

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
my $redis = $world->redis('--appendfsync', 'always');

$world->expect_log(qr/reco: /);
$world->expect_log(qr/exited on signal 9/);

sub configure {
    my ($outbox, %option) = @_;
    my $server = delete $option{redis} || "unix:$dir/redis.sock";
    $world->nginx_conf(<<"CONF", %option);
    reco_zone   shop:1m;
    reco_redis  $server stream=ev shards=1;
    reco_outbox $outbox;
    server {
        listen 127.0.0.1:$world->{port};
        location = /beacon { reco_beacon; }
        location = /status { reco_status; }
        location = /page   { return 200 page; }
    }
CONF
}

sub beacon {
    my ($id) = @_;
    return $world->post('/beacon', qq({"id":"$id","type":"view","item":"1"}),
        headers => { 'Content-Type' => 'text/plain',
                     Cookie => 'reco=' . 'd' x 32 })->{status};
}

sub status {
    my ($name) = @_;
    my ($value) = $world->get('/status')->{body} =~ /^reco_$name (\d+)/m;
    return $value;
}

sub logged {
    my ($pattern) = @_;
    return $world->wait_for(20, sub { $world->error_log =~ $pattern });
}

sub has_arrived {
    my (@want) = @_;
    return $world->wait_for(30, sub {
        my %there = map { $_->[1]{id} => 1 } $redis->entries('ev:0');
        return !grep { !$there{$_} } @want;
    });
}

# -- the disk fills up -----------------------------------------------------------

SKIP: {
    my $disk = "$dir/disk";
    mkdir $disk;
    skip 'not permitted to mount a small disk', 9
        if system("mount -t tmpfs -o size=3m tmpfs $disk 2>/dev/null") != 0;

    configure("$disk/outbox size=2m");
    $world->start_nginx;
    is(beacon('before'), 204, 'there is room: an event is taken');
    system "dd if=/dev/zero of=$disk/other bs=64k 2>/dev/null";
    is(join(' ', map { beacon("full$_") } 1 .. 20), join(' ', (204) x 20),
        'the disk is full: events are taken, the room was reserved');
    $world->stop_redis('KILL');
    is(beacon('away'), 204, 'also while Redis is away');

    # Another file is needed: the old worker's holds an event.
    $world->stop_nginx;
    configure("$disk/outbox size=1m");
    $world->start_nginx;
    ok($world->wait_for(10, sub { beacon('none') == 503 }),
        'no room for a new file: 503');
    ok(logged(qr/cannot reserve its room: No space left on device/),
        'the log says why');
    is($world->get('/page')->{status}, 200, 'pages are served');
    $redis = $world->redis;
    ok(has_arrived('before', 'away', map { "full$_" } 1 .. 20),
        'what had been taken arrives');
    unlink "$disk/other";
    ok($world->wait_for(20, sub { beacon('room') == 204 }),
        'there is room again: events are taken');
    ok(has_arrived('room'), 'and arrive');
    $world->stop_nginx;
    system 'umount', $disk;
}

# -- a directory that may not be written -------------------------------------------

SKIP: {
    skip 'only root may give the workers another user', 6 if $> != 0;

    configure("$dir/outbox size=1m", user => 'nobody nogroup');
    $world->start_nginx;
    is(beacon('allowed'), 204, 'an event is taken');
    chown 0, 0, "$dir/outbox";
    chmod 0500, "$dir/outbox";
    kill 'KILL', $world->workers;
    ok($world->wait_for(20, sub { beacon('denied') == 503 }),
        'the directory is closed: 503');
    ok(logged(qr/cannot open it: Permission denied; events are refused/),
        'the log says why');
    is($world->get('/page')->{status}, 200, 'pages are served');
    chmod 0777, "$dir/outbox";
    ok($world->wait_for(20, sub { beacon('again') == 204 }),
        'it is open: events are taken');
    ok(has_arrived('allowed', 'again'), 'and arrive');
    $world->stop_nginx;
}

# -- each reply takes ten seconds ---------------------------------------------------

my $log = "$dir/logs/slow";
my $slow = Reco::FakeRedis::start($world, sub {
    my ($n, $command) = @_;
    if ($n <= 2) {
        sleep 10;
        $world->wait_for(600, sub { -e "$dir/served" });
    }
    return "+PONG\r\n" if $command eq 'PING';
    open my $file, '>>', $log;
    syswrite $file, "$command\n";
    return "\$15\r\n1764000000000-0\r\n";
});
configure("$dir/outbox size=1m", redis => "127.0.0.1:$slow");
$world->start_nginx;
my ($worker) = $world->workers;
is(scalar(grep { beacon("slow$_") != 204 || $world->get('/page')->{status} != 200 } 1 .. 20),
    0, 'nobody waits for Redis, which has not answered yet');
$world->write_file('served', '');
ok($world->wait_for(60, sub { -s $log && status('outbox_records') == 0 }),
    'what was taken is delivered, late') or diag $world->error_log;
is_deeply([$world->workers], [$worker], 'by the same worker');

$world->done;
done_testing;
