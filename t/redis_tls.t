# TLS to Redis, of the module, the trainer and recoctl: whom they trust, what
# they say where it fails, and that nothing is lost meanwhile.  Where hiredis has
# no TLS: that each of them says so.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use Reco;

my $world = Reco->new;
my $dir   = $world->{dir};
my $sent  = 0;

sub conf {
    my ($parameters) = @_;
    return $world->capture_conf($parameters, '4m');
}

# nginx's and the trainer's word for the same.
sub refused {
    my ($parameters, $pattern, %key) = @_;
    my ($ok, $output) = $world->nginx_test(conf($parameters));
    ok(!$ok && $output =~ $pattern, "nginx refuses $parameters")
        or diag $output;
    return unless %key;
    $world->trainer_conf(%key);
    my ($code, $said) = $world->run("$Reco::BUILD/reco-trainer", '-c',
        "$dir/trainer.conf");
    ok($code != 0 && $said =~ $pattern, 'so does the trainer') or diag $said;
    unlink "$dir/trainer.conf";
}

refused('127.0.0.1 tls=maybe', qr/neither "on" nor "off"/);
refused('127.0.0.1 tls_ca=/x', qr/need "tls=on"/);
refused('127.0.0.1 tls=on tls_cert=/x', qr/need each other/);

my (undef, $needed) = $world->run('ldd', "$Reco::BUILD/reco-trainer");

if ($needed !~ /libhiredis_ssl/) {
    refused('127.0.0.1 tls=on', qr/built without TLS/, redis_tls => 'on');
    $world->redis;
    $world->trainer_conf(redis_tls => 'on');
    my ($code, $said) = $world->recoctl('status', '-c', "$dir/trainer.conf");
    like($said, qr/built without TLS/, 'so does recoctl');
    $world->done;
    done_testing;
    exit;
}

# -- authorities and certificates ----------------------------------------------

sub openssl {
    my ($code, $output) = $world->run('openssl', @_);
    die $output if $code;
}

for my $name ('ca', 'other') {
    openssl(qw(req -x509 -newkey rsa:2048 -nodes -days 2), '-subj', "/CN=$name",
        '-keyout', "$dir/$name.key", '-out', "$dir/$name.pem");
}
for my $name ('server', 'client') {
    $world->write_file("$name.ext",
        'subjectAltName=DNS:redis.example,DNS:localhost,IP:127.0.0.1');
    openssl(qw(req -newkey rsa:2048 -nodes), '-subj', "/CN=$name", '-keyout',
        "$dir/$name.key", '-out', "$dir/$name.csr");
    openssl(qw(x509 -req -days 2 -CAcreateserial), '-CA', "$dir/ca.pem",
        '-CAkey', "$dir/ca.key", '-in', "$dir/$name.csr", '-extfile',
        "$dir/$name.ext", '-out', "$dir/$name.pem");
}

refused("127.0.0.1 tls=on tls_ca=$dir/none.pem", qr/none\.pem/,
    redis_tls => 'on', redis_tls_ca => "$dir/none.pem");
refused("127.0.0.1 tls=on tls_cert=$dir/client.pem tls_key=$dir/other.key",
    qr/other\.key.*mismatch/, redis_tls => 'on',
    redis_tls_cert => "$dir/client.pem", redis_tls_key => "$dir/other.key");

my $port  = Reco::free_port();
my $redis = $world->redis('--tls-port', $port, '--tls-cert-file',
    "$dir/server.pem", '--tls-key-file', "$dir/server.key",
    '--tls-ca-cert-file', "$dir/ca.pem", '--tls-auth-clients', 'optional');

# -- the module ----------------------------------------------------------------

$world->expect_log(qr/reco: Redis/);

sub with {
    my ($address, @parameters) = @_;
    $world->stop_nginx if $world->{nginx_pid};
    truncate "$dir/logs/error.log", 0;
    $world->nginx(conf(join ' ', "$address:$port", 'stream=ev', 'shards=1',
        'tls=on', @parameters));
}

