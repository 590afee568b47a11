# Pages reach the client byte for byte, but for the blocks, however the bytes
# come: files, buffers of any size, slow ends, broken ends.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;
use Time::HiRes qw(time sleep);

use Reco;
use Reco::Model;

my $HEAD = "<!DOCTYPE html><html><head><title>t</title></head><body>\n";
my $TAIL = "<!-- reco:related --><p>end</p></body></html>\n";

# Text that repeats at no power of two, so that a lost buffer shows.
sub filler {
    my ($bytes) = @_;

    my $text = '';
    my $i = 0;
    $text .= '<p>' . $i++ . " lorem ipsum dolor</p>\n" while length $text < $bytes;

    return $text;
}

my %page = (
    small  => $HEAD . $TAIL,
    middle => $HEAD . filler(40_000) . $TAIL,
    large  => $HEAD . filler(1_000_000) . $TAIL,
    early  => "$HEAD<!-- reco:related -->" . filler(300_000) . '</body></html>',
    edge   => '<!-- reco:related -->',
    none   => $HEAD . filler(45_000) . '</body></html>',
    text   => 'no tag at all, ' x 1000,
);

my $world = Reco->new;
my $dir   = $world->{dir};

Reco::Model::publish($world, '000001');
$world->write_file("www/product/$_.html", $page{$_}) for keys %page;

my $origin = $world->origin(sub {
    my ($request) = @_;
    my ($how, $name) = $request->{path} =~ m{/product/(\w+)/(\w+)} or
        return { status => 404, body => '' };
    my $body = $page{$name};

    return { body => $body, framing => $how } if $how =~ /^(?:length|chunked|close)$/;
    if ($how =~ /^by(\d+)$/) {
        return { pieces => [$body =~ /(.{1,$1})/gs], framing => 'chunked' };
    }
    if ($how =~ /^held(length|chunked)$/) {
        my $half = int(length($body) / 2);
        return { pieces => [substr($body, 0, $half), sub {
            $world->wait_for(60, sub { -e "$dir/go" });
        }, substr($body, $half)], framing => $1 };
    }
    if ($how eq 'pause') {
        my $half = int(length($body) / 2);
        return { pieces => [substr($body, 0, $half), \0.4, substr($body, $half)],
                 framing => 'chunked' };
    }
    if ($how =~ /^cut(length|chunked)$/) {
        return { body => $body, framing => $1, cut => int(length($body) * 2 / 3) };
    }
    return { status => 500, body => '' };
});

$world->nginx(<<"CONF");
    reco_model $dir/model;
    reco_zone shop:1m;
    proxy_cache_path $dir/cache keys_zone=cache:1m;

    server {
        listen 127.0.0.1:$world->{port};
        root $dir/www;
        reco_slot related n=3;
        reco_item sku-7;
        proxy_http_version 1.1;

        location /product/ {
            reco on;
        }
        location /sendfile/ {
            alias $dir/www/product/;
            sendfile on;
            reco on;
        }
        location /aio/ {
            alias $dir/www/product/;
            sendfile on;
            aio threads;
            reco on;
        }
        location /off/ {
            alias $dir/www/product/;
        }
        location /proxy/ {
            proxy_pass http://127.0.0.1:$origin/product/;
            reco on;
        }
        location /tight/ {
            proxy_pass http://127.0.0.1:$origin/product/;
            proxy_buffers 2 4k;
            proxy_buffer_size 4k;
            proxy_busy_buffers_size 4k;
            proxy_max_temp_file_size 0;
            reco on;
        }
        location /temp/ {
            proxy_pass http://127.0.0.1:$origin/product/;
            proxy_buffers 2 4k;
            proxy_buffer_size 4k;
            proxy_busy_buffers_size 4k;
            reco on;
        }
        location /unbuffered/ {
            proxy_pass http://127.0.0.1:$origin/product/;
            proxy_buffering off;
            reco on;
        }
        location /cached/ {
            proxy_pass http://127.0.0.1:$origin/product/;
            proxy_cache cache;
            proxy_cache_valid 200 1m;
            add_header X-Cache \$upstream_cache_status;
            reco on;
        }
        location /limited/ {
            proxy_pass http://127.0.0.1:$origin/product/;
            limit_rate 400k;
            reco on;
        }
    }
CONF


# The page arrives whole, with the blocks that are expected.
sub arrives {
    my ($path, $name, $what, %option) = @_;

    my $blocks = delete $option{blocks};
    $blocks = $page{$name} =~ /reco:related/ ? 1 : 0 unless defined $blocks;

    my $response = $world->get($path, %option);
    my ($body, @blocks) = Reco::Model::parts($response->{body});
    ok($response->{complete} && $response->{status} == 200
        && $body eq $page{$name} && @blocks == $blocks, "$what, $name")
        or diag("status $response->{status}, complete $response->{complete}, "
            . length($body) . ' of ' . length($page{$name}) . ' bytes, '
            . scalar(@blocks) . ' blocks');

    return $response;
}

my @names = sort keys %page;

# -- files: a body that is not in memory --

