# A visitor whom this node does not know has a profile in the feature store:
# Redis, or memcached.  It is loaded once; the page waits for it as long as it
# may and no longer; no answer and no silence of the store harms a page.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use IO::Select;
use IO::Socket::INET;
use JSON::PP qw(decode_json);
use Test::More;
use Time::HiRes qw(time sleep);

use Reco;
use Reco::Model;

my $PAGE = '<html><body><!-- reco:recent --><!-- reco:for-you --></body></html>';

# Items that a profile holds have a page; the model knows 2000, with vectors.
my $world = Reco->new;
my $dir   = $world->{dir};
my $redis = $world->redis;
mkdir "$dir/model/versions";
system("$Reco::BUILD/t/support/synthetic_model", 2000, 6000,
    "$dir/model/versions/000007") == 0 or die 'no model';
symlink 'versions/000007', "$dir/model/current" or die;
$world->write_file("www/product/item-$_", $PAGE) for 1 .. 9;

sub conf {
    my ($profiles, $zone) = @_;

    return <<"CONF";
    reco_model $dir/model;
    reco_zone shop:1m @{[ $zone || '' ]};
    reco_redis unix:$dir/redis.sock stream=events shards=1;
    reco_outbox $dir/outbox size=1m;
    reco_profiles $profiles;
    server {
        listen 127.0.0.1:$world->{port};
        root $dir/www;
        default_type text/html;
        location = /status { reco_status; }
        location /api/ { reco_api; }
        location / {
            reco on;
            reco_item \$reco_path_segment_2;
            reco_slot recent n=8 source=recent;
            reco_slot for-you n=8 source=for-you;
        }
    }
CONF
}

sub start {
    $world->nginx(conf(@_), workers => 1);
    $world->wait_for(10, sub { counters()->{redis_connected} });
}

sub counters {
    return decode_json($world->get('/status?format=json')->{body})->{counters};
}

sub profile {
    my (@words) = @_;

    return scalar `$Reco::BUILD/t/support/write_profile @words`;
}

my $visitors = 0;
sub visitor {
    return sprintf '%032x', 0xabc000 + ++$visitors;
}

# Blocks are filled up with what is popular: only these are the visitor's.
sub own {
    return join ' ', grep { /^item-[1-8]$/ } @_;
}

# Items of the two blocks of a page.
sub page {
    my ($id, $item) = @_;

    my $start = time;
    my $response = $world->get('/product/item-' . ($item || 9),
        headers => { Cookie => "reco=$id" });
    my ($rest, @blocks) = Reco::Model::parts($response->{body});
    fail("the page is whole: $rest") if $rest ne $PAGE || $response->{status} != 200;
    my %ids = map { my ($name) = /block="([^"]*)"/; $name => [Reco::Model::ids($_)] } @blocks;

    return { took => time - $start, recent => own(@{ $ids{recent} || [] }),
             foryou => join(' ', @{ $ids{'for-you'} || [] }) };
}

my $memcached;
sub put {
    my ($store, $id, $value) = @_;

    if ($store eq 'redis') {
        $redis->command('SET', "reco:visitor:$id", $value, 'EX', 60);
        return;
    }

    my $socket = Reco::HTTP::connect_to($memcached);
    Reco::HTTP::send_all($socket, "set reco:visitor:$id 0 60 " . length($value)
        . "\r\n$value\r\n");
    sysread $socket, my $reply, 64;
    die "memcached: $reply" unless $reply =~ /^STORED/;
}

sub hold {
    my ($store, $signal) = @_;

    my $pid = $store eq 'redis' ? $world->{redis_pid} : $world->{memcached_pid};
    $signal eq 'STOP' ? $world->suspend($pid) : kill $signal, $pid;
}

my @stores = ('redis');
if (-x '/usr/bin/memcached') {
    $memcached = Reco::free_port();
    $world->{memcached_pid} = $world->start('memcached', '/usr/bin/memcached', '-l',
        '127.0.0.1', '-p', $memcached, $> == 0 ? ('-u', 'root') : ());
    $world->wait_for(10, sub { Reco::HTTP::can_connect($memcached) }) or die;
    push @stores, 'memcached';
} else {
    diag('memcached is not installed: its half is left out');
}

