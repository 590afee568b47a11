# Pages of which nginx has more at hand than it passes on at once: what goes out
# together is the same as what goes by itself, with blocks wherever they belong,
# in whatever buffers it comes, and whoever alters it behind us.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use Reco;
use Reco::Model;

my $world = Reco->new;
my $dir   = $world->{dir};
Reco::Model::publish($world, '000001');
my $template = $world->write_file('block.mustache', '[{{slot}}]');

# -- pages of text, and of what is or looks like a place --

my $seed = $ENV{RECO_SEED} || 42;
srand $seed;
my @parts = ('<p class="b">x</p>', '<div class="r">old <b>y</b></div>', '<i class="f">q</i>',
    '<!-- reco:mark -->', '<div id="x">', '</div>', "<script>var a='<p class=b>';</script>",
    '<!-- x -->', '<p class="b" ' . 'data-q="1" ' x 130 . '>z</p>',
    '<div data-reco-slot="mark">for now</div>');

sub page {
    my ($size, $dense) = @_;

    my $page = '<html><body>';
    while (length $page < $size) {
        $page .= rand() < $dense ? $parts[rand @parts] : 'word ' x (1 + rand 90) . "\n";
    }

    return "$page</body></html>";
}

my %page;
for my $n (1 .. 40) {
    $page{$n} = page(5000 + rand 120_000, $n % 4 ? 0.05 : 0.6);
    $world->write_file("www/$n.html", $page{$n});
}

sub pieces {
    my ($body) = @_;

    my @pieces;
    while (length $body) {
        push @pieces, substr $body, 0, 1 + rand(rand() < 0.5 ? 20_000 : 300), '';
        push @pieces, \(rand 0.005) if rand() < 0.1;
    }

    return \@pieces;
}

my $origin = $world->origin(sub {
    my ($way, $n) = $_[0]{path} =~ m{/(\w+)/(\d+)$};
    srand $seed + $n;
    return { pieces => pieces($page{$n}), framing => 'chunked' } if $way =~ /^pieces/;
    return { body => $page{$n}, framing => (qw(length chunked close))[$n % 3] };
});

# -- ways that they come, and that they go on --

my %way = (
    four    => '',
    many    => 'proxy_buffers 32 4k; proxy_busy_buffers_size 12k;',
    large   => 'proxy_buffer_size 16k; proxy_buffers 4 16k; proxy_busy_buffers_size 32k;',
    few     => 'proxy_buffers 2 4k; proxy_busy_buffers_size 4k;',
    single  => 'proxy_buffering off;',
    ssi     => 'ssi on;',
    sub     => 'sub_filter no-such-word x; sub_filter_once off;',
    limited => 'limit_rate 2m;',
    pieces  => 'proxy_buffers 16 4k; proxy_busy_buffers_size 12k;',
    pieces2 => 'proxy_buffers 3 4k; proxy_busy_buffers_size 8k; gzip on;',
);
my $locations = join "\n", map {
    "location /$_/ { proxy_pass http://127.0.0.1:$origin; $way{$_} }"
} sort keys %way;

$world->nginx(<<"CONF");
    reco_model $dir/model;
    server {
        listen 127.0.0.1:$world->{port};
        default_type text/html;
        root $dir/www;
        proxy_http_version 1.1;
        reco on;
        reco_slot ahead  n=0 all template=$template before=.b;
        reco_slot within n=0 all template=$template append=.b;
        reco_slot new    n=0 all template=$template replace=.r;
        reco_slot behind n=0 all template=$template after=.f;
        reco_slot first  n=0 all template=$template prepend=#x;
        reco_slot mark   n=0 all template=$template;
        location /file/ { alias $dir/www/; }
        $locations
    }
CONF

my $blocks = 0;
for my $n (sort { $a <=> $b } keys %page) {
    my $expected = $world->get("/file/$n.html")->{body};
    $blocks += () = $expected =~ /\[(?:ahead|within|new|behind|first|mark)\]/g;

    for my $way (sort keys %way) {
        my %client = $n % 5 ? () : (rcvbuf => 4096, read_size => 16384, read_pause => 0.001);
        my $response = $world->get("/$way/$n", %client);
        ok($response->{complete} && $response->{body} eq $expected, "page $n, $way")
            or diag("RECO_SEED=$seed");
    }
}

cmp_ok($blocks, '>', 1000, "with $blocks blocks");

# -- who leaves in the middle --

for my $way (sort keys %way) {
    for my $n (1 .. 8) {
        my $socket = Reco::HTTP::connect_to($world->{port}, rcvbuf => 4096);
        Reco::HTTP::send_all($socket, "GET /$way/$n HTTP/1.1\r\nHost: a\r\n\r\n");
        sysread $socket, my $data, 1 + 500 * $n;
        close $socket;
    }
    my $response = $world->get("/$way/1");
    is($response->{body}, $world->get('/file/1.html')->{body}, "clients that left, $way");
}

$world->stop_nginx;
$world->done;

done_testing;
