# Items of which the catalogue has no address, such as visitors make up: no block
# whose template links to its items shows them, neither before a batch run nor behind it.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use JSON::PP;
use Test::More;

use Reco;

my $world = Reco->new;
my $dir   = $world->{dir};
my $redis = $world->redis;

my %template = (
    links  => '{{#items}}<a href="{{url}}">{{title}}{{^title}}{{id}}{{/title}}</a>{{/items}}',
    asks   => '{{#items}}<p>{{#url}}<a href="{{url}}">{{/url}}{{id}}</p>{{/items}}',
    builds => '{{#items}}<a href="/product/{{id}}">{{title}}</a>{{/items}}',
);
$world->write_file("$_.mustache", $template{$_}) for keys %template;
my $slots = join "\n", map { "reco_slot $_ n=20 template=$dir/$_.mustache;" } sort keys %template;

$world->trainer_conf(
    overlay_interval => '100ms',
    train_interval   => '1h',
    ials_dimensions  => 8,
);

sub lines { return join '', map { join("\t", @$_) . "\n" } @_ }

my $now   = time;
my @items = map {"lamp$_"} 1 .. 30;
srand 1;
$world->ctl('import', '--items', $world->write_file('items.tsv',
    lines([qw(item title url)], map { [ $_, "A $_", "/product/$_" ] } @items)));
$world->ctl('import', $world->write_file('events.tsv', lines([qw(visitor item ts)], map {
    my $visit = $_;
    map { [ "v$visit", $items[rand @items], $now - 90000 + 100 * $visit + $_ ] } 1 .. 5
} 1 .. 200)));
$world->ctl('train');

$world->nginx(<<"CONF");
    reco_model $dir/model;
    reco_zone shop:1m;
    reco_redis unix:$dir/redis.sock stream=reco:events;
    reco_outbox $dir/outbox/box size=1m;
    reco_robot_rate 0;
    server {
        listen 127.0.0.1:$world->{port};
        $slots
        location = /reco/beacon { reco_beacon; }
        location /reco/v1/ { reco_api; }
    }
CONF

sub block {
    my ($slot) = @_;
    return $world->get("/reco/v1/recommendations?slot=$slot&item=lamp1&format=html")->{body};
}

like(block('links'), qr{href="/product/lamp}, 'what the catalogue knows is shown');

# -- who makes up an item --

my $pid = $world->trainer;
for my $visitor (1 .. 30) {
    my @events = map { { v => 1, type => $_->[0], item => $_->[1] } }
        ([ view => 'lamp1' ], map { [ $_ => 'pills at evil.example' ] } qw(view cart purchase));
    is($world->post('/reco/beacon', encode_json(\@events), headers => {
        'Content-Type' => 'application/json', Cookie => sprintf('reco=0%031x', $visitor) })->{status},
        204, 'taken') or last;
}

sub check {
    my ($when) = @_;

    # Where addresses are made of ids nobody can tell: that is how it is known to be there.
    ok($world->wait_for(20, sub { block('builds') =~ m{/product/pills} }), "$when, it is a candidate");
    like(block('asks'), qr{<p>pills at evil.example</p>}, 'and shown where a template asks for the address');
    my $links = block('links');
    unlike($links, qr/pills/, 'but where a template links to what it shows, it is not');
    unlike($links, qr/href="#"/, 'and no link leads nowhere');
    like($links, qr{href="/product/lamp}, 'others are');
    like($world->get('/reco/v1/recommendations?slot=links&item=lamp1')->{body},
        qr/"id":"pills/, 'who asks for JSON is told of all');

    return;
}

check('before a batch run');
kill USR1 => $pid;
ok($world->wait_for(60, sub { readlink("$dir/model/current") =~ /2$/ }), 'a batch run');
ok($world->wait_for(20, sub { $world->get('/reco/v1/recommendations?slot=links')->{body} =~ /"model":"0*2"/ }),
    'is live');
check('behind it');

my %told = map { $_ => scalar $world->ctl('explain', '--session', 'lamp1', '--item', $_, '--n', 20) }
    'lamp2', 'pills at evil.example';
like($told{'pills at evil.example'}, qr/^the catalogue has no address of it/m, 'recoctl explain tells');
unlike($told{lamp2}, qr/no address/, 'of no other');

# -- a whole catalogue --

$world->ctl('import', '--items', '--complete', $world->write_file('whole.tsv',
    lines([qw(item title url)], map { [ $_, "A $_", "/product/$_" ] } grep { $_ ne 'lamp3' } @items)));
ok($world->wait_for(20, sub { block('builds') !~ m{/product/pills} }),
    'a whole catalogue takes it off sale, also where links are made of ids');
unlike(block('links'), qr{/product/lamp3"}, 'and what has left the shop');

is($world->stop_trainer, 0, 'the trainer ends');
$world->stop_nginx;
$world->done;
done_testing;
