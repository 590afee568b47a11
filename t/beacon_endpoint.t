# The beacon: what it takes, what it refuses and how it says so, and what the
# connection is like afterwards.

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
my $h2    = Reco::free_port();

Reco::Model::publish($world, '000001');

$world->nginx(<<"CONF");
    reco_model $dir/model;
    reco_zone shop:1m;
    reco_redis unix:$dir/redis.sock stream=events shards=1;
    reco_outbox $dir/outbox size=1m;
    limit_req_zone \$http_x_key zone=slow:1m rate=1r/m;

    server {
        listen 127.0.0.1:$world->{port};
        listen 127.0.0.1:$h2 http2;
        location = /beacon { reco_beacon; }
        location = /tiny   { reco_beacon; client_body_buffer_size 128; }
        location = /file   { reco_beacon; client_body_in_file_only clean; }
        location = /small  { reco_beacon; client_max_body_size 1k; }
        location = /slow   { reco_beacon; limit_req zone=slow; }
        location = /cors   {
            reco_beacon;
            reco_beacon_origins https://shop.example https://www.shop.example;
        }
        location = /consent {
            reco_beacon;
            reco_consent \$cookie_consent;
        }
        location = /login {
            reco_beacon;
            reco_visitor \$http_x_user;
        }
        location = /after { return 200 after; }
    }
CONF

my $visitor = '0123456789abcdef' x 2;
my $number  = 0;

sub event {
    return { v => 1, id => 'e' . ++$number, type => 'click', item => 'sku-1', @_ };
}

sub post {
    my ($path, $body, %option) = @_;

    my $header = delete $option{headers} || {};
    return $world->post($path, ref $body ? encode_json($body) : $body,
        headers => { 'Content-Type' => 'application/json',
                     Cookie => "reco=$visitor", %$header }, %option);
}

# The entries of the stream, once there are so many.
sub stream {
    my ($count) = @_;

    my @events;
    $world->wait_for(10, sub {
        @events = map { $_->[1] } $redis->events('events', 1);
        return @events >= $count;
    });

    return @events;
}

# -- accepted --

my $response = post('/beacon', event());
is($response->{status}, 204, 'one event');
is($response->{headers}{'cache-control'}, 'no-store', 'no-store');
ok(!exists $response->{headers}{'set-cookie'}, 'a known visitor gets no cookie');
is(post('/beacon', [map { event() } 1 .. 64])->{status}, 204, 'a batch of 64');
is(post('/beacon', event(), headers => { 'Content-Type' => 'text/plain;charset=UTF-8' })
    ->{status}, 204, 'as sendBeacon sends it');
is(post('/tiny', [map { event(ctx => { a => 'x' x 200 }) } 1 .. 60])->{status}, 204,
    'a body in a temporary file');
is(post('/file', event())->{status}, 204, 'a body in a file only');
is(post('/beacon', undef, chunked => [encode_json(event()) =~ /(.{1,7})/gs])->{status},
    204, 'a chunked body');
is(post('/tiny', undef, chunked => [encode_json([map { event() } 1 .. 40]) =~ /(.{1,100})/gs])
    ->{status}, 204, 'a chunked body in a temporary file');

$response = $world->get("/beacon?type=view&item=sku-2&id=q1",
    headers => { Cookie => "reco=$visitor" });
is($response->{status}, 200, 'GET');
is($response->{headers}{'content-type'}, 'image/gif', 'answers an image');
is(length $response->{body}, 43, 'of one pixel');

my @events = stream(169);
is(scalar @events, 169, 'all of them are in the stream');
my %count;
$count{$_->{id}}++ for @events;
is(scalar(grep { $_ > 1 } values %count), 0, 'once');
is_deeply([grep { /^e/ } map { $_->{id} } @events], [map { "e$_" } 1 .. $number],
    'in order');
is(scalar(grep { $_->{u} ne $visitor } @events), 0, 'with their visitor');

# -- refused --

for (['not JSON', 400, '{'], ['empty', 400, ''], ['a number', 400, '7'],
     ['no event', 204, '[]'], ['65 events', 413, [map { event() } 1 .. 65]],
     ['70 KB', 413, ' ' x 70_000])
{
    my ($name, $status, $body) = @$_;
    my $response = post('/beacon', $body);
    is($response->{status}, $status, "$name: $status");
    next if $status == 204;
    ok(eval { decode_json($response->{body})->{error} }, "$name: says why")
        or diag($response->{body});
}

$response = post('/beacon', [event(), { %{ event() }, type => 'clack' },
    { %{ event() }, item => '' }, event(ts => 'now'), event()]);
is($response->{status}, 400, 'a bad event in a batch');
my $answer = decode_json($response->{body});
is($answer->{accepted}, 2, 'the good ones count');
is_deeply([map { "$_->{index} $_->{field}" } @{ $answer->{rejected} }],
    ['1 type', '2 item', '3 ts'], 'each bad one is named with its field');
is(scalar(@{[stream(171)]}), 171, 'and two more are in the stream');

$response = post('/beacon', event(type => 'item', title => 'Cheap!'));
is($response->{status}, 400, 'a visitor may not write the catalogue');
is(decode_json($response->{body})->{rejected}[0]{reason}, 'not_allowed', 'and learns so');

is(post('/beacon', event(), headers => { 'Content-Type' => 'image/png' })->{status},
    415, 'another type: 415');
is(post('/beacon', event(), headers => { 'Content-Type' => undef })->{status},
    415, 'no type: 415');
is(post('/small', [map { event() } 1 .. 60])->{status}, 413,
    'client_max_body_size: 413');
is(post('/small', undef, chunked => [map { 'x' x 1000 } 1 .. 5])->{status}, 413,
    'of a chunked body, too');
