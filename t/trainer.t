# The trainer as a service: each event of the stream has one effect, whatever
# is killed; overlays follow; versions stay whole.
#
# RECO_KILLS: how often the trainer is killed (5); t/kill.t does it more often.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use JSON::PP;
use Test::More;
use Time::HiRes qw(time sleep);

use Reco;

my $kills = $ENV{RECO_KILLS} || 5;
my $world = Reco->new;
my $dir   = $world->{dir};
my $redis = $world->redis;

srand 1;

$world->trainer_conf(
    shards           => 2,
    overlay_interval => '200ms',
    train_interval   => '1s',
    min_events       => 20,
    claim_idle       => '1s',
    batch            => 100,
    ials_dimensions  => 8,
    ials_iterations  => 2,
);

sub count { my $n = 0; $n += @$_ for values %{ $_[0] }; return $n }

sub log_text { return $world->read_file('logs/trainer.log') }

# -- from nothing --

my $pid = $world->trainer;
ok($world->wait_for(10, sub { log_text() =~ /reading "reco:events:0"/ }),
    'it starts without store, model or stream');

$world->send_events($redis, 10);
ok($world->wait_for(10, sub { count($world->stored) == 10 }), 'events come in');
ok(!-e "$dir/model/current", 'too few for a model');
$world->send_events($redis, 30);
ok($world->wait_for(20, sub { -e "$dir/model/current/manifest.json" }),
    'the first model comes when there are enough');

my ($busy, $said) = $world->run("$Reco::BUILD/reco-trainer", '-c',
    "$dir/trainer.conf");
is($busy, 1, 'a second trainer in the same folder does not start');
like($said, qr{another trainer works in ".*/state": stop it first}, 'and says why');

# -- the overlay --

$world->send_events($redis, 5);
ok($world->wait_for(10, sub { (stat "$dir/model/overlay")[9] }),
    'an overlay follows');

# -- what is no event --

$redis->command('XADD', 'reco:events:0', '*', Reco::Redis::event(u => 'x', t => 'look'));
$redis->command('XADD', 'reco:events:0', '*', Reco::Redis::event(u => 'x', t => 'view',
    i => 'a', id => 'old', ts => 1592671441000));
ok($world->wait_for(10, sub { $redis->entries('reco:rejected') == 2 }),
    'what is refused goes to a stream of its own');
my @rejected = map { $_->[1] } $redis->entries('reco:rejected');
like($rejected[0]{reason}, qr/type/, 'with the reason');
is($rejected[1]{reason}, 'too-old', 'by its name');
is($rejected[1]{i}, 'a', 'and with its fields');

# -- the same again --

my ($entry) = $redis->entries('reco:events:1');
$redis->command('XADD', 'reco:events:1', '*', Reco::Redis::event(%{ $entry->[1] }));
ok($world->wait_for(10, sub { $world->ctl('status') =~ /^  duplicate +1$/m }),
    'an event that is sent twice');
is(count($world->stored), 45, 'counts once');
ok($world->wait_for(10, sub {
    my $redis = decode_json(scalar $world->ctl('status', '--json'))->{redis};
    return join(' ', map { "$_->{name} $_->{pending}" } @{ $redis->{streams} })
        eq 'reco:events:0 0 reco:events:1 0';
}), 'and is confirmed, as the status has it');

# -- reload --

kill 'HUP', $pid;
ok($world->wait_for(10, sub { log_text() =~ /read ".*" again/ }), 'SIGHUP');
$world->write_file('trainer.conf',
    $world->read_file('trainer.conf') . "nonsense 1\n");
kill 'HUP', $pid;
ok($world->wait_for(10, sub {
    log_text() =~ /trainer\.conf:\d+: unknown key "nonsense".*stays as it was/
}), 'a broken configuration is told of, and changes nothing');
my $conf = $world->read_file('trainer.conf');
$conf =~ s/nonsense 1\n//;
$world->write_file('trainer.conf', $conf);

# -- killed, again and again --

