# A visitor who is forgotten: nothing of them stays in the store, in the
# overlay, in the next version.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use JSON::PP;
use Test::More;

use Reco;
use Reco::FakeRedis;
use Reco::HTTP;

my $world = Reco->new;
my $dir   = $world->{dir};
my $redis = $world->redis;

# Between two overlays the trainer sees whether a batch run is due.
$world->trainer_conf(ials_dimensions => 0, overlay_interval => '1500ms',
    blend => 'off');

sub ctl {
    my ($command, @arguments) = @_;

    my ($code, $output) = $world->recoctl($command, '--config',
        "$dir/trainer.conf", @arguments);
    return wantarray ? ($code, $output) : $output;
}

# Sessions of others that lead from one item to the other.
sub holding {
    my ($from, $to, $key) = @_;

    my ($code, $output) = ctl('explain', '--session', $from, '--item', $to,
        '--json');
    return -1 if $code != 0;
    my $said = decode_json($output);
    return $said->{$key} ? $said->{$key}{holding} : 0;
}

my $now = time;
my $events = "visitor\tsession\titem\tts\n";
for my $i (1 .. 60) {
    $events .= "v$i\ts$i\titem" . ($i + $_) % 20 . "\t" . ($now - 90000 + 60 * $i + $_)
        . "\n" for 0 .. 2;
}
# Nobody but the two goes from item1 to item11.
$events .= "early\te1\titem$_\t" . ($now - 80000 + $_) . "\n" for 1, 11;
ctl('import', $world->write_file('before.tsv', $events));
ctl('train');
is(holding('item1', 'item11', 'sessions'), 1, 'the version knows of a session');

$world->trainer;
$events = "visitor\tsession\titem\tts\n";
$events .= "late\tl1\titem$_\t" . ($now - 20 + $_) . "\n" for 1, 11;
$events .= "other\to1\titem$_\t" . ($now - 20 + $_) . "\n" for 2, 3;
ctl('import', $world->write_file('after.tsv', $events));
ok($world->wait_for(20, sub { holding('item1', 'item11', 'overlay_sessions') == 1 }),
    'and the overlay of another');

my ($code, $output) = ctl('forget', 'early', 'late', 'nobody');
is($code, 1, 'one of three is unknown');
like($output, qr/^early: 2 events and 0 stream entries removed$/m, 'one is gone');
like($output, qr/^late: 2 events/m, 'another too');
like($output, qr/the visitor "nobody" is unknown here/, 'and the third is named');

ok($world->wait_for(20, sub { holding('item1', 'item11', 'overlay_sessions') == 0 }),
    'the overlay is made again without them');
is(holding('item2', 'item3', 'overlay_sessions'), 1, 'others stay');
is(scalar ctl('events', '--visitor', $_), '', "no event of $_ is left")
    for 'early', 'late';
($code) = ctl('explain', '--visitor', 'late', '--item', 'item1');
is($code, 1, 'nor a profile');

ctl('train', '--force');
is(holding('item1', 'item11', 'sessions'), 0, 'the next version never met them');
($code, $output) = ctl('forget', 'early');
is($code, 1, 'they cannot be forgotten twice');

# -- streams of shards that there were ------------------------------------------

$redis->command('XADD', 'reco:events:17', '*',
    Reco::Redis::event(u => $_, t => 'view', i => 'item1'))
    for 'v4', 'v5', 'v4';
($code, $output) = ctl('forget', 'v4');
like($output, qr/^v4: 3 events and 2 stream entries removed$/m,
    'entries in a shard that is read no more are removed');
is_deeply([map { $_->[1]{u} } $redis->entries('reco:events:17')], ['v5'], 'and no others');

# -- profiles that nginx keeps in memcached --------------------------------------

SKIP: {
    skip 'no memcached', 11 unless -x '/usr/bin/memcached';

    my $port = Reco::free_port();
    my $ask = sub {
        my ($command) = @_;
        my $socket = Reco::HTTP::connect_to($port);
        print $socket $command;
        return scalar <$socket>;
    };

    ($code, $output) = ctl('forget', '--memcached', "127.0.0.1:$port", 'v1');
    is($code, 1, 'memcached is down: nothing is removed');
    like($output, qr/cannot connect to 127\.0\.0\.1:$port/, 'and it says why');
    isnt(scalar ctl('events', '--visitor', 'v1'), '', 'the events are there');

    $world->start('memcached', '/usr/bin/memcached', '-l', '127.0.0.1', '-p',
        $port, $> == 0 ? ('-u', 'root') : ());
    $world->wait_for(10, sub { Reco::HTTP::can_connect($port) }) or die;
    $ask->("set reco:visitor:$_ 0 0 1\r\nx\r\n") for qw(v1 v2 elsewhere);

    ($code, $output) = ctl('forget', '--memcached', "127.0.0.1:$port", 'v1',
        'elsewhere');
    is($code, 0, 'those whom only memcached knows are known');
    like($output, qr/^v1: 3 events and .* and a profile in memcached removed$/m,
        'a profile is removed');
    like($ask->("get reco:visitor:$_\r\n"), qr/^END/, "that of $_ is gone")
        for 'v1', 'elsewhere';
    like($ask->("get reco:visitor:v2\r\n"), qr/^VALUE/, 'others stay');

    ($code, $output) = ctl('forget', '--set', "memcached=127.0.0.1:$port", 'v2');
    like($output, qr/^v2: .* and a profile in memcached removed$/m,
        'where trainer.conf tells of it, too');
    like($ask->("get reco:visitor:v2\r\n"), qr/^END/, 'which is gone');

    ($code, $output) = ctl('forget', '--memcached', "127.0.0.1:$port",
        "v2\r\nflush_all");
    like($output, qr/memcached takes no key/, 'a visitor is no command');
}

# -- a server that answers with something else than entries --

for my $answer ("*1\r\n:1\r\n", "*1\r\n*2\r\n:1\r\n*0\r\n", "*1\r\n*2\r\n\$1\r\n1\r\n:1\r\n",
    "*1\r\n*2\r\n\$70\r\n" . '1' x 70 . "\r\n*0\r\n")
{
    my $strange = Reco::FakeRedis::start($world, sub {
        return $_[1] eq 'XRANGE' ? $answer : "+OK\r\n";
    });
    ($code, $output) = ctl('forget', '--set', "redis=127.0.0.1:$strange", 'v3');
    is($code, 1, 'is told of');
    like($output, qr/Redis answered XRANGE of "\S+:0" with what is no entry/, 'as it is');
}

is($world->stop_trainer, 0, 'the trainer ends');
is_deeply([$world->read_file('archive/journal') =~ / (publish .*)/g],
    ['publish 000001', 'publish 000002'],
    'and has trained no version because somebody was forgotten');
$world->done;
done_testing;
