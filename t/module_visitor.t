# Who is asking: the cookie, in plain and through TLS; a login; consent; forget.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use JSON::PP qw(decode_json encode_json);
use Digest::SHA qw(hmac_sha1_hex);
use Test::More;

use Reco;
use Reco::Model;

my $world = Reco->new;
my $dir   = $world->{dir};
my $redis = $world->redis;
my $tls   = $world->free_port;

Reco::Model::publish($world, '000001', items => 60);

my $origin = $world->origin(sub {
    my ($customer) = ($_[0]{headers}{cookie} // '') =~ /login=(\w+)/;
    return { body => '<html><body><p id="p">p</p></body></html>',
        headers => ['Content-Type' => 'text/html',
            $customer ? ('X-Customer' => $customer, 'X-Consent' => 'yes') : ()] };
});

# A certificate that nobody trusts.
system('openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost'
    . " -keyout $dir/key -out $dir/certificate >$dir/openssl 2>&1") == 0
    or die "openssl: $?";

my $shop = "proxy_pass http://127.0.0.1:$origin; reco on; reco_item \$reco_path_segment_2;"
    . ' reco_slot recent n=5 source=recent append="#p"; add_header X-Visitor $reco_visitor;';

$world->nginx(<<"CONF");
    reco_model $dir/model;
    reco_zone shop:1m;
    proxy_cache_path $dir/cache keys_zone=pages:1m;
    reco_redis unix:$dir/redis.sock stream=events shards=1;
    reco_outbox $dir/outbox size=1m;
    ssl_certificate $dir/certificate;
    ssl_certificate_key $dir/key;

    server {
        listen 127.0.0.1:$world->{port};
        listen 127.0.0.1:$tls ssl http2;

        location = /reco/beacon { reco_beacon; }
        location = /reco/status { reco_status; }

        location /product/ { $shop }
        location /other/   { $shop reco_cookie v domain=.shop.example path=/shop age=30d samesite=strict; }
        location /session/ { $shop reco_cookie v age=session samesite=none secure=on; }
        location /framed/  { $shop reco_cookie v samesite=none; }
        location /host/    { $shop reco_cookie __Host-v; }
        location /insecure/ { $shop reco_cookie v secure=off; }
        location /member/  { $shop reco_visitor \$cookie_login; }
        location /keyed/   { $shop reco_visitor \$cookie_login secret=0123456789abcdef; }

        location /told/    { $shop reco_visitor \$upstream_http_x_customer; }
        location /cached/  { $shop reco_visitor \$upstream_http_x_customer; proxy_cache pages;
                             proxy_cache_valid 1h; add_header X-Cache \$upstream_cache_status; }
        location /agreed/  { $shop reco_consent "\${upstream_http_x_consent}"; proxy_cache pages;
                             proxy_cache_valid 1h; }

        location /asked/ {
            reco_consent \$cookie_ok;
            location /asked/product/     { $shop }
            location = /asked/beacon     { reco_beacon; }
            location   /asked/v1/        { reco_api; }
        }
    }
CONF

sub fetch {
    my ($path, @cookies) = @_;
    return $world->get($path, headers => { @cookies ? (Cookie => join '; ', @cookies) : () });
}

sub set {
    return $_[0]{headers}{'set-cookie'};
}

sub items {
    my (undef, @blocks) = Reco::Model::parts($_[0]{body});
    return [map { Reco::Model::ids($_) } @blocks];
}

# The first of them: what comes behind those that were seen fills the block up.
sub seen {
    my ($response, $n) = @_;
    return [sort @{ items($response) }[0 .. $n - 1]];
}

# What somebody sees there of whom nothing is known.
sub stranger {
    return items(fetch($_[0]));
}

sub beacon {
    my ($path, $id, @cookies) = @_;
    return $world->post($path, encode_json({ id => $id, type => 'click', item => 'sku-20' }),
        headers => { 'Content-Type' => 'text/plain', @cookies ? (Cookie => join '; ', @cookies) : () });
}

# -- the cookie --

my $response = fetch('/product/sku-1');
like(set($response), qr/^reco=[0-9a-f]{32}; Max-Age=31536000; Path=\/; HttpOnly; SameSite=Lax$/,
    'a new visitor gets a cookie');
my ($cookie, $id) = set($response) =~ /^(reco=(\w+))/;
is($response->{headers}{'x-visitor'}, $id, 'which is the visitor');
$response = fetch('/product/sku-2', $cookie);
is(set($response), undef, 'a known one keeps theirs');
is($response->{headers}{'x-visitor'}, $id, 'and is the same');
is_deeply(seen($response, 1), ['sku-1'], 'with what they saw');

my (%ids, @ones);
for (1 .. 200) {
    my ($hex) = set(fetch('/product/sku-1')) =~ /^reco=(\w{32});/;
    $ids{$hex} = 1;
    my @bits = split //, unpack 'B128', pack 'H32', $hex;
    $ones[$_] += $bits[$_] for 0 .. 127;
}
is(scalar keys %ids, 200, '200 visitors, 200 ids');
is(scalar(grep { $_ > 50 && $_ < 150 } @ones), 128, 'all of 128 bits are random');

for my $bad ('', 'x' x 32, substr($id, 1), "${id}0", "$id;", 'é' x 16) {
    like(set(fetch('/product/sku-1', "reco=$bad")) || '', $bad eq "$id;" ? qr/^$/ : qr/^reco=\w{32};/,
        "\"$bad\" is " . ($bad eq "$id;" ? 'one' : 'no id'));
}

like(set(fetch('/other/sku-1')), qr/^v=\w{32}; Max-Age=2592000; Path=\/shop; Domain=\.shop\.example; HttpOnly; SameSite=Strict$/,
    'name, age, path, domain, SameSite are configured');
like(set(fetch('/session/sku-1')), qr/^v=\w{32}; Path=\/; HttpOnly; SameSite=None; Secure$/,
    'for the session; Secure where it says so');
like(set(fetch('/framed/sku-1')), qr/SameSite=None; Secure$/, 'Secure where browsers take None with it only');
like(set(fetch('/host/sku-1')), qr/^__Host-v=\w{32};.*; Secure$/, 'and such a name');

# -- through TLS --

sub through_tls {
    my ($path, @options) = @_;
    open my $curl, '-|', 'curl', '-sSki', '--max-time', '60', @options, "https://127.0.0.1:$tls$path"
        or die "curl: $!";
    local $/;
    return <$curl>;
}

for my $version ('--http1.1', '--http2') {
    like(through_tls('/product/sku-1', $version),
        qr/^set-cookie: reco=\w{32}; Max-Age=31536000; Path=\/; HttpOnly; SameSite=Lax; Secure\r$/mi,
        "$version: Secure");
}
like(through_tls('/insecure/sku-1'), qr/^set-cookie: v=\w{32};.*SameSite=Lax\r$/mi, 'unless it is off');
unlike(through_tls('/product/sku-1', '-b', $cookie), qr/^set-cookie/mi, 'a known one keeps theirs');
my $answer = through_tls('/reco/beacon', '-d', '{"type":"click","item":"sku-7"}',
    '-H', 'Content-Type: text/plain');
like($answer, qr{^HTTP/\S+ 204}, 'a beacon');
like($answer, qr/^set-cookie: reco=\w{32};.*; Secure\r$/mi, 'sets it, too');

# -- a login --

fetch("/member/$_", $cookie) for qw(sku-3 sku-4);
$response = fetch('/member/sku-5', $cookie, 'login=alice');
my $member = $response->{headers}{'x-visitor'};
like($member, qr/^[0-9a-f]{32}$/, 'a member is known by a hash');
isnt($member, $id, 'not by the cookie');
is_deeply(seen($response, 4), [qw(sku-1 sku-2 sku-3 sku-4)],
    'who did what was done before the login');
$response = fetch('/member/sku-6', 'login=alice');
is($response->{headers}{'x-visitor'}, $member, 'the same on another device');
is(set($response), undef, 'which needs no cookie');
is_deeply(seen($response, 5), [qw(sku-1 sku-2 sku-3 sku-4 sku-5)], 'with all of it');
is_deeply(items(fetch('/member/sku-40', $cookie)), stranger('/member/sku-40'),
    'after the logout the device has moved it all');
is(fetch('/keyed/sku-5', 'login=alice')->{headers}{'x-visitor'},
    'ff' . substr(hmac_sha1_hex('alice', '0123456789abcdef'), 2, 30),
    'with a secret nobody else can compute the id');
is_deeply(items(fetch('/member/sku-41', 'login=bob')), stranger('/member/sku-41'),
    'another member has none of it');

# -- what the answer says, which the cache has for everybody --

isnt(fetch('/told/sku-9')->{headers}{'x-visitor'}, $member, 'a guest');
is(fetch('/told/sku-9', 'login=alice')->{headers}{'x-visitor'}, $member,
    'the shop says who it is');
$response = fetch('/cached/sku-9', 'login=alice');
is($response->{headers}{'x-visitor'}, $member, 'also where its answer is cached');
$response = fetch('/cached/sku-9', $cookie);
is($response->{headers}{'x-cache'}, 'HIT', 'which is then given to others');
is($response->{headers}{'x-visitor'}, $id, 'who are not taken for them');
isnt(fetch('/agreed/sku-9', 'login=alice')->{headers}{'x-visitor'} // '', '', 'consent, too');
is(fetch('/agreed/sku-9', $cookie)->{headers}{'x-visitor'} // '', '', 'is not that of another one');

# -- consent --

my $events = sub {
    decode_json($world->get('/reco/status?format=json')->{body})->{counters}{events} };
my $before = $events->();
for my $no ('', '0', 'no', 'off', 'FALSE', 'denied') {
    my @refusal = ($cookie, "ok=$no");
    $response = fetch('/asked/product/sku-9', @refusal);
    is(set($response), undef, "\"$no\": no cookie");
    is($response->{headers}{'x-visitor'}, undef, 'no visitor');
    is(beacon('/asked/beacon', "no-$no", @refusal)->{status}, 204, 'a beacon is answered');
    is(set(beacon('/asked/beacon', "no-$no")), undef, 'without a cookie');
}
is($events->(), $before, 'and nothing of it is an event');
$response = beacon('/asked/beacon', 'yes', 'ok=1');
like(set($response), qr/^reco=\w{32}/, 'with consent there is a cookie');
is($events->(), $before + 1, 'and an event');

my @stream;
ok($world->wait_for(60, sub {
    @stream = map { $_->[1] } $redis->events('events', 1);
    grep { $_->{id} eq 'yes' } @stream }), 'which reaches the stream');
is(scalar(grep { $_->{id} =~ /^no-/ } @stream), 0, 'where no refused one is');
is(scalar(grep { "@{[%$_]}" =~ /alice/ } @stream), 0, 'nor anybody\'s login');

# -- forget, also after consent was taken back --

fetch('/product/sku-1', $cookie);
fetch('/product/sku-2', $cookie);
is_deeply(seen(fetch('/product/sku-3', $cookie), 2), ['sku-1', 'sku-2'], 'remembered');
$response = $world->post('/asked/v1/forget', '', headers => { Cookie => "$cookie; ok=0" });
is($response->{status}, 204, 'forget');
like(set($response), qr/^reco=; Max-Age=31536000; Path=\/; HttpOnly; SameSite=Lax; Max-Age=0$/,
    'the cookie ends');
is_deeply(items(fetch('/product/sku-4', $cookie)), stranger('/product/sku-4'),
    'and nothing is remembered');

$world->stop_nginx;
$world->done;

done_testing;
