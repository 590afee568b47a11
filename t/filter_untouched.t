# With the module loaded and "reco on" for all, what holds no slot is what it
# is without the module: each answer is compared, from its status line to the
# last byte of its framing, with that of an nginx that does not know of it.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use File::Path qw(remove_tree);
use IO::Compress::Gzip qw(gzip);
use IO::Select;
use IO::Uncompress::Gunzip qw(gunzip);
use Test::More;

use Reco;
use Reco::Model;

my $long = "<html><body>\n" . join('', map { "<p>line $_</p>\n" } 1 .. 20_000)
    . '</body></html>';
gzip(\$long => \my $packed) or die;

my $with    = Reco->new;
my $without = Reco->new;
my $dir     = $with->{dir};

Reco::Model::publish($with, '000001');
$with->write_file('www/short.html', '<html><body><p>short</p></body></html>');
$with->write_file('www/long.html', $long);
$with->write_file('www/long.html.gz', $packed);
$with->write_file('www/empty.html', '');
$with->write_file('www/text.txt', "text <!-- reco:related -->\n" x 100);
$with->write_file('www/outer.html',
    '<p><!--# include virtual="/short.html" --></p>');
$with->write_file('www/folder/index.html', '<p>index</p>');
$with->write_file('www/list/one.html', '<p>one</p>');
$with->write_file('www/list/two.txt', 'two');
utime 1_600_000_000, 1_600_000_000, map { "$dir/www/$_" }
    qw(short.html long.html long.html.gz text.txt list/one.html list/two.txt
       list folder/index.html);

my $origin = $with->origin(sub {
    my ($how) = $_[0]{path} =~ m{/([^/?]+)(?:\?.*)?$};
    my @html = ('Content-Type' => 'text/html', ETag => '"o"', 'X-Shop' => 'yes',
        'Last-Modified' => 'Mon, 01 Jan 2024 00:00:00 GMT',
        'Cache-Control' => 'public, max-age=600', 'Set-Cookie' => 'shop=1');

    return { headers => \@html, body => $1 eq 'short' ? '<p>short</p>' : $long,
             framing => $2 } if $how =~ /^(short|long)-(length|chunked|close)$/;
    return { headers => [@html, 'Content-Encoding' => 'gzip'], body => $packed }
        if $how eq 'packed';
    return { headers => \@html, body => $long, cut => 100_000, framing => $1 }
        if $how =~ /^cut-(length|chunked)$/;
    return { headers => \@html, body => '', framing => $1 }
        if $how =~ /^empty-(length|chunked|close)$/;
    return { headers => ['Content-Type' => 'text/html', 'X-Accel-Redirect' =>
        '/short.html'], body => '' } if $how eq 'accel';
    return { headers => \@html, status => $1, body => '<p>status</p>' }
        if $how =~ /^status-(\d+)$/;
    return { headers => ['Content-Type' => 'text/html', Location => '/x'],
        status => 302, body => 'moved' } if $how eq 'moved';
    return { headers => \@html, body => "<p>$_[0]{method} $_[0]{body}</p>" };
});