for my $store (@stores) {
    my $name = $store eq 'redis' ? 'redis' : "memcached=127.0.0.1:$memcached";

    # -- the page does not wait: the next one has it --

    start("$name timeout=20s");
    my $id = visitor();
    put($store, $id, profile(qw(item-1 item-2 item-3)));
    is(page($id)->{recent}, '', "$store: the first page does not wait");
    ok($world->wait_for(10, sub { counters()->{profiles_loaded} == 1 }),
        "$store: the profile is loaded");
    is(page($id)->{recent}, 'item-3 item-2 item-1', "$store: the next page has it");
    put($store, $id, profile(qw(item-5)));
    page($id, $_) for 4, 6;
    is(counters()->{profiles_loaded}, 1, "$store: and it is loaded once");
    like(page($id)->{recent}, qr/^item-6 item-4 item-3/, "$store: what came since is on top");

    page(visitor());
    ok($world->wait_for(10, sub { counters()->{profiles_missing} == 1 }),
        "$store: a visitor without a profile");
    $world->get('/product/item-9');
    $world->get('/product/item-9', headers => { Cookie => 'reco=' . visitor(),
                                                'User-Agent' => 'somebot' });
    is(counters()->{profiles_missing}, 1, "$store: nobody asks for new visitors and robots");
    $world->stop_nginx;

    # -- the page waits --

    start("$name budget=20s timeout=30s");
    $id = visitor();
    put($store, $id, profile(qw(item-1 item-2)));
    is(page($id)->{recent}, 'item-2 item-1', "$store: with a budget the first page has it");

    $id = visitor();
    put($store, $id, profile(qw(item-1 item-2)));
    my $api = $world->get('/api/recommendations?slot=recent&item=item-9',
        headers => { Cookie => "reco=$id" });
    is(own(sort map { $_->{id} } @{ decode_json($api->{body})->{items} }), 'item-1 item-2',
        "$store: so has the interface");

    # Four at once share one question; one of them goes away meanwhile.
    $id = visitor();
    put($store, $id, profile(qw(item-1 item-2)));
    my $before = counters()->{profiles_loaded};
    hold($store, 'STOP');
    my @sockets = map { Reco::HTTP::connect_to($world->{port}) } 1 .. 4;
    Reco::HTTP::send_all($_, "GET /product/item-9 HTTP/1.0\r\nCookie: reco=$id\r\n\r\n")
        for @sockets;
    sleep 0.3;
    close shift @sockets;
    is(scalar(() = IO::Select->new(@sockets)->can_read(0.3)), 0, "$store: pages wait for a silent store");
    hold($store, 'CONT');
    my $answers = 0;
    for my $socket (@sockets) {
        local $/;
        my ($rest, @blocks) = Reco::Model::parts(<$socket>);
        $answers++ if own(Reco::Model::ids($blocks[0])) eq 'item-2 item-1';
    }
    is($answers, 3, "$store: and have it when it speaks");
    is(counters()->{profiles_loaded}, $before + 1, "$store: which was asked once");

    # -- a long-term vector --

    my ($one, $two, $other, $none) = map { visitor() } 1 .. 4;
    put($store, $one, profile('000007:1'));
    put($store, $two, profile('000007:2'));
    put($store, $other, profile('000006:1'));
    my %foryou = (one => page($one)->{foryou}, two => page($two)->{foryou},
        other => page($other)->{foryou}, none => page($none)->{foryou});
    isnt($foryou{one}, $foryou{none}, "$store: the vector counts");
    isnt($foryou{one}, $foryou{two}, "$store: each visitor's own");
    is($foryou{other}, $foryou{none}, "$store: one of another base does not");

    # -- damaged ones --

    my $good = profile(qw(item-1 item-2));
    my $flipped = $good;
    substr($flipped, 50, 1) ^= "\x01";
    my %bad = (empty => '', short => substr($good, 0, 50), flipped => $flipped,
               text => "hello\r\nEND\r\n", longer => "${good}x", 'much longer' => 'x' x 900_000);
    for my $how (sort keys %bad) {
        $id = visitor();
        put($store, $id, $bad{$how});
        is(page($id)->{recent}, '', "$store: a damaged profile is not used: $how");
    }
    my $now = counters();
    cmp_ok($now->{profiles_refused} + $now->{profiles_failed}, '>=', 6, "$store: and counted");
    if ($store eq 'redis') {
        $id = visitor();
        $redis->command('RPUSH', "reco:visitor:$id", 'x');
        is(page($id)->{recent}, '', 'redis: nor what is no string');
    }
    sleep 1.1;
    $id = visitor();
    put($store, $id, $good);
    ok($world->wait_for(10, sub {
        $id = visitor();
        put($store, $id, $good);
        return page($id)->{recent} eq 'item-2 item-1';
    }), "$store: a sound one is, after these");
    $world->stop_nginx;

    # -- a store that is slow --

    start("$name budget=100ms timeout=1h");
    hold($store, 'STOP');
    cmp_ok(page(visitor())->{took}, '>=', 0.09,
        "$store: a page waits for its budget, and not for the store");
    hold($store, 'CONT');
    $world->stop_nginx;

    start("$name budget=100ms timeout=300ms");
    hold($store, 'STOP');
    page(visitor()) for 1 .. 300;
    ok($world->wait_for(10, sub { counters()->{profiles_failed} >= 3 }),
        "$store: silence is given up");
    hold($store, 'CONT');
    ok($world->wait_for(20, sub {
        $id = visitor();
        put($store, $id, $good);
        return page($id)->{recent} eq 'item-2 item-1';
    }), "$store: and forgiven");

    # -- one that is gone --

    if ($store eq 'redis') {
        $world->stop_redis('KILL');
    } else {
        $world->stop($world->{memcached_pid}, 'KILL');
    }
    $before = counters()->{profiles_failed};
    page(visitor()) for 1 .. 5;
    ok($world->wait_for(60, sub {
        page(visitor());
        return counters()->{profiles_failed} > $before;
    }), "$store: gone: pages go on");
    if ($store eq 'redis') {
        $redis = $world->redis;
        ok($world->wait_for(20, sub {
            $id = visitor();
            put($store, $id, $good);
            return page($id)->{recent} eq 'item-2 item-1';
        }), 'redis: it is found again');
    }
    $world->stop_nginx;
}

