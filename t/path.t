# The whole path: history in, model out, blocks in the page, a click changes
# the next page; and what happens when parts of it are gone.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use Reco;

my $world = Reco->new;
my $dir   = $world->{dir};
my $redis = $world->redis;
my $data  = "$Reco::ROOT/demo/data/eshop-clothing";

$world->trainer_conf(shards => 2, overlay_interval => '1s');

my @import = ('import', '--config', "$dir/trainer.conf", '--format', 'tsv');
my ($code, $output) = $world->recoctl(@import, '--items', '--map',
    'id=item_id,title=title,category=category,price=price_usd,url=/product/{item_id}',
    "$data/items.tsv.gz");
is($code, 0, 'the catalogue is imported') or diag $output;

($code, $output) = $world->recoctl(@import, '--type', 'view', '--map',
    'visitor=SessionId,item=ItemId,ts=Time', "$data/valid.tsv.gz");
is($code, 0, 'history is imported') or diag $output;

($code, $output) = $world->run("$Reco::BUILD/reco-trainer", '-c',
    "$dir/trainer.conf", '--once');
is($code, 0, 'a model is trained') or diag $output;
ok(-e "$dir/model/current/manifest.json", 'and published');

my $origin = $world->origin(sub {
    my ($request) = @_;
    my ($item) = $request->{path} =~ m{^/product/(\d+)};
    return { status => 404, body => 'none' } unless $item;
    return { headers => ['Content-Type' => 'text/html; charset=utf-8'],
             body => "<!DOCTYPE html><html><head><title>Item $item</title></head>"
                 . "<body><div id=\"description\">About $item</div>"
                 . "<aside><!-- reco:foryou --></aside></body></html>\n" };
});

$world->trainer;
$world->nginx(<<"CONF");
    reco_model   $dir/model;
    reco_zone    shop:16m;
    reco_redis   unix:$dir/redis.sock stream=reco:events shards=2;
    reco_outbox  $dir/outbox size=4m;
    server {
        listen 127.0.0.1:$world->{port};
        location = /reco/beacon { reco_beacon; }
        location = /reco/status { reco_status; }
        location = /reco.js     { reco_sdk; }
        location   /reco/v1/    { reco_api; }
        location /product/ {
            proxy_pass http://127.0.0.1:$origin;
            reco on;
            reco_item \$reco_path_segment_2;
            reco_slot related n=6 after="#description"
                      template=$Reco::ROOT/conf/templates/list.mustache;
            reco_slot foryou n=6 source=for-you
                      template=$Reco::ROOT/conf/templates/list.mustache;
        }
        location /plain/ {
            proxy_pass http://127.0.0.1:$origin/product/;
        }
    }
CONF

my %catalogue = map { $_ => 1 } 1 .. 217;

# The items of each block of a page.
sub blocks {
    my ($page) = @_;

    my %block;
    while ($page =~ /data-reco-block="(\w+)"(.*?)(?=data-reco-block=|\z)/sg) {
        my ($slot, $html) = ($1, $2);
        $block{$slot} = [$html =~ /data-reco-item="([^"]+)"/g];
    }

    return \%block;
}

my $cookie;

sub visit {
    my ($item) = @_;

    my $response = $world->get("/product/$item",
        headers => { Cookie => $cookie });
    ($cookie) = $response->{headers}{'set-cookie'} =~ /^([^;]+)/
        if !defined $cookie && $response->{headers}{'set-cookie'};

    return blocks($response->{body});
}

my $number = 0;

sub beacon {
    my ($type, $item) = @_;

    my $id = sprintf 'e%08d', ++$number;
    return $world->post('/reco/beacon',
        "{\"v\":1,\"id\":\"$id\",\"type\":\"$type\",\"item\":\"$item\"}",
        headers => { Cookie => $cookie, 'Content-Type' => 'application/json' },
    )->{status};
}

# -- the first page, without any history of this visitor --

my $first = visit(20);
ok(defined $cookie, 'the visitor got a cookie');
is(scalar @{ $first->{related} || [] }, 6, 'a related block with six items');
is(scalar @{ $first->{foryou} || [] }, 6, 'a personal block with six items');
is_deeply([grep { !$catalogue{$_} } map { @$_ } values %$first], [],
    'all of them are items of the catalogue');
is(scalar(grep { $_ eq '20' } @{ $first->{related} || [] }), 0,
    "the page's own item is not among them");

# -- two clicks change the next page --

is(beacon('view', 150), 204, 'a view is taken');
is(beacon('click', 151), 204, 'a click is taken');
my $second = visit(20);
isnt("@{ $second->{foryou} || [] }", "@{ $first->{foryou} || [] }",
    'the personal block changed');

my $settled = sub {
    my ($text) = @_;
    return $world->wait_for(20, sub {
        join(' ', map { $_->[1]{i} || '' } $redis->events('reco:events', 2))
            =~ /$text/;
    });
};
ok($settled->(qr/\b151\b/), 'the events reached the stream');

# -- other visitors, through the overlay --

ok($world->wait_for(20, sub { -s "$dir/model/overlay" }),
    'the trainer publishes an overlay');

# -- the API --

my $json = $world->get('/reco/v1/recommendations?slot=related&item=20&n=4',
    headers => { Cookie => $cookie });
is($json->{status}, 200, 'the API answers');
like($json->{headers}{'content-type'}, qr{^application/json}, 'in JSON');
is(() = $json->{body} =~ /"id":/g, 4, 'with four items');

# -- the trainer is gone --

$world->stop_trainer('KILL');
my $before = visit(21);
is(beacon('click', 60), 204, 'without the trainer a click is taken');
is(beacon('click', 61), 204, 'and another');
my $after = visit(21);
is(scalar @{ $after->{related} || [] }, 6, 'pages go on with the last model');
isnt("@{ $after->{foryou} || [] }", "@{ $before->{foryou} || [] }",
    "the visitor's own clicks still change them");

# -- Redis is gone --

$world->expect_log(qr/redis/i);
$world->stop_redis('KILL');
$before = visit(22);
is(beacon('click', 100), 204, 'without Redis a click is taken');
is(beacon('click', 101), 204, 'and another');
$after = visit(22);
is(scalar @{ $after->{related} || [] }, 6, 'pages go on');
isnt("@{ $after->{foryou} || [] }", "@{ $before->{foryou} || [] }",
    'and change');
$redis = $world->redis;
ok($settled->(qr/\b101\b/), 'the beacons taken meanwhile arrive once it is back');
my %times;
$times{ $_->[1]{id} || '' }++ for grep { ($_->[1]{id} || '') =~ /^e0/ }
    $redis->events('reco:events', 2);
is(scalar keys %times, $number, 'every accepted beacon is in the stream');

# -- the model is gone --

rename "$dir/model", "$dir/model-away" or die;
mkdir "$dir/model";
$world->reload;
my $plain = $world->get('/plain/20')->{body};
ok($world->wait_for(10, sub {
    $world->get('/product/20')->{body} eq $plain;
}), 'without a model pages pass through unaltered');

$world->done;
done_testing;
