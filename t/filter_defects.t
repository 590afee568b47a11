# How body filters have failed elsewhere.  Each defect is a test, here or where
# its kind is tested:
#
#   input buffers not taken                  filter_transport: slow client, two buffers
#   a loop while an end pauses               here: silence costs nothing
#   the last piece lost or stuck             filter_transport: edge, slow ends
#   a cut upstream made to look whole        filter_transport, filter_encoding: cut
#   file buffers not read                    filter_transport: file, sendfile, aio, temp, hit
#   a busy buffer used again                 here: many blocks, slow client
#   a marker cut by buffers                  differential, filter_transport: pieces
#   the old Content-Length                   filter_http: headers
#   HEAD with a body, 204, 304 as pages      filter_http, filter_transport: one connection
#   validators of another page, ranges       filter_http: validators
#   compressed bytes searched                filter_encoding
#   subrequests rewritten                    filter_http: SSI, addition, mirror, auth
#   contexts wiped by internal redirects     filter_http: error_page, X-Accel, try_files
#   a client that is gone                    here: HTTP/2; filter_transport
#   buffers of no size                       here: nothing in them
#   memory that grows with the page          here: constant memory
#   blocks in scripts and comments           differential

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use IO::Uncompress::Gunzip qw(gunzip);
use Test::More;
use Time::HiRes qw(time sleep);

use Reco;
use Reco::Model;

# RECO_GIGABYTE=1: the page that is too large for memory has 1 GB, else 48 MB.
my $LARGE = ($ENV{RECO_GIGABYTE} ? 1024 : 48) * 1024 * 1024;

my $world = Reco->new;
my $dir   = $world->{dir};

my $line = "<p class=\"x\">a line of text &amp; <b>more</b> of it</p>\n";
my $half = '<html><body>' . $line x 4000;
my $page = "$half<!-- reco:related -->$half</body></html>";
my $many = '<html><body>' . join('', map { "<p class=\"hit\">$_</p>\n" } 1 .. 4000)
    . '</body></html>';
my $failing = "$dir/failing";

Reco::Model::publish($world, '000001');
$world->write_file('block.mustache', '[{{slot}}]');

my $origin = $world->origin(sub {
    my ($request) = @_;
    my ($how) = $request->{path} =~ m{/([^/?]+)(?:\?.*)?$};

    return { status => 500, body => 'no' } if -e $failing;
    return { pieces => [$half, \8, $page], framing => 'chunked' } if $how eq 'silent';
    return { body => $many, framing => 'chunked' } if $how eq 'many';
    return { pieces => [$many =~ /(.{1,3})/gs], framing => 'chunked' } if $how eq 'split';
    return { body => $page, cut => length($page) / 2, framing => $1 }
        if $how =~ /^cut-(\w+)$/;
    return { body => '', framing => $1 } if $how =~ /^empty-(\w+)$/;
    return { pieces => ['', \0.1, '<!-- reco:related -->', \0.1, ''], framing => 'chunked',
             headers => ['Content-Type' => 'text/html', 'X-Accel-Buffering' => 'no'] }
        if $how eq 'flushes';
    if ($how eq 'sliced' && ($request->{headers}{range} || '') =~ /^bytes=(\d+)-(\d+)$/) {
        my ($from, $to) = ($1, $2 < length $page ? $2 : length($page) - 1);
        return { status => 206, body => substr($page, $from, $to - $from + 1),
            headers => ['Content-Type' => 'text/html', ETag => '"o"',
                'Content-Range' => "bytes $from-$to/" . length $page] };
    }
    return { body => $page };
});

