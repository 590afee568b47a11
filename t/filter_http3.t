# HTTP/3, where nginx has it and curl speaks it: pages with their blocks, cut
# pages, clients that leave, visitors and beacons.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use JSON::PP;
use Test::More;

use Reco;
use Reco::Model;

my $world = Reco->new;
my $dir   = $world->{dir};

my (undef, $nginx) = $world->run($world->nginx_binary, '-V');
plan skip_all => 'this nginx is built without HTTP/3'
    if $nginx !~ /with-http_v3_module/;
my (undef, $curl) = $world->run('curl', '--version');
plan skip_all => 'this curl does not know HTTP/3' if $curl !~ /HTTP3/;

my $line = "<p class=\"x\">a line of text &amp; <b>more</b> of it</p>\n";
my $half = '<html><body>' . $line x 4000;
my $page = "$half<!-- reco:related -->$half</body></html>";

Reco::Model::publish($world, '000001');
$world->write_file('www/page.html', $page);

my $origin = $world->origin(sub {
    my ($request) = @_;
    my ($how) = $request->{path} =~ m{/([^/?]+)(?:\?|$)};

    return { pieces => [$half, \1, $page], framing => 'chunked' } if $how eq 'pause';
    return { body => $page, cut => length($page) / 2, framing => $1 }
        if $how =~ /^cut-(\w+)$/;
    return { body => $page, headers => ['Content-Type' => 'text/html', ETag => '"1"'] };
});

system("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=shop.example"
    . " -keyout $dir/key -out $dir/certificate >$dir/openssl 2>&1") == 0
    or die "openssl: $?";

my $port = Reco::free_port();    # of UDP as well: curl takes others

