# A Redis that takes nothing while beacons pour in: what is under way is bounded,
# the rest waits in the file, and the worker's memory stays as it is.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;
use Time::HiRes qw(sleep);

use Reco;
use Reco::FakeRedis;

my $world = Reco->new;
my $dir   = $world->{dir};
my $sent  = 0;

$world->expect_log(qr/reco: Redis/);

# What may be under way: NGX_HTTP_RECO_WINDOW and its bytes; a record more.
my ($WINDOW, $WINDOW_BYTES, $RECORD) = (1024, 1 << 20, 64 << 10);

sub with {
    my ($server) = @_;
    $world->stop_nginx if $world->{nginx_pid};
    $world->nginx($world->capture_conf(
        "$server stream=ev shards=1 maxlen=10000000", '128m'));
}

# So many bodies of 64 events, which are filled up to about so many bytes.
sub pour {
    my ($bodies, $bytes) = @_;
    my $bad = 0;
    for (1 .. $bodies) {
        my @events;
        for (1 .. 64) {
            $sent++;
            my $fill = 'x' x 200;
            my $ctx = join ',', map { qq("k$_":"$fill") } 1 .. $bytes / 200;
            push @events,
                qq({"id":"n$sent","type":"view","item":"$sent","ctx":{$ctx}});
        }
        $bad++ if $world->post('/reco/beacon', '[' . join(',', @events) . ']',
            headers => { 'Cookie' => 'reco=' . 'b' x 32,
                         'Content-Type' => 'text/plain' })->{status} != 204;
    }
    return $bad == 0;
}

sub status {
    my ($name) = @_;
    my ($value) = $world->get('/reco/status')->{body} =~ /^reco_$name (\d+)/m;
    return $value;
}

# The worker's own memory in KiB: neither files nor zones that are mapped.
sub own {
    my ($pid) = $world->workers;
    my ($kib) = $world->read_file("/proc/$pid/status") =~ /^RssAnon:\s+(\d+)/m;
    return $kib;
}

# -- a server that reads and does not answer -------------------------------------

for (['small events' => 0, 40], ['large events' => 800, 20]) {
    my ($what, $bytes, $bodies) = @$_;
    my $log = "$dir/commands";
    unlink $log;
    my $mute = Reco::FakeRedis::start($world, sub {
        my ($n, @words) = @_;
        return "+PONG\r\n" if $words[0] eq 'PING';
        open my $file, '>>', $log;
        printf {$file} "%d\n", length join '',
            "*@{[scalar @words]}\r\n", map { "\$@{[length]}\r\n$_\r\n" } @words;
        close $file;
        return '';
    });
    with("127.0.0.1:$mute timeout=1h");
    ok($world->wait_for(10, sub { status('redis_connected') }), "$what: connected");
    ok(pour($bodies, $bytes), 'events are taken');
    my $fewer = $bytes ? 500 : $WINDOW - 1;
    my @seen;
    $world->wait_for(60, sub {
        my $before = @seen;
        sleep 0.5;
        @seen = -e $log ? split /\n/, $world->read_file('commands') : ();
        return @seen > $fewer && @seen == $before;
    });
    my $total = 0;
    $total += $_ for @seen;
    cmp_ok(scalar @seen, '<=', $WINDOW, 'so many commands are under way');
    cmp_ok($total, '<=', $WINDOW_BYTES + $RECORD, 'so many bytes');
    cmp_ok(scalar @seen, '>', $fewer, 'and not many fewer');
    is(status('outbox_records'), 64 * $bodies, 'all wait in the file');
    $world->stop_nginx;
    unlink glob "$dir/outbox/*";
}

# -- one that stands still ---------------------------------------------------------

$sent = 0;
my $redis = $world->redis('--appendfsync', 'everysec');
with("unix:$dir/redis.sock timeout=1h");
ok(pour(50, 600) && $world->wait_out(sub { $sent - status('redis_forwarded_total') }),
    'a Redis that takes all');

my $before = own();
my @peaks;
for my $round (1 .. 3) {
    $world->suspend($world->{redis_pid});
    my $refused = 0;
    my $peak = 0;
    for (1 .. 10) {
        $refused++ unless pour(20, 600);
        my $own = own();
        $peak = $own if $own > $peak;
    }
    ok(!$refused, "round $round: it stands still, 12,800 events are taken");
    cmp_ok(status('outbox_records'), '>', 12800 - 64, 'they wait in the file');
    kill 'CONT', $world->{redis_pid};
    ok($world->wait_out(sub { $sent - status('redis_forwarded_total') }),
        'it goes on: all arrive');
    push @peaks, $peak - $before;
}

# hiredis doubles what it writes from; the rest are commands without a reply.
SKIP: {
    skip 'a sanitizer keeps what was freed', 4 if Reco::has_own_nginx();
    cmp_ok($_, '<', 6 * 1024, 'the worker grew by less than 6 MB') for @peaks;
    cmp_ok($peaks[2] - $peaks[0], '<', 512, 'and not from round to round')
        or diag "@peaks KiB";
}

my ($good, $at) = (1, 0);
for my $entry ($redis->entries('ev:0')) {
    $at++;
    $good &&= $entry->[1]{id} eq "n$at";
}
ok($good && $at == $sent, "all $sent are there, in order, once") or diag $at;

$world->done;
done_testing;
