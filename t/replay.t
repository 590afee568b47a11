# History through the front door: sent once, predicted, and probed for how long
# an event takes to change others' blocks.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use Reco;

my $world = Reco->new;
my $dir   = $world->{dir};
my $redis = $world->redis;

# Forty visits that all go the same way.
$world->write_file('history.jsonl', join '', map {
    my $visit = $_;
    map {
        sprintf qq({"type":"view","id":"h%d-%d","visitor":"%032x","item":"item-%d","ts":%d}\n),
            $visit, $_, $visit, $_, (time - 10000 + $visit * 10 + $_) * 1000
    } 1 .. 5
} 1 .. 40);

sub recoctl {
    my ($command, @arguments) = @_;

    return $world->recoctl($command, @arguments);
}

my ($code, $output) = recoctl('import', '--state', "$dir/history",
    "$dir/history.jsonl");
is($code, 0, 'a history') or diag $output;

$world->trainer_conf(overlay_interval => '100ms', min_events => 20,
    ials_dimensions => 8, ials_iterations => 2);
my $own = $world->write_file('own.jsonl', join '', map {
    sprintf qq({"type":"view","visitor":"v$_","id":"o$_","item":"item-9","ts":%d}\n),
        (time - 99999) * 1000
} 1 .. 30);
recoctl('import', '--config', "$dir/trainer.conf", $own);
($code, $output) = recoctl('train', '--config', "$dir/trainer.conf");
is($code, 0, 'a shop of its own') or diag $output;
$world->trainer;
$world->nginx(<<"CONF");
    reco_model $dir/model;
    reco_zone shop:4m;
    reco_redis unix:$world->{redis_socket};
    reco_outbox $dir/outbox size=4m;
    reco_slot related n=20;
    server {
        listen 127.0.0.1:$world->{port};
        location = /reco/beacon { reco_beacon; }
        location /reco/v1/ { reco_api; }
    }
CONF

# Visits like these have been there before, and the overlay knows of them.
for my $visit (1 .. 40) {
    $redis->command('XADD', 'reco:events:0', '*', Reco::Redis::event(
        u => sprintf('b%031x', $visit), t => 'view', id => "b$visit-$_", i => "item-$_",
        ts => int(time * 1000))) for 1 .. 5;
}
ok($world->wait_for(60, sub {
    $world->get('/reco/v1/recommendations?slot=related&item=item-4')->{body} =~ /"item-5"/;
}), 'what was before is in the overlay');

my @replay = ('replay', '--state', "$dir/history", '--url',
    "http://127.0.0.1:$world->{port}");

($code, $output) = recoctl(@replay, '--rate', 50, '--probes', 2, '--clicks');
is($code, 0, 'it is replayed') or diag $output;
like($output, qr/^events +200 sent in .*, 0 refused$/m, 'all of it');
like($output, qr/^visits +40$/m, 'each visit by a visitor of its own');
my ($cases, $mrr) = $output =~ /^predictions +(\d+) asked: MRR\@20 ([\d.]+)/m;
is($cases, 160, 'all but the first of each visit are predicted');
cmp_ok($mrr, '>', 0.1, 'well, by the overlay') or diag $output;
my ($through) = $output =~ /^click-through +([\d.]+) %/m;
cmp_ok($through, '>', 0, 'some would have clicked');
my ($clicks) = $output =~ /^clicks +(\d+) simulated/m;
cmp_ok($clicks, '>', 0, 'and have');
like($output, qr/^event to overlay .* [1-9]\d* probes, 0 lost$/m,
    'probes came through') or diag $output;

sub counter {
    my ($name) = @_;

    my (undef, $status) = recoctl('status', '--config', "$dir/trainer.conf");

    return $status =~ /^  $name +(\d+)$/m ? $1 : 0;
}

ok($world->wait_for(30, sub { counter('click') == $clicks }),
    'clicks are in the store') or diag counter('click');
cmp_ok(counter('impression'), '>', 100, 'and what was seen');
my %said = map { $_->[1]{id} => 1 } grep { $_->[1]{t} eq 'view' }
    $redis->events('reco:events', 4);
my $views = 30 + keys %said;    # the shop's own history before them
ok($world->wait_for(60, sub { counter('view') == $views }), 'and every view')
    or diag counter('view'), " of $views";

# Its events keep their ids: again is nothing new.
my $duplicates = counter('duplicate');
($code, $output) = recoctl(@replay, '--rate', 2000, '--ask', 0);
is($code, 0, 'once more') or diag $output;
ok($world->wait_for(30, sub { counter('duplicate') == $duplicates + 200 }),
    'has no effect') or diag counter('duplicate');
is(counter('view'), $views, 'none at all');

# Whatever its number, a visit's events are one visitor's.
$world->write_file('many.jsonl', join '', map {
    my $visit = $_;
    map {
        sprintf qq({"type":"view","id":"m%d-%d","visitor":"m%d","item":"item-%d","ts":%d}\n),
            $visit, $_, $visit, $_, (time - 10000 + $visit * 10 + $_) * 1000
    } 1, 2
} 1 .. 600);
recoctl('import', '--state', "$dir/many", "$dir/many.jsonl");
($code, $output) = recoctl('replay', '--state', "$dir/many", '--url',
    "http://127.0.0.1:$world->{port}", '--rate', 2000, '--ask', 0);
is($code, 0, 'six hundred visits') or diag $output;
my %visitor;
ok($world->wait_for(60, sub {
    %visitor = map { $_->[1]{id} => $_->[1]{u} } grep { $_->[1]{id} =~ /^m/ }
        $redis->events('reco:events', 4);
    return keys %visitor == 1200;
}), 'arrive') or diag scalar keys %visitor;
is(scalar(grep { $visitor{"m$_-1"} ne $visitor{"m$_-2"} } 1 .. 600), 0, 'each with its visitor');

($code, $output) = recoctl('replay', '--state', "$dir/history", '--url',
    'ftp://x');
is($code, 1, 'what is no address is told');
($code, $output) = recoctl('replay', '--state', "$dir/history", '--url',
    'http://127.0.0.1:1');
like($output, qr/cannot connect/, 'and a door that is shut');

$world->done;
done_testing;