$world->nginx(<<"CONF");
    reco_model $dir/model;
    reco_zone shop:1m;
    reco_robot_rate 0;
    proxy_cache_path $dir/cache keys_zone=cache:1m;
    ssl_certificate $dir/certificate;
    ssl_certificate_key $dir/key;

    server {
        listen 127.0.0.1:$world->{port};
        listen 127.0.0.1:$port quic;
        reco on;
        reco_item \$arg_item;
        reco_slot related n=3;
        reco_slot recent n=5 source=recent;
        proxy_http_version 1.1;
        location /proxy/ { proxy_pass http://127.0.0.1:$origin; }
        location /file/  { alias $dir/www/; }
        location /gzip/  { proxy_pass http://127.0.0.1:$origin; gzip on; }
        location /cached/ {
            proxy_pass http://127.0.0.1:$origin;
            proxy_cache cache;
            proxy_cache_valid 200 1h;
        }
        location /off/   { proxy_pass http://127.0.0.1:$origin; reco off; }
        location = /reco/beacon { reco_beacon; }
        location = /reco/small  { reco_beacon; client_body_buffer_size 64; }
        location /reco/v1/      { reco_api; }
        location = /reco/status { reco_status; }
    }
CONF

my @curl = ('curl', '-sSk', '--http3-only', '--max-time', 60);
my $url  = "https://127.0.0.1:$port";

for my $path ('/proxy/page', '/file/page.html', '/proxy/pause', '/gzip/page',
    ('/cached/page') x 2)
{
    my ($code, $body) = $world->run(@curl, '--compressed', "$url$path?item=sku-7");
    my ($rest, @blocks) = Reco::Model::parts($body);
    ok($code == 0 && @blocks == 1, "$path has its block") or diag substr $body, 0, 500;
    is($rest, $path =~ /pause/ ? "$half$page" : $page, 'and is the page');
}

my ($code, $head) = $world->run(@curl, '-I', "$url/proxy/page?item=sku-7");
like($head, qr/^HTTP\/3 200/, 'HEAD');
unlike($head, qr/^content-length:/mi, 'has not the length of another page');
($code, $head) = $world->run(@curl, '-D', '-', '-o', '/dev/null', "$url/proxy/page?item=sku-7");
like($head, qr/^set-cookie: reco=\w{32};.*; Secure\r?$/mi, 'the cookie is secure');

for my $framing (qw(length chunked)) {
    my ($off) = $world->run(@curl, '-o', "$dir/cut", "$url/off/cut-$framing");
    ($code) = $world->run(@curl, '-o', "$dir/cut", "$url/proxy/cut-$framing?item=sku-7");
    is($code, $off, "a page cut off looks as without the module, $framing");
    my ($rest) = Reco::Model::parts($world->read_file('cut'));
    is($rest, substr($page, 0, length $rest), 'and is a beginning of it');
}

for (1 .. 8) {
    $world->run(@curl, '--max-time', '0.3', '--limit-rate', '20k', '-o', '/dev/null',
        "$url/proxy/" . ($_ % 2 ? 'page' : 'pause') . '?item=sku-7');
}
($code, my $body) = $world->run(@curl, "$url/proxy/page?item=sku-7");
is((Reco::Model::parts($body))[0], $page, 'after clients that left');

# Forty at once, on as many connections as curl sees fit.
{
    my @all = map { ('-o', "$dir/out-$_", "$url/" . ($_ % 2 ? 'proxy/page' : 'file/page.html')
        . "?item=sku-7&n=$_") } 1 .. 40;
    ($code) = $world->run(@curl, '-Z', @all);
    is($code, 0, 'forty at once');
    is(scalar(grep { my ($rest, @blocks) = Reco::Model::parts($world->read_file("out-$_"));
        $rest eq $page && @blocks == 1 } 1 .. 40), 40, 'each has its page');
}

# What they viewed, but for the item that they are at.
sub viewed {
    my ($answer) = @_;

    return [map { $_->{id} } grep { $_->{reason} eq 'because' }
        @{ decode_json($answer)->{items} }];
}

my @visitor = ('-b', "$dir/jar", '-c', "$dir/jar");
$world->run(@curl, @visitor, '-o', '/dev/null', "$url/file/page.html?item=sku-$_") for 3, 4;
($code, $body) = $world->run(@curl, @visitor, "$url/reco/v1/recommendations?slot=recent");
is_deeply(viewed($body), ['sku-3'], 'a visitor is known again') or diag $body;
($code, $head) = $world->run(@curl, @visitor, '-D', '-', '-o', '/dev/null', '-d',
    '{"type":"click","item":"sku-9"}', '-H', 'Content-Type: text/plain',
    "$url/reco/beacon");
like($head, qr/^HTTP\/3 204/, 'a beacon') or diag $head;
($code, $body) = $world->run(@curl, @visitor, "$url/reco/v1/recommendations?slot=recent");
is_deeply(viewed($body), ['sku-4', 'sku-3'], 'counts at once') or diag $body;

# Bodies in a temporary file, and of a length that is not told.
$world->write_file('batch', '[' . join(',', ('{"type":"view","item":"sku-5"}') x 64) . ']');
$world->write_file('huge', 'x' x 2_000_000);
my $refused = 0;
sub refusals {
    return scalar(() = $world->read_file('logs/error.log') =~ /client intended to send too large/g);
}
for (['batch', 204], ['huge', 413]) {
    my ($name, $status) = @$_;
    my @post = (@curl, '-o', '/dev/null', '-w', '%{http_code}', '-H',
        'Content-Type: text/plain', '-X', 'POST');
    for my $how ("--data-binary \@$dir/$name", "-T - < $dir/$name") {
        ($code, $body) = $world->run('sh', '-c', "@{[map { qq('$_') } @post]} $url/reco/small $how");
        my $told = "$name: $how" =~ s/\Q$dir\E//gr;
        if ($status == 413) {
            # Who is still sending may lose the answer with the stream.
            like($body, qr/^413$|^curl: \(95\).*^000$/ms, $told);
            $refused++;
            ok($world->wait_for(60, sub { refusals() == $refused }), 'refused');
        } else {
            is($body, $status, $told);
        }
    }
}
$world->expect_log(qr/client intended to send too large/);

$world->done;
done_testing;