my $corrupt = 0;
for my $kill (1 .. $kills) {
    $world->send_events($redis, 10 + int rand 40);
    sleep rand 0.4;
    $world->stop_trainer('KILL');
    $world->send_events($redis, int rand 20);

    # Entries that were delivered to a trainer of another name.
    if ($kill % 5 == 0) {
        $redis->command('XREADGROUP', 'GROUP', 'reco-trainer', 'another',
            'COUNT', 5, 'STREAMS', 'reco:events:0', '>');
    }

    $world->trainer;
    sleep rand 0.3;
    my ($code) = $world->ctl('versions', '--verify');
    $corrupt++ if $code;
}
is($corrupt, 0, 'no version is ever damaged');
ok($world->wait_for(30, sub { count($world->stored) >= $world->{events} }),
    "after $kills kills all $world->{events} events are in the store")
    or diag count($world->stored), "\n", log_text();
is_deeply($world->stored, $world->{sent}, 'each once, and in order for each visitor');
ok($world->wait_for(20, sub {
    my $pending = 0;
    $pending += $redis->command('XPENDING', "reco:events:$_", 'reco-trainer')->[0]
        for 0 .. 1;
    $pending == 0;
}), 'all entries are acknowledged');

# -- Redis is gone, and comes back empty --

$world->expect_log(qr/Redis|removed before they were read/);
$world->stop_redis('KILL');
ok($world->wait_for(10, sub { log_text() =~ /connection to Redis.*trying again/ }),
    'the trainer goes on without Redis');
$redis = $world->redis;
$world->send_events($redis, 20);
ok($world->wait_for(20, sub { count($world->stored) >= $world->{events} }),
    'and reads on when it is back');
$redis->command('FLUSHALL');
$world->send_events($redis, 20);
ok($world->wait_for(20, sub { count($world->stored) >= $world->{events} }),
    'even when streams and group were lost');
is_deeply($world->stored, $world->{sent}, 'each event once');

# -- the streams are trimmed while it is away --

$world->stop_trainer;
$redis->command('XTRIM', "reco:events:$_", 'MAXLEN', 0) for 0 .. 1;
$redis->command('XADD', 'reco:events:0', '*', Reco::Redis::event(u => 'x', t => 'look'));
$world->trainer;
ok($world->wait_for(10, sub {
    log_text() =~ /"reco:events:0" was read up to \S+ and now begins with \S+: events/
}), 'what was removed unread is told') or diag log_text();

# -- what is known of the version before --

# An item that was seen before the last one is a prediction that can come true.
my $figures;
ok($world->wait_for(60, sub {
    $world->send_events($redis, 20);
    my $manifest = eval { decode_json(scalar $world->ctl('show')) } or return;
    $figures = $manifest->{prequential};
    return $figures && $figures->{overlay} && $figures->{cases} && %{ $figures->{sources} };
}), 'a version tells how well the one before predicted')
    or diag(explain($figures), log_text());
like($figures->{version}, qr/^\d{6}/, 'which one that was');
ok(exists $figures->{base}{$_} && exists $figures->{overlay}{$_}, "$_ of base and overlay")
    for 'MRR@20', 'HitRate@20', 'cases';

# -- a visitor is forgotten --

ok($world->wait_for(60, sub { count($world->stored) >= $world->{events} }),
    'what came meanwhile is in the store');
my ($visitor) = sort keys %{ $world->{sent} };
my ($code, $output) = $world->ctl('forget', $visitor);
is($code, 0, 'a visitor is forgotten') or diag $output;
my $left = delete $world->{sent}{$visitor};
is_deeply($world->stored, $world->{sent}, 'nothing of them is left in the store');
is(scalar(grep { ($_->[1]{u} || '') eq $visitor } $redis->events('reco:events', 2)),
    0, 'nor in the streams');

# -- the end --

is($world->stop_trainer, 0, 'SIGTERM ends it in good order');
like(log_text(), qr/stopped\n\z/, 'as the log says');

$world->done;
done_testing;
