# Answers that are kept for visitors of whom nothing is known: the same blocks,
# made once, each with its own request's id; those who have done something get
# their own, and a new version or overlay makes all of them void.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use JSON::PP qw(decode_json);
use Test::More;

use Reco;
use Reco::Model;

my $PAGE = '<html><body><!-- reco:related --><!-- reco:more --></body></html>';

my $world = Reco->new;
my $dir   = $world->{dir};
Reco::Model::publish($world, '000001', items => 60);
$world->write_file("www/product/sku-$_", $PAGE) for 1 .. 60;
$world->write_file('plain.mustache', '<section class="reco">{{heading}}|{{request}}|{{request}}|'
    . '{{#items}}{{id}} {{price}}|{{/items}}{{request}}</section>');
$world->write_file('why.mustache', '<section class="reco">{{request}}|{{strategy}}|'
    . '{{#items}}{{id}} {{rank}} {{reason}} {{reason_title}}|{{/items}}</section>');
$world->write_file('nonce.mustache',
    '<section class="reco"><i nonce="{{nonce}}"></i>{{request}}|{{#items}}{{id}}|{{/items}}</section>');

sub conf {
    my ($answers) = @_;

    return <<"CONF";
    reco_model $dir/model check=50ms;
    reco_zone shop:1m;
    $answers
    server {
        listen 127.0.0.1:$world->{port};
        root $dir/www;
        default_type text/html;
        location = /status { reco_status; }
        location /product {
            reco on;
            reco_item \$reco_path_segment_2;
            reco_slot related n=6;
            reco_slot more n=6;
        }
        location /worded/ {
            rewrite ^/worded(/.*) \$1 break;
            reco on;
            reco_item \$reco_path_segment_2;
            reco_nonce \$arg_nonce;
            reco_locale \$arg_locale;
            reco_slot related n=2 template=$dir/plain.mustache heading=\$arg_heading;
            reco_slot more n=2 template=$dir/nonce.mustache source=for-you;
        }
        location /why/ {
            rewrite ^/why(/.*) \$1 break;
            reco on;
            reco_item \$reco_path_segment_2;
            reco_slot related n=6 template=$dir/why.mustache;
            reco_slot more n=13 template=$dir/why.mustache source=for-you;
        }
        location /api/ { reco_api; reco_slot related n=3; }
        location /ruled/ {
            rewrite ^/ruled(/.*) \$1 break;
            reco on;
            reco_item \$reco_path_segment_2;
            reco_rule only category=cat3;
            reco_slot related n=6;
            reco_slot more n=6 category=\$arg_c;
        }
    }
CONF
}

sub page {
    my ($path, %option) = @_;

    my ($rest, @blocks) = Reco::Model::parts($world->get($path, %option)->{body});

    return join ' | ', map { join ' ', Reco::Model::ids($_) } @blocks;
}

sub counters {
    return decode_json($world->get('/status?format=json')->{body})->{counters};
}

my @paths = map { ("/product/sku-$_", "/ruled/product/sku-$_", "/ruled/product/sku-$_?c=cat2") } 1 .. 20;

sub blocks {
    my ($path) = @_;

    my ($rest, @blocks) = Reco::Model::parts($world->get($path)->{body});

    return @blocks;
}

$world->nginx(conf('reco_answers off;'));
my %plain = map { $_ => page($_) } @paths;
is(counters()->{answers_reused}, 0, 'nothing is kept where nothing is wanted');
my @worded = ('/worded/product/sku-1?heading=a', '/worded/product/sku-1?heading=b',
    '/worded/product/sku-1?locale=de-DE', '/worded/product/sku-1?nonce=n1',
    '/worded/product/sku-1?nonce=n2', '/worded/product/sku-2?heading=a');
my %worded = map { $_ => join ' ', blocks($_) } @worded;
s/[0-9a-f]{16}/ID/g for values %worded;
$world->stop_nginx;

$world->nginx(conf(''));
my %first = map { $_ => page($_) } @paths;
is_deeply(\%first, \%plain, 'the first time');
my $before = counters()->{answers_reused};
is_deeply({ map { $_ => page($_) } @paths }, \%plain, 'and again');
cmp_ok(counters()->{answers_reused} - $before, '>=', 100, 'from what was kept');

