# The outbox's directory: what happens when it is full, cannot be written, holds
# damage, or files of workers that are gone.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;
use Time::HiRes qw(sleep time);

use Reco;

my $world = Reco->new;
my $dir   = $world->{dir};
my $redis = $world->redis;
$redis->command('CONFIG', 'SET', 'appendfsync', 'always');

$world->expect_log(qr/reco: /);

sub with {
    my ($outbox, %option) = @_;
    $world->stop_nginx if $world->{nginx_pid};
    configure($outbox, %option);
    $world->start_nginx;
}

sub configure {
    my ($outbox, %option) = @_;
    $world->nginx_conf(<<"CONF", %option);
    reco_redis  unix:$dir/redis.sock stream=ev shards=1;
    reco_outbox $outbox;
    server {
        listen 127.0.0.1:$world->{port} @{[ $option{listen} || '' ]};
        location = /reco/beacon { reco_beacon; }
        location = /reco/status { reco_status; }
    }
CONF
}

sub post {
    my ($id, %headers) = @_;
    return $world->post('/reco/beacon', qq({"id":"$id","type":"view","ctx":{"x":")
        . ('y' x 200) . '"}}', headers => { 'Content-Type' => 'text/plain', %headers });
}

sub beacon {
    my ($id) = @_;
    return post($id, Cookie => 'reco=' . 'c' x 32)->{status};
}

sub status {
    my ($name) = @_;
    my ($value) = $world->get('/reco/status')->{body} =~ /^reco_$name (\d+)/m;
    return $value;
}

sub logged {
    my ($pattern) = @_;
    return $world->wait_for(8, sub { $world->error_log =~ $pattern });
}

sub ids {
    my %seen;
    return grep { !$seen{$_}++ } map { $_->[1]{id} } $redis->entries('ev:0');
}

sub has_arrived {
    my (@want) = @_;
    return $world->wait_for(10, sub {
        my %there = map { $_ => 1 } ids();
        return !grep { !$there{$_} } @want;
    });
}

# -- full --------------------------------------------------------------------

with("$dir/outbox size=64k drop=refuse");
$world->stop_redis('KILL');
my (@taken, $refused);
for my $n (1 .. 400) {
    if (beacon("r$n") == 204) {
        push @taken, "r$n";
    } else {
        $refused = $n;
        last;
    }
}
ok($refused, "drop=refuse: event $refused is refused");
is(beacon('more'), 503, 'with 503');
is(status('outbox_refused_total'), 2, 'and counted');
ok($world->wait_for(60, sub { status('outbox_records') == @taken }), 'the others wait')
    or diag status('outbox_records');
my $new = post('who-is-new');
is($new->{status}, 503, 'so is who is new');
like($new->{headers}{'set-cookie'} || '', qr/^reco=/,
    'and stays the same visitor when sending it again');
$redis = $world->redis;
ok(has_arrived(@taken), 'and arrive');
is_deeply([ids()], \@taken, 'in their order, and nothing else');
ok($world->wait_for(5, sub { beacon('again') == 204 }),
    'then there is room again');

with("$dir/outbox size=64k drop=oldest");
$world->stop_redis('KILL');
is(scalar(grep { beacon("o$_") != 204 } 1 .. 400), 0,
    'drop=oldest: all are taken');
my $dropped = status('outbox_dropped_total');
my $waiting = 400 - $dropped;
cmp_ok($dropped, '>', 100, "$dropped made room");
ok($world->wait_for(60, sub { status('outbox_records') == $waiting }),
    'the others wait');
$redis = $world->redis;
ok(has_arrived(map { "o$_" } $dropped + 1 .. 400), 'the newest arrive');
ok(!(grep { $_ eq 'o1' } ids()), 'the oldest do not');

with("$dir/outbox size=64k drop=newest");
$world->stop_redis('KILL');
is(scalar(grep { beacon("n$_") != 204 } 1 .. 400), 0,
    'drop=newest: all are answered');
$waiting = 400 - status('outbox_dropped_total');
ok($world->wait_for(60, sub { status('outbox_records') == $waiting }),
    'the oldest wait');
$redis = $world->redis;
ok(has_arrived(map { "n$_" } 1 .. $waiting), 'and arrive');
ok(!(grep { $_ eq 'n400' } ids()), 'the newest do not');

# -- to the disk -------------------------------------------------------------

for my $sync (qw(off 1s always)) {
    with("$dir/outbox size=64k sync=$sync");
    is(beacon("sync-$sync"), 204, "sync=$sync: an event is taken");
    ok(has_arrived("sync-$sync"), 'and arrives');
}

# -- another size ------------------------------------------------------------

with("$dir/outbox size=1m");
$world->wait_for(5, sub { status('outbox_capacity_bytes') == 1 << 20 });
is(status('outbox_capacity_bytes'), 1 << 20, 'an empty file gets the new size');
$world->stop_redis('KILL');
beacon("size$_") for 1 .. 3;
with("$dir/outbox size=2m");
is(status('outbox_capacity_bytes'), 2 << 20, 'one that is not is set aside');
is(beacon('size4'), 204, 'new events go to the new one');
$redis = $world->redis;
ok(has_arrived(map { "size$_" } 1 .. 4), 'all arrive');
ok($world->wait_for(5, sub { 1 == (() = glob "$dir/outbox/*") }),
    'and the old file is gone') or diag join ' ', glob "$dir/outbox/*";

# -- fewer workers -------------------------------------------------------------

with("$dir/outbox size=64k", workers => 4, listen => 'reuseport');
$world->stop_redis('KILL');
beacon("w$_") for 1 .. 40;
ok($world->wait_for(5, sub { status('outbox_records') == 40 }),
    'forty events wait with four workers');
configure("$dir/outbox size=64k", workers => 1, listen => 'reuseport');
$world->reload;
ok($world->wait_for(10, sub { ($world->workers) == 1 }), 'one worker is left');
$redis = $world->redis;
ok(has_arrived(map { "w$_" } 1 .. 40), 'what the others had arrives');
ok($world->wait_for(5, sub { 1 == (() = glob "$dir/outbox/*.outbox") }),
    'and their files are gone') or diag join ' ', glob "$dir/outbox/*";

# -- damage ------------------------------------------------------------------

$world->stop_redis('KILL');
beacon("d$_") for 1 .. 3;
$world->stop_nginx;
my ($file) = glob "$dir/outbox/*.outbox";
my $content = $world->read_file($file);
substr($content, index($content, "id\td2"), 1) = 'I';
$world->write_file($file, $content);
$world->start_nginx;
ok(logged(qr/skipped 1 damaged stretches, 2 records are whole/),
    'a damaged record is skipped, the log says so');
is(status('outbox_torn_total'), 1, 'and counted');
$world->stop_nginx;
substr($content, 16, 1) = "\xff";
$world->write_file($file, $content);
$world->start_nginx;
ok(logged(qr/header is damaged.*set aside/), 'a damaged header is told');
is(beacon('d4'), 204, 'events go to a new file');
is(scalar(() = glob "$dir/outbox/*.damaged"), 1, 'the damaged one is kept');
$world->write_file("$dir/outbox/foreign.outbox", "not of ours\n");
ok(logged(qr/foreign.outbox.*not an outbox file.*set aside/),
    "somebody else's file is set aside too");
$redis = $world->redis;
ok(has_arrived('d4'), 'events arrive');

# -- a directory that cannot be written ----------------------------------------

$world->stop_nginx;
rename "$dir/outbox", "$dir/elsewhere";
configure("$dir/outbox size=64k");
$world->start_nginx;
$world->stop_nginx;
# nginx makes the directory before its workers start: it goes right after.
$world->start_nginx;
$world->suspend($world->{nginx_pid});
my ($worker) = $world->workers;
system 'rm', '-rf', "$dir/outbox";
$world->write_file('outbox', "in the way\n");
kill 'KILL', $worker;
kill 'CONT', $world->{nginx_pid};
ok($world->wait_for(5, sub { beacon('nowhere') == 503 }),
    'no directory: events are refused with 503');
ok(logged(qr/cannot open it: Not a directory; events are refused/),
    'the log says why');
unlink "$dir/outbox";
mkdir "$dir/outbox", 0777;
ok($world->wait_for(5, sub { beacon('back') == 204 }),
    'they are taken when it is back');
ok(has_arrived('back'), 'and arrive');

# -- a full disk -------------------------------------------------------------

SKIP: {
    skip 'no /dev/shm', 2 unless -d '/dev/shm' && -w '/dev/shm';
    my $shm = "/dev/shm/reco-test-$$";
    with("$shm size=1000g");
    is(beacon('full'), 503, 'a full disk: events are refused with 503');
    ok(logged(qr/cannot reserve its room: No space left on device/),
        'the log says why');
    $world->stop_nginx;
    system 'rm', '-rf', $shm;
}

$world->expect_log(qr/exited on signal 9/);
$world->done;
done_testing;
