# Programs are counted, and nothing of theirs is recorded: those that say what
# they are, prefetches, whoever is faster than a person, whoever follows a link
# that no person sees.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use Reco;
use Reco::Model;

my $world = Reco->new;
my $dir   = $world->{dir};
my $redis = $world->redis;
my $port  = $world->origin(sub { return { body => '<html><body>page</body></html>' } });

Reco::Model::publish($world, '000001');

sub conf {
    return <<"CONF";
    reco_model  $dir/model;
    reco_zone   shop:1m;
    reco_redis  unix:$dir/redis.sock stream=ev shards=1;
    reco_outbox $dir/outbox size=1m;
    server {
        listen 127.0.0.1:$world->{port};
        location = /beacon { reco_beacon; }
        location = /slow   { reco_beacon; reco_robot_rate 20; }
        location = /any    { reco_beacon; reco_robot_rate 0; }
        location = /most   { reco_beacon; reco_robot_rate 4294967296; }
        location = /more   { reco_honeypot; }
        location = /status { reco_status; }
        location /page/ {
            proxy_pass http://127.0.0.1:$port;
            reco on;
            reco_item \$reco_path_segment_2;
        }
    }
CONF
}
$world->nginx(conf(), workers => 2);

my $number = 0;

sub beacon {
    my ($path, $visitor, %header) = @_;
    $number++;
    return $world->post($path, qq({"id":"e$number","type":"view","item":"sku-1"}),
        headers => { 'Content-Type' => 'text/plain',
            $visitor ? (Cookie => 'reco=' . $visitor x 32) : (), %header })
        ->{status};
}

sub status {
    my ($name) = @_;
    my ($value) = $world->get('/status')->{body} =~ /^reco_$name (\d+)/m;
    return $value;
}

# How many of a visitor's events are in the stream, when every worker's are.
sub recorded {
    my ($visitor) = @_;

    $world->wait_for(10, sub {
        status('redis_forwarded_total') == status('outbox_appended_total');
    });
    return scalar grep { $_->[1]{u} eq $visitor x 32 } $redis->entries('ev:0');
}

# -- those that tell -------------------------------------------------------------

my @agents = ('Mozilla/5.0 (compatible; Googlebot/2.1)', 'Scrapy/2.11',
    'Mozilla/5.0 HeadlessChrome/120.0', 'facebookexternalhit/1.1',
    map { ($_, uc, "Mozilla/5.0 $_", "b$_/1.0 (s)") }
    qw(bot crawl spider slurp headless lighthouse facebookexternalhit preview
    monitor python-requests scrapy wget));

is(beacon('/beacon', 'a', 'User-Agent' => $_), 204, $_) for @agents;
is(beacon('/beacon', 'a', 'Sec-Purpose' => 'prefetch;prerender'), 204,
    'a prefetch');
is($world->get('/page/sku-1', headers => { Cookie => 'reco=' . 'a' x 32,
    Purpose => 'prefetch' })->{status}, 200, 'of a page');
is(status('robots_total'), @agents + 2, 'all are counted');
is(recorded('a'), 0, 'none is recorded');

my @browsers = ('Mozilla/5.0 (X11) Firefox/128.0', 'bo', 'b', 'Robo t/1.0',
    'spide', 'python-request', "Mozilla/5.0 (Windows NT 10.0) \xc3\xa2ot");
is(beacon('/beacon', 'a', 'User-Agent' => $_), 204, "a browser: $_") for @browsers;
is(recorded('a'), @browsers, 'each is recorded');

# -- faster than a person -----------------------------------------------------------

my $before = status('robots_total');
is(scalar(grep { beacon('/slow', 'b') != 204 } 1 .. 30), 0, '30 in a moment');
my $robots = status('robots_total') - $before;
cmp_ok($robots, '>=', 9, "$robots are too many");
is(recorded('b'), 30 - $robots, 'the others are recorded');
is(beacon('/beacon', 'b'), 204, 'the same visitor elsewhere');
is(recorded('b'), 30 - $robots, 'is known, and not recorded');
is($world->get('/page/sku-2', headers => { Cookie => 'reco=' . 'b' x 32 })
    ->{status}, 200, 'a page is served');
is(recorded('b'), 30 - $robots, 'and not recorded');

is(beacon('/most', '9'), 204, 'where hardly any number is too many');
is(recorded('9'), 1, 'one is not');

# -- a link that no person sees -------------------------------------------------------

is(beacon('/beacon', 'd'), 204, 'a visitor');
is($world->get('/more', headers => { Cookie => 'reco=' . 'd' x 32 })->{status},
    204, 'follows the hidden link');
beacon('/beacon', 'd') for 1 .. 5;
is(recorded('d'), 1, 'and is not recorded any more');

# An id that was made up so that XXH3 takes it for the text "127.0.0.1".
my $forged = 'b93942ea7b738267011884432c1371cc';
is($world->get('/more', headers => { Cookie => "reco=$forged" })->{status}, 204,
    'one whose id was made to be taken for an address');
$before = status('outbox_appended_total');
beacon('/beacon', undef);
is(status('outbox_appended_total'), $before + 1,
    'does not stand for those who come from there');

is($world->get('/more')->{status}, 204, 'a program without a cookie does');
$before = status('outbox_appended_total');
beacon('/beacon', undef);
$world->get('/page/sku-3');
is(status('outbox_appended_total'), $before,
    'and nothing from there without a cookie is recorded');
is(beacon('/beacon', 'e'), 204, 'a visitor with a cookie from there');
is(recorded('e'), 1, 'is');

# It outlives a reload.
$world->reload;
beacon('/beacon', 'd') for 1 .. 3;
is(recorded('d'), 1, 'after a reload it is still known');

# Where any number may come.
$before = status('outbox_appended_total');
is(scalar(grep { beacon('/any', 'c') != 204 } 1 .. 700), 0, 'without a limit');
is(status('outbox_appended_total') - $before, 700, 'all are recorded');

$world->done;
done_testing;
