# The main job: what a visitor did a moment ago changes the next page, for this
# visitor alone, with and without JavaScript, Redis or a beacon.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use JSON::PP qw(decode_json encode_json);
use Test::More;

use Reco;
use Reco::Model;

my $world = Reco->new;
my $dir   = $world->{dir};
my $redis = $world->redis;

Reco::Model::publish($world, '000001', items => 60);

my $origin = $world->origin(sub {
    my ($item) = $_[0]{path} =~ m{/([^/?]+)$};
    return { body => "<html><body><h1>$item</h1><div id=description>d</div>"
        . '<div data-reco-slot="for-you">old</div></body></html>' };
});

$world->nginx(<<"CONF");
    reco_model $dir/model;
    reco_zone shop:1m;
    reco_redis unix:$dir/redis.sock stream=events shards=1;
    reco_outbox $dir/outbox size=1m;
    log_format reco '\$reco_visitor|\$reco_item|\$reco_model|\$reco_strategy|\$reco_count|\$reco_time_us|\$reco_request|\$reco_path_segment_1|\$reco_path_segment_2|\$reco_path_segment_3';

    server {
        listen 127.0.0.1:$world->{port};

        location = /reco/beacon { reco_beacon; }
        location /reco/v1/      { reco_api; }
        location = /reco/status { reco_status; }

        location /product/ {
            proxy_pass http://127.0.0.1:$origin;
            access_log $dir/logs/access reco;
            reco on;
            reco_item \$reco_path_segment_2;
            reco_slot related n=4 after="#description" heading="Related to \$reco_item";
            reco_slot for-you n=4 source=for-you;
            reco_slot recent n=5 source=recent append="body";
        }
        location /consent/ {
            proxy_pass http://127.0.0.1:$origin;
            reco on;
            reco_consent \$cookie_ok;
            reco_item \$reco_path_segment_2;
            reco_slot related n=4 after="#description";
        }
    }
CONF

sub page {
    my ($path, $visitor, %header) = @_;

    my $response = $world->get($path, headers => {
        %header, defined $visitor ? (Cookie => "reco=$visitor") : () });
    my %block;
    my ($page, @blocks) = Reco::Model::parts($response->{body});
    for my $block (@blocks) {
        my ($slot) = $block =~ /data-reco-block="([^"]+)"/;
        $block{$slot} = [Reco::Model::ids($block)];
    }

    return ($response, \%block, $page);
}

# Somebody new; not one of the ids with ff in front, which are of logins alone.
my $visitors = 0;
sub visitor {
    return sprintf '%032x', ++$visitors;
}

sub status {
    return decode_json($world->get('/reco/status?format=json')->{body})->{counters};
}

# -- a first view --

my ($response, $block, $page) = page('/product/sku-10');
like($page, qr{<div data-reco-slot="for-you"></div>},
    'a block takes the place of what the element held');
is($block->{related}[0], 'sku-11', 'what follows this item comes first');
is(scalar @{ $block->{related} }, 4, 'as many as asked for');
ok(!(grep { $_ eq 'sku-10' } map { @$_ } values %$block), 'never the page\'s own item');
like($response->{body}, qr{<h2>Related to sku-10</h2>}, 'a heading with a variable');
my %seen;
$seen{$_}++ for map { @$_ } values %$block;
is(scalar(grep { $_ > 1 } values %seen), 0, 'no item twice on a page');
my ($visitor) = $response->{headers}{'set-cookie'} =~ /^reco=([0-9a-f]{32})/;
ok($visitor, 'and a cookie');

# -- views alone change the next page: no JavaScript needed --

my (undef, $alone) = page('/product/sku-40', visitor());
page("/product/$_", $visitor) for qw(sku-11 sku-12);
(undef, $block) = page('/product/sku-40', $visitor);
isnt("@{ $block->{'for-you'} || [] }", "@{ $alone->{'for-you'} || [] }",
    'views of one visitor change what is for them');
is_deeply([sort grep { /^sku-1[012]$/ } @{ $block->{recent} || [] }],
    ['sku-10', 'sku-11', 'sku-12'], 'recent: what they saw');
(undef, $block) = page('/product/sku-40', visitor());
is_deeply($block, $alone, 'others see what they saw before');

# -- a beacon does --

my $other = visitor();
page('/product/sku-40', $other);
my $beacon = $world->post('/reco/beacon', encode_json([
    map {{ v => 1, id => "c$_", type => 'click', item => "sku-$_" }} 20 .. 22 ]),
    headers => { 'Content-Type' => 'application/json', Cookie => "reco=$other" });
is($beacon->{status}, 204, 'clicks are taken');
(undef, $block) = page('/product/sku-40', $other);
isnt("@{ $block->{'for-you'} }", "@{ $alone->{'for-you'} || [] }",
    'and the very next page shows it');