sub conf {
    my ($world, $reco) = @_;

    return <<"CONF";
    $reco
    proxy_cache_path $world->{dir}/cache keys_zone=cache:1m;
    sendfile on;
    server {
        listen 127.0.0.1:$world->{port};
        root $dir/www;
        proxy_http_version 1.1;
        port_in_redirect off;
        server_name_in_redirect off;
        error_page 404 /short.html;

        location /proxy/   { proxy_pass http://127.0.0.1:$origin; }
        location /stream/  { proxy_pass http://127.0.0.1:$origin; proxy_buffering off; }
        location /tight/   { proxy_pass http://127.0.0.1:$origin; proxy_buffers 2 4k;
                             proxy_buffer_size 4k; proxy_busy_buffers_size 4k; }
        location /gunzip/  { proxy_pass http://127.0.0.1:$origin; gunzip on; }
        location /cached/  { proxy_pass http://127.0.0.1:$origin; proxy_cache cache;
                             add_header X-Cache \$upstream_cache_status; }
        location /caught/  { proxy_pass http://127.0.0.1:$origin;
                             proxy_intercept_errors on; error_page 500 /short.html; }
        location /gzip/    { alias $dir/www/; gzip on; gzip_min_length 1; gzip_vary on; }
        location /ready/   { alias $dir/www/; gzip_static on; }
        location /ssi/     { alias $dir/www/; ssi on; }
        location /added/   { alias $dir/www/; add_after_body /text.txt; }
        location /sub/     { alias $dir/www/; sub_filter short SHORT; }
        location /list/    { autoindex on; }
        location /expires/ { alias $dir/www/; expires max; }
        location /charset/ { alias $dir/www/; charset utf-8; }
        location /mirror/  { alias $dir/www/; mirror /short.html; }
        location /return/  { return 200 "<p>returned</p>"; default_type text/html; }
        location /try/     { try_files /nothing /short.html; }
        location /denied/  { deny all; }
        location /limited/ { alias $dir/www/; limit_rate 2m; }
    }
CONF
}

# At the level of http, and in two ways: no slot at all, and one that no page
# here has a place for.
my %kind = (
    'no slot'      => '',
    'another slot' => 'reco_slot elsewhere n=3 after="#nowhere";',
);


# What comes for a request, to the end of the connection.
sub answer {
    my ($world, $request) = @_;

    my $socket = Reco::HTTP::connect_to($world->{port});
    Reco::HTTP::send_all($socket, $request);
    my $data = '';
    while (IO::Select->new($socket)->can_read(30)) {
        sysread($socket, $data, 65536, length $data) or last;
    }
    $data =~ s/^Date: [^\r]*\r\n//mg;
    $data =~ s/:$world->{port}\b/:PORT/g;

    return $data;
}

# Paths of answers, and whether they come in one piece.
my @short = ('/short.html', '/empty.html', '/text.txt', '/missing', '/folder',
    '/folder/', '/list/', '/outer.html', '/ssi/outer.html',
    (map { "/$_/short.html" } qw(gzip ready ssi added sub expires charset mirror
        limited try denied return)),
    (map { ("/proxy/$_", "/tight/$_") }
        qw(short-length empty-length status-404 status-500 status-204 moved accel)),
    (map { "/stream/$_" } qw(empty-length status-404 status-500 status-204 moved)),
    '/caught/status-500', ('/cached/short-length') x 3);
my @long = ('/long.html',
    (map { "/$_/long.html" } qw(gzip ready ssi added sub)),
    (map { "/stream/$_" } qw(short-length short-chunked short-close empty-chunked
        empty-close accel)),
    (map { ("/proxy/$_", "/tight/$_") }
        qw(short-chunked short-close empty-chunked empty-close)),
    (map { ("/proxy/$_", "/stream/$_", "/tight/$_") }
        qw(long-length long-chunked long-close packed cut-length cut-chunked)),
    '/gunzip/packed', ('/cached/packed') x 2, ('/cached/long-length') x 2);

my @plain = ('', "Accept-Encoding: gzip\r\n", "Cookie: a=b\r\n");
my @conditional = ("Range: bytes=3-9\r\n", "If-None-Match: \"o\"\r\n",
    "If-Modified-Since: Mon, 01 Jan 2024 00:00:00 GMT\r\n",
    "If-Modified-Since: Sun, 13 Sep 2020 12:26:40 GMT\r\n");

sub requests {
    my ($paths, $headers) = @_;
    return map { my $path = $_; map { "GET $path HTTP/1.1\r\nHost: a\r\n"
        . "Connection: close\r\n$_\r\n" } @$headers } @$paths;
}

my @requests = requests(\@short, \@plain);
push @requests, map { "HEAD $_ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" }
    '/text.txt', '/missing', '/proxy/moved';
push @requests, map { "GET $_ HTTP/1.0\r\n\r\n" } '/short.html', '/proxy/short-length',
    '/ssi/outer.html', '/gzip/short.html';
push @requests, "POST /proxy/post HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
    . "Content-Length: 5\r\n\r\nhello", "DELETE /short.html HTTP/1.1\r\nHost: a\r\n"
    . "Connection: close\r\n\r\n", "OPTIONS / HTTP/1.1\r\nHost: a\r\n"
    . "Connection: close\r\n\r\n", "GET /short.html HTTP/1.1\r\nHost: a\r\n\r\n" x 2
    . "GET /missing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

# These may have another header where a slot is waited for: whether a long page
# holds one is not known in time, and none of its kind is answered 304 or 206.
my @later = (requests(\@long, \@plain), requests([@short, @long], \@conditional),
    map { "HEAD $_ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" }
        '/short.html', '/long.html', '/proxy/short-length', '/gzip/long.html');

# The nginx that does not know of it.
$without->nginx_conf(conf($without, ''));
my $conf = $without->read_file('nginx.conf');
$conf =~ s/^load_module .*;$//m;
$without->write_file('nginx.conf', $conf);
$without->start_nginx;
my @expected = map { answer($without, $_) } @requests, @later;
cmp_ok((grep { /^HTTP\/1.1 2/ } @expected), '>', 100, 'there is something to compare');

# What an answer gives its reader: out of its framing and coding.
sub content {
    my ($data) = @_;
    my ($head, $body) = split /\r\n\r\n/, $data, 2;
    if ($head =~ /^Transfer-Encoding: chunked/mi) {
        my $out = '';
        $out .= substr($body, 0, hex $1, ''), $body =~ s/^\r\n//
            while $body =~ s/^([0-9a-f]+)\r\n//i && hex $1;
        $body = $out;
    }
    gunzip(\(my $packed = $body) => \$body) if $head =~ /^Content-Encoding: gzip/mi;
    return $body;
}

# The header as it is, and what it is of.
sub told {
    my ($data) = @_;
    return join "\r\n\r\n", $data =~ /\A(.*?)\r\n\r\n/s, content($data);
}

# The same request without its conditions.
sub unconditional { return $_[0] =~ s/^(?:Range|If-)[^\r]*\r\n//mr }

my %plain;
@plain{@requests, @later} = @expected;

for my $kind (sort keys %kind) {
    remove_tree("$dir/cache");
    $with->nginx(conf($with, "reco_model $dir/model; reco_zone shop:1m; reco on;"
        . " reco_item sku-7; $kind{$kind}"));
    my @got = map { answer($with, $_) } @requests, @later;

    my $last = $kind eq 'no slot' ? $#got : $#requests;
    # chunks are of the size in which the origin's bytes happened to come
    my @wrong = grep { $got[$_] ne $expected[$_] && ($_ < @requests
        || told($got[$_]) ne told($expected[$_])) } 0 .. $last;
    is(scalar @wrong, 0, ($last + 1) . " answers are what they were: $kind")
        or diag(map { ($requests[$_] // $later[$_ - @requests])
            . "--- without\n" . substr($expected[$_], 0, 600)
            . "\n--- with\n" . substr($got[$_], 0, 600) . "\n" }
            @wrong[0 .. ($#wrong > 2 ? 2 : $#wrong)]);

    # The page is its old self all the same, whole where a part was asked for.
    @wrong = grep { my $request = $later[$_ - @requests];
        $got[$_] ne $expected[$_] && content($got[$_]) ne
            ($request =~ /^HEAD/ ? '' : content($plain{unconditional($request)})) }
        $last + 1 .. $#got;
    is(scalar @wrong, 0, ($#got - $last) . " pages are what they were: $kind")
        or diag(map { $later[$_ - @requests] . substr($got[$_], 0, 600) . "\n" }
            @wrong[0 .. ($#wrong > 2 ? 2 : $#wrong)]);

    $with->stop_nginx;
}

$_->stop_nginx for $without;
$_->done for $with, $without;

done_testing;
