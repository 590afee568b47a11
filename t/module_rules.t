# What the site wants besides the model: rules, and arms of an experiment,
# seen in pages, logs and events.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use JSON::PP qw(decode_json encode_json);
use Test::More;

use Reco;
use Reco::Model;

my $world = Reco->new;
my $dir   = $world->{dir};
my $redis = $world->redis;

# sku-I is in category cat(I mod 5), costs I.99; sku-31 is sold out.
Reco::Model::publish($world, '000001', items => 60,
    lines => [join "\t", qw(item gone-1 Gone cat1 5.99 5000 unavailable)]);

my $page = '<html><body><!-- reco:related --><!-- reco:other --></body></html>';
$world->write_file('www/product/sku-10', $page);

my %place = (
    plain    => '',
    exclude  => 'reco_rule exclude item=sku-11; reco_rule exclude category=cat3;',
    pin      => 'reco_rule pin=2 item=sku-40 slot=related; reco_rule pin=1 item=gone-1;'
        . 'reco_rule pin=9 item=sku-41; reco_rule pin=1 item=nosuch;',
    boost    => 'reco_rule boost=1000 item=sku-13; reco_rule boost=0.001 item=sku-11;',
    category => 'reco_rule only category=cat2;',
    price    => 'reco_rule only price=20-30 slot=related;',
    free     => 'reco_rule only category="no such one" slot=related;',
    arms     => 'reco_experiment one; reco_arm control 30% off; reco_arm similar 30% source=popular;',
    again    => 'reco_experiment two; reco_arm control 30% off; reco_arm similar 30% source=popular;',
    partly   => 'reco_arm all 100% off slot=other;',
);
$world->nginx(<<"CONF");
    reco_model $dir/model;
    reco_zone shop:1m;
    reco_redis unix:$dir/redis.sock stream=events shards=1;
    reco_outbox $dir/outbox size=1m;
    map \$reco_arm \$mapped { "" none; default "in-\$reco_arm"; }
    log_format reco '\$reco_arm|\$mapped|\$reco_visitor|\$reco_model|\$reco_strategy|\$reco_count|\$reco_time_us';
    server {
        listen 127.0.0.1:$world->{port};
        root $dir/www;
        default_type text/html;
        location = /status { reco_status; }
        location /api/ { reco_api; reco_arm all 100% off; }
        @{[ join "\n        ", map { qq{location /$_/ {
            rewrite ^/[a-z]+(/.*) \$1 break;
            reco on;
            reco_item \$reco_path_segment_2;
            reco_slot related n=8;
            reco_slot other n=4;
            add_header X-Arm \$reco_arm;
            add_header X-Visitor \$reco_visitor;
            access_log $dir/logs/access reco;
            $place{$_}
        }} } sort keys %place ]}
    }
CONF

sub blocks {
    my ($place, %option) = @_;

    my $response = $world->get("/$place/product/sku-10", %option);
    my ($rest, @blocks) = Reco::Model::parts($response->{body});
    is($rest, $page, "$place: the rest of the page");

    return map { [Reco::Model::ids($_)] } @blocks;
}

sub number {
    return map { /(\d+)/ } @{ $_[0] };
}

# -- rules --

my ($related, $other) = blocks('plain');
is(scalar @$related, 8, 'eight items');
is($related->[0], 'sku-11', 'the one that follows comes first');

($related) = blocks('exclude');
is(scalar @$related, 8, 'exclude: still eight');
ok(!(grep { $_ == 11 || $_ % 5 == 3 } number($related)), 'exclude: none of those');

($related, $other) = blocks('pin');
is($related->[1], 'sku-40', 'pin: at its place');
ok(!(grep { $_ eq 'gone-1' } @$related), 'pin: not what is sold out');
ok(!(grep { $_ eq 'sku-40' } @$other), 'pin: in its slot alone');
is($related->[0], 'sku-11', 'pin: the others around it');

($related) = blocks('boost');
is($related->[0], 'sku-13', 'boost: lifts');
isnt($related->[1], 'sku-11', 'boost: lowers');

($related, $other) = blocks('category');
is_deeply([grep { $_ % 5 != 2 } number($related), number($other)], [], 'only: a category');

($related, $other) = blocks('price');
is_deeply([grep { $_ < 20 || $_ >= 30 } number($related)], [], 'only: a price band');
ok((grep { $_ < 20 || $_ >= 30 } number($other)), 'only: in its slot alone');

my @left = blocks('free');
is(scalar @left, 1, 'only: a category without items leaves the block out');

# -- arms --

