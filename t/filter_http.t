# Which answers are rewritten, and what becomes of their headers.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use Reco;
use Reco::Model;

my $PAGE = "<html><body><!-- reco:related --><p>p\xc3\xa4ge</p></body></html>\n";

my $world = Reco->new;
my $dir   = $world->{dir};

Reco::Model::publish($world, '000001',
    title => sub { "Tea \xc3\xa4nd <cake> $_[0]" });
$world->write_file('www/page.html', $PAGE);
$world->write_file('www/page.txt', $PAGE);
$world->write_file('www/empty.html', '');
$world->write_file('www/part.html', "<i>$PAGE</i>");

# The last part of the path says what the origin answers.
my %answer = (
    plain   => { headers => ['Content-Type' => 'text/html'] },
    utf8    => { headers => ['Content-Type' => 'text/html; charset=UTF-8'] },
    short   => { headers => ['Content-Type' => 'text/html; charset=utf8'] },
    quoted  => { headers => ['Content-Type' => 'text/html; charset="utf-8";'] },
    latin   => { headers => ['Content-Type' => 'text/html; charset=iso-8859-1'] },
    utf16   => { headers => ['Content-Type' => 'text/html; charset=utf-16le'] },
    bom     => { headers => ['Content-Type' => 'text/html'],
                 body => "\xff\xfe" . join('', map { "$_\0" } split //, $PAGE) },
    coded   => { headers => ['Content-Type' => 'text/html',
                             'Content-Encoding' => 'identity'] },
    meta    => { headers => ['Content-Type' => 'text/html'],
                 body => $PAGE =~ s{<body>}{<meta charset="ISO-2022-JP">$&}r },
    iso2022 => { headers => ['Content-Type' => 'text/html; charset=ISO-2022-JP'] },
    empties => { headers => ['Content-Type' => 'application/xhtml+xml'],
                 body => $PAGE =~ s{<body>}{<head><title/><script src="x"/></head>$&}r },
    xhtml   => { headers => ['Content-Type' => 'application/xhtml+xml'] },
    json    => { headers => ['Content-Type' => 'application/json'] },
    brotli  => { headers => ['Content-Type' => 'text/html',
                             'Content-Encoding' => 'br'] },
    missing => { status => 404 },
    gone    => { status => 410 },
    none    => { status => 204, body => '' },
    moved   => { status => 302, headers => ['Content-Type' => 'text/html',
                                            'Location' => '/elsewhere'] },
    ranged  => { status => 206, headers => ['Content-Type' => 'text/html',
                 'Content-Range' => 'bytes 0-' . (length($PAGE) - 1) . '/1000'] },
    same    => { status => 304, headers => ['ETag' => '"o"'], body => '' },
    public  => { headers => ['Content-Type' => 'text/html', 'ETag' => '"o"',
                 'Last-Modified' => 'Mon, 01 Jan 2024 00:00:00 GMT',
                 'Cache-Control' => 'public, max-age=600',
                 'Cache-Control' => 's-maxage=3600',
                 'Surrogate-Control' => 'max-age=3600',
                 'Expires' => 'Mon, 01 Jan 2040 00:00:00 GMT',
                 'Accept-Ranges' => 'bytes', 'X-Shop' => 'yes',
                 'Content-MD5' => 'Q2hlY2sgSW50ZWdyaXR5IQ==',
                 'Content-Digest' => 'sha-256=:AAAA:', 'Repr-Digest' => 'sha-256=:AAAA:'] },
    map({ ("slotless-$_" => { body => '<html><body>' . 'x' x 2000 . '</body></html>',
        framing => $_, headers => ['Content-Type' => 'text/html', 'ETag' => '"o"',
        'Cache-Control' => 'public'] }) } qw(length chunked close)),
    strict  => { headers => ['Content-Type' => 'text/html',
                             'Cache-Control' => 'no-store'] },
    # for the CDN one thing, for all others another
    cdn     => { headers => ['Content-Type' => 'text/html',
                 'Cache-Control' => 'private, max-age=60', 'Surrogate-Control' =>
                 'max-age=3600', 'CDN-Cache-Control' => 'max-age=3600',
                 'Cloudflare-CDN-Cache-Control' => 'max-age=3600',
                 'Edge-Control' => 'max-age=3600', 'X-Cache-Control' => 'x'] },
    map({ ("says-$_->[0]" => { headers => ['Content-Type' => 'text/html',
        'Cache-Control' => $_->[1]] }) } ['field', 'private="Set-Cookie", max-age=9'],
        ['quoted', 'max-age=9, x="a, private"'], ['name', 'not-private, max-age=9'],
        ['zero', 'Max-Age=0, must-revalidate'], ['check', 'no-cache, no-transform'],
        ['cookie', 'no-cache="Set-Cookie, X", max-age=10'], ['other', 'PRIVATE']),
    hinted  => { hints => ['Link' => '</s.css>; rel=preload'] },
    redirect => { headers => ['Content-Type' => 'text/html',
                              'X-Accel-Redirect' => '/files/page.html'] },
);

my $origin = $world->origin(sub {
    my ($name) = $_[0]{path} =~ m{/([^/?]+)(?:\?.*)?$};
    return { body => $PAGE, %{ $answer{$name} || {} } };
});

$world->nginx(<<"CONF");
    reco_model $dir/model;
    reco_zone shop:1m;
    reco_slot related n=3;
    proxy_cache_path $dir/cache keys_zone=cache:1m;

    server {
        listen 127.0.0.1:$world->{port};
        root $dir/www;
        reco_item sku-7;
        proxy_http_version 1.1;

        location /off/ {
            proxy_pass http://127.0.0.1:$origin;
        }
        location /on/ {
            proxy_pass http://127.0.0.1:$origin;
            reco on;
            proxy_intercept_errors on;
            error_page 410 = /on/plain;
        }
        location /intercept/ {
            proxy_pass http://127.0.0.1:$origin;
            proxy_intercept_errors on;
            error_page 404 =200 /page.html;
            reco on;
        }
        location /statuses/ {
            proxy_pass http://127.0.0.1:$origin;
            reco on;
            reco_statuses 200 404;
        }
        location /types/ {
            proxy_pass http://127.0.0.1:$origin;
            reco on;
            reco_types application/json;
        }
        location /validators/ {
            proxy_pass http://127.0.0.1:$origin;
            reco on;
            reco_last_modified on;
        }
        location /validators-file/ {
            alias $dir/www/;
            add_header Cache-Control "public, max-age=600";
            reco on;
            reco_last_modified on;
        }
        location /cache-control/ {
            proxy_pass http://127.0.0.1:$origin;
            reco on;
            reco_cache_control "no-cache, private";
        }
        location /nothing/ {
            proxy_pass http://127.0.0.1:$origin;
            reco on;
            reco_rule only category="no such one";
        }
        location /nothing-file/ {
            alias $dir/www/;
            reco on;
            reco_rule only category="no such one";
        }
        location /cache-off/ {
            proxy_pass http://127.0.0.1:$origin;
            reco on;
            reco_cache_control off;
        }
        location /cached/ {
            proxy_pass http://127.0.0.1:$origin;
            proxy_cache cache;
            proxy_cache_valid 200 1m;
            proxy_ignore_headers Cache-Control Expires;
            add_header X-Cache \$upstream_cache_status;
            reco on;
        }
        location / {
            reco on;
        }
        location /files/ {
            internal;
            alias $dir/www/;
            reco on;
        }
        location /ssi/ {
            alias $dir/www/;
            ssi on;
            reco on;
        }
        location /added/ {
            alias $dir/www/;
            add_after_body /part.html;
            reco on;
        }
        location /try/ {
            root $dir/www;
            try_files /no /page.html;
            reco on;
        }
        location /auth/ {
            alias $dir/www/;
            auth_request /on/plain;
            reco on;
        }
        location /mirror/ {
            alias $dir/www/;
            mirror /on/plain;
            reco on;
        }
    }
CONF

$world->write_file('www/outer.html',
    '<body><!--# include virtual="/part.html" --><!-- reco:related --></body>');


sub page_of {
    my ($path, %option) = @_;

    my $response = $world->get($path, %option);
    my ($page, @blocks) = Reco::Model::parts($response->{body});

    return ($response, $page, @blocks);
}


# -- what is rewritten --

for my $name (qw(plain utf8 latin xhtml coded public)) {
    my ($response, $page, @blocks) = page_of("/on/$name");
    is($page, $PAGE, "$name: the origin's bytes");
    is(scalar @blocks, 1, "$name: with a block");
}

ok((page_of('/on/empties'))[2], 'XHTML is read as XML');

for my $name (qw(utf16 iso2022 meta bom json brotli missing moved ranged)) {
    my ($on)  = page_of("/on/$name");
    my ($off) = page_of("/off/$name");
    is($on->{body}, $off->{body}, "$name: passes");
    next if $name eq 'bom';    # what tells it comes after the header
    delete $_->{headers}{date} for $on, $off;
    is_deeply($on->{headers}, $off->{headers}, "$name: with its headers");
}

is((page_of('/on/none'))[0]{status}, 204, '204 passes');
is((page_of('/on/same'))[0]{status}, 304, '304 passes');
is(scalar((page_of('/page.txt'))[2] // ''), '', 'text/plain passes');
is((page_of('/empty.html'))[0]{headers}{'content-length'}, 0,
    'an empty page passes');
is((page_of('/on/plain', headers => { Range => 'bytes=0-9' }))[1], $PAGE,
    'a range of a rewritten page is the page');
is((page_of('/page.html', headers => { Range => 'bytes=0-9' }))[0]{status}, 200,
    'also of a file');
{
    $world->write_file('www/none.html', '<html><body><p>none</p></body></html>');
    my ($response) = page_of('/none.html', headers => { Range => 'bytes=3-9' });
    is($response->{status}, 200, 'a range of a page without the slot, too');
    is($response->{body}, '<html><body><p>none</p></body></html>', 'is all of it');
}
ok((page_of('/statuses/missing'))[2], 'a status that is listed');
ok((page_of('/types/json'))[2], 'a type that is listed');

# -- a page that holds no slot keeps its header --

for my $path ('/none.html', '/ssi/none.html') {
    my ($response) = page_of($path);
    my $header = $response->{headers};
    ok($header->{'content-length'} && $header->{etag} && $header->{'last-modified'}
        && $header->{'accept-ranges'} && !$header->{'cache-control'}
        && !$header->{'set-cookie'}, "$path") or diag($response->{raw_headers})
        unless $path =~ /ssi/;
}
for my $framing (qw(length chunked close)) {
    my ($on)  = page_of("/on/slotless-$framing");
    my ($off) = page_of("/off/slotless-$framing");
    delete $_->{headers}{date} for $on, $off;
    is($on->{body}, $off->{body}, "slotless, $framing: body");
    is_deeply($on->{headers}, $off->{headers}, "slotless, $framing: headers")
        if $framing eq 'length';
}
for (1 .. 2) {
    my ($response) = page_of('/cached/slotless-length');
    is($response->{headers}{etag}, '"o"', 'from the cache, too');
}

# -- one whose slot has nothing to show this visitor does not: it would be kept for those
# who are shown something --

for my $path (qw(/nothing/public /nothing-file/page.html /nothing-file/page.html)) {
    my ($response, $page, @blocks) = page_of($path);
    is("@blocks$page", $PAGE, "$path: nothing to show");
    is($response->{headers}{'cache-control'}, 'private', 'is one visitor\'s page');
    ok(!exists $response->{headers}{$_}, "without $_") for qw(etag last-modified);
    is($response->{headers}{'content-length'}, length $PAGE, 'with its length');
}

# -- early hints: nginx before 1.29 takes them for the answer itself --

{
    my ($off, $on) = map {
        my (undef, $answer) = $world->run('curl', '-si', '--max-time', 60,
            "http://127.0.0.1:$world->{port}/$_/hinted");
        $answer =~ s/^Date: .*\r\n//mgr;
    } qw(off on);
    like($on, qr/\AHTTP\S+ 103 .*^Link: .*^HTTP\S+ 200 /ms, 'early hints');
    my ($rest, @blocks) = Reco::Model::parts($on);
    my (undef, $version) = $world->run($world->nginx_binary, '-v');
    if ($version =~ m{/1\.(\d+)} && $1 >= 29) {
        is(scalar @blocks, 1, 'before a page with its block');
    } else {
        is($on, $off, 'and all that follows, as without the module');
    }
}

# -- character sets --

like((page_of("/on/$_"))[2], qr/Tea \xc3\xa4nd &lt;cake/, "UTF-8 as it is: $_")
    for qw(utf8 short quoted);
for my $name (qw(plain latin)) {
    like((page_of("/on/$name"))[2], qr/Tea &#(?:228|xe4|xE4);nd &lt;cake/,
        "references where the page is not known to be UTF-8: $name");
}

# -- headers --

{
    my ($response) = page_of('/on/public');
    my $header = $response->{headers};
    is($header->{'x-shop'}, 'yes', 'headers of the origin pass');
    is($header->{'cache-control'}, 'private', 'Cache-Control: private');
    ok(!exists $header->{$_}, "no $_") for qw(etag last-modified accept-ranges
        expires surrogate-control content-md5 content-digest repr-digest);
    is($header->{'content-length'} // length $response->{body},
        length $response->{body}, 'and no wrong length');

    ($response) = page_of('/validators/public');
    is($response->{headers}{etag}, 'W/"o"', 'reco_last_modified: a weak ETag');
    ok($response->{headers}{'last-modified'}, 'and Last-Modified');
    is($response->{headers}{'cache-control'}, 'private, no-cache',
        'of which no freshness is made');
    is((page_of('/validators/says-other'))[0]{headers}{'cache-control'}, 'PRIVATE',
        'where the shop does not say');

    ($response) = page_of('/cache-control/public');
    is($response->{headers}{'cache-control'}, 'no-cache, private',
        'reco_cache_control VALUE');
    ($response) = page_of('/cache-off/public');
    is($response->{headers}{'cache-control'}, 'public, max-age=600, s-maxage=3600',
        'reco_cache_control off');
    ok(!exists $response->{headers}{'set-cookie'},
        'sets no cookie into a page that others may get');
    ($response) = page_of('/on/cdn');
    is($response->{headers}{'cache-control'}, 'private, max-age=60', 'private stays');
    my @targeted = grep { /surrogate|edge|-cache-control/ } keys %{ $response->{headers} };
    is("@targeted", '', 'and no CDN is told otherwise');
    ($response) = page_of('/cache-off/cdn');
    is($response->{headers}{'cdn-cache-control'}, 'max-age=3600', 'but where the site says so');
    my %said = (field => 'private', quoted => 'private', name => 'private',
        zero => 'private, no-cache', check => 'private, no-cache, no-transform',
        cookie => 'private', other => 'PRIVATE');
    is((page_of("/on/says-$_"))[0]{headers}{'cache-control'}, $said{$_}, "Cache-Control: $_")
        for sort keys %said;
    ($response) = page_of('/on/strict');
    is($response->{headers}{'cache-control'}, 'no-store',
        'what is stricter than private stays');
}

{
    my $head = $world->get('/on/public');
    my $same = Reco::HTTP::request($world->{port}, 'HEAD', '/on/public');
    is($same->{body}, '', 'HEAD has no body');
    delete $_->{headers}{date}, delete $_->{headers}{'set-cookie'},
        delete $_->{headers}{'transfer-encoding'},
        delete $_->{headers}{'content-length'} for $head, $same;
    is_deeply($same->{headers}, $head->{headers}, 'and the headers of GET');
}

# -- no validator of the origin's page brings a 304 --

{
    my ($plain) = page_of('/off/../page.txt');
    my $etag = $plain->{headers}{etag};
    ok($etag, 'a file has a validator');
    is((page_of('/page.txt', headers => { 'If-None-Match' => $etag }))[0]{status},
        304, 'which brings 304 where nothing is rewritten');
    my $file = "$dir/www/page.html";
    my @stat = stat $file;
    my $tag = sprintf '"%x-%x"', $stat[9], $stat[7];
    is((page_of('/page.html', headers => { 'If-None-Match' => $tag }))[0]{status},
        200, 'and the page where something is');
    is((page_of('/page.html', headers =>
        { 'If-Modified-Since' => 'Mon, 01 Jan 2040 00:00:00 GMT' }))[0]{status},
        200, 'also with a date');

    # where the site wants it, it says of the page what 200 says
    my ($page) = page_of('/validators-file/page.html');
    my ($same) = page_of('/validators-file/page.html', headers =>
        { 'If-Modified-Since' => $page->{headers}{'last-modified'} });
    is($same->{status}, 304, 'a 304 by reco_last_modified');
    is($same->{headers}{$_}, $page->{headers}{$_}, "with the page's $_")
        for qw(etag last-modified cache-control);
}

# -- one visitor's page is not another's, with nginx's own cache too --

{
    my ($first)  = page_of('/cached/public');
    my ($second) = page_of('/cached/public');
    is($second->{headers}{'x-cache'}, 'HIT', 'the origin\'s page is cached');
    isnt($first->{headers}{'set-cookie'}, $second->{headers}{'set-cookie'},
        'and each visitor gets a cookie of their own');
    my ($known) = page_of('/cached/public',
        headers => { Cookie => 'reco=' . '0123456789abcdef' x 2 });
    ok(!exists $known->{headers}{'set-cookie'}, 'once');
}

# -- subrequests and redirects: one block, in the page itself --

for my $path (qw(/intercept/missing /on/gone /on/redirect /added/page.html
                 /try/page.html /auth/page.html /mirror/page.html))
{
    my ($response, $page, @blocks) = page_of($path);
    is(scalar @blocks, 1, "$path: one block");
    is(() = $page =~ /reco:related/g, $path =~ /added/ ? 2 : 1,
        'the page is there');
    is(() = ($response->{headers}{'set-cookie'} || '') =~ /reco=/g, 1,
        'one cookie');
}

{
    my ($response, $page, @blocks) = page_of('/ssi/outer.html');
    is(scalar @blocks, 1, 'SSI: one block');
    is($page, "<body><i>$PAGE</i><!-- reco:related --></body>",
        'what was included is the shop\'s');
    like($response->{body}, qr{</i><!-- reco:related --><section}, 'at its place');
}

# -- without a model, all of it passes --

unlink "$dir/model/current";
ok($world->wait_for(3, sub {
    my ($response) = page_of('/on/public');
    delete $response->{headers}{date};
    my ($off) = page_of('/off/public');
    delete $off->{headers}{date};
    return $response->{body} eq $PAGE
        && eq_hash($response->{headers}, $off->{headers});
}), 'without a model pages and headers are the origin\'s');

$world->stop_nginx;
$world->done;

done_testing;