arrives("/product/$_.html", $_, 'file') for @names;
arrives("/sendfile/$_.html", $_, 'file by sendfile') for @names;
arrives("/aio/$_.html", $_, 'file read by threads') for @names;

# -- upstreams --

for my $name (@names) {
    arrives("/proxy/$_/$name", $name, "proxied, $_") for qw(length chunked close);
    arrives("/unbuffered/$_/$name", $name, "unbuffered, $_")
        for qw(length chunked);
    arrives("/tight/chunked/$name", $name, 'two buffers');
    arrives("/temp/length/$name", $name, 'through a temporary file');
    arrives("/cached/length/$name", $name, 'cache miss');
    my $response = arrives("/cached/length/$name", $name, 'cache hit');
    is($response->{headers}{'x-cache'}, 'HIT', 'it was a hit');
}

# -- pieces: a marker in any split --

for my $size (1, 2, 7) {
    arrives("/proxy/by$size/small", 'small', "pieces of $size");
    arrives("/unbuffered/by$size/small", 'small', "unbuffered pieces of $size");
}
arrives('/tight/by4096/middle', 'middle', 'pieces of 4096');

# -- slow ends --

arrives('/tight/length/large', 'large', 'slow client, two buffers',
    rcvbuf => 4096, read_size => 65536, read_pause => 0.005);
arrives('/proxy/length/large', 'large', 'slow client',
    rcvbuf => 4096, read_size => 65536, read_pause => 0.005);
arrives('/proxy/pause/large', 'large', 'origin pauses half-way');
arrives('/limited/length/early', 'early', 'limit_rate');

# -- what is ahead of a block is not kept back --

# nginx itself passes on whole buffers, and of the first one what is behind the header;
# with as many as it may have in use, it stops reading until they are sent.
for (['unbuffered', 0], ['proxy', 8192], ['tight', 8192]) {
    my ($place, $less) = @$_;

    for my $name (qw(middle early)) {
        for my $framing (qw(chunked length)) {
            my $half = int(length($page{$name}) / 2) - $less;
            unlink "$dir/go";
            my $socket = Reco::HTTP::connect_to($world->{port});
            Reco::HTTP::send_all($socket, "GET /$place/held$framing/$name HTTP/1.1\r\n"
                . "Host: a\r\nConnection: close\r\n\r\n");
            my $data = '';
            while (length $data < $half) {
                last unless IO::Select->new($socket)->can_read(60)
                    && sysread $socket, $data, 65536, length $data;
            }
            ok(!-e "$dir/go" && length $data >= $half,
                "$place, $name, $framing: the first half arrives while the second is held back");
            $world->write_file('go', '');
            1 while sysread $socket, $data, 65536, length $data;
            like($data, qr{</html>\s*(?:0\r\n\r\n)?\z}, 'which then comes');
        }
    }
}

# -- a page that has come as a whole is known as a whole --

for (['none', 0], ['middle', 1]) {
    my ($name, $blocks) = @$_;

    # the origin may be slower than nginx, any number of times
    my $response;
    $world->wait_for(60, sub {
        $response = $world->get("/proxy/length/$name");
        return $response->{headers}{'content-length'};
    });
    is($response->{headers}{'content-length'}, length $response->{body}, "$name: its length");
    my ($body, @blocks) = Reco::Model::parts($response->{body});
    ok($body eq $page{$name} && @blocks == $blocks, "with $blocks blocks");
}

# -- truncated upstreams stay truncated --

for my $how (qw(cutlength cutchunked)) {
    for my $name (qw(middle early)) {
        my $response = $world->get("/proxy/$how/$name");
        ok(!$response->{complete}, "$how: incomplete for the client, $name");
        my ($body) = Reco::Model::parts($response->{body});
        is($body, substr($page{$name}, 0, length $body),
            'what came is a beginning of the page');
        $world->get("/cached/$how/$name");
        $response = $world->get("/cached/$how/$name");
        isnt($response->{headers}{'x-cache'}, 'HIT', 'and not kept in the cache');
    }
}

# -- HTTP/1.0, keepalive, HEAD --

arrives('/proxy/length/middle', 'middle', 'HTTP/1.0', http => '1.0');

{
    my $socket = Reco::HTTP::connect_to($world->{port});
    for my $method (qw(GET HEAD GET)) {
        my $response = Reco::HTTP::request($world->{port}, $method,
            '/proxy/length/small', socket => $socket);
        my ($body) = Reco::Model::parts($response->{body});
        is($body, $method eq 'HEAD' ? '' : $page{small},
            "$method on one connection");
        isnt($response->{headers}{'content-length'} // '', length $page{small},
            'without the length of the origin\'s page');
    }
}

# -- a client that leaves --

for (1 .. 10) {
    my $socket = Reco::HTTP::connect_to($world->{port}, rcvbuf => 4096);
    Reco::HTTP::send_all($socket,
        "GET /tight/length/large HTTP/1.1\r\nHost: a\r\n\r\n");
    sysread $socket, my $data, 1000;
    close $socket;
}
arrives('/proxy/length/small', 'small', 'after clients that left');

$world->stop_nginx;
$world->done;

done_testing;