my (%arm, %again, %seen);
for my $n (1 .. 100) {
    my $id = sprintf '%032x', $n * 7919;
    my $response = $world->get('/arms/product/sku-10', headers => { Cookie => "reco=$id" });
    my $arm = $response->{headers}{'x-arm'} // '';
    $arm{$arm}++;
    my @blocks = (Reco::Model::parts($response->{body}))[1, 2];
    my $what = !defined $blocks[0] ? 'nothing'
        : (Reco::Model::ids($blocks[0]))[0] eq 'sku-11' ? 'usual' : 'popular';
    $seen{"$arm:$what"}++;
    my $other = $world->get('/again/product/sku-10', headers => { Cookie => "reco=$id" });
    $again{ ($other->{headers}{'x-arm'} // '') eq $arm ? 'same' : 'other' }++;
}
is_deeply([sort keys %seen], [':usual', 'control:nothing', 'similar:popular'],
    'each arm sees what it is meant to') or diag(join ' ', %seen);
ok(!(grep { $_ < 15 || $_ > 60 } values %arm), 'and has its share') or diag(join ' ', %arm);
cmp_ok($again{other}, '>', 20, 'another experiment deals anew');

my $first = $world->get('/arms/product/sku-10');
my ($new, $tries) = (undef, 0);
while ($tries++ < 100) {
    $new = $world->get('/arms/product/sku-10');
    last if ($new->{headers}{'x-arm'} // '') eq 'control';
}
my ($cookie) = ($new->{headers}{'set-cookie'} // '') =~ /^reco=(\w+)/;
is($cookie, $new->{headers}{'x-visitor'}, 'a new visitor of the control group gets the cookie');
is($new->{body}, $page, 'with the page as it is');
is($new->{headers}{'cache-control'}, 'private', 'not to be shared');
is($world->get('/arms/product/sku-10', headers => { Cookie => "reco=$cookie" })->{headers}{'x-arm'},
    'control', 'and stays in it');

@left = blocks('partly');
is(scalar @left, 1, 'an arm about one slot leaves the other');
is(decode_json($world->get('/status?format=json')->{body})->{counters}{blocks_withheld} > 10,
    1, 'what is kept back is counted');
my $api = $world->get('/api/recommendations?slot=related&item=sku-10',
    headers => { Cookie => "reco=$cookie" });
is_deeply(decode_json($api->{body})->{items}, [], 'the interface keeps it back too');

ok($world->wait_for(10, sub {
    my %arms = map { ($_->[1]{a} // $_->[1]{arm} // '') => 1 } $redis->events('events', 1);
    return $arms{control} && $arms{similar} && $arms{''};
}), 'events carry the arm');

my @lines = split /\n/, $world->read_file('logs/access');
ok((grep { /^control\|in-control\|[0-9a-f]{32}\|000001\|-?\|0\|\d+$/ } @lines), 'the log of one in control')
    or diag($lines[-1]);
ok((grep { /^similar\|in-similar\|[0-9a-f]{32}\|000001\|\w+\|12\|\d+$/ } @lines), 'of one in an arm');
ok((grep { /^-?\|none\|[0-9a-f]{32}\|000001\|\w+\|12\|\d+$/ } @lines), 'of one in none');

$world->stop_nginx;

# -- wrong ones --

for (['reco_rule only;' => qr/invalid number of arguments/],
     ['reco_rule only slot=a;' => qr/rule "only" needs category= or price=/],
     ['reco_rule only price=30-20;' => qr/invalid parameter "price=30-20"/],
     ['reco_rule only price=-;' => qr/invalid parameter/],
     ['reco_rule only item=a;' => qr/invalid parameter/],
     ['reco_rule boost=0 item=a;' => qr/invalid parameter "boost=0"/],
     ['reco_rule boost=nan item=a;' => qr/invalid parameter/],
     ['reco_rule pin=0 item=a;' => qr/invalid parameter/],
     ['reco_rule pin=1.5 item=a;' => qr/invalid parameter/],
     ['reco_rule pin=1 category=a;' => qr/needs item=/],
     ['reco_rule exclude slot=a;' => qr/needs item=, category= or brand=/],
     ['reco_rule exclude item=a brand=b;' => qr/either about an item/],
     ['reco_rule hide item=a;' => qr/invalid parameter "hide"/],
     ['reco_rule exclude item=;' => qr/invalid parameter/],
     ['reco_rule exclude item=a;' x 65 => qr/there may be 64/],
     ['reco_arm a 0%;' => qr/invalid share/],
     ['reco_arm a 10;' => qr/invalid share/],
     ['reco_arm a 60%; reco_arm b 50%;' => qr/more than 100%/],
     ['reco_arm "a b" 60%;' => qr/letters, digits/],
     ['reco_arm a 60% source=nosuch;' => qr/invalid parameter "source=nosuch"/],
     ['reco_arm a 10%; reco_arm b 10%; reco_arm a 10% off;' => qr/duplicate arm "a"/],
     ['reco_experiment a; reco_experiment b;' => qr/is duplicate/])
{
    my ($line, $message) = @$_;
    my ($ok, $output) = $world->nginx_test("\n$line\n");
    ok(!$ok && $output =~ $message, substr $line, 0, 50) or diag($output);
}

# -- slots that are not there: known when all levels are merged --

for (['reco_rule pin=1 item=a slot=b;' => qr/emerg.*unknown slot "b" in "reco_rule" directive in \S+nginx\.conf:\d+/],
     ['reco_slot a; reco_arm x 10% slot=b; server { location / { reco_slot c; } }'
        => qr/emerg.*unknown slot "b" in "reco_arm" directive in \S+nginx\.conf:\d+/],
     ['server { location /a { reco_rule pin=1 item=a slot=a; reco_slot b; }'
        . ' location /b { reco_slot a; } }'
        => qr/warn.*"reco_rule" directive has no effect, slot "a" is in other places, in \S+nginx\.conf:\d+/],
     ['reco_rule pin=1 item=a slot=a; server { reco_rule pin=1 item=a; location / { reco_slot a; } }'
        => qr/warn.*"reco_rule" directive has no effect/],
     ['reco_rule pin=1 item=a slot=a; server { location / { reco_slot b; location /a { reco_slot a; } } }'],
     ['server { location / { if ($arg_x) { reco off; } reco_arm x 10% slot=a; reco_slot a; } }'],
     ['server { reco_arm x 10% slot=a; reco_slot b; location /api { reco_api; }'
        . ' location / { reco_slot a; reco_arm y 10%; } }'])
{
    my ($line, $message) = @$_;
    my ($ok, $output) = $world->nginx_test("\n$line\n");
    is($ok, !$message || $message =~ /warn/ ? 1 : '', substr $line, 0, 60) or diag($output);
    if ($message) {
        like($output, $message, 'which is said');
    } else {
        unlike($output, qr/reco_(rule|arm)/, 'of which nothing is said');
    }
}

$world->done;

done_testing;
