# reco_learn: what a page says about its product reaches the stream as one
# event, when it is new and when it changes; the page itself is not touched.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use IO::Compress::Gzip qw(gzip);
use Test::More;

use Reco;
use Reco::Model;

my $world = Reco->new;
my $dir   = $world->{dir};
my $redis = $world->redis;

# The page of an item: price and what else of the page is the caller's.
sub page {
    my ($sku, $price, %option) = @_;

    my $name = $option{name} || "Mug $sku";
    my $junk = 'x' x ($option{junk} || 0);
    return <<"HTML";
<!DOCTYPE html><html><head><title>t</title>
<link rel="canonical" href="https://shop.example/p/$sku">
<script type="application/ld+json">{"\@context":"https://schema.org","\@graph":[
 {"\@type":"WebSite","name":"Shop","junk":"$junk"},
 {"\@type":"Product","sku":"$sku","name":"$name","image":["/i/$sku.jpg"],
  "brand":{"\@type":"Brand","name":"Acme"},"category":"Cups",
  "offers":{"\@type":"Offer","price":"$price","priceCurrency":"EUR",
            "availability":"https://schema.org/InStock"}}]}</script>
</head><body><h1>$name</h1><!-- reco:related --><p>end</p></body></html>
HTML
}

$world->write_file('said', 'first');
$world->write_file('www/file.html', page('file', 5));

my $origin = $world->origin(sub {
    my ($how, $sku) = $_[0]{path} =~ m{/([^/?]+)(?:\?(?:sku=(\w+))?.*)?$};
    my $state = $world->read_file('said');
    my @html  = ('Content-Type' => 'text/html; charset=utf-8', ETag => '"o"');
    my %answer = (headers => \@html);
    my $price = $state eq 'first' ? '9.90' : '12.50';

    return { %answer, body => page('s-changes', $price) } if $how eq 'changes';
    return { %answer, body => page("s-$how", 7), framing => $how }
        if $how =~ /^(?:length|chunked|close)$/;
    return { %answer, body => page('s-1', 8), framing => 'chunked',
             pieces => [page('s-1', 8) =~ /(.)/gs] } if $how eq 'bytes';
    return { headers => ['Content-Type' => 'text/html; charset=iso-8859-1'],
             body => page('s-latin', 4, name => "Caf\xe9") } if $how eq 'latin';
    return { %answer, body => page("s-$sku", 4) } if $how eq 'argument';
    return { %answer, body => page('s-cut', 8),
             cut => length(page('s-cut', 8)) - 9 } if $how eq 'cut';
    return { %answer, body => page('s-big', 8, junk => 70_000) } if $how eq 'big';
    return { %answer, body => page('s-gone', 8), status => 404 } if $how eq 'gone';
    return { %answer, body => '<html><body>a list</body></html>' } if $how eq 'list';
    return { %answer, body => page('s-evil', 8,
        name => "a\\u0007b\\u001f\\u202e<b>" . 'y' x 2000) } if $how eq 'evil';
    if ($how eq 'packed') {
        gzip(\(my $page = page('s-packed', 6)) => \my $packed) or die;
        return { body => $packed, headers => [@html, 'Content-Encoding' => 'gzip'] };
    }
    return { %answer, body => page("s-$how", 3) };
});

Reco::Model::publish($world, '000001');