sub beacons {
    my ($count) = @_;
    my $bad = 0;
    for (1 .. $count) {
        $sent++;
        $bad++ if $world->post('/reco/beacon',
            qq({"id":"n$sent","type":"view","item":"$sent"}), headers => {
                'Cookie' => 'reco=' . 'b' x 32,
                'Content-Type' => 'text/plain' })->{status} != 204;
    }
    return $bad == 0;
}

# Everything that was sent is in the stream, in its order.
sub all_there {
    my @ids;
    $world->wait_for(20, sub {
        my %seen;
        @ids = grep { !$seen{$_}++ }
            map { $_->[1]{id} } eval { $redis->entries('ev:0') };
        return @ids >= $sent;
    });
    return "@ids" eq join ' ', map { "n$_" } 1 .. $sent;
}

sub logged {
    my ($pattern) = @_;
    return $world->wait_for(8, sub { $world->error_log =~ $pattern });
}

my @ca = "tls_ca=$dir/ca.pem";

with('127.0.0.1', @ca);
ok(beacons(3) && all_there(), 'an address that the certificate has');
with('localhost', @ca);
ok(beacons(3) && all_there(), 'a name that it has');
with('127.0.0.1', @ca, 'tls_name=redis.example');
ok(beacons(3) && all_there(), 'another name that it has, told beside');

for (['another name' => qr/mismatch/i, @ca, 'tls_name=shop.example'],
     ['another authority' => qr/(?:self.signed|unable to get).*certificate/i,
         "tls_ca=$dir/other.pem"])
{
    my ($what, $pattern, @parameters) = @$_;
    with('127.0.0.1', @parameters);
    ok(beacons(3), "$what: events are taken");
    ok(logged($pattern), 'the log says why') or diag $world->error_log;
    is($redis->command('XLEN', 'ev:0'), $sent - 3, 'none goes out');
    $sent -= 3;
    $world->stop_nginx;
    unlink glob "$dir/outbox/*";
}

with('127.0.0.1', "tls_ca=$dir/other.pem", 'tls_verify=off');
ok(beacons(3) && all_there(), 'tls_verify=off: any certificate');

$redis->command(qw(CONFIG SET tls-auth-clients yes));
with('127.0.0.1', @ca);
ok(beacons(3), 'a server that asks for a certificate: events are taken');
ok(logged(qr/reco: Redis: .*wait in the outbox/), 'the log says that it refuses');
with('127.0.0.1', @ca, "tls_cert=$dir/client.pem", "tls_key=$dir/client.key");
ok(all_there(), 'with one they arrive');
$redis->command(qw(CONFIG SET tls-auth-clients no));

# More than a socket holds at a time, after an outage.
$world->stop_redis('KILL');
ok(beacons(2000), 'Redis is killed: events are taken');
$redis = $world->redis;
ok(all_there(), 'all arrive, in order') or diag $world->error_log;

# -- the trainer, and recoctl --------------------------------------------------

my %key = (redis => "127.0.0.1:$port", stream => 'ev', redis_tls => 'on',
    redis_tls_ca => "$dir/ca.pem");

$world->trainer(%key);
ok($world->wait_for(20, sub {
    my ($code, $said) = $world->recoctl('status', '-c', "$dir/trainer.conf");
    return $said =~ /events +$sent$/m;
}), 'the trainer reads them all') or diag $world->read_file('logs/trainer.log'),
    ($world->recoctl('status', '-c', "$dir/trainer.conf"))[1];
$world->stop_trainer;

$world->trainer_conf(%key, redis_tls_name => 'shop.example');
my ($code, $said) = $world->recoctl('tail', '-c', "$dir/trainer.conf");
ok($code != 0 && $said =~ /TLS with Redis: .*mismatch/i,
    'recoctl says why it does not trust') or diag $said;

$world->done;
done_testing;