# -- two nodes keep sessions in memcached --

if ($memcached) {
    $world->{memcached_pid} = $world->start('memcached', '/usr/bin/memcached', '-l',
        '127.0.0.1', '-p', $memcached, $> == 0 ? ('-u', 'root') : ());
    $world->wait_for(10, sub { Reco::HTTP::can_connect($memcached) }) or die;
    my $there = Reco->new;
    mkdir "$there->{dir}/model";
    symlink "$dir/model/versions", "$there->{dir}/model/versions";
    symlink 'versions/000007', "$there->{dir}/model/current";
    start("memcached=127.0.0.1:$memcached budget=20s timeout=20s ttl=1h");
    (my $conf = conf("memcached=127.0.0.1:$memcached budget=20s timeout=20s"))
        =~ s/127\.0\.0\.1:$world->{port}/127.0.0.1:$there->{port}/;
    $conf =~ s/^.*reco_(?:redis|outbox).*$//mg;
    $there->nginx($conf);
    my ($here, $id) = ($world, visitor());
    page($id, $_) for 1, 2;
    ok($world->wait_for(20, sub {
        my $socket = Reco::HTTP::connect_to($memcached);
        Reco::HTTP::send_all($socket, "get reco:visitor:$id\r\n");
        sysread $socket, my $value, 4096;
        return $value =~ /^VALUE [^\n]*\n(RECP.*)/s && unpack('v', substr $1, 12, 2) == 2;
    }), 'a node stores what is done there');
    ($here->{port}, $there->{port}) = ($there->{port}, $here->{port});
    is(page($id, 3)->{recent}, 'item-2 item-1', 'another node knows what was done here');
    ($here->{port}, $there->{port}) = ($there->{port}, $here->{port});
    $world->post('/api/forget', '', headers => { Cookie => "reco=$id" });
    ok($world->wait_for(20, sub {
        my $socket = Reco::HTTP::connect_to($memcached);
        Reco::HTTP::send_all($socket, "get reco:visitor:$id\r\n");
        sysread $socket, my $value, 4096;
        return $value eq "END\r\n";
    }), 'and forgets it there');
    $there->stop_nginx;
    $there->done;
    $world->stop_nginx;
}

# -- a server that is not memcached, or a hostile one --

my $speech = '';
my $stranger = IO::Socket::INET->new(Listen => 8, LocalAddr => '127.0.0.1', Proto => 'tcp');
my $speaker = fork;
if ($speaker == 0) {
    while (my $client = $stranger->accept) {
        sysread $client, my $asked, 4096;
        my ($key) = $asked =~ /^get (\S+)/;
        my ($n) = $world->read_file('speech');
        my $good = profile(qw(item-1 item-2));
        my @pieces = (
            "HTTP/1.1 400 Bad Request\r\n\r\n", "VALUE $key 0 99999999\r\n", "VALUE $key 0 -1\r\nEND\r\n",
            'x' x 20000, "VALUE $key 0 5\r\nhelloENDEND\r\n", "END\r\nEND\r\nEND\r\n", "\n",
            "VALUE $key 0 " . length($good) . "\r\n$good\r\nEND\r\n");
        Reco::HTTP::send_all($client, $_) && sleep 0.001 for split //, $pieces[$n];
        sysread $client, $asked, 1 if $n == $#pieces;
    }
    POSIX::_exit(0);
}
$world->{children}{$speaker} = 'stranger';
my $url = 'memcached=127.0.0.1:' . $stranger->sockport;
close $stranger;
$world->write_file('speech', 7);
start("$url budget=20s timeout=20s");
is(page(visitor())->{recent}, 'item-2 item-1', 'an answer byte by byte');
for my $n (0 .. 6) {
    $world->write_file('speech', $n);
    $world->stop_nginx;
    start("$url budget=20s timeout=20s");
    is(page(visitor())->{recent}, '', "a strange answer, $n");
    is(page(visitor())->{recent}, '', 'and the next page');
}
$world->stop_nginx;