# -- the blocks themselves --

my (%id, @wrong);
for my $path (@worded, reverse(@worded), @worded) {
    my ($plain, $nonce) = blocks($path);
    my @id = "$plain $nonce" =~ /\b([0-9a-f]{16})\b/g;
    push @wrong, "$path: ids @id" if @id != 4 || grep { $_ ne $id[0] } @id;
    push @wrong, "$path: id as before" if $id{ $id[0] }++;
    (my $blocks = "$plain $nonce") =~ s/[0-9a-f]{16}/ID/g;
    push @wrong, "$path: $blocks" if $blocks ne $worded{$path};
}
is_deeply(\@wrong, [], "each request's own id, nonce, heading and locale");

my @object = map {
    decode_json($world->get("/api/recommendations?slot=related&item=sku-$_")->{body})
} 7, 8, 7, 8;
my %request = map { delete $_->{request} => 1 } @object;
is_deeply([keys(%request) + 0, @object[2, 3]], [4, @object[0, 1]],
    'objects are kept too, with an id each');
like($world->get('/api/recommendations?slot=related&item=sku-7&format=html')->{body},
    qr/<section class="reco".*sku-8/s, 'and are not taken for blocks');

my %cookie = (headers => { Cookie => 'reco=' . 'ab' x 16 });
page("/product/sku-$_", %cookie) for 30, 31;
isnt(page('/product/sku-1', %cookie), $plain{'/product/sku-1'}, 'who has done something gets their own');
is(page('/product/sku-1'), $plain{'/product/sku-1'}, 'and nobody else does');

Reco::Model::publish($world, '000002', items => 60, lines => [
    map { join "\t", 'next', "sku-$_", 'sku-60', 5 } 1 .. 20 ]);
ok($world->wait_for(10, sub { page('/product/sku-1') =~ /sku-60/ }), 'a new version is asked anew');
$world->stop_nginx;

# One set for all of them: they push each other out.
$world->nginx(conf('reco_answers 1;'));
my %one = map { $_ => page($_) } @paths;
is_deeply({ map { $_ => page($_) } @paths }, \%one, 'a table of one set');
$world->stop_nginx;

# Where there is no room for blocks, or for a few of them that push each other out,
# they are made of what is kept, or anew.
$world->nginx(conf('reco_answers off;'));
my @why = map { "/why/product/sku-$_" } 1 .. 40;
my %why = map { $_ => join ' ', blocks($_) } @why;
s/[0-9a-f]{16}/ID/g for values %why;
$world->stop_nginx;

for my $room ('blocks=0', 'blocks=4k', 'blocks=20k', '') {
    $world->nginx(conf("reco_answers 256 $room;"));
    my (%id, @wrong);
    for my $path (@why, @why, reverse(@why), map { ($_) x 3 } @why) {
        my @blocks = blocks($path);
        my @id = "@blocks" =~ /\b([0-9a-f]{16})\b/g;
        push @wrong, "$path: ids @id" if @id != 2 || $id[0] ne $id[1] || $id{ $id[0] }++;
        (my $blocks = "@blocks") =~ s/[0-9a-f]{16}/ID/g;
        push @wrong, "$path: $blocks" if $blocks ne $why{$path};
    }
    is_deeply(\@wrong, [], "blocks, reasons and ids where there is room for " . ($room || 'all'));
    cmp_ok(counters()->{answers_reused}, '>', 300, 'from what was kept');
    $world->stop_nginx;
}

for (['reco_answers 16 blocks=x;' => qr/invalid parameter "blocks=x"/],
     ['reco_answers 16 blocks=2g;' => qr/invalid parameter "blocks=2g"/],
     ['reco_answers off blocks=1m;' => qr/needs "off" or a number/],
     ['reco_answers 1048577;' => qr/needs "off" or a number/],
     ['reco_answers x;' => qr/needs "off" or a number/], ['reco_answers 1; reco_answers 1;' => qr/is duplicate/])
{
    my ($ok, $output) = $world->nginx_test("\n$_->[0]\n");
    ok(!$ok && $output =~ $_->[1], $_->[0]) or diag($output);
}

$world->done;

done_testing;