$response = Reco::HTTP::request($world->{port}, 'PUT', '/beacon', body => '{}');
is($response->{status}, 405, 'PUT: 405');
like($response->{headers}{allow}, qr/POST/, 'with Allow');
is($world->get('/beacon?type=clack')->{status}, 400, 'GET with a bad event: 400');

my @status = map { post('/slow', event(), headers => { 'X-Key' => 'a' })->{status} } 1 .. 3;
ok((grep { $_ == 503 } @status), 'limit_req holds') or diag("@status");

# -- the connection afterwards --

my $long = '{"a":"' . 'x' x 3000;
for (['accepted', encode_json(event())], ['not JSON', "$long$long"],
     ['too large', 'GET /secret ' x 7000])
{
    my ($name, $body) = @$_;
    my $socket = Reco::HTTP::connect_to($world->{port});
    post('/beacon', $body, socket => $socket);
    my $next = Reco::HTTP::request($world->{port}, 'GET', '/after', socket => $socket);
    is($next->{body}, 'after', "$name: the next request of the connection is whole");
}
{
    my $socket = Reco::HTTP::connect_to($world->{port});
    post('/beacon', $long, socket => $socket,
        headers => { 'Content-Type' => 'image/png' });
    is(Reco::HTTP::request($world->{port}, 'GET', '/after', socket => $socket)->{body},
        'after', 'also where the body was not wanted');
}

# -- HTTP/2, with a length and without --

my $name = $world->write_file('body', encode_json([map { event() } 1 .. 30]));
for my $path ('/beacon', '/tiny') {
    for my $how ("--data-binary \@$name", "-T - <$name") {
        my $status = `curl -s -o /dev/null -w '%{http_code} %{http_version}' \\
            --http2-prior-knowledge -X POST -H 'Content-Type: application/json' \\
            -H 'Cookie: reco=$visitor' http://127.0.0.1:$h2$path $how`;
        is($status, '204 2', "HTTP/2: $path $how");
    }
}

# -- other sites --

my %shop = (Origin => 'https://shop.example');
$response = Reco::HTTP::request($world->{port}, 'OPTIONS', '/cors',
    headers => { %shop, 'Access-Control-Request-Method' => 'POST' });
is($response->{status}, 204, 'preflight');
is($response->{headers}{'access-control-allow-origin'}, 'https://shop.example',
    'names the site');
is($response->{headers}{'access-control-allow-credentials'}, 'true', 'with cookies');
like($response->{headers}{'access-control-allow-methods'}, qr/POST/, 'POST');
like($response->{headers}{vary}, qr/Origin/, 'and varies');
$response = post('/cors', event(), headers => \%shop);
is($response->{status}, 204, 'a listed site may post');
is($response->{headers}{'access-control-allow-origin'}, 'https://shop.example',
    'and read the answer');
is(post('/cors', event(), headers => { Origin => 'https://evil.example' })->{status},
    403, 'another may not');
is(post('/cors', event(), headers => { Origin => 'http://localhost', Host => 'localhost' })
    ->{status}, 204, 'one\'s own host may');
ok(!exists post('/beacon', event(), headers => \%shop)
    ->{headers}{'access-control-allow-origin'}, 'without a list nothing is promised');

# -- visitors --

$response = $world->post('/beacon', encode_json(event()),
    headers => { 'Content-Type' => 'application/json' });
like($response->{headers}{'set-cookie'},
    qr/^reco=[0-9a-f]{32}; Max-Age=31536000; Path=\/; HttpOnly; SameSite=Lax$/,
    'a new visitor gets a cookie');
ok(!exists post('/beacon', event(), headers => {
    Cookie => "reco=of-another-application; a=reco=x; reco=$visitor" })
    ->{headers}{'set-cookie'}, 'of two cookies of the name the one that is an id counts');
like(post('/beacon', event(), headers => { Cookie => "RECO=$visitor; xreco=$visitor" })
    ->{headers}{'set-cookie'} || '', qr/^reco=/, 'names that are alike do not');

# Everything that came before is in the stream once this is.
post('/beacon', event(id => 'mark'));
ok($world->wait_for(60, sub { grep { $_->{id} eq 'mark' } stream(0) }), 'which is delivered');
my $before = scalar stream(0);
is(post('/consent', event())->{status}, 204, 'without consent: 204');
is(post('/consent', event(), headers => { Cookie => "reco=$visitor; consent=0" })
    ->{status}, 204, 'nor with a refusal');
is(post('/beacon', event(), headers => { 'User-Agent' => 'Mozilla/5.0 (compatible; Googlebot/2.1)' })
    ->{status}, 204, 'nor from a robot');
is(post('/consent', event(item => 'sku-9'), headers => { Cookie => "reco=$visitor; consent=1" })
    ->{status}, 204, 'with consent');
post('/login', event(item => 'sku-10'), headers => { 'X-User' => 'ann@example.org' });
post('/login', event(item => 'sku-11'), headers => { 'X-User' => 'ann@example.org',
    Cookie => undef });
@events = stream($before + 3);
is(scalar @events, $before + 3, 'only what may be kept was');
is($events[-3]{i}, 'sku-9', 'with consent');
isnt($events[-2]{u}, $visitor, 'a site\'s own id stands for the visitor');
is($events[-2]{u}, $events[-1]{u}, 'on every device');
unlike(join(' ', map { %$_ } @events), qr/ann\@example/, 'and is not in the stream');

my $ann = $events[-1]{u};
$response = post('/beacon', event(), headers => { Cookie => "reco=$ann" });
like($response->{headers}{'set-cookie'}, qr/^reco=(?!\Q$ann\E)[0-9a-f]{32};/,
    'an id that was made of a login is no cookie: who guesses it gets a new one');

$world->stop_nginx;
$world->done;

done_testing;
