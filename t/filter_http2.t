# HTTP/2 with windows of a byte and more: pages come whole whatever the client
# gives, waits for or gives up; and answers without a body stay so.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use Reco;
use Reco::HTTP2;
use Reco::Model;

my $world = Reco->new;
my $dir   = $world->{dir};

my (undef, $nginx) = $world->run($world->nginx_binary, '-V');
plan skip_all => 'this nginx is built without HTTP/2'
    if $nginx !~ /with-http_v2_module/;

my $line  = "<p class=\"x\">a line of text &amp; <b>more</b> of it</p>\n";
my $short = '<html><body>' . $line x 10 . '<!-- reco:related -->' . $line x 10
    . '</body></html>';
my $long  = '<html><body>' . $line x 1000 . '<!-- reco:related -->' . $line x 1000
    . '</body></html>';
my %page  = (short => $short, long => $long, none => $line x 100);

Reco::Model::publish($world, '000001');
$world->write_file("www/$_.html", $page{$_}) for keys %page;

my @html = ('Content-Type' => 'text/html', ETag => '"1"');
my $origin = $world->origin(sub {
    my ($request) = @_;
    my ($how, $name) = $request->{path} =~ m{/(?:(cut)-)?(\w+)$};

    return { status => 304, headers => \@html, body => '' }
        if $request->{headers}{'if-none-match'};
    return { body => $page{$name}, headers => \@html,
        $how ? (cut => length($page{$name}) / 2) : () };
});

$world->nginx(<<"CONF");
    reco_model $dir/model;
    reco_slot related n=3;
    server {
        listen 127.0.0.1:$world->{port} http2;
        reco on;
        proxy_http_version 1.1;
        location /proxy/ { proxy_pass http://127.0.0.1:$origin; }
        location /small/ { proxy_pass http://127.0.0.1:$origin; proxy_buffers 2 1k;
                           proxy_buffer_size 1k; proxy_busy_buffers_size 1k; }
        location /direct/ { proxy_pass http://127.0.0.1:$origin; proxy_buffering off; }
        location /file/  { alias $dir/www/; sendfile on; }
        location /off/   { alias $dir/www/; reco off; }
    }
CONF


sub is_page {
    my ($answer, $name, $what) = @_;

    my ($rest, @blocks) = Reco::Model::parts($answer->{body});
    ok($answer->{status} == 200 && !$answer->{reset} && $rest eq $page{$name}
        && @blocks == ($name ne 'none'), $what)
        or diag "status $answer->{status}, ", length $rest, ' bytes, ',
            scalar @blocks, ' blocks';
}

# -- windows of any size --

for my $case ([short => 1, 7, 100], [long => 99, 1000, 16384]) {
    my ($name, @windows) = @$case;

    for my $window (@windows) {
        my $client = Reco::HTTP2->new($world->{port}, window => $window);
        for my $path (qw(proxy small direct file)) {
            my $stream = $client->request('GET',
                "/$path/$name" . ($path eq 'file' ? '.html' : ''));
            $client->run($stream);
            is_page($client->{streams}{$stream}, $name, "/$path/$name, a window of $window");
            ok($client->{streams}{$stream}{most} <= $window, 'is not exceeded');
        }
    }
}

# -- streams beside one another, one of which waits, and one is given up --

{
    my $client = Reco::HTTP2->new($world->{port}, window => 50);
    my @pages  = qw(proxy/long file/long.html small/long proxy/none file/none.html);
    my @stream = map { $client->request('GET', "/$_") } @pages;
    my $gone   = $client->request('GET', '/proxy/long');

    $client->run($gone, \2000);
    $client->reset($gone);
    $client->run(@stream);
    is_page($client->{streams}{ $stream[$_] }, $pages[$_] =~ /(long|none)/,
        "$pages[$_] beside others") for 0 .. $#pages;
}

{
    my $client = Reco::HTTP2->new($world->{port}, window => 0);
    my ($waits, $other) = map { $client->request('GET', $_) } qw(/proxy/long /proxy/short);

    $client->give($other, 100_000);
    $client->run($other);
    is_page($client->{streams}{$other}, 'short', 'a window of none: the other goes on');
    is($client->{streams}{$waits}{body}, '', 'the one waits');
    $client->give($waits, 1);
    $client->run($waits);
    is_page($client->{streams}{$waits}, 'long', 'and comes when it may');
}

# -- a page cut off --

for my $window (1, 60) {
    my $client = Reco::HTTP2->new($world->{port}, window => $window);
    my $name   = $window == 1 ? 'short' : 'long';
    my $stream = $client->request('GET', "/proxy/cut-$name");
    $client->run($stream);
    my $answer = $client->{streams}{$stream};
    ok($answer->{reset}, "a page cut off is not whole, a window of $window");
    my ($rest) = Reco::Model::parts($answer->{body});
    is($rest, substr($page{$name}, 0, length $rest), 'and is a beginning of it');
}

# -- answers without a body, and parts --

my $client = Reco::HTTP2->new($world->{port}, window => 1);
my $answer = sub {
    my $stream = $client->request(@_);
    $client->run($stream);
    return $client->{streams}{$stream};
};

for my $path ('/proxy/short', '/file/short.html') {
    my $head = $answer->(HEAD => $path);
    is_deeply([@$head{qw(status body has_length)}], [200, '', ''],
        "HEAD $path: no body, and not the length of another page");
}
is($answer->(HEAD => '/off/short.html')->{has_length}, 1, 'without the module it has one');

my $same = $answer->(GET => '/proxy/short', 'if-none-match' => '"1"');
is_deeply([@$same{qw(status body)}], [304, ''], 'not modified');

my $part = $answer->(GET => '/off/short.html', range => 'bytes=10-19');
is_deeply([@$part{qw(status body)}], [206, substr $short, 10, 10], 'a part');
my $whole = $answer->(GET => '/file/short.html', range => 'bytes=10-19');
is_page($whole, 'short', 'a range of a page with a block is the page');
is_page($answer->(GET => '/proxy/short'), 'short', 'and the connection lives on');

$world->done;
done_testing;