# -- sessions over a restart --

my $save = "$dir/state/sessions";
start('redis', "save=$save");
my @ids = map { visitor() } 1 .. 20;
for my $id (@ids) {
    page($id, $_) for 1 .. 3;
}
$world->stop_nginx;
my $saved = $world->read_file('state/sessions');
is(substr($saved, 0, 4), 'RECZ', 'a stopped nginx has saved its sessions');
my ($ok) = $world->nginx_test(conf('redis', "save=$save"));
ok($ok && -e $save, 'nginx -t leaves them there');
start('redis', "save=$save");
is((grep { page($_)->{recent} eq 'item-3 item-2 item-1' } @ids), 20, 'the next one has them');
ok(!-e $save, 'and has removed the file');
is(counters()->{profiles_loaded} + counters()->{profiles_missing}, 0, 'and asks for none of them');
$world->get('/api/forget', headers => { Cookie => "reco=$ids[0]" });
$world->post('/api/forget', '', headers => { Cookie => "reco=$ids[0]" });
$world->stop_nginx('TERM');
start('redis', "save=$save");
is(page($ids[0])->{recent}, '', 'one who was forgotten stays forgotten');
is(page($ids[1])->{recent}, 'item-3 item-2 item-1', 'the others are there again');
$world->stop_nginx;

for my $how ('flipped', 'cut', 'empty') {
    my $damaged = $saved;
    substr($damaged, length($damaged) / 2, 1) ^= "\x10" if $how eq 'flipped';
    $damaged = substr $damaged, 0, 200 if $how eq 'cut';
    $damaged = '' if $how eq 'empty';
    $world->write_file('state/sessions', $damaged);
    start('redis', "save=$save");
    is(page($ids[2])->{recent}, '', "a damaged file is not used: $how");
    $world->stop_nginx;
    like($world->error_log, qr/sessions" is damaged, the zone begins empty/, 'and told of');
}

SKIP: {
    my $disk = "$dir/disk";
    mkdir $disk;
    skip 'not permitted to mount a small disk', 4
        if system("mount -t tmpfs -o size=1m tmpfs $disk 2>/dev/null") != 0;

    start('redis', "save=$disk/sessions");
    page($_) for @ids;
    system "dd if=/dev/zero of=$disk/other bs=4k 2>/dev/null";
    my $ended = $world->stop_nginx;
    is($ended, 0, 'where the disk is full the master ends as it should');
    like($world->error_log, qr{cannot write "\Q$disk\E/sessions" \(28: No space left},
        'and says why sessions are not saved');
    is(join(' ', map { s{.*/}{}r } glob "$disk/*"), 'other', 'nothing of it is left behind');

    unlink "$disk/other";
    start('redis', "save=$disk/sessions");
    page($ids[3], $_) for 1 .. 3;
    $world->stop_nginx;
    start('redis', "save=$disk/sessions");
    is(page($ids[3])->{recent}, 'item-3 item-2 item-1', 'with room they are');
    $world->stop_nginx;
    system 'umount', $disk;
}

# -- wrong configurations --

for (['reco_profiles disk;' => qr/needs "redis" or "memcached=ADDRESS"/],
     ['reco_profiles redis;' => qr/needs "reco_redis"/],
     ['reco_profiles memcached=;' => qr/no host in address|address/],
     ['reco_profiles memcached=127.0.0.1 budget=x;' => qr/invalid parameter "budget=x"/],
     ["reco_redis unix:$dir/redis.sock; reco_profiles redis ttl=1h;" => qr/invalid parameter "ttl=1h"/],
     ['reco_profiles memcached=127.0.0.1 timeout=0;' => qr/invalid parameter "timeout=0"/],
     ['reco_profiles memcached=127.0.0.1 "prefix=a b";' => qr/invalid parameter/],
     ['reco_profiles memcached=127.0.0.1; reco_profiles redis;' => qr/is duplicate/],
     ['reco_zone a:1m save=;' => qr/invalid parameter "save="/])
{
    my ($line, $message) = @$_;
    my ($good, $output) = $world->nginx_test("\n$line\n");
    ok(!$good && $output =~ $message, $line) or diag($output);
}

$world->done;

done_testing;