$world->nginx(<<"CONF");
    reco_redis  unix:$dir/redis.sock stream=ev shards=3;
    reco_outbox $dir/outbox size=4m;
    reco_zone   shop:1m;
    reco_model  $dir/model;

    server {
        listen 127.0.0.1:$world->{port};
        root $dir/www;
        proxy_http_version 1.1;

        location /off/  { proxy_pass http://127.0.0.1:$origin; }
        location /file.html { reco_learn on every=0; }
        location /learn/ {
            proxy_pass http://127.0.0.1:$origin;
            reco_learn on every=0;
        }
        location /rarely/ {
            proxy_pass http://127.0.0.1:$origin;
            reco_learn on every=1h;
        }
        location /rewritten/ {
            proxy_pass http://127.0.0.1:$origin;
            reco on;
            reco_item \$arg_item;
            reco_learn on every=0;
            reco_slot related n=3;
        }
        location = /reco/status { reco_status; }
    }
CONF

# Events of the stream, by item: { price, title, ... }.
sub learnt {
    my ($item) = @_;
    return grep { ($_->{i} || '') eq $item && $_->{t} eq 'item' }
        map { $_->[1] } $redis->events('ev', 3);
}

sub arrives {
    my ($item, $n, $what) = @_;
    return ok($world->wait_for(10, sub { learnt($item) >= $n })
        && learnt($item) == $n, $what);
}

# What came before is in the stream once this is.
my $marks = 0;
sub settled {
    my $name = 'mark-' . ++$marks;
    $world->get("/learn/$name");
    return $world->wait_for(10, sub { learnt("s-$name") == 1 });
}

# -- an event for a page, one more where it changes --

$world->get('/learn/changes') for 1 .. 3;
arrives('s-changes', 1, 'a page that is seen is learnt');
my ($event) = learnt('s-changes');
is_deeply({ map { $_ => $event->{$_} } qw(ti url img cat br p cur av src) },
    { ti => 'Mug s-changes', url => 'https://shop.example/p/s-changes',
      img => '/i/s-changes.jpg', cat => 'Cups', br => 'Acme', p => '9.9',
      cur => 'EUR', av => 1, src => 'learn' }, 'all that it says');
ok(!defined $event->{u}, 'and nothing of who looked at it');

$world->get('/learn/changes') for 1 .. 10;
ok(settled(), 'later pages are learnt');
is(scalar learnt('s-changes'), 1, 'what stays the same is learnt once');

$world->write_file('said', 'second');
$world->get('/learn/changes?utm=1') for 1 .. 3;
arrives('s-changes', 2, 'what changed is learnt again');
is((learnt('s-changes'))[-1]{p}, '12.5', 'as it is now');

# -- however it comes --

$world->get("/learn/$_") for qw(length chunked close bytes);
arrives("s-$_", 1, "framed by $_") for qw(length chunked close);
arrives('s-1', 1, 'in single bytes');
is($world->get('/file.html')->{body}, page('file', 5), 'a file');
arrives('file', 1, 'of its own server');

$world->get('/rewritten/packed');
arrives('s-packed', 1, 'compressed, where the page is rewritten anyway');
{
    my $response = $world->get('/rewritten/other?item=sku-7');
    my ($page, @blocks) = Reco::Model::parts($response->{body});
    is($page, page('s-other', 3), 'a page that is learnt from and rewritten');
    is(scalar @blocks, 1, 'with its block');
    arrives('sku-7', 1, 'under the id that reco_item says');
    is((learnt('sku-7'))[0]{ti}, 'Mug s-other', 'as the page has it');
}

$world->get('/learn/latin');
arrives('s-latin', 1, 'a page in the character set that its header names');
is((learnt('s-latin'))[0]{ti}, "Caf\xc3\xa9", 'is read in it');

# -- what is not learnt --

$world->get("/learn/$_") for qw(cut big gone list);
$world->get('/rarely/list');
Reco::HTTP::request($world->{port}, 'HEAD', '/learn/head');
ok(settled(), 'pages after these are learnt');
is(scalar learnt($_), 0, "not learnt: $_") for qw(s-cut s-big s-gone s-head);
ok(!(grep { ($_->[1]{ti} || '') =~ /list/ } $redis->events('ev', 3)),
    'a page of no product');

$world->get('/learn/evil');
arrives('s-evil', 1, 'a page that lies');
{
    my $title = (learnt('s-evil'))[0]{ti};
    cmp_ok(length $title, '<=', 512, 'says no more than fits');
    unlike($title, qr/[\x00-\x1f\x7f]/, 'and no control characters');
}

# -- a page is read once in a while only --

$world->get('/rarely/seldom');
arrives('s-seldom', 1, 'read at first');
{
    my $before = () = $redis->events('ev', 3);
    $world->get('/rarely/seldom') for 1 .. 3;
    ok(settled(), 'later');
    is(scalar(() = $redis->events('ev', 3)), $before + 1, 'and then not for a time');
}

# -- what tells one page from another may be an argument, or be none --

$world->get("/rarely/argument?sku=$_") for qw(one two), 'one&from=letter', 'two&from=x';
arrives("s-$_", 1, "a page of its own by its argument: $_") for qw(one two);
ok(settled(), 'later');
is(scalar learnt("s-$_"), 1, "and learnt once, by whatever link: $_") for qw(one two);

# -- a page that is only read is not touched --

for my $path (qw(length chunked list packed big)) {
    my $on  = $world->get("/learn/$path", headers => { 'Accept-Encoding' => 'gzip' });
    my $off = $world->get("/off/$path", headers => { 'Accept-Encoding' => 'gzip' });
    delete $_->{headers}{date} for $on, $off;
    is($on->{body}, $off->{body}, "$path: its bytes");
    is_deeply($on->{headers}, $off->{headers}, "$path: its headers");
}
{
    my $file = $world->get('/file.html');
    ok($file->{headers}{etag} && $file->{headers}{'accept-ranges'},
        'a file keeps its validators');
    is($world->get('/file.html',
        headers => { 'If-None-Match' => $file->{headers}{etag} })->{status}, 304,
        'and is answered 304 by them');
    my $range = $world->get('/file.html', headers => { Range => 'bytes=0-9' });
    is($range->{status}, 206, 'and in ranges');
    is($range->{body}, substr(page('file', 5), 0, 10), 'of the right bytes');
}

# -- before there is a model --

unlink "$dir/model/current";
ok($world->wait_for(10, sub {
    my $response = $world->get('/rewritten/early');
    return $response->{body} eq page('s-early', 3) && $response->{headers}{etag};
}), 'without a model the page is not touched');
arrives('s-early', 1, 'but learnt from');

# -- reload, status, configuration --

{
    my $before = () = $redis->events('ev', 3);
    $world->reload;
    $world->get('/learn/changes');
    ok(settled(), 'pages are learnt');
    is(scalar(() = $redis->events('ev', 3)), $before + 1, 'and what was learnt is known');
}
like($world->get('/reco/status')->{body}, qr/^reco_products_learnt_total \d\d/m,
    'they are counted');

$world->stop_nginx;
for my $wrong ('perhaps', 'off every=1s', 'on often', 'on every=x') {
    my ($ok, $output) = $world->nginx_test("server { listen 127.0.0.1:$world->{port};"
        . " reco_learn $wrong; }");
    ok(!$ok && $output =~ /reco_learn|invalid (?:value|parameter)/,
        "reco_learn $wrong is refused");
}
$world->done;

done_testing;