ok((grep { /^sku-2[3-6]$/ } map { @$_ } values %$block),
    'with what follows those items') or diag("@{ $block->{'for-you'} }");

# -- the interface agrees --

my $answer = decode_json($world->get('/reco/v1/recommendations?slot=for-you&item=sku-40&n=8',
    headers => { Cookie => "reco=$other" })->{body});
ok((grep { $_->{id} =~ /^sku-2[3-6]$/ } @{ $answer->{items} }),
    'JSON: what follows those items');
is($answer->{model}, '000001', 'names the model');
$response = $world->get('/reco/v1/recommendations?slot=for-you&item=sku-40&format=html',
    headers => { Cookie => "reco=$other" });
like($response->{body}, qr{^<section class="reco".*</section>$}s, 'HTML: the block');
like($response->{headers}{'cache-control'}, qr/no-store/, 'that nobody keeps');
is($world->get('/reco/v1/recommendations?slot=nowhere')->{status}, 404, 'unknown slot: 404');
is($world->get('/reco/v1/recommendations')->{status}, 404, 'no slot: 404');
is($world->get('/reco/v1/recommendations?slot=related&n=101')->{status}, 400, 'n: 400');
is($world->get('/reco/v1/else')->{status}, 404, 'nothing else: 404');
is($world->post('/reco/v1/recommendations', '{}')->{status}, 405, 'POST: 405');
is(scalar @{ decode_json($world->get('/reco/v1/recommendations?slot=related&n=2&item=sku-5')
    ->{body})->{items} }, 2, 'n counts');

# -- views are events too --

my @events;
$world->wait_for(10, sub {
    @events = map { $_->[1] } $redis->events('events', 1);
    return grep { ($_->{id} || '') eq 'c22' } @events;
});
my @views = grep { $_->{u} eq $visitor } @events;
is_deeply([map { "$_->{t} $_->{i} $_->{src}" } @views],
    [map { "view $_ page" } qw(sku-10 sku-11 sku-12 sku-40)],
    'page views reach the stream, once and in order');
is($views[0]{m}, '000001', 'with the model that was live');

# -- robots, prefetches, HEAD --

my $count = status()->{views};
page('/product/sku-3', $visitor, 'User-Agent' => 'Googlebot/2.1');
page('/product/sku-3', $visitor, 'Sec-Purpose' => 'prefetch;prerender');
page('/product/sku-3', $visitor, 'Purpose' => 'prefetch');
Reco::HTTP::request($world->{port}, 'HEAD', '/product/sku-3');
is(status()->{views}, $count, 'are no views');

# -- consent --

($response, $block) = page('/consent/sku-10', $visitor);
is($block->{related}[0], 'sku-11', 'without consent the page itself is the context');
ok(!exists $response->{headers}{'set-cookie'}, 'no cookie');
is(status()->{views}, $count, 'no event');
my (undef, $first) = page('/consent/sku-30');
my (undef, $second) = page('/consent/sku-30', $visitor);
is_deeply($second, $first, 'no profile');
($response) = $world->get('/consent/sku-10', headers => { Cookie => 'ok=1' });
like($response->{headers}{'set-cookie'}, qr/^reco=/, 'with consent there is one');

# -- forget --

$response = $world->post('/reco/v1/forget', '', headers => { Cookie => "reco=$other" });
is($response->{status}, 204, 'forget');
like($response->{headers}{'set-cookie'}, qr/^reco=;.*Max-Age=0$/, 'ends the cookie');
(undef, $block) = page('/product/sku-40', $other);
is_deeply($block, $alone, 'and nothing is remembered');

# -- Redis is away --

$world->stop_redis('KILL');
my $third = visitor();
page('/product/sku-40', $third);
is($world->post('/reco/beacon', encode_json({ v => 1, id => 'd', type => 'click', item => 'sku-20' }),
    headers => { 'Content-Type' => 'text/plain', Cookie => "reco=$third" })->{status}, 204,
    'without Redis a click is taken');
(undef, $block) = page('/product/sku-40', $third);
isnt("@{ $block->{'for-you'} }", "@{ $alone->{'for-you'} || [] }", 'and changes the next page');
$redis = $world->redis;
ok($world->wait_for(20, sub {
    grep { ($_->[1]{id} || '') eq 'd' } $redis->events('events', 1) }),
    'and reaches the stream when Redis is back');
$world->expect_log(qr/redis/i);

# -- variables --

my ($line) = $world->read_file('logs/access') =~ /^(.*)$/m;
like($line, qr/^$visitor\|sku-10\|000001\|\w+\|\d+\|\d+\|[0-9a-f]{16}\|product\|sku-10\|-$/,
    'variables in a log');

$world->stop_nginx;
$world->done;

done_testing;