$world->nginx(<<"CONF");
    reco_model $dir/model;
    reco_zone shop:1m;
    reco_slot related n=3;
    proxy_cache_path $dir/cache keys_zone=cache:1m;

    server {
        listen 127.0.0.1:$world->{port};
        root $dir/www;
        reco on;
        proxy_http_version 1.1;

        location /proxy/  { proxy_pass http://127.0.0.1:$origin; }
        location /stream/ { proxy_pass http://127.0.0.1:$origin; proxy_buffering off; }
        location /tight/ {
            proxy_pass http://127.0.0.1:$origin;
            proxy_buffers 2 4k;
            proxy_buffer_size 4k;
            proxy_busy_buffers_size 4k;
            proxy_max_temp_file_size 0;
            reco_slot badge n=0 all template=$dir/block.mustache before=.hit
                append=.hit;
        }
        location /wide/ {
            proxy_pass http://127.0.0.1:$origin;
            reco_slot badge n=0 all template=$dir/block.mustache before=.hit
                append=.hit;
        }
        location /coded/ {
            proxy_pass http://127.0.0.1:$origin;
            gzip on;
            reco_slot badge n=0 all template=$dir/block.mustache before=.hit
                append=.hit;
        }
        location /unbuffered/ {
            proxy_pass http://127.0.0.1:$origin;
            proxy_buffering off;
            reco_slot badge n=0 all template=$dir/block.mustache before=.hit
                append=.hit;
        }
        location /stored/ {
            proxy_pass http://127.0.0.1:$origin;
            proxy_store $dir/stored.html;
            proxy_store_access all:r;
        }
        location /sliced/ {
            slice 64k;
            proxy_pass http://127.0.0.1:$origin;
            proxy_cache cache;
            proxy_cache_key \$uri\$slice_range;
            proxy_set_header Range \$slice_range;
            proxy_cache_valid 200 206 1h;
        }
        location /stale/ {
            proxy_pass http://127.0.0.1:$origin;
            proxy_cache cache;
            proxy_cache_valid 200 1s;
            proxy_cache_use_stale http_500;
            add_header X-Cache \$upstream_cache_status always;
        }
        location /trailer/ {
            proxy_pass http://127.0.0.1:$origin;
            add_trailer X-Trailer done;
        }
        location /whole/ { alias $dir/www/; reco_slot related n=3 after=#never; }
        location /first/ { alias $dir/www/; sendfile on; }
    }
CONF

sub worker { return ($world->workers)[0] }

# Clock ticks of CPU that the worker has used.
sub ticks {
    my @field = split / /, $world->read_file('/proc/' . worker() . '/stat');
    return $field[13] + $field[14];
}

# The page arrives with so many blocks.
sub arrives {
    my ($response, $what) = @_;
    my ($body, @blocks) = Reco::Model::parts($response->{body});
    return ok($response->{complete} && $body eq $page && @blocks == 1, $what);
}

# -- silence costs nothing --

for my $how (qw(proxy stream tight)) {
    my $socket = Reco::HTTP::connect_to($world->{port});
    Reco::HTTP::send_all($socket,
        "GET /$how/silent HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    my $data = '';
    while (length $data < length($half) / 2) {
        last unless sysread $socket, $data, 65536, length $data;
    }
    sleep 0.3;
    my $before = ticks();
    sleep 1.5;
    cmp_ok(ticks() - $before, '<', 30, "$how: while the origin is silent");
}
{
    my $socket = Reco::HTTP::connect_to($world->{port}, rcvbuf => 4096);
    Reco::HTTP::send_all($socket, "GET /tight/page HTTP/1.1\r\nHost: a\r\n\r\n");
    sleep 0.3;
    my $before = ticks();
    sleep 1.5;
    cmp_ok(ticks() - $before, '<', 30, 'while the client does not read');
}

# -- many blocks, slow client: no buffer is used again before it was sent --

{
    (my $expected = $many) =~ s{<p class="hit">(\d+)</p>}{[badge]<p class="hit">$1\[badge]</p>}g;
    for my $path ('/tight/many', '/tight/split', '/wide/many', '/wide/split', '/unbuffered/many',
        '/unbuffered/split') {
        my $response = $world->get($path, rcvbuf => 4096, read_size => 8192,
            read_pause => 0.002);
        ok($response->{complete} && $response->{body} eq $expected,
            "$path: 8000 blocks") or diag(length($response->{body}) . ' of '
            . length $expected);
    }
    my $response = $world->get('/coded/many', headers => { 'Accept-Encoding' => 'gzip' });
    gunzip(\$response->{body} => \my $body);
    ok($response->{complete} && $body eq $expected, '8000 blocks, compressed');
}

# -- buffers with nothing in them --

for my $how (qw(proxy stream)) {
    for my $framing (qw(length chunked close)) {
        my $response = $world->get("/$how/empty-$framing");
        ok($response->{complete} && $response->{body} eq '', "$how, empty, $framing");
    }
    my $response = $world->get("/$how/flushes");
    my ($body, @blocks) = Reco::Model::parts($response->{body});
    ok($response->{complete} && $body eq '<!-- reco:related -->' && @blocks == 1,
        "$how: a page of one marker, and buffers without bytes");
}

# -- HTTP/2: whole, cut, and clients that leave --

SKIP: {
    my ($code, $version) = $world->run('curl', '--version');
    skip 'curl does not know HTTP/2', 1 if $version !~ /HTTP2/;

    # a port of its own: without TLS one speaks either
    my $other = Reco->new;
    my $port  = $other->{port};
    $other->nginx(<<"CONF");
        reco_model $dir/model;
        server {
            listen 127.0.0.1:$port http2;
            reco on;
            reco_slot related n=3;
            proxy_http_version 1.1;
            location /proxy/ { proxy_pass http://127.0.0.1:$origin; }
            location /file/  { alias $dir/www/; }
            location /off/   { proxy_pass http://127.0.0.1:$origin; reco off; }
        }
CONF
    my @curl = ('curl', '-s', '--http2-prior-knowledge', '--max-time', 60);
    my $url  = "http://127.0.0.1:$port";
    $world->write_file('www/page.html', $page);

    for my $path ('/proxy/page', '/file/page.html', '/proxy/silent') {
        ($code, my $body) = $world->run(@curl, "$url$path");
        my ($rest, @blocks) = Reco::Model::parts($body);
        ok($code == 0 && @blocks == 1 && $rest eq ($path =~ /silent/ ? "$half$page" : $page),
            "HTTP/2: $path");
    }
    for my $framing (qw(length chunked)) {
        my ($off) = $world->run(@curl, '-o', "$dir/cut", "$url/off/cut-$framing");
        ($code) = $world->run(@curl, '-o', "$dir/cut", "$url/proxy/cut-$framing");
        is($code, $off, "HTTP/2: a page cut off looks as without the module, $framing");
        my ($rest) = Reco::Model::parts($world->read_file('cut'));
        is($rest, substr($page, 0, length $rest), 'and a beginning of it');
    }
    ($code, my $head) = $world->run(@curl, '-I', "$url/proxy/page");
    like($head, qr/^HTTP\/2 200/, 'HTTP/2: HEAD');
    for (1 .. 8) {
        $world->run(@curl, '--max-time', '0.2', '--limit-rate', '20k', '-o',
            '/dev/null', "$url/proxy/" . ($_ % 2 ? 'page' : 'silent'));
    }
    ($code, my $body) = $world->run(@curl, "$url/proxy/page");
    is((Reco::Model::parts($body))[0], $page, 'HTTP/2: after clients that left');
    $other->stop_nginx;
    $other->done;
}

# -- store, slices, stale answers, trailers: the shop's page is what is kept --

arrives($world->get('/stored/page'), 'proxy_store');
# The file takes its name after the client has the page.
$world->wait_for(60, sub { -s "$dir/stored.html" });
is($world->read_file('stored.html'), $page, 'the file is the page as the shop sent it');

for (1 .. 2) {
    my $response = $world->get('/sliced/sliced');
    ok($response->{complete} && $response->{body} eq $page, 'slices pass as they are');
}

arrives($world->get('/stale/page'), 'a page into the cache');
$world->write_file('failing', '');
ok($world->wait_for(20, sub {
    my $response = $world->get('/stale/page');
    return ($response->{headers}{'x-cache'} || '') eq 'STALE'
        && arrives($response, 'stale, with a block');
}), 'a stale page while the shop fails');
unlink $failing;

{
    my $socket = Reco::HTTP::connect_to($world->{port});
    Reco::HTTP::send_all($socket, "GET /trailer/page HTTP/1.1\r\nHost: a\r\n"
        . "TE: trailers\r\nConnection: close\r\n\r\n");
    my $data = '';
    1 while sysread $socket, $data, 65536, length $data;
    is(substr($data, -30), "</html>\r\n0\r\nX-Trailer: done\r\n\r\n" =~ s/^.*(.{30})\z/$1/sr,
        'a trailer');
}

# -- constant memory --

sub peak {
    my ($kib) = $world->read_file('/proc/' . worker() . '/status') =~ /^VmHWM:\s+(\d+)/m;
    return $kib;
}

{
    open my $file, '>', "$dir/www/large.html" or die $!;
    print {$file} '<html><body><!-- reco:related -->';
    my $piece = $line x 20_000;
    my $written = 0;
    while ($written < $LARGE) {
        print {$file} $piece or die "cannot write a large page: $!";
        $written += length $piece;
    }
    print {$file} '</body></html>';
    close $file or die $!;
    my $size = -s "$dir/www/large.html";

    # read to the end by the rewriter; and passed on unread behind the block
    for my $how (qw(whole first)) {
        $world->get("/$how/page.html");
        my $before = peak();
        my ($code, $got) = $world->run('curl', '-s', '-o', '/dev/null', '-w',
            '%{size_download}', "http://127.0.0.1:$world->{port}/$how/large.html");
        ok($code == 0 && $got > $size, "$how: a page of $size bytes");
        cmp_ok(peak() - $before, '<', 4096, 'in memory that does not grow with it');
    }
    unlink "$dir/www/large.html";
}

$world->stop_nginx;
$world->done;

done_testing;
