# recoctl outbox and recoctl tail, beside a running nginx.

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
$world->expect_log(qr/reco: /);

$world->trainer_conf(shards => 2, stream => 'ev');
$world->nginx(<<"CONF");
    reco_redis  unix:$dir/redis.sock stream=ev shards=2;
    reco_outbox $dir/outbox size=64k;
    server {
        listen 127.0.0.1:$world->{port};
        location = /reco/beacon { reco_beacon; }
    }
CONF

sub beacon {
    my ($visitor, $body) = @_;
    return $world->post('/reco/beacon', $body, headers => {
        'Content-Type' => 'text/plain',
        'Cookie' => 'reco=' . $visitor x 32 })->{status};
}

sub tail {
    my ($code, $output) = $world->recoctl('tail', '--config',
        "$dir/trainer.conf", '--once', @_);
    is($code, 0, "tail @_") or diag $output;
    return $output;
}

# -- tail --------------------------------------------------------------------

beacon('1', '{"type":"click","item":"42","slot":"related","ctx":{"q":"a\u007eb"}}');
beacon('5', '{"type":"view","item":"7"}');
$redis->command('XADD', 'ev:0', '*', Reco::Redis::event(u => '1' x 32, t => 'view', id => 'raw',
    i => "\x{c2}\x{9b}2J", ts => '1764000000000', q => '1' x 16));
$world->wait_for(5, sub { $redis->events('ev', 2) == 3 });
beacon('1', '{"type":"nonsense"}');

my $output = tail();
like($output, qr/^\d\d:\d\d:\d\d\.\d{3} 11111111 click +i=42 s=related c\.q=a~b/m,
    'a line says who did what to which item');
is(scalar(() = $output =~ /\n/g), 3, 'a line for each');
unlike($output, qr/\x{c2}\x{9b}/, 'and nothing that a terminal obeys');
is(scalar(() = tail('--visitor', '5' x 32) =~ /\n/g), 1, 'of one visitor');
is(scalar(() = tail('--type', 'click') =~ /\n/g), 1, 'of one type');
is(scalar(() = tail('--lines', '1') =~ /\n/g), 2, 'the last of each shard');
like(tail('--json', '--type', 'click'),
    qr/^\{"visitor":"1{32}",.*"type":"click",.*"ctx":\{"q":"a~b"\}/,
    'as JSON');
ok($world->wait_for(5, sub { $redis->command('XLEN', 'reco:rejected') == 1 }),
    'a sample of what was refused');
like(tail('--rejected'), qr/field=type reason=unknown_value body=.*nonsense/,
    'is shown too');

$redis->command('XADD', 'reco:rejected', '*', 'e', "t\t\e[2J\n", 'body',
    "a\x9b2J\xe2\x82\xc2\x9b \xe2\x82\xac\xff", "\x9b", 'c');
$redis->command('XADD', 'reco:rejected', '*', 'e', "c\tk\tv\nc\tx\nl\t7\t2\t\nre\nst\n");
like(tail('--rejected'), qr/  \[2J +body=a\?2J\?\?  \xe2\x82\xac\? \?=c\n.* c\.k=v c=x l=7,2, e=re st \n/,
    'and no byte of it steers a terminal');

# It follows.
my $pid = $world->start('tail', "$Reco::BUILD/recoctl", 'tail', '--config',
    "$dir/trainer.conf", '--lines', '0');
ok($world->wait_for(60, sub {
    beacon('3', '{"type":"view","item":"later"}');
    return $world->read_file('logs/tail.log') =~ /i=later/;
}), 'what comes in is shown at once');
is($world->stop($pid, 'INT'), 0, 'and it ends when it is told to');

my ($code, $text) = $world->recoctl('tail', '--set',
    'redis=unix:/nonexistent', '--once');
is($code, 1, 'no Redis');
like($text, qr{unix:/nonexistent}, 'is named');
is(($world->recoctl('tail', '--type', 'nonsense'))[0], 2, 'a type that is none');

# -- outbox ------------------------------------------------------------------

$world->wait_for(60, sub {
    ($world->recoctl('outbox', 'print', "$dir/outbox"))[1] eq '';
});
$world->stop_redis('KILL');
beacon('4', "{\"id\":\"o$_\",\"type\":\"view\",\"item\":\"$_\"}") for 1 .. 3;
my ($worker) = $world->workers;

($code, $text) = $world->recoctl('outbox', 'show', "$dir/outbox");
is($code, 0, 'outbox show');
like($text, qr/^ +3 +\d+ +\d+s +0\.\d% +0  worker $worker +\S+worker-0.outbox$/m,
    'three events wait in the file of the worker') or diag $text;

($code, $text) = $world->recoctl('outbox', 'print', "$dir/outbox");
is(scalar(() = $text =~ /^\{"visitor":"4{32}".*"id":"o\d"/mg), 3,
    'they can be read');

($code, $text) = $world->recoctl('outbox', 'verify', "$dir/outbox");
is($code, 0, 'outbox verify: all is well') or diag $text;

$world->stop_nginx('QUIT');
my ($file) = glob "$dir/outbox/*.outbox";
my $content = $world->read_file($file);
substr($content, index($content, "id\to2"), 1) = 'I';
$world->write_file($file, $content);
($code, $text) = $world->recoctl('outbox', 'verify', "$dir/outbox");
is($code, 1, 'a damaged record fails');
like($text, qr/^ +2 .* 1  nobody's/m, 'two are whole');
is($world->read_file($file), $content, 'nothing was changed');

$world->write_file("$dir/outbox/x.outbox", 'no outbox');
($code, $text) = $world->recoctl('outbox', 'verify', "$dir/outbox");
like($text, qr/x\.outbox": not an outbox file/, 'another file is named');
($code, $text) = $world->recoctl('outbox', 'show', "$dir/outbox/x.outbox");
is($code, 1, 'and one that is none cannot be shown');
like($text, qr/x\.outbox": not an outbox file/, 'which is said');
is(($world->recoctl('outbox', 'show', "$dir/none"))[0], 1, 'no directory');
is(($world->recoctl('outbox', 'look', $dir))[0], 2, 'no such action');

$world->done;
done_testing;
