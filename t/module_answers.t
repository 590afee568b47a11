# Answers that are kept for visitors of whom nothing is known: the same blocks,
# made once; those who have done something get their own, and a new version or
# overlay makes all of them void.

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

$world->nginx(conf(''));
my %plain = map { $_ => page($_) } @paths;
is(counters()->{answers_reused}, 0, 'nothing is kept unless it is asked for');
$world->stop_nginx;

$world->nginx(conf('reco_answers 1000;'));
my %first = map { $_ => page($_) } @paths;
is_deeply(\%first, \%plain, 'the first time');
my $before = counters()->{answers_reused};
is_deeply({ map { $_ => page($_) } @paths }, \%plain, 'and again');
cmp_ok(counters()->{answers_reused} - $before, '>=', 100, 'from what was kept');

my %cookie = (headers => { Cookie => 'reco=' . 'ab' x 16 });
page("/product/sku-$_", %cookie) for 30, 31;
isnt(page('/product/sku-1', %cookie), $plain{'/product/sku-1'}, 'who has done something gets their own');
is(page('/product/sku-1'), $plain{'/product/sku-1'}, 'and nobody else does');

Reco::Model::publish($world, '000002', items => 60, lines => [
    map { join "\t", 'next', "sku-$_", 'sku-60', 5 } 1 .. 20 ]);
ok($world->wait_for(10, sub { page('/product/sku-1') =~ /sku-60/ }), 'a new version is asked anew');
$world->stop_nginx;

# One place for all of them: they push each other out.
$world->nginx(conf('reco_answers 1;'));
my %one = map { $_ => page($_) } @paths;
is_deeply({ map { $_ => page($_) } @paths }, \%one, 'a table of one');
$world->stop_nginx;

for (['reco_answers 0;' => qr/needs a number/], ['reco_answers x;' => qr/needs a number/],
     ['reco_answers 1; reco_answers 1;' => qr/is duplicate/])
{
    my ($ok, $output) = $world->nginx_test("\n$_->[0]\n");
    ok(!$ok && $output =~ $_->[1], $_->[0]) or diag($output);
}

$world->done;

done_testing;
